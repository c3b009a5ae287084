//! The command line. Takes the arguments of the process, gives each command its own as a type, and never does what they ask.

mod bench;
mod folder;
mod gaps;
mod guide;
mod quarantine;
mod replay;
mod rules;
mod run;
mod sim;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use self::{
    bench::Bench,
    folder::Folder,
    gaps::{Gaps, GapsCommand},
    guide::Guide,
    quarantine::{Drop, List, Place, Quarantine, QuarantineCommand, Retry, Show},
    replay::Replay,
    rules::{Rules, RulesCommand, RulesEstimate, RulesLint},
    run::Run,
    sim::{Sim, SimSource},
};
use crate::{host::logging::Wanted, settings::Given};

/// After the options that a command has of its own, among which clap would put it otherwise.
const LAST: usize = 900;

/// Keeps a PowerTrack stream connected, keeps its rules equal to what a Lua script declares, and runs the script's handlers on every Tweet.
#[derive(Debug, Parser)]
#[command(
    name = "ouzel",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
#[command(
    after_help = "`ouzel help` lists the topics of the guide, `ouzel help TOPIC` prints one, and `ouzel COMMAND --help` lists a command's flags."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What to log to stderr: error, warn, info, debug, trace or off; also for a part, such as `warn,script=debug`.
    ///
    /// `script` is what the script writes itself; other parts are the modules of ouzel, such as `powertrack` or
    /// `worker`.
    #[arg(
        long,
        global = true,
        value_name = "LEVEL",
        env = "OUZEL_LOG",
        default_value = "info",
        display_order = LAST
    )]
    pub log: Wanted,
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
    /// List commands and topics, or print a page of the guide.
    Help(Guide),
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

/// `ouzel check`.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    script: Script,
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

impl Check {
    /// What flags and environment say.
    #[must_use]
    pub fn given(&self) -> Given {
        self.script.given()
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
