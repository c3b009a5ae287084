//! Syncs written frames to disk on a background thread: a disk takes tens of milliseconds, and writing goes on
//! meanwhile.

use std::{
    collections::VecDeque,
    io,
    sync::mpsc::{self, Receiver, Sender, TryRecvError},
    thread,
    time::{Duration, Instant},
};

use super::{Error, active::Unsynced};

/// Segments that may wait to be synced. Only a disk that takes longer for a sync than for a whole segment has more.
const MOST: usize = 4;

/// A disk that takes longer for a sync hangs, and what is written meanwhile is not safe.
const LONGEST: Duration = Duration::from_secs(5);

/// Without it nothing would last any more, and nobody would know.
const LIVES: &str = "the syncing thread ends with its owner";

/// What became of a sync, and the segment that it was for.
pub(super) type Answer = (u64, Result<(), Error>);

/// The thread, which ends when this is dropped, and what it was asked for.
#[derive(Debug)]
pub(super) struct Syncer {
    requests: Sender<Unsynced>,
    answers: Receiver<Answer>,
    /// When it was asked for what is not answered yet, in the order of the answers.
    asked: VecDeque<Instant>,
}

impl Syncer {
    pub(super) fn start() -> io::Result<Self> {
        let (requests, unsynced) = mpsc::channel::<Unsynced>();
        let (answer, answers) = mpsc::channel();
        let sync = move || {
            for unsynced in unsynced {
                // Whoever does not wait for the answer has ended.
                let _ = answer.send((unsynced.segment(), unsynced.sync()));
            }
        };
        thread::Builder::new().name("sync".to_owned()).spawn(sync)?;
        Ok(Self {
            requests,
            answers,
            asked: VecDeque::new(),
        })
    }

    /// Whether everything that it was asked for is answered.
    pub(super) fn is_idle(&self) -> bool {
        self.asked.is_empty()
    }

    /// Asks for a sync, to be answered later.
    pub(super) fn begin(&mut self, unsynced: Unsynced, now: Instant) {
        self.requests.send(unsynced).expect(LIVES);
        self.asked.push_back(now);
    }

    /// The next answer, if it is there already; waited for where too much has been asked for, or too long ago.
    pub(super) fn answer(&mut self, now: Instant) -> Option<Answer> {
        let is_late = |asked: &Instant| now.saturating_duration_since(*asked) >= LONGEST;
        if self.asked.len() > MOST || self.asked.front().is_some_and(is_late) {
            return self.wait();
        }
        match self.answers.try_recv() {
            Ok(answer) => {
                self.asked.pop_front();
                Some(answer)
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => panic!("{LIVES}"),
        }
    }

    /// The next answer; `None` where nothing was asked for.
    pub(super) fn wait(&mut self) -> Option<Answer> {
        self.asked.pop_front()?;
        Some(self.answers.recv().expect(LIVES))
    }
}
