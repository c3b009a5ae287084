//! The settings file.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use super::{
    Error, journal::JournalFile, mistake::reason, reload::ReloadFile, rules::RulesFile,
    script::ScriptFile, status::StatusFile, volume::VolumeGiven,
};
use crate::text::{
    secret::Secret,
    units::{Length, Size},
};

/// The whole settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    pub(super) script: Option<PathBuf>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) stream: StreamFile,
    pub(super) script_limits: ScriptFile,
    pub(super) journal: JournalFile,
    pub(super) rules: RulesFile,
    pub(super) watch: WatchFile,
    pub(super) reload: ReloadFile,
    pub(super) volume: VolumeGiven,
    pub(super) status: StatusFile,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct StreamFile {
    pub(super) account: Option<String>,
    pub(super) label: Option<String>,
    pub(super) url: Option<String>,
    pub(super) rules_url: Option<String>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Hidden>,
    pub(super) username_file: Option<PathBuf>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) read_timeout: Option<Length>,
    pub(super) max_line: Option<Size>,
    pub(super) backfill_minutes: Option<u8>,
    pub(super) recovery: Option<bool>,
    pub(super) replay_url: Option<String>,
    pub(super) replay_rules_url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WatchFile {
    pub(super) enabled: Option<bool>,
    pub(super) debounce: Option<Length>,
}

impl File {
    /// Reads the settings file.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let text = read(path)?;
        toml::from_str(&text).map_err(|error| Error::Wrong {
            path: path.to_owned(),
            reason: reason(&error, &text),
        })
    }
}

/// In which line of the settings file each key stands, by its section and its name.
///
/// # Errors
/// When the file cannot be read or is no TOML.
pub(crate) fn lines(path: &Path) -> Result<BTreeMap<(String, String), usize>, Error> {
    let text = read(path)?;
    let table = DeTable::parse(&text).map_err(|error| Error::Wrong {
        path: path.to_owned(),
        reason: reason(&error, &text),
    })?;
    let line = |at: usize| {
        text.as_bytes()[..at]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1
    };
    let mut lines = BTreeMap::new();
    for (name, value) in table.get_ref() {
        let section = name.get_ref().to_string();
        match value.get_ref() {
            DeValue::Table(table) => {
                for key in table.keys() {
                    let place = (section.clone(), key.get_ref().to_string());
                    lines.insert(place, line(key.span().start));
                }
            }
            _ => {
                lines.insert((String::new(), section), line(name.span().start));
            }
        }
    }
    Ok(lines)
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        source,
    })
}

/// A password in the settings file. It has its own type so that printing the file's content cannot show it.
#[derive(Debug)]
pub(super) struct Hidden(pub(super) Secret);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}
