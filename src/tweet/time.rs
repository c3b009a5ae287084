//! When a Tweet was made, by what it says itself.

use jiff::Timestamp;
use sonic_rs::{JsonValueTrait, Value};

use super::Tweet;

/// `Wed Oct 10 20:19:24 +0000 2018`.
const NATIVE: &str = "%a %b %d %H:%M:%S %z %Y";

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
    let native = || Timestamp::strptime(NATIVE, text("created_at")?).ok();
    let activity = || text("postedTime")?.parse::<Timestamp>().ok();
    native().or_else(activity).map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
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
}
