//! `ouzel service`: a unit with which systemd keeps `ouzel run` of this project running, and what to do with it.

mod unit;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use clap::Args;

use self::unit::{Scope, Unit};
use super::{
    folder::Folder,
    print::{caution, print_raw, say},
    set_path,
};
use crate::{
    error::Error,
    settings::{FILE, Settings},
    text::plain,
};

/// The file beside the settings that holds variables for the unit, such as the password.
const ENVIRONMENT: &str = "ouzel.env";

/// Variables that become flags in the unit, or are about the command itself.
const CARRIED: &[&str] = &[
    "OUZEL_SCRIPT",
    "OUZEL_DATA_DIR",
    "OUZEL_CONFIG",
    "OUZEL_LOG",
    "OUZEL_LOG_FORMAT",
];

/// `ouzel service`.
#[derive(Debug, Args)]
pub(crate) struct Service {
    /// The Lua script [default: scripts/main.lua].
    #[arg(env = "OUZEL_SCRIPT")]
    script: Option<PathBuf>,
    #[command(flatten)]
    folder: Folder,
    /// Who runs it [default: who you are].
    #[arg(long, value_name = "NAME", conflicts_with = "user_unit")]
    user: Option<String>,
    /// A unit for `systemctl --user`, which runs as you and needs no root.
    #[arg(long)]
    user_unit: bool,
}

impl Service {
    /// Prints the unit to stdout, and to stderr what is next.
    ///
    /// # Errors
    /// [`Error::Usage`] if something cannot be written into a unit, [`Error::Settings`] if the settings are wrong.
    pub(super) fn print(&self) -> Result<(), Error> {
        let mut given = self.folder.given();
        given.script = set_path(&self.script);
        let config = given.config.clone().unwrap_or_else(|| FILE.into());
        let settings = Settings::read(given)?;
        let program = env::current_exe().map_err(Error::system("cannot say where ouzel is"))?;
        let config = absolute(&config)?;
        let folder = config.parent().unwrap_or(Path::new("/"));
        let scope = match (&self.user, self.user_unit) {
            (_, true) => Scope::User,
            (Some(name), false) => Scope::System { user: user(name)? },
            (None, false) => Scope::System { user: myself()? },
        };
        let unit = Unit {
            program,
            config: config.is_file().then(|| config.clone()),
            script: absolute(&settings.script)?,
            data: absolute(&settings.data_dir)?,
            environment: folder.join(ENVIRONMENT),
            script_memory: settings.script_limits.memory as u64,
            scope,
        };
        let text = unit.text().map_err(Error::Usage)?;
        print_raw(text.as_bytes())?;
        warn_of_what_is_missing(&unit);
        say(&unit.next_steps());
        Ok(())
    }
}

/// A path as it is from everywhere. What it leads to need not be there.
fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let shown = plain::line(&path.display().to_string()).into_owned();
    std::path::absolute(path).map_err(Error::system(format!("cannot say where `{shown}` is")))
}

/// A name or a number as systemd takes it.
fn user(name: &str) -> Result<String, Error> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if name.is_empty() || name.starts_with('-') || !name.chars().all(is_good) {
        return Err(Error::Usage(format!(
            "`{}` is no name of a user: letters, digits, `_`, `.` and `-` may stand in it",
            plain::line(name)
        )));
    }
    Ok(name.to_owned())
}

/// The name of who runs this, or the number where the machine's own list has no name for it.
fn myself() -> Result<String, Error> {
    let id = rustix::process::getuid().as_raw().to_string();
    let list = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = list.lines().find_map(|line| {
        let mut cells = line.split(':');
        let name = cells.next()?;
        (cells.nth(1)? == id).then_some(name)
    });
    user(named.unwrap_or(&id))
}

/// Says what the unit needs and is not there, or is here and not in the unit.
fn warn_of_what_is_missing(unit: &Unit) {
    if !unit.script.is_file() {
        let script = unit.script.display();
        caution(&format!("there is no script `{script}` yet\n"));
    }
    if matches!(&unit.scope, Scope::System { user } if user == "root") {
        caution("the unit runs as root, which it need not: `--user NAME` names somebody else\n");
    }
    let others = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut others: Vec<_> = others
        .filter(|name| name.starts_with("OUZEL_") && !CARRIED.contains(&name.as_str()))
        .collect();
    others.sort_unstable();
    for name in others {
        let environment = unit.environment.display();
        caution(&format!(
            "`{}` is set here and is not in the unit; write it into `{environment}` if it is meant\n",
            plain::line(&name)
        ));
    }
}
