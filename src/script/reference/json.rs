//! `ouzel.json`.

use super::{Class, Function, Held, Item, Section, field, gives, needed, perhaps};

pub(super) const SECTION: Section = Section {
    title: "JSON",
    text: "",
    items: &[
        Item::Class(&JSON_TYPE),
        Item::Function(&ENCODE),
        Item::Function(&DECODE),
        Item::Function(&ARRAY),
    ],
};

const JSON_TYPE: Class = Class {
    name: "ouzel.json",
    text: "Turns JSON text into Lua values and back.",
    fields: &[field(
        "null",
        "lightuserdata",
        "JSON null where nil would be lost, as in a list; also SQL NULL; true in a condition",
    )],
    held: Held::Global("ouzel.json"),
    ..Class::NONE
};

/// `ouzel.json.encode`.
pub(in crate::script) const ENCODE: Function = Function {
    path: "ouzel.json.encode",
    text: "Makes JSON text of a value. A Tweet or a part of one is written as it came in, byte for byte if no handler \
        changed anything in it. A table is a list if it has list items and no other fields. An empty table is `{}`; \
        see `array`.",
    example: "raw:insert { id = tweet.id, json = ouzel.json.encode(tweet) }",
    raises: "Raises for functions, for lists with holes, for tables with both list items and named fields, for numbers that \
        are not finite, for text that is not UTF-8, and for tables that contain themselves.",
    parameters: &[needed("value", "any", "")],
    gives: &[gives("string", "json", "")],
    ..Function::NONE
};

/// `ouzel.json.decode`.
pub(in crate::script) const DECODE: Function = Function {
    path: "ouzel.json.decode",
    text: "Reads JSON text. Integers are exact up to 64 bits. Null becomes nil in an object and `ouzel.json.null` in a \
        list.",
    example: r"local value, problem = ouzel.json.decode(text)
if problem then ouzel.log.warn(problem) end",
    raises: "Raises if the argument is not a string. Wrong JSON does not raise.",
    parameters: &[needed("text", "string", "")],
    gives: &[
        gives("any", "value", "nil if the text is not JSON"),
        gives("string?", "problem", "why the text is not JSON"),
    ],
    ..Function::NONE
};

/// `ouzel.json.array`.
pub(in crate::script) const ARRAY: Function = Function {
    path: "ouzel.json.array",
    text: "Marks a table as a list, so that it is written as `[]` if it is empty.",
    example: "ouzel.emit { hashtags = ouzel.json.array() }",
    raises: "Raises if the argument is neither a table nor nil.",
    generic: "T",
    parameters: &[perhaps(
        "list",
        "T[]",
        "if it is not given, a new table is made",
    )],
    gives: &[gives("T[]", "list", "the same table")],
    ..Function::NONE
};
