//! Prints what commands say: results on stdout, everything else on stderr.

use std::io::{self, BufWriter, IsTerminal, Write};

use crate::{error::Error, text::plain};

/// The colour of a line in a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    Green,
    Red,
    Yellow,
    Dim,
}

impl Paint {
    /// What a terminal obeys before such a line.
    fn on(self) -> Option<&'static str> {
        Some(match self {
            Self::Plain => return None,
            Self::Green => "\x1b[32m",
            Self::Red => "\x1b[31m",
            Self::Yellow => "\x1b[33m",
            Self::Dim => "\x1b[2m",
        })
    }
}

/// Writes lines of a command's result to stdout: in colour if that is a terminal and `NO_COLOR` is not set. What the
/// lines hold cannot command the terminal.
pub(super) fn print_lines(lines: impl IntoIterator<Item = (Paint, String)>) -> Result<(), Error> {
    let is_coloured = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut stdout = BufWriter::new(io::stdout().lock());
    let write = || {
        for (paint, line) in lines {
            let line = plain::printed(&line);
            match paint.on().filter(|_| is_coloured) {
                Some(on) => writeln!(stdout, "{on}{line}\x1b[0m")?,
                None => writeln!(stdout, "{line}")?,
            }
        }
        stdout.flush()
    };
    written(write())
}

/// Writes a command's result to stdout, without anything that a terminal would obey. If the reader has
/// gone, as with `| head`, that is not an error.
pub(super) fn print(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    written(
        stdout
            .write_all(plain::printed(text).as_bytes())
            .and_then(|()| stdout.flush()),
    )
}

fn written(result: io::Result<()>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::system("cannot write the result")(error))
        }
        _ => Ok(()),
    }
}

/// Writes to stderr what a person at the terminal should know.
pub(super) fn say(text: &str) {
    // If stderr is closed, there is no place to report the error.
    let _ = io::stderr().write_all(plain::lines(text).as_bytes());
}
