//! The code of a script as far as it says where a value comes from. Pure: it knows the text, and nothing of Lua's state.
//!
//! It follows names to where they are bound: to a local variable, to the parameter of a handler or of a function that a
//! handler calls, to an item of a loop. Where that is not plain, it says that it does not know.

use std::cell::Cell;

use crate::script::scan::{Token, tokens};

/// How many names are followed for one error, each through the whole file at most. Code may go in circles.
const FOLLOWED: usize = 64;

/// The longest path of fields that is followed.
const LONGEST: usize = 16;

/// A step from a value to a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'t> {
    Name(&'t str),
    /// An item of a list; `None` if it is one after the other.
    Item(Option<usize>),
}

/// A name and the fields that the code reads of it, such as `tweet.user.name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read<'t> {
    /// The token of the name.
    pub(super) at: usize,
    pub(super) path: Vec<Part<'t>>,
    /// The first token behind it.
    pub(super) end: usize,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin<'t> {
    /// The Tweet of the handler, or the part of it at this path.
    Tweet(Vec<Part<'t>>),
    /// The rule of an `on` handler.
    Rule(Vec<Part<'t>>),
    /// What this method gives, or the part of it at this path.
    Result(&'t str, Vec<Part<'t>>),
    /// What `require` gives for this module.
    Module(&'t str, Vec<Part<'t>>),
    Global(&'t str, Vec<Part<'t>>),
    Unknown,
}

/// Where a name gets its value.
enum Binding<'t> {
    /// From the expression that begins at this token.
    Value(usize),
    /// From each item of the list that is read here.
    Item(Read<'t>),
    /// From the caller of the function at this token.
    Parameter(usize, usize),
    /// From something else.
    Other,
    /// From nothing in this file.
    None,
}

/// The code of one file.
pub(super) struct Code<'t> {
    tokens: Vec<Token<'t>>,
    /// How many names may still be followed.
    left: Cell<usize>,
}

impl<'t> Code<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            tokens: tokens(text),
            left: Cell::new(FOLLOWED),
        }
    }

    pub(super) fn text(&self, at: usize) -> &'t str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    pub(super) fn line(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(0, |token| token.line)
    }

    /// The tokens of a line.
    pub(super) fn on_line(&self, line: usize) -> std::ops::Range<usize> {
        let first = self.tokens.partition_point(|token| token.line < line);
        first..self.tokens.partition_point(|token| token.line <= line)
    }

    fn before(&self, at: usize, steps: usize) -> &'t str {
        at.checked_sub(steps).map_or("", |at| self.text(at))
    }

    /// What is read from the name at this token on; `None` if no name stands there.
    pub(super) fn read(&self, at: usize) -> Option<Read<'t>> {
        if !is_name(self.text(at)) || matches!(self.before(at, 1), "." | ":" | "::" | "goto") {
            return None;
        }
        let (mut path, mut end) = (Vec::new(), at + 1);
        while path.len() < LONGEST {
            let inside = self.text(end + 1);
            let part = match self.text(end) {
                "." if is_name(inside) => (Part::Name(inside), 2),
                "[" if self.text(end + 2) == "]" => match (plain_string(inside), inside.parse()) {
                    (Some(name), _) => (Part::Name(name), 3),
                    (None, Ok(number)) => (Part::Item(Some(number)), 3),
                    (None, Err(_)) => break,
                },
                _ => break,
            };
            path.push(part.0);
            end += part.1;
        }
        Some(Read { at, path, end })
    }

    /// What the code reads on a line.
    pub(super) fn reads(&self, line: usize) -> impl Iterator<Item = Read<'t>> {
        self.on_line(line).filter_map(|at| self.read(at))
    }

    /// A read as the script writes it.
    pub(super) fn written(&self, read: &Read<'t>) -> String {
        let mut written = self.text(read.at).to_owned();
        for part in &read.path {
            push(&mut written, *part);
        }
        written
    }

    /// The module that a call of `require` at this token names.
    pub(super) fn module(&self, at: usize) -> Option<&'t str> {
        if self.text(at) != "require" {
            return None;
        }
        let opened = usize::from(self.text(at + 1) == "(");
        plain_string(self.text(at + 1 + opened))
    }

    /// The lines on which a name of this kind is made: `local name`, `local function name`, a parameter.
    pub(super) fn locals(&self) -> Vec<(&'t str, usize)> {
        let mut found = Vec::new();
        for at in 0..self.tokens.len() {
            match self.text(at) {
                "local" if self.text(at + 1) == "function" => {
                    found.push((self.text(at + 2), self.line(at)));
                }
                "local" => {
                    let (names, _) = self.names(at + 1);
                    found.extend(names.into_iter().map(|name| (name, self.line(at))));
                }
                _ => {}
            }
        }
        found
    }

    /// Where a name that is assigned in this file gets its value, wherever that is.
    pub(super) fn assigned_module(&self, name: &str) -> Option<&'t str> {
        (0..self.tokens.len())
            .filter(|at| self.text(*at) == name && self.text(at + 1) == "=")
            .find_map(|at| self.module(at + 2))
    }

    /// Where what is read comes from.
    pub(super) fn origin(&self, read: &Read<'t>) -> Origin<'t> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Origin::Unknown;
        };
        self.left.set(left);
        let origin = match self.binding(read.at) {
            Binding::Value(at) => match self.module(at) {
                Some(name) => Origin::Module(name, Vec::new()),
                None => match self.whole(at) {
                    Some(value) => self.origin(&value),
                    None => match self.result(at) {
                        Some(method) => Origin::Result(method, Vec::new()),
                        None => Origin::Unknown,
                    },
                },
            },
            Binding::Item(list) => match self.origin(&list) {
                Origin::Tweet(mut path) => {
                    path.push(Part::Item(None));
                    Origin::Tweet(path)
                }
                _ => Origin::Unknown,
            },
            Binding::Parameter(function, number) => self.parameter(function, number, read),
            Binding::Other => Origin::Unknown,
            Binding::None => Origin::Global(self.text(read.at), Vec::new()),
        };
        let further = read.path.iter().copied();
        match origin {
            Origin::Tweet(path) => Origin::Tweet(path.into_iter().chain(further).collect()),
            Origin::Rule(path) => Origin::Rule(path.into_iter().chain(further).collect()),
            Origin::Result(method, path) => {
                Origin::Result(method, path.into_iter().chain(further).collect())
            }
            Origin::Module(name, path) => {
                Origin::Module(name, path.into_iter().chain(further).collect())
            }
            Origin::Global(name, path) => {
                Origin::Global(name, path.into_iter().chain(further).collect())
            }
            Origin::Unknown => Origin::Unknown,
        }
    }

    /// What an expression reads, if it does nothing else.
    fn whole(&self, at: usize) -> Option<Read<'t>> {
        let read = self.read(at)?;
        self.ends(read.end).then_some(read)
    }

    /// The method that an expression calls, if it does nothing else: `tweet:author()`.
    fn result(&self, at: usize) -> Option<&'t str> {
        let read = self.read(at)?;
        let (method, end) = self.call(read.end)?;
        self.ends(end).then_some(method)
    }

    /// The method without arguments that is called from this token on, and the token behind the call.
    fn call(&self, at: usize) -> Option<(&'t str, usize)> {
        let is_call = self.text(at) == ":" && self.text(at + 2) == "(" && self.text(at + 3) == ")";
        is_call.then(|| (self.text(at + 1), at + 4))
    }

    /// The method of whose result a line reads this field at once: `tweet:author().name`.
    pub(super) fn method_before(&self, line: usize, field: &str) -> Option<&'t str> {
        self.on_line(line).find_map(|at| {
            let (method, end) = self.call(at)?;
            (self.text(end) == "." && self.text(end + 1) == field).then_some(method)
        })
    }

    /// Whether an expression ends before this token.
    fn ends(&self, at: usize) -> bool {
        let next = self.text(at);
        matches!(next, "" | ";" | "," | ")")
            || (next.starts_with(is_word) && !matches!(next, "and" | "or"))
    }

    /// Where the name at this token is bound: from there backwards, out of each block, and into none.
    fn binding(&self, at: usize) -> Binding<'t> {
        let name = self.text(at);
        let mut closed = 0_usize;
        let mut of_loop = false;
        // The last assignment, which counts for a local and for a global.
        let mut assigned = None;
        let is = |bound: Binding<'t>, assigned: Option<Option<usize>>| match assigned {
            Some(value) => value.map_or(Binding::Other, Binding::Value),
            None => bound,
        };
        for i in (0..at).rev() {
            match self.text(i) {
                "end" | "until" => closed += 1,
                "do" => {
                    of_loop = closed == 0;
                    closed = closed.saturating_sub(1);
                }
                "if" | "repeat" => closed = closed.saturating_sub(1),
                "while" => of_loop = false,
                "for" if std::mem::take(&mut of_loop) => {
                    let (names, end) = self.names(i + 1);
                    if let Some(number) = names.iter().position(|known| *known == name) {
                        return is(self.item(number, end), assigned);
                    }
                }
                "function" if closed > 0 => closed -= 1,
                "function" => {
                    let (names, _) = self.parameters(i);
                    if let Some(number) = names.iter().position(|known| *known == name) {
                        return is(Binding::Parameter(i, number), assigned);
                    }
                }
                "local"
                    if closed == 0
                        && self.text(i + 1) == "function"
                        && self.text(i + 2) == name =>
                {
                    return is(Binding::Other, assigned);
                }
                "local" if closed == 0 => {
                    let (names, end) = self.names(i + 1);
                    if let Some(number) = names.iter().position(|known| *known == name) {
                        let value = self.value(end, number);
                        // A name is bound behind its statement: in `local x = x.y` the second one is another.
                        let inside = |begin| {
                            begin <= at && self.read(begin).is_some_and(|read| at < read.end)
                        };
                        match value {
                            Some(begin) if inside(begin) => {}
                            Some(begin) => return is(Binding::Value(begin), assigned),
                            None => return is(Binding::Other, assigned),
                        }
                    }
                }
                "=" if assigned.is_none()
                    && self.before(i, 1) == name
                    && i - 1 != at
                    && !matches!(self.before(i, 2), "." | ":" | "{" | "," | "local" | ">") =>
                {
                    assigned = Some((closed == 0 && i + 1 != at).then_some(i + 1));
                }
                _ => {}
            }
        }
        // A global: what a call or a constructor has put into it is there to be looked at.
        let value = assigned.flatten();
        let value = value.filter(|at| self.module(*at).is_some() || self.whole(*at).is_some());
        value.map_or(Binding::None, Binding::Value)
    }

    /// The names that a list has from this token on, and the token behind it.
    fn names(&self, mut at: usize) -> (Vec<&'t str>, usize) {
        let mut names = Vec::new();
        while is_name(self.text(at)) {
            names.push(self.text(at));
            at += 1;
            if self.text(at) == "<" {
                at += 3;
            }
            if self.text(at) != "," {
                break;
            }
            at += 1;
        }
        (names, at)
    }

    /// The parameters of the function at this token, and its name if it has a plain one.
    fn parameters(&self, function: usize) -> (Vec<&'t str>, Option<&'t str>) {
        let mut at = function + 1;
        while is_name(self.text(at)) || matches!(self.text(at), "." | ":") {
            at += 1;
        }
        let name = match at - function {
            1 if self.before(function, 1) == "=" => Some(self.before(function, 2)),
            2 => Some(self.text(function + 1)),
            _ => None,
        };
        (self.names(at + 1).0, name)
    }

    /// The token where the value of the name with this number begins, in a statement whose names end here.
    fn value(&self, end: usize, number: usize) -> Option<usize> {
        if self.text(end) != "=" {
            return None;
        }
        self.argument(end + 1, number)
    }

    /// The token where an expression of a list begins. The list begins at this token.
    fn argument(&self, begin: usize, number: usize) -> Option<usize> {
        let (mut at, mut depth, mut passed) = (begin, 0_usize, 0);
        while passed < number {
            match self.text(at) {
                "" | "function" | ";" => return None,
                "(" | "{" | "[" => depth += 1,
                ")" | "}" | "]" => depth = depth.checked_sub(1)?,
                "," if depth == 0 => passed += 1,
                _ => {}
            }
            at += 1;
        }
        Some(at)
    }

    /// What the name with this number is in a loop whose names end here.
    fn item(&self, number: usize, end: usize) -> Binding<'t> {
        let is_list =
            self.text(end) == "in" && self.text(end + 1) == "ipairs" && self.text(end + 2) == "(";
        match self.whole(end + 3) {
            Some(read) if is_list && number == 1 => Binding::Item(read),
            _ => Binding::Other,
        }
    }

    /// What the callers of a function give it.
    fn parameter(&self, function: usize, number: usize, read: &Read<'t>) -> Origin<'t> {
        if let Some(origin) = self.of_handler(function, number) {
            return origin;
        }
        let name = self.parameters(function).1.filter(|name| is_name(name));
        let uses = (0..self.tokens.len()).filter(|at| {
            name == Some(self.text(*at)) && !matches!(self.before(*at, 1), "." | ":" | "function")
        });
        let given = uses.map(|at| {
            if let Some(origin) = self.of_handler(at, number) {
                return origin;
            }
            let argument = (self.text(at + 1) == "(").then(|| self.argument(at + 2, number));
            let value = argument.flatten().and_then(|begin| self.whole(begin));
            value.map_or(Origin::Unknown, |value| self.origin(&value))
        });
        let known = given.into_iter().find(|origin| *origin != Origin::Unknown);
        known.unwrap_or_else(|| match self.text(read.at) {
            // Functions of modules are called in other files. What they call a Tweet is one.
            "tweet" => Origin::Tweet(Vec::new()),
            "user" => Origin::Tweet(vec![Part::Name("user")]),
            _ => Origin::Unknown,
        })
    }

    /// What a handler gets, if the function at this token is given to `ouzel.on` or its like.
    fn of_handler(&self, at: usize, number: usize) -> Option<Origin<'t>> {
        let back = |steps: [&str; 3], from: usize| {
            (0..3).all(|step| self.before(at, from + step) == steps[2 - step])
        };
        let is_step = self.before(at, 1) == "("
            && (back(["ouzel", ".", "filter"], 2) || back(["ouzel", ".", "enrich"], 2));
        let is_on =
            self.before(at, 1) == "," && self.before(at, 3) == "(" && back(["ouzel", ".", "on"], 4);
        match number {
            0 if is_step || is_on => Some(Origin::Tweet(Vec::new())),
            1 if is_on => Some(Origin::Rule(Vec::new())),
            _ => None,
        }
    }
}

/// Appends a step as Lua writes it.
pub(super) fn push(written: &mut String, part: Part<'_>) {
    match part {
        Part::Name(name) if is_name(name) => {
            if !written.is_empty() {
                written.push('.');
            }
            written.push_str(name);
        }
        Part::Name(name) => *written += &format!("[\"{name}\"]"),
        Part::Item(Some(number)) => *written += &format!("[{number}]"),
        Part::Item(None) => *written += "[…]",
    }
}

/// The content of a string without escapes.
fn plain_string(token: &str) -> Option<&str> {
    let quote = token.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inside = token.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inside.contains('\\')).then_some(inside)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_name(token: &str) -> bool {
    const KEYWORDS: [&str; 22] = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if",
        "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
    ];
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && token.chars().all(is_word)
        && !KEYWORDS.contains(&token)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the last read of the code comes from.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let code = Code::of(text);
        let read = (0..code.tokens.len())
            .rev()
            .find_map(|at| code.read(at))
            .unwrap();
        let shown = |kind: &str, path: Vec<Part<'_>>| {
            let mut shown = kind.to_owned();
            path.into_iter().for_each(|part| push(&mut shown, part));
            shown
        };
        let shown = match code.origin(&read) {
            Origin::Tweet(path) => shown("TWEET", path),
            Origin::Rule(path) => shown("RULE", path),
            Origin::Result(method, path) => shown(&format!("RESULT {method}"), path),
            Origin::Module(name, path) => shown(&format!("MODULE {name}"), path),
            Origin::Global(name, path) => shown(&format!("GLOBAL {name}"), path),
            Origin::Unknown => "?".to_owned(),
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn a_name_is_followed_to_the_handler() {
        check("ouzel.enrich(function(t) t.user.x", "TWEET.user.x");
        check(
            "ouzel.filter(function(t) return 1 < t['user']['x y']",
            "TWEET.user[\"x y\"]",
        );
        check("ouzel.on('a', function(t, r) r.tagg", "RULE.tagg");
        check(
            "ouzel.on('a', function(t) local a, at = t:author(), t:created() a.nam",
            "RESULT author.nam",
        );
        check(
            "ouzel.on('a', function(t) local a = t:author() or {} a.nam",
            "?",
        );
        check(
            "ouzel.on('a', function(t, r) local u = t.user local n = u.name; n",
            "TWEET.user.name",
        );
        check(
            "ouzel.on('a', function(t, r) local u, l = t.user, t.list[2]\nl.x",
            "TWEET.list[2].x",
        );
        check(
            "ouzel.on('a', function(t) for _, h in ipairs(t.entities.hashtags) do h.tex",
            "TWEET.entities.hashtags[…].tex",
        );
        check(
            "local function f(u) return u.x end ouzel.on('a', function(t) f(t.user) end)",
            "TWEET.user",
        );
        check(
            "local function see(u) u.x end ouzel.on('a', see) local t = 1 local function g(u) u.y",
            "?",
        );
        check("ouzel.on('a', function(t) end) t.x", "GLOBAL t.x");
    }

    #[test]
    fn a_parameter_is_what_the_callers_give() {
        for (rest, expected) in [
            (
                "ouzel.on('a', function(t) reach(t.user, 1) end)",
                Origin::Tweet(vec![Part::Name("user"), Part::Name("x")]),
            ),
            ("ouzel.on('a', reach)", Origin::Tweet(vec![Part::Name("x")])),
            ("ouzel.filter(reach)", Origin::Tweet(vec![Part::Name("x")])),
            ("reach(other())", Origin::Unknown),
            ("reach(reach)", Origin::Unknown),
        ] {
            let text = format!("local function reach(u, n) return u.x end {rest}");
            let code = Code::of(&text);
            let is_read = |at: &usize| code.text(*at) == "u" && code.text(at + 1) == ".";
            let at = (0..code.tokens.len()).find(is_read).unwrap();
            assert_eq!(code.origin(&code.read(at).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_plain_is_unknown() {
        check("ouzel.enrich(function(t) t = other() t.x", "?");
        check("ouzel.enrich(function(t) if a then t = b end t.x", "?");
        check("ouzel.enrich(function(t) local u = t.user or {} u.x", "?");
        check("ouzel.enrich(function(t) local u = t.list[i] u.x", "?");
        check("ouzel.enrich(function(t) local u = f(t) u.x", "?");
        check("local a = b local b = a b.x", "GLOBAL b.x");
        check("a = b b = a a.x", "GLOBAL b.x");
        check("a = { 1 } a.x", "GLOBAL a.x");
        check("local a = 1 a = b a.x", "GLOBAL b.x");
        check("local a = 1 a = f() a.x", "?");
        check("local x = x.y", "GLOBAL x.y");
        check("if a then local t = 1 end t.x", "GLOBAL t.x");
        check("for _, t in ipairs(a) do end t.x", "GLOBAL t.x");
        check(
            "do local t = 1 end repeat local t = 2 until t t.x",
            "GLOBAL t.x",
        );
        check("local m <const> = require 'a.b' m.x", "MODULE a.b.x");
        check("m = require(\"a\")\nm.x", "MODULE a.x");
        check(
            "local s = '-- local t = 1' --[[ local t = 1 ]] t.x",
            "GLOBAL t.x",
        );
        check("{ t = 1, u = t } t.x", "GLOBAL t.x");
    }

    #[test]
    fn what_ends_too_early_is_read_as_far_as_it_goes() {
        for text in [
            "",
            "local",
            "for",
            "for a in",
            "function",
            "a.",
            "a[",
            "a[1",
            "local a <",
            "require",
            "x = '",
            "ouzel.on(",
            "end end t",
            "local a, b = t",
        ] {
            let code = Code::of(text);
            for at in 0..code.tokens.len() {
                if let Some(read) = code.read(at) {
                    code.origin(&read);
                }
            }
            code.locals();
        }
    }
}
