//! A scripted service and a desk that takes lines, both in virtual time.

use std::{
    collections::VecDeque,
    io::{self, Write},
    pin::Pin,
    sync::Arc,
    sync::Mutex,
    task::{Context, Poll, ready},
    time::Duration,
};

use expect_test::Expect;
use flate2::{Compression, write::GzEncoder};
use hyper::StatusCode;
use jiff::Timestamp;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Sleep;

use super::*;
use crate::{
    powertrack::{
        Cause, State,
        deliver::{Connection, Refused},
        error::Service,
        outage::continuity::Complete,
    },
    text::lines::Lines,
};

/// What the service does on one attempt.
pub(super) enum Answer {
    Status(u16),
    /// This status, with words that say that somebody else holds the stream.
    Words(u16),
    Refuse,
    Hesitate,
    Stream(Vec<Event>),
}

/// What happens on a connection, in this order; then it ends.
#[derive(Clone)]
pub(super) enum Event {
    Text(&'static str),
    Raw(Vec<u8>),
    Wait(u64),
    Reset,
    Silence,
}

use Answer::*;
use Event::*;

struct FakeService {
    answers: VecDeque<Answer>,
    log: Log,
    shutdown: CancellationToken,
}

/// When something happened, in milliseconds since the start.
#[derive(Clone)]
struct Log(Arc<Mutex<Vec<String>>>, Instant);

impl Log {
    fn note(&self, what: &str) {
        let at = self.1.elapsed().as_millis();
        self.0.lock().unwrap().push(format!("{at} {what}"));
    }
}

impl Connect for FakeService {
    type Body = Wire;

    async fn connect(&mut self, backfill_minutes: u8) -> Result<Wire, Error> {
        match backfill_minutes {
            0 => self.log.note("connect"),
            minutes => self.log.note(&format!("connect {minutes}")),
        }
        match self.answers.pop_front() {
            Some(Stream(events)) => Ok(Wire::new(events)),
            Some(Status(status)) => Err(refused(status, None)),
            Some(Words(status)) => Err(refused(
                status,
                Some("Exceeded connection limit for user".to_owned()),
            )),
            Some(Refuse) => Err(Error::Connect {
                service: Service::Stream,
                cause: "refused".into(),
            }),
            Some(Hesitate) => std::future::pending().await,
            // The end of the script ends the test.
            None => {
                self.shutdown.cancel();
                std::future::pending().await
            }
        }
    }
}

fn refused(status: u16, message: Option<String>) -> Error {
    Error::Status {
        service: Service::Stream,
        status: StatusCode::from_u16(status).unwrap(),
        message,
    }
}

/// The bytes of one connection, each text compressed and flushed by itself.
struct Wire {
    events: VecDeque<Event>,
    encoder: GzEncoder<Vec<u8>>,
    chunk: Vec<u8>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    fn new(events: Vec<Event>) -> Self {
        Self {
            events: events.into(),
            encoder: GzEncoder::new(Vec::new(), Compression::fast()),
            chunk: Vec::new(),
            sleep: None,
        }
    }
}

impl AsyncBufRead for Wire {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.chunk.is_empty() {
            match this.events.front() {
                None => break,
                Some(Silence) => return Poll::Pending,
                Some(Reset) => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
                Some(Text(text)) => {
                    this.encoder.write_all(text.as_bytes()).unwrap();
                    this.encoder.flush().unwrap();
                    this.chunk = std::mem::take(this.encoder.get_mut());
                }
                Some(Raw(bytes)) => this.chunk = bytes.clone(),
                Some(&Wait(millis)) => {
                    let new = || Box::pin(sleep(Duration::from_millis(millis)));
                    ready!(this.sleep.get_or_insert_with(new).as_mut().poll(cx));
                    this.sleep = None;
                }
            }
            this.events.pop_front();
        }
        Poll::Ready(Ok(&this.chunk))
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        self.chunk.drain(..amount);
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        unreachable!("the decoder reads through `AsyncBufRead`")
    }
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Taker {
    Willing,
    Stuck,
    Gone,
    Slow(u64),
}

struct Desk {
    log: Log,
    taker: Taker,
    is_telling: bool,
    is_marking: bool,
}

impl Deliver for Desk {
    fn begin(&mut self, connection: Connection) {
        if !self.is_telling {
            return;
        }
        let mut text = format!("begins {}", connection.number);
        if let Some(outage) = connection.outage {
            // The wall clock is not virtual, so the times of an outage say nothing here.
            text += &format!(
                ", outage {} of {} s, {}, covered: {}",
                outage.number,
                outage.length.as_secs(),
                outage.cause.name(),
                outage.is_covered()
            );
            let queued = outage.queued.as_secs();
            if queued > 0 {
                text += &format!(", {queued} s of before it");
            }
        }
        self.log.note(&text);
    }

    async fn deliver(&mut self, lines: Lines) -> Result<(), Refused> {
        match self.taker {
            Taker::Stuck => std::future::pending().await,
            Taker::Gone => return Err(Refused::Closed),
            Taker::Slow(millis) => sleep(Duration::from_millis(millis)).await,
            Taker::Willing => {}
        }
        for line in lines.iter() {
            self.log.note(std::str::from_utf8(line).unwrap());
        }
        Ok(())
    }

    fn received(&mut self, complete: Complete) {
        if self.is_marking {
            let settled = if complete.is_settled {
                "all"
            } else {
                "not yet all"
            };
            self.log.note(&format!("{settled} received"));
        }
    }
}

pub(super) struct Run {
    log: Log,
    pub(super) status: Arc<StreamStatus>,
    shutdown: CancellationToken,
    taker: Taker,
    is_telling: bool,
    is_marking: bool,
    options: StreamOptions,
}

impl Run {
    pub(super) fn new() -> Self {
        Self {
            log: Log(Arc::default(), Instant::now()),
            status: Arc::default(),
            shutdown: CancellationToken::new(),
            taker: Taker::Willing,
            is_telling: false,
            is_marking: false,
            options: StreamOptions::default(),
        }
    }

    /// Notes each connection when it is reported.
    pub(super) fn telling(self) -> Self {
        Self {
            is_telling: true,
            ..self
        }
    }

    /// Notes up to when everything has come, when it is reported.
    pub(super) fn marking(self) -> Self {
        Self {
            is_marking: true,
            ..self
        }
    }

    pub(super) fn backfill(mut self, most: u8) -> Self {
        self.options.backfill_minutes = most;
        self
    }

    pub(super) fn last_received(mut self, last: Timestamp) -> Self {
        self.options.last_received = Some(last);
        self
    }

    pub(super) fn taker(self, taker: Taker) -> Self {
        Self { taker, ..self }
    }

    /// Shuts down after this many virtual milliseconds.
    pub(super) fn shut_down_after(self, millis: u64) -> Self {
        let shutdown = self.shutdown.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(millis)).await;
            shutdown.cancel();
        });
        self
    }

    pub(super) async fn follow(
        &self,
        answers: impl IntoIterator<Item = Answer>,
    ) -> Result<(), Error> {
        let service = FakeService {
            answers: answers.into_iter().collect(),
            log: self.log.clone(),
            shutdown: self.shutdown.clone(),
        };
        let desk = Desk {
            log: self.log.clone(),
            taker: self.taker,
            is_telling: self.is_telling,
            is_marking: self.is_marking,
        };

        let ladders = Ladders::new(|| 0.5);
        let outcome = follow_with(
            ladders,
            service,
            self.options,
            desk,
            &self.status,
            &self.shutdown,
        )
        .await;
        assert_eq!(self.status.state(), State::Stopped);
        self.log.note("stopped");
        outcome
    }

    pub(super) fn expect(&self, expected: Expect) {
        expected.assert_eq(&self.log.0.lock().unwrap().join("\n"));
    }

    pub(super) fn expect_said(&self, part: &str) {
        let said = self.log.0.lock().unwrap().join("\n");
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }

    pub(super) fn outages(&self, cause: Cause) -> u64 {
        let at = Cause::ALL.iter().position(|&other| other == cause).unwrap();
        self.status.counts().outages[at]
    }

    pub(super) fn lost(&self, cause: Cause) -> u64 {
        let at = Cause::ALL.iter().position(|&other| other == cause).unwrap();
        self.status.counts().reconnects[at]
    }
}
