//! The tree itself: reading it, and writing it with a note in the log.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    rc::Rc,
};

use super::{
    change::{Change, Changed},
    value::{Draft, Key, Name, TableId, Value},
};

/// The most that the whole state may count.
pub(super) const MOST: usize = 32 << 20;

/// The most tables that may lie in each other. Walks over the tree use the stack.
pub(crate) const MOST_DEEP: usize = 100;

/// The most that what one Tweet's handlers replace may count, besides what the batch has replaced before. It has to be
/// more than [`MOST`], so that a migration can replace everything.
const MOST_REPLACED: usize = 96 << 20;

/// When more than this has been replaced, it is time to commit.
pub(super) const MUCH_REPLACED: usize = 8 << 20;

/// What an entry of the log counts besides the value that it keeps.
const CHANGE: usize = 100;

/// The table that `ouzel.state` itself is.
pub(super) const ROOT: TableId = 0;

/// What a script keeps, and how to get back to what it was before a Tweet and before the batch.
#[derive(Debug)]
pub(crate) struct State {
    pub(super) tables: HashMap<TableId, Table>,
    pub(super) next: TableId,
    pub(super) version: Option<i64>,
    pub(super) size: usize,
    /// The changes since the last commit, oldest first.
    pub(super) log: Vec<Change>,
    /// What the log counts.
    pub(super) replaced: usize,
    /// The length of the log when the present Tweet or load began; `None` between Tweets.
    pub(super) began: Option<usize>,
    /// Whether the present Tweet has taken a table out.
    pub(super) has_leaving: bool,
}

#[derive(Debug)]
pub(super) struct Table {
    /// The table that it is in, and its key there. [`ROOT`] is in none.
    place: Option<(TableId, Key)>,
    pub(super) standing: Standing,
    // Apart, so that a text can be looked for without owning it.
    integers: BTreeMap<i64, Value>,
    texts: BTreeMap<Rc<[u8]>, Value>,
}

/// Whether a table is a part of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Here,
    /// The present Tweet has taken it out. It can be read until the Tweet ends, as `table.remove` and `table.sort` need.
    Leaving,
    /// It has been taken out, and is kept only because the batch may be taken back.
    Left,
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
    #[error("`ouzel.state` can only be written while the script loads, by handlers and by timers")]
    Closed,
    #[error(
        "would make `ouzel.state` larger than {} MiB; each field counts {} bytes and its text",
        MOST >> 20,
        Name::Integer(0).size()
    )]
    Full,
    #[error("would be nested more than {MOST_DEEP} tables deep")]
    Deep,
    #[error("comes after too many others: the handlers of one Tweet, or a timer, may replace {} MiB", MOST_REPLACED >> 20)]
    Replaced,
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
    pub(super) fn at(place: Option<(TableId, Key)>) -> Self {
        Self {
            place,
            standing: Standing::Here,
            integers: BTreeMap::new(),
            texts: BTreeMap::new(),
        }
    }

    pub(super) fn get(&self, name: Name<'_>) -> Option<&Value> {
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

    pub(super) fn fields(&self) -> impl Iterator<Item = (Name<'_>, &Value)> {
        let integers = self.integers.iter();
        let texts = self.texts.iter();
        integers
            .map(|(number, value)| (Name::Integer(*number), value))
            .chain(texts.map(|(text, value)| (Name::Text(text), value)))
    }

    pub(super) fn inner(&self) -> Vec<TableId> {
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

    /// Whether nothing was kept when the present Tweet or load began.
    pub(crate) fn was_empty(&self) -> bool {
        let first = self.began.and_then(|began| self.log.get(began));
        first.map_or(self.size, |change| change.size) == 0
    }

    fn readable(&self, table: TableId) -> Result<&Table, Gone> {
        let table = self.tables.get(&table).ok_or(Gone)?;
        match table.standing {
            Standing::Left => Err(Gone),
            Standing::Here | Standing::Leaving => Ok(table),
        }
    }

    /// What a table's fields count.
    pub(super) fn size_of(&self, table: TableId) -> usize {
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
    pub(super) fn depth(&self, table: TableId) -> usize {
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

    pub(super) fn put(&mut self, table: TableId, key: &Key, value: Option<Value>) -> Option<Value> {
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

    pub(super) fn stand(&mut self, table: TableId, standing: Standing) {
        let Some(table) = self.tables.get_mut(&table) else {
            return;
        };
        table.standing = standing;
        for inner in table.inner() {
            self.stand(inner, standing);
        }
    }

    /// Forgets a table and everything in it.
    pub(super) fn uproot(&mut self, table: TableId) {
        if let Some(table) = self.tables.remove(&table) {
            for inner in table.inner() {
                self.uproot(inner);
            }
        }
    }
}
