//! Makes the Tweets of one stream and keeps those that match, whether somebody reads or not.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
    time::Duration,
};

use axum::body::Bytes;
use tokio::{sync::watch, time::Instant};

use super::{
    book::Book,
    clock::Clock,
    composer::{Composer, Moment},
    gate::Gate,
    memory::{Memory, Piece},
    oracle::{Event, Oracle},
    rule_set::{RuleSet, Stored},
    schedule::Schedule,
    snowflake,
    start::Start,
    stats::Stats,
    subject::Subjects,
};

/// How many Tweets are made at once, before other tasks get their turn on this thread.
const TURN: u64 = 64;

/// How many different lists of matching rules are kept to be shared.
const MAX_MOMENTS: usize = 10_000;

/// What it takes to make the Tweets of a stream.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) name: String,
    pub(super) composer: Composer,
    /// What Tweets are about; `None` for what the rules ask for.
    pub(super) about: Option<Subjects>,
    pub(super) schedule: Arc<Schedule>,
    /// The time of position zero of made-up Tweets.
    pub(super) start: Start,
    /// Whether Tweets are made at their times; otherwise they are made as fast as they are read.
    pub(super) paced: bool,
    /// How many Tweets there are in all.
    pub(super) limit: Option<u64>,
    pub(super) clock: Arc<Clock>,
    pub(super) stats: Arc<Stats>,
    pub(super) oracle: Option<Arc<Oracle>>,
}

/// The Tweets of one stream that have matched, and the means to make more.
#[derive(Debug)]
pub(super) struct Timeline {
    pub(super) setup: Setup,
    /// The least number of Tweets that are remembered.
    buffer: usize,
    state: Mutex<State>,
    /// How many Tweets have matched so far; connections wait for it to grow.
    head: watch::Sender<u64>,
    begun: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    begun: Option<Begun>,
    next: i64,
    made: u64,
    is_over: bool,
    memory: Memory,
    moments: HashMap<Vec<u64>, Arc<Moment>>,
    rules_version: u64,
    subjects: Subjects,
    scratch: Vec<u8>,
}

/// The moment since when Tweets are made.
#[derive(Debug, Clone, Copy)]
struct Begun {
    at: Instant,
    /// The time by the schedule then, and by the clock.
    us: i64,
    ms: i64,
}

/// When more Tweets come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    At(Instant),
    Never,
}

impl Timeline {
    /// A timeline that has not begun.
    pub(super) fn new(setup: Setup, buffer: usize) -> Self {
        Self {
            setup,
            buffer,
            state: Mutex::default(),
            head: watch::Sender::new(0),
            begun: watch::Sender::new(false),
        }
    }

    /// Begins, if the stream has rules. The first reader calls it: nobody would see a Tweet before.
    pub(super) fn begin(&self, book: &Book, now: Instant) {
        let mut state = self.lock();
        if state.begun.is_some() || book.len() == 0 {
            return;
        }
        self.setup.clock.begin(now);
        let ms = self.setup.clock.now_ms();
        let start_ms = self.setup.start.settle(ms);
        let us = if self.setup.paced && self.setup.composer.source.is_made() {
            ms.saturating_sub(start_ms).saturating_mul(1000)
        } else {
            0
        };
        state.next = self.setup.schedule.position_from(us);
        state.begun = Some(Begun { at: now, us, ms });
        state.memory.forget(now, self.buffer);
        self.begun.send_replace(true);
    }

    /// Makes the Tweets that are due, up to a turn of them.
    pub(super) fn advance(&self, book: &Book, gate: &Gate, now: Instant) -> Due {
        let mut state = self.lock();
        let state = &mut *state;
        let Some(begun) = state.begun else {
            return Due::Never;
        };
        book.settle();
        let rules = book.rules();
        if state.rules_version != book.version() {
            state.rules_version = book.version();
            state.moments.clear();
            state.subjects = self.subjects(&rules);
        }
        let before = state.memory.head();
        let mut due = Due::Now;
        let mut made = 0;
        while made < TURN {
            due = self.due(state, begun, now);
            if due != Due::Now {
                break;
            }
            let position = state.next;
            state.scratch.clear();
            let mut scratch = std::mem::take(&mut state.scratch);
            let composer = &self.setup.composer;
            if !composer.begin(position, &state.subjects, &mut scratch) {
                state.scratch = scratch;
                state.is_over = true;
                due = Due::Never;
                break;
            }
            state.next += 1;
            // Counted here, so that the limit is exact however many are due at once.
            state.made += 1;
            made += 1;
            if rules.is_in_force()
                && let (matching, Some(tweet)) = Composer::matching(&scratch, &rules)
                && !matching.is_empty()
            {
                self.tell(position, &tweet, &matching, gate);
                let moment = state.moment(matching);
                self.setup
                    .composer
                    .finish(&mut scratch, 0, &tweet, &moment.rules);
                state
                    .memory
                    .remember(position, moment, Bytes::copy_from_slice(&scratch));
            }
            state.scratch = scratch;
        }
        if made > 0 {
            self.setup.clock.tell(self.time_ms(begun, state.next - 1));
        }
        state.memory.forget(now, self.buffer);
        self.setup.stats.made.fetch_add(made, Relaxed);
        self.setup
            .stats
            .matched
            .fetch_add(state.memory.head() - before, Relaxed);
        if state.memory.head() > before {
            self.head.send_replace(state.memory.head());
        }
        due
    }

    /// The Tweets from `cursor` on, up to about `most` bytes of them. The cursor moves behind them.
    pub(super) fn take(&self, reader: u64, cursor: &mut u64, most: usize) -> Vec<Piece> {
        self.lock().memory.take(reader, cursor, most)
    }

    /// A reader is gone.
    pub(super) fn leave(&self, reader: u64) {
        self.lock().memory.leave(reader);
    }

    /// Where a reader starts that asks for backfill of this length.
    pub(super) fn cursor(&self, back: Duration, now: Instant) -> u64 {
        self.lock().memory.cursor(back, now)
    }

    /// How many Tweets have matched so far.
    pub(super) fn head(&self) -> u64 {
        *self.head.borrow()
    }

    /// Notices that more have matched.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// How many Tweets are remembered for backfill.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> u64 {
        self.lock().memory.len() as u64
    }

    /// Where the slowest reader is.
    pub(super) fn slowest(&self) -> Option<u64> {
        self.lock().memory.slowest()
    }

    /// The positions of the Tweets between two times, as far as they have been made by now.
    pub(super) fn window(&self, from_ms: i64, to_ms: i64) -> std::ops::Range<i64> {
        let state = self.lock();
        let setup = &self.setup;
        let is_made = setup.composer.source.is_made();
        let origin = match state.begun {
            // The Tweets of a file have the time at which they were sent.
            Some(begun) if !is_made => begun.ms - begun.us / 1000,
            None if !is_made => return 0..0,
            _ => setup.start.settle(setup.clock.now_ms()),
        };
        let position = |ms: i64| {
            setup
                .schedule
                .position_from(ms.saturating_sub(origin).saturating_mul(1000))
        };
        let made = match state.begun {
            Some(_) => state.next,
            None => position(setup.clock.now_ms()),
        };
        let end = position(to_ms).min(made);
        let start = if is_made {
            position(from_ms)
        } else {
            position(from_ms).max(0)
        };
        start.min(end)..end
    }

    /// When the Tweet at a position is made, in milliseconds since 1970.
    pub(super) fn at_ms(&self, position: i64) -> i64 {
        match self.lock().begun {
            Some(begun) => self.time_ms(begun, position),
            None => self.setup.start.ms() + self.setup.schedule.at_us(position).div_euclid(1000),
        }
    }

    /// What Tweets are about under these rules.
    pub(super) fn subjects(&self, rules: &RuleSet) -> Subjects {
        match &self.setup.about {
            Some(subjects) => subjects.clone(),
            None => Subjects::of_rules(rules.all().map(|stored| Arc::clone(&stored.rule))),
        }
    }

    /// Makes Tweets at their times, until there are no more.
    pub(super) async fn run(&self, book: &Book, gate: &Gate) {
        let mut begun = self.begun.subscribe();
        // The sender lives as long as this does.
        let _ = begun.wait_for(|begun| *begun).await;
        loop {
            match self.advance(book, gate, Instant::now()) {
                Due::Now => tokio::task::yield_now().await,
                Due::At(at) => tokio::time::sleep_until(at).await,
                Due::Never => return,
            }
        }
    }

    fn due(&self, state: &State, begun: Begun, now: Instant) -> Due {
        let setup = &self.setup;
        if state.is_over || setup.limit.is_some_and(|limit| state.made >= limit) {
            return Due::Never;
        }
        if !setup.paced {
            return Due::Now;
        }
        let wait = setup.schedule.at_us(state.next) - begun.us;
        let at = begun.at + Duration::from_micros(wait.max(0).unsigned_abs());
        if at <= now { Due::Now } else { Due::At(at) }
    }

    fn time_ms(&self, begun: Begun, position: i64) -> i64 {
        let us = self.setup.schedule.at_us(position);
        if self.setup.composer.source.is_made() {
            self.setup.start.ms() + us.div_euclid(1000)
        } else {
            begun.ms + (us - begun.us).div_euclid(1000)
        }
    }

    fn tell(&self, position: i64, tweet: &sonic_rs::Value, matching: &[Arc<Stored>], gate: &Gate) {
        let Some(oracle) = &self.setup.oracle else {
            return;
        };
        let ids: Vec<u64> = matching.iter().map(|rule| rule.id).collect();
        let tags: Vec<_> = matching.iter().map(|rule| rule.tag.as_deref()).collect();
        oracle.write(&Event::Tweet {
            stream: &self.setup.name,
            position,
            id: &super::tweet_text::id(tweet),
            rules: &ids,
            tags: &tags,
            open: gate.open(),
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn moment(&mut self, rules: Vec<Arc<Stored>>) -> Arc<Moment> {
        let ids = rules.iter().map(|rule| rule.id).collect();
        if self.moments.len() >= MAX_MOMENTS {
            self.moments.clear();
        }
        let moment = self.moments.entry(ids);
        Arc::clone(moment.or_insert_with(|| {
            Arc::new(Moment {
                subjects: self.subjects.clone(),
                rules,
            })
        }))
    }
}

/// The time of a made-up Tweet, in the words of messages.
pub(super) fn sent(ms: i64) -> String {
    snowflake::sent_to_the_second(ms)
}
