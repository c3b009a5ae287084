//! A headless Chromium, driven by its own protocol: JSON between zeros, on the two pipes that it is given.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use sonic_rs::{JsonValueTrait, Value, json};
use tempfile::TempDir;

use crate::support::{DEADLINE, wait_until};

/// Its programs, by their usual names.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser with one page; killed when dropped.
pub(super) struct Chromium {
    process: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    asked: u64,
    /// What the page's console and the browser say of the page that is wrong.
    wrong: Vec<String>,
    _profile: TempDir,
}

/// Where Chromium is, if it is installed.
pub(super) fn installed() -> Option<PathBuf> {
    let folders: Vec<_> = env::split_paths(&env::var_os("PATH")?).collect();
    let paths = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    paths.into_iter().find(|path| path.is_file())
}

impl Chromium {
    pub(super) fn start(program: &PathBuf) -> Self {
        let profile = tempfile::tempdir().unwrap();
        // It reads commands from 3 and writes to 4. Its sandbox needs what containers do not give, and only this page is shown.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 >/dev/null 2>&1", "sh"])
            .arg(program)
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
            ])
            .args([
                "--no-first-run",
                "--disable-extensions",
                "--hide-scrollbars",
                "--remote-debugging-pipe",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = process.stdin.take().unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            while said
                .read_until(0, &mut message)
                .is_ok_and(|bytes| bytes > 0)
            {
                message.pop();
                if sender
                    .send(sonic_rs::from_slice(&message).unwrap())
                    .is_err()
                {
                    return;
                }
                message.clear();
            }
        });
        let mut chromium = Self {
            process,
            commands,
            messages,
            session: None,
            asked: 0,
            wrong: Vec::new(),
            _profile: profile,
        };
        let page = chromium.ask("Target.createTarget", json!({ "url": "about:blank" }));
        let page = page["targetId"].as_str().unwrap();
        let session = chromium.ask(
            "Target.attachToTarget",
            json!({ "targetId": page, "flatten": true }),
        );
        chromium.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log"] {
            chromium.ask(&format!("{domain}.enable"), json!({}));
        }
        chromium
    }

    /// Sends a command, and waits for its result.
    #[track_caller]
    pub(super) fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.asked += 1;
        let command = match &self.session {
            Some(session) => {
                json!({ "id": self.asked, "method": method, "params": parameters, "sessionId": session })
            }
            None => json!({ "id": self.asked, "method": method, "params": parameters }),
        };
        let mut text = sonic_rs::to_vec(&command).unwrap();
        text.push(0);
        self.commands.write_all(&text).unwrap();
        loop {
            let message = self.messages.recv_timeout(DEADLINE);
            let message = message.unwrap_or_else(|error| panic!("{method}: {error}"));
            if message["id"].as_u64() == Some(self.asked) {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.note(&message);
        }
    }

    fn note(&mut self, message: &Value) {
        let parameters = &message["params"];
        let is_wrong = match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => {
                ["error", "warning", "assert"].contains(&parameters["type"].as_str().unwrap())
            }
            Some("Log.entryAdded") => parameters["entry"]["level"].as_str() == Some("error"),
            _ => false,
        };
        if is_wrong {
            self.wrong.push(parameters.to_string());
        }
    }

    /// What was wrong since the last time, as the browser says it.
    pub(super) fn wrong(&mut self) -> Vec<String> {
        self.js("0");
        std::mem::take(&mut self.wrong)
    }

    pub(super) fn open(&mut self, url: &str) {
        self.ask("Page.navigate", json!({ "url": url }));
    }

    /// The value of an expression in the page.
    #[track_caller]
    pub(super) fn js(&mut self, expression: &str) -> Value {
        let parameters =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let result = self.ask("Runtime.evaluate", parameters);
        assert!(
            result.get("exceptionDetails").is_none(),
            "{expression}: {result}"
        );
        result["result"]["value"].clone()
    }

    /// The text of an element as people see it.
    #[track_caller]
    pub(super) fn text(&mut self, selector: &str) -> String {
        let found = self.js(&format!(
            "document.querySelector({selector:?})?.innerText ?? ''"
        ));
        found.as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub(super) fn wait_for_text(&mut self, selector: &str, text: &str) {
        wait_until(&format!("`{text}` in {selector}"), || {
            self.text(selector).contains(text)
        });
    }

    /// Shows the page in this size, with these colours.
    pub(super) fn look_as(&mut self, width: u32, height: u32, scheme: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.ask("Emulation.setDeviceMetricsOverride", size);
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.ask(
            "Emulation.setEmulatedMedia",
            json!({ "features": [feature] }),
        );
    }

    /// A picture of the page, as PNG.
    pub(super) fn picture(&mut self) -> Vec<u8> {
        let picture = self.ask(
            "Page.captureScreenshot",
            json!({ "format": "png", "captureBeyondViewport": true }),
        );
        STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Its other processes end with it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
