//! The command line of `ouzel rollback`.

use std::path::PathBuf;

use clap::Args;

use crate::{
    cli::{folder::Folder, set_path},
    settings::Given,
};

/// `ouzel rollback`.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// List the loads of the script instead, newest first.
    #[arg(long, conflicts_with = "undo")]
    pub list: bool,
    /// How many loads to list.
    #[arg(long, value_name = "N", default_value_t = 20, requires = "list", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: u64,
    /// End a rollback: load what is on disk.
    #[arg(long)]
    pub undo: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// The script, where none runs [default: scripts/main.lua].
    #[arg(long, value_name = "FILE", env = "OUZEL_SCRIPT")]
    script: Option<PathBuf>,
    #[command(flatten)]
    folder: Folder,
}

impl Rollback {
    /// What flags and environment say.
    pub(super) fn given(&self) -> Given {
        Given {
            script: set_path(&self.script),
            ..self.folder.given()
        }
    }
}
