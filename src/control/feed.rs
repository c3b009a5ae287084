//! Live Tweets for whoever listens: the worker tells what became of each, and listeners that are too slow lose some.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::record::{self, About, Verdict};
use crate::script::tag_pattern::asks_for;

/// How many Tweets may wait for one listener. When that many wait, further ones are skipped and counted: the worker never
/// waits for a listener. It is a second of a busy stream, so that a reader may stop for a moment.
const WAITING: usize = 2_000;

/// How many bytes may wait for one listener.
const WAITING_BYTES: usize = 16 << 20;

/// Where the worker tells of Tweets. Telling costs one load for each Tweet while nobody listens.
#[derive(Debug, Default)]
pub struct Feed {
    /// How many listeners there are.
    listening: AtomicUsize,
    listeners: Mutex<Listeners>,
}

#[derive(Debug, Default)]
struct Listeners {
    all: Vec<Listener>,
    /// The number of the next listener.
    next: u64,
    /// Nothing will be told any more.
    has_ended: bool,
}

#[derive(Debug)]
struct Listener {
    number: u64,
    wishes: Wishes,
    sender: mpsc::Sender<Waiting>,
    lag: Arc<Lag>,
}

/// Which Tweets a listener wants.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wishes {
    /// Patterns of tags, as in `ouzel.on`; Tweets of any tag if there are none.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// What has become of them; anything if nothing is named.
    #[serde(default)]
    pub(crate) verdicts: Vec<Verdict>,
}

/// What of a listener the worker and the listener both change.
#[derive(Debug, Default)]
struct Lag {
    /// Bytes that wait.
    bytes: AtomicUsize,
    /// Tweets that were skipped, and that the listener has not been told of.
    skipped: AtomicU64,
}

/// A record that waits for its listener.
#[derive(Debug)]
struct Waiting {
    record: Bytes,
    /// So many Tweets were skipped before it.
    skipped: u64,
}

/// A listener's end of the feed. When it is dropped, the listener has gone.
#[derive(Debug)]
pub(super) struct Listening {
    number: u64,
    feed: Weak<Feed>,
    receiver: mpsc::Receiver<Waiting>,
    lag: Arc<Lag>,
    /// What is to be said next.
    next: Option<Bytes>,
    has_ended: bool,
}

impl Wishes {
    fn include(&self, about: &About) -> bool {
        if !self.verdicts.is_empty() && !self.verdicts.contains(&about.verdict) {
            return false;
        }
        let is_wanted = |tag: &Option<String>| {
            let patterns = self.tags.iter();
            patterns
                .clone()
                .any(|pattern| asks_for(pattern, tag.as_deref()))
        };
        self.tags.is_empty() || about.tags.iter().any(is_wanted)
    }
}

impl Feed {
    /// Whether anybody listens.
    pub fn is_heard(&self) -> bool {
        self.listening.load(Ordering::Relaxed) > 0
    }

    /// Tells everybody who wants to know what became of a Tweet. It never waits for a listener.
    pub(crate) fn tell(
        &self,
        line: &[u8],
        tags: Vec<Option<String>>,
        verdict: Verdict,
        failure: Option<String>,
    ) {
        let about = About {
            verdict,
            tags,
            failure,
        };
        let mut written: Option<Bytes> = None;
        for listener in &self.listeners().all {
            if !listener.wishes.include(&about) {
                continue;
            }
            // Written once, however many listen. It holds nothing of the frame that the line lies in.
            let record = written.get_or_insert_with(|| record::write_tweet(&about, line));
            listener.offer(record);
        }
    }

    /// Begins to listen. After the end there is nothing to hear but that.
    pub(super) fn listen(self: &Arc<Self>, wishes: Wishes) -> Listening {
        let (sender, receiver) = mpsc::channel(WAITING);
        let lag = Arc::<Lag>::default();
        let mut listeners = self.listeners();
        let number = listeners.next;
        listeners.next += 1;
        if !listeners.has_ended {
            listeners.all.push(Listener {
                number,
                wishes,
                sender,
                lag: Arc::clone(&lag),
            });
        }
        self.count(&listeners);
        Listening {
            number,
            feed: Arc::downgrade(self),
            receiver,
            lag,
            next: None,
            has_ended: false,
        }
    }

    /// Nothing more will be told. Listeners get what waits for them, and then the end.
    pub(crate) fn end(&self) {
        let mut listeners = self.listeners();
        listeners.has_ended = true;
        listeners.all.clear();
        self.count(&listeners);
    }

    fn forget(&self, number: u64) {
        let mut listeners = self.listeners();
        listeners.all.retain(|listener| listener.number != number);
        self.count(&listeners);
    }

    fn count(&self, listeners: &Listeners) {
        self.listening.store(listeners.all.len(), Ordering::Relaxed);
    }

    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Lets a record wait for the listener, or counts it as skipped.
    fn offer(&self, record: &Bytes) {
        let lag = &self.lag;
        let has_room = lag.bytes.load(Ordering::Relaxed) + record.len() <= WAITING_BYTES;
        let slot = self.sender.try_reserve().ok().filter(|_| has_room);
        let Some(slot) = slot else {
            lag.skipped.fetch_add(1, Ordering::Relaxed);
            return;
        };
        lag.bytes.fetch_add(record.len(), Ordering::Relaxed);
        slot.send(Waiting {
            record: record.clone(),
            skipped: lag.skipped.swap(0, Ordering::Relaxed),
        });
    }
}

impl Listening {
    /// The next record as bytes; `None` behind the end.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(next) = self.next.take() {
            return Poll::Ready(Some(next));
        }
        if self.has_ended {
            return Poll::Ready(None);
        }
        let record = match self.receiver.poll_recv(context) {
            Poll::Ready(Some(waiting)) => {
                let bytes = waiting.record.len();
                self.lag.bytes.fetch_sub(bytes, Ordering::Relaxed);
                if waiting.skipped == 0 {
                    return Poll::Ready(Some(waiting.record));
                }
                self.next = Some(waiting.record);
                return Poll::Ready(Some(record::write_skipped(waiting.skipped)));
            }
            Poll::Ready(None) => {
                self.has_ended = true;
                Some(record::write_end())
            }
            Poll::Pending => None,
        };
        // Everything that waited has been told, so what is still to be told as skipped came behind that.
        match (self.lag.skipped.swap(0, Ordering::Relaxed), record) {
            (0, None) => Poll::Pending,
            (0, record) => Poll::Ready(record),
            (skipped, record) => {
                self.next = record;
                Poll::Ready(Some(record::write_skipped(skipped)))
            }
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(feed) = self.feed.upgrade() {
            feed.forget(self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{task::Waker, thread};

    use super::{
        record::{Reader, Record},
        *,
    };

    /// Everything that waits for a listener, in short.
    fn heard(listening: &mut Listening) -> String {
        let mut context = Context::from_waker(Waker::noop());
        let mut reader = Reader::default();
        while let Poll::Ready(Some(bytes)) = listening.poll_next(&mut context) {
            reader.push(&bytes);
        }
        let records = std::iter::from_fn(|| reader.next().unwrap());
        let short: Vec<_> = records
            .map(|record| match record {
                Record::Tweet(_, line) if line.len() > 20 => "long".to_owned(),
                Record::Tweet(_, line) => String::from_utf8(line.to_vec()).unwrap(),
                Record::Skipped(tweets) => format!("-{tweets}"),
                Record::End => "end".to_owned(),
            })
            .collect();
        short.join(" ")
    }

    fn tell(feed: &Feed, line: &str, tags: &[Option<&str>]) {
        let tags = tags.iter().map(|tag| tag.map(str::to_owned)).collect();
        feed.tell(line.as_bytes(), tags, Verdict::Kept, None);
    }

    fn wishes(tags: &[&str]) -> Wishes {
        Wishes {
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            verdicts: Vec::new(),
        }
    }

    #[test]
    fn each_listener_gets_what_it_wants_until_it_goes() {
        let feed = Arc::<Feed>::default();
        assert!(!feed.is_heard());
        let mut every = feed.listen(Wishes::default());
        let mut some = feed.listen(wishes(&["a", "b-*"]));
        let mut star = feed.listen(wishes(&["*"]));
        assert!(feed.is_heard());
        tell(&feed, "1", &[Some("a"), Some("b-1")]);
        tell(&feed, "2", &[]);
        tell(&feed, "3", &[None]);
        tell(&feed, "4", &[Some("c"), Some("b-2")]);
        assert_eq!(heard(&mut every), "1 2 3 4");
        assert_eq!(heard(&mut some), "1 4");
        assert_eq!(heard(&mut star), "1 3 4");
        drop((some, star));
        tell(&feed, "5", &[]);
        feed.end();
        assert!(!feed.is_heard());
        assert_eq!(heard(&mut every), "5 end");
        assert_eq!(heard(&mut every), "");
        assert_eq!(heard(&mut feed.listen(Wishes::default())), "end");
        assert!(!feed.is_heard());
    }

    #[test]
    fn a_listener_may_want_one_verdict_only() {
        let feed = Arc::<Feed>::default();
        let mut listening = feed.listen(Wishes {
            tags: vec!["a".to_owned()],
            verdicts: vec![Verdict::Failed],
        });
        for (line, tag, verdict) in [
            ("1", "a", Verdict::Kept),
            ("2", "b", Verdict::Failed),
            ("3", "a", Verdict::Failed),
            ("4", "a", Verdict::Filtered),
        ] {
            let tags = vec![Some(tag.to_owned())];
            feed.tell(line.as_bytes(), tags, verdict, None);
        }
        assert_eq!(heard(&mut listening), "3");
    }

    #[test]
    fn a_slow_listener_loses_tweets_and_is_told_how_many_and_where() {
        let feed = Arc::<Feed>::default();
        let mut listening = feed.listen(Wishes::default());
        for _ in 0..WAITING + 3 {
            tell(&feed, "x", &[]);
        }
        let whole = "x ".repeat(WAITING);
        assert_eq!(heard(&mut listening), format!("{whole}-3"));
        for _ in 0..WAITING + 2 {
            tell(&feed, "x", &[]);
        }
        let mut context = Context::from_waker(Waker::noop());
        assert!(listening.poll_next(&mut context).is_ready());
        tell(&feed, "y", &[]);
        tell(&feed, "z", &[]);
        feed.end();
        let whole = "x ".repeat(WAITING - 1);
        assert_eq!(heard(&mut listening), format!("{whole}-2 y -1 end"));
    }

    #[test]
    fn what_waits_is_bounded_in_bytes_too() {
        let feed = Arc::<Feed>::default();
        let mut listening = feed.listen(Wishes::default());
        let long = "x".repeat(WAITING_BYTES / 3);
        for _ in 0..4 {
            tell(&feed, &long, &[]);
        }
        assert_eq!(heard(&mut listening), "long long -2");
        tell(&feed, &long, &[]);
        assert_eq!(heard(&mut listening), "long");
    }

    #[test]
    fn every_tweet_is_either_told_or_counted() {
        let feed = Arc::<Feed>::default();
        let mut listening = feed.listen(Wishes::default());
        let telling = Arc::clone(&feed);
        let worker = thread::spawn(move || {
            for _ in 0..50_000 {
                tell(&telling, "x", &[]);
            }
            telling.end();
        });
        let mut told = 0;
        let mut has_ended = false;
        while !has_ended {
            for word in heard(&mut listening).split_whitespace() {
                match word {
                    "x" => told += 1,
                    "end" => has_ended = true,
                    skipped => told += skipped[1..].parse::<u64>().unwrap(),
                }
            }
        }
        worker.join().unwrap();
        assert_eq!(told, 50_000);
    }
}
