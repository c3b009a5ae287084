//! The README and the guide: what they say is there, and what their blocks of code show is what happens.
//!
//! Lua blocks are loaded and TOML blocks are read, wherever they stand. Every other block is named below: by the story that runs
//! its commands and compares what it shows, or with the reason why it is not run. `examples` tries those of the examples. A block that nothing names fails
//! `every_block_is_tried_or_says_why_not`.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

#[path = "../support/mod.rs"]
mod support;

mod book;
mod examples;
mod pages;
mod project;
mod shape;
mod stories;

use book::{Block, block};

/// Each story with its blocks: the page, and how the block begins. It gets them in this order.
macro_rules! stories {
    ($($story:ident: $($page:literal $start:literal)+;)+) => {
        const STORIES: &[&[(&str, &str)]] = &[$(&[$(($page, $start)),+]),+];
        $(
            #[test]
            fn $story() {
                stories::$story(&[$(block($page, $start)),+]);
            }
        )+
    };
}

stories! {
    try_it:
        "README" "cargo run --release -- run --sim"
        "README" "2026-11-21T20:50:25.999Z  INFO script loaded"
        "README" "1 230 Tweets in";
    edit_the_script_meanwhile:
        "README" "2026-11-21T20:50:34.084Z  INFO script loaded"
        "README" "2026-11-21T20:50:36.080Z ERROR reload failed";
    a_save_and_what_became_of_it:
        "reload" "2026-11-27T05:10:00.250Z  INFO shadow run"
        "reload" "generation  at (UTC)";
    look_at_the_rows:
        "README" "sqlite3 -box data/sim/ouzel.db"
        "README" "┌";
    ask_from_outside:
        "sql" "sqlite3 -box data/ouzel.db 'SELECT tags"
        "sql" "sqlite3 -box data/ouzel.db 'SELECT started_at";
    look_at_the_state:
        "state" "sqlite3 -box data/ouzel.db";
    a_timer_fails:
        "timers" "2026-11-26T23:12:04.001Z ERROR timer failed";
    a_rule_that_is_not_valid:
        "rules" "error: script `main.lua`";
    rules_of_files:
        "rules" "ouzel rules lint"
        "rules" "ouzel rules estimate";
    rules_on_the_stream:
        "rule-sets" "ouzel rules list"
        "rule-sets" "id  "
        "rule-sets" "ouzel rules validate"
        "rule-sets" "warning  main.lua:2"
        "rule-sets" "ouzel rules plan\n"
        "rule-sets" "  +  main.lua:3"
        "rule-sets" "ouzel rules plan --out"
        "rule-sets" "ouzel rules adopt"
        "rule-sets" "ouzel rules copy";
    the_list_of_outages:
        "outages" "began (UTC)"
        "outages" "ouzel gaps repair";
    how_complete_the_data_is:
        "report" "ouzel report\n"
        "report" "1 024 Tweets";
    a_rule_brings_too_much:
        "volume" "2026-11-27T17:20:04.001Z  WARN ALARM";
    the_breaker_pauses_a_rule:
        "volume" "2026-11-27T17:20:04.003Z  WARN BREAKER"
        "volume" "ouzel rules resume launch";
    read_the_journal_without_ouzel:
        "journal" "zstdcat";
    a_handler_breaks_its_limits:
        "limits" "2026-11-26T22:48:45.501Z ERROR handler failed";
    a_handler_fails:
        "quarantine" "2026-11-21T20:38:31.991Z ERROR handler failed"
        "quarantine" "ouzel quarantine list"
        "quarantine" "1: Tweet"
        "quarantine" "ouzel quarantine retry"
        "quarantine" "tried again";
    look_at_a_run:
        "status" "ouzel status\n"
        "status" "ok · connected for";
    watch_a_run:
        "tail" "ouzel tail\n"
        "tail" "2026-11-21T20:50:26Z"
        "tail" "ouzel tail --verdict failed";
    a_new_project:
        "new" "ouzel new tracker"
        "new" "ouzel types";
    a_project_of_an_example:
        "examples" "ouzel new tracker --example";
    a_test_fails:
        "test" "ouzel test\n"
        "test" "scripts/main_test.lua: 0 passed";
    ask_a_run:
        "metrics" "curl -sS http://127.0.0.1:9464/healthz"
        "metrics" "{\"status\":"
        "metrics" "curl -sS http://127.0.0.1:9464/metrics";
    replay_what_is_there:
        "replay" "ouzel replay\n";
    compare_two_scripts:
        "replay" "ouzel replay --compare"
        "replay" "- scripts/main.lua";
    the_simulator_starts:
        "simulator" "cargo run --release -- sim"
        "simulator" "ouzel sim --account"
        "simulator" "ouzel sim --start"
        "faults" "ouzel sim --fault";
    curl_reads_from_the_simulator:
        "simulator" "curl -sS -u";
    faults_while_it_runs:
        "faults" "curl -sS -d";
    what_really_happened:
        "faults" "ouzel sim --rate"
        "faults" "1511 matched"
        "faults" "1178 matched"
        "faults" "{\"event\":\"open\"";
    a_unit_for_systemd:
        "service" "ouzel service >"
        "service" "next, with a name"
        "service" "ouzel completions bash";
    measure:
        "bench" "cargo run --release -- bench"
        "bench" "                                    Tweets/s"
        "bench" "ouzel bench --rules";
    which_settings_are_in_force:
        "settings" "ouzel config --sim"
        "settings" "setting   ";
    copies_beside_each_other:
        "backup" "ouzel backup /mnt/backups/tweets.db"
        "backup" "ouzel backup /mnt/backups/ouzel.db"
        "backup" "mkdir -p new/data";
    a_run_that_ends_by_itself:
        "exit-codes" "ouzel run --sim --limit";
    a_log_for_programs:
        "settings" "ouzel run --sim --limit 1 --log-format"
        "settings" "{\"time\":";
}

/// Blocks whose commands only have to be accepted by the command line: the page, the beginning, and why they are not run.
const PARSED: &[(&str, &str, &str)] = &[
    (
        "README",
        "cargo run --release -- run\n",
        "it takes an account",
    ),
    ("settings", "ouzel run --log", "it takes an account"),
    (
        "status",
        "ouzel top",
        "it takes a terminal; `tests/status.rs` has one",
    ),
    (
        "contributing",
        "cargo run --release -- bench",
        "the page `bench` has it",
    ),
];

/// Blocks that no command of ouzel is in: the page, the beginning, and why there is nothing to run.
const NOT_RUN: &[(&str, &str, &str)] = &[
    (
        "reload",
        "sqlite3 data/ouzel.db",
        "each generation has its own hash",
    ),
    (
        "service",
        "journalctl -u",
        "it takes a machine that systemd has started",
    ),
    (
        "service",
        "cargo install --path",
        "it builds all of the program once more",
    ),
    (
        "service",
        "cargo install cargo-deb",
        "it takes a program that is not here, and root",
    ),
    ("status", "ssh -L", "it takes another machine"),
    ("contributing", "cargo build", "this test is built already"),
    ("contributing", "cargo test", "this test is a part of it"),
    (
        "contributing",
        "cargo +nightly",
        "it takes another toolchain",
    ),
    (
        "tail",
        "… 120 Tweets skipped",
        "it takes a reader that is too slow; `tests/tail.rs` has one",
    ),
    ("backup", "rsync -a project/", "it takes another machine"),
    ("license-mit", "MIT License", "the text of a license"),
    ("license-apache", "   ", "the text of a license"),
];

#[test]
fn every_block_is_tried_or_says_why_not() {
    let mut named: Vec<(&str, &str)> = STORIES
        .iter()
        .flat_map(|story| story.iter().copied())
        .collect();
    for (page, start, why) in PARSED.iter().chain(NOT_RUN) {
        assert!(!why.is_empty());
        named.push((page, start));
    }
    // Each name is of one block.
    let mut tried: Vec<Block> = named
        .iter()
        .map(|(page, start)| block(page, start))
        .collect();
    let blocks = book::blocks();
    for block in &blocks {
        match block.language.as_str() {
            // `pages` tries all of these.
            "lua" | "toml" => continue,
            // And `examples` these.
            _ if block.page.starts_with("examples/") => continue,
            "sh" | "text" | "json" => {}
            other => panic!("a block of `{other}` in {}:\n{}", block.page, block.text),
        }
        let at = tried.iter().position(|tried| tried == block);
        let at = at.unwrap_or_else(|| {
            panic!(
                "nothing tries this block of {}:\n{}",
                block.page, block.text
            )
        });
        tried.swap_remove(at);
    }
    assert!(tried.is_empty(), "named twice: {tried:?}");
}

#[test]
fn commands_that_are_not_run_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    for (page, start, _) in PARSED {
        for line in block(page, start).lines() {
            // `--help` ends the parsing of what is right so far.
            let ended = project::shell(folder.path(), &format!("{line} --help"));
            assert_eq!(ended.code, 0, "{page}: {line}\n{}", ended.stderr);
        }
    }
}
