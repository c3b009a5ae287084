//! Lengths of time and sizes, as people write them: `35s`, `1MiB`.

use std::{fmt, str::FromStr, time::Duration};

use serde::Deserialize;

/// The longest length of time: a hundred years. Any clock can be moved forward by this without overflow.
const LONGEST_SPAN: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A length of time as people write it: `35s`, `100ms`, `1m 30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length(pub Duration);

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no length of time; write one such as `35s`, `100ms` or `2h`");
        let signed = text.parse().or_else(|_| days(text)).map_err(|_| wrong())?;
        match Duration::try_from(signed) {
            Ok(span) if span > LONGEST_SPAN => Err(format!("`{text}` is too long")),
            Ok(span) => Ok(Self(span)),
            Err(_) => Err(format!("`{text}` is negative")),
        }
    }
}

impl fmt::Display for Length {
    /// In the largest unit of which it is a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u128, &str); 6] = [
            (24 * 60 * 60 * 1_000_000_000, "d"),
            (60 * 60 * 1_000_000_000, "h"),
            (60 * 1_000_000_000, "m"),
            (1_000_000_000, "s"),
            (1_000_000, "ms"),
            (1_000, "us"),
        ];
        let nanoseconds = self.0.as_nanos();
        if nanoseconds == 0 {
            return f.write_str("0s");
        }
        let unit = UNITS
            .iter()
            .find(|(unit, _)| nanoseconds.is_multiple_of(*unit));
        let (unit, name) = unit.unwrap_or(&(1, "ns"));
        write!(f, "{}{name}", nanoseconds / unit)
    }
}

/// Reads a length that has days or weeks too. A day counts as 24 hours, although a day on which clocks are changed is
/// longer or shorter.
fn days(text: &str) -> Result<jiff::SignedDuration, jiff::Error> {
    let span: jiff::Span = text.parse()?;
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours())
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A time as people write it: the time itself, `2026-11-22T08:00:00Z`, or how long ago it was, `2h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// At this time.
    At(jiff::Timestamp),
    /// This long ago.
    Ago(Duration),
}

impl Moment {
    /// The time that is meant, if it is `now`.
    #[must_use]
    pub fn before(self, now: jiff::Timestamp) -> jiff::Timestamp {
        match self {
            Self::At(time) => time,
            Self::Ago(span) => now.saturating_sub(span).unwrap_or(jiff::Timestamp::MIN),
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = text.parse() {
            return Ok(Self::At(time));
        }
        match text.parse() {
            Ok(Length(span)) => Ok(Self::Ago(span)),
            Err(_) => Err(format!(
                "`{text}` is no time; write one such as `2026-11-22T08:00:00Z`, or how long ago, such as `2h`"
            )),
        }
    }
}

/// A number of bytes as people write it: `1MiB`, `512 KiB`, `1000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub usize);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no size; write one such as `1MiB`, `512KiB` or `100000`");
        let trimmed = text.trim();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        let number: usize = trimmed[..digits].parse().map_err(|_| wrong())?;
        let unit: usize = match trimmed[digits..].trim() {
            "" | "B" => 1,
            "KB" | "kB" => 1_000,
            "KiB" | "K" => 1 << 10,
            "MB" => 1_000_000,
            "MiB" | "M" => 1 << 20,
            "GB" => 1_000_000_000,
            "GiB" | "G" => 1 << 30,
            _ => return Err(wrong()),
        };
        number.checked_mul(unit).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Size {
    /// In the largest unit of which it is a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(usize, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        let unit = UNITS
            .iter()
            .find(|(unit, _)| self.0 > 0 && self.0.is_multiple_of(*unit));
        let (unit, name) = unit.unwrap_or(&(1, ""));
        write!(f, "{}{name}", self.0 / unit)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(usize),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Number(number) => Ok(Self(number)),
            Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

/// A number of things as people write it: `1_000_000`, `1,000,000`, `10M`, `250k`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a number such as `1_000_000` or \"10M\"")]
        enum Either {
            Number(u64),
            Text(String),
        }
        let text = match Either::deserialize(deserializer)? {
            Either::Number(number) => number.to_string(),
            Either::Text(text) => text,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for Number {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{text}` is no number of more than 0; write one such as `1_000_000` or `10M`")
        };
        let trimmed = text.trim();
        let (digits, unit) = match trimmed.char_indices().last() {
            Some((at, 'k' | 'K')) => (&trimmed[..at], 1_000),
            Some((at, 'M')) => (&trimmed[..at], 1_000_000),
            _ => (trimmed, 1),
        };
        let is_number = digits.starts_with(|first: char| first.is_ascii_digit());
        let digits: String = digits
            .chars()
            .filter(|c| !matches!(c, '_' | ',' | ' '))
            .collect();
        let number: Option<u64> = digits.parse().ok().filter(|_| is_number);
        let number = number.and_then(|number| number.checked_mul(unit));
        number
            .filter(|number| *number > 0)
            .map(Self)
            .ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, expected) in [
            ("1000000", Some(1_000_000)),
            ("1_000_000", Some(1_000_000)),
            ("1,000,000", Some(1_000_000)),
            (" 1 000 000 ", Some(1_000_000)),
            ("10M", Some(10_000_000)),
            ("250 k", Some(250_000)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("18446744073709551615k", None),
            ("0", None),
            ("-5", None),
            ("+5", None),
            ("_5", None),
            ("1e6", None),
            ("1.5M", None),
            ("M", None),
            ("10 µ", None),
            ("", None),
        ] {
            let number = text.parse::<Number>().ok();
            assert_eq!(number, expected.map(Number), "{text}");
        }
    }

    #[test]
    fn times_and_sizes_are_written_as_they_are_read() {
        for text in [
            "0s", "100ms", "1s", "35s", "90s", "10m", "36h", "7d", "1500us", "7ns",
        ] {
            assert_eq!(text.parse::<Length>().unwrap().to_string(), text);
        }
        for text in ["0", "1000", "1KiB", "1536KiB", "20GiB", "1025"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn times_and_sizes_are_read_as_people_write_them() {
        assert_eq!("35s".parse(), Ok(Length(Duration::from_secs(35))));
        assert_eq!("1m 30s".parse(), Ok(Length(Duration::from_secs(90))));
        assert_eq!("100ms".parse(), Ok(Length(Duration::from_millis(100))));
        assert_eq!("7d".parse(), Ok(Length(Duration::from_secs(7 * 86_400))));
        assert_eq!("1d 2h".parse(), Ok(Length(Duration::from_secs(26 * 3_600))));
        assert!("1 month".parse::<Length>().is_err());
        assert!("35".parse::<Length>().is_err());
        assert!("-1s".parse::<Length>().is_err());
        assert_eq!("1MiB".parse(), Ok(Size(1 << 20)));
        assert_eq!("512 KiB".parse(), Ok(Size(512 << 10)));
        assert_eq!("1000".parse(), Ok(Size(1000)));
        assert!("1 parsec".parse::<Size>().is_err());
        assert!("99999999999GiB".parse::<Size>().is_err());
    }
}
