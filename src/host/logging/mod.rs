//! Log lines on stderr, above the status line where there is one.

mod journald;
mod json;
mod wanted;

use std::{
    fmt,
    io::{self, Write},
    sync::OnceLock,
};

use tracing::{Event, Level, Subscriber, field::Field, level_filters::LevelFilter};
use tracing_subscriber::{
    field::MakeExt,
    fmt::{
        FmtContext, FormatEvent, FormatFields, MakeWriter,
        format::{Format, Full, Writer, debug_fn},
        time::FormatTime,
    },
    layer::SubscriberExt,
    registry::LookupSpan,
};

pub(crate) use self::wanted::Wanted;
use super::terminal;
use crate::{status::StatusLine, text::plain};

/// What log lines look like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    #[default]
    Text,
    /// Each line one JSON object.
    Json,
}

/// The form of the log, and whether stderr is read by journald.
#[derive(Debug, Clone, Copy, Default)]
struct Shape {
    form: Form,
    is_journald: bool,
}

static SHAPE: OnceLock<Shape> = OnceLock::new();

/// Starts the log with these levels, in this form.
pub(crate) fn start(wanted: &Wanted, form: Form, line: &StatusLine) {
    let is_journald = journald::reads(&io::stderr());
    let shape = *SHAPE.get_or_init(|| Shape { form, is_journald });
    let is_coloured =
        shape.form == Form::Text && !is_journald && terminal::is_coloured(&io::stderr());
    let text = tracing_subscriber::fmt::format()
        .with_target(false)
        .with_timer(Clock {
            is_shown: !is_journald,
        });
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(AboveLine(line.clone()))
        .with_ansi(is_coloured)
        .event_format(Lines { shape, text })
        .fmt_fields(debug_fn(write_field).delimited(" "))
        .finish()
        .with(wanted.targets());
    // Only tests start the log twice, and then the first start counts.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Writes to stderr what a command says to whoever has called it: as it stands, or in the form of the log where a program
/// reads it. The log's level does not matter.
pub(crate) fn say(level: Level, text: &str) {
    let text = plain::lines(text);
    match shape().form {
        Form::Text => write(level, &text),
        Form::Json if text.trim().is_empty() => {}
        Form::Json => write(level, &json::said(level, text.trim_end())),
    }
}

/// Writes to stderr why the command has failed.
pub(crate) fn fail(text: &str) {
    if shape().form == Form::Json {
        return say(Level::ERROR, text);
    }
    let (on, off) = match !shape().is_journald && terminal::is_coloured(&io::stderr()) {
        true => ("\x1b[1;31m", "\x1b[0m"),
        false => ("", ""),
    };
    let text = plain::lines(text);
    write(Level::ERROR, &format!("{on}error:{off} {text}\n"));
}

/// Whether journald reads stderr.
pub(crate) fn is_journald() -> bool {
    shape().is_journald
}

/// What stderr is like, also before the log has started.
fn shape() -> Shape {
    SHAPE.get().copied().unwrap_or_else(|| Shape {
        form: Form::Text,
        is_journald: journald::reads(&io::stderr()),
    })
}

fn write(level: Level, text: &str) {
    let prefixed = shape()
        .is_journald
        .then(|| journald::with_priority(level, text));
    let text = prefixed.as_deref().unwrap_or(text);
    // If stderr is closed, there is no place to report the error.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Makes the lines of an event.
struct Lines {
    shape: Shape,
    text: Format<Full, Clock>,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Shape { form, is_journald } = self.shape;
        if form == Form::Text && !is_journald {
            return self.text.format_event(context, writer, event);
        }
        let mut text = String::with_capacity(256);
        match form {
            Form::Text => {
                self.text
                    .format_event(context, Writer::new(&mut text), event)?;
            }
            Form::Json => json::event(&mut text, context, event),
        }
        match is_journald {
            true => {
                let level = *event.metadata().level();
                writer.write_str(&journald::with_priority(level, text.trim_start()))
            }
            false => writer.write_str(&text),
        }
    }
}

/// Writes a field so that its value cannot begin a log line of its own, and cuts it if it is too long.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let text = format!("{value:?}");
    let text = plain::logged(&text);
    match (field.name(), writer.has_ansi_escapes()) {
        ("message", _) => write!(writer, "{}", text.replace('\n', "\n  ")),
        (name, true) => write!(writer, "\x1b[3m{name}\x1b[0m\x1b[2m=\x1b[0m{text}"),
        (name, false) => write!(writer, "{name}={text}"),
    }
}

/// The time of a line. journald has its own.
struct Clock {
    is_shown: bool,
}

impl FormatTime for Clock {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        match self.is_shown {
            true => write!(writer, "{}", now()),
            false => Ok(()),
        }
    }
}

/// The time as the log has it.
fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

/// Writes each log line as a whole, and hides the status line meanwhile.
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
        // If stderr is closed, there is no place to report the error.
        self.line.above(|| {
            let _ = io::stderr().write_all(&self.text);
        });
    }
}
