//! Where the Tweets of a replay come from: the journal, or files.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use tracing::warn;

use super::Replay;
use crate::{
    cli::tweets,
    error::Error,
    journal::{self, Read, Reader},
    pipeline,
    settings::Settings,
    text::lines::Lines,
    worker::handled::Handled,
};

/// How many damaged parts are reported one by one. A disk that has gone bad must not fill the terminal.
const TOLD: u64 = 20;

/// Tweets that are read once.
pub(super) enum Source {
    /// Frames that were received between two times.
    Journal {
        reader: Box<Reader>,
        folder: PathBuf,
        bytes: u64,
    },
    /// Files, one after the other.
    Files(Vec<PathBuf>),
}

/// What was seen in the source besides lines.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Parts of the journal that cannot be read.
    pub(super) damaged: u64,
    /// Lines that are too long to be Tweets.
    pub(super) too_long: u64,
    /// Whether files were read to their end, and nobody stopped before that. Never set for a journal, which may well
    /// have nothing for the time.
    pub(super) is_whole: bool,
}

impl Source {
    /// Opens what the arguments name. So it shows that something is missing before anything is written.
    pub(super) fn open(arguments: &Replay, settings: &Settings) -> Result<Self, Error> {
        let files = arguments.files();
        if files.is_empty() {
            return Self::open_journal(arguments, &settings.data_dir.join("journal"));
        }
        if arguments.sim {
            return Err(Error::Usage(
                "`--sim` takes the simulator's journal; it goes without files".to_owned(),
            ));
        }
        if arguments.from.is_some() || arguments.to.is_some() {
            return Err(Error::Usage(
                "`--from` and `--to` go by the time of receipt, which only the journal knows; they go without files"
                    .to_owned(),
            ));
        }
        for file in &files {
            if file.is_dir() {
                return Err(Error::Usage(format!(
                    "`{0}` is a folder\nhint: name the files in it, such as `{0}/*.zst`; without files, replay takes the \
                     journal of the data folder, and with `--sim` that of `run --sim`",
                    file.display()
                )));
            }
            if file != Path::new("-") {
                std::fs::File::open(file)
                    .map_err(Error::system(format!("cannot read `{}`", file.display())))?;
                tweets::check(file)?;
            }
        }
        Ok(Self::Files(files))
    }

    fn open_journal(arguments: &Replay, folder: &Path) -> Result<Self, Error> {
        if !folder.is_dir() {
            return Err(Error::Usage(format!(
                "there is no journal `{}`\nhint: `ouzel run` writes one; or give files of Tweets",
                folder.display()
            )));
        }
        let now = jiff::Timestamp::now();
        let from = arguments.from.map(|moment| moment.before(now));
        let to = arguments.to.map(|moment| moment.before(now));
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(Error::Usage(
                "nothing lies between `--from` and `--to`: the one is not before the other"
                    .to_owned(),
            ));
        }
        let millis = |time: jiff::Timestamp| time.as_millisecond();
        let reader = Reader::open(folder, from.map(millis), to.map(millis))
            .map_err(pipeline::Error::from)?;
        Ok(Self::Journal {
            bytes: reader.bytes(),
            reader: Box::new(reader),
            folder: folder.to_owned(),
        })
    }

    /// What a worker starts with, to handle each Tweet only once: the journal may hold several copies of a Tweet, as a
    /// run would have received them. For files it is `None`, because each of their lines counts.
    pub(super) fn handled(&self) -> Option<Handled> {
        matches!(self, Self::Journal { .. }).then(Handled::default)
    }

    /// How many bytes there are to read, before unpacking. `None` if that is not known.
    pub(super) fn bytes(&self) -> Option<u64> {
        match self {
            Self::Journal { bytes, .. } => Some(*bytes),
            Self::Files(files) => tweets::size(files),
        }
    }

    /// Describes the source in words, for whoever looks at the database later.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Journal { folder, .. } => folder.display().to_string(),
            Self::Files(files) => {
                let names: Vec<_> = files
                    .iter()
                    .map(|file| file.display().to_string())
                    .collect();
                names.join(" ")
            }
        }
    }

    /// Reads to the end, or until `hand_on` returns that no more is wanted. `done` counts the bytes.
    ///
    /// What was seen besides lines is returned in any case. If there is an error, everything that could be read was
    /// handed on.
    pub(super) fn read(
        self,
        done: &AtomicU64,
        hand_on: &mut dyn FnMut(Lines) -> bool,
    ) -> (Seen, Result<(), Error>) {
        let mut seen = Seen::default();
        let advance = |bytes| {
            done.fetch_add(bytes, Ordering::Relaxed);
        };
        let read = match self {
            Self::Files(files) => {
                let mut is_wanted = true;
                let read = tweets::read_all(&files, &advance, |batch| {
                    seen.too_long += batch.skipped;
                    is_wanted = hand_on(batch.lines);
                    is_wanted
                });
                seen.is_whole = is_wanted && read.is_ok();
                read
            }
            Self::Journal { reader, .. } => {
                let read = read_journal(*reader, &advance, hand_on, &mut seen);
                read.map_err(|error| pipeline::Error::from(error).into())
            }
        };
        (seen, read)
    }
}

fn read_journal(
    reader: Reader,
    advance: &dyn Fn(u64),
    hand_on: &mut dyn FnMut(Lines) -> bool,
    seen: &mut Seen,
) -> Result<(), journal::Error> {
    for read in reader {
        match read? {
            Read::Frame(frame) => {
                advance(frame.bytes());
                if !hand_on(frame.lines().clone()) {
                    break;
                }
            }
            Read::Damaged(damaged) => {
                seen.damaged += 1;
                advance(damaged.bytes_skipped.unwrap_or(0));
                if seen.damaged <= TOLD {
                    warn!("the journal's {damaged}; it is skipped");
                }
            }
        }
    }
    Ok(())
}
