//! What a save has to pass before it is swapped in. Flags win over environment variables, these over the section `[reload]`
//! of `ouzel.toml`, and this over defaults.

use serde::Deserialize;

use super::Error;

/// A save is compared over this many of the last Tweets: enough for a few of each kind, and handled in a fraction of a
/// second beside the stream.
const SHADOW: usize = 1_000;

/// More are refused: they would have to be held in memory.
const MOST_SHADOW: usize = 100_000;

/// The settings that flags and environment variables give.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ReloadGiven {
    /// Whether the script's tests have to pass.
    pub test_on_save: Option<bool>,
    /// Over how many of the last Tweets a save is compared with what runs.
    pub shadow: Option<usize>,
    /// Whether new failures there refuse the save.
    pub shadow_refuse: Option<bool>,
}

/// The section `[reload]` of the settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReloadFile {
    test_on_save: Option<bool>,
    shadow: Option<usize>,
    shadow_refuse: Option<bool>,
}

/// What a save has to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReloadSettings {
    /// Whether the script's tests have to pass.
    pub test_on_save: bool,
    /// Over how many of the last Tweets a save is compared with what runs; 0 for none.
    pub shadow: usize,
    /// Whether new failures there refuse the save.
    pub shadow_refuse: bool,
}

pub(super) fn join(given: ReloadGiven, file: ReloadFile) -> Result<ReloadSettings, Error> {
    let settings = ReloadSettings {
        test_on_save: given.test_on_save.or(file.test_on_save).unwrap_or(false),
        shadow: given.shadow.or(file.shadow).unwrap_or(SHADOW),
        shadow_refuse: given.shadow_refuse.or(file.shadow_refuse).unwrap_or(false),
    };
    if settings.shadow > MOST_SHADOW {
        return Err(Error::Value {
            name: "reload.shadow",
            reason: format!(
                "{} is out of range; at most {MOST_SHADOW} Tweets can be compared, and 0 is for none",
                settings.shadow
            ),
        });
    }
    Ok(settings)
}
