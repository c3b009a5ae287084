//! What scripts may do in SQL: anything but ouzel's own tables, transactions, and other files.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rusqlite::{
    Connection,
    hooks::{AuthAction, AuthContext, Authorization},
};

/// Pragmas that only tell about the schema.
const READING_PRAGMAS: [&str; 7] = [
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "foreign_key_list",
    "compile_options",
];

/// Switches SQLite's authorizer on while statements of a script are prepared.
#[derive(Debug)]
pub(super) struct Guard {
    // Atomic only because the authorizer has to be `Send`; one thread uses it.
    active: Arc<AtomicBool>,
}

impl Guard {
    pub(super) fn install(connection: &mut Connection) -> rusqlite::Result<Self> {
        let active = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&active);
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            if seen.load(Ordering::Relaxed) && !allowed(&context.action) {
                Authorization::Deny
            } else {
                Authorization::Allow
            }
        }))?;
        Ok(Self { active })
    }

    /// Runs `work` with the rules for scripts in force.
    pub(super) fn script<R>(&self, work: impl FnOnce() -> R) -> R {
        self.active.store(true, Ordering::Relaxed);
        let result = work();
        self.active.store(false, Ordering::Relaxed);
        result
    }
}

fn allowed(action: &AuthAction<'_>) -> bool {
    use AuthAction as A;
    match action {
        // The transaction belongs to the batch, and other files to nobody.
        A::Transaction { .. } | A::Savepoint { .. } | A::Attach { .. } | A::Detach { .. } => false,
        A::Pragma { pragma_name, .. } => READING_PRAGMAS
            .iter()
            .any(|name| pragma_name.eq_ignore_ascii_case(name)),
        A::Insert { table_name }
        | A::Update { table_name, .. }
        | A::Delete { table_name }
        | A::CreateTable { table_name }
        | A::DropTable { table_name }
        | A::AlterTable { table_name, .. }
        | A::CreateIndex { table_name, .. }
        | A::DropIndex { table_name, .. }
        | A::CreateTrigger { table_name, .. }
        | A::DropTrigger { table_name, .. }
        | A::CreateTempTrigger { table_name, .. }
        | A::CreateView {
            view_name: table_name,
        }
        | A::DropView {
            view_name: table_name,
        } => !is_own(table_name),
        _ => true,
    }
}

/// Whether a table is one of ouzel's own.
pub(super) fn is_own(table: &str) -> bool {
    table
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("_ouzel_"))
}
