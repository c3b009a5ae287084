//! The command line of `ouzel rules`.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, Subcommand};

use crate::{
    cli::{Account, RulePolicy, Script, ScriptLimits, folder::Folder, guide::HelpBelow, set_path},
    powertrack::endpoint::RuleSetName,
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

impl Rules {
    /// Whether it may take a while, so that its progress is worth a line.
    pub(crate) fn takes_a_while(&self) -> bool {
        matches!(self.command, RulesCommand::Apply(_) | RulesCommand::Copy(_))
    }
}

/// The commands below `ouzel rules`.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List the rules that the stream has, with their age, their owner, and whether the script declares them.
    ///
    /// It changes nothing, and works beside `ouzel run` too.
    List(RulesList),
    /// Show what would have to change so that the service has the rules that the script declares.
    ///
    /// It prints `+` for a rule to add, `-` for one to delete, `~` for one that gets another tag, `=` for how many stay, and
    /// `?` for those of somebody else, and `!` for those that the breaker has paused. Nothing is changed, and it works beside `ouzel run` too. The exit code is 0 if
    /// nothing would change, and 4 if something would.
    Plan(RulesPlan),
    /// Change the rules on the service, so that they are as the script declares them or as a saved plan says.
    ///
    /// What is missing is added before anything is deleted. Afterwards the rules are read back. The exit code is 0 if they
    /// are as they should be, 3 if the service refused a rule, and 1 for everything else. A running `ouzel run` does all
    /// this by itself: with the same data folder, save the script instead.
    Apply(RulesApply),
    /// Make the rules of one stream those of another, or of its Replay.
    ///
    /// It plans and applies as `ouzel rules apply` does, with the rules of one set in place of those of the script. A set is
    /// named by the stream's label; `replay:LABEL` is the set of its Replay.
    Copy(RulesCopy),
    /// Make rules ouzel's own that are on the service and that the script declares.
    ///
    /// ouzel changes and deletes rules that are its own. A rule that was there before stays somebody else's until it is
    /// adopted. Nothing is changed on the service.
    Adopt(RulesAdopt),
    /// Put rules back on the stream that the breaker has paused.
    ///
    /// A run that goes on does it at once; otherwise the next one does. `ouzel rules list` says which tags are paused.
    Resume(RulesResume),
    /// Ask the service whether it would take the script's rules, and compare that with what ouzel says.
    ///
    /// One line a rule. Nothing is changed. Where the two disagree, the line says so. The exit code is 3 if the service
    /// would refuse a rule.
    Validate(RulesValidate),
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

/// `ouzel rules plan`.
#[derive(Debug, Args)]
pub(crate) struct RulesPlan {
    #[command(flatten)]
    script: Script,
    /// Save the plan in this file too, for `ouzel rules apply`.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How many Tweets a month the account may take, such as `1_000_000` or `10M`; the estimate of what is added says what
    /// part of it that is.
    #[arg(long, value_name = "TWEETS")]
    pub cap: Option<Number>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    remote: Remote,
    #[command(flatten)]
    policy: RulePolicy,
}

impl RulesPlan {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        self.remote.beside(Given {
            rules: self.policy.given(),
            ..self.script.given()
        })
    }
}

/// `ouzel rules apply`.
#[derive(Debug, Args)]
pub(crate) struct RulesApply {
    /// The Lua script, or a plan that `ouzel rules plan --out` has saved [default: scripts/main.lua].
    #[arg(value_name = "SCRIPT|PLAN", env = "OUZEL_SCRIPT")]
    script: Option<PathBuf>,
    /// Read settings from this file [default: ouzel.toml, where there is one].
    #[arg(long, value_name = "FILE", env = "OUZEL_CONFIG")]
    config: Option<PathBuf>,
    /// Carry out a plan that deletes more than `max_delete_percent` of the rules, or all of ouzel's own.
    #[arg(long)]
    pub force: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    limits: ScriptLimits,
    #[command(flatten)]
    remote: Remote,
    #[command(flatten)]
    policy: RulePolicy,
}

impl RulesApply {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        self.remote.beside(Given {
            config: set_path(&self.config),
            script: set_path(&self.script),
            script_limits: self.limits.given(),
            rules: self.policy.given(),
            ..Given::default()
        })
    }
}

/// `ouzel rules copy`.
#[derive(Debug, Args)]
pub(crate) struct RulesCopy {
    /// The set whose rules are copied: a stream's label, or `replay:LABEL`.
    #[arg(long, value_name = "LABEL")]
    pub from: RuleSetName,
    /// The set that is changed: a stream's label, or `replay:LABEL`.
    #[arg(long, value_name = "LABEL")]
    pub to: RuleSetName,
    /// Show what would change, and change nothing; exits with 4 if something would.
    #[arg(long)]
    pub plan: bool,
    /// Carry out a plan that deletes more than `max_delete_percent` of the rules, or all of ouzel's own.
    #[arg(long)]
    pub force: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Read settings from this file [default: ouzel.toml, where there is one].
    #[arg(long, value_name = "FILE", env = "OUZEL_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    remote: Remote,
    #[command(flatten)]
    policy: RulePolicy,
}

impl RulesCopy {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        self.remote.beside(Given {
            config: set_path(&self.config),
            rules: self.policy.given(),
            ..Given::default()
        })
    }
}

/// `ouzel rules adopt`.
#[derive(Debug, Args)]
pub(crate) struct RulesAdopt {
    #[command(flatten)]
    script: Script,
    /// Adopt every rule of the stream. Those that the script does not declare are then deleted by the next `apply` or `run`.
    #[arg(long)]
    pub all: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    remote: Remote,
}

impl RulesAdopt {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        self.remote.beside(self.script.given())
    }
}

/// `ouzel rules resume`.
#[derive(Debug, Args)]
pub(crate) struct RulesResume {
    /// The tag of the rules.
    #[arg(value_name = "TAG", allow_hyphen_values = true)]
    pub tag: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    folder: Folder,
}

impl RulesResume {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        self.folder.given()
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
