//! How long to wait before the next attempt. Pure: no clock, and the jitter comes from outside.

use std::time::Duration;

/// Which ladder of delays a failure climbs [reference 2.10].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delay {
    /// An established connection was lost. The first retry comes at once, the others wait as for the network.
    Drop,
    /// The server could not be reached: 250 ms more each time, up to 16 s.
    Network,
    /// The server is in trouble (5xx): 5 s, doubling, up to 320 s.
    Server,
    /// Too many requests (420, 429): 60 s, doubling, up to 960 s.
    RateLimit,
    /// Somebody else holds the stream: the same waits as for too many requests, but on a ladder of its own.
    Taken,
    /// Another request is changing the rules: 1 s, doubling, up to 64 s.
    Collision,
}

const NETWORK_STEP: Duration = Duration::from_millis(250);
const NETWORK_MOST: Duration = Duration::from_secs(16);
const SERVER_FIRST: Duration = Duration::from_secs(5);
const SERVER_MOST: Duration = Duration::from_secs(320);
const RATE_LIMIT_FIRST: Duration = Duration::from_secs(60);
/// Sixteen minutes. This is not documented, but with a ladder without an end the stream would not come back [inferred].
const RATE_LIMIT_MOST: Duration = Duration::from_secs(960);

/// Changes take seconds, unless they are of many thousand rules.
const COLLISION_FIRST: Duration = Duration::from_secs(1);
const COLLISION_MOST: Duration = Duration::from_secs(64);

/// A connection that is lost sooner than this resets no ladder, even if data arrived. There are two reasons. The
/// service tolerates one connection too many for about a minute [reference 2.9], so two clients may take the stream
/// from each other without a message. And a server that sends something and closes must not be asked without end,
/// because the service allows 60 requests a minute [reference 2.1].
const BRIEF: Duration = Duration::from_secs(90);

/// A client that waits for the stream comes back within the longest wait of [`Delay::Taken`]. So only a connection that
/// lasts longer than this is undisputed.
const UNDISPUTED: Duration = Duration::from_secs(30 * 60);

/// Many clients that lost the same server must not come back at the same moment [inferred].
const JITTER: f64 = 0.2;

/// A wait, and whether it is the longest of its ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    /// How long to wait.
    pub delay: Duration,
    /// Whether this is the longest delay of the ladder: then it is time to alert somebody [reference 2.10].
    pub longest: bool,
}

/// The ladders of one connection. `J` gives numbers from 0 to 1, without 1 itself.
#[derive(Debug, Clone)]
pub(crate) struct Ladders<J> {
    jitter: J,
    dropped: bool,
    network: u32,
    server: u32,
    rate_limit: u32,
    taken: u32,
    collision: u32,
}

impl Ladders<fn() -> f64> {
    /// Ladders with random jitter.
    pub(crate) fn random() -> Self {
        Self::new(fastrand::f64)
    }
}

impl<J: FnMut() -> f64> Ladders<J> {
    /// Ladders that take their jitter from `jitter`. A constant 0.5 means no jitter.
    pub(crate) fn new(jitter: J) -> Self {
        Self {
            jitter,
            dropped: false,
            network: 0,
            server: 0,
            rate_limit: 0,
            taken: 0,
            collision: 0,
        }
    }

    /// The wait after another failure of this kind.
    pub(crate) fn next(&mut self, delay: Delay) -> Wait {
        let (exact, most) = match delay {
            Delay::Drop if !self.dropped => {
                self.dropped = true;
                return Wait {
                    delay: Duration::ZERO,
                    longest: false,
                };
            }
            Delay::Drop | Delay::Network => {
                self.network = self.network.saturating_add(1);
                (NETWORK_STEP.saturating_mul(self.network), NETWORK_MOST)
            }
            Delay::Server => (doubled(SERVER_FIRST, &mut self.server), SERVER_MOST),
            Delay::RateLimit => (
                doubled(RATE_LIMIT_FIRST, &mut self.rate_limit),
                RATE_LIMIT_MOST,
            ),
            Delay::Taken => (doubled(RATE_LIMIT_FIRST, &mut self.taken), RATE_LIMIT_MOST),
            Delay::Collision => (
                doubled(COLLISION_FIRST, &mut self.collision),
                COLLISION_MOST,
            ),
        };
        let factor = 1.0 - JITTER + 2.0 * JITTER * (self.jitter)();
        Wait {
            delay: exact.min(most).mul_f64(factor),
            longest: exact >= most,
        }
    }

    /// Notes how long a connection lasted that has brought data or a heartbeat. Returns whether that was long enough to
    /// start anew. A mere 200 does not count, because a server in trouble may answer 200 and close
    /// [inferred, reference 2.10].
    pub(crate) fn lasted(&mut self, life: Duration) -> bool {
        let taken = if life < UNDISPUTED { self.taken } else { 0 };
        if life >= BRIEF {
            self.reset();
        }
        self.taken = taken;
        life >= BRIEF
    }

    /// Starts every ladder from the bottom.
    pub(crate) fn reset(&mut self) {
        self.dropped = false;
        self.network = 0;
        self.server = 0;
        self.rate_limit = 0;
        self.taken = 0;
        self.collision = 0;
    }
}

fn doubled(first: Duration, count: &mut u32) -> Duration {
    let delay = first.saturating_mul(2_u32.saturating_pow(*count));
    *count = count.saturating_add(1);
    delay
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{Delay::*, *};

    /// The waits in milliseconds after these failures. `!` marks the end of a ladder.
    fn check(jitter: f64, failures: &[Delay], expected: Expect) {
        let mut ladders = Ladders::new(|| jitter);
        let waits: Vec<_> = failures
            .iter()
            .map(|&failure| {
                let wait = ladders.next(failure);
                format!(
                    "{}{}",
                    wait.delay.as_millis(),
                    if wait.longest { "!" } else { "" }
                )
            })
            .collect();
        expected.assert_eq(&waits.join(" "));
    }

    #[test]
    fn each_kind_of_failure_climbs_its_ladder() {
        check(0.5, &[Drop, Drop, Drop], expect!["0 250 500"]);
        check(0.5, &[Network; 4], expect!["250 500 750 1000"]);
        check(
            0.5,
            &[Drop, Network, Drop, Network],
            expect!["0 250 500 750"],
        );
        check(
            0.5,
            &[Server; 8],
            expect!["5000 10000 20000 40000 80000 160000 320000! 320000!"],
        );
        check(
            0.5,
            &[RateLimit; 6],
            expect!["60000 120000 240000 480000 960000! 960000!"],
        );
        check(
            0.5,
            &[Collision; 8],
            expect!["1000 2000 4000 8000 16000 32000 64000! 64000!"],
        );
        check(
            0.5,
            &[Network, Server, RateLimit, Drop],
            expect!["250 5000 60000 0"],
        );
    }

    #[test]
    fn jitter_is_a_fifth_to_either_side() {
        check(
            0.0,
            &[Drop, Network, Server, RateLimit],
            expect!["0 200 4000 48000"],
        );
        check(
            1.0,
            &[Drop, Network, Server, RateLimit],
            expect!["0 300 6000 72000"],
        );
    }

    #[test]
    fn the_network_ladder_ends_at_16_s() {
        let mut ladders = Ladders::new(|| 0.5);
        let waits: Vec<_> = (0..100).map(|_| ladders.next(Network)).collect();
        assert_eq!(waits[62].delay, Duration::from_millis(15_750));
        assert!(!waits[62].longest);
        assert_eq!(waits[63].delay, Duration::from_secs(16));
        assert!(waits[63].longest);
        assert_eq!(waits[99], waits[63]);
    }

    #[test]
    fn a_long_outage_overflows_nothing() {
        let mut ladders = Ladders::new(|| 0.5);
        for _ in 0..10_000 {
            ladders.next(Server);
            ladders.next(RateLimit);
        }
        assert_eq!(ladders.next(Server).delay, SERVER_MOST);
        assert_eq!(ladders.next(RateLimit).delay, RATE_LIMIT_MOST);
    }

    #[test]
    fn only_a_connection_that_lasts_starts_from_below() {
        let mut ladders = Ladders::new(|| 0.5);
        let mut after = |secs, delay| {
            ladders.lasted(Duration::from_secs(secs));
            ladders.next(delay).delay.as_millis()
        };
        assert_eq!(after(0, Drop), 0);
        assert_eq!(after(89, Drop), 250);
        assert_eq!(after(90, Drop), 0);
        assert_eq!(after(0, Taken), 60_000);
        // Another client comes back after its own waits.
        assert_eq!(after(60, Taken), 120_000);
        assert_eq!(after(1_152, Taken), 240_000);
        assert_eq!(after(1_800, Taken), 60_000);
    }

    #[test]
    fn a_reset_starts_from_below() {
        let mut ladders = Ladders::new(|| 0.5);
        for kind in [Drop, Network, Server, RateLimit, Taken, Server] {
            ladders.next(kind);
        }
        ladders.reset();
        let again = [Drop, Network, Server, RateLimit, Taken]
            .map(|kind| ladders.next(kind).delay.as_millis());
        assert_eq!(again, [0, 250, 5_000, 60_000, 60_000]);
    }
}
