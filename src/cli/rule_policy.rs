//! The flags for what may be deleted of the rules on the stream, for every command that plans that.

use clap::Args;

use crate::settings::{PruneWord, RulesGiven};

/// What plans may delete; the same names without `rules-` stand under `[rules]` in the settings file.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings (also in ouzel.toml)")]
pub(crate) struct RulePolicy {
    /// Which rules are deleted when the script does not declare them: owned, all or none [default: owned].
    #[arg(long, value_name = "WHICH", env = "OUZEL_RULES_PRUNE")]
    rules_prune: Option<PruneWord>,
    /// Refuse a plan that loses more than this share of the rules on the stream [default: 30].
    #[arg(long, value_name = "PERCENT", env = "OUZEL_RULES_MAX_DELETE_PERCENT")]
    rules_max_delete_percent: Option<u8>,
}

impl RulePolicy {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> RulesGiven {
        RulesGiven {
            prune: self.rules_prune,
            max_delete_percent: self.rules_max_delete_percent,
            ..RulesGiven::default()
        }
    }
}
