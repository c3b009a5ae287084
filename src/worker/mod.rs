//! The processing thread. Takes lines from the journal or from memory, gives rows, sink lines and the place in the journal to
//! SQLite in one transaction, and never touches the network.

mod alarms;
mod batch;
pub(crate) mod behind;
mod blame;
mod calls;
mod damage;
pub(crate) mod direct;
mod failures;
pub(crate) mod handled;
pub(crate) mod history;
mod in_hand;
pub(crate) mod inbox;
mod lines;
mod listeners;
mod load;
mod mark;
pub(crate) mod matching;
mod output;
pub(crate) mod patience;
mod quarantine;
pub(crate) mod rehearsal;
mod rejected;
mod remembered;
mod schedule;
mod shadow;
pub(crate) mod sinks;
pub(crate) mod tables;
mod timers;
mod told;
mod trial;
pub(crate) mod vetting;
mod volume;

use std::{
    collections::{BTreeMap, VecDeque},
    io::Write,
    ops::ControlFlow,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;

pub use self::told::{Progress, Report, Work};
use self::{
    alarms::Alarms,
    failures::Failures,
    history::Back,
    in_hand::InHand,
    inbox::{Control, Event, Inbox, PauseTag, Refuse, TellAlarm},
    mark::Kept,
    matching::{Matcher, Matching},
    patience::Patience,
    rejected::Rejected,
    remembered::Remembered,
    sinks::Sinks,
    timers::Timers,
    volume::Volume,
};
pub(crate) use self::{
    in_hand::in_hand_at,
    output::Output,
    quarantine::Retried,
    told::{Error, Loaded, RolledBack, Unchanged, Undone},
};
use crate::{
    control::feed::Feed,
    doing::{self, Doing},
    journal::{Frame, Newest, Position},
    script::{Declared, Failure, Files, Generation, Limits, Verdict},
    state,
    store::{Gap, Store, Warned},
    tally::{Count, Counts, Tally},
    tweet::{Tweet, retagged::Retags},
};

/// A batch is committed after this many rows: enough to make the commit itself cheap for each row.
const COMMIT_ROWS: u64 = 5_000;

/// A batch is committed after this time, so that other programs see its rows.
const COMMIT_AFTER: Duration = Duration::from_millis(200);

/// When the run ends, what waits in the journal is handled for this long. The rest waits for the next run, because
/// service managers kill a process that takes ten seconds to stop. A replay handles what it has read for as long.
const DRAIN: Duration = Duration::from_secs(4);

/// How many bytes of lines that come from no journal are held until the commit. They may have to be handled again.
const MOST_HELD: usize = 32 << 20;

/// How often the worker checks that the database's file is still there.
const LOOK_FOR_FILE: Duration = Duration::from_millis(500);

/// After this long in one frame the worker looks for controls: a slow handler takes a long time for a few hundred
/// Tweets.
const SLICE: Duration = Duration::from_millis(10);

/// The worker.
pub struct Worker<'a> {
    script: std::path::PathBuf,
    limits: Limits,
    rules_endpoint: String,
    limit: Option<u64>,
    tally: Arc<Tally>,
    progress: Option<Progress>,
    journal: Option<Newest>,
    /// The journal's segments with unhandled lines, as the database has them.
    unhandled: Vec<u64>,
    /// Gaps for lost parts of the journal that are not committed yet.
    gaps: Vec<Gap>,
    store: Rc<Store>,
    sinks: Sinks,
    /// What the script keeps; `None` until it is read from the database.
    state: Option<state::Shared>,
    generation: Option<Generation>,
    timers: Timers,
    alarms: Alarms,
    declared: Arc<Declared>,
    /// Rules whose tags change or have changed lately.
    retags: Retags,
    matching: Matching,
    /// Made of the generation's rules when the first Tweet needs it.
    matcher: Option<Matcher>,
    files: Option<Files>,
    /// The number of the running generation; before the first load, that of the last one of an earlier run.
    number: u64,
    /// The hash of the running generation's files.
    hash: String,
    /// The earlier generation that runs, if it was rolled back to.
    back: Option<Back>,
    /// Controls that are not carried out yet.
    controls: VecDeque<Control>,
    /// The frame that is being handled, and how many of its lines are handled.
    current: Option<(Frame, usize)>,
    /// The position behind the last handled line, if that is not committed yet.
    cursor: Option<Position>,
    /// When the lines in hand were received, if that is known.
    received_ms: Option<i64>,
    /// When the first line of the uncommitted batch was handled.
    dirty_since: Option<Instant>,
    /// The counts at the last commit.
    counted: Counts,
    committed_rows: u64,
    /// Lines that were written since the last commit.
    emitted: u64,
    tags: BTreeMap<String, u64>,
    volume: Volume,
    failures: Failures,
    /// Lines that are no Tweets.
    rejected: Rejected,
    /// Tweets that have left the full quarantine since the last commit.
    released: u64,
    kept: Kept,
    /// `None` if each line is to be handled, whatever came before.
    remembered: Option<Remembered>,
    /// How many lines were dropped since the last commit because their Tweets had been handled.
    repeated: u64,
    in_hand: InHand,
    /// The line that is being handled, or the last handled one.
    at: Option<Position>,
    /// The failure of that line, if the whole batch has to be taken back because of it.
    blamed: Option<Failure>,
    /// Lines that are put into quarantine instead of being handled.
    condemned: BTreeMap<Position, Failure>,
    /// How many of the next Tweets are committed one by one.
    singly: u64,
    /// Tweets since the last commit.
    since_commit: u64,
    /// Lines since the last commit that come from no journal, and how many bytes they have.
    batch: Vec<Bytes>,
    batch_bytes: usize,
    are_keys_unchecked: bool,
    looked_for_file: Instant,
    doing: Arc<Doing>,
    feed: Arc<Feed>,
    output: &'a mut dyn Write,
    report: &'a mut dyn FnMut(Report),
    /// Waits that grow while the database fails.
    patience: Patience,
    /// Set once the run has begun to end.
    stop_by: Option<Instant>,
    has_caught_up: bool,
    limit_told: bool,
    output_closed: bool,
}

impl<'a> Worker<'a> {
    /// A worker that has loaded no script yet.
    pub fn new(work: Work, output: &'a mut dyn Write, report: &'a mut dyn FnMut(Report)) -> Self {
        Self {
            script: work.script,
            limits: work.limits,
            rules_endpoint: work.rules_endpoint,
            limit: work.limit,
            tally: work.tally,
            progress: work.progress,
            journal: work.journal,
            unhandled: Vec::new(),
            gaps: Vec::new(),
            store: Rc::new(work.store),
            sinks: Sinks::new(work.sinks),
            state: None,
            generation: None,
            timers: Timers::default(),
            alarms: Alarms::default(),
            declared: Arc::default(),
            retags: Retags::default(),
            matching: work.matching,
            matcher: None,
            files: None,
            number: 0,
            hash: String::new(),
            back: None,
            controls: VecDeque::new(),
            current: None,
            cursor: None,
            received_ms: None,
            dirty_since: None,
            counted: Counts::default(),
            committed_rows: 0,
            emitted: 0,
            tags: BTreeMap::new(),
            volume: Volume::default(),
            failures: Failures::default(),
            rejected: Rejected::default(),
            released: 0,
            kept: Kept::default(),
            remembered: work.handled.map(Remembered::new),
            repeated: 0,
            in_hand: work.in_hand.map(InHand::open).unwrap_or_default(),
            at: None,
            blamed: None,
            condemned: BTreeMap::new(),
            singly: 0,
            since_commit: 0,
            batch: Vec::new(),
            batch_bytes: 0,
            are_keys_unchecked: false,
            looked_for_file: Instant::now(),
            doing: work.doing,
            feed: work.feed,
            output,
            report,
            patience: Patience::default(),
            stop_by: None,
            has_caught_up: false,
            limit_told: false,
            output_closed: false,
        }
    }

    /// Works until it is told to stop, or until every sender is gone. If the database fails in a way that may pass, the
    /// worker waits, and then handles the uncommitted lines again from the journal.
    ///
    /// # Errors
    /// [`Error`]. What was committed before stays.
    pub fn run(&mut self, inbox: &mut dyn Inbox) -> Result<(), Error> {
        self.condemn_after_crash();
        let ended = self.work(inbox);
        self.in_hand.end();
        ended
    }

    fn work(&mut self, inbox: &mut dyn Inbox) -> Result<(), Error> {
        loop {
            self.doing.round();
            match self.step(inbox) {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => return Ok(()),
                Err(error) => {
                    if self.recover(error, inbox)?.is_break() {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn step(&mut self, inbox: &mut dyn Inbox) -> Result<ControlFlow<()>, Error> {
        if let Some(control) = self.controls.pop_front() {
            return self.obey(control);
        }
        if self.is_over() {
            self.commit()?;
            return Ok(ControlFlow::Break(()));
        }
        let wait = match (self.dirty_since, self.stop_by) {
            (_, Some(_)) => Some(Duration::ZERO),
            (Some(since), None) => Some(COMMIT_AFTER.saturating_sub(since.elapsed())),
            (None, None) => self.keep_wait(),
        };
        let wait = match self.progress {
            Some(_) => Some(wait.unwrap_or(LOOK_FOR_FILE).min(LOOK_FOR_FILE)),
            None => wait,
        };
        self.look_for_file()?;
        self.run_timer(inbox)?;
        self.tell_alarm(inbox)?;
        let wait = match self.has_alarms() {
            true => Some(Duration::ZERO),
            false => wait,
        };
        let wait = match (wait, self.timer_wait()) {
            (Some(wait), Some(timer)) => Some(wait.min(timer)),
            (wait, timer) => wait.or(timer),
        };
        // Without a script no handler would see the Tweet. After the limit no more Tweets are wanted.
        let event = if self.generation.is_none() || self.is_done() {
            inbox.control(wait).map_or(Event::TimedOut, Event::Control)
        } else if self.current.is_some() {
            let control = inbox.control(Some(Duration::ZERO));
            control.map_or(Event::Again, Event::Control)
        } else {
            inbox.next(wait)?
        };
        match event {
            Event::Frame(frame) => {
                self.current = Some((frame, 0));
                self.handle_frame()?;
            }
            Event::Lines(load) => self.handle_load(load)?,
            Event::Damaged(damaged) => self.skip(&damaged)?,
            Event::Control(control) => self.controls.push_back(control),
            Event::TimedOut => self.has_caught_up = true,
            Event::Again => self.handle_frame()?,
            Event::Closed => {
                self.has_caught_up = true;
                self.stop_by.get_or_insert_with(Instant::now);
            }
        }
        if self
            .dirty_since
            .is_some_and(|since| self.is_done() || since.elapsed() >= COMMIT_AFTER)
        {
            self.commit()?;
        }
        self.keep_alone()?;
        Ok(ControlFlow::Continue(()))
    }

    /// Carries out a control. If the database fails, the same control is carried out again later.
    fn obey(&mut self, control: Control) -> Result<ControlFlow<()>, Error> {
        let mut rolled_back = None;
        let obeyed = match &control {
            Control::Load => self.load_and_tell(None),
            Control::LoadCode(code) => self.load_and_tell(Some(code)),
            Control::Refuse(refused) => self.refuse(&refused.error, &refused.files),
            Control::Rollback(asked) => {
                let answer = match asked.undo {
                    true => self.undo_rollback().map(|undone| undone.map(Err)),
                    false => self.roll_back_generation().map(|back| back.map(Ok)),
                };
                answer.map(|answer| rolled_back = Some(answer))
            }
            Control::Own(rules) => self.own(rules),
            Control::Gap(gap) => self.write_gap(gap),
            Control::Pause(asked) => self.pause(asked),
            Control::Warned(warned) => self.note_warned(warned),
            Control::Alarm(TellAlarm(alarm)) => {
                self.note_alarm(alarm);
                Ok(())
            }
            Control::Stop => {
                self.stop_by.get_or_insert_with(|| Instant::now() + DRAIN);
                self.has_caught_up = false;
                Ok(())
            }
        };
        match (obeyed, control) {
            (Ok(()), Control::Own(rules)) => {
                // The one who asked may have gone in the meantime.
                let _ = rules.done.send(());
            }
            (Ok(()), Control::Pause(asked)) => {
                let _ = asked.done.send(());
            }
            (Ok(()), Control::Rollback(asked)) => {
                if let Some(answer) = rolled_back {
                    // A load that has failed was reported as such.
                    let is_reported = matches!(answer, Ok(_) | Err(Unchanged::Broken { .. }));
                    let _ = asked.done.send(answer);
                    if !is_reported {
                        (self.report)(Report::Unchanged);
                    }
                }
            }
            (Ok(()), Control::Refuse(refused)) => {
                let Refuse { error, files } = *refused;
                (self.report)(Report::LoadFailed { error, files });
            }
            (Ok(()), _) => {}
            (Err(error), control) => {
                self.controls.push_front(control);
                return Err(error);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Checks now and then that the database's file is still there.
    fn look_for_file(&mut self) -> Result<(), Error> {
        if self.progress.is_some() && self.looked_for_file.elapsed() >= LOOK_FOR_FILE {
            self.looked_for_file = Instant::now();
            self.store.look_for_file()?;
        }
        Ok(())
    }

    fn write_gap(&mut self, gap: &Gap) -> Result<(), Error> {
        self.commit()?;
        self.store.put_gap(gap)?;
        self.commit()
    }

    fn note_warned(&mut self, warned: &Warned) -> Result<(), Error> {
        self.commit()?;
        Ok(self.store.put_warned(warned)?)
    }

    fn pause(&mut self, asked: &PauseTag) -> Result<(), Error> {
        self.commit()?;
        let PauseTag {
            endpoint, change, ..
        } = asked;
        Ok(self.store.change_paused(endpoint, change)?)
    }

    /// Whether the worker was told to stop, and has nothing more to do or no more time.
    fn is_over(&self) -> bool {
        self.stop_by.is_some_and(|by| {
            self.has_caught_up
                || self.is_done()
                || self.generation.is_none()
                || Instant::now() >= by
        })
    }

    /// Whether the run has begun to end.
    fn is_ending(&self) -> bool {
        self.stop_by.is_some() || self.is_done()
    }

    /// Whether a signal has asked for the end, and the time for what was already read has passed since.
    fn is_out_of_time(&mut self) -> bool {
        if self.progress.is_none() && doing::is_ending() {
            self.stop_by.get_or_insert_with(|| Instant::now() + DRAIN);
        }
        self.stop_by.is_some_and(|by| Instant::now() >= by)
    }

    /// Whether no more Tweets are to be handled.
    fn is_done(&self) -> bool {
        self.output_closed
            || self
                .limit
                .is_some_and(|limit| self.tally.get(Count::Tweets) >= limit)
    }

    /// Whether the Tweet with this id has been handled before.
    fn was_handled(&self, id: Option<u64>) -> bool {
        let remembered = self.remembered.as_ref().zip(id);
        remembered.is_some_and(|(remembered, id)| remembered.contains(id))
    }

    /// Drops a line whose Tweet has been handled.
    fn repeat(&mut self) {
        self.repeated += 1;
        self.tally.add(Count::Duplicates, 1);
    }

    fn handle_tweet(&mut self, tweet: Tweet) -> Result<(), Error> {
        let id = tweet.id();
        if self.was_handled(id.and_then(|id| u64::try_from(id).ok())) {
            self.repeat();
            return Ok(());
        }
        let tweet = self.present(tweet);
        let tweet = self.match_rules(tweet);
        let line = tweet.share_line();
        let heard = self.for_listeners(&tweet);
        self.since_commit += 1;
        self.volume.count();
        let ran = self.try_tweet(id, tweet)?;
        if let Err(failure) = &ran {
            self.failures.count(failure);
            self.failures.log(id, failure);
            self.quarantine(id, &line, failure)?;
        }
        if let Some(tags) = heard {
            self.tell_listeners(tags, &line, ran.as_ref().copied());
        }
        self.remember(id);
        Ok(())
    }

    /// The Tweet with one rule where the service has several, because a tag is being changed.
    fn present(&mut self, tweet: Tweet) -> Tweet {
        if self.retags.is_empty() {
            return tweet;
        }
        if let Some(received_ms) = self.received_ms {
            self.retags.expire(received_ms);
        }
        let presented = self.retags.presented(&tweet);
        match presented.map(|rules| tweet.line_matching(&rules)) {
            Some(line) => Tweet::parse(line).unwrap_or(tweet),
            None => tweet,
        }
    }

    /// Notes that a Tweet has been handled, or is in quarantine.
    fn remember(&mut self, id: Option<i64>) {
        let id = id.and_then(|id| u64::try_from(id).ok());
        if let Some((remembered, id)) = self.remembered.as_mut().zip(id) {
            remembered.note(id, self.received_ms.unwrap_or(0));
        }
    }

    fn count_tags(&mut self, tweet: &Tweet) {
        for tag in tweet.matching_tags() {
            let tag = tag.unwrap_or("(no tag)");
            match self.tags.get_mut(tag) {
                Some(count) => *count += 1,
                None => {
                    self.tags.insert(tag.to_owned(), 1);
                }
            }
        }
    }

    /// Runs the handlers. If one fails, takes back what they have done.
    fn try_tweet(
        &mut self,
        id: Option<i64>,
        tweet: Tweet,
    ) -> Result<Result<Verdict, Failure>, Error> {
        self.count_tags(&tweet);
        let Some(generation) = &self.generation else {
            return Ok(Ok(Verdict::Kept));
        };
        self.store.begin_tweet();
        self.doing.begin_tweet(id);
        let ran = generation.run(tweet, &self.doing);
        self.doing.end();
        let ended = self.store.end_tweet(ran.is_ok());
        // A script may have caught the error, but nothing is safe in a database that failed.
        if let Some(fault) = self.store.take_fault() {
            self.blamed = ran.err();
            return Err(fault.into());
        }
        ended?;
        let count = match &ran {
            Ok(Verdict::Kept) => Count::Kept,
            Ok(Verdict::Dropped) => Count::Filtered,
            Err(_) => Count::Failed,
        };
        self.tally.add(count, 1);
        self.tally.add(Count::Tweets, 1);
        Ok(ran)
    }
}
