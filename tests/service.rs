//! `ouzel run` under a service manager, whose socket the tests read themselves, and the unit for one.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod support;

use std::{
    cell::RefCell,
    fs,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::Command,
};

use support::{DEADLINE, Process, Setup, command, ouzel, tagged, tweet, wait_until};
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
fn a_save_that_takes_its_time_is_told_and_so_is_a_tag_without_end() {
    let manager = Manager::listen();
    let script = format!(
        "{SCRIPT}\nouzel.rules {{ {{ value = 'rocket', tag = '{}' }} }}",
        "ü".repeat(120)
    );
    let run = manager
        .over(Setup::new().script(&script))
        .file(
            "scripts/main_test.lua",
            "test('slow', function() for _ = 1, 1e8 do end end)",
        )
        .environment("OUZEL_TEST_ON_SAVE", "true")
        .without_script_limits()
        .start();
    manager.until("READY=1\n");
    let tags = [
        "ü".repeat(120),
        "ä".repeat(120),
        "ö".repeat(120),
        "é".repeat(120),
        "û".repeat(120),
    ];
    let tags: Vec<_> = tags.iter().map(String::as_str).collect();
    run.powertrack().send(tagged(1, &tags));
    // The whole line is longer than this.
    wait_until("the tags are in it", || {
        manager
            .until("STATUS=")
            .iter()
            .any(|status| status.len() > 490)
    });
    assert!(
        manager
            .told
            .borrow()
            .iter()
            .all(|message| message.len() < 520)
    );
    run.write("scripts/main.lua", &format!("{script} -- saved"));
    manager.until("RELOADING=1\nMONOTONIC_USEC=");
    manager.until("READY=1\n");
    run.wait_for("script loaded generation=2");
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

/// A project in a folder of this name.
fn project(name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join(name);
    fs::create_dir_all(project.join("scripts")).unwrap();
    fs::write(project.join("scripts/main.lua"), SCRIPT).unwrap();
    fs::write(
        project.join("ouzel.toml"),
        "[script_limits]\nmemory = \"100MiB\"\n",
    )
    .unwrap();
    (folder, project)
}

/// What systemd finds wrong with a unit; nothing where it cannot be asked.
fn verified(folder: &Path, unit: &str) -> Vec<String> {
    let path = folder.join("ouzel.service");
    fs::write(&path, unit).unwrap();
    let mut analyze = Command::new("systemd-analyze");
    analyze.args(["verify", "--man=no"]).arg(&path);
    let Ok(output) = analyze.output() else {
        return Vec::new();
    };
    // An older one does without these, as the unit says.
    let new = ["notify-reload", "RestartSteps", "RestartMaxDelaySec"];
    let said = String::from_utf8(output.stderr).unwrap();
    let wrong = said
        .lines()
        .filter(|line| !new.iter().any(|new| line.contains(new)));
    wrong.map(str::to_owned).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_unit_starts_this_project_and_gives_it_only_what_it_needs() {
    let (folder, project) = project("a b%c\"d$e'f");
    let (code, unit, said) = ouzel(&project, &["service", "--user", "ada"]);
    assert_eq!(code, 0, "{said}");
    let root = folder.path().canonicalize().unwrap();
    let root = root.to_str().unwrap();
    let path = |rest: &str| format!("\"{root}/a b%%c\\\"d$$e'f/{rest}\"");
    let start = format!(
        "ExecStart=\"{}\" run --config {} --data-dir {} {}\n",
        command(&project).get_program().to_str().unwrap(),
        path("ouzel.toml"),
        path("data"),
        path("scripts/main.lua")
    );
    for line in [
        &start[..],
        "Type=notify-reload\n",
        "User=ada\n",
        "WatchdogSec=2min\n",
        "Restart=on-failure\n",
        "RestartPreventExitStatus=2 3\n",
        "MemoryMax=812M\n",
        "NoNewPrivileges=yes\n",
        "ProtectSystem=strict\n",
        &format!("ReadWritePaths=\"{root}/a b%%c\\\"d$e'f/data\"\n"),
        &format!("EnvironmentFile=-{root}/a b%%c\"d$e'f/ouzel.env\n"),
        "WantedBy=multi-user.target\n",
    ] {
        assert!(unit.contains(line), "{line}\n{unit}");
    }
    assert!(said.contains("systemctl enable --now ouzel"), "{said}");
    assert!(said.contains("chmod 600"), "{said}");
    assert!(said.contains("mkdir -p "), "{said}");
    assert!(
        said.contains("`OUZEL_STATUS_LISTEN` is set here and is not in the unit"),
        "{said}"
    );
    assert_eq!(verified(folder.path(), &unit), NOTHING, "{unit}");
}

#[test]
fn a_unit_for_ones_own_manager_asks_for_no_root() {
    let (folder, project) = project("tracker");
    let (code, unit, said) = ouzel(&project, &["service", "--user-unit"]);
    assert_eq!(code, 0, "{said}");
    for line in [
        "User=",
        "ProtectSystem=",
        "CapabilityBoundingSet=",
        "multi-user",
    ] {
        assert!(!unit.contains(line), "{line}\n{unit}");
    }
    assert!(unit.contains("WantedBy=default.target\n"), "{unit}");
    assert!(
        said.contains("systemctl --user enable --now ouzel"),
        "{said}"
    );
    assert_eq!(verified(folder.path(), &unit), NOTHING, "{unit}");
}

#[test]
fn a_unit_that_could_not_work_is_not_made() {
    let (_folder, project) = project("line\nbreak");
    let (code, unit, said) = ouzel(&project, &["service"]);
    assert_eq!((code, &unit[..]), (2, ""), "{said}");
    assert!(
        said.contains("systemd has no way to write the path"),
        "{said}"
    );
    let (_plain, project) = self::project("plain");
    let (code, _, said) = ouzel(&project, &["service", "--user", "ada\nExecStart=/bin/sh"]);
    assert_eq!(code, 2);
    assert!(said.contains("is no name of a user"), "{said}");
    fs::write(project.join("ouzel.toml"), "[strem]\n").unwrap();
    let mut service = command(&project);
    service.arg("service");
    let (code, _, said) = Process::start(service).wait();
    assert_eq!(code, 2);
    assert!(
        said.contains("did you mean the section `[stream]`?"),
        "{said}"
    );
}

#[test]
fn the_unit_of_the_package_forbids_the_same() {
    let (folder, project) = project("tracker");
    let (_, made, _) = ouzel(&project, &["service", "--user-unit"]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/ouzel@.service");
    let packaged = fs::read_to_string(path).unwrap();
    // The place of the project, and how much memory its script may take, are its own.
    let own = [
        "ExecStart=",
        "WorkingDirectory=",
        "EnvironmentFile=",
        "MemoryMax=",
        "Description=",
    ];
    let others = |unit: &str| {
        let lines = unit
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty());
        let lines = lines.filter(|line| !own.iter().any(|own| line.starts_with(own)));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(others(&packaged), others(&made));
    let packaged = packaged.replace("/usr/bin/ouzel", "/bin/true");
    assert_eq!(verified(folder.path(), &packaged), NOTHING);
}

#[test]
fn a_tweet_that_the_watchdog_has_ended_twice_goes_to_quarantine() {
    let mut setup = Setup::new()
        .script("ouzel.enrich(function(t) if t.id == 13 then while true do end end end)")
        .without_script_limits();
    for time in 0..2 {
        let run = setup.start();
        if time == 0 {
            run.powertrack().send_all((1..=20).map(tweet));
        }
        run.wait_for("a handler does not end");
        // As systemd does it.
        run.process().signal("ABRT");
        let ended = run.ends();
        ended.assert_code(-1);
        setup = ended.again();
    }
    let run = setup.start();
    wait_until("the Tweet is in quarantine", || {
        run.process().said().contains("quarantine")
    });
    let ended = run.drain();
    assert_eq!(ended.rows("SELECT tweet_id FROM _ouzel_quarantine"), "13");
}
