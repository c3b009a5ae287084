//! Rows of outages that go on, or whose repair is still on its way. Pure: no IO, no clock.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::verdict::{of_outage, with_missing};
use crate::{
    powertrack::{
        Cause,
        outage::{Outage, span::Span},
    },
    store::{Gap, GapState, Unsettled},
};

/// The row of an outage that goes on.
pub(super) fn away(id: i64, outage: &Outage) -> Gap {
    let gap = Gap {
        state: GapState::Open,
        detail: "the stream is away; on connecting again it is known what can be had of that"
            .to_owned(),
        unsettled: Some(Unsettled::Away),
        ..of_outage(id, outage)
    };
    with_missing(gap, vec![outage.span()])
}

/// The part of an outage that backfill is asked for.
pub(super) fn by_backfill(outage: &Outage) -> Option<Span> {
    let Span { from, to } = outage.span();
    let from = outage.missing().map_or(from, |missing| missing.to);
    (from < to && outage.backfill_minutes > 0).then_some(Span { from, to })
}

const ON_ITS_WAY: &str = "what backfill is asked for may not have come yet";

/// The row as people read it until the backfill has come: all of the outage may be missing.
pub(super) fn with_backfill(gap: Gap, span: Span) -> Gap {
    let detail = match gap.detail.is_empty() {
        true => ON_ITS_WAY.to_owned(),
        false => format!("{}; {ON_ITS_WAY}", gap.detail),
    };
    Gap {
        state: match gap.state {
            GapState::Repaired => GapState::Open,
            state => state,
        },
        missing: Some((
            gap.missing
                .map_or(span.from, |(from, _)| from.min(span.from)),
            span.to,
        )),
        missing_length: gap.missing_length + span.length(),
        detail,
        unsettled: Some(Unsettled::Backfill(span.from)),
        ..gap
    }
}

/// Settles a row that an earlier run left unsettled. `restarted_from` is where that run had everything: the outage
/// before this start began there, and it has a row of its own.
pub(super) fn settled_at_start(gap: Gap, restarted_from: Timestamp) -> Gap {
    let (Some((from, to)), Some(unsettled)) = (gap.missing, gap.unsettled) else {
        return gap;
    };
    let gap = Gap {
        unsettled: None,
        ..gap
    };
    match unsettled {
        // The outage ended with a connection. Nothing more is known of that connection.
        Unsettled::Away => {
            let to = restarted_from.max(from);
            let ended_at = to.max(gap.started_at);
            let length = Span {
                from: gap.started_at,
                to: ended_at,
            }
            .length();
            let detail = "the run ended just as the stream came back".to_owned();
            let gap = Gap {
                ended_at,
                length,
                detail,
                ..gap
            };
            match from < to {
                true => with_missing(gap, vec![Span { from, to }]),
                false => Gap {
                    state: GapState::Repaired,
                    missing: None,
                    missing_length: Duration::ZERO,
                    detail: "all of it is in the outage that follows".to_owned(),
                    ..gap
                },
            }
        }
        // The backfill has come, or it is a part of the other outage.
        Unsettled::Backfill(since) => {
            let brought = Span {
                from: since.max(from),
                to,
            }
            .length();
            let missing_length = gap.missing_length.saturating_sub(brought);
            let missing = Some((from, to.min(since))).filter(|_| !missing_length.is_zero());
            let state = match (missing, gap.state) {
                (None, GapState::Open) => GapState::Repaired,
                (_, state) => state,
            };
            let detail = gap.detail.strip_suffix(ON_ITS_WAY).unwrap_or(&gap.detail);
            let detail = detail.trim_end_matches("; ").to_owned();
            Gap {
                missing,
                missing_length,
                state,
                detail,
                ..gap
            }
        }
    }
}

/// Two readings of a correct clock differ by less than this.
const AHEAD: SignedDuration = SignedDuration::from_secs(5);

/// Corrects a restart that is too long because the clock was ahead. The outage ended by `now` at the latest, and
/// backfill has brought just as much of its end. `None` if nothing is wrong with it.
pub(super) fn not_ahead(gap: &Gap, now: Timestamp, ended: Timestamp) -> Option<Gap> {
    let is_ahead = gap.ended_at.duration_since(now) > AHEAD && gap.started_at <= now;
    if gap.cause != Cause::Restart.name() || !is_ahead || gap.unsettled.is_some() {
        return None;
    }
    let ended_at = ended.max(gap.started_at);
    let too_long = gap.ended_at.duration_since(ended_at);
    let detail =
        "the clock was ahead when this was written down; it ended by then at the latest".to_owned();
    let cut = Gap {
        ended_at,
        length: Span {
            from: gap.started_at,
            to: ended_at,
        }
        .length(),
        detail,
        ..gap.clone()
    };
    let missing = gap.missing.map(|(from, to)| Span {
        from,
        to: to.checked_sub(too_long).unwrap_or(from),
    });
    let missing = missing.filter(|span| span.from < span.to);
    let cut = with_missing(cut, missing.into_iter().collect());
    let state = match (cut.missing, gap.state) {
        (None, _) => GapState::Repaired,
        (Some(_), GapState::Lost) => GapState::Open,
        (Some(_), state) => state,
    };
    Some(Gap {
        state,
        missing_length: cut.missing_length.min(gap.missing_length),
        ..cut
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{
        super::verdict::{
            at_first,
            tests::{at, outage, told},
        },
        *,
    };
    use crate::powertrack::outage::Means;

    #[test]
    fn until_backfill_has_come_what_it_is_asked_for_may_be_missing() {
        let check = |outage: Outage, from, expected: Expect| {
            let means = Means::default();
            let (gap, _) = at_first(7, &outage, outage.ended_at, means);
            let span = by_backfill(&outage).expect("backfill was asked for");
            let row = with_backfill(gap.clone(), span);
            let later = settled_at_start(row.clone(), at(from));
            // Whatever the next run reports, the row is the same as without backfill on its way.
            assert_eq!(later, gap);
            expected.assert_eq(&told(&row, None));
        };
        check(
            outage(60, 2),
            0,
            expect![
                "open by backfill, missing 60 s in 0 to 60: what backfill is asked for may not have come yet"
            ],
        );
        check(
            outage(60, 2),
            100,
            expect![
                "open by backfill, missing 60 s in 0 to 60: what backfill is asked for may not have come yet"
            ],
        );
        check(
            outage(1200, 5),
            900,
            expect![
                "open by backfill, missing 1200 s in 0 to 1200: neither Recovery nor Replay is configured; what backfill is asked for may not have come yet"
            ],
        );
        for outage in [outage(60, 0), outage(1200, 0)] {
            assert_eq!(by_backfill(&outage), None);
        }
        let full = Outage {
            cause: Cause::FullBuffer,
            ..outage(60, 5)
        };
        assert_eq!(by_backfill(&full), None);
    }

    #[test]
    fn an_outage_that_a_run_has_left_open_ends_where_the_next_one_counts_from_at_the_latest() {
        let row = away(7, &outage(60, 0));
        expect!["open by none, missing 60 s in 0 to 60: the stream is away; on connecting again it is known what can be had of that"].assert_eq(&told(&row, None));
        for (from, expected) in [
            (0, expect!["repaired by none"]),
            (
                90,
                expect![
                    "open by none, missing 90 s in 0 to 90: the run ended just as the stream came back"
                ],
            ),
        ] {
            let settled = settled_at_start(row.clone(), at(from));
            assert_eq!(settled.unsettled, None);
            expected.assert_eq(&told(&settled, None));
        }
    }

    #[test]
    fn a_restart_that_a_clock_ahead_has_made_too_long_is_cut() {
        let day = 24 * 3600;
        let check = |minutes, now, ended, expected: Expect| {
            let restart = Outage {
                cause: Cause::Restart,
                ..outage(day, minutes)
            };
            let (gap, _) = at_first(7, &restart, at(day), Means::default());
            let cut = not_ahead(&gap, at(now), at(ended));
            expected.assert_eq(&cut.map_or_else(|| "as it was".to_owned(), |gap| told(&gap, None)));
        };
        check(
            0,
            120,
            120,
            expect![
                "open by none, missing 120 s in 0 to 120: the clock was ahead when this was written down; it ended by then at the latest"
            ],
        );
        check(
            0,
            120,
            100,
            expect![
                "open by none, missing 100 s in 0 to 100: the clock was ahead when this was written down; it ended by then at the latest"
            ],
        );
        check(5, 120, 120, expect!["repaired by backfill"]);
        check(
            5,
            1000,
            1000,
            expect![
                "open by backfill, missing 705 s in 0 to 705: the clock was ahead when this was written down; it ended by then at the latest"
            ],
        );
        check(5, day, day, expect!["as it was"]);
        check(5, day - 4, day - 4, expect!["as it was"]);
        check(5, -1, -1, expect!["as it was"]);
        let (broken, _) = at_first(7, &outage(day, 0), at(day), Means::default());
        assert_eq!(not_ahead(&broken, at(120), at(120)), None);
    }
}
