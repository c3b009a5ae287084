//! One line at the foot of a terminal, updated in place.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The line; nothing at all where stderr is no terminal. Clones are the same line.
#[derive(Debug, Clone)]
pub(crate) struct StatusLine(Option<ProgressBar>);

impl StatusLine {
    /// A line on stderr, if that is a terminal.
    pub(crate) fn on_stderr() -> Self {
        if !io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5));
        // `wide_msg` cuts the text at the terminal's width.
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            bar.set_style(style);
        }
        Self(Some(bar))
    }

    /// No line, whatever stderr is.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Whether there is a line.
    pub(crate) fn is_shown(&self) -> bool {
        self.0.is_some()
    }

    /// Puts a bar before the text that fills up to so much.
    pub(crate) fn measure(&self, whole: u64) {
        if let (Some(bar), Ok(style)) = (
            &self.0,
            ProgressStyle::with_template("{bar:24} {percent:>3}% {wide_msg}"),
        ) {
            bar.set_length(whole);
            bar.set_style(style);
        }
    }

    /// So much of it is done.
    pub(crate) fn advance_to(&self, done: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(done);
        }
    }

    /// Shows this text.
    pub(crate) fn show(&self, text: String) {
        if let Some(bar) = &self.0 {
            bar.set_message(text);
            bar.tick();
        }
    }

    /// Does something that writes to the terminal, with the line out of the way.
    pub(crate) fn above<R>(&self, write: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the line away for good.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
