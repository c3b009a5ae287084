//! What a run has to do: the settings and the arguments put together.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::reconciler::RuleOptions;
use crate::{
    ingest::Limits,
    powertrack::{Credentials, connection::StreamOptions, endpoint::Endpoint},
    script,
    settings::VolumeSettings,
    worker::vetting::Steps,
};

/// Everything that a run needs to know.
#[derive(Debug)]
pub(crate) struct Plan {
    pub script: PathBuf,
    /// How much the script may take.
    pub script_limits: script::Limits,
    /// What a save has to pass before it is swapped in.
    pub steps: Steps,
    /// The data folder, in which the control socket lies.
    pub data_dir: PathBuf,
    /// The database's file.
    pub database: PathBuf,
    /// The folder for the files that the script emits into.
    pub sinks: PathBuf,
    pub journal: JournalPlan,
    /// The addresses of the service.
    pub endpoint: Endpoint,
    /// The name under which the database remembers the rules that ouzel added.
    pub rules_key: String,
    /// How the rules are kept.
    pub rules: RuleOptions,
    pub credentials: Credentials,
    /// A PEM file with additional root certificates.
    pub ca_file: Option<PathBuf>,
    /// How the stream is read.
    pub stream: StreamOptions,
    /// How long the script's files have to be unchanged before the script is loaded again; `None` to not watch them.
    pub debounce: Option<Duration>,
    /// Whether the account has Recovery.
    pub recovery: bool,
    /// The run stops after this many Tweets.
    pub limit: Option<u64>,
    /// The run stops after this time.
    pub duration: Option<Duration>,
    /// How many Tweets a month and a minute may have.
    pub volume: VolumeSettings,
    /// Where metrics are served.
    pub status: Option<SocketAddr>,
}

/// Where the journal is, and how it is kept.
#[derive(Debug, Clone)]
pub(crate) struct JournalPlan {
    /// The name under which the database remembers how far the journal has been handled.
    pub name: String,
    /// The journal's folder.
    pub folder: PathBuf,
    /// The file that says which Tweets of the journal are being handled.
    pub in_hand: PathBuf,
    /// How much of the journal is kept.
    pub limits: Limits,
    /// Whether Tweets from before the start may come again and must not be handled twice.
    pub remembers: bool,
}
