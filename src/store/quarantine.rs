//! Tweets whose handler failed. They are kept with the reason until somebody looks at them; the oldest are deleted to
//! make room.

use rusqlite::{Connection, OptionalExtension, Row, ToSql, params_from_iter};

use super::{Error, Store, database::Held};

/// How many of the newest Tweets are kept, so that a broken handler on a busy stream cannot fill the disk.
const MOST_TWEETS: u64 = 10_000;

/// The most bytes of lines that are kept, because lines may be long.
const MOST_BYTES: u64 = 64 << 20;

/// One part in so many of both limits is freed at a time, so that not every Tweet of a busy stream has to look for the
/// oldest.
const FREED: u64 = 20;

/// How many of the newest Tweets are grouped by their cause, so that looking at a full quarantine costs little.
const GROUPED: u64 = 1_000;

/// ouzel's own table for the quarantine. Ids are never used again, so an id that somebody has noted always means the
/// same Tweet.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_quarantine (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    tweet_id    INTEGER,
    received_at TEXT,             -- NULL where nobody knows
    failed_at   TEXT NOT NULL,
    generation  INTEGER NOT NULL,
    script      TEXT NOT NULL,
    handler     TEXT NOT NULL,
    file        TEXT,             -- where it failed, below the script's folder
    line_number INTEGER,
    code        TEXT,             -- of that line
    error       TEXT NOT NULL,
    hint        TEXT,
    traceback   TEXT,
    attempts    INTEGER NOT NULL, -- how often it has failed
    line        BLOB NOT NULL     -- the Tweet as received
);";

/// The columns of a [`Failed`], in the order of [`Failed::cells`].
const FAILED: &str =
    "failed_at, generation, script, handler, file, line_number, code, error, hint, traceback";

/// The columns of a [`Quarantined`] that come before those of [`FAILED`].
const FOUND: &str = "id, tweet_id, received_at, attempts";

/// When and why a Tweet failed the last time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The time of the failure, in RFC 3339.
    pub at: String,
    /// The generation of the script, counted from the start of the process.
    pub generation: u64,
    /// The script's path.
    pub script: String,
    /// The handler's name: `filter`, `enrich`, or `on "TAG"`.
    pub handler: String,
    /// The file and the line where it failed.
    pub place: Option<(String, usize)>,
    /// The code of that line.
    pub code: Option<String>,
    /// The error.
    pub error: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The calls that led there, one on each line.
    pub traceback: Option<String>,
}

/// A Tweet in quarantine, without its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quarantined {
    /// The Tweet's number in quarantine.
    pub id: i64,
    /// The Tweet's own id.
    pub tweet_id: Option<i64>,
    /// When it was received, in RFC 3339, if that is known.
    pub received_at: Option<String>,
    /// The last failure.
    pub failed: Failed,
    /// How many times it has failed.
    pub attempts: u64,
}

/// Why Tweets are in quarantine: the same handler failed at the same line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    /// The newest of these Tweets.
    pub newest: Quarantined,
    /// How many of the newest Tweets in quarantine have this cause.
    pub count: u64,
}

impl Store {
    /// Puts a Tweet into quarantine, with the batch. Gives how many of the oldest Tweets were deleted to make room.
    pub fn quarantine(
        &self,
        tweet_id: Option<i64>,
        received_at: Option<&str>,
        line: &[u8],
        failed: &Failed,
    ) -> Result<u64, Error> {
        self.before_write()?;
        // The statement is not cached, because a script could run a statement that is in the cache.
        let mut statement = self.connection.prepare(&format!(
            "INSERT INTO _ouzel_quarantine ({FAILED}, tweet_id, received_at, attempts, line)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)"
        ))?;
        let mut cells = failed.cells();
        cells.extend([
            Box::new(tweet_id) as Box<dyn ToSql>,
            Box::new(received_at),
            Box::new(line),
        ]);
        statement.execute(params_from_iter(cells))?;
        let held = self.quarantine_held.get().map(|held| Held {
            tweets: held.tweets + 1,
            bytes: held.bytes + line.len() as u64,
        });
        match held {
            Some(held) if held.fits() => {
                self.quarantine_held.set(Some(held));
                Ok(0)
            }
            _ => self.make_room(),
        }
    }

    /// Notes that a Tweet in quarantine has failed again.
    pub fn quarantine_again(&self, id: i64, failed: &Failed) -> Result<(), Error> {
        self.before_write()?;
        let mut statement = self.connection.prepare(&format!(
            "UPDATE _ouzel_quarantine SET ({FAILED}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?), attempts = attempts + 1
             WHERE id = ?"
        ))?;
        let mut cells = failed.cells();
        cells.push(Box::new(id));
        statement.execute(params_from_iter(cells))?;
        Ok(())
    }

    /// Takes a Tweet out of quarantine, with the batch.
    pub fn release(&self, id: i64) -> Result<(), Error> {
        self.before_write()?;
        self.quarantine_held.set(None);
        self.connection
            .execute("DELETE FROM _ouzel_quarantine WHERE id = ?", [id])?;
        Ok(())
    }

    /// Takes all Tweets out of quarantine, with the batch. Gives how many there were.
    pub fn release_all(&self) -> Result<u64, Error> {
        self.before_write()?;
        self.quarantine_held.set(None);
        let released = self
            .connection
            .execute("DELETE FROM _ouzel_quarantine", [])?;
        Ok(released as u64)
    }

    /// How much is in quarantine.
    pub fn quarantine_held(&self) -> Result<Held, Error> {
        if let Some(held) = self.quarantine_held.get() {
            return Ok(held);
        }
        let held = held(&self.connection)?;
        self.quarantine_held.set(Some(held));
        Ok(held)
    }

    /// The ids of everything in quarantine, oldest first.
    pub fn quarantined_ids(&self) -> Result<Vec<i64>, Error> {
        let mut statement = self
            .connection
            .prepare("SELECT id FROM _ouzel_quarantine ORDER BY id")?;
        let ids = statement.query_map([], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// The line of a Tweet in quarantine.
    pub fn quarantined_line(&self, id: i64) -> Result<Option<Vec<u8>>, Error> {
        line(&self.connection, id)
    }

    /// If the limits are exceeded, deletes the oldest Tweets until some room is left.
    fn make_room(&self) -> Result<u64, Error> {
        // It counts again, because other processes may have taken Tweets out meanwhile.
        let mut held = held(&self.connection)?;
        let mut released = 0;
        if !held.fits() {
            let last = self.oldest_beyond(held)?;
            released = self
                .connection
                .execute("DELETE FROM _ouzel_quarantine WHERE id <= ?", [last])?;
            held = self::held(&self.connection)?;
        }
        self.quarantine_held.set(Some(held));
        Ok(released as u64)
    }

    /// The id of the last Tweet to delete, counted from the oldest. The newest Tweet is never deleted.
    fn oldest_beyond(&self, mut held: Held) -> Result<i64, Error> {
        let mut statement = self.connection.prepare(
            "SELECT id, length(line) FROM _ouzel_quarantine
             WHERE id < (SELECT max(id) FROM _ouzel_quarantine) ORDER BY id",
        )?;
        let mut rows = statement.query([])?;
        let mut last = 0;
        while !held.fits_well()
            && let Some(row) = rows.next()?
        {
            last = row.get(0)?;
            held.tweets = held.tweets.saturating_sub(1);
            held.bytes = held.bytes.saturating_sub(unsigned(row.get(1)?));
        }
        Ok(last)
    }
}

impl Failed {
    fn cells(&self) -> Vec<Box<dyn ToSql + '_>> {
        let place = self.place.as_ref();
        vec![
            Box::new(&self.at),
            Box::new(signed(self.generation)),
            Box::new(&self.script),
            Box::new(&self.handler),
            Box::new(place.map(|(file, _)| file)),
            Box::new(place.map(|(_, line)| signed(*line as u64))),
            Box::new(&self.code),
            Box::new(&self.error),
            Box::new(&self.hint),
            Box::new(&self.traceback),
        ]
    }
}

impl Held {
    fn fits(self) -> bool {
        self.tweets <= MOST_TWEETS && self.bytes <= MOST_BYTES
    }

    fn fits_well(self) -> bool {
        self.tweets <= MOST_TWEETS - MOST_TWEETS / FREED
            && self.bytes <= MOST_BYTES - MOST_BYTES / FREED
    }
}

/// Counts what is in quarantine. SQLite knows the length of a line without reading it.
pub(super) fn held(connection: &Connection) -> Result<Held, Error> {
    let mut statement = connection
        .prepare("SELECT count(*), coalesce(sum(length(line)), 0) FROM _ouzel_quarantine")?;
    Ok(statement.query_row([], |row| {
        Ok(Held {
            tweets: unsigned(row.get(0)?),
            bytes: unsigned(row.get(1)?),
        })
    })?)
}

/// The newest Tweets in quarantine, newest first, at most `most` of them.
pub(super) fn newest(connection: &Connection, most: u64) -> Result<Vec<Quarantined>, Error> {
    let sql = format!("SELECT {FOUND}, {FAILED} FROM _ouzel_quarantine ORDER BY id DESC LIMIT ?");
    let mut statement = connection.prepare(&sql)?;
    let entries = statement.query_map([signed(most)], read)?;
    Ok(entries.collect::<Result<_, _>>()?)
}

/// Why the newest Tweets in quarantine failed, each cause once, the newest first, at most `most` of them.
pub(super) fn causes(connection: &Connection, most: u64) -> Result<Vec<Cause>, Error> {
    // With `max`, SQLite takes the other columns from the row that has the highest id.
    let sql = format!(
        "SELECT max(id), {FOUND}, {FAILED}, count(*) AS count
         FROM (SELECT {FOUND}, {FAILED} FROM _ouzel_quarantine ORDER BY id DESC LIMIT {GROUPED})
         GROUP BY script, handler, file, line_number ORDER BY 1 DESC LIMIT ?"
    );
    let mut statement = connection.prepare(&sql)?;
    let causes = statement.query_map([signed(most)], |row| {
        Ok(Cause {
            newest: read(row)?,
            count: unsigned(row.get("count")?),
        })
    })?;
    Ok(causes.collect::<Result<_, _>>()?)
}

/// One Tweet in quarantine.
pub(super) fn one(connection: &Connection, id: i64) -> Result<Option<Quarantined>, Error> {
    let sql = format!("SELECT {FOUND}, {FAILED} FROM _ouzel_quarantine WHERE id = ?");
    Ok(connection.prepare(&sql)?.query_row([id], read).optional()?)
}

/// The line of a Tweet in quarantine.
pub(super) fn line(connection: &Connection, id: i64) -> Result<Option<Vec<u8>>, Error> {
    let mut statement = connection.prepare("SELECT line FROM _ouzel_quarantine WHERE id = ?")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Quarantined> {
    let file: Option<String> = row.get("file")?;
    let number: Option<i64> = row.get("line_number")?;
    let number = number.and_then(|number| usize::try_from(number).ok());
    Ok(Quarantined {
        id: row.get("id")?,
        tweet_id: row.get("tweet_id")?,
        received_at: row.get("received_at")?,
        failed: Failed {
            at: row.get("failed_at")?,
            generation: unsigned(row.get("generation")?),
            script: row.get("script")?,
            handler: row.get("handler")?,
            place: file.zip(number),
            code: row.get("code")?,
            error: row.get("error")?,
            hint: row.get("hint")?,
            traceback: row.get("traceback")?,
        },
        attempts: unsigned(row.get("attempts")?),
    })
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Failed {
        Failed {
            at: "2026-11-22T00:00:00Z".to_owned(),
            generation: 1,
            script: "main.lua".to_owned(),
            handler: "filter".to_owned(),
            place: Some(("main.lua".to_owned(), 3)),
            code: None,
            error: "no".to_owned(),
            hint: None,
            traceback: None,
        }
    }

    #[test]
    fn the_oldest_make_room_for_the_newest() {
        let store = Store::in_memory().unwrap();
        let mut gone = 0;
        for id in 0..10_001 {
            gone += store.quarantine(Some(id), None, b"{}", &failed()).unwrap();
        }
        assert_eq!(gone, 501);
        let ids = store.quarantined_ids().unwrap();
        assert_eq!((ids.len(), ids[0], ids[9_499]), (9_500, 502, 10_001));
        assert_eq!(
            store.quarantine_held().unwrap(),
            held(&store.connection).unwrap()
        );
        // Before anything is deleted to make room, it is noticed that others have taken Tweets out.
        store
            .connection
            .execute("DELETE FROM _ouzel_quarantine WHERE id < 9000", [])
            .unwrap();
        for id in 0..501 {
            gone += store.quarantine(Some(id), None, b"{}", &failed()).unwrap();
        }
        assert_eq!(gone, 501);
    }

    #[test]
    fn a_cause_is_a_handler_and_a_line_and_shows_its_newest_failure() {
        let store = Store::in_memory().unwrap();
        let other = Failed {
            place: Some(("main.lua".to_owned(), 9)),
            ..failed()
        };
        let newest = Failed {
            error: "the newest".to_owned(),
            ..failed()
        };
        for (id, failed) in [(1, &failed()), (2, &other), (3, &newest), (4, &other)] {
            store.quarantine(Some(id), None, b"{}", failed).unwrap();
        }
        let causes = causes(&store.connection, 10).unwrap();
        let told = |cause: &Cause| {
            (
                cause.newest.tweet_id,
                cause.newest.failed.error.clone(),
                cause.count,
            )
        };
        assert_eq!(
            causes.iter().map(told).collect::<Vec<_>>(),
            [
                (Some(4), "no".to_owned(), 2),
                (Some(3), "the newest".to_owned(), 2)
            ]
        );
    }

    #[test]
    fn long_lines_make_room_too_and_the_newest_always_fits() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("ouzel.db")).unwrap();
        let long = vec![b' '; 40 << 20];
        assert_eq!(store.quarantine(None, None, &long, &failed()).unwrap(), 0);
        assert_eq!(store.quarantine(None, None, &long, &failed()).unwrap(), 1);
        let longer = vec![b' '; 70 << 20];
        assert_eq!(store.quarantine(None, None, &longer, &failed()).unwrap(), 1);
        assert_eq!(store.quarantined_ids().unwrap(), [3]);
    }
}
