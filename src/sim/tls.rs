//! TLS for the simulator: its certificate, and a listener that does many handshakes at once.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::Offset};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
    server::TlsStream,
};

use super::{
    error::Error,
    wire::{Wire, WireListener, WireStream},
};

/// How long a client may take for its handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The most handshakes at once. Further connections wait in the system's queue.
const MAX_HANDSHAKES: usize = 64;

/// The server's side of TLS, and the certificate that clients have to trust.
pub(super) struct Tls {
    pub(super) config: Arc<ServerConfig>,
    pub(super) ca_pem: String,
}

impl Tls {
    /// A new certificate for this machine's own names and for `address`.
    ///
    /// It is signed by a second one, made for the purpose: clients do not take a server's own
    /// certificate for an authority.
    pub(super) fn new(address: SocketAddr) -> Result<Self, Error> {
        let mut params = valid_now(Vec::new())?;
        params
            .distinguished_name
            .push(DnType::CommonName, "ouzel simulator CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

        let mut names = vec![
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
        ];
        let own = address.ip().to_string();
        if !address.ip().is_unspecified() && !names.contains(&own) {
            names.push(own);
        }
        let mut params = valid_now(names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "ouzel simulator");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &ca)?;

        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            ca_pem: ca.pem(),
        })
    }
}

/// A certificate that is valid from yesterday on, since clocks differ, and for a year, since some clients
/// refuse longer ones.
fn valid_now(names: Vec<String>) -> Result<CertificateParams, Error> {
    let today = Offset::UTC.to_datetime(Timestamp::now()).date();
    let at = |date: Date| {
        rcgen::date_time_ymd(
            date.year().into(),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        )
    };
    let mut params = CertificateParams::new(names)?;
    params.not_before = at(today.saturating_sub(1.day()));
    params.not_after = at(today.saturating_add(1.year()));
    Ok(params)
}

/// Accepts connections and gives them out once their handshake is done.
pub(super) struct TlsListener {
    tcp: WireListener,
    acceptor: TlsAcceptor,
    handshakes: JoinSet<Option<(TlsStream<WireStream>, SocketAddr)>>,
}

impl TlsListener {
    /// A listener on `tcp`.
    pub(super) fn new(tcp: TcpListener, config: Arc<ServerConfig>) -> Self {
        Self {
            tcp: WireListener(tcp),
            acceptor: TlsAcceptor::from(config),
            handshakes: JoinSet::new(),
        }
    }

    fn begin(&mut self, stream: WireStream, address: SocketAddr) {
        let acceptor = self.acceptor.clone();
        self.handshakes.spawn(async move {
            let stream = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream))
                .await
                .ok()?
                .ok()?;
            Some((stream, address))
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<WireStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (stream, address) = Listener::accept(&mut self.tcp), if self.handshakes.len() < MAX_HANDSHAKES => {
                    self.begin(stream, address);
                }
                Some(done) = self.handshakes.join_next() => {
                    if let Ok(Some(connection)) = done {
                        return connection;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Wire {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        stream.io().get_ref().0.wire()
    }
}
