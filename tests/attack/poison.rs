//! A Tweet whose handler fells the process: it goes to quarantine, and the stream goes on.

use std::process::Command;

use expect_test::expect;

use super::support::{Setup, tweet};

/// The 13th Tweet takes all the memory that there is.
const STORE: &str = r#"
local seen = ouzel.table("seen", { id = "INTEGER" })
ouzel.enrich(function(t)
  seen:insert { id = t.id }
  if t.id == 13 then local s = "x" while true do s = s .. s end end
  ouzel.log.info("handled", t.id .. ".")
end)
"#;

/// A killed run leaves what is in hand behind; the handler tells when to kill it.
const SLOW: &str = r#"
local seen = ouzel.table("seen", { id = "INTEGER" })
ouzel.enrich(function(t)
  seen:insert { id = t.id }
  if t.id == 13 then ouzel.log.info("in hand") for i = 1, 1e12 do end end
  ouzel.log.info("handled", t.id .. ".")
end)
"#;

#[test]
fn a_tweet_that_was_in_hand_at_two_crashes_is_not_handled_a_third_time() {
    let mut setup = Setup::new().without_script_limits().script(SLOW);
    for round in 1..=2 {
        let run = setup.start();
        if round == 1 {
            run.powertrack().send_all((1..=30).map(tweet));
        }
        run.wait_for("in hand");
        setup = run.kill().again();
    }
    let run = setup.start();
    run.wait_for("handled 30.");
    run.powertrack().wait_for_connection(3);
    run.powertrack().send_all([tweet(13), tweet(30), tweet(31)]);
    run.wait_for("handled 31.");
    let ended = run.drain();
    ended.assert_rows(
        "SELECT count(*), count(DISTINCT id), max(id = 13) FROM seen",
        expect!["30|30|0"],
    );
    ended.assert_rows(
        "SELECT tweet_id, handler, error, hint FROM _ouzel_quarantine",
        expect!["13|unknown|ouzel ended without warning twice while this Tweet was in hand|a handler may have taken all memory, or somebody has killed the process; `ouzel quarantine retry` handles it again"],
    );
    // It can be handled once the handler is mended.
    let ended = ended
        .again()
        .script("local seen = ouzel.table('seen', { id = 'INTEGER' }) ouzel.enrich(function(t) seen:insert { id = t.id } end)")
        .command("quarantine")
        .arguments(&["retry"])
        .ends();
    ended.assert_code(0);
    ended.assert_rows(
        "SELECT count(*), count(DISTINCT id) FROM seen",
        expect!["31|31"],
    );
}

/// With little memory to be had, the allocator ends the process itself.
#[test]
fn a_tweet_that_takes_all_memory_stops_the_stream_for_two_starts_at_most() {
    let mut setup = Setup::new().without_script_limits().script(STORE);
    let mut starts = 0;
    let ended = loop {
        starts += 1;
        assert!(starts <= 3, "it never goes on");
        let run = setup.start();
        let limited = Command::new("prlimit")
            .args(["--pid", &run.process().id().to_string(), "--as=3000000000"])
            .status();
        assert!(
            limited.unwrap().success(),
            "prlimit of util-linux is needed"
        );
        run.powertrack().wait_for_connection(starts);
        run.powertrack().send_to_who_may_go((1..=30).map(tweet));
        if !run.process().says_before_it_ends("handled 30.") {
            setup = run.ends().again();
            continue;
        }
        break run.drain();
    };
    assert_eq!(starts, 3, "{}", ended.stderr);
    ended.assert_rows(
        "SELECT count(*), count(DISTINCT id) FROM seen WHERE id != 13",
        expect!["29|29"],
    );
    ended.assert_rows("SELECT tweet_id FROM _ouzel_quarantine", expect!["13"]);
}

#[test]
fn a_tweet_that_was_in_hand_once_is_handled_again() {
    let run = Setup::new().without_script_limits().script(SLOW).start();
    run.powertrack().send_all((1..=30).map(tweet));
    run.wait_for("in hand");
    let run = run
        .kill()
        .again()
        .script(&SLOW.replace("1e12", "1"))
        .start();
    run.wait_for("handled 30.");
    let ended = run.drain();
    ended.assert_rows(
        "SELECT count(*), count(DISTINCT id) FROM seen",
        expect!["30|30"],
    );
    ended.assert_rows("SELECT count(*) FROM _ouzel_quarantine", expect!["0"]);
    // Nothing is left of it after an end in order.
    assert!(!ended.folder().join("data/journal.in-hand").exists());
}
