//! The numbers of a run in the text format of Prometheus.

use std::fmt::Write as _;

use crate::{
    powertrack::{Cause, StreamStatus},
    tally::{Count, Tally},
};

/// How a number changes over time.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// The number only grows.
    Counter,
    /// The number goes up and down.
    Gauge,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }
}

/// The counters of the worker and the journal, with the metric's name, kind and help text for each.
#[rustfmt::skip] // A table.
const COUNTED: &[(&str, Kind, Count, &str)] = &[
    ("ouzel_journaled_lines_total", Kind::Counter, Count::Journaled, "Lines written to the journal."),
    ("ouzel_duplicates_total", Kind::Counter, Count::Duplicates, "Tweets that had come before, and were dropped."),
    ("ouzel_handled_tweets_total", Kind::Counter, Count::Tweets, "Tweets handled, however it ended."),
    ("ouzel_kept_tweets_total", Kind::Counter, Count::Kept, "Tweets that no filter dropped."),
    ("ouzel_filtered_tweets_total", Kind::Counter, Count::Filtered, "Tweets that a filter dropped."),
    ("ouzel_failed_tweets_total", Kind::Counter, Count::Failed, "Tweets whose handler failed."),
    ("ouzel_invalid_lines_total", Kind::Counter, Count::Invalid, "Lines that are not valid JSON in UTF-8."),
    ("ouzel_unknown_lines_total", Kind::Counter, Count::Unknown, "Valid JSON that is no Tweet."),
    ("ouzel_rows_total", Kind::Counter, Count::Rows, "Rows written and committed."),
    ("ouzel_journal_damaged_total", Kind::Counter, Count::Damaged, "Parts of the journal that could not be read."),
    ("ouzel_journal_bytes", Kind::Gauge, Count::JournalBytes, "The size of the journal."),
    ("ouzel_quarantined_tweets", Kind::Gauge, Count::Quarantined, "Tweets in quarantine, also of earlier runs."),
    ("ouzel_generation", Kind::Gauge, Count::Generation, "The generation of the script that handles Tweets."),
];

/// Writes all metrics as they are at `now_ms`, in milliseconds since 1970.
#[must_use]
pub(super) fn render(tally: &Tally, stream: &StreamStatus, now_ms: i64) -> String {
    let mut out = String::with_capacity(4096);
    for (name, kind, count, help) in COUNTED {
        write_one(&mut out, name, *kind, help, tally.get(*count) as f64);
    }
    let lines = tally.waiting() as f64;
    let help = "Lines in the journal that are not handled yet.";
    write_one(&mut out, "ouzel_waiting_lines", Kind::Gauge, help, lines);
    if let Some(age) = age(tally, now_ms) {
        let help = "How long ago the newest handled Tweet was received.";
        let name = "ouzel_newest_handled_age_seconds";
        write_one(&mut out, name, Kind::Gauge, help, age);
    }
    write_stream(&mut out, stream, now_ms);
    write_tags(&mut out, tally);
    out
}

fn age(tally: &Tally, now_ms: i64) -> Option<f64> {
    let newest = i64::try_from(tally.get(Count::NewestMs)).ok()?;
    (newest > 0).then(|| now_ms.saturating_sub(newest).max(0) as f64 / 1000.0)
}

fn write_stream(out: &mut String, stream: &StreamStatus, now_ms: i64) {
    let counts = stream.counts();
    let decoded = counts.decoded;
    for (name, value, help) in [
        (
            "ouzel_received_lines_total",
            decoded.lines,
            "Lines received, heartbeats not counted.",
        ),
        (
            "ouzel_received_bytes_total",
            decoded.compressed,
            "Bytes received, as they came.",
        ),
        (
            "ouzel_unpacked_bytes_total",
            decoded.decoded,
            "Bytes received, unpacked.",
        ),
        (
            "ouzel_heartbeats_total",
            decoded.heartbeats,
            "Heartbeats received.",
        ),
        (
            "ouzel_over_long_lines_total",
            decoded.over_long,
            "Lines dropped because they were too long.",
        ),
        (
            "ouzel_system_messages_total",
            counts.system_messages,
            "System messages received.",
        ),
        (
            "ouzel_connection_attempts_total",
            counts.attempts,
            "Requests for the stream.",
        ),
        (
            "ouzel_connections_total",
            counts.connections,
            "Requests answered with the stream.",
        ),
    ] {
        write_one(out, name, Kind::Counter, help, value as f64);
    }
    let is_connected = matches!(stream.state(), crate::powertrack::State::Connected { .. });
    let help = "Whether the stream is connected.";
    write_one(
        out,
        "ouzel_connected",
        Kind::Gauge,
        help,
        f64::from(u8::from(is_connected)),
    );
    if let Some(last) = stream.last_data() {
        let silence = now_ms.saturating_sub(last.as_millisecond()).max(0) as f64 / 1000.0;
        let help = "How long ago a byte was last received.";
        write_one(out, "ouzel_silence_seconds", Kind::Gauge, help, silence);
    }
    let name = "ouzel_reconnects_total";
    write_head(
        out,
        name,
        Kind::Counter,
        "Lost connections and attempts, by cause.",
    );
    for (cause, number) in Cause::ALL.iter().zip(counts.reconnects) {
        let _ = writeln!(out, "{name}{{cause=\"{}\"}} {number}", cause.name());
    }
    let name = "ouzel_outages_total";
    write_head(
        out,
        name,
        Kind::Counter,
        "Times in which nothing came, by cause.",
    );
    for (cause, number) in Cause::ALL.iter().zip(counts.outages) {
        let _ = writeln!(out, "{name}{{cause=\"{}\"}} {number}", cause.name());
    }
    for (name, kind, help, millis) in [
        (
            "ouzel_outage_seconds_total",
            Kind::Counter,
            "How long nothing came, all outages together.",
            counts.outage_millis,
        ),
        (
            "ouzel_missing_seconds",
            Kind::Gauge,
            "How much time is missing in the data now, by the gap ledger.",
            counts.missing_millis,
        ),
    ] {
        write_one(out, name, kind, help, millis as f64 / 1000.0);
    }
}

fn write_tags(out: &mut String, tally: &Tally) {
    let name = "ouzel_matches_total";
    write_head(
        out,
        name,
        Kind::Counter,
        "Tweets that matched a rule, by its tag.",
    );
    for (tag, number) in tally.tags() {
        let _ = writeln!(out, "{name}{{tag=\"{}\"}} {number}", escaped(&tag));
    }
}

/// Escapes a label's value as the format requires.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn write_head(out: &mut String, name: &str, kind: Kind, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {}", kind.name());
}

fn write_one(out: &mut String, name: &str, kind: Kind, help: &str, value: f64) {
    write_head(out, name, kind, help);
    let _ = writeln!(out, "{name} {value}");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_number_has_its_head_and_tags_are_escaped() {
        let tally = Tally::default();
        tally.add(Count::Tweets, 12);
        tally.set(Count::NewestMs, 5_000);
        tally.add_tags(&mut BTreeMap::from([("a\"b\\c\n".to_owned(), 3)]));
        let text = render(&tally, &StreamStatus::default(), 7_500);
        for expected in [
            "# HELP ouzel_handled_tweets_total Tweets handled, however it ended.\n# TYPE ouzel_handled_tweets_total counter\nouzel_handled_tweets_total 12\n",
            "\nouzel_newest_handled_age_seconds 2.5\n",
            "\nouzel_matches_total{tag=\"a\\\"b\\\\c\\n\"} 3\n",
            "\nouzel_reconnects_total{cause=\"stalled\"} 0\n",
            "\nouzel_outages_total{cause=\"restart\"} 0\n",
            "\nouzel_missing_seconds 0\n",
            "\nouzel_connected 0\n",
        ] {
            assert!(text.contains(expected), "{text}");
        }
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        for sample in samples {
            let name = sample.split(['{', ' ']).next().unwrap();
            assert!(text.contains(&format!("# TYPE {name} ")), "{sample}");
        }
    }
}
