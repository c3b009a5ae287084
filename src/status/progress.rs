//! The numbers of a run for the status line, the log and the summary.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Write as _,
    time::{Duration, Instant},
};

use crate::{
    tally::{Count, Tally},
    text::plain,
};

/// The rate that is shown covers this much time.
const WINDOW: Duration = Duration::from_secs(5);

/// How many tags are shown. The others are added up.
const SHOWN_TAGS: usize = 5;

/// The numbers of a run at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// The state of the stream, in words.
    pub stream: String,
    /// Tweets handled per second, over the last few seconds.
    pub rate: f64,
    /// Tweets handled.
    pub tweets: u64,
    /// Handled Tweets that all filters kept.
    pub kept: u64,
    /// Handled Tweets that a filter dropped.
    pub filtered: u64,
    /// Handled Tweets whose handler failed.
    pub failed: u64,
    /// Lines that are not Tweets: invalid lines and unknown objects.
    pub rejected: u64,
    /// Rows committed.
    pub rows: u64,
    /// Lines emitted.
    pub emitted: u64,
    /// Tweets that were dropped because they had come before.
    pub duplicates: u64,
    /// Tweets in quarantine, including those of earlier runs.
    pub quarantined: u64,
    /// Lines written to the journal.
    pub journaled: u64,
    /// How many lines wait in the journal to be handled.
    pub waiting: u64,
    /// How long the newest handled Tweet had waited.
    pub lag: Duration,
    /// The number of matches of each tag.
    pub tags: BTreeMap<String, u64>,
}

/// Makes snapshots, and works out the rate from earlier snapshots.
#[derive(Debug)]
pub(crate) struct Progress {
    began: Instant,
    seen: VecDeque<(Instant, u64)>,
}

impl Progress {
    /// Starts the clock of the run.
    pub(crate) fn new() -> Self {
        let began = Instant::now();
        Self {
            began,
            seen: VecDeque::from([(began, 0)]),
        }
    }

    /// How long the run has lasted.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Takes the numbers now.
    pub(crate) fn snapshot(&mut self, tally: &Tally, stream: String) -> Snapshot {
        let now = Instant::now();
        let tweets = tally.get(Count::Tweets);
        while self.seen.len() > 1 && now.duration_since(self.seen[0].0) > WINDOW {
            self.seen.pop_front();
        }
        let (since, before) = self.seen.front().copied().unwrap_or((self.began, 0));
        let seconds = now.duration_since(since).as_secs_f64();
        self.seen.push_back((now, tweets));
        Snapshot {
            stream,
            rate: if seconds > 0.0 {
                tweets.saturating_sub(before) as f64 / seconds
            } else {
                0.0
            },
            tweets,
            kept: tally.get(Count::Kept),
            filtered: tally.get(Count::Filtered),
            failed: tally.get(Count::Failed),
            rejected: tally.get(Count::Invalid) + tally.get(Count::Unknown),
            rows: tally.get(Count::Rows),
            emitted: tally.get(Count::Emitted),
            duplicates: tally.get(Count::Duplicates),
            quarantined: tally.get(Count::Quarantined),
            journaled: tally.get(Count::Journaled),
            waiting: tally.waiting(),
            lag: tally.lag(jiff::Timestamp::now().as_millisecond()),
            tags: tally.tags(),
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Snapshot {
    /// The text of the status line.
    pub(crate) fn line(&self) -> String {
        let mut line = format!("{} · {:.0} Tweets/s", self.stream, self.rate);
        let _ = write!(
            line,
            " · kept {} filtered {} failed {}",
            thousands(self.kept),
            thousands(self.filtered),
            thousands(self.failed)
        );
        if self.rejected > 0 {
            let _ = write!(line, " rejected {}", thousands(self.rejected));
        }
        if self.duplicates > 0 {
            let _ = write!(line, " twice {}", thousands(self.duplicates));
        }
        let _ = write!(line, " · rows {} · lag ", thousands(self.rows));
        line += &match self.lag {
            Duration::ZERO => "0 ms".to_owned(),
            lag => short(lag),
        };
        if self.waiting > 0 {
            let _ = write!(line, ", {} waiting", thousands(self.waiting));
        }
        // The tags come last, because a narrow terminal cuts the end of the line.
        let tags = self.tag_list();
        if !tags.is_empty() {
            let _ = write!(line, " · {tags}");
        }
        line
    }

    /// The rate and the results, for work that has no stream.
    pub(crate) fn brief(&self) -> String {
        format!(
            "{:.0} Tweets/s · kept {} filtered {} failed {} · rows {}",
            self.rate,
            thousands(self.kept),
            thousands(self.filtered),
            thousands(self.failed),
            thousands(self.rows)
        )
    }

    /// The tags with the most matches: `launch 120 climate 31`.
    pub(crate) fn tag_list(&self) -> String {
        let mut tags: Vec<_> = self.tags.iter().collect();
        tags.sort_by_key(|(tag, count)| (std::cmp::Reverse(**count), *tag));
        let rest: u64 = tags.iter().skip(SHOWN_TAGS).map(|(_, count)| **count).sum();
        let mut list: Vec<_> = tags
            .iter()
            .take(SHOWN_TAGS)
            .map(|(tag, count)| format!("{} {}", plain::line(tag), thousands(**count)))
            .collect();
        if rest > 0 {
            list.push(format!("others {}", thousands(rest)));
        }
        list.join(" ")
    }
}

/// A number with its noun in singular or plural: `1 Tweet`, `2 000 Tweets`.
pub(crate) fn counted(number: u64, what: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {what}{end}", thousands(number))
}

/// A number with its digits in groups of three: `1 234 567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A length of time in one unit or two: `340 µs`, `12 ms`, `4.2 s`, `3m 05s`, `2h 10m`.
pub(crate) fn short(time: Duration) -> String {
    let seconds = time.as_secs();
    match () {
        () if time < Duration::from_millis(1) => format!("{} µs", time.as_micros()),
        () if seconds < 1 => format!("{} ms", time.as_millis()),
        () if seconds < 60 => format!("{:.1} s", time.as_secs_f64()),
        () if seconds < 3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        () => format!("{}h {:02}m", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_short_and_readable() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1 234 567");
        assert_eq!(short(Duration::from_micros(340)), "340 µs");
        assert_eq!(short(Duration::from_millis(12)), "12 ms");
        assert_eq!(short(Duration::from_millis(4_200)), "4.2 s");
        assert_eq!(short(Duration::from_secs(185)), "3m 05s");
        assert_eq!(short(Duration::from_secs(7_805)), "2h 10m");
    }

    #[test]
    fn the_tags_with_most_matches_come_first() {
        let tags = (1..=7).map(|n| (format!("t{n}"), n * 1_000)).collect();
        let snapshot = Snapshot {
            stream: "connected 5.0 s".to_owned(),
            rate: 12.4,
            tweets: 3,
            kept: 1,
            filtered: 1,
            failed: 1,
            rejected: 0,
            rows: 1,
            emitted: 0,
            duplicates: 0,
            quarantined: 0,
            journaled: 3,
            waiting: 0,
            lag: Duration::from_millis(2),
            tags,
        };
        assert_eq!(
            snapshot.line(),
            "connected 5.0 s · 12 Tweets/s · kept 1 filtered 1 failed 1 · rows 1 · lag 2 ms \
             · t7 7 000 t6 6 000 t5 5 000 t4 4 000 t3 3 000 others 3 000"
        );
        let behind = Snapshot {
            duplicates: 2,
            waiting: 1_200,
            lag: Duration::ZERO,
            tags: BTreeMap::new(),
            ..snapshot
        };
        assert_eq!(
            behind.line(),
            "connected 5.0 s · 12 Tweets/s · kept 1 filtered 1 failed 1 twice 2 · rows 1 · lag 0 ms, 1 200 waiting"
        );
    }
}
