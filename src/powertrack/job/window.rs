//! Cuts a past time into the windows that are asked for. Pure: no IO, no clock.

use jiff::{SignedDuration, Timestamp, Unit, tz::Offset};

use crate::powertrack::outage::Product;
use crate::powertrack::outage::span::Span;

/// The longest window that the service recommends [reference 2.12, 2.13].
const LONGEST: SignedDuration = SignedDuration::from_hours(2);

/// A span is made this much wider at both ends: the clocks may disagree, and a Tweet is sent some seconds after it was
/// written.
const MARGIN: SignedDuration = SignedDuration::from_secs(15);

/// How old the end of a window must be before it can be asked for. For Recovery the service only documents that it must
/// be in the past. For Replay the end must be 30 minutes old and the beginning 31 [reference 2.12].
const RECOVERY_AGE: SignedDuration = SignedDuration::from_secs(2);
const REPLAY_AGE: SignedDuration = SignedDuration::from_mins(30);

/// A little more than the 30 minutes. The beginning needs no more: it is at least a minute before the end.
const SLACK: SignedDuration = SignedDuration::from_secs(5);

/// Turns a span into what can be asked of the product: whole seconds or minutes, a little wider, cut into windows.
pub(crate) fn windows(product: Product, span: Span) -> Vec<Span> {
    let wider = Span {
        from: span.from.saturating_sub(MARGIN).unwrap_or(span.from),
        to: span.to.saturating_add(MARGIN).unwrap_or(span.to),
    };
    let Span { from, to } = aligned(product, wider);
    let mut windows = Vec::new();
    let mut begin = from;
    while begin < to {
        let end = (begin + LONGEST).min(to);
        windows.push(Span {
            from: begin,
            to: end,
        });
        begin = end;
    }
    windows
}

/// Widens a span to whole seconds or minutes, as the product needs it.
pub(crate) fn aligned(product: Product, span: Span) -> Span {
    let step = match product {
        Product::Recovery => 1,
        Product::Replay => 60,
    };
    let up = SignedDuration::from_secs(step) - SignedDuration::from_nanos(1);
    Span {
        from: floor(span.from, step),
        to: floor(span.to.saturating_add(up).unwrap_or(span.to), step),
    }
}

/// When a window can be asked for.
pub(crate) fn ready_at(product: Product, window: Span) -> Timestamp {
    window.to
        + match product {
            Product::Recovery => RECOVERY_AGE,
            Product::Replay => REPLAY_AGE + SLACK,
        }
}

/// The query that asks for a window.
pub(crate) fn query(product: Product, window: Span) -> String {
    let text = |format: &str, time: Timestamp| {
        let time = Offset::UTC.to_datetime(time);
        time.strftime(format).to_string()
    };
    match product {
        Product::Recovery => {
            let text = |time| text("%Y-%m-%dT%H:%M:%SZ", time);
            format!(
                "startTime={}&endTime={}",
                text(window.from),
                text(window.to)
            )
        }
        Product::Replay => {
            let text = |time| text("%Y%m%d%H%M", time);
            format!("fromDate={}&toDate={}", text(window.from), text(window.to))
        }
    }
}

/// Rounds a time down to a multiple of `step` seconds.
fn floor(time: Timestamp, step: i64) -> Timestamp {
    let secs = time
        .round(
            jiff::TimestampRound::new()
                .smallest(Unit::Second)
                .mode(jiff::RoundMode::Floor),
        )
        .unwrap_or(time)
        .as_second();
    Timestamp::from_second(secs.div_euclid(step) * step).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(product: Product, from: &str, to: &str, expected: Expect) {
        let time = |text: &str| format!("2017-01-01T{text}Z").parse().unwrap();
        let span = Span {
            from: time(from),
            to: time(to),
        };
        let windows = windows(product, span);
        let text: Vec<_> = windows
            .iter()
            .map(|window| {
                let ready = ready_at(product, *window).strftime("%H:%M:%S").to_string();
                format!("{} at {ready}", query(product, *window))
            })
            .collect();
        expected.assert_eq(&text.join("\n"));
    }

    #[test]
    fn recovery_is_asked_in_seconds() {
        check(
            Product::Recovery,
            "12:00:00.5",
            "12:00:01",
            expect!["startTime=2017-01-01T11:59:45Z&endTime=2017-01-01T12:00:16Z at 12:00:18"],
        );
        check(
            Product::Recovery,
            "10:00:00",
            "14:30:00",
            expect![[r#"
                startTime=2017-01-01T09:59:45Z&endTime=2017-01-01T11:59:45Z at 11:59:47
                startTime=2017-01-01T11:59:45Z&endTime=2017-01-01T13:59:45Z at 13:59:47
                startTime=2017-01-01T13:59:45Z&endTime=2017-01-01T14:30:15Z at 14:30:17"#]],
        );
    }

    #[test]
    fn replay_is_asked_in_whole_minutes_that_are_half_an_hour_old() {
        check(
            Product::Replay,
            "12:00:30",
            "12:00:31",
            expect!["fromDate=201701011200&toDate=201701011201 at 12:31:05"],
        );
        check(
            Product::Replay,
            "12:00:00",
            "12:01:00",
            expect!["fromDate=201701011159&toDate=201701011202 at 12:32:05"],
        );
        check(
            Product::Replay,
            "10:00:30",
            "14:30:00",
            expect![[r#"
            fromDate=201701011000&toDate=201701011200 at 12:30:05
            fromDate=201701011200&toDate=201701011400 at 14:30:05
            fromDate=201701011400&toDate=201701011431 at 15:01:05"#]],
        );
    }
}
