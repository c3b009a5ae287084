//! One fault as a user asks for it, in a flag or as JSON.

use std::{str::FromStr, time::Duration};

use serde::{Deserialize, Serialize, ser::SerializeMap};

use super::Kind;
use ouzel_text::units::Length;

/// What goes wrong, and when.
///
/// As a flag: `reset:probability=0.001`, `silence:after=30s,for=40s`, `duplicate:every=100`.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// When.
    pub when: When,
    /// The most times that it happens; without it, there is no limit.
    pub times: Option<u64>,
    /// How long it lasts, if it is a lasting one.
    pub lasts: Option<Duration>,
    /// Bytes a second for `slow`, bytes for `one-byte-chunks`.
    pub bytes: Option<u64>,
    /// The status of an answer.
    pub status: Option<u16>,
    /// Whether the connection ends with a reset in place of an orderly end.
    pub reset: bool,
}

/// When a fault happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// With this probability at each Tweet or request.
    Probability(f64),
    /// Once, this long after it was set.
    After(Duration),
    /// At every n-th Tweet of a connection, or every n-th request.
    Every(u64),
}

/// The parts of a fault, as JSON or a flag names them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    fault: String,
    probability: Option<f64>,
    after: Option<Length>,
    every: Option<u64>,
    times: Option<u64>,
    #[serde(rename = "for")]
    lasts: Option<Length>,
    bytes: Option<u64>,
    status: Option<u16>,
    #[serde(default)]
    reset: bool,
}

impl Fault {
    /// Reads one fault or an array of them.
    ///
    /// # Errors
    /// Says what is wrong with the JSON.
    pub fn from_json(json: &[u8]) -> Result<Vec<Self>, String> {
        let is_array = json.trim_ascii_start().starts_with(b"[");
        let parts: Vec<Parts> = if is_array {
            ouzel_text::json::read(json)
        } else {
            ouzel_text::json::read(json).map(|one| vec![one])
        }
        .map_err(|error| error.to_string())?;
        parts.into_iter().map(Self::try_from).collect()
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, options) = text.split_once(':').unwrap_or((text, ""));
        let mut parts = Parts {
            fault: name.to_owned(),
            ..Parts::default()
        };
        for option in options.split(',').filter(|option| !option.is_empty()) {
            let (key, value) = option.split_once('=').unwrap_or((option, "true"));
            let number = || {
                value
                    .parse()
                    .map_err(|_| format!("`{value}` is no number (`{key}`)"))
            };
            match key {
                "probability" => {
                    parts.probability = Some(
                        value
                            .parse()
                            .map_err(|_| format!("`{value}` is no probability"))?,
                    );
                }
                "after" => parts.after = Some(value.parse()?),
                "for" => parts.lasts = Some(value.parse()?),
                "every" => parts.every = Some(number()?),
                "times" => parts.times = Some(number()?),
                "bytes" => parts.bytes = Some(number()?),
                "status" => {
                    parts.status = Some(
                        u16::try_from(number()?)
                            .map_err(|_| format!("`{value}` is no HTTP status"))?,
                    );
                }
                "reset" if value == "true" => parts.reset = true,
                _ => {
                    return Err(format!(
                        "unknown option `{option}`; there are `probability`, `after`, `every`, `times`, `for`, `bytes`, `status` and `reset`"
                    ));
                }
            }
        }
        Self::try_from(parts)
    }
}

impl TryFrom<Parts> for Fault {
    type Error = String;

    fn try_from(parts: Parts) -> Result<Self, String> {
        let name = &parts.fault;
        let kind = Kind::named(name).ok_or_else(|| {
            let names: Vec<_> = Kind::all().map(Kind::name).collect();
            format!("unknown fault `{name}`; there are {}", names.join(", "))
        })?;
        let when = match (parts.probability, parts.after, parts.every) {
            (Some(probability), None, None) => {
                if !(0.0..=1.0).contains(&probability) {
                    return Err(format!(
                        "`{name}`: a probability lies between 0 and 1, and {probability} does not"
                    ));
                }
                When::Probability(probability)
            }
            (None, Some(after), None) => When::After(after.0),
            (None, None, Some(0)) => return Err(format!("`{name}`: `every` counts from 1")),
            (None, None, Some(every)) => When::Every(every),
            (None, None, None) => When::After(Duration::ZERO),
            _ => {
                return Err(format!(
                    "`{name}`: one of `probability`, `after` and `every` says when it happens"
                ));
            }
        };
        let refuse = |key: &str, given: bool, takes: bool| {
            if given && !takes {
                Err(format!("`{name}` takes no `{key}`"))
            } else {
                Ok(())
            }
        };
        refuse("for", parts.lasts.is_some(), kind.lasts())?;
        refuse("bytes", parts.bytes.is_some(), kind.counts_bytes())?;
        refuse("status", parts.status.is_some(), kind.has_status())?;
        refuse("reset", parts.reset, kind.disconnects())?;
        if let Some(status) = parts.status.filter(|status| !(400..600).contains(status)) {
            return Err(format!("`{name}`: {status} is no status of an error"));
        }
        if parts.bytes == Some(0) {
            return Err(format!("`{name}`: `bytes` counts from 1"));
        }
        Ok(Self {
            kind,
            when,
            times: parts.times,
            lasts: parts.lasts.map(|span| span.0),
            bytes: parts.bytes,
            status: parts.status,
            reset: parts.reset,
        })
    }
}

impl Serialize for Fault {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let span = |duration: Duration| format!("{}ms", duration.as_millis());
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("fault", self.kind.name())?;
        match self.when {
            When::Probability(probability) => map.serialize_entry("probability", &probability)?,
            When::After(after) => map.serialize_entry("after", &span(after))?,
            When::Every(every) => map.serialize_entry("every", &every)?,
        }
        if let Some(times) = self.times {
            map.serialize_entry("times", &times)?;
        }
        if let Some(lasts) = self.lasts {
            map.serialize_entry("for", &span(lasts))?;
        }
        if let Some(bytes) = self.bytes {
            map.serialize_entry("bytes", &bytes)?;
        }
        if let Some(status) = self.status {
            map.serialize_entry("status", &status)?;
        }
        if self.reset {
            map.serialize_entry("reset", &true)?;
        }
        map.end()
    }
}
