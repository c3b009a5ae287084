//! The data folder that a command works in, and what lies in it.

use std::path::{Path, PathBuf};

use clap::Args;
use tracing::warn;

use super::set_path;
use crate::{host::private, settings::Given};

/// The file name of the database of a run.
pub(super) const DATABASE: &str = "ouzel.db";

/// The data folder, and the settings that may name it; also behind the name of a command below.
#[derive(Debug, Args)]
pub(crate) struct Folder {
    /// Folder for the database [default: data].
    #[arg(long, global = true, value_name = "DIR", env = "OUZEL_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Read settings from this file [default: ouzel.toml, where there is one].
    #[arg(long, global = true, value_name = "FILE", env = "OUZEL_CONFIG")]
    config: Option<PathBuf>,
}

impl Folder {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        Given {
            config: set_path(&self.config),
            data_dir: set_path(&self.data_dir),
            ..Given::default()
        }
    }
}

/// Simulated Tweets have a folder of their own, so that none of them gets into the data of a real run.
pub(super) fn simulated(data_dir: &Path) -> PathBuf {
    data_dir.join("sim")
}

/// Warns about an existing data folder that other users can look into. What ouzel makes in it is for its user alone,
/// but what was there before may not be.
pub(super) fn warn_of_open_folder(folder: &Path) {
    if private::is_open_folder(folder) {
        let hint = format!("chmod -R o= {}", folder.display());
        let folder = folder.display();
        warn!(%folder, hint, "everybody on this machine can look into the data folder");
    }
}

/// The folder for the files that a script emits into. For a run it is beside the database. For a replay it has the
/// database's name.
pub(super) fn sinks_of(database: &Path) -> PathBuf {
    if database.file_name().is_some_and(|name| name == DATABASE) {
        return database.with_file_name("sinks");
    }
    let mut folder = database.as_os_str().to_owned();
    folder.push(".sinks");
    folder.into()
}
