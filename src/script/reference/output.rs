//! `ouzel.emit` and `ouzel.sink`.

use super::{Class, Function, Item, Section, gives, needed, perhaps};

pub(super) const SECTION: Section = Section {
    title: "Lines of JSON",
    text: "",
    items: &[
        Item::Function(&EMIT),
        Item::Class(&SINK_TYPE),
        Item::Function(&SINK),
    ],
};

/// `ouzel.emit`.
pub(in crate::script) const EMIT: Function = Function {
    path: "ouzel.emit",
    text: "Writes a value as one line of JSON, to stdout or to a sink. The lines of a batch are written together, shortly \
        before its rows are committed. If a handler fails, the lines that were emitted for its Tweet are taken back. \
        After a crash, some lines may come twice on stdout, but never in a sink.",
    example: "ouzel.emit { id = tweet.id, text = tweet:full_text() }",
    raises: "Raises for a value that has no JSON (see `ouzel.json.encode`), and for a second argument that is not a sink.",
    parameters: &[
        needed("value", "any", ""),
        perhaps("sink", "ouzel.Sink", "the sink to write to, instead of stdout"),
    ],
    ..Function::NONE
};

const SINK_TYPE: Class = Class {
    name: "ouzel.Sink",
    text: "A file for JSON Lines that the script emits.",
    ..Class::NONE
};

/// `ouzel.sink`.
pub(in crate::script) const SINK: Function = Function {
    path: "ouzel.sink",
    text: "Declares a file to emit lines into. It lies in the folder `sinks` of the data folder, and lines are appended \
        to it. Its length is committed with the rows of the same Tweets, so after a crash it has each line once.",
    example: r#"local hits = ouzel.sink("hits.jsonl")"#,
    raises: "Raises for a name that is not a plain file name, and in a handler.",
    parameters: &[needed(
        "name",
        "string",
        "letters, digits, `-`, `_` and `.`",
    )],
    gives: &[gives("ouzel.Sink", "", "")],
    ..Function::NONE
};
