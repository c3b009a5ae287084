//! Scripts that are saved while they run.

use super::{Run, Setup};

/// A script that logs each Tweet under a name.
pub fn named(name: &str) -> String {
    format!("ouzel.on('*', function(t) ouzel.log.info('{name} handled', t.id) end)")
}

/// A run of this script, connected.
pub fn started(script: &str) -> Run {
    let run = Setup::new().script(script).start();
    run.wait_for("stream connected");
    run
}
