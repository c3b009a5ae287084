//! What the contract allows: connections, requests to connect, and slow readers.

use std::time::Duration;

use super::{super::Surplus, *};

const MUSIC: &str = r#"{"rules":[{"value":"music"}]}"#;

#[tokio::test]
async fn one_connection_too_many_is_tolerated_for_a_while() {
    for surplus in [Surplus::Newest, Surplus::Oldest] {
        let mut options = rated(2000.0);
        options.limits.connections = 1;
        options.limits.grace = Duration::from_millis(200);
        options.limits.surplus = surplus;
        let sim = sim(options).await;
        add_rules(&sim, MUSIC).await;
        let mut old = Reader::connect(&sim).await;
        let mut new = Reader::connect(&sim).await;
        assert!(old.line().await.is_some() && new.line().await.is_some());
        let (closed, mut kept) = match surplus {
            Surplus::Newest => (new, old),
            Surplus::Oldest => (old, new),
        };
        let (text, end) = closed.rest().await;
        let last = text.trim_end().lines().next_back().unwrap();
        assert!(last.starts_with(r#"{"error":{"message":"Forced Disconnect: Too many connections. (Allowed Connections = 1)","sent":""#), "{last}");
        assert_eq!(end, End::Orderly);
        assert!(kept.line().await.is_some());
        assert_eq!(sim.counts().connections.open, 1);
    }
}

#[tokio::test]
async fn only_so_many_connects_a_minute() {
    let mut options = SimOptions::default();
    options.limits.connects_per_minute = 3;
    let sim = sim(options).await;
    for _ in 0..3 {
        Reader::connect(&sim).await;
    }
    let refused = connect(&sim, STREAM).await;
    assert_eq!(refused.status, 429);
    assert!(
        refused.json()["error"]["sent"]
            .to_string()
            .contains("+00:00")
    );
}

#[tokio::test]
async fn a_hundred_connections_get_the_same() {
    let mut options = SimOptions {
        start_ms: Some(1_700_000_000_000),
        ..SimOptions::default()
    };
    options.limits.connections = 100;
    options.limits.connects_per_minute = 0;
    let sim = sim(options).await;
    let mut readers = Vec::new();
    for _ in 0..100 {
        readers.push(Reader::connect(&sim).await);
    }
    add_rules(&sim, MUSIC).await;
    let mut readers: Vec<_> = readers
        .into_iter()
        .map(|mut reader| {
            tokio::spawn(async move {
                let mut lines = Vec::new();
                for _ in 0..100 {
                    lines.push(reader.line().await.unwrap());
                }
                lines
            })
        })
        .collect();
    let first = readers.pop().unwrap().await.unwrap();
    for reader in readers {
        assert!(reader.await.unwrap() == first);
    }
}

#[tokio::test]
async fn the_oracle_knows_every_tweet_that_matched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oracle.jsonl");
    let sim = sim(SimOptions {
        oracle: Some(path.clone()),
        limit: Some(3000),
        faults: vec!["operational:every=7,times=2".parse().unwrap()],
        ..SimOptions::default()
    })
    .await;
    add_rules(&sim, MUSIC).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let (text, _) = Reader::connect(&sim).await.rest().await;
        seen.extend(text.split_terminator("\r\n").map(str::to_owned));
    }
    seen.retain(|line| !line.starts_with("{\"error\""));
    let matched = sim.counts().tweets.matched;
    sim.stop().await.unwrap();
    let oracle = std::fs::read_to_string(path).unwrap();
    let told: Vec<_> = oracle
        .lines()
        .filter(|line| line.contains(r#""event":"tweet""#))
        .collect();
    assert_eq!(told.len() as u64, matched);
    assert!(told.len() > seen.len() && seen.len() == 12);
    for line in &seen {
        let tweet: Value = sonic_rs::from_str(line).unwrap();
        let id = tweet["id_str"].to_string();
        assert!(told.iter().any(|told| told.contains(&id)), "{id}");
    }
    for event in [
        r#""connection":1,"feed":"live","backfill_minutes":0}"#,
        r#""connection":1,"cause":"operational","delivered":6}"#,
        r#""connection":2,"cause":"operational","delivered":6}"#,
    ] {
        assert!(oracle.contains(event), "{event}");
    }
}
