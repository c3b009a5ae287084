//! What `ouzel --version` says: of which commit this binary is, and what is built in.

use std::sync::LazyLock;

use crate::store;

/// The version, the commit where it is known, and the parts that are compiled in.
pub(super) fn long() -> &'static str {
    static LONG: LazyLock<String> = LazyLock::new(|| {
        let commit = match option_env!("OUZEL_COMMIT") {
            Some(commit) => format!(" (commit {commit})"),
            None => String::new(),
        };
        format!(
            "{}{commit}\nbuilt for {}, with Lua 5.4 and SQLite {}",
            env!("CARGO_PKG_VERSION"),
            env!("OUZEL_TARGET"),
            store::sqlite_version(),
        )
    });
    &LONG
}
