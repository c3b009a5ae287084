//! A scripted PowerTrack: keeps rules, records requests, and streams what the test sends.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::Instant,
};

use flate2::{Compression, write::GzEncoder};
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value, json};

use super::DEADLINE;

/// The first id that the service gives; more than a double can hold exactly.
const FIRST_ID: i64 = 1_635_659_407_703_232_501;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub id: i64,
    pub value: String,
    pub tag: Option<String>,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What it asks for, in a word.
    pub fn kind(&self) -> &'static str {
        match (self.method.as_str(), self.path.as_str()) {
            ("GET", path) if path.starts_with("/stream/") => "stream",
            ("GET", _) => "list",
            ("POST", path) if path.ends_with("?_method=delete") => "delete",
            ("POST", path) if path.ends_with("/validation.json") => "validate",
            ("POST", _) => "add",
            _ => "other",
        }
    }
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    given: i64,
    requests: Vec<Request>,
    stream_answers: VecDeque<(u16, String)>,
    rules_answers: VecDeque<(&'static str, u16, String)>,
    connections: usize,
    stream: Option<Stream>,
    over: bool,
}

struct Stream {
    socket: TcpStream,
    gzip: GzEncoder<Vec<u8>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// The service; ends when dropped.
pub struct PowerTrack {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl PowerTrack {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::<Shared>::default();
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for socket in listener.incoming() {
                if serving.state.lock().unwrap().over {
                    return;
                }
                let shared = Arc::clone(&serving);
                // A client that goes away in the middle is no failure of the service.
                thread::spawn(move || socket.and_then(|socket| serve(&shared, socket)));
            }
        });
        Self { address, shared }
    }

    pub fn url(&self, kind: &str) -> String {
        format!(
            "http://{}/{kind}/powertrack/accounts/acme/publishers/twitter/prod.json",
            self.address
        )
    }

    /// A rule that somebody else has added.
    pub fn add_rule(&self, value: &str, tag: Option<&str>) -> i64 {
        self.state().add(value, tag)
    }

    /// Somebody else deletes a rule.
    pub fn delete_rule(&self, value: &str) {
        self.state().rules.retain(|rule| rule.value != value);
    }

    /// The rules there are, as `value [tag]`, one a line.
    pub fn rules(&self) -> String {
        let state = self.state();
        let shown: Vec<_> = state
            .rules
            .iter()
            .map(|rule| format!("{} [{}]", rule.value, rule.tag.as_deref().unwrap_or("-")))
            .collect();
        shown.join("\n")
    }

    pub fn rule_ids(&self) -> Vec<i64> {
        self.state().rules.iter().map(|rule| rule.id).collect()
    }

    /// Answers the next request for the stream with this status.
    pub fn refuse_stream(&self, status: u16, body: &str) {
        let answer = (status, body.to_owned());
        self.state().stream_answers.push_back(answer);
    }

    /// Answers the next request of this kind (`list`, `add`, `delete`, `validate`) with this status and body.
    pub fn refuse_rules(&self, kind: &'static str, status: u16, body: &str) {
        let answer = (kind, status, body.to_owned());
        self.state().rules_answers.push_back(answer);
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// The requests so far by what they ask for, such as `list add stream`.
    pub fn asked(&self) -> String {
        let state = self.state();
        let kinds: Vec<_> = state.requests.iter().map(Request::kind).collect();
        kinds.join(" ")
    }

    /// The bodies of the requests of a kind.
    pub fn bodies(&self, kind: &str) -> Vec<String> {
        let requests = self.requests().into_iter();
        requests
            .filter(|request| request.kind() == kind)
            .map(|request| request.body)
            .collect()
    }

    /// How often the stream was opened.
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// Waits until the stream has been opened this often.
    #[track_caller]
    pub fn wait_for_connection(&self, number: usize) {
        self.wait(
            |state| (state.connections >= number).then_some(()),
            "connection",
        );
    }

    /// Waits until so many requests of a kind have come.
    #[track_caller]
    pub fn wait_for_request(&self, kind: &str, number: usize) -> Request {
        self.wait(
            |state| {
                let mut fitting = state
                    .requests
                    .iter()
                    .filter(|request| request.kind() == kind);
                fitting.nth(number - 1).cloned()
            },
            kind,
        )
    }

    /// Sends a line, flushed.
    #[track_caller]
    pub fn send(&self, line: impl AsRef<[u8]>) {
        let mut bytes = line.as_ref().to_vec();
        bytes.extend_from_slice(b"\r\n");
        self.send_bytes(&bytes);
    }

    /// Sends several lines in one piece.
    #[track_caller]
    pub fn send_all<L: AsRef<str>>(&self, lines: impl IntoIterator<Item = L>) {
        let mut bytes = Vec::new();
        for line in lines {
            bytes.extend_from_slice(line.as_ref().as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        self.send_bytes(&bytes);
    }

    /// Sends several lines to a client that may break off in the middle; then the rest of them is lost.
    #[track_caller]
    pub fn send_to_who_may_go<L: AsRef<str>>(&self, lines: impl IntoIterator<Item = L>) {
        self.wait(|state| state.stream.is_some().then_some(()), "stream");
        let mut state = self.state();
        let stream = state.stream.as_mut().unwrap();
        for line in lines {
            let sent = stream
                .gzip
                .write_all(line.as_ref().as_bytes())
                .and_then(|()| stream.gzip.write_all(b"\r\n"))
                .and_then(|()| stream.gzip.flush());
            sent.unwrap();
            let packed = std::mem::take(stream.gzip.get_mut());
            if chunk(&mut stream.socket, &packed).is_err() {
                state.stream = None;
                return;
            }
        }
    }

    /// Sends bytes as they are, flushed, in one chunk.
    #[track_caller]
    pub fn send_bytes(&self, bytes: &[u8]) {
        self.on_stream(|stream| {
            stream.gzip.write_all(bytes)?;
            stream.gzip.flush()?;
            let packed = std::mem::take(stream.gzip.get_mut());
            chunk(&mut stream.socket, &packed)
        });
    }

    /// Ends the stream in order.
    #[track_caller]
    pub fn end(&self) {
        self.on_stream(|stream| {
            stream.gzip.try_finish()?;
            let packed = std::mem::take(stream.gzip.get_mut());
            chunk(&mut stream.socket, &packed)?;
            stream.socket.write_all(b"0\r\n\r\n")?;
            stream.socket.shutdown(Shutdown::Both)
        });
        self.state().stream = None;
    }

    /// Breaks the connection off, in the middle of the chunked body.
    #[track_caller]
    pub fn cut(&self) {
        self.on_stream(|stream| stream.socket.shutdown(Shutdown::Both));
        self.state().stream = None;
    }

    #[track_caller]
    fn on_stream(&self, act: impl FnOnce(&mut Stream) -> io::Result<()>) {
        self.wait(|state| state.stream.is_some().then_some(()), "stream");
        let mut state = self.state();
        act(state.stream.as_mut().unwrap()).unwrap();
    }

    #[track_caller]
    fn wait<R>(&self, find: impl Fn(&State) -> Option<R>, what: &str) -> R {
        let deadline = Instant::now() + DEADLINE;
        let mut state = self.state();
        loop {
            if let Some(found) = find(&state) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no {what} in time: {:#?}", state.requests);
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}

impl Drop for PowerTrack {
    fn drop(&mut self) {
        if let Ok(mut state) = self.shared.state.lock() {
            state.over = true;
            state.stream = None;
        }
        // Wakes the listener, so that it sees the end.
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    fn add(&mut self, value: &str, tag: Option<&str>) -> i64 {
        let id = FIRST_ID + self.given;
        self.given += 1;
        self.rules.push(Rule {
            id,
            value: value.to_owned(),
            tag: tag.map(str::to_owned),
        });
        id
    }

    fn answer(&mut self, request: &Request) -> (u16, String) {
        let kind = request.kind();
        if let Some(at) = self.rules_answers.iter().position(|(of, ..)| *of == kind) {
            let (_, status, body) = self.rules_answers.remove(at).unwrap();
            return (status, body);
        }
        match kind {
            "list" => {
                let rules: Vec<Value> = self.rules.iter().map(shown).collect();
                (
                    200,
                    json!({"rules": rules, "sent": "2017-01-11T18:12:52.000Z"}).to_string(),
                )
            }
            "validate" => (200, validated(&sonic_rs::from_str(&request.body).unwrap())),
            "add" => (201, self.added(&sonic_rs::from_str(&request.body).unwrap())),
            "delete" => (
                200,
                self.deleted(&sonic_rs::from_str(&request.body).unwrap()),
            ),
            _ => (404, String::new()),
        }
    }

    fn added(&mut self, body: &Value) -> String {
        let mut detail = Vec::new();
        let mut created = 0;
        for rule in body["rules"].as_array().unwrap().iter() {
            let value = rule["value"].as_str().unwrap();
            let there = self.rules.iter().find(|other| other.value == value);
            if let Some(there) = there {
                let message = "A rule with this value already exists";
                detail.push(json!({"rule": shown(there), "created": false, "message": message}));
            } else {
                self.add(value, rule["tag"].as_str());
                created += 1;
                detail.push(json!({"rule": shown(self.rules.last().unwrap()), "created": true}));
            }
        }
        let summary = json!({"created": created, "not_created": detail.len() - created});
        json!({"summary": summary, "detail": detail, "sent": "2017-01-11T18:12:52.000Z"})
            .to_string()
    }

    fn deleted(&mut self, body: &Value) -> String {
        let ids = body["rule_ids"].as_array().unwrap();
        let ids: Vec<i64> = ids.iter().map(|id| id.as_i64().unwrap()).collect();
        let before = self.rules.len();
        self.rules.retain(|rule| !ids.contains(&rule.id));
        let deleted = before - self.rules.len();
        let summary = json!({"deleted": deleted, "not_deleted": ids.len() - deleted});
        let none: Vec<Value> = Vec::new();
        json!({"summary": summary, "detail": none, "sent": "2017-01-11T18:12:52.000Z"}).to_string()
    }
}

/// All rules are valid.
fn validated(body: &Value) -> String {
    let rules = body["rules"].as_array().unwrap();
    let detail: Vec<Value> = rules
        .iter()
        .map(|rule| json!({"rule": {"value": rule["value"], "tag": rule["tag"]}, "valid": true}))
        .collect();
    let summary = json!({"valid": rules.len(), "not_valid": 0});
    json!({"summary": summary, "detail": detail, "sent": "2017-01-11T18:12:52.000Z"}).to_string()
}

fn shown(rule: &Rule) -> Value {
    json!({"value": rule.value, "tag": rule.tag, "id": rule.id, "id_str": rule.id.to_string()})
}

fn serve(shared: &Shared, socket: TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut reader = BufReader::new(socket.try_clone()?);
    let mut socket = socket;
    while let Some(request) = read_request(&mut reader)? {
        let mut state = shared.state.lock().unwrap();
        state.requests.push(request.clone());
        if request.kind() != "stream" {
            let (status, body) = state.answer(&request);
            drop(state);
            respond(&mut socket, status, &body)?;
            shared.changed.notify_all();
            continue;
        }
        if let Some((status, body)) = state.stream_answers.pop_front() {
            drop(state);
            respond(&mut socket, status, &body)?;
            shared.changed.notify_all();
            continue;
        }
        socket.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n",
        )?;
        state.connections += 1;
        state.stream = Some(Stream {
            socket,
            gzip: GzEncoder::new(Vec::new(), Compression::fast()),
        });
        drop(state);
        shared.changed.notify_all();
        return Ok(());
    }
    Ok(())
}

fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut words = first.split_whitespace().map(str::to_owned);
    let (method, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request {
        method,
        path,
        headers,
        body: String::new(),
    };
    let length = request
        .header("content-length")
        .and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(request))
}

fn respond(socket: &mut TcpStream, status: u16, body: &str) -> io::Result<()> {
    let answer = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(answer.as_bytes())
}

fn chunk(socket: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"\r\n");
    socket.write_all(&framed)
}
