//! The command line of `ouzel gaps`.

use clap::{Args, Subcommand};

use crate::cli::{folder::Folder, guide::HelpBelow};

/// `ouzel gaps`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Gaps {
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
#[derive(Debug, Subcommand)]
pub(crate) enum GapsCommand {
    /// Ask Recovery or Replay again for what is missing.
    ///
    /// It marks the gaps. The `ouzel run` that works on the data folder sees it within half a minute; where none runs,
    /// the next one begins with them.
    Repair,
    /// Print this message or the help of the given command.
    #[command(disable_help_flag = true)]
    Help(HelpBelow),
}
