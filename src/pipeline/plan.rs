//! What a run is to do: settings and arguments, put together.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::{
    ingest::Limits,
    powertrack::{Credentials, connection::StreamOptions, endpoint::Endpoint},
};

/// Everything that a run needs to know.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The script.
    pub script: PathBuf,
    /// The database's file.
    pub database: PathBuf,
    /// The folder of the files that the script emits into.
    pub sinks: PathBuf,
    /// The journal.
    pub journal: JournalPlan,
    /// Where the service is.
    pub endpoint: Endpoint,
    /// The name under which added rules are remembered.
    pub rules_key: String,
    /// Who asks.
    pub credentials: Credentials,
    /// A PEM file with further root certificates.
    pub ca_file: Option<PathBuf>,
    /// How the stream is read.
    pub stream: StreamOptions,
    /// How long the script's files have to be quiet before it is loaded again; `None` not to watch them.
    pub debounce: Option<Duration>,
    /// Whether the account has Recovery.
    pub recovery: bool,
    /// Stop after so many Tweets.
    pub limit: Option<u64>,
    /// Stop after so long.
    pub duration: Option<Duration>,
    /// Where metrics are served.
    pub status: Option<SocketAddr>,
}

/// Where the journal is, and how it is kept.
#[derive(Debug, Clone)]
pub(crate) struct JournalPlan {
    /// The name under which the database remembers how far it is handled.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The file that says which Tweets of it are in hand.
    pub in_hand: PathBuf,
    /// How much of it is kept.
    pub limits: Limits,
    /// Whether what came before the start may come again, and is not to be handled again.
    pub remembers: bool,
}
