//! `ouzel tail`: live Tweets of a running ouzel.

mod arguments;
mod fields;
mod out;
mod shown;

use std::{
    io::{self, IsTerminal},
    path::Path,
    time::Duration,
};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{sleep, timeout},
};
use tracing::debug;

pub(super) use self::arguments::Tail;
use self::{
    fields::{Fields, again, read, unknown},
    out::{Out, Saved},
    shown::Terminal,
};
use super::{
    print::{caution, say},
    runtime,
};
use crate::{
    control::{
        client::{self, Tail as Live},
        feed::Wishes,
        record::{About, Record},
    },
    error::Error,
    host::terminal,
    script::{Expression, Unfit, tag_pattern},
    settings::Settings,
    status::{counted, thousands},
    text::plain,
    tweet::Tweet,
};

/// How long `--wait` waits between two looks whether a run has begun.
const LOOK: Duration = Duration::from_millis(250);

/// How long a run may take to say which tags its script has.
const TAGS_WITHIN: Duration = Duration::from_secs(10);

/// How long the end by a signal waits for a reader of standard output.
const FAREWELL: Duration = Duration::from_millis(500);

/// Watches the Tweets of a running ouzel.
pub(crate) fn tail(arguments: &Tail) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let limits = settings.script_limits;
    let condition = arguments.condition.as_ref().map(|text| {
        Expression::new("--where", text, &limits)
            .map_err(|fault| Error::Usage(format!("`--where` is no expression of Lua{fault}")))
    });
    let fields = match &arguments.fields[..] {
        [] => None,
        names => Some(Fields::new(names, &limits)?),
    };
    let saved = arguments
        .save
        .as_ref()
        .map(|path| Saved::open(path, arguments.append));
    let mut watching = Watching {
        condition: condition.transpose()?,
        fields,
        json: arguments.json,
        is_terminal: io::stdout().is_terminal(),
        limit: arguments.limit,
        saved: saved.transpose()?,
        counts: Counts::default(),
    };
    let wishes = arguments.wishes();
    runtime()?.block_on(async {
        let mut out = Out::new().map_err(Error::system("cannot start a thread"))?;
        let mut signals = Signals::new().map_err(Error::system("cannot listen for signals"))?;
        let ended = tokio::select! {
            biased;
            () = signals.end() => {
                // What has been read is still written, if somebody reads it.
                let _ = timeout(FAREWELL, out.end()).await;
                say(&watching.summary());
                return Ok(());
            }
            ended = watching.follow(&settings.data_dir, &wishes, arguments.wait, &mut out) => ended?,
        };
        // Nobody is there to be told anything if the reader has gone.
        let written = tokio::select! {
            biased;
            () = signals.end() => Ok(()),
            written = out.end() => written,
        };
        written?;
        match ended {
            Ended::Gone => {}
            Ended::Limit => say(&watching.summary()),
            Ended::Run => {
                say("the run has ended\n");
                say(&watching.summary());
            }
        }
        Ok(())
    })
}

/// The signals that end it.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn end(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Why there is nothing more to watch.
enum Ended {
    /// As many Tweets as wanted have been shown.
    Limit,
    /// The run has ended in order.
    Run,
    /// Nobody reads standard output any more.
    Gone,
}

#[derive(Debug, Default)]
struct Counts {
    shown: u64,
    skipped: u64,
    /// Tweets of which the expression was false, or on which it failed.
    left_out: u64,
    failed: u64,
}

/// What is to be shown of which Tweets, and what was.
struct Watching {
    condition: Option<Expression>,
    fields: Option<Fields>,
    json: bool,
    is_terminal: bool,
    limit: Option<u64>,
    saved: Option<Saved>,
    counts: Counts,
}

impl Watching {
    /// Watches one run, or with `wait` one after the other.
    async fn follow(
        &mut self,
        folder: &Path,
        wishes: &Wishes,
        wait: bool,
        out: &mut Out,
    ) -> Result<Ended, Error> {
        let mut has_said = false;
        let mut has_checked = false;
        loop {
            let mut live = match Live::open(folder, wishes).await {
                Ok(live) => live,
                Err(error) if wait && error.may_pass() => {
                    if !has_said {
                        has_said = true;
                        say(&format!(
                            "no ouzel is running on the data folder `{}`; waiting for one\n",
                            folder.display()
                        ));
                    }
                    tokio::select! {
                        () = out.gone() => return Ok(Ended::Gone),
                        () = sleep(LOOK) => continue,
                    }
                }
                Err(error) => return Err(error.into()),
            };
            if !std::mem::replace(&mut has_checked, true) {
                warn_of_tags(folder, wishes).await;
            }
            has_said = true;
            debug!(folder = %folder.display(), "listening to the run");
            match self.watch(&mut live, out).await {
                Ok(Ended::Run) if wait => say("the run has ended; waiting for the next one\n"),
                Err(Error::Control(error)) if wait => {
                    caution(&format!("{error}; waiting for the next run\n"));
                }
                ended => return ended,
            }
        }
    }

    /// Watches one run.
    async fn watch(&mut self, live: &mut Live, out: &mut Out) -> Result<Ended, Error> {
        loop {
            let record = tokio::select! {
                record = live.next() => record?,
                () = out.gone() => return Ok(Ended::Gone),
            };
            match record {
                Record::End => return Ok(Ended::Run),
                Record::Skipped(tweets) => {
                    self.counts.skipped += tweets;
                    caution(&skipped(tweets));
                }
                Record::Tweet(about, line) => {
                    let Some(shown) = self.show(&about, line)? else {
                        continue;
                    };
                    if !out.write(shown).await {
                        return Ok(Ended::Gone);
                    }
                    if self.limit.is_some_and(|limit| self.counts.shown >= limit) {
                        return Ok(Ended::Limit);
                    }
                }
            }
        }
    }

    /// What is to be printed of a Tweet; nothing if it is not wanted. It is saved by then.
    fn show(&mut self, about: &About, line: bytes::Bytes) -> Result<Option<Vec<u8>>, Error> {
        let Some(tweet) = read(line) else {
            return Ok(None);
        };
        if !self.wants(&tweet)? {
            self.counts.left_out += 1;
            return Ok(None);
        }
        let shown = self.printed(about, &tweet)?;
        if let Some(saved) = &mut self.saved {
            saved.write(tweet.line())?;
        }
        self.counts.shown += 1;
        Ok(Some(shown))
    }

    /// Whether the expression is true of a Tweet.
    fn wants(&mut self, tweet: &Tweet) -> Result<bool, Error> {
        let Some(condition) = &self.condition else {
            return Ok(true);
        };
        let Some(copy) = again(tweet) else {
            return Ok(false);
        };
        if self.counts.shown + self.counts.left_out == 0 {
            for (path, meant) in condition.unknown_fields(tweet) {
                caution(&unknown("--where", &path, meant.as_deref()));
            }
        }
        match condition.holds(copy) {
            Ok(holds) => Ok(holds),
            Err(Unfit::Broken(fault)) => Err(Error::Usage(format!(
                "`--where` takes more than it may{fault}"
            ))),
            Err(Unfit::Failed(fault)) => {
                if self.counts.failed == 0 {
                    let id = tweet.id();
                    let id = id.map_or_else(|| "a Tweet".to_owned(), |id| format!("Tweet {id}"));
                    caution(&format!(
                        "`--where` fails on {id}, which is left out, as are others on which it fails{fault}\n"
                    ));
                }
                self.counts.failed += 1;
                Ok(false)
            }
        }
    }

    fn printed(&mut self, about: &About, tweet: &Tweet) -> Result<Vec<u8>, Error> {
        if let Some(fields) = &mut self.fields {
            fields.doubts(tweet).iter().for_each(|doubt| caution(doubt));
            let line = match self.json {
                true => safe(fields.as_json(tweet)?, self.is_terminal),
                false => fields.as_text(tweet)?,
            };
            return Ok((line + "\n").into_bytes());
        }
        if self.json {
            let line = match self.is_terminal {
                true => {
                    let line = String::from_utf8_lossy(tweet.line()).into_owned();
                    safe(line, true).into_bytes()
                }
                false => tweet.line().to_vec(),
            };
            return Ok([line, b"\n".to_vec()].concat());
        }
        let text = match self.is_terminal.then(screen).flatten() {
            Some(terminal) => shown::block(about, tweet, terminal),
            None => shown::line(about, tweet),
        };
        Ok(text.into_bytes())
    }

    /// What is said at the end.
    fn summary(&self) -> String {
        let Counts {
            shown,
            skipped,
            left_out,
            failed,
        } = self.counts;
        let mut summary = format!("{} shown", counted(shown, "Tweet"));
        if let Some(saved) = &self.saved {
            summary += &format!(" and saved to `{}`", saved.path().display());
        }
        if left_out > 0 {
            summary += &format!(", {} left out by `--where`", thousands(left_out));
        }
        if failed > 0 {
            summary += &format!(" (it failed on {})", thousands(failed));
        }
        if skipped > 0 {
            summary += &format!(", {} skipped", thousands(skipped));
        }
        summary + "\n"
    }
}

/// JSON as it is, or in a terminal with escapes for what the terminal would obey.
fn safe(json: String, is_terminal: bool) -> String {
    match is_terminal {
        true => plain::printed(&json).into_owned(),
        false => json,
    }
}

fn skipped(tweets: u64) -> String {
    let tweets = counted(tweets, "Tweet");
    format!("… {tweets} skipped: the reader is slower than the stream\n")
}

/// The terminal that standard output is.
fn screen() -> Option<Terminal> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(Terminal {
        // A terminal that does not know its size says 0.
        columns: match size.ws_col {
            0 => 80,
            columns => columns.into(),
        },
        has_colours: terminal::is_coloured(&io::stdout()),
    })
}

/// Warns of tags that no rule of the script has. Other rules of the account may have them.
async fn warn_of_tags(folder: &Path, wishes: &Wishes) {
    if wishes.tags.is_empty() {
        return;
    }
    // It is only a help, and not worth waiting for.
    let Ok(Ok(tags)) = timeout(TAGS_WITHIN, client::tags(folder)).await else {
        return;
    };
    let named = || tags.iter().flatten().map(String::as_str);
    for pattern in &wishes.tags {
        let asks = |tag: &Option<String>| tag_pattern::asks_for(pattern, tag.as_deref());
        if tags.is_empty() || tags.iter().any(asks) {
            continue;
        }
        let meant = tag_pattern::meant(pattern, named());
        let meant = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
        caution(&format!(
            "`--tag`: no rule of the running script has a tag that `{pattern}` fits{meant}\n"
        ));
    }
}
