//! Copies a database while another process writes to it: whole pages, all of one moment, or no file at all.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{
    Connection,
    backup::{self, StepResult},
    ffi,
};
use tempfile::NamedTempFile;

use super::error::NotCopied;

/// How many pages are copied between two looks at whether to go on: 4 MiB, some milliseconds.
const PAGES_A_STEP: i32 = 1024;

/// How many of SQLite's instructions the check of the copy runs between two such looks.
const INSTRUCTIONS_A_LOOK: i32 = 100_000;

/// How the name of a copy begins that is not whole yet.
const UNFINISHED: &str = ".ouzel-backup-";

/// Says whether the copying goes on.
pub(crate) type MayGoOn = Arc<dyn Fn() -> bool + Send + Sync>;

/// Copies a database that lies at `from` and is open for reading into a file, and gives its size. The file is there when
/// it is whole, checked and on disk.
///
/// The copy is one file, as of the moment at which this begins, and only its user can read it. The writer does not wait
/// for it. `may_go_on` is asked again and again.
pub(super) fn copy(
    source: &Connection,
    from: &Path,
    to: &Path,
    replace: bool,
    may_go_on: &MayGoOn,
) -> Result<u64, NotCopied> {
    may_be_written(from, to, replace)?;
    let folder = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let unfinished = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(folder)?;
    fill(source, unfinished.path(), may_go_on)?;
    unfinished.as_file().sync_all()?;
    let bytes = unfinished.as_file().metadata()?.len();
    if !may_go_on() {
        return Err(NotCopied::Stopped);
    }
    put(unfinished, to, replace)?;
    File::open(folder)?.sync_all()?;
    Ok(bytes)
}

/// Whether a copy may be put there.
fn may_be_written(from: &Path, to: &Path, replace: bool) -> Result<(), NotCopied> {
    match (fs::metadata(from), fs::metadata(to)) {
        (Ok(from), Ok(to)) if (from.dev(), from.ino()) == (to.dev(), to.ino()) => {
            return Err(NotCopied::Itself);
        }
        (_, Ok(_)) if !replace => return Err(NotCopied::Exists),
        _ => {}
    }
    // SQLite takes what lies there for the rest of the file of that name, whichever file that is.
    for end in ["-wal", "-journal"] {
        let beside = with_end(to, end);
        if fs::metadata(&beside).is_ok_and(|file| file.len() > 0) {
            return Err(NotCopied::InUse(beside));
        }
    }
    Ok(())
}

/// Fills an empty file with a copy.
fn fill(source: &Connection, to: &Path, may_go_on: &MayGoOn) -> Result<(), NotCopied> {
    let mut copy = Connection::open(to)?;
    // Nobody sees the file before it is whole, and it is synced once at the end.
    copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    // Without a transaction around it, SQLite would begin anew after each commit of the writer, and would hardly end
    // beside a busy one. In WAL mode a transaction that reads holds nobody up.
    let moment = source.unchecked_transaction()?;
    moment.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let pages = backup::Backup::new(source, &mut copy)?;
    loop {
        if !may_go_on() {
            return Err(NotCopied::Stopped);
        }
        match pages.step(PAGES_A_STEP)? {
            StepResult::Done => break,
            StepResult::More => {}
            // Nobody else has the copy, and the transaction has what it needs of the source.
            _ => {
                let busy = ffi::Error::new(ffi::SQLITE_BUSY);
                return Err(rusqlite::Error::SqliteFailure(busy, None).into());
            }
        }
    }
    drop(pages);
    drop(moment);
    // The copy is one file, and can be read where nothing can be written. Whoever writes to it sets WAL again.
    copy.execute_batch("PRAGMA journal_mode = DELETE")?;
    check(&mut copy, may_go_on)
}

/// Reads the whole copy again.
fn check(copy: &mut Connection, may_go_on: &MayGoOn) -> Result<(), NotCopied> {
    let asked = Arc::clone(may_go_on);
    copy.progress_handler(INSTRUCTIONS_A_LOOK, Some(move || !asked()))?;
    let said = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0));
    if !may_go_on() {
        return Err(NotCopied::Stopped);
    }
    let said: String = said?;
    match said.as_str() {
        "ok" => Ok(()),
        _ => Err(NotCopied::Damaged(said)),
    }
}

/// Gives the finished copy its name.
fn put(unfinished: NamedTempFile, to: &Path, replace: bool) -> Result<(), NotCopied> {
    let put = match replace {
        true => unfinished.persist(to),
        false => unfinished.persist_noclobber(to),
    };
    put.map(drop).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => NotCopied::Exists,
        _ => NotCopied::File(error.error),
    })
}

/// A path with something behind its name.
pub(super) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
