//! The command line of `ouzel quarantine`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::{
    cli::{ScriptLimits, folder::Folder, guide::HelpBelow, set_path},
    settings::Given,
};

/// `ouzel quarantine`.
#[derive(Debug, Args)]
pub(crate) struct Quarantine {
    /// What to do.
    #[command(subcommand)]
    pub command: QuarantineCommand,
}

/// The commands below `ouzel quarantine`.
#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// List the newest Tweets in quarantine, also while `ouzel run` runs.
    List(List),
    /// Show one: where it failed and why, and the Tweet itself, also while `ouzel run` runs.
    Show(Show),
    /// Run the script on them once more, and let go those that it now handles.
    ///
    /// Each is handled in a transaction of its own, into the database that it failed in: either its rows are there and it
    /// has left the quarantine, or nothing has changed but the count of its failures. Then the exit code is 1. Not while
    /// `ouzel run` uses the same data folder.
    Retry(Retry),
    /// Forget them for good. Not while `ouzel run` uses the same data folder.
    Drop(Drop),
    /// Print this message or the help of the given command.
    #[command(disable_help_flag = true)]
    Help(HelpBelow),
}

/// Where the quarantine is.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The database of a replay, instead of that of `ouzel run`.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) folder: Folder,
}

/// `ouzel quarantine list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) place: Place,
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: u64,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `ouzel quarantine show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Its number in the list.
    #[arg(value_name = "ID")]
    pub id: i64,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `ouzel quarantine retry`.
#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// Their numbers in the list [default: all].
    #[arg(value_name = "ID")]
    pub ids: Vec<i64>,
    /// The Lua script [default: scripts/main.lua].
    #[arg(long, value_name = "SCRIPT", env = "OUZEL_SCRIPT")]
    script: Option<PathBuf>,
    #[command(flatten)]
    limits: ScriptLimits,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// `ouzel quarantine drop`.
#[derive(Debug, Args)]
pub(crate) struct Drop {
    /// Their numbers in the list.
    #[arg(value_name = "ID", required_unless_present = "all")]
    pub ids: Vec<i64>,
    /// Drop all of them.
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

impl Place {
    /// The database, where it is not that of `ouzel run`.
    pub(crate) fn database(&self) -> Option<&Path> {
        self.db.as_deref()
    }
}

impl Retry {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        Given {
            script: set_path(&self.script),
            script_limits: self.limits.given(),
            ..self.place.folder.given()
        }
    }
}
