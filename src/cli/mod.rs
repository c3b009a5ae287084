//! The command line. Each command is a file or a folder, with its arguments, what it does and what it prints.
//!
//! Takes the arguments of the process, calls the library, prints the result, and never decides what a Tweet or a rule
//! means.

mod account;
mod backup;
mod bench;
mod check;
mod columns;
mod completions;
mod config;
mod folder;
mod gaps;
mod guide;
mod man;
mod new;
mod output;
mod print;
mod quarantine;
mod replay;
mod report;
mod rollback;
mod rule_policy;
mod rules;
mod run;
mod run_address;
mod script_limits;
mod service;
mod sim;
mod start;
mod status;
mod summary;
mod tail;
mod test;
mod top;
mod tweets;
mod version;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use self::start::start;
use self::{
    account::Account,
    backup::Backup,
    bench::Bench,
    check::Check,
    completions::Completions,
    config::Config,
    gaps::Gaps,
    guide::Guide,
    man::Man,
    new::{New, Types},
    output::Output,
    quarantine::Quarantine,
    replay::Replay,
    report::Report,
    rollback::Rollback,
    rule_policy::RulePolicy,
    rules::Rules,
    run::Run,
    script_limits::ScriptLimits,
    service::Service,
    sim::{Sim, SimSource},
    status::Status,
    tail::Tail,
    test::Test,
    top::Top,
};
use crate::{error::Error, settings::Given, status::StatusLine};

/// Printed at the first signal.
const STOPPING: &str = "stopping; another signal stops at once and loses what is not committed";

/// Puts an option behind those that a command has of its own. clap would put it among them.
const LAST: usize = 900;

/// Keeps a PowerTrack stream connected, keeps its rules equal to what a Lua script declares, and runs the script's handlers on every Tweet.
#[derive(Debug, Parser)]
#[command(
    name = "ouzel",
    version,
    long_version = version::long(),
    propagate_version = true,
    disable_help_subcommand = true
)]
#[command(
    after_help = "`ouzel help` lists the topics of the guide, `ouzel help TOPIC` prints one, and `ouzel COMMAND --help` lists a command's flags."
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub output: Output,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Follow the stream and run the script's handlers on every Tweet.
    ///
    /// The script is loaded again whenever it is saved; the connection stays. Stops in order on Ctrl-C: what has
    /// arrived is handled and committed. A second Ctrl-C stops at once.
    Run(Box<Run>),
    /// Load the script and show what it declares, without touching the network or any data.
    ///
    /// A rule that the service would refuse is an error; rules that are valid and hardly meant so are warned about, and
    /// handlers whose tag fits no rule. Handlers run over made-up Tweets of every kind that match the script's rules, and
    /// one that fails on a Tweet that the stream may bring is an error.
    Check(Check),
    /// List every setting with its value and where that comes from.
    ///
    /// That is a flag, a variable, a line of the file, or the default. It takes the flags of `run`, and ends as `run` would: with exit code 2 and the reason where `run` refuses the
    /// settings. No password is shown.
    Config(Config),
    /// Make a project that runs: a script with its tests, settings, and what an editor needs.
    ///
    /// The folder has to be a new one or an empty one. `ouzel run --sim`, `ouzel test` and `ouzel check` work in it at
    /// once.
    New(New),
    /// Write what an editor needs to know about `ouzel`.
    ///
    /// That is `scripts/ouzel.lua` and `.luarc.json`. Run it again after an upgrade of ouzel. A `.luarc.json` of your own stays as it is.
    Types(Types),
    /// Run the tests of a script: the files `*_test.lua` beside it.
    ///
    /// Each test has a fresh load of the script, an empty database in memory and a clock that stands still. No network is
    /// used, and nothing is written but snapshots, and these only with --update. The exit code is 0 where all tests pass,
    /// 1 where one fails, and 3 where the script or a file of tests cannot be loaded.
    Test(Test),
    /// Show how a running ouzel is, on one screen.
    ///
    /// It asks at the status address of the run. The exit code is 0 where all is well, 1 where it is not, and 2 where no
    /// ouzel answers.
    Status(Status),
    /// Watch a running ouzel in the terminal: rates by tag, lag, failures, the newest rows.
    ///
    /// It asks at the status address of the run, so it also works through a forwarded port. Keys: q ends, p pauses, the
    /// arrows pick a tag, t shows the next table.
    Top(Top),
    /// Watch the Tweets of a running ouzel, with what has become of each.
    ///
    /// It asks the ouzel that runs on the data folder by the control socket there, and costs that one nothing when nobody
    /// watches. A reader that is slower than the stream loses Tweets, is told how many, and never holds the run up. Ends
    /// with the run, after --limit Tweets, or on Ctrl-C.
    Tail(Tail),
    /// Look into rules before the service sees them, and into those that it has.
    Rules(Rules),
    /// Go back to the script as it was before its last change, until the next save.
    ///
    /// Where `ouzel run` runs on the data folder, the generation before the running one takes over between two Tweets.
    /// Where none runs, the next run begins with it. Either lasts until the script's files change, or until
    /// `--undo`. A second rollback goes one further. The files of the last 20 generations are kept.
    Rollback(Rollback),
    /// List the times in which nothing came, and what of them is missing in the data.
    ///
    /// It only reads the database, so it works while `ouzel run` runs. `ouzel gaps repair` has what is missing asked for
    /// again.
    Gaps(Gaps),
    /// Say how complete the data is: what came, what is missing, and what failed.
    ///
    /// It only reads the database, so it works while `ouzel run` runs. `--html` writes a page with charts, to keep beside
    /// the data or to attach to a paper.
    Report(Report),
    /// Copy the database into a file, also while a run writes to it.
    ///
    /// The copy is one file with all of one moment, checked, and for its user alone. The run does not wait for it. There
    /// is a whole copy or none, whatever ends the command. `ouzel help backup` says how to copy the journal with it, and
    /// how to go on from both.
    Backup(Backup),
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
    /// No network is used. The Tweets say themselves what they have matched; where they do not, or with --match, the
    /// script's rules are matched against them. Stops in order on Ctrl-C: what has been handled is committed. With --compare, two scripts run over the same Tweets, and the exit
    /// code is 0 where they write and emit the same and 1 where they do not.
    Replay(Replay),
    /// Look into Tweets whose handler failed, try them again, or forget them.
    Quarantine(Quarantine),
    /// Measure how many Tweets a second this machine takes with a script, stage by stage.
    Bench(Bench),
    /// Print a systemd unit that keeps this project running, and say where it goes.
    ///
    /// The unit starts `ouzel run` with the settings and the script of this folder, gives it only what it needs, and
    /// starts it again when it fails, though not for wrong settings or a wrong script.
    Service(Service),
    /// Print the script by which a shell completes commands and flags of ouzel.
    Completions(Completions),
    /// Write the man pages of ouzel, one for each command.
    Man(Man),
    /// List commands and topics, or print a page of the guide.
    Help(Guide),
}

impl Command {
    /// Runs the command. Its progress is shown on `line`.
    pub(crate) fn run(self, line: &StatusLine) -> Result<(), Error> {
        match self {
            Self::Run(arguments) => run::run(&arguments, line),
            Self::Check(arguments) => check::check(&arguments),
            Self::Config(arguments) => config::config(&arguments),
            Self::New(arguments) => new::new(&arguments),
            Self::Types(arguments) => new::types(&arguments),
            Self::Test(arguments) => test::test(&arguments),
            Self::Status(arguments) => status::status(&arguments),
            Self::Top(arguments) => top::top(&arguments),
            Self::Tail(arguments) => tail::tail(&arguments),
            Self::Rules(arguments) => rules::rules(&arguments, line),
            Self::Replay(arguments) => replay::replay(&arguments, line),
            Self::Quarantine(arguments) => quarantine::quarantine(&arguments),
            Self::Rollback(arguments) => rollback::rollback(&arguments),
            Self::Backup(arguments) => backup::backup(&arguments),
            Self::Gaps(arguments) => gaps::gaps(&arguments),
            Self::Report(arguments) => report::report(&arguments),
            Self::Sim(arguments) => sim::sim(arguments),
            Self::Bench(arguments) => bench::bench(&arguments),
            Self::Service(arguments) => arguments.print(),
            Self::Completions(arguments) => arguments.print(),
            Self::Man(arguments) => arguments.write(),
            Self::Help(guide) => guide.print(),
        }
    }
}

/// The script, for every command that loads one.
#[derive(Debug, Args)]
pub(crate) struct Script {
    /// The Lua script [default: scripts/main.lua].
    #[arg(env = "OUZEL_SCRIPT")]
    script: Option<PathBuf>,
    /// Read settings from this file [default: ouzel.toml, where there is one].
    #[arg(long, value_name = "FILE", env = "OUZEL_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    limits: ScriptLimits,
}

/// An empty environment variable counts as none, because many tools unset a variable that way.
fn set(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}

fn set_path(path: &Option<PathBuf>) -> Option<PathBuf> {
    path.clone().filter(|path| !path.as_os_str().is_empty())
}

impl Script {
    fn given(&self) -> Given {
        Given {
            config: set_path(&self.config),
            script: set_path(&self.script),
            script_limits: self.limits.given(),
            ..Given::default()
        }
    }
}

/// Makes a runtime on this thread. One thread is enough: it reads one stream, and the worker has its own thread.
fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::system("cannot start the runtime"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
