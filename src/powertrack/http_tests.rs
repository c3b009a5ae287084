//! The client against one-shot servers on loopback.

use std::io::Write;

use expect_test::{Expect, expect};
use flate2::{Compression, write::GzEncoder};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::{powertrack::decode::Decoder, text::secret::Secret};

pub(in crate::powertrack) fn http() -> Http {
    let credentials = Credentials {
        username: "me".into(),
        password: Secret::new("secret"),
    };
    Http::new(&credentials, None).unwrap()
}

/// Answers one request with these bytes and closes; gives the URL and, later, the request, head and body.
pub(in crate::powertrack) async fn answers(
    answer: Vec<u8>,
) -> (Uri, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/x.json", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let request = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(socket.read_u8().await.unwrap());
        }
        let head = String::from_utf8(request).unwrap();
        let mut lengths = head
            .lines()
            .filter_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; lengths.next().map_or(0, |length| length.parse().unwrap())];
        socket.read_exact(&mut body).await.unwrap();
        socket.write_all(&answer).await.unwrap();
        head + std::str::from_utf8(&body).unwrap()
    });
    (uri, request)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

pub(in crate::powertrack) fn response(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn the_stream_request_has_the_documented_headers() {
    let body = gzip(b"{\"id\":1}\r\n");
    let (uri, request) = answers(response("200 OK\r\nContent-Encoding: gzip", &body)).await;
    let body = http().open(&uri).await.unwrap();
    let lines = Decoder::new(body, 100).next().await.unwrap().unwrap();
    assert_eq!(lines.share(0).unwrap(), "{\"id\":1}");
    let request = request
        .await
        .unwrap()
        .replace(uri.authority().unwrap().as_str(), "HOST");
    let request = request.replace(USER_AGENT, "ouzel/VERSION");
    let mut headers: Vec<_> = request.trim().lines().collect();
    headers[1..].sort_unstable();
    expect![[r#"
        GET /x.json HTTP/1.1
        accept-encoding: gzip
        accept: application/json
        authorization: Basic bWU6c2VjcmV0
        connection: keep-alive
        host: HOST
        user-agent: ouzel/VERSION"#]]
    .assert_eq(&headers.join("\n"));
}

async fn refusal(answer: Vec<u8>, expected: Expect) {
    let (uri, _request) = answers(answer).await;
    expected.assert_eq(&http().open(&uri).await.unwrap_err().to_string());
}

#[tokio::test]
async fn a_refusal_carries_the_services_words() {
    let body = br#"{"error":{"message":"No such stream.","sent":"2017-01-11T18:12:52+00:00"}}"#;
    refusal(response("404 Not Found", body), expect!["the stream answered 404 not found: No such stream.\nhint: check the spelling of `account` and `label`, which are case-sensitive"]).await;
    refusal(
        response("503 Busy\r\nContent-Encoding: gzip", &gzip(body)),
        expect!["the stream answered 503 service unavailable: No such stream."],
    )
    .await;
    refusal(
        response("401 Unauthorized", b"<html>"),
        expect!["the stream answered 401 unauthorized\nhint: check `username` and `password`"],
    )
    .await;
}

#[tokio::test]
async fn an_answer_that_is_not_compressed_says_so() {
    refusal(response("200 OK", b"{}\r\n"), expect!["the stream is not compressed (content-encoding: identity)\nhint: check `url` and any proxy on the way"]).await;
    refusal(
        response("200 OK\r\nContent-Encoding: br", b"{}\r\n"),
        expect!["the stream is not compressed (content-encoding: br)\nhint: check `url` and any proxy on the way"],
    )
    .await;
}

#[tokio::test]
async fn a_cut_body_is_a_broken_connection() {
    let body = gzip(b"{\"id\":1}\r\n");
    let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = format!("{:x}\r\n", body.len() + 5);
    let (uri, _request) = answers([&head[..], chunk.as_bytes(), &body].concat()).await;
    let mut decoder = Decoder::new(http().open(&uri).await.unwrap(), 100);
    assert_eq!(decoder.next().await.unwrap().unwrap().len(), 1);
    let error = decoder.next().await.unwrap_err();
    assert!(matches!(error, Error::Broken(_)), "{error}");
}

#[tokio::test]
async fn nobody_listening_is_a_network_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    drop(listener);
    let error = http().open(&uri).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[test]
fn the_certificate_file_is_read_and_its_faults_are_named() {
    let check = |text: Option<&[u8]>, expected: Expect| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        if let Some(text) = text {
            std::fs::write(&path, text).unwrap();
        }
        let outcome = match tls(Some(&path)) {
            Ok(_) => "fine".to_owned(),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&outcome.replace(&folder.path().display().to_string(), ""));
    };
    check(
        None,
        expect![
            "the certificates in `/ca.pem` could not be used: I/O error: No such file or directory (os error 2)"
        ],
    );
    check(
        Some(b""),
        expect!["the certificates in `/ca.pem` could not be used: there is no certificate in it"],
    );
    check(
        Some(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        expect![
            "the certificates in `/ca.pem` could not be used: invalid peer certificate: BadEncoding"
        ],
    );
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    check(Some(own.cert.pem().as_bytes()), expect!["fine"]);
}
