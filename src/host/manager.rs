//! What the service manager is told, such as systemd, over the socket that it names in the environment. Where it names none,
//! nobody is told anything.
//!
//! The environment stays as it is: `ouzel run` starts no processes that could speak in its name, and to change it is not
//! sound while threads run.

use std::{
    env, io,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use sd_notify::{NotifyState, notify, watchdog_enabled};
use tracing::warn;

/// How many messages may wait for a manager that does not read. What does not fit is not told.
const QUEUE: usize = 16;

/// systemd takes a message of 4096 bytes, and a person reads one line.
const MOST_STATUS: usize = 500;

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// The process does what it is for; also after a reload.
    Ready,
    /// A reload has begun.
    Reloading,
    /// The process is about to end.
    Stopping,
    /// What it does now, in words, on one line.
    Status(String),
    /// It is not stuck.
    Alive,
    /// Starting, reloading or stopping takes at least this much longer.
    Longer(Duration),
}

/// The service manager.
#[derive(Debug)]
pub(crate) struct Manager(SyncSender<Word>);

impl Manager {
    /// The manager that has started this process, if it wants to be told.
    pub(crate) fn of_this_process() -> Option<Self> {
        env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty())?;
        let (words, said) = sync_channel(QUEUE);
        // A socket that nobody reads takes no more at some point, and must not hold up whoever speaks.
        let thread = thread::Builder::new().name("manager".to_owned());
        thread
            .spawn(move || speak(&said))
            .inspect_err(|error| warn!(%error, "the service manager is told nothing"))
            .ok()?;
        Some(Self(words))
    }

    /// Tells it something. Returns whether that is on its way.
    pub(crate) fn tell(&self, word: Word) -> bool {
        self.0.try_send(word).is_ok()
    }

    /// How often it wants to hear that this process is not stuck.
    pub(crate) fn watchdog() -> Option<Duration> {
        watchdog_enabled().filter(|within| !within.is_zero())
    }
}

fn speak(said: &Receiver<Word>) {
    let mut is_told = false;
    for word in said {
        match send(&word) {
            Ok(()) => is_told = false,
            Err(error) if !is_told => {
                is_told = true;
                warn!(%error, "the service manager cannot be told how the run is going");
            }
            Err(_) => {}
        }
    }
}

fn send(word: &Word) -> io::Result<()> {
    match word {
        Word::Ready => notify(&[NotifyState::Ready]),
        // By this time systemd knows that it is about the signal that it has sent.
        Word::Reloading => notify(&[NotifyState::Reloading, NotifyState::monotonic_usec_now()?]),
        Word::Stopping => notify(&[NotifyState::Stopping]),
        Word::Status(text) => notify(&[NotifyState::Status(
            &text[..text.floor_char_boundary(MOST_STATUS)],
        )]),
        Word::Alive => notify(&[NotifyState::Watchdog]),
        Word::Longer(time) => {
            let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
            notify(&[NotifyState::ExtendTimeoutUsec(micros)])
        }
    }
}
