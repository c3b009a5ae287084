//! Reads the command line, runs the command, and turns its error into an exit code.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use tracing::Level;

use super::{Cli, Command, output::When};
use crate::{
    error::Error,
    host::{logging, private, terminal},
    status::StatusLine,
    text::plain,
};

/// Runs the whole program, from the arguments of the process to its exit code.
pub fn start() -> ExitCode {
    private::begin();
    let cli = match read() {
        Ok(cli) => cli,
        Err(error) => wrong_usage(&error),
    };
    terminal::decide(cli.output.manner());
    let line = match &cli.command {
        Command::Run(_) | Command::Replay(_) => StatusLine::on_stderr(),
        Command::Rules(rules) if rules.takes_a_while() => StatusLine::on_stderr(),
        _ => StatusLine::none(),
    };
    logging::start(&cli.output.wanted(), cli.output.form(), &line);
    match cli.command.run(&line) {
        Ok(()) => ExitCode::SUCCESS,
        // A difference is a result, and so are a plan, a failing test and a run that is not well: stdout has told all about it.
        Err(
            error @ (Error::Different
            | Error::Changes
            | Error::Tests
            | Error::TestsBroken
            | Error::Unwell),
        ) => ExitCode::from(error.exit_code()),
        Err(error) => {
            line.clear();
            logging::fail(&error.to_string());
            ExitCode::from(error.exit_code())
        }
    }
}

/// The arguments of the process.
fn read() -> Result<Cli, clap::Error> {
    let arguments: Vec<_> = std::env::args_os()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let mut command = Cli::command().color(When::among(&arguments).choice());
    let mut matches = command.try_get_matches_from_mut(std::env::args_os())?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// Prints clap's message and exits. clap lets colours through, so this removes what an argument or a variable would do
/// to the terminal.
fn wrong_usage(error: &clap::Error) -> ! {
    let variables = std::env::vars_os().map(|(_, value)| value);
    let is_odd = std::env::args_os()
        .chain(variables)
        .any(|text| text.to_string_lossy().contains(plain::is_unsafe));
    if !error.use_stderr() || !(is_odd || logging::is_journald()) {
        error.exit();
    }
    logging::say(Level::ERROR, &error.render().to_string());
    std::process::exit(error.exit_code());
}
