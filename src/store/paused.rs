//! Which tags the breaker has paused: their rules are off the stream until somebody asks for them, or until a time.

use rusqlite::{Connection, Row};

use super::{Error, Store};

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_paused (
    endpoint   TEXT NOT NULL,    -- the rules endpoint
    tag        TEXT NOT NULL,    -- the rules with this tag are off the stream
    since_ms   INTEGER NOT NULL, -- since when, in milliseconds since 1970
    until_ms   INTEGER,          -- when they go back; NULL for only when somebody asks for it
    per_minute INTEGER NOT NULL, -- how many Tweets they brought in a minute
    most       INTEGER NOT NULL, -- more than this were too many
    PRIMARY KEY (endpoint, tag)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _ouzel_pauses (
    number     INTEGER PRIMARY KEY, -- pauses that have ended, in the order of their ends
    endpoint   TEXT NOT NULL,       -- the others are as in _ouzel_paused
    tag        TEXT NOT NULL,
    since_ms   INTEGER NOT NULL,
    ended_ms   INTEGER NOT NULL,    -- when the rules went back
    per_minute INTEGER NOT NULL,
    most       INTEGER NOT NULL
);";

/// How many pauses that have ended are kept, the newest.
const MOST: i64 = 10_000;

/// A tag whose rules are off the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PausedTag {
    /// The tag.
    pub tag: String,
    /// Since when, in milliseconds since 1970.
    pub since_ms: i64,
    /// When its rules go back; `None` for only when somebody asks for it.
    pub until_ms: Option<i64>,
    /// How many Tweets they brought in a minute.
    pub per_minute: u64,
    /// More than this were too many.
    pub most: u64,
}

/// A time in which the rules with a tag were off the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pause {
    /// What was paused, and since when.
    pub paused: PausedTag,
    /// When they went back, in milliseconds since 1970; `None` if they have not yet.
    pub ended_ms: Option<i64>,
}

/// A change of what is paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PauseChange {
    /// The rules with this tag are paused.
    Pause(PausedTag),
    /// They are not any more.
    Resume {
        /// Their tag.
        tag: String,
        /// When that was, in milliseconds since 1970.
        at_ms: i64,
    },
}

/// The paused tags of this endpoint, from a database that an older ouzel may have made.
pub(super) fn paused(connection: &Connection, endpoint: &str) -> Result<Vec<PausedTag>, Error> {
    if !connection.table_exists(None, "_ouzel_paused")? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare(
        "SELECT tag, since_ms, until_ms, per_minute, most FROM _ouzel_paused WHERE endpoint = ? ORDER BY tag",
    )?;
    let tags = statement.query_map([endpoint], tag_of)?;
    Ok(tags.collect::<Result<_, _>>()?)
}

/// All pauses that are known, oldest first, also those that go on.
pub(super) fn pauses(connection: &Connection) -> Result<Vec<Pause>, Error> {
    for table in ["_ouzel_paused", "_ouzel_pauses"] {
        if !connection.table_exists(None, table)? {
            return Ok(Vec::new());
        }
    }
    let mut statement = connection.prepare(
        "SELECT tag, since_ms, until_ms, per_minute, most, NULL FROM _ouzel_paused
         UNION ALL
         SELECT tag, since_ms, NULL, per_minute, most, ended_ms FROM _ouzel_pauses
         ORDER BY 2, 1",
    )?;
    let pauses = statement.query_map([], |row| {
        Ok(Pause {
            paused: tag_of(row)?,
            ended_ms: row.get(5)?,
        })
    })?;
    Ok(pauses.collect::<Result<_, _>>()?)
}

fn tag_of(row: &Row<'_>) -> rusqlite::Result<PausedTag> {
    Ok(PausedTag {
        tag: row.get(0)?,
        since_ms: row.get(1)?,
        until_ms: row.get(2)?,
        per_minute: row.get::<_, i64>(3)?.try_into().unwrap_or(0),
        most: row.get::<_, i64>(4)?.try_into().unwrap_or(0),
    })
}

impl Store {
    /// The paused tags of this endpoint.
    pub fn paused(&self, endpoint: &str) -> Result<Vec<PausedTag>, Error> {
        paused(&self.connection, endpoint)
    }

    /// Ends the pause of a tag, at whichever endpoint. Gives whether it was paused. The change is committed before this
    /// returns.
    pub fn resume(&self, tag: &str, at_ms: i64) -> Result<bool, Error> {
        self.before_write()?;
        let ended = self.end_pauses(None, tag, at_ms)?;
        self.commit()?;
        Ok(ended > 0)
    }

    /// Notes that pauses have ended, and gives how many. Without an endpoint it is those of all.
    fn end_pauses(&self, endpoint: Option<&str>, tag: &str, at_ms: i64) -> Result<usize, Error> {
        let which = "WHERE tag = ?1 AND endpoint = ifnull(?2, endpoint)";
        self.connection.execute(
            &format!(
                "INSERT INTO _ouzel_pauses (endpoint, tag, since_ms, ended_ms, per_minute, most)
                 SELECT endpoint, tag, since_ms, ?3, per_minute, most FROM _ouzel_paused {which}"
            ),
            (tag, endpoint, at_ms),
        )?;
        self.connection.execute(
            "DELETE FROM _ouzel_pauses WHERE number <= (SELECT max(number) FROM _ouzel_pauses) - ?",
            [MOST],
        )?;
        let sql = format!("DELETE FROM _ouzel_paused {which}");
        Ok(self.connection.execute(&sql, (tag, endpoint))?)
    }

    /// All paused tags, at whichever endpoint.
    pub fn paused_tags(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT DISTINCT tag FROM _ouzel_paused ORDER BY tag";
        let mut statement = self.connection.prepare(sql)?;
        let tags = statement.query_map([], |row| row.get(0))?;
        Ok(tags.collect::<Result<_, _>>()?)
    }

    /// Changes which tags are paused at this endpoint. The change is committed before this returns.
    pub fn change_paused(&self, endpoint: &str, change: &PauseChange) -> Result<(), Error> {
        self.before_write()?;
        match change {
            PauseChange::Pause(paused) => self.connection.execute(
                "INSERT OR REPLACE INTO _ouzel_paused (endpoint, tag, since_ms, until_ms, per_minute, most)
                 VALUES (?, ?, ?, ?, ?, ?)",
                (
                    endpoint,
                    &paused.tag,
                    paused.since_ms,
                    paused.until_ms,
                    i64::try_from(paused.per_minute).unwrap_or(i64::MAX),
                    i64::try_from(paused.most).unwrap_or(i64::MAX),
                ),
            )?,
            PauseChange::Resume { tag, at_ms } => self.end_pauses(Some(endpoint), tag, *at_ms)?,
        };
        self.commit()
    }
}
