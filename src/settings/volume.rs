//! How many Tweets a month and a minute may have. Flags win over environment variables, these over the section `[volume]` of
//! `ouzel.toml`, and this over defaults.

use serde::Deserialize;

use crate::text::units::Number;

/// Where neither the cap nor the setting says it, so many Tweets of one tag in a minute are too many.
const ALARM_PER_MINUTE: u64 = 10_000;

/// Where there is a cap, so many times its even share of a minute are too many.
const TIMES_THE_SHARE: u64 = 10;

/// The minutes of a month of 30 days.
const MINUTES: u64 = 30 * 24 * 60;

/// Fewer Tweets in a minute are never too many by the cap alone.
const LEAST_BY_CAP: u64 = 20;

/// The settings that flags and environment variables give, and those of the section `[volume]`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct VolumeGiven {
    /// How many Tweets a month may have.
    pub monthly_cap: Option<Number>,
    /// How many Tweets of one tag in a minute are too many; 0 for no alarm.
    pub alarm_per_minute: Option<u64>,
}

/// The settings in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VolumeSettings {
    /// How many Tweets a month may have; `None` where nobody says it.
    pub monthly_cap: Option<u64>,
    /// How many Tweets of one tag in a minute are too many, as long as nothing is known of what is usual; `None` for no
    /// alarm at all.
    pub alarm_per_minute: Option<u64>,
}

pub(super) fn join(given: VolumeGiven, file: VolumeGiven) -> VolumeSettings {
    let monthly_cap = given.monthly_cap.or(file.monthly_cap).map(|cap| cap.0);
    let by_cap = monthly_cap.map(|cap| (cap / MINUTES * TIMES_THE_SHARE).max(LEAST_BY_CAP));
    let alarm = given.alarm_per_minute.or(file.alarm_per_minute);
    let alarm = alarm.or(by_cap).unwrap_or(ALARM_PER_MINUTE);
    VolumeSettings {
        monthly_cap,
        alarm_per_minute: (alarm > 0).then_some(alarm),
    }
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
            };
            join(VolumeGiven::default(), file).alarm_per_minute
        };
        assert_eq!(joined(None, None), Some(10_000));
        assert_eq!(joined(Some(43_200_000), None), Some(10_000));
        assert_eq!(joined(Some(1_000), None), Some(20));
        assert_eq!(joined(Some(1_000), Some(7)), Some(7));
        assert_eq!(joined(Some(1_000), Some(0)), None);
    }
}
