//! The reference of the Lua API, as plain data: each function, each option and each field, with its types and a text.
//!
//! The API takes the names of its functions, how many arguments they have, and the names of its options from here.
//! `ouzel.lua` for editors (`luacats.rs`) and the page `reference` of the guide (`page.rs`) are written from it. So none of
//! them can say what the others do not.

mod luacats;
#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;
mod words;

// Tables, in which a line is an entry.
#[rustfmt::skip]
mod activity;
#[rustfmt::skip]
pub(super) mod data;
#[rustfmt::skip]
pub(super) mod db;
#[rustfmt::skip]
pub(super) mod handlers;
#[rustfmt::skip]
pub(super) mod json;
#[rustfmt::skip]
pub(super) mod log;
#[rustfmt::skip]
pub(super) mod metric;
#[rustfmt::skip]
pub(super) mod native;
#[rustfmt::skip]
pub(super) mod output;
#[rustfmt::skip]
pub(super) mod regex;
#[rustfmt::skip]
pub(super) mod state;
#[rustfmt::skip]
pub(super) mod table;
#[rustfmt::skip]
pub(super) mod test;
#[rustfmt::skip]
pub(super) mod text;
#[rustfmt::skip]
pub(super) mod time;
#[rustfmt::skip]
pub(super) mod tweet;

pub(crate) use self::luacats::stub;

/// The first version of ouzel. What has no other version is there since then.
const FIRST: &str = "0.1.0";

/// The whole reference, in the order in which it is read.
static SECTIONS: [&Section; 16] = [
    &handlers::SECTION,
    &tweet::SECTION,
    &native::SECTION,
    &activity::SECTION,
    &table::SECTION,
    &db::SECTION,
    &state::SECTION,
    &output::SECTION,
    &metric::SECTION,
    &data::SECTION,
    &regex::SECTION,
    &text::SECTION,
    &json::SECTION,
    &time::SECTION,
    &log::SECTION,
    &test::SECTION,
];

/// A chapter of the reference.
#[derive(Debug)]
struct Section {
    title: &'static str,
    /// What stands at its beginning.
    text: &'static str,
    items: &'static [Item],
}

/// What a chapter describes.
#[derive(Debug)]
enum Item {
    Function(&'static Function),
    Class(&'static Class),
    Alias(&'static Alias),
    Partial(&'static Partial),
}

/// A function of the API, or a method.
#[derive(Debug)]
pub(in crate::script) struct Function {
    /// How a script calls it: `ouzel.rules`. A method is called on a value of a class: `Table:insert`.
    path: &'static str,
    /// What it does, in paragraphs.
    text: &'static str,
    example: &'static str,
    /// What else there is to know, below the example.
    more: &'static str,
    /// What is an error.
    raises: &'static str,
    /// A type that the parameters and results have in common, for LuaCATS.
    generic: &'static str,
    /// Other types that its parameters may have, as LuaCATS writes them.
    overloads: &'static [&'static str],
    parameters: &'static [Parameter],
    gives: &'static [Gives],
    /// The version of ouzel that had it first.
    since: &'static str,
}

/// What a function takes. The name `...` stands for any number of arguments.
#[derive(Debug)]
struct Parameter {
    name: &'static str,
    /// The type, as LuaCATS writes it.
    kind: &'static str,
    may_be_left_out: bool,
    text: &'static str,
}

/// What a function gives back. The name may be empty.
#[derive(Debug)]
struct Gives {
    kind: &'static str,
    name: &'static str,
    text: &'static str,
}

/// A table with certain fields: an object with methods, options, a part of a Tweet.
#[derive(Debug)]
pub(in crate::script) struct Class {
    name: &'static str,
    /// The class whose fields and methods it has too.
    parent: Option<&'static Class>,
    text: &'static str,
    example: &'static str,
    more: &'static str,
    raises: &'static str,
    fields: &'static [Field],
    /// The type of its keys and that of their values, if it may have other fields too.
    open: Option<Field>,
    held: Held,
}

/// A field. A type that ends with `?` may be nil.
#[derive(Debug)]
struct Field {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

/// What stands for a class in the description for editors.
#[derive(Debug)]
enum Held {
    Nothing,
    /// A local, so that it can have methods.
    Local(&'static str),
    /// A global name, or a field of one.
    Global(&'static str),
}

/// A name for a type.
#[derive(Debug)]
struct Alias {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

/// A class with the fields of another one, of which all may be left out.
#[derive(Debug)]
pub(in crate::script) struct Partial {
    name: &'static str,
    of: &'static Class,
    text: &'static str,
    /// The types that stand for some of its own.
    kinds: &'static [(&'static str, &'static str)],
    /// Its other fields.
    fields: &'static [Field],
}

impl Function {
    const NONE: Self = Self {
        path: "",
        text: "",
        example: "",
        more: "",
        raises: "",
        generic: "",
        overloads: &[],
        parameters: &[],
        gives: &[],
        since: FIRST,
    };

    /// Its own name, without that of its table or class.
    pub(in crate::script) fn name(&self) -> &'static str {
        let name = self.path.rsplit(['.', ':']).next();
        name.unwrap_or(self.path)
    }

    /// How a script calls it.
    pub(in crate::script) fn path(&self) -> &'static str {
        self.path
    }

    /// Whether it may be called with so many arguments. A method's own value does not count.
    pub(in crate::script) fn takes(&self, count: usize) -> bool {
        let (named, needed, is_open) = self.named();
        count >= needed && (is_open || count <= named.len())
    }

    /// Whether it takes a single text and is called with two arguments.
    pub(in crate::script) fn has_one_too_many(&self, count: usize) -> bool {
        matches!(self.parameters, [Parameter { name: "text", .. }]) && count == 2
    }

    /// Its parameters without `...`, how many of them are needed, and whether there is `...`.
    fn named(&self) -> (&'static [Parameter], usize, bool) {
        let (named, is_open) = match self.parameters {
            [named @ .., Parameter { name: "...", .. }] => (named, true),
            named => (named, false),
        };
        let needed = named.iter().take_while(|one| !one.may_be_left_out).count();
        (named, needed, is_open)
    }

    /// The message for a call with too few or too many arguments. `called` is how the script calls the function.
    pub(in crate::script) fn wrong_count(&self, called: &str, count: usize) -> String {
        let (named, needed, _) = self.named();
        let all: Vec<_> = named.iter().map(|one| format!("`{}`", one.name)).collect();
        let (first, others) = all.split_at(needed);
        let takes = match (first.is_empty(), others.is_empty()) {
            (true, true) => return format!("`{called}` takes no arguments"),
            (false, true) => words::list(first),
            (true, false) => format!("perhaps {}", words::list(others)),
            (false, false) => format!("{} and perhaps {}", words::list(first), words::list(others)),
        };
        let s = if count == 1 { "" } else { "s" };
        format!("`{called}` takes {takes}, not {count} argument{s}")
    }
}

impl Class {
    const NONE: Self = Self {
        name: "",
        parent: None,
        text: "",
        example: "",
        more: "",
        raises: "",
        fields: &[],
        open: None,
        held: Held::Nothing,
    };

    /// The names of its fields.
    pub(in crate::script) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.name)
    }

    /// The names of its fields, each with its type as LuaCATS writes it.
    pub(in crate::script) fn kinds(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.fields.iter().map(|field| (field.name, field.kind))
    }
}

/// The functions of the global `ouzel` itself, without those of its tables.
pub(in crate::script) fn of_ouzel() -> impl Iterator<Item = &'static Function> {
    let below = |function: &&Function| {
        let name = function.path.strip_prefix("ouzel.");
        name.is_some_and(|name| !name.contains('.'))
    };
    functions().filter(below)
}

/// The names of the methods of a class, as `Tweet`.
pub(in crate::script) fn methods(class: &str) -> impl Iterator<Item = &'static str> {
    let of = move |function: &&Function| {
        let method = function.path.strip_prefix(class);
        method.is_some_and(|method| method.starts_with(':'))
    };
    functions().filter(of).map(Function::name)
}

/// The class of this name.
pub(in crate::script) fn class(name: &str) -> Option<&'static Class> {
    let classes = items().filter_map(|item| match item {
        Item::Class(class) => Some(*class),
        _ => None,
    });
    classes.into_iter().find(|class| class.name == name)
}

fn functions() -> impl Iterator<Item = &'static Function> {
    items().filter_map(|item| match item {
        Item::Function(function) => Some(*function),
        _ => None,
    })
}

fn items() -> impl Iterator<Item = &'static Item> {
    SECTIONS.iter().flat_map(|section| section.items)
}

const fn needed(name: &'static str, kind: &'static str, text: &'static str) -> Parameter {
    Parameter {
        name,
        kind,
        may_be_left_out: false,
        text,
    }
}

const fn perhaps(name: &'static str, kind: &'static str, text: &'static str) -> Parameter {
    Parameter {
        name,
        kind,
        may_be_left_out: true,
        text,
    }
}

const fn gives(kind: &'static str, name: &'static str, text: &'static str) -> Gives {
    Gives { kind, name, text }
}

const fn field(name: &'static str, kind: &'static str, text: &'static str) -> Field {
    Field { name, kind, text }
}

impl Partial {
    /// The names of its fields.
    pub(in crate::script) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.of
            .fields
            .iter()
            .chain(self.fields)
            .map(|field| field.name)
    }

    /// The type of one of the fields that it takes over.
    fn kind_of(&self, field: &Field) -> &'static str {
        let own = self.kinds.iter().find(|(name, _)| *name == field.name);
        own.map_or(field.kind, |(_, kind)| kind)
    }
}
