//! `ouzel backup`: copies the database of a run into a file, while the run goes on.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::{
    folder::{DATABASE, Folder, simulated},
    print::print,
    runtime,
};
use crate::{
    error::Error,
    host::shutdown,
    settings::Settings,
    status::thousands,
    store::{MayGoOn, ReadOnly},
};

/// Printed at the first signal.
const STOPPING: &str = "stopping, without a copy";

/// `ouzel backup`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to make.
    #[arg(value_name = "FILE")]
    to: PathBuf,
    /// Replace the file if it is there already.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    folder: Folder,
}

/// Makes the copy, and says how large it is.
///
/// # Errors
/// [`Error::Usage`] if there is no database, [`Error::Store`] if it cannot be copied.
pub(crate) fn backup(arguments: &Backup) -> Result<(), Error> {
    let settings = Settings::read(arguments.folder.given())?;
    let database = settings.database();
    if !database.is_file() {
        return Err(Error::Usage(no_database(&database, &settings)));
    }
    let (to, force) = (arguments.to.clone(), arguments.force);
    let stopped = CancellationToken::new();
    let may_go_on: MayGoOn = {
        let stopped = stopped.clone();
        Arc::new(move || !stopped.is_cancelled())
    };
    let from = database.clone();
    let bytes = runtime()?.block_on(async {
        // SQLite is busy on a thread of its own, so that a signal is heard at once.
        shutdown::on_signals(stopped, STOPPING, None)
            .map_err(Error::system("cannot listen for signals"))?;
        tokio::task::spawn_blocking(move || {
            Ok::<_, Error>(ReadOnly::open_to_copy(&from)?.back_up(&to, force, &may_go_on)?)
        })
        .await
        .expect("copying never panics")
    })?;
    print(&format!(
        "copied `{}` to `{}`: {} bytes, checked\n",
        database.display(),
        arguments.to.display(),
        thousands(bytes)
    ))
}

fn no_database(database: &Path, settings: &Settings) -> String {
    let hint = match simulated(&settings.data_dir) {
        folder if folder.join(DATABASE).is_file() => format!(
            "that of `run --sim` is elsewhere: `--data-dir {}`",
            folder.display()
        ),
        _ => "`ouzel run` makes it; `--data-dir` or `--config` says where it is".to_owned(),
    };
    format!(
        "there is no database `{}`, so there is nothing to copy\nhint: {hint}",
        database.display()
    )
}
