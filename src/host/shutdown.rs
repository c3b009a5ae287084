//! Signals: the first one asks for an orderly end, the second one ends the process at once. SIGHUP can ask for a reload
//! instead.

use std::{fs::File, io, sync::Arc, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::Notify,
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

/// The terminal that a process belongs to, whatever its streams are.
const TERMINAL: &str = "/dev/tty";

/// The signals that a process listens for.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    /// What SIGHUP asks for, if it does not end the process.
    reload: Option<Arc<Notify>>,
    /// Whether the process was started in a terminal.
    has_terminal: bool,
}

/// Cancels `shutdown` on the first signal that asks for an end, and logs `words`. The next such signal ends the process.
///
/// SIGINT and SIGTERM ask for an end. So does SIGHUP, but not if there is a `reload` to be notified: then it does so only
/// when the terminal of the process has gone, as when its window is closed.
///
/// # Errors
/// When the system does not let the process listen for signals.
pub(crate) fn on_signals(
    shutdown: CancellationToken,
    words: &'static str,
    reload: Option<Arc<Notify>>,
) -> io::Result<()> {
    let mut signals = Signals {
        interrupt: signal(SignalKind::interrupt())?,
        terminate: signal(SignalKind::terminate())?,
        hangup: signal(SignalKind::hangup())?,
        reload,
        has_terminal: has_terminal(),
    };
    tokio::spawn(async move {
        signals.end().await;
        doing::end();
        info!("{words}");
        shutdown.cancel();
        sleep(ONE_SIGNAL).await;
        while timeout(Duration::ZERO, signals.end()).await.is_ok() {}
        debug!("the next signal stops at once");
        signals.end().await;
        std::process::exit(INTERRUPTED);
    });
    Ok(())
}

impl Signals {
    /// Waits for a signal that asks for an end.
    async fn end(&mut self) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                _ = self.hangup.recv() => match &self.reload {
                    Some(reload) if !self.has_terminal || has_terminal() => reload.notify_one(),
                    _ => return,
                },
            }
        }
    }
}

fn has_terminal() -> bool {
    File::open(TERMINAL).is_ok()
}
