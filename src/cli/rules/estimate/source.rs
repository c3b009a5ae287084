//! Where the Tweets of a sample come from: a journal, or files.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::covered::{Silence, in_order};
use crate::{
    cli::{
        folder::DATABASE,
        tweets::{self, Batch},
    },
    error::Error,
    ingest::dedupe::Dedupe,
    journal::{self, Read, Reader},
    pipeline,
    store::Ledger,
};

/// The folder of a journal below its data folder.
const JOURNAL: &str = "journal";

/// How much of a sample is read at most. `None` is all of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Most {
    /// Bytes of the newest segments of a journal.
    pub(crate) bytes: Option<u64>,
    /// Lines.
    pub(crate) lines: Option<u64>,
    /// How long reading goes on.
    pub(crate) time: Option<Duration>,
}

/// What is read, one part after the other.
pub(super) struct Source {
    parts: Vec<Part>,
}

enum Part {
    Files(Vec<PathBuf>),
    Journal {
        folder: PathBuf,
        reader: Box<Reader>,
    },
}

/// What was seen besides lines.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Parts of journals that cannot be read.
    pub(super) damaged: u64,
    /// Lines of journals with Tweets that had come shortly before.
    pub(super) repeated: u64,
    /// Whether reading has stopped because it was enough.
    pub(super) is_cut: bool,
}

impl Source {
    /// What people have named: files, and folders of journals.
    ///
    /// # Errors
    /// [`Error::Usage`] if a folder holds no journal.
    pub(super) fn named(names: &[PathBuf]) -> Result<Self, Error> {
        let mut parts: Vec<Part> = Vec::new();
        for name in names {
            if name.is_dir() {
                parts.push(Part::folder(name)?);
                continue;
            }
            match parts.last_mut() {
                Some(Part::Files(files)) => files.push(name.clone()),
                _ => parts.push(Part::Files(vec![name.clone()])),
            }
        }
        Ok(Self { parts })
    }

    /// The journal of a data folder; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Run`] if it cannot be listed.
    pub(super) fn of_data(data: &Path, most: &Most) -> Result<Option<Self>, Error> {
        let folder = data.join(JOURNAL);
        if !folder.is_dir() {
            return Ok(None);
        }
        let reader = match most.bytes {
            Some(bytes) => Reader::newest(&folder, bytes),
            None => Reader::open(&folder, None, None),
        };
        let reader = Box::new(reader.map_err(pipeline::Error::from)?);
        Ok(Some(Self {
            parts: vec![Part::Journal { folder, reader }],
        }))
    }

    pub(super) fn has_journal(&self) -> bool {
        let is_journal = |part: &Part| matches!(part, Part::Journal { .. });
        self.parts.iter().any(is_journal)
    }

    pub(super) fn has_files(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Files(_)))
    }

    /// The names of the sources, for people.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.parts.iter().flat_map(|part| match part {
            Part::Files(files) => files.clone(),
            Part::Journal { folder, .. } => vec![folder.clone()],
        });
        names.map(|name| name.display().to_string()).collect()
    }

    /// How many bytes there are to read, before unpacking. `None` if that is not known.
    pub(super) fn bytes(&self) -> Option<u64> {
        let bytes = self.parts.iter().map(|part| match part {
            Part::Files(files) => tweets::size(files),
            Part::Journal { reader, .. } => Some(reader.bytes()),
        });
        bytes.sum()
    }

    /// What the database beside a journal knows of outages. Of files, or of a journal without its database, nobody knows
    /// anything.
    pub(super) fn silence(&self, now: i64) -> Silence {
        let [Part::Journal { folder, .. }] = &self.parts[..] else {
            return Silence::Unknown;
        };
        let database = folder.parent().map(|data| data.join(DATABASE));
        let Some(database) = database.filter(|database| database.is_file()) else {
            return Silence::Unknown;
        };
        // Without the ledger the Tweets themselves have to do.
        let Ok(gaps) = Ledger::open(&database).and_then(|ledger| ledger.gaps()) else {
            return Silence::Unknown;
        };
        let missing = gaps.iter().filter_map(|gap| {
            let (from, to) = gap.missing?;
            let to = if gap.is_away() {
                now
            } else {
                to.as_millisecond()
            };
            Some((from.as_millisecond(), to))
        });
        Silence::Known(in_order(missing.collect()))
    }

    /// Reads all parts. Tells `advance` how many bytes were read, and stops when `hand_on` returns that no more is wanted.
    ///
    /// What was seen is returned in any case. If there is an error, everything that could be read was handed on.
    pub(super) fn read(
        self,
        most: &Most,
        advance: &dyn Fn(u64),
        hand_on: &mut dyn FnMut(Batch) -> bool,
    ) -> (Seen, Result<(), Error>) {
        let mut seen = Seen::default();
        let begun = Instant::now();
        let (mut number, mut lines) = (0, 0);
        let is_cut = Cell::new(false);
        let mut hand_on = |batch: Batch| {
            lines += batch.lines.len() as u64;
            // Samples are sorted by this, and each part counts anew.
            let batch = Batch { number, ..batch };
            number += 1;
            let is_wanted = hand_on(batch);
            let is_enough = most.lines.is_some_and(|most| lines >= most)
                || most.time.is_some_and(|most| begun.elapsed() >= most);
            is_cut.set(is_cut.get() || is_enough);
            is_wanted && !is_enough
        };
        for part in self.parts {
            let read = match part {
                Part::Files(files) => tweets::read_all(&files, advance, &mut hand_on),
                Part::Journal { reader, .. } => {
                    let read = read_journal(*reader, advance, &mut hand_on, &mut seen);
                    read.map_err(|error| pipeline::Error::from(error).into())
                }
            };
            if read.is_err() || is_cut.get() {
                seen.is_cut = is_cut.get();
                return (seen, read);
            }
        }
        (seen, Ok(()))
    }
}

impl Part {
    /// The journal that lies in a folder, or in the one of its name below it.
    fn folder(name: &Path) -> Result<Self, Error> {
        for folder in [name.to_owned(), name.join(JOURNAL)] {
            if !folder.is_dir() {
                continue;
            }
            let reader = Reader::open(&folder, None, None).map_err(pipeline::Error::from)?;
            if reader.bytes() > 0 {
                let reader = Box::new(reader);
                return Ok(Self::Journal { folder, reader });
            }
        }
        Err(Error::Usage(format!(
            "there is no journal in the folder `{0}`\nhint: name the files in it, such as `{0}/*.gz`; a journal is the folder `journal` of a data folder",
            name.display()
        )))
    }
}

fn read_journal(
    reader: Reader,
    advance: &dyn Fn(u64),
    hand_on: &mut dyn FnMut(Batch) -> bool,
    seen: &mut Seen,
) -> Result<(), journal::Error> {
    // A run handles each Tweet once, however often it came.
    let mut known = Dedupe::default();
    for read in reader {
        match read? {
            Read::Frame(frame) => {
                advance(frame.bytes());
                let mut ids = frame.ids().iter();
                let is_new = |_: &[u8]| {
                    let id = ids.next().copied().unwrap_or(0);
                    let is_new = !known.contains(id);
                    known.insert(id, frame.meta().last_ms);
                    is_new
                };
                let lines = frame.lines().clone().filtered(is_new);
                seen.repeated += (frame.lines().len() - lines.len()) as u64;
                let batch = Batch {
                    lines,
                    ..Batch::default()
                };
                if !hand_on(batch) {
                    break;
                }
            }
            Read::Damaged(damaged) => {
                seen.damaged += 1;
                advance(damaged.bytes_skipped.unwrap_or(0));
            }
        }
    }
    Ok(())
}
