//! `ouzel sim`: the simulator alone, for any client.

use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{print, runtime};
use crate::{
    cli::{Rate, Sim, SimSource},
    error::Error,
    secret::Secret,
    shutdown,
    sim::{SimOptions, start},
};

/// A stream that a person can watch, of which a usual rule matches some tens a second.
const RATE: f64 = 2_000.0;

const SEED: u64 = 1;

/// Serves until a signal comes.
///
/// # Errors
/// [`Error`], with its exit code.
pub fn sim(arguments: Sim) -> Result<(), Error> {
    let options = SimOptions {
        listen: arguments.listen,
        port_file: arguments.port_file,
        accounts: vec![arguments.account],
        labels: vec![arguments.label],
        username: arguments.user,
        password: Secret::new(arguments.password),
        tls: arguments.tls.then_some(arguments.tls_cert),
        heartbeat: Some(arguments.heartbeat.0),
        ..options(&arguments.source)
    };
    runtime()?.block_on(async {
        let shutdown = CancellationToken::new();
        shutdown::on_signals(shutdown.clone())
            .map_err(Error::system("cannot listen for signals"))?;
        let running = start(options).await?;
        if running.skipped > 0 {
            warn!(
                lines = running.skipped,
                "lines of the file are no Tweets, and left out"
            );
        }
        print(&running.greeting())?;
        shutdown.cancelled().await;
        Ok(running.stop().await?)
    })
}

/// The options of a simulator that are the same alone and inside `run --sim`.
pub(super) fn options(source: &SimSource) -> SimOptions {
    SimOptions {
        rate: match source.rate {
            Some(Rate::PerSecond(rate)) => Some(rate),
            Some(Rate::Max) => None,
            None => Some(RATE),
        },
        seed: source.seed.unwrap_or(SEED),
        tweets: source.tweets.clone(),
        ..SimOptions::default()
    }
}
