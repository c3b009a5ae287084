//! Which tags the breaker has paused: their rules are off the stream until somebody asks for them, or until a time.

use rusqlite::Connection;

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
) WITHOUT ROWID;";

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

/// A change of what is paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PauseChange {
    /// The rules with this tag are paused.
    Pause(PausedTag),
    /// They are not any more.
    Resume(String),
}

/// The paused tags of this endpoint, from a database that an older ouzel may have made.
pub(super) fn paused(connection: &Connection, endpoint: &str) -> Result<Vec<PausedTag>, Error> {
    if !connection.table_exists(None, "_ouzel_paused")? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare(
        "SELECT tag, since_ms, until_ms, per_minute, most FROM _ouzel_paused WHERE endpoint = ? ORDER BY tag",
    )?;
    let tags = statement.query_map([endpoint], |row| {
        Ok(PausedTag {
            tag: row.get(0)?,
            since_ms: row.get(1)?,
            until_ms: row.get(2)?,
            per_minute: row.get::<_, i64>(3)?.try_into().unwrap_or(0),
            most: row.get::<_, i64>(4)?.try_into().unwrap_or(0),
        })
    })?;
    Ok(tags.collect::<Result<_, _>>()?)
}

impl Store {
    /// The paused tags of this endpoint.
    pub fn paused(&self, endpoint: &str) -> Result<Vec<PausedTag>, Error> {
        paused(&self.connection, endpoint)
    }

    /// Ends the pause of a tag, at whichever endpoint. Gives whether it was paused. The change is committed before this
    /// returns.
    pub fn resume(&self, tag: &str) -> Result<bool, Error> {
        self.before_write()?;
        let sql = "DELETE FROM _ouzel_paused WHERE tag = ?";
        let ended = self.connection.execute(sql, [tag])?;
        self.commit()?;
        Ok(ended > 0)
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
            PauseChange::Resume(tag) => self.connection.execute(
                "DELETE FROM _ouzel_paused WHERE endpoint = ? AND tag = ?",
                (endpoint, tag),
            )?,
        };
        self.commit()
    }
}
