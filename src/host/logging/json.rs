//! Log lines for programs: each one JSON object with `time`, `level`, `part`, `message`, and the others as `fields`.

use std::fmt::{self, Write as _};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatFields, FormattedFields},
    registry::LookupSpan,
};

use super::now;
use crate::text::plain;

/// Appends the line of an event.
pub(super) fn event<S, N>(line: &mut String, context: &FmtContext<'_, S, N>, event: &Event<'_>)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    let mut fields = Fields::default();
    event.record(&mut fields);
    let level = *event.metadata().level();
    begin(line, level);
    push_text(line, ",\"part\":", part(event.metadata().target()));
    push_text(line, ",\"message\":", &fields.message);
    if let Some(span) = context.parent_span() {
        push_text(line, ",\"within\":", span.name());
        if let Some(of_span) = span.extensions().get::<FormattedFields<N>>() {
            push_text(line, ",\"of\":", of_span);
        }
    }
    if !fields.text.is_empty() {
        let _ = write!(line, ",\"fields\":{{{}}}", fields.text);
    }
    line.push_str("}\n");
}

/// The line of what a command says outside of the log.
pub(super) fn said(level: Level, message: &str) -> String {
    let mut line = String::new();
    begin(&mut line, level);
    push_text(&mut line, ",\"message\":", message);
    line.push_str("}\n");
    line
}

fn begin(line: &mut String, level: Level) {
    let level = match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    };
    let _ = write!(line, "{{\"time\":\"{}\",\"level\":\"{level}\"", now());
}

/// The part of ouzel that writes, by the name under which `--log` knows it.
fn part(target: &str) -> &str {
    let bare = target.strip_prefix("ouzel::").unwrap_or(target);
    bare.strip_prefix("ouzel_").unwrap_or(bare)
}

fn push_text(line: &mut String, key: &str, text: &str) {
    line.push_str(key);
    line.push_str(&quoted(text));
}

/// A text as JSON has it. It cannot command a terminal either, and one that is too long is cut.
fn quoted(text: &str) -> String {
    let text = plain::cut(text);
    // Text always has a JSON.
    let json = sonic_rs::to_string(&*text).unwrap_or_default();
    plain::printed(&json).into_owned()
}

/// The fields of an event, as the inside of a JSON object, and its message.
#[derive(Default)]
struct Fields {
    message: String,
    text: String,
}

impl Fields {
    /// `value` is JSON.
    fn push(&mut self, field: &Field, value: &str) {
        if !self.text.is_empty() {
            self.text.push(',');
        }
        let _ = write!(self.text, "{}:{value}", quoted(field.name()));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            _ => self.push(field, &quoted(value)),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, &value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, &value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, if value { "true" } else { "false" });
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        match value.is_finite() {
            true => self.push(field, &value.to_string()),
            false => self.push(field, "null"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_that_commands_nothing() {
        assert_eq!(
            quoted("a\n\"b\"\u{1b}[31m\u{9b}é\\"),
            r#""a\n\"b\"\u001b[31m\u009bé\\""#
        );
        let long = quoted(&"x".repeat(100_000));
        assert!(long.len() < 70_000 && long.ends_with("… (100000 bytes)\""));
    }

    #[test]
    fn parts_have_the_names_that_levels_are_given_by() {
        assert_eq!(part("script"), "script");
        assert_eq!(part("ouzel::powertrack::stream"), "powertrack::stream");
        assert_eq!(part("ouzel_sim::delivery"), "sim::delivery");
    }
}
