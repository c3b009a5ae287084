//! The files that scripts emit into. The database says how long each one is, and a longer file is cut back.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use tracing::warn;

use crate::store::{self, Store};

/// Why a sink could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file failed.
    #[error("cannot write the sink `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database failed, which knows how long the sinks are.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The sinks of a run.
///
/// What is written becomes part of a sink with the commit that follows. After a crash in between the file is longer than
/// the database says, and is cut back when it is opened.
#[derive(Debug)]
pub(crate) struct Sinks {
    folder: PathBuf,
    open: HashMap<String, Sink>,
}

#[derive(Debug)]
struct Sink {
    path: PathBuf,
    file: File,
    /// The committed length, in bytes.
    length: u64,
    /// The written length, in bytes.
    written: u64,
}

/// A file that was there before the database knew of it.
#[derive(Debug)]
pub(crate) struct Older {
    /// The file.
    pub path: PathBuf,
    /// How many bytes are in it.
    pub bytes: u64,
}

impl Sinks {
    /// The sinks in a folder, which is made with the first sink.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            open: HashMap::new(),
        }
    }

    /// Opens a sink at the length that the database knows. If it knows none, the present length is remembered. Returns
    /// what the file holds that the database does not know.
    ///
    /// A commit has to follow before anything is written to the sink. Otherwise nobody could tell, after a crash, what
    /// was written from what had been there before.
    pub(crate) fn open(&mut self, name: &str, store: &Store) -> Result<Option<Older>, Error> {
        if self.open.contains_key(name) {
            return Ok(None);
        }
        let known = store.sink_length(name)?;
        let path = self.folder.join(name);
        let failed = |source| Error::File {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let (file, length) = open_at(&path, known).map_err(failed)?;
        if known != Some(length) {
            store.set_sink_length(name, length)?;
        }
        let older = (known.is_none() && length > 0).then(|| Older {
            path: path.clone(),
            bytes: length,
        });
        let sink = Sink {
            path,
            file,
            length,
            written: length,
        };
        self.open.insert(name.to_owned(), sink);
        Ok(older)
    }

    /// Appends to a sink, and remembers its length in the transaction that is about to be committed.
    ///
    /// # Errors
    /// [`Error`]. Then [`Sinks::roll_back`] has to be called next.
    pub(crate) fn write(&mut self, name: &str, lines: &[u8], store: &Store) -> Result<(), Error> {
        if !self.open.contains_key(name) {
            // This happens after a failure. The length has been known since the script was loaded.
            self.open(name, store)?;
        }
        let Some(sink) = self.open.get_mut(name).filter(|_| !lines.is_empty()) else {
            return Ok(());
        };
        // This is counted before the write: a failing write may leave a part of the lines, which has to be cut off.
        sink.written += lines.len() as u64;
        sink.file.write_all(lines).map_err(|source| Error::File {
            path: sink.path.clone(),
            source,
        })?;
        Ok(store.set_sink_length(name, sink.written)?)
    }

    /// Notes that everything written is committed.
    pub(crate) fn commit(&mut self) {
        for sink in self.open.values_mut() {
            sink.length = sink.written;
        }
    }

    /// Cuts back what was written since the last commit. If that fails, opening the sink again does it.
    pub(crate) fn roll_back(&mut self) {
        self.open.retain(|_, sink| {
            sink.written == sink.length || {
                sink.written = sink.length;
                let cut = sink.file.set_len(sink.length);
                cut.and_then(|()| sink.file.seek(SeekFrom::Start(sink.length)))
                    .is_ok()
            }
        });
    }
}

/// Opens a file to append at a length, or at its end if there is none. If somebody has cut the file in the middle of a
/// line, that line is ended, so that the next line is separate.
fn open_at(path: &Path, known: Option<u64>) -> io::Result<(File, u64)> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    let there = file.metadata()?.len();
    let length = known.unwrap_or(there);
    if there > length {
        file.set_len(length)?;
    } else if there < length {
        let path = path.display();
        warn!(%path, there, expected = length, "the sink is shorter than it was; it goes on from its end");
    }
    let mut length = there.min(length);
    if !ends_a_line(&mut file, length)? {
        file.write_all(b"\n")?;
        length += 1;
    }
    file.seek(SeekFrom::Start(length))?;
    Ok((file, length))
}

/// Whether the next line may begin at this length. Leaves the file's cursor there.
fn ends_a_line(file: &mut File, length: u64) -> io::Result<bool> {
    let Some(last) = length.checked_sub(1) else {
        return Ok(true);
    };
    let mut byte = [0];
    file.seek(SeekFrom::Start(last))?;
    file.read_exact(&mut byte)?;
    Ok(byte == *b"\n")
}
