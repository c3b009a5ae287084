//! Where Tweets go: standard output, which may be slow or end, and the file of `--save`.

use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    thread,
};

use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::Error;

/// How many Tweets may wait for standard output. More wait in the run, which skips some when there are too many.
const WAITING: usize = 64;

/// Standard output, written on a thread of its own: nothing can interrupt a write to a reader that has stopped reading.
pub(super) struct Out {
    lines: mpsc::Sender<Vec<u8>>,
    written: oneshot::Receiver<io::Result<()>>,
    /// Becomes true when the reader has gone, even while there is nothing to write.
    gone: watch::Receiver<bool>,
}

impl Out {
    /// Opens standard output.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn new() -> io::Result<Self> {
        let (lines, mut to_write) = mpsc::channel::<Vec<u8>>(WAITING);
        let (done, written) = oneshot::channel();
        thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || {
                let mut stdout = io::stdout().lock();
                let mut ended = Ok(());
                while let Some(line) = to_write.blocking_recv() {
                    ended = stdout.write_all(&line).and_then(|()| stdout.flush());
                    if ended.is_err() {
                        break;
                    }
                }
                let _ = done.send(ended);
            })?;
        let (is_gone, gone) = watch::channel(false);
        // Both threads end with the process.
        thread::Builder::new()
            .name("reader".to_owned())
            .spawn(move || {
                let stdout = io::stdout();
                let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
                // Without events to wait for, it returns when the reader has gone.
                while let Err(rustix::io::Errno::INTR) = poll(&mut watched, None) {}
                let is_over = watched[0]
                    .revents()
                    .intersects(PollFlags::ERR | PollFlags::HUP);
                let _ = is_gone.send(is_over);
                drop(is_gone);
            })?;
        Ok(Self {
            lines,
            written,
            gone,
        })
    }

    /// Waits until there is room, and has a line written. Says whether somebody still reads.
    pub(super) async fn write(&self, line: Vec<u8>) -> bool {
        self.lines.send(line).await.is_ok()
    }

    /// Waits until the reader has gone.
    pub(super) async fn gone(&mut self) {
        if self.gone.wait_for(|gone| *gone).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// If it cannot be written, for another reason than that the reader has gone.
    pub(super) async fn end(self) -> Result<(), Error> {
        drop(self.lines);
        match self.written.await {
            Ok(Err(error)) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Error::system("cannot write the Tweets")(error))
            }
            _ => Ok(()),
        }
    }
}

/// The file of `--save`.
#[derive(Debug)]
pub(super) struct Saved {
    path: PathBuf,
    file: File,
}

impl Saved {
    /// Opens the file. It has to be new or empty, unless what it holds is to stay before what comes.
    ///
    /// # Errors
    /// If it holds something, or cannot be opened.
    pub(super) fn open(path: &Path, append: bool) -> Result<Self, Error> {
        let shown = path.display();
        let failed = || Error::system(format!("cannot write `{shown}`"));
        let mut options = OpenOptions::new();
        options.read(append).append(true).create(true);
        let mut file = options.open(path).map_err(failed())?;
        let holds = file.metadata().map_err(failed())?.len();
        if holds > 0 && !append {
            return Err(Error::Usage(format!(
                "the file `{shown}` is there already\nhint: take another name, or write behind what it holds with `--append`"
            )));
        }
        if holds > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))
                .and_then(|_| file.read_exact(&mut last))
                .and_then(|()| match last {
                    [b'\n'] => Ok(()),
                    _ => file.write_all(b"\n"),
                })
                .map_err(failed())?;
        }
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// Writes a Tweet's line behind the others.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&mut self, line: &[u8]) -> Result<(), Error> {
        let whole = [line, b"\n"].concat();
        let path = self.path.display();
        let failed = Error::system(format!("cannot write `{path}`"));
        self.file.write_all(&whole).map_err(failed)
    }

    /// The file's name.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
