//! The arguments that say which data folder a command looks into or mends.

use std::path::PathBuf;

use clap::Args;

use super::set_path;
use crate::settings::Given;

/// The data folder, and the settings that may name it; also behind the name of a command below.
#[derive(Debug, Args)]
pub struct Folder {
    /// Folder for the database [default: data].
    #[arg(long, global = true, value_name = "DIR", env = "OUZEL_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Read settings from this file [default: ouzel.toml, where there is one].
    #[arg(long, global = true, value_name = "FILE", env = "OUZEL_CONFIG")]
    config: Option<PathBuf>,
}

impl Folder {
    /// What flags and environment say.
    #[must_use]
    pub fn given(&self) -> Given {
        Given {
            config: set_path(&self.config),
            data_dir: set_path(&self.data_dir),
            ..Given::default()
        }
    }
}
