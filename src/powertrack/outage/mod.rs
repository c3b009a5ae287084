//! What an outage is, what backfill to ask for after it, and which product can repair it. Pure: no IO, no clock.

pub(crate) mod cause;
pub(crate) mod clock;
pub(crate) mod continuity;
pub(crate) mod lateness;
pub(crate) mod span;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use self::{cause::Cause, clock::Moment, span::Span};

/// The most minutes of backfill that the stream can be asked for [reference 2.11].
pub(crate) const MOST_BACKFILL: u8 = 5;

/// Some time passes between the service's counting back and the first byte here. So backfill that only just reaches
/// back far enough does not count as enough.
const MARGIN: Duration = Duration::from_secs(5);

/// A client that was too slow has also missed Tweets from before the last byte, which waited in the service's buffer.
/// No buffer holds more than this of a stream that flows.
pub(crate) const QUEUED: Duration = Duration::from_secs(5 * 60);

/// How far Recovery and Replay reach back [reference 2.12, 2.13], less some minutes: asking takes time, and a request
/// is a little wider than the outage.
const RECOVERY_REACH: Duration = Duration::from_secs(24 * 3600 - 180);
const REPLAY_REACH: Duration = Duration::from_secs(5 * 24 * 3600 - 180);

/// A time in which nothing came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outage {
    /// Tells the outages of this process apart. If an outage is reported again with the same number, it goes on: the
    /// connection after it was lost before the backfill can have come.
    pub number: u64,
    /// Why the connection before it ended.
    pub cause: Cause,
    /// When the last byte came.
    pub started_at: Timestamp,
    /// When the next byte came.
    pub ended_at: Timestamp,
    /// How long the outage was, by a clock that nobody sets.
    pub length: Duration,
    /// The minutes of backfill that were asked for at its end.
    pub backfill_minutes: u8,
    /// How much of the time before it may be missing too, because the Tweets waited in a buffer that is gone.
    pub queued: Duration,
}

impl Outage {
    /// An outage between two bytes. Its times follow the wall clock at its end: that clock may have been set right in
    /// the meantime, and the requests that follow use it.
    pub(crate) fn between(
        number: u64,
        cause: Cause,
        before: Moment,
        after: Moment,
        asked: u8,
    ) -> Self {
        let length = after.since(before);
        Self {
            number,
            cause,
            started_at: back(after.wall, length),
            ended_at: after.wall,
            length,
            backfill_minutes: asked,
            queued: Duration::ZERO,
        }
    }

    /// Whether the backfill reaches back to the first Tweet that may be missing. After a full buffer nothing is sent
    /// again [reference 2.8].
    pub(crate) fn is_covered(&self) -> bool {
        let reach = Duration::from_secs(60) * u32::from(self.backfill_minutes);
        self.cause != Cause::FullBuffer && self.length + self.queued + MARGIN <= reach
    }

    /// What is missing, without what backfill has brought.
    pub(crate) fn missing(&self) -> Option<Span> {
        if self.is_covered() {
            return None;
        }
        let Span { from, to } = self.span();
        let brought = match self.cause {
            Cause::FullBuffer => Duration::ZERO,
            _ => Duration::from_secs(60) * u32::from(self.backfill_minutes),
        };
        let to = back(to, brought.saturating_sub(MARGIN)).max(from);
        Some(Span { from, to })
    }

    /// What may be missing, before anything has been repaired.
    pub(crate) fn span(&self) -> Span {
        Span {
            from: back(self.started_at, self.queued),
            to: self.ended_at,
        }
    }
}

/// The time this much before another one. The calendar's beginning if that is out of range.
pub(crate) fn back(time: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| time.checked_sub(by).ok())
        .unwrap_or(Timestamp::MIN)
}

/// How many minutes of backfill to ask for after an outage of this length, at most `most`. It is one minute more than
/// the length, because the service's minutes may not begin with ours.
pub(crate) fn backfill_minutes(length: Duration, most: u8) -> u8 {
    let minutes = length.as_nanos().div_ceil(60_000_000_000) + 1;
    u8::try_from(minutes).unwrap_or(u8::MAX).min(most)
}

/// A product that brings the Tweets of a past time again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Uses the stream's own URL and rules, and covers the last 24 hours [reference 2.13].
    Recovery,
    /// Has its own URL and rules, and covers the last five days up to half an hour ago [reference 2.12].
    Replay,
}

impl Product {
    /// The name in logs and in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recovery => "recovery",
            Self::Replay => "replay",
        }
    }

    fn reach(self) -> Duration {
        match self {
            Self::Recovery => RECOVERY_REACH,
            Self::Replay => REPLAY_REACH,
        }
    }
}

/// Which products the account has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Means {
    pub recovery: bool,
    pub replay: bool,
}

/// The product that brings most of a span, and the part that it reaches. `None` if no product reaches any of the span.
/// If both reach as far, Recovery wins: it needs no rules of its own and does not have to wait [reference 2.13].
pub(crate) fn choose(span: Span, now: Timestamp, means: Means) -> Option<(Product, Span)> {
    let has = |product| match product {
        Product::Recovery => means.recovery,
        Product::Replay => means.replay,
    };
    [Product::Recovery, Product::Replay]
        .into_iter()
        .filter(|product| has(*product))
        .map(|product| {
            let from = span.from.max(back(now, product.reach()));
            (product, Span { from, ..span })
        })
        .filter(|(_, part)| part.from < part.to)
        .min_by_key(|(_, part)| part.from)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use tokio::time::Instant;

    use super::*;

    const HOUR: u64 = 3600;

    /// 1 January 2017, noon.
    fn noon() -> Timestamp {
        "2017-01-01T12:00:00Z".parse().unwrap()
    }

    fn ago(secs: u64) -> Timestamp {
        back(noon(), Duration::from_secs(secs))
    }

    /// A moment some seconds after a fixed one.
    fn moment(steady: u64, wall: Timestamp) -> Moment {
        static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
        Moment::at(
            *FIRST + Duration::from_secs(steady),
            SignedDuration::ZERO,
            wall,
        )
    }

    #[test]
    fn as_many_minutes_as_it_takes_and_one_are_asked_for() {
        for (millis, most, minutes) in [
            (0, 5, 1),
            (1, 5, 2),
            (60_000, 5, 2),
            (60_001, 5, 3),
            (180_000, 5, 4),
            (240_000, 5, 5),
            (240_001, 5, 5),
            (86_400_000, 5, 5),
            (u64::MAX, 5, 5),
            (60_001, 2, 2),
            (0, 0, 0),
            (600_000, 0, 0),
        ] {
            let length = Duration::from_millis(millis);
            assert_eq!(
                backfill_minutes(length, most),
                minutes,
                "{millis} of {most}"
            );
        }
    }

    #[test]
    fn an_outage_is_covered_if_what_was_asked_for_reaches_back_to_it() {
        for (secs, asked, cause, covered) in [
            (30, 2, Cause::Broken, true),
            (240, 5, Cause::Stalled, true),
            (295, 5, Cause::Stalled, true),
            (296, 5, Cause::Stalled, false),
            (30, 0, Cause::Broken, false),
            (30, 2, Cause::FullBuffer, false),
            (3600, 5, Cause::Restart, false),
        ] {
            let after = moment(secs, noon());
            let outage = Outage::between(1, cause, moment(0, ago(secs)), after, asked);
            assert_eq!(
                outage.is_covered(),
                covered,
                "{secs} s with {asked} minutes"
            );
        }
    }

    #[test]
    fn backfill_brings_the_end_of_a_longer_outage() {
        for (secs, asked, cause, missing) in [
            (30, 2, Cause::Broken, None),
            (900, 5, Cause::Broken, Some((900, 295))),
            (900, 0, Cause::Broken, Some((900, 0))),
            (296, 5, Cause::Broken, Some((296, 295))),
            (900, 5, Cause::FullBuffer, Some((900, 0))),
        ] {
            let after = moment(secs, noon());
            let outage = Outage::between(1, cause, moment(0, ago(secs)), after, asked);
            let missing = missing.map(|(from, to)| Span {
                from: ago(from),
                to: ago(to),
            });
            assert_eq!(outage.missing(), missing, "{secs} s with {asked} minutes");
        }
    }

    #[test]
    fn what_waited_when_it_began_is_to_be_brought_too() {
        let check = |cause, queued, asked, missing: Option<(u64, u64)>| {
            let after = moment(200, noon());
            let outage = Outage {
                queued: Duration::from_secs(queued),
                ..Outage::between(1, cause, moment(0, ago(200)), after, asked)
            };
            let missing = missing.map(|(from, to)| Span {
                from: ago(from),
                to: ago(to),
            });
            assert_eq!(outage.is_covered(), missing.is_none(), "{queued} s");
            assert_eq!(outage.missing(), missing, "{queued} s");
            assert_eq!(outage.started_at, ago(200), "the last byte");
        };
        check(Cause::Broken, 0, 5, None);
        check(Cause::Broken, 95, 5, None);
        check(Cause::Broken, 96, 5, Some((296, 295)));
        check(Cause::Stalled, 200, 5, Some((400, 295)));
        check(Cause::GivenUp, 2, 0, Some((202, 0)));
        check(Cause::FullBuffer, 95, 5, Some((295, 0)));
    }

    #[test]
    fn a_wall_clock_that_jumps_changes_no_length() {
        let years = 10 * 365 * 24 * HOUR;
        for before in [
            ago(90),
            ago(years),
            ago(0),
            noon() + Duration::from_secs(years),
        ] {
            let (before, after) = (moment(1000, before), moment(1090, noon()));
            let outage = Outage::between(1, Cause::Broken, before, after, 3);
            assert_eq!(outage.length, Duration::from_secs(90));
            assert_eq!((outage.started_at, outage.ended_at), (ago(90), noon()));
        }
    }

    #[test]
    fn a_full_buffer_was_filled_before_the_last_byte() {
        let (before, after) = (moment(0, ago(10)), moment(10, noon()));
        let outage = Outage::between(1, Cause::FullBuffer, before, after, 5);
        assert_eq!(outage.span().from, ago(10));
        let queued = Duration::from_secs(60);
        let outage = Outage { queued, ..outage };
        let lost = Span {
            from: ago(70),
            to: noon(),
        };
        assert_eq!((outage.span(), outage.missing()), (lost, Some(lost)));
    }

    #[test]
    fn the_product_is_the_one_that_reaches_furthest_and_recovery_of_equals() {
        let (none, both) = (
            Means::default(),
            Means {
                recovery: true,
                replay: true,
            },
        );
        let recovery = Means {
            recovery: true,
            replay: false,
        };
        let replay = Means {
            recovery: false,
            replay: true,
        };
        let day = 24 * HOUR;
        let (old, oldest) = (day - 180, 5 * day - 180);
        for (from, to, means, expected) in [
            (HOUR, 0, none, None),
            (HOUR, 0, recovery, Some((Product::Recovery, HOUR))),
            (HOUR, 0, both, Some((Product::Recovery, HOUR))),
            (HOUR, 0, replay, Some((Product::Replay, HOUR))),
            (2 * day, 0, both, Some((Product::Replay, 2 * day))),
            (2 * day, 0, recovery, Some((Product::Recovery, old))),
            (2 * day, day, recovery, None),
            (9 * day, 0, both, Some((Product::Replay, oldest))),
            (9 * day, 6 * day, both, None),
        ] {
            let span = Span {
                from: ago(from),
                to: ago(to),
            };
            let expected = expected.map(|(product, from)| {
                (
                    product,
                    Span {
                        from: ago(from),
                        ..span
                    },
                )
            });
            assert_eq!(
                choose(span, noon(), means),
                expected,
                "{from} to {to} with {means:?}"
            );
        }
    }
}
