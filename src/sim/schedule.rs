//! When each Tweet of the sequence is made: the rate, and how it rises and falls.

use std::time::Duration;

/// Ids carry no finer time than this, and no two Tweets share a moment.
const MAX_RATE: f64 = 1_000_000.0;

const HOUR: u32 = 3600;

/// How the rate rises and falls; each profile repeats itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// The rate is always the same.
    #[default]
    Steady,
    /// Six seconds of each minute are eleven times as busy as the rest of it; the rate is the mean.
    Bursty,
    /// Quiet nights and busy evenings; the rate is the mean of a day.
    Daily,
    /// After four minutes at the rate, one at ten times the rate, as when something big happens.
    /// [source: xd/powertrack-api]
    Flood,
}

impl Profile {
    /// The parts of a cycle: seconds, and by what the rate is multiplied.
    fn parts(self) -> &'static [(u32, f64)] {
        match self {
            Self::Steady => &[(HOUR, 1.0)],
            Self::Bursty => &[(54, 0.5), (6, 5.5)],
            Self::Daily => &[
                (4 * HOUR, 0.4),
                (3 * HOUR, 0.6),
                (5 * HOUR, 1.1),
                (5 * HOUR, 1.0),
                (5 * HOUR, 1.74),
                (2 * HOUR, 0.65),
            ],
            Self::Flood => &[(240, 1.0), (60, 10.0)],
        }
    }
}

/// The moment of each position in the sequence, in microseconds from position zero on.
///
/// Positions before zero have moments too: those Tweets came before the simulator started.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    parts: Vec<Part>,
    cycle_us: f64,
    per_cycle: f64,
}

/// A part of a cycle with one rate.
#[derive(Debug, Clone, Copy)]
struct Part {
    start_us: f64,
    /// How many Tweets of the cycle come before.
    first: f64,
    per_us: f64,
}

impl Schedule {
    /// `rate` Tweets per second, multiplied as the profile says; `None` if nothing can keep such a rate.
    pub(super) fn new(rate: f64, profile: Profile) -> Option<Self> {
        let (mut start_us, mut first) = (0.0, 0.0);
        let mut parts = Vec::new();
        for (seconds, times) in profile.parts() {
            let rate = rate * times;
            if !rate.is_finite() || rate <= 0.0 || rate > MAX_RATE {
                return None;
            }
            parts.push(Part {
                start_us,
                first,
                per_us: rate / 1e6,
            });
            start_us += f64::from(*seconds) * 1e6;
            first += f64::from(*seconds) * rate;
        }
        Some(Self {
            parts,
            cycle_us: start_us,
            per_cycle: first,
        })
    }

    /// One Tweet every `step`, at least a microsecond.
    pub(super) fn steady(step: Duration) -> Self {
        let step = step.clamp(Duration::from_micros(1), Duration::from_secs(86_400));
        Self::new(1.0 / step.as_secs_f64(), Profile::Steady)
            .expect("steps from a microsecond to a day are rates")
    }

    /// When the Tweet at a position is made, in microseconds after position zero.
    pub(super) fn at_us(&self, position: i64) -> i64 {
        // Within a cycle the numbers are small enough to be exact.
        let cycle = (position as f64 / self.per_cycle).floor();
        let rest = position as f64 - cycle * self.per_cycle;
        let part = self.part(|part| part.first <= rest);
        let within = part.start_us + (rest - part.first) / part.per_us;
        // Rounding errors can put a whole number just below itself, so a little is added.
        (cycle * self.cycle_us + within + 1e-3).floor() as i64
    }

    /// The first position that is made at this moment or later.
    pub(super) fn position_from(&self, us: i64) -> i64 {
        let cycle = (us as f64 / self.cycle_us).floor();
        let rest = us as f64 - cycle * self.cycle_us;
        let part = self.part(|part| part.start_us <= rest);
        let within = part.first + (rest - part.start_us) * part.per_us;
        let mut position = (cycle * self.per_cycle + within) as i64;
        while self.at_us(position) >= us {
            position -= 1;
        }
        while self.at_us(position) < us {
            position += 1;
        }
        position
    }

    fn part(&self, is_reached: impl Fn(&Part) -> bool) -> Part {
        let after = self.parts.partition_point(is_reached);
        self.parts[after.saturating_sub(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILES: [Profile; 4] = [
        Profile::Steady,
        Profile::Bursty,
        Profile::Daily,
        Profile::Flood,
    ];

    /// How many Tweets are made from one second to before another.
    fn made(schedule: &Schedule, from: i64, to: i64) -> i64 {
        schedule.position_from(to * 1_000_000) - schedule.position_from(from * 1_000_000)
    }

    #[test]
    fn a_step_is_kept_to_the_microsecond() {
        let schedule = Schedule::steady(Duration::from_millis(10));
        for position in [-1_000_001, -1, 0, 1, 99, 359_999, 360_000, 10_000_000_000] {
            assert_eq!(schedule.at_us(position), position * 10_000);
        }
    }

    #[test]
    fn moments_grow_and_lead_back_to_their_positions() {
        for profile in PROFILES {
            for rate in [0.01, 0.7, 3.0, 2000.0, 99_999.0] {
                let schedule = Schedule::new(rate, profile).unwrap();
                let mut last = i64::MIN;
                for position in (-3000..3000).chain(86_399_000..86_401_000) {
                    let us = schedule.at_us(position);
                    assert!(us > last, "{profile:?} {rate} {position}");
                    assert_eq!(schedule.position_from(us), position);
                    assert_eq!(schedule.position_from(us - 1).max(position), position);
                    last = us;
                }
            }
        }
    }

    #[test]
    fn the_rate_is_the_mean_of_a_minute_and_of_a_day() {
        for (profile, cycle) in [(Profile::Bursty, 60), (Profile::Daily, 86_400)] {
            let schedule = Schedule::new(100.0, profile).unwrap();
            let mean = made(&schedule, 0, cycle) as f64 / cycle as f64;
            assert!((99.0..101.0).contains(&mean), "{profile:?}: {mean}");
        }
    }

    #[test]
    fn bursts_and_floods_are_where_they_should_be() {
        let bursty = Schedule::new(100.0, Profile::Bursty).unwrap();
        assert_eq!(made(&bursty, 10, 11), 50);
        assert_eq!(made(&bursty, 55, 56), 550);
        assert_eq!(made(&bursty, 115, 116), 550);
        let flood = Schedule::new(100.0, Profile::Flood).unwrap();
        assert_eq!(made(&flood, 239, 241), 1100);
        assert_eq!(made(&flood, -10, 0), 10_000);
    }

    #[test]
    fn what_cannot_be_kept_is_no_rate() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1_000_001.0] {
            assert!(Schedule::new(rate, Profile::Steady).is_none(), "{rate}");
        }
        assert!(Schedule::new(200_000.0, Profile::Flood).is_none());
    }
}
