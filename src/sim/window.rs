//! Recovery and Replay jobs: they deliver a window of the past again.

use std::{ops::Range, sync::Arc, time::Duration};

use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::{
    book::Book,
    composer::{Composer, Moment},
    fault::{Board, Firing, Kind, Scope},
    memory::{Line, Piece},
    message,
    service::Stream,
    subject::Subjects,
    timeline::{Due, sent},
};

/// How many Tweets are looked at at once, before other tasks get their turn on this thread.
const TURN: i64 = 64;

const MINUTE_MS: i64 = 60_000;

/// The product that a job is of. They differ in the rules, the pace, and the name in the last record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Product {
    Recovery,
    Replay,
}

/// A job under way.
#[derive(Debug)]
pub(super) struct Window {
    stream: Arc<Stream>,
    product: Product,
    /// In milliseconds since 1970, the end not included.
    span_ms: Range<i64>,
    positions: Range<i64>,
    /// Tweets per second, where there is a limit.
    rate: Option<u32>,
    since: Instant,
    delivered: u64,
    ending: Option<Firing>,
    subjects: Subjects,
    /// Held while a Recovery job runs, because only so many may run.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Product {
    /// What the oracle calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Recovery => "recovery",
            Self::Replay => "replay",
        }
    }

    fn book(self, stream: &Stream) -> &Book {
        match self {
            Self::Recovery => &stream.live,
            Self::Replay => &stream.replay,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Recovery => "Recovery",
            Self::Replay => "Replay",
        }
    }
}

impl Window {
    /// A job for a span of time.
    pub(super) fn new(
        stream: &Arc<Stream>,
        product: Product,
        span_ms: Range<i64>,
        rate: Option<u32>,
        faults: &Board,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        let ending = faults.at_request(Scope::Window);
        let served = match ending.map(|ending| ending.kind) {
            // The last minute is missing, or the second half.
            Some(Kind::WindowErrors) => span_ms.start..last_minute(&span_ms),
            Some(Kind::WindowFailed) => span_ms.start..half(&span_ms),
            _ => span_ms.clone(),
        };
        Self {
            positions: stream.timeline.window(served.start, served.end),
            // The subjects of that time are forgotten, so those of now are used.
            subjects: stream.timeline.subjects(&product.book(stream).rules()),
            stream: Arc::clone(stream),
            product,
            span_ms,
            rate,
            since: Instant::now(),
            delivered: 0,
            ending,
            _permit: permit,
        }
    }

    /// The next Tweets that match, and when to ask again.
    pub(super) fn take(&mut self, now: Instant) -> (Vec<Piece>, Due) {
        let mut pieces = Vec::new();
        let stream = Arc::clone(&self.stream);
        let book = self.product.book(&stream);
        book.settle();
        let rules = book.rules();
        let composer = &stream.timeline.setup.composer;
        let mut line = Vec::new();
        for _ in 0..TURN {
            if let Some(rate) = self.rate.filter(|rate| *rate > 0) {
                let due =
                    self.since + Duration::from_secs_f64(self.delivered as f64 / f64::from(rate));
                if due > now {
                    return (pieces, Due::At(due));
                }
            }
            let Some(position) = self.positions.next() else {
                return (pieces, Due::Never);
            };
            line.clear();
            if !rules.is_in_force() || !composer.begin(position, &self.subjects, &mut line) {
                continue;
            }
            let (matching, _) = Composer::matching(&line, &rules);
            if !matching.is_empty() {
                self.delivered += 1;
                let moment = Arc::new(Moment {
                    subjects: self.subjects.clone(),
                    rules: matching,
                });
                pieces.push(Piece {
                    position,
                    line: Line::Again(moment),
                });
            }
        }
        (pieces, Due::Now)
    }

    /// The record that says how the job ended. [source: xd/powertrack-api]
    pub(super) fn write_end(&self, out: &mut Vec<u8>, now_ms: i64) {
        let title = self.product.title();
        let count = self.delivered;
        let (how, more) = match self.ending.map(|ending| ending.kind) {
            Some(Kind::WindowErrors) => (
                "Completed with Errors",
                format!(
                    r#","activity_count":{count},"minutes_failed":["{}"]"#,
                    sent(last_minute(&self.span_ms))
                ),
            ),
            Some(Kind::WindowFailed) => (
                "Failed to Complete",
                format!(
                    r#","unprocessed_range":{{"fromDate":"{}","toDate":"{}"}},"activity_count":{count}"#,
                    sent(half(&self.span_ms)),
                    sent(self.span_ms.end)
                ),
            ),
            _ => ("Completed", format!(r#","activity_count":{count}"#)),
        };
        message::write_with(
            out,
            "info",
            &format!("{title} Request {how}"),
            &sent(now_ms),
            &more,
        );
    }

    /// What the oracle calls it.
    pub(super) fn name(&self) -> &'static str {
        self.product.name()
    }
}

fn last_minute(span_ms: &Range<i64>) -> i64 {
    ((span_ms.end - 1).div_euclid(MINUTE_MS) * MINUTE_MS).max(span_ms.start)
}

/// A whole minute in the middle, where there is one.
fn half(span_ms: &Range<i64>) -> i64 {
    let middle = span_ms.start.midpoint(span_ms.end);
    (middle.div_euclid(MINUTE_MS) * MINUTE_MS).max(span_ms.start)
}
