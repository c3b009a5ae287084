//! `ouzel help`: lists the commands and the topics of the guide, prints a page, or the help of a command.

use std::{fmt::Write as _, iter};

use clap::{Args, CommandFactory, Parser, error::ErrorKind};

use super::{Cli, print::print};
use crate::{error::Error, text::nearest::nearest};

/// `ouzel help`.
#[derive(Debug, Args)]
pub(crate) struct Guide {
    /// A topic of the guide, or a command [default: list both].
    #[arg(value_name = "TOPIC")]
    words: Vec<String>,
}

/// `help` below a command, such as `ouzel rules help lint`.
///
/// clap has one of its own, but it cannot be switched off for `ouzel help` alone.
#[derive(Debug, Args)]
pub(crate) struct HelpBelow {
    /// The command that help is wanted for.
    #[arg(value_name = "COMMAND")]
    words: Vec<String>,
}

impl HelpBelow {
    /// Prints the help of what stands below a command.
    ///
    /// # Errors
    /// [`Error::Usage`] for a command that there is not.
    pub(super) fn print(&self, command: &str) -> Result<(), Error> {
        let words: Vec<_> = iter::once(command)
            .chain(self.words.iter().map(String::as_str))
            .collect();
        print_help(&words)
    }
}

/// The pages with their topics, in the order in which they are listed.
macro_rules! pages {
    ($($topic:literal),* $(,)?) => {
        &[$(($topic, include_str!(concat!("../guide/", $topic, ".md")))),*]
    };
}

const PAGES: &[(&str, &str)] = pages![
    "settings",
    "new",
    "examples",
    "lua",
    "reference",
    "reload",
    "tweets",
    "sql",
    "state",
    "timers",
    "sinks",
    "limits",
    "test",
    "rules",
    "rule-sets",
    "outages",
    "connection",
    "guarantees",
    "journal",
    "quarantine",
    "status",
    "tail",
    "report",
    "volume",
    "backup",
    "metrics",
    "service",
    "replay",
    "simulator",
    "faults",
    "bench",
    "exit-codes",
    "contributing",
    "changelog",
    "license-mit",
    "license-apache",
];

impl Guide {
    /// Prints what is asked for.
    ///
    /// # Errors
    /// [`Error::Usage`] for a topic that there is not.
    pub(super) fn print(&self) -> Result<(), Error> {
        let words: Vec<_> = self.words.iter().map(String::as_str).collect();
        let known = match words[..] {
            [] => Some(contents()),
            [topic] => page(topic).map(str::to_owned),
            _ => None,
        };
        known.map_or_else(|| print_help(&words), |text| print(&text))
    }
}

fn page(topic: &str) -> Option<&'static str> {
    let found = PAGES.iter().find(|(name, _)| *name == topic);
    found.map(|(_, page)| *page)
}

/// What clap says about the commands, and a line for each topic: the sentence below the page's title.
fn contents() -> String {
    let mut text = Cli::command().render_help().to_string();
    text += "\nTopics:\n";
    let width = PAGES.iter().map(|(topic, _)| topic.len()).max();
    for (topic, page) in PAGES {
        let about = page.lines().nth(2).unwrap_or_default();
        let _ = writeln!(text, "  {topic:0$}  {about}", width.unwrap_or(0));
    }
    text
}

fn print_help(words: &[&str]) -> Result<(), Error> {
    match help_of_command(words) {
        Some(text) => print(&text),
        None => Err(Error::Usage(unknown(&words.join(" ")))),
    }
}

/// What `--help` says of a command; nothing if there is no such command.
fn help_of_command(words: &[&str]) -> Option<String> {
    let line = iter::once("ouzel")
        .chain(words.iter().copied())
        .chain(["--help"]);
    let asked = Cli::try_parse_from(line).err()?;
    (asked.kind() == ErrorKind::DisplayHelp).then(|| asked.render().to_string())
}

fn unknown(topic: &str) -> String {
    let topics = PAGES.iter().map(|(topic, _)| *topic);
    let cli = Cli::command();
    let commands = cli.get_subcommands().map(clap::Command::get_name);
    let listed: Vec<_> = topics.clone().collect();
    let mut text = format!(
        "there is no topic or command `{topic}`; the topics are {}",
        listed.join(", ")
    );
    if let Some(meant) = nearest(topic, topics.chain(commands)) {
        let _ = write!(text, "\nhint: did you mean `{meant}`?");
    }
    text
}
