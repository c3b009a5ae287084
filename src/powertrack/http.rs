//! One HTTP client for everything that is asked of the service.

use std::{error::Error as StdError, path::Path, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode, Uri,
    body::Incoming,
    header::{self, HeaderMap, HeaderValue},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use serde::Deserialize;
use tokio::{io::AsyncBufReadExt, time::timeout};

use super::{
    body::Body,
    endpoint::Credentials,
    error::{Error, Service},
    inflate::Inflate,
};

/// The service asks for a name and a version [reference 2.1].
const USER_AGENT: &str = concat!("ouzel/", env!("CARGO_PKG_VERSION"));

/// Connecting, TLS included, as published clients do it [reference 2.4].
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Routers forget idle connections; this finds out on the way that nobody is there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Shorter than servers usually keep an idle connection, so that none is used while it closes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Error bodies are one short sentence [reference 2.6.1].
const ERROR_BODY: usize = 64 * 1024;
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The client, with the login that goes with each request. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    authorization: HeaderValue,
}

impl Http {
    /// A client that trusts Mozilla's roots and the certificates in `ca_file`.
    ///
    /// # Errors
    /// If the credentials or the certificates cannot be used.
    pub fn new(credentials: &Credentials, ca_file: Option<&Path>) -> Result<Self, Error> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        tcp.set_keepalive(Some(KEEP_ALIVE));
        tcp.set_nodelay(true);
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls(ca_file)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(https);
        Ok(Self {
            client,
            authorization: credentials.authorization()?,
        })
    }

    /// Sends one request and waits for the head of its answer, whatever the status.
    pub(super) async fn send(
        &self,
        service: Service,
        method: Method,
        uri: &Uri,
        body: Option<Bytes>,
        within: Duration,
    ) -> Result<Response<Incoming>, Error> {
        let has_body = body.is_some();
        let mut request = Request::new(Full::new(body.unwrap_or_default()));
        *request.method_mut() = method;
        *request.uri_mut() = uri.clone();
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive"));
        if has_body {
            let json = HeaderValue::from_static("application/json; charset=utf-8");
            headers.insert(header::CONTENT_TYPE, json);
        }
        match timeout(within, self.client.request(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(Error::Connect {
                service,
                cause: error.source().map_or_else(|| error.to_string(), causes),
            }),
            Err(_) => Err(Error::NoAnswer {
                service,
                after: within,
            }),
        }
    }

    /// Opens the stream, as far as the first byte of its body.
    pub(super) async fn open(&self, uri: &Uri) -> Result<Body, Error> {
        let service = Service::Stream;
        let answer = self.send(service, Method::GET, uri, None, CONNECT_TIMEOUT);
        let response = answer.await?;
        if response.status() != StatusCode::OK {
            return Err(refused(service, response).await);
        }
        if is_gzip(response.headers()) {
            return Ok(Body::new(response.into_body()));
        }
        Err(Error::NotGzip {
            encoding: encoding(response.headers()).to_owned(),
        })
    }
}

fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(path) = ca_file {
        let wrong = |reason: String| Error::Certificates {
            path: path.to_owned(),
            reason,
        };
        let before = roots.len();
        for certificate in
            CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?
        {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| wrong(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(wrong("there is no certificate in it".to_owned()));
        }
    }
    // The provider is named, so that no other crate's choice can change it.
    let provider = rustls::crypto::ring::default_provider();
    Ok(ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// The error that an answer other than a success stands for.
pub(super) async fn refused(service: Service, response: Response<Incoming>) -> Error {
    let status = response.status();
    // The body only adds words; not getting it must not hide the status.
    let body = collect(service, response, ERROR_BODY, ERROR_BODY_TIMEOUT).await;
    Error::Status {
        service,
        status,
        message: body.ok().and_then(|body| error_message(&body)),
    }
}

/// Reads a whole body, unpacked where it is compressed, of at most `limit` bytes.
pub(super) async fn collect(
    service: Service,
    response: Response<Incoming>,
    limit: usize,
    within: Duration,
) -> Result<Vec<u8>, Error> {
    let gzip = is_gzip(response.headers());
    let body = Body::new(response.into_body());
    timeout(within, unpack(service, body, gzip, limit))
        .await
        .unwrap_or(Err(Error::NoAnswer {
            service,
            after: within,
        }))
}

async fn unpack(
    service: Service,
    mut body: impl tokio::io::AsyncBufRead + Unpin,
    gzip: bool,
    limit: usize,
) -> Result<Vec<u8>, Error> {
    const ROOM: usize = 64 * 1024;

    let mut inflate = gzip.then(Inflate::new);
    let mut whole = Vec::new();
    loop {
        let pending = inflate.as_ref().is_some_and(Inflate::is_pending);
        let input = if pending {
            &[][..]
        } else {
            body.fill_buf().await.map_err(|error| Error::Connect {
                service,
                cause: error.to_string(),
            })?
        };
        if input.is_empty() && !pending {
            return Ok(whole);
        }
        let used = match &mut inflate {
            Some(inflate) => {
                whole.reserve(ROOM);
                inflate
                    .inflate(input, &mut whole)
                    .map_err(|reason| Error::Answer { service, reason })?
            }
            None => {
                whole.extend_from_slice(input);
                input.len()
            }
        };
        body.consume(used);
        if whole.len() > limit {
            return Err(Error::TooLarge { service, limit });
        }
    }
}

fn encoding(headers: &HeaderMap) -> &str {
    headers
        .get(header::CONTENT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("identity")
        .trim()
}

fn is_gzip(headers: &HeaderMap) -> bool {
    let encoding = encoding(headers);
    encoding.eq_ignore_ascii_case("gzip") || encoding.eq_ignore_ascii_case("x-gzip")
}

/// `error.message` of an error body, if it has the usual shape [reference 2.6.1].
pub(super) fn error_message(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Wrapper {
        error: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        message: String,
    }

    let message = sonic_rs::from_slice::<Wrapper>(body).ok()?.error.message;
    let message = message.trim();
    (!message.is_empty()).then(|| message.to_owned())
}

/// An error and its causes in one line; those of hyper say little without the innermost one.
pub(super) fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
