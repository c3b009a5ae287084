//! `ouzel.emit` and `ouzel.sink`: JSON Lines on stdout and in files.

use std::rc::Rc;

use mlua::{Lua, Result, Table, UserData, Value};

use super::{Host, text, type_name};
use crate::script::{
    error::Misuse,
    raw::to_json,
    reference::output::{EMIT, SINK},
};

/// The most bytes that the handlers of one Tweet, or the load of a script, may emit.
const MAX_EMITTED: usize = 32 << 20;

/// The longest name of a sink. Any file system allows names of this length.
const MAX_NAME: usize = 200;

/// Lines of JSON that wait to be written, for stdout and for each sink.
#[derive(Debug, Default)]
pub(in crate::script) struct Emitted {
    stdout: Vec<u8>,
    sinks: Vec<(String, Vec<u8>)>,
    /// The lengths before the current Tweet: first of stdout's lines, then of each sink's lines.
    before: Vec<usize>,
}

/// A sink as a script holds it: its number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sink(usize);

impl UserData for Sink {}

impl Emitted {
    /// From now on, emitted lines belong to one new Tweet.
    pub(in crate::script) fn begin_tweet(&mut self) {
        self.before.clear();
        self.before.push(self.stdout.len());
        let sinks = self.sinks.iter().map(|(_, lines)| lines.len());
        self.before.extend(sinks);
    }

    /// Takes back the lines that the current Tweet emitted.
    pub(in crate::script) fn take_back_tweet(&mut self) {
        let all = std::iter::once(&mut self.stdout);
        let all = all.chain(self.sinks.iter_mut().map(|(_, lines)| lines));
        for (lines, before) in all.zip(&self.before) {
            lines.truncate(*before);
        }
    }

    /// Takes the lines for stdout.
    pub(in crate::script) fn take_stdout(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.stdout)
    }

    /// The names of the sinks.
    pub(in crate::script) fn sinks(&self) -> Vec<String> {
        self.sinks.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Takes the lines for each sink that has some, with the sink's name.
    pub(in crate::script) fn take_sinks(&mut self) -> Vec<(String, Vec<u8>)> {
        let some = self.sinks.iter_mut().filter(|(_, lines)| !lines.is_empty());
        some.map(|(name, lines)| (name.clone(), std::mem::take(lines)))
            .collect()
    }

    fn declare(&mut self, name: String) -> usize {
        if let Some(known) = self.sinks.iter().position(|(known, _)| *known == name) {
            return known;
        }
        self.sinks.push((name, Vec::new()));
        self.sinks.len() - 1
    }

    fn target(&mut self, sink: Option<Sink>) -> &mut Vec<u8> {
        match sink {
            Some(Sink(number)) => &mut self.sinks[number].1,
            None => &mut self.stdout,
        }
    }
}

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    host.add(lua, ouzel, &EMIT, |host, lua, arguments| {
        let value = arguments.front().unwrap_or(&Value::Nil);
        let sink = arguments.get(1).map(as_sink).transpose()?;
        let mut emitted = host.emitted.borrow_mut();
        let out = emitted.target(sink);
        let before = out.len();
        to_json(lua, value, out).map_err(|error| Misuse::new(error.to_string()))?;
        out.push(b'\n');
        if out.len() > MAX_EMITTED {
            out.truncate(before);
            return Err(Misuse::new(format!(
                "more than {MAX_EMITTED} bytes are waiting to be written"
            )));
        }
        Ok(())
    })?;
    host.add(lua, ouzel, &SINK, |host, lua, arguments| {
        let name = text(arguments.front().unwrap_or(&Value::Nil), "the name of a sink")?;
        if !is_file_name(&name) {
            return Err(Misuse::new(format!(
                "`{name}` cannot be the name of a sink: it is a file in the folder `sinks`, and takes letters, digits, `-`, `_` and `.`"
            )));
        }
        host.declaring("ouzel.sink", |_| Ok(()))?;
        let number = host.emitted.borrow_mut().declare(name);
        lua.create_userdata(Sink(number)).map_err(super::internal)
    })
}

fn as_sink(value: &Value) -> std::result::Result<Sink, Misuse> {
    let sink = value
        .as_userdata()
        .and_then(|data| data.borrow::<Sink>().ok());
    sink.map(|sink| *sink).ok_or_else(|| {
        let misuse = Misuse::new(format!(
            "`ouzel.emit` writes to what `ouzel.sink` gives, not to {}",
            type_name(value)
        ));
        match value {
            Value::String(_) => misuse.hint(
                "declare the file first: `local hits = ouzel.sink(\"hits.jsonl\")`, then `ouzel.emit(value, hits)`",
            ),
            _ => misuse,
        }
    })
}

fn is_file_name(name: &str) -> bool {
    let is_fit = |sign: char| sign.is_alphanumeric() || matches!(sign, '-' | '_' | '.');
    (1..=MAX_NAME).contains(&name.len()) && !name.starts_with('.') && name.chars().all(is_fit)
}
