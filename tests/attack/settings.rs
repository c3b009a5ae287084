//! Wrong settings, wrong input and wrong permissions: the message says what, where, and what to do.

use std::{
    fs::{self, Permissions},
    io::Write,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};

use super::support::{Ended, PASSWORD, Setup, Sim, tagged, tweet};

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
        let odd = |c: char| ouzel_text::plain::is_unsafe(c) && c != '\n';
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

#[test]
fn an_empty_password_file_is_named() {
    for text in ["", "\n", "\r\n"] {
        let setup = Setup::new()
            .script(EMPTY)
            .without("OUZEL_PASSWORD")
            .file("pw", text)
            .arguments(&["--password-file", "pw"]);
        refused(setup, 2, "error: password_file: the file `pw` is empty");
    }
}

#[test]
fn a_setting_in_the_wrong_place_is_told_where_it_stands() {
    let setup = Setup::new()
        .script(EMPTY)
        .file("ouzel.toml", "account = \"acme\"\n");
    refused(setup, 2, "hint: `account` stands under `[stream]`");
    let setup = Setup::new()
        .script(EMPTY)
        .file("ouzel.toml", "[stream]\npasword = \"secret\"\n");
    let ended = refused(setup, 2, "hint: did you mean `password`?");
    ended.assert_silent_about("secret");
}

#[test]
fn a_script_that_is_not_there_is_no_matter_of_the_journal() {
    for arguments in [
        &["nofile.lua"][..],
        &["nofile.lua", "tweets.jsonl"],
        &[
            "scripts/main.lua",
            "tweets.jsonl",
            "--compare",
            "nofile.lua",
        ],
    ] {
        let ended = Setup::new()
            .script(EMPTY)
            .file("tweets.jsonl", tweet(1))
            .command("replay")
            .arguments(arguments)
            .ends();
        ended
            .assert_code(3)
            .assert_says("cannot read the script `nofile.lua`");
    }
}

#[test]
fn rules_over_the_limit_are_no_matter_of_the_url() {
    let setup = Setup::new().script("ouzel.rules { { value = 'coffee' } }");
    setup.powertrack().refuse_rules(
        "add",
        422,
        "{\"error\":{\"message\":\"Your account is limited to 1000 rules\"}}",
    );
    let ended = setup.ends();
    ended
        .assert_code(1)
        .assert_says("limited to 1000 rules")
        .assert_says("their number may be over what the contract allows")
        .assert_silent_about("rules_url");
}

/// What is no JSON Lines, and the words for it.
const FOREIGN: [(&str, &str); 5] = [
    (
        "[{\"id\":1,\"text\":\"coffee\"},{\"id\":2}]",
        "is a JSON array",
    ),
    (
        "[\n{\"id\":1,\"text\":\"coffee\"},\n{\"id\":2}\n]\n",
        "`jq -c '.[]'`",
    ),
    (
        "{\n \"id\": 1,\n \"text\": \"coffee\"\n}\n",
        "is JSON over several lines",
    ),
    (
        "{\"data\":{\"id\":\"1\",\"text\":\"x\"},\"includes\":{},\"matching_rules\":[]}\n",
        "is of the X API v2",
    ),
    ("id,text\n1,coffee\n", "no line of the input is a Tweet"),
];

#[test]
fn input_of_another_format_is_named_and_is_no_success() {
    for (text, words) in FOREIGN {
        let setup = || {
            Setup::new()
                .script(EMPTY)
                .file("tweets.json", text)
                .file("tweets.json.gz", gzip(text.as_bytes()))
                .file("rules.txt", "coffee")
        };
        for (command, arguments) in [
            (
                "replay",
                &["scripts/main.lua", "tweets.json", "--db", "try.db"][..],
            ),
            (
                "replay",
                &["scripts/main.lua", "tweets.json.gz", "--db", "try.db"],
            ),
            ("replay", &["scripts/main.lua", "-", "--db", "try.db"]),
            (
                "rules",
                &["estimate", "--rules", "rules.txt", "tweets.json"],
            ),
            (
                "rules",
                &["estimate", "--rules", "rules.txt", "tweets.json", "--json"],
            ),
            ("rules", &["estimate", "--rules", "rules.txt", "-"]),
            ("bench", &["--input", "tweets.json.gz", "--runs", "1"]),
        ] {
            let ended = setup()
                .stdin("tweets.json")
                .command(command)
                .arguments(arguments)
                .ends();
            ended.assert_code(2).assert_says(words);
        }
        if !text.starts_with("id") {
            let ended = setup()
                .arguments(&["--sim", "--tweets", "tweets.json"])
                .ends();
            ended.assert_code(2).assert_says(words);
        }
    }
}

#[test]
fn a_bench_of_what_is_not_gzip_says_so() {
    let ended = Setup::new()
        .file("tweets.jsonl", tweet(1))
        .command("bench")
        .arguments(&["--input", "tweets.jsonl"])
        .ends();
    ended
        .assert_code(2)
        .assert_says("`tweets.jsonl` is not compressed with gzip");
}

#[test]
fn a_warning_about_a_rule_names_its_tag() {
    let ended = Setup::check()
        .script("ouzel.rules(require 'rules')")
        .file(
            "scripts/rules.lua",
            "local rules = {}
             for _, name in ipairs { 'jp', 'en' } do
               table.insert(rules, { tag = 'news-' .. name, value = 'coffee lang:' .. name })
             end
             return rules",
        )
        .ends();
    ended.assert_code(0);
    let text = ended.output();
    assert!(text.contains(" --> "), "{text}");
    assert!(text.contains(", tag `news-jp`\n"), "{text}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn one_of_a_kind_is_said_as_one() {
    let ended = Setup::new()
        .script("local t = ouzel.table('seen', { id = 'INTEGER' }) ouzel.on('*', function(tweet) t:insert { id = tweet.id } end)")
        .file("tweets.jsonl", format!("{}\nnonsense\n", tagged(1, &["a"])))
        .command("replay")
        .arguments(&["scripts/main.lua", "tweets.jsonl", "--db", "try.db"])
        .ends();
    ended
        .assert_code(0)
        .assert_says("1 Tweet in ")
        .assert_says("1 line was no Tweet")
        .assert_says("1 row written to try.db");
    let is_wrong = |line: &str| {
        ["1 Tweets ", "1 lines ", "1 rows "]
            .iter()
            .any(|wrong| line.starts_with(wrong))
    };
    assert!(!ended.stderr.lines().any(is_wrong), "{}", ended.stderr);
}

/// The paths below a folder that others than the owner may do something with, with their modes.
fn open_to_others(folder: &Path) -> String {
    let mut open = Vec::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(path) = todo.pop() {
        let meta = fs::symlink_metadata(&path).unwrap();
        if meta.mode() & 0o077 != 0 {
            let name = path.strip_prefix(folder).unwrap().display();
            open.push(format!("{name} {:o}", meta.mode() & 0o777));
        }
        if meta.is_dir() {
            todo.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
    open.sort();
    open.join(", ")
}

const FAILS_OFTEN: &str = "ouzel.rules { { value = 'hello' } }
    local t = ouzel.table('seen', { id = 'INTEGER' })
    local sink = ouzel.sink('hits.jsonl')
    ouzel.on('*', function(tweet)
      t:insert { id = tweet.id } ouzel.emit({ id = tweet.id }, sink)
      if tweet.id % 2 == 0 then error('no', 0) end
    end)";

#[test]
fn what_a_run_makes_is_for_its_user_alone() {
    let run = Setup::new()
        .script(FAILS_OFTEN)
        .environment("OUZEL_DATA_DIR", "made/data")
        .start();
    run.powertrack().send(tweet(1));
    run.powertrack().send(tweet(2));
    run.wait_for("handler failed");
    // While it runs, with the database's other files, the lock, and what is in hand.
    let made = run.folder().join("made");
    assert_eq!(open_to_others(&made), "");
    let names: Vec<_> = fs::read_dir(made.join("data"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for name in [
        "ouzel.db",
        "ouzel.db-wal",
        "ouzel.db-shm",
        "lock",
        "journal",
        "sinks",
    ] {
        assert!(names.iter().any(|other| other == name), "{names:?}");
    }
    run.drain();
}

#[test]
fn what_other_commands_make_is_for_their_user_alone() {
    let file = |id| tagged(id, &["a"]) + "\n";
    let setup = Setup::new()
        .script(FAILS_OFTEN)
        .file("tweets.jsonl", file(1) + &file(2))
        .command("replay")
        .arguments(&["scripts/main.lua", "tweets.jsonl", "--db", "made/try.db"]);
    let ended = setup.ends();
    ended.assert_code(0);
    assert_eq!(open_to_others(&ended.folder().join("made")), "");
    let ended = ended
        .again()
        .command("bench")
        .arguments(&["--tweets", "20", "--runs", "1", "--data-dir", "made/bench"])
        .ends();
    ended.assert_code(0);
    assert_eq!(open_to_others(&ended.folder().join("made")), "");
    let ended = ended
        .again()
        .command("run")
        .arguments(&["--sim", "--limit", "3", "--data-dir", "made/data"])
        .ends();
    ended.assert_code(0);
    assert_eq!(open_to_others(&ended.folder().join("made")), "");
    let sim = Sim::start(&["--tls", "--oracle", "truth.jsonl"]);
    for name in ["ouzel-sim.pem", "truth.jsonl", "port"] {
        let mode = fs::metadata(sim.folder().join(name)).unwrap().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_data_folder_that_everybody_can_look_into_is_left_and_warned_of() {
    for (mode, is_open) in [(0o755, true), (0o701, true), (0o750, false), (0o700, false)] {
        let setup = Setup::new().script(EMPTY).file("data/mine", "");
        let data = setup.folder().join("data");
        chmod(&data, mode);
        let run = setup.start();
        run.powertrack().wait_for_connection(1);
        let ended = run.drain();
        let words = "everybody on this machine can look into the data folder";
        assert_eq!(ended.stderr.contains(words), is_open, "{mode:o}");
        assert_eq!(ended.stderr.contains("chmod -R o= data"), is_open);
        assert_eq!(fs::metadata(&data).unwrap().mode() & 0o777, mode);
    }
}

#[test]
fn a_password_that_others_can_read_is_warned_of() {
    let words = "others on this machine can read the password";
    let warns = |setup: Setup| {
        let run = setup.start();
        run.powertrack().wait_for_connection(1);
        let ended = run.drain();
        ended.assert_silent_about(PASSWORD);
        ended.stderr.contains(words)
    };
    let in_file = |mode| {
        let setup = Setup::new()
            .script(EMPTY)
            .without("OUZEL_PASSWORD")
            .file("pw", PASSWORD)
            .arguments(&["--password-file", "pw"]);
        chmod(&setup.folder().join("pw"), mode);
        setup
    };
    assert!(warns(in_file(0o644)));
    assert!(warns(in_file(0o640)));
    assert!(!warns(in_file(0o600)));
    let in_settings = |mode| {
        let setup = Setup::new().script(EMPTY).file(
            "ouzel.toml",
            format!("[stream]\npassword = \"{PASSWORD}\"\n"),
        );
        chmod(&setup.folder().join("ouzel.toml"), mode);
        setup
    };
    assert!(warns(in_settings(0o644).without("OUZEL_PASSWORD")));
    assert!(!warns(in_settings(0o600).without("OUZEL_PASSWORD")));
    // Another one is in force.
    assert!(!warns(in_settings(0o644)));
}

#[test]
fn metrics_for_everybody_are_warned_of() {
    let run = Setup::new()
        .script(EMPTY)
        .environment("OUZEL_STATUS_LISTEN", "0.0.0.0:0")
        .start();
    run.wait_for("metrics are served on an address that is not loopback");
    run.drain();
}
