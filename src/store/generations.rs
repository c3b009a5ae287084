//! The history of the script: each load with its result, the files of the good ones, and a rollback that goes on until
//! the files on disk change.

use rusqlite::{Connection, OptionalExtension, Row};

use super::{Error, Store};

/// How many loads are kept. Whoever saves a hundred times a day looks ten days back.
const MOST_ROWS: u64 = 1_000;

/// The files of this many different generations are kept, the newest ones.
const MOST_KEPT: usize = 20;

/// The most bytes of files that are kept, all generations together.
const MOST_BYTES: usize = 8 << 20;

/// The files of a generation are kept if they have no more bytes than this.
const MOST_OF_ONE: usize = 4 << 20;

/// These are tables of their own. So a database of an older ouzel lacks only these, and opening it adds them.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_generations (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    at               TEXT NOT NULL,    -- in RFC 3339
    result           TEXT NOT NULL,    -- loaded, refused or rolled back
    number           INTEGER,          -- NULL if it was refused
    hash             TEXT NOT NULL,    -- of the files of Lua
    script           TEXT NOT NULL,    -- its path
    back_to          INTEGER,          -- if it was rolled back: the generation whose files these are
    step             TEXT,             -- if it was refused: load, tests, shadow or rollback
    error            TEXT,
    file             TEXT,             -- where that is, below the script's folder
    line_number      INTEGER,
    rules_added      INTEGER,          -- against the generation before
    rules_removed    INTEGER,
    handlers_added   INTEGER,
    handlers_removed INTEGER,
    tables_added     INTEGER,
    tables_removed   INTEGER
);
CREATE TABLE IF NOT EXISTS _ouzel_sources (
    hash TEXT NOT NULL,  -- of the generation
    file TEXT NOT NULL,  -- below the script's folder
    text TEXT,           -- NULL if a module was looked for in vain
    PRIMARY KEY (hash, file)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _ouzel_rollback (
    script  TEXT PRIMARY KEY,
    back_to INTEGER NOT NULL, -- the generation that runs instead of the files on disk
    hash    TEXT NOT NULL,
    disk    TEXT NOT NULL     -- what the files on disk hold; when they change, the rollback ends
) WITHOUT ROWID;";

/// One load of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// The time, in RFC 3339.
    pub at: String,
    /// What came of it.
    pub result: LoadResult,
    /// The hash of the files.
    pub hash: String,
    /// The path of the script.
    pub script: String,
}

/// What came of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadResult {
    /// It became a generation.
    Loaded {
        /// The generation's number.
        number: u64,
        /// The generation whose files these are, if it is an older one.
        back_to: Option<u64>,
        /// Rules, handlers and tables, each added and removed.
        changes: [u64; 6],
    },
    /// The generation before goes on.
    Refused {
        /// The step of the load that it did not pass.
        step: String,
        /// Why.
        error: String,
        /// The file and the line.
        place: Option<(String, usize)>,
    },
}

/// A generation whose files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number. If it is a rollback, the number of the generation that it went back to.
    pub number: u64,
    /// When that was loaded, in RFC 3339.
    pub at: String,
    /// The hash of its files.
    pub hash: String,
}

/// A rollback that goes on until the files on disk change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    /// The generation that runs.
    pub back_to: u64,
    /// The hash of its files.
    pub hash: String,
    /// What the files on disk hold, as `script::OnDisk` writes it.
    pub disk: String,
}

/// The files of a generation by name; without a text where a module was looked for in vain.
pub(crate) type Sources = Vec<(String, Option<String>)>;

/// From where a rollback counts: it goes to the newest generation before `number` with other files than `hash`.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// The path of the script.
    pub script: &'a str,
    /// The number of the generation that runs.
    pub number: u64,
    /// The hash of its files.
    pub hash: &'a str,
}

/// The columns of [`load`].
const LOAD: &str = "at, result, number, hash, script, back_to, step, error, file, line_number, rules_added, rules_removed, \
     handlers_added, handlers_removed, tables_added, tables_removed";

impl Store {
    /// The number of the last generation, of whatever script; 0 if there was none.
    pub fn last_generation(&self) -> Result<u64, Error> {
        let sql = "SELECT coalesce(max(number), 0) FROM _ouzel_generations";
        let number: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(unsigned(number))
    }

    /// Notes a load, with the batch. The oldest ones are forgotten.
    pub fn put_load(&self, load: &Load) -> Result<(), Error> {
        self.before_write()?;
        // The statement is not cached, because a script could run a statement that is in the cache.
        let mut statement = self.connection.prepare(&format!(
            "INSERT INTO _ouzel_generations ({LOAD}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        ))?;
        let Load {
            at, hash, script, ..
        } = load;
        match &load.result {
            LoadResult::Loaded {
                number,
                back_to,
                changes,
            } => {
                let result = if back_to.is_some() {
                    "rolled back"
                } else {
                    "loaded"
                };
                let [a, b, c, d, e, f] = changes.map(signed);
                let (number, back_to) = (signed(*number), back_to.map(signed));
                let none = None::<String>;
                statement.execute(rusqlite::params![
                    at, result, number, hash, script, back_to, none, none, none, none, a, b, c, d,
                    e, f
                ])?;
            }
            LoadResult::Refused { step, error, place } => {
                let (file, line) = place.clone().unzip();
                let line = line.map(|line| signed(line as u64));
                let none = None::<i64>;
                statement.execute(rusqlite::params![
                    at, "refused", none, hash, script, none, step, error, file, line, none, none,
                    none, none, none, none
                ])?;
            }
        }
        let last = self.connection.last_insert_rowid();
        // Those whose files are kept stay: a script that fails at each restart must not take the way back with it.
        let forgotten = "DELETE FROM _ouzel_generations WHERE id <= ? AND id NOT IN (
                 SELECT max(id) FROM _ouzel_generations
                 WHERE number IS NOT NULL AND hash IN (SELECT hash FROM _ouzel_sources)
                 GROUP BY script, hash)";
        self.connection
            .execute(forgotten, [last.saturating_sub(signed(MOST_ROWS))])?;
        Ok(())
    }

    /// Keeps the files of a generation, with the batch, and forgets those of the oldest ones. Gives whether there is room
    /// for them.
    pub fn keep_sources<'a>(
        &self,
        hash: &str,
        files: impl Iterator<Item = (&'a str, Option<&'a str>)> + Clone,
    ) -> Result<bool, Error> {
        let bytes: usize = files
            .clone()
            .map(|(_, text)| text.map_or(0, str::len))
            .sum();
        if bytes > MOST_OF_ONE {
            return Ok(false);
        }
        if has_sources(&self.connection, hash)? {
            return Ok(true);
        }
        self.before_write()?;
        let sql = "INSERT INTO _ouzel_sources (hash, file, text) VALUES (?, ?, ?)";
        let mut insert = self.connection.prepare(sql)?;
        for (file, text) in files {
            insert.execute((hash, file, text))?;
        }
        self.forget_sources()?;
        Ok(true)
    }

    /// Forgets the files of the oldest generations beyond the limits. The newest are those that were loaded last.
    fn forget_sources(&self) -> Result<(), Error> {
        let mut statement = self.connection.prepare(
            "SELECT s.hash, sum(coalesce(length(CAST(s.text AS BLOB)), 0)),
                 (SELECT max(id) FROM _ouzel_generations g WHERE g.hash = s.hash AND g.number IS NOT NULL) AS last
             FROM _ouzel_sources s GROUP BY s.hash ORDER BY last IS NULL DESC, last DESC",
        )?;
        let mut rows = statement.query([])?;
        let (mut kept, mut bytes, mut gone) = (0, 0, Vec::new());
        while let Some(row) = rows.next()? {
            let hash: String = row.get(0)?;
            kept += 1;
            bytes += usize::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
            if kept > MOST_KEPT || bytes > MOST_BYTES {
                gone.push(hash);
            }
        }
        for hash in gone {
            self.connection
                .execute("DELETE FROM _ouzel_sources WHERE hash = ?", [hash])?;
        }
        Ok(())
    }

    /// The files of a generation; `None` if they are not kept.
    pub(crate) fn sources(&self, hash: &str) -> Result<Option<Sources>, Error> {
        let sql = "SELECT file, text FROM _ouzel_sources WHERE hash = ?";
        let mut statement = self.connection.prepare(sql)?;
        let files = statement.query_map([hash], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let files = files.collect::<Result<Sources, _>>()?;
        Ok(Some(files).filter(|files| !files.is_empty()))
    }

    /// The last generation of a script.
    pub fn last_kept(&self, script: &str) -> Result<Option<Kept>, Error> {
        self.kept_before(&Before {
            script,
            number: u64::MAX,
            hash: "",
        })
    }

    /// The newest generation before another one, with other files that are kept.
    pub fn kept_before(&self, before: &Before<'_>) -> Result<Option<Kept>, Error> {
        let sql = "SELECT coalesce(back_to, number), at, hash FROM _ouzel_generations g
             WHERE script = ? AND number < ? AND hash <> ?
               AND EXISTS (SELECT 1 FROM _ouzel_sources s WHERE s.hash = g.hash)
             ORDER BY number DESC LIMIT 1";
        let mut statement = self.connection.prepare(sql)?;
        let cells = (before.script, signed(before.number), before.hash);
        let found = statement.query_row(cells, |row| {
            Ok(Kept {
                number: unsigned(row.get(0)?),
                at: row.get(1)?,
                hash: row.get(2)?,
            })
        });
        Ok(found.optional()?)
    }

    /// The rollback of a script, if one goes on.
    pub fn rollback(&self, script: &str) -> Result<Option<Rollback>, Error> {
        rollback(&self.connection, script)
    }

    /// Makes a rollback of a script go on, with the batch, or ends it.
    pub fn put_rollback(&self, script: &str, rollback: Option<&Rollback>) -> Result<(), Error> {
        let sql = match rollback {
            // A load ends a rollback each time, and nearly always there is none.
            None if self.rollback(script)?.is_none() => return Ok(()),
            None => "DELETE FROM _ouzel_rollback WHERE script = ?",
            Some(_) => {
                "INSERT OR REPLACE INTO _ouzel_rollback (script, back_to, hash, disk) VALUES (?, ?, ?, ?)"
            }
        };
        self.before_write()?;
        match rollback {
            None => self.connection.execute(sql, [script])?,
            Some(new) => self
                .connection
                .execute(sql, (script, signed(new.back_to), &new.hash, &new.disk))?,
        };
        Ok(())
    }
}

/// The newest loads, newest first, at most `most` of them.
pub(super) fn newest(connection: &Connection, most: u64) -> Result<Vec<Load>, Error> {
    let sql = format!("SELECT {LOAD} FROM _ouzel_generations ORDER BY id DESC LIMIT ?");
    let mut statement = connection.prepare(&sql)?;
    let loads = statement.query_map([signed(most)], load)?;
    Ok(loads.collect::<Result<_, _>>()?)
}

/// Whether the files of a generation are kept.
pub(super) fn has_sources(connection: &Connection, hash: &str) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM _ouzel_sources WHERE hash = ?)";
    Ok(connection.query_row(sql, [hash], |row| row.get(0))?)
}

/// The rollback of a script, if one goes on.
pub(super) fn rollback(connection: &Connection, script: &str) -> Result<Option<Rollback>, Error> {
    let sql = "SELECT back_to, hash, disk FROM _ouzel_rollback WHERE script = ?";
    let found = connection.prepare(sql)?.query_row([script], |row| {
        Ok(Rollback {
            back_to: unsigned(row.get(0)?),
            hash: row.get(1)?,
            disk: row.get(2)?,
        })
    });
    Ok(found.optional()?)
}

fn load(row: &Row<'_>) -> rusqlite::Result<Load> {
    let number =
        |name: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(name)?.map(unsigned));
    let result = match number("number")? {
        Some(generation) => LoadResult::Loaded {
            number: generation,
            back_to: number("back_to")?,
            changes: [
                number("rules_added")?.unwrap_or(0),
                number("rules_removed")?.unwrap_or(0),
                number("handlers_added")?.unwrap_or(0),
                number("handlers_removed")?.unwrap_or(0),
                number("tables_added")?.unwrap_or(0),
                number("tables_removed")?.unwrap_or(0),
            ],
        },
        None => {
            let (file, line): (Option<String>, _) = (row.get("file")?, number("line_number")?);
            let line = line.and_then(|line| usize::try_from(line).ok());
            LoadResult::Refused {
                step: row.get::<_, Option<String>>("step")?.unwrap_or_default(),
                error: row.get::<_, Option<String>>("error")?.unwrap_or_default(),
                place: file.zip(line),
            }
        }
    };
    Ok(Load {
        at: row.get("at")?,
        result,
        hash: row.get("hash")?,
        script: row.get("script")?,
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

    fn put(store: &Store, number: u64, hash: &str, back_to: Option<u64>) {
        put_text(store, number, hash, back_to, hash);
    }

    fn put_text(store: &Store, number: u64, hash: &str, back_to: Option<u64>, text: &str) {
        let files = [("lib.lua", None), ("main.lua", Some(text))];
        assert!(store.keep_sources(hash, files.into_iter()).unwrap());
        store
            .put_load(&Load {
                at: format!("at {number}"),
                result: LoadResult::Loaded {
                    number,
                    back_to,
                    changes: [0; 6],
                },
                hash: hash.to_owned(),
                script: "main.lua".to_owned(),
            })
            .unwrap();
    }

    fn before(store: &Store, number: u64, hash: &str) -> Option<u64> {
        let script = "main.lua";
        let found = store.kept_before(&Before {
            script,
            number,
            hash,
        });
        found.unwrap().map(|kept| kept.number)
    }

    #[test]
    fn each_step_back_goes_to_other_files() {
        let store = Store::in_memory().unwrap();
        assert_eq!(store.last_generation().unwrap(), 0);
        for (number, hash) in [(1, "a"), (2, "b"), (3, "b"), (4, "a"), (5, "c")] {
            put(&store, number, hash, None);
        }
        assert_eq!(before(&store, 5, "c"), Some(4));
        assert_eq!(before(&store, 4, "a"), Some(3));
        assert_eq!(before(&store, 3, "b"), Some(1));
        assert_eq!(before(&store, 1, "a"), None);
        // What was rolled back to is good, and is called by its first number.
        put(&store, 6, "a", Some(4));
        put(&store, 7, "d", None);
        assert_eq!(before(&store, 7, "d"), Some(4));
        assert_eq!(store.last_generation().unwrap(), 7);
        let other = store.last_kept("other.lua").unwrap();
        assert_eq!(other, None, "another script has other generations");
    }

    #[test]
    fn the_oldest_files_and_loads_are_forgotten() {
        let store = Store::in_memory().unwrap();
        let hash = |number: u64| format!("{number:04}");
        for number in 1..=1_100 {
            put(&store, number, &hash(number), None);
        }
        let count = |sql: &str| -> i64 {
            store
                .connection
                .query_row(sql, [], |row| row.get(0))
                .unwrap()
        };
        assert_eq!(count("SELECT count(*) FROM _ouzel_generations"), 1_000);
        let kept = "SELECT count(DISTINCT hash) FROM _ouzel_sources";
        assert_eq!(count(kept), 20);
        assert_eq!(store.sources(&hash(1_080)).unwrap(), None);
        assert!(store.sources(&hash(1_081)).unwrap().is_some());
        // Bytes count too, and what is too large alone is not kept at all.
        let large = "x".repeat(3 << 20);
        for (number, hash) in [(1_101, "e"), (1_102, "f"), (1_103, "g")] {
            put_text(&store, number, hash, None, &large);
        }
        let files = store.sources("f").unwrap().unwrap();
        assert_eq!(
            files,
            [
                ("lib.lua".to_owned(), None),
                ("main.lua".to_owned(), Some(large))
            ]
        );
        assert_eq!(count(kept), 2);
        let larger = "x".repeat(5 << 20);
        let files = [("main.lua", Some(larger.as_str()))];
        assert!(!store.keep_sources("h", files.into_iter()).unwrap());
    }

    #[test]
    fn a_script_that_fails_again_and_again_leaves_the_way_back() {
        let store = Store::in_memory().unwrap();
        put(&store, 1, "a", None);
        put(&store, 2, "b", None);
        for at in 0..1_100 {
            let refused = LoadResult::Refused {
                step: "load".to_owned(),
                error: "no".to_owned(),
                place: None,
            };
            store
                .put_load(&Load {
                    at: format!("at {at}"),
                    result: refused,
                    hash: "c".to_owned(),
                    script: "main.lua".to_owned(),
                })
                .unwrap();
        }
        assert_eq!(store.last_generation().unwrap(), 2);
        assert_eq!(before(&store, 2, "b"), Some(1));
        let counted =
            store
                .connection
                .query_row("SELECT count(*) FROM _ouzel_generations", [], |row| {
                    row.get::<_, i64>(0)
                });
        assert_eq!(counted.unwrap(), 1_002);
    }

    #[test]
    fn a_rollback_goes_on_until_it_is_ended() {
        let store = Store::in_memory().unwrap();
        assert_eq!(store.rollback("main.lua").unwrap(), None);
        let rollback = Rollback {
            back_to: 3,
            hash: "a".to_owned(),
            disk: "- main.lua\n".to_owned(),
        };
        store.put_rollback("main.lua", Some(&rollback)).unwrap();
        assert_eq!(store.rollback("main.lua").unwrap(), Some(rollback));
        assert_eq!(store.rollback("other.lua").unwrap(), None);
        store.put_rollback("main.lua", None).unwrap();
        assert_eq!(store.rollback("main.lua").unwrap(), None);
    }
}
