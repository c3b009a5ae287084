//! Log lines on stderr, above the status line where there is one.

mod wanted;

use std::{
    fmt,
    io::{self, IsTerminal, Write},
};

use tracing::{field::Field, level_filters::LevelFilter};
use tracing_subscriber::{
    field::MakeExt,
    fmt::{
        MakeWriter,
        format::{Writer, debug_fn},
        time::FormatTime,
    },
    layer::SubscriberExt,
};

pub(crate) use self::wanted::Wanted;
use crate::{status::StatusLine, text::plain};

/// Starts logging what is wanted.
pub(crate) fn start(wanted: &Wanted, line: &StatusLine) {
    let terminal = io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(AboveLine(line.clone()))
        .with_ansi(terminal && std::env::var_os("NO_COLOR").is_none())
        .with_target(false)
        .with_timer(Clock)
        .fmt_fields(debug_fn(write_field).delimited(" "))
        .finish()
        .with(wanted.targets());
    // Only tests start logging twice, and they want the first.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Whatever a value holds, it stays within its line, and within a bound.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let text = format!("{value:?}");
    let text = plain::logged(&text);
    match (field.name(), writer.has_ansi_escapes()) {
        ("message", _) => write!(writer, "{}", text.replace('\n', "\n  ")),
        (name, true) => write!(writer, "\x1b[3m{name}\x1b[0m\x1b[2m=\x1b[0m{text}"),
        (name, false) => write!(writer, "{name}={text}"),
    }
}

struct Clock;

impl FormatTime for Clock {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        write!(writer, "{:.3}", jiff::Timestamp::now())
    }
}

/// Writes each log line as a whole while the status line is out of the way.
struct AboveLine(StatusLine);

struct LineWriter<'a> {
    line: &'a StatusLine,
    text: Vec<u8>,
}

impl<'a> MakeWriter<'a> for AboveLine {
    type Writer = LineWriter<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        LineWriter {
            line: &self.0,
            text: Vec::with_capacity(256),
        }
    }
}

impl Write for LineWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LineWriter<'_> {
    fn drop(&mut self) {
        // Nothing can be said about a stderr that is closed.
        self.line.above(|| {
            let _ = io::stderr().write_all(&self.text);
        });
    }
}
