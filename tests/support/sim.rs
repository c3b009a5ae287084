//! `ouzel sim` in a process of its own.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};
use tempfile::TempDir;

use super::{
    process::{Process, command},
    wait::connect,
};

pub struct Sim {
    folder: TempDir,
    pub address: String,
    pub process: Process,
}

impl Sim {
    pub fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command(folder.path());
        command
            .args(["sim", "--listen", "127.0.0.1:0", "--port-file", "port"])
            .args(arguments);
        let process = Process::start(command);
        process.wait_for_output("read Tweets:");
        Self {
            address: fs::read_to_string(folder.path().join("port")).unwrap(),
            folder,
            process,
        }
    }

    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ouzel-sim.pem")
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn url(&self, scheme: &str, kind: &str) -> String {
        format!(
            "{scheme}://{}/{kind}/powertrack/accounts/sim/publishers/twitter/dev.json",
            self.address
        )
    }

    /// Ends it, and gives a file that it has written.
    pub fn truth(self, name: &str) -> String {
        self.process.signal("TERM");
        let (code, _, stderr) = self.process.wait();
        assert_eq!(code, 0, "{stderr}");
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// What the simulator counts.
    pub fn stats(&self) -> Value {
        self.control("GET", "stats", "")
    }

    /// A request to what it has beyond the service, such as `faults`.
    pub fn control(&self, method: &str, what: &str, body: &str) -> Value {
        let mut connection = connect(&self.address);
        let request = format!(
            "{method} /_sim/{what} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        sonic_rs::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
    /// A request to the rules endpoint of a set, as another client would make it; `set` is `dev` or `replay:dev`, say.
    pub fn change_rules(&self, set: &str, query: &str, body: &str) -> Value {
        self.ask_rules("POST", set, query, body)
    }

    /// The rules of a set, as `value [tag]`, one a line, oldest first.
    pub fn rules(&self, set: &str) -> String {
        let listed = self.ask_rules("GET", set, "", "");
        let mut rules: Vec<_> = listed["rules"].as_array().unwrap().iter().collect();
        rules.sort_by_key(|rule| rule["id"].as_i64());
        let shown = rules.iter().map(|rule| {
            let tag = rule["tag"].as_str().unwrap_or("-");
            format!("{} [{tag}]", rule["value"].as_str().unwrap())
        });
        shown.collect::<Vec<_>>().join("\n")
    }

    fn ask_rules(&self, method: &str, set: &str, query: &str, body: &str) -> Value {
        let (kind, label) = match set.strip_prefix("replay:") {
            Some(label) => ("powertrack-replay", label),
            None => ("powertrack", set),
        };
        let login = STANDARD.encode("sim:sim");
        let mut connection = connect(&self.address);
        let request = format!(
            "{method} /rules/{kind}/accounts/sim/publishers/twitter/{label}.json{query} HTTP/1.1\r\nhost: {}\r\n\
             authorization: Basic {login}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        sonic_rs::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}
