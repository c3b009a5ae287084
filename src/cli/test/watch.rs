//! `ouzel test --watch`: runs the tests again whenever a file of the folder changes.

use std::time::Duration;

use tokio::time::timeout;

use super::{Plan, folder_of};
use crate::{
    cli::{print::say, runtime},
    error::Error,
    host::logging,
    script::{Files, Watch},
};

/// How long files have to be unchanged: an editor writes several at once.
const QUIET: Duration = Duration::from_millis(100);

/// Runs the tests until the process is ended. That loses nothing, because tests write nothing that lasts.
pub(super) fn watch(plan: &Plan) -> Result<(), Error> {
    let failed = |error: crate::script::WatchError| Error::Failed(error.to_string());
    runtime()?.block_on(async {
        let mut watch = Watch::for_tests().map_err(failed)?;
        let folders = vec![plan.folder.clone(), folder_of(&plan.script)];
        watch.follow(&Files::in_folders(folders)).map_err(failed)?;
        loop {
            match plan.run(false) {
                Ok(()) | Err(Error::Tests | Error::TestsBroken) => {}
                Err(error) => logging::fail(&error.to_string()),
            }
            say("waiting for a change; Ctrl-C ends this\n");
            watch.changed().await;
            while timeout(QUIET, watch.changed()).await.is_ok() {}
            // A folder may have been replaced.
            watch.refresh().map_err(failed)?;
        }
    })
}
