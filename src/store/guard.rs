//! What scripts may do in SQL: a closed list of SQLite's actions, and the parts of the schema that have to stay.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rusqlite::{
    Connection,
    hooks::{AuthAction, AuthContext, Authorization},
};

/// Pragmas that only read the schema, the one pragma by which FTS5 notices that its tables have changed, and the one by
/// which SQLite looks whether the rows of a STRICT table fit when it adds a column.
const READING_PRAGMAS: [&str; 9] = [
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "foreign_key_list",
    "compile_options",
    "data_version",
    "quick_check",
];

/// Modules of virtual tables that keep their data in tables of the database and nowhere else.
const MODULES: [&str; 5] = ["fts4", "fts5", "fts5vocab", "rtree", "rtree_i32"];

/// Functions that load code or return pointers.
const FORBIDDEN_FUNCTIONS: [&str; 2] = ["load_extension", "fts3_tokenizer"];

/// SQLite's own tables. Writes to them need no check here as long as SQLite itself keeps scripts from writing them.
const SCHEMA_TABLES: [&str; 4] = [
    "sqlite_master",
    "sqlite_schema",
    "sqlite_temp_master",
    "sqlite_temp_schema",
];

/// The error that a script gets for an action that is not allowed.
pub(super) const DENIED: &str =
    "scripts cannot write ouzel's own tables, open transactions or other files";

/// The error that a script gets for making something temporary.
const TEMPORARY: &str = "scripts cannot make temporary tables, views or triggers: in its place a table of the file with the \
     same name would be neither read nor written; use `ouzel.table`, `CREATE TABLE` or a Lua table";

/// Switches SQLite's authorizer on while a script's statements are prepared.
#[derive(Debug)]
pub(super) struct Guard {
    shared: Arc<Shared>,
    /// Whether the script's last statement changes the schema.
    changes_schema: Cell<bool>,
}

// These are atomic only because the authorizer has to be `Send`. One thread uses them.
#[derive(Debug, Default)]
struct Shared {
    active: AtomicBool,
    schema: AtomicBool,
    /// Whether the refused action would have made something temporary.
    temporary: AtomicBool,
}

impl Guard {
    pub(super) fn install(connection: &mut Connection) -> rusqlite::Result<Self> {
        let shared = Arc::<Shared>::default();
        let seen = Arc::clone(&shared);
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            if !seen.active.load(Ordering::Relaxed) {
                return Authorization::Allow;
            }
            let in_schema = seen.schema.load(Ordering::Relaxed);
            if is_temporary(&context) {
                seen.temporary.store(true, Ordering::Relaxed);
                return Authorization::Deny;
            }
            match judge(&context.action, in_schema) {
                Verdict::Deny => Authorization::Deny,
                Verdict::Allow => Authorization::Allow,
                Verdict::AllowSchema => {
                    seen.schema.store(true, Ordering::Relaxed);
                    Authorization::Allow
                }
            }
        }))?;
        Ok(Self {
            shared,
            changes_schema: Cell::new(false),
        })
    }

    /// Runs `work` while the rules for scripts are in force.
    pub(super) fn script<R>(&self, work: impl FnOnce() -> R) -> R {
        self.shared.schema.store(false, Ordering::Relaxed);
        self.shared.temporary.store(false, Ordering::Relaxed);
        // Calls can be nested: a statement may call the script, and the script may run another statement.
        let outer = self.shared.active.swap(true, Ordering::Relaxed);
        let result = work();
        self.shared.active.store(outer, Ordering::Relaxed);
        self.changes_schema
            .set(self.shared.schema.load(Ordering::Relaxed));
        result
    }

    /// Why the last statement was refused, as text for the script's author.
    pub(super) fn why_denied(&self) -> &'static str {
        match self.shared.temporary.load(Ordering::Relaxed) {
            true => TEMPORARY,
            false => DENIED,
        }
    }

    /// Whether the statement prepared in the last [`Guard::script`] changes the schema.
    pub(super) fn changes_schema(&self) -> bool {
        self.changes_schema.get()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Allow,
    /// The action changes the schema. What SQLite itself writes for that is allowed too.
    AllowSchema,
    Deny,
}

/// Whether the action makes something temporary. SQLite looks for a name among temporary things first. So a temporary
/// table would hide the table of the same name in the file, and its rows would be lost at the end of the run.
fn is_temporary(context: &AuthContext<'_>) -> bool {
    use AuthAction as A;
    match context.action {
        A::CreateTempTable { .. }
        | A::CreateTempIndex { .. }
        | A::CreateTempTrigger { .. }
        | A::CreateTempView { .. } => true,
        // `CREATE TABLE temp.t` is none of the actions above. `CREATE TRIGGER temp.t ON main.x` shows only in the rows
        // that SQLite writes for it.
        A::CreateTable { .. }
        | A::CreateView { .. }
        | A::CreateVtable { .. }
        | A::Insert { .. } => context
            .database_name
            .is_some_and(|name| name.eq_ignore_ascii_case("temp")),
        _ => false,
    }
}

fn judge(action: &AuthAction<'_>, in_schema: bool) -> Verdict {
    use AuthAction as A;
    let allow_if = |allowed: bool| match allowed {
        true => Verdict::Allow,
        false => Verdict::Deny,
    };
    let schema_if = |allowed: bool| match allowed {
        true => Verdict::AllowSchema,
        false => Verdict::Deny,
    };
    match action {
        A::Select | A::Read { .. } | A::Recursive | A::Reindex { .. } => Verdict::Allow,
        A::Function { function_name } => allow_if(!is_one_of(function_name, &FORBIDDEN_FUNCTIONS)),
        A::Pragma { pragma_name, .. } => allow_if(is_one_of(pragma_name, &READING_PRAGMAS)),
        A::Insert { table_name } | A::Update { table_name, .. } | A::Delete { table_name } => {
            allow_if(
                !is_own(table_name)
                    && (in_schema
                        || !is_sqlites(table_name)
                        || is_one_of(table_name, &SCHEMA_TABLES)),
            )
        }
        A::CreateTable { table_name }
        | A::DropTable { table_name }
        | A::AlterTable { table_name, .. }
        | A::DropVtable { table_name, .. }
        | A::CreateIndex { table_name, .. }
        | A::DropIndex { table_name, .. }
        | A::CreateTrigger { table_name, .. }
        | A::DropTrigger { table_name, .. }
        | A::CreateView {
            view_name: table_name,
        }
        | A::DropView {
            view_name: table_name,
        } => schema_if(!is_own(table_name) && (in_schema || !is_sqlites(table_name))),
        A::CreateVtable {
            table_name,
            module_name,
        } => schema_if(!is_own(table_name) && is_one_of(module_name, &MODULES)),
        // Everything else is denied. The transaction belongs to the batch, other files are out of bounds, and nobody
        // knows what later versions of SQLite can do.
        _ => Verdict::Deny,
    }
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a table is one of ouzel's own.
pub(super) fn is_own(table: &str) -> bool {
    begins(table, "_ouzel_")
}

/// Whether a table is one of SQLite's own.
fn is_sqlites(table: &str) -> bool {
    begins(table, "sqlite_")
}

fn begins(table: &str, start: &str) -> bool {
    let begin = table.get(..start.len());
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

/// All things in the schema with ouzel's own names, and the foreign keys that refer to ouzel's tables. No statement of
/// a script may change these. SQLite's authorizer cannot check that: it is told neither a table's new name nor the
/// table that a foreign key refers to.
pub(super) fn own_schema(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT type || ' ' || name || ' on ' || tbl_name FROM
            (SELECT * FROM sqlite_schema UNION ALL SELECT * FROM sqlite_temp_schema)
         WHERE name LIKE '\\_ouzel\\_%' ESCAPE '\\' OR tbl_name LIKE '\\_ouzel\\_%' ESCAPE '\\'
         ORDER BY 1",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    let mut found = names.collect::<rusqlite::Result<Vec<String>>>()?;
    found.extend(keys_onto_own(connection)?.map(|table| format!("foreign key of {table}")));
    Ok(found)
}

/// The first table with a foreign key that refers to one of ouzel's own tables or of SQLite's.
pub(super) fn keys_onto_own(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare(
        "SELECT s.name FROM sqlite_schema s, pragma_foreign_key_list(s.name) k
         WHERE s.type = 'table'
           AND (k.\"table\" LIKE '\\_ouzel\\_%' ESCAPE '\\' OR k.\"table\" LIKE 'sqlite\\_%' ESCAPE '\\')
         ORDER BY 1 LIMIT 1",
    )?;
    let mut rows = statement.query([])?;
    rows.next()?.map(|row| row.get(0)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_be_harmless_is_allowed() {
        let own = "_OUZEL_cursor";
        for (action, in_schema, expected) in [
            (AuthAction::Select, false, Verdict::Allow),
            (
                AuthAction::Insert { table_name: "t" },
                false,
                Verdict::Allow,
            ),
            (AuthAction::Insert { table_name: own }, false, Verdict::Deny),
            (AuthAction::Delete { table_name: own }, true, Verdict::Deny),
            (
                AuthAction::Insert {
                    table_name: "sqlite_sequence",
                },
                false,
                Verdict::Deny,
            ),
            (
                AuthAction::Delete {
                    table_name: "sqlite_sequence",
                },
                true,
                Verdict::Allow,
            ),
            (AuthAction::Attach { filename: "x" }, false, Verdict::Deny),
            (
                AuthAction::Analyze { table_name: "t" },
                false,
                Verdict::Deny,
            ),
            (
                AuthAction::CreateVtable {
                    table_name: "t",
                    module_name: "dbstat",
                },
                false,
                Verdict::Deny,
            ),
            (
                AuthAction::CreateVtable {
                    table_name: "t",
                    module_name: "FTS5",
                },
                false,
                Verdict::AllowSchema,
            ),
            (
                AuthAction::Function {
                    function_name: "Load_Extension",
                },
                false,
                Verdict::Deny,
            ),
            (
                AuthAction::Unknown {
                    code: 99,
                    arg1: None,
                    arg2: None,
                },
                false,
                Verdict::Deny,
            ),
        ] {
            assert_eq!(judge(&action, in_schema), expected, "{action:?}");
        }
    }
}
