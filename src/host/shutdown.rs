//! Signals: the first one asks for an orderly end, the second one ends the process at once.

use std::{io, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use crate::doing;

/// Signals that come within this time count as one. `timeout`, for example, signals the process and then its group as
/// well.
const ONE_SIGNAL: Duration = Duration::from_millis(100);

/// The exit code that a shell shows for a program ended by Ctrl-C.
const INTERRUPTED: i32 = 130;

/// Cancels `shutdown` on the first SIGINT, SIGTERM or SIGHUP and logs `words`. The next such signal ends the process.
///
/// # Errors
/// When the system does not let the process listen for signals.
pub(crate) fn on_signals(shutdown: CancellationToken, words: &'static str) -> io::Result<()> {
    let mut signals = [
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    ];
    tokio::spawn(async move {
        any(&mut signals).await;
        doing::end();
        info!("{words}");
        shutdown.cancel();
        sleep(ONE_SIGNAL).await;
        while timeout(Duration::ZERO, any(&mut signals)).await.is_ok() {}
        debug!("the next signal stops at once");
        any(&mut signals).await;
        std::process::exit(INTERRUPTED);
    });
    Ok(())
}

async fn any([interrupt, terminate, hangup]: &mut [Signal; 3]) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}
