//! The `ouzel` binary: reads the command line, runs the command, and turns its error into an exit code.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::Parser;
use ouzel::{
    cli::{Cli, Command},
    commands,
    error::Error,
    logging, plain,
    status::StatusLine,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let line = match &cli.command {
        Command::Run(_) | Command::Replay(_) => StatusLine::on_stderr(),
        _ => StatusLine::none(),
    };
    let done = logging::start(&cli.log, &line)
        .map_err(Error::Usage)
        .and_then(|()| match cli.command {
            Command::Run(arguments) => commands::run(&arguments, &line),
            Command::Check(arguments) => commands::check(&arguments),
            Command::Rules(arguments) => commands::rules(&arguments),
            Command::Replay(arguments) => commands::replay(&arguments, &line),
            Command::Quarantine(arguments) => commands::quarantine(&arguments),
            Command::Gaps(arguments) => commands::gaps(&arguments),
            Command::Sim(arguments) => commands::sim(arguments),
            Command::Bench(arguments) => commands::bench(&arguments),
        });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // A result, and no failure.
        Err(error @ Error::Different) => ExitCode::from(error.exit_code()),
        Err(error) => {
            line.clear();
            let red = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            let (on, off) = if red {
                ("\x1b[1;31m", "\x1b[0m")
            } else {
                ("", "")
            };
            // Nothing can be said about a stderr that is closed.
            let _ = writeln!(
                io::stderr(),
                "{on}error:{off} {}",
                plain::lines(&error.to_string())
            );
            ExitCode::from(error.exit_code())
        }
    }
}
