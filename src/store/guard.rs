//! What scripts may do in SQL: anything but ouzel's own tables, transactions, and other files.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rusqlite::{
    Connection,
    hooks::{AuthAction, AuthContext, Authorization},
};

use crate::row::Refused;

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
        | A::CreateTempTable { table_name }
        | A::DropTempTable { table_name }
        | A::CreateVtable { table_name, .. }
        | A::DropVtable { table_name, .. }
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
        }
        // A temporary one of the same name would stand before ouzel's own.
        | A::CreateTempView {
            view_name: table_name,
        } => !is_own(table_name),
        _ => true,
    }
}

/// Why SQL may not run for what stands in it, where SQLite's authorizer is not asked.
///
/// A conflict or a trigger that rolls back, and a constraint that is checked at the commit, undo the rows of
/// other Tweets; a new name is not told to the authorizer; and ouzel's own savepoint lies prepared already.
pub(super) fn refusal(sql: &str) -> Option<Refused> {
    let mut before = "";
    for word in words(sql) {
        let (name, quoted) = match word.as_bytes()[0] {
            b'\'' | b'"' | b'`' | b'[' => (&word[1..], true),
            _ => (word, false),
        };
        let is = |keyword: &str| !quoted && name.eq_ignore_ascii_case(keyword);
        if is("ROLLBACK") || is("DEFERRED") {
            return Some(Refused(format!(
                "`{}` would undo the rows of other Tweets too, so scripts cannot use it",
                name.to_ascii_uppercase()
            )));
        }
        if is_own(name)
            && (before.eq_ignore_ascii_case("TO") || name.eq_ignore_ascii_case("_ouzel_tweet"))
        {
            return Some(Refused(DENIED.to_owned()));
        }
        before = word;
    }
    None
}

/// What a script reads that has tried what it may not do.
pub(super) const DENIED: &str =
    "scripts cannot write ouzel's own tables, open transactions or other files";

/// The words of a statement; of a quoted one all but its last quote, so that its first tells.
fn words(sql: &str) -> impl Iterator<Item = &str> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        loop {
            let first = rest.chars().next()?;
            let end = |found: Option<usize>| found.unwrap_or(rest.len());
            if let Some(comment) = rest.strip_prefix("--") {
                rest = &rest[end(comment.find('\n').map(|at| at + 2))..];
            } else if let Some(comment) = rest.strip_prefix("/*") {
                rest = &rest[end(comment.find("*/").map(|at| at + 4))..];
            } else if let Some(quote) = "'\"`]".find(if first == '[' { ']' } else { first }) {
                if first == ']' {
                    rest = &rest[1..];
                    continue;
                }
                let close = char::from(b"'\"`]"[quote]);
                let at = end(rest[1..].find(close).map(|at| at + 1));
                let word = &rest[..at];
                rest = rest.get(at + 1..).unwrap_or_default();
                return Some(word);
            } else if first.is_alphanumeric() || first == '_' {
                let at = end(rest.find(|c: char| !(c.is_alphanumeric() || c == '_')));
                let word = &rest[..at];
                rest = &rest[at..];
                return Some(word);
            } else {
                rest = &rest[first.len_utf8()..];
            }
        }
    })
}

/// Whether a table is one of ouzel's own.
pub(super) fn is_own(table: &str) -> bool {
    table
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("_ouzel_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_undo_other_rows_is_refused_and_data_is_not() {
        for (sql, refused) in [
            ("INSERT OR ROLLBACK INTO t VALUES (1)", true),
            ("insert or rollback into t values (1)", true),
            (
                "CREATE TABLE t (a REFERENCES b DEFERRABLE INITIALLY DEFERRED)",
                true,
            ),
            ("ALTER TABLE t RENAME TO _ouzel_t", true),
            ("ALTER TABLE t RENAME TO \"_ouzel_t\"", true),
            ("ALTER TABLE t RENAME TO [_OUZEL_t]", true),
            ("RELEASE _ouzel_tweet", true),
            ("release '_ouzel_tweet'", true),
            ("-- ROLLBACK\nSELECT 1 /* ROLLBACK */", false),
            (
                "SELECT 'ROLLBACK', 'it''s a ROLLBACK', \"ROLLBACK\", [ROLLBACK], rollbacks",
                false,
            ),
            ("SELECT * FROM _ouzel_rules", false),
            ("SELECT 'unfinished ROLLBACK", false),
            ("SELECT 'é' /* é", false),
            ("]", false),
            ("", false),
        ] {
            assert_eq!(refusal(sql).is_some(), refused, "{sql}");
        }
    }
}
