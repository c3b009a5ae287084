//! How many Tweets came in each minute, in all and by the tags of the rules that they matched.

use rusqlite::{Connection, OptionalExtension};

use super::{Error, Store};
use jiff::{SignedDuration, Timestamp};

/// These are tables of their own. So a database of an older ouzel lacks only these, and opening it adds them.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_minutes (
    minute TEXT PRIMARY KEY,     -- when the Tweets were received, in UTC, such as 2026-11-27T16:48Z; after two weeks the hour
    tweets INTEGER NOT NULL      -- each Tweet once
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _ouzel_volume (
    minute TEXT NOT NULL,        -- as in _ouzel_minutes
    tag    TEXT NOT NULL,        -- of a rule; a Tweet that matched two tags counts for both
    tweets INTEGER NOT NULL,
    PRIMARY KEY (minute, tag)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _ouzel_warned (
    month   TEXT PRIMARY KEY,    -- in UTC, such as 2026-11; there is only the last one
    cap     INTEGER NOT NULL,    -- how many Tweets it was to have
    percent INTEGER NOT NULL     -- the part of that which somebody was last warned of
) WITHOUT ROWID;";

/// The format of minutes. Such text sorts by time, and SQLite's functions can read it.
const MINUTE: &str = "%Y-%m-%dT%H:%MZ";

/// Minutes become hours after this long: nobody looks at single minutes then, and a year of minutes with many tags would
/// fill the disk.
pub(crate) const MINUTES_KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How many Tweets came in a minute or an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Volume {
    /// When it began.
    pub(crate) at: Timestamp,
    /// The tag; `None` for all Tweets, each once.
    pub(crate) tag: Option<String>,
    /// How many came.
    pub(crate) tweets: u64,
}

/// Of which part of a month's cap somebody was last warned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warned {
    /// The month, such as `2026-11`.
    pub month: String,
    /// The cap.
    pub cap: u64,
    /// The part, in percent.
    pub percent: u64,
}

/// The minute in which a moment lies, as the tables have it.
fn minute_of(at: Timestamp) -> String {
    at.strftime(MINUTE).to_string()
}

/// The moment when a minute began.
fn began(minute: &str) -> Option<Timestamp> {
    let (minute, _) = minute.split_at_checked(16)?;
    format!("{minute}:00Z").parse().ok()
}

impl Store {
    /// Remembers of what somebody was warned. It is committed before this returns.
    ///
    /// # Errors
    /// [`Error`] if the database fails.
    pub(crate) fn put_warned(&self, warned: &Warned) -> Result<(), Error> {
        self.before_write()?;
        let Warned {
            month,
            cap,
            percent,
        } = warned;
        self.connection
            .execute("DELETE FROM _ouzel_warned WHERE month <> ?", [month])?;
        self.connection.execute(
            "INSERT OR REPLACE INTO _ouzel_warned (month, cap, percent) VALUES (?, ?, ?)",
            (month, number(*cap), number(*percent)),
        )?;
        self.commit()
    }

    /// Adds Tweets that were received in this minute, in the same transaction as their rows.
    ///
    /// # Errors
    /// [`Error`] if the database fails.
    pub(crate) fn add_volume<'a>(
        &self,
        received: Timestamp,
        tweets: u64,
        tags: impl Iterator<Item = (&'a str, u64)>,
    ) -> Result<(), Error> {
        self.before_write()?;
        let minute = minute_of(received);
        // The statements are not cached, because a script could run a statement that is in the cache.
        self.connection.execute(
            "INSERT INTO _ouzel_minutes (minute, tweets) VALUES (?, ?)
             ON CONFLICT DO UPDATE SET tweets = tweets + excluded.tweets",
            (&minute, number(tweets)),
        )?;
        let mut add = self.connection.prepare(
            "INSERT INTO _ouzel_volume (minute, tag, tweets) VALUES (?, ?, ?)
             ON CONFLICT DO UPDATE SET tweets = tweets + excluded.tweets",
        )?;
        for (tag, tweets) in tags {
            add.execute((&minute, tag, number(tweets)))?;
        }
        Ok(())
    }

    /// Makes hours of the minutes that are old, in the same transaction. `again` says that this was done an hour ago, so
    /// that there is little to look at.
    ///
    /// # Errors
    /// [`Error`] if the database fails.
    pub(crate) fn merge_old_minutes(&self, now: Timestamp, again: bool) -> Result<(), Error> {
        let Ok(end) = now.checked_sub(MINUTES_KEPT) else {
            return Ok(());
        };
        let from = match again {
            true => end
                .checked_sub(SignedDuration::from_hours(2))
                .map(minute_of),
            false => Ok(String::new()),
        };
        let end = end.strftime("%Y-%m-%dT%H:00Z").to_string();
        let span = [from.unwrap_or_default(), end];
        self.before_write()?;
        // Only what is no hour yet is touched.
        self.connection.execute(
            "INSERT INTO _ouzel_minutes
             SELECT substr(minute, 1, 14) || '00Z', sum(tweets) FROM _ouzel_minutes
              WHERE minute >= ?1 AND minute < ?2 AND substr(minute, 15, 2) <> '00' GROUP BY 1
             ON CONFLICT DO UPDATE SET tweets = tweets + excluded.tweets",
            [&span[0], &span[1]],
        )?;
        self.connection.execute(
            "DELETE FROM _ouzel_minutes WHERE minute >= ?1 AND minute < ?2 AND substr(minute, 15, 2) <> '00'",
            [&span[0], &span[1]],
        )?;
        self.connection.execute(
            "INSERT INTO _ouzel_volume
             SELECT substr(minute, 1, 14) || '00Z', tag, sum(tweets) FROM _ouzel_volume
              WHERE minute >= ?1 AND minute < ?2 AND substr(minute, 15, 2) <> '00' GROUP BY 1, 2
             ON CONFLICT DO UPDATE SET tweets = tweets + excluded.tweets",
            [&span[0], &span[1]],
        )?;
        self.connection.execute(
            "DELETE FROM _ouzel_volume WHERE minute >= ?1 AND minute < ?2 AND substr(minute, 15, 2) <> '00'",
            [&span[0], &span[1]],
        )?;
        Ok(())
    }
}

/// The volume of each minute that began in a span, in all and by tag, in the order of time. Minutes in which nothing came
/// are not there.
pub(super) fn each(
    connection: &Connection,
    from: Timestamp,
    to: Timestamp,
    show: impl FnMut(Volume),
) -> Result<(), Error> {
    let sql = "SELECT minute, NULL, tweets FROM _ouzel_minutes WHERE minute >= ?1 AND minute <= ?2
         UNION ALL
         SELECT minute, tag, tweets FROM _ouzel_volume WHERE minute >= ?1 AND minute <= ?2
         ORDER BY 1, 2";
    read(connection, sql, from, to, show)
}

/// The same, of all Tweets together.
pub(super) fn each_minute(
    connection: &Connection,
    from: Timestamp,
    to: Timestamp,
    show: impl FnMut(Volume),
) -> Result<(), Error> {
    let sql = "SELECT minute, NULL, tweets FROM _ouzel_minutes WHERE minute >= ?1 AND minute <= ?2";
    read(connection, sql, from, to, show)
}

fn read(
    connection: &Connection,
    sql: &str,
    from: Timestamp,
    to: Timestamp,
    mut show: impl FnMut(Volume),
) -> Result<(), Error> {
    let mut rows = connection.prepare(sql)?;
    let last = to
        .saturating_sub(SignedDuration::from_nanos(1))
        .unwrap_or(to);
    let mut rows = rows.query([minute_of(from), minute_of(last)])?;
    while let Some(row) = rows.next()? {
        let minute: String = row.get(0)?;
        // Somebody else may have written into the table.
        let Some(at) = began(&minute) else { continue };
        show(Volume {
            at,
            tag: row.get(1)?,
            tweets: row.get::<_, i64>(2)?.try_into().unwrap_or(0),
        });
    }
    Ok(())
}

/// Of what somebody was last warned, in a database that an older ouzel may have made.
pub(super) fn warned(connection: &Connection) -> Result<Option<Warned>, Error> {
    if !connection.table_exists(None, "_ouzel_warned")? {
        return Ok(None);
    }
    let sql = "SELECT month, cap, percent FROM _ouzel_warned ORDER BY month DESC LIMIT 1";
    let warned = connection.query_row(sql, [], |row| {
        Ok(Warned {
            month: row.get(0)?,
            cap: row.get::<_, i64>(1)?.try_into().unwrap_or(0),
            percent: row.get::<_, i64>(2)?.try_into().unwrap_or(0),
        })
    });
    Ok(warned.optional()?)
}

/// When the first counted minute began.
pub(super) fn counted_since(connection: &Connection) -> Result<Option<Timestamp>, Error> {
    let sql = "SELECT min(minute) FROM _ouzel_minutes";
    let first: Option<String> = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(first.and_then(|minute| began(&minute)))
}

/// SQLite has numbers of 63 bits.
fn number(tweets: u64) -> i64 {
    tweets.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn rows(store: &Store, table: &str) -> Vec<String> {
        let columns = match table {
            "_ouzel_minutes" => "minute || ' ' || tweets",
            _ => "minute || ' ' || tag || ' ' || tweets",
        };
        let sql = format!("SELECT {columns} FROM {table} ORDER BY 1");
        let mut rows = store.connection.prepare(&sql).expect("prepared");
        let rows = rows.query_map([], |row| row.get(0)).expect("read");
        rows.collect::<Result<_, _>>().expect("text")
    }

    #[test]
    fn minutes_add_up_and_become_hours_when_they_are_old() {
        let store = Store::in_memory().expect("a database");
        let add = |time: &str, tweets, tags: &[(&str, u64)]| {
            let added = store.add_volume(at(time), tweets, tags.iter().copied());
            added.expect("written");
        };
        add("2026-11-01T10:00:59.9Z", 3, &[("a", 2), ("b", 2)]);
        add("2026-11-01T10:00:00Z", 1, &[("a", 1)]);
        add("2026-11-01T10:07:00Z", 5, &[("a", 5)]);
        add("2026-11-01T11:01:00Z", 7, &[]);
        let all = [
            "2026-11-01T10:00Z 4",
            "2026-11-01T10:07Z 5",
            "2026-11-01T11:01Z 7",
        ];
        assert_eq!(rows(&store, "_ouzel_minutes"), all);
        store
            .merge_old_minutes(at("2026-11-15T10:59:00Z"), true)
            .expect("merged");
        assert_eq!(
            rows(&store, "_ouzel_minutes"),
            all,
            "two weeks have not passed since all of the hour"
        );
        for again in [true, false] {
            store
                .merge_old_minutes(at("2026-11-15T11:00:00Z"), again)
                .expect("merged");
            let hours = ["2026-11-01T10:00Z 9", "2026-11-01T11:01Z 7"];
            assert_eq!(rows(&store, "_ouzel_minutes"), hours);
            let tags = ["2026-11-01T10:00Z a 8", "2026-11-01T10:00Z b 2"];
            assert_eq!(rows(&store, "_ouzel_volume"), tags);
        }
    }
}
