//! What goes wrong on purpose with requests to the rules endpoint.

use super::{
    rules::{body, delete, status, values},
    *,
};

fn with(faults: &[&str]) -> SimOptions {
    SimOptions {
        faults: faults.iter().map(|fault| fault.parse().unwrap()).collect(),
        ..SimOptions::default()
    }
}

/// Sends a request, and expects that the connection is reset before there is a byte of an answer.
async fn unanswered(sim: &Running, path: &str, body: &str) {
    let mut stream = TcpStream::connect(sim.address).await.unwrap();
    let asked = request("POST", path, BASIC, body);
    stream.write_all(asked.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let ended = in_time("a reset", stream.read_to_end(&mut answer)).await;
    assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(
        ended.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionReset
    );
}

#[tokio::test]
async fn a_status_is_answered_and_nothing_is_done() {
    let sim = sim(with(&[
        "rules-status:every=1,times=2,status=429",
        "rules-status:every=4",
    ]))
    .await;
    assert_eq!(status(&sim, "GET", RULES, "").await, 429);
    assert_eq!(status(&sim, "POST", RULES, &body(&["tea"])).await, 429);
    assert!(values(&sim, RULES).await.is_empty());
    assert_eq!(status(&sim, "POST", RULES, &body(&["tea"])).await, 503);
    assert_eq!(status(&sim, "POST", RULES, &body(&["tea"])).await, 201);
    assert_eq!(sim.counts().faults["rules-status"], 3);
}

#[tokio::test]
async fn a_status_lasts_for_as_long_as_it_should() {
    let sim = sim(with(&["rules-status:for=1h"])).await;
    for _ in 0..3 {
        assert_eq!(status(&sim, "GET", RULES, "").await, 503);
    }
    let cleared = exchange(sim.address, "DELETE", "/_sim/faults", "", "").await;
    assert_eq!(cleared.status, 200, "{}", cleared.body);
    assert_eq!(status(&sim, "GET", RULES, "").await, 200);
}

#[tokio::test]
async fn half_of_the_rules_are_added_or_deleted() {
    let sim = sim(with(&["rules-half:every=1,times=2"])).await;
    let rules = body(&["one", "two", "three", "four", "five"]);
    // Only a change can be left half done.
    assert_eq!(status(&sim, "GET", RULES, "").await, 200);
    assert_eq!(status(&sim, "POST", RULES, "{").await, 400);
    assert_eq!(status(&sim, "POST", RULES, &rules).await, 503);
    assert_eq!(values(&sim, RULES).await, ["one", "two"]);
    let two = body(&["one", "two"]);
    assert_eq!(status(&sim, "POST", &delete(), &two).await, 503);
    assert_eq!(values(&sim, RULES).await, ["two"]);
    assert_eq!(status(&sim, "POST", RULES, &rules).await, 201);
    assert_eq!(values(&sim, RULES).await.len(), 5);
}

#[tokio::test]
async fn a_change_is_made_although_its_answer_is_lost() {
    let sim = sim(with(&["rules-lost:every=1,times=2"])).await;
    assert!(
        values(&sim, RULES).await.is_empty(),
        "a list has nothing to lose"
    );
    unanswered(&sim, RULES, &body(&["tea", "milk"])).await;
    assert_eq!(values(&sim, RULES).await, ["tea", "milk"]);
    unanswered(&sim, &delete(), &body(&["tea"])).await;
    assert_eq!(values(&sim, RULES).await, ["milk"]);
    assert_eq!(status(&sim, "POST", RULES, &body(&["tea"])).await, 201);
}

#[tokio::test]
async fn nothing_is_changed_when_the_request_is_lost() {
    let sim = sim(with(&["rules-reset:every=1,times=1"])).await;
    unanswered(&sim, RULES, &body(&["tea"])).await;
    assert!(values(&sim, RULES).await.is_empty());
    assert_eq!(status(&sim, "POST", RULES, &body(&["tea"])).await, 201);
}

#[tokio::test]
async fn a_change_is_refused_as_if_another_one_were_being_made() {
    let sim = sim(with(&["rules-collide:every=1,times=1"])).await;
    assert_eq!(status(&sim, "POST", RULES, &body(&["tea"])).await, 429);
    assert!(values(&sim, RULES).await.is_empty());
    assert_eq!(status(&sim, "POST", RULES, &body(&["tea"])).await, 201);
}

#[tokio::test]
async fn a_change_is_made_late() {
    let mut options = with(&["rules-late:every=1,times=1,for=100ms"]);
    // It is asked again and again until the change is made.
    options.limits.rule_requests_per_minute = 0;
    let sim = sim(options).await;
    unanswered(&sim, RULES, &body(&["tea"])).await;
    let made = async {
        while values(&sim, RULES).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    in_time("the change", made).await;
    assert_eq!(values(&sim, RULES).await, ["tea"]);
}
