//! Saving the script changes what runs, and nothing else.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::{fs, path::Path, process::Command};

use expect_test::expect;
use support::{Setup, named, started, tweet};

#[test]
fn a_saved_script_handles_the_next_tweet() {
    let run = started(&named("old"));
    run.powertrack().send(tweet(1));
    run.wait_for("old handled 1");
    run.write("scripts/main.lua", &named("new"));
    run.wait_for("script loaded generation=2 rules=+0 -0 handlers=+1 -1 tables=+0 -0");
    run.powertrack().send(tweet(2));
    run.wait_for("new handled 2");
    run.write_in_place("scripts/main.lua", &named("newer"));
    run.wait_for("script loaded generation=3");
    run.powertrack().send(tweet(3));
    run.wait_for("newer handled 3");
    assert_eq!(run.drain().powertrack().connections(), 1);
}

#[test]
fn a_hangup_loads_what_has_changed_where_nothing_is_watched() {
    let run = Setup::new()
        .script(&named("old"))
        .environment("OUZEL_WATCH", "false")
        .start();
    run.wait_for("stream connected");
    run.process().signal("HUP");
    run.wait_for("SIGHUP: looking whether the script has changed");
    run.powertrack().send(tweet(1));
    run.wait_for("old handled 1");
    run.write("scripts/main.lua", &named("new"));
    run.process().signal("HUP");
    run.wait_for("script loaded generation=2");
    run.powertrack().send(tweet(2));
    run.wait_for("new handled 2");
    assert_eq!(run.drain().powertrack().connections(), 1);
}

#[test]
fn a_broken_edit_keeps_the_old_handlers_and_shows_the_line() {
    let run = started(&named("old"));
    run.write(
        "scripts/main.lua",
        "ouzel.on('*', function(t)\n  x = = 1\nend)",
    );
    run.wait_for("reload failed still_running=1");
    run.wait_for("main.lua:2");
    run.wait_for("2 |   x = = 1");
    run.powertrack().send(tweet(1));
    run.wait_for("old handled 1");
    run.write("scripts/main.lua", &named("new"));
    run.wait_for("script loaded generation=2");
    run.powertrack().send(tweet(2));
    run.wait_for("new handled 2");
    run.drain();
}

#[test]
fn an_edit_with_an_invalid_rule_is_refused() {
    let run = started(&named("old"));
    run.write(
        "scripts/main.lua",
        "ouzel.rules {\n  { value = 'fish AND bird' },\n}",
    );
    run.wait_for("reload failed still_running=1");
    run.wait_for("main.lua:2");
    run.wait_for("= the rule is not valid");
    run.wait_for("hint: write `fish bird`");
    run.powertrack().send(tweet(1));
    run.wait_for("old handled 1");
    assert!(!run.drain().powertrack().asked().contains("add"));
}

#[test]
fn a_load_that_fails_leaves_nothing_behind() {
    let run = started(&named("old"));
    run.write(
        "scripts/main.lua",
        "local t = ouzel.table('half', { id = 'INTEGER' }) t:insert { id = 1 } ouzel.db.exec('CREATE TABLE other (x)') ouzel.emit('half') error('no')",
    );
    run.wait_for("reload failed");
    run.write("scripts/main.lua", &named("new"));
    run.wait_for("script loaded generation=2");
    let ended = run.drain();
    ended.assert_rows(
        "SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite_%'",
        expect![""],
    );
    assert_eq!(ended.output(), "");
    ended.assert_says("0 rows written");
}

#[test]
fn a_script_that_was_saved_empty_or_removed_keeps_the_old_handlers() {
    let run = started(&named("old"));
    run.write_in_place("scripts/main.lua", "");
    run.wait_for("reload failed");
    fs::remove_file(run.folder().join("scripts/main.lua")).unwrap();
    run.wait_for("reload failed");
    run.powertrack().send(tweet(1));
    run.wait_for("old handled 1");
    run.write("scripts/main.lua", &named("new"));
    run.wait_for("script loaded generation=2");
    run.drain();
}

#[test]
fn a_pipe_or_a_device_in_place_of_a_file_is_refused_and_waits_for_nothing() {
    let place = |kind: &str, path: &Path| {
        let _ = fs::remove_file(path);
        match kind {
            "a pipe" => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
            _ => std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
        }
    };
    for kind in ["a pipe", "a device"] {
        let script = named("old") + "require 'part'\n";
        let setup = Setup::new()
            .script(&script)
            .file("scripts/part.lua", "return 1");
        let run = setup.start();
        run.wait_for("stream connected");
        for (id, file, good) in [(1, "main.lua", &*script), (2, "part.lua", "return 2")] {
            let path = run.folder().join("scripts").join(file);
            place(kind, &path);
            run.wait_for("reload failed still_running=");
            run.powertrack().send(tweet(id));
            run.wait_for(&format!("old handled {id}"));
            fs::remove_file(&path).unwrap();
            run.write(&format!("scripts/{file}"), &format!("{good}\n-- {file}\n"));
            run.wait_for("script loaded generation=");
        }
        run.drain().assert_code(0);
    }
    let setup = Setup::new().script("");
    place("a pipe", &setup.folder().join("scripts/main.lua"));
    let ended = setup.ends();
    ended.assert_code(3).assert_says("it is no regular file");
}

#[test]
fn a_save_without_a_change_does_nothing() {
    let run = started(&named("old"));
    run.write("scripts/main.lua", &named("old"));
    run.write_in_place("scripts/main.lua", &named("old"));
    fs::write(run.folder().join("scripts/notes.txt"), "x").unwrap();
    fs::write(run.folder().join("scripts/unused.lua"), "x").unwrap();
    run.write("scripts/main.lua", &named("new"));
    run.wait_for("script loaded generation=2");
    run.drain().assert_silent_about("generation=3");
}

#[test]
fn a_module_in_a_subfolder_is_watched_too() {
    let run = Setup::new()
        .file("scripts/lib/deep/name.lua", "return 'old'")
        .script("local name = require('lib.deep.name') ouzel.on('*', function(t) ouzel.log.info(name .. ' handled', t.id) end)")
        .start();
    run.wait_for("stream connected");
    run.write("scripts/lib/deep/name.lua", "return 'new'");
    run.wait_for("script loaded generation=2");
    run.powertrack().send(tweet(1));
    run.wait_for("new handled 1");
    run.write_in_place("scripts/lib/deep/name.lua", "return )");
    run.wait_for("reload failed");
    run.wait_for("lib/deep/name.lua:1");
    run.drain();
}

#[test]
fn a_module_that_was_missing_is_noticed_when_it_appears() {
    let run = started(&named("old"));
    run.write("scripts/main.lua", "local name = require('lib.name') ouzel.on('*', function(t) ouzel.log.info(name .. ' handled', t.id) end)");
    run.wait_for("module `lib.name` not found");
    run.write("scripts/lib/name.lua", "return 'new'");
    run.wait_for("script loaded generation=2");
    run.drain();
}

#[test]
fn a_module_is_noticed_also_when_its_folder_is_new() {
    let run = Setup::new().script(&named("old")).start();
    run.wait_for("stream connected");
    run.write("scripts/main.lua", "local name = require('lib.name') ouzel.on('*', function(t) ouzel.log.info(name .. ' handled', t.id) end)");
    run.wait_for("module `lib.name` not found");
    fs::create_dir(run.folder().join("scripts/lib")).unwrap();
    run.write("scripts/lib/name.lua", "return 'new'");
    run.wait_for("script loaded generation=2");
    run.drain();
}

#[test]
fn a_folder_that_is_replaced_is_followed() {
    let run = Setup::new()
        .script(&named("old"))
        .file("next/main.lua", named("new"))
        .start();
    run.wait_for("stream connected");
    fs::rename(run.folder().join("scripts"), run.folder().join("before")).unwrap();
    run.wait_for("reload failed");
    fs::rename(run.folder().join("next"), run.folder().join("scripts")).unwrap();
    run.wait_for("script loaded generation=2");
    run.write("scripts/main.lua", &named("newer"));
    run.wait_for("script loaded generation=3");
    run.drain();
}

#[test]
fn a_script_with_another_extension_is_watched_too() {
    let run = Setup::new()
        .file("tracker.txt", named("old"))
        .arguments(&["tracker.txt"])
        .start();
    run.wait_for("stream connected");
    run.write_in_place("tracker.txt", &named("new"));
    run.wait_for("script loaded generation=2");
    run.drain();
}

#[test]
fn a_new_column_and_a_new_table_are_made_by_the_save() {
    let run = started(
        "local t = ouzel.table('seen', { id = 'INTEGER PRIMARY KEY', up = 'TEXT GENERATED ALWAYS AS (id + 1)' }) ouzel.on('*', function(x) t:insert { id = x.id } ouzel.log.info('handled', x.id) end)",
    );
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1");
    run.write("scripts/main.lua", "local t = ouzel.table('seen', { id = 'INTEGER PRIMARY KEY', up = 'TEXT GENERATED ALWAYS AS (id + 1)', text = 'TEXT' }) local o = ouzel.table('other', { id = 'INTEGER' }) ouzel.on('*', function(x) t:insert { id = x.id, text = x.text } o:insert { id = x.id } ouzel.log.info('handled', x.id) end)");
    run.wait_for("script loaded generation=2 rules=+0 -0 handlers=+1 -1 tables=+2 -1");
    run.powertrack().send(tweet(2));
    run.wait_for("handled 2");
    let ended = run.drain();
    ended
        .assert_rows(
            "SELECT id, text, up FROM seen",
            expect![[r#"
            1|NULL|2
            2|hello 2|3"#]],
        )
        .assert_rows("SELECT * FROM other", expect!["2"]);
}

#[test]
fn a_column_of_another_type_is_refused_and_the_old_handlers_stay() {
    let run = started("ouzel.table('seen', { id = 'INTEGER PRIMARY KEY' })");
    run.write(
        "scripts/main.lua",
        "ouzel.table('seen', { id = 'TEXT PRIMARY KEY' })",
    );
    run.wait_for("reload failed");
    run.wait_for("column `id` of table `seen` is `INTEGER` in the database");
    run.write(
        "scripts/main.lua",
        "ouzel.table('seen', { id = 'INTEGER  PRIMARY  KEY' })",
    );
    run.wait_for("script loaded generation=2");
    run.drain();
}

#[test]
fn without_the_watch_a_save_changes_nothing() {
    let run = Setup::new()
        .script(&named("old"))
        .file("ouzel.toml", "[watch]\nenabled = false\n")
        .start();
    run.wait_for("stream connected");
    run.write("scripts/main.lua", &named("new"));
    run.powertrack().send(tweet(1));
    run.wait_for("old handled 1");
    run.drain().assert_silent_about("generation=2");
}

#[test]
fn two_hundred_saves_lose_no_tweet_and_handle_none_twice() {
    let script = |number: usize| {
        format!(
            "local seen = ouzel.table('seen', {{ id = 'INTEGER', save = 'INTEGER' }})\nouzel.on('*', function(t) seen:insert {{ id = t.id, save = {number} }} end)"
        )
    };
    let run = Setup::new()
        .script(&script(0))
        .environment("OUZEL_DEBOUNCE", "1ms")
        .start();
    run.wait_for("stream connected");
    let mut id = 0;
    let mut send = |count: i64| {
        run.powertrack().send_all((id + 1..=id + count).map(tweet));
        id += count;
    };
    for save in 1..=200 {
        send(5);
        let text = match save % 5 {
            0 => format!("broken( {save}"),
            _ => script(save),
        };
        if save % 2 == 0 {
            run.write("scripts/main.lua", &text);
        } else {
            run.write_in_place("scripts/main.lua", &text);
        }
        send(5);
        run.wait_for(if save % 5 == 0 {
            "reload failed"
        } else {
            "script loaded"
        });
    }
    run.powertrack()
        .send(format!("{}\r\n{}", tweet(id + 1), r#"{"end":1}"#));
    run.powertrack().end();
    run.wait_for("connection lost");
    let ended = run.drain();
    ended
        .assert_rows(
            "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM seen",
            expect!["2001|2001|1|2001"],
        )
        .assert_rows(
            "SELECT count(*) FROM seen WHERE save % 5 = 0 AND save > 0",
            expect!["0"],
        )
        .assert_says("2 001 Tweets")
        .assert_says("failed 0");
}
