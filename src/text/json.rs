//! All JSON from outside is read here. Its depth is checked before a recursive parser gets it, because a stack overflow
//! ends the process. Pure: no IO.

use serde::Deserialize;
use sonic_rs::{Deserializer, JsonValueTrait, Value};

use crate::scan::brackets;

/// Why JSON cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The JSON is nested deeper than [`MAX_DEPTH`].
    #[error("nested too deeply, more than {MAX_DEPTH} levels")]
    TooDeep,
    /// The text is not JSON, or the JSON does not have the expected shape.
    #[error("{0}")]
    Invalid(String),
}

/// Reads JSON that has to have the shape of `T`.
///
/// # Errors
/// When the text is nested too deeply, is not JSON, or does not have the shape.
pub fn read<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, Error> {
    if is_too_deep(json) {
        return Err(Error::TooDeep);
    }
    sonic_rs::from_slice(json).map_err(|error| invalid(&error))
}

/// Reads any JSON, also JSON that is valid but odd, as Python's `json` does.
///
/// A lone surrogate escape, such as `"\ud800"`, is read as U+FFFD. A number that is too large for a double is kept as
/// text: see [`to_f64`].
///
/// # Errors
/// When the text is nested too deeply or is not JSON.
pub fn read_any(json: &[u8]) -> Result<Value, Error> {
    let strict = match read(json) {
        Err(Error::Invalid(strict)) => strict,
        read => return read,
    };
    let lenient = || -> Option<Value> {
        // The lossy reader also accepts bytes that are not UTF-8, but such bytes are not JSON.
        str::from_utf8(json).ok()?;
        let mut reader = Deserializer::from_slice(json).utf8_lossy().use_rawnumber();
        let value = Value::deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        Some(value)
    };
    lenient().ok_or(Error::Invalid(strict))
}

/// A number as a double; infinite if it is too large for one. `None` if the value is not a number.
#[must_use]
pub fn to_f64(value: &Value) -> Option<f64> {
    let number = value.as_f64();
    number.or_else(|| value.as_raw_number()?.as_str().parse().ok())
}

/// Shortens the library's error to its first line, which says everything. The other lines draw the place.
fn invalid(error: &sonic_rs::Error) -> Error {
    let text = error.to_string();
    Error::Invalid(text.lines().next().unwrap_or_default().to_owned())
}

/// JSON that is nested deeper is refused. Tweets are about ten levels deep.
pub const MAX_DEPTH: usize = 256;

/// Whether JSON is nested deeper than [`MAX_DEPTH`].
#[must_use]
pub fn is_too_deep(json: &[u8]) -> bool {
    openers(json) > MAX_DEPTH && brackets(json).any(|(_, open)| open > MAX_DEPTH)
}

/// Counts `[` and `{`, also those in strings. The count is nearly always so small that the depth needs no check.
fn openers(json: &[u8]) -> usize {
    // One comparison finds both characters. The length of a run is chosen so that its count fits a byte and it fills
    // whole vectors; then the compiler makes vector code of this.
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
