//! How the journal is kept. Flags win over environment variables, these over the section `[journal]` of `ouzel.toml`,
//! and this over defaults.

use std::{fmt, str::FromStr, time::Duration};

use serde::Deserialize;

use super::Error;
use crate::{
    journal::Sync,
    text::units::{Length, Size},
};

const RETAIN: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const MAX_SIZE: u64 = 20 << 30;
const SYNC: Sync = Sync::Interval(Duration::from_secs(1));

/// The smallest size allowed. A smaller journal would hold hardly a second of a busy stream.
const LEAST_MAX_SIZE: u64 = 1 << 20;

/// The settings of the journal that flags and environment variables give.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct JournalGiven {
    /// How long handled lines are kept.
    pub retain: Option<Duration>,
    /// The largest size of the journal, in bytes.
    pub max_size: Option<usize>,
    /// When written lines are synced to disk.
    pub sync: Option<SyncWord>,
}

/// The section `[journal]` of the settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct JournalFile {
    retain: Option<Length>,
    max_size: Option<Size>,
    sync: Option<SyncWord>,
}

/// How the journal is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JournalSettings {
    /// How long handled lines are kept.
    pub retain: Duration,
    /// The largest size of the journal, in bytes.
    pub max_size: u64,
    /// When written lines are synced to disk.
    pub sync: Sync,
}

impl JournalSettings {
    pub(super) fn join(given: JournalGiven, file: JournalFile) -> Result<Self, Error> {
        let max_size = given.max_size.or(file.max_size.map(|size| size.0));
        let settings = Self {
            retain: given
                .retain
                .or(file.retain.map(|span| span.0))
                .unwrap_or(RETAIN),
            max_size: max_size.map_or(MAX_SIZE, |size| size as u64),
            sync: given.sync.or(file.sync).map_or(SYNC, |word| word.0),
        };
        if settings.max_size < LEAST_MAX_SIZE {
            return Err(Error::Value {
                name: "max_size",
                reason: format!(
                    "{} bytes is too small for the journal; it has to be 1 MiB or more",
                    settings.max_size
                ),
            });
        }
        Ok(settings)
    }
}

/// When the journal is synced, as people write it: `1s`, `always` or `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SyncWord(pub Sync);

impl fmt::Display for SyncWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Sync::Always => f.write_str("always"),
            Sync::Never => f.write_str("never"),
            Sync::Interval(interval) => Length(interval).fmt(f),
        }
    }
}

impl FromStr for SyncWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "always" => Ok(Self(Sync::Always)),
            "never" => Ok(Self(Sync::Never)),
            _ => match text.parse() {
                Ok(Length(interval)) => Ok(Self(Sync::Interval(interval))),
                Err(_) => Err(format!(
                    "`{text}` does not say when to sync; write `always`, `never`, or how often, such as `1s`"
                )),
            },
        }
    }
}

impl<'de> Deserialize<'de> for SyncWord {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syncing_is_read_as_people_write_it() {
        let second = Sync::Interval(Duration::from_secs(1));
        assert_eq!("1s".parse(), Ok(SyncWord(second)));
        assert_eq!("always".parse(), Ok(SyncWord(Sync::Always)));
        assert_eq!("never".parse(), Ok(SyncWord(Sync::Never)));
        assert!("often".parse::<SyncWord>().is_err());
    }
}
