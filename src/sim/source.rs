//! The one sequence of Tweets that all streams and connections get copies of.

use std::{path::Path, sync::Arc};

use super::{
    error::Error, generator::Generator, schedule::Schedule, start::Start, tweet_file::TweetFile,
};

/// Where Tweets come from. A Tweet follows from its position alone. So it need not be kept: it can be
/// made again.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// Made up, without a beginning or an end.
    Made(Generator),
    /// The Tweets of a file, the first at position zero.
    File(Arc<TweetFile>),
}

impl Source {
    /// Made-up Tweets. The one at position zero has the time `start`.
    pub(super) fn made(seed: u64, start: &Start, schedule: &Arc<Schedule>) -> Self {
        Self::Made(Generator::new(seed).with_start(start.clone(), Arc::clone(schedule)))
    }

    /// The Tweets of a file, with the number of lines that are none.
    pub(super) fn file(path: &Path) -> Result<(Self, u64), Error> {
        let file = TweetFile::open(path)?;
        let skipped = file.skipped;
        Ok((Self::File(Arc::new(file)), skipped))
    }

    /// Appends the Tweet at a position, without a line end and without `matching_rules`. Returns false if
    /// there is none.
    pub(super) fn write(&self, position: i64, out: &mut Vec<u8>) -> bool {
        match self {
            Self::Made(generator) => {
                generator.write_at(position, out);
                true
            }
            Self::File(file) => match u64::try_from(position).ok().and_then(|at| file.get(at)) {
                Some(tweet) => {
                    out.extend_from_slice(&tweet);
                    true
                }
                None => false,
            },
        }
    }

    /// Whether Tweets are made up, so that they can be about something.
    pub(super) fn is_made(&self) -> bool {
        matches!(self, Self::Made(_))
    }
}
