//! The flags for how much the script may take, for every command that runs one.

use clap::Args;

use crate::{
    settings::ScriptGiven,
    text::units::{Length, Size},
};

/// How much the script may take; the same names without `script-` stand under `[script_limits]` in the settings file.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits of the script (also in ouzel.toml)")]
pub(crate) struct ScriptLimits {
    /// Processor time for the handlers of one Tweet [default: 250ms].
    #[arg(long, value_name = "DURATION", env = "OUZEL_SCRIPT_TIME")]
    script_time: Option<Length>,
    /// Processor time for loading the script [default: 3s].
    #[arg(long, value_name = "DURATION", env = "OUZEL_SCRIPT_LOAD_TIME")]
    script_load_time: Option<Length>,
    /// Instructions of Lua for the handlers of one Tweet [default: 100000000].
    #[arg(long, value_name = "N", env = "OUZEL_SCRIPT_INSTRUCTIONS")]
    script_instructions: Option<u64>,
    /// Memory for the script, with the Tweets that it keeps [default: 256MiB].
    #[arg(long, value_name = "SIZE", env = "OUZEL_SCRIPT_MEMORY")]
    script_memory: Option<Size>,
    /// After how many breaches of these in a row a handler is switched off until the next save; 0 for never [default: 5].
    #[arg(long, value_name = "N", env = "OUZEL_SCRIPT_BREACHES")]
    script_breaches: Option<u32>,
}

impl ScriptLimits {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> ScriptGiven {
        ScriptGiven {
            time: self.script_time.map(|length| length.0),
            load_time: self.script_load_time.map(|length| length.0),
            instructions: self.script_instructions,
            memory: self.script_memory.map(|size| size.0),
            breaches: self.script_breaches,
        }
    }
}
