//! How much of a month's Tweets is spent, and what the month will come to.

use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};

/// At these parts of the cap, in percent, somebody should look.
const WARN_AT: [u64; 4] = [50, 80, 95, 100];

/// The rate of the month is that of this long before.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A rate of less time than this says nothing of a month.
const LEAST: SignedDuration = SignedDuration::from_mins(10);

/// A month of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Month {
    pub(crate) begin: Timestamp,
    pub(crate) end: Timestamp,
}

impl Month {
    /// The month as text, such as `2026-11`.
    pub(crate) fn name(&self) -> String {
        self.begin.strftime("%Y-%m").to_string()
    }

    /// The month in which a moment lies.
    pub(crate) fn of(at: Timestamp) -> Self {
        let day = at.to_zoned(TimeZone::UTC).date();
        let first = day.first_of_month();
        let begin = |date: jiff::civil::Date| {
            let begin = date.to_zoned(TimeZone::UTC).map(|begin| begin.timestamp());
            begin.unwrap_or(at)
        };
        Self {
            begin: begin(first),
            end: begin(first.saturating_add(1.month())),
        }
    }
}

/// What a month has come to so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bill {
    /// Tweets, each once.
    pub(crate) tweets: u64,
    /// How many it will be at the end of the month at the rate of the last day; `None` while there is no rate.
    pub(crate) forecast: Option<u64>,
}

impl Bill {
    /// The bill at a moment. `last_day` came in the last 24 hours, and `since` says when counting began, if that is later.
    pub(crate) fn at(now: Timestamp, tweets: u64, last_day: u64, since: Option<Timestamp>) -> Self {
        let counted = since.map_or(DAY, |since| now.duration_since(since).min(DAY));
        let left = Month::of(now).end.duration_since(now).as_secs_f64();
        let forecast = (counted >= LEAST).then(|| {
            let a_second = last_day as f64 / counted.as_secs_f64();
            tweets.saturating_add((a_second * left).round() as u64)
        });
        Self { tweets, forecast }
    }

    /// The highest part of the cap, in percent, that has been reached and of which nobody has been warned. `warned` is the
    /// last one of which somebody was; 0 for none.
    pub(crate) fn reached(&self, warned: u64, cap: u64) -> Option<u64> {
        let is_reached =
            |percent: &u64| u128::from(self.tweets) * 100 >= u128::from(cap) * u128::from(*percent);
        let highest = WARN_AT.into_iter().rev().find(is_reached);
        highest.filter(|percent| *percent > warned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_month_is_one_of_the_calendar_in_utc() {
        for (moment, begin, end) in [
            (
                "2026-11-27T16:00:00Z",
                "2026-11-01T00:00:00Z",
                "2026-12-01T00:00:00Z",
            ),
            (
                "2026-12-31T23:59:59Z",
                "2026-12-01T00:00:00Z",
                "2027-01-01T00:00:00Z",
            ),
            (
                "2028-02-01T00:00:00Z",
                "2028-02-01T00:00:00Z",
                "2028-03-01T00:00:00Z",
            ),
        ] {
            let month = Month {
                begin: at(begin),
                end: at(end),
            };
            assert_eq!(Month::of(at(moment)), month, "{moment}");
        }
    }

    #[test]
    fn the_forecast_goes_on_at_the_rate_of_the_last_day() {
        let now = at("2026-11-21T00:00:00Z");
        let bill = |tweets, last_day, since: Option<&str>| {
            Bill::at(now, tweets, last_day, since.map(at)).forecast
        };
        assert_eq!(bill(1_000, 100, None), Some(2_000), "ten days are left");
        assert_eq!(
            bill(50, 50, Some("2026-11-20T12:00:00Z")),
            Some(1_050),
            "half a day was counted"
        );
        assert_eq!(
            bill(50, 50, Some("2026-11-20T23:55:00Z")),
            None,
            "five minutes say nothing"
        );
        assert_eq!(
            bill(0, 0, Some("2026-12-01T00:00:00Z")),
            None,
            "the clock was set back"
        );
    }

    #[test]
    fn each_part_of_the_cap_is_reached_once() {
        let reached = |warned, tweets| {
            Bill {
                tweets,
                forecast: None,
            }
            .reached(warned, 1_000)
        };
        assert_eq!(reached(0, 499), None);
        assert_eq!(reached(0, 500), Some(50));
        assert_eq!(reached(50, 799), None);
        assert_eq!(reached(0, 960), Some(95), "the highest one counts");
        assert_eq!(reached(80, 960), Some(95));
        assert_eq!(reached(95, 5_000), Some(100));
        assert_eq!(reached(100, 5_000), None);
        assert_eq!(
            Bill {
                tweets: u64::MAX,
                forecast: None
            }
            .reached(0, u64::MAX),
            Some(100)
        );
    }
}
