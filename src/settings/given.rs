//! The settings that flags and environment variables give.

use std::{path::PathBuf, time::Duration};

use super::{JournalGiven, ReloadGiven, RulesGiven, ScriptGiven, StatusListen, VolumeGiven};
use crate::text::secret::Secret;

/// The settings that flags and environment variables give. The settings file decides on each field that is `None`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    /// The settings file, if it is not [`FILE`](super::FILE).
    pub config: Option<PathBuf>,
    pub script: Option<PathBuf>,
    /// The folder for the database and the journal.
    pub data_dir: Option<PathBuf>,
    /// The account's name at the service.
    pub account: Option<String>,
    /// The stream's label.
    pub label: Option<String>,
    /// The stream's URL.
    pub url: Option<String>,
    /// The rules endpoint's URL.
    pub rules_url: Option<String>,
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// A file that holds the user's name.
    pub username_file: Option<PathBuf>,
    /// A file that holds the password.
    pub password_file: Option<PathBuf>,
    /// A PEM file with additional root certificates.
    pub ca_file: Option<PathBuf>,
    /// How long the stream may be silent before the connection counts as dropped.
    pub read_timeout: Option<Duration>,
    /// The longest line allowed, in bytes.
    pub max_line: Option<usize>,
    /// The most minutes that backfill is asked for after an outage.
    pub backfill_minutes: Option<u8>,
    /// Whether the account has Recovery.
    pub recovery: Option<bool>,
    /// The URL of the Replay stream.
    pub replay_url: Option<String>,
    /// The URL of the Replay stream's rules.
    pub replay_rules_url: Option<String>,
    /// Whether to watch the script's files.
    pub watch: Option<bool>,
    /// How long the script's files have to be unchanged before the script is loaded again.
    pub debounce: Option<Duration>,
    /// How much the script may take.
    pub script_limits: ScriptGiven,
    /// What a save has to pass before it is swapped in.
    pub reload: ReloadGiven,
    /// How the journal is kept.
    pub journal: JournalGiven,
    /// How the rules are kept.
    pub rules: RulesGiven,
    /// How many Tweets a month and a minute may have.
    pub volume: VolumeGiven,
    /// Where metrics are served.
    pub status: Option<StatusListen>,
}
