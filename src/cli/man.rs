//! `ouzel man`: a man page for each command, from what `--help` says.

use std::{fs, path::PathBuf};

use clap::{Args, Command, CommandFactory};

use super::{Cli, print::print};
use crate::{error::Error, status::counted, text::plain};

/// `ouzel man`.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The folder that the pages are written into, such as `~/.local/share/man/man1`.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    /// Writes the pages.
    ///
    /// # Errors
    /// [`Error::System`] if one cannot be written.
    pub(super) fn write(&self) -> Result<(), Error> {
        let shown = plain::line(&self.folder.display().to_string()).into_owned();
        let what = format!("cannot make the folder `{shown}`");
        fs::create_dir_all(&self.folder).map_err(Error::system(what))?;
        // Without the `help` that clap adds to each command: it has no page to look up.
        let mut ouzel = Cli::command().disable_help_subcommand(true);
        ouzel.build();
        let mut pages = Vec::new();
        collect(&ouzel, &mut pages);
        for page in &pages {
            let name = page.get_filename();
            let what = format!("cannot write `{name}` in `{shown}`");
            page.generate_to(&self.folder)
                .map_err(Error::system(what))?;
        }
        let pages = counted(pages.len() as u64, "page");
        print(&format!("wrote {pages} to `{shown}`\n"))
    }
}

/// The page of a command, and those of the commands below it.
fn collect(command: &Command, pages: &mut Vec<clap_mangen::Man>) {
    let page = clap_mangen::Man::new(command.clone()).manual("ouzel");
    pages.push(page.source(concat!("ouzel ", env!("CARGO_PKG_VERSION"))));
    let below = command.get_subcommands();
    for command in below.filter(|command| !command.is_hide_set() && command.get_name() != "help") {
        collect(command, pages);
    }
}
