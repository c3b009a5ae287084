//! What `ouzel.state` holds, one row for each field. It is committed together with the rows and the cursor.

use rusqlite::{
    ToSql,
    types::{ToSqlOutput, ValueRef},
};

use super::{Error, Store};
use crate::state::{Key, Name, Saved, State, Value};

/// Keys and values have no declared type, so SQLite keeps each as it is: an integer, a double, text, or a blob for text
/// that is not UTF-8.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_state (
    parent INTEGER NOT NULL, -- the table that the field is in; 0 is `ouzel.state` itself
    key    NOT NULL,         -- an integer or text
    kind   TEXT NOT NULL,    -- 'integer', 'float', 'string', 'boolean', 'null' or 'table'
    value,                   -- of a table its number, which is the `parent` of its fields; NULL for NaN
    PRIMARY KEY (parent, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _ouzel_state_version (
    version INTEGER NOT NULL -- the number in `ouzel.state_version`; no row before its first call
);";

impl Store {
    /// What `ouzel.state` holds, and how many rows nobody can read because something else has written them.
    pub(crate) fn state(&self) -> Result<(State, usize), Error> {
        let (mut state, mut odd) = (State::default(), 0);
        let mut statement = self
            .connection
            .prepare("SELECT parent, key, kind, value FROM _ouzel_state ORDER BY parent, key")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key = match row.get_ref(1)? {
                ValueRef::Integer(number) => Some(Key::Integer(number)),
                ValueRef::Text(text) | ValueRef::Blob(text) => Some(Key::Text(text.into())),
                ValueRef::Null | ValueRef::Real(_) => None,
            };
            let kind = row.get_ref(2)?.as_bytes().unwrap_or_default();
            let value = read(kind, row.get_ref(3)?);
            let restored = match (row.get_ref(0)?, key, value) {
                (ValueRef::Integer(parent), Some(key), Some(value)) => {
                    state.restore(parent, key, value)
                }
                _ => false,
            };
            odd += usize::from(!restored);
        }
        let mut versions = self
            .connection
            .prepare("SELECT max(version) FROM _ouzel_state_version")?;
        if let Some(version) = versions.query_row([], |row| row.get::<_, Option<i64>>(0))? {
            state.restore_version(version);
        }
        Ok((state, odd))
    }

    /// Puts what has changed in the state into the transaction.
    pub(crate) fn put_state(&self, state: &State) -> Result<(), Error> {
        if !state.is_changed() {
            return Ok(());
        }
        self.before_write()?;
        // The statements are not cached, because a script could run a statement that is in the cache.
        let mut put = self.connection.prepare(
            "INSERT INTO _ouzel_state (parent, key, kind, value) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET kind = excluded.kind, value = excluded.value",
        )?;
        let mut remove = self
            .connection
            .prepare("DELETE FROM _ouzel_state WHERE parent = ? AND key = ?")?;
        let mut clear = self
            .connection
            .prepare("DELETE FROM _ouzel_state WHERE parent = ?")?;
        state.save(|saved| -> Result<(), Error> {
            match saved {
                Saved::Clear(table) => clear.execute([table])?,
                Saved::Field(table, key, None) => remove.execute((table, Column(key.name())))?,
                Saved::Field(table, key, Some(value)) => {
                    let (kind, value) = write(value);
                    put.execute((
                        table,
                        Column(key.name()),
                        kind,
                        ToSqlOutput::Borrowed(value),
                    ))?
                }
                Saved::Version(version) => {
                    self.connection
                        .execute("DELETE FROM _ouzel_state_version", [])?;
                    self.connection.execute(
                        "INSERT INTO _ouzel_state_version (version) VALUES (?)",
                        [version],
                    )?
                }
            };
            Ok(())
        })
    }
}

/// A key as SQLite takes it.
struct Column<'a>(Name<'a>);

impl ToSql for Column<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Name::Integer(number) => ValueRef::Integer(number),
            Name::Text(text) => text_or_blob(text),
        }))
    }
}

fn text_or_blob(text: &[u8]) -> ValueRef<'_> {
    match std::str::from_utf8(text) {
        Ok(_) => ValueRef::Text(text),
        Err(_) => ValueRef::Blob(text),
    }
}

fn write(value: &Value) -> (&'static str, ValueRef<'_>) {
    match value {
        Value::Null => ("null", ValueRef::Null),
        Value::Boolean(yes) => ("boolean", ValueRef::Integer((*yes).into())),
        Value::Integer(number) => ("integer", ValueRef::Integer(*number)),
        Value::Float(number) => ("float", ValueRef::Real(*number)),
        Value::Text(text) => ("string", text_or_blob(text)),
        Value::Table(id) => ("table", ValueRef::Integer(*id)),
    }
}

fn read(kind: &[u8], value: ValueRef<'_>) -> Option<Value> {
    Some(match (kind, value) {
        (b"null", _) => Value::Null,
        (b"boolean", ValueRef::Integer(number)) => Value::Boolean(number != 0),
        (b"integer", ValueRef::Integer(number)) => Value::Integer(number),
        (b"float", ValueRef::Real(number)) => Value::Float(number),
        // SQLite turns NaN into NULL.
        (b"float", ValueRef::Null) => Value::Float(f64::NAN),
        (b"string", ValueRef::Text(text) | ValueRef::Blob(text)) => Value::Text(text.into()),
        (b"table", ValueRef::Integer(id)) => Value::Table(id),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::state::{Draft, TableId};

    /// Everything in the state, as text that is the same for the same state only.
    fn all(state: &State) -> String {
        let copy = state.copy(State::ROOT).expect("the root is always there");
        format!("{:?} {copy:?}", state.version())
    }

    fn values() -> Vec<Value> {
        let texts: [&[u8]; 5] = [b"", b"text", b"a\0b", b"\xff\xfe", "é".as_bytes()];
        let mut values = vec![
            Value::Null,
            Value::Boolean(true),
            Value::Boolean(false),
            Value::Integer(0),
            Value::Integer(1),
            Value::Integer(i64::MAX),
            Value::Integer(i64::MIN),
            Value::Float(0.0),
            Value::Float(-0.0),
            Value::Float(1.0),
            Value::Float(0.1),
            Value::Float(f64::MIN_POSITIVE / 3.0),
            Value::Float(9_007_199_254_740_993.0),
            Value::Float(f64::INFINITY),
            Value::Float(f64::NEG_INFINITY),
            Value::Float(f64::NAN),
        ];
        values.extend(texts.map(|text| Value::Text(text.into())));
        values
    }

    fn random_draft(random: &mut Rng, depth: usize) -> Draft {
        if depth < 3 && random.u8(..3) == 0 {
            let fields = (0..random.usize(..4))
                .map(|_| (random_key(random), random_draft(random, depth + 1)));
            let mut fields: Vec<_> = fields.collect();
            fields.sort_by(|one, other| one.0.cmp(&other.0));
            fields.dedup_by(|one, other| one.0 == other.0);
            return Draft::Table(fields);
        }
        let values = values();
        Draft::Plain(values[random.usize(..values.len())].clone())
    }

    fn random_key(random: &mut Rng) -> Key {
        let texts: [&[u8]; 5] = [b"", b"a", b"b", b"1", b"\xff"];
        match random.bool() {
            true => Key::Integer(random.i64(-1..4)),
            false => Key::Text(texts[random.usize(..texts.len())].into()),
        }
    }

    /// A table that the state has, the root or one in it.
    fn random_table(random: &mut Rng, state: &State) -> TableId {
        let mut at = State::ROOT;
        for _ in 0..6 {
            if let Ok(Some(Value::Table(inner))) = state.get(at, random_key(random).name()) {
                at = *inner;
            }
        }
        at
    }

    #[test]
    fn each_value_comes_back_bit_for_bit() {
        let store = Store::in_memory().expect("a database");
        let mut state = State::default();
        state.begin();
        for (number, value) in (1..).zip(values()) {
            let key = Name::Integer(number);
            let set = state.set(State::ROOT, key, Some(Draft::Plain(value)));
            set.expect("it can be kept");
        }
        state.set_version(7).expect("it can be set");
        state.end(true);
        store.put_state(&state).expect("written");
        let (read, odd) = store.state().expect("it can be read");
        assert_eq!((all(&read), odd), (all(&state), 0));
        for (number, value) in (1..).zip(values()) {
            let there = read.get(State::ROOT, Name::Integer(number));
            let there = there.expect("the root is there").expect("the value too");
            assert!(there.is_same(&value), "{there:?} {value:?}");
        }
    }

    /// Tweets that write, fail and are taken back, batches that are committed or not: the memory and the database always
    /// have the same, and what is taken back is as it was.
    #[test]
    fn memory_and_database_agree_whatever_happens() {
        for seed in 0..60 {
            let mut random = Rng::with_seed(seed);
            let store = Store::in_memory().expect("a database");
            let mut state = State::default();
            let mut committed = all(&state);
            for _ in 0..60 {
                let before = all(&state);
                state.begin();
                for _ in 0..random.usize(..8) {
                    let (table, key) = (random_table(&mut random, &state), random_key(&mut random));
                    let new = match random.u8(..6) {
                        0 | 1 => None,
                        2 => {
                            let other = random_table(&mut random, &state);
                            Some(state.copy(other).expect("it is there"))
                        }
                        _ => Some(random_draft(&mut random, 0)),
                    };
                    // A copy of a table in itself, again and again, becomes too deep at some time.
                    let _ = state.set(table, key.name(), new);
                }
                if random.u8(..20) == 0 {
                    state.set_version(random.i64(1..9)).expect("it is open");
                }
                let keep = random.u8(..3) > 0;
                state.end(keep);
                if !keep {
                    assert_eq!(all(&state), before, "seed {seed}");
                }
                match random.u8(..6) {
                    0 => {
                        state.roll_back();
                        assert_eq!(all(&state), committed, "seed {seed}");
                    }
                    1 | 2 => {
                        store.put_state(&state).expect("written");
                        store.commit().expect("committed");
                        state.committed();
                        committed = all(&state);
                        let (read, odd) = store.state().expect("it can be read");
                        assert_eq!((all(&read), odd), (committed.clone(), 0), "seed {seed}");
                        if random.bool() {
                            state = read;
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn rows_of_others_are_counted_and_left() {
        let store = Store::in_memory().expect("a database");
        store
            .connection
            .execute_batch(
                "INSERT INTO _ouzel_state VALUES
                    (0, 'good', 'integer', 1), (0, 'loop', 'table', 0), (0, 1.5, 'integer', 1),
                    (0, 'kind', 'colour', 1), (0, 'text', 'integer', '1'), (9, 'orphan', 'integer', 1)",
            )
            .expect("written");
        let (state, odd) = store.state().expect("it can be read");
        assert_eq!(odd, 5);
        assert_eq!(
            all(&state),
            "None Table([(Text([103, 111, 111, 100]), Plain(Integer(1)))])"
        );
    }
}
