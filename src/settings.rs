//! What the user has set: flags, then environment, then `ouzel.toml`, then defaults.

mod journal;
mod status;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use self::{journal::JournalFile, status::StatusFile};
pub use self::{
    journal::{JournalGiven, JournalSettings, SyncWord},
    status::StatusListen,
};
use crate::{
    secret::Secret,
    units::{Size, Span},
};

/// The settings file that is read where it exists.
pub const FILE: &str = "ouzel.toml";

const SCRIPT: &str = "scripts/main.lua";
const DATA_DIR: &str = "data";
const READ_TIMEOUT: Duration = Duration::from_secs(35);
const DEBOUNCE: Duration = Duration::from_millis(100);
const MAX_LINE: usize = 1 << 20;
const BACKFILL_MINUTES: u8 = 5;

/// The service sends a heartbeat every 10 s or so; its documentation asks for a read timeout of more than this.
const LEAST_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Longer lines than this no setting allows: each is held in memory whole, and is a frame of the journal.
const MOST_MAX_LINE: usize = 32 << 20;

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings file cannot be read.
    #[error("cannot read the settings file `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The settings file is wrong.
    #[error("the settings file `{}` is wrong:\n{reason}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Where, and why.
        reason: String,
    },
    /// A setting has a value that it cannot have.
    #[error("{name}: {reason}")]
    Value {
        /// The setting.
        name: &'static str,
        /// Why not.
        reason: String,
    },
    /// A file named by a setting, such as the password's, cannot be read.
    #[error("{name}: cannot read `{}`: {source}", path.display())]
    File {
        /// The setting.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There are no credentials.
    #[error(
        "no {missing} for the stream\nhint: set `OUZEL_USERNAME` and `OUZEL_PASSWORD`, or `username_file` and `password_file` \
         in `ouzel.toml`; without an account, try `ouzel run --sim`"
    )]
    NoCredentials {
        /// What is missing.
        missing: &'static str,
    },
}

/// What flags and environment say; a field that is not given leaves the word to the file.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The settings file, if another than [`FILE`].
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

/// The settings in force.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The script.
    pub script: PathBuf,
    /// The folder for the database and the journal.
    pub data_dir: PathBuf,
    /// The account's name, where the URLs are to be made from it.
    pub account: Option<String>,
    /// The stream's label.
    pub label: Option<String>,
    /// The stream's URL.
    pub url: Option<String>,
    /// The rules endpoint's URL.
    pub rules_url: Option<String>,
    /// A PEM file with further root certificates.
    pub ca_file: Option<PathBuf>,
    /// Silence after which the connection counts as dropped.
    pub read_timeout: Duration,
    /// The longest line, in bytes.
    pub max_line: usize,
    /// The most minutes to ask for again after an outage; 0 where the account has no backfill.
    pub backfill_minutes: u8,
    /// Whether the account has Recovery.
    pub recovery: bool,
    /// The URL of the Replay stream, where the account has one.
    pub replay_url: Option<String>,
    /// The URL of its rules, where it does not follow from the stream's.
    pub replay_rules_url: Option<String>,
    /// Whether the script is watched.
    pub watch: bool,
    /// How long the script's files have to be quiet before it is loaded again.
    pub debounce: Duration,
    /// How the journal is kept.
    pub journal: JournalSettings,
    /// Where metrics are served.
    pub status: StatusListen,
    username: Source,
    password: Source,
}

/// Where a part of the credentials comes from.
#[derive(Debug, Clone)]
enum Source {
    Text(Secret),
    File(PathBuf),
    Nowhere,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    script: Option<PathBuf>,
    data_dir: Option<PathBuf>,
    stream: StreamFile,
    journal: JournalFile,
    watch: WatchFile,
    status: StatusFile,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct StreamFile {
    account: Option<String>,
    label: Option<String>,
    url: Option<String>,
    rules_url: Option<String>,
    username: Option<String>,
    password: Option<Hidden>,
    username_file: Option<PathBuf>,
    password_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    read_timeout: Option<Span>,
    max_line: Option<Size>,
    backfill_minutes: Option<u8>,
    recovery: Option<bool>,
    replay_url: Option<String>,
    replay_rules_url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WatchFile {
    enabled: Option<bool>,
    debounce: Option<Span>,
}

impl Settings {
    /// Joins what is given with the settings file and the defaults. Paths in the file are relative to the file.
    ///
    /// # Errors
    /// [`Error`], naming the setting.
    pub fn read(given: Given) -> Result<Self, Error> {
        let (file, folder) = match &given.config {
            Some(path) => (read_file(path)?, folder_of(path)),
            None if Path::new(FILE).exists() => (read_file(Path::new(FILE))?, PathBuf::new()),
            None => (File::default(), PathBuf::new()),
        };
        let File {
            script,
            data_dir,
            stream,
            journal,
            watch,
            status,
        } = file;
        let beside = |path: PathBuf| folder.join(path);
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
            journal: JournalSettings::join(given.journal, journal)?,
            status: given.status.or(status.listen).unwrap_or_default(),
            username: Source::first(
                (given.username.map(Secret::new), given.username_file),
                (
                    stream.username.map(Secret::new),
                    stream.username_file.map(beside),
                ),
            ),
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

    /// The user's name and password, read from their files where they are in files.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] or [`Error::File`].
    pub fn credentials(&self) -> Result<(String, Secret), Error> {
        let username = self
            .username
            .read("username_file")?
            .ok_or(Error::NoCredentials {
                missing: "user name",
            })?;
        let password = self
            .password
            .read("password_file")?
            .ok_or(Error::NoCredentials {
                missing: "password",
            })?;
        Ok((username.reveal().to_owned(), password))
    }

    /// The database's file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("ouzel.db")
    }
}

impl Source {
    /// Flags and environment win over the file; among equals the text wins over the file that holds it.
    fn first(
        given: (Option<Secret>, Option<PathBuf>),
        file: (Option<Secret>, Option<PathBuf>),
    ) -> Self {
        // A variable without text stands where somebody has nothing to put there.
        let one = |(text, path): (Option<Secret>, Option<PathBuf>)| match (text, path) {
            (Some(text), _) if !text.reveal().is_empty() => Some(Self::Text(text)),
            (_, Some(path)) => Some(Self::File(path)),
            (_, None) => None,
        };
        one(given).or_else(|| one(file)).unwrap_or(Self::Nowhere)
    }

    fn read(&self, name: &'static str) -> Result<Option<Secret>, Error> {
        match self {
            Self::Text(text) => Ok(Some(text.clone())),
            Self::Nowhere => Ok(None),
            Self::File(path) => {
                let text = fs::read_to_string(path).map_err(|source| Error::File {
                    name,
                    path: path.clone(),
                    source,
                })?;
                // Editors end a file with a newline, passwords do not.
                let text = text.trim_end_matches(['\r', '\n']);
                Ok((!text.is_empty()).then(|| Secret::new(text)))
            }
        }
    }
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

fn read_file(path: &Path) -> Result<File, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|error| Error::Wrong {
        path: path.to_owned(),
        reason: reason(&error, &text),
    })
}

/// The parser's message and the line it speaks of; never a value that may be a password, also under a misspelt key.
fn reason(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().trim();
    let Some(span) = error.span() else {
        return format!("  {message}");
    };
    let before = &text[..span.start.min(text.len())];
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default();
    let (shown, message) = match line.split_once('=') {
        Some((key, _)) if HARMLESS.contains(&key.trim()) => (line.to_owned(), message),
        None if line.trim().starts_with('[') || line.trim().is_empty() => {
            (line.to_owned(), message)
        }
        masked => {
            // `invalid type: integer `1234`, expected a string` repeats the value.
            let told = message
                .split(':')
                .next()
                .filter(|_| message.starts_with("invalid"));
            let key = masked.map_or("", |(key, _)| key);
            (format!("{key}= ***"), told.unwrap_or(message))
        }
    };
    format!("  line {number}: {shown}\n  {message}")
}

/// The keys whose values can be shown.
const HARMLESS: [&str; 17] = [
    "script",
    "data_dir",
    "account",
    "label",
    "username",
    "username_file",
    "password_file",
    "ca_file",
    "read_timeout",
    "max_line",
    "backfill_minutes",
    "recovery",
    "retain",
    "max_size",
    "sync",
    "enabled",
    "debounce",
];

/// A password in the file; its own type, so that printing the file's content cannot show it.
#[derive(Debug)]
struct Hidden(Secret);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_a_password_is_not_shown() {
        let text = "[stream]\nacount = \"x\"\n";
        let error = toml::from_str::<File>(text).unwrap_err();
        let shown = reason(&error, text);
        assert!(shown.contains("line 2: acount"), "{shown}");
        assert!(shown.contains("unknown field `acount`"), "{shown}");
        let text = "[stream]\npassword = 1234\n";
        let error = toml::from_str::<File>(text).unwrap_err();
        let shown = reason(&error, text);
        assert!(shown.contains("line 2: password = ***"), "{shown}");
    }

    #[test]
    fn flags_win_over_the_file_and_text_over_its_file() {
        let source = Source::first((None, Some("f".into())), (Some(Secret::new("text")), None));
        assert!(matches!(source, Source::File(_)));
        assert!(matches!(
            Source::first((None, None), (None, None)),
            Source::Nowhere
        ));
    }
}
