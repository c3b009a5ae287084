//! All JSON from outside is read here, so that its depth is bounded before a parser that recurses sees it: a stack that
//! overflows ends the process. Pure: no IO.

use serde::Deserialize;
use sonic_rs::{Deserializer, JsonValueTrait, Value};

use crate::scan::brackets;

/// Why JSON cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is nested deeper than [`MAX_DEPTH`].
    #[error("nested too deeply, more than {MAX_DEPTH} levels")]
    TooDeep,
    /// It is no JSON, or none of this shape.
    #[error("{0}")]
    Invalid(String),
}

/// Reads JSON of a certain shape.
///
/// # Errors
/// [`Error`].
pub fn read<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, Error> {
    if is_too_deep(json) {
        return Err(Error::TooDeep);
    }
    sonic_rs::from_slice(json).map_err(|error| invalid(&error))
}

/// Reads any JSON; takes what is valid and odd, as Python's `json` does.
///
/// A lone surrogate escape, such as `"\ud800"`, reads as U+FFFD. A number that no double can hold is there as its text: see
/// [`to_f64`].
///
/// # Errors
/// [`Error`].
pub fn read_any(json: &[u8]) -> Result<Value, Error> {
    let strict = match read(json) {
        Err(Error::Invalid(strict)) => strict,
        read => return read,
    };
    let lenient = || -> Option<Value> {
        // Lossy reading takes bytes that are no UTF-8 too, and these are no JSON.
        str::from_utf8(json).ok()?;
        let mut reader = Deserializer::from_slice(json).utf8_lossy().use_rawnumber();
        let value = Value::deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        Some(value)
    };
    lenient().ok_or(Error::Invalid(strict))
}

/// A number as a double: infinite where it is too large for one. `None` for what is no number.
#[must_use]
pub fn to_f64(value: &Value) -> Option<f64> {
    let number = value.as_f64();
    number.or_else(|| value.as_raw_number()?.as_str().parse().ok())
}

/// The library's text draws the place over several lines; its first line says it all.
fn invalid(error: &sonic_rs::Error) -> Error {
    let text = error.to_string();
    Error::Invalid(text.lines().next().unwrap_or_default().to_owned())
}

/// Deeper JSON is refused. Tweets are some ten levels deep.
pub const MAX_DEPTH: usize = 256;

/// Whether JSON is nested deeper than [`MAX_DEPTH`].
#[must_use]
pub fn is_too_deep(json: &[u8]) -> bool {
    openers(json) > MAX_DEPTH && brackets(json).any(|(_, open)| open > MAX_DEPTH)
}

/// How many `[` and `{` there are, in texts too; nearly always few enough that nothing else needs to be looked at.
fn openers(json: &[u8]) -> usize {
    // One comparison for both, in runs whose count fits a byte and that whole vectors fill: the compiler makes vector code
    // of this.
    json.chunks(224)
        .map(|run| {
            let count: u8 = run.iter().map(|byte| u8::from(byte | 0x20 == b'{')).sum();
            usize::from(count)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_valid_and_odd_is_read_and_nothing_else_is() {
        let digits = "9".repeat(5_000);
        for (json, shown) in [
            (r#"{"a":"x\ud800y"}"#.to_owned(), "x\u{fffd}y"),
            (r#"{"a":"\udc00\ud83d"}"#.to_owned(), "\u{fffd}\u{fffd}"),
            (r#"{"a":"\ud83d\ude00"}"#.to_owned(), "\u{1f600}"),
            (r#"{"a":"\ud800","b":1e400}"#.to_owned(), "\u{fffd}"),
        ] {
            let value = read_any(json.as_bytes()).unwrap();
            assert_eq!(value["a"].as_str(), Some(shown), "{json}");
        }
        for (number, expected) in [
            ("1e309", f64::INFINITY),
            ("-1E400", f64::NEG_INFINITY),
            (digits.as_str(), f64::INFINITY),
            ("1.5", 1.5),
        ] {
            let json = format!(r#"{{"a":{number},"b":7,"c":"\ud800"}}"#);
            let value = read_any(json.as_bytes()).unwrap();
            assert_eq!(to_f64(&value["a"]), Some(expected), "{number}");
            assert_eq!(value["b"].as_i64(), Some(7), "{number}");
        }
        for json in [
            "{\"a\":\"\t\",\"b\":\"\\ud800\"}",
            "{\"a\":\"\0\",\"b\":1e400}",
            r#"{"a":"\ud8"}"#,
            r#"{"a":"\u12G4"}"#,
            r#"{"a":"\ud800\u12G4"}"#,
            r#"{"a":"\ud800""#,
            r#"{"a":"\ud800"}}"#,
            r#"{"a":1e400,}"#,
            r#"{"a":01e400}"#,
            r#"{"a":1e}"#,
            r#"{"a":1.e400}"#,
            r#"{"a":-}"#,
            r#"{"a":NaN}"#,
            "",
        ] {
            assert!(read_any(json.as_bytes()).is_err(), "{json}");
        }
        assert!(read_any(b"{\"a\":\"\\ud800\xff\"}").is_err());
        let deep = "[".repeat(100_000);
        assert_eq!(read_any(deep.as_bytes()).unwrap_err(), Error::TooDeep);
    }

    #[test]
    fn only_what_is_really_deep_is_too_deep() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(!is_too_deep(nested(MAX_DEPTH).as_bytes()));
        assert!(is_too_deep(nested(MAX_DEPTH + 1).as_bytes()));
        assert!(is_too_deep("{\"a\":".repeat(MAX_DEPTH + 1).as_bytes()));
        assert!(!is_too_deep(
            format!("[{}]", "[],".repeat(10_000)).as_bytes()
        ));
        assert!(!is_too_deep(
            format!("\"{}\"", "[\\\"{".repeat(10_000)).as_bytes()
        ));
        assert!(!is_too_deep(b""));
    }
}
