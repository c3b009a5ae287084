//! Tweets whose handler failed. They are kept with the batch, and tried again when somebody asks for it.

use bytes::Bytes;
use tracing::warn;

use super::{Error, Worker};
use crate::{
    script::Failure,
    store::Failed,
    tally::Count,
    tweet::{NotTweet, Tweet},
};

/// The result of trying a Tweet of the quarantine again.
#[derive(Debug)]
pub enum Retried {
    /// Its handlers succeeded, what they wrote is committed, and the Tweet has left the quarantine.
    Released,
    /// The Tweet has failed again, and stays.
    Failed(Failure),
    /// This ouzel does not read the line as a Tweet any more.
    Unreadable(NotTweet),
    /// The Tweet is not in quarantine.
    Unknown,
}

impl Worker<'_> {
    /// Runs the handlers on a Tweet of the quarantine, in a transaction of its own.
    ///
    /// # Errors
    /// [`Error`]. The Tweet is still in quarantine then.
    pub fn retry(&mut self, id: i64) -> Result<Retried, Error> {
        let Some(line) = self.store.quarantined_line(id)? else {
            return Ok(Retried::Unknown);
        };
        let retried = match Tweet::parse(Bytes::from(line)) {
            Err(reason) => Retried::Unreadable(reason),
            Ok(tweet) => match self.release(id, tweet) {
                Ok(None) => Retried::Released,
                Ok(Some(failure)) => Retried::Failed(failure),
                Err(error) => Retried::Failed(self.judge(error)?),
            },
        };
        if let Retried::Failed(failure) = &retried {
            self.store.quarantine_again(id, &self.failed(failure))?;
            self.commit()?;
        }
        Ok(retried)
    }

    /// Takes a Tweet out of quarantine if its handlers succeed and what they write can be committed.
    fn release(&mut self, id: i64, tweet: Tweet) -> Result<Option<Failure>, Error> {
        let failure = self.try_tweet(tweet.id(), tweet)?.err();
        if failure.is_none() {
            self.store.release(id)?;
            self.commit()?;
        }
        Ok(failure)
    }

    /// Keeps a Tweet whose handler failed.
    pub(super) fn quarantine(
        &mut self,
        tweet_id: Option<i64>,
        line: &[u8],
        failure: &Failure,
    ) -> Result<(), Error> {
        let received_at = self.received_ms.and_then(time);
        let failed = self.failed(failure);
        let released = self
            .store
            .quarantine(tweet_id, received_at.as_deref(), line, &failed)?;
        self.released += released;
        Ok(())
    }

    /// Reports which Tweets had to leave the quarantine. They are gone only once that is committed.
    pub(super) fn tell_released(&mut self) {
        let tweets = std::mem::take(&mut self.released);
        if tweets > 0 {
            warn!(
                tweets,
                "the quarantine is full, and the oldest Tweets have left it for good"
            );
        }
    }

    /// Counts the Tweets in quarantine, before the commit of the batch.
    pub(super) fn count_quarantine(&self) -> Result<u64, Error> {
        let tweets = self.store.quarantine_held()?.tweets;
        self.tally.set(Count::Quarantined, tweets);
        Ok(tweets)
    }

    pub(super) fn tell_quarantine(&self) -> Result<(), Error> {
        let tweets = self.count_quarantine()?;
        if tweets > 0 {
            warn!(
                tweets,
                "Tweets are in quarantine; `ouzel quarantine list` shows them"
            );
        }
        Ok(())
    }

    fn failed(&self, failure: &Failure) -> Failed {
        let fault = &failure.fault;
        Failed {
            at: format!("{:.3}", jiff::Timestamp::now()),
            generation: self.number,
            script: self.script.display().to_string(),
            handler: failure.handler.clone(),
            place: fault.place.clone(),
            code: fault.code.clone(),
            error: fault.message.clone(),
            hint: fault.hint.clone(),
            traceback: fault.traceback.clone(),
        }
    }
}

/// Milliseconds since 1970 as RFC 3339.
fn time(millis: i64) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(millis).ok()?;
    Some(format!("{time:.3}"))
}
