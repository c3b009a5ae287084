//! Tests that old segments go, and that segments still to be read stay.

use std::time::Duration;

use proptest::prelude::*;

use super::{
    super::{Journal, Options, Over, Position, retention::Retained},
    made::{drain, files, numbered, options},
};

/// Writes one frame in each segment. The segments begin at 10 s, 10 s + 1 µs and so on, and hold lines from 1 s to 2 s.
fn journal(folder: &std::path::Path, frames: u64) -> (Journal, Vec<Position>) {
    let options = Options {
        segment_bytes: 1,
        ..options()
    };
    let (mut journal, _) = Journal::open(folder, options).unwrap();
    journal.clock = || 10_000_000;
    let ends = (0..frames)
        .map(|number| journal.append(&numbered(number)).unwrap())
        .collect();
    (journal, ends)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_still_to_be_read_stays_whatever_the_limits(
        keep in 0_usize..8,
        line in 0_u32..4,
        max_size in prop::option::of(0_u64..2000),
        max_age in prop::option::of(0_u64..20),
        now_ms in 0_i64..40_000,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, ends) = journal(folder.path(), 8);
        let keep_from = Position { line, ..Position::at(ends[keep].segment, 0) };
        let before = journal.size();
        let max_age = max_age.map(Duration::from_secs);
        let retained = journal.retain(max_age, max_size, keep_from, now_ms).unwrap();
        prop_assert!(retained.deleted.iter().all(|&segment| segment < keep_from.segment));
        prop_assert!(retained.deleted.is_sorted());
        prop_assert_eq!(journal.size() + retained.bytes, before);
        prop_assert_eq!(files(folder.path()).len(), 8 - retained.deleted.len());
        let kept = drain(&mut journal.follow(Some(keep_from)));
        prop_assert!(kept.damaged.is_empty());
        prop_assert_eq!(kept.lines().len(), (8 - keep) * 3 - line as usize);
        if let Some(max_size) = max_size {
            let size = journal.size();
            let is_over = size > max_size;
            prop_assert_eq!(retained.over, is_over.then_some(Over { size, max_size }));
            if is_over {
                prop_assert_eq!(retained.deleted.len(), keep);
            }
        } else {
            prop_assert_eq!(retained.over, None);
        }
    }
}

#[test]
fn a_segment_goes_when_its_last_line_is_old() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, ends) = journal(folder.path(), 3);
    let age = Some(Duration::from_secs(5));
    // The second segment was named at 10 s, so the first may hold lines up to that time.
    let retained = journal.retain(age, None, ends[2], 15_000).unwrap();
    assert_eq!(retained, Retained::default());
    let retained = journal.retain(age, None, ends[2], 15_001).unwrap();
    assert_eq!(retained.deleted, [ends[0].segment, ends[1].segment]);
}

#[test]
fn the_oldest_go_until_the_size_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, ends) = journal(folder.path(), 6);
    let half = journal.size() / 2;
    let retained = journal.retain(None, Some(half), journal.end(), 0).unwrap();
    assert_eq!(retained.over, None);
    assert!(journal.size() <= half);
    assert!(retained.deleted.len() < 6);
    // The last segment stays, however small the limit is. This also holds after a start.
    let beyond = Position::at(u64::MAX, 0);
    let retained = journal.retain(None, Some(0), beyond, 0).unwrap();
    assert!(retained.over.is_some());
    drop(journal);
    let (mut journal, _) = Journal::open(folder.path(), options()).unwrap();
    let retained = journal.retain(None, Some(0), beyond, 0).unwrap();
    assert!(retained.deleted.is_empty());
    assert_eq!(journal.end(), ends[5]);
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn a_segment_that_somebody_has_deleted_already_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, ends) = journal(folder.path(), 3);
    std::fs::remove_file(&files(folder.path())[0]).unwrap();
    let retained = journal.retain(None, Some(0), ends[2], 0).unwrap();
    assert_eq!(retained.deleted.len(), 2);
}
