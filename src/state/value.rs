//! Keys and values of the state, and what each of them counts.

use std::rc::Rc;

/// The number that names a table of the state, also in the database. It is never given twice.
pub(crate) type TableId = i64;

/// What a field counts besides its text: about what it takes in memory.
const FIELD: usize = 80;

/// What a table counts besides its fields.
const TABLE: usize = 400;

/// The most bytes of a key that messages show.
const LONG: usize = 100;

/// The key of a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    Integer(i64),
    /// Any bytes.
    Text(Rc<[u8]>),
}

/// A key whose text is borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name<'a> {
    Integer(i64),
    /// Any bytes.
    Text(&'a [u8]),
}

/// The value of a field. Lua's nil is no value: such a field is not there.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// `ouzel.json.null`.
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    /// Any bytes.
    Text(Rc<[u8]>),
    Table(TableId),
}

/// A value that is about to become a part of the state.
#[derive(Debug, Clone)]
pub(crate) enum Draft {
    /// Anything but a table.
    Plain(Value),
    Table(Vec<(Key, Draft)>),
}

impl Key {
    /// How a script writes the key behind the name of its table: `.seen` or `[12]`.
    pub(crate) fn step(&self) -> String {
        match self {
            Self::Integer(number) => format!("[{number}]"),
            Self::Text(text) if is_identifier(text) => {
                format!(".{}", String::from_utf8_lossy(text))
            }
            Self::Text(text) => {
                let cut = &text[..text.len().min(LONG)];
                let more = if text.len() > LONG { "…" } else { "" };
                format!("[\"{}{more}\"]", cut.escape_ascii())
            }
        }
    }

    pub(crate) fn name(&self) -> Name<'_> {
        match self {
            Self::Integer(number) => Name::Integer(*number),
            Self::Text(text) => Name::Text(text),
        }
    }
}

impl Name<'_> {
    pub(crate) fn to_key(self) -> Key {
        match self {
            Self::Integer(number) => Key::Integer(number),
            Self::Text(text) => Key::Text(text.into()),
        }
    }

    /// What the field with this key counts, besides its value.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Integer(_) => FIELD,
            Self::Text(text) => FIELD + text.len(),
        }
    }
}

impl Value {
    /// What the value counts. The fields of a table count besides this.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Table(_) => TABLE,
            _ => 0,
        }
    }

    /// Whether this is the same value and no table, bit for bit.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(one), Self::Boolean(other)) => one == other,
            (Self::Integer(one), Self::Integer(other)) => one == other,
            (Self::Float(one), Self::Float(other)) => one.to_bits() == other.to_bits(),
            (Self::Text(one), Self::Text(other)) => one == other,
            _ => false,
        }
    }
}

impl Draft {
    /// What the value counts, with everything in it.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Plain(value) => value.size(),
            Self::Table(fields) => {
                let fields = fields
                    .iter()
                    .map(|(key, draft)| key.name().size() + draft.size());
                TABLE + fields.sum::<usize>()
            }
        }
    }

    /// How many tables lie in each other.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::Plain(_) => 0,
            Self::Table(fields) => {
                1 + fields
                    .iter()
                    .map(|(_, draft)| draft.depth())
                    .max()
                    .unwrap_or(0)
            }
        }
    }
}

fn is_identifier(text: &[u8]) -> bool {
    let start = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    text.first().is_some_and(start)
        && text.len() <= LONG
        && text.iter().all(|byte| start(byte) || byte.is_ascii_digit())
}
