//! How to simulate.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use crate::secret::Secret;

/// Heartbeats after this much silence: what most sources say. [source: dev-tutorial]
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How to simulate. [`SimOptions::default`] is one stream on a free loopback port.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// Where to listen; port 0 takes a free one. Anything but loopback needs `tls`.
    pub listen: SocketAddr,
    /// Gets `host:port` as soon as the simulator listens.
    pub port_file: Option<PathBuf>,
    /// The account in the URLs.
    pub account: String,
    /// The label in the URLs.
    pub label: String,
    /// The user name of Basic authentication.
    pub username: String,
    /// The password of Basic authentication.
    pub password: Secret,
    /// Serve with TLS, and write the certificate that clients must trust here, in PEM.
    pub tls: Option<PathBuf>,
    /// Tweets per second, before rules are applied; `None` or zero for as fast as they are read.
    pub rate: Option<f64>,
    /// Decides what made-up Tweets say.
    pub seed: u64,
    /// The time of the first made-up Tweet in milliseconds since 1970; `None` for the present.
    pub start_ms: Option<i64>,
    /// Deliver the Tweets of this file instead, JSON lines, gzipped or not.
    pub tweets: Option<PathBuf>,
    /// Go quiet after this many Tweets, whether they matched or not.
    pub limit: Option<u64>,
    /// Silence before a heartbeat is sent.
    pub heartbeat: Duration,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            port_file: None,
            account: "sim".to_owned(),
            label: "dev".to_owned(),
            username: "sim".to_owned(),
            password: Secret::new("sim"),
            tls: None,
            rate: None,
            seed: 0,
            start_ms: None,
            tweets: None,
            limit: None,
            heartbeat: HEARTBEAT,
        }
    }
}
