//! `ouzel.time`.

use super::{Class, Function, Held, Item, Section, gives, needed, perhaps};

pub(super) const SECTION: Section = Section {
    title: "Times",
    text: "",
    items: &[
        Item::Class(&TIME_TYPE),
        Item::Function(&NOW),
        Item::Function(&PARSE),
        Item::Function(&FORMAT),
    ],
};

const TIME_TYPE: Class = Class {
    name: "ouzel.time",
    text: "The time, and times as text. A time is a number of seconds since 1970.",
    held: Held::Global("ouzel.time"),
    ..Class::NONE
};

/// `ouzel.time.now`.
pub(in crate::script) const NOW: Function = Function {
    path: "ouzel.time.now",
    text: "The time now, exact to the millisecond.",
    example: "local began = ouzel.time.now()",
    gives: &[gives("number", "seconds", "since 1970")],
    ..Function::NONE
};

/// `ouzel.time.parse`.
pub(in crate::script) const PARSE: Function = Function {
    path: "ouzel.time.parse",
    text: "Reads a time: `created_at` of a Tweet, such as `Wed Oct 10 20:19:24 +0000 2018`, or ISO 8601 with an offset, \
        such as `2018-10-10T20:19:24Z`.",
    example: r#"local age = ouzel.time.now() - (ouzel.time.parse("Wed Oct 10 20:19:24 +0000 2018") or 0)"#,
    raises: "Raises if the argument is not a string. A text that is no time does not raise.",
    parameters: &[needed("text", "string", "")],
    gives: &[
        gives("integer|number?", "seconds", "since 1970; nil if the text is no time"),
        gives("string?", "problem", "why it is none"),
    ],
    ..Function::NONE
};

/// `ouzel.time.format`.
pub(in crate::script) const FORMAT: Function = Function {
    path: "ouzel.time.format",
    text: "Writes a time in UTC.",
    example: r#"print(ouzel.time.format(1539202764), ouzel.time.format(1539202764, "%Y-%m-%d %H:00"))"#,
    raises: "Raises for a number that is in no year from -9999 to 9999, and for a wrong pattern.",
    parameters: &[
        needed("time", "number", "seconds since 1970"),
        perhaps("pattern", "string", "as for `strftime`; ISO 8601 if it is not given, such as `2018-10-10T20:19:24Z`"),
    ],
    gives: &[gives("string", "", "")],
    ..Function::NONE
};
