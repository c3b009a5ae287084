//! Tests reading behind the writer: keeping up, falling behind, waiting, ending.

use std::{thread, time::Duration};

use super::{
    super::{Journal, Next, Options},
    made::{batch, drain, numbered, open, options, texts, wait_until},
};

#[test]
fn a_follower_that_falls_behind_catches_up_within_the_bound() {
    let folder = tempfile::tempdir().unwrap();
    let tail_bytes = 4000;
    let options = Options {
        tail_bytes,
        segment_bytes: 1500,
        ..options()
    };
    let (mut journal, _) = Journal::open(folder.path(), options).unwrap();
    let mut follower = journal.follow(None);
    let (mut read, mut written) = (Vec::new(), 0);
    for round in 1..20 {
        for _ in 0..round {
            journal.append(&numbered(written)).unwrap();
            written += 1;
            assert!(journal.shared.lock().tail.bytes() <= tail_bytes);
        }
        // Some rounds read a little, and some read everything.
        for _ in 0..round / 2 {
            match follower.next(Some(Duration::ZERO)).unwrap() {
                Next::Frame(frame) => read.push(frame),
                other => panic!("{other:?}"),
            }
        }
        if round % 5 == 0 {
            read.extend(drain(&mut follower).frames);
            assert_eq!(read.len() as u64, written);
        }
    }
    let rest = drain(&mut follower);
    read.extend(rest.frames);
    assert_eq!(rest.damaged, []);
    let lines: Vec<_> = read.iter().flat_map(super::made::lines_of).collect();
    let expected: Vec<_> = (0..written).flat_map(texts).collect();
    assert_eq!(lines, expected);
}

#[test]
fn a_follower_that_keeps_up_gets_the_very_bytes_and_leaves_none_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    let mut follower = journal.follow(None);
    let written = numbered(1);
    journal.append(&written).unwrap();
    let followed = drain(&mut follower);
    let places = |lines: &crate::text::lines::Lines| {
        lines.iter().map(|line| line.as_ptr()).collect::<Vec<_>>()
    };
    assert_eq!(places(followed.frames[0].lines()), places(&written.lines));
    assert_eq!(journal.shared.lock().tail.bytes(), 0);
}

#[test]
fn a_frame_larger_than_the_memory_is_read_from_disk() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        tail_bytes: 3000,
        ..options()
    };
    let (mut journal, _) = Journal::open(folder.path(), options).unwrap();
    let mut follower = journal.follow(None);
    journal.append(&numbered(0)).unwrap();
    journal.append(&batch(&["x".repeat(5000)])).unwrap();
    assert_eq!(journal.shared.lock().tail.bytes(), 0);
    journal.append(&numbered(2)).unwrap();
    assert_eq!(drain(&mut follower).lines().len(), 7);
}

#[test]
fn several_followers_go_at_their_own_pace() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    let (mut quick, mut slow) = (journal.follow(None), journal.follow(None));
    for number in 0..3 {
        journal.append(&numbered(number)).unwrap();
        assert_eq!(drain(&mut quick).lines(), texts(number));
    }
    assert!(journal.shared.lock().tail.bytes() > 0);
    assert_eq!(drain(&mut slow).lines().len(), 9);
    assert_eq!(journal.shared.lock().tail.bytes(), 0);
}

#[test]
fn a_waiting_follower_is_woken_by_lines_and_by_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    let mut follower = journal.follow(None);
    let reading = thread::spawn(move || {
        let mut frames = 0;
        loop {
            match follower.next(None).unwrap() {
                Next::Frame(_) => frames += 1,
                Next::Closed => return frames,
                other => panic!("{other:?}"),
            }
        }
    });
    for number in 0..200 {
        journal.append(&numbered(number)).unwrap();
    }
    drop(journal);
    assert_eq!(reading.join().unwrap(), 200);
}

#[test]
fn a_waiting_follower_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let mut follower = journal.follow(None);
    let notifier = follower.notifier();
    let waiting = thread::spawn(move || follower.next(None).map(|next| (next, follower)));
    wait_until("a follower that waits", || {
        journal.shared.lock().is_awaited()
    });
    notifier.interrupt();
    let (next, mut follower) = waiting.join().unwrap().unwrap();
    assert!(matches!(next, Next::Interrupted), "{next:?}");
    let next = follower.next(Some(Duration::ZERO)).unwrap();
    assert!(matches!(next, Next::TimedOut), "{next:?}");
}

#[test]
fn an_interrupt_is_not_lost_when_nobody_waits_and_comes_before_a_backlog() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    let mut follower = journal.follow(None);
    journal.append(&numbered(1)).unwrap();
    follower.notifier().interrupt();
    assert!(matches!(follower.next(None).unwrap(), Next::Interrupted));
    assert!(matches!(follower.next(None).unwrap(), Next::Frame(_)));
}

#[test]
fn what_was_written_is_read_to_the_end_after_the_writing_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    let mut follower = journal.follow(None);
    journal.append(&numbered(1)).unwrap();
    drop(journal);
    assert!(matches!(follower.next(None).unwrap(), Next::Frame(_)));
    assert!(matches!(follower.next(None).unwrap(), Next::Closed));
}
