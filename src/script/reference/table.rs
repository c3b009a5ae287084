//! `ouzel.table`, its options, and the methods of tables.

use super::{Alias, Class, Function, Held, Item, Section, field, gives, needed, perhaps};

pub(super) const SECTION: Section = Section {
    title: "Tables",
    text: "What a script keeps in the database; [lua](lua.md) has more examples.",
    items: &[
        Item::Alias(&CELL),
        Item::Class(&TABLE_OPTIONS_TYPE),
        Item::Class(&TABLE_INDEX_TYPE),
        Item::Function(&TABLE),
        Item::Class(&TABLE_TYPE),
        Item::Function(&INSERT),
        Item::Function(&UPSERT),
        Item::Function(&UPDATE),
        Item::Function(&DELETE),
        Item::Function(&GET),
        Item::Function(&COUNT),
    ],
};

/// The options of `ouzel.table`.
pub(in crate::script) const TABLE_OPTIONS_TYPE: Class = Class {
    name: "ouzel.TableOptions",
    text: "Options of a table.",
    fields: &[
        field("primary_key", "string[]?", "the columns of the primary key, if there are several"),
        field("indices", "ouzel.TableIndex[]?", "indices by which SQLite finds rows faster"),
        field("strict", "boolean?", "false makes a table whose columns take any value, and have any type that SQLite knows"),
    ],
    ..Class::NONE
};

/// An index.
pub(in crate::script) const TABLE_INDEX_TYPE: Class = Class {
    name: "ouzel.TableIndex",
    text: "The columns of an index, in order. With `unique = true`, no two rows may be equal in all of them.",
    fields: &[field("unique", "boolean?", "")],
    open: Some(field("integer", "string", "")),
    ..Class::NONE
};

const CELL: Alias = Alias {
    name: "ouzel.Cell",
    kind: "string|number|boolean|lightuserdata",
    text: "A value for a column. A boolean is stored as 0 or 1, `ouzel.json.null` as NULL, and text that is not UTF-8 as a \
        blob. An INTEGER column takes whole numbers, a REAL column numbers, a TEXT column text in UTF-8 and numbers (as \
        text), a BLOB column any string, and an ANY column any value.",
};

/// `ouzel.table`.
pub(in crate::script) const TABLE: Function = Function {
    path: "ouzel.table",
    text: "Declares a table. ouzel makes the table if it does not exist, and adds columns and indices that it lacks. It \
        never deletes anything from the table.",
    example: r#"local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", text = "TEXT", at = "TEXT" })
local mentions = ouzel.table("mentions", { tag = "TEXT", id = "INTEGER", at = "TEXT" }, {
  primary_key = { "tag", "id" },
  indices = { { "tag", "at" } },
})"#,
    more: "The columns are in the order in which the call writes them. Columns that the call does not write out come \
        after them, sorted by name. If `columns` is a table made elsewhere, this is true of all columns.\n\n\
        New tables are STRICT. A table that is there and is not STRICT stays as it is; then ouzel itself checks the \
        types of what `insert`, `upsert` and `update` write. An index is called as the table and its columns: \
        `mentions_tag_at`.",
    raises: "Raises for a name that is not an identifier, for a table that is declared twice, for a type that does not \
        exist, for a column, primary key or index that is another one in the database, for an unknown option, and in a \
        handler.",
    parameters: &[
        needed("name", "string", "letters, digits and `_`"),
        needed("columns", "table<string, string>", "the type of each column (INTEGER, REAL, TEXT, BLOB or ANY), with its constraints"),
        perhaps("options", "ouzel.TableOptions", ""),
    ],
    gives: &[gives("ouzel.Table", "", "")],
    ..Function::NONE
};

const TABLE_TYPE: Class = Class {
    name: "ouzel.Table",
    text: "A table of the database. `ouzel.table` returns it.",
    fields: &[field("name", "string", "the table's name")],
    held: Held::Local("Table"),
    ..Class::NONE
};

/// `Table:insert`.
pub(in crate::script) const INSERT: Function = Function {
    path: "Table:insert",
    text: "Writes one row. A column that is not given gets its default, or NULL if it has no default.",
    example: "seen:insert { id = tweet.id, text = tweet.text }",
    raises: "Raises for an unknown column, for a value that does not fit the column's type, for a table or function as a \
        value, and for a broken constraint, such as an id that exists already.",
    parameters: &[needed(
        "row",
        "table<string, ouzel.Cell?>",
        "values by column",
    )],
    ..Function::NONE
};

/// `Table:upsert`.
pub(in crate::script) const UPSERT: Function = Function {
    path: "Table:upsert",
    text: "Writes one row, or changes the existing row with the same primary key: the given columns get the new values, \
        the other columns keep theirs. A field that is nil counts as not given; `ouzel.json.null` writes NULL.",
    example: "seen:upsert { id = tweet.id, text = tweet.text }",
    raises: "Raises as `insert` does, and for a table without a primary key.",
    parameters: &[needed(
        "row",
        "table<string, ouzel.Cell?>",
        "values by column",
    )],
    ..Function::NONE
};

/// `Table:update`.
pub(in crate::script) const UPDATE: Function = Function {
    path: "Table:update",
    text: "Changes the rows whose columns equal the given values, or the row with this primary key. A field of `changes` \
        that is nil counts as not given; `ouzel.json.null` writes NULL.",
    example: r#"local changed = seen:update({ author = "ouzel" }, { text = "changed" })
seen:update(tweet.id, { text = "changed too" })"#,
    raises: "Raises as `insert` does, if `rows` or `changes` names no column, and for a key if the table has no primary key \
        of one column.",
    parameters: &[
        needed("rows", "ouzel.Cell|table<string, ouzel.Cell?>", "values by column (`ouzel.json.null` finds NULL), or the primary key"),
        needed("changes", "table<string, ouzel.Cell?>", "new values by column"),
    ],
    gives: &[gives("integer", "rows", "how many rows were changed")],
    ..Function::NONE
};

/// `Table:delete`.
pub(in crate::script) const DELETE: Function = Function {
    path: "Table:delete",
    text: "Deletes the rows whose columns equal the given values, or the row with this primary key.",
    example: r#"local deleted = seen:delete { author = "ouzel" }
seen:delete(tweet.id)"#,
    raises: "Raises for an unknown column, if `rows` names no column, and for a key if the table has no primary key of one \
        column. `ouzel.db.exec` deletes every row.",
    parameters: &[needed(
        "rows",
        "ouzel.Cell|table<string, ouzel.Cell?>",
        "values by column (`ouzel.json.null` finds NULL), or the primary key",
    )],
    gives: &[gives("integer", "rows", "how many rows were deleted")],
    ..Function::NONE
};

/// `Table:get`.
pub(in crate::script) const GET: Function = Function {
    path: "Table:get",
    text: "Reads a row by its primary key. It also sees writes that are not committed yet.",
    example: r"local row = seen:get(tweet.id)
if row then print(row.text) end",
    more: "If the primary key has several columns, all of them are given: `seen:get { tag = \"launch\", id = tweet.id }`.",
    raises: "Raises for a table without a primary key, and if a table names other columns than those of the primary key.",
    parameters: &[needed("key", "ouzel.Cell|table<string, ouzel.Cell>", "")],
    gives: &[gives(
        "table<string, string|number>?",
        "row",
        "nil if there is no such row; a column that is NULL is nil",
    )],
    ..Function::NONE
};

/// `Table:count`.
pub(in crate::script) const COUNT: Function = Function {
    path: "Table:count",
    text: "Counts all rows, or the rows whose columns equal the given values. It also sees writes that are not committed \
        yet.",
    example: r#"print(seen:count(), seen:count { author = "ouzel" })"#,
    raises: "Raises for an unknown column.",
    parameters: &[perhaps(
        "where",
        "table<string, ouzel.Cell>",
        "values by column; `ouzel.json.null` finds NULL",
    )],
    gives: &[gives("integer", "rows", "")],
    ..Function::NONE
};
