//! `ouzel.lines` and `ouzel.csv`.

use super::{Class, Function, Item, Section, field, gives, needed, perhaps};

pub(super) const SECTION: Section = Section {
    title: "Files of data",
    text: "",
    items: &[
        Item::Function(&LINES),
        Item::Class(&CSV_OPTIONS_TYPE),
        Item::Function(&CSV),
    ],
};

/// `ouzel.lines`.
pub(in crate::script) const LINES: Function = Function {
    path: "ouzel.lines",
    text: "Gives the lines of a file one by one, without their ends. The file lies below the script's folder. When it \
        changes, the script is loaded again.",
    example: r#"local ok, problem = pcall(function()
  for name in ouzel.lines("names.txt") do print(name) end
end)"#,
    raises: "Raises for a file that is not there, lies outside of the folder or is no regular file, for a line of more than \
        1 MB, and in a handler.",
    parameters: &[needed("path", "string", "such as `lists/names.txt`")],
    gives: &[gives("fun(): string?", "next", "")],
    ..Function::NONE
};

/// The options of `ouzel.csv`.
pub(in crate::script) const CSV_OPTIONS_TYPE: Class = Class {
    name: "ouzel.CsvOptions",
    text: "Options of a CSV file.",
    fields: &[
        field("header", "boolean?", "false for a file without names of columns, whose rows are lists"),
        field("separator", "string?", "what stands between two fields; a comma if it is not given"),
    ],
    ..Class::NONE
};

/// `ouzel.csv`.
pub(in crate::script) const CSV: Function = Function {
    path: "ouzel.csv",
    text: "Gives the rows of a CSV file one by one. All values are strings; `tonumber` makes numbers of them. The file \
        lies below the script's folder. When it changes, the script is loaded again.",
    example: r#"local scores = {}
local ok, problem = pcall(function()
  for row in ouzel.csv("scores.csv") do scores[row.word] = tonumber(row.score) end
  for row in ouzel.csv("plain.csv", { header = false, separator = ";" }) do scores[row[1]] = tonumber(row[2]) end
end)"#,
    raises: "Raises as `lines` does, for an unknown option, for a header without names, and for a row with another number \
        of fields than the header.",
    parameters: &[
        needed("path", "string", "such as `lists/words.csv`"),
        perhaps("options", "ouzel.CsvOptions", ""),
    ],
    gives: &[gives(
        "fun(): table<string|integer, string>?",
        "next",
        "a row's values by column, or as a list if there is no header",
    )],
    ..Function::NONE
};
