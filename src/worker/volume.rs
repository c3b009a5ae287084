//! Counts the Tweets of each minute for `_ouzel_volume`, and commits the counts with the Tweets' rows.

use jiff::Timestamp;

use super::{Error, Worker};
use crate::tally::MAX_TAGS;

/// A minute in milliseconds.
const MINUTE_MS: i64 = 60_000;

/// What has come since the last commit. All of it was received in the same minute.
#[derive(Debug, Default)]
pub(super) struct Volume {
    /// The minute, counted since 1970; `None` before the first Tweet of a journal.
    minute: Option<i64>,
    tweets: u64,
    /// The hour in which old minutes were merged last.
    merged: Option<i64>,
}

impl Volume {
    /// Counts a Tweet. Each Tweet is counted once, however it came: one that has come before is dropped before this.
    pub(super) fn count(&mut self) {
        self.tweets += 1;
    }

    /// Forgets what is not committed.
    pub(super) fn roll_back(&mut self) {
        self.tweets = 0;
    }
}

impl Worker<'_> {
    /// From here on, lines were received at this time. If that is another minute, what came before is committed.
    pub(super) fn received_at(&mut self, ms: i64) -> Result<(), Error> {
        self.received_ms = Some(ms);
        let minute = ms.div_euclid(MINUTE_MS);
        if self.volume.minute != Some(minute) {
            if self.volume.tweets > 0 {
                self.commit()?;
            }
            self.volume.minute = Some(minute);
        }
        Ok(())
    }

    /// Adds what has come since the last commit to the minute's counts, in the same transaction.
    ///
    /// A worker that follows no journal counts nothing: a replay's Tweets were received when they came for the first time.
    pub(super) fn write_volume(&mut self) -> Result<(), Error> {
        let tweets = std::mem::take(&mut self.volume.tweets);
        let minute = self.volume.minute.filter(|_| self.progress.is_some());
        let Some(minute) = minute.filter(|_| tweets > 0) else {
            return Ok(());
        };
        // A file of the journal can say any time.
        let Ok(received) = Timestamp::from_millisecond(minute.saturating_mul(MINUTE_MS)) else {
            return Ok(());
        };
        let counted = self.tags.iter().filter(|(_, tweets)| **tweets > 0);
        let counted = counted.map(|(tag, tweets)| (tag.as_str(), *tweets));
        let others = counted
            .clone()
            .skip(MAX_TAGS)
            .map(|(_, tweets)| tweets)
            .sum::<u64>();
        let others = (others > 0).then_some(("other tags", others));
        let tags = counted.take(MAX_TAGS).chain(others);
        self.store.add_volume(received, tweets, tags)?;
        let hour = minute.div_euclid(60);
        if self.volume.merged != Some(hour) {
            let again = self.volume.merged == Some(hour - 1);
            self.store.merge_old_minutes(received, again)?;
            self.volume.merged = Some(hour);
        }
        Ok(())
    }
}
