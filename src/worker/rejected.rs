//! Handles lines that are not Tweets. Each is counted and kept for inspection, and some are logged once that is
//! committed.

use bytes::Bytes;
use tracing::warn;

use super::{Error, Worker};
use crate::{tally::Count, tweet::NotTweet};

/// How many lines of a kind are logged one by one. Of later ones only the 4th, 8th, 16th and so on are logged.
const TOLD: u64 = 3;

/// The most bytes of a line that are logged. The table has all of it.
const SHOWN: usize = 200;

/// Decides which lines that are not Tweets are logged.
#[derive(Debug, Default)]
pub(super) struct Rejected {
    /// How many lines of each kind there were: up to the last commit, and in total.
    committed: [u64; 2],
    times: [u64; 2],
    /// What will be logged at the next commit.
    words: Vec<Word>,
}

#[derive(Debug)]
struct Word {
    reason: String,
    times: u64,
    line: String,
}

impl Rejected {
    fn note(&mut self, line: &[u8], reason: &NotTweet) {
        let kind = match reason {
            NotTweet::Invalid(_) => 0,
            NotTweet::Unknown => 1,
        };
        self.times[kind] += 1;
        let times = self.times[kind];
        if times <= TOLD || times.is_power_of_two() {
            let shown = &line[..line.len().min(SHOWN)];
            self.words.push(Word {
                reason: reason.to_string(),
                times,
                line: String::from_utf8_lossy(shown).into_owned(),
            });
        }
    }

    /// Logs what was noted, now that it is committed.
    pub(super) fn committed(&mut self) {
        self.committed = self.times;
        for Word {
            reason,
            times,
            line,
        } in self.words.drain(..)
        {
            warn!(%reason, times, line, "a line is no Tweet; `_ouzel_invalid` keeps it");
        }
    }

    /// Drops what was noted since the last commit, because those lines come again.
    pub(super) fn roll_back(&mut self) {
        self.times = self.committed;
        self.words.clear();
    }
}

impl Worker<'_> {
    /// Counts and keeps a line that is not a Tweet.
    pub(super) fn reject(&mut self, line: &Bytes, reason: &NotTweet) -> Result<(), Error> {
        self.tally.add(
            match reason {
                NotTweet::Unknown => Count::Unknown,
                NotTweet::Invalid(_) => Count::Invalid,
            },
            1,
        );
        self.rejected.note(line, reason);
        let now = jiff::Timestamp::now().to_string();
        Ok(self.store.keep_invalid(line, &reason.to_string(), &now)?)
    }
}
