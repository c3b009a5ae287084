//! Reads LuaCATS annotations: the classes and functions of `scripts/ouzel.lua`, with their types. What it does not know is a
//! mistake.

use std::collections::BTreeMap;

/// A type, as annotations write it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Type {
    /// `string`, or `table<string, integer>`.
    Named(String, Vec<Type>),
    List(Box<Type>),
    OrNil(Box<Type>),
    Either(Vec<Type>),
    Function(Named, Vec<Type>),
    Fields(Named),
    /// `"tweet"`.
    Text(String),
}

/// Types with their names.
pub(super) type Named = Vec<(String, Type)>;

#[derive(Debug, Default)]
pub(super) struct Class {
    pub(super) parent: Option<String>,
    pub(super) fields: Named,
    /// The type of its keys and that of their values.
    pub(super) open: Option<(Type, Type)>,
}

#[derive(Debug)]
pub(super) struct Function {
    pub(super) generics: Vec<String>,
    pub(super) parameters: Named,
    pub(super) gives: Vec<Type>,
    pub(super) overloads: Vec<Type>,
}

/// All that a file describes.
#[derive(Debug, Default)]
pub(super) struct Described {
    pub(super) classes: BTreeMap<String, Class>,
    pub(super) aliases: BTreeMap<String, Type>,
    /// By their paths: `ouzel.rules`, `Table:insert`.
    pub(super) functions: BTreeMap<String, Function>,
    /// The classes of names: `ouzel.db` has the class `ouzel.db`, `Table` the class `ouzel.Table`.
    pub(super) held: BTreeMap<String, String>,
}

/// Reads a file, or says what is wrong, and in which line.
pub(super) fn read(text: &str) -> Result<Described, String> {
    let mut described = Described::default();
    let mut block: Vec<(&str, &str)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let wrong = |what: String| format!("line {}: {what}\n{line}", number + 1);
        if let Some(annotation) = line.strip_prefix("---@") {
            let (tag, rest) = annotation.split_once(' ').unwrap_or((annotation, ""));
            block.push((tag, rest));
        } else if !line.starts_with("---") || line.starts_with("----") {
            let ended = std::mem::take(&mut block);
            described.add(&ended, line).map_err(wrong)?;
        }
    }
    described.add(&block, "")?;
    Ok(described)
}

impl Described {
    /// Adds what the annotations above a line of code say.
    fn add(&mut self, block: &[(&str, &str)], code: &str) -> Result<(), String> {
        if let Some(declared) = code.strip_prefix("function ") {
            return self.add_function(block, declared);
        }
        let mut class: Option<(String, Class)> = None;
        for (tag, rest) in block {
            match (*tag, &mut class) {
                ("meta", None) => {}
                ("class", None) => {
                    let (name, parent) = match rest.split_once(": ") {
                        Some((name, parent)) => (name, Some(parent.to_owned())),
                        None => (*rest, None),
                    };
                    class = Some((
                        name.to_owned(),
                        Class {
                            parent,
                            ..Class::default()
                        },
                    ));
                }
                ("alias", None) => {
                    let (name, rest) = rest.split_once(' ').ok_or("an alias of nothing")?;
                    let (kind, rest) = kind(rest)?;
                    done(rest)?;
                    self.aliases.insert(name.to_owned(), kind);
                }
                ("field", Some((_, class))) => add_field(class, rest)?,
                _ => return Err(format!("`@{tag}` does not belong here")),
            }
        }
        if let Some((name, class)) = class {
            let held = code.strip_suffix(" = {}");
            let held = held.map(|held| held.trim_start_matches("local ").to_owned());
            if let Some(held) = held {
                self.held.insert(held, name.clone());
            } else if !code.is_empty() {
                return Err(format!("`{name}` stands above something else"));
            }
            if self.classes.insert(name.clone(), class).is_some() {
                return Err(format!("there are two classes `{name}`"));
            }
        }
        Ok(())
    }

    fn add_function(&mut self, block: &[(&str, &str)], declared: &str) -> Result<(), String> {
        let (path, rest) = declared.split_once('(').ok_or("no parameters")?;
        let names = rest.strip_suffix(") end").ok_or("it does something")?;
        let names: Vec<_> = names.split(", ").filter(|name| !name.is_empty()).collect();
        let mut function = Function {
            generics: Vec::new(),
            parameters: Vec::new(),
            gives: Vec::new(),
            overloads: Vec::new(),
        };
        for (tag, rest) in block {
            match *tag {
                "generic" => function.generics.push((*rest).to_owned()),
                "param" => {
                    let (name, rest) = rest.split_once(' ').ok_or("a parameter without a type")?;
                    let (mut kind, _) = kind(rest)?;
                    if name.ends_with('?') {
                        kind = Type::OrNil(Box::new(kind));
                    }
                    let name = name.trim_end_matches('?').to_owned();
                    function.parameters.push((name, kind));
                }
                "return" => function.gives.push(kind(rest)?.0),
                "overload" => {
                    let (kind, rest) = kind(rest)?;
                    done(rest)?;
                    function.overloads.push(kind);
                }
                tag => return Err(format!("`@{tag}` does not belong here")),
            }
        }
        let described: Vec<_> = function.parameters.iter().map(|(name, _)| name).collect();
        if described != names {
            return Err(format!(
                "it takes {names:?}, and described are {described:?}"
            ));
        }
        match self.functions.insert(path.to_owned(), function) {
            Some(_) => Err("it is there twice".to_owned()),
            None => Ok(()),
        }
    }

    /// The field of a class or of one of its parents.
    pub(super) fn field(&self, class: &str, name: &str) -> Option<&Type> {
        let class = self.classes.get(class)?;
        let own = class.fields.iter().find(|(field, _)| field == name);
        match (own, &class.parent) {
            (Some((_, kind)), _) => Some(kind),
            (None, Some(parent)) => self.field(parent, name),
            (None, None) => None,
        }
    }

    /// The method of a class or of one of its parents.
    pub(super) fn method(&self, class: &str, name: &str) -> Option<&Function> {
        let held = self.held.iter().find(|(_, of)| *of == class);
        let own = held.and_then(|(held, _)| self.functions.get(&format!("{held}:{name}")));
        own.or_else(|| self.method(self.classes.get(class)?.parent.as_ref()?, name))
    }

    /// Every type that is written anywhere, with where that is and the names that are types there only.
    pub(super) fn types(&self) -> Vec<(String, &Type, &[String])> {
        let mut types = Vec::new();
        for (name, class) in &self.classes {
            types.extend(
                class
                    .fields
                    .iter()
                    .map(|(field, kind)| (format!("{name}.{field}"), kind, &[][..])),
            );
            if let Some((key, value)) = &class.open {
                types.extend([key, value].map(|kind| (format!("{name}[]"), kind, &[][..])));
            }
        }
        types.extend(
            self.aliases
                .iter()
                .map(|(name, kind)| (name.clone(), kind, &[][..])),
        );
        for (name, function) in &self.functions {
            let kinds = function.parameters.iter().map(|(_, kind)| kind);
            let kinds = kinds.chain(&function.gives).chain(&function.overloads);
            types.extend(kinds.map(|kind| (name.clone(), kind, &function.generics[..])));
        }
        types
    }
}

fn add_field(class: &mut Class, rest: &str) -> Result<(), String> {
    if let Some(rest) = rest.strip_prefix('[') {
        let (key, rest) = kind(rest)?;
        let rest = rest.strip_prefix("] ").ok_or("a key without its end")?;
        class.open = Some((key, kind(rest)?.0));
        return Ok(());
    }
    let (name, rest) = rest.split_once(' ').ok_or("a field without a type")?;
    let is_name = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    if !name.chars().all(is_name) {
        return Err(format!("`{name}` is no name of a field"));
    }
    if class.fields.iter().any(|(known, _)| known == name) {
        return Err(format!("the field `{name}` is there twice"));
    }
    class.fields.push((name.to_owned(), kind(rest)?.0));
    Ok(())
}

fn done(rest: &str) -> Result<(), String> {
    match rest {
        "" => Ok(()),
        rest => Err(format!("nothing can stand here: {rest}")),
    }
}

/// Reads a type. It ends at a space, and what comes behind is a name or a text.
pub(super) fn kind(text: &str) -> Result<(Type, &str), String> {
    let (first, mut rest) = one(text)?;
    let mut all = vec![first];
    while let Some(more) = rest.strip_prefix('|') {
        let (next, after) = one(more)?;
        all.push(next);
        rest = after;
    }
    let ends = rest.is_empty() || rest.starts_with([' ', ',', ')', '>', '}', ']']);
    match (ends, all.len()) {
        (false, _) => Err(format!("no type ends so: {rest}")),
        (true, 1) => Ok((all.remove(0), rest)),
        (true, _) => Ok((Type::Either(all), rest)),
    }
}

fn one(text: &str) -> Result<(Type, &str), String> {
    let (mut kind, mut rest) = plain(text)?;
    loop {
        if let Some(after) = rest.strip_prefix("[]") {
            (kind, rest) = (Type::List(Box::new(kind)), after);
        } else if let Some(after) = rest.strip_prefix('?') {
            (kind, rest) = (Type::OrNil(Box::new(kind)), after);
        } else {
            return Ok((kind, rest));
        }
    }
}

fn plain(text: &str) -> Result<(Type, &str), String> {
    if let Some(rest) = text.strip_prefix('"') {
        let (value, rest) = rest.split_once('"').ok_or("a text without its end")?;
        return Ok((Type::Text(value.to_owned()), rest));
    }
    if let Some(rest) = text.strip_prefix("fun(") {
        let (parameters, mut rest) = named(rest, ')')?;
        let mut gives = Vec::new();
        let mut before = ": ";
        while let Some(more) = rest.strip_prefix(before) {
            let (given, after) = kind(more)?;
            gives.push(given);
            (rest, before) = (after, ", ");
        }
        return Ok((Type::Function(parameters, gives), rest));
    }
    if let Some(rest) = text.strip_prefix("{ ") {
        let (fields, rest) = named(rest, '}')?;
        return Ok((Type::Fields(fields), rest));
    }
    let is_name = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '_');
    let end = text.find(|sign| !is_name(sign)).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    if name.is_empty() {
        return Err(format!("no type begins so: {text}"));
    }
    let mut of = Vec::new();
    if let Some(mut more) = rest.strip_prefix('<') {
        loop {
            let (next, after) = kind(more)?;
            of.push(next);
            match after.strip_prefix(", ") {
                Some(after) => more = after,
                None => {
                    rest = after.strip_prefix('>').ok_or("`<` without `>`")?;
                    break;
                }
            }
        }
    }
    Ok((Type::Named(name.to_owned(), of), rest))
}

/// `name: type, name: type` up to its end.
fn named(text: &str, end: char) -> Result<(Named, &str), String> {
    let mut all = Vec::new();
    let mut rest = text;
    loop {
        if let Some(after) = rest.trim_start().strip_prefix(end) {
            return Ok((all, after));
        }
        let (name, after) = rest.split_once(": ").ok_or("a name without a type")?;
        let (kind, after) = kind(after)?;
        all.push((name.trim().to_owned(), kind));
        rest = after.strip_prefix(',').unwrap_or(after);
        if rest.is_empty() {
            return Err(format!("`{end}` is missing"));
        }
    }
}
