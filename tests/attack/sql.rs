//! SQL of a script, and triggers of an analyst: they undo no other Tweet's rows, and stop nothing.

use std::fs;

use expect_test::expect;
use rusqlite::Connection;

use super::support::{Ended, Setup, tagged, tweet};

/// A table of the script, and one row for each Tweet in it.
const STORE: &str = r#"
local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
ouzel.enrich(function(t)
  seen:insert { id = t.id }
end)
ouzel.enrich(function(t) ouzel.log.info("handled", t.id .. ".") end)
"#;

/// Handles Tweets 1 to 100 with a script, of which those that end in 7 do what the script says.
fn run_with(script: &str, sevenths: &str) -> Ended {
    let handler = format!("ouzel.enrich(function(t) if t.id % 10 == 7 then {sevenths} end end)");
    let run = Setup::new()
        .script(&format!("{script}\n{STORE}\n{handler}"))
        .start();
    run.powertrack().send_all((1..=100).map(tweet));
    run.powertrack().send(tweet(101));
    run.wait_for("handled 101.");
    run.drain()
}

/// The Tweets that did it are in quarantine, all others have their rows, and nothing else is said.
#[track_caller]
fn assert_alone(ended: &Ended) {
    ended.assert_code(0);
    assert_eq!(
        ended.rows("SELECT count(*) FROM seen"),
        "91",
        "{}",
        ended.stderr
    );
    assert_eq!(
        ended.rows("SELECT group_concat(tweet_id, ' ') FROM (SELECT tweet_id FROM _ouzel_quarantine ORDER BY id)"),
        "7 17 27 37 47 57 67 77 87 97",
        "{}",
        ended.stderr
    );
    ended.assert_says("101 Tweets in");
    ended.assert_says("failed 10");
}

#[test]
fn a_statement_that_rolls_back_undoes_its_own_tweet_alone() {
    for sql in [
        "INSERT OR ROLLBACK INTO seen (id) VALUES (1)",
        "WITH c AS (SELECT $x(')) INSERT OR ROLLBACK INTO seen (id) VALUES (1) -- ')",
        "UPDATE OR ROLLBACK seen SET id = 1 WHERE id > 1",
        "/* */ REPLACE INTO seen VALUES (1); -- ROLLBACK",
    ] {
        let swallowed = format!(
            "pcall(ouzel.db.exec, [==[{sql}]==], 1) pcall(ouzel.db.exec, [==[{sql}]==]) pcall(seen.insert, seen, {{ id = -t.id }}) error 'no'"
        );
        for act in [format!("ouzel.db.exec [==[{sql}]==] error 'no'"), swallowed] {
            assert_alone(&run_with("", &act));
        }
    }
}

#[test]
fn a_trigger_of_somebody_else_undoes_no_other_tweet() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    let other = Connection::open(run.folder().join("data/ouzel.db")).unwrap();
    other.busy_timeout(super::support::DEADLINE).unwrap();
    other
        .execute_batch(
            "CREATE TRIGGER no_sevens BEFORE INSERT ON seen WHEN NEW.id % 10 = 7
             BEGIN SELECT RAISE(ROLLBACK, 'no sevens'); END",
        )
        .unwrap();
    run.powertrack().send_all((2..=100).map(tweet));
    run.powertrack().send(tweet(101));
    run.wait_for("handled 101.");
    let ended = run.drain();
    assert_alone(&ended);
    ended.assert_says("91 rows written");
    ended.assert_rows(
        "SELECT DISTINCT error || ' / ' || hint || ' / ' || line_number FROM _ouzel_quarantine",
        expect!["the transaction was rolled back: no sevens / a statement with `OR ROLLBACK`, or a trigger with `RAISE(ROLLBACK, …)`, undoes what other Tweets have written; use `OR ABORT` or `RAISE(ABORT, …)` / 4"],
    );
    // The same over the journal, and with a start in between.
    let run = ended.again().start();
    run.powertrack().wait_for_connection(2);
    run.powertrack().send_all([tweet(107), tweet(108)]);
    run.wait_for("handled 108.");
    let ended = run.drain();
    ended.assert_rows("SELECT count(*) FROM seen", expect!["92"]);
    ended.assert_rows("SELECT count(*) FROM _ouzel_quarantine", expect!["11"]);
}

#[test]
fn a_conflict_clause_in_a_table_undoes_no_other_tweet() {
    let ended = run_with(
        "ouzel.db.exec 'CREATE TABLE IF NOT EXISTS t (a INTEGER UNIQUE ON CONFLICT ROLLBACK)'
         ouzel.db.exec 'INSERT OR IGNORE INTO t VALUES (1)'",
        "ouzel.db.exec 'INSERT INTO t VALUES (1)'",
    );
    assert_alone(&ended);
}

#[test]
fn a_constraint_that_is_checked_at_the_commit_fails_its_own_tweet() {
    let ended = run_with(
        "ouzel.db.exec 'CREATE TABLE IF NOT EXISTS parent (id INTEGER PRIMARY KEY)'
         ouzel.db.exec 'CREATE TABLE IF NOT EXISTS child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)'",
        "ouzel.db.exec 'INSERT INTO child VALUES (1)'",
    );
    assert_alone(&ended);
    ended.assert_rows("SELECT count(*) FROM child", expect!["0"]);
    ended.assert_rows(
        "SELECT DISTINCT error FROM _ouzel_quarantine",
        expect!["cannot commit: FOREIGN KEY constraint failed"],
    );
}

#[test]
fn a_table_that_is_full_fails_its_tweets_and_stops_nothing() {
    let ended = run_with(
        "ouzel.db.exec 'CREATE TABLE IF NOT EXISTS full (id INTEGER PRIMARY KEY AUTOINCREMENT, x)'
         ouzel.db.exec 'INSERT OR IGNORE INTO full VALUES (9223372036854775807, 1)'",
        "ouzel.db.exec 'INSERT INTO full (x) VALUES (1)'",
    );
    assert_alone(&ended);
    ended.assert_silent_about("make room");
    ended.assert_silent_about("the database cannot be written");
    ended.assert_rows(
        "SELECT DISTINCT error || ' / ' || hint FROM _ouzel_quarantine",
        expect!["the statement failed: database or disk is full / ouzel itself can write to the database: SQLite cannot carry out this one statement, for instance because an AUTOINCREMENT table has given its last number, or because it asks for too much memory"],
    );
}

#[test]
fn a_statement_that_asks_for_too_much_fails_its_tweet() {
    let ended = run_with("", "ouzel.db.one('SELECT length(zeroblob(3000000000))')");
    assert_alone(&ended);
    ended.assert_silent_about("the database cannot be written");
}

/// Each value is small enough, and all of them together are not.
#[test]
fn a_statement_that_asks_for_much_in_small_parts_fails_its_tweet() {
    let values = vec!["hex(zeroblob(8000000))"; 20].join(", ");
    let ended = run_with("", &format!("ouzel.db.one('SELECT {values}')"));
    assert_alone(&ended);
    ended.assert_silent_about("the database cannot be written");
    ended.assert_rows(
        "SELECT DISTINCT error FROM _ouzel_quarantine",
        expect!["the statement failed: out of memory"],
    );
}

/// What a script may not do in SQL, as an error at its line, and nothing of it remains.
#[test]
fn ouzels_and_sqlites_own_tables_are_out_of_reach() {
    for sql in [
        "UPDATE sqlite_sequence SET seq = 9223372036854775807",
        "INSERT INTO sqlite_sequence VALUES ('_ouzel_quarantine', 9223372036854775807)",
        "DELETE FROM sqlite_sequence",
        "CREATE TABLE k (id INTEGER REFERENCES _ouzel_quarantine (id))",
        "CREATE TABLE k (id INTEGER REFERENCES \"_OUZEL_cursor\" (journal))",
        "CREATE TABLE k (id INTEGER REFERENCES sqlite_sequence (name))",
        "ALTER TABLE seen ADD COLUMN q INTEGER REFERENCES _ouzel_quarantine (id)",
        "ALTER TABLE seen RENAME TO _ouzel_seen",
        "ALTER TABLE seen RENAME TO \"_ouzel_seen\"",
        "CREATE INDEX _ouzel_i ON seen (id)",
        "CREATE TRIGGER _ouzel_t AFTER INSERT ON seen BEGIN SELECT 1; END",
        "CREATE TRIGGER t AFTER INSERT ON _ouzel_cursor BEGIN SELECT 1; END",
        "CREATE TEMP TRIGGER t AFTER INSERT ON main._ouzel_cursor BEGIN SELECT 1; END",
        "CREATE TEMP TABLE _ouzel_cursor (journal)",
        "CREATE TEMP VIEW _ouzel_cursor AS SELECT 1",
        "CREATE VIRTUAL TABLE _ouzel_f USING fts5(x)",
        "CREATE VIRTUAL TABLE d USING dbstat",
        "DELETE FROM _ouzel_cursor",
        "WITH x AS (SELECT 1) DELETE FROM main.[_ouzel_cursor]",
        "DROP TABLE `_ouzel_cursor`",
        "ROLLBACK",
        "COMMIT",
        "END",
        "BEGIN",
        "SAVEPOINT x",
        "RELEASE _ouzel_tweet",
        " ROLLBACK TO _ouzel_tweet ",
        "SAVEPOINT _ouzel_tweet",
        "ATTACH 'x.db' AS x",
        "VACUUM INTO 'x.db'",
        "VACUUM",
        "DETACH main",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = 1",
        "PRAGMA foreign_keys = 0",
        "PRAGMA max_page_count = 1",
        "PRAGMA hard_heap_limit = 0",
        "PRAGMA temp_store_directory = '/tmp'",
        "PRAGMA trusted_schema = 1",
        "PRAGMA ignore_check_constraints = 1",
        "PRAGMA user_version = 7",
        "PRAGMA locking_mode = EXCLUSIVE",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA main.synchronous = 0",
        "PRAGMA optimize",
        "EXPLAIN PRAGMA writable_schema = 1",
        "SELECT * FROM pragma_journal_mode('delete')",
        "ATTACH ':memory:' AS x",
        "ATTACH 'file:x.db?mode=memory' AS x",
        "UPDATE sqlite_schema SET sql = NULL",
        "UPDATE sqlite_master SET rootpage = 2 WHERE name = 'seen'",
        "INSERT INTO sqlite_schema VALUES ('table', 'k', 'k', 2, 'CREATE TABLE k (x)')",
        "DELETE FROM sqlite_temp_schema",
        "DROP TABLE sqlite_sequence",
        "CREATE TABLE sqlite_k (x)",
        "WITH x AS (SELECT 1) INSERT INTO _ouzel_sinks VALUES ('x', 1) RETURNING name",
        "REPLACE INTO _ouzel_handled VALUES (1, 'x', 0, '')",
        "ALTER TABLE _ouzel_cursor ADD COLUMN x",
        "ALTER TABLE _ouzel_cursor DROP COLUMN line",
        "DROP INDEX sqlite_autoindex__ouzel_cursor_1",
        "CREATE VIRTUAL TABLE k USING fts3tokenize",
        "CREATE VIRTUAL TABLE k USING sqlite_dbpage",
        "SELECT fts3_tokenizer('simple')",
        "SELECT readfile('/etc/passwd')",
        "SELECT writefile('x', 'x')",
        "SELECT edit('x', 'sh')",
        "ANALYZE",
        "SELECT load_extension('x')",
    ] {
        let script = format!(
            "{STORE}\nouzel.on('a', function() ouzel.db.exec('INSERT INTO seen VALUES (99)') pcall(ouzel.db.exec, [==[{sql}]==]) error 'stop' end)"
        );
        let run = Setup::new().script(&script).start();
        run.powertrack().send(tagged(1, &["a"]));
        run.wait_for("handler failed");
        run.powertrack().send(tweet(2));
        run.wait_for("handled 2.");
        let ended = run.drain();
        ended.assert_code(0);
        let left = ended.rows(
            "SELECT (SELECT group_concat(id) FROM seen), (SELECT count(*) FROM _ouzel_cursor), (SELECT count(*) FROM _ouzel_quarantine),
                    (SELECT count(*) FROM sqlite_schema WHERE name IN ('k', 't', 'd', '_ouzel_seen', '_ouzel_i', '_ouzel_t', '_ouzel_f'))",
        );
        assert_eq!(left, "2|1|1|0", "{sql}: {}", ended.stderr);
        let check = Setup::check()
            .script(&format!("{STORE}\nouzel.db.exec([==[{sql}]==])"))
            .ends();
        assert_eq!(check.code, 3, "{sql}: {}", check.stderr);
        assert!(
            check.stderr.contains("main.lua:8") || check.stderr.contains("main.lua:9"),
            "{sql}: {}",
            check.stderr
        );
    }
}

/// The same by what `ouzel.table` makes SQL of, and by queries.
#[test]
fn no_other_way_into_sql_reaches_further() {
    for lua in [
        "ouzel.table('k', { id = 'INTEGER DEFAULT (load_extension(\"x\"))' }):insert {}",
        "ouzel.table('k', { id = 'INTEGER REFERENCES _ouzel_quarantine (id)' })",
        "ouzel.table('k', { id = 'INTEGER) AS SELECT * FROM _ouzel_cursor --' })",
        "ouzel.table('k', { id = 'INTEGER); DELETE FROM _ouzel_cursor' })",
        "ouzel.table('_ouzel', { k = 'INTEGER' }, { indices = { { 'k' } } })",
        "ouzel.table('k', { id = 'INTEGER' }, { primary_key = { 'id\")) --' } })",
        "ouzel.table('k', { id = 'INTEGER' }, { indices = { { 'id\") --' } } })",
        "ouzel.db.one('PRAGMA writable_schema = 1')",
        "ouzel.db.one('ATTACH \"x.db\" AS x')",
        "for _ in ouzel.db.query('DELETE FROM _ouzel_cursor RETURNING *') do end",
        "for _ in ouzel.db.query('SELECT load_extension(\"x\")') do end",
        "for _ in ouzel.db.query('INSERT INTO seen VALUES (99) RETURNING id') do end",
        "for _ in ouzel.db.query('ROLLBACK') do end",
        "ouzel.db.one('VACUUM INTO \"x.db\"')",
    ] {
        let check = Setup::check().script(&format!("{STORE}\n{lua}")).ends();
        assert_eq!(check.code, 3, "{lua}: {}", check.stderr);
        assert!(
            check.stderr.contains("main.lua:8"),
            "{lua}: {}",
            check.stderr
        );
    }
}

#[test]
fn what_analysts_do_in_sql_goes_through() {
    let script = r#"
        for _, sql in ipairs {
          "CREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT)",
          "CREATE INDEX IF NOT EXISTS a_x ON a (x)",
          "CREATE VIEW IF NOT EXISTS v AS SELECT x FROM a",
          "CREATE TRIGGER IF NOT EXISTS t AFTER INSERT ON a BEGIN UPDATE a SET x = 'y' WHERE id = NEW.id; END",
          "CREATE VIRTUAL TABLE IF NOT EXISTS f USING fts5(x)",
          "INSERT INTO f VALUES ('hello world')",
          "INSERT INTO a (x) VALUES ('z')",
          "ALTER TABLE a RENAME TO b",
          "ALTER TABLE b ADD COLUMN y",
          "ALTER TABLE b RENAME COLUMN y TO z",
          "DROP TABLE b",
          "DROP VIEW v",
          "CREATE TABLE IF NOT EXISTS tt (x)",
          "CREATE TABLE p (id INTEGER PRIMARY KEY)",
          "CREATE TABLE c (p INTEGER REFERENCES p (id))",
          "DROP TABLE c", "DROP TABLE p",
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) INSERT INTO tt SELECT i FROM n",
        } do ouzel.db.exec(sql) end
        local found = ouzel.db.one("SELECT count(*) AS n FROM f WHERE f MATCH 'world'")
        print("found " .. found.n .. " " .. ouzel.db.one("SELECT count(*) AS n FROM _ouzel_quarantine").n)
        ouzel.on("a", function() end)
    "#;
    let ended = Setup::check().script(script).ends();
    ended.assert_code(0).assert_says("found 1 0");
}

#[test]
fn nothing_of_a_load_that_failed_stays() {
    let bad = format!(
        "{STORE}
         ouzel.db.exec 'CREATE TABLE half (a UNIQUE)'
         ouzel.db.exec 'INSERT INTO half VALUES (1)'
         pcall(ouzel.db.exec, 'INSERT OR ROLLBACK INTO half VALUES (1)')
         pcall(ouzel.db.exec, 'CREATE TABLE other (a)')
         pcall(ouzel.table, 'third', {{ id = 'INTEGER' }})"
    );
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    run.write("scripts/main.lua", &bad);
    run.wait_for("reload failed");
    run.powertrack().send(tweet(2));
    run.wait_for("handled 2.");
    let ended = run.drain();
    ended.assert_says("the transaction was rolled back");
    ended.assert_rows(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('half', 'other', 'third')",
        expect!["0"],
    );
    ended.assert_rows("SELECT group_concat(id) FROM seen", expect!["1,2"]);
    // At the start it is an error of the script.
    let ended = ended.again().script(&bad).ends();
    ended
        .assert_code(3)
        .assert_says("the transaction was rolled back");
    ended.assert_rows("SELECT group_concat(id) FROM seen", expect!["1,2"]);
}

/// A table that an analyst has made beside the run.
#[test]
fn a_foreign_key_onto_ouzels_tables_stops_nothing() {
    let mut setup = Setup::new().script("ouzel.on('*', function() error 'no' end)");
    for round in 1..=2 {
        let run = setup.start();
        run.powertrack().wait_for_connection(round);
        run.powertrack()
            .send(tagged(i64::try_from(round).unwrap(), &["a"]));
        run.wait_for("handler failed");
        let ended = run.drain();
        let other = Connection::open(ended.database()).unwrap();
        other
            .execute_batch(
                "CREATE TABLE IF NOT EXISTS notes (tweet INTEGER REFERENCES _ouzel_quarantine (id), handled INTEGER REFERENCES _ouzel_handled (number));
                 INSERT INTO notes SELECT id, NULL FROM _ouzel_quarantine;
                 INSERT INTO notes SELECT NULL, number FROM _ouzel_handled;
                 UPDATE _ouzel_handled SET at_ms = 0",
            )
            .unwrap();
        setup = ended.again();
    }
    let run = setup.start();
    run.wait_for("foreign keys are not checked in this run");
    run.powertrack().wait_for_connection(3);
    run.powertrack().send(tagged(3, &["a"]));
    run.wait_for("handler failed");
    let ended = run.drain();
    ended.assert_code(0);
    ended.assert_rows("SELECT count(*) FROM _ouzel_quarantine", expect!["3"]);
}

/// Without a journal the batch is in memory.
#[test]
fn a_replay_keeps_the_rows_of_all_other_tweets_too() {
    let script = format!(
        "{STORE} ouzel.db.exec 'CREATE TABLE IF NOT EXISTS t (a INTEGER UNIQUE)' ouzel.db.exec 'INSERT OR IGNORE INTO t VALUES (1)'
         ouzel.enrich(function(t) if t.id % 10 == 7 then ouzel.db.exec 'INSERT OR ROLLBACK INTO t VALUES (1)' end end)"
    );
    let tweets: Vec<String> = (1..=101).map(tweet).collect();
    let setup = Setup::new()
        .script(&script)
        .file("tweets.jsonl", tweets.join("\n"))
        .command("replay")
        .arguments(&["scripts/main.lua", "tweets.jsonl", "--db", "try.db"]);
    let ended = setup.ends();
    ended
        .assert_code(0)
        .assert_says("92 rows written")
        .assert_says("failed 10");
    assert_eq!(
        ended.rows_of("try.db", "SELECT count(*), count(DISTINCT id) FROM seen"),
        "91|91"
    );
    assert_eq!(
        ended.rows_of("try.db", "SELECT count(*) FROM _ouzel_quarantine"),
        "10"
    );
    assert!(fs::exists(ended.folder().join("try.db")).unwrap());
}

#[test]
fn no_temporary_table_stands_before_one_of_the_file() {
    for sql in [
        "CREATE TEMP TABLE seen (id)",
        "CREATE TEMPORARY TABLE IF NOT EXISTS seen AS SELECT 1 AS id",
        "CREATE TABLE temp.seen (id)",
        "CREATE TEMP VIEW seen AS SELECT 1 AS id",
        "CREATE VIEW temp.seen AS SELECT 1 AS id",
        "CREATE TEMP TRIGGER seen AFTER INSERT ON main.seen BEGIN DELETE FROM seen; END",
        "CREATE TRIGGER temp.seen AFTER INSERT ON main.seen BEGIN DELETE FROM seen; END",
        "CREATE VIRTUAL TABLE temp.seen USING fts5(id)",
    ] {
        let script = format!("{STORE}\nouzel.on('a', function() ouzel.db.exec [==[{sql}]==] end)");
        let run = Setup::new().script(&script).start();
        run.powertrack().send(tagged(1, &["a"]));
        let said = run.wait_for("handler failed");
        assert!(
            said.contains("scripts cannot make temporary tables, views or triggers"),
            "{sql}: {said}"
        );
        run.powertrack().send(tweet(2));
        run.wait_for("handled 2.");
        let ended = run.drain();
        ended.assert_rows("SELECT group_concat(id) FROM seen", expect!["2"]);
    }
}
