//! Where the Tweets of a connection come from, and when the next one is due.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{error::Error, generator::Generator, pace::Pace, snowflake, tweet_file::TweetFile};

/// The time between two Tweets' ids where readers set the pace. It is less than one core needs to
/// send one, so ids do not come from the future.
const STEP_AT_FULL_SPEED: Duration = Duration::from_micros(10);

/// The one sequence of Tweets that all connections get a copy of.
#[derive(Debug)]
pub(super) struct Source {
    kind: Kind,
    /// Tweets per second, or as fast as they are read.
    rate: Option<f64>,
    /// How many Tweets there are in all.
    limit: Option<u64>,
    /// How far the connection that is furthest has come. A new one starts here.
    head: AtomicU64,
}

/// Positions are all that connections have to agree on, so each makes its copy by itself: a slow
/// reader holds up nobody, and nothing is kept for it.
#[derive(Debug, Clone)]
enum Kind {
    Made(Generator),
    File(Arc<TweetFile>),
}

/// One connection's place in the sequence.
#[derive(Debug)]
pub(super) struct Feed {
    source: Arc<Source>,
    kind: Kind,
    position: u64,
    pace: Option<Pace>,
}

/// When there is a Tweet to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    At(Instant),
    Never,
}

impl Source {
    /// Made-up Tweets, the first one of which has the time `start_ms` or else the present time.
    pub(super) fn made(
        seed: u64,
        start_ms: Option<i64>,
        rate: Option<f64>,
        limit: Option<u64>,
    ) -> Self {
        let step = rate.map_or(STEP_AT_FULL_SPEED, |rate| {
            Duration::from_secs_f64((1.0 / rate).min(86_400.0))
        });
        // Were the ids the same on every start, a client would take a second run for duplicates.
        let start_ms = start_ms.unwrap_or_else(snowflake::now_ms);
        Self::new(
            Kind::Made(Generator::new(seed).with_clock(start_ms, step)),
            rate,
            limit,
        )
    }

    /// The Tweets of a file, with the number of lines that are none.
    pub(super) fn file(
        path: &Path,
        rate: Option<f64>,
        limit: Option<u64>,
    ) -> Result<(Self, u64), Error> {
        let file = TweetFile::open(path)?;
        let skipped = file.skipped;
        Ok((Self::new(Kind::File(Arc::new(file)), rate, limit), skipped))
    }

    fn new(kind: Kind, rate: Option<f64>, limit: Option<u64>) -> Self {
        Self {
            kind,
            rate,
            limit,
            head: AtomicU64::new(0),
        }
    }

    /// A copy of the sequence from where it is now.
    pub(super) fn join(self: &Arc<Self>, now: Instant) -> Feed {
        let position = self.head.load(Ordering::Relaxed);
        let mut kind = self.kind.clone();
        if let Kind::Made(generator) = &mut kind {
            generator.seek(position);
        }
        Feed {
            source: Arc::clone(self),
            kind,
            position,
            pace: self.rate.map(|rate| Pace::new(rate, now)),
        }
    }
}

impl Feed {
    /// Appends the next Tweet, without a line end, if it is due now.
    pub(super) fn next_into(&mut self, now: Instant, out: &mut Vec<u8>) -> Due {
        if self
            .source
            .limit
            .is_some_and(|limit| self.position >= limit)
        {
            return Due::Never;
        }
        if let Some(pace) = &mut self.pace
            && !pace.take(now)
        {
            return Due::At(pace.next(now));
        }
        match &mut self.kind {
            Kind::Made(generator) => generator.next_into(out),
            Kind::File(file) => match file.get(self.position) {
                Some(tweet) => out.extend_from_slice(&tweet),
                None => return Due::Never,
            },
        }
        self.position += 1;
        self.source.head.fetch_max(self.position, Ordering::Relaxed);
        Due::Now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(feed: &mut Feed, count: usize) -> Vec<Vec<u8>> {
        let take = |_| {
            let mut out = Vec::new();
            assert_eq!(feed.next_into(Instant::now(), &mut out), Due::Now);
            out
        };
        (0..count).map(take).collect()
    }

    #[test]
    fn readers_get_the_same_tweets_and_new_ones_start_at_the_head() {
        let source = Arc::new(Source::made(1, Some(1_700_000_000_000), None, None));
        let (mut one, mut two) = (source.join(Instant::now()), source.join(Instant::now()));
        let all = ids(&mut one, 10);
        assert_eq!(ids(&mut two, 6), all[..6]);
        let mut late = source.join(Instant::now());
        let later = ids(&mut late, 3);
        assert!(!all.contains(&later[0]));
        assert_eq!(ids(&mut one, 3), later);
    }

    #[test]
    fn the_limit_ends_the_sequence_for_everybody() {
        let source = Arc::new(Source::made(1, None, None, Some(2)));
        let mut feed = source.join(Instant::now());
        ids(&mut feed, 2);
        assert_eq!(feed.next_into(Instant::now(), &mut Vec::new()), Due::Never);
        assert_eq!(
            source
                .join(Instant::now())
                .next_into(Instant::now(), &mut Vec::new()),
            Due::Never
        );
    }

    #[test]
    fn a_rate_spreads_tweets_over_time() {
        let now = Instant::now();
        let source = Arc::new(Source::made(1, None, Some(10.0), None));
        let mut feed = source.join(now);
        assert_eq!(feed.next_into(now, &mut Vec::new()), Due::Now);
        assert_eq!(
            feed.next_into(now, &mut Vec::new()),
            Due::At(now + Duration::from_millis(100))
        );
    }
}
