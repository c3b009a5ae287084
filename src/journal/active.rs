//! The segment that is being written. A frame is written completely or not at all.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Error, position::path_of};

/// A segment that is being written.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) segment: u64,
    pub(super) path: PathBuf,
    /// The end of the last whole frame. The file's cursor is here.
    pub(super) end: u64,
    file: Arc<File>,
    identity: Identity,
    is_dirty: bool,
    /// How many bytes the next write can write before it fails.
    #[cfg(test)]
    room: Option<usize>,
}

/// What tells a file from another of its name.
type Identity = (u64, u64);

fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

/// What was written to a segment and is not known to last.
#[derive(Debug)]
pub(super) struct Unsynced {
    segment: u64,
    path: PathBuf,
    file: Arc<File>,
}

impl Unsynced {
    pub(super) fn segment(&self) -> u64 {
        self.segment
    }

    /// Makes it safe on disk.
    pub(super) fn sync(&self) -> Result<(), Error> {
        sync_file(&self.file, &self.path)
    }
}

/// Why a write failed, and whether the segment can take more.
#[derive(Debug)]
pub(super) enum Failed {
    /// The segment is as before the call.
    Restored(Error),
    /// The segment cannot take more; only a new one can.
    Spoilt(Error),
}

impl Active {
    /// Makes a segment. `None` if a file of this name exists.
    pub(super) fn create(folder: &Path, segment: u64) -> Result<Option<Self>, Error> {
        let path = path_of(folder, segment);
        let opened = OpenOptions::new().write(true).create_new(true).open(&path);
        let made = opened.and_then(|file| Ok((identity(&file.metadata()?), file)));
        match made {
            Ok((identity, file)) => Ok(Some(Self {
                segment,
                path,
                end: 0,
                file: Arc::new(file),
                identity,
                is_dirty: false,
                #[cfg(test)]
                room: None,
            })),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(source) => Err(Error::Open { path, source }),
        }
    }

    /// Whether the file is still there under its name. A removed file accepts all writes, but everything in it is lost.
    pub(super) fn is_there(&self) -> bool {
        match fs::metadata(&self.path) {
            Ok(metadata) => identity(&metadata) == self.identity,
            Err(error) => !matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ),
        }
    }

    /// Writes a whole frame or nothing.
    pub(super) fn write(&mut self, frame: &[u8], sync: bool) -> Result<(), Failed> {
        let mut written = self.put(frame).map_err(|source| Error::Write {
            path: self.path.clone(),
            offset: self.end,
            source,
        });
        let mut is_synced = false;
        if written.is_ok() && sync {
            written = sync_file(&self.file, &self.path);
            is_synced = true;
        }
        let Err(error) = written else {
            self.end += frame.len() as u64;
            self.is_dirty |= !is_synced;
            return Ok(());
        };
        // After a failed sync nobody knows which parts of the file will survive a crash.
        if self.restore().is_ok() && !is_synced {
            Err(Failed::Restored(error))
        } else {
            Err(Failed::Spoilt(error))
        }
    }

    /// Whether something was written since [`Active::take_unsynced`] was last called.
    pub(super) fn is_dirty(&self) -> bool {
        self.is_dirty
    }

    /// Takes what was written since the last call, if there is anything. The caller has to sync it.
    pub(super) fn take_unsynced(&mut self) -> Option<Unsynced> {
        std::mem::take(&mut self.is_dirty).then(|| Unsynced {
            segment: self.segment,
            path: self.path.clone(),
            file: Arc::clone(&self.file),
        })
    }

    fn put(&mut self, frame: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        if let Some(room) = self.room.take() {
            (&*self.file).write_all(&frame[..room])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        (&*self.file).write_all(frame)
    }

    /// Cuts off the remains of a failed write.
    fn restore(&mut self) -> io::Result<()> {
        self.file.set_len(self.end)?;
        (&*self.file).seek(SeekFrom::Start(self.end)).map(drop)
    }
}

#[cfg(test)]
impl Active {
    /// Makes the next write fail after this many bytes.
    pub(super) fn fail_after(&mut self, room: usize) {
        self.room = Some(room);
    }

    /// Writes everything to another file from now on.
    pub(super) fn write_to(&mut self, file: File) {
        self.file = Arc::new(file);
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        // An empty file is not a valid zstd file: it would make `zstdcat *.zst` fail.
        if self.end == 0 && self.is_there() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn sync_file(file: &File, path: &Path) -> Result<(), Error> {
    file.sync_data().map_err(|source| Error::Sync {
        path: path.to_owned(),
        source,
    })
}

/// Makes the names in a folder safe on disk.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| Error::Sync {
            path: folder.to_owned(),
            source,
        })
}
