//! Finds segments that were deleted between two runs although their lines were not handled. Pure: no IO, no clock.

use jiff::Timestamp;

use crate::powertrack::outage::span::Span;

/// When the lost lines were received, oldest first. Lines are lost if their segment is gone although it was not passed.
///
/// `known` are the segments that were there at the last commit and not passed; `there` are the segments that are there
/// now. Both are sorted. The cursor's own segment is left out: the code that reads it notices if it is missing.
/// Everything was received up to `received`; from then on the time counts as missing anyway, as an outage. So the last
/// gap ends there.
pub(super) fn lost(
    known: &[u64],
    there: &[u64],
    cursor: u64,
    received: Option<Timestamp>,
    now: Timestamp,
) -> Vec<Span> {
    let named = |segment: u64| {
        let micros = i64::try_from(segment).ok()?;
        Timestamp::from_microsecond(micros).ok()
    };
    let mut spans: Vec<Span> = Vec::new();
    for &segment in known {
        if segment <= cursor || there.binary_search(&segment).is_ok() {
            continue;
        }
        // All lines of a segment came before the next segment got its name.
        let next = there.iter().copied().find(|&other| other > segment);
        let to = next.and_then(named).or(received).unwrap_or(now).min(now);
        let from = match named(segment) {
            // The clock was ahead when the segment got its name, so nobody knows the real time.
            Some(from) if from > now => now,
            Some(from) if from < to => from,
            _ => continue,
        };
        let to = to.max(from);
        match spans.last() {
            Some(last) if from < last.to || to <= last.to => {}
            _ => spans.push(Span { from, to }),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_missed_up_to_the_next_that_is_there() {
        let at = |micros: i64| Timestamp::from_microsecond(micros).expect("a time");
        type Case<'a> = (&'a [u64], &'a [u64], u64, Option<i64>, &'a [(i64, i64)]);
        let cases: [Case<'_>; 11] = [
            (&[10, 20, 30], &[10, 20, 30, 40], 10, None, &[]),
            (&[10, 20, 30], &[10, 30], 10, None, &[(20, 30)]),
            (&[10, 20, 30, 40], &[10, 40], 10, None, &[(20, 40)]),
            (
                &[10, 20, 30, 40],
                &[10, 30],
                10,
                None,
                &[(20, 30), (40, 99)],
            ),
            // The cursor's own segment and those before it do not count.
            (&[10, 20], &[], 20, None, &[]),
            (&[10, 20], &[], 0, None, &[(10, 99)]),
            // Time that counts as an outage already does not count twice.
            (&[10, 20], &[10], 10, Some(15), &[]),
            (&[10, 20], &[10], 10, Some(50), &[(20, 50)]),
            // These segments got their names while the clock was ahead; it has been set back since.
            (&[10, 200, 300], &[10], 10, Some(50), &[(99, 99)]),
            (&[10, 20, 300], &[10], 10, None, &[(20, 99)]),
            (&[10, 20], &[10, 300], 10, None, &[(20, 99)]),
        ];
        for (known, there, cursor, received, expected) in cases {
            let spans = lost(known, there, cursor, received.map(at), at(99));
            let spans: Vec<_> = spans
                .iter()
                .map(|span| (span.from.as_microsecond(), span.to.as_microsecond()))
                .collect();
            assert_eq!(spans, expected, "{known:?} {there:?} {cursor}");
        }
    }
}
