//! What a script's SQL may cost: the size of values and statements, SQLite's memory, and how long a statement runs.

use std::{
    cell::Cell,
    ffi::c_int,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rusqlite::{Connection, limits::Limit};

/// The largest value and the largest row that a script's statement may make, in bytes. The longest line of the stream
/// is a sixteenth of this, unless the settings say otherwise; ouzel itself keeps any line.
const MOST_BYTES: i32 = 16 << 20;

/// The most memory that SQLite may take in the whole process, in bytes. Its caches are a few MiB. A long line that ouzel
/// keeps takes three times its length.
const HEAP: u32 = 256 << 20;

/// What [`MOST_BYTES`] is called in an error.
pub(super) const MOST_BYTES_SHOWN: &str = "16 MiB";

/// SQLite's own limits. They are far from what people write, and near enough to bound memory and stack.
const LIMITS: [(Limit, i32); 9] = [
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 1 << 20),
    (Limit::SQLITE_LIMIT_COLUMN, 1_000),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 500),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 200),
    (Limit::SQLITE_LIMIT_VDBE_OP, 250_000),
    // No script can attach a file, and ouzel attaches none here.
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    // The time of a LIKE or GLOB grows with the product of pattern and text.
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 100),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

/// After how many steps of SQLite's machine a statement is asked about: a few ten microseconds.
const STEPS: c_int = 1_000;

/// Says whether a script's statement may go on.
pub(super) type MayGoOn = dyn Fn() -> bool + Send;

/// Stops a script's statements that take too long. Everything that ouzel itself runs is never stopped.
pub(super) struct Bounds {
    shared: Arc<Shared>,
    /// Whether nothing is stopped at the moment.
    suspended: Cell<bool>,
}

// This is atomic and locked only because SQLite's callback has to be `Send`. One thread uses it.
#[derive(Default)]
struct Shared {
    /// Whether a script's statement runs.
    active: AtomicBool,
    may_go_on: Mutex<Option<Box<MayGoOn>>>,
}

impl Shared {
    fn has_to_stop(&self) -> bool {
        let asked = || {
            let may_go_on = self
                .may_go_on
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            may_go_on.as_ref().is_some_and(|may_go_on| !may_go_on())
        };
        self.active.load(Ordering::Relaxed) && asked()
    }
}

impl Bounds {
    /// Bounds a connection.
    pub(super) fn install(connection: &mut Connection) -> rusqlite::Result<Self> {
        for (limit, most) in LIMITS {
            connection.set_limit(limit, most)?;
        }
        // Many values that are small enough each can still take all memory together.
        connection.execute_batch(&format!("PRAGMA hard_heap_limit = {HEAP}"))?;
        let shared = Arc::<Shared>::default();
        let seen = Arc::clone(&shared);
        connection.progress_handler(STEPS, Some(move || seen.has_to_stop()))?;
        Ok(Self {
            shared,
            suspended: Cell::new(false),
        })
    }

    /// Runs a script's statement, which may be stopped and cannot make values of any size.
    pub(super) fn within<R>(
        &self,
        connection: &Connection,
        work: impl FnOnce() -> rusqlite::Result<R>,
    ) -> rusqlite::Result<R> {
        let most_bytes = connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MOST_BYTES)?;
        let active = &self.shared.active;
        let outer = active.swap(!self.suspended.get(), Ordering::Relaxed);
        let result = work();
        active.store(outer, Ordering::Relaxed);
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, most_bytes)?;
        result
    }

    /// Sets what is asked while a script's statement runs.
    pub(super) fn ask(&self, may_go_on: Box<MayGoOn>) {
        *self
            .shared
            .may_go_on
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(may_go_on);
    }

    /// Runs `work`, of which nothing is stopped.
    pub(super) fn suspend<R>(&self, work: impl FnOnce() -> R) -> R {
        let outer = self.suspended.replace(true);
        let result = work();
        self.suspended.set(outer);
        result
    }
}

impl fmt::Debug for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounds").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::{
        row::{Cell, Refused},
        store::Store,
    };

    const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)";

    /// A store whose statements are stopped when they are asked about for so many times, each time anew.
    fn store(times: usize) -> (Store, Arc<AtomicUsize>) {
        let store = Store::in_memory().unwrap();
        store
            .exec("CREATE TABLE t (x INTEGER PRIMARY KEY)", &[])
            .unwrap();
        store.commit().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        store.ask_whether_to_go_on(Box::new(move || {
            !(counted.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(times)
        }));
        (store, asked)
    }

    fn rows(store: &Store) -> String {
        let mut rows = String::new();
        store
            .select("SELECT group_concat(x) FROM t", &[], 1, &mut |_, cells| {
                rows = format!("{:?}", cells[0]);
                Ok(())
            })
            .unwrap();
        rows
    }

    fn insert(store: &Store, x: i64) {
        let sql = "INSERT INTO t VALUES (?)";
        assert_eq!(store.exec(sql, &[Cell::Integer(x)]), Ok(1));
    }

    const STOPPED: &str = "the statement was stopped, because it took too long";

    #[test]
    fn an_endless_query_is_stopped_and_its_tweet_alone_is_taken_back() {
        let (store, asked) = store(5);
        store.begin_tweet();
        insert(&store, 1);
        store.end_tweet(true).unwrap();
        store.begin_tweet();
        insert(&store, 2);
        let stopped = store.select(
            &format!("{ENDLESS} SELECT max(i) FROM n"),
            &[],
            1,
            &mut |_, _| Ok(()),
        );
        assert_eq!(stopped, Err(Refused(STOPPED.to_owned())));
        assert_eq!(asked.load(Ordering::Relaxed), 5);
        store.end_tweet(false).unwrap();
        assert!(store.take_fault().is_none());
        store.begin_tweet();
        insert(&store, 3);
        store.end_tweet(true).unwrap();
        store.commit().unwrap();
        assert_eq!(rows(&store), r#"Text("1,3")"#);
        assert_eq!(store.rows(), 2);
    }

    /// SQLite rolls the whole transaction back when it stops a statement that writes. The worker takes that for a
    /// failure of this Tweet, and handles the others again.
    #[test]
    fn an_endless_statement_that_writes_is_the_fault_of_its_tweet() {
        let (store, _) = store(5);
        store.begin_tweet();
        insert(&store, 1);
        let stopped = store.exec(&format!("{ENDLESS} INSERT INTO t SELECT i + 1 FROM n"), &[]);
        assert_eq!(stopped, Err(Refused(STOPPED.to_owned())));
        store.end_tweet(false).unwrap();
        let fault = store.take_fault().unwrap();
        assert!(matches!(fault, crate::store::Error::Stopped), "{fault:?}");
        assert!(!fault.may_pass());
        store.roll_back().unwrap();
        insert(&store, 3);
        store.commit().unwrap();
        assert_eq!(rows(&store), r#"Text("3")"#);
        assert_eq!(store.rows(), 1);
    }

    #[test]
    fn what_ouzel_runs_itself_is_never_stopped() {
        let (store, asked) = store(1);
        let many = format!("{ENDLESS} INSERT INTO t SELECT i FROM n LIMIT 20000");
        store.before_write().unwrap();
        store.connection.execute_batch(&many).unwrap();
        store.commit().unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), 0);
        // It would stop the same statement of a script.
        assert!(store.exec("UPDATE t SET x = -x", &[]).is_err());
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(store.take_fault().is_some());
        store.roll_back().unwrap();
        // Making an index of a declared table is not the script's own statement, however long it takes.
        let spec = crate::row::TableSpec {
            name: "t".to_owned(),
            columns: vec![("x".to_owned(), "INTEGER PRIMARY KEY".to_owned())],
            primary_key: vec!["x".to_owned()],
            indices: vec![crate::row::IndexSpec {
                columns: vec!["x".to_owned()],
                is_unique: true,
            }],
            is_strict: true,
        };
        assert!(store.declare(spec).is_ok());
        store.commit().unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn values_of_scripts_are_bounded_and_those_of_ouzel_are_not() {
        let store = Store::in_memory().unwrap();
        let one = |sql: &str| store.select(sql, &[], 1, &mut |_, _| Ok(()));
        assert_eq!(one("SELECT length(zeroblob(16 << 20))"), Ok(()));
        let too_big = Err(Refused(
            "string or blob too big; a value and a row have at most 16 MiB".to_owned(),
        ));
        assert_eq!(one("SELECT hex(zeroblob(1000000000))"), too_big);
        assert_eq!(
            one("SELECT replace(printf('%.9000000c', 'x'), 'x', 'xx')"),
            too_big
        );
        let sql = "SELECT length(zeroblob(17 << 20))";
        let length: i64 = (store.connection)
            .query_row(sql, [], |row| row.get(0))
            .unwrap();
        assert_eq!(length, 17 << 20);
        for sql in [
            format!("SELECT {}", vec!["1"; 1_001].join(", ")),
            format!("SELECT {}1{}", "abs(".repeat(501), ")".repeat(501)),
            format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(200)),
            format!("SELECT '{}'", "x".repeat(1 << 20)),
            format!("SELECT 'x' LIKE '{}'", "%x".repeat(501)),
        ] {
            let refused = one(&sql).unwrap_err().0;
            assert!(
                refused.contains("too") || refused.contains("maximum"),
                "{refused}"
            );
        }
        assert!(store.take_fault().is_none());
    }
}
