//! When a Tweet was made, by what it says itself: times as Tweets write them.

use sonic_rs::{JsonValueTrait, Value};

use super::Tweet;

impl Tweet {
    /// When the Tweet was made, in milliseconds since 1970. `None` if it does not say that.
    pub fn created_ms(&self) -> Option<i64> {
        created_ms(self.root())
    }
}

fn created_ms(tweet: &Value) -> Option<i64> {
    let text = |name: &str| tweet.get(name).and_then(Value::as_str);
    if let Some(millis) = text("timestamp_ms").and_then(|millis| millis.parse().ok()) {
        return Some(millis);
    }
    let created = text("created_at").and_then(seconds);
    let created = created.or_else(|| text("postedTime").and_then(seconds));
    Some(created? * 1_000)
}

/// Reads `Wed Oct 10 20:19:24 +0000 2018`, as native Tweets have it, and `2018-10-10T20:19:24.000Z`, as Activity Streams
/// do.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    let (date, clock, zone) = if text.as_bytes().first()?.is_ascii_digit() {
        let (date, time) = text.split_once('T')?;
        let (clock, zone) = time.split_at(time.find(['Z', '+', '-', '.'])?);
        let fraction = zone.strip_prefix('.');
        let zone = fraction.map_or(zone, |fraction| {
            fraction.trim_start_matches(|digit: char| digit.is_ascii_digit())
        });
        let mut parts = date.split('-');
        let date = (
            number(parts.next()?, 4)?,
            number(parts.next()?, 2)?,
            number(parts.next()?, 2)?,
        );
        (date, clock, if zone == "Z" { "+0000" } else { zone })
    } else {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        // The day of the week is skipped: it says nothing new, and Tweets made by hand often have a wrong one.
        let mut parts = text.split(' ').skip(1);
        let (month, day) = (parts.next()?, parts.next()?);
        let (clock, zone, year) = (parts.next()?, parts.next()?, parts.next()?);
        let month = MONTHS.iter().position(|name| *name == month)?;
        (
            (
                number(year, 4)?,
                i64::try_from(month).ok()? + 1,
                number(day, 2)?,
            ),
            clock,
            zone,
        )
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let second = number(parts.next()?, 2)?;
    let is_time = (1..=12).contains(&date.1)
        && (1..=days_of(date.0, date.1)).contains(&date.2)
        && hour < 24
        && minute < 60
        // A leap second counts as the first second of the next minute.
        && second <= 60
        && parts.next().is_none();
    let clock = hour * 3600 + minute * 60 + second;
    is_time.then_some(())?;
    Some(days(date) * 86_400 + clock - offset(zone)?)
}

/// `+0130` or `+01:30`, in seconds.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone[1..].split_at_checked(2)?;
    let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
    Some(sign * (number(hours, 2)? * 3600 + number(minutes, 2)? * 60))
}

/// A number of that many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn days_of(year: i64, month: i64) -> i64 {
    let next = match month {
        12 => (year + 1, 1, 1),
        _ => (year, month + 1, 1),
    };
    days(next) - days((year, month, 1))
}

/// The days from 1970 to a date. Years begin in March here, so that the leap day is the last of its year.
fn days((year, month, day): (i64, i64, i64)) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Writes a time as `2018-10-10T20:19:24Z`. `None` for a year of other than four digits.
pub(crate) fn iso(seconds: i64) -> Option<String> {
    let (days, clock) = (
        seconds.div_euclid(86_400) + 719_468,
        seconds.rem_euclid(86_400),
    );
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    // Only a zone far from UTC leads to a year of other than four digits.
    (0..=9999).contains(&year).then_some(())?;
    // `format!` would take most of the time of the method.
    let mut text = *b"0000-00-00T00:00:00Z";
    for (end, digits, mut number) in [
        (4, 4, year),
        (7, 2, month),
        (10, 2, day),
        (13, 2, clock / 3600),
        (16, 2, clock / 60 % 60),
        (19, 2, clock % 60),
    ] {
        for digit in text[end - digits..end].iter_mut().rev() {
            // One digit, so it fits.
            *digit += (number % 10) as u8;
            number /= 10;
        }
    }
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_time_is_read_in_both_formats() {
        for (json, expected) in [
            (
                r#"{"created_at":"Wed Oct 10 20:19:24 +0000 2018"}"#,
                Some(1_539_202_764_000),
            ),
            (
                r#"{"created_at":"Wed Oct 10 20:19:24 +0000 2018","timestamp_ms":"1539202764123"}"#,
                Some(1_539_202_764_123),
            ),
            (
                r#"{"postedTime":"2018-10-10T20:19:24.000Z"}"#,
                Some(1_539_202_764_000),
            ),
            (r#"{"created_at":"yesterday"}"#, None),
            (r#"{"created_at":1}"#, None),
            ("{}", None),
        ] {
            let tweet: Value = sonic_rs::from_str(json).unwrap();
            assert_eq!(created_ms(&tweet), expected, "{json}");
        }
    }

    #[test]
    fn both_formats_are_read() {
        for (text, expected) in [
            (
                "Wed Oct 10 20:19:24 +0000 2018",
                Some("2018-10-10T20:19:24Z"),
            ),
            (
                "Xyz Feb 29 00:00:00 +0000 2020",
                Some("2020-02-29T00:00:00Z"),
            ),
            (
                "Wed Oct 10 20:19:24 +0200 2018",
                Some("2018-10-10T18:19:24Z"),
            ),
            (
                "Thu Jan 01 00:00:00 -0130 1970",
                Some("1970-01-01T01:30:00Z"),
            ),
            ("2018-10-10T20:19:24.000Z", Some("2018-10-10T20:19:24Z")),
            ("2018-10-10T20:19:24Z", Some("2018-10-10T20:19:24Z")),
            ("2018-10-10T20:19:24.5+05:30", Some("2018-10-10T14:49:24Z")),
            ("2016-12-31T23:59:60Z", Some("2017-01-01T00:00:00Z")),
            ("0000-01-01T00:00:00Z", Some("0000-01-01T00:00:00Z")),
            ("0000-01-01T00:00:00+01:00", None),
            ("9999-12-31T23:59:59-01:00", None),
            ("Sun Feb 29 00:00:00 +0000 2019", None),
            ("2018-13-10T20:19:24Z", None),
            ("2018-10-10T24:19:24Z", None),
            ("2018-10-10T20:19:24", None),
            ("2018-10-10T20:19:24+", None),
            ("2018-10-10T20:19:24+é1", None),
            ("2018-10-10", None),
            ("Wed Oct 10 20:19:24 2018", None),
            ("Wed Okt 10 20:19:24 +0000 2018", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(seconds(text).and_then(iso).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_second_is_what_the_calendar_says(second in -62_167_219_200_i64..253_402_207_200) {
            let time = Timestamp::from_second(second).unwrap();
            prop_assert_eq!(iso(second), Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()));
            let native = time.strftime("%a %b %d %H:%M:%S +0000 %Y").to_string();
            prop_assert_eq!(seconds(&native), Some(second));
            prop_assert_eq!(seconds(&time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()), Some(second));
        }

        #[test]
        fn no_text_makes_it_fall_over(text in ".{0,40}", digits in r"[0-9TZ:+\-. é]{0,30}") {
            let _ = (seconds(&text), seconds(&digits));
        }
    }
}
