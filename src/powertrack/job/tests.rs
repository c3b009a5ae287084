//! Jobs against a scripted service, in virtual time.

use std::{
    io::{Cursor, Write},
    sync::Mutex,
};

use expect_test::{Expect, expect};
use flate2::{Compression, write::GzEncoder};
use hyper::StatusCode;

use super::*;
use crate::powertrack::error::Service;

/// What the service does on one request: lines in order, or a refusal.
enum Answer {
    Lines(Vec<String>),
    Status(u16),
}
use Answer::{Lines as Sends, Status};

struct Script {
    answers: Mutex<VecDeque<Answer>>,
    log: Mutex<Vec<String>>,
}

impl AskPast for &Script {
    type Body = Cursor<Vec<u8>>;

    async fn ask(&self, product: Product, window: Span) -> Result<Self::Body, Error> {
        let query = query(product, window);
        // The day is not the point.
        let query = query.replace("2017-01-01T", "").replace("20170101", "");
        self.log.lock().unwrap().push(query);
        match self.answers.lock().unwrap().pop_front() {
            Some(Sends(lines)) => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                for line in lines {
                    encoder.write_all(line.as_bytes()).unwrap();
                    encoder.write_all(b"\r\n").unwrap();
                }
                Ok(Cursor::new(encoder.finish().unwrap()))
            }
            Some(Status(status)) => Err(Error::Status {
                service: Service::Stream,
                status: StatusCode::from_u16(status).unwrap(),
                message: None,
            }),
            None => panic!("nothing more is expected"),
        }
    }
}

/// Takes everything.
#[derive(Default)]
struct Desk {
    feeds: Vec<(u64, Feed)>,
    lines: usize,
}

impl Deliver for Desk {
    fn begin(&mut self, connection: Connection) {
        self.feeds.push((connection.number, connection.feed));
    }

    async fn deliver(&mut self, lines: Lines) -> Result<(), Refused> {
        self.lines += lines.len();
        Ok(())
    }
}

fn time(clock: &str) -> Timestamp {
    format!("2017-01-01T{clock}Z").parse().unwrap()
}

/// A Tweet that was made at this time.
fn tweet(clock: &str) -> String {
    let id = (time(clock).as_millisecond() - 1_288_834_974_657) << 22;
    format!(r#"{{"id":{id},"id_str":"{id}","text":"t","created_at":"x","user":{{}}}}"#)
}

fn says(message: &str, more: &str) -> String {
    format!(r#"{{"info":{{"message":"Replay Request {message}","sent":"s"{more}}}}}"#)
}

async fn check(from: &str, to: &str, answers: Vec<Answer>, expected: Expect) -> Desk {
    let script = Script {
        answers: Mutex::new(answers.into()),
        log: Mutex::default(),
    };
    let live = StreamStatus::default();
    let jobs = Jobs::new(
        &script,
        StreamOptions::default(),
        &live,
        CancellationToken::new(),
    );
    let span = Span {
        from: time(from),
        to: time(to),
    };
    let mut desk = Desk::default();
    let brought = jobs.bring(Product::Replay, span, &mut desk).await.unwrap();
    let mut text = script.log.lock().unwrap().join("\n");
    text += &format!("\n{} lines", brought.lines);
    for part in brought.missing {
        let clock = |time: Timestamp| time.strftime("%H:%M:%S").to_string();
        text += &format!("\nmissing {} to {}", clock(part.from), clock(part.to));
    }
    if let Some(trouble) = brought.trouble {
        text += &format!("\n{trouble}");
    }
    expected.assert_eq(&text);
    assert_eq!(desk.lines as u64, brought.lines);
    desk
}

#[tokio::test(start_paused = true)]
async fn a_span_is_brought_in_windows() {
    let done = || Sends(vec![tweet("10:00:00"), says("Completed", "")]);
    let desk = check(
        "10:00:30",
        "12:30:00",
        vec![done(), done()],
        expect![[r#"
            fromDate=1000&toDate=1200
            fromDate=1200&toDate=1231
            2 lines"#]],
    )
    .await;
    let replay = Feed::Past(Product::Replay);
    assert_eq!(desk.feeds, [(1, replay), (2, replay)]);
}

#[tokio::test(start_paused = true)]
async fn what_a_job_says_is_missing_is_asked_for_again() {
    let errors = says(
        "Completed with Errors",
        r#","minutes_failed":["2017-01-01T10:10:00+00:00","2017-01-01T10:20:00+00:00"]"#,
    );
    let failed = says(
        "Failed to Complete",
        r#","unprocessed_range":{"fromDate":"2017-01-01T10:20:00+00:00","toDate":"2017-01-01T10:21:00+00:00"}"#,
    );
    let done = || Sends(vec![says("Completed", "")]);
    check(
        "10:00:30",
        "10:30:30",
        vec![Sends(vec![errors]), done(), Sends(vec![failed]), done()],
        expect![[r#"
            fromDate=1000&toDate=1031
            fromDate=1010&toDate=1011
            fromDate=1020&toDate=1021
            fromDate=1020&toDate=1021
            0 lines"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_job_without_a_record_goes_on_at_its_last_tweet() {
    check(
        "10:00:30",
        "10:30:30",
        vec![
            Sends(vec![tweet("10:00:40"), tweet("10:12:40")]),
            Sends(vec![]),
            Sends(vec![tweet("10:12:40"), says("Completed", "")]),
        ],
        expect![[r#"
            fromDate=1000&toDate=1031
            fromDate=1011&toDate=1031
            fromDate=1011&toDate=1031
            3 lines"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn attempts_are_bounded_and_the_rest_is_missing() {
    let cut = || Sends(vec![tweet("10:12:40")]);
    check(
        "10:00:30",
        "10:30:30",
        (0..6).map(|_| cut()).collect(),
        expect![[r#"
            fromDate=1000&toDate=1031
            fromDate=1011&toDate=1031
            fromDate=1011&toDate=1031
            fromDate=1011&toDate=1031
            fromDate=1011&toDate=1031
            fromDate=1011&toDate=1031
            6 lines
            missing 10:11:40 to 10:30:30
            the server ended the stream"#]],
    )
    .await;
    check(
        "10:00:30",
        "10:30:30",
        (0..6).map(|_| Status(429)).collect(),
        expect![[r#"
            fromDate=1000&toDate=1031
            fromDate=1000&toDate=1031
            fromDate=1000&toDate=1031
            fromDate=1000&toDate=1031
            fromDate=1000&toDate=1031
            fromDate=1000&toDate=1031
            0 lines
            missing 10:00:30 to 10:30:30
            the stream answered 429 too many requests"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_good_leaves_everything_missing() {
    check(
        "10:00:30",
        "16:30:30",
        vec![Status(403)],
        expect![[r#"
            fromDate=1000&toDate=1200
            0 lines
            missing 10:00:30 to 16:30:30
            the stream answered 403 forbidden
            hint: check with the account manager that this login may use PowerTrack"#]],
    )
    .await;
}
