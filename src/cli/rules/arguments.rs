//! The command line of `ouzel rules`.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, Subcommand};

use crate::{
    cli::{ScriptLimits, guide::HelpBelow, set_path},
    settings::Given,
    text::units::Number,
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
    /// Say what rules cost: how many Tweets of a sample they match, how many a month that is, and what part of a cap.
    ///
    /// The sample is the journal of the data folder, the folder of another one, or files of Tweets. The journal holds only
    /// what its rules let through, so of a new rule it tells the least to expect. No network is used.
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
    /// Take this rule; can be given several times.
    #[arg(long = "rule", value_name = "RULE", allow_hyphen_values = true)]
    pub values: Vec<String>,
    /// Take the rules of this file: one a line, or JSON as the rules endpoint takes it; `-` is stdin.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Take the rules that this script declares [default: the project's script].
    #[arg(long, value_name = "SCRIPT", conflicts_with_all = ["rules", "values"])]
    script: Option<PathBuf>,
    /// Tweets as JSON Lines, also compressed with gzip or zstd, `-` for stdin, or the folder of a journal [default: the journal of the data folder].
    #[arg(value_name = "TWEETS")]
    pub tweets: Vec<PathBuf>,
    /// Take the journal of `ouzel run --sim`.
    #[arg(long, conflicts_with = "tweets")]
    pub sim: bool,
    /// The sample is this part of all Tweets, such as 1 for the 1 % sample; rates are scaled up.
    #[arg(long, value_name = "PERCENT")]
    pub sample_percent: Option<Percent>,
    /// How many Tweets a month the account may take, such as `1_000_000` or `10M`; shows what part of it rules take.
    #[arg(long, value_name = "TWEETS")]
    pub cap: Option<Number>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Folder of the journal [default: data].
    #[arg(long, value_name = "DIR", env = "OUZEL_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Read settings from this file [default: ouzel.toml, where there is one].
    #[arg(long, value_name = "FILE", env = "OUZEL_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    limits: ScriptLimits,
}

impl RulesEstimate {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        // The flag has no `env` in clap: a variable must not conflict with `--rules`.
        let script = || std::env::var_os("OUZEL_SCRIPT").map(PathBuf::from);
        Given {
            config: set_path(&self.config),
            script: set_path(&self.script.clone().or_else(script)),
            data_dir: set_path(&self.data_dir),
            script_limits: self.limits.given(),
            ..Given::default()
        }
    }
}

/// A part of a whole in percent: more than nothing, and at most 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Percent(pub(super) f64);

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.trim().trim_end_matches('%').trim_end();
        match number.parse() {
            Ok(percent) if percent > 0.0 && percent <= 100.0 => Ok(Self(percent)),
            _ => Err(format!(
                "`{text}` is no part of all Tweets; write one such as `1` or `10`, at most `100`"
            )),
        }
    }
}
