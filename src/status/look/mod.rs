//! What people look at while a run goes on. Takes the counters, the stream's state, what the script declares and the
//! database; gives one view, and a history that is told each second; and never costs a Tweet anything.

pub(crate) mod client;
mod history;
mod kept;
mod listeners;
pub(crate) mod view;

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::Body;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

use self::{
    history::History,
    kept::Keeper,
    listeners::Listeners,
    view::{About, Counts, Generation, Month, Now, Rule, Stream, Tag, Tick, View, cut},
};
use super::health::Health;
use crate::{
    powertrack::{State, StreamStatus},
    script::Declared,
    tally::{Count, Tally},
};

/// How many tags are shown one by one.
const TAGS: usize = 100;

/// How many rules are shown.
const RULES: usize = 300;

/// Everything that can be looked at.
#[derive(Debug)]
pub(super) struct Look {
    about: About,
    tally: Arc<Tally>,
    stream: Arc<StreamStatus>,
    declared: watch::Receiver<Arc<Declared>>,
    kept: Arc<Keeper>,
    history: Mutex<History>,
    listeners: Listeners,
}

/// What a run is called.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    /// The path of the script.
    pub script: PathBuf,
    /// The data folder.
    pub data_dir: PathBuf,
    /// The database's file.
    pub database: PathBuf,
}

impl Look {
    pub(super) fn new(
        names: Names,
        tally: Arc<Tally>,
        stream: Arc<StreamStatus>,
        declared: watch::Receiver<Arc<Declared>>,
    ) -> Self {
        Self {
            about: About {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                process: std::process::id(),
                began_ms: Timestamp::now().as_millisecond(),
                script: cut(&names.script.display().to_string()),
                data_dir: cut(&names.data_dir.display().to_string()),
            },
            tally,
            stream,
            declared,
            kept: Arc::new(Keeper::new(names.database)),
            history: Mutex::default(),
            listeners: Listeners::default(),
        }
    }

    /// Looks once; has to be called each second. Tells whoever listens.
    pub(super) fn tick(&self, health: Health) {
        let is_away = !matches!(self.stream.state(), State::Connected { .. });
        let mut history = self.history();
        let (second, marks) = history.feed(Timestamp::now().as_second(), &self.tally, is_away);
        if !self.listeners.is_empty() {
            let now = self.now(&history, health);
            self.listeners
                .tell(&event("second", &Tick { now, second, marks }));
        }
    }

    /// The history of the last hour, and then each second; `None` if too many listen.
    pub(super) fn events(&self) -> Option<Body> {
        // Nothing is told between the history and the first second.
        let history = self.history();
        let past = event("history", &history.past());
        self.listeners.join(past).map(Body::new)
    }

    /// Tells whoever listens that the run ends.
    pub(super) fn end(&self) {
        self.listeners.end(&event("end", &true));
    }

    /// Everything at this moment.
    pub(super) async fn view(&self, health: Health) -> View {
        let declared = Arc::clone(&self.declared.borrow());
        let kept = self.kept.look(&declared.tables).await;
        let history = self.history();
        let counts = self.tally.tags();
        let (tags, more_tags) = tags(&counts, &history);
        let (rules, more_rules) = rules(&counts, &declared);
        View {
            about: self.about.clone(),
            now: self.now(&history, health),
            tags,
            more_tags,
            rules,
            more_rules,
            kept: (*kept).clone(),
        }
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self, history: &History, health: Health) -> Now {
        let (tally, counts) = (&self.tally, self.stream.counts());
        let (get, at_ms) = (|count| tally.get(count), Timestamp::now().as_millisecond());
        let running = tally.running();
        Now {
            at_ms,
            health: health.status.to_owned(),
            in_hand: health.in_hand.as_deref().map(cut),
            stream: Stream {
                connections: counts.connections,
                silent_seconds: health.silent_seconds,
                ..stream(self.stream.state(), health.stream)
            },
            rate: history.rate(),
            lag_ms: u64::try_from(tally.lag(at_ms).as_millis()).unwrap_or(u64::MAX),
            waiting: tally.waiting(),
            counts: Counts {
                received: counts.decoded.lines,
                tweets: get(Count::Tweets),
                kept: get(Count::Kept),
                filtered: get(Count::Filtered),
                failed: get(Count::Failed),
                failed_timers: get(Count::FailedTimers),
                rejected: get(Count::Invalid) + get(Count::Unknown),
                duplicates: get(Count::Duplicates),
                rows: get(Count::Rows),
                emitted: get(Count::Emitted),
                quarantined: get(Count::Quarantined),
            },
            journal_bytes: get(Count::JournalBytes),
            missing_seconds: counts.missing.as_secs_f64(),
            month: Month {
                tweets: get(Count::MonthTweets),
                forecast: Some(get(Count::MonthForecast)).filter(|tweets| *tweets > 0),
                cap: Some(get(Count::MonthCap)).filter(|cap| *cap > 0),
                alarms: get(Count::Alarms),
                paused: get(Count::Paused),
            },
            generation: Generation {
                number: get(Count::Generation),
                hash: running.hash,
                back_to: running.back_to,
                refused: get(Count::Refused),
            },
        }
    }
}

/// The most frequent tags, and how many others there are.
fn tags(counts: &BTreeMap<String, u64>, history: &History) -> (Vec<Tag>, usize) {
    let mut tags: Vec<(&String, u64)> = counts.iter().map(|(tag, count)| (tag, *count)).collect();
    // The sort leaves equals in their order, which is that of the alphabet.
    tags.sort_by_key(|(_, count)| Reverse(*count));
    let rates = history.rates_of_tags();
    let shown = tags.iter().take(TAGS).map(|(tag, count)| Tag {
        tag: cut(tag),
        count: *count,
        rate: rates.get(tag.as_str()).copied().unwrap_or_default(),
    });
    (shown.collect(), tags.len().saturating_sub(TAGS))
}

/// The rules whose tags come most often, and how many others there are.
fn rules(counts: &BTreeMap<String, u64>, declared: &Declared) -> (Vec<Rule>, usize) {
    let count = |tag: &String| counts.get(tag).copied().unwrap_or_default();
    let rules = declared.rules.iter();
    let mut rules: Vec<_> = rules
        .map(|rule| (rule.tag.as_ref().map(count), rule))
        .collect();
    // The sort leaves equals in their order, which is that of the script.
    rules.sort_by_key(|(count, _)| Reverse(*count));
    let shown = rules.iter().take(RULES).map(|(count, rule)| Rule {
        value: cut(&rule.value),
        tag: rule.tag.as_deref().map(cut),
        place: cut(&format!("{}:{}", rule.file, rule.line)),
        count: *count,
    });
    (shown.collect(), rules.len().saturating_sub(RULES))
}

fn stream(state: State, name: &str) -> Stream {
    let mut stream = Stream {
        state: name.to_owned(),
        ..Stream::default()
    };
    match state {
        State::Connected { since } => stream.since_ms = Some(since.as_millisecond()),
        State::Waiting { until, cause } => {
            stream.again_ms = Some(until.as_millisecond());
            stream.cause = Some(cause.name().to_owned());
        }
        State::Connecting | State::Stopped => {}
    }
    stream
}

/// A server-sent event. JSON has no line ends but in its strings, and there they are escaped.
fn event(name: &str, data: &impl Serialize) -> Bytes {
    // Text and finite numbers always have a JSON.
    let data = sonic_rs::to_string(data).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n").into()
}
