//! Wrong settings, wrong input and wrong permissions: the message says what, where, and what to do.

use super::support::{Ended, Setup};

const EMPTY: &str = "ouzel.on('*', function() end)";

/// A run with these settings is refused before anything is asked, with these words.
#[track_caller]
fn refused(setup: Setup, code: i32, words: &str) -> Ended {
    let ended = setup.ends();
    ended.assert_code(code).assert_says(words);
    assert_eq!(ended.powertrack().asked(), "");
    ended
}

#[test]
fn a_level_that_there_is_not_is_refused_with_the_nearest() {
    for (log, words) in [
        ("wran", "did you mean `warn`?"),
        ("loud", "there are `error`, `warn`, `info`"),
        ("info,scirpt=debug", "did you mean `script`?"),
        ("info,script=loud", "`loud` is no level"),
        ("script", "write `script=debug`"),
        ("info,[{}]=debug", "no part of ouzel named `[{}]`"),
        ("script=debug=x", "`debug=x` is no level"),
    ] {
        let setup = || Setup::new().script(EMPTY);
        refused(setup().arguments(&["--log", log]), 2, words);
        refused(setup().environment("OUZEL_LOG", log), 2, words);
    }
}

#[test]
fn a_level_for_a_part_leaves_the_others_theirs() {
    let script = "ouzel.log.debug('a debug line') error('stop here', 0)";
    for log in [
        "script=debug",
        "info,script=debug",
        "powertrack=trace,script=debug",
    ] {
        let ended = Setup::new()
            .script(script)
            .arguments(&["--log", log])
            .ends();
        ended.assert_says("DEBUG a debug line");
    }
    let run = Setup::new()
        .script("ouzel.on('*', function() error('no', 0) end)")
        .environment("OUZEL_LOG", "")
        .start();
    run.wait_for("script loaded");
    run.drain();
}

#[test]
fn an_argument_commands_no_terminal() {
    for arguments in [
        &["--rate", "\u{1b}[31mred\u{202e}"][..],
        &["--\u{1b}[31mred"],
        &["--log", "\u{1b}[31mred"],
        &["--url", "\u{1b}[31mred\u{9b}"],
        &["\u{1b}[31mred.lua"],
        &["--config", "\u{1b}[31mred.toml"],
        &["--data-dir", "/proc/\u{1b}[31mred"],
        &["--ca-file", "\u{1b}[31mred"],
        &["--password-file", "\u{1b}[31mred"],
    ] {
        let setup = Setup::new().script(EMPTY).without("OUZEL_PASSWORD");
        let ended = setup.arguments(arguments).ends();
        assert_ne!(ended.code, 0, "{arguments:?}");
        let odd = |c: char| ouzel::plain::is_unsafe(c) && c != '\n';
        assert!(!ended.stderr.contains(odd), "{:?}", ended.stderr);
        ended.assert_says("error:");
    }
}

#[test]
fn urls_the_wrong_way_round_are_refused_at_the_start() {
    let setup = Setup::new().script(EMPTY);
    let (stream, rules) = (
        setup.powertrack().url("stream"),
        setup.powertrack().url("rules"),
    );
    let swapped = setup
        .environment("OUZEL_URL", &rules)
        .environment("OUZEL_RULES_URL", &stream);
    refused(
        swapped,
        2,
        "hint: `url` and `rules_url` are the wrong way round",
    );
    let setup = Setup::new()
        .script(EMPTY)
        .arguments(&["--replay-url", &rules]);
    refused(setup, 2, "`replay_url` cannot be used");
    // Whoever has a proxy has its paths.
    let run = Setup::new().script(EMPTY);
    let url = run
        .powertrack()
        .url("stream")
        .replace("/stream/powertrack/", "/stream/");
    let run = run.environment("OUZEL_URL", url).start();
    run.powertrack().wait_for_connection(1);
    run.drain();
}

#[test]
fn one_url_of_two_says_which_is_missing() {
    refused(
        Setup::new().script(EMPTY).without("OUZEL_RULES_URL"),
        2,
        "`rules_url` cannot be used: it is not set, and only `url` is",
    );
    refused(
        Setup::new().script(EMPTY).without("OUZEL_URL"),
        2,
        "`url` cannot be used: it is not set, and only `rules_url` is",
    );
}
