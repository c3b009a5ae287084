//! The user's settings. Takes flags, then environment variables, then `ouzel.toml`, then defaults; gives one set of
//! checked values, and never acts on them.

mod credentials;
mod error;
mod file;
mod given;
mod journal;
mod listed;
mod mistake;
mod reload;
mod rules;
mod script;
mod status;
mod volume;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use self::{credentials::Source, file::File};
pub(crate) use self::{
    error::Error,
    file::lines,
    given::Given,
    journal::{JournalGiven, JournalSettings, SyncWord},
    listed::{Listed, Value},
    reload::{ReloadGiven, ReloadSettings},
    rules::{CheckEvery, PruneWord, RulesGiven, RulesSettings},
    script::ScriptGiven,
    status::StatusListen,
    volume::{AfterAlarm, VolumeGiven, VolumeSettings},
};
use crate::{powertrack::endpoint::Addresses, script::Limits, text::secret::Secret};

/// The settings file that is read if it exists and no other file is named.
pub(crate) const FILE: &str = "ouzel.toml";

const SCRIPT: &str = "scripts/main.lua";
const DATA_DIR: &str = "data";
const READ_TIMEOUT: Duration = Duration::from_secs(35);
const DEBOUNCE: Duration = Duration::from_millis(100);
const MAX_LINE: usize = 1 << 20;
const BACKFILL_MINUTES: u8 = 5;

/// The read timeout has to be longer than this. The service sends a heartbeat about every 10 s, and its documentation
/// asks for a read timeout of more than this.
const LEAST_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest line limit that can be set. Each line is held in memory whole and is one frame of the journal.
const MOST_MAX_LINE: usize = 32 << 20;

/// The settings in force.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub script: PathBuf,
    /// The folder for the database and the journal.
    pub data_dir: PathBuf,
    /// The account's name, if the URLs are made from it.
    pub account: Option<String>,
    /// The stream's label.
    pub label: Option<String>,
    /// The stream's URL.
    pub url: Option<String>,
    /// The rules endpoint's URL.
    pub rules_url: Option<String>,
    /// A PEM file with additional root certificates.
    pub ca_file: Option<PathBuf>,
    /// How long the stream may be silent before the connection counts as dropped.
    pub read_timeout: Duration,
    /// The longest line allowed, in bytes.
    pub max_line: usize,
    /// The most minutes that backfill is asked for after an outage; 0 if the account has no backfill.
    pub backfill_minutes: u8,
    /// Whether the account has Recovery.
    pub recovery: bool,
    /// The URL of the Replay stream, if the account has one.
    pub replay_url: Option<String>,
    /// The URL of the Replay stream's rules, if it cannot be derived from the Replay stream's URL.
    pub replay_rules_url: Option<String>,
    /// Whether to watch the script's files.
    pub watch: bool,
    /// How long the script's files have to be unchanged before the script is loaded again.
    pub debounce: Duration,
    /// How much the script may take.
    pub script_limits: Limits,
    /// What a save has to pass before it is swapped in.
    pub reload: ReloadSettings,
    /// How the journal is kept.
    pub journal: JournalSettings,
    /// How the rules are kept.
    pub rules: RulesSettings,
    /// How many Tweets a month and a minute may have.
    pub volume: VolumeSettings,
    /// Where metrics are served.
    pub status: StatusListen,
    username: Source,
    password: Source,
    /// The settings file, if it contains the password that is in force.
    password_in: Option<PathBuf>,
}

impl Settings {
    /// Where the service is, as the settings say it.
    pub(crate) fn addresses(&self) -> Addresses {
        Addresses {
            account: self.account.clone(),
            label: self.label.clone(),
            url: self.url.clone(),
            rules_url: self.rules_url.clone(),
            replay_url: self.replay_url.clone(),
            replay_rules_url: self.replay_rules_url.clone(),
        }
    }

    /// Joins the given settings with the settings file and the defaults. Paths in the file are relative to the file.
    ///
    /// # Errors
    /// When the file cannot be read or is wrong, or a setting has a value that is not allowed. The error names the
    /// setting.
    pub(crate) fn read(given: Given) -> Result<Self, Error> {
        let path = given.config.clone().unwrap_or_else(|| FILE.into());
        let (file, folder) = match &given.config {
            Some(path) => (File::read(path)?, folder_of(path)),
            None if Path::new(FILE).exists() => (File::read(Path::new(FILE))?, PathBuf::new()),
            None => (File::default(), PathBuf::new()),
        };
        let File {
            script,
            data_dir,
            script_limits,
            stream,
            journal,
            rules,
            watch,
            reload,
            volume,
            status,
        } = file;
        let beside = |path: PathBuf| folder.join(path);
        let is_given = given.password.is_some() || given.password_file.is_some();
        let password_in = Some(path).filter(|_| !is_given && stream.password.is_some());
        let settings = Self {
            script: given
                .script
                .or(script.map(beside))
                .unwrap_or_else(|| SCRIPT.into()),
            data_dir: given
                .data_dir
                .or(data_dir.map(beside))
                .unwrap_or_else(|| DATA_DIR.into()),
            account: given.account.or(stream.account),
            label: given.label.or(stream.label),
            url: given.url.or(stream.url),
            rules_url: given.rules_url.or(stream.rules_url),
            ca_file: given.ca_file.or(stream.ca_file.map(beside)),
            read_timeout: given
                .read_timeout
                .or(stream.read_timeout.map(|span| span.0))
                .unwrap_or(READ_TIMEOUT),
            max_line: given
                .max_line
                .or(stream.max_line.map(|size| size.0))
                .unwrap_or(MAX_LINE),
            backfill_minutes: given
                .backfill_minutes
                .or(stream.backfill_minutes)
                .unwrap_or(BACKFILL_MINUTES),
            recovery: given.recovery.or(stream.recovery).unwrap_or(false),
            replay_url: given.replay_url.or(stream.replay_url),
            replay_rules_url: given.replay_rules_url.or(stream.replay_rules_url),
            watch: given.watch.or(watch.enabled).unwrap_or(true),
            debounce: given
                .debounce
                .or(watch.debounce.map(|span| span.0))
                .unwrap_or(DEBOUNCE),
            script_limits: script::join(given.script_limits, script_limits)?,
            reload: reload::join(given.reload, reload)?,
            journal: JournalSettings::join(given.journal, journal)?,
            rules: RulesSettings::join(given.rules, &rules)?,
            volume: volume::join(given.volume, volume)?,
            status: given.status.or(status.listen).unwrap_or_default(),
            username: Source::first(
                (given.username.map(Secret::new), given.username_file),
                (
                    stream.username.map(Secret::new),
                    stream.username_file.map(beside),
                ),
            ),
            password_in,
            password: Source::first(
                (given.password, given.password_file),
                (
                    stream.password.map(|hidden| hidden.0),
                    stream.password_file.map(beside),
                ),
            ),
        };
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), Error> {
        if self.read_timeout <= LEAST_READ_TIMEOUT {
            return Err(Error::Value {
                name: "read_timeout",
                reason: format!(
                    "{:?} is too short; it has to be more than {LEAST_READ_TIMEOUT:?}, or a late heartbeat costs the connection",
                    self.read_timeout
                ),
            });
        }
        if self.backfill_minutes > BACKFILL_MINUTES {
            return Err(Error::Value {
                name: "backfill_minutes",
                reason: format!(
                    "{} is out of range; 1 to {BACKFILL_MINUTES} can be asked for, and 0 is for an account without backfill",
                    self.backfill_minutes
                ),
            });
        }
        if !(1024..=MOST_MAX_LINE).contains(&self.max_line) {
            return Err(Error::Value {
                name: "max_line",
                reason: format!(
                    "{} bytes is out of range; 1 KiB to {} MiB are possible",
                    self.max_line,
                    MOST_MAX_LINE >> 20
                ),
            });
        }
        Ok(())
    }

    /// The database's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.data_dir.join("ouzel.db")
    }
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}
