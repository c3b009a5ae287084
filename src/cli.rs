//! The command line.

mod folder;
mod quarantine;
mod replay;
mod sim;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};

pub use self::{
    folder::Folder,
    quarantine::{Drop, List, Place, Quarantine, QuarantineCommand, Retry, Show},
    replay::Replay,
    sim::{Sim, SimSource},
};
use crate::{
    secret::Secret,
    settings::{Given, JournalGiven, StatusListen, SyncWord},
    units::{Size, Span},
};

/// After the options that a command has of its own, among which clap would put it otherwise.
const LAST: usize = 900;

/// Keeps a PowerTrack stream connected, keeps its rules equal to what a Lua script declares, and runs the script's handlers on every Tweet.
#[derive(Debug, Parser)]
#[command(name = "ouzel", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What to log to stderr: error, warn, info, debug or trace, or directives such as `info,script=debug`.
    #[arg(
        long,
        global = true,
        value_name = "LEVEL",
        env = "OUZEL_LOG",
        default_value = "info",
        display_order = LAST
    )]
    pub log: String,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Follow the stream and run the script's handlers on every Tweet.
    ///
    /// The script is loaded again whenever it is saved; the connection stays. Stops in order on Ctrl-C: what has
    /// arrived is handled and committed. A second Ctrl-C stops at once.
    Run(Run),
    /// Load the script and show what it declares, without touching the network or any data.
    ///
    /// A rule that the service would refuse is an error; rules that are valid and hardly meant so are warned about.
    Check(Check),
    /// Look into rules before the service sees them.
    Rules(Rules),
    /// List the times in which nothing came, and what of them is missing in the data.
    ///
    /// It only reads the database, so it works while `ouzel run` runs. `ouzel gaps repair` has what is missing asked for
    /// again.
    Gaps(Gaps),
    /// Serve a stand-in for PowerTrack on this machine, for any client.
    ///
    /// It has the rules endpoint, the stream with backfill and Recovery, and Replay. No account is needed. It behaves
    /// as the documentation of PowerTrack 2.0 says: gzip and Basic authentication are required, rules are validated
    /// with the messages of the service, a Tweet is delivered when a rule matches it, limits are kept, and slow readers
    /// are disconnected. Where the documentation leaves something open, there is an option with the best supported
    /// default.
    ///
    /// It prints its URLs and two commands to try. Point your client at them and it should not notice the difference.
    /// Then turn on faults, by flag or while it runs, and see whether the client survives what the service does to it.
    Sim(Sim),
    /// Run a script over the journal or over files of Tweets, into a database of its own.
    ///
    /// Rules are only checked, and no network is used: the Tweets say themselves what they have matched. Stops in order on
    /// Ctrl-C: what has been handled is committed. With --compare, two scripts run over the same Tweets, and the exit
    /// code is 0 where they write and emit the same and 1 where they do not.
    Replay(Replay),
    /// Look into Tweets whose handler failed, try them again, or forget them.
    Quarantine(Quarantine),
    /// Measure how many Tweets a second this machine takes with a script, stage by stage.
    Bench(Bench),
}

/// The script, for every command that loads one.
#[derive(Debug, Args)]
pub struct Script {
    /// The Lua script [default: scripts/main.lua].
    #[arg(env = "OUZEL_SCRIPT")]
    script: Option<PathBuf>,
    /// Read settings from this file [default: ouzel.toml, where there is one].
    #[arg(long, value_name = "FILE", env = "OUZEL_CONFIG")]
    config: Option<PathBuf>,
}

/// `ouzel run`.
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    script: Script,
    #[command(flatten)]
    stream: Stream,
    /// Run against the built-in simulator: no account, no network.
    #[arg(long)]
    pub sim: bool,
    #[command(flatten)]
    pub(crate) source: SimSource,
    /// Stop after handling this many Tweets.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Stop after this long, such as `10s` or `2h`.
    #[arg(long = "for", value_name = "DURATION")]
    pub duration: Option<Span>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Settings (also in ouzel.toml)")]
struct Stream {
    /// Folder for the database and the journal [default: data].
    #[arg(long, value_name = "DIR", env = "OUZEL_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// The account's name, which with the label makes the URLs.
    #[arg(long, env = "OUZEL_ACCOUNT")]
    account: Option<String>,
    /// The stream's label.
    #[arg(long, env = "OUZEL_LABEL")]
    label: Option<String>,
    /// The stream's full URL, instead of account and label.
    #[arg(long, env = "OUZEL_URL")]
    url: Option<String>,
    /// The rules endpoint's full URL, instead of account and label.
    #[arg(long, value_name = "URL", env = "OUZEL_RULES_URL")]
    rules_url: Option<String>,
    /// The user's name, an e-mail address.
    #[arg(long, value_name = "NAME", env = "OUZEL_USERNAME")]
    username: Option<String>,
    /// A file that holds the user's name.
    #[arg(long, value_name = "FILE", env = "OUZEL_USERNAME_FILE")]
    username_file: Option<PathBuf>,
    /// A file that holds the password; the environment variable OUZEL_PASSWORD can hold it itself.
    #[arg(long, value_name = "FILE", env = "OUZEL_PASSWORD_FILE")]
    password_file: Option<PathBuf>,
    /// A PEM file with root certificates to trust besides the usual ones.
    #[arg(long, value_name = "FILE", env = "OUZEL_CA_FILE")]
    ca_file: Option<PathBuf>,
    /// Silence after which the connection counts as dropped, over 30s [default: 35s].
    #[arg(long, value_name = "DURATION", env = "OUZEL_READ_TIMEOUT")]
    read_timeout: Option<Span>,
    /// The longest line; longer ones are dropped and counted [default: 1MiB].
    #[arg(long, value_name = "SIZE", env = "OUZEL_MAX_LINE")]
    max_line: Option<Size>,
    /// The most minutes to ask for again after an outage, up to 5; 0 for an account without backfill [default: 5].
    #[arg(long, value_name = "MINUTES", env = "OUZEL_BACKFILL_MINUTES")]
    backfill_minutes: Option<u8>,
    /// Whether the account has Recovery, to repair longer outages [default: false].
    #[arg(long, value_name = "BOOL", env = "OUZEL_RECOVERY")]
    recovery: Option<bool>,
    /// The Replay stream's full URL, to repair outages with it.
    #[arg(long, value_name = "URL", env = "OUZEL_REPLAY_URL")]
    replay_url: Option<String>,
    /// The full URL of the Replay stream's rules [default: made from the Replay stream's].
    #[arg(long, value_name = "URL", env = "OUZEL_REPLAY_RULES_URL")]
    replay_rules_url: Option<String>,
    /// Whether to load the script again when it is saved [default: true].
    #[arg(long, value_name = "BOOL", env = "OUZEL_WATCH")]
    watch: Option<bool>,
    /// How long the script's files have to be quiet before it is loaded again [default: 100ms].
    #[arg(long, value_name = "DURATION", env = "OUZEL_DEBOUNCE")]
    debounce: Option<Span>,
    /// How long handled Tweets stay in the journal [default: 7d].
    #[arg(long, value_name = "DURATION", env = "OUZEL_JOURNAL_RETAIN")]
    journal_retain: Option<Span>,
    /// The size that the journal may have; Tweets that are not handled are never deleted [default: 20GiB].
    #[arg(long, value_name = "SIZE", env = "OUZEL_JOURNAL_MAX_SIZE")]
    journal_max_size: Option<Size>,
    /// When the journal is synced, so that a power failure takes nothing of it: always, never, or how often [default: 1s].
    #[arg(long, value_name = "WHEN", env = "OUZEL_JOURNAL_SYNC")]
    journal_sync: Option<SyncWord>,
    /// Where /metrics and /healthz are served; `off` for nowhere [default: 127.0.0.1:9464].
    #[arg(long, value_name = "ADDR:PORT", env = "OUZEL_STATUS_LISTEN")]
    status_listen: Option<StatusListen>,
}

/// `ouzel check`.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    script: Script,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `ouzel rules`.
#[derive(Debug, Args)]
pub struct Rules {
    /// What to do.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// The commands below `ouzel rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Explain what is wrong with rules, and warn about those that are hardly meant so.
    Lint(RulesLint),
    /// Count how many Tweets of files each rule matches, how many an hour that is, and which rules overlap.
    Estimate(RulesEstimate),
}

/// `ouzel rules lint`.
#[derive(Debug, Args)]
pub struct RulesLint {
    /// Files of rules: one a line, or JSON as the rules endpoint takes it; `-` is stdin [default: -].
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print JSON in the shape of the service's validation answer.
    #[arg(long)]
    pub json: bool,
}

/// `ouzel rules estimate`.
#[derive(Debug, Args)]
pub struct RulesEstimate {
    /// Take the rules that this script declares [default: the project's script].
    #[arg(long, value_name = "SCRIPT", conflicts_with = "rules")]
    script: Option<PathBuf>,
    /// Take the rules of this file: one a line, or JSON as the rules endpoint takes it.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Read settings from this file [default: ouzel.toml, where there is one].
    #[arg(long, value_name = "FILE", env = "OUZEL_CONFIG")]
    config: Option<PathBuf>,
    /// Tweets as JSON Lines, also compressed with gzip or zstd; `-` is stdin.
    #[arg(value_name = "TWEETS", required = true)]
    pub tweets: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `ouzel gaps`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Gaps {
    /// What to do; without it, list them.
    #[command(subcommand)]
    pub command: Option<GapsCommand>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub(crate) folder: Folder,
}

/// The commands below `ouzel gaps`.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum GapsCommand {
    /// Ask Recovery or Replay again for what is missing.
    ///
    /// It marks the gaps. The `ouzel run` that works on the data folder sees it within half a minute; where none runs,
    /// the next one begins with them.
    Repair,
}

/// `ouzel bench`.
#[derive(Debug, Args)]
pub struct Bench {
    /// The Lua script [default: the built-in standard job].
    pub script: Option<PathBuf>,
    /// Tweets to measure with, gzip-compressed JSON Lines [default: made-up ones].
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Measure instead how fast this many made-up rules find the Tweets that match them, on one core.
    #[arg(
        long,
        value_name = "N",
        conflicts_with_all = ["script", "input", "data_dir"]
    )]
    pub rules: Option<usize>,
    /// How many Tweets to make up.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 50_000,
        conflicts_with = "input"
    )]
    pub tweets: u64,
    /// The seed of the made-up Tweets.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "input")]
    pub seed: u64,
    /// Measure each stage this many times and print the fastest.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub runs: u32,
    /// Measure the whole with the journal, as `run` does it.
    #[arg(long, conflicts_with = "rules")]
    pub journal: bool,
    /// Keep the database here instead of in a folder that goes away. Only a database that bench has made is replaced.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// An empty variable of the environment is as good as none: that is how many tools unset one.
fn set(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}

fn set_path(path: &Option<PathBuf>) -> Option<PathBuf> {
    path.clone().filter(|path| !path.as_os_str().is_empty())
}

impl Run {
    /// What flags and environment say.
    #[must_use]
    pub fn given(&self) -> Given {
        let stream = &self.stream;
        Given {
            data_dir: set_path(&stream.data_dir),
            account: set(&stream.account),
            label: set(&stream.label),
            url: set(&stream.url),
            rules_url: set(&stream.rules_url),
            username: set(&stream.username),
            // Not a flag: other users of the machine can read the arguments of a process.
            password: set(&std::env::var("OUZEL_PASSWORD").ok()).map(Secret::new),
            username_file: set_path(&stream.username_file),
            password_file: set_path(&stream.password_file),
            ca_file: set_path(&stream.ca_file),
            read_timeout: stream.read_timeout.map(|span| span.0),
            max_line: stream.max_line.map(|size| size.0),
            backfill_minutes: stream.backfill_minutes,
            recovery: stream.recovery,
            replay_url: set(&stream.replay_url),
            replay_rules_url: set(&stream.replay_rules_url),
            watch: stream.watch,
            debounce: stream.debounce.map(|span| span.0),
            journal: JournalGiven {
                retain: stream.journal_retain.map(|span| span.0),
                max_size: stream.journal_max_size.map(|size| size.0),
                sync: stream.journal_sync,
            },
            status: stream.status_listen,
            ..self.script.given()
        }
    }

    /// After how long to stop.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        self.duration.map(|span| span.0)
    }
}

impl Check {
    /// What flags and environment say.
    #[must_use]
    pub fn given(&self) -> Given {
        self.script.given()
    }
}

impl RulesEstimate {
    /// What flags and environment say.
    #[must_use]
    pub fn given(&self) -> Given {
        // No `env` of the flag: a variable must not stand against `--rules`.
        let script = || std::env::var_os("OUZEL_SCRIPT").map(PathBuf::from);
        Given {
            config: set_path(&self.config),
            script: set_path(&self.script.clone().or_else(script)),
            ..Given::default()
        }
    }
}

impl Script {
    fn given(&self) -> Given {
        Given {
            config: set_path(&self.config),
            script: set_path(&self.script),
            ..Given::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
