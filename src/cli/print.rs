//! Prints what commands say: results on stdout, everything else on stderr.

use std::io::{self, Write};

use crate::{error::Error, text::plain};

/// Writes a command's result to stdout, without anything that a terminal would obey. If the reader has
/// gone, as with `| head`, that is not an error.
pub(super) fn print(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(plain::printed(text).as_bytes())
        .and_then(|()| stdout.flush())
    {
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
