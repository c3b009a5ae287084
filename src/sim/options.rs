//! The options of the simulator.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use super::{fault::Fault, schedule::Profile};
use ouzel_text::secret::Secret;

/// The options of the simulator. [`SimOptions::default`] is one stream on a free loopback port.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// Where to listen; port 0 takes a free one. Anything but loopback needs `tls`.
    pub listen: SocketAddr,
    /// The file that gets `host:port` as soon as the simulator listens.
    pub port_file: Option<PathBuf>,
    /// The accounts in the URLs.
    pub accounts: Vec<String>,
    /// The labels in the URLs; every account has a stream of each.
    pub labels: Vec<String>,
    /// The user name of Basic authentication.
    pub username: String,
    /// The password of Basic authentication.
    pub password: Secret,
    /// Serve with TLS, and write the certificate that clients must trust here, in PEM.
    pub tls: Option<PathBuf>,
    /// Tweets per second, before rules are applied; `None` or zero for as fast as they are read.
    pub rate: Option<f64>,
    /// How the rate rises and falls.
    pub profile: Profile,
    /// Decides what made-up Tweets say, and which faults happen by chance.
    pub seed: u64,
    /// The time of the first made-up Tweet in milliseconds since 1970; `None` for the present.
    pub start_ms: Option<i64>,
    /// Deliver the Tweets of this file instead, JSON lines, gzipped or not.
    pub tweets: Option<PathBuf>,
    /// What made-up Tweets are about; without it, what the rules ask for.
    pub about: Option<PathBuf>,
    /// Stop making Tweets after this many, whether they matched or not.
    pub limit: Option<u64>,
    /// What a Tweet looks like.
    pub format: Format,
    /// How long nothing is sent before a heartbeat is; `None` for no heartbeats.
    pub heartbeat: Option<Duration>,
    /// What the contract allows, and how the service keeps to it.
    pub limits: Limits,
    /// What goes wrong on purpose.
    pub faults: Vec<Fault>,
    /// The file that gets a JSON line for each Tweet that matched and for each connection.
    pub oracle: Option<PathBuf>,
}

/// What a Tweet looks like. It is a setting of the account. [source: xd/data-enrichments]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// The native enriched format.
    #[default]
    Native,
    /// Activity Streams.
    Activity,
}

/// Which of several connections is one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Surplus {
    /// The most recent one. [source: xd/powertrack-api]
    #[default]
    Newest,
    /// The oldest one, as another section of the same page says.
    Oldest,
}

/// What the contract allows, and how the service keeps to it.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// How long one more is tolerated.
    pub grace: Duration,
    /// Which one has to go then.
    pub surplus: Surplus,
    /// Requests to connect in a minute; zero for any number.
    pub connects_per_minute: u32,
    /// Requests to the rules endpoint in a minute; zero for any number.
    pub rule_requests_per_minute: u32,
    /// Rules of one stream.
    pub rules: usize,
    /// How long a change of rules takes; another one is rejected meanwhile.
    pub rule_change_takes: Duration,
    /// How long it then takes until the stream follows the new rules.
    pub rule_delay: Duration,
    /// Tweets that wait for a reader before it is disconnected.
    pub buffer: usize,
    /// The most minutes of backfill.
    pub backfill_minutes: u32,
    /// Tweets per second of a Recovery job.
    pub recovery_rate: u32,
    /// Recovery jobs at a time.
    pub recovery_jobs: usize,
    /// Replay requests in five minutes; zero for any number.
    pub replays: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // The number in the documented message. [source: dev-tutorial]
            connections: 2,
            // [source: xd/powertrack-api]
            grace: Duration::from_secs(60),
            surplus: Surplus::default(),
            // [seed:001]
            connects_per_minute: 60,
            // [seed:003]
            rule_requests_per_minute: 60,
            // What a migration tool was made for. [source: rules-migrator]
            rules: 250_000,
            rule_change_takes: Duration::ZERO,
            rule_delay: Duration::ZERO,
            // [inferred]
            buffer: 10_000,
            // [source: xd/powertrack-api], as the next three.
            backfill_minutes: 5,
            recovery_rate: 1000,
            recovery_jobs: 2,
            replays: 5,
        }
    }
}

/// Heartbeats after this much silence: what most sources say. [source: dev-tutorial]
const HEARTBEAT: Duration = Duration::from_secs(10);

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            port_file: None,
            accounts: vec!["sim".to_owned()],
            labels: vec!["dev".to_owned()],
            username: "sim".to_owned(),
            password: Secret::new("sim"),
            tls: None,
            rate: None,
            profile: Profile::default(),
            seed: 0,
            start_ms: None,
            tweets: None,
            about: None,
            limit: None,
            format: Format::default(),
            heartbeat: Some(HEARTBEAT),
            limits: Limits::default(),
            faults: Vec::new(),
            oracle: None,
        }
    }
}
