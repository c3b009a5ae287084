//! How this process may write to its terminal: in colour or not, and whether it draws lines that it updates in place.
//!
//! It is decided once, by the flags of the command line, and asked for wherever something is written.

use std::{
    env,
    ffi::OsStr,
    io::{self, IsTerminal},
    sync::OnceLock,
};

/// When to write in colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Colour {
    /// To a terminal, unless `NO_COLOR` or `TERM=dumb` is set.
    #[default]
    Auto,
    /// Also into a file or a pipe.
    Always,
    /// Not even to a terminal.
    Never,
}

/// What the command line says of all that is written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Manner {
    /// When to write in colour.
    pub(crate) colour: Colour,
    /// Only what is wrong is said: no progress, no summary.
    pub(crate) is_quiet: bool,
    /// A program reads stderr, line by line.
    pub(crate) is_read_by_programs: bool,
}

static MANNER: OnceLock<Manner> = OnceLock::new();

/// Decides how this process writes. Only the first call counts.
pub(crate) fn decide(manner: Manner) {
    let _ = MANNER.set(manner);
}

fn manner() -> Manner {
    MANNER.get().copied().unwrap_or_default()
}

/// Whether to write to this stream in colour.
pub(crate) fn is_coloured(stream: &impl IsTerminal) -> bool {
    let variable = |name| env::var_os(name);
    is_coloured_for(
        manner().colour,
        stream.is_terminal(),
        variable("NO_COLOR").as_deref(),
        variable("TERM").as_deref(),
    )
}

/// Whether stderr may have a line that is updated in place.
pub(crate) fn draws() -> bool {
    let Manner {
        is_quiet,
        is_read_by_programs,
        ..
    } = manner();
    !is_quiet && !is_read_by_programs && !only_prints() && io::stderr().is_terminal()
}

/// Whether the terminal only prints.
pub(crate) fn only_prints() -> bool {
    is_dumb(env::var_os("TERM").as_deref())
}

/// Whether only what is wrong is said.
pub(crate) fn is_quiet() -> bool {
    manner().is_quiet
}

fn is_coloured_for(
    colour: Colour,
    is_terminal: bool,
    no_color: Option<&OsStr>,
    term: Option<&OsStr>,
) -> bool {
    match colour {
        Colour::Always => true,
        Colour::Never => false,
        // https://no-color.org: present, and not empty.
        Colour::Auto => is_terminal && no_color.is_none_or(OsStr::is_empty) && !is_dumb(term),
    }
}

/// Whether this is the name of a terminal that only prints.
fn is_dumb(term: Option<&OsStr>) -> bool {
    term.is_some_and(|term| term == "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_goes_to_terminals_that_want_it() {
        let check = |colour, is_terminal, no_color: Option<&str>, term: Option<&str>| {
            is_coloured_for(
                colour,
                is_terminal,
                no_color.map(OsStr::new),
                term.map(OsStr::new),
            )
        };
        let xterm = Some("xterm-256color");
        for (is_terminal, no_color, term, expected) in [
            (true, None, xterm, true),
            (true, None, None, true),
            (true, Some(""), xterm, true),
            (true, Some("1"), xterm, false),
            (true, None, Some("dumb"), false),
            (false, None, xterm, false),
        ] {
            let auto = check(Colour::Auto, is_terminal, no_color, term);
            assert_eq!(auto, expected, "{is_terminal} {no_color:?} {term:?}");
            assert!(check(Colour::Always, is_terminal, no_color, term));
            assert!(!check(Colour::Never, is_terminal, no_color, term));
        }
    }
}
