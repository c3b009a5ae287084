//! What `ouzel gaps` and `/healthz` say while the stream is away, and until what was missed has come: never that all is well.

use expect_test::expect;

use super::{
    STORE, health, ran_and_changed,
    support::{Ended, Run, Setup, command, tweet, wait_for_some, wait_until},
};

/// More than one run of these tests gets to.
const ATTEMPTS: usize = 50;

const ROW: &str = "SELECT count(*), min(cause), min(state), min(repair), min(away), count(backfill_from), min(missing_seconds > 0) FROM _ouzel_gaps";

/// A run that has handled a Tweet, and whose stream then breaks and is refused ever after.
fn run_with_its_stream_away() -> Run {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    for _ in 0..ATTEMPTS {
        run.powertrack().refuse_stream(503, "");
    }
    run.powertrack().cut();
    run.wait_for("connecting failed");
    run
}

/// What `ouzel gaps` says beside a run, once that holds a text.
#[track_caller]
fn wait_for_gaps(run: &Run, arguments: &[&str], text: &str) -> String {
    wait_for_some(text, || {
        let gaps = command(run.folder()).arg("gaps").args(arguments).output();
        Some(String::from_utf8(gaps.unwrap().stdout).unwrap()).filter(|said| said.contains(text))
    })
}

#[track_caller]
fn assert_gaps_say(ended: Ended, arguments: &[&str], text: &str) -> Ended {
    let ended = ended.again().command("gaps").arguments(arguments).ends();
    assert!(ended.output().contains(text), "{}", ended.output());
    ended
}

#[test]
fn an_outage_that_goes_on_is_listed_and_after_a_stop_too() {
    for end in [Run::drain, Run::kill] {
        let run = run_with_its_stream_away();
        let said = wait_for_gaps(&run, &[], "    away since 2");
        assert!(!said.contains("nothing is missing"), "{said}");
        assert!(said.contains("1 outage of"), "{said}");
        let said = wait_for_gaps(&run, &["--json"], r#""away":true"#);
        assert!(said.contains(r#""ended_at":null"#), "{said}");
        assert!(said.contains(r#""state":"open""#), "{said}");
        let ended = end(run);
        assert_eq!(ended.rows(ROW), "1|broken|open|none|1|0|1");
        let ended = assert_gaps_say(ended, &[], "    away since 2");
        let ended = assert_gaps_say(ended, &["--json"], r#""away":true"#);
        // It goes on in the next run, and is one row until the stream is back.
        let run = ended.again().command("run").start();
        wait_for_gaps(&run, &["--json"], r#""cause":"restart""#);
        wait_for_gaps(&run, &["--json"], r#""away":true"#);
        let ended = run.drain();
        assert_eq!(ended.rows(ROW), "1|restart|open|none|1|0|1");
    }
}

#[test]
fn the_row_of_an_outage_that_went_on_is_that_of_its_end() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    for _ in 0..2 {
        run.powertrack().refuse_stream(503, "");
    }
    run.powertrack().cut();
    wait_for_gaps(&run, &[], "    away since 2");
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(2));
    run.wait_for("handled 2.");
    // What was asked for again may not have come.
    let said = wait_for_gaps(&run, &[], "backfill");
    assert!(!said.contains("nothing is missing"), "{said}");
    assert!(said.contains("may not have come yet"), "{said}");
    let state = || {
        run.powertrack().send_bytes(b"\r\n");
        let said = wait_for_gaps(&run, &["--json"], "gaps");
        said.contains(r#""state":"repaired""#)
    };
    wait_until("a repaired gap, half a minute later", state);
    let ended = run.drain();
    assert_eq!(ended.rows(ROW), "1|broken|repaired|backfill|0|0|0");
    assert_gaps_say(ended, &[], "nothing is missing up to 2");
}

#[test]
fn a_backfill_that_was_cut_short_is_open_until_a_run_has_had_it() {
    for end in [Run::drain, Run::kill] {
        let run = Setup::new().script(STORE).start();
        run.powertrack().send(tweet(1));
        run.wait_for("handled 1.");
        run.powertrack().cut();
        run.powertrack().wait_for_connection(2);
        run.powertrack().send(tweet(2));
        run.wait_for("handled 2.");
        wait_for_gaps(&run, &["--json"], r#""backfill_from":"2"#);
        let ended = end(run);
        assert_eq!(ended.rows(ROW), "1|broken|open|backfill|0|1|1");
        let ended = assert_gaps_say(ended, &[], "may not have come yet");
        let began = "SELECT started_at FROM _ouzel_gaps";
        let first = ended.rows(began);
        let run = ended.again().command("run").start();
        run.powertrack().wait_for_connection(3);
        run.powertrack().send(tweet(3));
        run.wait_for("handled 3.");
        wait_for_gaps(&run, &["--json"], r#""cause":"restart""#);
        let ended = run.drain();
        assert_eq!(ended.rows(ROW), "1|restart|open|backfill|0|1|1");
        // What the run before had not received is counted from the same time, to the tenth of a second or earlier.
        let again = ended.rows(began);
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        assert!(at(&again) <= at(&first) + 100, "{again} is after {first}");
    }
}

#[test]
fn a_run_that_was_stopped_in_good_order_has_no_outage_that_goes_on() {
    let ended = Setup::new().command("gaps").ends();
    ended.assert_code(2);
    let run = ended.again().command("run").script(STORE).start();
    wait_for_gaps(&run, &[], "nothing was received yet, as far as is known");
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    let ended = run.drain();
    ended.assert_rows("SELECT count(*) FROM _ouzel_gaps", expect!["0"]);
    let ended = assert_gaps_say(
        ended,
        &[],
        "no outage is written down: nothing is missing up to 2",
    );
    assert_gaps_say(ended, &["--json"], r#""received_until":"2"#);
}

#[test]
fn a_stream_that_stays_away_is_not_healthy() {
    let setup = Setup::new()
        .script(STORE)
        .environment("OUZEL_STATUS_LISTEN", "127.0.0.1:0")
        .arguments(&["--log", "debug", "--read-timeout", "31s"]);
    for _ in 0..ATTEMPTS {
        setup.powertrack().refuse_stream(503, "");
    }
    let run = setup.start();
    let said = run.wait_for("serving /metrics");
    let address = said.split("address=").nth(1).unwrap();
    let address = address.split_whitespace().next().unwrap().to_owned();
    run.wait_for("connecting failed");
    let answer = wait_for_some("an answer that it is unwell", || {
        Some(health(&address)).filter(|answer| answer.starts_with("HTTP/1.1 503"))
    });
    assert!(answer.contains(r#""status":"away""#), "{answer}");
    assert!(answer.contains(r#""silent_seconds":4"#), "{answer}");
    run.drain();
}

/// As a run leaves it whose clock is a day ahead: its restart has lasted a day, and so it has received everything until then.
const AHEAD: &str = "
UPDATE _ouzel_received SET until_ms = until_ms + 86400000;
INSERT INTO _ouzel_gaps (id, started_at, ended_at, seconds, cause, repair, state, missing_from, missing_to, missing_seconds, detail)
VALUES (1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-20 minutes'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+1 days'), 87600, 'restart', 'backfill', 'open',
        strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-20 minutes'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+1 days', '-295 seconds'), 87305, '');";

#[test]
fn a_clock_that_was_a_day_ahead_leaves_no_outage_of_a_day() {
    let ended = ran_and_changed(AHEAD);
    let ended = assert_gaps_say(ended, &[], "the clock was set back");
    let run = ended.again().command("run").start();
    run.wait_for("the clock was set back, since the run before");
    run.wait_for("so an outage was shorter");
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(2));
    run.wait_for("handled 2.");
    wait_for_gaps(&run, &["--json"], r#""id":2"#);
    let ended = run.drain();
    let rows = "SELECT id, cause, state, seconds BETWEEN 1190 AND 1300, missing_seconds BETWEEN 890 AND 1000 FROM _ouzel_gaps WHERE id = 1";
    ended.assert_rows(rows, expect!["1|restart|open|1|1"]);
    // Nobody knows how long it was away.
    let rows = "SELECT id, cause, seconds < 301, detail FROM _ouzel_gaps WHERE id = 2";
    ended.assert_rows(
        rows,
        expect!["2|restart|1|what backfill is asked for may not have come yet"],
    );
    let future =
        "SELECT count(*) FROM _ouzel_gaps WHERE ended_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";
    ended.assert_rows(future, expect!["0"]);
}
