//! What `ouzel gaps` prints.

use std::{fmt::Write as _, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use crate::{
    plain,
    status::{counted, short, thousands},
    store::{Gap, GapState},
};

/// The gaps as a table for people, with what they come to.
pub(super) fn table(gaps: &[Gap]) -> String {
    table_in(gaps, &TimeZone::system())
}

fn table_in(gaps: &[Gap], zone: &TimeZone) -> String {
    if gaps.is_empty() {
        return "no outage is written down: nothing is missing\n".to_owned();
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
    let rows: Vec<_> = gaps.iter().map(|gap| row(gap, zone)).collect();
    let mut widths = header.map(|name| name.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = line(&header.map(str::to_owned), &widths);
    for (gap, row) in gaps.iter().zip(&rows) {
        text += &line(row, &widths);
        // What a service says may have lines.
        let detail = gap.detail.replace('\n', "; ");
        let detail = plain::line(&detail);
        if let Some((from, to)) = gap.missing {
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
    text += &totals(gaps);
    text
}

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

fn line(cells: &[String; 8], widths: &[usize; 8]) -> String {
    let mut text = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let _ = write!(text, "{cell:width$}  ");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A database may hold anything, so that no sum is too large.
fn sum(gaps: &[Gap], length: fn(&Gap) -> Duration) -> Duration {
    let lengths = gaps.iter().map(length);
    lengths.fold(Duration::ZERO, Duration::saturating_add)
}

fn totals(gaps: &[Gap]) -> String {
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
        return text + "nothing is missing\n";
    }
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
        return text;
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
    text
}

#[derive(Serialize)]
struct Listed<'a> {
    id: i64,
    started_at: String,
    ended_at: String,
    seconds: f64,
    cause: &'a str,
    repair: &'a str,
    state: &'a str,
    missing_from: Option<String>,
    missing_to: Option<String>,
    missing_seconds: f64,
    estimated_tweets: Option<u64>,
    detail: &'a str,
}

#[derive(Serialize)]
struct Whole<'a> {
    gaps: Vec<Listed<'a>>,
    seconds: f64,
    missing_seconds: f64,
    estimated_tweets: u64,
}

impl<'a> From<&'a Gap> for Listed<'a> {
    fn from(gap: &'a Gap) -> Self {
        let time = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
        let (from, to) = gap.missing.unzip();
        Self {
            id: gap.id,
            started_at: time(gap.started_at),
            ended_at: time(gap.ended_at),
            seconds: gap.length.as_secs_f64(),
            cause: &gap.cause,
            repair: gap.repair.name(),
            state: gap.state.name(),
            missing_from: from.map(time),
            missing_to: to.map(time),
            missing_seconds: gap.missing_length.as_secs_f64(),
            estimated_tweets: gap.estimated_tweets,
            detail: &gap.detail,
        }
    }
}

/// The same as JSON, for programs.
pub(super) fn json(gaps: &[Gap]) -> String {
    let whole = Whole {
        seconds: sum(gaps, |gap| gap.length).as_secs_f64(),
        missing_seconds: sum(gaps, |gap| gap.missing_length).as_secs_f64(),
        estimated_tweets: gaps.iter().filter_map(|gap| gap.estimated_tweets).sum(),
        gaps: gaps.iter().map(Listed::from).collect(),
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
        "#]].assert_eq(&table_in(&gaps(), &zone));
        expect![[r#"
            began (UTC)           began here                  for    cause   state     repaired by  missing  Tweets
            2026-11-21 20:00:00Z  2026-11-21 22:00:00 +02:00  1.5 s  broken  repaired  backfill     -        -

            1 outage of 1.5 s together, 1 repaired
            nothing is missing
        "#]].assert_eq(&table_in(&gaps()[..1], &zone));
        expect![[r#"
            no outage is written down: nothing is missing
        "#]]
        .assert_eq(&table_in(&[], &zone));
    }

    #[test]
    fn programs_get_them_as_json() {
        expect![[r#"
            {"gaps":[{"id":1,"started_at":"2026-11-21T20:00:00.500Z","ended_at":"2026-11-21T20:00:02.000Z","seconds":1.5,"cause":"broken","repair":"backfill","state":"repaired","missing_from":null,"missing_to":null,"missing_seconds":0.0,"estimated_tweets":null,"detail":""},{"id":2,"started_at":"2026-11-21T23:30:00.000Z","ended_at":"2026-11-21T23:45:00.000Z","seconds":900.0,"cause":"restart","repair":"backfill","state":"open","missing_from":"2026-11-21T23:30:00.000Z","missing_to":"2026-11-21T23:40:05.000Z","missing_seconds":605.0,"estimated_tweets":12100,"detail":"neither Recovery nor Replay is configured"}],"seconds":901.5,"missing_seconds":605.0,"estimated_tweets":12100}
        "#]].assert_eq(&json(&gaps()));
        expect![[r#"
            {"gaps":[],"seconds":0.0,"missing_seconds":0.0,"estimated_tweets":0}
        "#]]
        .assert_eq(&json(&[]));
    }
}
