//! A project in a temporary folder, and a run of it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use expect_test::Expect;
use rusqlite::{Connection, types::ValueRef};
use tempfile::TempDir;

use super::{
    PASSWORD, PowerTrack, Process, Sim, USERNAME,
    process::{Stdout, command},
};

/// What a run starts from.
pub struct Setup {
    folder: TempDir,
    powertrack: PowerTrack,
    command: &'static str,
    arguments: Vec<String>,
    environment: Vec<(String, Option<String>)>,
    stdin: Stdin,
    stdout: Stdout,
}

/// Limits of a script that no script reaches.
pub const UNLIMITED: [(&str, &str); 4] = [
    ("OUZEL_SCRIPT_TIME", "1h"),
    ("OUZEL_SCRIPT_LOAD_TIME", "1h"),
    ("OUZEL_SCRIPT_INSTRUCTIONS", "1000000000000000"),
    ("OUZEL_SCRIPT_MEMORY", "4000GiB"),
];

/// What comes in.
enum Stdin {
    Nothing,
    /// Nothing either, but that may change.
    Open,
    File(PathBuf),
}

impl Setup {
    /// A project without a script, beside a service that has no rules.
    pub fn new() -> Self {
        let powertrack = PowerTrack::start();
        let set = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        Self {
            folder: tempfile::tempdir().unwrap(),
            command: "run",
            arguments: Vec::new(),
            environment: vec![
                set("OUZEL_URL", &powertrack.url("stream")),
                set("OUZEL_RULES_URL", &powertrack.url("rules")),
                set("OUZEL_USERNAME", USERNAME),
                set("OUZEL_PASSWORD", PASSWORD),
                set("OUZEL_DEBOUNCE", "20ms"),
                // A debug build takes long over a thousand Tweets, and some tests save hundreds of times.
                set("OUZEL_SHADOW", "50"),
                // Many runs at once would ask for the same port.
                set("OUZEL_STATUS_LISTEN", "off"),
            ],
            stdin: Stdin::Nothing,
            stdout: Stdout::Heard,
            powertrack,
        }
    }

    /// `ouzel check` instead of `ouzel run`.
    pub fn check() -> Self {
        Self {
            command: "check",
            ..Self::new()
        }
    }

    /// `ouzel rules` instead of `ouzel run`; the rest of the command comes with the arguments.
    pub fn rules() -> Self {
        Self {
            command: "rules",
            ..Self::new()
        }
    }

    /// The same against a simulator in a process of its own.
    pub fn against(self, sim: &Sim) -> Self {
        self.environment("OUZEL_URL", sim.url("http", "stream"))
            .environment("OUZEL_RULES_URL", sim.url("http", "rules"))
            .environment("OUZEL_USERNAME", "sim")
            .environment("OUZEL_PASSWORD", "sim")
    }

    /// Another command, without the arguments of the last one.
    pub fn command(self, command: &'static str) -> Self {
        Self {
            command,
            arguments: Vec::new(),
            ..self
        }
    }

    pub fn script(self, text: &str) -> Self {
        self.file("scripts/main.lua", text)
    }

    pub fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        write(&self.folder.path().join(path), text.as_ref());
        self
    }

    /// The project's folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A rule that somebody else has added.
    pub fn remote_rule(self, value: &str, tag: Option<&str>) -> Self {
        self.powertrack.add_rule(value, tag);
        self
    }

    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments
            .extend(arguments.iter().map(|text| (*text).to_owned()));
        self
    }

    pub fn environment(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), Some(value.into())));
        self
    }

    /// The script may take all that there is.
    pub fn without_script_limits(mut self) -> Self {
        let limits = UNLIMITED.map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
        self.environment.extend(limits);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.environment.push((name.to_owned(), None));
        self
    }

    /// Something may come in, and does not.
    pub fn stdin_open(mut self) -> Self {
        self.stdin = Stdin::Open;
        self
    }

    /// A file of the project comes in.
    pub fn stdin(mut self, path: &str) -> Self {
        self.stdin = Stdin::File(self.folder.path().join(path));
        self
    }

    /// Who reads what the script emits.
    pub fn stdout(mut self, stdout: Stdout) -> Self {
        self.stdout = stdout;
        self
    }

    /// The service, to be told beforehand what to answer.
    pub fn powertrack(&self) -> &PowerTrack {
        &self.powertrack
    }

    pub fn start(self) -> Run {
        let stdin = match &self.stdin {
            Stdin::Nothing => Stdio::null(),
            Stdin::Open => Stdio::piped(),
            Stdin::File(path) => fs::File::open(path).unwrap().into(),
        };
        let process = Process::start_with(self.process(), stdin, self.stdout);
        Run {
            setup: self,
            process,
        }
    }

    /// Starts it and waits for its end.
    #[track_caller]
    pub fn ends(self) -> Ended {
        self.start().ends()
    }

    fn process(&self) -> Command {
        let mut command = self.in_environment();
        command.arg(self.command).args(&self.arguments);
        command
    }

    fn in_environment(&self) -> Command {
        let mut command = command(self.folder.path());
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }
}

/// A run that goes on.
pub struct Run {
    setup: Setup,
    process: Process,
}

impl Run {
    pub fn powertrack(&self) -> &PowerTrack {
        &self.setup.powertrack
    }

    pub fn process(&self) -> &Process {
        &self.process
    }

    pub fn folder(&self) -> &Path {
        self.setup.folder.path()
    }

    /// Waits for the next line on stderr that holds a text, after the last one waited for.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        self.process.wait_for(text)
    }

    #[track_caller]
    pub fn wait_for_output(&self, text: &str) -> String {
        self.process.wait_for_output(text)
    }

    /// Saves a file as most editors do: written beside it and renamed.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder().join(path);
        let mut beside = path.clone().into_os_string();
        beside.push(".swp~");
        write(Path::new(&beside), text.as_bytes());
        fs::rename(beside, path).unwrap();
    }

    /// Saves a file as the others do.
    pub fn write_in_place(&self, path: &str, text: &str) {
        write(&self.folder().join(path), text.as_bytes());
    }

    /// A second process of the same project, while this one goes on: its exit code, and what it says.
    #[track_caller]
    pub fn another(&self) -> (i32, String) {
        let (code, _, stderr) = Process::start(self.setup.process()).wait();
        (code, stderr)
    }

    /// Another command of the same project, while this one goes on: its exit code, its result, and what it says.
    #[track_caller]
    pub fn another_command(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = self.setup.in_environment();
        command.args(words);
        let (code, stdout, stderr) = Process::start(command).wait();
        (code, String::from_utf8(stdout).unwrap(), stderr)
    }

    /// Ends it at once, as a power cut would.
    #[track_caller]
    pub fn kill(self) -> Ended {
        self.process.signal("KILL");
        self.ends()
    }

    /// Waits for the end.
    #[track_caller]
    pub fn ends(self) -> Ended {
        Ended::of(self.setup, self.process.wait())
    }

    /// The same, and the most memory that it was seen to have at once, without its own code, in bytes.
    #[track_caller]
    pub fn ends_with_peak(self) -> (Ended, u64) {
        let (ended, peak) = self.process.wait_with_peak();
        (Ended::of(self.setup, ended), peak)
    }

    /// Stops it in order, and waits for the end.
    #[track_caller]
    pub fn drain(self) -> Ended {
        self.process.signal("TERM");
        let ended = self.ends();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        ended
    }
}

/// What is left of a run.
pub struct Ended {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
    setup: Setup,
}

impl Ended {
    fn of(setup: Setup, (code, stdout, stderr): (i32, Vec<u8>, String)) -> Self {
        Self {
            code,
            stdout,
            stderr,
            setup,
        }
    }

    pub fn powertrack(&self) -> &PowerTrack {
        &self.setup.powertrack
    }

    pub fn folder(&self) -> &Path {
        self.setup.folder.path()
    }

    pub fn database(&self) -> PathBuf {
        self.folder().join(self.database_name())
    }

    /// A run against the built-in simulator has a folder of its own.
    fn database_name(&self) -> &'static str {
        let names = ["data/ouzel.db", "data/sim/ouzel.db"];
        let found = names
            .into_iter()
            .find(|name| self.folder().join(name).exists());
        found.unwrap_or(names[0])
    }

    /// What the script has emitted.
    pub fn output(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// The rows of a query, one a line, cells parted by `|`.
    #[track_caller]
    pub fn rows(&self, sql: &str) -> String {
        self.rows_of(self.database_name(), sql)
    }

    /// The same of another database.
    #[track_caller]
    pub fn rows_of(&self, database: &str, sql: &str) -> String {
        let database = self.folder().join(database);
        assert!(database.exists(), "{}", self.stderr);
        let database = Connection::open(database).unwrap();
        let mut statement = database.prepare(sql).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        let mut lines = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<_> = (0..columns)
                .map(|column| cell(row.get_ref(column).unwrap()))
                .collect();
            lines.push(cells.join("|"));
        }
        lines.join("\n")
    }

    #[track_caller]
    pub fn assert_rows(&self, sql: &str, expected: Expect) -> &Self {
        expected.assert_eq(&self.rows(sql));
        self
    }

    #[track_caller]
    pub fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}", self.stderr);
        self
    }

    #[track_caller]
    pub fn assert_says(&self, text: &str) -> &Self {
        assert!(
            self.stderr.contains(text),
            "`{text}` is not in:\n{}",
            self.stderr
        );
        self
    }

    #[track_caller]
    pub fn assert_silent_about(&self, text: &str) -> &Self {
        assert!(
            !self.stderr.contains(text),
            "`{text}` is in:\n{}",
            self.stderr
        );
        self
    }

    /// The log without its times and durations.
    pub fn log(&self) -> String {
        let timeless = |line: &str| match line.split_once("Z  ").or(line.split_once("Z ")) {
            Some((time, rest)) if time.starts_with("20") => {
                // How long something took comes last.
                let rest = rest.split(" pause=").next().unwrap_or_default();
                rest.trim_start().to_owned()
            }
            _ => line.to_owned(),
        };
        self.stderr
            .lines()
            .map(timeless)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The same project once more, against the same service.
    pub fn again(self) -> Setup {
        self.setup
    }
}

fn write(path: &Path, text: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn cell(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => format!("{number:?}"),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => format!(
            "x'{}'",
            bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()
        ),
    }
}
