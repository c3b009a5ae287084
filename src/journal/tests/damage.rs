//! Tests damage: bytes change, files are cut or vanish. The frame is lost and reported, and all others are read.

use std::fs;

use proptest::prelude::*;

use super::{
    super::{Damage, Damaged, Journal, Options, Position, Read, Reader},
    made::{drain, files, lines_of, numbered, open, options, read_all, segment, texts},
};

/// Changes a segment that is not the last one, and reads everything.
fn read_changed(
    change: impl FnOnce(&mut Vec<u8>, &[u64]),
) -> (Vec<u64>, Vec<Vec<String>>, Vec<Damaged>) {
    let folder = tempfile::tempdir().unwrap();
    let (path, ends) = segment(folder.path(), 5);
    open(folder.path()).append(&numbered(5)).unwrap();
    let mut content = fs::read(&path).unwrap();
    change(&mut content, &ends);
    fs::write(&path, content).unwrap();
    let mut followed = read_all(folder.path());
    // A reader of the folder sees the same.
    let mut read = (Vec::new(), Vec::new());
    for next in Reader::open(folder.path(), None, None).unwrap() {
        match next.unwrap() {
            Read::Frame(frame) => read.0.extend(lines_of(&frame)),
            Read::Damaged(damaged) => read.1.push(damaged),
        }
    }
    assert_eq!(read.0, followed.lines());
    // But the reader does not look ahead for the next time.
    for damaged in &mut followed.damaged {
        damaged.next_ms = None;
    }
    assert_eq!(read.1, followed.damaged);
    let frames = followed.lines().chunks(3).map(<[String]>::to_vec).collect();
    (ends, frames, followed.damaged)
}

fn all_but(lost: impl Fn(u64) -> bool) -> Vec<Vec<String>> {
    (0..6).filter(|&frame| !lost(frame)).map(texts).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_changed_byte_costs_its_frame_only(at in any::<prop::sample::Index>(), mask in 1..=255_u8) {
        let mut changed = 0;
        let (ends, frames, damaged) = read_changed(|content, _| {
            changed = at.index(content.len());
            content[changed] ^= mask;
        });
        let lost = ends.iter().filter(|&&end| end <= changed as u64).count();
        if damaged.is_empty() {
            // The changed bit has no meaning. zstd has such a bit.
            prop_assert_eq!(frames, all_but(|_| false));
        } else {
            prop_assert_eq!(frames, all_but(|frame| frame == lost as u64));
            let start = if lost == 0 { 0 } else { ends[lost - 1] };
            prop_assert_eq!(damaged.len(), 1);
            prop_assert_eq!(damaged[0].offset, start);
            prop_assert_eq!(damaged[0].bytes_skipped, Some(ends[lost] - start));
            prop_assert_eq!(damaged[0].next.offset, ends[lost]);
            let header = start + super::super::meta::header_len(3) as u64;
            let is_known = (changed as u64) >= header;
            prop_assert_eq!(damaged[0].lines, is_known.then_some(3));
            prop_assert_eq!(damaged[0].first_ms, is_known.then_some(1000));
            prop_assert_eq!(damaged[0].last_ms, is_known.then_some(2000));
        }
    }

    #[test]
    fn zeros_cost_the_frames_that_they_touch(at in any::<prop::sample::Index>(), length in 1_usize..400) {
        let (mut from, mut to) = (0, 0);
        let (ends, frames, damaged) = read_changed(|content, _| {
            from = at.index(content.len());
            to = (from + length).min(content.len());
            content[from..to].fill(0);
        });
        let is_touched = |frame: u64| {
            let start = if frame == 0 { 0 } else { ends[frame as usize - 1] };
            frame < 5 && start < to as u64 && ends[frame as usize] > from as u64
        };
        // The few bytes may have been zeros before.
        let untouched = all_but(is_touched);
        prop_assert!(untouched.iter().all(|frame| frames.contains(frame)));
        prop_assert!(frames == untouched || to - from < 8);
        prop_assert_eq!(damaged.is_empty(), frames.len() == 6);
    }

    #[test]
    fn a_cut_in_the_middle_costs_the_frames_that_it_touches(
        at in any::<prop::sample::Index>(),
        length in 1_usize..400,
        is_end in any::<bool>(),
    ) {
        let (mut from, mut to) = (0, 0);
        let (ends, frames, damaged) = read_changed(|content, _| {
            from = at.index(content.len());
            to = if is_end { content.len() } else { (from + length).min(content.len()) };
            content.drain(from..to);
        });
        let is_touched = |frame: u64| {
            let start = if frame == 0 { 0 } else { ends[frame as usize - 1] };
            frame < 5 && start < to as u64 && ends[frame as usize] > from as u64
        };
        let untouched = all_but(is_touched);
        prop_assert!(untouched.iter().all(|frame| frames.contains(frame)));
        // Headers begin alike. So a cut from one header to the next may leave the second frame as it was.
        let is_like_whole = frames.len() > untouched.len();
        prop_assert!(!is_like_whole || all_but(|_| false).iter().filter(|frame| frames.contains(frame)).eq(&frames));
        let clean = from == 0 || ends.contains(&(from as u64));
        let clean = clean && (to as u64 == ends[4] || ends.contains(&(to as u64)));
        prop_assert!(clean || is_like_whole || !damaged.is_empty());
        prop_assert!(damaged.len() <= 2);
    }

    #[test]
    fn no_bytes_at_all_end_in_a_loop_or_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let (_, frames, _) = read_changed(|content, ends| {
            let at = ends[1] as usize;
            content.splice(at..at, bytes);
        });
        prop_assert_eq!(frames, all_but(|_| false));
    }
}

#[test]
fn magic_numbers_with_hostile_lengths_are_no_frames() {
    let (_, frames, damaged) = read_changed(|content, ends| {
        let mut hostile = Vec::new();
        for length in [0, 44, 52, 1 << 20, u32::MAX] {
            hostile.extend(super::super::meta::MAGIC_BYTES);
            hostile.extend(u32::to_le_bytes(length));
        }
        let at = ends[2] as usize;
        content.splice(at..at, hostile);
    });
    assert_eq!(frames, all_but(|_| false));
    assert_eq!(damaged.len(), 1);
    assert_eq!(damaged[0].bytes_skipped, Some(40));
    assert_eq!(damaged[0].lines, None);
}

#[test]
fn a_segment_that_vanishes_while_reading_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        segment_bytes: 1,
        tail_bytes: 0,
        ..options()
    };
    let (mut journal, _) = Journal::open(folder.path(), options).unwrap();
    let mut follower = journal.follow(None);
    let ends: Vec<_> = (0..4)
        .map(|number| journal.append(&numbered(number)).unwrap())
        .collect();
    fs::remove_file(&files(folder.path())[1]).unwrap();
    let followed = drain(&mut follower);
    assert_eq!(followed.lines(), [0, 2, 3].map(texts).concat());
    assert_eq!(followed.damaged.len(), 1);
    let damaged = &followed.damaged[0];
    assert_eq!(damaged.damage, Damage::Missing);
    assert_eq!((damaged.segment, damaged.offset), (ends[1].segment, 0));
    assert_eq!(damaged.bytes_skipped, Some(ends[1].offset));
    let text = format!("is missing from byte 0, {} bytes", ends[1].offset);
    assert!(damaged.to_string().ends_with(&text), "{damaged}");
}

#[test]
fn a_position_in_a_segment_that_is_gone_is_told_and_the_oldest_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    let (path, ends) = segment(folder.path(), 2);
    let mut journal = open(folder.path());
    let from = Position::at(journal.end().segment, ends[0]);
    journal.append(&numbered(2)).unwrap();
    drop(journal);
    fs::remove_file(path).unwrap();
    let journal = open(folder.path());
    let followed = drain(&mut journal.follow(Some(from)));
    assert_eq!(followed.lines(), texts(2));
    assert_eq!(followed.damaged.len(), 1);
    let damaged = &followed.damaged[0];
    assert_eq!(damaged.damage, Damage::Missing);
    assert_eq!(
        (damaged.segment, damaged.offset),
        (from.segment, from.offset)
    );
    assert_eq!(damaged.bytes_skipped, None);
    assert_eq!(damaged.next, followed.frames[0].start());
}

#[test]
fn a_position_of_a_time_to_come_is_told_once_and_what_is_written_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    let from = Position::at(5_000_000_000_000_000, 10);
    let mut follower = journal.follow(Some(from));
    assert_eq!(drain(&mut follower).damaged.len(), 1);
    journal.append(&numbered(1)).unwrap();
    let followed = drain(&mut follower);
    assert_eq!((followed.lines(), followed.damaged), (texts(1), Vec::new()));
}
