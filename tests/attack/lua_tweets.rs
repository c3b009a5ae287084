//! Lua programs that use a Tweet in ways that few do.

use expect_test::{Expect, expect};

use super::support::{Setup, tweet};

/// What a handler's body emits about one Tweet, `t`.
#[track_caller]
fn emits(body: &str, line: &str, expected: Expect) {
    let script = format!("ouzel.enrich(function(t)\n{body}\nend)");
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

#[test]
fn a_loop_may_delete_and_change_what_it_passes() {
    let line = r#"{"id_str":"1","a":1,"b":"x","c":null,"d":{"e":1},"a":2,"list":[1,2,3]}"#;
    emits(
        "local n = 0 for k in pairs(t) do n = n + 1 t[k] = nil end ouzel.emit(n) ouzel.emit(next(t) == nil) ouzel.emit(t)",
        line,
        expect![[r#"
            5
            true
            {"c":null}"#]],
    );
    emits(
        "local n, k, v = 0, next(t) while k do n = n + 1 if type(v) == 'number' then t[k] = nil end k, v = next(t, k) end ouzel.emit(n) ouzel.emit(t)",
        line,
        expect![[r#"
            5
            {"id_str":"1","b":"x","c":null,"d":{"e":1},"list":[1,2,3]}"#]],
    );
    // A field of the line is changed for the first time while the loop is among those that were added.
    emits(
        "for i = 1, 20 do t['new' .. i] = i end local n = 0 for k in pairs(t) do n = n + 1 if k:find('new') then t.a = k t.b = nil t.d = nil t[k] = nil end end ouzel.emit(n) t.a = nil ouzel.emit(t)",
        line,
        expect![[r#"
            25
            {"id_str":"1","c":null,"list":[1,2,3]}"#]],
    );
    emits(
        "local n = 0 for i in pairs(t.list) do n = n + 1 t.list[i] = nil end ouzel.emit(n) ouzel.emit(t.list)",
        line,
        expect![[r#"
            3
            []"#]],
    );
}

#[test]
fn a_key_that_is_no_field_has_no_next_one() {
    emits(
        "ouzel.emit({ pcall(next, t, 'none') }) ouzel.emit({ pcall(next, t, 7) }) ouzel.emit({ pcall(next, t.list, 4) }) ouzel.emit(next(t.list, 3) == nil) ouzel.emit({ pcall(pairs(t), 'x') })",
        r#"{"id_str":"1","list":[1,2,3]}"#,
        expect![[r#"
            [false,"invalid key to 'next'"]
            [false,"invalid key to 'next'"]
            [false,"invalid key to 'next'"]
            true
            [false,"bad argument #1 to '?' (table expected, got string)"]"#]],
    );
}

#[test]
fn a_list_with_a_hole_or_a_name_is_not_cut_off_as_json() {
    emits(
        r"
        local function fails(x) ouzel.emit((select(2, pcall(ouzel.json.encode, x)))) end
        t.list[2] = nil fails(t.list)
        t.list[5], t.list[6] = nil, 6 fails(t)
        t.other.name = 1 fails(t.other)
        fails({ 1, nil, 3, 4, nil, 6 })
        ",
        r#"{"id_str":"1","list":[1,2,3,4],"other":[1]}"#,
        expect![[r#"
            "a list with holes has no JSON; put `ouzel.json.null` into them"
            "a list with holes has no JSON; put `ouzel.json.null` into them"
            "a table with both list items and named fields has no JSON"
            "a list with holes has no JSON; put `ouzel.json.null` into them""#]],
    );
}

#[test]
fn tables_that_hold_each_other_twice_do_not_fill_the_memory() {
    emits(
        r"
        local x = { ('x'):rep(1000000) }
        for _ = 1, 90 do x = { x, x } end
        ouzel.emit((select(2, pcall(ouzel.json.encode, x))))
        local y = { x = ('x'):rep(1000000) }
        for _ = 1, 90 do y = { a = y, b = y } end
        t.y = y
        ouzel.emit((select(2, pcall(ouzel.json.encode, t))))
        ",
        r#"{"id_str":"1"}"#,
        expect![[r#"
            "the value is too large: its JSON would have more than 33554432 bytes"
            "the value is too large: its JSON would have more than 33554432 bytes""#]],
    );
}

#[test]
fn a_name_that_is_no_text_cuts_nothing_off_a_written_tweet() {
    emits(
        "t.b = 2 t.d.x = true ouzel.emit(t)",
        r#"{"id_str":"1","a\ud800":1, "b" : 1,"\u0063":[ {"\udfff":null} ],"d":{"\ud800":1},"e":1e400}"#,
        expect![[
            r#"{"id_str":"1","a\ud800":1,"b":2,"\u0063":[ {"\udfff":null} ],"d":{"\ud800":1,"x":true},"e":1e400}"#
        ]],
    );
}

#[test]
fn the_methods_of_a_tweet_answer_from_what_handlers_have_written() {
    let long = r#"{"id_str":"1","text":"cut…","created_at":"Wed Oct 10 20:19:24 +0000 2018","user":{"screen_name":"ada"},"extended_tweet":{"full_text":"whole"},"retweeted_status":{"text":"first","user":{"screen_name":"bo"}}}"#;
    emits(
        r"
        local function say() ouzel.emit(t:full_text()) end
        t.reach = 1 say()
        t.retweeted_status.user.screen_name = 'cy' say()
        t.retweeted_status.text = 'changed' say() ouzel.emit(t.retweeted_status:full_text())
        t.retweeted_status = nil say()
        t.extended_tweet.full_text = 'longer' say()
        t.extended_tweet = { full_text = 'other' } say()
        t.extended_tweet = nil say()
        t.text = 'short' say()
        t.text = 5 ouzel.emit(t:full_text() == nil)
        t.text = nil ouzel.emit(t:full_text() == nil)
        ",
        long,
        expect![[r#"
            "RT @bo: first"
            "RT @cy: first"
            "RT @cy: changed"
            "changed"
            "whole"
            "longer"
            "other"
            "cut…"
            "short"
            true
            true"#]],
    );
    emits(
        "t.text = 'mine' ouzel.emit(t:full_text()) t.created_at = 'Thu Jan 01 00:00:00 +0000 1970' ouzel.emit(t:created_at_iso()) t.created_at = {} ouzel.emit(t:created_at_iso() == nil)",
        long,
        expect![[r#"
            "mine"
            "1970-01-01T00:00:00Z"
            true"#]],
    );
    emits(
        "t.body = 'mine' ouzel.emit(t:full_text()) t.postedTime = nil ouzel.emit(t:created_at_iso() == nil) t.object.long_object = { body = 'long' } t.body = nil ouzel.emit(t:full_text())",
        r#"{"objectType":"activity","id":"x:1","verb":"share","body":"RT","postedTime":"2018-10-10T20:19:24.000Z","object":{"body":"o","actor":{"preferredUsername":"n"}}}"#,
        expect![[r#"
            "mine"
            true
            "RT @n: long""#]],
    );
}

#[test]
fn a_tweet_that_is_raised_as_an_error_comes_out_as_itself() {
    emits(
        "local ok, e = pcall(error, t) ouzel.emit(e == t) ouzel.emit({ xpcall(error, function(x) return x.id_str end, t) })",
        r#"{"id_str":"1"}"#,
        expect![[r#"
            true
            [false,"1"]"#]],
    );
}

#[test]
fn rules_without_an_id_are_one_table_each_for_all_tweets() {
    let script = r#"
        local seen, kinds = {}, 0
        ouzel.on("*", function(t, rule)
          if not seen[rule] then seen[rule] = true kinds = kinds + 1 end
          ouzel.emit { rule.tag or false, kinds, pcall(function() rule.tag = 1 end) }
        end)"#;
    let run = Setup::new()
        .script(script)
        .arguments(&["--limit", "3"])
        .start();
    let rules = r#"[{"tag":"a"},{"tag":null},{"tag":"b"},{"tag":"a","id":5}]"#;
    for id in 1..=3 {
        let line = format!(r#"{{"id_str":"{id}","matching_rules":{rules}}}"#);
        run.powertrack().send(line);
    }
    let ended = run.ends();
    ended.assert_code(0);
    expect![[r#"
        ["a",1,false,"main.lua:5: a rule cannot be changed from a handler"]
        [false,2,false,"main.lua:5: a rule cannot be changed from a handler"]
        ["b",3,false,"main.lua:5: a rule cannot be changed from a handler"]
        ["a",4,false,"main.lua:5: a rule cannot be changed from a handler"]
        ["a",4,false,"main.lua:5: a rule cannot be changed from a handler"]
        [false,4,false,"main.lua:5: a rule cannot be changed from a handler"]
        ["b",4,false,"main.lua:5: a rule cannot be changed from a handler"]
        ["a",4,false,"main.lua:5: a rule cannot be changed from a handler"]
        ["a",4,false,"main.lua:5: a rule cannot be changed from a handler"]
        [false,4,false,"main.lua:5: a rule cannot be changed from a handler"]
        ["b",4,false,"main.lua:5: a rule cannot be changed from a handler"]
        ["a",4,false,"main.lua:5: a rule cannot be changed from a handler"]
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn messages_say_what_a_value_is() {
    let script = r#"
        local seen = ouzel.table("seen", { id = "INTEGER" })
        local sink = ouzel.sink("out")
        ouzel.on("*", function(t, rule)
          for _, x in ipairs({ t, t.user, rule, seen, sink, ouzel.json.null, ouzel.json, {}, print }) do
            ouzel.emit((select(2, pcall(ouzel.json.decode, x))))
          end
          -- Neither is an empty row.
          ouzel.emit { (pcall(seen.insert, seen, seen)), (pcall(seen.insert, seen, rule)) }
        end)"#;
    let run = Setup::new()
        .script(script)
        .arguments(&["--limit", "1"])
        .start();
    run.powertrack().send(tweet(1));
    let ended = run.ends();
    ended.assert_code(0);
    expect![[r#"
        "what `ouzel.json.decode` takes has to be a string, not a Tweet or a part of one"
        "what `ouzel.json.decode` takes has to be a string, not a Tweet or a part of one"
        "what `ouzel.json.decode` takes has to be a string, not a rule"
        "what `ouzel.json.decode` takes has to be a string, not the table `seen` of the database"
        "what `ouzel.json.decode` takes has to be a string, not a sink"
        "what `ouzel.json.decode` takes has to be a string, not `ouzel.json.null`"
        "what `ouzel.json.decode` takes has to be a string, not `ouzel.json`"
        "what `ouzel.json.decode` takes has to be a string, not a table"
        "what `ouzel.json.decode` takes has to be a string, not a function"
        [false,false]
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn a_word_in_a_comment_or_a_text_does_not_move_a_column() {
    let script = r#"
local text = [[
ouzel.table("seen", { zebra = "INTEGER", apple = "TEXT" }) --]] -- zebra
local seen = ouzel.table( --[[ zebra, apple ]] "seen", { -- zebra, then middle = 1
  ["middle"] = "TEXT DEFAULT 'apple'", --[==[
  apple = "TEXT", ]==] zebra = "INTEGER", apple = 'TEXT', ["from" .. "code"] = "TEXT",
})
local columns = { zebra = "TEXT", apple = "TEXT", middle = "TEXT" }
local other = ouzel.table("other", columns)
-- zebra, middle, apple
"#;
    let run = Setup::new()
        .script(script)
        .arguments(&["--limit", "1"])
        .start();
    run.powertrack().send(tweet(1));
    let ended = run.ends();
    ended.assert_rows(
        "SELECT m.name, group_concat(c.name, ' ') FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.name IN ('seen', 'other') GROUP BY 1 ORDER BY 1",
        expect![[r#"
            other|apple middle zebra
            seen|middle zebra apple fromcode"#]],
    );
}
