//! Starting, stopping, TLS and the counters.

use std::{net::Ipv4Addr, sync::Arc};

use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use super::{super::Error, *};
use ouzel_text::secret::Secret;

#[tokio::test]
async fn the_port_file_names_an_address_that_listens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("port");
    let sim = sim(SimOptions {
        port_file: Some(path.clone()),
        ..SimOptions::default()
    })
    .await;
    let address: SocketAddr = std::fs::read_to_string(path).unwrap().parse().unwrap();
    assert_eq!(address, sim.address);
    assert_eq!(exchange(address, "GET", RULES, BASIC, "").await.status, 200);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn plain_http_stays_on_this_machine() {
    let listen = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let error = start(SimOptions {
        listen,
        ..SimOptions::default()
    })
    .await
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the simulator listens on `0.0.0.0:0` with TLS only"
    );
    for rate in [-1.0, f64::NAN, f64::INFINITY] {
        let error = start(SimOptions {
            rate: Some(rate),
            ..SimOptions::default()
        })
        .await
        .unwrap_err();
        assert!(matches!(error, Error::Rate { .. }));
    }
}

#[tokio::test]
async fn names_stand_in_urls_as_they_are() {
    for names in [&[""][..], &["a/b"], &["a b"], &["a", "b", "a"]] {
        let accounts: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let error = start(SimOptions {
            accounts,
            ..SimOptions::default()
        })
        .await
        .unwrap_err();
        assert!(matches!(error, Error::Name { .. }), "{names:?}");
    }
}

#[tokio::test]
async fn tls_clients_that_trust_the_written_certificate_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let sim = sim(SimOptions {
        tls: Some(path.clone()),
        ..SimOptions::default()
    })
    .await;
    assert!(sim.stream_urls[0].starts_with("https://127.0.0.1:"));
    // A client that never begins its handshake holds up nobody.
    let _silent = TcpStream::connect(sim.address).await.unwrap();

    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(&path).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    for name in ["localhost", "127.0.0.1", "::1"] {
        let tcp = TcpStream::connect(sim.address).await.unwrap();
        let name = ServerName::try_from(name).unwrap();
        let tls = connector.connect(name, tcp).await.unwrap();
        Reader::over(tls).await;
    }
}

#[tokio::test]
async fn stopping_ends_streams_in_order() {
    let sim = sim(SimOptions {
        limit: Some(0),
        ..SimOptions::default()
    })
    .await;
    let mut reader = Reader::connect(&sim).await;
    let address = sim.address;
    sim.stop().await.unwrap();
    assert_eq!(reader.line().await, None);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn the_counters_tell_what_happened() {
    let sim = sim(SimOptions {
        limit: Some(2000),
        ..SimOptions::default()
    })
    .await;
    add_rules(&sim, r#"{"rules":[{"value":"weather"}]}"#).await;
    exchange(sim.address, "GET", RULES, "", "").await;
    let mut reader = Reader::connect(&sim).await;
    reader.tweet().await;
    let answer = exchange(sim.address, "GET", "/_sim/stats", "", "").await;
    let counts = sim.counts();
    assert_eq!(counts.requests["add"][&201], 1);
    assert_eq!(counts.requests["list"][&401], 1);
    assert_eq!(counts.requests["stream"][&200], 1);
    assert_eq!(
        (
            counts.connections.total,
            counts.connections.open,
            counts.rules
        ),
        (1, 1, 1)
    );
    assert!(counts.tweets.matched >= 1 && counts.tweets.made > counts.tweets.matched);
    assert!(
        answer
            .body
            .starts_with(r#"{"connections":{"total":1,"open":1},"requests":{"add":{"201":1},"#),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn the_greeting_has_commands_to_try_and_no_secret() {
    let plain = sim(SimOptions::default()).await;
    assert!(
        plain
            .greeting()
            .contains("-u 'sim:sim' --compressed 'http://127.0.0.1:"),
        "{}",
        plain.greeting()
    );
    let other = sim(SimOptions {
        password: Secret::new("hunter2"),
        ..SimOptions::default()
    })
    .await;
    assert!(!other.greeting().contains("hunter2"));
}

#[tokio::test]
async fn whoever_asks_for_nothing_is_let_go_and_readers_are_not() {
    let sim = sim(SimOptions {
        heartbeat: Some(std::time::Duration::from_secs(40)),
        ..SimOptions::default()
    })
    .await;
    let mut reader = Reader::connect(&sim).await;
    for sent in ["", "GET /_sim/stats HTTP/1.1\r\nHost: local"] {
        let mut idle = TcpStream::connect(sim.address).await.unwrap();
        idle.write_all(sent.as_bytes()).await.unwrap();
        // Nobody has anything to do, so time passes at once.
        tokio::time::pause();
        let mut answer = Vec::new();
        let ended = in_time("an end", idle.read_to_end(&mut answer)).await;
        tokio::time::resume();
        assert!(ended.is_err() || answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"));
    }
    tokio::time::pause();
    for _ in 0..3 {
        assert_eq!(reader.next_line().await.as_deref(), Some(""));
    }
}
