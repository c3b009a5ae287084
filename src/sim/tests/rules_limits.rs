//! How often the rules endpoint may be asked, and that changes come one after the other.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    rules::{body, check_refused, delete, get, of_replay, one, status, validation, values},
    *,
};

const TOO_MANY: &str = "Exceeded the limit on requests. Wait before you try again.";

fn limited(rule_requests_per_minute: u32) -> SimOptions {
    SimOptions {
        limits: Limits {
            rule_requests_per_minute,
            ..Limits::default()
        },
        ..SimOptions::default()
    }
}

const COLLIDES: &str = "Another request is changing the rules. Send changes one after the other.";

#[tokio::test]
async fn sixty_requests_a_minute_are_let_in() {
    let sim = sim(SimOptions::default()).await;
    for _ in 0..60 {
        assert_eq!(status(&sim, "GET", RULES, "").await, 200);
    }
    check_refused(&sim, ("GET", RULES), "", 429, TOO_MANY).await;
}

#[tokio::test]
async fn all_kinds_of_requests_count_together() {
    let sim = sim(limited(6)).await;
    let rules = body(&["tea"]);
    let requests = [
        ("GET", RULES.to_owned(), "", 200),
        ("POST", RULES.to_owned(), &*rules, 201),
        ("POST", validation(), &*rules, 200),
        ("POST", get(), r#"{"rule_ids":[1]}"#, 200),
        ("GET", one(7), "", 200),
        ("POST", delete(), "{", 400),
    ];
    // Who has no right to ask does not count.
    assert_eq!(
        exchange(sim.address, "GET", RULES, "", "").await.status,
        401
    );
    let elsewhere = RULES.replace("dev", "prod");
    assert_eq!(status(&sim, "GET", &elsewhere, "").await, 404);
    for (method, path, body, expected) in &requests {
        assert_eq!(status(&sim, method, path, body).await, *expected, "{path}");
    }
    for (method, path, body, _) in &requests {
        check_refused(&sim, (method, path), body, 429, TOO_MANY).await;
    }
    let counts = sim.counts();
    assert_eq!(
        counts.requests["list"],
        [(200, 1), (401, 1), (404, 1), (429, 1)].into()
    );
    assert_eq!(counts.requests["add"], [(201, 1), (429, 1)].into());
    assert_eq!(counts.requests["delete"], [(400, 1), (429, 1)].into());
    assert_eq!(counts.requests["get"], [(200, 2), (429, 2)].into());
    assert_eq!(counts.requests["validate"], [(200, 1), (429, 1)].into());
}

#[tokio::test]
async fn rules_for_replay_have_requests_of_their_own() {
    let sim = sim(limited(1)).await;
    for path in [RULES.to_owned(), of_replay(RULES)] {
        assert_eq!(status(&sim, "GET", &path, "").await, 200);
        assert_eq!(status(&sim, "GET", &path, "").await, 429);
    }
}

#[tokio::test]
async fn any_number_of_requests_can_be_let_in() {
    let sim = sim(limited(0)).await;
    for _ in 0..70 {
        assert_eq!(status(&sim, "GET", RULES, "").await, 200);
    }
}

fn with_changes_that_take(rule_change_takes: Duration) -> SimOptions {
    SimOptions {
        limits: Limits {
            rule_change_takes,
            ..Limits::default()
        },
        ..SimOptions::default()
    }
}

#[tokio::test]
async fn a_change_during_another_one_is_rejected() {
    let sim = sim(with_changes_that_take(Duration::from_secs(3600))).await;
    let mut first = TcpStream::connect(sim.address).await.unwrap();
    let tea = request("POST", RULES, BASIC, &body(&["tea"]));
    first.write_all(tea.as_bytes()).await.unwrap();
    // Its turn has come when nobody else has one.
    in_time("the first one's turn", async {
        while sim.service.streams[0].live.turn().is_some() {
            tokio::task::yield_now().await;
        }
    })
    .await;

    let milk = body(&["milk"]);
    check_refused(&sim, ("POST", RULES), &milk, 429, COLLIDES).await;
    check_refused(&sim, ("POST", &delete()), &milk, 429, COLLIDES).await;
    // Who only reads does not have to wait, and neither has another set.
    assert!(values(&sim, RULES).await.is_empty());
    assert_eq!(status(&sim, "POST", &validation(), &milk).await, 200);
    assert_eq!(
        status(&sim, "POST", &get(), r#"{"rule_ids":[1]}"#).await,
        200
    );
    let replay = of_replay(RULES);
    assert_eq!(status(&sim, "POST", &replay, "{").await, 400);
}

#[tokio::test]
async fn a_change_takes_its_time_and_then_the_next_one_is_let_in() {
    let takes = Duration::from_millis(20);
    let sim = sim(with_changes_that_take(takes)).await;
    for value in ["tea", "milk"] {
        let start = Instant::now();
        add_rules(&sim, &body(&[value])).await;
        assert!(start.elapsed() >= takes);
    }
    assert_eq!(values(&sim, RULES).await, ["tea", "milk"]);
}

#[tokio::test]
async fn a_change_that_is_refused_or_given_up_lets_the_next_one_in() {
    let sim = sim(SimOptions::default()).await;
    assert_eq!(status(&sim, "POST", RULES, "{").await, 400);
    let mut gone = TcpStream::connect(sim.address).await.unwrap();
    let asked = request("POST", RULES, BASIC, &body(&["milk"]));
    // All but the end of its body.
    gone.write_all(&asked.as_bytes()[..asked.len() - 1])
        .await
        .unwrap();
    drop(gone);
    in_time("a turn", async {
        while status(&sim, "POST", RULES, &body(&["tea"])).await == 429 {}
    })
    .await;
    assert_eq!(values(&sim, RULES).await, ["tea"]);
}

#[tokio::test]
async fn a_body_that_does_not_come_lets_the_next_change_in() {
    let sim = sim(SimOptions::default()).await;
    let mut slow = TcpStream::connect(sim.address).await.unwrap();
    let asked = request("POST", RULES, BASIC, &body(&["milk"]));
    slow.write_all(&asked.as_bytes()[..asked.len() - 1])
        .await
        .unwrap();
    in_time("its turn", async {
        while sim.service.streams[0].live.turn().is_some() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    check_refused(&sim, ("POST", RULES), &body(&["tea"]), 429, COLLIDES).await;
    // Nobody else has anything to do, so time passes at once.
    tokio::time::pause();
    let mut answer = [0; 12];
    let read = in_time("an answer", slow.read_exact(&mut answer)).await;
    read.unwrap();
    tokio::time::resume();
    assert_eq!(&answer, b"HTTP/1.1 408");
    add_rules(&sim, &body(&["tea"])).await;
}
