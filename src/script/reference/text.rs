//! `ouzel.lower`.

use super::{Function, Item, Section, gives, needed};

pub(super) const SECTION: Section = Section {
    title: "Text",
    text: "",
    items: &[Item::Function(&LOWER)],
};

/// `ouzel.lower`.
pub(in crate::script) const LOWER: Function = Function {
    path: "ouzel.lower",
    text: "Gives a text in small letters, whatever its alphabet. `text:lower()` of Lua knows the letters A to Z only.",
    example: r#"local same = ouzel.lower("CAFÉ") == ouzel.lower("Café")"#,
    raises: "Raises for anything but a text in UTF-8 of at most 1 MB.",
    parameters: &[needed("text", "string", "")],
    gives: &[gives("string", "text", "")],
    ..Function::NONE
};
