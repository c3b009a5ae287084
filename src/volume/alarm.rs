//! Says which tags bring more Tweets than usual.

use std::collections::BTreeMap;

/// An alarm ends after so many minutes in a row below its limit, so that a rate near the limit is told once.
const CALM_MINUTES: u32 = 5;

/// So many weeks have to be known before there is something usual.
const LEAST_WEEKS: usize = 3;

/// How far above the median an hour has to be, in the usual distance of hours from it. The factor makes the median
/// distance what the standard deviation is for chance alone.
const DISTANCES: f64 = 6.0 * 1.4826;

/// And so many times the median.
const TIMES: f64 = 3.0;

/// Fewer Tweets a minute are never too many.
const LEAST_PER_MINUTE: f64 = 20.0;

/// What a tag usually brings in this hour of the week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usual {
    /// The median, in Tweets a minute.
    pub(crate) per_minute: f64,
    /// More than this a minute is too many.
    pub(crate) limit: u64,
}

impl Usual {
    /// What is usual by the Tweets of the same hour in the weeks before. `None` where too few weeks are known.
    pub(crate) fn of(weeks: &[u64]) -> Option<Self> {
        if weeks.len() < LEAST_WEEKS {
            return None;
        }
        let middle = median(weeks.iter().map(|tweets| *tweets as f64).collect());
        let distance = median(
            weeks
                .iter()
                .map(|tweets| (*tweets as f64 - middle).abs())
                .collect(),
        );
        let hour = (middle + DISTANCES * distance).max(TIMES * middle);
        // A minute differs from its hour by chance.
        let minute = hour / 60.0;
        let limit = (minute + 6.0 * minute.sqrt()).max(LEAST_PER_MINUTE);
        Some(Self {
            per_minute: middle / 60.0,
            limit: limit.ceil() as u64,
        })
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() % 2 {
        1 => numbers[middle],
        _ => f64::midpoint(numbers[middle - 1], numbers[middle]),
    }
}

/// An alarm as people and scripts hear it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alarm {
    /// The tag of the rule that brings too much.
    pub(crate) tag: String,
    /// How many Tweets it brings in a minute now.
    pub(crate) per_minute: u64,
    /// More than this are too many.
    pub(crate) limit: u64,
    /// How many are usual in this hour of the week, where that is known.
    pub(crate) usual: Option<f64>,
    /// What a day at this rate comes to.
    pub(crate) per_day: u64,
    /// The texts of a few of its last Tweets: plain, and cut.
    pub(crate) samples: Vec<String>,
}

/// By what a tag is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Watched {
    /// More than this a minute is too many; `None` for no alarm.
    pub(crate) limit: Option<u64>,
    /// What is usual, where that is known.
    pub(crate) usual: Option<f64>,
}

/// What is new.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum News {
    /// A tag brings too many Tweets.
    Raised {
        tag: String,
        /// Tweets since the minute began.
        tweets: u64,
        watched: Watched,
    },
    /// It brings as many as usual again.
    Ended { tag: String },
}

/// The counts of the running minute, and the alarms that are on.
#[derive(Debug, Default)]
pub(crate) struct Alarms {
    minute: Option<i64>,
    /// The totals when the minute began.
    before: BTreeMap<String, u64>,
    /// The totals at the last look.
    last: BTreeMap<String, u64>,
    /// The tags that bring too much, and for how many minutes they have been calm.
    on: BTreeMap<String, u32>,
}

impl Alarms {
    /// The tags whose alarm is on.
    pub(crate) fn on(&self) -> impl Iterator<Item = &str> {
        self.on.keys().map(String::as_str)
    }

    /// Passes over what has come until now: it was received earlier, and has only been handled now.
    pub(crate) fn pass_over(&mut self, totals: BTreeMap<String, u64>) {
        self.before = totals;
    }

    /// Forgets what a tag had brought at the last look, and its alarm.
    pub(crate) fn begin_anew(&mut self, tag: &str) {
        self.on.remove(tag);
        if let Some((tag, total)) = self.last.get_key_value(tag) {
            self.before.insert(tag.clone(), *total);
        }
    }

    /// Looks at the total of each tag so far; should be called every few seconds. `minute` counts since 1970.
    pub(crate) fn look(
        &mut self,
        minute: i64,
        totals: BTreeMap<String, u64>,
        watched: impl Fn(&str) -> Watched,
    ) -> Vec<News> {
        let is_new = self.minute.replace(minute) != Some(minute);
        let mut news = Vec::new();
        for (tag, total) in &totals {
            let before = self.before.get(tag).copied().unwrap_or(0);
            let tweets = total.saturating_sub(before);
            let watched = watched(tag);
            let is_above = watched.limit.is_some_and(|limit| tweets > limit);
            match self.on.get_mut(tag) {
                Some(calm) if is_above => *calm = 0,
                Some(calm) if is_new => *calm += 1,
                None if is_above => {
                    self.on.insert(tag.clone(), 0);
                    let tag = tag.clone();
                    news.push(News::Raised {
                        tag,
                        tweets,
                        watched,
                    });
                }
                _ => {}
            }
        }
        self.on.retain(|tag, calm| {
            let goes_on = *calm < CALM_MINUTES;
            if !goes_on {
                news.push(News::Ended { tag: tag.clone() });
            }
            goes_on
        });
        if is_new {
            self.before.clone_from(&totals);
        }
        self.last = totals;
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_is_not_moved_by_one_odd_week() {
        assert_eq!(Usual::of(&[600, 600]), None);
        for (weeks, per_minute, limit) in [
            (&[600, 600, 600][..], 10.0, 63),
            (&[600, 660, 540, 60_000], 10.5, 66),
            (&[0, 0, 0], 0.0, 20),
            (&[6_000, 9_000, 3_000, 12_000, 0], 100.0, 685),
        ] {
            let usual = Usual::of(weeks).expect("enough weeks");
            assert_eq!(
                (usual.per_minute, usual.limit),
                (per_minute, limit),
                "{weeks:?}"
            );
        }
    }

    #[test]
    fn an_alarm_is_told_once_and_ends_when_it_is_calm_for_long() {
        let watched = |_: &str| Watched {
            limit: Some(10),
            usual: None,
        };
        let mut alarms = Alarms::default();
        let mut look =
            |minute, total| alarms.look(minute, BTreeMap::from([("a".to_owned(), total)]), watched);
        assert_eq!(look(0, 10), []);
        assert_eq!(look(0, 20), [], "ten since the first look");
        let raised = News::Raised {
            tag: "a".to_owned(),
            tweets: 11,
            watched: watched("a"),
        };
        assert_eq!(look(0, 21), std::slice::from_ref(&raised));
        assert_eq!(look(0, 40), []);
        let mut total = 40;
        for minute in 1..5 {
            total += 1;
            assert_eq!(look(minute, total), []);
        }
        assert_eq!(look(4, total + 11), [], "it goes on");
        total += 11;
        let ended = (5..20).find(|minute| {
            look(*minute, total)
                == [News::Ended {
                    tag: "a".to_owned(),
                }]
        });
        assert_eq!(
            ended,
            Some(9 + 1),
            "the minute of the alarm itself is not calm"
        );
        assert_eq!(look(20, total), []);
        assert_eq!(look(20, total + 11), [raised]);
    }

    #[test]
    fn a_tag_that_begins_anew_is_told_again() {
        let watched = |_: &str| Watched {
            limit: Some(10),
            usual: None,
        };
        let mut alarms = Alarms::default();
        let totals = |total| BTreeMap::from([("a".to_owned(), total)]);
        assert_eq!(alarms.look(0, totals(0), watched), []);
        assert_eq!(alarms.look(0, totals(11), watched).len(), 1);
        assert_eq!(alarms.on().collect::<Vec<_>>(), ["a"]);
        assert_eq!(alarms.look(0, totals(20), watched), []);
        alarms.begin_anew("a");
        assert_eq!(alarms.look(0, totals(30), watched), []);
        assert_eq!(alarms.on().count(), 0);
        assert_eq!(alarms.look(0, totals(31), watched).len(), 1);
    }

    #[test]
    fn without_a_limit_there_is_no_alarm() {
        let none = |_: &str| Watched {
            limit: None,
            usual: None,
        };
        let mut alarms = Alarms::default();
        for total in [0, u64::MAX] {
            assert_eq!(
                alarms.look(0, BTreeMap::from([("a".to_owned(), total)]), none),
                []
            );
        }
    }
}
