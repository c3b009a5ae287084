//! `ouzel quarantine retry`: runs the script again on Tweets whose handler failed.

use std::{io, sync::Arc};

use super::{Retry, chosen, database, hold};
use crate::{
    cli::{
        folder::sinks_of,
        print::{caution, say},
    },
    error::Error,
    pipeline,
    settings::Settings,
    status::thousands,
    store::Store,
    tally::Tally,
    worker::{Report, Retried, Work, Worker, matching::Matching},
};

/// How many failures are printed one by one. The list shows all of them.
const TOLD: u64 = 10;

/// Runs the script on the chosen Tweets, each in a transaction of its own.
///
/// # Errors
/// [`Error::Failed`] if a Tweet has failed again.
pub(super) fn retry(arguments: &Retry) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let database = database(&arguments.place)?;
    let _lock = hold(&database)?;
    let store = Store::open(&database)?;
    let ids = if arguments.ids.is_empty() {
        store.quarantined_ids()?
    } else {
        chosen(&store, &arguments.ids)?
    };
    if ids.is_empty() {
        say("no Tweet is in quarantine\n");
        return Ok(());
    }
    let work = Work {
        script: settings.script,
        limits: settings.script_limits,
        store,
        progress: None,
        journal: None,
        handled: None,
        in_hand: None,
        sinks: sinks_of(&database),
        rules_endpoint: String::new(),
        matching: Matching::Never,
        limit: None,
        tally: Arc::<Tally>::default(),
        doing: Arc::default(),
        feed: Arc::default(),
    };
    let mut output = io::stdout();
    let mut not_loaded = None;
    let mut report = |report| {
        if let Report::LoadFailed { error, .. } = report {
            not_loaded = Some(error);
        }
    };
    let tried = try_all(&mut Worker::new(work, &mut output, &mut report), &ids);
    if let Some(error) = not_loaded {
        return Err(error.into());
    }
    let Counts { released, failed } = tried?;
    say(&format!(
        "tried again: {} handled, {} failed\n",
        thousands(released),
        thousands(failed)
    ));
    match failed {
        0 => Ok(()),
        1 => Err(Error::Failed(
            "1 Tweet failed again and stays in quarantine".to_owned(),
        )),
        many => Err(Error::Failed(format!(
            "{} Tweets failed again and stay in quarantine",
            thousands(many)
        ))),
    }
}

#[derive(Default)]
struct Counts {
    released: u64,
    failed: u64,
}

fn try_all(worker: &mut Worker<'_>, ids: &[i64]) -> Result<Counts, Error> {
    let mut counts = Counts::default();
    if worker.load_now().map_err(pipeline::Error::from)?.is_break() {
        return Ok(counts);
    }
    for id in ids {
        let why = match worker.retry(*id).map_err(pipeline::Error::from)? {
            Retried::Released => {
                counts.released += 1;
                continue;
            }
            Retried::Unknown => continue,
            Retried::Failed(failure) => failure.to_string(),
            Retried::Unreadable(reason) => reason.to_string(),
        };
        counts.failed += 1;
        if counts.failed <= TOLD {
            caution(&format!("{id} failed again: {why}\n"));
        } else if counts.failed == TOLD + 1 {
            caution("and so on; `ouzel quarantine list` shows all\n");
        }
    }
    Ok(counts)
}
