//! Waiting that comes to an end, and what cannot be tried on this machine.

use std::{
    env,
    io::{self, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use super::DEADLINE;

/// Between two looks others get the processor. How long it is decides nothing.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Waits until it is so, where nothing tells of it, as of rows in a database; panics with what was waited for if that takes longer than any machine needs.
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

/// Waits until a number is so high, for as long as it still moves; the last one seen.
pub fn wait_while_it_grows(enough: u64, mut look: impl FnMut() -> u64) -> u64 {
    let (mut last, mut deadline) = (look(), Instant::now() + DEADLINE);
    while last < enough && Instant::now() < deadline {
        thread::park_timeout(BETWEEN_LOOKS);
        let now = look();
        if now != last {
            (last, deadline) = (now, Instant::now() + DEADLINE);
        }
    }
    last
}

/// A connection on which nothing is waited for without end.
#[track_caller]
pub fn connect(address: &str) -> TcpStream {
    let connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(DEADLINE)).unwrap();
    connection.set_write_timeout(Some(DEADLINE)).unwrap();
    connection
}

/// A test cannot be tried here. That must not look as if it had passed: where all has to be tried it fails, and elsewhere it
/// is said past what holds back the output of tests that pass.
#[track_caller]
pub fn skipped(test: &str, why: &str) {
    let is_set = |value: &str| !value.is_empty() && value != "false" && value != "0";
    let must_be_tried = env::var("CI").is_ok_and(|value| is_set(&value));
    assert!(!must_be_tried, "{test} cannot be tried here: {why}");
    let _ = writeln!(
        io::stderr(),
        "\nSKIPPED: {test} has not been tried: {}",
        why.trim_end()
    );
}
