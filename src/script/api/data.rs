//! `ouzel.lines` and `ouzel.csv`: files of data below the script's folder, read while the script loads. A change of one
//! loads the script again.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    rc::Rc,
};

use csv::{ByteRecord, ReaderBuilder, Trim};
use mlua::{Lua, MultiValue, Result, Table, Value};

use super::{Answer, Host, internal, plain_table, text, type_name};
use crate::script::{
    below::{Refusal, plain_name},
    error::Misuse,
    reference::data::{CSV, CSV_OPTIONS_TYPE, LINES},
};

/// The longest line, and the longest row of a CSV file. A quote that is not closed would make one row of the whole file.
const MAX_LINE: usize = 1 << 20;

/// The most columns of a CSV file.
const MAX_COLUMNS: usize = 1_000;

/// How many files may be open at the same time. A loop that is left early keeps its file until Lua collects it.
const MAX_OPEN: usize = 64;

const MARK: &[u8] = b"\xEF\xBB\xBF";

const HEADER: &str = "header";
const SEPARATOR: &str = "separator";

/// A file that is read, one of few.
struct Opened {
    file: BufReader<File>,
    /// How many bytes may still be read for the row at hand.
    left: Rc<Cell<usize>>,
    open: Rc<Cell<usize>>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.open.set(self.open.get().saturating_sub(1));
    }
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min(self.left.get());
        if room == 0 && !buffer.is_empty() {
            return Err(io::Error::other(format!(
                "it has more than {MAX_LINE} bytes"
            )));
        }
        let count = self.file.read(&mut buffer[..room])?;
        self.left.set(self.left.get() - count);
        Ok(count)
    }
}

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    let open = Rc::new(Cell::new(0));
    let (shared, counter) = (Rc::clone(host), Rc::clone(&open));
    host.add(lua, ouzel, &LINES, move |host, lua, arguments| {
        let (name, file) = opened(host, lua, &arguments, LINES.path(), &counter)?;
        lines_of(lua, &shared, name, file).map_err(internal)
    })?;
    let shared = Rc::clone(host);
    host.add(lua, ouzel, &CSV, move |host, lua, arguments| {
        let options = Options::read(arguments.get(1).unwrap_or(&Value::Nil))?;
        let (name, file) = opened(host, lua, &arguments, CSV.path(), &open)?;
        Rows::open(name, file, &options)?.iterator(lua, &shared)
    })
}

/// Opens the file that a function takes first.
fn opened(
    host: &Host,
    lua: &Lua,
    arguments: &MultiValue,
    function: &str,
    open: &Rc<Cell<usize>>,
) -> Answer<(String, Opened)> {
    let written = text(
        arguments.front().unwrap_or(&Value::Nil),
        &format!("the path that `{function}` takes"),
    )?;
    host.declaring(function, |_| Ok(()))
        .map_err(|misuse| misuse.hint("read the file into a table while the script loads; a change of it loads the script again"))?;
    let refused = |refusal: &Refusal| {
        let misuse = Misuse::new(format!("`{function}` cannot read `{written}`: {refusal}"));
        match refusal.hint() {
            Some(hint) => misuse.hint(hint),
            None => misuse,
        }
    };
    let name = plain_name(&written).map_err(|refusal| refused(&refusal))?;
    if open.get() >= MAX_OPEN {
        lua.gc_collect().map_err(internal)?;
    }
    if open.get() >= MAX_OPEN {
        return Err(Misuse::new(format!("{MAX_OPEN} files are open already"))
            .hint("a file is closed when its loop has come to the end"));
    }
    let mut sources = host.sources.borrow_mut();
    let file = sources.open_data(&name).map_err(|refusal| match refusal.is_missing() {
        true => Misuse {
            message: format!("`{function}` cannot read `{written}`: there is no such file below the script's folder"),
            ..Misuse::unknown(String::new(), &written, sources.beside(&name).iter().map(String::as_str))
        },
        false => refused(&refusal),
    })?;
    drop(sources);
    let mut file = BufReader::new(file);
    // Some programs begin a file with a byte order mark, which belongs to no value.
    let start = file
        .fill_buf()
        .map_err(|error| cannot_read(&name, &error))?;
    if start.starts_with(MARK) {
        file.consume(MARK.len());
    }
    open.set(open.get() + 1);
    let (left, open) = (Rc::default(), Rc::clone(open));
    Ok((name, Opened { file, left, open }))
}

fn cannot_read(name: &str, error: &io::Error) -> Misuse {
    Misuse::new(format!("`{name}` cannot be read: {error}"))
}

fn lines_of(lua: &Lua, host: &Rc<Host>, name: String, file: Opened) -> Result<mlua::Function> {
    let file = Cell::new(Some(file));
    let number = Cell::new(0_usize);
    host.function(lua, move |_, lua, _| {
        // A finalizer may come back here from within an allocation: nothing is borrowed then.
        let Some(mut open) = file.take() else {
            return Ok(Value::Nil);
        };
        number.set(number.get() + 1);
        let mut line = Vec::new();
        let mut limited = (&mut open.file).take(MAX_LINE as u64 + 1);
        let read = limited.read_until(b'\n', &mut line);
        read.map_err(|error| cannot_read(&name, &error))?;
        if line.is_empty() {
            return Ok(Value::Nil);
        }
        if line.len() > MAX_LINE {
            return Err(Misuse::new(format!(
                "line {} of `{name}` has more than {MAX_LINE} bytes",
                number.get()
            )));
        }
        file.replace(Some(open));
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        Ok(Value::String(lua.create_string(text).map_err(internal)?))
    })
}

/// How a CSV file is written.
struct Options {
    header: bool,
    separator: u8,
}

impl Options {
    fn read(value: &Value) -> Answer<Self> {
        let mut options = Self {
            header: true,
            separator: b',',
        };
        if value.is_nil() {
            return Ok(options);
        }
        let table = plain_table(value, "what `ouzel.csv` takes second")?;
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair.map_err(internal)?;
            let Value::String(name) = &key else {
                return Err(Misuse::new(
                    "the options of `ouzel.csv` are named fields: { header = false, separator = \";\" }",
                ));
            };
            match (&*name.to_string_lossy(), &value) {
                (HEADER, Value::Boolean(header)) => options.header = *header,
                (HEADER, other) => {
                    return Err(Misuse::new(format!(
                        "`header` of `ouzel.csv` is true or false, not {}",
                        type_name(other)
                    ))
                    .at_word(HEADER));
                }
                (SEPARATOR, value) => options.separator = separator(value)?,
                (other, _) => {
                    return Err(Misuse::unknown(
                        format!("`ouzel.csv` has no option `{other}`"),
                        other,
                        CSV_OPTIONS_TYPE.names(),
                    ));
                }
            }
        }
        Ok(options)
    }
}

fn separator(value: &Value) -> Answer<u8> {
    let written =
        text(value, "`separator` of `ouzel.csv`").map_err(|misuse| misuse.at_word(SEPARATOR))?;
    match written.as_bytes() {
        [sign] if sign.is_ascii() && !matches!(sign, b'"' | b'\r' | b'\n') => Ok(*sign),
        _ => Err(Misuse::new(format!(
            "`separator` of `ouzel.csv` is one character of ASCII, such as \";\" or \"\\t\", not \"{written}\""
        ))
        .at_word(SEPARATOR)),
    }
}

/// The rows of a CSV file, one by one.
struct Rows {
    name: String,
    reader: Option<csv::Reader<Opened>>,
    left: Rc<Cell<usize>>,
    /// The names of the columns, if the file has them.
    header: Option<Vec<String>>,
    row: ByteRecord,
}

impl Rows {
    fn open(name: String, file: Opened, options: &Options) -> Answer<Self> {
        let left = Rc::clone(&file.left);
        let reader = ReaderBuilder::new()
            .delimiter(options.separator)
            .has_headers(false)
            // The number of fields is compared here, for the sake of the message.
            .flexible(true)
            .trim(Trim::None)
            .from_reader(file);
        let mut rows = Self {
            name,
            reader: Some(reader),
            left,
            header: None,
            row: ByteRecord::new(),
        };
        if options.header {
            rows.header = Some(rows.read_header()?);
        }
        Ok(rows)
    }

    fn read_header(&mut self) -> Answer<Vec<String>> {
        let wrong = |name: &str, what: String| {
            Misuse::new(format!("the header of `{name}` {what}"))
                .hint("the first row names the columns; without one: `ouzel.csv(path, { header = false })`")
        };
        if self.next()?.is_none() {
            return Err(wrong(
                &self.name,
                "is missing: the file is empty".to_owned(),
            ));
        }
        let mut names: Vec<String> = Vec::new();
        for (number, field) in self.row.iter().enumerate() {
            let field = str::from_utf8(field)
                .map_err(|_| wrong(&self.name, "is not UTF-8 text".to_owned()))?;
            if field.is_empty() {
                return Err(wrong(
                    &self.name,
                    format!("does not name column {}", number + 1),
                ));
            }
            if names.iter().any(|known| known == field) {
                return Err(wrong(&self.name, format!("names two columns `{field}`")));
            }
            if names.len() == MAX_COLUMNS {
                return Err(wrong(
                    &self.name,
                    format!("names more than {MAX_COLUMNS} columns"),
                ));
            }
            names.push(field.to_owned());
        }
        Ok(names)
    }

    /// Reads the next row. Gives its line; `None` at the end.
    fn next(&mut self) -> Answer<Option<u64>> {
        let Some(reader) = &mut self.reader else {
            return Ok(None);
        };
        // The reader's own buffer takes what it can get, so a row has at least this.
        self.left.set(MAX_LINE);
        let begins = reader.position().line();
        let read = reader.read_byte_record(&mut self.row);
        let line = self.row.position().map_or(0, csv::Position::line);
        match read {
            Ok(true) => Ok(Some(line)),
            Ok(false) => {
                self.reader = None;
                Ok(None)
            }
            Err(error) => {
                self.reader = None;
                Err(Misuse::new(format!(
                    "the row that begins in line {begins} of `{}` cannot be read: {error}",
                    self.name
                ))
                .hint("perhaps a `\"` is not closed: inside of quotes it is written twice"))
            }
        }
    }

    fn iterator(self, lua: &Lua, host: &Rc<Host>) -> Answer<mlua::Function> {
        let slot = Cell::new(Some(self));
        host.function(lua, move |_, lua, _| {
            // A finalizer may come back here from within an allocation: nothing is borrowed then.
            let Some(mut rows) = slot.take() else {
                return Ok(Value::Nil);
            };
            let answer = match rows.next()? {
                Some(line) => rows.table(lua, line).map(Value::Table),
                None => return Ok(Value::Nil),
            };
            slot.set(Some(rows));
            answer
        })
        .map_err(internal)
    }

    /// The row as a table: by the names of the columns, or as a list.
    fn table(&self, lua: &Lua, line: u64) -> Answer<Table> {
        let table = lua.create_table().map_err(internal)?;
        let Some(header) = &self.header else {
            for (number, field) in self.row.iter().enumerate().take(MAX_COLUMNS) {
                let field = lua.create_string(field).map_err(internal)?;
                table.raw_set(number + 1, field).map_err(internal)?;
            }
            return Ok(table);
        };
        if header.len() != self.row.len() {
            return Err(Misuse::new(format!(
                "line {line} of `{}` has {} {}, and its header {}",
                self.name,
                self.row.len(),
                if self.row.len() == 1 { "field" } else { "fields" },
                header.len()
            ))
            .hint("a field with a separator in it stands in quotes: \"a, b\"; another separator is an option: `separator = \";\"`"));
        }
        for (name, field) in header.iter().zip(&self.row) {
            let field = lua.create_string(field).map_err(internal)?;
            table.raw_set(name.as_str(), field).map_err(internal)?;
        }
        Ok(table)
    }
}
