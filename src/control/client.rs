//! Asks a running ouzel by its control socket.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Response, StatusCode, body::Incoming, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::task::AbortHandle;

use super::{
    Error,
    feed::Wishes,
    peer::is_own,
    record::{Reader, Record},
    resume::{AskResume, Resumed},
    rollback::{Asked, Went},
    socket::connect,
};
use crate::{host::lock, text::json};

/// The longest answer that is read whole.
const LONGEST_ANSWER: usize = 64 << 20;

/// How many entries of a data folder are looked at for another run.
const MOST_BELOW: usize = 100;

/// The longest refusal that is read.
const LONGEST_REFUSAL: usize = 16 << 10;

/// Asks for something, and reads the answer. `folder` is the data folder of the run. The body is JSON.
///
/// # Errors
/// [`Error`]. Nothing is known then about what the run has done.
async fn ask<T: DeserializeOwned>(
    folder: &Path,
    method: Method,
    path: &str,
    body: Option<String>,
) -> Result<T, Error> {
    let (answer, _connection) = send(folder, method, path, body).await?;
    let body = whole(answer, LONGEST_ANSWER).await?;
    json::read(&body).map_err(|error| Error::Gone(error.to_string()))
}

/// The tags of the rules that the run's script declares; `None` for a rule without a tag.
///
/// # Errors
/// [`Error`]
pub(crate) async fn tags(folder: &Path) -> Result<Vec<Option<String>>, Error> {
    ask(folder, Method::GET, "/tags", None).await
}

/// Has the run go back to the generation of its script before the running one, or end that.
///
/// # Errors
/// [`Error`]; [`Error::Refused`] if nothing has changed.
pub(crate) async fn rollback(folder: &Path, undo: bool) -> Result<Went, Error> {
    // A boolean cannot fail to be JSON.
    let asked = sonic_rs::to_string(&Asked { undo }).unwrap_or_default();
    ask(folder, Method::POST, "/rollback", Some(asked)).await
}

/// Has the run put the rules with this tag back on the stream.
///
/// # Errors
/// [`Error`]; [`Error::Refused`] if they are not paused.
pub(crate) async fn resume(folder: &Path, tag: &str) -> Result<Resumed, Error> {
    let tag = tag.to_owned();
    // Text cannot fail to be JSON.
    let asked = sonic_rs::to_string(&AskResume { tag }).unwrap_or_default();
    ask(folder, Method::POST, "/resume", Some(asked)).await
}

/// Live Tweets of a run.
#[derive(Debug)]
pub(crate) struct Tail {
    body: Incoming,
    reader: Reader,
    _connection: Connection,
}

impl Tail {
    /// Begins to listen to the run on this data folder.
    ///
    /// # Errors
    /// [`Error`]
    pub(crate) async fn open(folder: &Path, wishes: &Wishes) -> Result<Self, Error> {
        // Text cannot fail to be JSON.
        let wishes = sonic_rs::to_string(wishes).unwrap_or_default();
        let (answer, connection) = send(folder, Method::POST, "/tail", Some(wishes)).await?;
        Ok(Self {
            body: answer.into_body(),
            reader: Reader::default(),
            _connection: connection,
        })
    }

    /// Waits for the next record. Cancelling this loses nothing.
    ///
    /// # Errors
    /// [`Error::Killed`] if the run has ended without a word.
    pub(crate) async fn next(&mut self) -> Result<Record, Error> {
        loop {
            if let Some(record) = self.reader.next().map_err(Error::Gone)? {
                return Ok(record);
            }
            let frame = match self.body.frame().await {
                Some(Ok(frame)) => frame,
                // Who ends in order says so.
                Some(Err(_)) | None => return Err(Error::Killed),
            };
            if let Some(bytes) = frame.data_ref() {
                self.reader.push(bytes);
            }
        }
    }
}

/// Ends with the connection.
#[derive(Debug)]
struct Connection(AbortHandle);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends a request over a connection of its own. Gives the answer if it is a success.
async fn send(
    folder: &Path,
    method: Method,
    path: &str,
    body: Option<String>,
) -> Result<(Response<Incoming>, Connection), Error> {
    let stream = match connect(folder).await {
        Ok(stream) => stream,
        Err(error) => return Err(unreachable(folder, error).await),
    };
    if !is_own(&stream) {
        return Err(Error::Unreachable {
            folder: folder.to_owned(),
            source: ErrorKind::PermissionDenied.into(),
            hint: "another user listens on its socket; look at who owns the data folder",
        });
    }
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| gone(&error))?;
    let driver = tokio::spawn(async move {
        // What went wrong is told where the answer is read.
        let _ = connection.await;
    });
    let connection = Connection(driver.abort_handle());
    let request = hyper::Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body.unwrap_or_default())))
        .map_err(|error| Error::Gone(error.to_string()))?;
    let answer = sender.send_request(request).await;
    let answer = answer.map_err(|error| gone(&error))?;
    match answer.status() {
        status if status.is_success() => Ok((answer, connection)),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            let server = answer.headers().get(header::SERVER);
            let server = server.and_then(|server| server.to_str().ok());
            Err(Error::Unknown {
                version: server.unwrap_or("no ouzel").replace('/', " "),
            })
        }
        _ => {
            let words = whole(answer, LONGEST_REFUSAL).await?;
            let words = String::from_utf8_lossy(&words).trim().to_owned();
            Err(Error::Refused(words))
        }
    }
}

/// Reads a whole body.
async fn whole(answer: Response<Incoming>, limit: usize) -> Result<Bytes, Error> {
    let body = Limited::new(answer.into_body(), limit).collect().await;
    let body = body.map_err(|error| Error::Gone(error.to_string()))?;
    Ok(body.to_bytes())
}

fn gone(error: &hyper::Error) -> Error {
    Error::Gone(error.to_string())
}

/// Why there is no connection to the socket.
async fn unreachable(folder: &Path, source: std::io::Error) -> Error {
    let folder = folder.to_owned();
    match source.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::NotADirectory => {
            match lock::last_holder(&folder).filter(|process| is_alive(*process)) {
                Some(process) => Error::Deaf { folder, process },
                None => Error::NoRun {
                    elsewhere: elsewhere(&folder).await,
                    folder,
                },
            }
        }
        ErrorKind::PermissionDenied => Error::Unreachable {
            folder,
            source,
            hint: "only the user who started it may ask it",
        },
        _ => Error::Unreachable {
            folder,
            source,
            hint: "look at the folder's file system, and at the log of that run",
        },
    }
}

/// Whether there is a process with this id.
fn is_alive(process: u32) -> bool {
    let process = i32::try_from(process).ok();
    let process = process.and_then(rustix::process::Pid::from_raw);
    process.is_some_and(|process| rustix::process::test_kill_process(process).is_ok())
}

/// A folder directly below this one on which an ouzel listens, such as that of a simulated run.
async fn elsewhere(folder: &Path) -> Option<PathBuf> {
    let below = fs::read_dir(folder).ok()?.flatten();
    for path in below.map(|entry| entry.path()).take(MOST_BELOW) {
        if path.is_dir() && connect(&path).await.is_ok() {
            return Some(path);
        }
    }
    None
}
