//! A progress bar at the foot of a terminal, for work of known size.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::host::terminal;

/// A bar that fills by bytes. It shows nothing where nothing can be drawn or the size is not known.
#[derive(Debug, Clone)]
pub(crate) struct Bar(Option<ProgressBar>);

impl Bar {
    /// Makes a bar on stderr for this many bytes.
    pub(crate) fn on_stderr(bytes: Option<u64>) -> Self {
        let Some(bytes) = bytes.filter(|_| terminal::draws()) else {
            return Self(None);
        };
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr_with_hz(5));
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {percent}% {eta}") {
            bar.set_style(style);
        }
        Self(Some(bar))
    }

    /// Notes that this many more bytes are done.
    pub(crate) fn advance(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes);
        }
    }

    /// Removes the bar for good.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
