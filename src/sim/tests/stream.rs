//! What readers of the stream get.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use sonic_rs::JsonValueTrait;
use tokio::{sync::mpsc, time::Instant};

use super::{
    super::{
        delivery::{Delivery, Feed},
        outlet::{Chunks, Outlet},
        rule_set::Submitted,
        service::Service,
        wire::Wire,
    },
    *,
};

const COFFEE: &str = r#"{"rules":[{"value":"coffee","tag":"c"},{"value":"music"}]}"#;

#[tokio::test]
async fn only_matching_tweets_arrive_with_their_rules() {
    let sim = sim(SimOptions::default()).await;
    let added = add_rules(&sim, COFFEE).await;
    let mut reader = Reader::connect(&sim).await;
    for _ in 0..50 {
        let line = reader.line().await.unwrap();
        assert!(line.to_lowercase().contains("coffee") || line.to_lowercase().contains("music"));
        let tail = &line[line.rfind("\"matching_rules\":[").expect(&line)..];
        assert!(tail.ends_with("}]}"), "{tail}");
        let tweet: Value = sonic_rs::from_str(&line).unwrap();
        let rule = &tweet["matching_rules"][0];
        let expected = added["detail"][usize::from(rule["tag"].is_null())]["rule"].clone();
        for key in ["tag", "id", "id_str"] {
            assert_eq!(rule[key], expected[key]);
        }
    }
}

#[tokio::test]
async fn readers_that_start_together_get_the_same() {
    let sim = sim(rated(20_000.0)).await;
    let (mut one, mut two) = (Reader::connect(&sim).await, Reader::connect(&sim).await);
    // Both wait at the start, since no Tweet is made without a rule.
    add_rules(&sim, COFFEE).await;
    for _ in 0..100 {
        assert_eq!(one.line().await, two.line().await);
    }
}

#[tokio::test]
async fn a_rule_takes_effect_on_an_open_connection() {
    let sim = sim(SimOptions {
        limit: Some(20_000),
        ..SimOptions::default()
    })
    .await;
    let mut reader = Reader::connect(&sim).await;
    add_rules(&sim, COFFEE).await;
    reader.tweet().await;
    post(
        &sim,
        &format!("{RULES}?_method=delete"),
        r#"{"rules":[{"value":"coffee"},{"value":"music"}]}"#,
    )
    .await;
    add_rules(&sim, r#"{"rules":[{"value":"weather","tag":"w"}]}"#).await;
    in_time("a Tweet of the new rule", async {
        while reader.tweet().await["matching_rules"][0]["tag"].as_str() != Some("w") {}
    })
    .await;
}

#[tokio::test]
async fn connections_are_refused_as_documented() {
    let sim = sim(SimOptions::default()).await;
    let get =
        async |path: &str, headers: &str| exchange(sim.address, "GET", path, headers, "").await;
    assert_eq!(get(STREAM, GZIP).await.status, 401);
    for coding in [
        "",
        "Accept-Encoding: br, deflate\r\n",
        "Accept-Encoding: gzip;q=0\r\n",
    ] {
        let refused = get(STREAM, &format!("{BASIC}{coding}")).await;
        assert_eq!(refused.status, 406);
        assert_eq!(
            refused.json()["error"]["message"],
            "This connection requires compression. To enable compression, send an 'Accept-Encoding: gzip' header in your request and be ready to uncompress the stream as it is read on the client end."
        );
    }
    let unknown = get(&STREAM.replace("dev", "prod"), &format!("{BASIC}{GZIP}")).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_file_is_delivered_once_and_then_the_stream_is_quiet() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tweets.jsonl");
    std::fs::write(&path, "{\"id\":1,\"text\":\"tea\"}\n{\"id\":2,\"text\":\"Coffee\",\"matching_rules\":[]}\nbad\n{\"id\":3,\"text\":\"music\"}\n").unwrap();
    let options = SimOptions {
        tweets: Some(path),
        heartbeat: Some(Duration::from_millis(20)),
        ..SimOptions::default()
    };
    let sim = sim(options).await;
    assert_eq!(sim.skipped, 1);
    add_rules(&sim, COFFEE).await;
    let mut reader = Reader::connect(&sim).await;
    assert_eq!(reader.tweet().await["id"].as_u64(), Some(2));
    assert_eq!(reader.tweet().await["id"].as_u64(), Some(3));
    assert_eq!(reader.line().await.as_deref(), Some(""));
}

fn options(rate: Option<f64>) -> SimOptions {
    SimOptions {
        rate,
        start_ms: Some(1_700_000_000_000),
        ..SimOptions::default()
    }
}

fn service(options: &SimOptions) -> Arc<Service> {
    Arc::new(Service::new(options).unwrap().0)
}

fn with_rule(options: &SimOptions) -> Arc<Service> {
    let service = service(options);
    let rule = Submitted {
        value: "coffee".to_owned(),
        tag: None,
    };
    let book = &service.streams[0].live;
    book.change(|rules| rules.add(&[rule], 0, 1)).unwrap();
    service
}

/// A delivery without a socket, and its chunks.
fn delivery(service: &Arc<Service>) -> (Delivery, mpsc::Receiver<Bytes>) {
    let stream = Arc::clone(&service.streams[0]);
    let (place, _) = stream.gate.enter();
    let feed = Feed::Live {
        cursor: 0,
        joined: 0,
        place,
    };
    let (outlet, Chunks { receiver }) = Outlet::new(Wire::default());
    (
        Delivery::new(Arc::clone(service), stream, feed, outlet),
        receiver,
    )
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_by_heartbeats() {
    let start = Instant::now();
    let (delivery, mut chunks) = delivery(&service(&options(None)));
    tokio::spawn(delivery.run());
    let mut inflate = Decompress::new_gzip(15);
    let mut text = Vec::with_capacity(100);
    for (seconds, expected) in [
        (0, ""),
        (10, "\r\n"),
        (20, "\r\n\r\n"),
        (30, "\r\n\r\n\r\n"),
    ] {
        let chunk = chunks.recv().await.unwrap();
        inflate
            .decompress_vec(&chunk, &mut text, FlushDecompress::Sync)
            .unwrap();
        assert_eq!(text, expected.as_bytes());
        assert_eq!(start.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_kept_and_a_busy_stream_has_no_heartbeats() {
    let service = with_rule(&options(Some(20_000.0)));
    let stream = Arc::clone(&service.streams[0]);
    tokio::spawn(async move { stream.timeline.run(&stream.live, &stream.gate).await });
    let (delivery, mut chunks) = delivery(&service);
    tokio::spawn(delivery.run());
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(1) {
        chunks.recv().await.unwrap();
    }
    let made = service.counts().tweets.made;
    assert!((19_900..20_500).contains(&made), "{made}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_does_not_read_stops_its_own_feed() {
    let service = with_rule(&options(None));
    let (delivery, chunks) = delivery(&service);
    tokio::spawn(delivery.run());
    tokio::time::sleep(Duration::from_secs(1)).await;
    let made = service.counts().tweets.made;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(service.counts().tweets.made, made);
    assert_eq!(service.counts().connections.open, 1);
    drop(chunks);
    tokio::task::yield_now().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(service.counts().connections.open, 0);
}

#[tokio::test(start_paused = true)]
async fn a_full_buffer_ends_its_connection_and_no_other() {
    let mut options = rated(3000.0);
    options.limits.buffer = 200;
    let service = with_rule(&options);
    let stream = Arc::clone(&service.streams[0]);
    let timeline = Arc::clone(&stream);
    tokio::spawn(async move { timeline.timeline.run(&timeline.live, &timeline.gate).await });
    let (stuck, unread) = delivery(&service);
    let (fine, mut chunks) = delivery(&service);
    let stuck = tokio::spawn(stuck.run());
    tokio::spawn(fine.run());
    let reading = tokio::spawn(async move { while chunks.recv().await.is_some() {} });
    stuck.await.unwrap();
    assert_eq!(service.counts().connections.open, 1);
    assert!(!reading.is_finished());
    // Queued Tweets are lost, and data restarts at the time of the reconnect.
    assert!(stream.gate.has_lost.load(Relaxed));
    drop(unread);
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_stays_bounded() {
    let mut options = options(Some(100.0));
    options.limits.buffer = 50;
    let service = with_rule(&options);
    let stream = Arc::clone(&service.streams[0]);
    stream.timeline.begin(&stream.live, Instant::now());
    let running = Arc::clone(&stream);
    tokio::spawn(async move { running.timeline.run(&running.live, &running.gate).await });
    let mut sizes = Vec::new();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(301)).await;
        sizes.push(stream.timeline.remembered());
    }
    let five_minutes = stream.timeline.head() / 3;
    assert!(five_minutes > 1000, "{five_minutes}");
    for size in sizes {
        assert!(size.abs_diff(five_minutes) < five_minutes / 5, "{size}");
    }
}

#[tokio::test(start_paused = true)]
async fn stopping_does_not_wait_for_a_reader_that_does_not_read() {
    let service = with_rule(&options(None));
    let (delivery, _chunks) = delivery(&service);
    let delivery = tokio::spawn(delivery.run());
    tokio::time::sleep(Duration::from_secs(1)).await;
    service.stop.cancel();
    delivery.await.unwrap();
}
