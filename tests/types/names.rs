//! Which fields and methods a script uses of what is described: enough of what an editor does to complete them.

use std::collections::{BTreeMap, BTreeSet};

use super::luacats::{Described, Function, Type};

/// What a script uses.
#[derive(Debug, Default)]
pub(super) struct Used {
    /// What is described: `ouzel.on`, `ouzel.Tweet:kind`.
    pub(super) known: BTreeSet<String>,
    /// What is not.
    pub(super) missing: BTreeSet<String>,
}

/// What a piece of code has come to.
enum Found<'d> {
    Value(Type),
    /// A name of which others begin: `ouzel`, `ouzel.db`.
    Path(String),
    Function(&'d Function),
    Unknown,
}

/// Reads a script. Variables are known by name, wherever they stand.
pub(super) fn used(described: &Described, text: &str) -> Used {
    let tokens = tokens(text);
    let mut reader = Reader {
        described,
        assigned: assigned(&tokens),
        tokens,
        variables: BTreeMap::new(),
        used: Used::default(),
    };
    let mut at = 0;
    while at < reader.tokens.len() {
        match reader.text(at) {
            "local" => reader.local(at + 1),
            "for" => reader.loop_over(at + 1),
            _ if reader.is_root(at) => {
                reader.walk(at);
            }
            _ => {}
        }
        at += 1;
    }
    reader.used
}

struct Reader<'d> {
    described: &'d Described,
    tokens: Vec<String>,
    /// The fields that the script itself assigns somewhere.
    assigned: BTreeSet<String>,
    variables: BTreeMap<String, Type>,
    used: Used,
}

impl<'d> Reader<'d> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", String::as_str)
    }

    /// Whether a name begins here that is known.
    fn is_root(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map_or("", |at| self.text(at));
        let name = self.text(at);
        !matches!(before, "." | ":" | "function")
            && (matches!(name, "ouzel" | "test") || self.variables.contains_key(name))
    }

    /// Follows a name over its fields and calls. Gives what it comes to, and where it ends.
    fn walk(&mut self, from: usize) -> (Found<'d>, usize) {
        let described = self.described;
        let mut found = match self.text(from) {
            "ouzel" => Found::Path("ouzel".to_owned()),
            name => match described.functions.get(name) {
                Some(function) => Found::Function(function),
                None => Found::Value(self.variables[name].clone()),
            },
        };
        let mut at = from + 1;
        loop {
            let (sign, name) = (self.text(at).to_owned(), self.text(at + 1).to_owned());
            found = match (sign.as_str(), found) {
                ("." | ":", Found::Path(path)) => {
                    at += 2;
                    self.below(&path, &name)
                }
                (joint @ ("." | ":"), Found::Value(value)) => {
                    at += 2;
                    self.member(&value, joint, &name)
                }
                ("." | ":", _) => {
                    at += 2;
                    Found::Unknown
                }
                ("[", Found::Value(value)) => {
                    at = self.end(at);
                    match bare(&value) {
                        Type::List(item) => Found::Value(*item.clone()),
                        _ => Found::Unknown,
                    }
                }
                ("(" | "{", Found::Function(function)) => {
                    self.arguments(function, at);
                    at = self.end(at);
                    result(function)
                }
                ("\"", Found::Function(function)) => {
                    at += 1;
                    result(function)
                }
                ("(" | "[", _) => {
                    at = self.end(at);
                    Found::Unknown
                }
                (_, found) => return (found, at),
            };
        }
    }

    /// What a path and a name lead to.
    fn below(&mut self, path: &str, name: &str) -> Found<'d> {
        let whole = format!("{path}.{name}");
        let described = self.described;
        let class = described.held.get(path);
        let found = match described.functions.get(&whole) {
            Some(function) => Found::Function(function),
            None if described.held.contains_key(&whole) => Found::Path(whole.clone()),
            None => match class.and_then(|class| described.field(class, name)) {
                Some(kind) => Found::Value(kind.clone()),
                // What the script keeps has the names that it likes.
                None if class.is_some_and(|class| class == "ouzel.State") => return Found::Unknown,
                None => {
                    self.used.missing.insert(whole);
                    return Found::Unknown;
                }
            },
        };
        self.used.known.insert(whole);
        found
    }

    fn member(&mut self, value: &Type, joint: &str, name: &str) -> Found<'d> {
        let described = self.described;
        match bare(value) {
            Type::Named(class, _) if described.classes.contains_key(class) => {
                let whole = format!("{class}{joint}{name}");
                let found = match joint {
                    ":" => described.method(class, name).map(Found::Function),
                    _ => described.field(class, name).cloned().map(Found::Value),
                };
                match found {
                    Some(found) => {
                        self.used.known.insert(whole);
                        return found;
                    }
                    None if joint == "." && self.assigned.contains(name) => {}
                    None => drop(self.used.missing.insert(whole)),
                }
                Found::Unknown
            }
            Type::Fields(fields) => {
                let field = fields.iter().find(|(field, _)| field == name);
                match field {
                    Some((_, kind)) => Found::Value(kind.clone()),
                    None => {
                        self.used.missing.insert(format!("{value:?}.{name}"));
                        Found::Unknown
                    }
                }
            }
            _ => Found::Unknown,
        }
    }

    /// Where the bracket ends that begins here: the place behind it.
    fn end(&self, from: usize) -> usize {
        let mut depth = 0;
        for at in from..self.tokens.len() {
            match self.text(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return at + 1;
            }
        }
        self.tokens.len()
    }

    /// Gives the parameters of functions among the arguments the types that the called function says.
    fn arguments(&mut self, function: &Function, from: usize) {
        let (end, mut depth, mut number) = (self.end(from), 0, 0);
        for at in from..end {
            match self.text(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                "," if depth == 1 => number += 1,
                "function" if depth == 1 => {
                    if let Some((_, Type::Function(takes, _))) = function.parameters.get(number) {
                        let names = (at + 2..end).step_by(2);
                        for (name, (_, kind)) in names.zip(takes) {
                            let name = self.text(name).to_owned();
                            self.variables.insert(name, kind.clone());
                            if self.text(at + 3) == ")" {
                                break;
                            }
                        }
                    }
                    // What stands in the function is not an argument.
                    return;
                }
                _ => {}
            }
        }
    }

    /// `local a, b = x, y`: the names get the types of what is known.
    fn local(&mut self, from: usize) {
        let (names, mut at) = self.names(from);
        if self.text(at) != "=" {
            return;
        }
        for name in names {
            at += 1;
            self.variables.remove(&name);
            if !self.is_root(at) {
                return;
            }
            let (found, end) = self.walk(at);
            if let Found::Value(kind) = found
                && !matches!(self.text(end), "and" | ".." | "+" | "==" | "~=" | ">" | "<")
            {
                self.variables.insert(name, kind);
            }
            at = end;
            if self.text(at) != "," {
                return;
            }
        }
    }

    /// `for _, item in ipairs(list) do` and `for row in iterator do`.
    fn loop_over(&mut self, from: usize) {
        let (names, at) = self.names(from);
        if self.text(at) != "in" {
            return;
        }
        let is_list = self.text(at + 1) == "ipairs";
        let begins = if is_list { at + 3 } else { at + 1 };
        if !self.is_root(begins) {
            return;
        }
        let Found::Value(kind) = self.walk(begins).0 else {
            return;
        };
        match (bare(&kind), is_list, &names[..]) {
            (Type::List(item), true, [_, name]) => {
                self.variables.insert(name.clone(), *item.clone());
            }
            (Type::Function(_, gives), false, names) => {
                for (name, kind) in names.iter().zip(gives) {
                    self.variables.insert(name.clone(), kind.clone());
                }
            }
            _ => {}
        }
    }

    fn names(&self, from: usize) -> (Vec<String>, usize) {
        let (mut names, mut at) = (vec![self.text(from).to_owned()], from + 1);
        while self.text(at) == "," {
            names.push(self.text(at + 1).to_owned());
            at += 2;
        }
        (names, at)
    }
}

/// A type without that it may be nil.
fn bare(kind: &Type) -> &Type {
    match kind {
        Type::OrNil(kind) => bare(kind),
        kind => kind,
    }
}

fn result<'d>(function: &Function) -> Found<'d> {
    match function.gives.first() {
        Some(kind) => Found::Value(kind.clone()),
        None => Found::Unknown,
    }
}

/// The names that stand between a dot and `=`.
fn assigned(tokens: &[String]) -> BTreeSet<String> {
    let parts = tokens.windows(3);
    let parts = parts.filter(|part| part[0] == "." && part[2] == "=");
    parts.map(|part| part[1].clone()).collect()
}

/// The words and signs of a script. A text is a `"`, and comments are nothing.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let long = ["--[[", "[["]
            .into_iter()
            .find(|open| rest.starts_with(open));
        if let Some(open) = long {
            rest = rest[open.len()..]
                .split_once("]]")
                .map_or("", |(_, after)| after);
            if open == "[[" {
                tokens.push("\"".to_owned());
            }
        } else if rest.starts_with("--") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
        } else if matches!(first, '"' | '\'') {
            let mut is_escaped = false;
            let end = rest[1..].find(|sign| {
                let ends = sign == first && !is_escaped;
                is_escaped = sign == '\\' && !is_escaped;
                ends
            });
            rest = end.map_or("", |end| &rest[end + 2..]);
            tokens.push("\"".to_owned());
        } else {
            let is_word = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
            let length = rest.find(|sign| !is_word(sign)).unwrap_or(rest.len());
            let double = ["..", "==", "~=", "<=", ">=", "//"];
            let length = match length {
                0 if double.iter().any(|sign| rest.starts_with(sign)) => 2,
                0 => first.len_utf8(),
                length => length,
            };
            if !first.is_whitespace() {
                tokens.push(rest[..length].to_owned());
            }
            rest = &rest[length..];
        }
    }
    tokens
}
