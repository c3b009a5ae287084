//! One line at the foot of a terminal, updated in place.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::host::terminal;

/// The status line. It shows nothing where nothing can be drawn. Clones are the same line.
#[derive(Debug, Clone)]
pub(crate) struct StatusLine(Option<ProgressBar>);

impl StatusLine {
    /// Makes a line on stderr, if that may be drawn on.
    pub(crate) fn on_stderr() -> Self {
        if !terminal::draws() {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5));
        // `wide_msg` cuts the text at the terminal's width.
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            bar.set_style(style);
        }
        Self(Some(bar))
    }

    /// Makes a line that shows nothing, even on a terminal.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Whether the line is shown.
    pub(crate) fn is_shown(&self) -> bool {
        self.0.is_some()
    }

    /// Puts a progress bar before the text. The bar is full at `whole`.
    pub(crate) fn measure(&self, whole: u64) {
        if let (Some(bar), Ok(style)) = (
            &self.0,
            ProgressStyle::with_template("{bar:24} {percent:>3}% {wide_msg}"),
        ) {
            bar.set_length(whole);
            bar.set_style(style);
        }
    }

    /// Sets the progress bar to `done`.
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

    /// Runs code that writes to the terminal, and hides the line meanwhile.
    pub(crate) fn above<R>(&self, write: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Removes the line for good.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
