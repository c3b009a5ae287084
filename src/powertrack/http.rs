//! One HTTP client for all requests to the service.

use std::{error::Error as StdError, path::Path, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode, Uri,
    body::Incoming,
    header::{self, HeaderValue},
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

use super::{
    answer::{encoding, is_gzip, patiently, refused},
    body::Body,
    credentials::Credentials,
    error::{Error, Service, causes},
};

/// The service asks for a name and a version [reference 2.1].
const USER_AGENT: &str = concat!("ouzel/", env!("CARGO_PKG_VERSION"));

/// How long connecting may take, TLS included. Published clients wait as long [reference 2.4].
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Routers forget idle connections. TCP keep-alive finds out that nobody is there any more.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Servers usually keep an idle connection longer than this, so ouzel does not use one that is just closing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// The client, and the login that it sends with each request. Clones share their connections.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    authorization: HeaderValue,
}

impl Http {
    /// A client that trusts Mozilla's roots and the certificates in `ca_file`.
    ///
    /// # Errors
    /// If the credentials or the certificates cannot be used.
    pub(crate) fn new(credentials: &Credentials, ca_file: Option<&Path>) -> Result<Self, Error> {
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
        match patiently(service, within, self.client.request(request)).await {
            Some(Ok(response)) => Ok(response),
            Some(Err(error)) => Err(Error::Connect {
                service,
                cause: with_hint(error.source().map_or_else(|| error.to_string(), causes)),
            }),
            None => Err(Error::NoAnswer {
                service,
                after: within,
            }),
        }
    }

    /// Asks for the stream, and returns with the head of the answer. The body is still to be read.
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
    // Naming the provider makes sure that no other crate's choice can change it.
    let provider = rustls::crypto::ring::default_provider();
    Ok(ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// Adds a hint to a certificate error. Only the user can decide to trust a proxy on the way, or a root that is not
/// among the usual ones. The error still leads to another attempt: an expired certificate is often renewed within
/// minutes.
fn with_hint(mut cause: String) -> String {
    if cause.contains("invalid peer certificate") {
        cause += "\nhint: `ca_file` names a PEM file with further root certificates to trust";
    }
    cause
}

#[cfg(test)]
#[path = "http_tests.rs"]
pub(super) mod tests;
