//! Runs a script's handlers on a Tweet only to see whether they fail: what they write is taken back.

use std::sync::Arc;

use super::{Error, Worker};
use crate::{
    script::{Declared, Failure},
    tweet::Tweet,
};

/// How the handlers got on with a Tweet.
#[derive(Debug)]
pub(crate) struct Tried {
    /// The number of the last handler that began; the handlers behind it did not run.
    pub(crate) last: usize,
    /// Why that handler failed.
    pub(crate) failure: Option<Failure>,
}

impl Worker<'_> {
    /// What the running generation declares; nothing before the first load.
    pub(crate) fn declared(&self) -> Arc<Declared> {
        Arc::clone(&self.declared)
    }

    /// Runs the handlers as on a Tweet of the stream, and takes back their rows and what they have emitted. The next
    /// Tweet finds the database as it was after the load.
    ///
    /// # Errors
    /// [`Error`] if the database fails.
    pub(crate) fn try_out(&mut self, tweet: Tweet) -> Result<Tried, Error> {
        let tried = self.try_tweet(tweet.id(), tweet);
        let last = self.doing.last_step();
        self.roll_back()?;
        let failure = tried?.err();
        Ok(Tried { last, failure })
    }
}
