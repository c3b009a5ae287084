//! `ouzel sim`: runs the simulator alone, for any client.

mod arguments;

use tokio_util::sync::CancellationToken;
use tracing::warn;

pub(super) use self::arguments::{Sim, SimSource};
use super::{print::print, runtime, tweets};
use crate::{error::Error, host::shutdown, sim::start};

/// Serves until a signal comes.
pub(crate) fn sim(arguments: Sim) -> Result<(), Error> {
    let options = arguments.options();
    if let Some(tweets) = &options.tweets {
        tweets::check(tweets)?;
    }
    runtime()?.block_on(async {
        let running = start(options).await?;
        // Signals are handled only from here on: a large file of Tweets takes its time, and before this there is
        // nothing to end in order.
        let shutdown = CancellationToken::new();
        shutdown::on_signals(shutdown.clone(), "stopping", None)
            .map_err(Error::system("cannot listen for signals"))?;
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
