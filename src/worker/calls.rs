//! Calls functions of the script between two Tweets. Each call is a transaction of its own, so what goes wrong in it is no
//! Tweet's fault.

use super::{Error, Progress, Worker, inbox::Inbox};
use crate::{
    script::{Call, Failure},
    tally::Count,
};

impl Worker<'_> {
    /// Calls a function of the script. If it fails, its writes are taken back, and that is told.
    ///
    /// # Errors
    /// If the database fails. Then the call has to be made again.
    pub(super) fn call(
        &mut self,
        call: Call<'_>,
        inbox: Option<&mut dyn Inbox>,
    ) -> Result<(), Error> {
        // What the Tweets before it have written must not be taken back with it.
        self.commit()?;
        let ran = self.try_call(call);
        let ran = ran.and_then(|failed| self.commit().map(|()| failed));
        let failed = match ran {
            Ok(failed) => failed,
            Err(error) => {
                let failure = self.judge(error)?;
                // The frame in hand has been dropped.
                let committed = self.progress.as_ref().map(Progress::committed);
                if let Some((inbox, from)) = inbox.zip(committed) {
                    inbox.go_back(from);
                }
                Some(failure)
            }
        };
        if let Some(mut failure) = failed {
            // A failure of the database does not know the name.
            if let Some(generation) = &self.generation {
                failure.handler = generation.call_name(call);
            }
            self.failures.log_call(call, &failure);
            self.tally.add(Count::FailedTimers, 1);
        }
        Ok(())
    }

    /// Calls it. If it fails, takes back what it has done.
    fn try_call(&mut self, call: Call<'_>) -> Result<Option<Failure>, Error> {
        let Some(generation) = &self.generation else {
            return Ok(None);
        };
        self.store.begin_tweet();
        self.doing.begin_tweet(None);
        self.doing.step(generation.step_of(call));
        let ran = generation.call(call);
        self.doing.end();
        let ended = self.store.end_tweet(ran.is_ok());
        if let Some(fault) = self.store.take_fault() {
            self.blamed = ran.err();
            return Err(fault.into());
        }
        ended?;
        Ok(ran.err())
    }
}
