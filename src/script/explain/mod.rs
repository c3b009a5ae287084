//! What Lua's own errors leave out: which name was meant, and what to use instead. Nothing here runs before an error has
//! ended a handler or a load.
//!
//! Lua says `attempt to perform arithmetic on a nil value (field 'folowers_count')`. The code of that line says of what
//! the field was read, and the Tweet says what it has instead. Where the code does not say so for certain, there is no
//! hint: a wrong one costs more than none.

mod absent;
mod code;
mod fields;
mod paths;
mod state;

use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use self::code::{Code, Origin, Part, Read};
pub(crate) use self::paths::unknown_field;
pub(super) use self::state::State;
use super::reference::methods;
use crate::text::nearest::nearest;

const TWEET: &str = "ouzel.Tweet";
const ACTIVITY: &str = "ouzel.Activity";
const RULE: &str = "ouzel.Rule";

/// What a Lua state knows by name.
pub(super) trait Known {
    /// The global names.
    fn globals(&self) -> Vec<String>;

    /// The names in the table that a global name and the names behind it lead to.
    fn fields(&self, global: &str, path: &[&str]) -> Vec<String>;

    /// The names in what a module has returned.
    fn module(&self, name: &str) -> Vec<String>;

    /// The file of a module that has returned nothing.
    fn silent(&self, module: &str) -> Option<String>;
}

/// An error of Lua, and what is known about it.
pub(super) struct Scene<'a> {
    /// Lua's message, without the place.
    pub(super) message: &'a str,
    /// The text of the file where it happened.
    pub(super) text: &'a str,
    pub(super) line: usize,
    /// The Tweet that was handled, as the handlers have changed it.
    pub(super) tweet: Option<&'a Value>,
    pub(super) known: &'a dyn Known,
}

/// What to do about a field that only the other format has.
const BOTH: &str = "the methods of a Tweet, such as `:full_text()`, know both formats";

/// What Lua says about a value that cannot do what the code asks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Complaint<'m> {
    is_call: bool,
    /// The type of the value.
    kind: &'m str,
    /// What the value is, and its name.
    named: Option<(&'m str, &'m str)>,
}

/// Whether a message may have an explanation.
pub(super) fn may_explain(message: &str) -> bool {
    message.starts_with("attempt to ") || message.starts_with("bad argument #1 to ")
}

/// What the author of the code can do about an error.
pub(super) fn explain(scene: &Scene<'_>) -> Option<String> {
    let code = Code::of(scene.text);
    if scene.message.starts_with("attempt to compare ") {
        return scene
            .message
            .contains("nil")
            .then(|| scene.compared(&code))?;
    }
    if let Some(function) = argument_of(scene.message) {
        return scene.argument(&code, function);
    }
    let complaint = complaint(scene.message)?;
    match (complaint.kind, complaint.named) {
        (kind, _) if complaint.is_call && kind.starts_with("`ouzel.") => function_of(kind),
        ("boolean", named) => scene.silent_module(&code, named.map(|(_, name)| name)),
        ("nil", Some(("global", name))) => scene.global(&code, name),
        ("nil", Some(("field", "?" | "integer index"))) => scene.item(&code),
        ("nil", Some(("field", name))) => scene.field(&code, name, complaint.is_call),
        ("nil", Some(("method", name))) => scene.method(&code, name),
        // `ipairs` itself indexes what it is given.
        ("nil", None) if !complaint.is_call => scene.argument(&code, "ipairs"),
        ("nil", Some(("local" | "upvalue", name))) => scene.variable(&code, name),
        _ => None,
    }
}

/// Reads `attempt to index a nil value (field 'x')`.
fn complaint(message: &str) -> Option<Complaint<'_>> {
    let rest = message.strip_prefix("attempt to ")?;
    let (verb, rest) = rest.split_once(" a ")?;
    let (kind, rest) = rest.split_once(" value")?;
    let named = rest
        .strip_prefix(" (")
        .and_then(|rest| rest.strip_suffix("')"))
        .and_then(|rest| rest.split_once(" '"));
    Some(Complaint {
        is_call: verb == "call",
        kind,
        named,
    })
}

/// The function of `bad argument #1 to 'ipairs' (table expected, got nil)`.
fn argument_of(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("bad argument #1 to '")?;
    let (function, rest) = rest.split_once('\'')?;
    (rest.ends_with("got nil)") || rest.ends_with("got no value)")).then_some(function)
}

/// What to call instead of a table of functions. Its type is its name.
fn function_of(kind: &str) -> Option<String> {
    let function = match kind.trim_matches('`') {
        "ouzel.log" => "info",
        "ouzel.json" => "encode",
        "ouzel.time" => "now",
        "ouzel.db" => "query",
        _ => return None,
    };
    let name = kind.trim_matches('`');
    Some(format!("it holds functions, such as `{name}.{function}`"))
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

impl Scene<'_> {
    fn global(&self, code: &Code<'_>, name: &str) -> Option<String> {
        let mut reads = code.reads(self.line);
        let field = reads.find_map(|read| match read.path.first() {
            Some(Part::Name(field)) if code.text(read.at) == name => Some(*field),
            _ => None,
        });
        if let Some(hint) = absent::instead(name, field) {
            return Some(hint.to_owned());
        }
        let locals = code.locals();
        if let Some((_, line)) = locals.iter().find(|(local, _)| *local == name) {
            return Some(format!(
                "`{name}` is a local of line {line}, and this line does not see it: a local is there from its line to the end of its block"
            ));
        }
        let globals = self.known.globals();
        let known = globals.iter().map(String::as_str);
        let known = known.chain(locals.iter().map(|(local, _)| *local));
        nearest(name, known).map(did_you_mean)
    }

    fn field(&self, code: &Code<'_>, name: &str, is_call: bool) -> Option<String> {
        let mut hint = None;
        // Lua names the line of the operator; its operand may stand on a line close by.
        let near = self.line.saturating_sub(5)..=self.line + 5;
        let here = std::iter::once(self.line).chain(near.filter(|line| *line != self.line));
        for line in here {
            for mut read in code.reads(line) {
                let place = read.path.iter().position(|part| *part == Part::Name(name));
                let Some(place) = place else { continue };
                read.path.truncate(place + 1);
                hint = hint.or_else(|| self.missing(code, &read, is_call));
            }
            // What a method gives, read at once: `tweet:author().followers`.
            hint = hint.or_else(|| missing_of_result(code.method_before(line, name)?, name));
            if hint.is_some() {
                break;
            }
        }
        hint
    }

    /// What is known about a value that is nil, by where it comes from.
    fn missing(&self, code: &Code<'_>, read: &Read<'_>, is_call: bool) -> Option<String> {
        match code.origin(read) {
            Origin::Tweet(path) => {
                let is_field = !read.path.is_empty();
                let written = is_field.then(|| code.written(read));
                self.missing_of_tweet(&path, written.as_deref(), is_call)
            }
            Origin::Result(method, path) => match &path[..] {
                [Part::Name(name)] => missing_of_result(method, name),
                _ => None,
            },
            Origin::Rule(path) => match &path[..] {
                [Part::Name(name)] => {
                    let fields = fields::described(RULE, &[]);
                    let near = nearest(name, fields.into_iter().filter(|known| known != name));
                    near.map(did_you_mean)
                }
                _ => None,
            },
            Origin::Module(module, path) => match &path[..] {
                [Part::Name(name)] => {
                    let names = self.known.module(module);
                    nearest(name, names.iter().map(String::as_str)).map(did_you_mean)
                }
                _ => None,
            },
            Origin::Global(global, path) => {
                let names: Option<Vec<_>> = path
                    .iter()
                    .map(|part| match part {
                        Part::Name(name) => Some(*name),
                        Part::Item(_) => None,
                    })
                    .collect();
                let names = names?;
                let (name, parents) = names.split_last()?;
                if let Some(hint) = absent::instead(global, names.first().copied()) {
                    return Some(hint.to_owned());
                }
                let known = self.known.fields(global, parents);
                nearest(name, known.iter().map(String::as_str)).map(did_you_mean)
            }
            Origin::Unknown => None,
        }
    }

    /// What is known about a field that a Tweet has not. `written` is how the code reads the field, if it does so in this
    /// place.
    fn missing_of_tweet(
        &self,
        path: &[Part<'_>],
        written: Option<&str>,
        is_call: bool,
    ) -> Option<String> {
        let (Part::Name(name), parents) =
            path.split_last().map(|(last, parents)| (*last, parents))?
        else {
            return None;
        };
        let parent = self.tweet.and_then(|tweet| fields::value(tweet, parents));
        if parent.is_some_and(|parent| parent.get(name).is_some_and(|value| !value.is_null())) {
            return None;
        }
        let by_dot = || methods("Tweet").filter(|_| is_call && parents.is_empty());
        let with_colon = |method| format!("methods are called with a colon: `:{method}()`");
        if by_dot().any(|method| method == name) {
            return Some(with_colon(name));
        }
        let mut described = fields::described(TWEET, parents);
        if self.is_activity() {
            let of_activity = fields::described(ACTIVITY, parents);
            if of_activity.contains(&name) {
                return Some(missing(path, written));
            }
            if described.contains(&name) {
                return Some(format!(
                    "this Tweet is in the Activity Streams format, which has no `{name}`; {BOTH}"
                ));
            }
            described = of_activity;
        }
        if described.contains(&name) {
            return Some(missing(path, written));
        }
        if let Some(method) = nearest(name, by_dot()) {
            return Some(with_colon(method));
        }
        if parents.is_empty() && methods("Tweet").any(|method| method == name) {
            return Some(format!("`{name}` is a method: `tweet:{name}()`"));
        }
        let own = parent.into_iter().flat_map(fields::names);
        match nearest(name, own.chain(described)) {
            Some(near) => Some(did_you_mean(near)),
            None => match fields::elsewhere(self.tweet, name) {
                Some(path) => Some(format!("a Tweet has it as `{path}`")),
                None => fields::described(ACTIVITY, parents)
                    .contains(&name)
                    .then(|| {
                        format!("this Tweet is in the native format, which has no `{name}`; {BOTH}")
                    }),
            },
        }
    }

    fn is_activity(&self) -> bool {
        self.tweet
            .is_some_and(|tweet| tweet.get("objectType").is_some())
    }

    /// A variable that is nil: perhaps a field of the Tweet was put into it.
    fn variable(&self, code: &Code<'_>, name: &str) -> Option<String> {
        let mut reads = code.reads(self.line);
        let mut read = reads.find(|read| code.text(read.at) == name)?;
        let path = std::mem::take(&mut read.path);
        let path = match (code.origin(&read), path.first()) {
            (Origin::Tweet(path), _) => path,
            (Origin::Global(global, of), Some(Part::Name(field))) if of.is_empty() => {
                return absent::instead(global, Some(field)).map(str::to_owned);
            }
            _ => return None,
        };
        let hint = self.missing_of_tweet(&path, None, false)?;
        Some(format!(
            "`{name}` is `{}` of the Tweet; {hint}",
            shown(&path)
        ))
    }

    fn method(&self, code: &Code<'_>, name: &str) -> Option<String> {
        let at = code
            .on_line(self.line)
            .find(|at| code.text(*at) == ":" && code.text(*at + 1) == name)?;
        let mut reads = code.reads(self.line);
        let of = reads.find(|read| read.end == at);
        let origin = of.map(|read| code.origin(&read));
        let is_tweet = matches!(&origin, Some(Origin::Tweet(path)) if path.is_empty());
        let known: Vec<String> = match origin {
            Some(Origin::Module(module, path)) if path.is_empty() => self.known.module(module),
            Some(Origin::Global(global, path)) if path.is_empty() => self.known.fields(global, &[]),
            _ if is_tweet => methods("Tweet").map(str::to_owned).collect(),
            // The other values with methods that ouzel knows are texts.
            _ => self.known.fields("string", &[]),
        };
        nearest(name, known.iter().map(String::as_str)).map(did_you_mean)
    }

    /// An item of a list that is not there.
    fn item(&self, code: &Code<'_>) -> Option<String> {
        let tweet = self.tweet?;
        code.reads(self.line).find_map(|mut read| {
            let is_item = |part: &Part<'_>| matches!(part, Part::Item(Some(_)));
            let place = read.path.iter().position(is_item)?;
            read.path.truncate(place);
            let Origin::Tweet(path) = code.origin(&read) else {
                return None;
            };
            let list = fields::value(tweet, &path)?.as_array()?;
            let written = code.written(&read);
            Some(match list.len() {
                0 => format!(
                    "`{written}` is empty in this Tweet; look first: `if {written}[1] then … end`"
                ),
                1 => format!("`{written}` has one item in this Tweet"),
                items => format!("`{written}` has {items} items in this Tweet"),
            })
        })
    }

    /// An argument that is nil: `ipairs(tweet.hashtags)`.
    fn argument(&self, code: &Code<'_>, function: &str) -> Option<String> {
        let calls: &[&str] = match function {
            "for iterator" => &["ipairs", "pairs"],
            _ => &[function],
        };
        let read = code.on_line(self.line).find_map(|at| {
            let is_call = calls.contains(&code.text(at)) && code.text(at + 1) == "(";
            let read = is_call.then(|| code.read(at + 2)).flatten()?;
            matches!(code.text(read.end), ")" | ",").then_some(read)
        })?;
        let written = code.written(&read);
        let Origin::Tweet(path) = code.origin(&read) else {
            return None;
        };
        let hint = self.missing_of_tweet(&path, Some(&written), false)?;
        Some(format!("`{written}` is nil; {hint}"))
    }

    /// A module without `return`: its result is `true`.
    fn silent_module(&self, code: &Code<'_>, name: Option<&str>) -> Option<String> {
        let by_name = name.and_then(|name| {
            let read = code
                .reads(self.line)
                .find(|read| code.text(read.at) == name);
            let origin = read.map(|mut read| {
                read.path.clear();
                code.origin(&read)
            });
            match origin {
                Some(Origin::Module(module, _)) => Some(module),
                _ => code.assigned_module(name),
            }
        });
        let by_call = || code.on_line(self.line).find_map(|at| code.module(at));
        let module = by_name.or_else(by_call)?;
        let file = self.known.silent(module)?;
        Some(format!(
            "module `{module}` ({file}) returns nothing; end it with `return` and what it gives, such as a table of functions"
        ))
    }

    /// A comparison with nil: Lua does not name it, so the code has to.
    fn compared(&self, code: &Code<'_>) -> Option<String> {
        let tweet = self.tweet?;
        let operators: Vec<_> = code
            .on_line(self.line)
            .filter(|at| matches!(code.text(*at), "<" | ">" | "<=" | ">="))
            .filter(|at| !is_attribute(code, *at))
            .collect();
        let reads: Vec<_> = code.reads(self.line).collect();
        let mut missing = Vec::new();
        let mut is_certain = true;
        for at in &operators {
            let left = reads.iter().find(|read| read.end == *at);
            let left = left.filter(|read| {
                let before = read.at.checked_sub(1).map_or("", |at| code.text(at));
                !is_operator(before)
            });
            let right = code.read(at + 1);
            let right = right.filter(|read| {
                let next = code.text(read.end);
                !is_operator(next) && !matches!(next, "(" | "{" | "[" | ":" | ".")
            });
            let literals = [at.checked_sub(1), Some(at + 1)].map(|at| {
                at.is_some_and(|at| {
                    code.text(at)
                        .starts_with(|c: char| c.is_ascii_digit() || c == '"' || c == '\'')
                })
            });
            for (read, is_literal) in [(left.cloned(), literals[0]), (right, literals[1])] {
                match read.map(|read| (code.origin(&read), read)) {
                    None => is_certain &= is_literal,
                    Some((Origin::Tweet(path), read)) if !path.contains(&Part::Item(None)) => {
                        if fields::value(tweet, &path).is_none() {
                            missing.push((path, read));
                        }
                    }
                    Some(_) => is_certain = false,
                }
            }
        }
        // Of a single comparison one side was nil, and a field that the Tweet has not is nil. Of several, another one may
        // have failed.
        let [(path, read)] = &missing[..] else {
            return None;
        };
        if operators.len() > 1 && !is_certain {
            return None;
        }
        let written = code.written(read);
        let of = match read.path.is_empty() {
            true => format!("`{written}` is nil: it is `{}` of the Tweet", shown(path)),
            false => format!("`{written}` is nil"),
        };
        let looked = (!read.path.is_empty()).then_some(&*written);
        Some(match self.missing_of_tweet(path, looked, false) {
            Some(hint) => format!("{of}; {hint}"),
            None => of,
        })
    }
}

/// What is known about a field that the result of a method has not.
fn missing_of_result(method: &str, name: &str) -> Option<String> {
    let class = match method {
        "author" => "ouzel.Author",
        "geo" => "ouzel.Spot",
        _ => return None,
    };
    let fields = fields::described(class, &[]);
    if fields.contains(&name) {
        return Some(format!(
            "`:{method}()` of this Tweet has no `{name}`; give what counts then: `({name} or 0)`"
        ));
    }
    let near = nearest(name, fields.iter().copied());
    // The beginning of a name stands for it: `followers` for `followers_count`.
    let begins = || {
        fields.iter().copied().find(|field| {
            field
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('_'))
        })
    };
    near.or_else(begins).map(did_you_mean)
}

/// Whether the sign at this token belongs to `<const>` or `<close>`.
fn is_attribute(code: &Code<'_>, at: usize) -> bool {
    let names = |at: usize| matches!(code.text(at), "const" | "close");
    (names(at + 1) && code.text(at + 2) == ">") || at.checked_sub(1).is_some_and(names)
}

fn is_operator(sign: &str) -> bool {
    matches!(
        sign,
        "+" | "-" | "*" | "/" | "//" | "%" | "^" | ".." | "#" | "&" | "|" | "~" | "<<" | ">>"
    )
}

/// What to say of a field that Tweets can have, but this one has not.
fn missing(path: &[Part<'_>], written: Option<&str>) -> String {
    let full = shown(path);
    match written {
        Some(written) => {
            format!("this Tweet has no `{full}`; look first: `if {written} then … end`")
        }
        None => format!("this Tweet has no `{full}`; look first whether it is nil"),
    }
}

/// A path as Lua writes it.
fn shown(path: &[Part<'_>]) -> String {
    let mut shown = String::new();
    path.iter().for_each(|part| code::push(&mut shown, *part));
    shown
}

#[cfg(test)]
mod tests;
