//! What a save has to pass before it is swapped in, the history of the script, and the way back.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::fs;

use expect_test::{Expect, expect};
use support::{Ended, Run, Setup, named, ouzel, started, tagged, tweet, wait_until};

/// Saves a script, and waits until it runs.
fn save(run: &Run, script: &str, generation: u32) {
    run.write("scripts/main.lua", script);
    run.wait_for(&format!("script loaded generation={generation} "));
}

/// What a command says, without hashes and times.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for word in text.split_inclusive([' ', ',', '"', '(', ')', '\n', ':']) {
        let end = word
            .trim_end_matches([' ', ',', '"', '(', ')', '\n', ':'])
            .len();
        let (word, after) = word.split_at(end);
        let is_hash = word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain += if is_hash { "HASH" } else { word };
        plain += after;
    }
    let mut timeless = String::new();
    let mut rest = plain.as_str();
    while let Some(at) = date(rest) {
        timeless += &rest[..at];
        timeless += "TIME";
        // `2026-11-27T05:10:02.123456789Z`, or the same without a fraction and zone.
        let after = &rest[at + "2026-11-27T05:10:02".len()..];
        let after =
            after.trim_start_matches(['.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        rest = after.strip_prefix('Z').unwrap_or(after);
    }
    timeless + rest
}

/// Where a date such as `2026-11-27` begins.
fn date(text: &str) -> Option<usize> {
    text.as_bytes().windows(10).position(|window| {
        window.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    })
}

const HISTORY: &str = "SELECT coalesce(number, '-'), result, coalesce(back_to, '-'), coalesce(step, '-'), coalesce(file || ':' || line_number, '-'), \
     coalesce(error, '-'), rules_added || '/' || rules_removed || ' ' || handlers_added || '/' || handlers_removed || ' ' || tables_added || '/' || tables_removed \
     FROM _ouzel_generations ORDER BY id";

#[test]
fn each_load_is_written_down_and_numbers_go_on_over_restarts() {
    let run =
        started("ouzel.rules { { value = 'fish', tag = 'a' } } ouzel.on('a', function() end)");
    save(
        &run,
        "ouzel.rules { { value = 'bird', tag = 'a' } } ouzel.table('x', { id = 'INTEGER' }) ouzel.on('a', function() end)",
        2,
    );
    run.write("scripts/main.lua", "local x = 1\nx = = 2");
    run.wait_for("reload failed still_running=2");
    let ended = run.drain();
    ended.assert_rows(
        HISTORY,
        expect![[r#"
            1|loaded|-|-|-|-|1/0 1/0 0/0
            2|loaded|-|-|-|-|1/1 1/1 1/0
            -|refused|-|load|main.lua:2|unexpected symbol near '='|NULL"#]],
    );
    ended.assert_rows(
        "SELECT count(DISTINCT hash), min(length(hash)), max(length(hash)) FROM _ouzel_generations",
        expect!["3|12|12"],
    );
    let hash = ended.rows("SELECT hash FROM _ouzel_generations WHERE number = 2");
    ended.assert_says(&format!("hash={hash}"));
    // The next start with a broken script is written down too, and the one after it goes on with the numbers.
    let ended = ended.again().start().ends();
    ended.assert_code(3);
    let setup = ended.again().script(&named("new"));
    let run = setup.start();
    run.wait_for("script loaded generation=3 ");
    let ended = run.drain();
    ended.assert_rows(
        "SELECT id, coalesce(number, '-'), result FROM _ouzel_generations",
        expect![[r#"
            1|1|loaded
            2|2|loaded
            3|-|refused
            4|-|refused
            5|3|loaded"#]],
    );
    ended.assert_rows(
        "SELECT g.number, s.file, substr(s.text, 1, 26) FROM _ouzel_generations g JOIN _ouzel_sources s USING (hash) ORDER BY 1",
        expect![[r#"
            1|main.lua|ouzel.rules { { value = 'f
            2|main.lua|ouzel.rules { { value = 'b
            3|main.lua|ouzel.on('*', function(t) "#]],
    );
}

#[test]
fn scripts_can_read_the_history_and_not_write_it() {
    let run = started(
        "ouzel.on('*', function(t)
           for row in ouzel.db.query('SELECT number, result FROM _ouzel_generations') do ouzel.log.info(row.number, row.result) end
           ouzel.db.exec('DELETE FROM _ouzel_sources')
         end)",
    );
    run.powertrack().send(tweet(1));
    run.wait_for("1 loaded");
    run.wait_for("scripts cannot write ouzel's own tables");
    run.drain();
}

#[test]
fn without_a_run_the_next_one_begins_with_the_generation_before() {
    let run = started(&named("first"));
    save(&run, &named("second"), 2);
    save(&run, &named("third"), 3);
    let ended = run.drain();
    let (code, output, _) = ouzel(ended.folder(), &["rollback"]);
    assert_eq!(code, 0);
    expect![[r#"
        no ouzel runs here; the next `ouzel run` begins with generation 2 (HASH, loaded TIME), instead of generation 3 (HASH)
        it does so as long as the script's files stay as they are; `ouzel rollback --undo` forgets it
    "#]].assert_eq(&plain(&output));
    let run = ended.again().start();
    run.wait_for("script loaded generation=4 rules=+0 -0");
    run.wait_for("ROLLED BACK: the files on disk are not what runs generation=4 back_to=2");
    run.wait_for("stream connected");
    run.powertrack().send(tweet(1));
    run.wait_for("second handled 1");
    let ended = run.drain();
    // It goes on over a restart, and a second rollback goes one further.
    let (code, output, _) = ouzel(ended.folder(), &["rollback", "--json"]);
    assert_eq!(code, 0);
    expect![[r#"
        {"running":false,"from":{"generation":2,"hash":"HASH"},"to":{"generation":1,"hash":"HASH","at":"TIME"}}
    "#]].assert_eq(&plain(&output));
    let run = ended.again().start();
    run.wait_for("back_to=1");
    run.wait_for("stream connected");
    run.powertrack().send(tweet(2));
    run.wait_for("first handled 2");
    save(&run, &named("fourth"), 6);
    run.powertrack().send(tweet(3));
    run.wait_for("fourth handled 3");
    let ended = run.drain();
    ended.assert_rows(
        HISTORY,
        expect![[r#"
        1|loaded|-|-|-|-|0/0 1/0 0/0
        2|loaded|-|-|-|-|0/0 1/1 0/0
        3|loaded|-|-|-|-|0/0 1/1 0/0
        4|rolled back|2|-|-|-|0/0 1/0 0/0
        5|rolled back|1|-|-|-|0/0 1/0 0/0
        6|loaded|-|-|-|-|0/0 1/1 0/0"#]],
    );
    let ended = ended.again().start();
    ended.wait_for("script loaded generation=7 ");
    let ended = ended.drain();
    ended.assert_silent_about("ROLLED BACK");
    let (code, output, _) = ouzel(ended.folder(), &["rollback", "--list", "--limit", "3"]);
    assert_eq!(code, 0);
    expect![[r#"
        generation  at (UTC)             hash          files  result
                 7  TIME  HASH  kept   loaded: rules +0 -0, handlers +1 -0, tables +0 -0
                 6  TIME  HASH  kept   loaded: rules +0 -0, handlers +1 -1, tables +0 -0
                 5  TIME  HASH  kept   rolled back to 1: rules +0 -0, handlers +1 -0, tables +0 -0
    "#]]
    .assert_eq(&plain(&output));
}

#[test]
fn a_rollback_goes_back_from_a_script_that_does_not_load() {
    let run = started(&named("first"));
    save(&run, &named("second"), 2);
    let ended = run.drain();
    fs::write(ended.folder().join("scripts/main.lua"), "broken(").unwrap();
    let (code, output, _) = ouzel(ended.folder(), &["rollback"]);
    assert_eq!(code, 0);
    expect![[r#"
        no ouzel runs here; the next `ouzel run` begins with generation 2 (HASH, loaded TIME), instead of the files on disk, which have not been loaded yet
        it does so as long as the script's files stay as they are; `ouzel rollback --undo` forgets it
    "#]].assert_eq(&plain(&output));
    let run = ended.again().start();
    run.wait_for("ROLLED BACK: the files on disk are not what runs generation=3 back_to=2");
    run.wait_for("stream connected");
    run.write("scripts/main.lua", "broken(2");
    run.wait_for("reload failed still_running=3");
    run.powertrack().send(tweet(1));
    run.wait_for("second handled 1");
    run.drain();
}

#[test]
fn a_rollback_for_the_next_run_can_be_forgotten() {
    let run = started(&named("first"));
    save(&run, &named("second"), 2);
    let ended = run.drain();
    let check = |arguments: &[&str], code: i32, expected: Expect| {
        let (ended_with, output, said) = ouzel(ended.folder(), arguments);
        assert_eq!(ended_with, code, "{said}");
        let folder = ended.folder().canonicalize().unwrap();
        let said = said.replace(folder.to_str().unwrap(), "FOLDER");
        expected.assert_eq(&plain(&format!("{output}{said}")));
    };
    check(
        &["rollback", "--undo"],
        1,
        expect![[r#"
        error: nothing is rolled back: the next `ouzel run` loads what is on disk
        hint: `ouzel rollback --list` shows the generations
    "#]],
    );
    check(
        &["rollback"],
        0,
        expect![[r#"
        no ouzel runs here; the next `ouzel run` begins with generation 1 (HASH, loaded TIME), instead of generation 2 (HASH)
        it does so as long as the script's files stay as they are; `ouzel rollback --undo` forgets it
    "#]],
    );
    check(
        &["rollback"],
        1,
        expect![[r#"
        error: there is no generation before 1 to go back to
        hint: `ouzel rollback --list` shows which there were; the files of the last 20 are kept
    "#]],
    );
    check(
        &["rollback", "--undo"],
        0,
        expect![[r#"
            the rollback to generation 1 (HASH) is forgotten; the next `ouzel run` loads what is on disk
        "#]],
    );
    check(
        &["rollback", "--script", "scripts/other.lua"],
        1,
        expect![[r#"
        error: no generation of `FOLDER/scripts/other.lua` is kept, so there is none to go back to
        hint: `ouzel rollback --list` shows which there were, and of which script; `--script` says which one is meant
    "#]],
    );
    check(
        &["rollback", "--data-dir", "elsewhere"],
        2,
        expect![[r#"
        error: there is no database `elsewhere/ouzel.db`, so no generation of a script is known
        hint: `ouzel run` makes it; `--data-dir` or `--config` says where it is
    "#]],
    );
    check(
        &["rollback", "--limit", "3"],
        2,
        expect![[r#"
        error: the following required arguments were not provided:
          --list

        Usage: ouzel rollback --list --limit <N>

        For more information, try '--help'.
    "#]],
    );
    let run = ended.again().start();
    run.wait_for("script loaded generation=3 ");
    run.drain().assert_silent_about("ROLLED BACK");
}

#[test]
fn a_module_comes_back_with_its_generation() {
    let run = Setup::new()
        .file("scripts/lib/name.lua", "return 'first'")
        .script("local name = require('lib.name') ouzel.on('*', function(t) ouzel.log.info(name .. ' handled', t.id) end)")
        .start();
    run.wait_for("stream connected");
    run.write("scripts/lib/name.lua", "return 'second'");
    run.wait_for("script loaded generation=2 ");
    let ended = run.drain();
    fs::remove_dir_all(ended.folder().join("scripts/lib")).unwrap();
    let (code, output, _) = ouzel(ended.folder(), &["rollback"]);
    assert_eq!(code, 0, "{output}");
    let run = ended.again().start();
    run.wait_for("back_to=2");
    run.wait_for("stream connected");
    run.powertrack().send(tweet(1));
    run.wait_for("second handled 1");
    // The folder that comes back is a save.
    fs::create_dir(run.folder().join("scripts/lib")).unwrap();
    run.write("scripts/lib/name.lua", "return 'third'");
    run.wait_for("script loaded generation=4 ");
    run.powertrack().send(tweet(2));
    run.wait_for("third handled 2");
    run.drain();
}

#[test]
fn data_that_changes_does_not_end_a_rollback() {
    let script = |name: &str| {
        format!(
            "local words = {{}} for line in ouzel.lines('words.txt') do words[#words + 1] = line end
             ouzel.on('*', function(t) ouzel.log.info('{name} ' .. table.concat(words, ',') .. ' handled', t.id) end)"
        )
    };
    let run = Setup::new()
        .file("scripts/words.txt", "a\n")
        .script(&script("first"))
        .start();
    run.wait_for("stream connected");
    save(&run, &script("second"), 2);
    let ended = run.drain();
    assert_eq!(ouzel(ended.folder(), &["rollback"]).0, 0);
    let run = ended.again().start();
    run.wait_for("back_to=1");
    run.wait_for("stream connected");
    run.powertrack().send(tweet(1));
    run.wait_for("first a handled 1");
    run.write("scripts/words.txt", "a\nb\n");
    run.wait_for("script loaded generation=4 ");
    run.wait_for("back_to=1");
    run.powertrack().send(tweet(2));
    run.wait_for("first a,b handled 2");
    save(&run, &script("third"), 5);
    run.powertrack().send(tweet(3));
    run.wait_for("third a,b handled 3");
    run.drain();
}

/// A project whose tests have to pass.
fn tested(script: &str, test: &str) -> Setup {
    Setup::new()
        .script(script)
        .file("scripts/main_test.lua", test)
        .environment("OUZEL_TEST_ON_SAVE", "true")
}

/// Expects that the filter keeps a Tweet with this text.
fn keeps(text: &str) -> String {
    format!(
        "test('keeps {text}', function(t) t:equal(t:send(t:tweet {{ text = '{text}' }}), 'kept') end)"
    )
}

/// A filter that keeps Tweets with this text.
fn filter(text: &str) -> String {
    format!(
        "ouzel.filter(function(t) return t.text:find('{text}') ~= nil end)\nouzel.on('*', function(t) ouzel.log.info('{text} kept', t.id) end)"
    )
}

#[test]
fn a_save_whose_test_fails_is_refused() {
    let run = tested(&filter("hello"), &keeps("hello")).start();
    run.wait_for("stream connected");
    run.write("scripts/main.lua", &filter("bye"));
    let line = run.wait_for("reload failed still_running=1");
    assert!(
        line.contains("1 of its 1 tests fails, first `keeps hello`"),
        "{line}"
    );
    run.wait_for("--> main_test.lua:1");
    run.powertrack().send(tweet(1));
    run.wait_for("hello kept 1");
    // What the script logs in its tests is no news of the stream.
    save(&run, &filter("hell"), 2);
    run.powertrack().send(tweet(2));
    run.wait_for("hell kept 2");
    let ended = run.drain();
    ended.assert_silent_about("bye kept");
    ended.assert_rows(
        HISTORY,
        expect![[r#"
        1|loaded|-|-|-|-|0/0 2/0 0/0
        -|refused|-|tests|main_test.lua:1|test `keeps hello`: the values differ|NULL
        2|loaded|-|-|-|-|0/0 2/2 0/0"#]],
    );
}

#[test]
fn mending_the_test_is_a_save_too() {
    let run = tested(&filter("hello"), &keeps("hello")).start();
    run.wait_for("stream connected");
    run.write("scripts/main.lua", &filter("bye"));
    run.wait_for("reload failed still_running=1");
    run.write("scripts/main_test.lua", &keeps("bye"));
    run.wait_for("script loaded generation=2 ");
    // A file of tests alone is none while all is well.
    run.write("scripts/main_test.lua", "broken(");
    run.write("scripts/main.lua", &filter("goodbye"));
    let line = run.wait_for("reload failed still_running=2");
    assert!(
        line.contains("is not loaded, because its tests cannot be"),
        "{line}"
    );
    run.wait_for("main_test.lua:1");
    fs::remove_file(run.folder().join("scripts/main_test.lua")).unwrap();
    run.wait_for("script loaded generation=3 ");
    run.drain();
}

#[test]
fn a_fixture_that_mends_a_test_is_noticed() {
    let test = "test('fixture', function(t) for _, tweet in ipairs(t:fixture('one.jsonl')) do t:equal(t:send(tweet), 'kept') end end)";
    let run = tested(&filter("hello"), test)
        .file("scripts/one.jsonl", tweet(1))
        .start();
    run.wait_for("stream connected");
    run.write("scripts/main.lua", &filter("bye"));
    run.wait_for("reload failed still_running=1");
    run.write("scripts/one.jsonl", &tweet(1).replace("hello", "bye"));
    run.wait_for("script loaded generation=2 ");
    run.drain();
}

#[test]
fn a_start_whose_test_fails_ends() {
    let ended = tested(&filter("hello"), &keeps("bye")).ends();
    ended.assert_code(3);
    ended.assert_says(
        "error: script `main.lua` is not loaded: 1 of its 1 tests fails, first `keeps bye`",
    );
    ended.assert_rows(
        "SELECT result, step, file FROM _ouzel_generations",
        expect!["refused|tests|main_test.lua"],
    );
    let run = ended
        .again()
        .environment("OUZEL_TEST_ON_SAVE", "false")
        .start();
    run.wait_for("script loaded generation=1 ");
    run.drain();
}

#[test]
fn a_hangup_tries_a_refused_save_again() {
    let run = tested(&filter("hello"), &keeps("hello"))
        .environment("OUZEL_WATCH", "false")
        .start();
    run.wait_for("stream connected");
    run.write("scripts/main.lua", &filter("bye"));
    run.process().signal("HUP");
    run.wait_for("reload failed still_running=1");
    run.process().signal("HUP");
    run.wait_for("reload failed still_running=1");
    run.write("scripts/main.lua", &filter("hel"));
    run.process().signal("HUP");
    run.wait_for("script loaded generation=2 ");
    run.drain();
}

/// Runs a script over some Tweets, saves another one, and waits until that runs.
fn shadow(before: &str, after: &str, tweets: Vec<String>) -> Ended {
    let run = Setup::new()
        .script(before)
        .environment("OUZEL_STATUS_LISTEN", "off")
        .start();
    run.wait_for("stream connected");
    run.powertrack().send_all(tweets);
    run.wait_for("all handled");
    save(&run, after, 2);
    run.drain()
}

/// The lines about the shadow run, without how long it took.
fn told(ended: &Ended) -> String {
    let log = ended.log();
    let lines = log.lines().filter(|line| line.contains("shadow run"));
    let lines = lines.map(|line| {
        let words = line.split(' ').filter(|word| !word.starts_with("took="));
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

const LAST: &str = "if t.id == 9 then ouzel.log.info('all handled') end";

#[test]
fn a_save_is_compared_over_the_last_tweets() {
    let before = format!(
        "local seen = ouzel.table('seen', {{ id = 'INTEGER PRIMARY KEY', text = 'TEXT' }})
         ouzel.filter(function(t) return t.id ~= 1 end)
         ouzel.on('t', function(t) seen:insert {{ id = t.id, text = t.text }} ouzel.emit {{ id = t.id }} {LAST} end)"
    );
    let after = "local seen = ouzel.table('seen', { id = 'INTEGER PRIMARY KEY', text = 'TEXT' })
         local even = ouzel.sink('even.jsonl')
         ouzel.filter(function(t) return t.id > 3 end)
         ouzel.on('t', function(t)
           if t.id == 7 then error('seven') end
           seen:insert { id = t.id, text = t.id == 5 and 'five' or t.text }
           ouzel.emit { id = t.id }
           if t.id % 2 == 0 then ouzel.emit({ id = t.id }, even) end
         end)";
    let ended = shadow(&before, after, (1..=9).map(tweet).collect());
    expect![[r#"
        INFO shadow run: the new generation differs tweets=9
        INFO shadow run: another verdict before=kept now=filtered tweets=2 example=2
        INFO shadow run: another verdict before=kept now=failed tweets=1 example=7
        INFO shadow run: other rows table=seen rows=+1 -4
        INFO shadow run: other lines sink=even.jsonl lines=+3 -0
        INFO shadow run: other lines sink=stdout lines=+0 -3
        WARN shadow run: it fails where the running generation does not handler=on "t" tweets=1 example=7 error=main.lua:5: seven"#]].assert_eq(&told(&ended));
    // Nothing of it lasts.
    ended.assert_rows(
        "SELECT count(*), sum(text = 'five') FROM seen",
        expect!["8|0"],
    );
    assert_eq!(ended.output().lines().count(), 8);
    assert!(
        !ended.folder().join("data/sinks/even.jsonl").exists()
            || fs::read(ended.folder().join("data/sinks/even.jsonl"))
                .unwrap()
                .is_empty()
    );
    ended.assert_rows("SELECT count(*) FROM _ouzel_quarantine", expect!["0"]);
}

#[test]
fn one_line_says_that_nothing_differs() {
    let script = |note: &str| {
        format!(
            "-- {note}
             local n = 0
             ouzel.every('1s', function() n = n + 1 end)
             ouzel.on('*', function(t) ouzel.state.n = (ouzel.state.n or 0) + 1 ouzel.emit {{ n = ouzel.state.n, at = ouzel.time.now() }} {LAST} end)"
        )
    };
    let ended = shadow(&script("one"), &script("two"), (1..=9).map(tweet).collect());
    expect!["INFO shadow run: nothing differs tweets=9"].assert_eq(&told(&ended));
    ended.assert_rows(
        "SELECT value FROM _ouzel_state WHERE key = 'n'",
        expect!["9"],
    );
}

#[test]
fn rules_that_change_are_matched_over_the_last_tweets() {
    let script = |value: &str| {
        format!(
            "ouzel.rules {{ {{ value = '{value}', tag = 'h' }}, {{ value = 'from:ada', tag = 'a' }} }}
             ouzel.on('h', function(t) ouzel.emit(t.id) end)
             ouzel.on('*', function(t) {LAST} end)"
        )
    };
    let tweets = (1..=9).map(|id| tagged(id, &["h", "a"])).collect();
    let ended = shadow(&script("hello"), &script("bye"), tweets);
    expect![[r#"
        INFO shadow run: the new generation differs tweets=9
        INFO shadow run: other lines sink=stdout lines=+0 -9
        INFO shadow run: another number of matches tag=h before=9 now=0"#]]
    .assert_eq(&told(&ended));
}

#[test]
fn tables_that_the_script_only_reads_are_there() {
    let script = |name: &str| {
        format!(
            "local out = ouzel.table('out', {{ id = 'INTEGER', {name} = 'TEXT' }})
             local known = {{}}
             for row in ouzel.db.query('SELECT name FROM people') do known[row.name] = true end
             ouzel.on('*', function(t)
               local person = ouzel.db.query('SELECT name FROM people WHERE name = ?', t.user.screen_name)()
               if person and known.ada then out:insert {{ id = t.id, {name} = person.name }} end
               {LAST}
             end)"
        )
    };
    let run = started(
        "ouzel.db.exec('CREATE TABLE people (name TEXT)') ouzel.db.exec(\"INSERT INTO people VALUES ('ada')\")",
    );
    save(&run, &script("a"), 2);
    run.powertrack().send_all((1..=9).map(tweet));
    run.wait_for("all handled");
    save(&run, &script("b"), 3);
    let ended = run.drain();
    expect![[r#"
        INFO shadow run: the new generation differs tweets=9
        INFO shadow run: other rows table=out rows=+9 -9"#]]
    .assert_eq(&told(&ended));
}

#[test]
fn new_failures_refuse_a_save_where_that_is_wanted() {
    let run = Setup::new()
        .script(&format!(
            "ouzel.on('*', function(t) ouzel.emit(t.id) {LAST} end)"
        ))
        .environment("OUZEL_SHADOW_REFUSE", "true")
        .start();
    run.wait_for("stream connected");
    run.powertrack().send_all((1..=9).map(tweet));
    run.wait_for("all handled");
    run.write(
        "scripts/main.lua",
        "ouzel.on('*', function(t)\n  ouzel.emit(t.id)\n  if t.id > 7 then error('no') end\nend)",
    );
    run.wait_for("shadow run: it fails where the running generation does not");
    let line = run.wait_for("reload failed still_running=1");
    assert!(
        line.contains("`on \"*\"` fails on 2 of the last Tweets, on which the running generation does not fail"),
        "{line}"
    );
    run.wait_for("--> main.lua:3");
    save(&run, &named("mended"), 2);
    let ended = run.drain();
    ended.assert_rows(
        HISTORY,
        expect![[r#"
        1|loaded|-|-|-|-|0/0 1/0 0/0
        -|refused|-|shadow|main.lua:3|`on "*"` fails on 2 of the last Tweets: no|NULL
        2|loaded|-|-|-|-|0/0 1/1 0/0"#]],
    );
}

#[test]
fn without_a_shadow_run_nothing_is_compared() {
    let run = Setup::new()
        .script(&format!("ouzel.on('*', function(t) {LAST} end)"))
        .without("OUZEL_SHADOW")
        .file("ouzel.toml", "[reload]\nshadow = 0\n")
        .start();
    run.wait_for("stream connected");
    run.powertrack().send_all((1..=9).map(tweet));
    run.wait_for("all handled");
    save(&run, "ouzel.on('*', function(t) error('no') end)", 2);
    run.drain().assert_silent_about("shadow run");
}

#[test]
fn settings_of_a_reload_are_checked() {
    let ended = Setup::new()
        .script(&named("x"))
        .environment("OUZEL_SHADOW", "100001")
        .ends();
    ended.assert_code(2);
    ended.assert_says("reload.shadow");
    ended.assert_says("at most 100000 Tweets can be compared");
}

#[test]
fn an_endless_save_does_not_stop_the_running_generation() {
    let run = Setup::new()
        .script(&named("old"))
        .environment("OUZEL_SCRIPT_LOAD_TIME", "2s")
        .start();
    run.wait_for("stream connected");
    run.powertrack().send(tweet(1));
    run.wait_for("old handled 1");
    run.write("scripts/main.lua", "while true do end");
    for id in 2..200 {
        run.powertrack().send(tweet(id));
        run.wait_for(&format!("old handled {id}"));
    }
    run.wait_for("reload failed still_running=1");
    run.wait_for("--> main.lua:1");
    run.drain();
}

#[test]
fn of_many_saves_at_once_the_last_one_runs_and_never_an_older_one_after_it() {
    let script = |number: usize| {
        format!(
            "ouzel.log.info('load of {number}.')\nouzel.on('*', function(t) ouzel.log.info('{number}. handled', t.id) end)"
        )
    };
    let run = tested(
        &script(0),
        "for i = 1, 50 do test('t' .. i, function(t) t:send(t:tweet { text = 'x' }) end) end",
    )
    .environment("OUZEL_DEBOUNCE", "1ms")
    .start();
    run.wait_for("stream connected");
    run.powertrack().send_all((1..=50).map(tweet));
    run.wait_for("handled 50");
    for number in 1..=60 {
        run.write("scripts/main.lua", &script(number));
    }
    run.wait_for("load of 60.");
    run.wait_for("script loaded");
    run.powertrack().send(tweet(100));
    run.wait_for("60. handled 100");
    let ended = run.drain();
    let loads = ended.stderr.lines().filter_map(|line| {
        let (_, number) = line.split_once("load of ")?;
        number.trim_end_matches('.').parse().ok()
    });
    let loads: Vec<u32> = loads.collect();
    assert!(loads.is_sorted(), "{loads:?}");
}

#[test]
fn the_running_generation_is_in_the_metrics() {
    let run = Setup::new()
        .script(&named("old"))
        .environment("OUZEL_STATUS_LISTEN", "127.0.0.1:0")
        .environment("OUZEL_LOG", "debug")
        .start();
    let line = run.wait_for("serving /metrics and /healthz");
    let address = line.split("address=").nth(1).unwrap();
    let address = address.split_whitespace().next().unwrap().to_owned();
    run.wait_for("stream connected");
    run.write("scripts/main.lua", "broken(");
    run.wait_for("reload failed");
    save(&run, &named("new"), 2);
    let metrics = || {
        use std::io::{Read, Write};
        let mut connection = support::connect(&address);
        let request =
            format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    };
    wait_until("the metrics", || {
        let text = metrics();
        [
            "\nouzel_generation 2\n",
            "\nouzel_generation_info{generation=\"2\",hash=\"",
            "\",back_to=\"\"} 1\n",
            "\nouzel_loads_total 2\n",
            "\nouzel_refused_loads_total 1\n",
            "\nouzel_rollbacks_total 0\n",
        ]
        .iter()
        .all(|expected| text.contains(expected))
    });
    run.drain();
}

/// A script that logs each Tweet under a name, with this rule.
fn ruled(name: &str, rule: &str) -> String {
    format!(
        "ouzel.rules {{ {{ value = '{rule}', tag = 't' }} }}\n{}",
        named(name)
    )
}

#[test]
fn a_running_ouzel_goes_back_until_the_next_save() {
    let run = started(&ruled("first", "one"));
    save(&run, &ruled("second", "two"), 2);
    run.wait_for("rules reconciled added=1 retagged=0 deleted=1");
    save(&run, &ruled("third", "three"), 3);
    run.wait_for("rules reconciled added=1 retagged=0 deleted=1");
    let check = |arguments: &[&str], code: i32, expected: Expect| {
        let (ended_with, output, said) = ouzel(run.folder(), arguments);
        assert_eq!(ended_with, code, "{said}");
        expected.assert_eq(&plain(&format!("{output}{said}")));
    };
    check(
        &["rollback"],
        0,
        expect![[r#"
        rolled back from generation 3 (HASH) to generation 2 (HASH, loaded TIME), which runs as generation 4 now
        it does so until the next save; `ouzel rollback --undo` loads what is on disk now
    "#]],
    );
    run.wait_for("script loaded generation=4 rules=+1 -1 handlers=+1 -1 tables=+0 -0");
    run.wait_for("ROLLED BACK: the files on disk are not what runs generation=4 back_to=2");
    run.wait_for("rules reconciled added=1 retagged=0 deleted=1");
    run.powertrack().send(tweet(1));
    run.wait_for("second handled 1");
    check(
        &["rollback", "--json"],
        0,
        expect![[r#"
        {"running":true,"generation":5,"from":{"generation":2,"hash":"HASH"},"to":{"generation":1,"hash":"HASH","at":"TIME"}}
    "#]],
    );
    run.powertrack().send(tweet(2));
    run.wait_for("first handled 2");
    check(
        &["rollback"],
        1,
        expect![[r#"
        error: there is no generation before 1 to go back to
        hint: `ouzel rollback --list` shows which there were; the files of the last 20 are kept
    "#]],
    );
    // Saving the same again is no change.
    run.write("scripts/main.lua", &ruled("third", "three"));
    run.powertrack().send(tweet(3));
    run.wait_for("first handled 3");
    check(
        &["rollback", "--undo"],
        0,
        expect![[r#"
        the rollback to generation 1 (HASH) has ended: what is on disk runs as generation 6 now
    "#]],
    );
    run.powertrack().send(tweet(4));
    run.wait_for("third handled 4");
    check(
        &["rollback", "--undo"],
        1,
        expect![[r#"
        error: nothing is rolled back: what is on disk runs
        hint: `ouzel rollback --list` shows the generations
    "#]],
    );
    check(
        &["rollback"],
        0,
        expect![[r#"
        rolled back from generation 6 (HASH) to generation 1 (HASH, loaded TIME), which runs as generation 7 now
        it does so until the next save; `ouzel rollback --undo` loads what is on disk now
    "#]],
    );
    run.write("scripts/main.lua", "broken(");
    run.wait_for("reload failed still_running=7");
    run.powertrack().send(tweet(5));
    run.wait_for("first handled 5");
    save(&run, &ruled("fourth", "four"), 8);
    run.powertrack().send(tweet(6));
    run.wait_for("fourth handled 6");
    check(
        &["rollback", "--list", "--limit", "9"],
        0,
        expect![[r#"
        generation  at (UTC)             hash          files  result
                 8  TIME  HASH  kept   loaded: rules +1 -1, handlers +1 -1, tables +0 -0
                 -  TIME  HASH         refused by load: main.lua:1: unexpected symbol near <eof>
                 7  TIME  HASH  kept   rolled back to 1: rules +1 -1, handlers +1 -1, tables +0 -0
                 6  TIME  HASH  kept   loaded: rules +1 -1, handlers +1 -1, tables +0 -0
                 5  TIME  HASH  kept   rolled back to 1: rules +1 -1, handlers +1 -1, tables +0 -0
                 4  TIME  HASH  kept   rolled back to 2: rules +1 -1, handlers +1 -1, tables +0 -0
                 3  TIME  HASH  kept   loaded: rules +1 -1, handlers +1 -1, tables +0 -0
                 2  TIME  HASH  kept   loaded: rules +1 -1, handlers +1 -1, tables +0 -0
                 1  TIME  HASH  kept   loaded: rules +1 -0, handlers +1 -0, tables +0 -0
    "#]],
    );
    let ended = run.drain();
    assert_eq!(ended.powertrack().connections(), 1);
    ended.assert_rows("SELECT count(*) FROM _ouzel_rollback", expect!["0"]);
}

#[test]
fn a_rollback_of_a_running_ouzel_outlives_it() {
    let run = started(&named("first"));
    save(&run, &named("second"), 2);
    assert_eq!(ouzel(run.folder(), &["rollback"]).0, 0);
    run.wait_for("back_to=1");
    let run = run.kill().again().start();
    run.wait_for("script loaded generation=4 ");
    run.wait_for("ROLLED BACK: the files on disk are not what runs generation=4 back_to=1");
    run.wait_for("stream connected");
    run.powertrack().send(tweet(1));
    run.wait_for("first handled 1");
    assert_eq!(ouzel(run.folder(), &["rollback", "--undo"]).0, 0);
    run.powertrack().send(tweet(2));
    run.wait_for("second handled 2");
    run.drain();
}

#[test]
fn an_older_version_of_the_state_is_no_way_back() {
    let script = |name: &str, version: u32| {
        format!(
            "ouzel.state_version({version}, function(state) state.shape = {version} end)\nouzel.on('*', function(t) ouzel.state.last = t.id ouzel.log.info('{name} handled', t.id) end)"
        )
    };
    let run = started(&script("first", 1));
    run.powertrack().send(tweet(1));
    run.wait_for("first handled 1");
    save(&run, &script("second", 2), 2);
    let (code, _, said) = ouzel(run.folder(), &["rollback"]);
    assert_eq!(code, 1);
    expect![[r#"
        error: generation 1 could not be loaded again, so nothing has changed
        script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.state_version(1, function(state) state.shape = 1 end)
          |
          = `ouzel.state` has version 2, and the script asks for version 1, which is older
        hint: a newer script has written it: load that one, or call `ouzel.state_version(2)`
    "#]]
    .assert_eq(&said);
    run.powertrack().send(tweet(2));
    run.wait_for("second handled 2");
    let ended = run.drain();
    ended.assert_rows(
        "SELECT coalesce(number, '-'), result, coalesce(step, '-'), coalesce(error, '-') FROM _ouzel_generations",
        expect![[r#"
            1|loaded|-|-
            2|loaded|-|-
            -|refused|rollback|`ouzel.state` has version 2, and the script asks for version 1, which is older"#]],
    );
    ended.assert_rows(
        "SELECT value FROM _ouzel_state WHERE key = 'shape'",
        expect!["2"],
    );
}

#[test]
fn timers_end_with_a_rollback_and_begin_with_it() {
    let script =
        |name: &str| format!("ouzel.every('100ms', function() ouzel.log.info('{name} ticks') end)");
    let run = started(&script("first"));
    run.wait_for("first ticks");
    save(&run, &script("second"), 2);
    run.wait_for("second ticks");
    assert_eq!(ouzel(run.folder(), &["rollback"]).0, 0);
    run.wait_for("ROLLED BACK");
    run.wait_for("first ticks");
    run.wait_for("first ticks");
    let ended = run.drain();
    let (_, after) = ended.stderr.split_once("ROLLED BACK").unwrap();
    assert!(!after.contains("second ticks"), "{after}");
}

#[test]
fn a_rollback_during_the_vetting_of_a_save_holds() {
    let run = tested(
        &named("first"),
        "for i = 1, 300 do test('t' .. i, function(t) t:send(t:tweet { text = 'x' }) end) end",
    )
    .start();
    run.wait_for("stream connected");
    save(&run, &named("second"), 2);
    // Whether this is swapped in before the rollback or is given up by it, an older one runs afterwards.
    run.write("scripts/main.lua", &named("third"));
    let (code, output, said) = ouzel(run.folder(), &["rollback"]);
    assert_eq!(code, 0, "{said}");
    run.wait_for("ROLLED BACK");
    let to = if output.contains("to generation 1 ") {
        "first"
    } else {
        "second"
    };
    run.powertrack().send(tweet(1));
    run.wait_for(&format!("{to} handled 1"));
    save(&run, &named("fourth"), if to == "first" { 4 } else { 5 });
    run.powertrack().send(tweet(2));
    run.wait_for("fourth handled 2");
    run.drain();
}

#[test]
fn a_broken_request_for_a_rollback_changes_nothing() {
    use std::{
        io::{Read, Write},
        os::unix::net::UnixStream,
    };
    let run = started(&named("first"));
    save(&run, &named("second"), 2);
    for body in [
        "",
        "{}",
        r#"{"undo":1}"#,
        r#"{"undo":true,"more":1}"#,
        "[[[[",
    ] {
        let mut stream = UnixStream::connect(run.folder().join("data/ouzel.sock")).unwrap();
        let request = format!(
            "POST /rollback HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{body}: {answer}");
    }
    run.powertrack().send(tweet(1));
    run.wait_for("second handled 1");
    run.drain().assert_silent_about("ROLLED BACK");
}
