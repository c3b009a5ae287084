//! What a broken budget says, what follows when a handler breaks it again and again, and which limits make no sense.

use expect_test::expect;

use super::support::{Setup, tweet};

fn setup(script: &str) -> Setup {
    Setup::new()
        .script(script)
        .environment("OUZEL_SCRIPT_TIME", "300ms")
        .environment("OUZEL_SCRIPT_INSTRUCTIONS", "1000000000000000")
        .environment("OUZEL_SCRIPT_MEMORY", "8MiB")
}

fn tweets(ids: impl Iterator<Item = i64>) -> String {
    ids.map(|id| tweet(id) + "\n").collect()
}

#[test]
fn a_breach_names_the_line_that_ran_and_what_allows_more() {
    let ended = setup(
        "local function spin()
  while true do
    pcall(error, 'x')
  end
end
ouzel.enrich(function(t) spin() end)",
    )
    .command("replay")
    .file("tweets.jsonl", tweets(1..=1))
    .arguments(&["tweets.jsonl", "--db", "out.db"])
    .ends();
    ended.assert_code(0);
    let place = "SELECT handler, file, line_number, error, hint FROM _ouzel_quarantine";
    let told = ended.rows_of("out.db", place);
    let told = told.replace("main.lua|2|", "main.lua|3|");
    expect![[r#"enrich|main.lua|3|the handlers of one Tweet took longer than 300ms|look for a loop that does not end; `time` under `[script_limits]` allows more"#]]
        .assert_eq(&told);
}

#[test]
fn a_breach_in_a_function_of_the_library_names_the_line_that_called_it() {
    let ended = setup(
        "ouzel.enrich(function(t)
  local text = ('a'):rep(30000)
  return text:find('.-.-.-.-b')
end)",
    )
    .command("replay")
    .file("tweets.jsonl", tweets(1..=1))
    .arguments(&["tweets.jsonl", "--db", "out.db"])
    .ends();
    ended.assert_code(0);
    let place = "SELECT file, line_number, error FROM _ouzel_quarantine";
    assert_eq!(
        ended.rows_of("out.db", place),
        "main.lua|3|the handlers of one Tweet took longer than 300ms"
    );
}

/// The number of MiB in a hint is that of the machine.
fn numberless(text: &str) -> String {
    let (before, after) = text.split_once("keeps ").unwrap_or((text, ""));
    let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before}keeps N{rest}")
}

#[test]
fn a_breach_of_the_memory_names_the_line_that_grew_and_what_the_script_keeps() {
    let ended = setup(
        "local all = {}
local function grow(t)
  for i = 1, 1e7 do
    all[i] = { t.id, i }
  end
end
ouzel.enrich(function(t)
  grow(t)
end)",
    )
    .environment("OUZEL_SCRIPT_TIME", "10s")
    .command("replay")
    .file("tweets.jsonl", tweets(1..=1))
    .arguments(&["tweets.jsonl", "--db", "out.db"])
    .ends();
    ended.assert_code(0);
    let place = "SELECT handler, file, line_number, error, hint FROM _ouzel_quarantine";
    let told = ended.rows_of("out.db", place);
    let told = numberless(&told.replace("main.lua|3|", "main.lua|4|"));
    expect![[r#"enrich|main.lua|4|the script needs more than 8 MiB of memory|the script keeps N MiB of it from Tweet to Tweet: look for a table that only grows, and for Tweets that are kept; rows of the database take no memory"#]]
        .assert_eq(&told);
}

#[test]
fn a_script_that_keeps_too_many_tweets_is_named_once_and_loudly() {
    let large = |id| tweet(id).replace("hello", &"x".repeat(20_000)) + "\n";
    let ended = setup("local all = {} ouzel.enrich(function(t) all[#all + 1] = t end)")
        .command("replay")
        .file("tweets.jsonl", (1..=200).map(large).collect::<String>())
        .arguments(&["tweets.jsonl", "--db", "out.db"])
        .ends();
    ended.assert_code(0);
    let words = "the script keeps so many Tweets that there is no room for another one";
    let said: Vec<_> = ended
        .stderr
        .lines()
        .filter(|line| line.contains(words))
        .collect();
    assert_eq!(said.len(), 1, "{}", ended.stderr);
    assert!(
        said[0].contains("ERROR") && said[0].contains(" MiB\""),
        "{said:?}"
    );
    let told = "SELECT DISTINCT handler, error, hint FROM _ouzel_quarantine";
    expect![[r#"loading the Tweet|the script needs more than 8 MiB of memory|the script keeps N MiB of it from Tweet to Tweet: look for a table that only grows, and for Tweets that are kept; rows of the database take no memory"#]]
        .assert_eq(&numberless(&ended.rows_of("out.db", told)));
    let count = "SELECT count(*) BETWEEN 50 AND 199 FROM _ouzel_quarantine";
    assert_eq!(ended.rows_of("out.db", count), "1");
}

#[test]
fn a_handler_that_breaks_its_budget_again_and_again_is_switched_off_until_the_next_save() {
    let script = |end: &str| {
        format!(
            "ouzel.enrich(function(t)
  ouzel.log.info('at', t.id .. '.')
  {end}
end)"
        )
    };
    let run = setup(&script("while t.id > 1 do end"))
        .environment("OUZEL_SCRIPT_BREACHES", "2")
        .start();
    run.powertrack().send_all((1..=5).map(tweet));
    let said = run.wait_for("a handler is switched off until the next save");
    assert!(said.contains("ERROR") && said.contains("times=2"), "{said}");
    let said =
        run.wait_for("the handler is switched off: it has broken its budget 2 times in a row");
    assert!(said.contains("main.lua:1"), "{said}");
    run.write("scripts/main.lua", &script(""));
    run.wait_for("script loaded generation=2");
    run.powertrack().send(tweet(6));
    run.wait_for("at 6.");
    let ended = run.drain();
    ended.assert_code(0);
    assert!(!ended.log().contains("at 4."), "{}", ended.log());
    assert_eq!(
        ended.rows(
            "SELECT group_concat(tweet_id) FROM (SELECT * FROM _ouzel_quarantine ORDER BY 1)"
        ),
        "2,3,4,5"
    );
    // Nothing is lost: with the mended script they are handled.
    let retried = ended
        .again()
        .command("quarantine")
        .arguments(&["retry"])
        .ends();
    retried.assert_says("tried again: 4 handled, 0 failed");
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    for (name, value, expected) in [
        (
            "OUZEL_SCRIPT_TIME",
            "0s",
            "script_limits.time: 0ns is too short; it has to be 1ms or more",
        ),
        (
            "OUZEL_SCRIPT_MEMORY",
            "1MiB",
            "script_limits.memory: 1048576 bytes is too small for a script; it has to be 4 MiB or more",
        ),
        (
            "OUZEL_SCRIPT_INSTRUCTIONS",
            "5",
            "script_limits.instructions: 5 is too few; it has to be 1000 or more",
        ),
    ] {
        let ended = Setup::new()
            .command("check")
            .script("ouzel.filter(function() end)")
            .environment(name, value)
            .ends();
        ended.assert_code(2);
        ended.assert_says(expected);
    }
}
