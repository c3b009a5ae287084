//! What all requests share: the credentials, the streams, the faults, and the counters.

use std::{sync::Arc, time::Duration};

use axum::{
    http::{HeaderMap, header},
    response::Response,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{
    answer::Refusal,
    book::Book,
    bucket::Bucket,
    clock::Clock,
    composer::Composer,
    error::Error,
    fault::Board,
    gate::Gate,
    options::{Limits, SimOptions},
    oracle::Oracle,
    schedule::Schedule,
    snowflake::Ids,
    source::Source,
    start::Start,
    stats::{Counts, Stats, StreamCounts},
    subject::Subjects,
    timeline::{Setup, Timeline},
};
use ouzel_text::secret::Secret;

/// The time between the ids of two Tweets, if readers set the pace. One core takes longer to send a
/// Tweet, so ids do not come from the future.
const STEP_AT_FULL_SPEED: Duration = Duration::from_micros(10);

/// [source: xd/powertrack-api]
const REPLAYS_WITHIN: Duration = Duration::from_secs(5 * 60);

/// The accounts and their streams.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) username: String,
    pub(super) password: Secret,
    pub(super) heartbeat: Option<Duration>,
    pub(super) limits: Limits,
    pub(super) clock: Arc<Clock>,
    pub(super) faults: Board,
    pub(super) oracle: Option<Arc<Oracle>>,
    pub(super) stats: Arc<Stats>,
    pub(super) stop: CancellationToken,
    pub(super) streams: Vec<Arc<Stream>>,
}

/// One label of one account: its rules, for real time and for Replay, and what happens on it.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) account: String,
    pub(super) label: String,
    /// The rules of the stream, also for Recovery.
    pub(super) live: Book,
    /// The rules of Replay: nothing is copied from the others. [source: xd/powertrack-api]
    pub(super) replay: Book,
    pub(super) timeline: Timeline,
    pub(super) gate: Gate,
    pub(super) connects: Bucket,
    pub(super) replays: Bucket,
    pub(super) recoveries: Arc<Semaphore>,
}

impl Service {
    /// The service that the options describe, with the number of lines of a file that are no Tweets.
    pub(super) fn new(options: &SimOptions) -> Result<(Self, u64), Error> {
        let rate = options.rate.filter(|rate| *rate != 0.0);
        let schedule = match rate {
            Some(rate) => Schedule::new(rate, options.profile).ok_or(Error::Rate { rate })?,
            None => Schedule::steady(STEP_AT_FULL_SPEED),
        };
        let schedule = Arc::new(schedule);
        let clock = Arc::new(Clock::new(options.start_ms, rate.is_some()));
        // Ids differ at every start, or a client would take the Tweets of a second run for duplicates.
        let start = options.start_ms.map(Start::at).unwrap_or_default();
        let (source, skipped) = match &options.tweets {
            Some(path) => Source::file(path)?,
            None => (Source::made(options.seed, &start, &schedule), 0),
        };
        let composer = Composer {
            source,
            format: options.format,
            seed: options.seed,
        };
        let about = options.about.as_deref().map(Subjects::read).transpose()?;
        let oracle = options.oracle.as_deref().map(Oracle::create).transpose()?;
        let oracle = oracle.map(Arc::new);
        let stats = Arc::new(Stats::default());
        let ids = Arc::default();
        let stream = |account: &String, label: &String| {
            let setup = Setup {
                name: format!("{account}/{label}"),
                composer: composer.clone(),
                about: about.clone(),
                schedule: Arc::clone(&schedule),
                start: start.clone(),
                paced: rate.is_some(),
                limit: options.limit,
                clock: Arc::clone(&clock),
                stats: Arc::clone(&stats),
                oracle: oracle.clone(),
            };
            Arc::new(Stream::new(account, label, setup, &options.limits, &ids))
        };
        let streams = options.accounts.iter().flat_map(|account| {
            let labels = options.labels.iter();
            labels.map(move |label| (account, label))
        });
        let streams = streams.map(|(account, label)| stream(account, label));
        let service = Self {
            streams: streams.collect(),
            username: options.username.clone(),
            password: options.password.clone(),
            heartbeat: options.heartbeat,
            limits: options.limits.clone(),
            clock,
            faults: Board::new(options.seed, options.faults.clone()),
            oracle,
            stats,
            stop: CancellationToken::new(),
        };
        Ok((service, skipped))
    }

    /// The stream of a request, unless its credentials are wrong or there is no such stream.
    pub(super) fn admit(
        &self,
        headers: &HeaderMap,
        account: &str,
        label: Option<&str>,
    ) -> Result<&Arc<Stream>, Refusal> {
        self.authenticate(headers)?;
        self.find(account, label)
    }

    /// Refuses wrong or missing credentials.
    pub(super) fn authenticate(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let expected = format!("{}:{}", self.username, self.password.reveal());
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, credentials)| BASE64_STANDARD.decode(credentials.trim()).ok());
        if given.as_deref() == Some(expected.as_bytes()) {
            Ok(())
        } else {
            Err(Refusal::Credentials)
        }
    }

    /// The stream of an account and a label. Both are case-sensitive. [source: support.gnip.com]
    pub(super) fn find(&self, account: &str, label: Option<&str>) -> Result<&Arc<Stream>, Refusal> {
        self.streams
            .iter()
            .find(|stream| stream.account == account && label == Some(&stream.label))
            .ok_or(Refusal::NoSuchStream)
    }

    /// Counts an answer to a kind of request, and passes it on.
    pub(super) fn answered(
        &self,
        kind: &'static str,
        answer: Result<Response, Refusal>,
    ) -> Response {
        let answer = answer.unwrap_or_else(|refusal| refusal.answer(self.clock.now_ms()));
        self.stats.count(kind, answer.status());
        answer
    }

    /// The counters.
    pub(super) fn counts(&self) -> Counts {
        let streams = self.streams.iter().map(|stream| {
            let counts = StreamCounts {
                open: stream.gate.open() as u64,
                rules: stream.live.len(),
                replay_rules: stream.replay.len(),
                matched: stream.timeline.head(),
            };
            (stream.name().to_owned(), counts)
        });
        self.stats.counts(streams.collect(), self.faults.counts())
    }
}

impl Stream {
    fn new(account: &str, label: &str, setup: Setup, limits: &Limits, ids: &Arc<Ids>) -> Self {
        Self {
            account: account.to_owned(),
            label: label.to_owned(),
            live: Book::new(limits, ids),
            replay: Book::new(limits, ids),
            timeline: Timeline::new(setup, limits.buffer),
            gate: Gate::new(limits),
            connects: Bucket::new(limits.connects_per_minute),
            replays: Bucket::within(limits.replays, REPLAYS_WITHIN),
            recoveries: Arc::new(Semaphore::new(limits.recovery_jobs)),
        }
    }

    /// Account and label.
    pub(super) fn name(&self) -> &str {
        &self.timeline.setup.name
    }
}
