//! What goes in comes out, here and with zstd's own tools.

use std::fs;

use proptest::prelude::*;

use super::{
    super::{Effort, Error, Journal, Options, Position, Source, error::Refused, limits::MAX_LINES},
    made::{batch, drain, files, lines_of, numbered, open, options, read_all, texts},
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_lines_come_back_from_memory_and_from_disk(
        frames in prop::collection::vec(prop::collection::vec("[^\n]{0,40}", 1..20), 1..12),
        tail_bytes in prop_oneof![Just(0), Just(2000), Just(1 << 20)],
        segment_bytes in 1_u64..2000,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { tail_bytes, segment_bytes, ..options() };
        let (mut journal, _) = Journal::open(folder.path(), options).unwrap();
        let mut follower = journal.follow(None);
        let mut ends = Vec::new();
        for lines in &frames {
            ends.push(journal.append(&batch(lines)).unwrap());
        }
        let all: Vec<String> = frames.concat();
        let followed = drain(&mut follower);
        prop_assert_eq!(&followed.lines(), &all);
        let frame_ends: Vec<_> = followed.frames.iter().map(|frame| frame.end()).collect();
        prop_assert_eq!(&frame_ends, &ends);
        prop_assert!(ends.is_sorted());
        prop_assert_eq!(journal.end(), *ends.last().unwrap());
        let size: u64 = files(folder.path()).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
        prop_assert_eq!(journal.size(), size);
        drop(journal);
        let mut plain = Vec::new();
        for file in files(folder.path()) {
            plain.extend(fs::read(file).unwrap());
        }
        let expected: String = all.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        let decoded = zstd::stream::decode_all(plain.as_slice()).unwrap();
        prop_assert_eq!(decoded, expected.as_bytes());
        prop_assert_eq!(read_all(folder.path()).lines(), all);
    }
}

#[test]
fn lines_may_be_compressed_small_or_fast() {
    let folder = tempfile::tempdir().unwrap();
    let text: Vec<_> = (0..300).flat_map(texts).collect();
    let mut journal = open(folder.path());
    let mut sizes = Vec::new();
    for effort in [Effort::Small, Effort::Fast] {
        let before = journal.size();
        let mut lines = batch(&text);
        lines.effort = effort;
        journal.append(&lines).unwrap();
        sizes.push(journal.size() - before);
    }
    assert!(sizes[0] < sizes[1], "{sizes:?}");
    drop(journal);
    let read = read_all(folder.path()).lines();
    assert_eq!((&read[..900], &read[900..]), (&text[..], &text[..]));
}

#[test]
fn what_is_known_of_a_frame_comes_back_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut written = batch(&["a", "", "ccc"]);
    written.ids = vec![u64::MAX, 0, 7];
    written.source = Source::Backfill;
    written.connection = 1 << 40;
    written.first_ms = -5;
    written.last_ms = 1_795_301_490_123;
    open(folder.path()).append(&written).unwrap();
    let followed = read_all(folder.path());
    let frame = &followed.frames[0];
    assert_eq!(lines_of(frame), ["a", "", "ccc"]);
    assert_eq!(frame.ids(), [u64::MAX, 0, 7]);
    let meta = frame.meta();
    assert_eq!((meta.source, meta.connection), (Source::Backfill, 1 << 40));
    assert_eq!((meta.first_ms, meta.last_ms), (-5, 1_795_301_490_123));
    assert_eq!((meta.lines, meta.raw_bytes), (3, 7));
}

#[test]
fn reading_goes_on_behind_any_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    for number in 0..3 {
        journal.append(&numbered(number)).unwrap();
    }
    let all = drain(&mut journal.follow(None));
    let lines = all.lines();
    let frames = all.frames.iter();
    let positions: Vec<Position> = frames
        .flat_map(|frame| (0..3).map(|k| frame.after(k)))
        .collect();
    assert!(positions.is_sorted());
    for (done, &position) in positions.iter().enumerate() {
        let rest = drain(&mut journal.follow(Some(position)));
        assert_eq!(rest.lines(), lines[done..], "{position}");
        let first = &rest.frames[0];
        assert_eq!(first.start(), position);
        assert_eq!(first.ids().len(), first.lines().len());
        assert_eq!(first.after(first.lines().len()), first.end());
    }
    // If all lines of a frame are done, the next frame comes. Both ways to say that work.
    let mut said = positions[0];
    said.line = 3;
    assert_eq!(drain(&mut journal.follow(Some(said))).lines(), lines[3..]);
    assert_eq!(
        drain(&mut journal.follow(Some(journal.end()))).lines(),
        [""; 0]
    );
}

#[test]
fn each_start_opens_a_new_segment_and_leaves_no_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    assert_eq!(files(folder.path()).len(), 0);
    for number in 0..3 {
        let mut journal = open(folder.path());
        journal.append(&batch::<&str>(&[])).unwrap();
        journal.append(&numbered(number)).unwrap();
    }
    assert_eq!(files(folder.path()).len(), 3);
    let expected: Vec<_> = (0..3).flat_map(texts).collect();
    assert_eq!(read_all(folder.path()).lines(), expected);
}

#[test]
fn a_segment_is_closed_at_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let segment_bytes = 1000;
    let options = Options {
        segment_bytes,
        ..options()
    };
    let (mut journal, _) = Journal::open(folder.path(), options).unwrap();
    for number in 0..50 {
        journal.append(&numbered(number)).unwrap();
    }
    let lengths = files(folder.path())
        .into_iter()
        .map(|file| fs::metadata(file).unwrap().len());
    let lengths: Vec<_> = lengths.collect();
    assert!(lengths.len() > 5, "{lengths:?}");
    assert!(
        lengths.iter().all(|&length| length <= segment_bytes),
        "{lengths:?}"
    );
}

#[test]
fn names_grow_when_the_clock_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut last = Position::START;
    let clocks: [fn() -> u64; 4] = [|| 9_000_000, || 9_000_000, || 5, || 10_000_000];
    for clock in clocks {
        let mut journal = open(folder.path());
        journal.clock = clock;
        let position = journal.append(&numbered(0)).unwrap();
        assert!(position.segment > last.segment, "{position} after {last}");
        last = position;
    }
    let names = files(folder.path())
        .into_iter()
        .map(|path| path.file_name().unwrap().to_owned());
    assert_eq!(
        names.collect::<Vec<_>>(),
        [
            "19700101T000009.000000Z.zst",
            "19700101T000009.000001Z.zst",
            "19700101T000009.000002Z.zst",
            "19700101T000010.000000Z.zst",
        ]
    );
}

#[test]
fn a_segment_is_named_later_than_all_lines_before_it() {
    let folder = tempfile::tempdir().unwrap();
    for (last_ms, segment) in [(7_000, 5_000_000), (0, 7_001_000)] {
        let mut journal = open(folder.path());
        journal.clock = || 5_000_000;
        let mut lines = numbered(0);
        lines.last_ms = last_ms;
        assert_eq!(journal.append(&lines).unwrap().segment, segment);
    }
}

#[test]
fn what_can_be_no_frame_is_refused_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    let mut refused = |batch| match journal.append(&batch).unwrap_err() {
        Error::Refused { reason, .. } => reason,
        other => panic!("{other}"),
    };
    assert_eq!(refused(batch(&["a", "b\nc"])), Refused::Delimiter(1));
    let mut without = batch(&["a", "b"]);
    without.ids.pop();
    assert_eq!(refused(without), Refused::Ids { lines: 2, ids: 1 });
    let many = vec![""; MAX_LINES + 1];
    assert_eq!(refused(batch(&many)), Refused::TooMany(many.len()));
    let large = vec!["x".repeat(1 << 20); 64];
    let bytes = 64 * ((1 << 20) + 1);
    assert_eq!(refused(batch(&large)), Refused::TooLarge(bytes));
    journal.append(&batch(&many[1..])).unwrap();
    journal.append(&numbered(1)).unwrap();
    drop(journal);
    assert_eq!(read_all(folder.path()).lines().len(), MAX_LINES + 3);
}
