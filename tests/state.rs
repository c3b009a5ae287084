//! `ouzel.state`: what a script keeps from Tweet to Tweet, and when it is taken back.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use expect_test::{Expect, expect};
use support::{Ended, Setup, killed_over_and_over, tweet};

/// All rows of the state, readable.
const ROWS: &str = "SELECT parent, key, kind, value FROM _ouzel_state ORDER BY parent, key";

/// Runs a script on these Tweets over the database `a.db` of a replay, which stays for the next call.
#[track_caller]
fn replay_on(before: Option<Ended>, script: &str, ids: std::ops::RangeInclusive<i64>) -> Ended {
    let lines: Vec<_> = ids.map(tweet).collect();
    let append: &[&str] = match before {
        Some(_) => &["--append"],
        None => &[],
    };
    let setup = before.map_or_else(Setup::new, Ended::again);
    setup
        .without_script_limits()
        .script(script)
        .file("tweets.jsonl", lines.join("\n"))
        .command("replay")
        .arguments(&["tweets.jsonl", "--db", "a.db"])
        .arguments(append)
        .ends()
}

/// What a handler's body emits about one Tweet.
#[track_caller]
fn emits(body: &str, expected: Expect) {
    let script = format!("ouzel.on('*', function(t)\nlocal state = ouzel.state\n{body}\nend)");
    let ended = replay_on(None, &script, 1..=1);
    assert!(!ended.stderr.contains("handler failed"), "{}", ended.stderr);
    expected.assert_eq(ended.output().trim_end());
}

/// The error that a handler's body ends in.
#[track_caller]
fn fails(body: &str, expected: Expect) {
    let script = format!("ouzel.on('*', function(t)\n{body}\nend)");
    let ended = replay_on(None, &script, 1..=1);
    let (_, said) = ended
        .stderr
        .split_once("handler failed")
        .expect(&ended.stderr);
    let (_, error) = said.split_once("error=").unwrap();
    let lines = error
        .lines()
        .take_while(|line| !line.starts_with("1 Tweet in"));
    expected.assert_eq(lines.collect::<Vec<_>>().join("\n").trim_end());
}

#[test]
fn state_is_a_table() {
    emits(
        "ouzel.emit(type(state)) ouzel.emit(state.x == nil) state.x = 1 ouzel.emit(state.x) ouzel.emit(state[1.5] == nil) ouzel.emit(state[true] == nil)",
        expect![[r#"
            "table"
            true
            1
            true
            true"#]],
    );
    emits(
        "state.seen = { [7] = true, deep = { list = { 'a', 'b' } } } ouzel.emit(state.seen[7]) ouzel.emit(state.seen.deep.list) ouzel.emit(#state.seen.deep.list) ouzel.emit(type(state.seen)) ouzel.emit(state.seen == state.seen) ouzel.emit(rawequal(state.seen, state['seen']))",
        expect![[r#"
            true
            ["a","b"]
            2
            "table"
            true
            true"#]],
    );
    // A table is copied, so what is written to the one that was given stays outside.
    emits(
        "local given = { 1 } state.list = given given[2] = 2 ouzel.emit(state.list) state.list[2] = 3 ouzel.emit(given) state.copy = state.list state.copy[1] = 9 ouzel.emit(state.list)",
        expect![[r#"
            [1]
            [1,2]
            [1,3]"#]],
    );
    emits(
        "state.l = { 'c', 'a', 'b' } table.sort(state.l) ouzel.emit(state.l) table.insert(state.l, 'd') table.insert(state.l, 1, 'z') ouzel.emit(table.concat(state.l, ',')) ouzel.emit(table.remove(state.l, 1)) ouzel.emit({ table.unpack(state.l) })",
        expect![[r#"
            ["a","b","c"]
            "z,a,b,c,d"
            "z"
            ["a","b","c","d"]"#]],
    );
    emits(
        "state.q = { { n = 3 }, { n = 1 }, { n = 2 } } table.sort(state.q, function(a, b) return a.n < b.n end) ouzel.emit(state.q) local first = table.remove(state.q, 1) ouzel.emit(first.n) ouzel.emit(#state.q)",
        expect![[r#"
            [{"n":1},{"n":2},{"n":3}]
            1
            2"#]],
    );
    emits(
        "state.m = { b = 1, a = 2, [10] = 3, [-1] = 4 } local keys = {} for k, v in pairs(state.m) do keys[#keys + 1] = k .. '=' .. v end ouzel.emit(keys) for k in pairs(state.m) do state.m[k] = nil end ouzel.emit(next(state.m) == nil) for i, v in ipairs { 1 } do state.m[i] = v end for i, v in ipairs(state.m) do ouzel.emit(v) end",
        expect![[r#"
            ["-1=4","10=3","a=2","b=1"]
            true
            1"#]],
    );
    emits(
        "state.m = { x = 1 } ouzel.emit((next(state.m))) ouzel.emit(rawget(state.m, 'x')) rawset(state.m, 'y', 2) ouzel.emit(state.m) ouzel.emit(rawlen(state.m)) ouzel.emit(getmetatable(state)) ouzel.emit((pcall(setmetatable, state, {}))) ouzel.emit((pcall(rawset, state, 'f', print)))",
        expect![[r#"
            "x"
            1
            {"x":1,"y":2}
            0
            false
            false
            false"#]],
    );
    // A part of a Tweet is copied as well.
    emits(
        "state.last = t state.user = t.user ouzel.emit(state.last.id == t.id) ouzel.emit(math.type(state.last.id)) t.id = 5 ouzel.emit(state.last.id)",
        expect![[r#"
            true
            "integer"
            1"#]],
    );
}

#[test]
fn values_are_exact_over_a_restart() {
    let values = "{ math.maxinteger, math.mininteger, 1, 1.0, -0.0, 0.1, math.huge, -math.huge, true, false, '', 'a\\0b', '\\xff\\xfe', 'é', ouzel.json.null, 2^53 + 1 }";
    let write = format!(
        "local v = {values} ouzel.on('*', function(t) ouzel.state.v = v ouzel.state.nan = 0/0 ouzel.state['\\xff'] = 'key' end)"
    );
    let ended = replay_on(None, &write, 1..=1);
    let read = format!(
        "local v = {values}
        local same = 0
        for i, value in ipairs(v) do
          local kept = ouzel.state.v[i]
          if kept == value and math.type(kept) == math.type(value) and tostring(kept) == tostring(value) then same = same + 1
          else print('not the same', i, kept, value) end
        end
        ouzel.on('*', function(t) ouzel.emit {{ same = same, of = #v, kept = #ouzel.state.v, nan = ouzel.state.nan ~= ouzel.state.nan, key = ouzel.state['\\xff'] }} end)"
    );
    let ended = replay_on(Some(ended), &read, 2..=2);
    assert_eq!(
        ended.output(),
        "{\"kept\":16,\"key\":\"key\",\"nan\":true,\"of\":16,\"same\":16}\n",
        "{}",
        ended.stderr
    );
}

const COUNTING: &str = r#"
ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
ouzel.state.seen = ouzel.state.seen or {}
local seen = ouzel.state.seen
ouzel.on("*", function(t)
  ouzel.db.exec("INSERT INTO seen VALUES (?)", t.id)
  ouzel.state.n = (ouzel.state.n or 0) + 1
  seen[t.id] = { at = t.id }
  ouzel.log.info("handled", t.id, ouzel.state.n)
end)
"#;

#[test]
fn state_survives_a_reload_and_a_restart() {
    let run = Setup::new().script(COUNTING).start();
    run.powertrack().send_all((1..=3).map(tweet));
    run.wait_for("handled 3 3");
    run.write(
        "scripts/main.lua",
        &format!("{COUNTING}\nprint('again', ouzel.state.n, ouzel.state.seen[2].at)"),
    );
    run.wait_for("again\t3\t2");
    run.powertrack().send(tweet(4));
    run.wait_for("handled 4 4");
    let ended = run.drain();
    assert_eq!(
        ended.rows(ROWS),
        "0|n|integer|4\n0|seen|table|1\n1|1|table|2\n1|2|table|3\n1|3|table|4\n1|4|table|5\n2|at|integer|1\n3|at|integer|2\n4|at|integer|3\n5|at|integer|4"
    );
    let run = ended.again().start();
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(5));
    run.wait_for("handled 5 5");
    run.drain().assert_code(0);
}

#[test]
fn a_failing_handler_takes_its_writes_back_and_pcall_does_not() {
    let script = r#"
ouzel.state.deep = { list = { 1, 2 }, { n = 0 } }
ouzel.state_version(3)
local deep = ouzel.state.deep
ouzel.on("*", function(t)
  ouzel.state.n = (ouzel.state.n or 0) + 1
  deep[1].n = deep[1].n + 1
  if t.id == 2 then
    deep.list[3] = 3
    table.remove(deep.list, 1)
    ouzel.state.deep = nil
    ouzel.state.new = { { 1 } }
    ouzel.state.new[1][1] = 2
    error("no")
  end
  if t.id == 3 then
    pcall(function() ouzel.state.caught = true error("no") end)
  end
end)
"#;
    let ended = replay_on(None, script, 1..=4);
    assert!(ended.stderr.contains("failed 1"), "{}", ended.stderr);
    assert_eq!(
        ended.rows_of("a.db", ROWS),
        "0|caught|boolean|1\n0|deep|table|1\n0|n|integer|3\n1|1|table|2\n1|list|table|3\n2|n|integer|3\n3|1|integer|1\n3|2|integer|2"
    );
    assert_eq!(
        ended.rows_of("a.db", "SELECT version FROM _ouzel_state_version"),
        "3"
    );
}

#[test]
fn a_batch_that_is_taken_back_takes_the_state_with_it() {
    let script = r#"
ouzel.db.exec "CREATE TABLE one (a INTEGER UNIQUE ON CONFLICT ROLLBACK)"
ouzel.db.exec "INSERT INTO one VALUES (1)"
ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
ouzel.state.seen = {}
local seen = ouzel.state.seen
ouzel.on("*", function(t)
  ouzel.db.exec("INSERT INTO seen VALUES (?)", t.id)
  ouzel.state.n = (ouzel.state.n or 0) + 1
  seen[#seen + 1] = t.id
  -- This undoes what all Tweets of the batch have written, and nothing fails.
  if t.id % 10 == 5 then pcall(ouzel.db.exec, "INSERT INTO one VALUES (1)") end
end)
"#;
    let ended = replay_on(None, script, 1..=40);
    assert_eq!(
        ended.rows_of("a.db", "SELECT count(*) FROM seen"),
        "36",
        "{}",
        ended.stderr
    );
    assert_eq!(
        ended.rows_of("a.db", "SELECT value FROM _ouzel_state WHERE key = 'n'"),
        "36"
    );
    assert_eq!(
        ended.rows_of(
            "a.db",
            "SELECT count(*), sum(value) = (SELECT sum(id) FROM seen) FROM _ouzel_state WHERE parent = 1"
        ),
        "36|1"
    );
    // The same behind a journal.
    let run = Setup::new()
        .script(&format!(
            "{script}\nouzel.on('*', function(t) ouzel.emit(ouzel.state.n) end)"
        ))
        .start();
    run.powertrack().send_all((1..=40).map(tweet));
    run.wait_for_output("36");
    let ended = run.drain();
    assert_eq!(
        ended.rows("SELECT value FROM _ouzel_state WHERE key = 'n'"),
        "36"
    );
    assert_eq!(ended.rows("SELECT count(*) FROM seen"), "36");
}

#[test]
fn a_load_that_fails_takes_its_writes_back() {
    let run = Setup::new().script(COUNTING).start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1 1");
    run.write(
        "scripts/main.lua",
        "ouzel.state.n = 100 ouzel.state.seen = nil ouzel.state.more = { 1 } ouzel.state_version(9, function() end) error('no')",
    );
    run.wait_for("reload failed");
    // The old generation still has its table.
    run.powertrack().send(tweet(2));
    run.wait_for("handled 2 2");
    let ended = run.drain();
    assert_eq!(
        ended.rows("SELECT key, value FROM _ouzel_state WHERE parent = 0"),
        "n|2\nseen|1"
    );
    assert_eq!(ended.rows("SELECT * FROM _ouzel_state_version"), "");
}

#[test]
fn a_killed_run_counts_each_tweet_once() {
    let ended = killed_over_and_over(Setup::new().script(COUNTING), " ");
    ended.assert_says("handled 1201 1201");
    assert_eq!(ended.rows("SELECT count(*) FROM seen"), "1201");
    assert_eq!(
        ended.rows("SELECT count(*), sum(s.key = a.value) FROM _ouzel_state s JOIN _ouzel_state a ON a.parent = s.value WHERE s.parent = 1"),
        "1201|1201"
    );
}

#[test]
fn a_tweet_of_the_quarantine_writes_state_when_it_is_tried_again() {
    let failing = "ouzel.on('*', function(t) ouzel.state.n = (ouzel.state.n or 0) + 1 ouzel.emit(t.id) if t.id == 2 then error('no') end end)";
    let run = Setup::new().script(failing).start();
    run.powertrack().send_all((1..=3).map(tweet));
    run.wait_for_output("3");
    let ended = run.drain();
    assert_eq!(ended.rows(ROWS), "0|n|integer|2");
    let retry = |ended: Ended, script: &str| {
        let setup = ended.again().script(script);
        setup.command("quarantine").arguments(&["retry"]).ends()
    };
    let ended = retry(ended, failing);
    assert_eq!(ended.rows(ROWS), "0|n|integer|2");
    let ended = retry(ended, &failing.replace("error('no')", "t.id = 0"));
    assert_eq!(ended.rows(ROWS), "0|n|integer|3", "{}", ended.stderr);
}

#[test]
fn a_migration_runs_once() {
    let version = |version: u8, migrate: &str| {
        format!(
            "ouzel.state_version({version}, {migrate})\nprint('loaded', ouzel.state.name, ouzel.state.names and ouzel.state.names[1])\nouzel.on('*', function() end)"
        )
    };
    let migrate = "function(state, old) print('migrating', old) state.names, state.name = { state.name or 'nobody' }, nil end";
    // What is new needs no migration.
    let ended = replay_on(None, &version(2, migrate), 1..=1);
    ended
        .assert_silent_about("migrating")
        .assert_says("loaded\tnil\tnil");
    // What was kept before there was a version is older than any.
    let ended = replay_on(None, "ouzel.state.name = 'ann'", 1..=1);
    let ended = replay_on(Some(ended), &version(2, migrate), 1..=1);
    ended
        .assert_says("migrating\t0")
        .assert_says("loaded\tnil\tann");
    let ended = replay_on(Some(ended), &version(2, migrate), 1..=1);
    ended
        .assert_silent_about("migrating")
        .assert_says("loaded\tnil\tann");
    // A migration that fails changes nothing.
    let broken = "function(state, old) state.names = nil error('half-way from ' .. old) end";
    let ended = replay_on(Some(ended), &version(3, broken), 1..=1);
    ended.assert_code(3).assert_says("half-way from 2");
    assert_eq!(
        ended.rows_of("a.db", "SELECT version FROM _ouzel_state_version"),
        "2"
    );
    let ended = replay_on(Some(ended), &version(3, "function() end"), 1..=1);
    ended.assert_says("loaded\tnil\tann");
    let ended = replay_on(Some(ended), &version(2, migrate), 1..=1);
    ended.assert_code(3).assert_says(
        "`ouzel.state` has version 3, and the script asks for version 2, which is older",
    );
}

#[test]
fn what_cannot_be_kept_is_an_error_at_its_line() {
    fails(
        "ouzel.state.f = print",
        expect![[r#"
            main.lua:2: `ouzel.state.f` cannot be a function: `ouzel.state` keeps strings, numbers, booleans and tables of these
                 2 | ouzel.state.f = print
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    fails(
        "ouzel.state.a = { b = { [1] = coroutine.create(print) } }",
        expect![[r#"
            main.lua:2: `ouzel.state.a.b[1]` cannot be a coroutine: `ouzel.state` keeps strings, numbers, booleans and tables of these
                 2 | ouzel.state.a = { b = { [1] = coroutine.create(print) } }
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    fails(
        "ouzel.state.a = { ouzel.log }",
        expect![[r#"
            main.lua:2: `ouzel.state.a[1]` cannot be `ouzel.log`: `ouzel.state` keeps strings, numbers, booleans and tables of these
                 2 | ouzel.state.a = { ouzel.log }
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    fails(
        "ouzel.state.a = ouzel.sink",
        expect![[r#"
            main.lua:2: `ouzel.state.a` cannot be a function: `ouzel.state` keeps strings, numbers, booleans and tables of these
                 2 | ouzel.state.a = ouzel.sink
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    fails(
        "ouzel.state[true] = 1",
        expect![[r#"
            main.lua:2: a key in `ouzel.state` is a string or an integer, not a boolean
                 2 | ouzel.state[true] = 1
                     in main.lua:2: in function <main.lua:1>
               hint: `tostring` makes a key of a boolean or a number"#]],
    );
    fails(
        "ouzel.state.x = { [1.5] = 1 }",
        expect![[r#"
            main.lua:2: a key in `ouzel.state` is a string or an integer, not 1.5
                 2 | ouzel.state.x = { [1.5] = 1 }
                     in main.lua:2: in function <main.lua:1>
               hint: `tostring` makes a key of a boolean or a number"#]],
    );
    fails(
        "ouzel.state[t] = 1",
        expect![[r#"
            main.lua:2: a key in `ouzel.state` is a string or an integer, not a Tweet or a part of one
                 2 | ouzel.state[t] = 1
                     in main.lua:2: in function <main.lua:1>
               hint: `tostring` makes a key of a boolean or a number"#]],
    );
    fails(
        "local a = {} a.a = a ouzel.state.loop = a",
        expect![[r#"
            main.lua:2: `ouzel.state.loop` would be nested more than 100 tables deep
                 2 | local a = {} a.a = a ouzel.state.loop = a
                     in main.lua:2: in function <main.lua:1>
               hint: a table that contains itself cannot be kept either"#]],
    );
    fails(
        "local a = {} for i = 1, 40 do a = { a, a } end ouzel.state.wide = a",
        expect![[r#"
            main.lua:2: `ouzel.state.wide` would make `ouzel.state` larger than 32 MiB; each field counts 80 bytes and its text
                 2 | local a = {} for i = 1, 40 do a = { a, a } end ouzel.state.wide = a
                     in main.lua:2: in function <main.lua:1>
               hint: take out what is old, or keep it in a table of the database"#]],
    );
    fails(
        "ouzel.state.seen = {} for i = 1, 1e6 do ouzel.state.seen[i .. ('k'):rep(100000)] = true end",
        expect![[r#"
            main.lua:2: `ouzel.state.seen["336kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…"]` would make `ouzel.state` larger than 32 MiB; each field counts 80 bytes and its text
                 2 | ouzel.state.seen = {} for i = 1, 1e6 do ouzel.state.seen[i .. ('k'):rep(100000)] = true end
                     in main.lua:2: in function <main.lua:1>
               hint: take out what is old, or keep it in a table of the database"#]],
    );
    fails(
        "ouzel.state.big = ('x'):rep(40 << 20)",
        expect![[r#"
            main.lua:2: `ouzel.state.big` would make `ouzel.state` larger than 32 MiB; each field counts 80 bytes and its text
                 2 | ouzel.state.big = ('x'):rep(40 << 20)
                     in main.lua:2: in function <main.lua:1>
               hint: take out what is old, or keep it in a table of the database"#]],
    );
    fails(
        "local x = ('x'):rep(1 << 20) for i = 1, 200 do ouzel.state.n = x .. i end",
        expect![[r#"
            main.lua:2: `ouzel.state.n` comes after too many others: the handlers of one Tweet, or a timer, may replace 96 MiB
                 2 | local x = ('x'):rep(1 << 20) for i = 1, 200 do ouzel.state.n = x .. i end
                     in main.lua:2: in function <main.lua:1>
               hint: write once what is written again and again, or spread it over several Tweets"#]],
    );
    fails(
        "ouzel.state.a = {} local a = ouzel.state.a ouzel.state.a = nil\na.x = 1",
        expect![[r#"
            main.lua:3: this table has been taken out of `ouzel.state`; read it from there again
                 3 | a.x = 1
                     in main.lua:3: in function <main.lua:1>"#]],
    );
    fails(
        "ouzel.state = {}",
        expect![[r#"
            main.lua:2: `ouzel.state` cannot be set; set what is in it: `ouzel.state.count = 0`
                 2 | ouzel.state = {}
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    fails(
        "ouzel.state_version(2)",
        expect![[r#"
            main.lua:2: `ouzel.state_version` can only be called while the script loads, not from a handler
                 2 | ouzel.state_version(2)
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    fails(
        "next(ouzel.state, true)",
        expect![[r#"
            main.lua:2: invalid key to 'next'
                 2 | next(ouzel.state, true)
                     in main.lua:2: in function <main.lua:1>"#]],
    );
    fails(
        "ouzel.emit({ ouzel.state.x, 1 }) ouzel.state.l = { 1, [3] = 3 } ouzel.emit(ouzel.state.l)",
        expect![[r#"
            main.lua:2: a list with holes has no JSON; put `ouzel.json.null` into them
                 2 | ouzel.emit({ ouzel.state.x, 1 }) ouzel.state.l = { 1, [3] = 3 } ouzel.emit(ouzel.state.l)
                     in main.lua:2: in function <main.lua:1>"#]],
    );
}

#[test]
fn a_wrong_version_is_an_error() {
    let check = |script: &str, expected: Expect| {
        let ended = Setup::check().script(script).ends();
        expected.assert_eq(&ended.log());
        assert_eq!(ended.code, 3);
    };
    check(
        "ouzel.state_version('2')",
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.state_version('2')
          |
          = the version that `ouzel.state_version` takes first has to be an integer from 1, not a string"#]],
    );
    check(
        "ouzel.state_version(0)",
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.state_version(0)
          |
          = the version that `ouzel.state_version` takes first has to be an integer from 1, not 0"#]],
    );
    check(
        "ouzel.state_version(2, 'up')",
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.state_version(2, 'up')
          |
          = the migration that `ouzel.state_version` takes has to be a function, not a string"#]],
    );
    check(
        "ouzel.state.x = 1\nouzel.state_version(2)\nouzel.state_version(3)",
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 | ouzel.state_version(3)
              |
              = `ouzel.state` has version 2, and nothing makes version 3 of it
            hint: give `ouzel.state_version` a function as well: it gets the state and the old version"#]],
    );
    check(
        "ouzel.state_version(1)\nouzel.state.x = 1\nouzel.state_version(2, function(state)\n  state.y = state.z.a\nend)",
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:4
              |
            4 |   state.y = state.z.a
              |
              = attempt to index a nil value (field 'z')
                in main.lua:4: in local 'migrate'
                in main.lua:3: in main chunk"#]],
    );
    check(
        "ouzel.state_version(3)\nouzel.state_version(2)",
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | ouzel.state_version(2)
              |
              = `ouzel.state` has version 3, and the script asks for version 2, which is older
            hint: a newer script has written it: load that one, or call `ouzel.state_version(3)`"#]],
    );
}
