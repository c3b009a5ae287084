//! Decides what the ledger says of an outage, at first and after a job. Pure: no IO, no clock.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::{
    powertrack::{
        Cause,
        job::Brought,
        line::Dropped,
        outage::{Means, Outage, Product, choose, span::Span},
    },
    store::{Gap, GapState, Repair},
};

/// No product brings back Tweets older than this [reference 2.12].
const OLDEST: SignedDuration = SignedDuration::from_hours(5 * 24);

/// The row of an outage of which nothing is missing.
pub(super) fn of_outage(id: i64, outage: &Outage) -> Gap {
    Gap {
        id,
        started_at: outage.started_at,
        ended_at: outage.ended_at,
        length: outage.length,
        cause: outage.cause.name().to_owned(),
        repair: Repair::None,
        state: GapState::Repaired,
        missing: None,
        missing_length: Duration::ZERO,
        estimated_tweets: None,
        detail: String::new(),
        unsettled: None,
    }
}

/// The row of an outage, and the job that can repair it.
pub(super) fn at_first(
    id: i64,
    outage: &Outage,
    now: Timestamp,
    means: Means,
) -> (Gap, Option<(Product, Span)>) {
    let backfill = match outage.backfill_minutes {
        0 => Repair::None,
        _ => Repair::Backfill,
    };
    let gap = Gap {
        repair: backfill,
        ..of_outage(id, outage)
    };
    let Some(missing) = outage.missing() else {
        return (gap, None);
    };
    let gap = with_missing(gap, vec![missing]);
    match choose(missing, now, means) {
        Some((product, span)) => {
            let detail = format!("asked for by {}", product.name());
            let gap = Gap {
                state: GapState::Open,
                detail,
                ..gap
            };
            (gap, Some((product, span)))
        }
        None => (not_any_more(gap, now, means), None),
    }
}

/// Lines that were too long share one gap if they come this soon after each other, so that people can read the ledger.
const SOON: SignedDuration = SignedDuration::from_hours(1);

/// The shortest length of a gap, because a gap of no length would not be shown.
const SHORTEST: Duration = Duration::from_millis(1);

/// Whether lines that were too long in this time belong to an earlier gap of such lines.
pub(super) fn is_soon_after(gap: &Gap, span: Span) -> bool {
    span.from.duration_since(gap.ended_at) < SOON
}

/// The row for lines that were too long. It adds to an earlier row, if there is one. The lines are lost: if they were
/// asked for again, they would be too long again.
pub(super) fn too_long(earlier: Option<&Gap>, dropped: Dropped, span: Span) -> Gap {
    let lines = earlier.and_then(|gap| gap.estimated_tweets).unwrap_or(0) + dropped.lines;
    let from = earlier.map_or(span.from, |gap| gap.started_at);
    let to = span.to.max(from);
    let is_or_are = match lines {
        1 => "a line was",
        _ => "lines were",
    };
    Gap {
        id: 0,
        started_at: from,
        ended_at: to,
        length: Span { from, to }.length(),
        cause: Cause::OverLong.name().to_owned(),
        repair: Repair::None,
        state: GapState::Lost,
        missing: Some((from, to)),
        missing_length: earlier.map_or(Duration::ZERO, |gap| gap.missing_length)
            + Span {
                from: span.from,
                to: span.to.max(span.from),
            }
            .length()
            .max(SHORTEST),
        estimated_tweets: Some(lines),
        detail: format!(
            "{is_or_are} longer than `max_line`, the last of {} bytes, and dropped; with a higher `max_line` such Tweets come through",
            dropped.longest
        ),
        unsettled: None,
    }
}

/// From which time on an outage that goes on is outside the gap that a job works on. The job brings what is missing in
/// that gap. It does not bring what backfill was to bring, and that may not have come.
pub(super) fn rest_from(gap: &Gap) -> Timestamp {
    gap.missing.map_or(gap.ended_at, |(_, to)| to)
}

/// The part of an outage after a time.
pub(super) fn rest(outage: Outage, from: Timestamp) -> Outage {
    Outage {
        started_at: from,
        length: Span {
            from,
            to: outage.ended_at,
        }
        .length(),
        queued: Duration::ZERO,
        ..outage
    }
}

/// A gap for which no product can be asked now.
pub(super) fn not_any_more(gap: Gap, now: Timestamp, means: Means) -> Gap {
    let is_gone = gap
        .missing
        .is_some_and(|(_, to)| now.duration_since(to) > OLDEST);
    let (detail, state) = match (is_gone, means.recovery, means.replay) {
        (true, _, _) => ("nothing brings it again after five days", GapState::Lost),
        (_, false, false) => ("neither Recovery nor Replay is configured", GapState::Open),
        (_, true, _) => ("Recovery reaches back 24 hours only", GapState::Open),
        (_, _, true) => ("Replay reaches back five days only", GapState::Lost),
    };
    let state = match gap.state {
        GapState::Partly => GapState::Partly,
        _ => state,
    };
    Gap {
        state,
        detail: detail.to_owned(),
        ..gap
    }
}

/// The row of a gap after a job for a part of it.
pub(super) fn after(gap: Gap, product: Product, asked: Span, brought: &Brought) -> Gap {
    let Some((from, to)) = gap.missing else {
        return gap;
    };
    let was_missing = gap.missing_length;
    // The job may not have reached that far back.
    let before = Span {
        from,
        to: asked.from,
    };
    let mut missing = vec![before];
    missing.extend(brought.missing.iter().copied());
    let behind = Span { from: asked.to, to };
    missing.push(behind);
    missing.retain(|span| span.from < span.to);
    let gap = with_missing(gap, missing);
    let gap = Gap {
        estimated_tweets: gap.estimated_tweets.map(|tweets| {
            let share =
                gap.missing_length.as_secs_f64() / was_missing.as_secs_f64().max(f64::EPSILON);
            (tweets as f64 * share.min(1.0)).round() as u64
        }),
        ..gap
    };
    let has_brought = gap.missing_length < was_missing || brought.lines > 0;
    let (state, repair) = match gap.missing {
        // Dropped lines are missing, wherever they belong.
        None if brought.over_long > 0 => (GapState::Partly, product.into()),
        None => (GapState::Repaired, product.into()),
        Some(_) if brought.is_interrupted => (GapState::Open, product.into()),
        Some(_) if has_brought => (GapState::Partly, product.into()),
        // The cause of the failure may pass.
        Some(_) => (gap.state, gap.repair),
    };
    Gap {
        state,
        repair,
        detail: match &brought.trouble {
            Some(trouble) => trouble.clone(),
            None if brought.over_long > 0 && gap.missing.is_none() => {
                "lines came that were longer than `max_line`, and were dropped".to_owned()
            }
            None if gap.missing.is_some() => {
                format!("{} does not reach back so far", product.name())
            }
            None => String::new(),
        },
        ..gap
    }
}

pub(super) fn with_missing(gap: Gap, parts: Vec<Span>) -> Gap {
    let from = parts.iter().map(|part| part.from).min();
    let to = parts.iter().map(|part| part.to).max();
    Gap {
        missing: from.zip(to),
        missing_length: parts.iter().map(Span::length).sum(),
        ..gap
    }
}

#[cfg(test)]
pub(super) mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    pub(in crate::outage) fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(100 * 24 * 3600 + secs).expect("a time")
    }

    fn span(from: i64, to: i64) -> Span {
        Span {
            from: at(from),
            to: at(to),
        }
    }

    pub(in crate::outage) fn outage(secs: i64, minutes: u8) -> Outage {
        Outage {
            number: 1,
            cause: Cause::Broken,
            started_at: at(0),
            ended_at: at(secs),
            length: Duration::from_secs(secs.unsigned_abs()),
            backfill_minutes: minutes,
            queued: Duration::ZERO,
        }
    }

    pub(in crate::outage) fn told(gap: &Gap, job: Option<(Product, Span)>) -> String {
        let secs = |time: Timestamp| time.as_second() - at(0).as_second();
        let mut text = format!("{} by {}", gap.state.name(), gap.repair.name());
        if let Some((from, to)) = gap.missing {
            text += &format!(
                ", missing {} s in {} to {}: {}",
                gap.missing_length.as_secs(),
                secs(from),
                secs(to),
                gap.detail
            );
        }
        if let Some((product, span)) = job {
            text += &format!(
                "; {} for {} to {}",
                product.name(),
                secs(span.from),
                secs(span.to)
            );
        }
        text
    }

    #[test]
    fn an_outage_is_repaired_by_backfill_or_takes_a_job_or_stays_open() {
        let means = |recovery, replay| Means { recovery, replay };
        let check = |outage: Outage, means, expected: Expect| {
            let (gap, job) = at_first(7, &outage, outage.ended_at, means);
            expected.assert_eq(&told(&gap, job));
        };
        check(
            outage(60, 2),
            means(true, true),
            expect!["repaired by backfill"],
        );
        check(
            outage(1200, 5),
            means(true, true),
            expect![
                "open by backfill, missing 905 s in 0 to 905: asked for by recovery; recovery for 0 to 905"
            ],
        );
        check(
            outage(1200, 0),
            means(false, true),
            expect![
                "open by none, missing 1200 s in 0 to 1200: asked for by replay; replay for 0 to 1200"
            ],
        );
        check(
            outage(1200, 5),
            means(false, false),
            expect![
                "open by backfill, missing 905 s in 0 to 905: neither Recovery nor Replay is configured"
            ],
        );
        check(
            outage(1200, 0),
            means(false, false),
            expect![
                "open by none, missing 1200 s in 0 to 1200: neither Recovery nor Replay is configured"
            ],
        );
        check(
            outage(2 * 24 * 3600, 5),
            means(true, false),
            expect![
                "open by backfill, missing 172505 s in 0 to 172505: asked for by recovery; recovery for 86580 to 172505"
            ],
        );
        check(
            outage(2 * 24 * 3600, 5),
            means(true, true),
            expect![
                "open by backfill, missing 172505 s in 0 to 172505: asked for by replay; replay for 0 to 172505"
            ],
        );
    }

    #[test]
    fn of_an_outage_that_goes_on_a_job_leaves_what_backfill_was_to_bring() {
        let means = Means {
            recovery: true,
            replay: false,
        };
        let (gap, _) = at_first(7, &outage(1200, 5), at(1200), means);
        let again = Outage {
            cause: Cause::FullBuffer,
            queued: Duration::from_secs(60),
            ..outage(1210, 0)
        };
        let (gap, job) = at_first(8, &rest(again, rest_from(&gap)), at(1210), means);
        expect![
            "open by none, missing 305 s in 905 to 1210: asked for by recovery; recovery for 905 to 1210"
        ]
        .assert_eq(&told(&gap, job));
    }

    #[test]
    fn what_nothing_reaches_any_more_is_lost() {
        let (gap, _) = at_first(7, &outage(1200, 0), at(1200), Means::default());
        let later = at(6 * 24 * 3600);
        expect![
            "lost by none, missing 1200 s in 0 to 1200: nothing brings it again after five days"
        ]
        .assert_eq(&told(
            &not_any_more(gap.clone(), later, Means::default()),
            None,
        ));
        let partly = Gap {
            state: GapState::Partly,
            ..gap
        };
        expect![
            "partly by none, missing 1200 s in 0 to 1200: nothing brings it again after five days"
        ]
        .assert_eq(&told(&not_any_more(partly, later, Means::default()), None));
    }

    #[test]
    fn lines_that_were_too_long_are_lost_and_of_one_gap_if_they_come_together() {
        let dropped = |lines, longest| Dropped { lines, longest };
        let first = too_long(None, dropped(1, 2_000_000), span(10, 11));
        expect!["lost by none, missing 1 s in 10 to 11: a line was longer than `max_line`, the last of 2000000 bytes, and dropped; with a higher `max_line` such Tweets come through"]
            .assert_eq(&told(&first, None));
        assert!(is_soon_after(&first, span(3_610, 3_611)));
        assert!(!is_soon_after(&first, span(3_611, 3_611)));
        let second = too_long(Some(&first), dropped(2, 3_000_000), span(70, 70));
        assert_eq!(second.estimated_tweets, Some(3));
        expect!["lost by none, missing 1 s in 10 to 70: lines were longer than `max_line`, the last of 3000000 bytes, and dropped; with a higher `max_line` such Tweets come through"]
            .assert_eq(&told(&second, None));
    }

    #[test]
    fn a_job_that_had_to_drop_lines_has_not_repaired_everything() {
        let means = Means {
            recovery: true,
            replay: false,
        };
        let (gap, _) = at_first(7, &outage(1200, 0), at(1200), means);
        let brought = Brought {
            over_long: 1,
            ..Brought::default()
        };
        let gap = after(gap, Product::Recovery, span(0, 1200), &brought);
        assert_eq!((gap.state, gap.missing), (GapState::Partly, None));
        assert_eq!(
            gap.detail,
            "lines came that were longer than `max_line`, and were dropped"
        );
    }

    #[test]
    fn a_job_leaves_what_it_has_not_brought() {
        let (gap, _) = at_first(
            7,
            &outage(1200, 0),
            at(1200),
            Means {
                recovery: true,
                replay: false,
            },
        );
        let check = |asked, missing: &[Span], lines, expected: Expect| {
            let brought = Brought {
                missing: missing.to_vec(),
                lines,
                over_long: 0,
                requests: 1,
                is_interrupted: false,
                trouble: (!missing.is_empty()).then(|| "no".to_owned()),
            };
            let gap = after(gap.clone(), Product::Recovery, asked, &brought);
            expected.assert_eq(&told(&gap, None));
        };
        check(span(0, 1200), &[], 50, expect!["repaired by recovery"]);
        check(
            span(0, 1200),
            &[span(60, 120), span(600, 660)],
            50,
            expect!["partly by recovery, missing 120 s in 60 to 660: no"],
        );
        check(
            span(0, 1200),
            &[span(0, 1200)],
            0,
            expect!["open by none, missing 1200 s in 0 to 1200: no"],
        );
        check(
            span(300, 1200),
            &[],
            0,
            expect![
                "partly by recovery, missing 300 s in 0 to 300: recovery does not reach back so far"
            ],
        );
    }
}
