//! `ouzel replay`: a script over the journal and over files, and two scripts side by side.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::{fs, io::Write, path::Path};

use bytes::Bytes;
use expect_test::{Expect, expect};
use ouzel::pieces::{Batch, Effort, Journal, Options, Source};
use ouzel_text::lines::Lines;
use support::{Ended, Setup, tagged, tweet};

const SCRIPT: &str =
    "local seen = ouzel.table('seen', { id = 'INTEGER PRIMARY KEY', tag = 'TEXT' })
ouzel.filter(function(t) return t.id % 2 == 1 end)
ouzel.on('*', function(t, rule)
  seen:insert { id = t.id, tag = rule.tag }
  ouzel.emit { id = t.id }
end)
";

const SEEN: &str = "SELECT id, tag FROM seen ORDER BY id";

fn tweets(ids: std::ops::RangeInclusive<i64>) -> String {
    ids.map(|id| tagged(id, &["coffee"]) + "\r\n").collect()
}

fn replay(arguments: &[&str]) -> Setup {
    Setup::new()
        .script(SCRIPT)
        .file("tweets.jsonl", tweets(1..=5))
        .command("replay")
        .arguments(arguments)
}

/// What it says at its end, without the times.
fn timeless(text: &str) -> String {
    let line = |line: &str| match line.split_once(" in ") {
        Some((tweets, rest)) if tweets.ends_with(" Tweets") => {
            let (_, rest) = rest.split_once(':').unwrap_or_default();
            format!("{tweets} in TIME:{rest}\n")
        }
        _ if line.ends_with(" Tweets/s") => "N Tweets/s\n".to_owned(),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[track_caller]
fn check(ended: &Ended, code: i32, stdout: Expect, stderr: Expect) {
    assert_eq!(ended.code, code, "{}", ended.stderr);
    stdout.assert_eq(ended.output());
    stderr.assert_eq(&timeless(&ended.log()));
}

/// A journal with a frame for each Tweet; that of Tweet 1 was received at the second 1000, and so on.
fn journal(folder: &Path, ids: std::ops::RangeInclusive<i64>) {
    let (mut journal, _) = Journal::open(folder, Options::default()).unwrap();
    for id in ids {
        let line = tagged(id, &["coffee"]);
        let span = 0..u32::try_from(line.len()).unwrap();
        let batch = Batch {
            lines: Lines::new(Bytes::from(line), vec![span]),
            ids: vec![id.unsigned_abs()],
            source: Source::Live,
            connection: 1,
            first_ms: id * 1_000_000,
            last_ms: id * 1_000_000,
            effort: Effort::Small,
        };
        journal.append(&batch).unwrap();
    }
}

#[test]
fn files_in_each_form_give_the_same() {
    let gzip = |text: &str| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    };
    let all = tweets(1..=5);
    let (start, rest) = (tweets(1..=2), tweets(3..=5));
    let setups = [
        replay(&["tweets.jsonl"]),
        replay(&["scripts/main.lua", "tweets.gz"]).file("tweets.gz", gzip(&all)),
        // Several members, as `cat a.gz b.gz` makes them.
        replay(&["tweets.gz"]).file("tweets.gz", [gzip(&start), gzip(&rest)].concat()),
        replay(&["tweets.zst"]).file("tweets.zst", zstd::encode_all(all.as_bytes(), 1).unwrap()),
        replay(&["-"]).stdin("tweets.jsonl"),
        replay(&["a", "b"]).file("a", &start).file("b", gzip(&rest)),
        // A last line needs no end.
        replay(&["a"]).file("a", all.trim_end()),
    ];
    for setup in setups {
        let ended = setup.ends();
        check(
            &ended,
            0,
            expect![[r#"
                {"id":1}
                {"id":3}
                {"id":5}
            "#]],
            expect![[r#"
                5 Tweets in TIME: kept 3, filtered 2, failed 0
                3 rows written to data/replay.db
                3 lines emitted
                matches: coffee 5
                N Tweets/s
            "#]],
        );
        expect![[r#"
            1|coffee
            3|coffee
            5|coffee"#]]
        .assert_eq(&ended.rows_of("data/replay.db", SEEN));
        assert!(!ended.database().exists());
    }
}

#[test]
fn the_journal_is_replayed_by_the_time_of_receipt() {
    let setup = || {
        let setup = replay(&["--db", "out.db"]);
        journal(&setup.folder().join("data/journal"), 1..=9);
        setup
    };
    let check = |arguments: &[&str], ids: Expect| {
        let ended = setup().arguments(arguments).ends();
        ended.assert_code(0);
        ids.assert_eq(&ended.rows_of("out.db", "SELECT group_concat(id) FROM seen"));
    };
    check(&[], expect!["1,3,5,7,9"]);
    check(&["--from", "1970-01-01T00:50:00Z"], expect!["3,5,7,9"]);
    check(&["--to", "1970-01-01T00:50:00Z"], expect!["1"]);
    check(
        &[
            "--from",
            "1970-01-01T00:50:00Z",
            "--to",
            "1970-01-01T01:56:40+00:00",
        ],
        expect!["3,5"],
    );
    check(&["--from", "2h"], expect!["NULL"]);
    check(&["--to", "2h"], expect!["1,3,5,7,9"]);
    check(&["--limit", "3"], expect!["1,3"]);
}

#[test]
fn what_is_damaged_is_told_and_skipped() {
    let setup = replay(&[]);
    let folder = setup.folder().join("data/journal");
    journal(&folder, 1..=9);
    let segment = fs::read_dir(&folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    fs::write(&segment, bytes).unwrap();
    let ended = setup.ends();
    ended
        .assert_code(0)
        .assert_says("is damaged from byte ")
        .assert_says("1 part of the journal could not be read and was skipped")
        .assert_says("8 Tweets in ");
}

#[test]
fn the_journal_of_a_run_can_be_replayed_beside_it() {
    let run = Setup::new().script(SCRIPT).start();
    run.wait_for("stream connected");
    run.powertrack().send_all((1..=3).map(tweet));
    // What is emitted has been written to the journal before.
    run.wait_for_output("{\"id\":3}");
    let ended = replay(&[])
        .environment(
            "OUZEL_DATA_DIR",
            run.folder().join("data").to_str().unwrap(),
        )
        .arguments(&["--db", "out.db"])
        .ends();
    ended.assert_code(0);
    expect![[r#"
        1|t
        3|t"#]]
    .assert_eq(&ended.rows_of("out.db", SEEN));
    run.drain().assert_rows(
        SEEN,
        expect![[r#"
        1|t
        3|t"#]],
    );
}

#[test]
fn an_earlier_database_is_only_written_when_that_is_said() {
    let again = |ended: Ended, arguments: &[&str]| {
        ended.again().command("replay").arguments(arguments).ends()
    };
    let ended = replay(&["tweets.jsonl", "--limit", "1"]).ends();
    ended.assert_code(0);
    let ended = again(ended, &["tweets.jsonl"]);
    check(
        &ended,
        2,
        expect![""],
        expect![[r#"
        error: `data/replay.db` is there already
        hint: `--fresh` begins anew, `--append` adds to it, `--db` takes another
    "#]],
    );
    let ended = ended
        .again()
        .file("more.jsonl", tweets(6..=7))
        .command("replay")
        .arguments(&["more.jsonl", "--append"])
        .ends();
    expect![[r#"
        1|coffee
        7|coffee"#]]
    .assert_eq(&ended.rows_of("data/replay.db", SEEN));
    expect![[r#"
        1|1|scripts/main.lua|tweets.jsonl
        2|1|scripts/main.lua|more.jsonl"#]]
    .assert_eq(&ended.rows_of(
        "data/replay.db",
        "SELECT number, began_at LIKE '20%Z', script, source FROM _ouzel_replay",
    ));
    // A script that does not load leaves the earlier one as it was.
    let ended = ended
        .again()
        .file("broken.lua", "ouzel.on(")
        .command("replay")
        .arguments(&["broken.lua", "tweets.jsonl", "--fresh"])
        .ends();
    ended.assert_code(3);
    expect![[r#"
        1|coffee
        7|coffee"#]]
    .assert_eq(&ended.rows_of("data/replay.db", SEEN));
    let ended = again(ended, &["tweets.jsonl", "--fresh"]);
    ended.assert_code(0);
    expect![[r#"
        1|coffee
        3|coffee
        5|coffee"#]]
    .assert_eq(&ended.rows_of("data/replay.db", SEEN));
    let mut files: Vec<_> = fs::read_dir(ended.folder().join("data"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["replay.db"]);
    // And one that did not load leaves nothing where there was nothing.
    let ended = again(ended, &["broken.lua", "tweets.jsonl", "--db", "new.db"]);
    ended.assert_code(3);
    assert!(!ended.folder().join("new.db").exists());
}

#[test]
fn what_it_emits_into_files_lies_beside_its_database() {
    let script = "local hits = ouzel.sink('hits.jsonl') ouzel.on('*', function(t) ouzel.emit(t.id, hits) end)";
    let ended = replay(&["tweets.jsonl", "--limit", "2"])
        .script(script)
        .ends();
    ended.assert_code(0);
    let hits = |ended: &Ended| {
        let file = ended.folder().join("data/replay.db.sinks/hits.jsonl");
        fs::read_to_string(file).unwrap()
    };
    assert_eq!(hits(&ended), "1\n2\n");
    assert!(!ended.folder().join("data/sinks").exists());
    // They come and go with the database.
    let again = |ended: Ended, how: &str| {
        let again = ended.again().command("replay");
        again
            .arguments(&["tweets.jsonl", "--limit", "3", how])
            .ends()
    };
    let ended = again(ended, "--append");
    assert_eq!(hits(&ended), "1\n2\n1\n2\n3\n");
    let ended = again(ended, "--fresh");
    assert_eq!(hits(&ended), "1\n2\n3\n");
    fs::remove_file(ended.folder().join("data/replay.db")).unwrap();
    let ended = ended
        .again()
        .command("replay")
        .arguments(&["tweets.jsonl"])
        .ends();
    ended
        .assert_code(2)
        .assert_says("`data/replay.db` is there already");
}

#[test]
fn the_database_of_a_run_is_never_written() {
    let ended = replay(&["tweets.jsonl", "--db", "data/ouzel.db"]).ends();
    check(
        &ended,
        2,
        expect![""],
        expect![[r#"
        error: `data/ouzel.db` is the database of `ouzel run`; a replay writes to one of its own
        hint: without `--db` it is `data/replay.db`
    "#]],
    );
    assert!(!ended.folder().join("data").exists());
    let run = ended.again().command("run").start();
    run.wait_for("stream connected");
    let ended = run.drain();
    std::os::unix::fs::symlink("data/ouzel.db", ended.folder().join("link.db")).unwrap();
    let folder = ended.folder().to_owned();
    let database = folder.join("data/ouzel.db");
    let before = fs::read(&database).unwrap();
    let mut setup = ended.again();
    for database in ["data/../data/ouzel.db", "./link.db"] {
        let ended = setup
            .command("replay")
            .arguments(&["tweets.jsonl", "--append", "--db", database])
            .ends();
        ended
            .assert_code(2)
            .assert_says("is the database of `ouzel run`");
        setup = ended.again();
    }
    // Nor one of another data folder, nor anything else that no replay has made.
    fs::copy(&database, folder.join("other.db")).unwrap();
    let ended = setup
        .command("replay")
        .arguments(&["tweets.jsonl", "--fresh", "--db", "other.db"])
        .ends();
    check(
        &ended,
        2,
        expect![""],
        expect![[r#"
        error: `other.db` was not made by a replay, so it is left as it is
        hint: give another file with `--db`
    "#]],
    );
    assert_eq!(fs::read(&database).unwrap(), before);
    assert_eq!(fs::read(folder.join("other.db")).unwrap(), before);
}

#[test]
fn a_failing_handler_puts_a_tweet_into_the_quarantine_of_the_replay() {
    let ended = replay(&["tweets.jsonl"])
        .script(
            "ouzel.on('*', function(t) if t.id == 2 then error('two') end ouzel.emit(t.id) end)",
        )
        .ends();
    ended.assert_code(0).assert_says(
        "1 Tweet is in quarantine: `ouzel quarantine list --db data/replay.db` shows it",
    );
    expect![[r#"
        1
        3
        4
        5
    "#]]
    .assert_eq(ended.output());
    let ended = ended
        .again()
        .script("ouzel.on('*', function(t) ouzel.emit(t.id) end)")
        .command("quarantine")
        .arguments(&["retry", "--db", "data/replay.db"])
        .ends();
    ended.assert_code(0);
    assert_eq!(ended.output(), "2\n");
}

#[test]
fn a_signal_ends_it_in_order_also_while_it_waits_for_input() {
    let run = replay(&["-"])
        .script("ouzel.on('*', function() end) ouzel.log.info('loaded')")
        .stdin_open()
        .start();
    run.wait_for("loaded");
    let ended = run.drain();
    ended.assert_says("0 Tweets in ");
}

#[test]
fn what_cannot_be_read_says_so_and_what_came_before_is_committed() {
    let ended = replay(&[]).ends();
    check(
        &ended,
        2,
        expect![""],
        expect![[r#"
        error: there is no journal `data/journal`
        hint: `ouzel run` writes one; or give files of Tweets
    "#]],
    );
    let ended = replay(&["none.jsonl"]).ends();
    check(
        &ended,
        1,
        expect![""],
        expect![[r#"
        error: cannot read `none.jsonl`: No such file or directory (os error 2)
    "#]],
    );
    assert!(!ended.folder().join("data").exists());
    for (arguments, expected) in [
        (
            &["scripts"][..],
            expect![[r#"
            error: `scripts` is a folder
            hint: name the files in it, such as `scripts/*.zst`; without files, replay takes the journal of the data folder, and with `--sim` that of `run --sim`
        "#]],
        ),
        (
            &["tweets.jsonl", "--from", "2h"][..],
            expect![[r#"
            error: `--from` and `--to` go by the time of receipt, which only the journal knows; they go without files
        "#]],
        ),
        (
            &["tweets.jsonl", "--sim"],
            expect![[r#"
            error: `--sim` takes the simulator's journal; it goes without files
        "#]],
        ),
    ] {
        check(&replay(arguments).ends(), 2, expect![""], expected);
    }
    replay(&["--from", "yesterday"])
        .ends()
        .assert_code(2)
        .assert_says("`yesterday` is no time; write one such as");
    let setup = replay(&["--from", "1h", "--to", "2h"]);
    fs::create_dir_all(setup.folder().join("data/journal")).unwrap();
    check(
        &setup.ends(),
        2,
        expect![""],
        expect![[r#"
        error: nothing lies between `--from` and `--to`: the one is not before the other
    "#]],
    );
    // Cut off in the middle, as a download may be.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    gzip.write_all(tweets(1..=500).as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let ended = replay(&["cut.gz"])
        .file("cut.gz", &gzip[..gzip.len() / 2])
        .ends();
    ended
        .assert_code(1)
        .assert_says("error: cannot read `cut.gz`: ");
    let rows: i64 = ended
        .rows_of("data/replay.db", "SELECT count(*) FROM seen")
        .parse()
        .unwrap();
    assert!((100..150).contains(&rows), "{rows}");
}
