//! `ouzel.table`: declares a table of the database, which is made when the script loads, and the rows of such a table.

use std::{cell::Cell, collections::HashMap, ffi::c_void, ptr, rc::Rc};

use mlua::{IntoLua, Lua, Result, Table, Value};

use super::{
    Answer, Host, caller,
    column::Kind,
    counted, internal, plain_table,
    table_options::{read_keys, read_strict},
    text, type_name,
};
use crate::{
    row::{self, Made, Refused, TableSpec},
    script::{
        error::Misuse,
        loader::Sources,
        lua::{raising, strict},
        raw::with_fields,
        reference::{
            self,
            table::{COUNT, DELETE, GET, INSERT, TABLE, UPDATE, UPSERT},
        },
        value::{Argument, row_table},
    },
};

/// The most columns of a table. SQLite's own limit is 2 000, and one statement can hold more values than this.
const MAX_COLUMNS: usize = 500;

/// The name that `with_fields` gives to a field whose key is not a string. No column can have this name.
const UNNAMED: &[u8] = b"?";

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    let shared = Rc::clone(host);
    host.add(lua, ouzel, &TABLE, move |host, lua, arguments| {
        let name = arguments.front().cloned().unwrap_or(Value::Nil);
        let columns = arguments.get(1).cloned().unwrap_or(Value::Nil);
        let options = arguments.get(2).unwrap_or(&Value::Nil);
        let (mut spec, kinds) = read(&name, &columns, options)?;
        let (file, line) = caller(lua);
        in_written_order(&mut spec, &host.sources.borrow(), &file, line);
        read_keys(&mut spec, options)?;
        let made = host.declaring("ouzel.table", |loading| {
            let tables = &mut loading.declared.tables;
            if tables.iter().any(|table| table.name == spec.name) {
                return Err(Misuse::new(format!(
                    "table `{}` is declared twice",
                    spec.name
                )));
            }
            let made = host
                .database
                .declare(spec.clone())
                .map_err(|refused| Misuse::new(format!("table `{}`: {refused}", spec.name)))?;
            tables.push(spec.clone());
            Ok(made)
        })?;
        let kinds = (spec.columns.iter())
            .map(|(column, _)| kinds.get(column).copied().unwrap_or(Kind::Any))
            .collect();
        handle(lua, &shared, made, spec, kinds).map_err(internal)
    })
}

/// Sorts the columns into the order in which the call writes them, because a Lua table does not keep an order. Columns
/// that the call does not write out come last, sorted by name.
fn in_written_order(spec: &mut TableSpec, sources: &Sources, file: &str, line: usize) {
    let known = |name: &str| spec.columns.iter().any(|(column, _)| column == name);
    let written = sources.entry_names(file, line, "table", &spec.name, known);
    let written: HashMap<_, _> = (written.unwrap_or_default().into_iter())
        .enumerate()
        .map(|(place, name)| (name, place))
        .collect();
    spec.columns.sort_by_cached_key(|(name, _)| {
        let place = written.get(name.as_str()).copied();
        (place.unwrap_or(usize::MAX), name.clone())
    });
}

/// Whether a name can be used in SQL without quotes.
fn is_identifier(name: &str) -> bool {
    let start = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.len() <= 63
        && name.starts_with(start)
        && name.chars().all(|c| start(c) || c.is_ascii_digit())
}

/// Reads a declaration: the table without its keys, and the type of each column by its name.
fn read(
    name: &Value,
    columns: &Value,
    options: &Value,
) -> Answer<(TableSpec, HashMap<String, Kind>)> {
    let name = text(name, "the name that `ouzel.table` takes first")?;
    if !is_identifier(&name) {
        return Err(Misuse::new(format!(
            "`{name}` is no table name; a name is letters, digits and `_`, and begins with no digit"
        )));
    }
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("_ouzel_") || lower.starts_with("sqlite_") {
        return Err(Misuse::new(format!(
            "`{name}` is no table name for a script; `_ouzel_` and `sqlite_` begin the names of others"
        )));
    }
    let list = plain_table(
        columns,
        &format!("what `ouzel.table(\"{name}\", …)` takes second"),
    )?;
    let is_strict = read_strict(&name, options)?;
    let mut columns = Vec::new();
    let mut kinds = HashMap::new();
    for pair in list.pairs::<Value, Value>() {
        let (column, kind) = pair.map_err(internal)?;
        let Value::String(column) = &column else {
            return Err(Misuse::new(format!(
                "the columns of table `{name}` are named fields: {{ id = \"INTEGER PRIMARY KEY\" }}"
            )));
        };
        let column = column.to_string_lossy();
        if !is_identifier(&column) {
            return Err(Misuse::new(format!(
                "`{column}` is no column name; a name is letters, digits and `_`, and begins with no digit"
            ))
            .at_word(&*column));
        }
        let kind = text(&kind, &format!("the type of column `{column}`"))
            .map_err(|misuse| misuse.at_word(&*column))?;
        if kind.trim().is_empty()
            || kind.contains([';', '\0'])
            || kind.contains("--")
            || kind.contains("/*")
        {
            return Err(Misuse::new(format!(
                "`{kind}` is no type for column `{column}`; write one such as \"TEXT\" or \"INTEGER NOT NULL\""
            ))
            .at_word(&*column));
        }
        let kind = kind.trim();
        kinds.insert(column.clone(), Kind::read(&name, &column, kind, is_strict)?);
        columns.push((column, kind.to_owned()));
    }
    if columns.is_empty() || columns.len() > MAX_COLUMNS {
        return Err(Misuse::new(format!(
            "table `{name}` has {} columns; 1 to {MAX_COLUMNS} are possible",
            columns.len()
        )));
    }
    let spec = TableSpec {
        name,
        columns,
        primary_key: Vec::new(),
        indices: Vec::new(),
        is_strict,
    };
    Ok((spec, kinds))
}

/// A declared table, and the Lua value that stands for it.
struct Handle {
    number: usize,
    spec: TableSpec,
    /// The type of each column.
    kinds: Vec<Kind>,
    /// Whether text for a BLOB column is written as a blob. A STRICT table takes nothing else there.
    makes_blobs: bool,
    /// The address of that Lua value. It tells `mentions:insert(row)` from `mentions.insert(row)`.
    address: Cell<*const c_void>,
}

fn handle(
    lua: &Lua,
    host: &Rc<Host>,
    made: Made,
    spec: TableSpec,
    kinds: Vec<Kind>,
) -> Result<Table> {
    let handle = Rc::new(Handle {
        number: made.number,
        makes_blobs: made.is_strict && kinds.contains(&Kind::Blob),
        spec,
        kinds,
        address: Cell::new(ptr::null()),
    });
    let fields = lua.create_table()?;
    for (method, replace) in [(&INSERT, false), (&UPSERT, true)] {
        let (host, handle) = (Rc::clone(host), Rc::clone(&handle));
        // This does not use `Host::function`: making a list of arguments for each row would cost more than the insert.
        let write = lua.create_function(move |lua, (this, row, more): (Value, Value, Value)| {
            let answer = handle.called(&this, method.name()).and_then(|()| {
                if !more.is_nil() {
                    handle.counted(method, 2)?;
                }
                handle.write(&host, lua, &row, method.name(), replace)
            });
            host.answer(lua, answer)
        })?;
        fields.raw_set(method.name(), raising(lua, write)?)?;
    }
    handle.add(lua, host, &fields, &UPDATE, Handle::update)?;
    handle.add(lua, host, &fields, &DELETE, Handle::delete)?;
    handle.add(lua, host, &fields, &GET, Handle::get)?;
    handle.add(lua, host, &fields, &COUNT, Handle::count)?;
    fields.raw_set("name", handle.spec.name.as_str())?;
    let kind = format!("the table `{}` of the database", handle.spec.name);
    let table = strict(lua, &handle.spec.name, &kind, fields)?;
    handle.address.set(table.to_pointer());
    Ok(table)
}

/// What a method gets besides the table itself.
type Arguments<'a> = (&'a Value, &'a Value);

impl Handle {
    fn add<R: IntoLua>(
        self: &Rc<Self>,
        lua: &Lua,
        host: &Rc<Host>,
        fields: &Table,
        described: &'static reference::Function,
        method: impl Fn(&Self, &Host, &Lua, Arguments<'_>) -> Answer<R> + 'static,
    ) -> Result<()> {
        let handle = Rc::clone(self);
        let function = host.function(lua, move |host, lua, arguments| {
            let argument = |number| arguments.get(number).unwrap_or(&Value::Nil);
            handle.called(argument(0), described.name())?;
            handle.counted(described, arguments.len() - 1)?;
            method(&handle, host, lua, (argument(1), argument(2)))
        })?;
        fields.raw_set(described.name(), function)
    }

    fn counted(&self, described: &reference::Function, count: usize) -> Answer<()> {
        counted(described, count, || {
            format!("{}:{}", self.spec.name, described.name())
        })
    }

    fn called(&self, this: &Value, name: &str) -> Answer<()> {
        if matches!(this, Value::Table(table) if table.to_pointer() == self.address.get()) {
            return Ok(());
        }
        Err(Misuse::new(format!(
            "`{name}` is called with a colon: `{}:{name}(…)`",
            self.spec.name
        )))
    }

    fn write(&self, host: &Host, lua: &Lua, row: &Value, name: &str, replace: bool) -> Answer<()> {
        let spec = &self.spec;
        let Value::Table(row) = row else {
            // The text is made only if it is needed, because this runs for every row.
            plain_table(row, &format!("the row that `{}:{name}` takes", spec.name))?;
            return Ok(());
        };
        if replace && spec.primary_key.is_empty() {
            return Err(Misuse::new(format!(
                "table `{}` has no primary key, so `upsert` cannot tell which row to replace",
                spec.name
            ))
            .hint(
                "declare a column as \"INTEGER PRIMARY KEY\" or \"TEXT PRIMARY KEY\", or use `insert`",
            ));
        }
        self.with_cells(lua, row, true, |cells| {
            (host.database.insert(self.number, cells, replace))
                .map_err(|refused| self.refused(&refused))
        })
    }

    fn update(&self, host: &Host, lua: &Lua, (rows, changes): Arguments<'_>) -> Answer<usize> {
        let name = &self.spec.name;
        let Value::Table(changes) = changes else {
            return Err(Misuse::new(format!(
                "what `{name}:update` takes second has to be a table of columns, not {}",
                type_name(changes)
            )));
        };
        self.with_rows(lua, rows, "update", |matching| {
            self.with_cells(lua, changes, true, |changes| {
                if changes.is_empty() {
                    return Err(Misuse::new(format!(
                        "what `{name}:update` takes second names no column, so there is nothing to change"
                    ))
                    .hint("a field that is nil is no field; `ouzel.json.null` writes NULL"));
                }
                (host.database.update(self.number, matching, changes))
                    .map_err(|refused| self.refused(&refused))
            })
        })
    }

    fn delete(&self, host: &Host, lua: &Lua, (rows, _): Arguments<'_>) -> Answer<usize> {
        self.with_rows(lua, rows, "delete", |matching| {
            (host.database.delete(self.number, matching)).map_err(|refused| self.refused(&refused))
        })
    }

    fn get(&self, host: &Host, lua: &Lua, (key, _): Arguments<'_>) -> Answer<Value> {
        let mut found = Value::Nil;
        let mut read = |cells: &[(u16, row::Cell<'_>)]| {
            let mut each = |names: &[&str], cells: &[row::Cell<'_>]| {
                let row = row_table(lua, names, cells)
                    .map_err(|error| Refused(internal(error).message))?;
                found = Value::Table(row);
                Ok(())
            };
            (host.database.get(self.number, cells, &mut each))
                .map_err(|refused| self.refused(&refused))
        };
        match key {
            Value::Table(key) if !self.spec.primary_key.is_empty() => {
                self.with_cells(lua, key, false, |cells| {
                    self.is_key(cells)?;
                    read(cells)
                })?;
            }
            key => self.with_key(key, "get", read)?,
        }
        Ok(found)
    }

    fn count(&self, host: &Host, lua: &Lua, (matching, _): Arguments<'_>) -> Answer<i64> {
        let count = |cells: &[(u16, row::Cell<'_>)]| {
            (host.database.count(self.number, cells)).map_err(|refused| self.refused(&refused))
        };
        match matching {
            Value::Nil => count(&[]),
            Value::Table(matching) => self.with_cells(lua, matching, false, count),
            other => Err(Misuse::new(format!(
                "what `{}:count` takes has to be a table of columns, not {}",
                self.spec.name,
                type_name(other)
            ))),
        }
    }

    /// Calls `act` with the cells that say which rows are meant: those of a table of columns, or the primary key.
    fn with_rows<R>(
        &self,
        lua: &Lua,
        rows: &Value,
        method: &str,
        act: impl FnOnce(&[(u16, row::Cell<'_>)]) -> Answer<R>,
    ) -> Answer<R> {
        let Value::Table(rows) = rows else {
            return self.with_key(rows, method, act);
        };
        self.with_cells(lua, rows, false, |cells| {
            if cells.is_empty() {
                return Err(Misuse::new(format!(
                    "what `{}:{method}` takes first names no column, so it would mean every row",
                    self.spec.name
                ))
                .hint("a field that is nil is no field; for every row there is `ouzel.db.exec`"));
            }
            act(cells)
        })
    }

    /// Calls `act` with the cell of a primary key of one column.
    fn with_key<R>(
        &self,
        key: &Value,
        method: &str,
        act: impl FnOnce(&[(u16, row::Cell<'_>)]) -> Answer<R>,
    ) -> Answer<R> {
        let name = &self.spec.name;
        let column = match &self.spec.primary_key[..] {
            [] if method == "get" => {
                return Err(Misuse::new(format!("table `{name}` has no primary key"))
                    .hint("`ouzel.db.one` reads any row"));
            }
            [] => {
                return Err(
                    Misuse::new(format!("table `{name}` has no primary key")).hint(format!(
                        "say which rows by their columns: `{name}:{method} {{ column = value }}`"
                    )),
                );
            }
            [column] => column,
            several => {
                let fields: Vec<_> = several.iter().map(|name| format!("{name} = …")).collect();
                return Err(Misuse::new(format!(
                    "the primary key of table `{name}` has {} columns: `{{ {} }}`",
                    several.len(),
                    fields.join(", ")
                )));
            }
        };
        let key = match key {
            Value::Nil if method != "get" => Err("nil"),
            key => Argument::read(key),
        };
        let key = key.map_err(|kind| {
            let a = if kind == "nil" { "" } else { "a " };
            Misuse::new(format!(
                "the key that `{name}:{method}` takes cannot be {a}{kind}"
            ))
        })?;
        let position = position(&self.spec, column.as_bytes()).unwrap_or_default();
        act(&[(position, self.as_stored(position, key.cell()))])
    }

    /// Checks that these are the columns of the primary key.
    fn is_key(&self, cells: &[(u16, row::Cell<'_>)]) -> Answer<()> {
        let spec = &self.spec;
        let given = |column: &String| {
            (cells.iter()).any(|(position, _)| spec.columns[usize::from(*position)].0 == *column)
        };
        let key = &spec.primary_key;
        if cells.len() == key.len() && key.iter().all(given) {
            return Ok(());
        }
        Err(Misuse::new(format!(
            "`{}:get` takes the primary key ({}), and no other columns",
            spec.name,
            key.join(", ")
        ))
        .hint("`ouzel.db.one` reads a row by other columns"))
    }

    fn refused(&self, refused: &Refused) -> Misuse {
        Misuse::new(format!("table `{}`: {refused}", self.spec.name))
    }

    /// The cell in the form in which the column stores it.
    fn as_stored<'c>(&self, column: u16, cell: row::Cell<'c>) -> row::Cell<'c> {
        match cell {
            row::Cell::Text(text)
                if self.makes_blobs && self.kinds[usize::from(column)] == Kind::Blob =>
            {
                row::Cell::Blob(text.as_bytes())
            }
            cell => cell,
        }
    }

    /// Calls `act` with the cells of a row while the cells lie on the Lua stack. Values that are to be written have to
    /// fit the types of their columns.
    fn with_cells<R>(
        &self,
        lua: &Lua,
        row: &Table,
        is_written: bool,
        act: impl FnOnce(&[(u16, row::Cell<'_>)]) -> Answer<R>,
    ) -> Answer<R> {
        with_fields(lua, row, |fields| {
            let mut cells = Vec::with_capacity(fields.len());
            for (field, cell) in fields {
                let Some(column) = position(&self.spec, field) else {
                    return Err(self.unknown(field));
                };
                let cell = match *cell {
                    Ok(cell) => cell,
                    Err(kind) => return Err(self.no_cell(column, kind)),
                };
                if is_written && let Err(why) = self.kinds[usize::from(column)].check(cell) {
                    return Err(self.misfit(column, why));
                }
                cells.push((column, self.as_stored(column, cell)));
            }
            // Sorted by column, so that the same set of fields always gives the same statement.
            cells.sort_unstable_by_key(|(column, _)| *column);
            act(&cells)
        })
        .map_err(internal)?
    }

    fn unknown(&self, field: &[u8]) -> Misuse {
        let name = &self.spec.name;
        if field == UNNAMED {
            return Misuse::new(format!(
                "a row of table `{name}` has a field without a name"
            ));
        }
        let field = String::from_utf8_lossy(field);
        Misuse::unknown(
            format!("table `{name}` has no column `{field}`"),
            &field,
            self.spec.columns.iter().map(|(name, _)| name.as_str()),
        )
    }

    /// The error for a value that no column can hold.
    fn no_cell(&self, column: u16, kind: &str) -> Misuse {
        let column = &self.spec.columns[usize::from(column)].0;
        let misuse = Misuse::new(format!(
            "column `{column}` of table `{}` cannot hold a {kind}",
            self.spec.name
        ))
        .at_word(column);
        match kind {
            "table" => misuse.hint("`ouzel.json.encode` makes text of a table"),
            _ => misuse,
        }
    }

    /// The error for a value that this column does not take.
    fn misfit(&self, column: u16, (value, hint): (&str, &str)) -> Misuse {
        let kind = self.kinds[usize::from(column)].name();
        let column = &self.spec.columns[usize::from(column)].0;
        Misuse::new(format!(
            "column `{column}` of table `{}` is {kind} and cannot hold {value}",
            self.spec.name
        ))
        .hint(hint)
        .at_word(column)
    }
}

fn position(spec: &TableSpec, field: &[u8]) -> Option<u16> {
    spec.columns
        .iter()
        .position(|(name, _)| name.as_bytes() == field)
        .and_then(|position| u16::try_from(position).ok())
}
