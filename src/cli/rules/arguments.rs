//! The command line of `ouzel rules`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::{
    cli::{ScriptLimits, guide::HelpBelow, set_path},
    settings::Given,
};

/// `ouzel rules`.
#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// What to do.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// The commands below `ouzel rules`.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Explain what is wrong with rules, and warn about those that are hardly meant so.
    Lint(RulesLint),
    /// Count how many Tweets of files each rule matches, how many an hour that is, and which rules overlap.
    Estimate(RulesEstimate),
    /// Print this message or the help of the given command.
    #[command(disable_help_flag = true)]
    Help(HelpBelow),
}

/// `ouzel rules lint`.
#[derive(Debug, Args)]
pub(crate) struct RulesLint {
    /// Files of rules: one a line, or JSON as the rules endpoint takes it; `-` is stdin [default: -].
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print JSON in the shape of the service's validation answer.
    #[arg(long)]
    pub json: bool,
}

/// `ouzel rules estimate`.
#[derive(Debug, Args)]
pub(crate) struct RulesEstimate {
    /// Take the rules that this script declares [default: the project's script].
    #[arg(long, value_name = "SCRIPT", conflicts_with = "rules")]
    script: Option<PathBuf>,
    /// Take the rules of this file: one a line, or JSON as the rules endpoint takes it.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Read settings from this file [default: ouzel.toml, where there is one].
    #[arg(long, value_name = "FILE", env = "OUZEL_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    limits: ScriptLimits,
    /// Tweets as JSON Lines, also compressed with gzip or zstd; `-` is stdin.
    #[arg(value_name = "TWEETS", required = true)]
    pub tweets: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl RulesEstimate {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        // The flag has no `env` in clap: a variable must not conflict with `--rules`.
        let script = || std::env::var_os("OUZEL_SCRIPT").map(PathBuf::from);
        Given {
            config: set_path(&self.config),
            script: set_path(&self.script.clone().or_else(script)),
            script_limits: self.limits.given(),
            ..Given::default()
        }
    }
}
