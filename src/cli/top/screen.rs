//! What is on the screen, and how news and keys change it. Pure: no terminal, no clock.

use std::collections::VecDeque;

use super::news::{Key, News};
use crate::status::look::{
    client::Told,
    view::{Now, Past, Second, View},
};

/// How many seconds are kept. No terminal is wider.
const KEPT: usize = 600;

/// Why it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Somebody has seen enough.
    Asked,
    /// The run has ended.
    Run,
}

/// The state of the screen.
#[derive(Debug)]
pub(super) struct Screen {
    pub(super) address: String,
    /// The last whole view; its `now` is that of the last second.
    pub(super) view: View,
    seconds: VecDeque<Second>,
    pub(super) is_paused: bool,
    /// The tag that is picked; `None` for all.
    pub(super) tag: Option<String>,
    /// The number of the table whose rows are shown.
    table: usize,
    /// Why the run does not answer.
    pub(super) lost: Option<String>,
}

impl Screen {
    pub(super) fn new(address: String, view: View) -> Self {
        Self {
            address,
            view,
            seconds: VecDeque::new(),
            is_paused: false,
            tag: None,
            table: 0,
            lost: None,
        }
    }

    /// Takes what is new. Gives why it is over, if it is.
    pub(super) fn take(&mut self, news: News) -> Option<Ended> {
        match news {
            News::Key(Key::End) | News::Signal => return Some(Ended::Asked),
            News::Told(Told::End) => return Some(Ended::Run),
            News::Key(Key::Pause) => self.is_paused = !self.is_paused,
            News::Key(Key::Up) => self.pick(-1),
            News::Key(Key::Down) => self.pick(1),
            News::Key(Key::Table) => {
                self.table = (self.table + 1) % self.view.kept.tables.len().max(1);
            }
            News::Resized => {}
            News::Lost(why) => self.lost = Some(why),
            News::View(_) | News::Told(_) if self.is_paused => self.lost = None,
            News::View(view) => self.view = *view,
            News::Told(Told::History(past)) => {
                self.lost = None;
                self.seconds = seconds(&past);
            }
            News::Told(Told::Second(tick)) => {
                self.lost = None;
                self.view.now = tick.now;
                self.seconds.push_back(tick.second);
                let too_many = self.seconds.len().saturating_sub(KEPT);
                self.seconds.drain(..too_many);
            }
        }
        None
    }

    /// How the run is now.
    pub(super) fn now(&self) -> &Now {
        &self.view.now
    }

    /// Which table's rows are shown.
    pub(super) fn table(&self) -> usize {
        self.table
            .min(self.view.kept.tables.len().saturating_sub(1))
    }

    /// The last seconds, the newest last: Tweets, or the matches of one tag.
    pub(super) fn last(&self, seconds: usize, tag: Option<&str>) -> Vec<u64> {
        let from = self.seconds.len().saturating_sub(seconds);
        let number = |second: &Second| match tag {
            None => second.tweets,
            Some(tag) => {
                let found = second.tags.iter().find(|(name, _)| name == tag);
                found.map_or(0, |(_, number)| *number)
            }
        };
        self.seconds
            .range(from..)
            .map(|second| u64::from(number(second)))
            .collect()
    }

    /// Picks a tag that is so much further down the list; above the first one stands `None`, which means all.
    fn pick(&mut self, further: isize) {
        let tags = &self.view.tags;
        let place = tags
            .iter()
            .position(|tag| Some(&tag.tag) == self.tag.as_ref());
        let place = place.map_or(0, |place| place + 1);
        let place = place.saturating_add_signed(further).min(tags.len());
        self.tag = place.checked_sub(1).map(|place| tags[place].tag.clone());
    }
}

/// The last seconds of the history.
fn seconds(past: &Past) -> VecDeque<Second> {
    let from = past.at.len().saturating_sub(KEPT);
    let rows = past.at.iter().enumerate().skip(from);
    let at = |column: &[u32], row: usize| column.get(row).copied().unwrap_or_default();
    rows.map(|(row, second)| Second {
        at: past.from.saturating_add(*second),
        tweets: at(&past.tweets, row),
        failed: at(&past.failed, row),
        away: past.away.get(row) == Some(&1),
        tags: past
            .tags
            .iter()
            .map(|(tag, column)| (tag.clone(), at(column, row)))
            .collect(),
        others: at(&past.others, row),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::look::view::{Tick, sample};

    fn tick(tweets: u32) -> News {
        let mut now = sample().now;
        now.counts.tweets = u64::from(tweets);
        let second = Second {
            tweets,
            tags: vec![("climate".to_owned(), tweets / 2)],
            ..Second::default()
        };
        News::Told(Told::Second(Box::new(Tick {
            now,
            second,
            marks: Vec::new(),
        })))
    }

    #[test]
    fn keys_pick_a_tag_and_hold_the_display() {
        let mut screen = Screen::new("here".to_owned(), sample());
        let mut key = |key| {
            assert_eq!(screen.take(News::Key(key)), None);
            screen.tag.clone().unwrap_or_default()
        };
        assert_eq!(key(Key::Down), "climate");
        assert_eq!(key(Key::Down), "<script>\u{202e}");
        assert_eq!(key(Key::Down), "<script>\u{202e}", "there are no more");
        assert_eq!(key(Key::Up), "climate");
        assert_eq!(key(Key::Up), "");
        assert_eq!(key(Key::Up), "");
        screen.take(tick(4));
        screen.take(News::Key(Key::Pause));
        screen.take(tick(6));
        assert_eq!(screen.last(10, None), [4]);
        screen.take(News::Key(Key::Pause));
        screen.take(tick(8));
        assert_eq!(screen.last(10, None), [4, 8]);
        assert_eq!(screen.last(1, Some("climate")), [4]);
        assert_eq!(screen.now().counts.tweets, 8);
    }

    #[test]
    fn the_seconds_have_an_end_and_the_history_replaces_them() {
        let mut screen = Screen::new("here".to_owned(), sample());
        for second in 0..KEPT as u32 + 10 {
            screen.take(tick(second));
        }
        assert_eq!(screen.last(usize::MAX, None).len(), KEPT);
        let past = Past {
            from: 100,
            at: vec![0, 1],
            tweets: vec![3, 5],
            // Shorter than it should be.
            tags: vec![("rust".to_owned(), vec![2])],
            ..Past::default()
        };
        screen.take(News::Told(Told::History(past)));
        assert_eq!(screen.last(9, None), [3, 5]);
        assert_eq!(screen.last(9, Some("rust")), [2, 0]);
    }

    #[test]
    fn it_ends_with_the_run_and_not_with_the_connection() {
        let mut screen = Screen::new("here".to_owned(), sample());
        assert_eq!(screen.take(News::Lost("closed".to_owned())), None);
        assert!(screen.lost.is_some());
        assert_eq!(screen.take(tick(1)), None);
        assert!(screen.lost.is_none());
        assert_eq!(screen.take(News::Told(Told::End)), Some(Ended::Run));
        assert_eq!(screen.take(News::Key(Key::End)), Some(Ended::Asked));
        assert_eq!(screen.take(News::Signal), Some(Ended::Asked));
    }
}
