//! Each label of each account has rules of its own, and so has its Replay.

use std::collections::BTreeSet;

use super::{
    super::snowflake,
    rules::{body, delete, get, ids, of_replay, one, status, validation, values},
    *,
};

#[tokio::test]
async fn every_stream_has_rules_of_its_own() {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let sim = sim(SimOptions {
        accounts: names(&["one", "Two"]),
        labels: names(&["dev", "prod"]),
        ..SimOptions::default()
    })
    .await;
    let streams = [
        ("one", "dev"),
        ("one", "prod"),
        ("Two", "dev"),
        ("Two", "prod"),
    ];
    let path = |account: &str, label: &str| {
        let path = RULES.replace("/sim/", &format!("/{account}/"));
        path.replace("dev.json", &format!("{label}.json"))
    };
    for (account, label) in streams {
        for path in [path(account, label), of_replay(&path(account, label))] {
            let rules = body(&["tea", &format!("\"{path}\"")]);
            assert_eq!(status(&sim, "POST", &path, &rules).await, 201);
        }
    }
    for (account, label) in streams {
        for path in [path(account, label), of_replay(&path(account, label))] {
            let own = format!("\"{path}\"");
            assert_eq!(values(&sim, &path).await, ["tea", &own]);
        }
        let counts = &sim.counts().streams[&format!("{account}/{label}")];
        assert_eq!((counts.rules, counts.replay_rules), (2, 2));
    }
    assert_eq!(status(&sim, "GET", &path("two", "dev"), "").await, 404);
}

#[tokio::test]
async fn rules_for_replay_are_found_validated_and_deleted_apart() {
    let sim = sim(SimOptions::default()).await;
    add_rules(&sim, &body(&["tea"])).await;
    let replay = of_replay(RULES);
    assert!(values(&sim, &replay).await.is_empty(), "nothing is copied");
    let added = post(&sim, &replay, &body(&["tea", "milk"])).await;
    let id = ids(&added.json())[0];
    for (method, path, text) in [
        ("GET", one(id), String::new()),
        ("POST", get(), format!(r#"{{"rule_ids":[{id}]}}"#)),
    ] {
        let found = exchange(sim.address, method, &of_replay(&path), BASIC, &text).await;
        assert_eq!(ids(&found.json()), [id]);
        let other = exchange(sim.address, method, &path, BASIC, &text).await;
        assert!(ids(&other.json()).is_empty());
    }
    let rules = body(&["tea"]);
    assert_eq!(
        status(&sim, "POST", &of_replay(&validation()), &rules).await,
        200
    );
    assert_eq!(
        status(&sim, "POST", &of_replay(&delete()), &rules).await,
        200
    );
    assert_eq!(values(&sim, &replay).await, ["milk"]);
    assert_eq!(values(&sim, RULES).await, ["tea"]);
}

#[tokio::test]
async fn no_two_rules_have_the_same_id_also_while_the_clock_stands_still() {
    let start_ms = 1_518_113_663_679;
    let sim = sim(SimOptions {
        start_ms: Some(start_ms),
        ..SimOptions::default()
    })
    .await;
    let mut all = BTreeSet::new();
    for path in [RULES.to_owned(), of_replay(RULES)] {
        for value in ["tea", "milk"] {
            let added = post(&sim, &path, &body(&[value])).await;
            let json = added.json();
            assert_eq!(json["sent"], "2018-02-08T18:14:23.679Z");
            let id = ids(&json)[0];
            assert_eq!(snowflake::time_ms(id), start_ms);
            assert!(all.insert(id), "{id} is given twice");
        }
    }
    let refused = exchange(sim.address, "POST", RULES, BASIC, "{").await;
    assert_eq!(refused.json()["error"]["sent"], "2018-02-08T18:14:23+00:00");
}
