//! `ouzel status`: how a run is, on one screen.

mod text;

use clap::Args;

use super::{print::print, run_address::RunAddress, runtime};
use crate::{error::Error, status::look::client};

/// `ouzel status`.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Print JSON, as `/status.json` has it.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunAddress,
}

/// Shows how the run is.
///
/// # Errors
/// [`Error::Unwell`] if it is not well. [`Error::Look`] if none can be asked.
pub(crate) fn status(arguments: &Status) -> Result<(), Error> {
    let address = arguments.run.find()?;
    let view = runtime()?.block_on(client::view(&address))?;
    if arguments.json {
        let json = sonic_rs::to_string(&view);
        print(&(json.expect("text and finite numbers always have a JSON") + "\n"))?;
    } else {
        print(&text::screen(&view))?;
    }
    match view.now.health.as_str() {
        "ok" => Ok(()),
        _ => Err(Error::Unwell),
    }
}
