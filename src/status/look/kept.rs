//! What the database holds, read beside the worker and never in its way: by a connection that only reads, on a thread
//! that may wait, at most once a second however many ask.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::{sync::Mutex as Turn, task::spawn_blocking, time::timeout};

use super::view::{Failure, Kept, Load, Outage, Table, cut};
use crate::{
    row::TableSpec,
    store::{self, Cause, Error, Gap, LoadResult, ReadOnly, Shown},
};

/// What was read is shown for so long.
const FRESH: Duration = Duration::from_secs(1);

/// Whoever asks waits no longer than this for a read, and then gets what was read before.
const PATIENCE: Duration = Duration::from_millis(700);

/// How long a read waits for another program's lock.
const LOCK: Duration = Duration::from_secs(1);

const FAILURES: u64 = 20;
const LOADS: u64 = 20;
const OUTAGES: u64 = 50;
const TABLES: usize = 20;
const COLUMNS: usize = 12;
const ROWS: u64 = 8;

/// Reads the database of a run.
#[derive(Debug)]
pub(super) struct Keeper {
    database: PathBuf,
    latest: Mutex<(Option<Instant>, Arc<Kept>)>,
    /// Held by the one who reads.
    turn: Arc<Turn<()>>,
}

impl Keeper {
    pub(super) fn new(database: PathBuf) -> Self {
        Self {
            database,
            latest: Mutex::default(),
            turn: Arc::default(),
        }
    }

    /// What the database holds, as far as it can be read. `tables` are those of the script.
    pub(super) async fn look(self: &Arc<Self>, tables: &[TableSpec]) -> Arc<Kept> {
        let (read, kept) = self.latest();
        if read.is_some_and(|read| read.elapsed() < FRESH) {
            return kept;
        }
        if let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() {
            let (keeper, tables) = (Arc::clone(self), tables.to_vec());
            spawn_blocking(move || {
                let kept = read_all(&keeper.database, &tables);
                keeper.keep(kept);
                drop(turn);
            });
        }
        // Whoever reads gives the turn back.
        let _ = timeout(PATIENCE, self.turn.lock()).await;
        self.latest().1
    }

    fn latest(&self) -> (Option<Instant>, Arc<Kept>) {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        (latest.0, Arc::clone(&latest.1))
    }

    /// Where reading has failed, what was read before stays.
    fn keep(&self, kept: Result<Kept, Error>) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.unwrap_or_else(|error| Kept {
            trouble: Some(cut(&error.to_string())),
            ..Kept::clone(&latest.1)
        });
        *latest = (Some(Instant::now()), Arc::new(kept));
    }
}

fn read_all(database: &Path, tables: &[TableSpec]) -> Result<Kept, Error> {
    let store = ReadOnly::open_within(database, LOCK)?;
    Ok(Kept {
        read_ms: Some(Timestamp::now().as_millisecond()),
        trouble: None,
        failures: store.causes(FAILURES)?.into_iter().map(failure).collect(),
        loads: store.loads(LOADS)?.into_iter().map(load).collect(),
        tables: tables
            .iter()
            .take(TABLES)
            .map(|table| newest_rows(&store, table))
            .collect(),
        more_tables: tables.len().saturating_sub(TABLES),
        outages: store
            .newest_gaps(OUTAGES)?
            .into_iter()
            .map(outage)
            .collect(),
    })
}

fn failure(cause: Cause) -> Failure {
    let Cause { newest, count } = cause;
    let failed = newest.failed;
    Failure {
        handler: cut(&failed.handler),
        place: failed
            .place
            .map(|(file, line)| cut(&format!("{file}:{line}"))),
        code: failed.code.as_deref().map(cut),
        error: cut(&failed.error),
        hint: failed.hint.as_deref().map(cut),
        count,
        last: cut(&failed.at),
        generation: failed.generation,
        tweet: newest.tweet_id.map(|id| id.to_string()),
        id: newest.id,
    }
}

fn load(load: store::Load) -> Load {
    let (result, number, back_to, what) = match load.result {
        LoadResult::Loaded {
            number,
            back_to,
            changes,
        } => {
            let result = if back_to.is_some() {
                "rolled back"
            } else {
                "loaded"
            };
            (result, Some(number), back_to, changed(changes))
        }
        LoadResult::Refused { step, error, place } => {
            let place = place.map_or_else(String::new, |(file, line)| format!(" at {file}:{line}"));
            ("refused", None, None, format!("{step}{place}: {error}"))
        }
    };
    Load {
        at: cut(&load.at),
        result: result.to_owned(),
        number,
        back_to,
        hash: cut(&load.hash),
        what: cut(&what),
    }
}

/// What a load has changed: `rules +2 −1, handlers +1`.
fn changed(changes: [u64; 6]) -> String {
    let parts: Vec<_> = ["rules", "handlers", "tables"]
        .iter()
        .zip(changes.chunks_exact(2))
        .filter_map(|(what, pair)| match (pair[0], pair[1]) {
            (0, 0) => None,
            (added, 0) => Some(format!("{what} +{added}")),
            (0, removed) => Some(format!("{what} −{removed}")),
            (added, removed) => Some(format!("{what} +{added} −{removed}")),
        })
        .collect();
    match parts.is_empty() {
        true => "no rule, handler or table".to_owned(),
        false => parts.join(", "),
    }
}

fn newest_rows(store: &ReadOnly, table: &TableSpec) -> Table {
    let columns: Vec<_> = table.columns.iter().map(|(name, _)| name.clone()).collect();
    let shown = &columns[..columns.len().min(COLUMNS)];
    let (rows, trouble) = match store.newest_rows(&table.name, shown, ROWS) {
        Ok(rows) => (rows, None),
        Err(error) => (Vec::new(), Some(cut(&error.to_string()))),
    };
    let cells = |row: Vec<Shown>| row.into_iter().map(cell).collect();
    Table {
        name: table.name.clone(),
        more_columns: columns.len() - shown.len(),
        columns: shown.to_vec(),
        rows: rows.into_iter().map(cells).collect(),
        trouble,
    }
}

fn cell(shown: Shown) -> Option<String> {
    match shown {
        Shown::Null => None,
        Shown::Number(text) | Shown::Text(text, false) => Some(text),
        Shown::Text(text, true) => Some(text + "…"),
        Shown::Blob(bytes) => Some(format!("({bytes} bytes)")),
    }
}

fn outage(gap: Gap) -> Outage {
    let is_away = gap.is_away();
    Outage {
        began_ms: gap.started_at.as_millisecond(),
        ended_ms: (!is_away).then(|| gap.ended_at.as_millisecond()),
        seconds: gap.length.as_secs_f64(),
        cause: cut(&gap.cause),
        state: gap.state.name().to_owned(),
        missing_seconds: gap.missing_length.as_secs_f64(),
        missing_tweets: gap.estimated_tweets,
        detail: cut(&gap.detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn what_a_load_has_changed_is_said_without_what_has_not() {
        for (changes, expected) in [
            ([0; 6], "no rule, handler or table"),
            ([2, 1, 0, 0, 0, 0], "rules +2 −1"),
            ([0, 1, 3, 0, 1, 0], "rules −1, handlers +3, tables +1"),
        ] {
            assert_eq!(changed(changes), expected);
        }
    }

    #[tokio::test]
    async fn a_database_that_cannot_be_read_is_told_and_what_was_read_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ouzel.db");
        drop(Store::open(&path).unwrap());
        let keeper = Arc::new(Keeper::new(path.clone()));
        let first = keeper.look(&[]).await;
        assert!(first.read_ms.is_some() && first.trouble.is_none());
        keeper.keep(read_all(&folder.path().join("none.db"), &[]));
        let second = keeper.look(&[]).await;
        assert_eq!(second.read_ms, first.read_ms);
        assert!(
            second.trouble.as_ref().unwrap().contains("none.db"),
            "{second:?}"
        );
    }
}
