//! Reads the command line, runs the command, and turns its error into an exit code.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::Parser;

use super::{Cli, Command};
use crate::{
    error::Error,
    host::{logging, private},
    status::StatusLine,
    text::plain,
};

/// Runs the whole program, from the arguments of the process to its exit code.
pub fn start() -> ExitCode {
    private::begin();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => wrong_usage(&error),
    };
    let line = match &cli.command {
        Command::Run(_) | Command::Replay(_) => StatusLine::on_stderr(),
        Command::Rules(rules) if rules.takes_a_while() => StatusLine::on_stderr(),
        _ => StatusLine::none(),
    };
    logging::start(&cli.log, &line);
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
            let red = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            let (on, off) = if red {
                ("\x1b[1;31m", "\x1b[0m")
            } else {
                ("", "")
            };
            // If stderr is closed, there is no place to report the error.
            let _ = writeln!(
                io::stderr(),
                "{on}error:{off} {}",
                plain::lines(&error.to_string())
            );
            ExitCode::from(error.exit_code())
        }
    }
}

/// Prints clap's message and exits. clap lets colours through, so this removes what an argument or a variable would do
/// to the terminal.
fn wrong_usage(error: &clap::Error) -> ! {
    let variables = std::env::vars_os().map(|(_, value)| value);
    let is_odd = std::env::args_os()
        .chain(variables)
        .any(|text| text.to_string_lossy().contains(plain::is_unsafe));
    if !error.use_stderr() || !is_odd {
        error.exit();
    }
    let text = error.render().to_string();
    // If stderr is closed, nothing can be said about that.
    let _ = io::stderr().write_all(plain::lines(&text).as_bytes());
    std::process::exit(error.exit_code());
}
