//! Tests outages and backfill, with steps at given seconds.

use expect_test::{Expect, expect};
use jiff::SignedDuration;
use tokio::time::Instant;

use super::*;
use crate::powertrack::outage::span::Span;

/// Added to all times in these tests: ids carry no times before 2010.
const BASE: u64 = 1_500_000_000;

enum Step {
    Byte(u64),
    /// At the first time (in seconds) a Tweet comes that was made at the second time (in tenths of a second).
    Tweet(u64, u64),
    /// A heartbeat that the reader had to wait for.
    Heartbeat(u64),
    Lost(Cause),
    Emptied,
    /// Asks for backfill at this time. The first byte comes a second later.
    Connect(u64),
}
use Step::*;

fn wall(secs: u64) -> Timestamp {
    Timestamp::from_second((BASE + secs).cast_signed()).unwrap()
}

fn at(first: Instant, secs: u64) -> Moment {
    let steady = first + Duration::from_secs(secs);
    Moment::at(steady, SignedDuration::ZERO, wall(secs))
}

/// Seconds of these tests, with tenths where there are any.
fn clock(time: Timestamp) -> String {
    let tenths = time.as_millisecond() / 100 - (BASE * 10).cast_signed();
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

/// A Tweet that was made at this time.
fn line(tenths: u64) -> Bytes {
    let id = (BASE * 1000 + tenths * 100 - 1_288_834_974_657) << 22;
    format!(r#"{{"id_str":"{id}"}}"#).into()
}

/// Shows the backfill that is asked for and the outages, for these steps.
fn check(last_received: Option<u64>, steps: &[Step], expected: Expect) {
    expected.assert_eq(told(last_received, steps).trim_end());
}

fn told(last_received: Option<u64>, steps: &[Step]) -> String {
    let first = Instant::now();
    let at = |secs| at(first, secs);
    let mut continuity = Continuity::new(last_received.map(wall), at(1000));
    let mut text = String::new();
    for step in steps {
        match *step {
            Byte(secs) => continuity.received(at(secs)),
            Tweet(secs, made) => {
                continuity.received(at(secs));
                continuity.read(line(made));
            }
            Heartbeat(secs) => {
                continuity.received(at(secs));
                continuity.read_to_end();
            }
            Lost(cause) => continuity.lost(cause, false),
            Emptied => continuity.lost(Cause::FullBuffer, true),
            Connect(secs) => {
                let asked = continuity.to_ask(at(secs), 5);
                let resumed = continuity.resumed(at(secs + 1), asked);
                text += &format!("asks for {asked}");
                if let Some(outage) = resumed {
                    text += &format!(
                        ", outage {} from {} to {}, {}, covered: {}",
                        outage.number,
                        clock(outage.started_at),
                        clock(outage.ended_at),
                        outage.cause.name(),
                        outage.is_covered()
                    );
                    if !outage.queued.is_zero() {
                        let Span { from, to } = outage.span();
                        text += &format!(", lost: {} to {}", clock(from), clock(to));
                    }
                }
                text += "\n";
            }
        }
    }
    text
}

#[test]
fn the_first_connection_follows_no_outage() {
    check(None, &[Connect(1000)], expect!["asks for 0"]);
    check(
        None,
        &[Lost(Cause::Network), Lost(Cause::Server), Connect(1009)],
        expect!["asks for 0"],
    );
}

#[test]
fn a_restart_is_an_outage_from_what_had_come_before() {
    check(
        Some(900),
        &[Connect(1000)],
        expect!["asks for 3, outage 1 from 900 to 1001, restart, covered: true"],
    );
    check(
        Some(100),
        &[Connect(1000)],
        expect!["asks for 5, outage 1 from 100 to 1001, restart, covered: false"],
    );
    check(
        Some(5000),
        &[Connect(1000)],
        expect!["asks for 1, outage 1 from 1000 to 1001, restart, covered: true"],
    );
}

#[test]
fn an_outage_lasts_until_bytes_come_and_keeps_its_first_cause() {
    check(
        None,
        &[
            Connect(1000),
            Byte(1100),
            Lost(Cause::Broken),
            Lost(Cause::Network),
            Lost(Cause::Server),
            Connect(1190),
            Byte(1300),
            Lost(Cause::Operational),
            Connect(1300),
        ],
        expect![[r#"
            asks for 0
            asks for 3, outage 1 from 1100 to 1191, broken, covered: true
            asks for 1, outage 2 from 1300 to 1301, operational, covered: true"#]],
    );
}

#[test]
fn after_a_full_buffer_nothing_is_asked_for_if_it_was_announced() {
    let steps = |full| {
        [
            Connect(1000),
            Byte(1100),
            full,
            Lost(Cause::Network),
            Connect(1101),
        ]
    };
    check(
        None,
        &steps(Emptied),
        expect![[r#"
            asks for 0
            asks for 0, outage 1 from 1100 to 1102, full_buffer, covered: false, lost: 1001 to 1102"#]],
    );
    check(
        None,
        &steps(Lost(Cause::FullBuffer)),
        expect![[r#"
            asks for 0
            asks for 2, outage 1 from 1100 to 1102, full_buffer, covered: false, lost: 1001 to 1102"#]],
    );
}

#[test]
fn a_full_buffer_has_lost_nothing_of_before_its_connection() {
    // A young connection at first, then an old one.
    check(
        None,
        &[
            Connect(1000),
            Byte(1061),
            Emptied,
            Connect(1061),
            Byte(1962),
            Emptied,
            Connect(1962),
        ],
        expect![[r#"
            asks for 0
            asks for 0, outage 1 from 1061 to 1062, full_buffer, covered: false, lost: 1001 to 1062
            asks for 0, outage 2 from 1962 to 1963, full_buffer, covered: false, lost: 1662 to 1963"#]],
    );
    // The buffer held the backfill of its connection. It did not hold what had come before the outage, and not what
    // backfill did not reach.
    check(
        None,
        &[
            Connect(1000),
            Byte(1100),
            Lost(Cause::Broken),
            Connect(1190),
            Byte(1250),
            Emptied,
            Connect(1250),
        ],
        expect![[r#"
            asks for 0
            asks for 3, outage 1 from 1100 to 1191, broken, covered: true
            asks for 0, outage 2 from 1250 to 1251, full_buffer, covered: false, lost: 1100 to 1251"#]],
    );
    check(
        Some(100),
        &[Connect(1000), Byte(1040), Emptied, Connect(1040)],
        expect![[r#"
            asks for 5, outage 1 from 100 to 1001, restart, covered: false
            asks for 0, outage 2 from 1040 to 1041, full_buffer, covered: false, lost: 740 to 1041"#]],
    );
}

#[test]
fn an_outage_that_a_full_buffer_begins_or_goes_on_with_is_lost_from_where_it_is_unsure() {
    check(
        None,
        &[
            Connect(1000),
            Byte(1100),
            Lost(Cause::Broken),
            Connect(1110),
            Byte(1112),
            Emptied,
            Connect(1112),
            Byte(1114),
            Lost(Cause::Broken),
            Connect(1114),
        ],
        expect![[r#"
            asks for 0
            asks for 2, outage 1 from 1100 to 1111, broken, covered: true
            asks for 0, outage 1 from 1100 to 1113, full_buffer, covered: false
            asks for 2, outage 1 from 1100 to 1115, full_buffer, covered: false"#]],
    );
    check(
        None,
        &[
            Connect(1000),
            Byte(1061),
            Emptied,
            Connect(1061),
            Byte(1064),
            Lost(Cause::Broken),
            Connect(1064),
        ],
        expect![[r#"
            asks for 0
            asks for 0, outage 1 from 1061 to 1062, full_buffer, covered: false, lost: 1001 to 1062
            asks for 2, outage 1 from 1061 to 1065, full_buffer, covered: false, lost: 1001 to 1065"#]],
    );
}

#[test]
fn what_was_asked_for_again_has_come_after_half_a_minute() {
    // The backfill reaches all of the outage, a part of it, or none.
    let complete = |before, asked, secs| complete(before, asked, &[Byte(secs)]);
    assert_eq!(complete(900, 3, 1029), "900, not yet all");
    assert_eq!(complete(100, 5, 1029), "700, not yet all");
    assert_eq!(complete(100, 5, 1030), "1030");
    assert_eq!(complete(100, 0, 1001), "1001");
}

/// Shows up to when everything has come, for a connection at 1000 with this much backfill.
fn complete(before: u64, asked: u8, steps: &[Step]) -> String {
    let first = Instant::now();
    let at = |secs| at(first, secs);
    let mut continuity = Continuity::new(Some(wall(before)), at(1000));
    assert!(continuity.complete().is_none());
    continuity.resumed(at(1000), asked);
    for step in steps {
        match *step {
            Byte(secs) => continuity.received(at(secs)),
            Tweet(secs, made) => {
                continuity.received(at(secs));
                continuity.read(line(made));
            }
            Heartbeat(secs) => {
                continuity.received(at(secs));
                continuity.read_to_end();
            }
            _ => unreachable!("one connection"),
        }
    }
    let received = continuity.complete().unwrap().received();
    let rest = if received.is_settled {
        ""
    } else {
        ", not yet all"
    };
    clock(received.until) + rest
}

#[test]
fn everything_has_come_until_the_last_tweet_was_made() {
    assert_eq!(complete(900, 3, &[Tweet(1100, 10_975)]), "1097.5");
    // Bytes behind the Tweet may have been sent just after it. Only a heartbeat that was waited for says more.
    assert_eq!(
        complete(900, 3, &[Tweet(1100, 10_975), Byte(1101)]),
        "1097.5"
    );
    assert_eq!(
        complete(900, 3, &[Tweet(1100, 10_975), Heartbeat(1110)]),
        "1107.5"
    );
    assert_eq!(
        complete(900, 3, &[Tweet(1100, 10_000), Heartbeat(1110)]),
        "1095"
    );
    // The result is not earlier than what the connection could bring. In the first half minute the Tweet says nothing.
    assert_eq!(complete(900, 0, &[Tweet(1002, 9_990)]), "1000");
    assert_eq!(complete(900, 3, &[Tweet(1029, 9_990)]), "900, not yet all");
    // The time of the Tweet is not one of this stream.
    assert_eq!(complete(900, 3, &[Tweet(1100, 11_001)]), "1100");
    assert_eq!(complete(900, 3, &[Tweet(1100, 4_999)]), "1100");
}

/// Tests one connection from 801 on with these steps, which then breaks. The next connection is made at 1200.
fn broken(steps: Vec<Step>, expected: Expect) {
    let mut all = vec![Connect(800)];
    all.extend(steps);
    all.extend([Lost(Cause::Broken), Lost(Cause::Network), Connect(1200)]);
    let told = told(None, &all);
    let second = told.strip_prefix("asks for 0\n");
    expected.assert_eq(second.expect("two connections").trim_end());
}

#[test]
fn what_was_made_after_the_last_tweet_is_lost_with_the_connection() {
    broken(
        vec![Tweet(1090, 10_900), Tweet(1100, 10_975)],
        expect![
            "asks for 3, outage 1 from 1100 to 1201, broken, covered: true, lost: 1097.5 to 1201"
        ],
    );
    // More minutes are asked for. In the second case they do not reach far enough.
    broken(
        vec![Tweet(1101, 10_150)],
        expect![
            "asks for 5, outage 1 from 1101 to 1201, broken, covered: true, lost: 1015 to 1201"
        ],
    );
    broken(
        vec![Tweet(1101, 9_040)],
        expect![
            "asks for 5, outage 1 from 1101 to 1201, broken, covered: false, lost: 904 to 1201"
        ],
    );
    // Half a line, or a heartbeat that came together with others, says nothing of what was sent since.
    broken(
        vec![Tweet(1100, 10_975), Byte(1103)],
        expect![
            "asks for 3, outage 1 from 1103 to 1201, broken, covered: true, lost: 1097.5 to 1201"
        ],
    );
    // A heartbeat says that there was no more to read. The next Tweet may take as long to be sent as this one did.
    broken(
        vec![Tweet(1100, 10_975), Heartbeat(1110), Byte(1111)],
        expect![
            "asks for 3, outage 1 from 1111 to 1201, broken, covered: true, lost: 1107.5 to 1201"
        ],
    );
    broken(
        vec![Tweet(1100, 10_200), Heartbeat(1110)],
        expect![
            "asks for 3, outage 1 from 1110 to 1201, broken, covered: true, lost: 1095 to 1201"
        ],
    );
}

#[test]
fn where_no_tweet_says_it_the_outage_begins_with_the_last_byte() {
    // Tweets from an old file, and a clock that is behind.
    broken(
        vec![Tweet(1100, 4_999), Byte(1101)],
        expect!["asks for 3, outage 1 from 1101 to 1201, broken, covered: true"],
    );
    broken(
        vec![Tweet(1100, 11_001)],
        expect!["asks for 3, outage 1 from 1100 to 1201, broken, covered: true"],
    );
    broken(
        vec![Heartbeat(1010)],
        expect!["asks for 5, outage 1 from 1010 to 1201, broken, covered: true"],
    );
    // The connection cannot have brought anything older.
    broken(
        vec![Tweet(803, 7_000)],
        expect!["asks for 5, outage 1 from 803 to 1201, broken, covered: false, lost: 801 to 1201"],
    );
}

#[test]
fn what_was_asked_for_again_may_be_late_by_more() {
    check(
        Some(100),
        &[
            Connect(1000),
            Tweet(1041, 7_200),
            Lost(Cause::Broken),
            Connect(1041),
            Tweet(1050, 10_000),
            Lost(Cause::Broken),
            Connect(1050),
            Tweet(1100, 7_500),
            Emptied,
            Connect(1100),
        ],
        expect![[r#"
            asks for 5, outage 1 from 100 to 1001, restart, covered: false
            asks for 5, outage 2 from 1041 to 1042, broken, covered: false, lost: 720 to 1042
            asks for 5, outage 2 from 1041 to 1051, broken, covered: false, lost: 720 to 1051
            asks for 0, outage 3 from 1100 to 1101, full_buffer, covered: false, lost: 751 to 1101"#]],
    );
}

#[test]
fn an_outage_goes_on_where_the_connection_after_it_is_lost_at_once() {
    check(
        None,
        &[
            Connect(1000),
            Byte(1100),
            Lost(Cause::Broken),
            Connect(1200),
            Byte(1205),
            Lost(Cause::Ended),
            Connect(1205),
            Byte(1300),
            Lost(Cause::Ended),
            Connect(1300),
        ],
        expect![[r#"
            asks for 0
            asks for 3, outage 1 from 1100 to 1201, broken, covered: true
            asks for 3, outage 1 from 1100 to 1206, broken, covered: true
            asks for 1, outage 2 from 1300 to 1301, ended, covered: true"#]],
    );
}
