//! How much time a sample of Tweets stands for, by the times of the Tweets. Pure: no IO, no clock.

use std::collections::BTreeMap;

/// Times are kept in at most this many buckets, which grow wider when there are more. So a sample of any size takes a
/// few megabytes.
const MOST_BUCKETS: usize = 50_000;

/// The first width of a bucket, in milliseconds.
const WIDTH: i64 = 1_000;

/// The first Tweet ever, in milliseconds since 1970. Earlier times are mistakes.
const FIRST_TWEET: i64 = 1_142_974_200_000;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Clocks differ, but not by more than this.
const AHEAD: i64 = HOUR;

/// A silence is a gap in the sample if it is this many times as long as a Tweet usually is from the next. Chance makes
/// one of twenty times as long in a billion Tweets, and nights are several times as quiet as days.
const SILENT: i64 = 50;

/// A shorter silence is never a gap.
const SHORTEST_GAP: i64 = 10 * 60_000;

/// The same where the outages are known: only what came from another time altogether is parted by so long a silence.
const SHORTEST_BESIDE_LEDGER: i64 = DAY;

/// After so many looks for gaps no further one is missed by much.
const MOST_LOOKS: usize = 50;

/// A sample of less time allows no rate: the next minute may be altogether different.
const LEAST: i64 = 10 * 60_000;

/// Tweets that are farther apart allow no rate: nobody follows a stream for one Tweet a day.
const FARTHEST: i64 = DAY;

/// In a sample of more time than this the Tweets have to be closer together, or they are a collection.
const LONG: i64 = 366 * DAY;
const FARTHEST_IN_LONG: i64 = HOUR;

/// The times of the Tweets of a sample.
#[derive(Debug)]
pub(super) struct Times {
    buckets: BTreeMap<i64, Bucket>,
    width: i64,
    latest: i64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    first: i64,
    last: i64,
    tweets: u64,
}

impl Bucket {
    fn join(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.tweets += other.tweets;
    }
}

/// What tells quiet times from times that the sample does not have.
#[derive(Debug, Clone, Default)]
pub(super) enum Silence {
    /// Only the Tweets themselves.
    #[default]
    Unknown,
    /// Times in which nothing could come, in milliseconds since 1970. Any other silence was a quiet time.
    Known(Vec<(i64, i64)>),
}

/// The time that a sample stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Covered {
    /// The times of the first and of the last Tweet, in milliseconds since 1970.
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// How many stretches there are, with gaps between them.
    pub(super) parts: usize,
    /// How long the gaps are together, in milliseconds.
    pub(super) gaps: i64,
    /// How long the Tweets stand for, in milliseconds: each for the time to the next one.
    pub(super) millis: f64,
}

/// Why a sample allows no rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum NoRate {
    /// No Tweet tells its time.
    NoTimes,
    /// All Tweets are of a few minutes.
    Short(f64),
    /// The Tweets are too far from each other to be all of a stream.
    Sparse(Covered),
}

impl Times {
    /// No times yet. Those later than `now` are taken for mistakes.
    pub(super) fn until(now: i64) -> Self {
        Self {
            buckets: BTreeMap::new(),
            width: WIDTH,
            latest: now.saturating_add(AHEAD),
        }
    }

    /// Adds the time of a Tweet, and says whether it can be right.
    pub(super) fn add(&mut self, time: i64) -> bool {
        if !(FIRST_TWEET..=self.latest).contains(&time) {
            return false;
        }
        self.put(Bucket {
            first: time,
            last: time,
            tweets: 1,
        });
        true
    }

    /// Adds the times of another part of the sample.
    pub(super) fn join(&mut self, other: Self) {
        for bucket in other.buckets.into_values() {
            self.put(bucket);
        }
    }

    fn put(&mut self, bucket: Bucket) {
        let own = self.buckets.entry(bucket.first / self.width);
        own.and_modify(|own| own.join(bucket)).or_insert(bucket);
        while self.buckets.len() > MOST_BUCKETS {
            self.width *= 2;
            for bucket in std::mem::take(&mut self.buckets).into_values() {
                let own = self.buckets.entry(bucket.first / self.width);
                own.and_modify(|own| own.join(bucket)).or_insert(bucket);
            }
        }
    }

    /// The time that the Tweets stand for.
    ///
    /// # Errors
    /// [`NoRate`] if nothing can be said about an hour of it.
    pub(super) fn covered(&self, silence: &Silence) -> Result<Covered, NoRate> {
        let stretches = self.stretches();
        let (Some(first), Some(last)) = (stretches.first(), stretches.last()) else {
            return Err(NoRate::NoTimes);
        };
        let (first, last) = (first.first, last.last);
        let tweets: u64 = stretches.iter().map(|one| one.tweets).sum();
        let known: &[(i64, i64)] = match silence {
            Silence::Unknown => &[],
            Silence::Known(known) => known,
        };
        let least = match silence {
            Silence::Unknown => SHORTEST_GAP,
            Silence::Known(_) => SHORTEST_BESIDE_LEDGER,
        };
        let mut found = Covered {
            first,
            last,
            parts: 1,
            gaps: 0,
            millis: float(last - first),
        };
        // Gaps make Tweets look farther apart than they are, so each gap that is found may show smaller ones.
        for _ in 0..MOST_LOOKS {
            let usual = found.millis / float_u(tweets);
            let gap = (usual * float(SILENT)).max(float(least));
            let (mut parts, mut gaps) = (1, 0);
            for pair in stretches.windows(2) {
                let (from, to) = (pair[0].last, pair[1].first);
                let outage = within(known, from, to);
                if float(to - from - outage) > gap {
                    parts += 1;
                    gaps += to - from;
                } else {
                    gaps += outage;
                }
            }
            // Outages that lie inside of a bucket, and parts of them.
            gaps += stretches
                .iter()
                .map(|one| within(known, one.first, one.last))
                .sum::<i64>();
            let distances = tweets.saturating_sub(parts as u64);
            let between = float(last - first - gaps);
            // Each part ends before the Tweet that would have come next.
            let millis = match distances {
                0 => 0.0,
                distances => between * float_u(tweets) / float_u(distances),
            };
            let is_settled = parts == found.parts && gaps == found.gaps;
            found = Covered {
                parts,
                gaps,
                millis,
                ..found
            };
            if is_settled || millis <= 0.0 {
                break;
            }
        }
        let apart = found.millis / float_u(tweets);
        if found.millis < float(LEAST) {
            return Err(NoRate::Short(found.millis));
        }
        let farthest = match found.millis > float(LONG) {
            true => FARTHEST_IN_LONG,
            false => FARTHEST,
        };
        match apart > float(farthest) {
            true => Err(NoRate::Sparse(found)),
            false => Ok(found),
        }
    }

    /// The buckets in order, those that lie over each other joined: Tweets of one bucket may be later than the first of
    /// the next one after buckets of several widths were joined.
    fn stretches(&self) -> Vec<Bucket> {
        let mut stretches: Vec<Bucket> = Vec::with_capacity(self.buckets.len());
        for bucket in self.buckets.values() {
            match stretches.last_mut() {
                Some(last) if bucket.first <= last.last => last.join(*bucket),
                _ => stretches.push(*bucket),
            }
        }
        stretches
    }
}

impl Covered {
    pub(super) fn hours(&self) -> f64 {
        self.millis / float(HOUR)
    }

    pub(super) fn gap_hours(&self) -> f64 {
        float(self.gaps) / float(HOUR)
    }

    /// Whether there is less than a day, and so not each hour of one.
    pub(super) fn is_less_than_a_day(&self) -> bool {
        self.millis < float(DAY)
    }
}

/// How much of the time between two moments lies in these spans, which are in order and do not overlap.
fn within(spans: &[(i64, i64)], from: i64, to: i64) -> i64 {
    let begun = spans.partition_point(|(_, end)| *end <= from);
    let inside = spans[begun..].iter().take_while(|(start, _)| *start < to);
    inside
        .map(|(start, end)| (*end).min(to) - (*start).max(from))
        .sum()
}

/// Puts spans in order and joins those that overlap.
pub(super) fn in_order(mut spans: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    spans.retain(|(start, end)| start < end);
    spans.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::with_capacity(spans.len());
    for (start, end) in spans {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

#[expect(clippy::cast_precision_loss, reason = "a rate needs no more")]
fn float(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "a rate needs no more")]
fn float_u(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_800_000_000_000;
    const START: i64 = 1_700_000_000_000;
    const MINUTE: i64 = 60_000;

    fn times(times: impl IntoIterator<Item = i64>) -> Times {
        let mut all = Times::until(NOW);
        for time in times {
            all.add(time);
        }
        all
    }

    fn shown(covered: Result<Covered, NoRate>) -> String {
        let minutes = |millis: f64| format!("{:.1} min", millis / 60_000.0);
        match covered {
            Ok(found) => format!(
                "{} in {}, {} left out",
                minutes(found.millis),
                found.parts,
                minutes(float(found.gaps))
            ),
            Err(NoRate::NoTimes) => "no times".to_owned(),
            Err(NoRate::Short(millis)) => format!("short: {}", minutes(millis)),
            Err(NoRate::Sparse(found)) => format!("sparse: {}", minutes(found.millis)),
        }
    }

    #[track_caller]
    fn check(tweets: impl IntoIterator<Item = i64>, silence: Silence, expected: Expect) {
        expected.assert_eq(&shown(times(tweets).covered(&silence)));
    }

    /// So many Tweets from a time on, so far apart.
    fn every(apart: i64, tweets: i64, from: i64) -> impl Iterator<Item = i64> {
        (0..tweets).map(move |number| START + from + number * apart)
    }

    #[test]
    fn each_tweet_stands_for_the_time_to_the_next() {
        let unknown = || Silence::Unknown;
        check(
            every(30 * MINUTE, 4, 0),
            unknown(),
            expect!["120.0 min in 1, 0.0 min left out"],
        );
        check(
            every(1_000, 3_600, 0),
            unknown(),
            expect!["60.0 min in 1, 0.0 min left out"],
        );
        // Several in a millisecond, and the same time again and again.
        check(every(0, 500, 0), unknown(), expect!["short: 0.0 min"]);
        check(every(1, 5_000, 0), unknown(), expect!["short: 0.1 min"]);
        check([], unknown(), expect!["no times"]);
        check([START], unknown(), expect!["short: 0.0 min"]);
    }

    #[test]
    fn what_the_sample_does_not_have_is_no_quiet_time() {
        let unknown = || Silence::Unknown;
        let year = 365 * DAY;
        check(
            every(1_000, 3_600, 0).chain(every(1_000, 3_600, year)),
            unknown(),
            expect!["120.0 min in 2, 525540.0 min left out"],
        );
        // A minute of each hour.
        check(
            (0..60).flat_map(|hour| every(100, 600, hour * HOUR)),
            unknown(),
            expect!["60.0 min in 60, 3481.1 min left out"],
        );
        // One Tweet with a wrong time.
        check(
            every(1_000, 3_600, 0).chain([START - 9 * year]),
            unknown(),
            expect!["60.0 min in 2, 4730400.0 min left out"],
        );
        // A night that is ten times as quiet as the day.
        check(
            every(10_000, 4_320, 0).chain(every(100_000, 432, 12 * HOUR)),
            unknown(),
            expect!["1438.6 min in 1, 0.0 min left out"],
        );
    }

    #[test]
    fn the_ledger_knows_which_silence_was_an_outage() {
        let bursts = || every(100, 600, 0).chain(every(100, 600, 5 * HOUR));
        check(bursts(), Silence::Unknown, expect!["short: 2.0 min"]);
        check(
            bursts(),
            Silence::Known(Vec::new()),
            expect!["301.2 min in 1, 0.0 min left out"],
        );
        let hour = |hour: i64| START + hour * HOUR;
        let outages = in_order(vec![
            (hour(3), hour(4)),
            (hour(1), hour(2)),
            (hour(1), hour(1) + 1),
            (hour(9), hour(7)),
            (hour(-9), hour(-8)),
        ]);
        check(
            bursts(),
            Silence::Known(outages),
            expect!["181.1 min in 1, 120.0 min left out"],
        );
        // Replay has brought an hour of a month ago.
        check(
            every(1_000, 3_600, 0).chain(every(1_000, 3_600, 30 * DAY)),
            Silence::Known(Vec::new()),
            expect!["120.0 min in 2, 43140.0 min left out"],
        );
        // An outage in a time whose Tweets share a bucket.
        check(
            every(1_000, 3_600, 0),
            Silence::Known(vec![(START + 10_000, START + 10_000 + 20 * MINUTE)]),
            expect!["40.0 min in 1, 20.0 min left out"],
        );
    }

    #[test]
    fn a_collection_allows_no_rate() {
        let unknown = || Silence::Unknown;
        check(
            every(3_000 * HOUR, 20, 0),
            unknown(),
            expect!["sparse: 1800000.0 min"],
        );
        check(
            every(25 * HOUR, 20, 0),
            unknown(),
            expect!["sparse: 30000.0 min"],
        );
        check(
            every(20 * HOUR, 20, 0),
            unknown(),
            expect!["24000.0 min in 1, 0.0 min left out"],
        );
        check(
            every(2 * HOUR, 8_000, 0),
            unknown(),
            expect!["sparse: 960000.0 min"],
        );
    }

    #[test]
    fn times_that_cannot_be_are_not_counted() {
        let mut all = Times::until(NOW);
        for wrong in [i64::MIN, -1, 0, FIRST_TWEET - 1, NOW + 2 * HOUR, i64::MAX] {
            assert!(!all.add(wrong), "{wrong}");
        }
        assert!(all.add(NOW) && all.add(FIRST_TWEET));
        assert!(!Times::until(i64::MAX).add(i64::MIN));
    }

    #[test]
    fn many_times_take_little_memory() {
        let mut all = times((0..1_000).map(|number| START - number * 10_000_000));
        for number in 0..300_000 {
            all.add(START - number * 2_000);
        }
        assert!(all.buckets.len() <= MOST_BUCKETS);
        let covered = all.covered(&Silence::Known(Vec::new())).unwrap();
        assert_eq!(covered.last, START);
    }

    proptest! {
        #[test]
        fn the_order_of_the_tweets_and_the_threads_make_no_difference(
            tweets in prop::collection::vec(0..9_000_000_000_i64, 1..200),
            cut in 0..200_usize,
        ) {
            let at: Vec<i64> = tweets.iter().map(|time| START - time).collect();
            let whole = times(at.iter().copied()).covered(&Silence::Unknown);
            let (one, other) = at.split_at(cut.min(at.len()));
            let mut joined = times(other.iter().rev().copied());
            joined.join(times(one.iter().copied()));
            prop_assert_eq!(whole, joined.covered(&Silence::Unknown));
        }
    }
}
