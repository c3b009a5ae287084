//! The rows of a query until the script asks for them: packed outside of Lua, in memory, or in a file if they are many.
//!
//! All rows are read at once, so that a handler may change the table that it reads, and no statement is open when
//! the Tweet's rows are taken back. Lua builds the table of a row only when the script asks for that row.

use std::{
    cell::Cell as Count,
    fs::File,
    io::{self, BufReader, Cursor, Read, Seek, Write},
    rc::Rc,
};

use mlua::{Lua, Table, UserData, Value};

use crate::row::{Cell, Refused};

/// How many bytes of one query stay in memory. The rest goes to a file.
const IN_MEMORY: usize = 1 << 20;

/// From how many bytes of all queries on even a small one goes to a file.
const IN_MEMORY_TOGETHER: usize = 16 << 20;

/// How many bytes and files all queries together may have.
const ON_DISK: u64 = 1 << 30;
const FILES: usize = 16;

/// What all queries of a generation hold.
#[derive(Debug, Default)]
pub(super) struct Held {
    memory: Count<usize>,
    disk: Count<u64>,
    files: Count<usize>,
}

impl Held {
    /// Whether it is time for Lua's collector, which knows nothing of what queries hold that were not read to their end.
    pub(super) fn is_much(&self) -> bool {
        self.memory.get() > IN_MEMORY_TOGETHER / 2
            || self.files.get() > FILES / 2
            || self.disk.get() > ON_DISK / 2
    }
}

/// Takes the rows of a query.
pub(super) struct Packing {
    names: Vec<String>,
    number: u64,
    /// Bytes that are not in the file.
    bytes: Vec<u8>,
    file: Option<Spilled>,
    held: Rc<Held>,
}

/// The rows of a query, each of which is given once.
pub(super) struct Rows {
    names: Vec<String>,
    left: u64,
    source: Source,
    /// The bytes of the cell that is being read.
    text: Vec<u8>,
}

impl UserData for Rows {}

enum Source {
    Nothing,
    Memory(InMemory),
    File(BufReader<Spilled>),
}

/// Bytes that count as memory of all queries.
struct InMemory {
    bytes: Cursor<Vec<u8>>,
    held: Rc<Held>,
}

impl InMemory {
    fn new(bytes: Vec<u8>, held: Rc<Held>) -> Self {
        held.memory.set(held.memory.get() + bytes.len());
        let bytes = Cursor::new(bytes);
        Self { bytes, held }
    }
}

impl Drop for InMemory {
    fn drop(&mut self) {
        let memory = &self.held.memory;
        memory.set(memory.get().saturating_sub(self.bytes.get_ref().len()));
    }
}

/// A file without a name. It goes away when it is closed.
struct Spilled {
    file: File,
    bytes: u64,
    held: Rc<Held>,
}

impl Spilled {
    fn new(held: &Rc<Held>) -> Result<Self, Refused> {
        if held.files.get() >= FILES {
            return Err(Refused(format!(
                "{FILES} large queries wait to be read to their ends; read one to its end, or add `LIMIT`"
            )));
        }
        let file = tempfile::tempfile().map_err(|error| unwritten(&error))?;
        held.files.set(held.files.get() + 1);
        Ok(Self {
            file,
            bytes: 0,
            held: Rc::clone(held),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let added = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let disk = &self.held.disk;
        if disk.get().saturating_add(added) > ON_DISK {
            return Err(Refused(
                "the rows of the query have more than 1 GiB; add `LIMIT`, or read by key: `WHERE id > ? ORDER BY id LIMIT 1000`"
                    .to_owned(),
            ));
        }
        disk.set(disk.get() + added);
        self.bytes += added;
        self.file
            .write_all(bytes)
            .map_err(|error| unwritten(&error))
    }
}

impl Drop for Spilled {
    fn drop(&mut self) {
        let Held { disk, files, .. } = &*self.held;
        disk.set(disk.get().saturating_sub(self.bytes));
        files.set(files.get().saturating_sub(1));
    }
}

impl Read for Spilled {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.read(bytes)
    }
}

fn unwritten(error: &io::Error) -> Refused {
    Refused(format!(
        "the rows of the query do not fit into memory, and cannot be written to a file: {error}"
    ))
}

// What a cell begins with.
const NULL: u8 = 0;
const INTEGER: u8 = 1;
const REAL: u8 = 2;
const BYTES: u8 = 3;

impl Packing {
    pub(super) fn new(held: &Rc<Held>) -> Self {
        Self {
            names: Vec::new(),
            number: 0,
            bytes: Vec::new(),
            file: None,
            held: Rc::clone(held),
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`Refused`] if there are too many rows, or the file cannot be written.
    pub(super) fn add(&mut self, names: &[&str], cells: &[Cell<'_>]) -> Result<(), Refused> {
        if self.number == 0 {
            self.names = names.iter().copied().map(str::to_owned).collect();
        }
        self.number += 1;
        for cell in cells {
            match *cell {
                Cell::Null => self.bytes.push(NULL),
                Cell::Integer(number) => self.add_bytes(INTEGER, &number.to_le_bytes()),
                Cell::Real(number) => self.add_bytes(REAL, &number.to_le_bytes()),
                Cell::Text(text) => self.add_text(text.as_bytes())?,
                Cell::Blob(bytes) => self.add_text(bytes)?,
            }
        }
        match self.bytes.len() > IN_MEMORY {
            true => self.spill(),
            false => Ok(()),
        }
    }

    fn add_bytes(&mut self, kind: u8, bytes: &[u8]) {
        self.bytes.push(kind);
        self.bytes.extend_from_slice(bytes);
    }

    fn add_text(&mut self, text: &[u8]) -> Result<(), Refused> {
        let length = u32::try_from(text.len())
            .map_err(|_| Refused("a value of the query is too large".to_owned()))?;
        self.add_bytes(BYTES, &length.to_le_bytes());
        self.bytes.extend_from_slice(text);
        // The values of one row can be large together.
        match self.bytes.len() > IN_MEMORY {
            true => self.spill(),
            false => Ok(()),
        }
    }

    fn spill(&mut self) -> Result<(), Refused> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => Spilled::new(&self.held)?,
        };
        file.write(&self.bytes)?;
        self.bytes.clear();
        self.file = Some(file);
        Ok(())
    }

    /// The rows, from the first on.
    ///
    /// # Errors
    /// [`Refused`] if the file cannot be written.
    pub(super) fn finish(mut self) -> Result<Rows, Refused> {
        let is_full = self.held.memory.get() + self.bytes.len() > IN_MEMORY_TOGETHER;
        if self.file.is_some() || is_full {
            self.spill()?;
        }
        let source = match self.file {
            Some(mut file) => {
                file.file.rewind().map_err(|error| unwritten(&error))?;
                Source::File(BufReader::new(file))
            }
            None if self.number == 0 => Source::Nothing,
            None => Source::Memory(InMemory::new(self.bytes, self.held)),
        };
        Ok(Rows {
            names: self.names,
            left: self.number,
            source,
            text: Vec::new(),
        })
    }
}

impl Rows {
    /// The next row with its values by column; `None` behind the last one.
    ///
    /// # Errors
    /// When Lua has no memory left, or the file cannot be read.
    pub(super) fn next(&mut self, lua: &Lua) -> mlua::Result<Option<Table>> {
        if self.left == 0 {
            // The script may keep the iterator for long.
            self.source = Source::Nothing;
            return Ok(None);
        }
        self.left -= 1;
        let row = lua.create_table_with_capacity(0, self.names.len())?;
        let Self {
            source,
            names,
            text,
            ..
        } = self;
        for name in names {
            let value = match source {
                Source::Nothing => Value::Nil,
                Source::Memory(memory) => cell(lua, &mut memory.bytes, text)?,
                Source::File(file) => cell(lua, file, text)?,
            };
            row.raw_set(name.as_str(), value)?;
        }
        Ok(Some(row))
    }
}

fn cell(lua: &Lua, bytes: &mut impl Read, text: &mut Vec<u8>) -> mlua::Result<Value> {
    let unread = |error: io::Error| {
        mlua::Error::runtime(format!(
            "the rows of the query cannot be read again: {error}"
        ))
    };
    let [kind] = take(bytes).map_err(unread)?;
    Ok(match kind {
        INTEGER => Value::Integer(i64::from_le_bytes(take(bytes).map_err(unread)?)),
        REAL => Value::Number(f64::from_le_bytes(take(bytes).map_err(unread)?)),
        BYTES => {
            let length = u32::from_le_bytes(take(bytes).map_err(unread)?);
            text.clear();
            let read = bytes.take(u64::from(length)).read_to_end(text);
            read.map_err(unread)?;
            Value::String(lua.create_string(&text)?)
        }
        _ => Value::Nil,
    })
}

fn take<const N: usize>(bytes: &mut impl Read) -> io::Result<[u8; N]> {
    let mut taken = [0; N];
    bytes.read_exact(&mut taken)?;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packs so many rows with a text of this length.
    fn packed(held: &Rc<Held>, rows: i64, length: usize) -> Result<Rows, Refused> {
        let text = "x".repeat(length);
        let mut packing = Packing::new(held);
        for number in 0..rows {
            let cells = [
                Cell::Integer(number),
                Cell::Text(&text),
                Cell::Null,
                Cell::Real(0.5),
                Cell::Blob(&[255]),
            ];
            packing.add(&["a", "b", "c", "d", "e"], &cells)?;
        }
        packing.finish()
    }

    fn sums(held: &Held) -> (usize, u64, usize) {
        (held.memory.get(), held.disk.get(), held.files.get())
    }

    #[test]
    fn rows_come_out_as_they_went_in_and_leave_nothing() {
        let lua = Lua::new();
        for (rows, length, in_memory, files) in [
            (0, 0, 0, 0),
            (3, 5, 3 * (9 + 10 + 1 + 9 + 6), 0),
            (3, 2 << 20, 0, 1),
            (50_000, 100, 0, 1),
        ] {
            let held = Rc::<Held>::default();
            let mut packed = packed(&held, rows, length).unwrap();
            assert_eq!((held.memory.get(), held.files.get()), (in_memory, files));
            for number in 0..rows {
                let row = packed.next(&lua).unwrap().unwrap();
                assert_eq!(row.raw_get::<i64>("a").unwrap(), number);
                assert_eq!(row.raw_get::<String>("b").unwrap().len(), length);
                assert_eq!(row.raw_get::<Value>("c").unwrap(), Value::Nil);
                assert_eq!(row.raw_get::<f64>("d").unwrap(), 0.5);
                let blob: mlua::LuaString = row.raw_get("e").unwrap();
                assert_eq!(*blob.as_bytes(), [255]);
            }
            assert!(packed.next(&lua).unwrap().is_none());
            assert!(packed.next(&lua).unwrap().is_none());
            assert_eq!(sums(&held), (0, 0, 0));
        }
    }

    #[test]
    fn what_all_queries_hold_is_bounded() {
        let held = Rc::<Held>::default();
        // Nearly 16 MiB in memory. Later ones go to files, however small.
        let kept: Vec<_> = (0..22)
            .map(|_| packed(&held, 3, 250_000).unwrap())
            .collect();
        assert_eq!(held.files.get(), 0);
        let mut files: Vec<_> = (0..FILES)
            .map(|_| packed(&held, 4, 250_000).unwrap())
            .collect();
        assert_eq!(held.files.get(), FILES);
        assert!(held.is_much());
        let refused = packed(&held, 4, 250_000).err().unwrap();
        assert_eq!(
            refused.0,
            "16 large queries wait to be read to their ends; read one to its end, or add `LIMIT`"
        );
        files.pop();
        assert!(packed(&held, 4, 250_000).is_ok());
        drop((kept, files));
        assert_eq!(sums(&held), (0, 0, 0));
        held.disk.set(ON_DISK - 5_000_000);
        let refused = packed(&held, 6, 1_000_000).err().unwrap();
        assert!(
            refused
                .0
                .starts_with("the rows of the query have more than 1 GiB")
        );
        assert_eq!(sums(&held), (0, ON_DISK - 5_000_000, 0));
    }
}
