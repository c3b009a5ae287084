//! The reference as the page `reference` of the guide. Only tests write it: the guide is in the binary as it lies in its
//! folder.

use std::fmt::Write as _;

use super::{Class, FIRST, Field, Function, Held, Item, Partial, SECTIONS, words};

const HEAD: &str = "# Reference

Every function of the Lua API, with its types, an example, and what is an error.

`ouzel types` writes the same for editors, and [lua](lua.md) is the way in.
With a colon a method is called on a value: `seen:insert { … }` on what `ouzel.table` gives, `tweet:id()` on a Tweet.
A type that ends with `?` may be nil, `T[]` is a list, and `|` means or.
\"Raises\" means: the call ends in an error that names its line.
While the script loads, the error makes the load fail; in a handler, it takes back what the handlers have written and emitted for that Tweet.
An argument too many or too few is always an error.
";

/// The whole page.
pub(super) fn page() -> String {
    let mut out = HEAD.to_owned();
    let _ = writeln!(out, "What names no version is there since {FIRST}.");
    for section in SECTIONS {
        let _ = writeln!(out, "\n## {}", section.title);
        text(&mut out, section.text);
        for item in section.items {
            match item {
                Item::Function(described) => function(&mut out, described),
                Item::Class(described) => class(&mut out, described),
                Item::Partial(described) => partial(&mut out, described),
                Item::Alias(alias) => {
                    let _ = writeln!(out, "\n### `{}`", alias.name);
                    text(&mut out, alias.text);
                    let _ = writeln!(out, "\nIt is `{}`.", alias.kind);
                }
            }
        }
    }
    out
}

pub(super) fn function(out: &mut String, function: &Function) {
    let _ = writeln!(out, "\n### `{}`", call(function));
    text(out, function.text);
    if function.since != FIRST {
        let _ = writeln!(out, "It is there since {}.", function.since);
    }
    example(out, function.example);
    text(out, function.more);
    text(out, function.raises);
    if !function.parameters.is_empty() {
        out.push_str("\nTakes:\n\n");
    }
    for parameter in function.parameters {
        let left_out = match (parameter.may_be_left_out, parameter.name) {
            (true, _) => ", may be left out",
            (false, "...") => ", any number of them",
            (false, _) => "",
        };
        let _ = write!(
            out,
            "- `{}`, `{}`{left_out}",
            parameter.name, parameter.kind
        );
        end(out, parameter.text);
    }
    if !function.gives.is_empty() {
        out.push_str("\nGives:\n\n");
    }
    for gives in function.gives {
        match gives.name {
            "" => {
                let _ = write!(out, "- `{}`", gives.kind);
            }
            name => {
                let _ = write!(out, "- `{name}`, `{}`", gives.kind);
            }
        }
        end(out, gives.text);
    }
}

/// `ouzel.emit(value [, sink])`
fn call(function: &Function) -> String {
    let mut call = format!("{}(", function.path);
    for (number, parameter) in function.parameters.iter().enumerate() {
        let (open, close) = match parameter.may_be_left_out {
            true => ("[", "]"),
            false => ("", ""),
        };
        let before = match (number, parameter.may_be_left_out) {
            (0, _) => "",
            (_, true) => " ",
            (_, false) => ", ",
        };
        let comma = if number > 0 && parameter.may_be_left_out {
            ", "
        } else {
            ""
        };
        let _ = write!(call, "{before}{open}{comma}{}{close}", parameter.name);
    }
    call + ")"
}

fn class(out: &mut String, class: &Class) {
    let title = match class.held {
        Held::Global(name) => name,
        Held::Local(_) | Held::Nothing => class.name,
    };
    let _ = writeln!(out, "\n### `{title}`");
    text(out, class.text);
    if title != class.name {
        let _ = writeln!(out, "\nIts type is `{}`.", class.name);
    }
    if let Held::Local(name) = class.held {
        let _ = writeln!(out, "\nIts methods stand here as `{name}:method()`.");
    }
    if let Some(parent) = class.parent {
        let _ = writeln!(out, "\nIt has all that `{}` has.", parent.name);
    }
    example(out, class.example);
    text(out, class.more);
    text(out, class.raises);
    if !class.fields.is_empty() || class.open.is_some() {
        out.push('\n');
    }
    for described in class.fields {
        field(out, described);
    }
    if let Some(open) = &class.open {
        let _ = write!(out, "- any other `{}`, `{}`", open.name, open.kind);
        end(out, open.text);
    }
}

fn partial(out: &mut String, partial: &Partial) {
    let _ = writeln!(out, "\n### `{}`", partial.name);
    text(out, partial.text);
    let _ = writeln!(
        out,
        "\nIt has the fields of `{}`, and all may be left out.",
        partial.of.name
    );
    if !partial.kinds.is_empty() || !partial.fields.is_empty() {
        out.push_str("These are other ones:\n\n");
    }
    for described in partial.fields {
        field(out, described);
    }
    for (name, kind) in partial.kinds {
        let _ = writeln!(out, "- `{name}`, `{kind}?`");
    }
}

fn field(out: &mut String, field: &Field) {
    let _ = write!(out, "- `{}`, `{}`", field.name, field.kind);
    end(out, field.text);
}

fn end(out: &mut String, text: &str) {
    match text {
        "" => out.push('\n'),
        text => {
            let _ = writeln!(out, ": {text}");
        }
    }
}

fn example(out: &mut String, example: &str) {
    if !example.is_empty() {
        let _ = writeln!(out, "\n```lua\n{example}\n```");
    }
}

/// Paragraphs, with a line for each sentence.
fn text(out: &mut String, text: &str) {
    for paragraph in words::paragraphs(text) {
        let _ = writeln!(out, "\n{}", sentences(paragraph).join("\n"));
    }
}

/// The sentences of a paragraph.
fn sentences(paragraph: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut rest = paragraph;
    let begins = |text: &str| {
        // The program's name is never written with a capital.
        text.starts_with("ouzel ")
            || text.starts_with(|sign: char| sign.is_uppercase() || sign == '`')
    };
    while let Some(at) = rest
        .match_indices(". ")
        .map(|(at, _)| at)
        .find(|at| begins(&rest[at + 2..]))
    {
        sentences.push(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    sentences.push(rest);
    sentences
}

#[test]
fn a_sentence_ends_with_a_period_before_a_capital() {
    assert_eq!(
        sentences("It has 1.5 items. Then more, e.g. this. `x` is there. ouzel reads it."),
        [
            "It has 1.5 items.",
            "Then more, e.g. this.",
            "`x` is there.",
            "ouzel reads it."
        ]
    );
}
