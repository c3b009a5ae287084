//! Requests to the rules endpoint that are not carried out: 400, 401, 404, 405 and 413.

use super::{
    rules::{EMPTY, body, check_refused, delete, get, one, status, talk, validation, values},
    *,
};

const INVALID_JSON: &str = r#"Invalid JSON. The body must be in the format {"rules":[{"value":"rule1", "tag":"tag1"}, {"value":"rule2"}]} or {"rule_ids": [rule_id1, rule_id2, rule_id3, rule_id4, rule_id5]}"#;

#[tokio::test]
async fn bodies_in_another_form_are_answered_with_the_form() {
    let sim = sim(SimOptions::default()).await;
    for (path, body) in [
        (RULES, ""),
        (RULES, "{"),
        (RULES, "[]"),
        (RULES, "{}"),
        (RULES, r#"{"rules":{}}"#),
        (RULES, r#"{"rules":["tea"]}"#),
        (RULES, r#"{"rules":[{"tag":"t"}]}"#),
        (RULES, r#"{"rules":[{"value":1}]}"#),
        (RULES, r#"{"rules":[{"value":"tea","tag":1}]}"#),
        (RULES, r#"{"rules":[{"value":"tea"},{}]}"#),
        (RULES, r#"{"rule_ids":[1]}"#),
        (&validation(), "{}"),
        (&validation(), r#"{"rule_ids":[1]}"#),
        (&validation(), r#"{"rules":[{"tag":"t"}]}"#),
        (&get(), r#"{"rules":[{"value":"tea"}]}"#),
        (&get(), r#"{"rule_ids":1}"#),
        (&delete(), "{}"),
        (&delete(), r#"{"rule_ids":[1.5]}"#),
        (&delete(), r#"{"rule_ids":["x"]}"#),
        (&format!("{RULES}?_method=put"), r#"{"rules":[]}"#),
    ] {
        check_refused(&sim, ("POST", path), body, 400, INVALID_JSON).await;
    }
    talk(&sim, EMPTY).await;
}

#[tokio::test]
async fn credentials_are_asked_for_on_every_path() {
    let sim = sim(SimOptions::default()).await;
    let text = body(&["tea"]);
    for (method, path) in [
        ("GET", RULES),
        ("GET", &one(7)),
        ("POST", RULES),
        ("POST", &delete()),
        ("POST", &get()),
        ("POST", &validation()),
    ] {
        for headers in [
            "",
            // `sim:sin`
            "Authorization: Basic c2ltOnNpbg==\r\n",
            // `Sim:sim`
            "Authorization: Basic U2ltOnNpbQ==\r\n",
            "Authorization: Basic c2lt\r\n",
            "Authorization: Bearer c2ltOnNpbQ==\r\n",
        ] {
            let answer = exchange(sim.address, method, path, headers, &text).await;
            assert_eq!(answer.status, 401, "{method} {path} {headers}");
            assert!(answer.head.contains("www-authenticate: basic realm="));
            assert!(answer.body.contains("Invalid user name or password."));
        }
    }
    // Neither the scheme's letters nor blanks around the credentials matter.
    let headers = "authorization: basic  c2ltOnNpbQ==\r\n";
    let answer = exchange(sim.address, "GET", RULES, headers, "").await;
    assert_eq!(answer.status, 200);
    assert!(values(&sim, RULES).await.is_empty());
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let sim = sim(SimOptions::default()).await;
    let message = "No such stream. Check the account and the label.";
    for (from, to) in [
        ("/sim/", "/Sim/"),
        ("/sim/", "/other/"),
        ("dev.json", "prod.json"),
        ("dev.json", "Dev.json"),
        ("dev.json", "dev"),
        ("dev.json", "dev/rules/x.json"),
        ("dev.json", "dev/rules/7"),
        ("dev.json", "dev/rules.json"),
        ("/rules/", "/other/"),
        ("twitter", "disqus"),
        ("powertrack", "powertrack-replays"),
    ] {
        let path = RULES.replace(from, to);
        check_refused(&sim, ("GET", &path), "", 404, message).await;
    }
    let elsewhere = validation().replace("/dev/", "/prod/");
    check_refused(&sim, ("POST", &elsewhere), &body(&["tea"]), 404, message).await;
}

/// `DELETE` is of 1.0. [source: powertrack-rb]
#[tokio::test]
async fn other_methods_are_not_allowed() {
    let sim = sim(SimOptions::default()).await;
    let message = "This endpoint does not take this method.";
    for (method, path) in [
        ("DELETE", RULES),
        ("PUT", RULES),
        ("GET", &validation()),
        ("POST", &one(7)),
        ("POST", STREAM),
    ] {
        check_refused(&sim, (method, path), &body(&["tea"]), 405, message).await;
    }
}

#[tokio::test]
async fn a_body_may_have_5_mb_and_not_a_byte_more() {
    let sim = sim(SimOptions::default()).await;
    let of = |bytes: usize| {
        let rules = body(&["tea"]);
        let blanks = " ".repeat(bytes - rules.len());
        format!("{rules}{blanks}")
    };
    let (largest, larger) = (of(5 * 1024 * 1024), of(5 * 1024 * 1024 + 1));
    let message = "The request body must not exceed 5 MB.";
    for path in [RULES, &delete(), &get(), &validation()] {
        check_refused(&sim, ("POST", path), &larger, 413, message).await;
    }
    assert!(values(&sim, RULES).await.is_empty());
    assert_eq!(status(&sim, "POST", RULES, &largest).await, 201);
}
