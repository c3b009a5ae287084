//! `ouzel test`: tests of a script, from outside, with what they say when they fail.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::fs;

use expect_test::{Expect, expect};
use support::{Ended, Setup};

const SCRIPT: &str = r#"
ouzel.rules {
  { tag = "launch", value = "rocket lang:en" },
  { tag = "coffee", value = "coffee" },
  { value = "tea" },
}
local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", tag = "TEXT", at = "INTEGER" })
local hits = ouzel.sink("hits.jsonl")
ouzel.every("1m", function(now)
  ouzel.state.minutes = (ouzel.state.minutes or 0) + 1
  if ouzel.state.minutes == 5 then error("five minutes") end
  ouzel.emit({ now = now }, hits)
end)
ouzel.filter(function(tweet) return tweet.text ~= "drop me" end)
ouzel.on("*", function(tweet, rule)
  if tweet.text == "a coffee without a place" then return tweet.place.full_name end
  if tweet.text == "coffee without end" then while true do end end
  seen:insert { id = tweet:id(), tag = rule.tag, at = os.time() }
  ouzel.state.last = { id = tweet:id() }
  ouzel.emit { id = tweet:id(), rule = rule.tag }
end)
"#;

fn project(tests: &str) -> Setup {
    Setup::new()
        .command("test")
        .script(SCRIPT)
        .file("scripts/main_test.lua", tests)
}

/// What is said about the tests of a file; each test is `NAME: BODY`.
#[track_caller]
fn check(bodies: &[&str], code: i32, expected: Expect) -> Ended {
    let tests: String = bodies
        .iter()
        .enumerate()
        .map(|(number, body)| format!("test(\"{}\", function(t)\n  {body}\nend)\n", number + 1))
        .collect();
    let ended = project(&tests).ends();
    expected.assert_eq(ended.output());
    assert_eq!(ended.code, code, "{}", ended.stderr);
    assert_eq!(ended.stderr, "");
    ended
}

/// What is said about the one test that fails.
#[track_caller]
fn check_failure(body: &str, expected: Expect) {
    let ended = project(&format!("test(\"it\", function(t)\n  {body}\nend)\n")).ends();
    assert_eq!(ended.code, 1, "{}{}", ended.output(), ended.stderr);
    let (_, failure) = ended.output().split_once("\n\nFAILED it\n").unwrap();
    let (failure, _) = failure.rsplit_once("\n\n").unwrap();
    expected.assert_eq(failure);
}

#[test]
fn tests_that_pass_are_counted() {
    check(
        &[
            r#"local tweet = t:tweet { text = "a rocket #go", tags = { "launch" } }
  t:equal(t:send(tweet), "kept")
  t:equal(t:rows("seen"), { { id = tweet:id(), tag = "launch", at = t:now() } })
  t:equal(tweet:hashtags(), { "go" })
  t:equal(t:emitted(), { { id = tweet.id, rule = "launch" } })
  t:equal(t:state(), { last = { id = tweet.id } })"#,
            // Each test begins with nothing.
            r#"t:equal({ t:rows("seen"), t:emitted(), t:state(), t:dropped() }, { {}, {}, {}, 0 })"#,
            r#"t:equal(t:send(t:tweet { text = "drop me" }), "dropped") t:equal(t:dropped(), 1)"#,
            // Without tags, the script's rules are matched.
            r#"local tweet = t:tweet { text = "coffee and a rocket" }
  t:equal(tweet:tags(), { "launch", "coffee" })
  t:equal(t:tweet { text = "coffee and a rocket", lang = "de" }:tags(), { "coffee" })
  t:equal(t:send { id = 7, text = "coffee", user = {} }, "kept")
  t:equal(t:rows("SELECT id, tag FROM seen WHERE id = ?", 7), { { id = 7, tag = "coffee" } })"#,
            r#"local began = t:now()
  t:advance("2m 30s")
  t:equal(t:state().minutes, 2)
  t:equal(t:emitted("hits.jsonl"), { { now = began + 60 }, { now = began + 120 } })
  t:equal(t:now(), began + 150)
  t:equal(os.date("!%Y-%m-%d %H:%M", t:now()), "2026-01-01 12:02")"#,
            r#"t:ok(t:matches("launch", t:tweet { text = "a rocket" }))
  t:ok(not t:matches("launch", t:tweet { text = "tea" }))
  t:ok(t:matches("from:alice -is:retweet", t:tweet { user = { screen_name = "alice" } }))"#,
            r#"local text = t:fails(function() t:send(t:tweet { text = "a coffee without a place" }) end, "place")
  t:ok(text:find("main.lua:16", 1, true)) t:equal(t:rows("seen"), {})
  t:equal(t:fails(function() error("boom", 0) end), "boom")"#,
            r#"local retweet = t:tweet { retweeted_status = { text = "a rocket", user = { screen_name = "bob" } } }
  t:equal(retweet:kind(), "retweet") t:equal(retweet:full_text(), "RT @bob: a rocket")"#,
        ],
        0,
        expect![[r#"
            scripts/main_test.lua: 8 passed
            8 tests passed
        "#]],
    );
}

#[test]
fn a_failing_test_shows_what_was_expected_and_the_others_run() {
    let ended = check(
        &[
            r#"t:equal(1, 1)"#,
            r#"t:send(t:tweet { id = 5, text = "a rocket" })
  t:equal(t:rows("seen"), { { id = 5, tag = "coffee", at = t:now() }, { id = 6 } })"#,
            r#"assert(1 == 2, "they differ")"#,
            r#"t:send(t:tweet { text = "a coffee without a place", tags = { "coffee" } })"#,
        ],
        1,
        expect![[r#"
            scripts/main_test.lua: 1 passed, 3 failed

            FAILED 2
             --> main_test.lua:6
              |
            6 |   t:equal(t:rows("seen"), { { id = 5, tag = "coffee", at = t:now() }, { id = 6 } })
              |
              = the tables differ in 2 places
                [1].tag
                  expected: "coffee"
                  got:      "launch"
                [2]
                  expected: { id = 6 }
                  got:      nil

            FAILED 3
             --> main_test.lua:9
              |
            9 |   assert(1 == 2, "they differ")
              |
              = they differ

            FAILED 4
              --> main_test.lua:12
               |
            12 |   t:send(t:tweet { text = "a coffee without a place", tags = { "coffee" } })
               |
               = on "*" failed
                   --> main.lua:16
                    |
                 16 |   if tweet.text == "a coffee without a place" then return tweet.place.full_name end
                    |
                    = attempt to index a nil value (field 'place')
                      in main.lua:16: in function <main.lua:15>
                 hint: this Tweet has no `place`; look first: `if tweet.place then … end`

            1 test passed, 3 failed
        "#]],
    );
    // Nothing was written, and nobody was asked.
    assert!(!ended.folder().join("data").exists());
    assert_eq!(ended.powertrack().asked(), "");
}

#[test]
fn what_is_wrong_in_a_test_says_what_to_do() {
    check_failure(
        r#"t:tweet { tags = { "lanch" } }"#,
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t:tweet { tags = { "lanch" } }
          |
          = no rule of the script has the tag `lanch`
        hint: did you mean `launch`?"#]],
    );
    check_failure(
        r#"t:tweet { txet = "a rocket" }"#,
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t:tweet { txet = "a rocket" }
          |
          = unknown field `txet` in a Tweet
        hint: did you mean `text`?"#]],
    );
    check_failure(
        r#"t:tweet { user = "alice" }"#,
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t:tweet { user = "alice" }
          |
          = `user` of a Tweet has to be a table
        hint: write `user = { screen_name = "alice" }`"#]],
    );
    check_failure(
        r#"t:tweet("a rocket")"#,
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t:tweet("a rocket")
          |
          = `t:tweet` takes a table of fields, not a string
        hint: write `t:tweet { text = "…", tags = { "launch" } }`"#]],
    );
    check_failure(
        "t:send { 1 }",
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t:send { 1 }
          |
          = `t:send` takes a Tweet, and this is none: valid JSON, and no Tweet
        hint: `t:tweet { … }` completes the fields that you give it"#]],
    );
    check_failure(
        r#"t:rows("sene")"#,
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t:rows("sene")
          |
          = the script has no table `sene`
        hint: did you mean `seen`?"#]],
    );
    check_failure(
        r#"t:rows("DELETE FROM seen")"#,
        expect![[r#"
             --> main_test.lua:2
              |
            2 |   t:rows("DELETE FROM seen")
              |
              = `t:rows` only reads, and this statement changes the database"#]],
    );
    check_failure(
        r#"t:emitted("hit.jsonl")"#,
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t:emitted("hit.jsonl")
          |
          = the script has no sink `hit.jsonl`
        hint: did you mean `hits.jsonl`?"#]],
    );
    check_failure(
        r#"t:advance("1")"#,
        expect![[r#"
             --> main_test.lua:2
              |
            2 |   t:advance("1")
              |
              = `1` is no time: `1` is no length of time; write one such as `35s`, `100ms` or `2h`
            hint: write such as `t:advance("1m")`"#]],
    );
    check_failure(
        r#"t:matches("(rocket", t:tweet())"#,
        expect![[r#"
             --> main_test.lua:2
              |
            2 |   t:matches("(rocket", t:tweet())
              |
              = the rule is not valid
                  (rocket
                  ^
                this `(` is never closed; add the missing `)`
            hint: write `(rocket)`"#]],
    );
    check_failure(
        r#"t:fixture("../main.lua")"#,
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t:fixture("../main.lua")
          |
          = `../main.lua` is no file below the folder of the tests, where `t:fixture` reads"#]],
    );
    check_failure(
        "t.send(1)",
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t.send(1)
          |
          = `t:send` is called with a colon, not with a dot"#]],
    );
    check_failure(
        "t:sned(1)",
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t:sned(1)
          |
          = there is no `t.sned`; did you mean `send`?"#]],
    );
    check_failure(
        r#"ouzel.table("seen", { id = "INTEGER" })"#,
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   ouzel.table("seen", { id = "INTEGER" })
          |
          = `ouzel.table` belongs to the script, not to a test
        hint: a test sends Tweets with `t:send`, and looks at what came of them with `t:rows` and `t:emitted`"#]],
    );
    check_failure(
        r#"test("inner", function() end)"#,
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   test("inner", function() end)
          |
          = `test` can only be called while the file loads, not from a test"#]],
    );
}

#[test]
fn checks_say_what_came() {
    check_failure(
        "t:equal(#t:rows('seen'), 1, 'rows')",
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t:equal(#t:rows('seen'), 1, 'rows')
          |
          = rows: the values differ
            expected: 1
            got:      0"#]],
    );
    check_failure(
        "t:ok(nil, 'a place')",
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t:ok(nil, 'a place')
          |
          = a place
            expected: anything but nil and false
            got:      nil"#]],
    );
    check_failure(
        "t:fails(function() end, 'no place')",
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t:fails(function() end, 'no place')
          |
          = expected an error with `no place`, and there was none"#]],
    );
    check_failure(
        "t:fails(function() error('no time') end, 'no place')",
        expect![[r#"
         --> main_test.lua:2
          |
        2 |   t:fails(function() error('no time') end, 'no place')
          |
          = another error came
            expected: an error with `no place`
            got:      no time"#]],
    );
    check_failure(
        "t:advance('10m')",
        expect![[r#"
             --> main_test.lua:2
              |
            2 |   t:advance('10m')
              |
              = every "1m" failed
                  --> main.lua:11
                   |
                11 |   if ouzel.state.minutes == 5 then error("five minutes") end
                   |
                   = five minutes
                     in main.lua:11: in function <main.lua:9>"#]],
    );
}

#[test]
fn what_takes_too_much_fails_and_the_next_one_runs() {
    let tests = r#"
test("endless", function(t) while true do end end)
test("caught", function(t) pcall(function() while true do end end) end)
test("handler", function(t) t:send(t:tweet { text = "coffee without end" }) end)
test("memory", function(t) local text = "x" while true do text = text .. text end end)
test("timers", function(t) t:advance("300d") end)
test("Tweets", function(t) while true do t:send(t:tweet { text = "tea" }) end end)
test("fine", function(t) t:send(t:tweet { text = "tea" }) t:equal(#t:rows("seen"), 1) end)
"#;
    let script = SCRIPT.replace("if ouzel.state.minutes == 5", "if false");
    let ended = project(tests)
        .script(&script)
        .arguments(&["--script-load-time", "200ms", "--script-time", "50ms"])
        .ends();
    ended.assert_code(1);
    let lines = |start: &str| -> Vec<String> {
        let lines = ended.output().lines().map(str::trim);
        lines
            .filter(|line| line.starts_with(start))
            .map(str::to_owned)
            .collect()
    };
    expect![[r#"
        [
            "= the test took longer than 200ms",
            "= the test took longer than 200ms",
            "= on \"*\" failed",
            "= the handlers of one Tweet took longer than 50ms",
            "= the script needs more than 256 MiB of memory",
            "= the test took longer than 200ms",
            "= the test took longer than 200ms",
        ]
    "#]]
    .assert_debug_eq(&lines("= "));
    assert!(
        ended.output().ends_with("\n1 test passed, 6 failed\n"),
        "{}",
        ended.output()
    );
}

#[test]
fn snapshots_are_written_with_update_only() {
    let tests = r#"test("rows", function(t)
  t:send(t:tweet { id = 5, text = "a rocket" })
  t:snapshot("rows", t:rows("SELECT id, tag FROM seen"))
end)"#;
    let ended = project(tests).ends();
    ended.assert_code(1);
    assert!(ended.output().contains(
        "= there is no snapshot `rows` yet\nhint: `ouzel test --update` writes what it is now"
    ));
    assert!(!ended.folder().join("scripts/snapshots").exists());

    let ended = ended.again().arguments(&["--update"]).ends();
    ended.assert_code(0);
    let path = ended.folder().join("scripts/snapshots/main_test/rows.json");
    expect![[r#"
        [
          {
            "id": 5,
            "tag": "launch"
          }
        ]
    "#]]
    .assert_eq(&fs::read_to_string(&path).unwrap());

    let changed = tests.replace("id = 5", "id = 6");
    let ended = project(&changed)
        .file(
            "scripts/snapshots/main_test/rows.json",
            fs::read(&path).unwrap(),
        )
        .ends();
    ended.assert_code(1);
    let (_, said) = ended.output().split_once("  = ").unwrap();
    expect![[r#"
        the snapshot `rows`: the tables differ in one place
            [1].id
              expected: 5
              got:      6
        hint: `ouzel test --update` writes what it is now

        0 tests passed, 1 failed
    "#]]
    .assert_eq(said);
}

#[test]
fn nothing_is_written_through_a_link() {
    let outside = tempfile::tempdir().unwrap();
    let setup =
        project(r#"test("a", function(t) t:snapshot("a", 1) end)"#).arguments(&["--update"]);
    let link = setup.folder().join("scripts/snapshots");
    std::os::unix::fs::symlink(outside.path(), link).unwrap();
    let ended = setup.ends();
    ended.assert_code(1);
    assert!(
        ended
            .output()
            .contains("`scripts/snapshots` is a symbolic link"),
        "{}",
        ended.output()
    );
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn fixtures_are_read_from_beside_the_test() {
    let tests = r#"test("all", function(t)
  local tweets = t:fixture("tweets/some.jsonl")
  t:equal(#tweets, 2)
  for _, tweet in ipairs(tweets) do t:send(tweet) end
  t:equal(t:rows("SELECT id, tag FROM seen"), { { id = 2, tag = "given" }, { id = 1635659407703232513, tag = "coffee" } })
end)
test("broken", function(t) t:fixture("broken.jsonl") end)
test("missing", function(t) t:fixture("missing.jsonl") end)"#;
    let ended = project(tests)
        .file(
            "scripts/tweets/some.jsonl",
            "{\"id\":1635659407703232513,\"text\":\"coffee\"}\n\n{\"id\":2,\"text\":\"x\",\"matching_rules\":[{\"tag\":\"given\"}]}\n",
        )
        .file("scripts/broken.jsonl", "{\"id\":1,\"text\":\"a\"}\n{}\n")
        .ends();
    ended.assert_code(1);
    let reasons: Vec<_> = ended
        .output()
        .lines()
        .filter(|line| line.contains("  = "))
        .collect();
    expect![[r#"
        [
            "  = broken.jsonl:2: valid JSON, and no Tweet",
            "  = cannot read the fixture `missing.jsonl`: No such file or directory (os error 2)",
        ]
    "#]]
    .assert_debug_eq(&reasons);
}

#[test]
fn the_same_comes_as_json() {
    let tests = "test(\"a\", function(t) end)\ntest(\"b\", function(t) t:equal(1, 2) end)";
    let ended = project(tests).arguments(&["--json"]).ends();
    ended.assert_code(1);
    expect![[r#"
        {"passed":1,"failed":1,"files":[{"file":"scripts/main_test.lua","tests":[{"test":"a","passed":true},{"test":"b","passed":false,"failure":{"file":"main_test.lua","line":2,"code":"test(\"b\", function(t) t:equal(1, 2) end)","message":"the values differ\nexpected: 2\ngot:      1","hint":null}}]}]}
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn a_filter_picks_tests_by_name() {
    let tests = "test(\"one\", function(t) end)\ntest(\"two\", function(t) error(\"no\") end)";
    let ended = project(tests).arguments(&["--filter", "on"]).ends();
    ended.assert_code(0);
    assert_eq!(
        ended.output(),
        "scripts/main_test.lua: 1 passed\n1 test passed\n"
    );
    let ended = project(tests).arguments(&["--filter", "three"]).ends();
    ended.assert_code(2);
    assert_eq!(ended.stderr, "error: no test has `three` in its name\n");
}

#[test]
fn what_cannot_be_loaded_has_a_code_of_its_own() {
    let good = "test(\"one\", function(t) end)";
    let ended = project(good).script("ouzel.rules(").ends();
    ended.assert_code(3);
    assert!(
        ended
            .stderr
            .starts_with("error: script `main.lua` could not be loaded"),
        "{}",
        ended.stderr
    );

    let ended = project("test(\"one\", function(t) end")
        .file("scripts/other_test.lua", good)
        .ends();
    ended.assert_code(3);
    expect![[r#"
        scripts/main_test.lua: script `main_test.lua` could not be loaded
         --> main_test.lua:1
          |
        1 | test("one", function(t) end
          |
          = ')' expected near <eof>
        scripts/other_test.lua: 1 passed
        1 test passed
    "#]]
    .assert_eq(ended.output());

    let ended = project(&format!("{good}\n{good}")).ends();
    ended.assert_code(3);
    assert!(
        ended.output().contains("there are two tests `one`"),
        "{}",
        ended.output()
    );
    let ended = project("local x = 1").ends();
    ended.assert_code(2);
    let ended = Setup::new().command("test").script(SCRIPT).ends();
    ended.assert_code(2);
    assert_eq!(
        ended.stderr,
        "error: there are no tests in `scripts`: no file has a name such as `main_test.lua`\n"
    );
    let ended = project(good).arguments(&["nowhere"]).ends();
    ended.assert_code(2);
    assert_eq!(
        ended.stderr,
        "error: there is no file or folder `nowhere`\n"
    );
}

#[test]
fn the_script_is_the_one_beside_the_tests() {
    let tests = "test(\"a\", function(t) t:equal(t:rows(\"other\"), {}) end)";
    let other = "ouzel.table(\"other\", { id = \"INTEGER\" })";
    let setup = || {
        Setup::new()
            .command("test")
            .script(SCRIPT)
            .file("lists/main.lua", other)
            .file("lists/a_test.lua", tests)
    };
    setup().arguments(&["lists"]).ends().assert_code(0);
    setup()
        .arguments(&["lists/a_test.lua"])
        .ends()
        .assert_code(0);
    setup()
        .arguments(&["lists", "--script", "scripts/main.lua"])
        .ends()
        .assert_code(1);
}

#[test]
fn modules_are_tested_by_themselves() {
    let tests = "local words = require \"words\"\ntest(\"a\", function(t) t:equal(words.count(\"a b\"), 2) end)";
    let words = "return { count = function(text) return select(2, text:gsub(\"%S+\", \"\")) end }";
    let ended = project(tests).file("scripts/words.lua", words).ends();
    ended.assert_code(0);
}

#[test]
fn a_saved_file_runs_the_tests_again() {
    let run = project("test(\"a\", function(t) error(\"no\") end)")
        .arguments(&["--watch"])
        .start();
    run.wait_for_output("0 tests passed, 1 failed");
    run.wait_for("waiting for a change");
    run.write("scripts/main_test.lua", "test(\"a\", function(t) end)");
    run.wait_for_output("1 test passed");
    run.wait_for("waiting for a change");
    run.write("scripts/main.lua", "ouzel.rules(");
    run.wait_for("could not be loaded");
    run.kill();
}

#[test]
fn a_thousand_tests_take_no_time() {
    let tests = r#"for number = 1, 1000 do
  test("test " .. number, function(t)
    t:equal(t:send(t:tweet { text = "a rocket" }), "kept")
    t:equal(#t:rows("seen"), 1)
  end)
end"#;
    let ended = project(tests).ends();
    ended.assert_code(0);
    assert_eq!(
        ended.output(),
        "scripts/main_test.lua: 1000 passed\n1000 tests passed\n"
    );
}

#[test]
fn an_alarm_is_made_up_and_the_script_hears_of_it() {
    let script = r#"
local alarms = ouzel.table("alarms", { tag = "TEXT", what = "TEXT" })
ouzel.on_alarm(function(alarm)
  if alarm.tag == "bad" then error("no such tag") end
  alarms:insert { tag = alarm.tag, what = ouzel.json.encode { alarm.per_minute, alarm.limit, alarm.per_day, alarm.usual or "?", #alarm.samples } }
end)
ouzel.on_alarm(function(alarm) ouzel.emit(alarm.samples) end)
"#;
    let ended = |tests: &str| {
        Setup::new()
            .command("test")
            .script(script)
            .file("scripts/main_test.lua", tests)
            .ends()
    };
    let good = ended(
        r#"
test("alarms", function(t)
  t:alarm { tag = "launch" }
  t:alarm { tag = "launch", per_minute = 7, limit = 5, usual = 1.5, per_day = 9, samples = { "a", "b" } }
  t:equal(t:rows("SELECT what FROM alarms ORDER BY rowid"), { { what = '[1000,500,1440000,"?",0]' }, { what = "[7,5,9,1.5,2]" } })
  t:equal(t:emitted()[2], { "a", "b" })
  t:fails(function() t:alarm { tag = "bad" } end, "no such tag")
  t:equal(#t:rows("alarms"), 2)
end)
"#,
    );
    assert_eq!(good.code, 0, "{}{}", good.output(), good.stderr);
    let check = |call: &str, expected: Expect| {
        let ended = ended(&format!("test(\"it\", function(t) {call} end)\n"));
        assert_eq!(ended.code, 1, "{}{}", ended.output(), ended.stderr);
        let said = ended
            .output()
            .lines()
            .find(|line| line.trim().starts_with("= "));
        expected.assert_eq(said.unwrap_or_default().trim());
    };
    check(
        "t:alarm()",
        expect!["= `t:alarm` takes `alarm`, not 0 arguments"],
    );
    check(
        "t:alarm 'launch'",
        expect!["= `t:alarm` takes a table of fields, not a string"],
    );
    check(
        "t:alarm {}",
        expect!["= the `tag` of an alarm has to be a string, not nil"],
    );
    check(
        "t:alarm { tag = 'a', per_minut = 7 }",
        expect!["= unknown field `per_minut` in an alarm"],
    );
    check(
        "t:alarm { tag = 'a', per_minute = -7 }",
        expect!["= the `per_minute` of an alarm has to be a whole number of 0 or more, not `-7`"],
    );
    check(
        "t:alarm { tag = 'a', limit = '7' }",
        expect!["= the `limit` of an alarm has to be a whole number of 0 or more, not a string"],
    );
    check(
        "t:alarm { tag = 'a', usual = 0/0 }",
        expect!["= the `usual` of an alarm has to be a number, not `NaN`"],
    );
    check(
        "t:alarm { tag = 'a', samples = 'a' }",
        expect!["= the `samples` of an alarm has to be a table of texts, not a string"],
    );
    check(
        "t:alarm { tag = 'a', samples = { {} } }",
        expect!["= a sample of an alarm has to be a string, not a table"],
    );
    check(
        "t:alarm { tag = 'a', samples = { 'a', 'b', 'c', 'd' } }",
        expect!["= an alarm has at most 3 samples"],
    );
    check(
        "t:alarm { 'a' }",
        expect!["= a field of an alarm cannot be a number"],
    );
}
