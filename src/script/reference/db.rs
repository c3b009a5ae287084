//! `ouzel.db`.

use super::{Class, Function, Held, Item, Section, gives, needed};

pub(super) const SECTION: Section = Section {
    title: "SQL",
    text: "",
    items: &[
        Item::Class(&DB_TYPE),
        Item::Function(&EXEC),
        Item::Function(&QUERY),
        Item::Function(&ONE),
    ],
};

const DB_TYPE: Class = Class {
    name: "ouzel.db",
    text: "SQL that the script writes itself. It runs on the same database and in the same transaction as the tables. A \
        script can read and write the tables there, but can only read tables whose names begin with `_ouzel_`. It \
        cannot use transactions or other files.",
    held: Held::Global("ouzel.db"),
    ..Class::NONE
};

/// `ouzel.db.exec`.
pub(in crate::script) const EXEC: Function = Function {
    path: "ouzel.db.exec",
    text: "Runs one statement. Each parameter replaces one `?`.",
    example: r#"ouzel.db.exec("UPDATE counts SET n = n + 1 WHERE tag = ?", "launch")"#,
    raises: "Raises for wrong SQL, for a broken constraint, and if the number of parameters is wrong.",
    parameters: &[
        needed("sql", "string", ""),
        needed("...", "ouzel.Cell?", ""),
    ],
    gives: &[gives("integer", "rows", "how many rows were changed")],
    ..Function::NONE
};

/// `ouzel.db.query`.
pub(in crate::script) const QUERY: Function = Function {
    path: "ouzel.db.query",
    text: "Runs a query and gives its rows one by one. All rows are read before the first is given, so the loop may write \
        to the database. They wait outside of Lua, in a file if there are many: at most 1 GiB.",
    example: r#"for row in ouzel.db.query("SELECT tag, n FROM counts WHERE n > ?", 10) do print(row.tag, row.n) end"#,
    raises: "Raises as `exec` does, and for a statement that would change the database.",
    parameters: &[
        needed("sql", "string", ""),
        needed("...", "ouzel.Cell?", ""),
    ],
    gives: &[gives(
        "fun(): table<string, string|number>?",
        "next",
        "the next row's values by column; a column that is NULL is nil",
    )],
    ..Function::NONE
};

/// `ouzel.db.one`.
pub(in crate::script) const ONE: Function = Function {
    path: "ouzel.db.one",
    text: "Runs a query and gives its first row.",
    example: r#"local newest = ouzel.db.one("SELECT max(at) AS at FROM seen").at"#,
    raises: "Raises as `query` does.",
    parameters: &[
        needed("sql", "string", ""),
        needed("...", "ouzel.Cell?", ""),
    ],
    gives: &[gives(
        "table<string, string|number>?",
        "row",
        "nil if there are no rows",
    )],
    ..Function::NONE
};
