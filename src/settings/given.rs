//! What flags and environment say.

use std::{path::PathBuf, time::Duration};

use super::{JournalGiven, StatusListen};
use crate::text::secret::Secret;

/// What flags and environment say; a field that is not given leaves the word to the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    /// The settings file, if another than [`FILE`](super::FILE).
    pub config: Option<PathBuf>,
    /// The script.
    pub script: Option<PathBuf>,
    /// The folder for the database and the journal.
    pub data_dir: Option<PathBuf>,
    /// The account's name.
    pub account: Option<String>,
    /// The stream's label.
    pub label: Option<String>,
    /// The stream's URL.
    pub url: Option<String>,
    /// The rules endpoint's URL.
    pub rules_url: Option<String>,
    /// The user's name.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// A file that holds the user's name.
    pub username_file: Option<PathBuf>,
    /// A file that holds the password.
    pub password_file: Option<PathBuf>,
    /// A PEM file with further root certificates.
    pub ca_file: Option<PathBuf>,
    /// Silence after which the connection counts as dropped.
    pub read_timeout: Option<Duration>,
    /// The longest line.
    pub max_line: Option<usize>,
    /// The most minutes to ask for again after an outage.
    pub backfill_minutes: Option<u8>,
    /// Whether the account has Recovery.
    pub recovery: Option<bool>,
    /// The URL of the Replay stream.
    pub replay_url: Option<String>,
    /// The URL of its rules.
    pub replay_rules_url: Option<String>,
    /// Whether the script is watched.
    pub watch: Option<bool>,
    /// How long the script's files have to be quiet before it is loaded again.
    pub debounce: Option<Duration>,
    /// How the journal is kept.
    pub journal: JournalGiven,
    /// Where metrics are served.
    pub status: Option<StatusListen>,
}
