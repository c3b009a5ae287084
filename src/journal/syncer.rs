//! Makes what was written last, on a thread of its own: a disk takes tens of milliseconds for that, and writing goes on meanwhile.

use std::{
    sync::mpsc::{self, Receiver, Sender},
    thread::{self, JoinHandle},
};

use super::{Error, active::Unsynced};

/// Segments that may wait to be synced. Only a disk that takes longer for a sync than for a whole segment has more.
const MOST: usize = 4;

/// What became of a sync, and the segment that it was for.
pub(super) type Answer = (u64, Result<(), Error>);

/// The thread, and what it was asked for. Dropping it waits until all of that is done.
#[derive(Debug)]
pub(super) struct Syncer {
    /// `None` only while it is dropped.
    requests: Option<Sender<Unsynced>>,
    answers: Receiver<Answer>,
    /// Asked for and not answered yet.
    pending: usize,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    pub(super) fn start() -> std::io::Result<Self> {
        let (requests, asked) = mpsc::channel::<Unsynced>();
        let (answer, answers) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("sync".to_owned())
            .spawn(move || {
                for unsynced in asked {
                    let answered = answer.send((unsynced.segment(), unsynced.sync()));
                    if answered.is_err() {
                        break;
                    }
                }
            })?;
        Ok(Self {
            requests: Some(requests),
            answers,
            pending: 0,
            thread: Some(thread),
        })
    }

    /// Whether everything that it was asked for is answered.
    pub(super) fn is_idle(&self) -> bool {
        self.pending == 0
    }

    /// Whether a segment more may wait.
    pub(super) fn has_room(&self) -> bool {
        self.pending < MOST
    }

    /// Asks for a sync, to be answered later.
    pub(super) fn begin(&mut self, unsynced: Unsynced) {
        if let Some(requests) = &self.requests
            && requests.send(unsynced).is_ok()
        {
            self.pending += 1;
        }
    }

    /// The next answer, if it is there already.
    pub(super) fn answer(&mut self) -> Option<Answer> {
        let answer = self.answers.try_recv().ok()?;
        self.pending -= 1;
        Some(answer)
    }

    /// The next answer; `None` where nothing was asked for.
    pub(super) fn wait(&mut self) -> Option<Answer> {
        if self.is_idle() {
            return None;
        }
        let answer = self.answers.recv().ok()?;
        self.pending -= 1;
        Some(answer)
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
