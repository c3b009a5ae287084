//! `ouzel.time`: the time now, and times as text.

use std::rc::Rc;

use jiff::{Timestamp, fmt::strtime, tz::TimeZone};
use mlua::{Lua, Result, Table, Value};

use super::{Answer, Host, internal, text, type_name};
use crate::{
    script::{
        error::Misuse,
        lua::strict,
        reference::time::{FORMAT, NOW, PARSE},
    },
    tweet::time::seconds as of_tweet,
};

/// How Tweets in the native format write a time.
const OF_TWEETS: &str = "%a %b %d %H:%M:%S %z %Y";

/// The longest text and the longest pattern.
const MAX_TEXT: usize = 200;

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    let time = lua.create_table()?;
    host.add(lua, &time, &NOW, |host, _, _| Ok(seconds((host.clock)())))?;
    host.add(lua, &time, &PARSE, |_, lua, arguments| {
        let written = arguments.front().unwrap_or(&Value::Nil);
        let written = text(written, "the time that `ouzel.time.parse` takes")?;
        // Only a wrong argument raises. Wrong text is an expected failure.
        Ok(match read(&written) {
            Ok(time) => (exact(time), None),
            Err(reason) => (
                Value::Nil,
                Some(lua.create_string(reason).map_err(internal)?),
            ),
        })
    })?;
    host.add(lua, &time, &FORMAT, |_, _, arguments| {
        let time = timestamp(arguments.front().unwrap_or(&Value::Nil))?;
        match arguments.get(1).unwrap_or(&Value::Nil) {
            Value::Nil => Ok(time.to_string()),
            pattern => written(
                time,
                &text(pattern, "the pattern that `ouzel.time.format` takes")?,
            ),
        }
    })?;
    ouzel.raw_set("time", strict(lua, "ouzel.time", "`ouzel.time`", time)?)
}

/// Reads a time as Tweets write it, or as ISO 8601.
fn read(written: &str) -> std::result::Result<Timestamp, String> {
    if written.len() > MAX_TEXT {
        return Err(format!("{} bytes are no time", written.len()));
    }
    let iso = match written.parse::<Timestamp>() {
        Ok(time) => return Ok(time),
        Err(error) => error,
    };
    // As the methods of a Tweet read it.
    if let Some(Ok(time)) = of_tweet(written).map(Timestamp::from_second) {
        return Ok(time);
    }
    let of_tweets = strtime::parse(OF_TWEETS, written).and_then(|time| time.to_timestamp());
    of_tweets.map_err(|error| {
        let is_iso = written.starts_with(|c: char| c.is_ascii_digit());
        let reason = if is_iso { iso } else { error };
        format!("it is no time such as `Wed Oct 10 20:19:24 +0000 2018` or `2018-10-10T20:19:24Z`: {reason}")
    })
}

/// Whole seconds since 1970 are an integer, and others not.
fn exact(time: Timestamp) -> Value {
    match time.subsec_nanosecond() {
        0 => Value::Integer(time.as_second()),
        _ => seconds(time),
    }
}

fn seconds(time: Timestamp) -> Value {
    // Milliseconds are exact in a double until long after any Tweet; more digits would be noise.
    Value::Number(time.as_millisecond() as f64 / 1000.0)
}

/// The time of a number of seconds since 1970.
fn timestamp(value: &Value) -> Answer<Timestamp> {
    let time = match value {
        Value::Integer(seconds) => Timestamp::from_second(*seconds).ok(),
        Value::Number(seconds) if seconds.is_finite() => {
            // A number that is too large becomes the largest, which is no time either.
            Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()
        }
        Value::Number(_) => None,
        other => {
            let misuse = Misuse::new(format!(
                "the time that `ouzel.time.format` takes has to be a number of seconds since 1970, not {}",
                type_name(other)
            ));
            return Err(match other {
                Value::String(_) => misuse.hint("`ouzel.time.parse` reads a text"),
                _ => misuse,
            });
        }
    };
    time.ok_or_else(|| {
        Misuse::new(format!(
            "{} seconds since 1970 are in no year that can be written",
            value.to_string().unwrap_or_default()
        ))
        .hint("`timestamp_ms` of a Tweet has milliseconds: divide by 1000")
    })
}

fn written(time: Timestamp, pattern: &str) -> Answer<String> {
    if pattern.len() > MAX_TEXT {
        return Err(Misuse::new(format!(
            "the pattern has {} bytes; {MAX_TEXT} are possible",
            pattern.len()
        )));
    }
    strtime::format(pattern, &time.to_zoned(TimeZone::UTC)).map_err(|error| {
        Misuse::new(format!("the pattern `{pattern}` is wrong: {error}"))
            .hint("it is as for `strftime`, such as `%Y-%m-%d %H:%M`; the time is in UTC")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_of_tweets_are_read() {
        for (text, expected) in [
            ("Wed Oct 10 20:19:24 +0000 2018", "2018-10-10T20:19:24Z"),
            ("Wed Oct 10 22:19:24 +0200 2018", "2018-10-10T20:19:24Z"),
            ("2018-10-10T20:19:24.000Z", "2018-10-10T20:19:24Z"),
            ("2018-10-10T20:19:24.250Z", "2018-10-10T20:19:24.25Z"),
            ("2018-10-10T22:19:24+02:00", "2018-10-10T20:19:24Z"),
            ("2018-10-10 20:19:24Z", "2018-10-10T20:19:24Z"),
            ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
        ] {
            let time = read(text).map(|time| time.to_string());
            assert_eq!(time.as_deref(), Ok(expected), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2018-10-10",
            "2018-10-10T20:19:24",
            "2018-13-10T20:19:24Z",
            "Wed Oct 40 20:19:24 +0000 2018",
            "1539202764",
        ] {
            assert!(read(text).is_err_and(|reason| !reason.is_empty()), "{text}");
        }
        assert!(read(&"1".repeat(300)).is_err());
    }

    #[test]
    fn no_number_is_too_large_to_be_refused() {
        for number in [f64::MAX, f64::MIN, 1e300, -1e300, 1e15] {
            assert!(timestamp(&Value::Number(number)).is_err(), "{number}");
        }
        for number in [i64::MAX, i64::MIN] {
            assert!(timestamp(&Value::Integer(number)).is_err(), "{number}");
        }
        assert!(timestamp(&Value::Number(-1.5)).is_ok());
    }
}
