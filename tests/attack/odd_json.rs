//! JSON that is valid and odd: what a Python client reads, ouzel handles.

use expect_test::expect;

use super::support::{Setup, tweet};

const STORE: &str = r#"
local seen = ouzel.table("seen", { id = "INTEGER", text = "TEXT", extra = "TEXT" })
ouzel.enrich(function(t)
  seen:insert { id = t.id, text = t.text, extra = tostring(t.extra) }
  ouzel.emit(t)
  ouzel.log.info("handled", t.id .. ".")
end)
"#;

fn with_extra(id: i64, extra: &str) -> String {
    let line = tweet(id);
    format!("{},\"extra\":{extra}}}", &line[..line.len() - 1])
}

#[test]
fn lone_surrogates_and_huge_numbers_are_handled_and_kept_to_the_byte() {
    let digits = "7".repeat(5_000);
    let lines = [
        tweet(1).replace("hello", "a\\ud800b"),
        tweet(2).replace("hello", "\\udc00\\ud83d\\ude00"),
        with_extra(3, "1e309"),
        with_extra(4, "-1e400"),
        with_extra(5, &digits),
        with_extra(6, "\"\\ud800\""),
        with_extra(7, "[1.0,1e999,{\"\\udfff\":null}]"),
    ];
    let run = Setup::new().script(STORE).start();
    run.powertrack().send_all(&lines);
    run.wait_for("handled 7.");
    let ended = run.drain();
    // Byte for byte.
    assert_eq!(ended.output().lines().collect::<Vec<_>>(), lines);
    ended.assert_rows("SELECT count(*) FROM _ouzel_invalid", expect!["0"]);
    ended.assert_rows(
        "SELECT id, text, extra FROM seen WHERE id != 7",
        expect![[r#"
            1|a�b 1|nil
            2|�😀 2|nil
            3|hello 3|inf
            4|hello 4|-inf
            5|hello 5|inf
            6|hello 6|�"#]],
    );
    // The same from the journal, and by a rule.
    let ended = ended.again().command("replay").ends();
    ended.assert_code(0).assert_says("7 Tweets");
}

#[test]
fn a_rule_finds_its_words_in_odd_tweets_too() {
    let ended = Setup::rules()
        .file("rules.txt", "hello")
        .file(
            "tweets.jsonl",
            format!(
                "{}\n{}",
                with_extra(1, "1e309"),
                with_extra(2, "\"\\ud800\"")
            ),
        )
        .arguments(&["estimate", "--rules", "rules.txt", "--json", "tweets.jsonl"])
        .ends();
    ended.assert_code(0);
    assert!(
        ended.output().contains("\"matches\":2") || ended.output().contains("\"tweets\":2"),
        "{}",
        ended.output()
    );
}

#[test]
fn what_is_no_json_is_listed_with_the_quarantine() {
    let run = Setup::new().script(STORE).start();
    let nan = with_extra(1, "NaN");
    run.powertrack().send_all([
        nan.clone(),
        tweet(2).replace("hello", "a\tb\u{1b}[31m"),
        "nonsense".to_owned(),
        tweet(3),
    ]);
    run.wait_for("handled 3.");
    let ended = run.drain();
    ended.assert_rows("SELECT count(*) FROM _ouzel_invalid", expect!["3"]);
    let ended = ended
        .again()
        .command("quarantine")
        .arguments(&["list"])
        .ends();
    ended.assert_code(0);
    let text = ended.output();
    assert!(text.contains("no Tweet is in quarantine"), "{text}");
    assert!(text.contains("3 lines were no Tweets"), "{text}");
    assert!(text.contains("nonsense"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    let ended = ended
        .again()
        .command("quarantine")
        .arguments(&["list", "--json"])
        .ends();
    ended.assert_code(0);
    assert!(
        ended.output().contains("\"nonsense\""),
        "{}",
        ended.output()
    );
}

#[test]
fn a_tweet_without_id_str_and_user_is_handled_once() {
    let old = |id: i64, rest: &str| format!("{{\"id\":{id},{rest}}}");
    let lines = [
        old(1, r#""text":"a","matching_rules":[{"tag":"t","id":1}]"#),
        old(2, r#""matching_rules":[{"tag":"t","id":1}]"#),
        old(3, r#""full_text":"b""#),
        r#"{"text":"c","id":4}"#.to_owned(),
    ];
    let run = Setup::new().script(STORE).start();
    run.powertrack().send_all(&lines);
    run.powertrack().send_all(&lines);
    run.powertrack().send(tweet(5));
    run.wait_for("handled 5.");
    let ended = run.drain();
    ended
        .assert_says("5 Tweets in")
        .assert_says("4 Tweets had come before");
    ended.assert_rows("SELECT group_concat(id) FROM seen", expect!["1,2,3,4,5"]);
    ended.assert_rows("SELECT count(*) FROM _ouzel_invalid", expect!["0"]);
}

#[test]
fn whatever_is_no_tweet_is_kept_and_said_alike() {
    let deep = format!(
        "{{\"id_str\":\"1\",\"x\":{}{}}}",
        "[".repeat(300),
        "]".repeat(300)
    );
    let lines = [
        deep,
        "nonsense".to_owned(),
        r#"{"delete":{"status":{"id":1}}}"#.to_owned(),
        r#"{"id":"7","text":"of another API"}"#.to_owned(),
        "[1,2]".to_owned(),
    ];
    let run = Setup::new().script(STORE).start();
    run.powertrack().send_all(&lines);
    run.powertrack().send(tweet(5));
    run.wait_for("handled 5.");
    let ended = run.drain();
    ended.assert_says(
        "5 lines were no Tweets; the table `_ouzel_invalid` has the newest thousand such lines",
    );
    ended.assert_rows(
        "SELECT number, reason FROM _ouzel_invalid WHERE number != 2",
        expect![[r#"
            1|invalid JSON: nested too deeply, more than 256 levels
            3|valid JSON, and no Tweet
            4|valid JSON, and no Tweet
            5|valid JSON, and no Tweet"#]],
    );
    let said = ended
        .stderr
        .matches(" WARN a line is no Tweet; `_ouzel_invalid` keeps it reason=")
        .count();
    assert_eq!(said, 5, "{}", ended.stderr);
    ended.assert_says("reason=invalid JSON: nested too deeply, more than 256 levels");
    let ended = ended
        .again()
        .command("quarantine")
        .arguments(&["list"])
        .ends();
    assert!(
        ended
            .output()
            .contains("5 lines were no Tweets, the newest first:"),
        "{}",
        ended.output()
    );
}

#[test]
fn a_stream_of_nonsense_does_not_fill_the_log() {
    let run = Setup::new().script(STORE).start();
    run.powertrack()
        .send_all((0..100).map(|number| format!("nonsense {number}")));
    run.powertrack().send(tweet(5));
    run.wait_for("handled 5.");
    let ended = run.drain();
    // The first three, and then the 4th, 8th, 16th, 32nd and 64th.
    assert_eq!(
        ended.stderr.matches("a line is no Tweet").count(),
        8,
        "{}",
        ended.stderr
    );
    ended.assert_says("times=64");
}
