//! Reads all that a report says from the database. Knows nothing of how it is shown.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::{
    error::Error,
    store::{self, Gap, Load, MINUTES_KEPT, Quarantined, ReadOnly, Volume},
};

/// The most bars that a chart has: more would be thinner than a pixel of a small screen.
const MOST_BARS: i64 = 400;

/// How many tags have a colour of their own in the chart; the rest is one colour.
pub(super) const COLOURED: usize = 8;

/// The most tags, gaps, causes and loads that a report lists. What there is more is counted.
pub(super) const MOST_LISTED: usize = 500;

/// The lengths that a bar may stand for, in minutes. What is old is known by the hour only.
const STEPS: [i64; 9] = [1, 5, 15, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY];
const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// What is asked for. An open end means as far as there is anything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
}

/// What the database knows of a span.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) made_at: Timestamp,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// Tweets, each once.
    pub(super) tweets: u64,
    /// The tags, the most frequent first.
    pub(super) tags: Vec<Tag>,
    /// How long a bar of the chart stands for.
    pub(super) step: SignedDuration,
    pub(super) bars: Vec<Bar>,
    /// The gaps that reach into the span, oldest first.
    pub(super) gaps: Vec<Gap>,
    /// How much time of the span is missing.
    pub(super) missing: Duration,
    /// How many Tweets are missing; `None` where a gap has no estimate.
    pub(super) estimated: Option<u64>,
    /// The times in which rules were off the stream because they brought too much, oldest first.
    pub(super) pauses: Vec<Pause>,
    /// Why handlers failed, the most frequent cause first.
    pub(super) causes: Vec<Cause>,
    /// Tweets in quarantine that were received in the span.
    pub(super) failed: u64,
    /// The loads of the script, oldest first.
    pub(super) loads: Vec<Load>,
}

/// How many Tweets matched a tag.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) tweets: u64,
}

/// The matches of a step: those of the most frequent tags, in their order, and then the rest.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) at: Timestamp,
    pub(super) tweets: u64,
    pub(super) by_tag: [u64; COLOURED + 1],
}

/// A time in which the rules with a tag were off the stream.
#[derive(Debug)]
pub(super) struct Pause {
    pub(super) tag: String,
    pub(super) from: Timestamp,
    /// `None` if it goes on.
    pub(super) to: Option<Timestamp>,
    /// How much of the span it takes.
    pub(super) length: Duration,
    /// How many Tweets they brought in a minute.
    pub(super) per_minute: u64,
    /// More than this were too many.
    pub(super) most: u64,
}

/// Failures for the same reason in the same place.
#[derive(Debug)]
pub(super) struct Cause {
    pub(super) handler: String,
    pub(super) place: Option<(String, usize)>,
    pub(super) error: String,
    pub(super) tweets: u64,
}

impl Report {
    /// How much of the span is there, from 0 to 1.
    pub(super) fn received_share(&self) -> f64 {
        let whole = self.to.duration_since(self.from).as_secs_f64();
        match whole > 0.0 {
            true => (1.0 - self.missing.as_secs_f64() / whole).clamp(0.0, 1.0),
            false => 1.0,
        }
    }
}

/// Reads the report. `gaps` are those of the ledger, oldest first.
pub(super) fn gather(
    database: &ReadOnly,
    gaps: Vec<Gap>,
    asked: Span,
    now: Timestamp,
) -> Result<Report, Error> {
    let all_from = asked.from.unwrap_or(Timestamp::MIN);
    let all_to = asked.to.unwrap_or(Timestamp::MAX);
    let mut totals = BTreeMap::<Timestamp, u64>::new();
    let mut tags = BTreeMap::<String, u64>::new();
    database.each_volume(all_from, all_to, |volume| match volume {
        Volume {
            at,
            tag: None,
            tweets,
        } => *totals.entry(at).or_default() += tweets,
        Volume {
            tag: Some(tag),
            tweets,
            ..
        } => *tags.entry(tag).or_default() += tweets,
    })?;
    // A run that has received nothing has gaps all the same.
    let first = totals.keys().next().copied();
    let first = first
        .into_iter()
        .chain(gaps.first().map(|gap| gap.started_at))
        .min();
    let last = totals
        .keys()
        .next_back()
        .map(|at| *at + SignedDuration::from_mins(1));
    let last = last
        .into_iter()
        .chain(gaps.last().map(|gap| gap.ended_at))
        .max();
    let from = asked.from.or(first).unwrap_or(now);
    let from = asked.to.map_or(from, |to| from.min(to));
    let to = asked.to.unwrap_or(now).min(last.unwrap_or(now).max(from));

    let mut tags: Vec<_> = tags
        .into_iter()
        .map(|(name, tweets)| Tag { name, tweets })
        .collect();
    tags.sort_by(|a, b| b.tweets.cmp(&a.tweets).then_with(|| a.name.cmp(&b.name)));
    let is_recent = now.duration_since(from) < MINUTES_KEPT;
    let step = step(to.duration_since(from), is_recent);
    let places: BTreeMap<&str, usize> = tags
        .iter()
        .take(COLOURED)
        .enumerate()
        .map(|(place, tag)| (tag.name.as_str(), place))
        .collect();
    let mut bars = BTreeMap::<Timestamp, Bar>::new();
    database.each_volume(from, to, |volume| {
        let at = start(volume.at, step);
        let bar = bars.entry(at).or_insert(Bar {
            at,
            tweets: 0,
            by_tag: [0; COLOURED + 1],
        });
        match volume.tag {
            None => bar.tweets += volume.tweets,
            Some(tag) => {
                let place = places.get(tag.as_str()).copied().unwrap_or(COLOURED);
                bar.by_tag[place] += volume.tweets;
            }
        }
    })?;

    let gaps: Vec<_> = gaps
        .into_iter()
        .filter(|gap| gap.started_at < to && gap.ended_at > from)
        .collect();
    let missing = gaps.iter().map(|gap| missing_within(gap, from, to)).sum();
    let is_missing = |gap: &&Gap| !gap.missing_length.is_zero();
    let estimated = gaps
        .iter()
        .filter(is_missing)
        .map(|gap| gap.estimated_tweets)
        .sum();
    let pauses = database.pauses()?.into_iter();
    let pauses = pauses.filter_map(|pause| pause_within(pause, from, asked.to.unwrap_or(now)));
    let (causes, failed) = causes(database.quarantined(u64::MAX >> 1)?, from, to);
    let mut loads = database.loads(u64::MAX >> 1)?;
    loads.reverse();
    loads.retain(|load| is_within(&load.at, from, to));
    Ok(Report {
        made_at: now,
        from,
        to,
        tweets: totals.values().sum(),
        tags,
        step,
        bars: bars.into_values().collect(),
        gaps,
        missing,
        estimated,
        pauses: pauses.collect(),
        causes,
        failed,
        loads,
    })
}

/// How long a bar stands for, so that there are not too many.
fn step(whole: SignedDuration, is_recent: bool) -> SignedDuration {
    let fits = |minutes: &&i64| {
        whole.as_mins() / **minutes < MOST_BARS && (is_recent || **minutes >= HOUR)
    };
    SignedDuration::from_mins(
        STEPS
            .iter()
            .find(fits)
            .copied()
            .unwrap_or(STEPS[STEPS.len() - 1]),
    )
}

/// When the step began in which a moment lies. Steps are counted from 1970, so that days are those of UTC.
fn start(at: Timestamp, step: SignedDuration) -> Timestamp {
    let seconds = step.as_secs().max(1);
    let start = at.as_second().div_euclid(seconds) * seconds;
    Timestamp::from_second(start).unwrap_or(at)
}

/// How much is missing of a gap in a span.
fn missing_within(gap: &Gap, from: Timestamp, to: Timestamp) -> Duration {
    let Some((begin, end)) = gap.missing else {
        return Duration::ZERO;
    };
    // What is missing lies between the two, and may be less.
    let within = end.min(to).duration_since(begin.max(from));
    gap.missing_length
        .min(within.try_into().unwrap_or_default())
}

/// A pause, if it reaches into the span. Other than an outage it goes on where nothing more has come.
fn pause_within(pause: store::Pause, from: Timestamp, to: Timestamp) -> Option<Pause> {
    let store::Pause { paused, ended_ms } = pause;
    let began = Timestamp::from_millisecond(paused.since_ms).ok()?;
    let ended = ended_ms.and_then(|ended| Timestamp::from_millisecond(ended).ok());
    let end = ended.unwrap_or(to).min(to);
    (began < to && end > from).then(|| Pause {
        tag: paused.tag,
        from: began,
        to: ended,
        length: end
            .duration_since(began.max(from))
            .try_into()
            .unwrap_or_default(),
        per_minute: paused.per_minute,
        most: paused.most,
    })
}

fn is_within(at: &str, from: Timestamp, to: Timestamp) -> bool {
    let at: Option<Timestamp> = at.parse().ok();
    at.is_some_and(|at| at >= from && at < to)
}

/// The failures by their cause, and how many Tweets there are.
fn causes(held: Vec<Quarantined>, from: Timestamp, to: Timestamp) -> (Vec<Cause>, u64) {
    let mut causes = BTreeMap::<(String, Option<(String, usize)>, String), u64>::new();
    let mut failed = 0;
    for Quarantined {
        failed: why,
        received_at,
        ..
    } in held
    {
        if !is_within(received_at.as_deref().unwrap_or(&why.at), from, to) {
            continue;
        }
        failed += 1;
        *causes
            .entry((why.handler, why.place, why.error))
            .or_default() += 1;
    }
    let mut causes: Vec<_> = causes
        .into_iter()
        .map(|((handler, place, error), tweets)| Cause {
            handler,
            place,
            error,
            tweets,
        })
        .collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.tweets));
    (causes, failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_stands_for_so_long_that_there_are_not_too_many() {
        let hours = |hours: i64| hours * 60;
        for (whole, minutes) in [
            (0, 1),
            (hours(6), 1),
            (hours(8), 5),
            (hours(3 * 24), 15),
            (hours(16 * 24), hours(1)),
            (hours(99 * 24), hours(6)),
            (hours(101 * 24), hours(24)),
            (hours(1_000 * 24), hours(7 * 24)),
            (hours(36_500 * 24), hours(365 * 24)),
        ] {
            let whole = SignedDuration::from_mins(whole);
            assert_eq!(step(whole, true).as_mins(), minutes, "{whole}");
            assert_eq!(step(whole, false).as_mins(), minutes.max(60), "{whole}");
        }
        let at: Timestamp = "2026-11-27T16:48:12Z".parse().expect("a time");
        let day = start(at, SignedDuration::from_hours(24));
        assert_eq!(day.to_string(), "2026-11-27T00:00:00Z");
    }
}
