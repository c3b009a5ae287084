//! `ouzel.log`.

use super::{Class, Function, Held, Item, Section, needed};

pub(super) const SECTION: Section = Section {
    title: "Log",
    text: "",
    items: &[
        Item::Class(&LOG_TYPE),
        Item::Function(&DEBUG),
        Item::Function(&INFO),
        Item::Function(&WARN),
        Item::Function(&ERROR),
    ],
};

const LOG_TYPE: Class = Class {
    name: "ouzel.log",
    text: "Writes lines to the log, on stderr. `print` does the same as `info`, but with tabs between the values.",
    held: Held::Global("ouzel.log"),
    ..Class::NONE
};

/// `ouzel.log.debug`.
pub(in crate::script) const DEBUG: Function = Function {
    path: "ouzel.log.debug",
    text: "Logs details. They are shown with `--log debug`, or with `--log info,script=debug` for scripts only.",
    example: r#"ouzel.log.debug("no place", tweet.id)"#,
    parameters: &[needed("...", "any", "joined by spaces")],
    ..Function::NONE
};

/// `ouzel.log.info`.
pub(in crate::script) const INFO: Function = Function {
    path: "ouzel.log.info",
    text: "Logs a normal event.",
    example: r#"ouzel.log.info("a new author", tweet.user.screen_name)"#,
    parameters: &[needed("...", "any", "joined by spaces")],
    ..Function::NONE
};

/// `ouzel.log.warn`.
pub(in crate::script) const WARN: Function = Function {
    path: "ouzel.log.warn",
    text: "Logs something odd.",
    example: r#"ouzel.log.warn("a Tweet without a user", tweet.id)"#,
    parameters: &[needed("...", "any", "joined by spaces")],
    ..Function::NONE
};

/// `ouzel.log.error`.
pub(in crate::script) const ERROR: Function = Function {
    path: "ouzel.log.error",
    text: "Logs something that somebody has to look at.",
    example: r#"ouzel.log.error("the table of names is empty")"#,
    parameters: &[needed("...", "any", "joined by spaces")],
    ..Function::NONE
};
