//! Finds segments that were deleted between two runs although their lines were not handled. Pure: no IO, no clock.

use jiff::Timestamp;

use crate::powertrack::span::Span;

/// When the lines were received that were in segments which are gone, oldest first.
///
/// `known` were there and not passed at the last commit, and `there` are there now, both sorted. The cursor's own segment is
/// missed by whoever reads it. Up to `received` everything was received and is told otherwise missing from then on, so the
/// end of the last gap is there.
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
        // All lines of a segment came before the next one was named.
        let next = there.iter().copied().find(|&other| other > segment);
        let to = next.and_then(named).or(received).unwrap_or(now).min(now);
        let from = match named(segment) {
            // The clock was ahead then, so nobody knows when it was.
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
            // The cursor's own, and those before it.
            (&[10, 20], &[], 20, None, &[]),
            (&[10, 20], &[], 0, None, &[(10, 99)]),
            // What is told as an outage is not told twice.
            (&[10, 20], &[10], 10, Some(15), &[]),
            (&[10, 20], &[10], 10, Some(50), &[(20, 50)]),
            // Of a clock that was ahead and is set back.
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
