//! Which timers are due at a time. Pure: no clock, and what a timer does is not known here.

use std::time::Duration;

/// The timers of a generation, by their numbers. Times are milliseconds of any one clock that never goes back.
#[derive(Debug, Clone, Default)]
pub(super) struct Schedule(Vec<Timer>);

#[derive(Debug, Clone)]
struct Timer {
    every: i64,
    /// `None` until the time is known for the first time.
    due: Option<i64>,
}

impl Schedule {
    /// Timers that are due for the first time one interval after the first time that is asked for.
    pub(super) fn new(every: impl IntoIterator<Item = Duration>) -> Self {
        let timers = every.into_iter().map(|every| Timer {
            every: i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1),
            due: None,
        });
        Self(timers.collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The timer that has been due for the longest, if one is. It stays due until [`Schedule::fired`].
    pub(super) fn due(&mut self, now: i64) -> Option<usize> {
        for timer in &mut self.0 {
            timer.due.get_or_insert(now.saturating_add(timer.every));
        }
        let dues = self.0.iter().enumerate();
        let dues = dues.filter_map(|(number, timer)| Some((timer.due?, number)));
        // At the end of all times nothing is due any more, because no later time could be noted.
        let first = dues.min().filter(|(due, _)| *due <= now && *due < i64::MAX);
        first.map(|(_, number)| number)
    }

    /// Notes that a timer has fired. However often it was due, it has fired once, and it keeps its beat.
    pub(super) fn fired(&mut self, number: usize, now: i64) {
        let Some(timer) = self.0.get_mut(number) else {
            return;
        };
        if let Some(due) = timer.due {
            let missed = now.saturating_sub(due).max(0) / timer.every;
            let next = timer.every.saturating_mul(missed.saturating_add(1));
            timer.due = Some(due.saturating_add(next));
        }
    }

    /// How many milliseconds no timer will be due. `None` if none ever will.
    pub(super) fn wait(&self, now: i64) -> Option<u64> {
        let dues = self.0.iter().map(|timer| timer.due.unwrap_or(now));
        let wait = dues.min()?.saturating_sub(now);
        Some(u64::try_from(wait).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All timers that fire when it is asked at these times, one after the other.
    fn fire(every: &[u64], times: &[i64]) -> Vec<(i64, usize)> {
        let mut schedule = Schedule::new(every.iter().copied().map(Duration::from_millis));
        let mut fired = Vec::new();
        for &now in times {
            while let Some(number) = schedule.due(now) {
                fired.push((now, number));
                schedule.fired(number, now);
                assert!(fired.len() < 1_000, "a timer that has fired is not due");
            }
            assert!(now == i64::MAX || schedule.wait(now).is_none_or(|wait| wait > 0));
        }
        fired
    }

    #[test]
    fn timers_keep_their_beat_and_what_was_missed_comes_once() {
        for (every, times, expected) in [
            (&[][..], &[0, 1_000][..], &[][..]),
            (&[100], &[0, 99, 100, 199, 200], &[(100, 0), (200, 0)]),
            // The first time that is known is the beginning, whatever the clock shows.
            (&[100], &[5_000, 5_099, 5_100], &[(5_100, 0)]),
            (&[100], &[0, 150, 199, 200], &[(150, 0), (200, 0)]),
            (&[100], &[0, 1_050, 1_099, 1_100], &[(1_050, 0), (1_100, 0)]),
            // Who has been due for longer is first, then who was declared first.
            (&[300, 100], &[0, 300], &[(300, 1), (300, 0)]),
            (&[200, 200], &[0, 200], &[(200, 0), (200, 1)]),
            (&[100], &[0, i64::MAX, i64::MAX], &[(i64::MAX, 0)]),
        ] {
            assert_eq!(fire(every, times), expected, "{every:?} {times:?}");
        }
    }

    #[test]
    fn the_wait_ends_when_the_next_timer_is_due() {
        let mut schedule = Schedule::new([300, 200].map(Duration::from_millis));
        assert_eq!(
            schedule.wait(0),
            Some(0),
            "nobody has said yet when it begins"
        );
        assert_eq!(schedule.due(0), None);
        assert_eq!(schedule.wait(50), Some(150));
        assert_eq!(schedule.wait(250), Some(0));
        schedule.fired(1, 250);
        assert_eq!(schedule.wait(250), Some(50));
        assert_eq!(Schedule::default().wait(0), None);
    }
}
