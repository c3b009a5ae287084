//! Hostile requests and files of JSON: they are refused, and nothing falls.

use std::io::{Read, Write};

use expect_test::expect;

use super::support::{Setup, Sim, connect};
use sonic_rs::JsonValueTrait;

/// Nested so deep that a parser which recurses overflows any stack.
fn deep() -> String {
    "[".repeat(100_000)
}

/// Sends a request as it is, and gives the status of the answer.
fn ask(sim: &Sim, request: &str) -> u16 {
    let mut connection = connect(sim.address());
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // Whoever is refused early may be reset.
    let _ = connection.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer);
    let status = text.split(' ').nth(1).unwrap_or_default();
    status.parse().unwrap_or(0)
}

fn post(sim: &Sim, path: &str, headers: &str, body: &str) -> u16 {
    ask(
        sim,
        &format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            sim.address(),
            body.len()
        ),
    )
}

/// `sim:sim`
const LOGIN: &str = "authorization: Basic c2ltOnNpbQ==\r\n";

#[test]
fn no_body_fells_the_simulator() {
    let sim = Sim::start(&[]);
    let rules = "/rules/powertrack/accounts/sim/publishers/twitter/dev.json";
    let validation = "/rules/powertrack/accounts/sim/publishers/twitter/dev/validation.json";
    let delete = format!("{rules}?_method=delete");
    let nested = format!("{{\"rules\":{}", deep());
    let value = format!("{{\"rules\":[{{\"value\":\"{}\"}}]}}", "(".repeat(100_000));
    let negated = format!("{{\"rules\":[{{\"value\":\"{}\"}}]}}", "-(".repeat(900));
    for body in [&deep(), &nested, &value, &negated] {
        for path in ["/_sim/faults", rules, validation, &delete] {
            let status = post(&sim, path, LOGIN, body);
            assert!((200..500).contains(&status), "{path}: {status}");
        }
    }
    // It still serves.
    assert!(sim.stats()["requests"].is_object());
}

/// JSON that is deep in every way: in lists, in objects, behind texts that look deep and are not, and behind escapes.
fn deep_in_all_ways() -> Vec<String> {
    let objects = "{\"a\":".repeat(100_000);
    vec![
        deep(),
        objects.clone(),
        "[{\"a\":".repeat(50_000),
        format!("{{\"x\":\"\\\\\",\"y\":{}", deep()),
        format!("{{\"x\":\"[\\\"{{\",\"y\":{objects}"),
        format!("{{\"\\u005b\":{objects}"),
        format!(" \n\t{}{}", deep(), "]".repeat(100_000)),
        format!("{objects}1{}", "}".repeat(100_000)),
    ]
}

#[test]
fn no_depth_in_any_form_fells_the_simulator() {
    let sim = Sim::start(&[]);
    let rules = "/rules/powertrack/accounts/sim/publishers/twitter/dev.json";
    let replay = "/rules/powertrack-replay/accounts/sim/publishers/twitter/dev.json";
    let get = format!("{rules}?_method=get");
    for body in deep_in_all_ways() {
        for path in ["/_sim/faults", rules, replay, &get] {
            let bodies = [body.clone(), format!("{{\"rules\":[{{\"value\":{body}")];
            for body in bodies {
                let status = post(&sim, path, LOGIN, &body);
                assert_eq!(status, 400, "{path}: {}", &body[..60]);
            }
        }
    }
    // What only looks deep is read.
    let text = format!(
        "{{\"rules\":[{{\"value\":\"cat\",\"tag\":\"{}\"}}]}}",
        "[{\\\"".repeat(20)
    );
    assert_eq!(post(&sim, rules, LOGIN, &text), 201);
    assert!(sim.stats()["requests"].is_object());
}

#[test]
fn no_file_of_tweets_or_subjects_fells_the_simulator() {
    let folder = tempfile::tempdir().unwrap();
    let nested = |key: &str, depth: usize| {
        let open = format!("{{\"{key}\":").repeat(depth);
        format!("{open}1{}", "}".repeat(depth))
    };
    let tweet = |id: usize, member: &str, depth: usize| {
        let value = nested(member, depth);
        format!("{{\"id\":{id},\"id_str\":\"{id}\",\"text\":\"music\",\"{member}\":{value}}}")
    };
    let mut lines = deep_in_all_ways();
    let members = [
        "retweeted_status",
        "quoted_status",
        "entities",
        "user",
        "place",
        "x",
    ];
    for (number, member) in members.into_iter().enumerate() {
        lines.push(tweet(100 + number, member, 100_000));
        lines.push(tweet(200 + number, member, 250));
    }
    lines.push(format!(
        "{{\"objectType\":\"activity\",\"id\":\"a:300\",\"body\":\"music\",\"gnip\":{}}}",
        nested("gnip", 250)
    ));
    let tweets = folder.path().join("tweets.jsonl");
    // Texts of these tests are cut into lines, not this one.
    let lines: Vec<_> = lines.iter().map(|line| line.replace('\n', " ")).collect();
    std::fs::write(&tweets, lines.join("\n")).unwrap();
    for format in ["native", "activity"] {
        let sim = Sim::start(&["--tweets", tweets.to_str().unwrap(), "--format", format]);
        let ended = Setup::new()
            .script("ouzel.rules { { value = 'music' } } ouzel.enrich(function(t) ouzel.emit('seen') end)")
            .against(&sim)
            .arguments(&["--limit", "7"])
            .ends();
        ended.assert_code(0);
        assert_eq!(ended.output().lines().count(), 7, "{}", ended.stderr);
    }
    for text in [
        "[".repeat(100_000),
        "{a=".repeat(100_000),
        vec!["a"; 100_000].join("."),
    ] {
        let ended = Setup::new()
            .command("sim")
            .file("about.toml", format!("words = {text}"))
            .arguments(&["--listen", "127.0.0.1:0", "--about", "about.toml"])
            .ends();
        ended.assert_code(2).assert_says("hint: ");
        assert!(ended.stderr.len() < 1_000, "{}", ended.stderr.len());
    }
}

#[test]
fn a_web_page_cannot_set_faults() {
    let sim = Sim::start(&[]);
    let fault = r#"{"fault":"silence"}"#;
    for headers in [
        "origin: http://evil.example\r\n",
        "origin: null\r\n",
        "origin: http://127.0.0.1:1\r\n",
    ] {
        assert_eq!(post(&sim, "/_sim/faults", headers, fault), 403, "{headers}");
    }
    let address = sim.address();
    for host in ["evil.example", "127.0.0.1.evil.example", ""] {
        for (method, path) in [("GET", "stats"), ("DELETE", "faults"), ("GET", "faults")] {
            let request = format!(
                "{method} /_sim/{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
            );
            assert!(
                [400, 403].contains(&ask(&sim, &request)),
                "{host} {method} {path}"
            );
        }
    }
    let origin = format!("origin: http://{address}\r\n");
    assert_eq!(post(&sim, "/_sim/faults", &origin, fault), 200);
    assert_eq!(post(&sim, "/_sim/faults", "", fault), 200);
}

#[test]
fn metrics_are_not_for_web_pages() {
    let run = Setup::new()
        .script("ouzel.on('*', function() end)")
        .environment("OUZEL_STATUS_LISTEN", "127.0.0.1:0")
        .arguments(&["--log", "debug"])
        .start();
    let said = run.wait_for("serving /metrics");
    let address = said.split("address=").nth(1).unwrap();
    let address = address.split_whitespace().next().unwrap();
    let status = |headers: &str| {
        let mut connection = connect(address);
        let request = format!("GET /metrics HTTP/1.1\r\n{headers}connection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer[9..12].to_owned()
    };
    assert_eq!(status(&format!("host: {address}\r\n")), "200");
    assert_eq!(status("host: evil.example\r\n"), "403");
    assert_eq!(
        status(&format!(
            "host: {address}\r\norigin: http://evil.example\r\n"
        )),
        "403"
    );
    run.drain();
}

#[test]
fn no_file_of_rules_fells_the_commands_that_read_it() {
    for text in [
        deep(),
        format!("{{\"rules\":{}", deep()),
        format!("{{\"rules\":[{{\"value\":{}", deep()),
        format!("{{\"a\":{}", "{\"a\":".repeat(100_000)),
    ] {
        for arguments in [
            &["lint", "rules.json"][..],
            &["estimate", "--rules", "rules.json", "tweets.jsonl"],
        ] {
            let ended = Setup::rules()
                .file("rules.json", &text)
                .file("tweets.jsonl", super::support::tweet(1))
                .arguments(arguments)
                .ends();
            assert!(
                [2, 3].contains(&ended.code),
                "{arguments:?}: {}",
                ended.stderr
            );
            assert!(!ended.stderr.contains("overflow"), "{}", ended.stderr);
        }
    }
    let ended = Setup::rules()
        .file("rules.json", format!("{{\"rules\":{}", deep()))
        .arguments(&["lint", "rules.json"])
        .ends();
    expect![[r#"
        error: `rules.json` begins like JSON and is not `{"rules":[{"value":…,"tag":…}]}`: nested too deeply, more than 256 levels
    "#]].assert_eq(&ended.stderr);
}

#[test]
fn no_rule_however_deep_fells_anything() {
    for value in [
        "(".repeat(20_000),
        format!("{}a{}", "(".repeat(1_000), ")".repeat(1_000)),
        "-".repeat(20_000),
        "a OR ".repeat(20_000),
        "\"".repeat(20_001),
    ] {
        let ended = Setup::rules()
            .file("rules.txt", &value)
            .arguments(&["lint", "rules.txt"])
            .ends();
        assert!([0, 3].contains(&ended.code), "{}", ended.stderr);
    }
}

#[test]
fn no_tweet_however_deep_fells_anything() {
    let lines = [
        deep(),
        format!("{{\"id_str\":\"1\",\"a\":{}", deep()),
        format!(
            "{{\"id_str\":\"1\",\"a\":{}{}}}",
            deep(),
            "]".repeat(100_000)
        ),
        super::support::tweet(2),
    ]
    .join("\n");
    let ended = Setup::new()
        .script("ouzel.enrich(function(t) ouzel.emit(t) end)")
        .file("tweets.jsonl", &lines)
        .command("replay")
        .arguments(&["scripts/main.lua", "tweets.jsonl", "--db", "try.db"])
        .ends();
    ended.assert_code(0).assert_says("1 Tweet");
    let ended = Setup::rules()
        .file("rules.txt", "hello")
        .file("tweets.jsonl", &lines)
        .arguments(&["estimate", "--rules", "rules.txt", "tweets.jsonl"])
        .ends();
    ended.assert_code(0);
}
