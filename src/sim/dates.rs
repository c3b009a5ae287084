//! Reads the times that a request asks for: backfill, Recovery and Replay. Refuses wrong ones.

use std::ops::Range;

use jiff::{Timestamp, civil::DateTime, tz::Offset};

use super::{answer::Refusal, message};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What a request to the stream asks for beside the live Tweets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Live Tweets, after those of so many minutes.
    Live { backfill_minutes: u32 },
    /// The Tweets of a window of time, in milliseconds since 1970, and no live ones.
    Recovery(Range<i64>),
}

/// Reads the query of a request to the stream.
pub(super) fn stream(query: &str, now_ms: i64) -> Result<Asked, Refusal> {
    let start = value(query, "startTime");
    let end = value(query, "endTime");
    let backfill = value(query, "backfillMinutes");
    match (start, end, backfill) {
        (None, None, None) => Ok(Asked::Live {
            backfill_minutes: 0,
        }),
        // One library takes 0 as well. [source: demian85/gnip]
        (None, None, Some(minutes)) => match minutes.parse() {
            Ok(backfill_minutes @ 0..=5) => Ok(Asked::Live { backfill_minutes }),
            _ => refuse(
                "Invalid value for query parameter 'backfillMinutes'. Expected a whole number from 1 to 5.",
            ),
        },
        // A missing end is the present. [source: xd/decahose-api] [inferred]
        (Some(start), end, None) => {
            let start = moment("startTime", &start)?;
            let end = match end {
                Some(end) => moment("endTime", &end)?,
                None => now_ms,
            };
            if start < now_ms - DAY_MS {
                return refuse(
                    "Invalid date for query parameter 'startTime'. Can't ask for tweets older than 24 hours.",
                );
            }
            if end > now_ms {
                return refuse(
                    "Invalid date for query parameter 'endTime'. Can't ask for tweets from the future.",
                );
            }
            if end <= start {
                return refuse(
                    "Invalid date for query parameter 'endTime'. It must be later than 'startTime'.",
                );
            }
            Ok(Asked::Recovery(start..end))
        }
        (None, Some(_), None) => refuse("Missing query parameter 'startTime'."),
        _ => refuse(
            "Invalid query parameters. Ask for 'backfillMinutes' or for 'startTime' and 'endTime', not for both.",
        ),
    }
}

/// Reads the query of a Replay request. [source: xd/powertrack-api]
pub(super) fn replay(query: &str, now_ms: i64) -> Result<Range<i64>, Refusal> {
    let from = minute("fromDate", value(query, "fromDate"))?;
    let to = minute("toDate", value(query, "toDate"))?;
    if to > now_ms - 30 * MINUTE_MS {
        return refuse(
            "Invalid date for query parameter 'toDate'. Can't ask for tweets from within the past 30 minutes.",
        );
    }
    if from > now_ms - 31 * MINUTE_MS {
        return refuse(
            "Invalid date for query parameter 'fromDate'. Can't ask for tweets from within the past 31 minutes.",
        );
    }
    // A minute that was five days ago when the user wrote the request still counts.
    if from < now_ms - 5 * DAY_MS - MINUTE_MS {
        return refuse(
            "Invalid date for query parameter 'fromDate'. Can't ask for tweets older than 5 days.",
        );
    }
    if to <= from {
        return refuse(
            "Invalid date for query parameter 'toDate'. It must be later than 'fromDate'.",
        );
    }
    Ok(from..to)
}

fn refuse<T>(message: &str) -> Result<T, Refusal> {
    Err(Refusal::BadQuery(message.to_owned()))
}

/// The value of a key, decoded; the first one counts.
fn value(query: &str, key: &str) -> Option<String> {
    let raw = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| *name == key)?
        .1;
    // Times hold colons, which some clients encode.
    let mut decoded = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        let hex = |byte: Option<u8>| (byte? as char).to_digit(16);
        decoded.push(match byte {
            b'%' => {
                let (high, low) = (hex(bytes.next())?, hex(bytes.next())?);
                (high * 16 + low) as u8
            }
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

/// `YYYY-MM-DDTHH:mm:ssZ`, with or without a fraction. [source: xd/decahose-api]
fn moment(key: &str, text: &str) -> Result<i64, Refusal> {
    match text.parse::<Timestamp>() {
        Ok(time) => Ok(time.as_millisecond()),
        Err(_) => refuse(&format!(
            "Invalid date format for query parameter '{key}'. Expected format is 'yyyy-MM-ddTHH:mm:ssZ'. For example, '2017-01-01T23:15:00Z' for January 1st, 11:15 pm 2017 UTC.\n\n"
        )),
    }
}

/// `YYYYMMDDHHMM` in UTC.
fn minute(key: &str, text: Option<String>) -> Result<i64, Refusal> {
    let parsed = text.filter(|text| text.len() == 12).and_then(|text| {
        let time = DateTime::strptime("%Y%m%d%H%M", &text).ok()?;
        Offset::UTC.to_timestamp(time).ok()
    });
    match parsed {
        Some(time) => Ok(time.as_millisecond()),
        None => refuse(&message::INVALID_FROM_DATE.replace("fromDate", key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 January 2017, 23:15.
    const NOW: i64 = 1_483_312_500_000;

    fn text<T: std::fmt::Debug>(refused: Result<T, Refusal>) -> String {
        match refused.unwrap_err() {
            Refusal::BadQuery(message) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    #[rustfmt::skip] // A table.
    fn the_stream_takes_backfill_or_a_window() {
        let live = |backfill_minutes| Ok(Asked::Live { backfill_minutes });
        assert_eq!(stream("", NOW), live(0));
        assert_eq!(stream("x=1&backfillMinutes=5", NOW), live(5));
        assert_eq!(stream("backfillMinutes=0", NOW), live(0));
        for minutes in ["6", "-1", "1.5", "x", ""] {
            let refused = stream(&format!("backfillMinutes={minutes}"), NOW);
            assert!(text(refused).starts_with("Invalid value"), "{minutes}");
        }
        let hour = NOW - HOUR_MS..NOW - HOUR_MS / 2;
        assert_eq!(
            stream(
                "startTime=2017-01-01T22:15:00Z&endTime=2017-01-01T22%3A45%3A00.000Z",
                NOW
            ),
            Ok(Asked::Recovery(hour))
        );
        assert_eq!(
            stream("startTime=2017-01-01T23:14:59.500Z", NOW),
            Ok(Asked::Recovery(NOW - 500..NOW))
        );
        for (query, begins) in [
            ("startTime=yesterday", "Invalid date format for query parameter 'startTime'"),
            ("startTime=2016-12-31T23:14:59Z", "Invalid date for query parameter 'startTime'"),
            ("startTime=2017-01-01T22:00:00Z&endTime=2017-01-01T21:00:00Z", "Invalid date for query parameter 'endTime'. It"),
            ("startTime=2017-01-01T22:00:00Z&endTime=2017-01-02T21:00:00Z", "Invalid date for query parameter 'endTime'. Can't"),
            ("endTime=2017-01-01T22:00:00Z", "Missing"),
            ("startTime=2017-01-01T22:00:00Z&backfillMinutes=1", "Invalid query parameters"),
        ] {
            let message = text(stream(query, NOW));
            assert!(message.starts_with(begins), "{query}: {message}");
        }
    }

    #[test]
    #[rustfmt::skip] // A table.
    fn replay_dates_are_checked_as_documented() {
        assert_eq!(replay("fromDate=201701012000&toDate=201701012030", NOW), Ok(NOW - 195 * MINUTE_MS..NOW - 165 * MINUTE_MS));
        assert_eq!(text(replay("fromDate=201701012000&toDate=201701012246", NOW)), "Invalid date for query parameter 'toDate'. Can't ask for tweets from within the past 30 minutes.");
        assert_eq!(text(replay("fromDate=2017-01-01&toDate=201701012246", NOW)), "Invalid date format for query parameter 'fromDate'. Expected format is 'yyyyMMddHHmm'. For example, '201701012315' for January 1st, 11:15 pm 2017 UTC.\n\n");
        assert!(
            text(replay("fromDate=201701012000", NOW))
                .contains("format for query parameter 'toDate'")
        );
        assert!(text(replay("fromDate=201612270000&toDate=201701012030", NOW)).contains("5 days"));
        assert!(
            text(replay("fromDate=201701012245&toDate=201701012245", NOW)).contains("31 minutes")
        );
        assert!(text(replay("fromDate=201701012000&toDate=201701012000", NOW)).contains("later"));
    }
}
