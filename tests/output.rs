//! How much is said, in which form and colour, and what shells and `man` get.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod support;

use std::{fs, path::Path, process::Command};

use sonic_rs::{JsonValueTrait, Value};
use support::{Ended, PASSWORD, PowerTrack, Process, Setup, command, ouzel, tagged};

const SCRIPT: &str = "\
ouzel.rules { { value = 'rocket', tag = 'launch' } }
ouzel.on('*', function(tweet)
  ouzel.log.warn('a \"text\"\\n2026-01-01T00:00:00.000Z ERROR \\27[31mred')
  ouzel.log.debug('small')
  if tweet:id() == 2 then error('no luck') end
end)";

fn setup(arguments: &[&str]) -> Setup {
    let setup = Setup::new().script(SCRIPT);
    setup.arguments(&["--limit", "2"]).arguments(arguments)
}

/// A run of two Tweets, the second of which fails.
fn two_tweets(setup: Setup) -> Ended {
    let run = setup.start();
    send(run.powertrack());
    run.ends()
}

fn send(powertrack: &PowerTrack) {
    powertrack.send(tagged(1, &["launch"]));
    powertrack.send(tagged(2, &["launch"]));
}

/// Each line of stderr, as JSON.
fn objects(stderr: &str) -> Vec<Value> {
    let read = |line| sonic_rs::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    stderr.lines().map(read).collect()
}

fn text<'v>(object: &'v Value, key: &str) -> &'v str {
    object
        .get(key)
        .and_then(|value| value.as_str())
        .unwrap_or_default()
}

#[test]
fn each_log_line_is_one_json_object() {
    let ended = two_tweets(setup(&["--log-format", "json", "--log", "trace"]));
    ended
        .assert_code(0)
        .assert_silent_about(PASSWORD)
        .assert_silent_about("\u{1b}");
    let lines = objects(&ended.stderr);
    for line in &lines {
        assert!(text(line, "time").ends_with('Z'), "{line}");
        let levels = ["error", "warn", "info", "debug", "trace"];
        assert!(levels.contains(&text(line, "level")), "{line}");
        assert!(line.get("message").is_some(), "{line}");
    }
    let said = |message: &str| {
        let found = lines.iter().find(|line| text(line, "message") == message);
        found.unwrap_or_else(|| panic!("no `{message}` in {}", ended.stderr))
    };
    let loaded = said("script loaded");
    assert_eq!(text(loaded, "part"), "pipeline");
    assert_eq!(loaded["fields"]["generation"].as_u64(), Some(1));
    let failed = said("handler failed");
    assert_eq!(text(failed, "level"), "error");
    assert!(
        text(&failed["fields"], "error").contains("no luck"),
        "{failed}"
    );
    let of_script = said("a \"text\"\n2026-01-01T00:00:00.000Z ERROR \u{1b}[31mred");
    assert_eq!(text(of_script, "part"), "script");
    // The summary is a line too.
    let last = lines.last().unwrap();
    assert!(text(last, "message").starts_with("2 Tweets in"), "{last}");
}

#[test]
fn a_failure_is_a_json_object_too() {
    let setup = Setup::new()
        .script("ouzel.on(")
        .environment("OUZEL_LOG_FORMAT", "json");
    let ended = setup.ends();
    ended.assert_code(3);
    let lines = objects(&ended.stderr);
    let last = lines.last().unwrap();
    assert_eq!(text(last, "level"), "error");
    assert!(
        text(last, "message").starts_with("script `main.lua` could not be loaded\n"),
        "{last}"
    );
}

/// The same with a stderr of which systemd says that journald reads it.
fn under_journald(arguments: &str) -> (i32, String) {
    let setup = setup(&[]);
    let ouzel = command(setup.folder());
    let mut shell = Command::new("sh");
    let line = format!(
        "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/$$/fd/2) exec {} run --limit 2 {arguments}",
        ouzel.get_program().to_string_lossy()
    );
    shell
        .args(["-c", &line])
        .current_dir(setup.folder())
        .env("OUZEL_URL", setup.powertrack().url("stream"))
        .env("OUZEL_RULES_URL", setup.powertrack().url("rules"))
        .env("OUZEL_USERNAME", support::USERNAME)
        .env("OUZEL_PASSWORD", PASSWORD)
        .env("OUZEL_STATUS_LISTEN", "off");
    let process = Process::start(shell);
    send(setup.powertrack());
    let (code, _, stderr) = process.wait();
    (code, stderr)
}

#[test]
fn journald_gets_priorities_and_neither_times_nor_colours() {
    let (code, stderr) = under_journald("--color always");
    assert_eq!(code, 0, "{stderr}");
    for line in stderr.lines() {
        assert!(["<3>", "<4>", "<6>"].contains(&&line[..3]), "{line}");
    }
    assert!(!stderr.contains('\u{1b}'), "{stderr}");
    for begin in [
        "<6>INFO script loaded generation=1",
        "<4>WARN a \"text\"",
        // The lines of one message have the priority of that.
        "<4>    2026-01-01T00:00:00.000Z ERROR",
        "<3>ERROR handler failed",
        "<6>2 Tweets in",
    ] {
        assert!(
            stderr.lines().any(|line| line.starts_with(begin)),
            "{begin}\n{stderr}"
        );
    }
    let (_, stderr) = under_journald("--log-format json");
    let object = stderr.lines().next().unwrap().strip_prefix("<6>").unwrap();
    assert_eq!(text(&objects(object)[0], "message"), "script loaded");
}

#[test]
fn a_stderr_that_is_not_the_one_named_is_no_journal() {
    let ended = two_tweets(setup(&[]).environment("JOURNAL_STREAM", "1:2"));
    ended.assert_code(0).assert_says("Z  INFO script loaded");
}

#[test]
fn quiet_says_what_is_wrong_and_verbose_says_more() {
    let quiet = two_tweets(setup(&["-q"]));
    quiet
        .assert_code(0)
        .assert_says("ERROR handler failed")
        .assert_says("WARN a \"text\"")
        .assert_silent_about("INFO")
        .assert_silent_about("2 Tweets in");
    two_tweets(setup(&["-qqq"]))
        .assert_code(0)
        .assert_silent_about("handler failed");
    let verbose = two_tweets(setup(&["-v"]));
    verbose
        .assert_says("DEBUG small")
        .assert_says("2 Tweets in");
    // They move the level that `--log` or the variable sets, and leave those of parts.
    let moved = two_tweets(setup(&["-v"]).environment("OUZEL_LOG", "warn,script=error"));
    moved
        .assert_says("INFO script loaded")
        .assert_silent_about("WARN a \"text\"");
}

/// What a terminal gets of `ouzel ARGUMENTS`; nothing where there is no program that makes one.
fn in_terminal(folder: &Path, arguments: &str, variables: &[(&str, &str)]) -> Option<String> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&paths).any(|folder| folder.join("script").exists()) {
        support::skipped("what a terminal gets", "`script` is missing");
        return None;
    }
    let program = command(folder).get_program().to_string_lossy().into_owned();
    let mut terminal = Command::new("script");
    terminal
        .args(["-qfec", &format!("{program} {arguments}"), "/dev/null"])
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env("TERM", "xterm")
        .env("OUZEL_STATUS_LISTEN", "off")
        .envs(variables.iter().copied());
    let (_, stdout, _) = Process::start(terminal).wait();
    Some(String::from_utf8(stdout).unwrap())
}

#[test]
fn everything_that_prints_keeps_to_the_colour_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("scripts")).unwrap();
    fs::write(folder.path().join("scripts/main.lua"), SCRIPT).unwrap();
    let (colour, column_one) = ("\u{1b}[", "\r\u{1b}[2K");
    let shown = |arguments: &str, variables: &[(&str, &str)]| {
        in_terminal(folder.path(), arguments, variables)
    };
    // A log, help, a mistake in the arguments, and a failure.
    let printed = [
        "run --sim --limit 1",
        "run --help",
        "run --lmit 1",
        "replay nothing.lua",
    ];
    for arguments in printed {
        let Some(text) = shown(arguments, &[]) else {
            return;
        };
        assert!(text.contains(colour), "{arguments}: {text}");
        for (flag, variables) in [
            ("--color never", &[][..]),
            ("", &[("NO_COLOR", "1")]),
            ("", &[("TERM", "dumb")]),
        ] {
            let text = shown(&format!("{arguments} {flag}"), variables).unwrap();
            // What is drawn in place needs to clear its line, and no colour.
            let text = text.replace(column_one, "");
            let is_drawn = variables.is_empty() || variables[0].0 == "NO_COLOR";
            let is_run = arguments.starts_with("run --sim");
            let is_bare = !text.contains("\u{1b}[3") && !text.contains("\u{1b}[1m");
            assert!(is_bare, "{arguments} {flag} {variables:?}: {text}");
            let is_still = !text.contains('\u{1b}');
            assert!(
                is_still || is_run && is_drawn,
                "{arguments} {variables:?}: {text}"
            );
        }
    }
    // Where nobody looks, there is colour only if it is asked for.
    for (flag, is_coloured) in [("auto", false), ("always", true)] {
        for arguments in [&["run", "--help"][..], &["replay", "nothing.lua"]] {
            let arguments = [arguments, &["--color", flag]].concat();
            let (_, stdout, stderr) = ouzel(folder.path(), &arguments);
            assert_eq!(
                (stdout + &stderr).contains(colour),
                is_coloured,
                "{arguments:?}"
            );
        }
    }
}

#[test]
fn shells_complete_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, script, _) = ouzel(folder.path(), &["completions", shell]);
        assert_eq!(code, 0);
        assert!(script.contains("quarantine"), "{shell}");
    }
    let (code, _, stderr) = ouzel(folder.path(), &["completions", "bsh"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("bash"), "{stderr}");
    let (_, script, _) = ouzel(folder.path(), &["completions", "bash"]);
    fs::write(folder.path().join("ouzel.bash"), script).unwrap();
    let mut bash = Command::new("bash");
    let typed = "source ./ouzel.bash; COMP_WORDS=(ouzel rules pl); COMP_CWORD=2; \
                 _ouzel ouzel pl rules; echo \"${COMPREPLY[@]}\"";
    bash.args(["--norc", "-c", typed])
        .current_dir(folder.path());
    let (code, stdout, stderr) = Process::start(bash).wait();
    assert_eq!(
        (code, String::from_utf8(stdout).unwrap().trim()),
        (0, "plan"),
        "{stderr}"
    );
}

#[test]
fn each_command_has_a_man_page() {
    let folder = tempfile::tempdir().unwrap();
    let (code, stdout, stderr) = ouzel(folder.path(), &["man", "man1"]);
    assert_eq!(code, 0, "{stderr}");
    let page = |name: &str| fs::read_to_string(folder.path().join("man1").join(name)).unwrap();
    for name in [
        "ouzel.1",
        "ouzel-run.1",
        "ouzel-rules.1",
        "ouzel-rules-plan.1",
    ] {
        let text = page(name);
        assert!(text.contains(".TH ") && text.contains(".SH NAME"), "{name}");
    }
    assert!(page("ouzel-run.1").contains("OUZEL_DATA_DIR"));
    let pages = fs::read_dir(folder.path().join("man1")).unwrap().count();
    assert_eq!(stdout, format!("wrote {pages} pages to `man1`\n"));
    fs::write(folder.path().join("file"), "").unwrap();
    let (code, _, stderr) = ouzel(folder.path(), &["man", "file"]);
    assert_eq!(code, 1);
    assert!(
        stderr.starts_with("error: cannot make the folder `file`: "),
        "{stderr}"
    );
}

#[test]
fn the_version_says_what_is_built_in() {
    let folder = tempfile::tempdir().unwrap();
    let (_, short, _) = ouzel(folder.path(), &["-V"]);
    assert_eq!(short, format!("ouzel {}\n", env!("CARGO_PKG_VERSION")));
    let (_, long, _) = ouzel(folder.path(), &["--version"]);
    assert!(
        long.contains("Lua 5.4") && long.contains("SQLite 3."),
        "{long}"
    );
}
