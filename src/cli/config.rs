//! `ouzel config`: every setting that is in force, and where it comes from.

use std::{collections::BTreeMap, path::PathBuf};

use clap::{ArgMatches, Args, CommandFactory, parser::ValueSource};
use serde::Serialize;

use super::{
    Cli,
    columns::lines as in_columns,
    print::print,
    run::{self, RunSettings},
};
use crate::{
    error::Error,
    settings::{self, Listed, Settings, Value},
    text::plain,
};

/// The variable of the password. It is the only setting without a flag, so the command line does not know it.
const PASSWORD: &str = "OUZEL_PASSWORD";

/// `ouzel config`.
#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(flatten)]
    settings: RunSettings,
    /// As for `run --sim`, which needs no account.
    #[arg(long)]
    sim: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Where the value of a setting comes from.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "from")]
enum Origin {
    Flag { flag: String },
    Environment { variable: String },
    File { file: PathBuf, line: usize },
    Default,
    Nowhere,
}

/// A setting, as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    key: String,
    value: Option<Plain>,
    #[serde(flatten)]
    origin: Origin,
}

/// A value in JSON.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Plain {
    Text(String),
    Number(u64),
    Bool(bool),
}

/// Prints the settings. What is wrong with them for a run is an error behind that.
///
/// # Errors
/// Those of `ouzel run`, as far as they are about settings.
pub(crate) fn config(arguments: &Config) -> Result<(), Error> {
    let given = arguments.settings.given();
    let file = given.config.clone();
    let settings = Settings::read(given)?;
    let file = file.or_else(|| Some(settings::FILE.into()).filter(|file: &PathBuf| file.exists()));
    let in_file = file.as_deref().map(settings::lines).transpose()?;
    let origins = Origins::new(file, in_file.unwrap_or_default());
    let rows: Vec<_> = settings
        .listed()
        .into_iter()
        .map(|listed| origins.row(listed))
        .collect();
    print(&if arguments.json {
        let json = sonic_rs::to_string_pretty(&rows).expect("text and numbers always have a JSON");
        json + "\n"
    } else {
        as_text(&rows)
    })?;
    match arguments.sim {
        true => Ok(()),
        false => run::account(&settings).map(drop),
    }
}

fn as_text(rows: &[Row]) -> String {
    let cells = |row: &Row| {
        let value = match &row.value {
            Some(Plain::Text(text)) => plain::line(text).into_owned(),
            Some(Plain::Number(number)) => number.to_string(),
            Some(Plain::Bool(word)) => word.to_string(),
            None => "-".to_owned(),
        };
        let origin = match &row.origin {
            Origin::Flag { flag } => flag.clone(),
            Origin::Environment { variable } => variable.clone(),
            Origin::File { file, line } => format!("{}:{line}", file.display()),
            Origin::Default => "default".to_owned(),
            Origin::Nowhere => "not set".to_owned(),
        };
        [row.key.clone(), value, plain::line(&origin).into_owned()]
    };
    let head = ["setting", "value", "from"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head)
        .chain(rows.iter().map(cells))
        .collect();
    in_columns(&rows, &[]).join("\n") + "\n"
}

/// What says where a setting comes from.
struct Origins {
    /// What this process was called with.
    called: ArgMatches,
    command: clap::Command,
    file: Option<PathBuf>,
    /// The lines of the file, by section and key.
    lines: BTreeMap<(String, String), usize>,
}

impl Origins {
    fn new(file: Option<PathBuf>, lines: BTreeMap<(String, String), usize>) -> Self {
        // It has been read once already, so it is right.
        let mut called = Cli::command().get_matches();
        let (_, called) = called.remove_subcommand().expect("this is a command");
        let command = Cli::command();
        let command = command.find_subcommand("config").expect("this is it");
        Self {
            called,
            command: command.clone(),
            file,
            lines,
        }
    }

    fn row(&self, listed: Listed) -> Row {
        let Listed {
            section,
            key,
            value,
        } = listed;
        let origin = match &value {
            Some(_) => self.origin(section, key),
            None => Origin::Nowhere,
        };
        let key = match section {
            "" => key.to_owned(),
            section => format!("{section}.{key}"),
        };
        let value = value.map(|value| match value {
            Value::Text(text) => Plain::Text(text),
            Value::Number(number) => Plain::Number(number),
            Value::Bool(word) => Plain::Bool(word),
        });
        Row { key, value, origin }
    }

    /// Where a setting that has a value comes from.
    fn origin(&self, section: &str, key: &str) -> Origin {
        if let Some(origin) = self.called_with(section, key) {
            return origin;
        }
        let line = self.lines.get(&(section.to_owned(), key.to_owned()));
        match (&self.file, line) {
            (Some(file), Some(line)) => Origin::File {
                file: file.clone(),
                line: *line,
            },
            _ => Origin::Default,
        }
    }

    fn called_with(&self, section: &str, key: &str) -> Option<Origin> {
        if key == "password" {
            let is_set = std::env::var(PASSWORD).is_ok_and(|text| !text.is_empty());
            return is_set.then(|| Origin::Environment {
                variable: PASSWORD.to_owned(),
            });
        }
        let id = argument(section, key);
        let argument = self
            .command
            .get_arguments()
            .find(|one| *one.get_id() == id)?;
        // An empty variable counts as none.
        let is_empty = |text: &std::ffi::OsStr| text.is_empty();
        if self.called.get_raw(&id)?.all(is_empty) {
            return None;
        }
        match self.called.value_source(&id)? {
            ValueSource::CommandLine => Some(Origin::Flag {
                flag: match argument.get_long() {
                    Some(long) => format!("--{long}"),
                    None => "SCRIPT".to_owned(),
                },
            }),
            ValueSource::EnvVariable => Some(Origin::Environment {
                variable: argument.get_env()?.to_string_lossy().into_owned(),
            }),
            _ => None,
        }
    }
}

/// The argument of the command line that gives a setting.
fn argument(section: &str, key: &str) -> String {
    match (section, key) {
        ("script_limits", key) => format!("script_{key}"),
        ("watch", "enabled") => "watch".to_owned(),
        ("" | "stream" | "watch" | "reload" | "volume", key) => key.to_owned(),
        (section, key) => format!("{section}_{key}"),
    }
}
