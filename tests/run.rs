//! `ouzel run` from its start to its end, against the scripted service and the simulator.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::fs;

use expect_test::expect;
use support::{PASSWORD, Setup, Sim, Stdout, USERNAME, tagged, tweet};

/// Logs and stores each Tweet.
const STORE: &str = r#"
local seen = ouzel.table("seen", { id = "INTEGER", tags = "INTEGER" })
ouzel.enrich(function(t)
  seen:insert { id = t.id, tags = #t.matching_rules }
  ouzel.log.info("handled", t.id)
end)
"#;

/// All Tweets into one table, and into another what the filter keeps.
const FILTERED: &str = r#"
ouzel.rules { { tag = "en", value = "lang:en" }, { tag = "ja", value = "lang:ja" }, { tag = "media", value = "has:media" } }
local all = ouzel.table("everything", { id = "INTEGER", followers = "INTEGER" })
local kept = ouzel.table("kept", { id = "INTEGER PRIMARY KEY", followers = "INTEGER" })
ouzel.enrich(function(t) all:insert { id = t.id, followers = t.user.followers_count } end)
ouzel.filter(function(t) return t.user.followers_count > 500 end)
ouzel.on("*", function(t, rule) kept:upsert { id = t.id, followers = t.user.followers_count } end)
"#;

#[track_caller]
fn assert_filtered(ended: &support::Ended) {
    ended.assert_code(0).assert_says("1 000 Tweets in");
    assert_eq!(
        ended.rows("SELECT count(*), count(DISTINCT id) FROM everything"),
        "1000|1000"
    );
    let kept: i64 = ended.rows("SELECT count(*) FROM kept").parse().unwrap();
    assert!((1..1000).contains(&kept), "{kept}");
    let difference =
        "SELECT count(*) FROM (SELECT id, followers FROM {a} EXCEPT SELECT id, followers FROM {b})";
    let wanted = "(SELECT * FROM everything WHERE followers > 500)";
    for (a, b) in [("kept", wanted), (wanted, "kept")] {
        assert_eq!(
            ended.rows(&difference.replace("{a}", a).replace("{b}", b)),
            "0"
        );
    }
    ended
        .assert_says("failed 0")
        .assert_silent_about("lines were no Tweets");
}

#[test]
fn a_run_against_the_built_in_simulator_stores_what_the_filter_keeps() {
    let ended = Setup::new()
        .script(FILTERED)
        .arguments(&["--sim", "--rate", "max", "--limit", "1000"])
        .ends();
    assert_filtered(&ended);
    assert_eq!(ended.powertrack().asked(), "");
}

#[test]
fn a_run_against_a_simulator_with_tls_stores_the_same() {
    let sim = Sim::start(&[
        "--tls",
        "--rate",
        "max",
        "--user",
        "ada",
        "--password",
        PASSWORD,
    ]);
    let ended = Setup::new()
        .script(FILTERED)
        .environment("OUZEL_URL", sim.url("https", "stream"))
        .environment("OUZEL_RULES_URL", sim.url("https", "rules"))
        .environment("OUZEL_USERNAME", "ada")
        .arguments(&[
            "--limit",
            "1000",
            "--ca-file",
            sim.ca_file().to_str().unwrap(),
        ])
        .ends();
    assert_filtered(&ended);
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_not_accepted() {
    let sim = Sim::start(&["--tls", "--user", "ada", "--password", PASSWORD]);
    let run = Setup::new()
        .script("")
        .script("ouzel.rules {}")
        .environment("OUZEL_URL", sim.url("https", "stream"))
        .environment("OUZEL_RULES_URL", sim.url("https", "rules"))
        .start();
    run.wait_for("UnknownIssuer");
    run.drain().assert_silent_about("stream connected");
}

#[test]
fn a_wrong_password_stops_and_is_printed_nowhere() {
    let sim = Sim::start(&[]);
    let ended = Setup::new()
        .script("ouzel.rules { { value = 'x' } }")
        .environment("OUZEL_URL", sim.url("http", "stream"))
        .environment("OUZEL_RULES_URL", sim.url("http", "rules"))
        .arguments(&["--log", "trace"])
        .ends();
    ended
        .assert_code(1)
        .assert_says("answered 401 unauthorized")
        .assert_says("hint: check `username` and `password`")
        .assert_silent_about(PASSWORD)
        // The same in base64.
        .assert_silent_about("YWRhQGV4YW1wbGUuY29t");
    assert_eq!(ended.output(), "");
}

#[test]
fn a_refused_stream_stops_with_what_to_do() {
    for (status, text) in [
        (401, "check `username` and `password`"),
        (403, "check with the account manager"),
        (404, "check the spelling of `account` and `label`"),
        (406, "please report this as a bug"),
    ] {
        let setup = Setup::new().script(STORE);
        setup
            .powertrack()
            .refuse_stream(status, r#"{"error":{"message":"No.\n"}}"#);
        let ended = setup.ends();
        ended
            .assert_code(1)
            .assert_says(&format!("error: the stream answered {status}"))
            .assert_says("No.")
            .assert_says(text);
        assert_eq!(ended.powertrack().asked(), "list stream");
    }
}

#[test]
fn the_requests_carry_what_the_service_asks_for() {
    let run = Setup::new().script(STORE).start();
    run.wait_for("stream connected");
    let ended = run.drain();
    let requests = ended.powertrack().requests();
    assert_eq!(ended.powertrack().asked(), "list stream");
    for request in &requests {
        assert_eq!(
            request.header("user-agent"),
            Some(concat!("ouzel/", env!("CARGO_PKG_VERSION")))
        );
        assert_eq!(
            request.header("authorization"),
            Some("Basic YWRhQGV4YW1wbGUuY29tOm9wZW4tc2VzYW1lLTMxNDE=")
        );
        assert_eq!(request.header("accept-encoding"), Some("gzip"));
    }
    let stream = &requests[1];
    assert_eq!(
        stream.path,
        "/stream/powertrack/accounts/acme/publishers/twitter/prod.json"
    );
}

#[test]
fn a_single_tweet_does_not_wait_for_the_next() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1");
    // Not even for its second line end, or in two pieces.
    let line = tweet(2);
    let (start, rest) = line.split_at(40);
    run.powertrack().send_bytes(start.as_bytes());
    run.powertrack().send_bytes(rest.as_bytes());
    run.powertrack().send_bytes(b"\n");
    run.wait_for("handled 2");
    for byte in tweet(3).bytes() {
        run.powertrack().send_bytes(&[byte]);
    }
    run.powertrack().send_bytes(b"\r\n");
    run.wait_for("handled 3");
    // Two without anything between them.
    run.powertrack().send(tweet(4) + &tweet(5));
    run.wait_for("handled 4");
    run.wait_for("handled 5");
    run.drain()
        .assert_rows("SELECT count(*) FROM seen", expect!["5"]);
}

#[test]
fn what_is_no_tweet_is_counted_and_the_stream_goes_on() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send("{\"id_str\":\"1\",");
    run.powertrack().send(b"{\"id_str\":\"\xff\xfe\"}");
    run.powertrack().send(r#"{"delete":{"status":{"id":1}}}"#);
    run.powertrack().send("[1,2]");
    run.powertrack().send("nonsense");
    run.powertrack().send("");
    run.powertrack().send("");
    run.powertrack().send(tweet(6));
    run.wait_for("handled 6");
    let ended = run.drain();
    ended
        .assert_says("1 Tweet in")
        .assert_says("5 lines were no Tweets; the table `_ouzel_invalid` has the newest thousand such lines")
        .assert_rows("SELECT number, typeof(line), line FROM _ouzel_invalid", expect![[r#"
            1|blob|x'7b2269645f737472223a2231222c'
            2|blob|x'7b2269645f737472223a22fffe227d'
            3|blob|x'7b2264656c657465223a7b22737461747573223a7b226964223a317d7d7d'
            4|blob|x'5b312c325d'
            5|blob|x'6e6f6e73656e7365'"#]])
        .assert_rows("SELECT count(*) FROM _ouzel_invalid WHERE reason = '' OR received_at NOT LIKE '20__-__-__T%Z'", expect!["0"]);
    assert_eq!(ended.powertrack().connections(), 1);
}

#[test]
fn a_line_that_is_too_long_is_dropped() {
    let run = Setup::new()
        .script(STORE)
        .arguments(&["--max-line", "1KiB"])
        .start();
    run.powertrack().send(tagged(1, &["x"; 100]));
    run.powertrack().send(tweet(2));
    run.wait_for("handled 2");
    run.drain().assert_rows("SELECT id FROM seen", expect!["2"]);
}

#[test]
fn system_messages_are_logged_and_not_handled() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(
        r#"{"info":{"message":"hello from the service","sent":"2017-01-11T18:12:52+00:00"}}"#,
    );
    run.powertrack().send_all([
        tweet(1),
        r#"{"warn":{"message":"be quick","sent":"x"}}"#.to_owned(),
        tweet(2),
    ]);
    run.powertrack()
        .send(r#"{"error":{"message":"too bad","sent":"x"}}"#);
    run.wait_for("the service says text=\"hello from the service\"");
    run.wait_for("the service warns text=\"be quick\"");
    let ended = run.drain();
    ended
        .assert_says("the service reports an error text=\"too bad\"")
        .assert_says("2 Tweets in")
        .assert_silent_about("no Tweets;");
}

#[test]
fn an_incomplete_last_line_is_dropped_and_the_client_comes_back() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1");
    run.powertrack().send_bytes(tweet(2).as_bytes());
    run.powertrack().end();
    run.wait_for("connection lost");
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(3));
    run.wait_for("handled 3");
    run.powertrack().send_bytes(&tweet(4).as_bytes()[..30]);
    run.powertrack().cut();
    run.wait_for("connection lost");
    run.powertrack().wait_for_connection(3);
    run.powertrack().send(tweet(5));
    run.wait_for("handled 5");
    run.drain().assert_rows(
        "SELECT id FROM seen",
        expect![[r#"
            1
            3
            5"#]],
    );
}

#[test]
fn a_signal_drains_and_commits() {
    for signal in ["INT", "TERM"] {
        let run = Setup::new().script(STORE).start();
        run.powertrack().send_all((1..=500).map(tweet));
        run.wait_for("handled 500");
        run.process().signal(signal);
        let ended = run.ends();
        ended
            .assert_code(0)
            .assert_says("stopping; another signal stops at once")
            .assert_says("500 Tweets in")
            .assert_says("500 rows written to data/ouzel.db")
            .assert_says("matches: t 500")
            .assert_rows("SELECT count(*) FROM seen", expect!["500"]);
    }
}

#[test]
fn a_signal_that_comes_twice_in_a_moment_is_one() {
    let run = Setup::new()
        .script(
            "local n = 0 ouzel.enrich(function(t) n = n + 1 ouzel.log.info('busy') for i = 1, 3e7 do n = n + i end end)",
        )
        .start();
    run.powertrack().send(tweet(1));
    run.wait_for("busy");
    run.process().signal_twice("INT");
    run.ends().assert_code(0).assert_says("1 Tweet in");
}

#[test]
fn a_second_signal_stops_at_once() {
    let run = Setup::new()
        .script("ouzel.enrich(function(t) ouzel.log.info('busy') while true do end end)")
        .without_script_limits()
        .arguments(&["--log", "debug"])
        .start();
    run.powertrack().send(tweet(1));
    run.wait_for("busy");
    run.process().signal("TERM");
    run.wait_for("the next signal stops at once");
    run.process().signal("TERM");
    run.ends().assert_code(130);
}

#[test]
fn a_limit_is_kept_exactly() {
    let setup = Setup::new().script(STORE).arguments(&["--limit", "3"]);
    let run = setup.start();
    run.powertrack().send_all((1..=10).map(tweet));
    let ended = run.ends();
    ended.assert_code(0).assert_says("3 Tweets in").assert_rows(
        "SELECT id FROM seen",
        expect![[r#"
            1
            2
            3"#]],
    );
}

#[test]
fn a_run_ends_after_its_time() {
    let ended = Setup::new()
        .script(STORE)
        .arguments(&["--for", "200ms"])
        .ends();
    ended.assert_code(0).assert_says("0 Tweets in");
    // A time beyond all clocks is no reason to fall over.
    for flag in ["--for", "--debounce", "--read-timeout"] {
        let ended = Setup::new()
            .script(STORE)
            .arguments(&[flag, "2562047788015215h"])
            .ends();
        ended.assert_code(2).assert_says("is too long");
    }
}

#[test]
fn what_a_script_emits_is_all_that_stdout_gets() {
    let run = Setup::new()
        .script("ouzel.emit('loaded') ouzel.enrich(function(t) ouzel.emit { id = t.id } print('not here') end)")
        .start();
    run.wait_for_output("loaded");
    run.powertrack().send(tweet(1));
    run.wait_for_output("{\"id\":1}");
    let ended = run.drain();
    assert_eq!(ended.output(), "\"loaded\"\n{\"id\":1}\n");
    let control = |c: char| c.is_control() && c != '\n';
    assert!(!ended.stderr.contains(control), "{:?}", ended.stderr);
}

#[test]
fn a_reader_that_goes_away_ends_the_run_in_order() {
    let run = Setup::new()
        .script(&format!(
            "{STORE} ouzel.enrich(function(t) ouzel.emit(t.id) end)"
        ))
        .stdout(Stdout::Closed)
        .start();
    run.powertrack().send(tweet(1));
    let ended = run.ends();
    ended
        .assert_code(0)
        .assert_rows("SELECT id FROM seen", expect!["1"]);
}

#[test]
fn credentials_that_are_missing_are_asked_for() {
    for missing in ["OUZEL_USERNAME", "OUZEL_PASSWORD"] {
        let ended = Setup::new().script(STORE).without(missing).ends();
        ended
            .assert_code(2)
            .assert_says("hint: set `OUZEL_USERNAME` and `OUZEL_PASSWORD`");
        // As a unit file or a container leaves them that has nothing to put there.
        let ended = Setup::new().script(STORE).environment(missing, "").ends();
        ended
            .assert_code(2)
            .assert_says("hint: set `OUZEL_USERNAME` and `OUZEL_PASSWORD`");
        assert_eq!(ended.powertrack().asked(), "");
    }
}

#[test]
fn credentials_come_from_files_and_from_the_settings() {
    let bare = || {
        Setup::new()
            .script(STORE)
            .without("OUZEL_USERNAME")
            .without("OUZEL_PASSWORD")
    };
    let name = format!("{USERNAME}\n");
    let word = format!("{PASSWORD}\r\n");
    let setups = [
        bare().file("name", &name).file("word", &word).arguments(&[
            "--username-file",
            "name",
            "--password-file",
            "word",
        ]),
        bare()
            .file("secrets/name", &name)
            .file("secrets/word", &word)
            .file(
                "ouzel.toml",
                "[stream]\nusername_file = \"secrets/name\"\npassword_file = \"secrets/word\"\n",
            ),
        bare().file(
            "ouzel.toml",
            format!("[stream]\nusername = {USERNAME:?}\npassword = {PASSWORD:?}\n"),
        ),
        bare()
            .file("conf/name", &name)
            .file(
                "conf/x.toml",
                format!("[stream]\nusername_file = \"name\"\npassword = {PASSWORD:?}\n"),
            )
            .arguments(&["--config", "conf/x.toml"]),
    ];
    for setup in setups {
        let run = setup.start();
        run.wait_for("stream connected");
        let ended = run.drain();
        assert_eq!(
            ended.powertrack().requests()[0].header("authorization"),
            Some("Basic YWRhQGV4YW1wbGUuY29tOm9wZW4tc2VzYW1lLTMxNDE=")
        );
    }
    let ended = bare()
        .arguments(&["--username-file", "no", "--password-file", "no"])
        .ends();
    ended
        .assert_code(2)
        .assert_says("username_file: cannot read `no`");
}

#[test]
fn a_password_never_crosses_a_network_in_the_clear() {
    let ended = Setup::new()
        .script(STORE)
        .environment("OUZEL_URL", "http://example.com/stream.json")
        .ends();
    ended.assert_code(2);
    expect![[r#"
        error: `url` cannot be used: plain `http` would send the password in the clear, so it is for loopback addresses only; use `https`
    "#]].assert_eq(&ended.stderr);
    let ended = Setup::new()
        .script(STORE)
        .environment(
            "OUZEL_URL",
            format!("https://ada:{PASSWORD}@example.com/stream.json"),
        )
        .ends();
    ended.assert_code(2).assert_silent_about(PASSWORD);
}

#[test]
fn a_wrong_setting_is_named_with_its_line() {
    let wrong = |text: &str| {
        let ended = Setup::new().script(STORE).file("ouzel.toml", text).ends();
        ended.assert_code(2);
        ended.stderr
    };
    expect![[r#"
        error: the settings file `ouzel.toml` is wrong:
          line 3: acount = "acme"
          there is no setting `acount` under `[stream]`
        hint: did you mean `account`?
    "#]]
    .assert_eq(&wrong("script = \"x\"\n[stream]\nacount = \"acme\"\n"));
    expect![[r#"
        error: read_timeout: 30s is too short; it has to be more than 30s, or a late heartbeat costs the connection
    "#]].assert_eq(&wrong("[stream]\nread_timeout = \"30s\"\n"));
    expect![[r#"
        error: the settings file `ouzel.toml` is wrong:
          line 2: read_timeout = "soon"
          `soon` is no length of time; write one such as `35s`, `100ms` or `2h`
    "#]]
    .assert_eq(&wrong("[stream]\nread_timeout = \"soon\"\n"));
    expect![[r#"
        error: max_line: 1 bytes is out of range; 1 KiB to 32 MiB are possible
    "#]]
    .assert_eq(&wrong("[stream]\nmax_line = \"1B\"\n"));
    expect![[r#"
        error: the settings file `ouzel.toml` is wrong:
          line 1: [stream
          unclosed table, expected `]`
    "#]]
    .assert_eq(&wrong("[stream\n"));
    for text in [
        "[stream]\npassword = 31415926\n",
        "stream = { username = \"x\", password = 31415926 }\n",
        "[stream]\npassword = \"31415926\n",
        "[stream]\npassword = [\"31415926\"]\n",
        "[stream]\npasword = \"31415926\"\n",
    ] {
        let said = wrong(text);
        assert!(!said.contains("31415926"), "{said}");
    }
    let ended = Setup::new()
        .script(STORE)
        .arguments(&["--config", "none.toml"])
        .ends();
    ended
        .assert_code(2)
        .assert_says("cannot read the settings file `none.toml`");
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    for arguments in [
        &["--limit", "0"][..],
        &["--limit", "x"],
        &["--for", "soon"],
        &["--read-timeout", "5s"],
        &["--rate", "100"],
        &["--sim", "--rate", "0"],
        &["--watch", "perhaps"],
        &["--max-line", "many"],
        &["--nonsense"],
        &["--log", "a=b=c"],
        &["--ca-file", "none.pem"],
    ] {
        let ended = Setup::new().script(STORE).arguments(arguments).ends();
        assert_eq!(ended.code, 2, "{arguments:?}\n{}", ended.stderr);
    }
}

#[test]
fn the_simulator_needs_nothing_of_the_account() {
    let ended = Setup::new()
        .script("ouzel.rules { { value = 'lang:en' } }")
        .without("OUZEL_USERNAME")
        .without("OUZEL_PASSWORD")
        .file(
            "ouzel.toml",
            "[stream]\nurl = \"http://example.com\"\nca_file = \"none.pem\"\n",
        )
        .arguments(&["--sim", "--rate", "max", "--limit", "5"])
        .ends();
    ended.assert_code(0);
}

#[test]
fn a_database_that_cannot_be_used_says_so() {
    let ended = Setup::new()
        .script(STORE)
        .file(
            "data/ouzel.db",
            "this is no database at all, whatever its name says",
        )
        .ends();
    ended
        .assert_code(1)
        .assert_says("cannot open the database `data/ouzel.db`");
    let ended = Setup::new().script(STORE).file("data", "a file").ends();
    ended
        .assert_code(1)
        .assert_says("cannot make the folder `data`");
}

#[test]
fn a_broken_script_ends_the_run_before_anything_is_asked() {
    let ended = Setup::new().script("ouzel.rules {").ends();
    ended
        .assert_code(3)
        .assert_says("could not be loaded")
        .assert_says("main.lua:1");
    assert_eq!(ended.powertrack().asked(), "");
    let ended = Setup::new().ends();
    ended
        .assert_code(3)
        .assert_says("cannot read the script `scripts/main.lua`");
}

#[test]
fn tweets_of_a_file_can_be_simulated() {
    let tweets: String = (1..=5).map(|id| tweet(id) + "\n").collect();
    let ended = Setup::new()
        .script(&format!(
            "ouzel.rules {{ {{ value = 'hello', tag = 'h' }} }} {STORE}"
        ))
        .file("tweets.jsonl", format!("{tweets}not a Tweet\n"))
        .arguments(&[
            "--sim",
            "--rate",
            "max",
            "--limit",
            "5",
            "--tweets",
            "tweets.jsonl",
        ])
        .ends();
    ended.assert_code(0).assert_says("matches: h 5");
    fs::metadata(ended.database()).unwrap();
}
