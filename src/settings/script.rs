//! How much the script may take. Flags win over environment variables, these over the section `[script_limits]` of
//! `ouzel.toml`, and this over defaults.

use std::time::Duration;

use serde::Deserialize;

use super::Error;
use crate::{
    script::Limits,
    text::units::{Length, Size},
};

/// With less memory than this, Lua cannot even hold ouzel's own part.
const LEAST_MEMORY: usize = 4 << 20;

/// The settings that flags and environment variables give.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ScriptGiven {
    /// Processor time for the handlers of one Tweet.
    pub time: Option<Duration>,
    /// Processor time for loading the script.
    pub load_time: Option<Duration>,
    /// Instructions of Lua for the handlers of one Tweet.
    pub instructions: Option<u64>,
    /// Memory for the script, in bytes.
    pub memory: Option<usize>,
    /// After how many breaches in a row a handler is switched off.
    pub breaches: Option<u32>,
}

/// The section `[script_limits]` of the settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ScriptFile {
    time: Option<Length>,
    load_time: Option<Length>,
    instructions: Option<u64>,
    memory: Option<Size>,
    breaches: Option<u32>,
}

pub(super) fn join(given: ScriptGiven, file: ScriptFile) -> Result<Limits, Error> {
    let length = |length: Option<Length>| length.map(|length| length.0);
    let default = Limits::default();
    let limits = Limits {
        time: given.time.or(length(file.time)).unwrap_or(default.time),
        load_time: given
            .load_time
            .or(length(file.load_time))
            .unwrap_or(default.load_time),
        instructions: given
            .instructions
            .or(file.instructions)
            .unwrap_or(default.instructions),
        memory: given
            .memory
            .or(file.memory.map(|size| size.0))
            .unwrap_or(default.memory),
        breaches: given.breaches.or(file.breaches).unwrap_or(default.breaches),
    };
    let wrong = |name, reason: String| Err(Error::Value { name, reason });
    for (name, time) in [
        ("script_limits.time", limits.time),
        ("script_limits.load_time", limits.load_time),
    ] {
        if time < Duration::from_millis(1) {
            return wrong(
                name,
                format!("{time:?} is too short; it has to be 1ms or more"),
            );
        }
    }
    if limits.instructions < 1_000 {
        return wrong(
            "script_limits.instructions",
            format!(
                "{} is too few; it has to be 1000 or more",
                limits.instructions
            ),
        );
    }
    if limits.memory < LEAST_MEMORY {
        return wrong(
            "script_limits.memory",
            format!(
                "{} bytes is too small for a script; it has to be {} MiB or more",
                limits.memory,
                LEAST_MEMORY >> 20
            ),
        );
    }
    Ok(limits)
}
