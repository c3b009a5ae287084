//! The numbers of a run in the text format of Prometheus.
//!
//! By hand: a crate for metrics keeps the numbers itself, and these are also in the status line, in `/healthz` and in what is
//! said at the end. It would spare a dozen lines that write the format.

use std::{fmt::Write as _, time::Duration};

use crate::{
    metric::{HandlerNumbers, Metrics, TIME_CLASSES, Times},
    powertrack::{Cause, State, StreamStatus},
    tally::{Count, Tally},
};

/// It only grows.
const COUNTER: &str = "counter";
/// It goes up and down.
const GAUGE: &str = "gauge";

/// The counters of the worker and the journal, with the metric's name, kind and help text for each.
#[rustfmt::skip] // A table.
const COUNTED: &[(&str, &str, Count, &str)] = &[
    ("ouzel_journaled_lines_total", COUNTER, Count::Journaled, "Lines written to the journal."),
    ("ouzel_duplicates_total", COUNTER, Count::Duplicates, "Tweets that had come before, and were dropped."),
    ("ouzel_handled_tweets_total", COUNTER, Count::Tweets, "Tweets handled, however it ended."),
    ("ouzel_kept_tweets_total", COUNTER, Count::Kept, "Tweets that no filter dropped."),
    ("ouzel_filtered_tweets_total", COUNTER, Count::Filtered, "Tweets that a filter dropped."),
    ("ouzel_failed_tweets_total", COUNTER, Count::Failed, "Tweets whose handler failed."),
    ("ouzel_failed_timers_total", COUNTER, Count::FailedTimers, "Calls of timers, and of functions that hear of alarms, that failed."),
    ("ouzel_invalid_lines_total", COUNTER, Count::Invalid, "Lines that are not valid JSON in UTF-8."),
    ("ouzel_unknown_lines_total", COUNTER, Count::Unknown, "Valid JSON that is no Tweet."),
    ("ouzel_rows_total", COUNTER, Count::Rows, "Rows written and committed."),
    ("ouzel_emitted_lines_total", COUNTER, Count::Emitted, "Lines that the script has emitted."),
    ("ouzel_journal_damaged_total", COUNTER, Count::Damaged, "Parts of the journal that could not be read."),
    ("ouzel_journal_bytes", GAUGE, Count::JournalBytes, "The size of the journal."),
    ("ouzel_quarantined_tweets", GAUGE, Count::Quarantined, "Tweets in quarantine, also of earlier runs."),
    ("ouzel_generation", GAUGE, Count::Generation, "The generation of the script that handles Tweets."),
    ("ouzel_lua_memory_bytes", GAUGE, Count::LuaMemory, "The memory of the running script, with the Tweets that it keeps, as of the last commit."),
    ("ouzel_lua_memory_limit_bytes", GAUGE, Count::LuaMemoryLimit, "The memory that the script may take."),
    ("ouzel_loads_total", COUNTER, Count::Loads, "Loads of the script that became a generation."),
    ("ouzel_refused_loads_total", COUNTER, Count::Refused, "Loads of the script that were refused."),
    ("ouzel_month_tweets", GAUGE, Count::MonthTweets, "Tweets received in this month of the calendar (UTC), each once."),
    ("ouzel_alarms", GAUGE, Count::Alarms, "Tags that bring more Tweets than usual now."),
    ("ouzel_paused_tags", GAUGE, Count::Paused, "Tags whose rules the breaker has taken off the stream."),
    ("ouzel_rollbacks_total", COUNTER, Count::Rollbacks, "Times that somebody went back to an earlier generation."),
];

/// All metrics at this moment, in milliseconds since 1970.
#[rustfmt::skip] // A table.
pub(super) fn render(tally: &Tally, stream: &StreamStatus, now_ms: i64) -> String {
    let counts = stream.counts();
    let decoded = counts.decoded;
    let is_connected = matches!(stream.state(), State::Connected { .. });
    let newest = i64::try_from(tally.get(Count::NewestMs)).ok().filter(|newest| *newest > 0);
    let age = |time_ms: i64| now_ms.saturating_sub(time_ms).max(0) as f64 / 1000.0;
    let seconds = |time: Duration| time.as_millis() as f64 / 1000.0;

    let mut out = String::with_capacity(4096);
    for (name, kind, count, help) in COUNTED {
        write_one(&mut out, name, kind, tally.get(*count) as f64, help);
    }
    write_generation(&mut out, tally);
    let mut write = |name, kind, value: f64, help| write_one(&mut out, name, kind, value, help);
    write("ouzel_waiting_lines", GAUGE, tally.waiting() as f64, "Lines in the journal that are not handled yet.");
    for (name, count, help) in [
        ("ouzel_month_forecast_tweets", Count::MonthForecast, "What the month will come to at the rate of the last day."),
        ("ouzel_month_cap_tweets", Count::MonthCap, "How many Tweets a month may have, by `monthly_cap`."),
    ] {
        if tally.get(count) > 0 {
            write(name, GAUGE, tally.get(count) as f64, help);
        }
    }
    if let Some(newest) = newest {
        write("ouzel_newest_handled_age_seconds", GAUGE, age(newest), "How long ago the newest handled Tweet was received.");
    }
    write("ouzel_received_lines_total", COUNTER, decoded.lines as f64, "Lines received, heartbeats not counted.");
    write("ouzel_received_bytes_total", COUNTER, decoded.compressed as f64, "Bytes received, as they came.");
    write("ouzel_unpacked_bytes_total", COUNTER, decoded.decoded as f64, "Bytes received, unpacked.");
    write("ouzel_heartbeats_total", COUNTER, decoded.heartbeats as f64, "Heartbeats received.");
    write("ouzel_over_long_lines_total", COUNTER, decoded.over_long as f64, "Lines dropped because they were too long.");
    write("ouzel_system_messages_total", COUNTER, counts.system_messages as f64, "System messages received.");
    write("ouzel_connection_attempts_total", COUNTER, counts.attempts as f64, "Requests for the stream.");
    write("ouzel_connections_total", COUNTER, counts.connections as f64, "Requests answered with the stream.");
    write("ouzel_connected", GAUGE, f64::from(u8::from(is_connected)), "Whether the stream is connected.");
    if let Some(last) = stream.last_data() {
        write("ouzel_silence_seconds", GAUGE, age(last.as_millisecond()), "How long ago a byte was last received.");
    }
    let by_cause = |numbers| Cause::ALL.iter().map(|cause| cause.name()).zip(numbers);
    write_by(&mut out, "ouzel_reconnects_total", "cause", by_cause(counts.reconnects), "Lost connections and attempts, by cause.");
    write_by(&mut out, "ouzel_outages_total", "cause", by_cause(counts.outages), "Times in which nothing came, by cause.");
    let mut write = |name, kind, value: f64, help| write_one(&mut out, name, kind, value, help);
    write("ouzel_outage_seconds_total", COUNTER, seconds(counts.outage), "How long nothing came, all outages together.");
    write("ouzel_missing_seconds", GAUGE, seconds(counts.missing), "How much time is missing in the data now, by the gap ledger.");
    write_by(&mut out, "ouzel_matches_total", "tag", tally.tags(), "Tweets that matched a rule, by its tag.");
    write_handlers(&mut out, &tally.handlers());
    write_script(&mut out, &tally.metrics());
    out
}

/// What the running generation is called, in labels, as Prometheus has it for text that changes.
fn write_generation(out: &mut String, tally: &Tally) {
    let name = "ouzel_generation_info";
    write_head(
        out,
        name,
        GAUGE,
        "The running generation of the script: its number, the hash of its files, and the generation that was rolled back to.",
    );
    let (number, running) = (tally.get(Count::Generation), tally.running());
    if number > 0 {
        let back_to = running
            .back_to
            .map(|number| number.to_string())
            .unwrap_or_default();
        let _ = writeln!(
            out,
            "{name}{{generation=\"{number}\",hash=\"{}\",back_to=\"{back_to}\"}} 1",
            escaped(&running.hash)
        );
    }
}

/// How long the script's handlers take, and how many Tweets fail in them.
fn write_handlers(out: &mut String, handlers: &HandlerNumbers) {
    let name = "ouzel_handler_duration_seconds";
    let help = "How long calls of handlers took, by handler, on one Tweet of 16.";
    write_head(out, name, "histogram", help);
    for (handler, times) in &handlers.times {
        let handler = escaped(handler);
        let mut up_to = 0;
        for (end, number) in TIME_CLASSES.iter().zip(times.classes) {
            up_to += number;
            let _ = writeln!(
                out,
                "{name}_bucket{{handler=\"{handler}\",le=\"{end}\"}} {up_to}"
            );
        }
        let Times { calls, seconds, .. } = times;
        let _ = writeln!(
            out,
            "{name}_bucket{{handler=\"{handler}\",le=\"+Inf\"}} {calls}\n\
             {name}_sum{{handler=\"{handler}\"}} {seconds}\n\
             {name}_count{{handler=\"{handler}\"}} {calls}"
        );
    }
    let failures = handlers
        .failures
        .iter()
        .map(|(handler, number)| (handler, *number));
    write_by(
        out,
        "ouzel_handler_failures_total",
        "handler",
        failures,
        "Tweets that failed in a handler, by handler.",
    );
}

/// The metrics that the script declares.
fn write_script(out: &mut String, metrics: &Metrics) {
    for (metric, series) in metrics.all() {
        let name = format!("ouzel_script_{}", metric.name);
        let kind = if metric.is_counter() { COUNTER } else { GAUGE };
        let help = metric.help.as_deref().unwrap_or("A metric of the script.");
        write_head(out, &name, kind, &help.replace('\\', "\\\\"));
        for (series, value) in series {
            let labels = series.labels.iter();
            let labels: Vec<_> = labels
                .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
                .collect();
            let _ = match labels.is_empty() {
                true => writeln!(out, "{name} {value}"),
                false => writeln!(out, "{name}{{{}}} {value}", labels.join(",")),
            };
        }
    }
}

/// Escapes a label's value as the format requires.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn write_head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn write_one(out: &mut String, name: &str, kind: &str, value: f64, help: &str) {
    write_head(out, name, kind, help);
    let _ = writeln!(out, "{name} {value}");
}

/// A counter for each value of a label.
fn write_by<L: AsRef<str>>(
    out: &mut String,
    name: &str,
    label: &str,
    numbers: impl IntoIterator<Item = (L, u64)>,
    help: &str,
) {
    write_head(out, name, COUNTER, help);
    for (value, number) in numbers {
        let value = escaped(value.as_ref());
        let _ = writeln!(out, "{name}{{{label}=\"{value}\"}} {number}");
    }
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
        let mut times = Times::default();
        for microseconds in [4, 5, 90, 2_000_000] {
            times.note(Duration::from_micros(microseconds));
        }
        tally.handlers().add_times("on \"a\"".to_owned(), &times);
        tally.handlers().add_failures("filter".to_owned(), 2);
        let text = render(&tally, &StreamStatus::default(), 7_500);
        for expected in [
            "# HELP ouzel_handled_tweets_total Tweets handled, however it ended.\n# TYPE ouzel_handled_tweets_total counter\nouzel_handled_tweets_total 12\n",
            "\nouzel_newest_handled_age_seconds 2.5\n",
            "\nouzel_matches_total{tag=\"a\\\"b\\\\c\\n\"} 3\n",
            "\nouzel_reconnects_total{cause=\"stalled\"} 0\n",
            "\nouzel_outages_total{cause=\"restart\"} 0\n",
            "\nouzel_missing_seconds 0\n",
            "\nouzel_connected 0\n",
            "\n# TYPE ouzel_handler_duration_seconds histogram\nouzel_handler_duration_seconds_bucket{handler=\"on \\\"a\\\"\",le=\"0.000005\"} 2\n",
            "le=\"0.00005\"} 2\n",
            "le=\"0.0001\"} 3\n",
            "le=\"0.25\"} 3\n",
            "le=\"+Inf\"} 4\nouzel_handler_duration_seconds_sum{handler=\"on \\\"a\\\"\"} 2.000099\n",
            "\nouzel_handler_duration_seconds_count{handler=\"on \\\"a\\\"\"} 4\n",
            "\nouzel_handler_failures_total{handler=\"filter\"} 2\n",
        ] {
            assert!(text.contains(expected), "{text}");
        }
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        for sample in samples {
            let name = sample.split(['{', ' ']).next().unwrap();
            let family = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| name.strip_suffix(end))
                .unwrap_or(name);
            assert!(text.contains(&format!("# TYPE {family} ")), "{sample}");
        }
    }
}
