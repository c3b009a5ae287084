//! Prints what commands say: results on stdout, everything else on stderr.

use std::io::{self, BufWriter, Write};

use tracing::Level;

use crate::{
    error::Error,
    host::{logging, terminal},
    text::plain,
};

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

/// Writes lines of a command's result to stdout, in colour if that is wanted. What the lines hold cannot command the
/// terminal.
pub(super) fn print_lines(lines: impl IntoIterator<Item = (Paint, String)>) -> Result<(), Error> {
    let is_coloured = terminal::is_coloured(&io::stdout());
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

/// Writes bytes to stdout as they are.
pub(super) fn print_raw(bytes: &[u8]) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    written(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

/// Writes to stderr what a person at the terminal may like to know: progress, a summary, what may be next. `--quiet` leaves
/// it out.
pub(super) fn say(text: &str) {
    if !terminal::is_quiet() {
        logging::say(Level::INFO, text);
    }
}

/// Writes to stderr what a person at the terminal should know, since something is not as it was meant.
pub(super) fn caution(text: &str) {
    logging::say(Level::WARN, text);
}
