//! A process of the binary: its output as it comes, its end, and signals.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{DEADLINE, wait::wait_until};

#[derive(Default)]
struct Heard {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// How far `wait_for` has come in each.
    seen: [usize; 2],
    ended: [bool; 2],
}

#[derive(Default)]
struct Ears {
    heard: Mutex<Heard>,
    more: Condvar,
}

/// A running process; killed when dropped.
pub struct Process {
    child: Child,
    ears: Arc<Ears>,
    threads: Vec<JoinHandle<()>>,
    /// Open as long as the process is.
    _unread: Option<ChildStdout>,
}

/// Who reads what the process writes to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stdout {
    /// The test does.
    Heard,
    /// It is closed at the other end.
    Closed,
    /// It is open, and nobody reads.
    Unread,
}

/// The binary, in `folder`, with nothing of this environment that it would read.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ouzel"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OUZEL_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder);
    command
}

/// A command in a folder: its exit code, its result, and what it says.
#[track_caller]
pub fn ouzel(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut ouzel = command(folder);
    // Runs at the same time would ask for the same port.
    ouzel.args(arguments).env("OUZEL_STATUS_LISTEN", "off");
    let (code, stdout, stderr) = Process::start(ouzel).wait();
    (code, String::from_utf8(stdout).unwrap(), stderr)
}

impl Process {
    pub fn start(command: Command) -> Self {
        Self::start_with(command, Stdio::null(), Stdout::Heard)
    }

    /// The same, and something may come in.
    pub fn start_with(mut command: Command, stdin: Stdio, reads: Stdout) -> Self {
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let ears = Arc::<Ears>::default();
        let stdout = child.stdout.take().unwrap();
        let stderr: Box<dyn Read + Send> = Box::new(child.stderr.take().unwrap());
        let mut pipes = vec![(1, stderr)];
        let mut unread = None;
        match reads {
            Stdout::Heard => pipes.push((0, Box::new(stdout))),
            Stdout::Closed | Stdout::Unread => {
                ears.heard.lock().unwrap().ended[0] = true;
                unread = Some(stdout).filter(|_| reads == Stdout::Unread);
            }
        }
        let threads = pipes
            .into_iter()
            .map(|(which, pipe)| {
                let ears = Arc::clone(&ears);
                thread::spawn(move || listen(&ears, which, pipe))
            })
            .collect();
        Self {
            child,
            ears,
            threads,
            _unread: unread,
        }
    }

    /// Waits for the next line on stderr that holds a text, after the last one waited for.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_on(1, text)
    }

    /// The same on stdout.
    #[track_caller]
    pub fn wait_for_output(&self, text: &str) -> String {
        self.wait_on(0, text)
    }

    #[track_caller]
    fn wait_on(&self, which: usize, text: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        let mut heard = self.ears.heard.lock().unwrap();
        loop {
            let from = heard.seen[which];
            let bytes = if which == 0 {
                &heard.stdout
            } else {
                &heard.stderr
            };
            let rest = String::from_utf8_lossy(&bytes[from..]).into_owned();
            let mut at = from;
            for line in rest.split_inclusive('\n') {
                at += line.len();
                if line.contains(text) {
                    heard.seen[which] = at;
                    return line.trim_end().to_owned();
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !heard.ended[which],
                "no line with `{text}` after what was waited for before, {}:\n{}",
                if left.is_zero() {
                    "in time"
                } else {
                    "and it is over"
                },
                transcript(&heard)
            );
            heard = self.ears.more.wait_timeout(heard, left).unwrap().0;
        }
    }

    /// Waits for the next line on stdout, but not for longer than this; whether there was one.
    pub fn hears_output(&self, longest: Duration) -> bool {
        let deadline = Instant::now() + longest;
        let mut heard = self.ears.heard.lock().unwrap();
        loop {
            let from = heard.seen[0];
            if let Some(end) = heard.stdout[from..].iter().position(|byte| *byte == b'\n') {
                heard.seen[0] = from + end + 1;
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || heard.ended[0] {
                return false;
            }
            heard = self.ears.more.wait_timeout(heard, left).unwrap().0;
        }
    }

    /// Waits until stderr holds a text, or until the end; whether it does.
    #[track_caller]
    pub fn says_before_it_ends(&self, text: &str) -> bool {
        let deadline = Instant::now() + DEADLINE;
        let mut heard = self.ears.heard.lock().unwrap();
        loop {
            if String::from_utf8_lossy(&heard.stderr).contains(text) {
                return true;
            }
            if heard.ended[1] {
                return false;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "neither came in time:\n{}",
                transcript(&heard)
            );
            heard = self.ears.more.wait_timeout(heard, left).unwrap().0;
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it has had at once, in bytes.
    pub fn memory(&self) -> u64 {
        self.status("VmHWM:").unwrap()
    }

    /// The same without its own code, of which a debug build has tens of MiB.
    pub fn memory_of_data(&self) -> u64 {
        self.peak_of_data().unwrap()
    }

    fn peak_of_data(&self) -> Option<u64> {
        Some(
            self.status("VmHWM:")?
                .saturating_sub(self.status("RssFile:")?),
        )
    }

    /// The memory that it has now, in bytes.
    pub fn memory_now(&self) -> u64 {
        self.status("VmRSS:").unwrap()
    }

    /// What the system says of its memory, as long as it has any.
    fn status(&self, what: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(what))?;
        let digits = line.trim().trim_end_matches(" kB");
        Some(digits.parse::<u64>().ok()? * 1024)
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        self.kill(&format!("kill -{name} {}", self.child.id()));
    }

    /// Sends a signal twice, as close together as two calls of one shell are.
    pub fn signal_twice(&self, name: &str) {
        let id = self.child.id();
        self.kill(&format!("kill -{name} {id}; kill -{name} {id}"));
    }

    fn kill(&self, command: &str) {
        let sent = Command::new("sh").args(["-c", command]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end: the exit code, and all output.
    #[track_caller]
    pub fn wait(mut self) -> (i32, Vec<u8>, String) {
        let deadline = Instant::now() + DEADLINE;
        let mut heard = self.ears.heard.lock().unwrap();
        while heard.ended != [true, true] {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "it does not end:\n{}", transcript(&heard));
            heard = self.ears.more.wait_timeout(heard, left).unwrap().0;
        }
        let (stdout, stderr) = (heard.stdout.clone(), heard.stderr.clone());
        drop(heard);
        let status = self.child.wait().unwrap();
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
        let stderr = String::from_utf8(stderr).expect("what people read is UTF-8");
        (status.code().unwrap_or(-1), stdout, stderr)
    }

    /// Waits for the end, and gives the most memory that it was seen to have at once, without its own code, in bytes.
    #[track_caller]
    pub fn wait_with_peak(self) -> ((i32, Vec<u8>, String), u64) {
        let mut peak = 0;
        wait_until("it has ended", || {
            peak = peak.max(self.peak_of_data().unwrap_or(0));
            self.ears.heard.lock().unwrap().ended == [true, true]
        });
        (self.wait(), peak)
    }

    /// Everything said so far on stderr.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&self.ears.heard.lock().unwrap().stderr).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(ears: &Ears, which: usize, pipe: Box<dyn Read + Send>) {
    let mut pipe = BufReader::new(pipe);
    loop {
        let mut line = Vec::new();
        let read = pipe.read_until(b'\n', &mut line).unwrap_or(0);
        // The test may have failed, and its lock with it.
        let mut heard = ears.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if read == 0 {
            heard.ended[which] = true;
        } else if which == 0 {
            heard.stdout.append(&mut line);
        } else {
            heard.stderr.append(&mut line);
        }
        ears.more.notify_all();
        if read == 0 {
            return;
        }
    }
}

fn transcript(heard: &Heard) -> String {
    format!(
        "--- stderr\n{}\n--- stdout\n{}",
        String::from_utf8_lossy(&heard.stderr),
        String::from_utf8_lossy(&heard.stdout)
    )
}
