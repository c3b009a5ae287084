//! `ouzel replay`: runs a script over Tweets that are already there, into a database of its own.

mod arguments;
mod compare;
mod differences;
mod flow;
mod matches;
mod progress;
mod source;
mod target;

use std::{io, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use tracing::Span;

pub(super) use self::arguments::Replay;
use self::{
    flow::{Flow, Side},
    matches::Matches,
    progress::Shown,
    source::{Seen, Source},
    target::Target,
};
use super::{
    STOPPING,
    folder::{simulated, sinks_of},
    print::say,
    runtime,
    summary::{sentence, summary},
};
use crate::{
    error::Error,
    host::shutdown,
    pipeline, script,
    settings::Settings,
    status::{StatusLine, thousands},
    store::Store,
    tally::Tally,
    worker::Output,
};

/// Runs the script, and prints the result.
pub(crate) fn replay(arguments: &Replay, line: &StatusLine) -> Result<(), Error> {
    let mut settings = Settings::read(arguments.given())?;
    if arguments.sim {
        settings.data_dir = simulated(&settings.data_dir);
    }
    for script in [Some(&settings.script), arguments.compare.as_ref()] {
        let script = script.filter(|script| !script.exists());
        if let Some(script) = script {
            return Err(script::Error::Unreadable {
                path: script.clone(),
                source: io::ErrorKind::NotFound.into(),
            }
            .into());
        }
    }
    let source = Source::open(arguments, &settings)?;
    if let Some(other) = &arguments.compare {
        return compare::compare(
            arguments,
            &settings.script_limits,
            [&settings.script, other],
            source,
            line,
        );
    }
    let target = Target::choose(arguments, &settings)?;
    let store = Store::open(target.path())?;
    store.note_replay(
        &format!("{:.3}", jiff::Timestamp::now()),
        &settings.script.display().to_string(),
        &source.describe(),
    )?;
    let (tally, shutdown) = (Arc::<Tally>::default(), CancellationToken::new());
    let output = Output::new(shutdown.clone()).map_err(pipeline::Error::from)?;
    let side = Side {
        script: settings.script.clone(),
        script_limits: settings.script_limits,
        store,
        matching: arguments.matching(),
        handled: source.handled(),
        sinks: sinks_of(target.path()),
        output: Box::new(output),
        tally: Arc::clone(&tally),
        span: Span::none(),
    };
    let mut shown = Shown::new(line, source.bytes(), &tally);
    // If the replay does not end in order, an earlier database in this place comes back.
    let ended = flow(source, vec![side], arguments.limit, &mut shown, &shutdown)?;
    let (snapshot, took) = shown.finish();
    // If there was nothing to handle, the earlier database in this place is worth more.
    ended.check(snapshot.tweets, snapshot.rejected)?;
    let database = target.keep()?;
    let list = format!("ouzel quarantine list --db {}", database.display());
    say(&summary(&snapshot, 0, took, &database, &list));
    for declared in &ended.declared {
        say(&Matches::of(declared, &tally).text());
    }
    say(&speed(snapshot.tweets, took));
    say(&unread(&ended.seen));
    ended.failed.map_or(Ok(()), Err)
}

/// Drives Tweets through the scripts. Ctrl-C ends this in order.
fn flow(
    source: Source,
    sides: Vec<Side>,
    limit: Option<u64>,
    shown: &mut Shown,
    shutdown: &CancellationToken,
) -> Result<flow::Ended, Error> {
    runtime()?.block_on(async {
        shutdown::on_signals(shutdown.clone(), STOPPING, None).map_err(pipeline::Error::from)?;
        Flow::start(sides, limit)?
            .run(source, shown, shutdown)
            .await
    })
}

fn speed(tweets: u64, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    if tweets == 0 || seconds <= 0.0 {
        return String::new();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rate needs no more"
    )]
    let rate = (tweets as f64 / seconds).round() as u64;
    format!("{} Tweets/s\n", thousands(rate))
}

/// Says which parts of the input could not be handled.
fn unread(seen: &Seen) -> String {
    let damaged = sentence(
        seen.damaged,
        "part of the journal could not be read and was skipped",
        "parts of the journal could not be read and were skipped",
    );
    let too_long = sentence(
        seen.too_long,
        "line was too long to be a Tweet and was skipped",
        "lines were too long to be Tweets and were skipped",
    );
    damaged + &too_long
}
