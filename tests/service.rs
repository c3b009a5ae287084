//! `ouzel run` under a service manager, whose socket the tests read themselves.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod support;

use std::{cell::RefCell, os::unix::net::UnixDatagram};

use support::{DEADLINE, Setup, tweet, wait_until};
use tempfile::TempDir;

const SCRIPT: &str = "ouzel.on('*', function() end)";

/// The manager's end of the socket.
struct Manager {
    folder: TempDir,
    socket: UnixDatagram,
    /// Everything that it was told.
    told: RefCell<Vec<String>>,
}

impl Manager {
    fn listen() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Self {
            folder,
            socket,
            told: RefCell::default(),
        }
    }

    /// The setup, as the manager would start it.
    fn over(&self, setup: Setup) -> Setup {
        let path = self.folder.path().join("notify");
        setup.environment("NOTIFY_SOCKET", path.to_str().unwrap())
    }

    fn next(&self) -> String {
        let mut bytes = [0; 4096];
        let length = self.socket.recv(&mut bytes);
        let length =
            length.unwrap_or_else(|error| panic!("{error} after {:?}", self.told.borrow()));
        let message = String::from_utf8(bytes[..length].to_vec()).unwrap();
        self.told.borrow_mut().push(message.clone());
        message
    }

    /// Waits for the next message that begins so, and gives it with those before.
    fn until(&self, begin: &str) -> Vec<String> {
        let mut messages = Vec::new();
        loop {
            let message = self.next();
            let is_it = message.starts_with(begin);
            messages.push(message);
            if is_it {
                return messages;
            }
        }
    }

    fn has_told(&self, begin: &str) -> bool {
        self.told
            .borrow()
            .iter()
            .any(|message| message.starts_with(begin))
    }
}

#[test]
fn it_is_ready_once_the_stream_is_connected_and_says_when_it_stops() {
    let manager = Manager::listen();
    let setup = manager.over(Setup::new().script(SCRIPT));
    setup.powertrack().refuse_stream(503, "");
    let run = setup.start();
    // Meanwhile the manager has to be patient.
    manager.until("EXTEND_TIMEOUT_USEC=30000000\n");
    run.wait_for("connection lost");
    let status = manager.until("STATUS=").pop().unwrap();
    assert!(!status.contains("STATUS=connected"), "{status}");
    assert!(!manager.has_told("READY=1"));
    manager.until("READY=1\n");
    assert!(run.process().said().contains("stream connected"));
    let status = manager.until("STATUS=").pop().unwrap();
    assert!(status.starts_with("STATUS=connected"), "{status}");
    assert_eq!(status.lines().count(), 1, "{status}");
    // Nobody has asked for a watchdog.
    run.process().signal("TERM");
    manager.until("STOPPING=1\n");
    run.ends()
        .assert_code(0)
        .assert_silent_about("service manager");
    assert!(!manager.has_told("WATCHDOG"));
}

/// The number behind `MONOTONIC_USEC=`.
fn monotonic(message: &str) -> i64 {
    let number = message.split("MONOTONIC_USEC=").nth(1).unwrap();
    number.trim().parse().unwrap()
}

#[test]
fn a_signal_that_asks_for_a_reload_has_its_answer_whatever_comes_of_it() {
    let manager = Manager::listen();
    // A save is seen only by who asks.
    let setup = Setup::new()
        .script(SCRIPT)
        .environment("OUZEL_WATCH", "false");
    let run = manager.over(setup).start();
    manager.until("READY=1\n");
    let mut last = 0;
    for (saved, said) in [
        (None, "looking whether the script has changed"),
        (
            Some("ouzel.on('*', function() return 1 end)"),
            "script loaded generation=2",
        ),
        (Some("ouzel.on("), "reload failed"),
        (Some(SCRIPT), "script loaded generation=3"),
    ] {
        if let Some(saved) = saved {
            run.write("scripts/main.lua", saved);
        }
        run.process().signal("HUP");
        let began = manager.until("RELOADING=1\nMONOTONIC_USEC=").pop().unwrap();
        assert!(monotonic(&began) > last, "{began}");
        last = monotonic(&began);
        manager.until("READY=1\n");
        run.wait_for(said);
    }
    run.drain();
}

#[test]
fn the_watchdog_hears_of_the_worker_and_misses_it_when_it_hangs() {
    let manager = Manager::listen();
    let setup = Setup::new()
        .script("ouzel.enrich(function(t) if t.id == 13 then while true do end end end)")
        .without_script_limits()
        .environment("WATCHDOG_USEC", "4000000");
    let run = manager.over(setup).start();
    manager.until("READY=1\n");
    // It does nothing, and is well.
    for _ in 0..3 {
        manager.until("WATCHDOG=1\n");
    }
    run.powertrack().send_all((1..=20).map(tweet));
    run.wait_for("a handler does not end");
    manager.until("STATUS=");
    let later = [manager.until("STATUS="), manager.until("STATUS=")].concat();
    assert!(
        later.iter().all(|message| !message.starts_with("WATCHDOG")),
        "{later:?}"
    );
    run.kill();
}

#[test]
fn a_watchdog_that_is_somebody_elses_is_not_fed_and_a_socket_that_is_not_there_is_told_once() {
    let manager = Manager::listen();
    let setup = Setup::new()
        .script(SCRIPT)
        .environment("WATCHDOG_USEC", "400000")
        .environment("WATCHDOG_PID", "1");
    let run = manager.over(setup).start();
    manager.until("READY=1\n");
    manager.until("STATUS=");
    assert!(!manager.has_told("WATCHDOG"));
    run.drain();

    let setup = Setup::new()
        .script(SCRIPT)
        .environment("NOTIFY_SOCKET", "nowhere");
    let run = setup.start();
    run.wait_for("the service manager cannot be told how the run is going");
    wait_until("the stream is connected", || {
        run.process().said().contains("stream connected")
    });
    let ended = run.drain();
    assert_eq!(
        ended.stderr.matches("cannot be told").count(),
        1,
        "{}",
        ended.stderr
    );
}
