//! Waiting for what nothing tells of, such as rows in a database.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::DEADLINE;

/// Between two looks others get the processor. How long it is decides nothing.
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// Waits until it is so; panics with what was waited for if that takes longer than any machine needs.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    wait_for_some(what, || is_so().then_some(()));
}

/// The same for what there is to see then.
#[track_caller]
pub fn wait_for_some<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(
            Instant::now() < deadline,
            "waited in vain for this: {what}, for {DEADLINE:?}"
        );
        thread::park_timeout(BETWEEN_LOOKS);
    }
}
