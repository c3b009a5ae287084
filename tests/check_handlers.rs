//! `ouzel check` inside handlers, and on tags that fit nothing.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::fs;

use expect_test::{Expect, expect};
use support::{Ended, Setup};

fn run(script: &str, arguments: &[&str]) -> Ended {
    Setup::check().script(script).arguments(arguments).ends()
}

/// What comes behind the lists of what the script declares.
#[track_caller]
fn check(script: &str, code: i32, found: Expect, stderr: Expect) {
    let ended = run(script, &[]);
    assert_eq!(ended.code, code, "{}{}", ended.output(), ended.stderr);
    let (_, rest) = ended.output().split_once("tables (").unwrap();
    let (_, rest) = rest.split_once("\n\n").unwrap_or_default();
    found.assert_eq(rest);
    stderr.assert_eq(&ended.log());
}

const RULE: &str = "ouzel.rules { { tag = 'c', value = 'coffee' } }\n";

#[test]
fn a_handler_that_works_on_every_kind_says_nothing() {
    check(
        &format!(
            "{RULE}local seen = ouzel.table('seen', {{ text = 'TEXT', at = 'TEXT' }})
ouzel.on('c', function(t, rule)
  assert(rule.tag == 'c' and rule.id and #(t.matching_rules or t.gnip.matching_rules) == 1)
  local text = t.text or t.body or 'the text of REST'
  seen:insert {{ text = text:lower(), at = t:created_at_iso() }}
  ouzel.emit(t)
  print('nobody sees this')
end)"
        ),
        0,
        expect![""],
        expect![[""]],
    );
}

#[test]
fn a_failure_names_the_kinds_of_tweets() {
    check(
        &format!(
            "{RULE}ouzel.on('c', function(t)
  local text = t.text or t.body
  if t.retweeted_status or t.verb == 'share' then
    text = t.retweetd.text
  end
end)"
        ),
        3,
        expect![[r#"
            error: the handler `on "c"` fails
             --> main.lua:5
              |
            5 |     text = t.retweetd.text
              |
              = attempt to index a nil value (field 'retweetd')
                in main.lua:5: in function <main.lua:2>
              in the native format it fails on Retweets, Retweets of quotes and Retweets of the REST API; it works on 12 other kinds
              in the Activity Streams format it fails on Retweets and Retweets of quotes; it works on 10 other kinds
            hint: did you mean `retweeted`?
        "#]],
        expect!["error: failures of handlers on made-up Tweets: 1"],
    );
    check(
        &format!(
            "{RULE}local function country(t)
  return t.user.derived.locations[1].country
end
local seen = ouzel.table('seen', {{ id = 'INTEGER PRIMARY KEY', country = 'TEXT' }})
ouzel.on('c', function(t)
  seen:insert {{ id = t.id, contry = t.lang }}
end)
ouzel.enrich(function(t) t.country = country(t) end)"
        ),
        3,
        expect![[r#"
            error: the handler `on "c"` fails
             --> main.lua:7
              |
            7 |   seen:insert { id = t.id, contry = t.lang }
              |
              = table `seen` has no column `contry`
                in main.lua:7: in function <main.lua:6>
              in the native format it fails on all kinds of Tweets
            hint: did you mean `country`?

            error: the handler `on "c"` fails
             --> main.lua:7
              |
            7 |   seen:insert { id = t.id, contry = t.lang }
              |
              = column `id` of table `seen` is INTEGER and cannot hold text
                in main.lua:7: in function <main.lua:6>
              in the Activity Streams format it fails on all kinds of Tweets
            hint: `tonumber` makes a number of text, or declare the column as TEXT or ANY
        "#]],
        expect!["error: failures of handlers on made-up Tweets: 2"],
    );
}

#[test]
fn the_format_that_the_script_is_not_for_does_not_count() {
    check(
        &format!(
            "{RULE}ouzel.on('c', function(t) return t.user.screen_name end)
ouzel.enrich(function(t) return t.entities.hashtags[1] end)"
        ),
        0,
        expect![[r#"
            warning: the handler `enrich` fails on Tweets that only files hold
             --> main.lua:3
              |
            3 | ouzel.enrich(function(t) return t.entities.hashtags[1] end)
              |
              = attempt to index a nil value (field 'entities')
                in main.lua:3: in function <main.lua:3>
              in the native format it fails on Tweets without entities; it works on 14 other kinds
            hint: this Tweet has no `entities`; look first: `if t.entities then … end`

            note: this script is for the native format; in the Activity Streams format the handler `on "c"` fails at main.lua:2: attempt to index a nil value (field 'user')
        "#]],
        expect![[""]],
    );
    check(
        &format!("{RULE}ouzel.on('c', function(t) return t.actor.displayName end)"),
        0,
        expect![[r#"
            note: this script is for the Activity Streams format; in the native format the handler `on "c"` fails at main.lua:2: attempt to index a nil value (field 'actor')
        "#]],
        expect![[""]],
    );
    // A handler that never gets a Tweet on which it works is wrong.
    check(
        &format!(
            "{RULE}ouzel.on('c', function(t) return t.actor.displayName end)
ouzel.on('c', function(t) return t.user.screen_name end)"
        ),
        3,
        expect![[r#"
            error: the handler `on "c"` fails
             --> main.lua:3
              |
            3 | ouzel.on('c', function(t) return t.user.screen_name end)
              |
              = attempt to index a nil value (field 'user')
                in main.lua:3: in function <main.lua:3>
              in the Activity Streams format it fails on all kinds of Tweets
            hint: this Tweet is in the Activity Streams format, which has no `user`; the methods of a Tweet, such as `:full_text()`, know both formats

            note: this script is for the Activity Streams format; in the native format the handler `on "c"` fails at main.lua:2: attempt to index a nil value (field 'actor')
        "#]],
        expect!["error: failures of handlers on made-up Tweets: 1"],
    );
}

#[test]
fn what_only_files_hold_is_a_warning() {
    let script = format!(
        "{RULE}ouzel.on('c', function(t)
  return (t.text or t.body):lower()
end)"
    );
    check(
        &script,
        0,
        expect![[r#"
            warning: the handler `on "c"` fails on Tweets that only files hold
             --> main.lua:3
              |
            3 |   return (t.text or t.body):lower()
              |
              = attempt to index a nil value
                in main.lua:3: in function <main.lua:2>
              in the native format it fails on Tweets of the REST API and Retweets of the REST API; it works on 13 other kinds
              in the Activity Streams format it works
        "#]],
        expect![[""]],
    );
    let ended = run(&script, &["--strict"]);
    ended.assert_code(3);
    expect!["error: warnings, which `--strict` takes for errors: 1"].assert_eq(&ended.log());
}

#[test]
fn handlers_that_no_rule_calls_run_too() {
    for script in [
        "ouzel.on('a-*-b', function(t, rule) error(rule.tag) end)",
        "ouzel.rules { { tag = 'c', value = 'min_joy:5 x', unchecked = true } }
ouzel.on('c', function(t, rule) error(rule.tag) end)",
        // No Tweet can match this.
        "ouzel.rules { { tag = 'c', value = 'cat -cat' } }
ouzel.on('c', function(t, rule) error(rule.tag) end)",
        "ouzel.filter(function(t) error((t.matching_rules or t.gnip.matching_rules)[1].tag) end)",
    ] {
        let ended = run(script, &[]);
        ended.assert_code(3);
        let tag = if script.contains("a-*-b") {
            "a-any-b"
        } else if script.contains("filter") {
            "any"
        } else {
            "c"
        };
        assert!(
            ended.output().contains(&format!("\n  = {tag}\n")),
            "{}",
            ended.output()
        );
    }
}

#[test]
fn each_failure_is_told_once_and_a_filter_keeps_handlers_from_it() {
    check(
        "for i = 1, 300 do ouzel.rules { { tag = 'tag-' .. i, value = 'word' .. i } } end
ouzel.filter(function(t) return not t.retweeted_status and t.verb ~= 'share' end)
for i = 1, 300 do
  ouzel.on('tag-' .. i, function(t)
    if t.retweeted_status then error('not reached') end
    error('Tweet ' .. t.id .. ' is bad', 0)
  end)
end",
        3,
        expect![[r#"
            error: the handler `on "tag-1"` fails
             --> main.lua:6
              |
            6 |     error('Tweet ' .. t.id .. ' is bad', 0)
              |
              = Tweet 1635657031481757696 is bad
                in main.lua:6: in function <main.lua:4>
              in the native format it fails on all kinds of Tweets
              in the Activity Streams format it fails on all kinds of Tweets
        "#]],
        expect!["error: failures of handlers on made-up Tweets: 1"],
    );
}

#[test]
fn the_same_comes_as_json_and_nothing_is_left() {
    let script = format!(
        "{RULE}local sink = ouzel.sink('s.jsonl')
ouzel.on('c', function(t) ouzel.emit({{}}, sink) return t.place.name end)
ouzel.on('drink', function(t) end)"
    );
    let setup = Setup::check()
        .script(&script)
        .arguments(&["--json"])
        .file("tmp/readme", "");
    let folder = setup.folder().join("tmp");
    let ended = setup.environment("TMPDIR", folder.to_str().unwrap()).ends();
    ended.assert_code(3);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    let (_, found) = ended.output().split_once("\"warnings\":").unwrap();
    expect![[r#"
        [{"rule":null,"tag":"drink","file":"main.lua","line":4,"code":"handler-without-rule","message":"no rule of this script has a tag that fits `drink`","suggestion":null}],"failures":[{"severity":"error","handler":"on \"c\"","file":"main.lua","line":3,"source":"ouzel.on('c', function(t) ouzel.emit({}, sink) return t.place.name end)","message":"attempt to index a nil value (field 'place')","hint":"this Tweet has no `place`; look first: `if t.place then … end`","traceback":["main.lua:3: in function <main.lua:3>"],"formats":[{"format":"native","fails":["plain","reply","retweet","quote","retweeted_quote","quote_of_nothing","long","media","bare","nowhere","rest","rest_retweet","cut"],"works":["placed","pinned"]}]}]}
    "#]].assert_eq(found);
    assert!(!ended.folder().join("data").exists());
}

#[test]
fn tags_that_fit_nothing_are_warned_of() {
    let script = r#"ouzel.rules {
  { tag = "launch", value = "rocket" },
  { tag = "brand-acme", value = "acme" },
  { value = "untagged" },
}
ouzel.on("lanch", function(t) end)
ouzel.on(
  "brnd-*",
  function(t) end)
"#;
    check(
        script,
        0,
        expect![[r#"
        warning: no rule of this script has a tag that fits `lanch`
         --> main.lua:6
          |
        6 | ouzel.on("lanch", function(t) end)
          |
        hint: did you mean `launch`?

        warning: no rule of this script has a tag that fits `brnd-*`
         --> main.lua:8
          |
        8 |   "brnd-*",
          |
        hint: did you mean `brand-*`?

        warning: no handler asks for the tag `launch`
         --> main.lua:2
          |
          | rocket
          |
        hint: a handler asks for `lanch`

        warning: no handler asks for the tag `brand-acme`
         --> main.lua:3
          |
          | acme
          |
        hint: write `ouzel.on("brand-acme", …)`, or `ouzel.on("*", …)` for all

        warning: a rule has no tag, and no handler asks for `*`
         --> main.lua:4
          |
          | untagged
          |
        hint: give it a tag that a handler asks for; only `ouzel.on("*", …)` is called for rules without one
    "#]],
        expect![[""]],
    );
    let ended = run(script, &["--strict"]);
    ended.assert_code(3);
    expect!["error: warnings, which `--strict` takes for errors: 5"].assert_eq(&ended.log());
}

#[test]
fn strict_is_content_with_a_script_without_warnings() {
    run(
        &format!("{RULE}ouzel.on('*', function() end)"),
        &["--strict"],
    )
    .assert_code(0);
}
