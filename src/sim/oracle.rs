//! Writes down what really happened: each Tweet that matched, delivered or not, and each connection.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::Serialize;

use super::{error::Error, snowflake};

/// A file of JSON lines that others compare with what a client holds.
#[derive(Debug)]
pub(super) struct Oracle {
    path: PathBuf,
    out: Mutex<Option<BufWriter<File>>>,
}

/// One line of it.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum Event<'a> {
    /// A Tweet matched the rules of the moment.
    Tweet {
        stream: &'a str,
        /// The place in the sequence of all Tweets.
        position: i64,
        id: &'a str,
        rules: &'a [u64],
        tags: &'a [Option<&'a str>],
        /// How many connections were open.
        open: usize,
    },
    /// A connection was let in.
    Open {
        at: String,
        stream: &'a str,
        connection: u64,
        /// `live`, `recovery` or `replay`.
        feed: &'a str,
        /// Minutes of backfill that were served.
        backfill_minutes: u32,
    },
    /// A connection ended.
    Close {
        at: String,
        stream: &'a str,
        connection: u64,
        cause: &'a str,
        delivered: u64,
    },
}

impl Oracle {
    /// Begins a new file.
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|source| Error::Write {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            out: Mutex::new(Some(BufWriter::new(file))),
        })
    }

    /// Writes a line. If that fails, it logs the error and writes no more, because an incomplete oracle is
    /// useless.
    pub(super) fn write(&self, event: &Event<'_>) {
        let mut line =
            sonic_rs::to_vec(event).expect("structs of strings and numbers are always JSON");
        line.push(b'\n');
        self.with(|out| out.write_all(&line));
    }

    /// Hands what has been written to the system, for those who read along.
    pub(super) fn flush(&self) {
        self.with(BufWriter::flush);
    }

    fn with(&self, act: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = out.as_mut() else {
            return;
        };
        if let Err(error) = act(file) {
            let path = self.path.display();
            tracing::error!(%error, %path, "cannot write the oracle, which ends here");
            *out = None;
        }
    }
}

/// The wall clock as the lines show it.
pub(super) fn now() -> String {
    snowflake::sent(snowflake::now_ms())
}
