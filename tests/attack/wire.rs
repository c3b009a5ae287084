//! What the network may bring: refusals, silence, control characters, endless lines.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use expect_test::expect;

use super::support::{Ended, Process, Setup, command, tagged, tweet};

/// Nothing that a terminal obeys, and no line that ouzel has not begun.
#[track_caller]
fn assert_plain(ended: &Ended) {
    let text = ended.stderr.as_str();
    let odd = |c: char| ouzel_text::plain::is_unsafe(c) && !matches!(c, '\n' | '\t');
    assert!(!text.contains(odd), "{text:?}");
    let is_forged =
        |line: &str| line.starts_with("2026-01-01T") || line.starts_with("error: forged");
    assert!(!text.lines().any(is_forged), "{text}");
}

const FORGED: &str = "a\\n2026-01-01T00:00:00.000Z  INFO all is well\\nerror: forged\\u001b[31m\\u202e\\u2028b\\u009b";

#[test]
fn an_error_of_a_handler_forges_no_line_of_the_log() {
    let run = Setup::new()
        .script(
            "ouzel.enrich(function(t) ouzel.log.info(t.text) print(t.text) error(t.text, 0) end)",
        )
        .start();
    run.powertrack().send(tweet(1).replace("hello", FORGED));
    run.wait_for("handler failed");
    let ended = run.drain();
    assert_plain(&ended);
    let ended = ended
        .again()
        .command("quarantine")
        .arguments(&["list"])
        .ends();
    let odd = |c: char| ouzel_text::plain::is_unsafe(c) && c != '\n';
    assert!(!ended.output().contains(odd), "{:?}", ended.output());
    let ended = ended
        .again()
        .command("quarantine")
        .arguments(&["show", "1"])
        .ends();
    assert!(!ended.output().contains(odd), "{:?}", ended.output());
}

#[test]
fn tags_and_messages_command_no_terminal() {
    let run = Setup::new()
        .script("ouzel.on('*', function(t, rule) error('no ' .. rule.tag, 0) end)")
        .start();
    run.powertrack().send(format!(
        "{{\"error\":{{\"message\":\"{FORGED}\",\"sent\":\"{FORGED}\"}}}}"
    ));
    run.powertrack()
        .send(format!("{{\"warn\":{{\"message\":\"{FORGED}\"}}}}"));
    run.powertrack()
        .send(tagged(1, &["TAG"]).replace("TAG", FORGED));
    run.wait_for("handler failed");
    let ended = run.drain();
    assert_plain(&ended);
}

#[test]
fn answers_of_the_service_command_no_terminal() {
    for status in [401, 403, 404, 422, 503] {
        let setup = Setup::new()
            .script("ouzel.rules { { value = 'coffee' } } ouzel.on('*', function() end)");
        setup.powertrack().refuse_rules("add", status, &format!("{{\"error\":{{\"message\":\"{FORGED}\"}},\"detail\":[{{\"rule\":{{\"value\":\"{FORGED}\"}},\"message\":\"{FORGED}\"}}]}}"));
        setup.powertrack().refuse_stream(
            status,
            "\u{1b}[31mred\n2026-01-01T00:00:00.000Z  INFO all is well",
        );
        let ended = setup.arguments(&["--for", "1s"]).ends();
        assert_plain(&ended);
    }
}

#[test]
fn no_command_prints_what_a_terminal_obeys() {
    let odd = "o\u{1b}[31mdd\u{9b}\u{202e}\u{2028}\r\n2026-01-01T00:00:00.000Z  INFO all is well\nerror: forged";
    let quoted = format!("[==[\n{odd}]==]");
    let script = format!(
        "local odd = {quoted}
         ouzel.rules {{ {{ value = '\"' .. odd .. '\" coffee', tag = odd }} }}
         local t = ouzel.table('seen', {{ id = 'INTEGER', text = 'TEXT' }})
         local sink = ouzel.sink('hits.jsonl')
         ouzel.on(odd, function(tweet, rule)
           t:insert {{ id = tweet.id, text = SIDE .. odd }}
           ouzel.emit({{ text = SIDE .. odd }}, sink)
           if tweet.id % 2 == 0 then error(odd, 0) end
         end)"
    );
    let tag = "o\\u001b[31mdd\\u009b\\u202e\\u2028\\n2026-01-01T00:00:00.000Z  INFO all is well\\nerror: forged";
    let tweets: String = (1..5)
        .map(|id| {
            tagged(id, &["TAG"])
                .replace("TAG", tag)
                .replace("hello", &format!("hello coffee {tag}"))
                + "\n"
        })
        .collect();
    let setup = || {
        Setup::rules()
            .script(&script.replace("SIDE", "''"))
            .file("odd\n2026-01-01T00:00:00.000Z INFO.lua", script.replace("SIDE", "'x'"))
            .file("tweets.jsonl", &tweets)
            .file("rules.json", format!("{{\"rules\":[{{\"value\":\"\\\"{tag}\\\" OR the\",\"tag\":\"{tag}\"}},{{\"value\":\"coffee {tag} (\"}}]}}"))
            .file("rules2.json", format!("{{\"rules\":[{{\"value\":\"\\\"{tag}\\\" OR coffee\",\"tag\":\"{tag}\"}}]}}"))
    };
    let other = "odd\n2026-01-01T00:00:00.000Z INFO.lua";
    let mut printed = 0;
    for (command, arguments) in [
        ("check", &["scripts/main.lua"][..]),
        ("check", &["scripts/main.lua", "--json"]),
        ("check", &[other]),
        ("rules", &["lint", "rules.json"]),
        ("rules", &["lint", "rules.json", "--json"]),
        (
            "rules",
            &["estimate", "--rules", "rules2.json", "tweets.jsonl"],
        ),
        (
            "rules",
            &[
                "estimate",
                "--rules",
                "rules2.json",
                "tweets.jsonl",
                "--json",
            ],
        ),
        (
            "replay",
            &["scripts/main.lua", "tweets.jsonl", "--db", "try.db"],
        ),
        (
            "replay",
            &["scripts/main.lua", "tweets.jsonl", "--compare", other],
        ),
        (
            "replay",
            &[
                "scripts/main.lua",
                "tweets.jsonl",
                "--compare",
                other,
                "--json",
            ],
        ),
    ] {
        let ended = setup().command(command).arguments(arguments).ends();
        printed += ended.output().len();
        for text in [ended.output(), &ended.stderr] {
            let unsafe_one = |c: char| ouzel_text::plain::is_unsafe(c) && !matches!(c, '\n' | '\t');
            assert!(
                !text.contains(unsafe_one),
                "{command} {arguments:?}: {text:?}"
            );
            let is_forged =
                |line: &str| line.starts_with("2026-01-01T") || line.starts_with("error: forged");
            assert!(
                !text.lines().any(is_forged),
                "{command} {arguments:?}: {text}"
            );
        }
        if arguments.contains(&"try.db") {
            for arguments in [
                &["list", "--db", "try.db"][..],
                &["list", "--db", "try.db", "--json"],
                &["show", "1", "--db", "try.db"],
                &["show", "1", "--db", "try.db", "--json"],
            ] {
                printed += look(ended.folder(), arguments);
            }
        }
    }
    assert!(printed > 5_000, "{printed}");
}

/// What a look into the quarantine prints is plain; how much it is.
#[track_caller]
fn look(folder: &std::path::Path, arguments: &[&str]) -> usize {
    let mut command = command(folder);
    command.arg("quarantine").args(arguments);
    let (code, stdout, stderr) = Process::start(command).wait();
    assert_eq!(code, 0, "{stderr}");
    let text = String::from_utf8(stdout).unwrap();
    let unsafe_one = |c: char| ouzel_text::plain::is_unsafe(c) && c != '\n';
    assert!(!text.contains(unsafe_one), "{arguments:?}: {text:?}");
    assert!(
        !text
            .lines()
            .any(|line| line.starts_with("2026-01-01T") || line.starts_with("error: forged")),
        "{arguments:?}: {text}"
    );
    text.len()
}

#[test]
fn a_text_of_fifty_megabytes_is_not_logged_whole() {
    let run = Setup::new()
        .script("ouzel.enrich(function(t) local s = ('x'):rep(50000000) ouzel.log.warn(s) error(s, 0) end)")
        .start();
    run.powertrack().send(tweet(1));
    run.wait_for("handler failed");
    let ended = run.drain();
    assert!(ended.stderr.len() < 200_000, "{}", ended.stderr.len());
}

/// A server that takes connections, reads what comes, and answers this, and then nothing, or this over and over.
fn mute(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            thread::spawn(move || {
                let mut socket = socket.unwrap();
                let mut buffer = [0; 4096];
                while !matches!(socket.read(&mut buffer), Ok(0) | Err(_)) {
                    // Whoever has gone away needs no answer.
                    let _ = socket.write_all(answer);
                }
            });
        }
    });
    address.to_string()
}

#[test]
fn a_run_that_never_connects_does_not_end_well() {
    let address = mute(b"");
    let url = |scheme: &str, kind: &str| {
        format!("{scheme}://{address}/{kind}/powertrack/accounts/a/publishers/twitter/p.json")
    };
    for scheme in ["http", "https"] {
        let ended = Setup::new()
            .script("ouzel.rules { { value = 'coffee' } }")
            .environment("OUZEL_URL", url(scheme, "stream"))
            .environment("OUZEL_RULES_URL", url(scheme, "rules"))
            .arguments(&["--for", "1s"])
            .ends();
        ended
            .assert_code(1)
            .assert_says("error: the stream was never connected in 1.0 s: the rules endpoint had not answered by then");
    }
    // Refused each time.
    let setup = Setup::new().script("ouzel.on('*', function() end)");
    for _ in 0..5 {
        setup.powertrack().refuse_stream(503, "");
    }
    setup
        .arguments(&["--for", "1s"])
        .ends()
        .assert_code(1)
        .assert_says(
            "error: the stream was never connected in 1.0 s: the stream was asked for once",
        );
}

#[test]
fn whoever_waits_for_a_server_that_says_nothing_is_told() {
    let answers = [
        &b""[..],
        b"HTTP/1.1 200 OK\r\nx-a: b",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{",
    ];
    let start = |answer| {
        Setup::new()
            .script("ouzel.rules { { value = 'coffee' } }")
            .environment("OUZEL_RULES_URL", format!("http://{}/x", mute(answer)))
            .start()
    };
    for run in answers.map(start) {
        let said = run.wait_for("no answer yet");
        assert!(said.contains("service=rules endpoint"), "{said}");
        run.drain();
    }
}

#[test]
fn a_stream_that_somebody_else_holds_is_said_and_not_hammered() {
    // A refusal, whatever the status.
    for (status, body) in [
        (
            403,
            "{\"error\":{\"message\":\"Forced Disconnect: Too many connections. (Allowed Connections = 1)\"}}",
        ),
        (
            429,
            "{\"title\":\"ConnectionException\",\"detail\":\"This stream is currently at the maximum allowed connection limit.\",\"connection_issue\":\"TooManyConnections\"}",
        ),
        (503, "Exceeded connection limit for user"),
    ] {
        let setup = Setup::new().script("ouzel.on('*', function() end)");
        setup.powertrack().refuse_stream(status, body);
        let run = setup.start();
        let said = run.wait_for("somebody else holds the stream");
        assert!(said.contains("another client reads this stream"), "{said}");
        assert!(delay(&said) >= 48, "{said}");
        run.drain();
    }
    // In the stream.
    let run = Setup::new().script("ouzel.on('*', function() end)").start();
    run.powertrack().send("{\"error\":{\"message\":\"Forced Disconnect: Too many connections. (Allowed Connections = 1)\",\"sent\":\"2017-01-11T18:12:52+00:00\"}}");
    run.powertrack().end();
    let said = run.wait_for("somebody else holds the stream");
    assert!(delay(&said) >= 48, "{said}");
    let ended = run.drain();
    assert_eq!(ended.powertrack().connections(), 1);
}

#[test]
fn a_line_that_is_too_long_is_told_everywhere() {
    let long = |size: usize| {
        let text = "x".repeat(size);
        tweet(1).replace("hello", &text)
    };
    let run = Setup::new()
        .script("ouzel.on('*', function() end)")
        .environment("OUZEL_MAX_LINE", "4KiB")
        .start();
    run.powertrack().send(tweet(1));
    // Whole, in pieces, and after what is good.
    run.powertrack().send(long(9_000));
    let said = run.wait_for("a line was too long and is dropped");
    assert!(said.contains("max_line=4096"), "{said}");
    let bytes = long(9_000).len();
    assert!(said.contains(&format!("bytes={bytes}")), "{said}");
    let pieces = long(500_000);
    for piece in pieces.as_bytes().chunks(100_000) {
        run.powertrack().send_bytes(piece);
    }
    run.powertrack().send("");
    run.wait_for(&format!("bytes={}", pieces.len()));
    for _ in 0..20 {
        run.powertrack().send(long(9_000));
    }
    run.powertrack().send(tweet(2));
    // One that never ends.
    run.powertrack()
        .send_bytes(&long(20_000).as_bytes()[..19_000]);
    run.powertrack().cut();
    run.wait_for("connection lost");
    let ended = run.drain();
    ended.assert_says("2 Tweets in ");
    ended.assert_says(
        "23 lines were longer than `max_line` and were dropped; `ouzel gaps` lists when",
    );
    let told = ended.stderr.matches("a line was too long").count();
    assert!((3..10).contains(&told), "{}", ended.stderr);
    ended.assert_rows(
        "SELECT cause, state, repair, estimated_tweets FROM _ouzel_gaps WHERE cause = 'over_long'",
        expect!["over_long|lost|none|23"],
    );
    let gaps = ended.again().command("gaps").ends();
    gaps.assert_code(0);
    assert!(
        gaps.output().contains("lines were longer than `max_line`"),
        "{}",
        gaps.output()
    );
}

/// The whole seconds of a log line's delay.
#[track_caller]
fn delay(said: &str) -> u64 {
    let text = said.split("delay=").nth(1).unwrap();
    let digits = text.split(|c: char| !c.is_ascii_digit()).next().unwrap();
    digits.parse().unwrap()
}
