//! A folder in which the commands of the pages work, and a shell that knows `ouzel`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use super::{
    book::root,
    support::{Ended, Process, Setup, Sim, command, skipped},
};

/// What a command line has come to.
pub(super) struct Done {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Runs a command line as the pages write it. What Cargo would run is the binary of this test.
pub(super) fn shell(folder: &Path, line: &str) -> Done {
    let (code, stdout, stderr) = started(folder, line).wait();
    Done {
        code,
        stdout: String::from_utf8(stdout).unwrap(),
        stderr,
    }
}

/// The same, and it goes on.
pub(super) fn started(folder: &Path, line: &str) -> Process {
    let line = line.replace("cargo run --release -- ", "ouzel ");
    let mut shell = command_of("sh", folder);
    shell.args(["-c", &line]);
    Process::start(shell)
}

/// A program with what `command` gives the binary, and with the binary in its path.
fn command_of(program: &str, folder: &Path) -> std::process::Command {
    let ouzel = command(folder);
    let beside = Path::new(ouzel.get_program()).parent().unwrap();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = [beside.to_owned()]
        .into_iter()
        .chain(env::split_paths(&path));
    let mut program = std::process::Command::new(program);
    program.current_dir(folder);
    for (name, value) in ouzel.get_envs() {
        match value {
            Some(value) => program.env(name, value),
            None => program.env_remove(name),
        };
    }
    program
        .env("PATH", env::join_paths(path).unwrap())
        // Many runs at once would ask for the same port.
        .env("OUZEL_STATUS_LISTEN", "off")
        // Proxies of this machine are not for its own simulator.
        .env("NO_PROXY", "127.0.0.1")
        .env("TZ", "UTC");
    program
}

/// Whether a program of this machine is there; a test that needs it says that it is skipped.
#[track_caller]
pub(super) fn has(test: &str, program: &str) -> bool {
    let paths = env::var_os("PATH").unwrap_or_default();
    let is_there = env::split_paths(&paths).any(|folder| folder.join(program).exists());
    if !is_there {
        skipped(test, &format!("`{program}` is missing"));
    }
    is_there
}

/// The script that ships.
pub(super) fn main_lua() -> String {
    fs::read_to_string(root().join("scripts/main.lua")).unwrap()
}

/// A folder with the script that ships.
pub(super) fn fresh() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("scripts")).unwrap();
    fs::write(folder.path().join("scripts/main.lua"), main_lua()).unwrap();
    folder
}

/// A project whose stream is a simulator in a process of its own, so that its data lies where that of an account does.
pub(super) fn setup(sim: &Sim, script: &str) -> Setup {
    Setup::new().script(script).against(sim)
}

/// What is left of a run that has handled so many Tweets.
#[track_caller]
pub(super) fn ran(script: &str, tweets: u32) -> Ended {
    let sim = Sim::start(&["--rate", "10000"]);
    let ended = setup(&sim, script)
        .arguments(&["--limit", &tweets.to_string()])
        .ends();
    ended.assert_code(0);
    ended
}

/// What `sqlite3 -box DATABASE 'SQL'` prints, for a machine that has no `sqlite3`.
pub(super) fn boxed(folder: &Path, line: &str) -> String {
    let rest = line.strip_prefix("sqlite3 -box ").unwrap();
    let (database, sql) = rest.split_once(' ').unwrap();
    let quote = &sql[..1];
    assert!(["'", "\""].contains(&quote), "{sql}");
    let sql = sql[1..].strip_suffix(quote).unwrap();
    let database = folder.join(database);
    assert!(database.exists(), "{}", database.display());
    let database = Connection::open(database).unwrap();
    let mut statement = database.prepare(sql).unwrap();
    let names: Vec<_> = statement.column_names().map(str::to_owned).collect();
    let mut table = vec![names.clone()];
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let cell = |column| match row.get::<_, rusqlite::types::Value>(column).unwrap() {
            rusqlite::types::Value::Null => String::new(),
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Real(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            rusqlite::types::Value::Blob(_) => panic!("no table of the pages has one"),
        };
        table.push((0..names.len()).map(cell).collect());
    }
    let lines = table.iter().map(|row| format!("│ {} │", row.join(" │ ")));
    lines.collect::<Vec<_>>().join("\n")
}

/// All lines of a journal, into a file; its path.
pub(super) fn unpacked(folder: &Path) -> PathBuf {
    let mut segments: Vec<_> = fs::read_dir(folder.join("data/journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "zst"))
        .collect();
    segments.sort();
    assert!(!segments.is_empty());
    let mut lines = Vec::new();
    for segment in segments {
        let packed = fs::File::open(segment).unwrap();
        zstd::stream::copy_decode(packed, &mut lines).unwrap();
    }
    let path = folder.join("journal.jsonl");
    fs::write(&path, lines).unwrap();
    path
}
