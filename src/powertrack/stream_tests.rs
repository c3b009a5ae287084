//! Whole lives of a stream in virtual time.

use expect_test::{Expect, expect};

use super::{
    fakes::{
        Answer::{self, *},
        Event::*,
        Run, Taker,
    },
    *,
};
use crate::{
    powertrack::{Cause, Credentials, deliver::Refused},
    text::{lines::Lines, secret::Secret},
};

/// The life of a stream that the service answers like this.
async fn check(answers: impl IntoIterator<Item = Answer>, expected: Expect) -> Run {
    let run = Run::new();
    run.follow(answers).await.unwrap();
    run.expect(expected);
    run
}

#[tokio::test(start_paused = true)]
async fn server_trouble_doubles_the_wait() {
    let run = check(
        [Status(503), Status(500), Status(503), Status(502)],
        expect![[r#"
            0 connect
            5000 connect
            15000 connect
            35000 connect
            75000 connect
            75000 stopped"#]],
    )
    .await;
    assert_eq!(run.lost(Cause::Server), 4);
    assert_eq!(run.status.counts().attempts, 5);
    assert_eq!(run.status.counts().connections, 0);
}

#[tokio::test(start_paused = true)]
async fn rate_limits_wait_from_a_minute_on() {
    let run = check(
        [Status(429), Status(420), Status(429)],
        expect![[r#"
        0 connect
        60000 connect
        180000 connect
        420000 connect
        420000 stopped"#]],
    )
    .await;
    assert_eq!(run.lost(Cause::RateLimit), 3);
}

#[tokio::test(start_paused = true)]
async fn a_server_out_of_reach_is_asked_a_little_later_each_time() {
    check(
        [Refuse, Refuse, Refuse],
        expect![[r#"
        0 connect
        250 connect
        750 connect
        1500 connect
        1500 stopped"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_stops_at_once() {
    for status in [401, 403, 404, 406, 400, 302] {
        let run = Run::new();
        let error = run.follow([Status(status)]).await.unwrap_err();
        assert!(matches!(error, Error::Status { .. }), "{error}");
        assert_eq!(run.status.counts().attempts, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_reconnects_at_once_and_then_in_steps() {
    let lost = || Stream(vec![Reset]);
    let run = check(
        [lost(), lost(), lost(), lost()],
        expect![[r#"
        0 connect
        0 connect
        250 connect
        750 connect
        1500 connect
        1500 stopped"#]],
    )
    .await;
    assert_eq!(run.lost(Cause::Broken), 4);
}

#[tokio::test(start_paused = true)]
async fn tweets_are_delivered_as_they_come() {
    let events = vec![
        Text("{1}\r\n"),
        Wait(10_000),
        Text("\r\n{2}\r\n{3"),
        Wait(5),
        Text("}\r\n"),
    ];
    let run = check(
        [Stream(events)],
        expect![[r#"
            0 connect
            0 {1}
            10000 {2}
            10005 {3}
            10005 connect 1
            10005 stopped"#]],
    )
    .await;
    let counts = run.status.counts();
    assert_eq!((counts.decoded.lines, counts.decoded.heartbeats), (3, 1));
    assert_eq!((counts.connections, run.lost(Cause::Ended)), (1, 1));
    assert!(run.status.last_data().is_some());
}

#[tokio::test(start_paused = true)]
async fn silence_past_the_read_timeout_is_a_stall() {
    let quiet = vec![
        Text("{1}\r\n"),
        Wait(34_000),
        Text("\r\n"),
        Wait(34_000),
        Text("{\"half"),
        Silence,
    ];
    let run = check(
        [Stream(quiet)],
        expect![[r#"
            0 connect
            0 {1}
            103000 connect 2
            103000 stopped"#]],
    )
    .await;
    assert_eq!(run.lost(Cause::Stalled), 1);
}

#[tokio::test(start_paused = true)]
async fn an_end_inside_a_line_drops_the_partial_one() {
    let run = check(
        [Stream(vec![Text("{1}\r\n{2")]), Stream(vec![Text("}\r\n")])],
        expect![[r#"
            0 connect
            0 {1}
            0 connect 1
            0 }
            250 connect 2
            250 stopped"#]],
    )
    .await;
    assert_eq!(run.status.counts().decoded.incomplete, 1);
}

#[tokio::test(start_paused = true)]
async fn only_data_or_a_heartbeat_resets_the_delays() {
    let mere_200 = || Stream(vec![Wait(5_000)]);
    let heartbeat = || {
        let beats = (0..9).flat_map(|_| [Text("\r\n"), Wait(10_000)]);
        Stream(beats.collect())
    };
    let answers = [
        mere_200(),
        mere_200(),
        mere_200(),
        heartbeat(),
        heartbeat(),
        mere_200(),
    ];
    check(
        answers,
        expect![[r#"
            0 connect
            5000 connect
            10250 connect
            15750 connect
            105750 connect 2
            195750 connect 2
            201000 connect 2
            201000 stopped"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_speaks_and_closes_is_not_hammered() {
    let brief = || Stream(vec![Text("{1}\r\n")]);
    check(
        [brief(), brief(), brief(), brief()],
        expect![[r#"
            0 connect
            0 {1}
            0 connect 1
            0 {1}
            250 connect 2
            250 {1}
            750 connect 2
            750 {1}
            1500 connect 2
            1500 stopped"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_corrupt_stream_is_dropped_after_its_lines() {
    let answers = [
        Stream(vec![Text("{1}\r\n"), Raw(vec![0xff; 40])]),
        Stream(vec![Text("{2}\r\n")]),
    ];
    let run = check(
        answers,
        expect![[r#"
            0 connect
            0 {1}
            0 connect 1
            0 {2}
            250 connect 2
            250 stopped"#]],
    )
    .await;
    assert_eq!(run.lost(Cause::Corrupt), 1);
}

#[tokio::test(start_paused = true)]
async fn system_messages_are_heard_and_not_delivered() {
    let events = vec![Text(concat!(
        "{\"id\":1}\r\n{\"warn\":{\"message\":\"m\"}}\r\n{\"id\":2}\r\n",
        "{\"error\":{\"message\":\"Forced Disconnect: Too many connections. (Allowed Connections = 2)\"}}\r\n",
    ))];
    let run = check(
        [Stream(events)],
        expect![[r#"
            0 connect
            0 {"id":1}
            0 {"id":2}
            60000 connect 2
            60000 stopped"#]],
    )
    .await;
    assert_eq!(run.status.counts().system_messages, 2);
    assert_eq!(run.lost(Cause::TooManyConnections), 1);
}

#[tokio::test(start_paused = true)]
async fn a_completed_job_is_not_run_again() {
    let events = vec![Text(
        "{\"id\":1}\r\n{\"info\":{\"message\":\"Replay Request Completed\"}}\r\n",
    )];
    check(
        [Stream(events)],
        expect![[r#"
        0 connect
        0 {"id":1}
        0 stopped"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_every_kind_of_waiting() {
    for (answer, taker, expected) in [
        (
            Hesitate,
            Taker::Willing,
            expect![[r#"
            0 connect
            1000 stopped"#]],
        ),
        (
            Status(503),
            Taker::Willing,
            expect![[r#"
            0 connect
            1000 stopped"#]],
        ),
        (
            Stream(vec![Text("{1}\r\n"), Silence]),
            Taker::Willing,
            expect![[r#"
                0 connect
                0 {1}
                1000 stopped"#]],
        ),
        (
            Stream(vec![Text("{1}\r\n"), Silence]),
            Taker::Slow(1_500),
            expect![[r#"
                0 connect
                1500 {1}
                1500 stopped"#]],
        ),
        (
            Stream(vec![Text("{1}\r\n"), Silence]),
            Taker::Stuck,
            expect![[r#"
                0 connect
                2000 stopped"#]],
        ),
    ] {
        let run = Run::new().taker(taker).shut_down_after(1_000);
        run.follow([answer]).await.unwrap();
        run.expect(expected);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_to_deliver_to_is_the_end() {
    let run = Run::new().taker(Taker::Gone);
    let error = run
        .follow([Stream(vec![Text("{1}\r\n"), Silence])])
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Closed));
}

#[tokio::test(start_paused = true)]
async fn slow_delivery_is_no_stall() {
    let run = Run::new().taker(Taker::Slow(60_000));
    run.follow([Stream(vec![
        Text("{1}\r\n"),
        Wait(1),
        Text("{2}\r\n"),
        Wait(1),
    ])])
    .await
    .unwrap();
    assert_eq!(run.lost(Cause::Stalled), 0);
    run.expect(expect![[r#"
        0 connect
        60000 {1}
        120000 {2}
        120000 connect 2
        120000 stopped"#]]);
}

#[tokio::test(start_paused = true)]
async fn a_line_in_pieces_behind_slow_ones_is_no_drip() {
    let run = Run::new().taker(Taker::Slow(400_000));
    run.follow([Stream(vec![
        Text("{1}\r\n"),
        Wait(1),
        Text("{2"),
        Wait(1),
        Text("}\r\n"),
    ])])
    .await
    .unwrap();
    assert_eq!(run.lost(Cause::Stalled), 0);
    run.expect_said("{2}");
}

#[test]
fn following_can_be_a_task_of_its_own() {
    fn is_send<T: Send>(_: &T) {}

    struct Nowhere;
    impl Deliver for Nowhere {
        async fn deliver(&mut self, _: Lines) -> Result<(), Refused> {
            Err(Refused::Closed)
        }
    }

    let credentials = Credentials {
        username: "me".into(),
        password: Secret::new("x"),
    };
    let http = Http::new(&credentials, None).unwrap();
    let connect = HttpConnect::new(http, Uri::from_static("https://stream.example/s.json"));
    let (status, shutdown) = (StreamStatus::default(), CancellationToken::new());
    is_send(&follow(
        connect,
        StreamOptions::default(),
        Nowhere,
        &status,
        &shutdown,
    ));
}

const TAKEN: &str = "{\"error\":{\"message\":\"Forced Disconnect: Too many connections. (Allowed Connections = 1)\"}}\r\n";

#[tokio::test(start_paused = true)]
async fn a_stream_that_somebody_else_holds_is_asked_for_later_each_time() {
    // The service tells it at once in the stream, after the minute of grace, and with any status.
    let minute = || {
        Stream(vec![
            Text("\r\n"),
            Wait(30_000),
            Text("\r\n"),
            Wait(30_000),
            Text(TAKEN),
        ])
    };
    let at_once = || Stream(vec![Text(TAKEN)]);
    let run = check(
        [at_once(), minute(), Words(403), Words(429), Words(503)],
        expect![[r#"
            0 connect
            60000 connect 2
            240000 connect 3
            480000 connect 5
            960000 connect 5
            1920000 connect 5
            1920000 stopped"#]],
    )
    .await;
    assert_eq!(run.lost(Cause::TooManyConnections), 5);
}

#[tokio::test(start_paused = true)]
async fn clients_that_take_the_stream_from_each_other_wait_longer_each_time() {
    // Longer than the minute of grace, as the other one waits longer too.
    let taken = |secs: u64| {
        Stream(vec![
            Text("\r\n"),
            Wait(secs * 1_000 - 10),
            Text("\r\n"),
            Wait(10),
            Text(TAKEN),
        ])
    };
    let short = |secs: u64| {
        Stream(vec![
            Text("\r\n"),
            Wait(secs * 500),
            Text("\r\n"),
            Wait(secs * 500),
        ])
    };
    check(
        [taken(20), taken(20), taken(20)],
        expect![[r#"
        0 connect
        80000 connect 2
        220000 connect 5
        480000 connect 5
        480000 stopped"#]],
    )
    .await;
    // Without a word.
    check(
        [short(2), short(30), short(60), short(2)],
        expect![[r#"
            0 connect
            2000 connect 2
            32250 connect 2
            92750 connect 2
            95500 connect 2
            95500 stopped"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_drips_is_given_up() {
    let mut drops = vec![Text("{1}\r\n")];
    for _ in 0..100 {
        drops.extend([Wait(10_000), Text("x")]);
    }
    let run = check(
        [Stream(drops)],
        expect![[r#"
            0 connect
            0 {1}
            310000 connect 5
            310000 stopped"#]],
    )
    .await;
    assert_eq!(run.lost(Cause::Stalled), 1);
}
