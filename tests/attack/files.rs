//! Hostile files: without an end, in one line, in other encodings, and signals while they are read.

use std::{fs::File, io::Write, process::Command};

use expect_test::expect;
use flate2::{Compression, write::GzEncoder};

use super::support::{Setup, Sim, tweet};

/// A file with nothing in it that is as long as this; it takes no room on the disk.
fn long(setup: Setup, name: &str, mebibytes: u64) -> Setup {
    let setup = setup.file(name, "");
    let file = File::options()
        .write(true)
        .open(setup.folder().join(name))
        .unwrap();
    file.set_len(mebibytes << 20).unwrap();
    setup
}

#[test]
fn a_file_without_an_end_is_no_file_of_rules_or_subjects() {
    for arguments in [
        &["lint", "rules"][..],
        &["estimate", "--rules", "rules", "rules"],
    ] {
        let ended = long(Setup::rules(), "rules", 65)
            .arguments(arguments)
            .ends();
        ended.assert_code(2);
        expect![[r#"
            error: `rules` is longer than 64 MiB, so it is no file of rules
        "#]]
        .assert_eq(&ended.stderr);
    }
    let ended = long(Setup::new().command("sim"), "about.toml", 17)
        .arguments(&["--listen", "127.0.0.1:0", "--about", "about.toml"])
        .ends();
    ended.assert_code(2);
    expect![[r#"
        error: cannot read what Tweets are to be about from `about.toml`: file too large
    "#]]
    .assert_eq(&ended.stderr);
}

/// Tweets behind a line that is longer than any Tweet, which compresses to next to nothing.
fn bomb() -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    writeln!(gzip, "{}", tweet(1).replace("hello", "music")).unwrap();
    let piece = vec![b'{'; 1 << 20];
    for _ in 0..40 {
        gzip.write_all(&piece).unwrap();
    }
    writeln!(gzip, "\n{}", tweet(2).replace("hello", "music")).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_line_that_is_longer_than_any_tweet_is_passed_over() {
    let setup = Setup::new()
        .script(
            "ouzel.rules { { value = 'music' } } ouzel.enrich(function(t) ouzel.emit(t.id) end)",
        )
        .file("bomb.gz", bomb());
    let ended = setup
        .command("replay")
        .arguments(&["scripts/main.lua", "bomb.gz", "--db", "try.db"])
        .ends();
    ended
        .assert_code(0)
        .assert_says("1 line was too long to be a Tweet and was skipped");
    assert_eq!(ended.output(), "1\n2\n");
    let path = ended.folder().join("bomb.gz");
    let sim = Sim::start(&["--tweets", path.to_str().unwrap()]);
    let ended = ended
        .again()
        .command("run")
        .against(&sim)
        .arguments(&["--limit", "2"])
        .ends();
    ended.assert_code(0);
    assert_eq!(ended.output(), "1\n2\n");
    // It holds no such line in memory: 40 MiB, and what a debug build takes anyway.
    assert!(sim.process.memory() < 100 << 20, "{}", sim.process.memory());
}

#[test]
fn the_first_tweet_behind_a_byte_order_mark_is_one() {
    let file = format!("\u{feff}{}\r\n{}\r\n", tweet(1), tweet(2)).replace("hello", "music");
    let setup = Setup::new()
        .script("ouzel.enrich(function(t) ouzel.emit(t.id) end)")
        .file("tweets.jsonl", &file);
    let ended = setup
        .command("replay")
        .arguments(&["scripts/main.lua", "tweets.jsonl", "--db", "try.db"])
        .ends();
    ended.assert_code(0).assert_silent_about("no Tweets");
    assert_eq!(ended.output(), "1\n2\n");
    let path = ended.folder().join("tweets.jsonl");
    let sim = Sim::start(&["--tweets", path.to_str().unwrap()]);
    let ended = Setup::new()
        .script(
            "ouzel.rules { { value = 'music' } } ouzel.enrich(function(t) ouzel.emit(t.id) end)",
        )
        .against(&sim)
        .arguments(&["--limit", "2"])
        .ends();
    assert_eq!(ended.output(), "1\n2\n");
}

#[test]
fn a_simulator_that_still_reads_its_file_ends_at_the_first_signal() {
    let setup =
        Setup::new()
            .command("sim")
            .arguments(&["--listen", "127.0.0.1:0", "--tweets", "pipe"]);
    let pipe = setup.folder().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success(), "mkfifo of coreutils is needed");
    let run = setup.start();
    // It is opened as soon as somebody reads it, and says nothing.
    let _writer = File::options().write(true).open(&pipe).unwrap();
    run.process().signal("TERM");
    let ended = run.ends();
    assert_eq!(ended.stderr, "");
    assert!(!ended.output().contains("read Tweets"));
}

#[test]
fn input_without_any_tweet_is_refused_however_it_comes() {
    let setup = || {
        Setup::new()
            .script("ouzel.on('*', function(t) ouzel.emit(t.id) end)")
            .file(
                "other.lua",
                "ouzel.on('*', function(t) ouzel.emit(t.id) end)",
            )
            .file("rules.txt", "music")
            .file("empty.jsonl", "")
            .file("blank.jsonl", "\n\r\n")
            .file(
                "none.gz",
                GzEncoder::new(Vec::new(), Compression::fast())
                    .finish()
                    .unwrap(),
            )
    };
    for (command, arguments) in [
        ("replay", &["scripts/main.lua", "empty.jsonl"][..]),
        ("replay", &["scripts/main.lua", "/dev/null"]),
        ("replay", &["scripts/main.lua", "blank.jsonl", "none.gz"]),
        ("replay", &["-"]),
        ("replay", &["empty.jsonl", "--compare", "other.lua"]),
        (
            "rules",
            &["estimate", "--rules", "rules.txt", "empty.jsonl"],
        ),
        ("rules", &["estimate", "--rules", "rules.txt", "-"]),
    ] {
        let ended = setup().command(command).arguments(arguments).ends();
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
        ended.assert_says("error: there is no line in the input, and so no Tweet\nhint: ");
        assert!(
            !ended.folder().join("data/replay.db").exists(),
            "{arguments:?}"
        );
    }
    let ended = setup()
        .file("other.jsonl", "{\"a\":1}\n")
        .command("replay")
        .arguments(&["other.jsonl", "--compare", "other.lua"])
        .ends();
    ended
        .assert_code(2)
        .assert_says("error: no line of the input is a Tweet\nhint: ");
}
