//! What goes wrong on purpose, as a reader sees it.

use super::{super::Fault, *};

const MUSIC: &str = r#"{"rules":[{"value":"music"}]}"#;

/// The same Tweets each time, as fast as they are read.
fn options(faults: &[&str]) -> SimOptions {
    SimOptions {
        start_ms: Some(1_700_000_000_000),
        limit: Some(2000),
        faults: faults.iter().map(|fault| fault.parse().unwrap()).collect(),
        ..SimOptions::default()
    }
}

/// The first lines of a stream with a fault at its third Tweet.
async fn with_fault(fault: &str) -> Vec<String> {
    first_lines(options(&[&format!("{fault}every=3,times=1")])).await
}

async fn first_lines(options: SimOptions) -> Vec<String> {
    let sim = sim(options).await;
    add_rules(&sim, MUSIC).await;
    let mut reader = Reader::connect(&sim).await;
    let mut lines = Vec::new();
    for _ in 0..6 {
        lines.push(reader.line().await.unwrap());
    }
    lines
}

fn lines(text: &str) -> Vec<String> {
    text.split("\r\n").map(str::to_owned).collect()
}

/// The lines of a stream without faults.
async fn without() -> Vec<String> {
    first_lines(options(&[])).await
}

#[tokio::test]
async fn lines_come_twice_or_in_another_order() {
    let plain = without().await;
    let doubled = with_fault("duplicate:").await;
    assert_eq!(doubled[..3], plain[..3]);
    assert_eq!(doubled[3], plain[2]);
    assert_eq!(doubled[4..], plain[3..5]);
    let moved = with_fault("reorder:").await;
    assert_eq!(moved[2..4], [plain[3].clone(), plain[2].clone()]);
    assert_eq!(moved[4..], plain[4..]);
}

#[tokio::test]
async fn delimiters_go_missing_and_members_end() {
    let plain = without().await;
    let joined = with_fault("no-delimiter:").await;
    assert_eq!(joined[2], format!("{}{}", plain[2], plain[3]));
    assert_eq!(with_fault("new-member:").await, plain);
    assert_eq!(with_fault("one-byte-chunks:bytes=3000,").await, plain);
    assert_eq!(with_fault("silence:for=10ms,").await, plain);
    assert_eq!(with_fault("slow:bytes=100000,for=10ms,").await, plain);
}

#[tokio::test]
async fn what_should_not_be_there_comes_before_the_tweet() {
    let plain = without().await;
    for (fault, expected) in [
        (
            "unknown-message:",
            r#"{"notice":{"message":"A kind of message that is new","sent":"2023-11-14T22:13:20+00:00"}}"#,
        ),
        (
            "info:",
            r#"{"info":{"message":"A message for information","sent":"2023-11-14T22:13:20+00:00"}}"#,
        ),
        (
            "warn:",
            r#"{"warn":{"message":"A message of warning","sent":"2023-11-14T22:13:20+00:00"}}"#,
        ),
        (
            "error:",
            r#"{"error":{"message":"Invalid date format for query parameter 'fromDate'. Expected format is 'yyyyMMddHHmm'. For example, '201701012315' for January 1st, 11:15 pm 2017 UTC.\n\n","sent":"2023-11-14T22:13:20+00:00"}}"#,
        ),
    ] {
        let lines = with_fault(fault).await;
        assert_eq!(lines[2], expected);
        assert_eq!(lines[3..], plain[2..5]);
    }
    let lines = with_fault("invalid-json:").await;
    assert_eq!(lines[2], plain[2][..plain[2].len() / 2]);
    assert_eq!(lines[3..], plain[2..5]);
    let lines = with_fault("damaged-copy:").await;
    assert_eq!(
        lines[2].replacen("\"text\":\"\t", "\"text\":\"", 1),
        plain[2]
    );
    assert_eq!(lines[3..], plain[2..5]);
    let lines = with_fault("big-tweet:").await;
    assert_eq!(lines[2].len(), 900_000);
    let big: Value = sonic_rs::from_str(&lines[2]).unwrap();
    let small: Value = sonic_rs::from_str(&plain[2]).unwrap();
    assert_eq!(big["id"], small["id"]);
}

#[tokio::test]
async fn texts_that_are_not_utf8_arrive_as_they_are() {
    let sim = sim(options(&[
        "invalid-utf8:every=1,times=1",
        "operational:every=2",
    ]))
    .await;
    add_rules(&sim, MUSIC).await;
    let (text, end) = Reader::connect(&sim).await.rest().await;
    let lines = lines(&text);
    assert!(lines[0].contains("\"text\":\"\u{fffd}"), "{}", lines[0]);
    assert_eq!(lines[0].replacen('\u{fffd}', "", 1), lines[1]);
    assert_eq!(end, End::Orderly);
}

/// The text of a stream that ends at its third Tweet, and how it ends.
async fn ended_by(fault: &str) -> (String, End) {
    let sim = sim(options(&[&format!("{fault}every=3")])).await;
    add_rules(&sim, MUSIC).await;
    Reader::connect(&sim).await.rest().await
}

#[tokio::test]
async fn connections_end_in_every_way() {
    let plain = without().await;
    let before = format!("{}\r\n{}\r\n", plain[0], plain[1]);
    let (text, end) = ended_by("cut-line:").await;
    let half = &plain[2][..plain[2].len() / 2];
    assert_eq!((text, end), (format!("{before}{half}"), End::Orderly));
    let (text, end) = ended_by("torn-gzip:").await;
    assert_eq!(end, End::Orderly);
    assert!(text.starts_with(&before) && !text.contains(&plain[2]));
    for (fault, message) in [
        (
            "too-many-connections",
            "Forced Disconnect: Too many connections. (Allowed Connections = 2)",
        ),
        (
            "full-buffer",
            "Force closing connection to connection 1 because it reached the maximum allowed backup (buffer size is 10000).",
        ),
        (
            "too-slow",
            "This stream has been disconnected because your client was unable to keep up with us.",
        ),
        (
            "operational",
            "This stream has been disconnected for operational reasons.",
        ),
        ("closing", "X is closing for operational reasons"),
    ] {
        let last =
            format!(r#"{{"error":{{"message":"{message}","sent":"2023-11-14T22:13:20+00:00"}}}}"#);
        let expected = format!("{before}{last}\r\n");
        assert_eq!(
            ended_by(&format!("{fault}:")).await,
            (expected.clone(), End::Orderly)
        );
        assert_eq!(
            ended_by(&format!("{fault}:reset,")).await,
            (expected, End::Broken)
        );
    }
}

#[tokio::test]
async fn a_reset_is_one() {
    let sim = sim(options(&["reset:every=1"])).await;
    add_rules(&sim, MUSIC).await;
    let stream = TcpStream::connect(sim.address).await.unwrap();
    let mut reader = Reader::over(stream).await;
    let error = in_time("a reset", async {
        loop {
            match reader.stream.read_buf(&mut reader.raw).await {
                Ok(0) => panic!("an orderly end"),
                Ok(_) => {}
                Err(error) => break error,
            }
        }
    })
    .await;
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn chance_follows_from_the_seed() {
    let run = async |seed| {
        let sim = sim(SimOptions {
            seed,
            ..options(&[
                "duplicate:probability=0.1",
                "reorder:probability=0.1",
                "warn:probability=0.1",
                "invalid-utf8:probability=0.05",
                "new-member:probability=0.05",
                "operational:every=60",
            ])
        })
        .await;
        add_rules(&sim, MUSIC).await;
        let mut bodies = Vec::new();
        for _ in 0..2 {
            bodies.push(Reader::connect(&sim).await.rest().await);
        }
        (bodies, sim.counts().faults)
    };
    let (bodies, faults) = run(1).await;
    assert_eq!(run(1).await, (bodies.clone(), faults.clone()));
    assert_ne!(run(2).await.0, bodies);
    assert!(bodies[0].0.len() > 100_000 && bodies[0] != bodies[1]);
    assert_eq!(faults.len(), 6, "{faults:?}");
}

#[tokio::test]
async fn faults_are_set_and_looked_at_while_it_runs() {
    let sim = sim(options(&[])).await;
    let call =
        async |method, body: &str| exchange(sim.address, method, "/_sim/faults", "", body).await;
    let set = call("POST", r#"[{"fault":"stream-status","status":429,"times":2},{"fault":"silence","after":"1h","for":"90s"}]"#).await;
    assert_eq!(set.status, 200);
    let stream = async || connect(&sim, STREAM).await;
    assert_eq!(stream().await.status, 429);
    let shown = call("GET", "").await.body;
    assert_eq!(
        shown,
        r#"[{"fault":"stream-status","after":"0ms","times":2,"status":429,"fired":1},{"fault":"silence","after":"3600000ms","for":"90000ms","fired":0}]"#
    );
    for (body, error) in [
        ("nonsense", ""),
        (
            r#"{"fault":"earthquake"}"#,
            "unknown fault `earthquake`; there are reset, ",
        ),
        (
            r#"{"fault":"reset","probability":2}"#,
            "`reset`: a probability lies between 0 and 1, and 2 does not",
        ),
        (
            r#"{"fault":"reset","status":500}"#,
            "`reset` takes no `status`",
        ),
        (r#"{"fault":"reset","wat":1}"#, "unknown field `wat`"),
    ] {
        let refused = call("POST", body).await;
        assert_eq!(refused.status, 400);
        assert!(
            refused.json()["error"].to_string().contains(error),
            "{}",
            refused.body
        );
    }
    assert_eq!(call("DELETE", "").await.body, "[]");
    // The head alone: the stream itself goes on.
    Reader::connect(&sim).await;
}

#[tokio::test]
async fn a_status_lasts_for_a_while() {
    tokio::time::pause();
    let board = super::super::fault::Board::new(
        0,
        vec!["stream-status:every=2,for=20s".parse::<Fault>().unwrap()],
    );
    let ask = || {
        board
            .at_request(super::super::fault::Scope::Connect)
            .is_some()
    };
    assert_eq!([ask(), ask(), ask(), ask()], [false, true, true, true]);
    tokio::time::advance(std::time::Duration::from_secs(20)).await;
    assert_eq!([ask(), ask()], [false, true], "it is over, and comes again");
}
