//! How many Tweets a month and a minute may have. Flags win over environment variables, these over the section `[volume]` of
//! `ouzel.toml`, and this over defaults.

use std::{fmt, str::FromStr, time::Duration};

use serde::Deserialize;

use super::Error;
use crate::text::units::{Length, Number};

/// Where neither the cap nor the setting says it, so many Tweets of one tag in a minute are too many.
const ALARM_PER_MINUTE: u64 = 10_000;

/// Where there is a cap, so many times its even share of a minute are too many.
const TIMES_THE_SHARE: u64 = 10;

/// The minutes of a month of 30 days.
const MINUTES: u64 = 30 * 24 * 60;

/// Fewer Tweets in a minute are never too many by the cap alone.
const LEAST_BY_CAP: u64 = 20;

/// Rules are not put back sooner than this: each pause takes two requests.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// The settings that flags and environment variables give, and those of the section `[volume]`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct VolumeGiven {
    /// How many Tweets a month may have.
    pub monthly_cap: Option<Number>,
    /// How many Tweets of one tag in a minute are too many; 0 for no alarm.
    pub alarm_per_minute: Option<u64>,
    /// What follows an alarm.
    pub breaker: Option<AfterAlarm>,
    /// After how long the breaker puts rules back.
    pub resume_after: Option<Length>,
}

/// What follows an alarm: `off` or `pause-rule`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum AfterAlarm {
    /// Nothing but words.
    #[default]
    Nothing,
    /// The rules with the tag are taken off the stream.
    PauseRule,
}

impl FromStr for AfterAlarm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Nothing),
            "pause-rule" => Ok(Self::PauseRule),
            _ => Err(format!("`{text}` is neither `off` nor `pause-rule`")),
        }
    }
}

impl fmt::Display for AfterAlarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "off",
            Self::PauseRule => "pause-rule",
        })
    }
}

impl<'de> Deserialize<'de> for AfterAlarm {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The settings in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VolumeSettings {
    /// How many Tweets a month may have; `None` where nobody says it.
    pub monthly_cap: Option<u64>,
    /// How many Tweets of one tag in a minute are too many, as long as nothing is known of what is usual; `None` for no
    /// alarm at all.
    pub alarm_per_minute: Option<u64>,
    /// What follows an alarm.
    pub breaker: AfterAlarm,
    /// After how long the breaker puts rules back; `None` for only when somebody asks for it.
    pub resume_after: Option<Duration>,
}

pub(super) fn join(given: VolumeGiven, file: VolumeGiven) -> Result<VolumeSettings, Error> {
    let monthly_cap = given.monthly_cap.or(file.monthly_cap).map(|cap| cap.0);
    let by_cap = monthly_cap.map(|cap| (cap / MINUTES * TIMES_THE_SHARE).max(LEAST_BY_CAP));
    let alarm = given.alarm_per_minute.or(file.alarm_per_minute);
    let alarm = alarm.or(by_cap).unwrap_or(ALARM_PER_MINUTE);
    let breaker = given.breaker.or(file.breaker).unwrap_or_default();
    if breaker == AfterAlarm::PauseRule && alarm == 0 {
        return Err(Error::Value {
            name: "breaker",
            reason: "it follows alarms, and `alarm_per_minute` is 0".to_owned(),
        });
    }
    let resume_after = given.resume_after.or(file.resume_after);
    let resume_after = resume_after.map(|length| length.0);
    if resume_after.is_some_and(|after| after < LEAST_PAUSE) {
        return Err(Error::Value {
            name: "resume_after",
            reason: format!("it has to be {LEAST_PAUSE:?} or more"),
        });
    }
    Ok(VolumeSettings {
        monthly_cap,
        alarm_per_minute: (alarm > 0).then_some(alarm),
        breaker,
        resume_after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cap_says_what_is_too_much_where_nothing_else_does() {
        let joined = |cap: Option<u64>, alarm| {
            let file = VolumeGiven {
                monthly_cap: cap.map(Number),
                alarm_per_minute: alarm,
                ..VolumeGiven::default()
            };
            let joined = join(VolumeGiven::default(), file);
            joined.expect("settings").alarm_per_minute
        };
        assert_eq!(joined(None, None), Some(10_000));
        assert_eq!(joined(Some(43_200_000), None), Some(10_000));
        assert_eq!(joined(Some(1_000), None), Some(20));
        assert_eq!(joined(Some(1_000), Some(7)), Some(7));
        assert_eq!(joined(Some(1_000), Some(0)), None);
    }
}
