//! Syncs written frames to disk on a background thread. A sync takes tens of milliseconds, and writing goes on in the
//! meantime.

use std::{
    collections::VecDeque,
    io,
    sync::mpsc::{self, Receiver, Sender, TryRecvError},
    thread,
    time::{Duration, Instant},
};

use super::{Error, active::Unsynced};

/// How many segments may wait to be synced. Only a disk that syncs more slowly than whole segments are written needs
/// more.
const MOST: usize = 4;

/// If a sync takes longer than this, the disk hangs, and nothing written in the meantime is safe.
const LONGEST: Duration = Duration::from_secs(5);

/// Without the thread nothing would be safe on disk any more, and nobody would notice.
const LIVES: &str = "the syncing thread ends with its owner";

/// The result of a sync, and the segment that was synced.
pub(super) type Answer = (u64, Result<(), Error>);

/// A handle to the thread, which ends when this is dropped. It knows which syncs were requested.
#[derive(Debug)]
pub(super) struct Syncer {
    requests: Sender<Unsynced>,
    answers: Receiver<Answer>,
    /// When the unanswered syncs were requested, in the order of the answers.
    asked: VecDeque<Instant>,
}

impl Syncer {
    pub(super) fn start() -> io::Result<Self> {
        let (requests, unsynced) = mpsc::channel::<Unsynced>();
        let (answer, answers) = mpsc::channel();
        let sync = move || {
            for unsynced in unsynced {
                // If nobody receives the answer, the owner has ended.
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

    /// Whether all requested syncs are answered.
    pub(super) fn is_idle(&self) -> bool {
        self.asked.is_empty()
    }

    /// Requests a sync. The answer comes later.
    pub(super) fn begin(&mut self, unsynced: Unsynced, now: Instant) {
        self.requests.send(unsynced).expect(LIVES);
        self.asked.push_back(now);
    }

    /// Takes the next answer, if it is there already. Waits for it if too many syncs are pending, or one is pending for
    /// too long.
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

    /// Waits for the next answer. `None` if no sync is pending.
    pub(super) fn wait(&mut self) -> Option<Answer> {
        self.asked.pop_front()?;
        Some(self.answers.recv().expect(LIVES))
    }
}
