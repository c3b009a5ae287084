//! The gap ledger: each outage, what repaired it, and what is still missing.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OpenFlags, Row};

use super::{Error, Store, format};

/// The format of times: UTC with milliseconds. Such text sorts by time, and both people and SQLite's functions can read
/// it.
const TIME: &str = "%Y-%m-%dT%H:%M:%S.%3fZ";

/// How long a reader beside a run waits for a lock. The run holds a lock only for a moment.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_gaps (
    id               INTEGER PRIMARY KEY,
    started_at       TEXT NOT NULL,  -- the last byte before; times are UTC
    ended_at         TEXT NOT NULL,  -- the first byte after
    seconds          REAL NOT NULL,  -- how long that was, by a clock that nobody sets
    cause            TEXT NOT NULL,
    repair           TEXT NOT NULL,  -- backfill, recovery, replay or none
    state            TEXT NOT NULL,  -- repaired, open, partly or lost
    missing_from     TEXT,           -- what is missing lies between these
    missing_to       TEXT,
    missing_seconds  REAL NOT NULL,  -- and is so much of it
    estimated_tweets INTEGER,        -- that many Tweets, by the rate before and after; NULL where no rate is known
    detail           TEXT NOT NULL,
    asked_at         TEXT,           -- when somebody asked for another repair that has not begun yet
    away             INTEGER NOT NULL DEFAULT 0, -- 1 while the outage goes on; then ended_at is when that was last known
    backfill_from    TEXT            -- what was missed since then is asked for by backfill, and may not have come yet
);";

/// The columns that the ledger of an older ouzel lacks.
const LATER_COLUMNS: [(&str, &str); 2] = [
    ("away", "INTEGER NOT NULL DEFAULT 0"),
    ("backfill_from", "TEXT"),
];

const COLUMNS: &str = "id, started_at, ended_at, seconds, cause, repair, state, missing_from, missing_to, missing_seconds, \
                       estimated_tweets, detail, away, backfill_from";

/// The columns to read from a ledger that an older ouzel made and that nobody has opened for writing since.
const OLDER_COLUMNS: &str = "id, started_at, ended_at, seconds, cause, repair, state, missing_from, missing_to, missing_seconds, \
                             estimated_tweets, detail, 0, NULL";

/// The product that repairs a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Backfill: the stream, asked for its last minutes again.
    Backfill,
    Recovery,
    Replay,
    /// Nothing repairs it.
    None,
}

/// The state of a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapState {
    /// Nothing is missing.
    Repaired,
    /// Something is missing and may still be repaired.
    Open,
    /// A part has been repaired, and the rest is missing.
    Partly,
    /// The Tweets are missing for good.
    Lost,
}

/// Why the final state of a gap is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsettled {
    /// The outage still goes on. The gap's end is the time when that was last known.
    Away,
    /// Backfill was asked for what was missed since this time, and the Tweets may not have come yet.
    Backfill(Timestamp),
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The row's number. A gap with the same id replaces the row.
    pub id: i64,
    /// When the last byte before the gap came.
    pub started_at: Timestamp,
    /// When the first byte after the gap came.
    pub ended_at: Timestamp,
    /// How long the gap is.
    pub length: Duration,
    /// The cause of the gap.
    pub cause: String,
    /// The product that repaired the gap or will repair it.
    pub repair: Repair,
    /// The state of the gap.
    pub state: GapState,
    /// The times between which Tweets are missing.
    pub missing: Option<(Timestamp, Timestamp)>,
    /// How long the missing parts are together.
    pub missing_length: Duration,
    /// An estimate of how many Tweets are missing.
    pub estimated_tweets: Option<u64>,
    /// Further details, as text for people.
    pub detail: String,
    /// Why the final state is not known yet; `None` if it is known.
    pub unsettled: Option<Unsettled>,
}

/// The shortest length of a lost part of the journal. With no length at all it would not show.
const SHORTEST: SignedDuration = SignedDuration::from_millis(1);

impl Gap {
    /// The gap for a lost part of the journal, whose lines were received between these times. `lines` is their number,
    /// if it is known.
    pub fn of_journal(id: i64, from: Timestamp, to: Timestamp, lines: Option<u64>) -> Self {
        let to = to.max(from + SHORTEST);
        let length = to.duration_since(from).unsigned_abs();
        Self {
            id,
            started_at: from,
            ended_at: to,
            length,
            cause: "journal".to_owned(),
            repair: Repair::None,
            state: GapState::Open,
            missing: Some((from, to)),
            missing_length: length,
            estimated_tweets: lines,
            detail: String::new(),
            unsettled: None,
        }
    }

    /// Whether the outage still goes on, as far as is known.
    pub fn is_away(&self) -> bool {
        self.unsettled == Some(Unsettled::Away)
    }
}

/// Gives ids to new gaps, on any thread.
#[derive(Debug, Clone, Default)]
pub struct GapIds(Arc<AtomicI64>);

impl GapIds {
    /// An id that no other gap has.
    pub fn next(&self) -> i64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// Adds the missing columns to the ledger of an older ouzel.
pub(super) fn add_later_columns(connection: &Connection) -> rusqlite::Result<()> {
    for (column, kind) in LATER_COLUMNS {
        if !connection.column_exists(None, "_ouzel_gaps", column)? {
            let sql = format!("ALTER TABLE _ouzel_gaps ADD COLUMN {column} {kind}");
            connection.execute_batch(&sql)?;
        }
    }
    Ok(())
}

impl Store {
    /// Ids that are higher than all ids in the ledger.
    pub fn gap_ids(&self) -> Result<GapIds, Error> {
        let sql = "SELECT coalesce(max(id), 0) FROM _ouzel_gaps";
        let last: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(GapIds(Arc::new(AtomicI64::new(last.saturating_add(1)))))
    }

    /// The earliest time from which something is missing in a gap whose final state an earlier run did not know.
    pub fn unsettled_since(&self) -> Result<Option<Timestamp>, Error> {
        let sql =
            "SELECT min(missing_from) FROM _ouzel_gaps WHERE away OR backfill_from IS NOT NULL";
        let since: Option<String> = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(since.and_then(|since| since.parse().ok()))
    }

    /// Writes a gap to the ledger, over an earlier row with its id. It is committed with the batch.
    pub fn put_gap(&self, gap: &Gap) -> Result<(), Error> {
        self.before_write()?;
        let (from, to) = gap.missing.unzip();
        // The statement is not cached, because a script could run a statement that is in the cache.
        self.connection.execute(
            "INSERT OR REPLACE INTO _ouzel_gaps (id, started_at, ended_at, seconds, cause, repair, state, missing_from, missing_to,
                 missing_seconds, estimated_tweets, detail, asked_at, away, backfill_from)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)",
            (
                gap.id,
                text(gap.started_at),
                text(gap.ended_at),
                gap.length.as_secs_f64(),
                &gap.cause,
                gap.repair.name(),
                gap.state.name(),
                from.map(text),
                to.map(text),
                gap.missing_length.as_secs_f64(),
                gap.estimated_tweets.map(u64::cast_signed),
                &gap.detail,
                gap.is_away(),
                match gap.unsettled {
                    Some(Unsettled::Backfill(from)) => Some(text(from)),
                    _ => None,
                },
            ),
        )?;
        Ok(())
    }
}

/// The ledger, opened to be read while a run writes it or without a run.
#[derive(Debug)]
pub(crate) struct Ledger {
    connection: Connection,
}

impl Ledger {
    /// Opens the ledger of an existing database.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Self::with(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    fn with(path: &Path, mode: OpenFlags) -> Result<Self, Error> {
        let open = || {
            let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            Ok(connection)
        };
        let connection = open().map_err(Error::open(path))?;
        format::check(&connection, path)?;
        Ok(Self { connection })
    }

    /// All gaps, oldest first.
    pub(crate) fn gaps(&self) -> Result<Vec<Gap>, Error> {
        self.select("")
    }

    /// The gaps that somebody has asked to repair again.
    pub(crate) fn asked(&self) -> Result<Vec<Gap>, Error> {
        self.select("WHERE asked_at IS NOT NULL")
    }

    /// The time up to which everything was received, apart from what is in gaps; `None` if the database does not hold
    /// it.
    pub(crate) fn received(&self) -> Result<Option<Timestamp>, Error> {
        if !self.connection.table_exists(None, "_ouzel_received")? {
            return Ok(None);
        }
        let sql = "SELECT max(until_ms) FROM _ouzel_received";
        let until: Option<i64> = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(until.and_then(|until| Timestamp::from_millisecond(until).ok()))
    }

    fn select(&self, which: &str) -> Result<Vec<Gap>, Error> {
        select(
            &self.connection,
            &format!("{which} ORDER BY started_at, id"),
        )
    }
}

/// The newest gaps, newest first, at most `most` of them.
pub(super) fn newest(connection: &Connection, most: u64) -> Result<Vec<Gap>, Error> {
    select(connection, &format!("ORDER BY id DESC LIMIT {most}"))
}

fn select(connection: &Connection, which: &str) -> Result<Vec<Gap>, Error> {
    // An ouzel that had no ledger yet may have made the database.
    if !connection.table_exists(None, "_ouzel_gaps")? {
        return Ok(Vec::new());
    }
    let is_older = !connection.column_exists(None, "_ouzel_gaps", "backfill_from")?;
    let columns = if is_older { OLDER_COLUMNS } else { COLUMNS };
    let sql = format!("SELECT {columns} FROM _ouzel_gaps {which}");
    let mut statement = connection.prepare(&sql)?;
    let gaps = statement.query_map([], read)?;
    Ok(gaps.collect::<Result<_, _>>()?)
}

/// Asks the run on this database, or the next one, to repair what is missing. Gives the number of these gaps.
pub(crate) fn ask_for_repair(path: &Path, now: Timestamp) -> Result<usize, Error> {
    let ledger = Ledger::with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    if !ledger.connection.table_exists(None, "_ouzel_gaps")? {
        return Ok(0);
    }
    Ok(ledger.connection.execute(
        "UPDATE _ouzel_gaps SET asked_at = ? WHERE state IN ('open', 'partly') AND missing_from IS NOT NULL",
        [text(now)],
    )?)
}

fn text(time: Timestamp) -> String {
    time.strftime(TIME).to_string()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Gap> {
    let time = |column: usize| -> rusqlite::Result<Option<Timestamp>> {
        let text: Option<String> = row.get(column)?;
        // Only ouzel writes here, unless somebody does it by hand. Text that is not a time counts as missing.
        Ok(text.and_then(|text| text.parse().ok()))
    };
    let span = |column: usize| -> rusqlite::Result<Duration> {
        Ok(Duration::try_from_secs_f64(row.get(column)?).unwrap_or_default())
    };
    let name = |column: usize| row.get::<_, String>(column);
    Ok(Gap {
        id: row.get(0)?,
        started_at: time(1)?.unwrap_or_default(),
        ended_at: time(2)?.unwrap_or_default(),
        length: span(3)?,
        cause: name(4)?,
        repair: Repair::named(&name(5)?),
        state: GapState::named(&name(6)?),
        missing: time(7)?.zip(time(8)?),
        missing_length: span(9)?,
        estimated_tweets: row
            .get::<_, Option<i64>>(10)?
            .and_then(|n| n.try_into().ok()),
        detail: name(11)?,
        unsettled: match time(13)? {
            _ if row.get(12)? => Some(Unsettled::Away),
            from => from.map(Unsettled::Backfill),
        },
    })
}

impl Repair {
    const ALL: [Self; 4] = [Self::Backfill, Self::Recovery, Self::Replay, Self::None];

    /// The name in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backfill => "backfill",
            Self::Recovery => "recovery",
            Self::Replay => "replay",
            Self::None => "none",
        }
    }

    fn named(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|repair| repair.name() == name);
        found.unwrap_or(Self::None)
    }
}

impl GapState {
    const ALL: [Self; 4] = [Self::Repaired, Self::Open, Self::Partly, Self::Lost];

    /// The name in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Repaired => "repaired",
            Self::Open => "open",
            Self::Partly => "partly",
            Self::Lost => "lost",
        }
    }

    fn named(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|state| state.name() == name);
        found.unwrap_or(Self::Open)
    }
}

#[cfg(test)]
#[path = "gaps_tests.rs"]
mod tests;
