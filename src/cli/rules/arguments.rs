//! The command line of `ouzel rules`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::{
    cli::{Account, Script, ScriptLimits, guide::HelpBelow, set_path},
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
    /// List the rules that the stream has, with their age, their owner, and whether the script declares them.
    ///
    /// It changes nothing, and works beside `ouzel run` too.
    List(RulesList),
    /// Ask the service whether it would take the script's rules, and compare that with what ouzel says.
    ///
    /// One line a rule. Nothing is changed. Where the two disagree, the line says so. The exit code is 3 if the service
    /// would refuse a rule.
    Validate(RulesValidate),
    /// Explain what is wrong with rules, and warn about those that are hardly meant so.
    Lint(RulesLint),
    /// Count how many Tweets of files each rule matches, how many an hour that is, and which rules overlap.
    Estimate(RulesEstimate),
    /// Print this message or the help of the given command.
    #[command(disable_help_flag = true)]
    Help(HelpBelow),
}

/// Where the rules are, and the data folder that says which of them are ouzel's.
#[derive(Debug, Args)]
pub(crate) struct Remote {
    #[command(flatten)]
    account: Account,
    /// Folder for the database [default: data].
    #[arg(
        long,
        value_name = "DIR",
        env = "OUZEL_DATA_DIR",
        help_heading = "Settings (also in ouzel.toml)"
    )]
    data_dir: Option<PathBuf>,
}

impl Remote {
    /// What flags and environment say, beside what `others` say.
    fn beside(&self, others: Given) -> Given {
        self.account.beside(Given {
            data_dir: set_path(&self.data_dir),
            ..others
        })
    }
}

/// `ouzel rules list`.
#[derive(Debug, Args)]
pub(crate) struct RulesList {
    #[command(flatten)]
    script: Script,
    /// List the rules of Replay, which has a set of its own.
    #[arg(long)]
    pub replay: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    remote: Remote,
}

impl RulesList {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        self.remote.beside(self.script.given())
    }

    /// Whether somebody has named the script here.
    pub(crate) fn names_script(&self) -> bool {
        self.script.given().script.is_some()
    }
}

/// `ouzel rules validate`.
#[derive(Debug, Args)]
pub(crate) struct RulesValidate {
    #[command(flatten)]
    script: Script,
    /// Take the rules of this file instead: one a line, or JSON as the rules endpoint takes it; `-` is stdin.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    account: Account,
}

impl RulesValidate {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        self.account.beside(self.script.given())
    }
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
