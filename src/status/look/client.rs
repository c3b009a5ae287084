//! Asks a run at its status address, for commands. What comes from there is read with an end, and is only text: anything
//! may listen at an address.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Response, StatusCode, body::Incoming, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::{
    net::TcpStream,
    task::AbortHandle,
    time::{Instant, timeout, timeout_at},
};

use super::view::{Past, Tick, View};
use crate::text::json;

/// How long a run may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest answer that is read.
const LONGEST: usize = 16 << 20;

/// Why a run cannot be asked. The address is what was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Nobody listens there.
    #[error(
        "no ouzel answers at `{address}`: {why}\nhint: `ouzel run` serves its state at `listen` in `[status]`; `--address` names another address"
    )]
    Nobody { address: String, why: String },
    /// Somebody else listens there, or an older ouzel.
    #[error(
        "what answers at `{address}` is no ouzel with a view of its run: {why}\nhint: `--address` names another address; an ouzel of another version may not know this request"
    )]
    Other { address: String, why: String },
    /// The run has more listeners than it takes.
    #[error("the run at `{address}` refuses: {why}")]
    Refused { address: String, why: String },
    /// It has stopped to answer.
    #[error("the connection to `{address}` is lost: {why}")]
    Gone { address: String, why: String },
}

impl Error {
    /// Whether there is no run to ask.
    pub(crate) fn is_nobody(&self) -> bool {
        matches!(self, Self::Nobody { .. } | Self::Other { .. })
    }
}

/// The view of the run at this address.
///
/// # Errors
/// [`Error`]
pub(crate) async fn view(address: &str) -> Result<View, Error> {
    let until = Instant::now() + PATIENCE;
    let (answer, _connection) = ask(address, "/status.json", until).await?;
    let body = whole(address, answer, until).await?;
    read(address, &body)
}

/// What a run tells by itself.
#[derive(Debug)]
pub(crate) enum Told {
    /// The last hour, once.
    History(Past),
    /// One more second.
    Second(Box<Tick>),
    /// The run ends.
    End,
}

/// The events of a run.
#[derive(Debug)]
pub(crate) struct Events {
    address: String,
    body: Incoming,
    come: BytesMut,
    _connection: Connection,
}

impl Events {
    /// Begins to listen.
    ///
    /// # Errors
    /// [`Error`]
    pub(crate) async fn open(address: &str) -> Result<Self, Error> {
        let until = Instant::now() + PATIENCE;
        let (answer, connection) = ask(address, "/events", until).await?;
        Ok(Self {
            address: address.to_owned(),
            body: answer.into_body(),
            come: BytesMut::new(),
            _connection: connection,
        })
    }

    /// Waits for what is told next. Cancelling this loses nothing.
    ///
    /// # Errors
    /// [`Error::Gone`] if nothing comes for long, though a run tells something each second.
    pub(crate) async fn next(&mut self) -> Result<Told, Error> {
        loop {
            while let Some(event) = next_event(&mut self.come) {
                if let Some(told) = self.told(&event)? {
                    return Ok(told);
                }
            }
            if self.come.len() > LONGEST {
                return Err(gone(&self.address, "what it says has no end"));
            }
            match timeout(PATIENCE, self.body.frame()).await {
                Ok(Some(Ok(frame))) => {
                    self.come.extend(frame.into_data().unwrap_or_default());
                }
                Ok(Some(Err(error))) => return Err(gone(&self.address, error)),
                Ok(None) => return Err(gone(&self.address, "it was closed")),
                Err(_) => return Err(gone(&self.address, "nothing comes any more")),
            }
        }
    }

    /// `None` for an event that only a later ouzel knows.
    fn told(&self, event: &Bytes) -> Result<Option<Told>, Error> {
        let mut name = &b""[..];
        let mut data = &b""[..];
        for line in event.split(|byte| *byte == b'\n') {
            if let Some(rest) = line.strip_prefix(b"event: ") {
                name = rest;
            } else if let Some(rest) = line.strip_prefix(b"data: ") {
                data = rest;
            }
        }
        Ok(match name {
            b"history" => Some(Told::History(read(&self.address, data)?)),
            b"second" => Some(Told::Second(Box::new(read(&self.address, data)?))),
            b"end" => Some(Told::End),
            _ => None,
        })
    }
}

/// Takes the first whole event: all up to an empty line.
fn next_event(come: &mut BytesMut) -> Option<Bytes> {
    let end = memchr::memmem::find(come, b"\n\n")?;
    let event = come.split_to(end).freeze();
    come.advance(2);
    Some(event)
}

/// Ends with the connection.
#[derive(Debug)]
struct Connection(AbortHandle);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn ask(
    address: &str,
    path: &str,
    until: Instant,
) -> Result<(Response<Incoming>, Connection), Error> {
    let late = || format!("nothing for {} seconds", PATIENCE.as_secs());
    let nobody = |why: String| Error::Nobody {
        address: address.to_owned(),
        why,
    };
    let stream = match timeout_at(until, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(nobody(error.to_string())),
        Err(_) => return Err(nobody(late())),
    };
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| other(address, error))?;
    let driver = tokio::spawn(async move {
        // What went wrong is told where the answer is read.
        let _ = connection.await;
    });
    let connection = Connection(driver.abort_handle());
    let request = hyper::Request::get(path)
        .header(header::HOST, address)
        .body(Empty::<Bytes>::new())
        .map_err(|error| other(address, error))?;
    let answer = match timeout_at(until, sender.send_request(request)).await {
        Ok(answer) => answer.map_err(|error| other(address, error))?,
        Err(_) => return Err(nobody(late())),
    };
    match answer.status() {
        StatusCode::OK => Ok((answer, connection)),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::FORBIDDEN => {
            let body = whole(address, answer, until).await?;
            Err(Error::Refused {
                address: address.to_owned(),
                why: String::from_utf8_lossy(&body).trim().to_owned(),
            })
        }
        status => Err(other(address, format!("it answers {status}"))),
    }
}

async fn whole(address: &str, answer: Response<Incoming>, until: Instant) -> Result<Bytes, Error> {
    let body = Limited::new(answer.into_body(), LONGEST).collect();
    match timeout_at(until, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) => Err(gone(address, error)),
        Err(_) => Err(gone(address, "its answer does not end")),
    }
}

fn read<T: DeserializeOwned>(address: &str, body: &[u8]) -> Result<T, Error> {
    json::read(body).map_err(|error| other(address, error))
}

fn other(address: &str, why: impl ToString) -> Error {
    Error::Other {
        address: address.to_owned(),
        why: why.to_string(),
    }
}

fn gone(address: &str, why: impl ToString) -> Error {
    Error::Gone {
        address: address.to_owned(),
        why: why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_any_pieces() {
        let mut come = BytesMut::from("event: a\nda");
        assert_eq!(next_event(&mut come), None);
        come.extend_from_slice(b"ta: 1\n\nevent: b\n\nx");
        assert_eq!(next_event(&mut come).unwrap(), "event: a\ndata: 1");
        assert_eq!(next_event(&mut come).unwrap(), "event: b");
        assert_eq!(next_event(&mut come), None);
        assert_eq!(come, "x");
    }
}
