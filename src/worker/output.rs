//! What scripts emit, written to standard output on a thread of its own.
//!
//! A program that reads from ouzel may stop reading without ending, and then a write waits for ever. Nothing can
//! interrupt the write, so the worker waits beside it, and gives up when the run should end.

use std::{
    io::{self, Write},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use super::DRAIN;

/// How often a waiting write checks whether the run should end.
const LOOK: Duration = Duration::from_millis(100);

/// Standard output that cannot hold up the end of the process.
#[derive(Debug)]
pub(crate) struct Output {
    bytes: SyncSender<Vec<u8>>,
    written: Receiver<io::Result<()>>,
    shutdown: CancellationToken,
    /// Whether a write was given up. Later bytes would then be out of order.
    is_given_up: bool,
}

impl Output {
    /// Opens standard output. A few seconds after `shutdown` it is given up if nobody reads it.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub(crate) fn new(shutdown: CancellationToken) -> io::Result<Self> {
        let (bytes, to_write) = sync_channel::<Vec<u8>>(1);
        let (done, written) = sync_channel(1);
        // The thread is never joined: if nobody reads, it ends with the process.
        thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || {
                for bytes in to_write {
                    let mut stdout = io::stdout().lock();
                    let wrote = stdout.write_all(&bytes).and_then(|()| stdout.flush());
                    if done.send(wrote).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self {
            bytes,
            written,
            shutdown,
            is_given_up: false,
        })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_given_up || self.bytes.send(bytes.to_vec()).is_err() {
            return Err(nobody_reads());
        }
        let mut give_up = None;
        loop {
            match self.written.recv_timeout(LOOK) {
                Ok(wrote) => return wrote.map(|()| bytes.len()),
                Err(RecvTimeoutError::Disconnected) => return Err(nobody_reads()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.shutdown.is_cancelled()
                && Instant::now() >= *give_up.get_or_insert_with(|| Instant::now() + DRAIN)
            {
                self.is_given_up = true;
                return Err(nobody_reads());
            }
        }
    }

    /// Each write is flushed.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn nobody_reads() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "nobody reads standard output")
}
