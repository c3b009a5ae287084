//! The simulator through its socket, with a client that does no more than HTTP/1.1 needs.

mod faults;
mod limits;
mod rules;
mod rules_add;
mod rules_delete;
mod rules_faults;
mod rules_felt;
mod rules_limits;
mod rules_list;
mod rules_refuse;
mod rules_sets;
mod rules_validate;
mod server;
mod stream;
mod windows;

use std::{net::SocketAddr, time::Duration};

use axum::body::Bytes;
use flate2::{Decompress, FlushDecompress, Status};
use sonic_rs::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{Limits, Running, SimOptions, start};

const STREAM: &str = "/stream/powertrack/accounts/sim/publishers/twitter/dev.json";
const RULES: &str = "/rules/powertrack/accounts/sim/publishers/twitter/dev.json";
/// `sim:sim`
const BASIC: &str = "Authorization: Basic c2ltOnNpbQ==\r\n";
const GZIP: &str = "Accept-Encoding: gzip\r\n";

/// An answer: status, the head as text, the body.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        sonic_rs::from_str(&self.body).expect(&self.body)
    }
}

fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
}

/// What comes in time; panics with what was waited for if it takes longer than any machine needs.
async fn in_time<T>(what: &str, coming: impl Future<Output = T>) -> T {
    let come = timeout(Duration::from_secs(90), coming).await;
    come.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Sends one request and reads its answer to the end.
async fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Answer {
    let answer = exchanged(address, method, path, headers, body);
    in_time(&format!("an answer to {method} {path}"), answer).await
}

async fn exchanged(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let headers = format!("{headers}Connection: close\r\n");
    // The server may answer before it has read everything.
    let _ = stream
        .write_all(request(method, path, &headers, body).as_bytes())
        .await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
    Answer {
        status: head[9..12].parse().unwrap(),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

/// Asks for a stream, and reads its answer to the end.
async fn connect(sim: &Running, path: &str) -> Answer {
    exchange(sim.address, "GET", path, &format!("{BASIC}{GZIP}"), "").await
}

/// Sends a request to the rules endpoint.
async fn post(sim: &Running, path: &str, body: &str) -> Answer {
    exchange(sim.address, "POST", path, BASIC, body).await
}

/// Made-up Tweets at this rate.
fn rated(rate: f64) -> SimOptions {
    SimOptions {
        rate: Some(rate),
        ..SimOptions::default()
    }
}

/// Adds rules and expects that they are created.
async fn add_rules(sim: &Running, body: &str) -> Value {
    let answer = post(sim, RULES, body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

/// A connection to the stream, read line by line.
struct Reader<S> {
    stream: S,
    raw: Vec<u8>,
    inflate: Decompress,
    text: Vec<u8>,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With the last chunk of the body.
    Orderly,
    /// Without it.
    Broken,
}

impl Reader<TcpStream> {
    async fn connect(sim: &Running) -> Self {
        Self::ask(sim, STREAM).await
    }

    /// Asks for a path with a query.
    async fn ask(sim: &Running, path: &str) -> Self {
        let stream = TcpStream::connect(sim.address).await.unwrap();
        Self::request(stream, path).await
    }
}

impl<S: AsyncRead + AsyncWriteExt + Unpin> Reader<S> {
    /// Asks for the stream and reads the head of the answer.
    async fn over(stream: S) -> Self {
        Self::request(stream, STREAM).await
    }

    async fn request(mut stream: S, path: &str) -> Self {
        let asked = request("GET", path, &format!("{BASIC}{GZIP}"), "");
        stream.write_all(asked.as_bytes()).await.unwrap();
        let mut reader = Self {
            stream,
            raw: Vec::new(),
            inflate: Decompress::new_gzip(15),
            text: Vec::new(),
        };
        let head = in_time("the head of an answer", reader.raw_until("\r\n\r\n")).await;
        let head = head.to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(
            head.contains("transfer-encoding: chunked") && head.contains("content-encoding: gzip"),
            "{head}"
        );
        reader
    }

    /// The next line without its delimiter; `None` after an orderly end.
    async fn line(&mut self) -> Option<String> {
        in_time("a line", self.next_line()).await
    }

    async fn next_line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.text.windows(2).position(|two| two == b"\r\n") {
                let line = self.text[..end].to_vec();
                self.text.drain(..end + 2);
                return Some(String::from_utf8(line).unwrap());
            }
            let size = self.raw_until("\r\n").await;
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            while self.raw.len() < size + 2 {
                assert_ne!(
                    self.stream.read_buf(&mut self.raw).await.unwrap(),
                    0,
                    "a torn chunk"
                );
            }
            if size == 0 {
                return None;
            }
            let chunk: Vec<u8> = self.raw.drain(..size + 2).collect();
            self.inflate(&chunk[..size]);
        }
    }

    /// The text up to the end of the connection, and how it ended.
    async fn rest(self) -> (String, End) {
        in_time("the end of the connection", self.all_of_it()).await
    }

    async fn all_of_it(mut self) -> (String, End) {
        let end = loop {
            if let Some(at) = memchr::memmem::find(&self.raw, b"\r\n") {
                let size = str::from_utf8(&self.raw[..at]).unwrap();
                let size = usize::from_str_radix(size, 16).unwrap();
                let end = at + 2 + size + 2;
                if self.raw.len() >= end {
                    let chunk: Vec<u8> = self.raw.drain(..end).collect();
                    if size == 0 {
                        break End::Orderly;
                    }
                    self.inflate(&chunk[at + 2..at + 2 + size]);
                    continue;
                }
            }
            match self.stream.read_buf(&mut self.raw).await {
                Ok(0) | Err(_) => break End::Broken,
                Ok(_) => {}
            }
        };
        (String::from_utf8_lossy(&self.text).into_owned(), end)
    }

    async fn tweet(&mut self) -> Value {
        let line = self.line().await.unwrap();
        sonic_rs::from_str(&line).expect(&line)
    }

    fn inflate(&mut self, mut input: &[u8]) {
        while !input.is_empty() {
            self.text.reserve(64 * 1024);
            let before = self.inflate.total_in();
            let status = self
                .inflate
                .decompress_vec(input, &mut self.text, FlushDecompress::Sync)
                .unwrap();
            input = &input[usize::try_from(self.inflate.total_in() - before).unwrap()..];
            if status == Status::StreamEnd {
                self.inflate = Decompress::new_gzip(15);
            }
        }
    }

    async fn raw_until(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = memchr::memmem::find(&self.raw, end.as_bytes()) {
                let piece: Vec<u8> = self.raw.drain(..at + end.len()).collect();
                return String::from_utf8(piece).unwrap();
            }
            assert_ne!(
                self.stream.read_buf(&mut self.raw).await.unwrap(),
                0,
                "the connection broke"
            );
        }
    }
}

async fn sim(options: SimOptions) -> Running {
    start(options).await.unwrap()
}
