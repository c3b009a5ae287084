//! The settings in force as a list: each by its name in the file, with its value as people write it.

use super::{CheckEvery, PruneWord, Settings, SyncWord, credentials::Source};
use crate::text::units::{Length, Size};

/// What stands for a secret.
const MASK: &str = "***";

/// A setting in force.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The section of the file; empty for the top.
    pub section: &'static str,
    /// The key in it.
    pub key: &'static str,
    /// `None` if the setting has no value, or another one is in force in its place.
    pub value: Option<Value>,
}

/// The value of a setting, as it stands in the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Number(u64),
    Bool(bool),
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Number(value)
    }
}

impl Settings {
    /// Every setting, in the order of the guide. No secret is in it.
    ///
    /// It names every field of the settings, so that none can be forgotten.
    #[rustfmt::skip] // A table.
    pub(crate) fn listed(&self) -> Vec<Listed> {
        let Self {
            script, data_dir, account, label, url, rules_url, ca_file, read_timeout, max_line, backfill_minutes, recovery,
            replay_url, replay_rules_url, watch, debounce, script_limits, reload, journal, rules, volume, status, username,
            password, password_in: _,
        } = self;
        let of = |section, key, value| Listed { section, key, value };
        let text = |value: &dyn ToString| Some(Value::Text(value.to_string()));
        let maybe = |value: &Option<String>| value.clone().map(Value::Text);
        let address = |value: &Option<String>| value.as_deref().map(|url| Value::Text(without_password(url)));
        let in_text = |source: &Source| match source {
            Source::Text(text) => Some(text.clone()),
            Source::File(_) | Source::Nowhere => None,
        };
        let in_file = |source: &Source| match source {
            Source::File(path) => text(&path.display()),
            Source::Text(_) | Source::Nowhere => None,
        };
        vec![
            of("", "script", text(&script.display())),
            of("", "data_dir", text(&data_dir.display())),
            of("stream", "account", maybe(account)),
            of("stream", "label", maybe(label)),
            of("stream", "url", address(url)),
            of("stream", "rules_url", address(rules_url)),
            of("stream", "username", in_text(username).map(|name| Value::Text(name.reveal().to_owned()))),
            of("stream", "username_file", in_file(username)),
            of("stream", "password", in_text(password).map(|_| Value::Text(MASK.to_owned()))),
            of("stream", "password_file", in_file(password)),
            of("stream", "ca_file", ca_file.as_ref().and_then(|path| text(&path.display()))),
            of("stream", "backfill_minutes", Some(u64::from(*backfill_minutes).into())),
            of("stream", "recovery", Some((*recovery).into())),
            of("stream", "replay_url", address(replay_url)),
            of("stream", "replay_rules_url", address(replay_rules_url)),
            of("stream", "read_timeout", text(&Length(*read_timeout))),
            of("stream", "max_line", text(&Size(*max_line))),
            of("script_limits", "time", text(&Length(script_limits.time))),
            of("script_limits", "load_time", text(&Length(script_limits.load_time))),
            of("script_limits", "instructions", Some(script_limits.instructions.into())),
            of("script_limits", "memory", text(&Size(script_limits.memory))),
            of("script_limits", "breaches", Some(u64::from(script_limits.breaches).into())),
            of("journal", "retain", text(&Length(journal.retain))),
            of("journal", "max_size", text(&Size(usize::try_from(journal.max_size).unwrap_or(usize::MAX)))),
            of("journal", "sync", text(&SyncWord(journal.sync))),
            of("rules", "prune", text(&PruneWord(rules.policy.prune))),
            of("rules", "max_delete_percent", Some(u64::from(rules.policy.max_delete_percent).into())),
            of("rules", "check_every", text(&CheckEvery(rules.check_every))),
            of("watch", "enabled", Some((*watch).into())),
            of("watch", "debounce", text(&Length(*debounce))),
            of("reload", "test_on_save", Some(reload.test_on_save.into())),
            of("reload", "shadow", Some((reload.shadow as u64).into())),
            of("reload", "shadow_refuse", Some(reload.shadow_refuse.into())),
            of("volume", "monthly_cap", volume.monthly_cap.map(Value::from)),
            of("volume", "alarm_per_minute", Some(volume.alarm_per_minute.unwrap_or(0).into())),
            of("volume", "breaker", text(&volume.breaker)),
            of("volume", "resume_after", volume.resume_after.and_then(|after| text(&Length(after)))),
            of("status", "listen", text(status)),
        ]
    }
}

/// A URL without the name and the password that may be in it.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url
        .split_once("://")
        .map_or(("", url), |(scheme, rest)| (scheme, rest));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) if scheme.is_empty() => format!("{MASK}{}", &rest[at..]),
        Some(at) => format!("{scheme}://{MASK}{}", &rest[at..]),
        // A password may hold a slash that is not escaped.
        None if rest.contains('@') => MASK.to_owned(),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_of_a_url_is_shown() {
        for (url, shown) in [
            ("https://gnip.example/x.json", "https://gnip.example/x.json"),
            (
                "https://ann:pw@gnip.example/x.json",
                "https://***@gnip.example/x.json",
            ),
            ("https://ann:p@w@gnip.example", "https://***@gnip.example"),
            ("https://ann:p/w@gnip.example", "***"),
            ("ann:pw@gnip.example", "***@gnip.example"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
