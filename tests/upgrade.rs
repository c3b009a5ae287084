//! A newer ouzel over what an older one has left, and an older one over what a newer one has.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod support;

use std::{fs, path::Path};

use expect_test::expect;
use rusqlite::Connection;
use support::{Setup, ouzel, started, tweet, wait_until};

/// What ouzel 0.1.0 has left, killed with 15 of 46 Tweets handled. Its script had the same names.
const FIRST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/formats/first");

const SCRIPT: &str = r#"
    ouzel.rules { { value = "rust lang:en", tag = "rust" }, { value = "fish", tag = "fish" } }
    local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", tag = "TEXT" })
    local handled = ouzel.table("handled", { id = "INTEGER" })
    ouzel.on("*", function(tweet)
      local tag = tweet.matching_rules[1].tag
      seen:insert { id = tweet.id, tag = tag }
      handled:insert { id = tweet.id }
      ouzel.state.counts[tag] = (ouzel.state.counts[tag] or 0) + 1
    end)"#;

/// A project with the data of the first format.
fn of_first_format() -> Setup {
    let setup = Setup::new().script(SCRIPT);
    let database = fs::File::open(format!("{FIRST}/ouzel.db.zst")).unwrap();
    let setup = setup.file("data/ouzel.db", zstd::decode_all(database).unwrap());
    let segments = fs::read_dir(format!("{FIRST}/journal")).unwrap();
    segments.fold(setup, |setup, segment| {
        let path = segment.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        setup.file(&format!("data/journal/{name}"), fs::read(&path).unwrap())
    })
}

fn number(database: &Path, sql: &str) -> i64 {
    let database = Connection::open(database).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_run_goes_on_from_what_the_first_format_has() {
    let setup = of_first_format();
    let database = setup.folder().join("data/ouzel.db");
    let before = number(
        &database,
        "SELECT sum(id % 1000003) FROM (SELECT id FROM seen ORDER BY id LIMIT 15)",
    );
    let run = setup.start();
    wait_until("the journal is handled", || {
        number(&database, "SELECT count(*) FROM handled") == 46
    });
    run.wait_for("stream connected");
    run.powertrack().send(tweet(1));
    wait_until("what is new is handled", || {
        number(&database, "SELECT count(*) FROM handled") == 47
    });
    let ended = run.drain();
    ended.assert_rows(
        "SELECT count(*), count(DISTINCT id), (SELECT count(*) FROM seen) FROM handled",
        expect!["47|47|47"],
    );
    let after =
        "SELECT sum(id % 1000003) FROM (SELECT id FROM seen WHERE id > 1 ORDER BY id LIMIT 15)";
    assert_eq!(number(&database, after), before);
    ended.assert_rows(
        "SELECT number, result FROM _ouzel_generations ORDER BY id",
        expect![[r#"
            1|loaded
            2|loaded"#]],
    );
    ended.assert_rows("SELECT number FROM _ouzel_format", expect!["1"]);
    // Nothing had to be rewritten, so nothing was copied.
    assert!(!ended.folder().join("data/ouzel.db.v1").exists());
}

#[test]
fn commands_that_only_read_take_the_first_format_as_it_is() {
    let setup = of_first_format();
    for words in [
        &["gaps"][..],
        &["quarantine", "list"],
        &["rollback", "--list"],
        &["backup", "copy.db"],
    ] {
        let (code, _, stderr) = ouzel(setup.folder(), words);
        assert_eq!(code, 0, "{words:?}: {stderr}");
    }
    let database = setup.folder().join("data/ouzel.db");
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = '_ouzel_format'";
    assert_eq!(number(&database, sql), 0);
}

#[test]
fn no_command_touches_what_a_newer_ouzel_has_written() {
    let ended = started(SCRIPT).drain();
    let database = ended.database();
    let newer = Connection::open(&database).unwrap();
    newer
        .execute_batch("UPDATE _ouzel_format SET number = 7")
        .unwrap();
    drop(newer);
    let before = fs::read(&database).unwrap();
    let refused = "error: the database `data/ouzel.db` has format 7, which a newer ouzel has made; this one knows formats up to 1\n\
        hint: use the newer ouzel; or go back to the copy from before its upgrade, `data/ouzel.db.v1`, in place of the database, without what came later\n";
    for words in [
        &["gaps"][..],
        &["gaps", "repair"],
        &["quarantine", "list"],
        &["quarantine", "show", "1"],
        &["quarantine", "retry"],
        &["quarantine", "drop", "--all"],
        &["rollback"],
        &["rollback", "--list"],
        &["backup", "copy.db"],
    ] {
        let (code, stdout, stderr) = ouzel(ended.folder(), words);
        assert_eq!(
            (code, stdout.as_str(), stderr.as_str()),
            (1, "", refused),
            "{words:?}"
        );
    }
    let ended = ended.again().ends();
    ended.assert_code(1).assert_says(refused);
    assert_eq!(fs::read(&database).unwrap(), before);
    assert!(!ended.folder().join("copy.db").exists());
}
