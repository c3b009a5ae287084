//! What the Lua API means to a handler, seen through the binary.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use expect_test::{Expect, expect};
use support::{Setup, tagged, tweet};

/// Runs a script on these lines and gives what it leaves; every line has to be a Tweet.
#[track_caller]
fn run(script: &str, lines: &[&str]) -> support::Ended {
    let run = Setup::new()
        .script(script)
        .arguments(&["--limit", &lines.len().to_string()])
        .start();
    run.powertrack().send_all(lines);
    let ended = run.ends();
    ended.assert_code(0);
    ended
}

/// What a handler's body emits about one Tweet, `t`.
#[track_caller]
fn emits(body: &str, line: &str, expected: Expect) {
    emits_after("", body, line, expected);
}

/// The same behind what the script declares.
#[track_caller]
fn emits_after(declared: &str, body: &str, line: &str, expected: Expect) {
    let script = format!("{declared}\nouzel.enrich(function(t)\n{body}\nend)");
    let run = Setup::new()
        .script(&script)
        .without_script_limits()
        .arguments(&["--limit", "1"])
        .start();
    run.powertrack().send(line);
    let ended = run.ends();
    ended.assert_code(0);
    assert!(!ended.stderr.contains("handler failed"), "{}", ended.stderr);
    expected.assert_eq(ended.output().trim_end());
}

const ODD: &str = r#"{"id_str":"1","id":9223372036854775807, "big":18446744073709551615,"one":1.0,"exp":1e3,"neg":-0.0,"list":[],"empty":{},"nothing":null,"holes":[1,null,3],"slash":"a\/b","accent":"caf\u00e9 é","pair":"\ud83d\ude00","tab":"a\tb","user":{"name":"ada","nothing":null,"list":[{"deep":[1.50]}]}}"#;

#[test]
fn a_tweet_is_a_table_to_the_handler() {
    let line = r#"{"id_str":"1","id":1,"text":"hi","nothing":null,"yes":true,"half":1.5,"user":{"name":"ada"},"list":["a","b",null,"d"],"entities":{"hashtags":[{"text":"x"},{"text":"y"}]}}"#;
    emits(
        "ouzel.emit(type(t)) ouzel.emit(type(t.user)) ouzel.emit(type(t.list))",
        line,
        expect![[r#"
        "table"
        "table"
        "table""#]],
    );
    emits(
        "ouzel.emit(t.nothing == nil) ouzel.emit(t.missing == nil) ouzel.emit(t.yes) ouzel.emit(t.half) ouzel.emit(math.type(t.id))",
        line,
        expect![[r#"
        true
        true
        true
        1.5
        "integer""#]],
    );
    emits(
        "ouzel.emit(t.user == t.user) ouzel.emit(rawequal(t.list, t.list)) local set = {} set[t.user] = 1 ouzel.emit(set[t.user])",
        line,
        expect![[r#"
        true
        true
        1"#]],
    );
    emits(
        "local keys = {} for k in pairs(t) do keys[#keys + 1] = k end table.sort(keys) ouzel.emit(keys)",
        line,
        expect![[r#"["entities","half","id","id_str","list","text","user","yes"]"#]],
    );
    emits(
        "local keys, k = {}, nil repeat k = next(t, k) keys[#keys + 1] = k until k == nil table.sort(keys) ouzel.emit(keys)",
        line,
        expect![[r#"["entities","half","id","id_str","list","text","user","yes"]"#]],
    );
    emits(
        "local n = 0 for i, tag in ipairs(t.entities.hashtags) do n = n + i ouzel.emit(tag.text) end ouzel.emit(n)",
        line,
        expect![[r#"
        "x"
        "y"
        3"#]],
    );
    emits(
        "ouzel.emit(#t.list) ouzel.emit(t.list[3] == ouzel.json.null) ouzel.emit(t.list[0] == nil) ouzel.emit(t.list[5] == nil) ouzel.emit(t.list[-1] == nil) ouzel.emit(t.list.x == nil) ouzel.emit(t.list[1.0]) ouzel.emit(t[1] == nil)",
        line,
        expect![[r#"
            4
            true
            true
            true
            true
            true
            "a"
            true"#]],
    );
    emits(
        "ouzel.emit(rawget(t, 'text')) ouzel.emit(rawlen(t.list)) rawset(t, 'x', 1) ouzel.emit(t.x) ouzel.emit(next({}) == nil) ouzel.emit((next(t.user)))",
        line,
        expect![[r#"
        "hi"
        4
        1
        true
        "name""#]],
    );
    emits(
        "t.list[3] = 'c' table.insert(t.list, 'e') table.insert(t.list, 1, 'z') ouzel.emit(table.concat(t.list, ',')) ouzel.emit(table.remove(t.list)) ouzel.emit({ table.unpack(t.list) }) table.sort(t.list) ouzel.emit(t.list) ouzel.emit(#t.list)",
        line,
        expect![[r#"
        "z,a,b,c,d,e"
        "e"
        ["z","a","b","c","d"]
        ["a","b","c","d","z"]
        5"#]],
    );
    emits(
        "t.user.name = 'grace' t.user.new = { 1, 2 } t.text = nil t.new = t.user ouzel.emit(t.text == nil) ouzel.emit(t.new.name) ouzel.emit(t.new == t.user) local n = 0 for k, v in pairs(t.user) do n = n + 1 end ouzel.emit(n)",
        line,
        expect![[r#"
        true
        "grace"
        true
        2"#]],
    );
    emits(
        "for k, v in pairs(t) do t[k] = nil end ouzel.emit(next(t) == nil) ouzel.emit(t)",
        line,
        expect![[r#"
        true
        {"nothing":null}"#]],
    );
    emits(
        "ouzel.emit(getmetatable(t)) ouzel.emit((pcall(setmetatable, t, {}))) ouzel.emit(tostring(t.user)) ouzel.emit('' .. #t.user)",
        line,
        expect![[r#"
        false
        false
        "{\"name\":\"ada\"}"
        "0""#]],
    );
}

#[test]
fn an_untouched_tweet_is_emitted_byte_for_byte() {
    let ended = run("ouzel.enrich(function(t) ouzel.emit(t) end)", &[ODD]);
    assert_eq!(ended.output(), format!("{ODD}\n"));
    let read_all = r#"
        local function walk(v) if type(v) == "table" then for _, x in pairs(v) do walk(x) end end end
        ouzel.enrich(function(t) walk(t) ouzel.emit(t) ouzel.emit(t.user) end)"#;
    let ended = run(read_all, &[ODD]);
    assert_eq!(
        ended.output(),
        format!(
            "{ODD}\n{}\n",
            r#"{"name":"ada","nothing":null,"list":[{"deep":[1.50]}]}"#
        )
    );
}

#[test]
fn a_changed_field_leaves_the_others_byte_for_byte() {
    emits(
        "t.one = 2 ouzel.emit(t)",
        ODD,
        expect![[
            r#"{"id_str":"1","id":9223372036854775807,"big":18446744073709551615,"one":2,"exp":1e3,"neg":-0.0,"list":[],"empty":{},"nothing":null,"holes":[1,null,3],"slash":"a\/b","accent":"caf\u00e9 é","pair":"\ud83d\ude00","tab":"a\tb","user":{"name":"ada","nothing":null,"list":[{"deep":[1.50]}]}}"#
        ]],
    );
    emits(
        "t.user.name = nil ouzel.emit(t)",
        ODD,
        expect![[
            r#"{"id_str":"1","id":9223372036854775807,"big":18446744073709551615,"one":1.0,"exp":1e3,"neg":-0.0,"list":[],"empty":{},"nothing":null,"holes":[1,null,3],"slash":"a\/b","accent":"caf\u00e9 é","pair":"\ud83d\ude00","tab":"a\tb","user":{"nothing":null,"list":[{"deep":[1.50]}]}}"#
        ]],
    );
    emits(
        "t.user.list[1].deep[2] = 'x' ouzel.emit(t)",
        ODD,
        expect![[
            r#"{"id_str":"1","id":9223372036854775807,"big":18446744073709551615,"one":1.0,"exp":1e3,"neg":-0.0,"list":[],"empty":{},"nothing":null,"holes":[1,null,3],"slash":"a\/b","accent":"caf\u00e9 é","pair":"\ud83d\ude00","tab":"a\tb","user":{"name":"ada","nothing":null,"list":[{"deep":[1.5,"x"]}]}}"#
        ]],
    );
    emits(
        "t.new = { t.user.list, t.empty, {}, ouzel.json.array(), t.list } ouzel.emit(t.new)",
        ODD,
        expect![[r#"[[{"deep":[1.50]}],{},{},[],[]]"#]],
    );
    emits(
        "t.holes[2] = 2 t.list[1] = 1 t.empty.x = ouzel.json.null ouzel.emit({ t.holes, t.list, t.empty })",
        ODD,
        expect![[r#"[[1,2,3],[1],{"x":null}]"#]],
    );
    emits(
        "t.nothing = 5 t.nothing = nil ouzel.emit(t.nothing == nil) t.user = t.user ouzel.emit(t.user)",
        ODD,
        expect![[r#"
            true
            {"name":"ada","nothing":null,"list":[{"deep":[1.50]}]}"#]],
    );
    emits(
        "t.self = t ouzel.emit((pcall(ouzel.emit, t))) t.self = nil t[1] = 2 ouzel.emit(select(2, pcall(ouzel.emit, t)))",
        r#"{"id_str":"1"}"#,
        expect![[r#"
            false
            "a table with both list items and named fields has no JSON""#]],
    );
}

#[test]
fn ids_of_64_bits_are_exact_everywhere() {
    let ended = run(
        r#"
        local ids = ouzel.table("ids", { id = "INTEGER PRIMARY KEY", text = "TEXT" })
        ouzel.on("*", function(t, rule)
          ids:insert { id = t.id, text = tostring(t.id) }
          local row = ids:get(t.id)
          ouzel.emit { id = row.id, equal = row.id == t.id, rule = rule.id, rule_str = rule.id_str,
                       json = ouzel.json.decode(ouzel.json.encode({ id = t.id })).id, more = t.id + 1 }
        end)"#,
        &[
            r#"{"id":1635659407703232513,"id_str":"1635659407703232513","matching_rules":[{"tag":"t","id":1635659407703232600,"id_str":"1635659407703232599"}]}"#,
        ],
    );
    expect![[r#"
        {"equal":true,"id":1635659407703232513,"json":1635659407703232513,"more":1635659407703232514,"rule":1635659407703232599,"rule_str":"1635659407703232599"}
    "#]].assert_eq(ended.output());
    ended.assert_rows(
        "SELECT id, text FROM ids",
        expect!["1635659407703232513|1635659407703232513"],
    );
}

#[test]
fn a_tweet_can_be_kept_for_later() {
    let ended = run(
        r#"
        local kept = {}
        ouzel.enrich(function(t)
          kept[#kept + 1] = t
          for i = 1, 100 do local garbage = { {}, {} } end
          if #kept == 300 then
            collectgarbage()
            local sum = 0
            for _, old in ipairs(kept) do sum = sum + old.user.followers_count end
            ouzel.emit(sum)
            ouzel.emit(kept[1])
          end
        end)"#,
        &(1..=300)
            .map(tweet)
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    assert_eq!(ended.output(), format!("45150\n{}\n", tweet(1)));
}

#[test]
fn a_part_of_a_tweet_outlives_the_tweet() {
    let lines: Vec<_> = (1..=400).map(tweet).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let ended = run(
        r#"
        local users = {}
        ouzel.enrich(function(t)
          users[#users + 1] = t.user
          collectgarbage("step")
          if #users == 400 then
            local sum = 0
            for _, user in ipairs(users) do sum = sum + user.followers_count end
            ouzel.emit(sum)
          end
        end)"#,
        &lines,
    );
    assert_eq!(ended.output(), "80200\n");
}

#[test]
fn steps_run_in_the_order_in_which_they_are_written() {
    let ended = run(
        r#"
        ouzel.on("*", function(t) ouzel.emit("on 1") end)
        ouzel.enrich(function(t) t.step = 2 end)
        ouzel.filter(function(t) ouzel.emit("filter sees " .. t.step) return t.id == 1 end)
        ouzel.on("t", function(t) ouzel.emit("on 2") end)
        ouzel.enrich(function(t) ouzel.emit("last") end)"#,
        &[&tweet(1), &tweet(2)],
    );
    expect![[r#"
        "on 1"
        "filter sees 2"
        "on 2"
        "last"
        "on 1"
        "filter sees 2"
    "#]]
    .assert_eq(ended.output());
    ended.assert_says("kept 1, filtered 1, failed 0");
}

#[test]
fn a_handler_is_called_once_for_each_rule_that_its_pattern_fits() {
    let ended = run(
        r#"
        for _, pattern in ipairs { "launch", "brand-*", "*-acme", "*" } do
          ouzel.on(pattern, function(t, rule) ouzel.emit(pattern .. " " .. t.id .. " " .. tostring(rule.tag) .. " " .. tostring(rule.id)) end)
        end"#,
        &[
            &tagged(1, &["launch", "brand-acme", "brand-x"]),
            &tagged(2, &["other"]),
            &tagged(3, &[]),
            r#"{"id_str":"4","id":4,"matching_rules":[{"tag":null,"id":9},{"id_str":"10"},{"tag":"launch"}]}"#,
            r#"{"id":"tag:search.twitter.com,2005:5","objectType":"activity","gnip":{"matching_rules":[{"tag":"launch","id":5}]}}"#,
        ],
    );
    expect![[r#"
        "launch 1 launch 1"
        "brand-* 1 brand-acme 2"
        "brand-* 1 brand-x 3"
        "*-acme 1 brand-acme 2"
        "* 1 launch 1"
        "* 1 brand-acme 2"
        "* 1 brand-x 3"
        "* 2 other 1"
        "launch 4 launch nil"
        "* 4 nil 9"
        "* 4 nil 10"
        "* 4 launch nil"
        "launch tag:search.twitter.com,2005:5 launch 5"
        "* tag:search.twitter.com,2005:5 launch 5"
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn a_filter_keeps_for_any_true_value_and_drops_for_nil() {
    let ended = run(
        r#"
        ouzel.filter(function(t) if t.id == 1 then return 0 end if t.id == 2 then return "" end if t.id == 3 then return t end if t.id == 4 then return nil end if t.id == 5 then return false end end)
        ouzel.enrich(function(t) ouzel.emit(t.id) end)"#,
        &(1..=6)
            .map(tweet)
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    assert_eq!(ended.output(), "1\n2\n3\n");
}

#[test]
fn a_rule_cannot_be_changed_from_a_handler() {
    let ended = run(
        r#"ouzel.on("*", function(t, rule)
          ouzel.emit(select(2, pcall(function() rule.tag = "x" end)))
          local keys = {} for k, v in pairs(rule) do keys[#keys + 1] = k .. "=" .. v end table.sort(keys) ouzel.emit(keys)
          ouzel.emit(rule)
        end)"#,
        &[&tweet(1)],
    );
    expect![[r#"
        "main.lua:2: a rule cannot be changed from a handler"
        ["id=1","id_str=1","tag=t"]
        {"id":1,"id_str":"1","tag":"t"}
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn a_failing_handler_loses_only_its_tweets_rows_and_emits() {
    let ended = run(
        r#"
        local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", step = "TEXT" })
        local function deeper(t)
          return t.missing.field
        end
        ouzel.on("*", function(t)
          seen:insert { id = t.id, step = "first" }
          ouzel.emit(t.id)
          if t.id % 2 == 0 then
            local x = deeper(t)
            return x
          end
          seen:upsert { id = t.id, step = "last" }
        end)"#,
        &(1..=5)
            .map(tweet)
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    assert_eq!(ended.output(), "1\n3\n5\n");
    ended.assert_rows(
        "SELECT * FROM seen",
        expect![[r#"
        1|last
        3|last
        5|last"#]],
    );
    ended
        .assert_says("5 Tweets")
        .assert_says("kept 3, filtered 0, failed 2")
        .assert_says("6 rows written");
    let log = ended.log();
    let failure = log
        .split_once("ERROR ")
        .map(|(_, rest)| rest.split("\n5 Tweets in").next().unwrap());
    expect![[r#"
        handler failed tweet="2" handler="on \"*\"" times=1 error=main.lua:4: attempt to index a nil value (field 'missing')
             4 |           return t.missing.field
                 in main.lua:4: in upvalue 'deeper'
                 in main.lua:10: in function <main.lua:6>
        ERROR handler failed tweet="4" handler="on \"*\"" times=2 error=main.lua:4: attempt to index a nil value (field 'missing')
             4 |           return t.missing.field
                 in main.lua:4: in upvalue 'deeper'
                 in main.lua:10: in function <main.lua:6>"#]]
    .assert_eq(failure.unwrap_or_default());
}

#[test]
fn a_failure_is_shown_wherever_it_happens() {
    let failure = |script: &str, expected: Expect| {
        let ended = run(script, &[&tweet(7)]);
        let log = ended.log();
        let failure = log
            .split_once("ERROR ")
            .map_or("", |(_, rest)| rest.split("\n1 Tweet in").next().unwrap());
        expected.assert_eq(failure.trim_end());
    };
    failure(
        r#"ouzel.filter(function(t) return t.user.followers_count > t.nothing end)"#,
        expect![[r#"
            handler failed tweet="7" handler="filter" times=1 error=main.lua:1: attempt to compare nil with number
                 1 | ouzel.filter(function(t) return t.user.followers_count > t.nothing end)
                     in main.lua:1: in function <main.lua:1>
               hint: `t.nothing` is nil"#]],
    );
    failure(
        "local seen = ouzel.table('seen', { id = 'INTEGER' })\nouzel.on('*', function(t)\n  return seen:insert { idd = 1 }\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:3: table `seen` has no column `idd`
                 3 |   return seen:insert { idd = 1 }
               hint: did you mean `id`?"#]],
    );
    failure(
        "local seen = ouzel.table('seen', { id = 'INTEGER' })\nouzel.on('*', function(t)\n  seen:insert {\n    id = 1,\n    idd = 1,\n  }\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:5: table `seen` has no column `idd`
                 5 |     idd = 1,
                     in main.lua:3: in function <main.lua:2>
               hint: did you mean `id`?"#]],
    );
    failure(
        "ouzel.on('*', function(t)\n  error({ code = 1 })\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:2: the error is a table, and not a text
                 2 |   error({ code = 1 })
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    failure(
        "ouzel.on('*', function(t)\n  error()\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:2: the error has no text
                 2 |   error()
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    failure(
        "ouzel.on('*', function(t)\n  error(t)\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:2: {"created_at":"Wed Oct 10 20:19:24 +0000 2018","id":7,"id_str":"7","text":"hello 7","user":{"id":7,"id_str":"7","screen_name":"ada","followers_count":7},"entities":{"hashtags":[]},"matching_rules":[{"tag":"t","id":1,"id_str":"1"}]}
                 2 |   error(t)
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    failure(
        "ouzel.on('*', function(t)\n  ouzel.rules { { value = 'late' } }\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:2: `ouzel.rules` can only be called while the script loads, not from a handler
                 2 |   ouzel.rules { { value = 'late' } }
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    failure(
        "ouzel.on('*', function(t)\n  ouzel.table('late', { id = 'TEXT' })\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:2: `ouzel.table` can only be called while the script loads, not from a handler
                 2 |   ouzel.table('late', { id = 'TEXT' })
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    failure(
        "ouzel.on('*', function(t)\n  ouzel.filter(function() end)\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:2: `ouzel.filter` can only be called while the script loads, not from a handler
                 2 |   ouzel.filter(function() end)
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    failure(
        "ouzel.on('*', function(t)\n  t:fulltext()\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:2: attempt to call a nil value (method 'fulltext'); did you mean `tweet:full_text()`?
                 2 |   t:fulltext()
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    failure(
        "ouzel.on('*', function(t)\n  t.full_text()\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:2: attempt to call a nil value (field 'full_text'); methods are called with a colon: `tweet:full_text()`
                 2 |   t.full_text()
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    failure(
        "ouzel.on('*', function(t)\n  coroutine.wrap(function() t.x.y = 1 end)()\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:2: attempt to index a nil value (field 'x')
                 2 |   coroutine.wrap(function() t.x.y = 1 end)()
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    failure(
        "ouzel.on('*', function(t)\n  local s = ('x'):rep(10, t)\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:2: bad argument #2 to 'rep' (string expected, got Tweet)
                 2 |   local s = ('x'):rep(10, t)
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    failure(
        "ouzel.on('*', function(t)\n  for k in pairs(t.text.x) do end\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:2: bad argument #1 to 'for iterator' (table expected, got nil)
                 2 |   for k in pairs(t.text.x) do end
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    failure(
        "ouzel.on('*', function(t)\n  setmetatable(t, {})\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:2: bad argument #1 to 'setmetatable' (table expected, got Tweet)
                 2 |   setmetatable(t, {})
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    failure(
        "ouzel.on('*', function(t)\n  coroutine.yield(1)\nend)",
        expect![[r#"
            handler failed tweet="7" handler="on \"*\"" times=1 error=main.lua:2: attempt to yield from outside a coroutine
                 2 |   coroutine.yield(1)
                     in main.lua:2: in function <main.lua:1>"#]],
    );
}

#[test]
fn an_error_can_be_caught_inside_a_handler() {
    let ended = run(
        r#"
        local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
        ouzel.on("*", function(t)
          seen:insert { id = t.id }
          ouzel.emit({ pcall(seen.insert, seen, { id = t.id }) })
          ouzel.emit({ pcall(seen.insert, seen, { nope = 1 }) })
          ouzel.emit({ pcall(function() return t.a.b end) })
          ouzel.emit({ xpcall(function() error("x", 0) end, function(m) return "handled " .. m end) })
          ouzel.emit({ pcall(error, ouzel.json.null) })
          ouzel.emit({ select(2, pcall(error, { code = 5 })).code })
        end)"#,
        &[&tweet(1)],
    );
    expect![[r#"
        [false,"table `seen`: UNIQUE constraint failed: seen.id"]
        [false,"table `seen` has no column `nope`"]
        [false,"main.lua:7: attempt to index a nil value (field 'a')"]
        [false,"handled x"]
        [false,"null"]
        [5]
    "#]]
    .assert_eq(ended.output());
    ended.assert_rows("SELECT * FROM seen", expect!["1"]);
    ended.assert_says("failed 0");
}

#[test]
fn reads_see_the_writes_made_before_them() {
    let ended = run(
        r#"
        local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", n = "INTEGER", s = "TEXT", r = "REAL", b = "BLOB" })
        ouzel.on("*", function(t)
          seen:insert { id = t.id, n = true, s = "a\0b", r = 1.5, b = "\xff\0" }
          ouzel.emit(seen:count())
          ouzel.emit(seen:count { n = 1, s = "a\0b" })
          ouzel.emit(seen:get(t.id).s == "a\0b" and seen:get(t.id).b == "\xff\0")
          ouzel.emit(seen:get(99) == nil)
          seen:upsert { id = t.id, n = 5 }
          ouzel.emit(seen:get(t.id).r)
          seen:upsert { id = t.id, s = ouzel.json.null }
          ouzel.emit(seen:get(t.id).s == nil)
          ouzel.emit(seen:count { s = ouzel.json.null })
          ouzel.emit(ouzel.db.exec("UPDATE seen SET n = n + ?", 1))
          ouzel.emit(ouzel.db.one("SELECT n, id AS x FROM seen WHERE id = ?", t.id))
          ouzel.emit(ouzel.db.one("SELECT 1 WHERE 0") == nil)
          local sum = 0
          for row in ouzel.db.query("SELECT id FROM seen ORDER BY id") do sum = sum + row.id ouzel.db.exec("DELETE FROM seen WHERE id > 100") end
          ouzel.emit(sum)
          ouzel.emit(ouzel.db.one("SELECT count(*) AS n FROM _ouzel_rules").n)
          ouzel.emit(seen.name)
        end)"#,
        &[&tweet(1), &tweet(2)],
    );
    expect![[r#"
        1
        1
        true
        true
        1.5
        true
        1
        1
        {"n":6,"x":1}
        true
        1
        0
        "seen"
        2
        1
        true
        true
        1.5
        true
        2
        2
        {"n":6,"x":2}
        true
        3
        0
        "seen"
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn a_script_cannot_touch_what_belongs_to_ouzel() {
    let attempts = [
        "INSERT INTO _ouzel_rules VALUES ('x', 'y', 'z', 1)",
        "UPDATE _OUZEL_rules SET id = 1",
        "DELETE FROM main._ouzel_rules",
        "DROP TABLE _ouzel_invalid",
        "ALTER TABLE _ouzel_rules ADD COLUMN x",
        "CREATE TABLE _ouzel_mine (x)",
        "CREATE TEMP TABLE _ouzel_rules (endpoint, value, tag, id)",
        "CREATE TEMP VIEW _ouzel_rules AS SELECT 1",
        "CREATE VIEW _ouzel_view AS SELECT 1",
        "CREATE INDEX i ON _ouzel_rules (id)",
        "CREATE TRIGGER tr AFTER INSERT ON _ouzel_rules BEGIN SELECT 1; END",
        "ALTER TABLE seen RENAME TO _ouzel_seen",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT x",
        "SAVEPOINT _ouzel_tweet",
        "RELEASE _ouzel_tweet",
        "ROLLBACK TO _ouzel_tweet",
        "ATTACH ':memory:' AS other",
        "VACUUM",
        "VACUUM INTO 'copy.db'",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = 1",
        "PRAGMA foreign_keys = 0",
        "SELECT load_extension('x')",
    ];
    let list: Vec<_> = attempts.iter().map(|sql| format!("{sql:?}")).collect();
    let script = format!(
        r#"
        local seen = ouzel.table("seen", {{ id = "INTEGER PRIMARY KEY" }})
        seen:upsert {{ id = 0 }}
        ouzel.on("*", function(t)
          seen:insert {{ id = t.id }}
          for _, sql in ipairs {{ {} }} do
            for name, run in pairs {{ exec = ouzel.db.exec, query = ouzel.db.query }} do
              local ok, why = pcall(run, sql)
              if ok then ouzel.emit(name .. " " .. sql) end
            end
          end
        end)"#,
        list.join(", ")
    );
    let ended = run(&script, &[&tweet(1), &tweet(2), &tweet(3)]);
    assert_eq!(ended.output(), "");
    ended.assert_rows(
        "SELECT id FROM seen",
        expect![[r#"
        0
        1
        2
        3"#]],
    );
    assert!(!ended.folder().join("copy.db").exists());
}

#[test]
fn a_trigger_cannot_write_what_belongs_to_ouzel() {
    let ended = run(
        r#"
        ouzel.rules { { value = "tea", tag = "t" } }
        local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
        ouzel.db.exec("CREATE TRIGGER IF NOT EXISTS sly AFTER INSERT ON seen BEGIN DELETE FROM _ouzel_rules; END")
        ouzel.on("*", function(t)
          ouzel.emit((pcall(seen.insert, seen, { id = t.id })))
        end)"#,
        &[&tweet(1), &tweet(2)],
    );
    assert_eq!(ended.output(), "false\nfalse\n");
    ended.assert_rows("SELECT count(*) FROM _ouzel_rules", expect!["1"]);
}

#[test]
fn a_row_that_breaks_a_deferred_constraint_does_not_end_the_run() {
    let ended = run(
        r#"
        ouzel.db.exec("CREATE TABLE IF NOT EXISTS parent (id INTEGER PRIMARY KEY)")
        local ok, child = pcall(ouzel.table, "child", { id = "INTEGER PRIMARY KEY", parent = "INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED" })
        ouzel.on("*", function(t)
          if ok then child:insert { id = t.id, parent = 5 } end
        end)"#,
        &[&tweet(1), &tweet(2)],
    );
    ended.assert_says("2 Tweets");
}

#[test]
fn json_survives_a_round_trip() {
    let round = |text: &str| {
        let script = format!(
            "ouzel.enrich(function(t) ouzel.emit((ouzel.json.decode({}))) end)",
            format_args!("[==[{text}]==]")
        );
        assert_eq!(run(&script, &[&tweet(1)]).output(), format!("{text}\n"));
    };
    round(r#"[]"#);
    round(r#"{}"#);
    round(r#"[1,null,3]"#);
    round(r#"[null]"#);
    round(r#"[[],[[]],{}]"#);
    round(r#"{"a":[{"b":[]}],"c":{}}"#);
    round(r#"9223372036854775807"#);
    round(r#"-9223372036854775808"#);
    round(r#"1.5"#);
    round(r#"1.0"#);
    round(r#""é\"\\\n\u0001😀""#);
    round(r#"null"#);
    round(r#"true"#);
}

#[test]
fn json_that_is_wrong_gives_nil_and_a_message() {
    let ended = run(
        r#"ouzel.enrich(function(t)
          for _, text in ipairs { "", "{", "[1,]", "nope", "1 2", ("["):rep(100000), ("{\"a\":"):rep(100000), '"\\ud8"' } do
            local value, problem = ouzel.json.decode(text)
            ouzel.emit({ value == nil, type(problem), #problem < 200 })
          end
          ouzel.emit(ouzel.json.encode(nil))
          local list = ouzel.json.decode("[1]")
          list[1] = nil
          ouzel.emit(list)
          list.name = "x"
          ouzel.emit(list)
        end)"#,
        &[&tweet(1)],
    );
    expect![[r#"
        [true,"string",true]
        [true,"string",true]
        [true,"string",true]
        [true,"string",true]
        [true,"string",true]
        [true,"string",true]
        [true,"string",true]
        [true,"string",true]
        "null"
        []
        {"name":"x"}
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn a_tweet_nested_without_end_is_counted_and_does_not_crash() {
    let deep = |open: &str, close: &str| {
        format!(
            r#"{{"id_str":"1","id":1,"x":{}{}}}"#,
            open.repeat(100_000),
            close.repeat(100_000)
        )
    };
    let run = Setup::new()
        .script(
            "ouzel.enrich(function(t) ouzel.log.info('handled', t.id) t.y = 1 ouzel.emit(t) end)",
        )
        .start();
    run.powertrack().send(deep("[", "]"));
    run.powertrack().send(deep("[", ""));
    run.powertrack().send(deep("{\"a\":", "}"));
    run.powertrack()
        .send(format!(r#"{{"info":{}}}"#, deep("[", "]")));
    run.powertrack().send(
        r#"{"id_str":"1","id":1,"x":"#.to_owned() + &"[".repeat(200) + &"]".repeat(200) + "}",
    );
    run.powertrack().send(tweet(2));
    run.wait_for("handled 1");
    run.wait_for("handled 2");
    run.drain().assert_says("4 lines were no Tweets");
}

#[test]
fn the_sandbox_leaves_out_what_reaches_outside() {
    let ended = run(
        r#"ouzel.enrich(function(t)
          local names = {}
          for name in pairs(_G) do names[#names + 1] = name end
          table.sort(names)
          ouzel.emit(table.concat(names, " "))
          names = {}
          for name in pairs(os) do names[#names + 1] = name end
          table.sort(names)
          ouzel.emit(table.concat(names, " "))
          ouzel.emit(string.dump == nil and ("").dump == nil)
          ouzel.emit((load(function() return nil end)) ~= nil)
          local code = "\27Lua"
          ouzel.emit((load(code)) == nil)
          local given = false
          ouzel.emit((load(function() if given then return nil end given = true return code end)) == nil)
          ouzel.emit((load(code, "x", "bt")) == nil)
          ouzel.emit((pcall(load, code, "x", "b")))
          ouzel.emit(load("return 1 + 1")())
          ouzel.emit(getmetatable(ouzel))
          ouzel.emit(getmetatable(ouzel.db))
          ouzel.emit(type(require))
        end)"#,
        &[&tweet(1)],
    );
    expect![[r#"
        "_G _VERSION assert collectgarbage coroutine error getmetatable ipairs load math next os ouzel pairs pcall print rawequal rawget rawlen rawset require select setmetatable string table tonumber tostring type utf8 xpcall"
        "clock date time"
        true
        true
        true
        true
        true
        false
        2
        false
        false
        "function"
    "#]].assert_eq(ended.output());
}

#[test]
fn what_a_script_prints_goes_to_the_log_and_not_to_stdout() {
    let ended = run(
        r#"
        print("loading", 1, nil)
        ouzel.enrich(function(t) print(t.text, t.user.name) ouzel.log.warn("careful", t.id, { 1 } ~= nil, nil) ouzel.log.debug("hidden") ouzel.log.error("\27[31mred\7") end)"#,
        &[&tweet(1)],
    );
    assert_eq!(ended.output(), "");
    ended
        .assert_says("loading\t1\tnil")
        .assert_says("hello 1\tnil")
        .assert_says("careful 1 true nil");
    ended
        .assert_silent_about("hidden")
        .assert_silent_about("\u{1b}");
}

#[test]
fn the_text_and_the_time_of_a_tweet_are_a_call_away() {
    emits(
        "ouzel.emit(t:full_text()) ouzel.emit(t:created_at_iso()) t.created_at = nil t.text = 'other' ouzel.emit(t:full_text()) ouzel.emit(t:created_at_iso() == nil) ouzel.emit(t.user.full_text == nil)",
        &tweet(1),
        expect![[r#"
            "hello 1"
            "2018-10-10T20:19:24Z"
            "other"
            true
            true"#]],
    );
}

#[test]
fn a_metamethod_of_a_script_cannot_confuse_a_run() {
    let lines: Vec<_> = (1..=200).map(tweet).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let ended = run(
        r#"
        local seen = ouzel.table("seen", { id = "INTEGER" })
        ouzel.on("*", function(t)
          local row = setmetatable({ id = t.id }, { __index = function() error("no") end, __pairs = function() error("no") end, __len = function() error("no") end })
          seen:insert(row)
          ouzel.json.encode(row)
          collectgarbage("step")
        end)"#,
        &lines,
    );
    ended.assert_rows("SELECT count(*) FROM seen", expect!["200"]);
    ended.assert_says("failed 0");
}

#[test]
fn a_key_can_have_several_columns() {
    let script = r#"
        local t = ouzel.table("mentions", { tag = "TEXT", id = "INTEGER", n = "INTEGER", at = "TEXT" }, {
          primary_key = { "tag", "id" },
          indices = { { "tag", "at" }, { "at", unique = true } },
        })
        ouzel.enrich(function()
          t:upsert { tag = "x", id = 1, n = 1, at = "a" }
          t:upsert { tag = "x", id = 1, n = 2 }
          t:upsert { tag = "y", id = 1, at = "b" }
          t:upsert { tag = "x", id = 1 }
          ouzel.emit { t:get({ tag = "x", id = 1 }).n, t:count(), t:get { id = 2, tag = "x" } == nil }
          ouzel.emit { pcall(t.insert, t, { tag = "y", id = 1 }) }
          ouzel.emit { pcall(t.insert, t, { tag = "z", id = 1, at = "b" }) }
          ouzel.emit { pcall(t.upsert, t, { tag = "z" }) }
        end)
    "#;
    let ended = run(script, &[&tweet(1)]);
    expect![[r#"
        [2,2,true]
        [false,"table `mentions`: UNIQUE constraint failed: mentions.tag, mentions.id"]
        [false,"table `mentions`: UNIQUE constraint failed: mentions.at"]
        [false,"table `mentions`: NOT NULL constraint failed: mentions.id"]
    "#]]
    .assert_eq(ended.output());
    ended.assert_rows(
        "SELECT sql FROM sqlite_schema WHERE tbl_name = 'mentions' AND sql IS NOT NULL",
        expect![[r#"
            CREATE TABLE "mentions" ("tag" TEXT, "id" INTEGER, "n" INTEGER, "at" TEXT, PRIMARY KEY ("tag", "id")) STRICT
            CREATE INDEX "mentions_tag_at" ON "mentions" ("tag", "at")
            CREATE UNIQUE INDEX "mentions_at" ON "mentions" ("at")"#]],
    );
    // The same declaration finds what it has made, and another one adds to it.
    let more = r#"
        ouzel.table("mentions", { tag = "TEXT", id = "INTEGER", n = "INTEGER", at = "TEXT", more = "REAL DEFAULT 0.5" }, {
          primary_key = { "id", "tag" },
          indices = { { "more" } },
        })
    "#;
    let run = ended.again().start();
    run.wait_for("script loaded");
    run.write("scripts/main.lua", more);
    run.wait_for("script loaded");
    let ended = run.drain();
    ended.assert_code(0);
    ended.assert_rows(
        "SELECT group_concat(more) FROM mentions",
        expect!["0.5,0.5"],
    );
    ended.assert_rows(
        "SELECT group_concat(name, ' ') FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
        expect!["mentions_tag_at mentions_at mentions_more"],
    );
}

#[test]
fn rows_are_changed_and_deleted_by_their_columns() {
    emits_after(
        "local seen = ouzel.table('seen', { id = 'INTEGER PRIMARY KEY', tag = 'TEXT', n = 'INTEGER' })",
        r#"
        for id = 1, 6 do seen:insert { id = id, tag = id % 2 == 0 and "even" or nil, n = 0 } end
        ouzel.emit(seen:update({ tag = "even" }, { n = 1 }))
        ouzel.emit(seen:update({ tag = "even", id = 2 }, { n = 5, tag = ouzel.json.null }))
        ouzel.emit(seen:update(4, { n = 6 }))
        ouzel.emit(seen:update({ id = 99 }, { n = 6 }))
        ouzel.emit(seen:delete { tag = ouzel.json.null, n = 0 })
        ouzel.emit(seen:delete(6))
        ouzel.emit(seen:delete(6))
        for row in ouzel.db.query("SELECT * FROM seen ORDER BY id") do ouzel.emit { row.id, row.tag or "no", row.n } end
        "#,
        &tweet(1),
        expect![[r#"
            3
            1
            1
            0
            3
            1
            0
            [2,"no",5]
            [4,"even",6]"#]],
    );
}

#[test]
fn a_failing_tweet_takes_its_changes_back() {
    let script = r#"
        local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", n = "INTEGER" })
        ouzel.enrich(function(t)
          if t.id == 1 then for id = 1, 3 do seen:insert { id = id, n = 0 } end end
          if t.id == 2 then seen:update({ n = 0 }, { n = 1 }) seen:delete(3) error("no") end
        end)
    "#;
    let ended = run(script, &[&tweet(1), &tweet(2)]);
    ended.assert_rows(
        "SELECT group_concat(id || ' ' || n) FROM seen",
        expect!["1 0,2 0,3 0"],
    );
}

#[test]
fn values_are_stored_as_the_type_of_their_column_says() {
    let script = r#"
        local t = ouzel.table("seen", { i = "INTEGER", r = "REAL", t = "TEXT", b = "BLOB", a = "ANY" }, { indices = { { "b" } } })
        ouzel.enrich(function()
          t:insert { i = 5.0, r = 5, t = 5, b = "text", a = "5" }
          t:insert { i = true, r = 0.5, t = 0.5, b = "\xff\0", a = 5 }
          ouzel.emit { t:count { b = "text" }, t:count { b = "\xff\0" }, t:update({ b = "text" }, { b = "more" }), t:delete { b = "more" } }
          t:insert { i = 9007199254740993, a = "\xff" }
        end)
    "#;
    let ended = run(script, &[&tweet(1)]);
    expect![[r#"
        [1,1,1,1]
    "#]]
    .assert_eq(ended.output());
    ended.assert_rows(
        "SELECT i, typeof(i), r, typeof(r), t, typeof(t), hex(b), typeof(b), hex(a), typeof(a) FROM seen",
        expect![[r#"
            1|integer|0.5|real|0.5|text|FF00|blob|35|integer
            9007199254740993|integer|NULL|null|NULL|null||null|FF|blob"#]],
    );
}

/// A table of before there were types that are checked.
#[test]
fn a_table_that_is_not_strict_goes_on_and_is_checked_all_the_same() {
    let script = r#"
        ouzel.db.exec "CREATE TABLE IF NOT EXISTS seen (id INTEGER PRIMARY KEY, n INTEGER, b BLOB)"
        ouzel.db.exec "INSERT OR IGNORE INTO seen VALUES (0, 'old', 'text')"
        local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", n = "INTEGER", b = "BLOB", more = "REAL" }, { indices = { { "n" } } })
        ouzel.enrich(function(t)
          ouzel.emit { seen:get(0).n, seen:count { b = "text" } }
          seen:insert { id = t.id, n = t.id == 1 and 5.0 or "x", b = "text", more = 1 }
        end)
    "#;
    let ended = run(script, &[&tweet(1), &tweet(2)]);
    ended.assert_says("the table is not STRICT in the database; ouzel itself checks the types of what the script writes there table=\"seen\"");
    ended.assert_says("main.lua:7: column `n` of table `seen` is INTEGER and cannot hold text");
    ended.assert_rows(
        "SELECT id, n, typeof(n), b, typeof(b), more FROM seen",
        expect![[r#"
            0|old|text|text|text|NULL
            1|5|integer|text|text|1.0"#]],
    );
    // With `strict = false` nothing is checked, and nothing is said.
    let loose = r#"
        local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", n = "INTEGER", at = "DATETIME" }, { strict = false })
        local new = ouzel.table("new", { at = "DATETIME", n = "VARCHAR(5)" }, { strict = false, primary_key = { "at" } })
        ouzel.enrich(function(t)
          seen:insert { id = t.id, n = "many", at = 5 }
          new:upsert { at = "x", n = 123456 }
        end)
    "#;
    let run = ended.again().script(loose).start();
    run.powertrack().wait_for_connection(2);
    run.powertrack().send_all([tweet(3), tweet(4)]);
    let ended = run.ends();
    ended.assert_code(0).assert_silent_about("not STRICT");
    ended.assert_rows("SELECT n, at FROM seen WHERE id = 3", expect!["many|5"]);
    ended.assert_rows("SELECT at, n FROM new", expect!["x|123456"]);
}

#[test]
fn a_query_gives_its_rows_as_they_were_and_many_of_them() {
    emits_after(
        "local seen = ouzel.table('seen', { id = 'INTEGER PRIMARY KEY', tag = 'TEXT', n = 'INTEGER' })",
        r#"
        for id = 1, 5 do seen:insert { id = id } end
        local given = {}
        for row in ouzel.db.query("SELECT id FROM seen") do
          given[#given + 1] = row.id
          seen:insert { id = row.id + 100 }
          seen:delete(row.id + 1)
          if row.id == 3 then ouzel.db.exec("DROP TABLE seen") ouzel.db.exec("CREATE TABLE seen (id INTEGER PRIMARY KEY)") end
        end
        ouzel.emit { given, ouzel.db.one("SELECT group_concat(id) AS ids FROM seen").ids }
        local numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i, 'text ' || i AS text FROM n"
        local count, last = 0
        for row in ouzel.db.query(numbers, 100000) do count, last = count + 1, row.text end
        ouzel.emit { count, last }
        -- Those that are not read to their end wait for the collector.
        local large = "SELECT 1 AS one, hex(zeroblob(600000)) AS text"
        for _ = 1, 60 do
          for row in ouzel.db.query(large) do assert(#row.text == 1200000) break end
        end
        local open, opened = {}, 0
        for i = 1, 20 do
          local ok, rows = pcall(ouzel.db.query, large)
          open[i] = rows
          if ok then opened = opened + 1 end
        end
        ouzel.emit { opened, open[20] }
        open = nil
        collectgarbage()
        ouzel.emit(#ouzel.db.query(large)().text)
        local done = ouzel.db.query("SELECT 1 AS one")
        ouzel.emit { done().one, done() == nil, done() == nil }
        "#,
        &tweet(1),
        expect![[r#"
            [[1,2,3,4,5],"104,105"]
            [100000,"text 100000"]
            [16,"16 large queries wait to be read to their ends; read one to its end, or add `LIMIT`"]
            1200000
            [1,true,true]"#]],
    );
}

#[test]
fn patterns_and_lists_work_on_a_tweet_as_on_a_table() {
    emits(
        r"
        local words = {}
        for word in t.text:gmatch('%a+') do table.insert(words, 1, word) end
        table.sort(words)
        ouzel.emit(words)
        ouzel.emit((t.text:gsub('(%a)(%a*)', function(a, b) return a:upper() .. b end)))
        ouzel.emit({ t.text:find('(b)()', 2) })
        table.insert(t.list, 1, 0)
        table.sort(t.list, function(a, b) return a > b end)
        ouzel.emit({ table.concat(t.list, '+'), table.remove(t.list), table.unpack(t.list) })",
        r#"{"id_str":"1","text":"a big cat","list":[3,1,2]}"#,
        expect![[r#"
            ["a","big","cat"]
            "A Big Cat"
            [3,3,"b",4]
            ["3+2+1+0",0,3,2,1]"#]],
    );
}
