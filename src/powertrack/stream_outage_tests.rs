//! What the stream asks for again, and what it tells of outages, in virtual time.

use std::time::Duration;

use expect_test::expect;
use jiff::Timestamp;

use super::{
    fakes::{
        Answer::{self, *},
        Event::*,
        Run, Taker,
    },
    *,
};
use crate::powertrack::Cause;

/// Heartbeats for more than half a minute, so that backfill counts as come.
fn calm(text: &'static str) -> Answer {
    Stream(vec![
        Text(text),
        Wait(20_000),
        Text("\r\n"),
        Wait(20_000),
        Text("\r\n"),
        Reset,
    ])
}

#[tokio::test(start_paused = true)]
async fn the_minutes_of_an_outage_are_asked_for_again() {
    let run = Run::new().telling();
    run.follow([calm("{1}\r\n"), Status(503), Status(503), calm("{2}\r\n")])
        .await
        .unwrap();
    run.expect(expect![[r#"
        0 connect
        0 begins 1
        0 {1}
        40000 connect 1
        45000 connect 2
        55000 connect 2
        55000 begins 2, outage 1 of 15 s, broken, covered: true
        55000 {2}
        95250 connect 2
        95250 stopped"#]]);
    let counts = run.status.counts();
    assert_eq!(run.outages(Cause::Broken), 1);
    assert_eq!(counts.outage, Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn a_longer_outage_asks_for_as_much_as_there_is() {
    let trouble = || std::iter::repeat_with(|| Status(503)).take(7);
    let run = Run::new().telling();
    let answers = [calm("{1}\r\n")].into_iter().chain(trouble());
    run.follow(answers.chain([calm("{2}\r\n")])).await.unwrap();
    run.expect(expect![[r#"
        0 connect
        0 begins 1
        0 {1}
        40000 connect 1
        45000 connect 2
        55000 connect 2
        75000 connect 2
        115000 connect 3
        195000 connect 4
        355000 connect 5
        675000 connect 5
        675000 begins 2, outage 1 of 635 s, broken, covered: false
        675000 {2}
        715250 connect 2
        715250 stopped"#]]);
}

#[tokio::test(start_paused = true)]
async fn an_account_without_backfill_is_asked_without() {
    let run = Run::new().telling();
    run.follow([
        calm("{1}\r\n"),
        Status(406),
        calm("{2}\r\n"),
        calm("{3}\r\n"),
    ])
    .await
    .unwrap();
    run.expect(expect![[r#"
        0 connect
        0 begins 1
        0 {1}
        40000 connect 1
        40000 connect
        40000 begins 2, outage 1 of 0 s, broken, covered: false
        40000 {2}
        80250 connect
        80250 begins 3, outage 2 of 0 s, broken, covered: false
        80250 {3}
        120750 connect
        120750 stopped"#]]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_stream_itself_is_not_taken_for_one_of_backfill() {
    for status in [401, 404] {
        let run = Run::new();
        let error = run
            .follow([calm("{1}\r\n"), Status(status)])
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Status { .. }), "{error}");
    }
    let run = Run::new();
    run.follow([calm("{1}\r\n"), Status(406), Status(406)])
        .await
        .unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn backfill_can_be_turned_off() {
    let run = Run::new().telling().backfill(0);
    run.follow([calm("{1}\r\n"), calm("{2}\r\n")])
        .await
        .unwrap();
    run.expect(expect![[r#"
        0 connect
        0 begins 1
        0 {1}
        40000 connect
        40000 begins 2, outage 1 of 0 s, broken, covered: false
        40000 {2}
        80250 connect
        80250 stopped"#]]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_for_after_a_full_buffer() {
    let full = Stream(vec![Text(
        "{1}\r\n{\"error\":{\"message\":\"This stream has been disconnected because your client was unable to keep up with us.\"}}\r\n",
    )]);
    let run = Run::new().telling();
    run.follow([full, calm("{2}\r\n")]).await.unwrap();
    run.expect(expect![[r#"
        0 connect
        0 begins 1
        0 {1}
        0 connect
        0 begins 2, outage 1 of 0 s, full_buffer, covered: false
        0 {2}
        40250 connect 2
        40250 stopped"#]]);
    assert_eq!(run.outages(Cause::FullBuffer), 1);
}

#[tokio::test(start_paused = true)]
async fn a_silent_end_after_slow_taking_is_suspected_of_a_full_buffer() {
    let run = Run::new().telling().taker(Taker::Slow(6_000));
    run.follow([
        Stream(vec![Text("{1}\r\n"), Reset]),
        Stream(vec![Text("{2}\r\n"), Silence]),
    ])
    .await
    .unwrap();
    run.expect(expect![[r#"
        0 connect
        0 begins 1
        6000 {1}
        6000 connect 2
        6000 begins 2, outage 1 of 6 s, full_buffer, covered: false
        12000 {2}
        47250 connect 2
        47250 stopped"#]]);
}

#[tokio::test(start_paused = true)]
async fn being_away_is_an_outage_from_the_last_line() {
    let last = Timestamp::now() - Duration::from_secs(100);
    let run = Run::new().telling().last_received(last);
    run.follow([Refuse, calm("{1}\r\n")]).await.unwrap();
    run.expect(expect![[r#"
        0 connect 3
        250 connect 3
        250 begins 1, outage 1 of 100 s, restart, covered: true
        250 {1}
        40250 connect 1
        40250 stopped"#]]);
    assert_eq!(run.outages(Cause::Restart), 1);
}

#[tokio::test(start_paused = true)]
async fn what_has_come_is_told_behind_its_lines_and_with_heartbeats() {
    let run = Run::new().marking();
    run.follow([
        Stream(vec![
            Text("{1}\r\n"),
            Wait(10_000),
            Text("\r\n"),
            Wait(10_000),
            // Half a line is not a whole one.
            Text("{2"),
            Wait(10_000),
            Text("}\r\n"),
            Reset,
        ]),
        Status(503),
        calm("{3}\r\n"),
    ])
    .await
    .unwrap();
    run.expect(expect![[r#"
        0 connect
        0 {1}
        0 all received
        10000 all received
        30000 {2}
        30000 all received
        30000 connect 1
        35000 connect 2
        35000 not yet all received
        35000 {3}
        35000 not yet all received
        55000 not yet all received
        75000 all received
        75250 connect 2
        75250 stopped"#]]);
}

#[tokio::test(start_paused = true)]
async fn lines_that_a_shutdown_loses_are_not_told_as_received() {
    let run = Run::new().marking().taker(Taker::Stuck).shut_down_after(10);
    run.follow([Stream(vec![Text("{1}\r\n"), Silence])])
        .await
        .unwrap();
    run.expect(expect![[r#"
        0 connect
        1010 stopped"#]]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_lost_at_once_ends_no_outage() {
    let brief = || Stream(vec![Text("{2}\r\n"), Wait(5_000), Reset]);
    let run = Run::new().telling();
    run.follow([
        calm("{1}\r\n"),
        brief(),
        Status(503),
        brief(),
        calm("{3}\r\n"),
    ])
    .await
    .unwrap();
    run.expect(expect![[r#"
        0 connect
        0 begins 1
        0 {1}
        40000 connect 1
        40000 begins 2, outage 1 of 0 s, broken, covered: true
        40000 {2}
        45250 connect 2
        50250 connect 2
        50250 begins 3, outage 1 of 10 s, broken, covered: true
        50250 {2}
        55750 connect 2
        55750 begins 4, outage 1 of 15 s, broken, covered: true
        55750 {3}
        96500 connect 2
        96500 stopped"#]]);
    assert_eq!(run.outages(Cause::Broken), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_last_tweet_has_waited_is_missing_too_unless_a_heartbeat_was_waited_for() {
    // The wall clock is not virtual, and moves on a little.
    let made = Timestamp::now().as_millisecond() - 100_500;
    let id = (made - 1_288_834_974_657) << 22;
    let late: &str = format!("{{\"id_str\":\"{id}\"}}\r\n").leak();
    for (after, asked, queued) in [
        (vec![], 3, 100),
        // This heartbeat came with the Tweet, so it has waited too.
        (vec![Text("\r\n")], 3, 100),
        (vec![Wait(10_000), Text("\r\n")], 2, 15),
        // The line that was not read to its end was made in between.
        (
            vec![Wait(10_000), Text("\r\n"), Wait(5_000), Text("{")],
            2,
            20,
        ),
        (
            vec![Wait(5_000), Text("{"), Wait(5_000), Text("\"")],
            3,
            110,
        ),
    ] {
        let run = Run::new().telling();
        let mut events = vec![Text("\r\n")];
        for _ in 0..10 {
            events.extend([Wait(30_000), Text("\r\n")]);
        }
        events.push(Text(late));
        events.extend(after);
        events.push(Reset);
        run.follow([Stream(events), calm("\r\n")]).await.unwrap();
        run.expect_said(&format!("connect {asked}"));
        run.expect_said(&format!("covered: true, {queued} s of before it"));
    }
}
