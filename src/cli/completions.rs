//! `ouzel completions`: what a shell needs to complete commands and flags.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Cli, print::print_raw};
use crate::error::Error;

/// `ouzel completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell that reads it.
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    ///
    /// # Errors
    /// [`Error::System`] if it cannot be written.
    pub(super) fn print(&self) -> Result<(), Error> {
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "ouzel", &mut script);
        print_raw(&script)
    }
}
