//! The past, delivered again: backfill, Recovery and Replay.

use sonic_rs::JsonValueTrait;

use super::{super::snowflake, *};

const MUSIC: &str = r#"{"rules":[{"value":"music","tag":"live"}]}"#;
const REPLAY: &str = "/replay/powertrack/accounts/sim/publishers/twitter/dev.json";
const REPLAY_RULES: &str = "/rules/powertrack-replay/accounts/sim/publishers/twitter/dev.json";

fn now() -> i64 {
    snowflake::now_ms()
}

/// The text before the last line, and the last line, which ends the job in order.
async fn job(sim: &Running, path: &str) -> (Vec<String>, String) {
    let (text, end) = Reader::ask(sim, path).await.rest().await;
    assert_eq!(end, End::Orderly);
    let mut lines: Vec<_> = text.split_terminator("\r\n").map(str::to_owned).collect();
    let last = lines.pop().unwrap();
    (lines, last)
}

fn time(line: &str) -> i64 {
    let tweet: Value = sonic_rs::from_str(line).expect(line);
    snowflake::time_ms(tweet["id"].as_u64().unwrap())
}

fn moment(ms: i64) -> String {
    snowflake::sent(ms)
}

/// As Replay writes times.
fn minute(ms: i64) -> String {
    let text = moment(ms);
    [
        &text[..4],
        &text[5..7],
        &text[8..10],
        &text[11..13],
        &text[14..16],
    ]
    .concat()
}

#[tokio::test]
async fn backfill_repeats_the_last_minutes() {
    let sim = sim(rated(5000.0)).await;
    add_rules(&sim, MUSIC).await;
    let mut first = Reader::connect(&sim).await;
    let mut seen = Vec::new();
    for _ in 0..20 {
        seen.push(first.line().await.unwrap());
    }
    drop(first);
    for query in ["?backfillMinutes=1", "?backfillMinutes=5"] {
        let mut second = Reader::ask(&sim, &format!("{STREAM}{query}")).await;
        for line in &seen {
            assert_eq!(second.line().await.as_ref(), Some(line));
        }
    }
    let mut third = Reader::ask(&sim, &format!("{STREAM}?backfillMinutes=0")).await;
    let line = third.line().await.unwrap();
    assert!(!seen.contains(&line));
    let refused = connect(&sim, &format!("{STREAM}?backfillMinutes=6")).await;
    assert_eq!(refused.status, 406);
}

#[tokio::test]
async fn an_account_without_backfill_gets_none_and_so_does_one_after_a_full_buffer() {
    for (minutes, fault, expected) in [
        (0, None, false),
        (5, Some("full-buffer:every=5"), false),
        (5, Some("operational:every=5"), true),
    ] {
        let mut options = SimOptions {
            faults: fault.iter().map(|fault| fault.parse().unwrap()).collect(),
            ..SimOptions::default()
        };
        options.limits.backfill_minutes = minutes;
        let sim = sim(options).await;
        add_rules(&sim, MUSIC).await;
        let mut first = Reader::connect(&sim).await;
        let line = first.line().await.unwrap();
        if fault.is_some() {
            first.rest().await;
        }
        let mut second = Reader::ask(&sim, &format!("{STREAM}?backfillMinutes=5")).await;
        assert_eq!(
            second.line().await.unwrap() == line,
            expected,
            "{minutes} {fault:?}"
        );
    }
}

#[tokio::test]
async fn backfill_has_the_rules_of_its_time() {
    let sim = sim(SimOptions::default()).await;
    add_rules(&sim, MUSIC).await;
    let mut first = Reader::connect(&sim).await;
    let line = first.line().await.unwrap();
    drop(first);
    post(
        &sim,
        &format!("{RULES}?_method=delete"),
        r#"{"rules":[{"value":"music"}]}"#,
    )
    .await;
    add_rules(
        &sim,
        r#"{"rules":[{"value":"music -is:retweet","tag":"new"}]}"#,
    )
    .await;
    let mut second = Reader::ask(&sim, &format!("{STREAM}?backfillMinutes=1")).await;
    assert_eq!(second.line().await, Some(line));
}

#[tokio::test]
async fn recovery_delivers_a_window_and_says_so() {
    let sim = sim(rated(50.0)).await;
    add_rules(&sim, MUSIC).await;
    let (from, to) = (now() - 3_600_000, now() - 3_540_000);
    let path = format!("{STREAM}?startTime={}&endTime={}", moment(from), moment(to));
    let (tweets, last) = job(&sim, &path).await;
    assert!(tweets.len() > 30, "{}", tweets.len());
    assert!(tweets.is_sorted_by_key(|line| time(line)));
    assert!(
        tweets
            .iter()
            .all(|line| (from..to).contains(&time(line)) && line.contains("\"tag\":\"live\""))
    );
    let last: Value = sonic_rs::from_str(&last).unwrap();
    assert_eq!(last["info"]["message"], "Recovery Request Completed");
    assert_eq!(
        last["info"]["activity_count"].as_u64(),
        Some(tweets.len() as u64)
    );
    // The same window, the same Tweets.
    assert_eq!(job(&sim, &path).await.0, tweets);
}

#[tokio::test]
async fn recovery_is_paced_and_only_so_many_jobs_run_at_a_time() {
    let mut options = rated(1000.0);
    options.limits.recovery_rate = 1;
    options.limits.recovery_jobs = 1;
    let sim = sim(options).await;
    add_rules(&sim, MUSIC).await;
    let path = format!("{STREAM}?startTime={}", moment(now() - 3_600_000));
    let mut first = Reader::ask(&sim, &path).await;
    first.line().await.unwrap();
    let refused = connect(&sim, &path).await;
    assert_eq!(refused.status, 429);
    let refused = connect(&sim, &format!("{STREAM}?startTime=soon")).await;
    assert_eq!(refused.status, 406);
}

#[tokio::test]
async fn replay_has_rules_of_its_own_and_three_ways_to_end() {
    let sim = sim(rated(50.0)).await;
    add_rules(&sim, MUSIC).await;
    let from = (now() / 60_000 - 60) * 60_000;
    let path = format!(
        "{REPLAY}?fromDate={}&toDate={}",
        minute(from),
        minute(from + 240_000)
    );
    let (tweets, last) = job(&sim, &path).await;
    assert_eq!(tweets, Vec::<String>::new(), "no rules yet");
    assert!(
        last.starts_with(r#"{"info":{"message":"Replay Request Completed","sent":""#)
            && last.ends_with(r#"+00:00","activity_count":0}}"#),
        "{last}"
    );

    let added = post(
        &sim,
        REPLAY_RULES,
        r#"{"rules":[{"value":"music","tag":"replayed"}]}"#,
    )
    .await;
    assert_eq!(added.status, 201);
    let (all, _) = job(&sim, &path).await;
    assert!(
        all.iter()
            .all(|line| (from..from + 240_000).contains(&time(line))
                && line.contains("\"tag\":\"replayed\""))
    );

    let fault = async |kind: &str| {
        let body = format!(r#"{{"fault":"{kind}","times":1}}"#);
        let set = exchange(sim.address, "POST", "/_sim/faults", "", &body).await;
        assert_eq!(set.status, 200, "{}", set.body);
        let (tweets, last) = job(&sim, &path).await;
        (tweets, sonic_rs::from_str::<Value>(&last).unwrap())
    };
    let stamp = snowflake::sent_to_the_second;
    let (tweets, last) = fault("window-errors").await;
    assert_eq!(tweets[..], all[..tweets.len()]);
    assert!(
        time(tweets.last().unwrap()) < from + 180_000 && time(&all[tweets.len()]) >= from + 180_000
    );
    assert_eq!(
        last["info"]["message"],
        "Replay Request Completed with Errors"
    );
    assert_eq!(
        last["info"]["minutes_failed"][0],
        stamp(from + 180_000).as_str()
    );
    let (tweets, last) = fault("window-failed").await;
    assert!(
        time(tweets.last().unwrap()) < from + 120_000 && time(&all[tweets.len()]) >= from + 120_000
    );
    assert_eq!(last["info"]["message"], "Replay Request Failed to Complete");
    assert_eq!(
        last["info"]["unprocessed_range"]["fromDate"],
        stamp(from + 120_000).as_str()
    );
    assert_eq!(
        last["info"]["unprocessed_range"]["toDate"],
        stamp(from + 240_000).as_str()
    );

    // Those were four of the five in five minutes.
    let ask = async || connect(&sim, &format!("{REPLAY}?fromDate=x")).await.status;
    assert_eq!([ask().await, ask().await], [406, 429]);
}
