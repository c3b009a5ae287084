//! The tree itself, with the log by which changes are taken back and written to the database.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Bound,
    rc::Rc,
};

use super::value::{Draft, Key, Name, TableId, Value};

/// The most that the whole state may count.
const MOST: usize = 32 << 20;

/// The most tables that may lie in each other. Walks over the tree use the stack.
pub(crate) const MOST_DEEP: usize = 100;

/// The most that what one Tweet's handlers replace may count, besides what the batch has replaced before. It has to be
/// more than [`MOST`], so that a migration can replace everything.
const MOST_REPLACED: usize = 96 << 20;

/// When more than this has been replaced, it is time to commit.
const MUCH_REPLACED: usize = 8 << 20;

/// What an entry of the log counts besides the value that it keeps.
const CHANGE: usize = 100;

/// The table that `ouzel.state` itself is.
const ROOT: TableId = 0;

/// What a script keeps, and how to get back to what it was before a Tweet and before the batch.
#[derive(Debug)]
pub(crate) struct State {
    tables: HashMap<TableId, Table>,
    next: TableId,
    version: Option<i64>,
    size: usize,
    /// The changes since the last commit, oldest first.
    log: Vec<Change>,
    /// What the log counts.
    replaced: usize,
    /// The length of the log when the present Tweet or load began; `None` between Tweets.
    began: Option<usize>,
    /// Whether the present Tweet has taken a table out.
    has_leaving: bool,
}

#[derive(Debug)]
struct Table {
    /// The table that it is in, and its key there. [`ROOT`] is in none.
    place: Option<(TableId, Key)>,
    standing: Standing,
    // Apart, so that a text can be looked for without owning it.
    integers: BTreeMap<i64, Value>,
    texts: BTreeMap<Rc<[u8]>, Value>,
}

/// Whether a table is a part of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Here,
    /// The present Tweet has taken it out. It can be read until the Tweet ends, as `table.remove` and `table.sort` need.
    Leaving,
    /// It has been taken out, and is kept only because the batch may be taken back.
    Left,
}

#[derive(Debug)]
struct Change {
    what: Changed,
    /// The size of the state before.
    size: usize,
    /// What the log counted before.
    replaced: usize,
}

#[derive(Debug)]
enum Changed {
    Field {
        table: TableId,
        key: Key,
        old: Option<Value>,
    },
    Version(Option<i64>),
}

/// The table is no part of the state any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this table has been taken out of `ouzel.state`; read it from there again")]
pub(crate) struct Gone;

/// Why a value cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unkept {
    #[error(transparent)]
    Gone(#[from] Gone),
    #[error("`ouzel.state` can only be written while the script loads and by handlers")]
    Closed,
    #[error(
        "would make `ouzel.state` larger than {} MiB; each field counts {} bytes and its text",
        MOST >> 20,
        Name::Integer(0).size()
    )]
    Full,
    #[error("would be nested more than {MOST_DEEP} tables deep")]
    Deep,
    #[error("comes after too many others: the handlers of one Tweet may replace {} MiB", MOST_REPLACED >> 20)]
    Replaced,
}

/// One write to the database.
#[derive(Debug)]
pub(crate) enum Saved<'a> {
    /// All fields of the table are gone.
    Clear(TableId),
    /// The field has this value, or is gone.
    Field(TableId, &'a Key, Option<&'a Value>),
    Version(i64),
}

impl Default for State {
    fn default() -> Self {
        Self {
            tables: HashMap::from([(ROOT, Table::at(None))]),
            next: ROOT + 1,
            version: None,
            size: 0,
            log: Vec::new(),
            replaced: 0,
            began: None,
            has_leaving: false,
        }
    }
}

impl Table {
    fn at(place: Option<(TableId, Key)>) -> Self {
        Self {
            place,
            standing: Standing::Here,
            integers: BTreeMap::new(),
            texts: BTreeMap::new(),
        }
    }

    fn get(&self, name: Name<'_>) -> Option<&Value> {
        match name {
            Name::Integer(number) => self.integers.get(&number),
            Name::Text(text) => self.texts.get(text),
        }
    }

    /// The key, with the text that the table has already if it has the field.
    fn key(&self, name: Name<'_>) -> Key {
        match name {
            Name::Text(text) => match self.texts.get_key_value(text) {
                Some((text, _)) => Key::Text(Rc::clone(text)),
                None => name.to_key(),
            },
            Name::Integer(_) => name.to_key(),
        }
    }

    fn put(&mut self, key: &Key, value: Option<Value>) -> Option<Value> {
        match (key, value) {
            (Key::Integer(number), Some(value)) => self.integers.insert(*number, value),
            (Key::Integer(number), None) => self.integers.remove(number),
            (Key::Text(text), Some(value)) => match self.texts.get_mut(text) {
                Some(there) => Some(std::mem::replace(there, value)),
                None => self.texts.insert(Rc::clone(text), value),
            },
            (Key::Text(text), None) => self.texts.remove(text),
        }
    }

    fn fields(&self) -> impl Iterator<Item = (Name<'_>, &Value)> {
        let integers = self.integers.iter();
        let texts = self.texts.iter();
        integers
            .map(|(number, value)| (Name::Integer(*number), value))
            .chain(texts.map(|(text, value)| (Name::Text(text), value)))
    }

    fn inner(&self) -> Vec<TableId> {
        let values = self.integers.values().chain(self.texts.values());
        let inner = values.filter_map(|value| match value {
            Value::Table(id) => Some(*id),
            _ => None,
        });
        inner.collect()
    }
}

/// Reading.
impl State {
    /// The table that `ouzel.state` itself is.
    pub(crate) const ROOT: TableId = ROOT;

    /// The value of a field.
    ///
    /// # Errors
    /// [`Gone`].
    pub(crate) fn get(&self, table: TableId, name: Name<'_>) -> Result<Option<&Value>, Gone> {
        Ok(self.readable(table)?.get(name))
    }

    /// The field after the one of this name: first the integers, then the texts, each in their order. The field of this
    /// name need not be there any more.
    ///
    /// # Errors
    /// [`Gone`].
    pub(crate) fn next(
        &self,
        table: TableId,
        after: Option<Name<'_>>,
    ) -> Result<Option<(Name<'_>, &Value)>, Gone> {
        let table = self.readable(table)?;
        let integers = match after {
            None => Some(Bound::Unbounded),
            Some(Name::Integer(number)) => Some(Bound::Excluded(number)),
            Some(Name::Text(_)) => None,
        };
        let number =
            integers.and_then(|from| table.integers.range((from, Bound::Unbounded)).next());
        if let Some((number, value)) = number {
            return Ok(Some((Name::Integer(*number), value)));
        }
        let from = match after {
            Some(Name::Text(text)) => Bound::Excluded(text),
            _ => Bound::Unbounded,
        };
        let mut texts = table.texts.range::<[u8], _>((from, Bound::Unbounded));
        Ok(texts.next().map(|(text, value)| (Name::Text(text), value)))
    }

    /// The length of a table as a list: a place with a value, behind which there is none.
    ///
    /// # Errors
    /// [`Gone`].
    pub(crate) fn length(&self, table: TableId) -> Result<i64, Gone> {
        let integers = &self.readable(table)?.integers;
        let (mut there, mut missing) = (0, 1);
        if let Some((last, _)) = integers.last_key_value()
            && integers
                .range(1..)
                .next()
                .is_some_and(|(first, _)| *first == 1)
        {
            // A list without holes is the usual case.
            if usize::try_from(*last) == Ok(integers.len()) {
                return Ok(*last);
            }
            while integers.contains_key(&missing) {
                there = missing;
                missing = missing.saturating_mul(2);
                if missing == i64::MAX {
                    break;
                }
            }
            while missing - there > 1 {
                let middle = there + (missing - there) / 2;
                match integers.contains_key(&middle) {
                    true => there = middle,
                    false => missing = middle,
                }
            }
        }
        Ok(there)
    }

    /// A copy of a table with everything in it.
    ///
    /// # Errors
    /// [`Gone`].
    pub(crate) fn copy(&self, table: TableId) -> Result<Draft, Gone> {
        let mut copied = Vec::new();
        for (name, value) in self.readable(table)?.fields() {
            let draft = match value {
                Value::Table(inner) => self.copy(*inner)?,
                plain => Draft::Plain(plain.clone()),
            };
            copied.push((name.to_key(), draft));
        }
        Ok(Draft::Table(copied))
    }

    /// How a script writes a field: `ouzel.state.seen[12]`.
    pub(crate) fn path(&self, table: TableId, name: Name<'_>) -> String {
        let mut keys = vec![name.to_key()];
        let mut at = table;
        while let Some((outer, key)) = self.tables.get(&at).and_then(|table| table.place.as_ref()) {
            keys.push(key.clone());
            at = *outer;
        }
        let steps = keys.iter().rev().map(Key::step);
        "ouzel.state".to_owned() + &steps.collect::<String>()
    }

    /// The version of the state's shape, if the script has ever named one.
    pub(crate) fn version(&self) -> Option<i64> {
        self.version
    }

    /// Whether something that counts this much could be kept if nothing else was.
    pub(crate) fn has_room_for(size: usize) -> bool {
        size <= MOST
    }

    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.size == 0
    }

    fn readable(&self, table: TableId) -> Result<&Table, Gone> {
        let table = self.tables.get(&table).ok_or(Gone)?;
        match table.standing {
            Standing::Left => Err(Gone),
            Standing::Here | Standing::Leaving => Ok(table),
        }
    }

    /// What a table's fields count.
    fn size_of(&self, table: TableId) -> usize {
        let Some(table) = self.tables.get(&table) else {
            return 0;
        };
        let fields = table.fields().map(|(name, value)| {
            let inner = match value {
                Value::Table(inner) => self.size_of(*inner),
                _ => 0,
            };
            name.size() + value.size() + inner
        });
        fields.sum()
    }

    /// In how many tables a table lies.
    fn depth(&self, table: TableId) -> usize {
        let (mut depth, mut at) = (0, table);
        while let Some((outer, _)) = self.tables.get(&at).and_then(|table| table.place.as_ref()) {
            depth += 1;
            at = *outer;
        }
        depth
    }
}

/// Writing.
impl State {
    /// Gives a field a value, or takes it out. A value that is there already changes nothing.
    ///
    /// # Errors
    /// [`Unkept`]. Then nothing has changed.
    pub(crate) fn set(
        &mut self,
        table: TableId,
        name: Name<'_>,
        new: Option<Draft>,
    ) -> Result<(), Unkept> {
        let to = self.tables.get(&table).ok_or(Gone)?;
        if to.standing != Standing::Here {
            return Err(Gone.into());
        }
        if self.began.is_none() {
            return Err(Unkept::Closed);
        }
        let old = to.get(name);
        match (old, &new) {
            (None, None) => return Ok(()),
            (Some(old), Some(Draft::Plain(new))) if old.is_same(new) => return Ok(()),
            _ => {}
        }
        let freed = old.map_or(0, |old| {
            let inner = match old {
                Value::Table(inner) => self.size_of(*inner),
                _ => 0,
            };
            name.size() + old.size() + inner
        });
        let added = new.as_ref().map_or(0, |new| name.size() + new.size());
        let size = (self.size + added).saturating_sub(freed);
        if added > freed && size > MOST {
            return Err(Unkept::Full);
        }
        if let Some(Draft::Table(_)) = &new
            && self.depth(table) + new.as_ref().map_or(0, Draft::depth) > MOST_DEEP
        {
            return Err(Unkept::Deep);
        }
        let replaced = self.replaced + CHANGE + name.size() + freed;
        if replaced > MOST_REPLACED {
            return Err(Unkept::Replaced);
        }
        let key = to.key(name);
        let value = new.map(|draft| self.plant(table, &key, draft));
        let old = self.put(table, &key, value);
        if let Some(Value::Table(inner)) = old {
            self.stand(inner, Standing::Leaving);
            self.has_leaving = true;
        }
        self.note(Changed::Field { table, key, old });
        self.size = size;
        self.replaced = replaced;
        Ok(())
    }

    /// Whether a field has exactly this table as its value.
    pub(crate) fn has(&self, table: TableId, name: Name<'_>, inner: TableId) -> bool {
        let value = self.get(table, name);
        matches!(value, Ok(Some(Value::Table(there))) if *there == inner)
    }

    /// Changes the version of the state's shape.
    ///
    /// # Errors
    /// [`Unkept::Closed`].
    pub(crate) fn set_version(&mut self, version: i64) -> Result<(), Unkept> {
        if self.began.is_none() {
            return Err(Unkept::Closed);
        }
        self.note(Changed::Version(self.version));
        self.replaced += CHANGE;
        self.version = Some(version);
        Ok(())
    }

    fn note(&mut self, what: Changed) {
        self.log.push(Change {
            what,
            size: self.size,
            replaced: self.replaced,
        });
    }

    fn put(&mut self, table: TableId, key: &Key, value: Option<Value>) -> Option<Value> {
        self.tables.get_mut(&table)?.put(key, value)
    }

    /// Makes the tables of a draft, and gives its value.
    fn plant(&mut self, table: TableId, key: &Key, draft: Draft) -> Value {
        let fields = match draft {
            Draft::Plain(value) => return value,
            Draft::Table(fields) => fields,
        };
        let id = self.next;
        self.next += 1;
        self.tables
            .insert(id, Table::at(Some((table, key.clone()))));
        for (key, draft) in fields {
            let value = self.plant(id, &key, draft);
            self.put(id, &key, Some(value));
        }
        Value::Table(id)
    }

    fn stand(&mut self, table: TableId, standing: Standing) {
        let Some(table) = self.tables.get_mut(&table) else {
            return;
        };
        table.standing = standing;
        for inner in table.inner() {
            self.stand(inner, standing);
        }
    }

    /// Forgets a table and everything in it.
    fn uproot(&mut self, table: TableId) {
        if let Some(table) = self.tables.remove(&table) {
            for inner in table.inner() {
                self.uproot(inner);
            }
        }
    }
}

/// Tweets, batches and the database.
impl State {
    /// From now on all changes belong to one Tweet, or to the load of a script.
    pub(crate) fn begin(&mut self) {
        self.began = Some(self.log.len());
    }

    /// Ends the Tweet. Keeps its changes, or takes them back.
    pub(crate) fn end(&mut self, keep: bool) {
        let Some(began) = self.began.take() else {
            return;
        };
        if !keep {
            self.undo(began);
        } else if self.has_leaving {
            let taken = self.log[began..].iter().filter_map(Change::taken);
            for table in taken.collect::<Vec<_>>() {
                if self.stands(table) == Some(Standing::Leaving) {
                    self.stand(table, Standing::Left);
                }
            }
        }
        self.has_leaving = false;
    }

    /// Takes back everything since the last commit.
    pub(crate) fn roll_back(&mut self) {
        self.began = None;
        self.has_leaving = false;
        self.undo(0);
    }

    /// Notes that everything is committed.
    pub(crate) fn committed(&mut self) {
        let log = std::mem::take(&mut self.log);
        for table in log.iter().filter_map(Change::taken) {
            self.uproot(table);
        }
        self.replaced = 0;
        // The room is used again, unless it has become large.
        self.log = log;
        self.log.clear();
        self.log.shrink_to(1_000);
    }

    /// Whether there is something to write to the database.
    pub(crate) fn is_changed(&self) -> bool {
        !self.log.is_empty()
    }

    /// Whether so much has been replaced that it is time to commit.
    pub(crate) fn is_much(&self) -> bool {
        self.replaced > MUCH_REPLACED
    }

    /// Passes what has changed since the last commit to `save`, each field once.
    ///
    /// # Errors
    /// Those of `save`.
    pub(crate) fn save<E>(
        &self,
        mut save: impl FnMut(Saved<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for table in self.log.iter().filter_map(Change::taken) {
            self.save_clear(table, &mut save)?;
        }
        let mut done = HashSet::new();
        for change in &self.log {
            let Changed::Field { table, key, .. } = &change.what else {
                continue;
            };
            let found = self.tables.get(table);
            let here = found.filter(|found| found.standing == Standing::Here);
            if let Some(found) = here
                && done.insert((*table, key))
            {
                self.save_field(*table, key, found.get(key.name()), &mut save)?;
            }
        }
        let versioned = |change: &Change| matches!(change.what, Changed::Version(_));
        match self.version {
            Some(version) if self.log.iter().any(versioned) => save(Saved::Version(version)),
            _ => Ok(()),
        }
    }

    fn save_clear<E>(
        &self,
        table: TableId,
        save: &mut impl FnMut(Saved<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        save(Saved::Clear(table))?;
        let inner = self.tables.get(&table).map(Table::inner);
        for inner in inner.unwrap_or_default() {
            self.save_clear(inner, save)?;
        }
        Ok(())
    }

    /// A table that stands in the log as a new value is new altogether, because a table never changes its place.
    fn save_field<E>(
        &self,
        table: TableId,
        key: &Key,
        value: Option<&Value>,
        save: &mut impl FnMut(Saved<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        save(Saved::Field(table, key, value))?;
        let Some(Value::Table(id)) = value else {
            return Ok(());
        };
        for (name, value) in self.tables.get(id).into_iter().flat_map(Table::fields) {
            self.save_field(*id, &name.to_key(), Some(value), save)?;
        }
        Ok(())
    }

    /// Puts back a field that the database has. Returns whether that was possible: a table has to come before its
    /// fields.
    pub(crate) fn restore(&mut self, table: TableId, key: Key, value: Value) -> bool {
        if !self.tables.contains_key(&table) || self.depth(table) > MOST_DEEP {
            return false;
        }
        if let Value::Table(id) = value {
            if id <= table || self.tables.contains_key(&id) {
                return false;
            }
            self.tables
                .insert(id, Table::at(Some((table, key.clone()))));
            self.next = self.next.max(id.saturating_add(1));
        }
        self.size += key.name().size() + value.size();
        self.put(table, &key, Some(value));
        true
    }

    /// Puts back the version that the database has.
    pub(crate) fn restore_version(&mut self, version: i64) {
        self.version = Some(version);
    }

    fn undo(&mut self, to: usize) {
        while self.log.len() > to {
            let Some(change) = self.log.pop() else { return };
            match change.what {
                Changed::Field { table, key, old } => {
                    let taken = match old {
                        Some(Value::Table(inner)) => Some(inner),
                        _ => None,
                    };
                    // Whatever changed in a table that is new has been undone already.
                    if let Some(Value::Table(new)) = self.put(table, &key, old) {
                        self.uproot(new);
                    }
                    if let Some(taken) = taken {
                        let standing = self.stands(table).unwrap_or(Standing::Here);
                        self.stand(taken, standing);
                    }
                }
                Changed::Version(old) => self.version = old,
            }
            self.size = change.size;
            self.replaced = change.replaced;
        }
    }

    fn stands(&self, table: TableId) -> Option<Standing> {
        self.tables.get(&table).map(|table| table.standing)
    }
}

impl Change {
    /// The table that the change has taken out.
    fn taken(&self) -> Option<TableId> {
        match self.what {
            Changed::Field {
                old: Some(Value::Table(table)),
                ..
            } => Some(table),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name<'_> {
        Name::Text(text.as_bytes())
    }

    fn list(numbers: &[i64]) -> Draft {
        let field = |number: &i64| (Key::Integer(*number), Draft::Plain(Value::Boolean(true)));
        Draft::Table(numbers.iter().map(field).collect())
    }

    fn inner(state: &State, name: Name<'_>) -> TableId {
        match state.get(ROOT, name) {
            Ok(Some(Value::Table(id))) => *id,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_length_is_a_border() {
        for (numbers, length) in [
            (&[][..], 0),
            (&[0, -1, 5], 0),
            (&[1, 2, 3], 3),
            (&[-3, 0, 1, 2], 2),
            (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 20], 9),
            (&[1, i64::MAX], 1),
        ] {
            let mut state = State::default();
            state.begin();
            state.set(ROOT, name("l"), Some(list(numbers))).unwrap();
            assert_eq!(
                state.length(inner(&state, name("l"))),
                Ok(length),
                "{numbers:?}"
            );
        }
    }

    #[test]
    fn a_loop_meets_integers_and_then_texts_and_may_delete_what_it_meets() {
        let mut state = State::default();
        state.begin();
        for key in [
            Name::Integer(2),
            name("b"),
            Name::Integer(-1),
            name(""),
            name("a"),
        ] {
            state
                .set(ROOT, key, Some(Draft::Plain(Value::Null)))
                .unwrap();
        }
        let (mut met, mut at) = (Vec::new(), None);
        while let Some((found, _)) = state.next(ROOT, at.as_ref().map(Key::name)).unwrap() {
            let key = found.to_key();
            state.set(ROOT, key.name(), None).unwrap();
            met.push(key.step());
            at = Some(key);
        }
        assert_eq!(met, ["[-1]", "[2]", "[\"\"]", ".a", ".b"]);
        assert!(state.is_empty());
    }

    #[test]
    fn a_table_that_is_taken_out_can_be_read_until_the_tweet_ends_and_comes_back_with_it() {
        let mut state = State::default();
        state.begin();
        state.set(ROOT, name("l"), Some(list(&[1]))).unwrap();
        state.end(true);
        let id = inner(&state, name("l"));
        let read = |state: &State| state.length(id);
        let write = |state: &mut State| state.set(id, name("x"), Some(list(&[])));
        for keep in [false, true] {
            state.begin();
            state.set(ROOT, name("l"), None).unwrap();
            assert_eq!(read(&state), Ok(1));
            assert_eq!(write(&mut state), Err(Unkept::Gone(Gone)));
            state.end(keep);
            assert_eq!(read(&state), if keep { Err(Gone) } else { Ok(1) });
        }
        state.begin();
        assert_eq!(write(&mut state), Err(Unkept::Gone(Gone)));
        state.end(true);
        state.roll_back();
        assert!(state.is_empty());
        assert_eq!(state.tables.len(), 1, "nothing stays behind");
    }

    #[test]
    fn what_is_too_much_is_refused_and_changes_nothing() {
        let mut state = State::default();
        assert_eq!(
            state.set(ROOT, name("a"), Some(list(&[]))),
            Err(Unkept::Closed)
        );
        state.begin();
        let text = |length: usize| Some(Draft::Plain(Value::Text(vec![0; length].into())));
        state.set(ROOT, name("a"), text(MOST - 1_000)).unwrap();
        assert_eq!(state.set(ROOT, name("b"), text(1_000)), Err(Unkept::Full));
        assert_eq!(state.set(ROOT, name("a"), text(MOST)), Err(Unkept::Full));
        state.set(ROOT, name("a"), text(10)).unwrap();
        let mut at = ROOT;
        for _ in 0..MOST_DEEP {
            state.set(at, name("in"), Some(list(&[]))).unwrap();
            let Ok(Some(Value::Table(id))) = state.get(at, name("in")) else {
                panic!("no table");
            };
            at = *id;
        }
        assert_eq!(
            state.set(at, name("in"), Some(list(&[]))),
            Err(Unkept::Deep)
        );
        state.end(true);
        assert_eq!(state.size, state.size_of(ROOT));
        state.begin();
        let mut last = Ok(());
        for byte in 0..=200 {
            let text = Draft::Plain(Value::Text(vec![byte; 1 << 20].into()));
            last = state.set(ROOT, name("a"), Some(text));
            if last.is_err() {
                break;
            }
        }
        assert_eq!(last, Err(Unkept::Replaced));
        assert!(state.is_much());
        state.end(false);
        assert_eq!(state.size, state.size_of(ROOT));
    }
}
