//! The flags for how much is said, and in which form. Every command takes them.

use clap::{ArgAction, Args, ValueEnum};

use super::LAST;
use crate::host::{
    logging::{Form, Wanted},
    terminal::{self, Colour, Manner},
};

/// What every command is told of its output.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// What to log to stderr: error, warn, info, debug, trace or off; also for a part, such as `warn,script=debug`.
    ///
    /// `script` is what the script writes itself; other parts are the modules of ouzel, such as `powertrack` or
    /// `worker`.
    #[arg(
        long,
        global = true,
        value_name = "LEVEL",
        env = "OUZEL_LOG",
        default_value = "info",
        display_order = LAST
    )]
    log: Wanted,
    /// Log more than --log says: -v for one level, -vv for two.
    #[arg(short, long, global = true, action = ArgAction::Count, display_order = LAST)]
    verbose: u8,
    /// Log less than --log says, and show no progress and no summary: -q for one level, -qq for two.
    #[arg(short, long, global = true, action = ArgAction::Count, display_order = LAST)]
    quiet: u8,
    /// How log lines look: as text, or each as one JSON object.
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "OUZEL_LOG_FORMAT",
        default_value = "text",
        display_order = LAST
    )]
    log_format: Format,
    /// Whether to write in colour; auto is for terminals, without NO_COLOR and TERM=dumb.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        display_order = LAST
    )]
    color: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// When to write in colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

impl Output {
    /// Which lines are logged.
    pub(super) fn wanted(&self) -> Wanted {
        self.log.clone().louder(self.verbose).quieter(self.quiet)
    }

    /// How they look.
    pub(super) fn form(&self) -> Form {
        match self.log_format {
            Format::Text => Form::Text,
            Format::Json => Form::Json,
        }
    }

    /// How the process writes to its terminal.
    pub(super) fn manner(&self) -> Manner {
        Manner {
            colour: match self.color {
                When::Auto => Colour::Auto,
                When::Always => Colour::Always,
                When::Never => Colour::Never,
            },
            is_quiet: self.quiet > self.verbose,
            is_read_by_programs: self.log_format == Format::Json,
        }
    }
}

impl When {
    /// What arguments say, before they are understood: help and mistakes in them are printed in colour too.
    pub(super) fn among(arguments: &[String]) -> Self {
        let mut values = arguments.iter().enumerate().filter_map(|(at, word)| {
            let value = match word.strip_prefix("--color=") {
                Some(value) => value,
                None if word == "--color" => arguments.get(at + 1)?,
                None => return None,
            };
            Self::from_str(value, false).ok()
        });
        values.next_back().unwrap_or(Self::Auto)
    }

    /// The same as clap has it.
    pub(super) fn choice(self) -> clap::ColorChoice {
        match self {
            // clap writes in colour where a service for builds says that it shows it, whatever the terminal.
            Self::Auto if terminal::only_prints() => clap::ColorChoice::Never,
            Self::Auto => clap::ColorChoice::Auto,
            Self::Always => clap::ColorChoice::Always,
            Self::Never => clap::ColorChoice::Never,
        }
    }
}
