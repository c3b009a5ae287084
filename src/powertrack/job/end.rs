//! Reads how a Recovery or Replay job ended, and what is left to ask for. Pure: no IO, no clock.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::powertrack::outage::span::Span;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// How much older than the last Tweet a missing one may be: Tweets come minute by minute, but in any order within a
/// minute.
const DISORDER: SignedDuration = SignedDuration::from_mins(1);

/// The closing record of a job [reference 2.12].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobEnd {
    /// Everything has been sent.
    Completed,
    /// Some minutes could not be read.
    Errors {
        /// The beginnings of those minutes. Empty if they could not be understood.
        minutes: Vec<Timestamp>,
    },
    /// The job ended before it was done.
    Failed {
        /// What is left, if it could be understood.
        rest: Option<Span>,
    },
}

/// What the closing record says beside its text.
#[derive(Debug, Default, Deserialize)]
struct Record {
    info: Fields,
}

#[derive(Debug, Default, Deserialize)]
struct Fields {
    minutes_failed: Option<Vec<String>>,
    unprocessed_range: Option<Range>,
}

#[derive(Debug, Deserialize)]
struct Range {
    #[serde(rename = "fromDate")]
    from: String,
    #[serde(rename = "toDate")]
    to: String,
}

impl JobEnd {
    /// Reads a line with this text as a closing record. `None` if it is not one.
    pub(crate) fn of(text: &str, line: &[u8]) -> Option<Self> {
        let fields = || {
            let record = crate::text::json::read::<Record>(line);
            record.unwrap_or_default().info
        };
        if text.contains("Request Completed with Errors") {
            let minutes = fields().minutes_failed.unwrap_or_default();
            // If one minute is not understood, none is trusted: then everything is asked for again.
            let minutes: Result<_, _> = minutes.iter().map(|minute| minute.parse()).collect();
            let minutes = minutes.unwrap_or_default();
            return Some(Self::Errors { minutes });
        }
        if text.contains("Request Failed to Complete") {
            let rest = fields().unprocessed_range.and_then(|range| {
                let (from, to) = (range.from.parse().ok()?, range.to.parse().ok()?);
                (from < to).then_some(Span { from, to })
            });
            return Some(Self::Failed { rest });
        }
        text.contains("Request Completed")
            .then_some(Self::Completed)
    }
}

/// What has to be asked for again after a job for `asked`, from how it ended and from the time of its last Tweet.
pub(crate) fn remaining(
    asked: Span,
    end: Option<&JobEnd>,
    last_tweet: Option<Timestamp>,
) -> Vec<Span> {
    let cut = |span: Span| {
        let (from, to) = (span.from.max(asked.from), span.to.min(asked.to));
        (from < to).then_some(Span { from, to })
    };
    match end {
        Some(JobEnd::Completed) => Vec::new(),
        // Any minute may be one of those that failed.
        Some(JobEnd::Errors { minutes }) if minutes.is_empty() => vec![asked],
        Some(JobEnd::Errors { minutes }) => {
            let span = |from: &Timestamp| Span {
                from: *from,
                to: *from + MINUTE,
            };
            joined(minutes.iter().map(span).filter_map(cut).collect())
        }
        Some(JobEnd::Failed { rest: Some(rest) }) => cut(*rest).into_iter().collect(),
        // Without a useful record, go on at the last Tweet.
        _ => {
            let from = last_tweet.map_or(asked.from, |last| last - DISORDER);
            let from = from.clamp(asked.from, asked.to);
            cut(Span { from, ..asked }).into_iter().collect()
        }
    }
}

/// Sorts spans, and joins those that touch.
pub(crate) fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::powertrack::message::Message;

    /// Shows what is left of 12:00 to 14:00, after this closing record and a last Tweet at this time.
    fn check(record: &str, last_tweet: Option<&str>, expected: Expect) {
        let time = |text: &str| format!("2017-01-01T{text}Z").parse().unwrap();
        let asked = Span {
            from: time("12:00:00"),
            to: time("14:00:00"),
        };
        let end = match Message::of(record.as_bytes()) {
            Message::System(message) => message.job,
            Message::Payload => None,
        };
        let left = remaining(asked, end.as_ref(), last_tweet.map(time));
        let text: Vec<_> = left
            .iter()
            .map(|span| {
                let clock = |time: Timestamp| time.strftime("%H:%M:%S").to_string();
                format!("{}-{}", clock(span.from), clock(span.to))
            })
            .collect();
        expected.assert_eq(&text.join(" "));
    }

    #[test]
    fn a_completed_job_leaves_nothing() {
        for product in ["Replay", "Recovery"] {
            check(
                &format!(
                    r#"{{"info":{{"message":"{product} Request Completed","sent":"s","activity_count":8874}}}}"#
                ),
                Some("12:01:00"),
                expect![""],
            );
        }
    }

    #[test]
    fn failed_minutes_are_asked_for_again() {
        check(
            r#"{"info":{"message":"Replay Request Completed with Errors","sent":"2016-05-27T16:00:02+00:00","activity_count":56333,"minutes_failed":["2017-01-01T12:06:00+00:00","2017-01-01T12:05:00+00:00","2017-01-01T13:00:00+00:00"]}}"#,
            Some("13:59:59"),
            expect!["12:05:00-12:07:00 13:00:00-13:01:00"],
        );
        // Minutes outside the span were never asked for. If a minute is not understood, everything is asked for again.
        check(
            r#"{"info":{"message":"Replay Request Completed with Errors","minutes_failed":["2017-01-01T11:59:00+00:00","2017-01-01T13:59:30+00:00"]}}"#,
            None,
            expect!["13:59:30-14:00:00"],
        );
        check(
            r#"{"info":{"message":"Replay Request Completed with Errors","minutes_failed":["noon"]}}"#,
            Some("13:59:59"),
            expect!["12:00:00-14:00:00"],
        );
        check(
            r#"{"info":{"message":"Replay Request Completed with Errors"}}"#,
            Some("13:00:00"),
            expect!["12:00:00-14:00:00"],
        );
    }

    #[test]
    fn the_unprocessed_range_is_asked_for_again() {
        check(
            r#"{"info":{"message":"Replay Request Failed to Complete","sent":"s","unprocessed_range":{"fromDate":"2017-01-01T13:10:00+00:00","toDate":"2017-01-01T14:00:00+00:00"},"activity_count":1822}}"#,
            Some("13:10:10"),
            expect!["13:10:00-14:00:00"],
        );
        check(
            r#"{"info":{"message":"Replay Request Failed to Complete","unprocessed_range":{"fromDate":"x","toDate":"y"}}}"#,
            None,
            expect!["12:00:00-14:00:00"],
        );
    }

    #[test]
    fn without_a_record_it_goes_on_at_the_last_tweet() {
        check("", None, expect!["12:00:00-14:00:00"]);
        check("", Some("12:00:30"), expect!["12:00:00-14:00:00"]);
        check("", Some("13:30:00"), expect!["13:29:00-14:00:00"]);
        check("", Some("15:30:00"), expect![""]);
        check(
            r#"{"error":{"message":"This stream has been disconnected for operational reasons."}}"#,
            Some("13:30:00"),
            expect!["13:29:00-14:00:00"],
        );
    }
}
