//! Reads whole answers: lists, results and refusals.

use std::{future::Future, time::Duration};

use async_compression::tokio::bufread::GzipDecoder;
use hyper::{
    Response,
    body::Incoming,
    header::{self, HeaderMap},
};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufRead, AsyncRead, AsyncReadExt},
    time::timeout,
};
use tracing::warn;

use super::{
    body::Body,
    compressed::Compressed,
    error::{Error, Service},
};
use crate::text::json;

/// The most bytes that are read of an error body: it is one short sentence [reference 2.6.1].
const ERROR_BODY: usize = 64 * 1024;
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// If an answer takes longer than this, a warning says what ouzel waits for.
const IMPATIENT: Duration = Duration::from_secs(10);

/// How much of an answer is looked at in one go.
const PIECE: usize = 16 * 1024;

/// The most bytes that are shown of a refusal that is not JSON.
const LONGEST_MESSAGE: usize = 500;

/// Turns an answer other than a success into an error.
pub(super) async fn refused(service: Service, response: Response<Incoming>) -> Error {
    let status = response.status();
    // The body only adds words. If it cannot be read, the status must still be shown.
    let body = collect(service, response, ERROR_BODY, ERROR_BODY_TIMEOUT).await;
    Error::Status {
        service,
        status,
        message: body.ok().and_then(|body| error_message(&body)),
    }
}

/// Reads a whole body of at most `limit` bytes, and unpacks it if it is compressed. The limit counts unpacked bytes.
pub(super) async fn collect(
    service: Service,
    response: Response<Incoming>,
    limit: usize,
    within: Duration,
) -> Result<Vec<u8>, Error> {
    let mut whole = Vec::new();
    let take = |piece: &[u8]| {
        whole.extend_from_slice(piece);
        Ok(())
    };
    pieces(service, response, limit, within, take).await?;
    Ok(whole)
}

/// Gives a body of at most `limit` bytes piece by piece to `take`, unpacked if it is compressed.
pub(super) async fn pieces(
    service: Service,
    response: Response<Incoming>,
    limit: usize,
    within: Duration,
    take: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let gzip = is_gzip(response.headers());
    let body = Body::new(response.into_body());
    match patiently(service, within, unpack(service, body, gzip, limit, take)).await {
        Some(read) => read,
        None => Err(Error::Endless {
            service,
            after: within,
        }),
    }
}

/// Waits for `something`, but no longer than `within`. If it takes a while, a warning says what ouzel waits for.
pub(super) async fn patiently<T>(
    service: Service,
    within: Duration,
    something: impl Future<Output = T>,
) -> Option<T> {
    tokio::pin!(something);
    let patience = IMPATIENT.min(within);
    if let Ok(done) = timeout(patience, &mut something).await {
        return Some(done);
    }
    if patience < within {
        let at_most = within - patience;
        warn!(%service, waited = ?patience, ?at_most, "no answer yet");
    }
    timeout(within - patience, something).await.ok()
}

async fn unpack(
    service: Service,
    body: impl AsyncBufRead + Unpin,
    gzip: bool,
    limit: usize,
    take: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut body = Compressed::new(body);
    let read = if gzip {
        hand_on(service, GzipDecoder::new(&mut body), limit, take).await
    } else {
        hand_on(service, &mut body, limit, take).await
    };
    match body.take_failure() {
        Some(error) => Err(Error::Connect {
            service,
            cause: error.to_string(),
        }),
        None => read,
    }
}

async fn hand_on(
    service: Service,
    mut unpacked: impl AsyncRead + Unpin,
    limit: usize,
    mut take: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut left = limit;
    let mut piece = vec![0; PIECE];
    loop {
        let read = unpacked.read(&mut piece).await;
        let read = read.map_err(|error| Error::Answer {
            service,
            reason: error.to_string(),
        })?;
        if read == 0 {
            return Ok(());
        }
        left = left
            .checked_sub(read)
            .ok_or(Error::TooLarge { service, limit })?;
        take(&piece[..read])?;
    }
}

pub(super) fn encoding(headers: &HeaderMap) -> &str {
    headers
        .get(header::CONTENT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("identity")
        .trim()
}

pub(super) fn is_gzip(headers: &HeaderMap) -> bool {
    let encoding = encoding(headers);
    encoding.eq_ignore_ascii_case("gzip") || encoding.eq_ignore_ascii_case("x-gzip")
}

/// Finds the service's own words in an error body: `error.message` in the usual shape [reference 2.6.1], the details in
/// the shape of PowerTrack's successor [reference 6.4], or the text as it is if it is not JSON.
pub(super) fn error_message(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Shape {
        Usual { error: Inner },
        Word { error: String },
        Several { errors: Vec<Problem> },
        One(Problem),
    }
    #[derive(Deserialize)]
    struct Inner {
        message: String,
    }
    #[derive(Deserialize)]
    struct Problem {
        #[serde(alias = "message")]
        detail: String,
        connection_issue: Option<String>,
    }

    let text = std::str::from_utf8(body).ok()?.trim();
    let message = match json::read::<Shape>(body) {
        Ok(Shape::Usual {
            error: Inner { message },
        })
        | Ok(Shape::Word { error: message }) => message,
        Ok(Shape::Several { errors }) => errors.into_iter().next()?.detail,
        Ok(Shape::One(problem)) => match problem.connection_issue {
            Some(issue) => format!("{} ({issue})", problem.detail),
            None => problem.detail,
        },
        // HTML pages, and JSON that is cut off or of another shape, mean nothing to people.
        Err(_) if text.starts_with(['<', '{', '[']) => return None,
        Err(_) => {
            let end = text.floor_char_boundary(LONGEST_MESSAGE);
            text[..end].split_whitespace().collect::<Vec<_>>().join(" ")
        }
    };
    let message = message.trim();
    (!message.is_empty()).then(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[tokio::test]
    async fn a_body_is_bounded_after_unpacking_too() {
        let zeros = vec![b' '; 1_000_000];
        for (body, compressed) in [(zeros.clone(), false), (gzip(&zeros), true)] {
            let mut length = 0;
            let mut count = |piece: &[u8]| {
                length += piece.len();
                Ok(())
            };
            let result = unpack(Service::Rules, &body[..], compressed, 999_999, &mut count).await;
            assert!(matches!(
                result,
                Err(Error::TooLarge { limit: 999_999, .. })
            ));
            length = 0;
            let count = |piece: &[u8]| {
                length += piece.len();
                Ok(())
            };
            let result = unpack(Service::Rules, &body[..], compressed, 1_000_000, count).await;
            assert!(result.is_ok());
            assert_eq!(length, 1_000_000);
        }
    }

    #[test]
    fn the_message_of_an_error_body_is_found_if_it_is_there() {
        let check = |body: &str, expected: Option<&str>| {
            assert_eq!(
                error_message(body.as_bytes()).as_deref(),
                expected,
                "{body}"
            );
        };
        check(
            r#"{"error":{"message":"No.\n\n","sent":"2013-08-16T00:50:00+00:00"}}"#,
            Some("No."),
        );
        check(
            r#"{"error":{"transactionId":"00dad","message":"No."}}"#,
            Some("No."),
        );
        check(r#"{"error":{"message":"  "}}"#, None);
        check(r#"{"error":{"sent":"now"}}"#, None);
        check(r#"{"error":"No."}"#, Some("No."));
        check(
            r#"{"title":"ConnectionException","detail":"Full.","connection_issue":"TooManyConnections","type":"t"}"#,
            Some("Full. (TooManyConnections)"),
        );
        check(r#"{"errors":[{"message":"No.","code":88}]}"#, Some("No."));
        check(r#"{"errors":[]}"#, None);
        check(
            "Exceeded\n connection limit for user\n",
            Some("Exceeded connection limit for user"),
        );
        check(r#"{"error":{"message":"#, None);
        check("<html>", None);
        check("", None);
    }
}
