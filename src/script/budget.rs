//! How much a script may take: processor time, instructions and memory, for one Tweet or one load.
//!
//! Lua calls a hook after every few instructions (`raw/hook.rs`), and the hook spends from here. What runs long without
//! instructions of Lua, such as SQL or a search for a pattern, spends from here too. A breach is final: whatever runs
//! afterwards fails at its next instruction, and an error that a script catches is raised again, until [`within`] ends.
//!
//! Only one script runs on a thread at a time, so what is left of its budget is a value of the thread.

use std::{
    cell::{Cell, RefCell},
    ffi::CStr,
    fmt,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};

use crate::doing;

/// How many instructions pass between two looks at the clock.
const LOOK: u32 = 10_000;

/// After this long without a look at the clock, the instructions that pass are slow ones, and the clock is looked at more
/// often. This time is wall time, because asking for it costs less.
const SLOW: Duration = Duration::from_millis(1);

/// What a script may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Processor time for the handlers of one Tweet.
    pub time: Duration,
    /// Processor time for one load, and for one test.
    pub load_time: Duration,
    /// Instructions of Lua for the handlers of one Tweet.
    pub instructions: u64,
    /// Memory for the whole Lua state, with the Tweets that it holds, in bytes.
    pub memory: usize,
    /// After how many breaches in a row a handler is switched off; 0 for never.
    pub breaches: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_millis(250),
            load_time: Duration::from_secs(3),
            instructions: 100_000_000,
            memory: 256 << 20,
            breaches: 5,
        }
    }
}

/// What runs within a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// The handlers of one Tweet.
    Tweet,
    /// One call of a timer's function.
    Timer,
    /// One call of a function that hears of alarms.
    Alarm,
    /// One load.
    Load,
    /// One test, with all that the script does for it.
    Test,
    /// An expression over one Tweet.
    Expression,
}

impl Work {
    /// The processor time that it may take.
    fn time(self, limits: &Limits) -> Duration {
        match self {
            Self::Tweet | Self::Timer | Self::Alarm | Self::Expression => limits.time,
            Self::Load | Self::Test => limits.load_time,
        }
    }

    /// The instructions that it may take.
    fn instructions(self, limits: &Limits) -> u64 {
        match self {
            Self::Tweet | Self::Timer | Self::Alarm | Self::Expression => limits.instructions,
            Self::Load | Self::Test => u64::MAX,
        }
    }
}

/// A limit that a script has broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breach {
    /// The processor time.
    Time { work: Work, limit: Duration },
    /// The instructions.
    Instructions { work: Work, limit: u64 },
    /// The memory.
    Memory { limit: usize },
    /// The process was asked to end while the script was loading.
    Ending,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |work: &Work| match work {
            Work::Tweet => "the handlers of one Tweet",
            Work::Timer => "one call of a timer",
            Work::Alarm => "one call of `ouzel.on_alarm`",
            Work::Load => "loading the script",
            Work::Test => "the test",
            Work::Expression => "the expression",
        };
        match self {
            Self::Time { work, limit } => {
                write!(f, "{} took longer than {limit:?}", whole(work))
            }
            Self::Instructions { work, limit } => {
                write!(f, "{} took more than {limit} instructions", whole(work))
            }
            Self::Memory { limit } => {
                write!(f, "the script needs more than {} of memory", size(*limit))
            }
            Self::Ending => f.write_str("ouzel was told to end while the script was loading"),
        }
    }
}

impl Breach {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Time {
                work: Work::Tweet | Work::Timer | Work::Alarm | Work::Expression,
                ..
            } => "look for a loop that does not end; `time` under `[script_limits]` allows more",
            Self::Time {
                work: Work::Load | Work::Test,
                ..
            } => {
                "look for a loop that does not end; `load_time` under `[script_limits]` allows more"
            }
            Self::Instructions { .. } => {
                "look for a loop that does not end; `instructions` under `[script_limits]` allows more"
            }
            Self::Memory { .. } => {
                "look for text or a table that grows without end, and for Tweets that are kept; `memory` under `[script_limits]` allows more"
            }
            Self::Ending => return None,
        })
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        bytes if bytes % (1 << 20) == 0 => format!("{} MiB", bytes >> 20),
        bytes if bytes % (1 << 10) == 0 => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} bytes"),
    }
}

/// The budget of what runs on this thread.
struct Running {
    work: Cell<Work>,
    limits: Cell<Option<Limits>>,
    /// Instructions that are left.
    left: Cell<u64>,
    /// Instructions until the next look at the clock.
    until_look: Cell<u32>,
    /// The processor time of this thread at the first look.
    began: Cell<Option<Duration>>,
    /// When somebody looked last.
    looked: Cell<Option<Instant>>,
    breach: Cell<Option<Breach>>,
    /// The file and the line that ran when the budget was broken.
    place: RefCell<Option<(String, usize)>>,
    /// The file and the line that ran last, as far as that is noted.
    seen: RefCell<Option<(String, usize)>>,
}

thread_local! {
    static RUNNING: Running = const {
        Running {
            work: Cell::new(Work::Load),
            limits: Cell::new(None),
            left: Cell::new(0),
            until_look: Cell::new(0),
            began: Cell::new(None),
            looked: Cell::new(None),
            breach: Cell::new(None),
            place: RefCell::new(None),
            seen: RefCell::new(None),
        }
    };
}

/// The error that Lua sees after a breach.
pub(super) const RAISED: &CStr = c"the script has broken its budget";

/// A breach, and the place in the script that ran then, if it is known.
pub(super) type Broken = (Breach, Option<(String, usize)>);

/// What is left of a budget while another one runs within it.
struct Paused {
    work: Work,
    limits: Option<Limits>,
    left: u64,
    until_look: u32,
    began: Option<Duration>,
    looked: Option<Instant>,
    breach: Option<Breach>,
    place: Option<(String, usize)>,
    seen: Option<(String, usize)>,
}

/// Runs a script within its limits. Gives what it gives, and the breach if there was one. Then what it gives counts for
/// nothing, even if it is a success.
///
/// A test runs a script within its own budget. What that takes counts for the test too, from when it ends.
pub(super) fn within<R>(
    limits: &Limits,
    work: Work,
    run: impl FnOnce() -> R,
) -> (R, Option<Broken>) {
    let outer = RUNNING.with(|running| running.begin(limits, work));
    let ran = run();
    let broken = RUNNING.with(|running| running.end(outer));
    (ran, broken)
}

/// Spends instructions, or what costs about as much.
///
/// # Errors
/// The breach, from then on for everything within this budget.
pub(super) fn spend(instructions: u32) -> Result<(), Breach> {
    spend_and_look(instructions).map(|_| ())
}

/// The same. Says whether this is a time to look at other things that are not worth a look after every few instructions.
///
/// # Errors
/// As for [`spend`].
pub(super) fn spend_and_look(instructions: u32) -> Result<bool, Breach> {
    RUNNING.with(|running| running.spend(instructions))
}

/// Spends what a piece of work outside of Lua costs, such as a thousand steps of SQLite. Says whether it may go on.
pub(crate) fn may_go_on(steps: u32) -> bool {
    spend(steps).is_ok()
}

/// Whether the budget is broken.
pub(super) fn is_broken() -> bool {
    RUNNING.with(|running| running.breach.get().is_some())
}

/// Notes that there is no memory left within the limit.
pub(super) fn out_of_memory() {
    RUNNING.with(|running| {
        if let Some(limits) = running.limits.get() {
            let limit = limits.memory;
            running.break_with(Breach::Memory { limit });
        }
    });
}

/// Whether this much of Lua's memory is so much of the limit that the next piece may be the one too many.
pub(super) fn is_most_of_memory(bytes: usize) -> bool {
    let limits = RUNNING.with(|running| running.limits.get());
    limits.is_some_and(|limits| bytes > limits.memory / 2)
}

/// Notes where the script is, in a load and while most of its memory is taken: when there is none left, Lua cannot tell
/// the line. The last place counts.
pub(super) fn note_seen(file: &str, line: usize) {
    RUNNING.with(|running| {
        if let Ok(mut seen) = running.seen.try_borrow_mut() {
            match &mut *seen {
                Some((known, at)) if known == file => *at = line,
                _ => *seen = Some((file.to_owned(), line)),
            }
        }
    });
}

/// Notes where the script was when it broke its budget. The first place counts.
pub(super) fn note_place(file: &str, line: usize) {
    RUNNING.with(|running| {
        if let Ok(mut place) = running.place.try_borrow_mut() {
            place.get_or_insert_with(|| (file.to_owned(), line));
        }
    });
}

impl Running {
    fn begin(&self, limits: &Limits, work: Work) -> Paused {
        Paused {
            work: self.work.replace(work),
            limits: self.limits.replace(Some(*limits)),
            left: self.left.replace(work.instructions(limits)),
            until_look: self.until_look.replace(LOOK),
            began: self.began.take(),
            looked: self.looked.take(),
            breach: self.breach.take(),
            place: self.place.take(),
            seen: self.seen.take(),
        }
    }

    fn end(&self, outer: Paused) -> Option<Broken> {
        self.work.set(outer.work);
        self.limits.set(outer.limits);
        self.left.set(outer.left);
        self.until_look.set(outer.until_look);
        self.began.set(outer.began);
        self.looked.set(outer.looked);
        let place = self.place.replace(outer.place);
        let seen = self.seen.replace(outer.seen);
        let breach = self.breach.replace(outer.breach)?;
        let seen = seen.filter(|_| matches!(breach, Breach::Memory { .. }));
        Some((breach, place.or(seen)))
    }

    fn spend(&self, instructions: u32) -> Result<bool, Breach> {
        if let Some(breach) = self.breach.get() {
            return Err(breach);
        }
        let Some(limits) = self.limits.get() else {
            return Ok(false);
        };
        let work = self.work.get();
        let left = self.left.get().saturating_sub(instructions.into());
        self.left.set(left);
        if left == 0 {
            let limit = limits.instructions;
            return Err(self.break_with(Breach::Instructions { work, limit }));
        }
        let until_look = self.until_look.get().saturating_sub(instructions);
        self.until_look.set(until_look);
        let now = Instant::now();
        let Some(looked) = self.looked.get() else {
            // Most scripts end before the second time, and need not know how much the processor has worked.
            self.looked.set(Some(now));
            return Ok(false);
        };
        let is_slow = now.duration_since(looked) >= SLOW;
        if until_look > 0 && !is_slow {
            return Ok(false);
        }
        self.until_look.set(LOOK);
        self.looked.set(Some(now));
        let took = processor_time();
        let Some(began) = self.began.get() else {
            self.began.set(Some(took));
            return Ok(true);
        };
        // What a handler does is committed at the end, and what a load does is of no use any more.
        let is_ending = matches!(work, Work::Load | Work::Test) && doing::is_ending();
        if is_ending || doing::is_unwanted() {
            return Err(self.break_with(Breach::Ending));
        }
        let limit = work.time(&limits);
        match took.saturating_sub(began) >= limit {
            true => Err(self.break_with(Breach::Time { work, limit })),
            false => Ok(true),
        }
    }

    fn break_with(&self, breach: Breach) -> Breach {
        let first = self.breach.get().unwrap_or(breach);
        self.breach.set(Some(first));
        first
    }
}

/// How long the processor has worked for this thread. Unlike wall time, it does not grow while the machine sleeps, or is
/// busy with something else, or waits for a slow disk: none of these is the script's fault.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Limits = Limits {
        time: Duration::from_millis(5),
        load_time: Duration::from_millis(20),
        instructions: 1_000,
        memory: 1 << 20,
        breaches: 5,
    };

    #[test]
    fn a_breach_lasts_until_the_end_and_no_longer() {
        let (ran, broken) = within(&SMALL, Work::Tweet, || {
            assert!(!is_broken());
            assert_eq!(spend(999), Ok(()));
            let breach = spend(1).unwrap_err();
            note_place("a.lua", 3);
            note_place("b.lua", 4);
            assert_eq!(spend(1), Err(breach));
            assert!(is_broken());
            7
        });
        assert_eq!(ran, 7);
        let breach = Breach::Instructions {
            work: Work::Tweet,
            limit: 1_000,
        };
        assert_eq!(broken, Some((breach, Some(("a.lua".to_owned(), 3)))));
        assert!(!is_broken());
        assert_eq!(spend(u32::MAX), Ok(()), "nothing runs");
        let load = within(&SMALL, Work::Load, || spend(2_000));
        assert_eq!(
            load,
            (Ok(()), None),
            "a load has time, and not instructions"
        );
    }

    #[test]
    fn time_is_that_of_the_processor() {
        let limits = Limits {
            instructions: u64::MAX,
            ..SMALL
        };
        let (turns, broken) = within(&limits, Work::Load, || {
            let mut turns = 0_u64;
            while spend(100).is_ok() {
                turns += 1;
            }
            turns
        });
        assert!(turns > 0);
        let breach = Breach::Time {
            work: Work::Load,
            limit: limits.load_time,
        };
        assert_eq!(broken, Some((breach, None)));
    }

    #[test]
    fn what_runs_within_has_a_budget_of_its_own() {
        let (inner, outer) = within(&SMALL, Work::Test, || {
            assert_eq!(spend(5_000), Ok(()), "a test has time");
            let (_, inner) = within(&SMALL, Work::Tweet, || spend(1_000));
            assert!(!is_broken(), "only the inner one is broken");
            assert_eq!(spend(5_000), Ok(()));
            inner
        });
        let breach = Breach::Instructions {
            work: Work::Tweet,
            limit: 1_000,
        };
        assert_eq!((inner, outer), (Some((breach, None)), None));
    }

    #[test]
    fn memory_is_told_once() {
        let (_, broken) = within(&SMALL, Work::Tweet, || {
            assert!(!is_most_of_memory(1 << 19));
            assert!(is_most_of_memory((1 << 19) + 1));
            note_seen("a.lua", 3);
            note_seen("b.lua", 4);
            out_of_memory();
        });
        assert_eq!(broken.unwrap().1, Some(("b.lua".to_owned(), 4)));
        let (_, broken) = within(&SMALL, Work::Tweet, out_of_memory);
        let breach = Breach::Memory { limit: 1 << 20 };
        assert_eq!(broken, Some((breach, None)));
        out_of_memory();
        assert!(!is_broken(), "nothing runs");
        let told = "the script needs more than 1 MiB of memory";
        assert_eq!(breach.to_string(), told);
    }
}
