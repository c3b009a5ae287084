//! `ouzel.regex`: regular expressions that take time in proportion to the text, whatever the pattern is.

use std::{
    cell::Cell,
    ffi::c_void,
    ptr,
    rc::Rc,
    time::{Duration, Instant},
};

use mlua::{Function, Lua, MultiValue, Result, Table, Value};
use regex::bytes::{Captures, Regex, RegexBuilder};

use super::{Answer, Host, counted, internal, text, type_name};
use crate::script::{
    error::Misuse,
    lua::{own, strict},
    reference::{
        self,
        regex::{FIND, GMATCH, IS_MATCH, MATCH, NAMED, REGEX, REPLACE},
    },
};

/// The longest pattern in bytes.
const MAX_PATTERN: usize = 10_000;

/// How many bytes the compiled form of a pattern may take, and how long the texts may be that it searches. A search takes
/// at most the product of both, some second for each of these, as `(?s-u:.){1,3000}!` does. The text of nearly all
/// Tweets has less than 1 KB, that of the longest 25 000 characters.
const SIZES: [(usize, usize); 3] = [
    (256 << 10, 64 << 10),
    (1 << 20, 16 << 10),
    (4 << 20, 4 << 10),
];

/// How much memory a search may take besides.
const MAX_SEARCHING: usize = 1 << 20;

/// How deep a pattern may be nested. The parser is recursive.
const MAX_DEPTH: u32 = 100;

/// What makes a pattern smaller.
const SMALLER: &str = "large repetitions, such as `\\w{1000}`, take most; `\\w+` is small, and `[a-z0-9_]` is smaller than `\\w`";

/// The widest drawing of a wrong pattern.
const MAX_DRAWN: usize = 200;

/// The longest text that `replace` makes.
const MAX_REPLACED: usize = 4 << 20;

/// How long `replace` may take. There are patterns for which each search reads the whole rest of the text.
const MAX_TIME: Duration = Duration::from_secs(1);

/// Wraps `replace`. For a text it is one native call. A function is called from here, so that it may raise errors and
/// yield as any other.
const FROM_MATCH_TO_MATCH: &str = r"
local native, error = ..., error
local function run(job, with, is_match, ...)
  if not is_match then return ... end
  return run(job, with, job(with(...)))
end
return function(this, text, with, ...)
  local ok, result, count = native(this, text, with, ...)
  if not ok then error(result, 2) end
  if count then return result, count end
  return run(result, with, result())
end
";

/// A compiled pattern, and the Lua value that stands for it.
struct Handle {
    regex: Regex,
    most_text: usize,
    /// The address of that Lua value. It tells `links:find(text)` from `links.find(text)`.
    address: Cell<*const c_void>,
}

/// How far a text has been searched for one match after the other.
#[derive(Default)]
struct Progress {
    at: usize,
    last_end: Option<usize>,
}

/// A `replace` with a function, between two of its calls.
struct Job {
    handle: Rc<Handle>,
    text: Vec<u8>,
    out: Vec<u8>,
    progress: Progress,
    /// The match that the function has been asked about.
    asked: Option<(usize, usize)>,
    copied: usize,
    count: usize,
    began: Instant,
}

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    let shared = Rc::clone(host);
    // Not `Host::add`, for the sake of the hint.
    let regex = host.function(lua, move |_, lua, arguments| {
        counted(&REGEX, arguments.len(), || REGEX.path().to_owned()).map_err(|misuse| {
            misuse.hint("options stand in the pattern: `(?i)` at its beginning ignores case")
        })?;
        let pattern = text(
            arguments.front().unwrap_or(&Value::Nil),
            "the pattern that `ouzel.regex` takes",
        )?;
        let (regex, most_text) = compile(&pattern)?;
        object(lua, &shared, regex, most_text).map_err(internal)
    })?;
    ouzel.raw_set(REGEX.name(), regex)
}

/// A compiled pattern, and the longest text that it may search.
fn compile(pattern: &str) -> Answer<(Regex, usize)> {
    if pattern.len() > MAX_PATTERN {
        return Err(Misuse::new(format!(
            "the pattern has {} bytes; {MAX_PATTERN} are possible",
            pattern.len()
        )));
    }
    let mut built = None;
    for (size, most_text) in SIZES {
        let regex = RegexBuilder::new(pattern)
            .size_limit(size)
            .dfa_size_limit(MAX_SEARCHING)
            .nest_limit(MAX_DEPTH)
            .build();
        let is_too_large = matches!(regex, Err(regex::Error::CompiledTooBig(_)));
        built = Some(regex.map(|regex| (regex, most_text)));
        if !is_too_large {
            break;
        }
    }
    match built {
        Some(Ok(built)) => Ok(built),
        Some(Err(error)) => Err(wrong_pattern(&error)),
        None => Err(Misuse::new("no size of a pattern is allowed")),
    }
}

/// What is wrong with a pattern, with a caret under the place.
fn wrong_pattern(error: &regex::Error) -> Misuse {
    match error {
        regex::Error::Syntax(drawn) => {
            let lines: Vec<_> = drawn.lines().skip(1).collect();
            let (reason, drawing) = match lines.split_last() {
                Some((last, drawing)) => (last.trim_start_matches("error: "), drawing),
                None => (drawn.as_str(), &[][..]),
            };
            let mut message = format!("the pattern is wrong: {reason}");
            // A drawing that is wider than a terminal shows nothing.
            let is_narrow = drawing.iter().all(|line| line.len() <= MAX_DRAWN);
            for line in drawing.iter().filter(|_| is_narrow) {
                message.push('\n');
                message += line;
            }
            let misuse = Misuse::new(message);
            match reason.contains("look-around") || reason.contains("backreferences") {
                true => misuse.hint("such patterns can take for ever on a short text; match more, and look at the captures"),
                false => misuse,
            }
        }
        regex::Error::CompiledTooBig(most) => Misuse::new(format!(
            "the pattern is too large: it would take more than {} MB",
            most >> 20
        ))
        .hint(SMALLER),
        other => Misuse::new(format!("the pattern is wrong: {other}")),
    }
}

fn object(lua: &Lua, host: &Rc<Host>, regex: Regex, most_text: usize) -> Result<Table> {
    let handle = Rc::new(Handle {
        regex,
        most_text,
        address: Cell::new(ptr::null()),
    });
    let fields = lua.create_table()?;
    fields.raw_set("pattern", handle.regex.as_str())?;
    let add = |described: &'static reference::Function,
               method: fn(&Handle, &Lua, &[u8], usize) -> Answer<MultiValue>| {
        let handle = Rc::clone(&handle);
        let function = host.function(lua, move |_, lua, arguments| {
            handle.called(&arguments, described)?;
            let text = handle.subject(&arguments, described.name())?;
            let from = start(&arguments, described.name(), text.len())?;
            match from {
                Some(from) => method(&handle, lua, &text, from),
                None => Ok(MultiValue::from_iter([Value::Nil])),
            }
        })?;
        fields.raw_set(described.name(), function)
    };
    add(&IS_MATCH, |handle, _, text, from| {
        let is_match = handle.regex.is_match_at(text, from);
        Ok(MultiValue::from_iter([Value::Boolean(is_match)]))
    })?;
    add(&FIND, |handle, lua, text, from| {
        let Some(found) = handle.regex.captures_at(text, from) else {
            return Ok(MultiValue::from_iter([Value::Nil]));
        };
        let (begin, end) = found
            .get(0)
            .map_or((0, 0), |whole| (whole.start(), whole.end()));
        let mut values = match found.len() {
            1 => MultiValue::new(),
            _ => values(lua, &found)?,
        };
        values.push_front(integer(end));
        values.push_front(integer(begin + 1));
        Ok(values)
    })?;
    add(&MATCH, |handle, lua, text, from| {
        match handle.regex.captures_at(text, from) {
            Some(found) => values(lua, &found),
            None => Ok(MultiValue::from_iter([Value::Nil])),
        }
    })?;
    add(&NAMED, |handle, lua, text, from| {
        let names = || handle.regex.capture_names().flatten();
        if names().next().is_none() {
            return Err(Misuse::new("the pattern names no capture")
                .hint("a capture with a name is written `(?<name>…)`"));
        }
        let Some(found) = handle.regex.captures_at(text, from) else {
            return Ok(MultiValue::from_iter([Value::Nil]));
        };
        let table = lua.create_table().map_err(internal)?;
        for name in names() {
            if let Some(capture) = found.name(name) {
                let capture = lua.create_string(capture.as_bytes()).map_err(internal)?;
                table.raw_set(name, capture).map_err(internal)?;
            }
        }
        Ok(MultiValue::from_iter([Value::Table(table)]))
    })?;
    let (shared, of) = (Rc::clone(host), Rc::clone(&handle));
    let gmatch = host.function(lua, move |_, lua, arguments| {
        of.called(&arguments, &GMATCH)?;
        let text = of.subject(&arguments, GMATCH.name())?;
        of.iterator(lua, &shared, text).map_err(internal)
    })?;
    fields.raw_set(GMATCH.name(), gmatch)?;
    fields.raw_set(REPLACE.name(), replace(lua, host, &handle)?)?;
    let object = strict(lua, "regex", "a regex", fields)?;
    handle.address.set(object.to_pointer());
    Ok(object)
}

impl Handle {
    fn called(&self, arguments: &MultiValue, described: &reference::Function) -> Answer<()> {
        let name = described.name();
        let this = arguments.front().unwrap_or(&Value::Nil);
        if !matches!(this, Value::Table(table) if table.to_pointer() == self.address.get()) {
            return Err(Misuse::new(format!(
                "`{name}` is called with a colon: `regex:{name}(text)`"
            )));
        }
        counted(described, arguments.len() - 1, || format!("regex:{name}"))
    }

    /// The text that a method searches.
    fn subject(&self, arguments: &MultiValue, name: &str) -> Answer<Vec<u8>> {
        let text = match arguments.get(1).unwrap_or(&Value::Nil) {
            Value::String(text) => text.as_bytes(),
            other => {
                return Err(Misuse::new(format!(
                    "the text that `regex:{name}` searches has to be a string, not {}",
                    type_name(other)
                )));
            }
        };
        if text.len() <= self.most_text {
            return Ok(text.to_vec());
        }
        let most = self.most_text;
        let too_long = format!(
            "the text that `regex:{name}` searches has {} bytes",
            text.len()
        );
        Err(match most == SIZES[0].1 {
            true => Misuse::new(format!("{too_long}; {most} are possible")),
            false => Misuse::new(format!(
                "{too_long}; for so large a pattern {most} are possible"
            ))
            .hint(SMALLER),
        })
    }

    /// The next match, after the one before. An empty match at the end of the last one does not count, and none within a
    /// character.
    fn next<'t>(&self, text: &'t [u8], progress: &mut Progress) -> Option<Captures<'t>> {
        while progress.at <= text.len() {
            let found = self.regex.captures_at(text, progress.at)?;
            let whole = found.get(0)?;
            let (begin, end) = (whole.start(), whole.end());
            let is_inside = text.get(begin).is_some_and(|byte| byte & 0xC0 == 0x80);
            if begin == end && (progress.last_end == Some(end) || is_inside) {
                progress.at = end + 1;
                continue;
            }
            (progress.at, progress.last_end) = (end, Some(end));
            return Some(found);
        }
        None
    }

    fn iterator(self: &Rc<Self>, lua: &Lua, host: &Rc<Host>, text: Vec<u8>) -> Result<Function> {
        let handle = Rc::clone(self);
        let progress = Cell::new(Progress::default());
        host.function(lua, move |_, lua, _| {
            let mut now = progress.take();
            let found = handle.next(&text, &mut now);
            if found.is_none() {
                now.at = text.len() + 1;
            }
            progress.set(now);
            match found {
                Some(found) => {
                    let mut values = values(lua, &found)?;
                    // nil would end the loop.
                    if values.front().is_some_and(Value::is_nil) {
                        values.pop_front();
                        values.push_front(Value::Boolean(false));
                    }
                    Ok(values)
                }
                None => Ok(MultiValue::from_iter([Value::Nil])),
            }
        })
    }

    /// Whether the replacement names captures that the pattern has.
    fn check(&self, with: &str) -> Answer<()> {
        let mut rest = with;
        while let Some(at) = rest.find('$') {
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                rest = after;
                continue;
            }
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let (name, is_braced) =
                match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
                    Some((name, _)) => (name, true),
                    None => (
                        rest.split(|c| !is_part(c)).next().unwrap_or_default(),
                        false,
                    ),
                };
            let is_known = match name.parse::<usize>() {
                Ok(number) => number < self.regex.captures_len(),
                Err(_) => self
                    .regex
                    .capture_names()
                    .flatten()
                    .any(|known| known == name),
            };
            if is_known {
                continue;
            }
            let misuse = match name {
                "" => Misuse::new("a `$` in the replacement names no capture")
                    .hint("`$$` stands for `$`"),
                _ => Misuse::new(format!("the pattern has no capture `{name}`")),
            };
            let digits = name.len() - name.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            return Err(match digits > 0 && !is_braced && digits < name.len() {
                true => misuse.hint(format!(
                    "write `${{{}}}{}`",
                    &name[..digits],
                    &name[digits..]
                )),
                false => misuse,
            });
        }
        Ok(())
    }

    fn replace_by_text(&self, text: &[u8], with: &str) -> Answer<(Vec<u8>, usize)> {
        self.check(with)?;
        let (mut out, mut progress) = (Vec::with_capacity(text.len()), Progress::default());
        let (mut copied, mut count) = (0, 0);
        let began = Instant::now();
        while let Some(found) = self.next(text, &mut progress) {
            let (begin, end) = found
                .get(0)
                .map_or((0, 0), |whole| (whole.start(), whole.end()));
            out.extend_from_slice(text.get(copied..begin).unwrap_or_default());
            found.expand(with.as_bytes(), &mut out);
            copied = end;
            count += 1;
            within(&out, began)?;
        }
        out.extend_from_slice(text.get(copied..).unwrap_or_default());
        Ok((out, count))
    }
}

fn replace(lua: &Lua, host: &Rc<Host>, handle: &Rc<Handle>) -> Result<Function> {
    let (shared, handle) = (Rc::clone(host), Rc::clone(handle));
    let native = lua.create_function(move |lua, arguments: MultiValue| {
        let answer = begin_replace(lua, &shared, &handle, &arguments);
        shared.answer(lua, answer)
    })?;
    own(lua, FROM_MATCH_TO_MATCH)?.call(native)
}

/// Gives the new text and the number of matches, or the function that goes from match to match.
fn begin_replace(
    lua: &Lua,
    host: &Rc<Host>,
    handle: &Rc<Handle>,
    arguments: &MultiValue,
) -> Answer<MultiValue> {
    handle.called(arguments, &REPLACE)?;
    let subject = handle.subject(arguments, REPLACE.name())?;
    let with = match arguments.get(2).unwrap_or(&Value::Nil) {
        Value::Function(_) => {
            let job = Job {
                handle: Rc::clone(handle),
                text: subject,
                out: Vec::new(),
                progress: Progress::default(),
                asked: None,
                copied: 0,
                count: 0,
                began: Instant::now(),
            };
            let job = Cell::new(Some(job));
            let next = host.function(lua, move |_, lua, arguments| {
                let Some(mut now) = job.take() else {
                    return Err(Misuse::new("a `replace` that has failed does not go on"));
                };
                let values = now.step(lua, arguments.front().unwrap_or(&Value::Nil))?;
                job.set(Some(now));
                Ok(values)
            });
            return Ok(MultiValue::from_iter([Value::Function(
                next.map_err(internal)?,
            )]));
        }
        with @ Value::String(_) => text(with, "the replacement that `regex:replace` takes")?,
        other => {
            return Err(Misuse::new(format!(
                "the replacement that `regex:replace` takes has to be a string or a function, not {}",
                type_name(other)
            )));
        }
    };
    let (out, count) = handle.replace_by_text(&subject, &with)?;
    let out = lua.create_string(&out).map_err(internal)?;
    Ok(MultiValue::from_iter([Value::String(out), integer(count)]))
}

impl Job {
    /// Puts in what the function has given, and gives the captures of the next match; at the end the new text.
    fn step(&mut self, lua: &Lua, given: &Value) -> Answer<MultiValue> {
        if let Some((begin, end)) = self.asked.take() {
            self.out
                .extend_from_slice(self.text.get(self.copied..begin).unwrap_or_default());
            match given {
                Value::Nil | Value::Boolean(false) => {
                    self.out
                        .extend_from_slice(self.text.get(begin..end).unwrap_or_default());
                }
                Value::String(text) => self.out.extend_from_slice(&text.as_bytes()),
                Value::Integer(number) => self.out.extend_from_slice(number.to_string().as_bytes()),
                Value::Number(number) => self.out.extend_from_slice(number.to_string().as_bytes()),
                other => {
                    return Err(Misuse::new(format!(
                        "the function that `regex:replace` calls has to give a string, or nil to keep the match, not {}",
                        type_name(other)
                    )));
                }
            }
            self.copied = end;
            within(&self.out, self.began)?;
        }
        let found = self.handle.next(&self.text, &mut self.progress);
        let whole = found.as_ref().and_then(|found| found.get(0));
        let Some((found, whole)) = found.as_ref().zip(whole) else {
            self.out
                .extend_from_slice(self.text.get(self.copied..).unwrap_or_default());
            let out = lua.create_string(&self.out).map_err(internal)?;
            return Ok(MultiValue::from_iter([
                Value::Boolean(false),
                Value::String(out),
                integer(self.count),
            ]));
        };
        self.asked = Some((whole.start(), whole.end()));
        self.count += 1;
        let mut values = values(lua, found)?;
        values.push_front(Value::Boolean(true));
        Ok(values)
    }
}

fn within(out: &[u8], began: Instant) -> Answer<()> {
    if out.len() > MAX_REPLACED {
        return Err(Misuse::new(format!(
            "`regex:replace` would make more than {MAX_REPLACED} bytes"
        )));
    }
    match began.elapsed() > MAX_TIME {
        true => Err(Misuse::new(format!(
            "`regex:replace` takes longer than {} s: each search of this pattern reads the whole rest of the text",
            MAX_TIME.as_secs()
        ))),
        false => Ok(()),
    }
}

/// The captures of a match, or the whole match if the pattern has none. A capture that took no part is nil.
fn values(lua: &Lua, found: &Captures<'_>) -> Answer<MultiValue> {
    let first = usize::from(found.len() > 1);
    (found.iter().skip(first))
        .map(|capture| match capture {
            Some(capture) => Ok(Value::String(
                lua.create_string(capture.as_bytes()).map_err(internal)?,
            )),
            None => Ok(Value::Nil),
        })
        .collect()
}

fn integer(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Where the search begins, from 0 on; `None` if that is behind the text.
fn start(arguments: &MultiValue, name: &str, length: usize) -> Answer<Option<usize>> {
    match arguments.get(2).unwrap_or(&Value::Nil) {
        Value::Nil => Ok(Some(0)),
        Value::Integer(from) if *from >= 1 => {
            let from = usize::try_from(*from - 1).unwrap_or(usize::MAX);
            Ok((from <= length).then_some(from))
        }
        other => Err(Misuse::new(format!(
            "the place where `regex:{name}` begins has to be a whole number from 1 on, not {}",
            match other {
                Value::Integer(number) => number.to_string(),
                other => type_name(other).into_owned(),
            }
        ))),
    }
}
