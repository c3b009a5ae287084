//! What `ouzel gaps` prints.

use std::{fmt::Write as _, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use crate::{
    cli::columns,
    status::{counted, short, thousands},
    store::{Gap, GapState, Unsettled},
    text::plain,
};

/// What the ledger says at a moment.
pub(super) struct Known {
    gaps: Vec<Gap>,
    received: Received,
}

/// Up to when everything outside the gaps was received.
#[derive(Clone, Copy)]
enum Received {
    Until(Timestamp),
    /// Nothing says that anything was received.
    Nothing,
    /// The time lies in the future, because the clock was ahead when it was written.
    Later,
}

impl Known {
    /// What the ledger says now. An outage that goes on has become longer since it was written down.
    pub(super) fn at(now: Timestamp, gaps: Vec<Gap>, received: Option<Timestamp>) -> Self {
        Self {
            gaps: gaps.into_iter().map(|gap| until_now(gap, now)).collect(),
            received: match received {
                Some(until) if until > now => Received::Later,
                Some(until) => Received::Until(until),
                None => Received::Nothing,
            },
        }
    }
}

fn until_now(gap: Gap, now: Timestamp) -> Gap {
    let more = now.duration_since(gap.ended_at).try_into();
    let (Ok(more), Some((from, _)), true) = (more, gap.missing, gap.is_away()) else {
        return gap;
    };
    let missing_length = gap.missing_length.saturating_add(more);
    let longer = missing_length.as_secs_f64() / gap.missing_length.as_secs_f64();
    Gap {
        ended_at: now,
        length: gap.length.saturating_add(more),
        missing: Some((from, now)),
        missing_length,
        // The rate of less than a second means nothing.
        estimated_tweets: gap
            .estimated_tweets
            .filter(|_| gap.missing_length >= Duration::from_secs(1))
            .map(|tweets| (tweets as f64 * longer).round() as u64),
        ..gap
    }
}

/// The gaps as a table for people, with totals.
pub(super) fn table(known: &Known) -> String {
    table_in(known, &TimeZone::system())
}

fn table_in(known: &Known, zone: &TimeZone) -> String {
    let gaps = &known.gaps;
    if gaps.is_empty() {
        return format!(
            "no outage is written down: {}\n",
            nothing_missing(known.received)
        );
    }
    let header = [
        "began (UTC)",
        "began here",
        "for",
        "cause",
        "state",
        "repaired by",
        "missing",
        "Tweets",
    ];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(gaps.iter().map(|gap| row(gap, zone)));
    let lines = columns::lines(&rows, &[]);
    let mut text = format!("{}\n", lines[0]);
    for (gap, line) in gaps.iter().zip(&lines[1..]) {
        let _ = writeln!(text, "{line}");
        // What a service says may have lines.
        let detail = gap.detail.replace('\n', "; ");
        let detail = plain::line(&detail);
        if gap.is_away() {
            let since = utc(gap.started_at);
            let _ = writeln!(
                text,
                "    away since {since}, and not back as far as is known"
            );
        } else if let Some((from, to)) = gap.missing {
            let _ = write!(text, "    missing between {} and {}", utc(from), utc(to));
            if !detail.is_empty() {
                let _ = write!(text, ": {detail}");
            }
            text.push('\n');
        } else if !detail.is_empty() {
            let _ = writeln!(text, "    {detail}");
        }
    }
    text.push('\n');
    text += &totals(known);
    text
}

fn nothing_missing(received: Received) -> String {
    match received {
        Received::Until(until) => format!("nothing is missing up to {}; {COUNTED}", utc(until)),
        Received::Nothing => "nothing was received yet, as far as is known".to_owned(),
        Received::Later => format!("nothing is known to be missing; {SET_BACK}"),
    }
}

/// This command cannot say what is missing after the last known time: a run may be connected or not.
const COUNTED: &str = "what is missing after that, the running or the next `ouzel run` adds";

const SET_BACK: &str =
    "the clock was set back, so it is not known up to when everything was received";

fn row(gap: &Gap, zone: &TimeZone) -> [String; 8] {
    let here = gap.started_at.to_zoned(zone.clone());
    let is_missing = !gap.missing_length.is_zero();
    [
        utc(gap.started_at),
        here.strftime("%Y-%m-%d %H:%M:%S %:z").to_string(),
        short(gap.length),
        plain::line(&gap.cause).into_owned(),
        gap.state.name().to_owned(),
        gap.repair.name().replace("none", "-"),
        if is_missing {
            short(gap.missing_length)
        } else {
            "-".to_owned()
        },
        match gap.estimated_tweets {
            Some(tweets) if is_missing => format!("about {}", thousands(tweets)),
            None if is_missing => "unknown".to_owned(),
            _ => "-".to_owned(),
        },
    ]
}

fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// The sum of some lengths. A database may hold anything, so a sum that is too large must not fail.
fn sum(gaps: &[Gap], length: fn(&Gap) -> Duration) -> Duration {
    let lengths = gaps.iter().map(length);
    lengths.fold(Duration::ZERO, Duration::saturating_add)
}

fn totals(known: &Known) -> String {
    let gaps = &known.gaps[..];
    let count = |state| gaps.iter().filter(|gap| gap.state == state).count();
    let sum = |length| sum(gaps, length);
    let mut text = match gaps.len() {
        1 => "1 outage".to_owned(),
        many => format!("{many} outages"),
    };
    let _ = write!(text, " of {} together", short(sum(|gap| gap.length)));
    for state in [
        GapState::Repaired,
        GapState::Open,
        GapState::Partly,
        GapState::Lost,
    ] {
        if count(state) > 0 {
            let _ = write!(text, ", {} {}", count(state), state.name());
        }
    }
    text.push('\n');
    let missing = sum(|gap| gap.missing_length);
    let is_whole = gaps.iter().all(|gap| gap.state == GapState::Repaired);
    if missing.is_zero() && !is_whole {
        return text + "something is missing, and nobody knows how much\n";
    }
    if missing.is_zero() {
        return text + &nothing_missing(known.received) + "\n";
    }
    let received = match known.received {
        Received::Until(until) => format!(
            "everything else was received up to {}; {COUNTED}\n",
            utc(until)
        ),
        Received::Nothing => String::new(),
        Received::Later => format!("{SET_BACK}\n"),
    };
    let tweets: u64 = gaps.iter().filter_map(|gap| gap.estimated_tweets).sum();
    let unknown = gaps
        .iter()
        .any(|gap| gap.estimated_tweets.is_none() && !gap.missing_length.is_zero());
    if unknown && tweets == 0 {
        let _ = writeln!(
            text,
            "missing: {}; how many Tweets that are is unknown",
            short(missing)
        );
        return text + &received;
    }
    let _ = writeln!(
        text,
        "missing: {}, about {}{}",
        short(missing),
        counted(tweets, "Tweet"),
        if unknown {
            ", and those of the times whose rate is unknown"
        } else {
            ""
        }
    );
    text + &received
}

#[derive(Serialize)]
struct Listed<'a> {
    id: i64,
    started_at: String,
    /// `None` while the outage goes on.
    ended_at: Option<String>,
    seconds: f64,
    cause: &'a str,
    repair: &'a str,
    state: &'a str,
    missing_from: Option<String>,
    missing_to: Option<String>,
    missing_seconds: f64,
    estimated_tweets: Option<u64>,
    detail: &'a str,
    /// Whether the outage goes on, as far as is known. Then the lengths count up to now.
    away: bool,
    /// Backfill was asked for what was missed since this time, and the Tweets may not have come yet.
    backfill_from: Option<String>,
}

#[derive(Serialize)]
struct Whole<'a> {
    gaps: Vec<Listed<'a>>,
    seconds: f64,
    missing_seconds: f64,
    estimated_tweets: u64,
    /// Up to when everything outside the gaps was received.
    received_until: Option<String>,
}

fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

impl<'a> From<&'a Gap> for Listed<'a> {
    fn from(gap: &'a Gap) -> Self {
        let (from, to) = gap.missing.unzip();
        Self {
            id: gap.id,
            started_at: time(gap.started_at),
            ended_at: Some(gap.ended_at).filter(|_| !gap.is_away()).map(time),
            seconds: gap.length.as_secs_f64(),
            cause: &gap.cause,
            repair: gap.repair.name(),
            state: gap.state.name(),
            missing_from: from.map(time),
            missing_to: to.filter(|_| !gap.is_away()).map(time),
            missing_seconds: gap.missing_length.as_secs_f64(),
            estimated_tweets: gap.estimated_tweets,
            detail: &gap.detail,
            away: gap.is_away(),
            backfill_from: match gap.unsettled {
                Some(Unsettled::Backfill(from)) => Some(time(from)),
                _ => None,
            },
        }
    }
}

/// The gaps as JSON, for programs.
pub(super) fn json(known: &Known) -> String {
    let gaps = &known.gaps[..];
    let whole = Whole {
        seconds: sum(gaps, |gap| gap.length).as_secs_f64(),
        missing_seconds: sum(gaps, |gap| gap.missing_length).as_secs_f64(),
        estimated_tweets: gaps.iter().filter_map(|gap| gap.estimated_tweets).sum(),
        gaps: gaps.iter().map(Listed::from).collect(),
        received_until: match known.received {
            Received::Until(until) => Some(time(until)),
            _ => None,
        },
    };
    sonic_rs::to_string(&whole).expect("text and finite numbers always have a JSON") + "\n"
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use jiff::tz::Offset;

    use super::*;
    use crate::store::Repair;

    fn gaps() -> Vec<Gap> {
        let time =
            |text: &str| -> Timestamp { format!("2026-11-21T{text}Z").parse().expect("a time") };
        let repaired = Gap {
            id: 1,
            started_at: time("20:00:00.5"),
            ended_at: time("20:00:02"),
            length: Duration::from_millis(1500),
            cause: "broken".to_owned(),
            repair: Repair::Backfill,
            state: GapState::Repaired,
            missing: None,
            missing_length: Duration::ZERO,
            estimated_tweets: None,
            detail: String::new(),
            unsettled: None,
        };
        let open = Gap {
            id: 2,
            started_at: time("23:30:00"),
            ended_at: time("23:45:00"),
            length: Duration::from_secs(900),
            cause: "restart".to_owned(),
            state: GapState::Open,
            missing: Some((time("23:30:00"), time("23:40:05"))),
            missing_length: Duration::from_secs(605),
            estimated_tweets: Some(12_100),
            detail: "neither Recovery nor Replay is configured".to_owned(),
            ..repaired.clone()
        };
        vec![repaired, open]
    }

    fn known(gaps: &[Gap], received: Option<&str>) -> Known {
        let time = |text: &str| text.parse().expect("a time");
        let now = time("2026-11-22T00:00:00Z");
        Known::at(now, gaps.to_vec(), received.map(time))
    }

    /// The last outage, as the ledger has it while it goes on.
    fn away() -> Gap {
        let open = gaps().remove(1);
        let (from, _) = open.missing.expect("something is missing");
        Gap {
            missing: Some((from, open.ended_at)),
            missing_length: open.length,
            unsettled: Some(Unsettled::Away),
            ..open
        }
    }

    #[test]
    fn an_outage_that_goes_on_is_as_long_as_it_is_now() {
        let zone = TimeZone::fixed(Offset::constant(2));
        let known = known(&[away()], Some("2026-11-21T23:30:00Z"));
        expect![[r#"
            began (UTC)           began here                  for      cause    state  repaired by  missing  Tweets
            2026-11-21 23:30:00Z  2026-11-22 01:30:00 +02:00  30m 00s  restart  open   backfill     30m 00s  about 24 200
                away since 2026-11-21 23:30:00Z, and not back as far as is known

            1 outage of 30m 00s together, 1 open
            missing: 30m 00s, about 24 200 Tweets
            everything else was received up to 2026-11-21 23:30:00Z; what is missing after that, the running or the next `ouzel run` adds
        "#]].assert_eq(&table_in(&known, &zone));
        expect![[r#"
            {"gaps":[{"id":2,"started_at":"2026-11-21T23:30:00.000Z","ended_at":null,"seconds":1800.0,"cause":"restart","repair":"backfill","state":"open","missing_from":"2026-11-21T23:30:00.000Z","missing_to":null,"missing_seconds":1800.0,"estimated_tweets":24200,"detail":"neither Recovery nor Replay is configured","away":true,"backfill_from":null}],"seconds":1800.0,"missing_seconds":1800.0,"estimated_tweets":24200,"received_until":"2026-11-21T23:30:00.000Z"}
        "#]].assert_eq(&json(&known));
    }

    #[test]
    fn up_to_when_everything_was_received_is_said_where_it_is_known() {
        let check = |received, expected: expect_test::Expect| {
            expected.assert_eq(&table_in(&known(&[], received), &TimeZone::UTC));
        };
        check(
            Some("2026-11-21T23:59:50Z"),
            expect![[r#"
            no outage is written down: nothing is missing up to 2026-11-21 23:59:50Z; what is missing after that, the running or the next `ouzel run` adds
        "#]],
        );
        check(
            Some("2026-11-22T00:00:01Z"),
            expect![[r#"
            no outage is written down: nothing is known to be missing; the clock was set back, so it is not known up to when everything was received
        "#]],
        );
        check(
            None,
            expect![[r#"
            no outage is written down: nothing was received yet, as far as is known
        "#]],
        );
    }

    #[test]
    fn gaps_stand_in_a_table() {
        let zone = TimeZone::fixed(Offset::constant(2));
        expect![[r#"
            began (UTC)           began here                  for      cause    state     repaired by  missing  Tweets
            2026-11-21 20:00:00Z  2026-11-21 22:00:00 +02:00  1.5 s    broken   repaired  backfill     -        -
            2026-11-21 23:30:00Z  2026-11-22 01:30:00 +02:00  15m 00s  restart  open      backfill     10m 05s  about 12 100
                missing between 2026-11-21 23:30:00Z and 2026-11-21 23:40:05Z: neither Recovery nor Replay is configured

            2 outages of 15m 01s together, 1 repaired, 1 open
            missing: 10m 05s, about 12 100 Tweets
        "#]].assert_eq(&table_in(&known(&gaps(), None), &zone));
        expect![[r#"
            began (UTC)           began here                  for    cause   state     repaired by  missing  Tweets
            2026-11-21 20:00:00Z  2026-11-21 22:00:00 +02:00  1.5 s  broken  repaired  backfill     -        -

            1 outage of 1.5 s together, 1 repaired
            nothing is missing up to 2026-11-21 23:59:50Z; what is missing after that, the running or the next `ouzel run` adds
        "#]].assert_eq(&table_in(&known(&gaps()[..1], Some("2026-11-21T23:59:50Z")), &zone));
    }

    #[test]
    fn programs_get_them_as_json() {
        expect![[r#"
            {"gaps":[{"id":1,"started_at":"2026-11-21T20:00:00.500Z","ended_at":"2026-11-21T20:00:02.000Z","seconds":1.5,"cause":"broken","repair":"backfill","state":"repaired","missing_from":null,"missing_to":null,"missing_seconds":0.0,"estimated_tweets":null,"detail":"","away":false,"backfill_from":null},{"id":2,"started_at":"2026-11-21T23:30:00.000Z","ended_at":"2026-11-21T23:45:00.000Z","seconds":900.0,"cause":"restart","repair":"backfill","state":"open","missing_from":"2026-11-21T23:30:00.000Z","missing_to":"2026-11-21T23:40:05.000Z","missing_seconds":605.0,"estimated_tweets":12100,"detail":"neither Recovery nor Replay is configured","away":false,"backfill_from":null}],"seconds":901.5,"missing_seconds":605.0,"estimated_tweets":12100,"received_until":"2026-11-21T23:59:50.000Z"}
        "#]].assert_eq(&json(&known(&gaps(), Some("2026-11-21T23:59:50Z"))));
        expect![[r#"
            {"gaps":[],"seconds":0.0,"missing_seconds":0.0,"estimated_tweets":0,"received_until":null}
        "#]]
        .assert_eq(&json(&known(&[], None)));
    }
}
