//! The command line of `ouzel report`.

use std::path::PathBuf;

use clap::Args;

use crate::{cli::folder::Folder, text::units::Moment};

/// `ouzel report`.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Only what was received then or later: a time such as `2026-11-22T08:00:00Z`, or how long ago, such as `7d`
    /// [default: since the first Tweet].
    #[arg(long, value_name = "TIME")]
    pub from: Option<Moment>,
    /// Only what was received before then [default: up to the last Tweet].
    #[arg(long, value_name = "TIME")]
    pub to: Option<Moment>,
    /// Write a page with charts to this file; a browser opens it, and it needs nothing else.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write over the file.
    #[arg(long, requires = "html")]
    pub force: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub(crate) folder: Folder,
}
