//! `ouzel replay` where the script's own rules say what Tweets match.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use expect_test::{Expect, expect};
use support::{Ended, Setup};

const SCRIPT: &str = "ouzel.rules {
  { tag = 'coffee', value = 'coffee' },
  { tag = 'tea', value = 'tea lang:en' },
  { value = 'hot' },
  { tag = 'milk', value = 'milk' },
}
local seen = ouzel.table('seen', { id = 'TEXT', tag = 'TEXT', rule = 'INTEGER', json = 'TEXT' })
ouzel.on('*', function(t, rule)
  local rules = t.matching_rules or t.gnip.matching_rules
  assert(rules[1].id_str == tostring(rules[1].id) and rule.id_str == tostring(rule.id))
  seen:insert { id = t.id_str or t.id, tag = rule.tag, rule = rule.id, json = ouzel.json.encode(t) }
end)
ouzel.on('milk', function() end)
";

const ROWS: &str = "SELECT id, tag FROM seen ORDER BY id, rowid";

fn native(id: u64, text: &str, more: &str) -> String {
    format!(r#"{{"id":{id},"id_str":"{id}","text":"{text}","lang":"en","x":1.0 {more}}}"#)
}

/// A Tweet without rules, one with a rule of somebody else, one that matched nothing, and an activity.
fn tweets() -> String {
    [
        native(1, "hot coffee or tea", ""),
        native(
            2,
            "coffee",
            r#","matching_rules":[{"tag":"other","id":9,"id_str":"9"}]"#,
        ),
        native(3, "tea", r#","matching_rules":[]"#),
        native(4, "tea", r#","matching_rules":null"#),
        r#"{"id":"tag:search.twitter.com,2005:5","objectType":"activity","verb":"post","body":"more coffee","gnip":{"klout_score":1}}"#.to_owned(),
        native(6, "nothing", ""),
    ]
    .map(|line| line + "\n")
    .concat()
}

fn replay(script: &str, arguments: &[&str]) -> Ended {
    Setup::new()
        .script(script)
        .file("tweets.jsonl", tweets())
        .command("replay")
        .arguments(&["tweets.jsonl"])
        .arguments(arguments)
        .ends()
}

/// What it says, without times and the log.
fn said(ended: &Ended) -> String {
    let line = |line: &str| match line.split_once(" in ") {
        Some((tweets, rest)) if tweets.ends_with(" Tweets") => {
            let (_, rest) = rest.split_once(':').unwrap_or_default();
            Some(format!("{tweets} in TIME:{rest}\n"))
        }
        _ if line.ends_with(" Tweets/s") => None,
        _ => Some(format!("{line}\n")),
    };
    ended.log().lines().filter_map(line).collect()
}

#[track_caller]
fn check(ended: &Ended, stderr: Expect, rows: Expect) {
    ended.assert_code(0);
    stderr.assert_eq(&said(ended));
    rows.assert_eq(&ended.rows_of("data/replay.db", ROWS));
}

#[test]
fn tweets_without_rules_are_matched_by_default() {
    check(
        &replay(SCRIPT, &[]),
        expect![[r#"
            6 Tweets in TIME: kept 6, filtered 0, failed 0
            6 rows written to data/replay.db
            matches: coffee 2 tea 2 (no tag) 1 other 1
            the script's rules match 3 of 4 Tweets
              2  coffee
              2  tea
              1  (no tag)
              0  milk
            no Tweet carries a tag for the handler `on "milk"` at main.lua:13
        "#]],
        expect![[r#"
            1|coffee
            1|tea
            1|NULL
            2|other
            4|tea
            tag:search.twitter.com,2005:5|coffee"#]],
    );
}

#[test]
fn all_are_matched_if_that_is_asked_for() {
    let ended = replay(SCRIPT, &["--match"]);
    check(
        &ended,
        expect![[r#"
        6 Tweets in TIME: kept 6, filtered 0, failed 0
        7 rows written to data/replay.db
        matches: coffee 3 tea 3 (no tag) 1
        the script's rules match 5 of 6 Tweets
          3  coffee
          3  tea
          1  (no tag)
          0  milk
        no Tweet carries a tag for the handler `on "milk"` at main.lua:13
    "#]],
        expect![[r#"
        1|coffee
        1|tea
        1|NULL
        2|coffee
        3|tea
        4|tea
        tag:search.twitter.com,2005:5|coffee"#]],
    );
    // What handlers see is what came in, with the rules put in.
    expect![[r#"
        {"id":1,"id_str":"1","text":"hot coffee or tea","lang":"en","x":1.0 ,"matching_rules":[{"tag":"coffee","id":5713632684530307,"id_str":"5713632684530307"},{"tag":"tea","id":5198609564134668,"id_str":"5198609564134668"},{"tag":null,"id":1807479057284794,"id_str":"1807479057284794"}]}
        {"id":2,"id_str":"2","text":"coffee","lang":"en","x":1.0 ,"matching_rules":[{"tag":"coffee","id":5713632684530307,"id_str":"5713632684530307"}]}
        {"id":3,"id_str":"3","text":"tea","lang":"en","x":1.0 ,"matching_rules":[{"tag":"tea","id":5198609564134668,"id_str":"5198609564134668"}]}
        {"id":4,"id_str":"4","text":"tea","lang":"en","x":1.0 ,"matching_rules":[{"tag":"tea","id":5198609564134668,"id_str":"5198609564134668"}]}
        {"id":"tag:search.twitter.com,2005:5","objectType":"activity","verb":"post","body":"more coffee","gnip":{"klout_score":1,"matching_rules":[{"tag":"coffee","id":5713632684530307,"id_str":"5713632684530307"}]}}"#]].assert_eq(&ended.rows_of(
        "data/replay.db",
        "SELECT json FROM seen GROUP BY json ORDER BY id",
    ));
    // The ids follow from the rules' values.
    expect![[r#"
        NULL|1|1807479057284794
        coffee|1|5713632684530307
        tea|1|5198609564134668"#]]
    .assert_eq(&ended.rows_of(
        "data/replay.db",
        "SELECT tag, count(DISTINCT rule), min(rule) FROM seen GROUP BY tag",
    ));
}

#[test]
fn what_cannot_be_matched_and_what_is_not_carried_is_told() {
    let script = "ouzel.rules {
  { tag = 'coffee', value = 'coffee' },
  { tag = 'joy', value = 'min_joy:5 coffee', unchecked = true },
}
ouzel.on('cofee', function() end)
ouzel.on('jo*', function() end)
";
    let ended = replay(script, &["--match"]);
    ended.assert_code(0);
    expect![[r#"
        WARN tags do not fit place="main.lua:5" reason="no rule of this script has a tag that fits `cofee`" hint="did you mean `coffee`?"
        WARN tags do not fit place="main.lua:2" reason="no handler asks for the tag `coffee`" hint="a handler asks for `cofee`"
        WARN ouzel cannot read this rule, so here it matches no Tweet value="min_joy:5 coffee" place="main.lua:3"
        6 Tweets in TIME: kept 6, filtered 0, failed 0
        0 rows written to data/replay.db
        matches: coffee 3
        the script's rules match 3 of 6 Tweets
          3  coffee
          0  joy
        no Tweet carries a tag for the handler `on "cofee"` at main.lua:5; did you mean `coffee`?
        no Tweet carries a tag for the handler `on "jo*"` at main.lua:6
    "#]].assert_eq(&said(&ended));
}

#[test]
fn a_failed_tweet_is_kept_with_its_rules() {
    let script = "ouzel.rules { { tag = 'c', value = 'coffee' } }
ouzel.on('c', function(t, rule) error('no ' .. rule.tag) end)
";
    let ended = replay(script, &[]);
    ended.assert_code(0);
    let ended = ended
        .again()
        .command("quarantine")
        .arguments(&["show", "1", "--db", "data/replay.db"])
        .ends();
    ended.assert_code(0);
    assert!(
        ended.output().contains("matching_rules") && ended.output().contains("\"c\""),
        "{}",
        ended.output()
    );
}

#[test]
fn two_scripts_are_compared_each_with_its_own_rules() {
    let script = |rule: &str| {
        format!(
            "ouzel.rules {{ {{ tag = 'drink', value = '{rule}' }}, {{ tag = 'hot', value = 'hot' }} }}
local seen = ouzel.table('seen', {{ id = 'TEXT PRIMARY KEY' }})
ouzel.on('drink', function(t) seen:upsert {{ id = t.id_str or t.id }} end)
ouzel.on('hott', function(t) end)
"
        )
    };
    let compare = |arguments: &[&str]| {
        Setup::new()
            .script(&script("coffee"))
            .file("other.lua", script("tea"))
            .file("tweets.jsonl", tweets())
            .command("replay")
            .arguments(&["tweets.jsonl", "--match", "--compare", "other.lua"])
            .arguments(arguments)
            .ends()
    };
    let ended = compare(&[]);
    ended.assert_code(1);
    expect![[r#"
        - scripts/main.lua
        + other.lua
        over 6 Tweets
        Tweets that the script's rules match: -3 +3

        table seen: 2 removed, 2 added, 1 the same
          - id='2'
          - id='tag:search.twitter.com,2005:5'
          + id='3'
          + id='4'

        the scripts differ
    "#]]
    .assert_eq(ended.output());
    ended.assert_says(
        "other.lua: no Tweet carries a tag for the handler `on \"hott\"` at other.lua:4; did you mean `hot`?",
    );
    let ended = compare(&["--json"]);
    let (_, json) = ended.output().split_once("\"matches\":").unwrap();
    let (json, _) = json.split_once(",\"tables\"").unwrap();
    expect![[r#"[{"matched":6,"matching":3,"tags":{"drink":3,"hot":1},"uncalled":[{"handler":"on \"hott\"","place":"main.lua:4","suggestion":"hot"}]},{"matched":6,"matching":3,"tags":{"drink":3,"hot":1},"uncalled":[{"handler":"on \"hott\"","place":"other.lua:4","suggestion":"hot"}]}]"#]].assert_eq(json);
}
