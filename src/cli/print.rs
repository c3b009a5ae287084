//! What commands say: results on stdout, the rest on stderr.

use std::io::{self, Write};

use crate::{error::Error, text::plain};

/// Writes a command's result to stdout, and nothing that a terminal would obey; a reader that has gone, as with `| head`, is no error.
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

/// Writes what a person at the terminal should know to stderr.
pub(super) fn say(text: &str) {
    // Nothing can be said about a stderr that is closed.
    let _ = io::stderr().write_all(plain::lines(text).as_bytes());
}
