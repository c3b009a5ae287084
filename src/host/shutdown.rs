//! Signals: the first asks for an orderly end, the second ends at once.

use std::{io, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

/// Signals within this time are one: `timeout`, for instance, sends its own to the process and again to its group.
const ONE_SIGNAL: Duration = Duration::from_millis(100);

/// What a shell shows for a program that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

/// Cancels `shutdown` on SIGINT, SIGTERM or SIGHUP and says so in these words; ends the process on the next of them.
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
