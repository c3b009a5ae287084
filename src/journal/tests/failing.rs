//! Tests failures: the disk is full, the folder is gone or may not be written. No frame is half in the journal, and the
//! same call succeeds later.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use super::{
    super::{Damage, Error, Journal, Options, Sync, active::Active},
    made::{drain, files, numbered, open, options, read_all, texts, wait_until},
};

#[test]
fn a_removed_folder_is_made_again_with_a_new_segment() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/journal");
    let mut journal = open(&folder);
    let mut follower = journal.follow(None);
    let lost = journal.append(&numbered(0)).unwrap();
    fs::remove_dir_all(parent.path().join("a")).unwrap();
    let kept = journal.append(&numbered(1)).unwrap();
    assert!(kept.segment > lost.segment);
    assert_eq!(journal.size(), kept.offset);
    // The follower still gets what is in memory.
    let followed = drain(&mut follower);
    assert_eq!(followed.lines(), [0, 1].map(texts).concat());
    assert_eq!(followed.damaged, []);
    // A second follower finds only the file.
    let followed = drain(&mut journal.follow(None));
    assert_eq!(followed.lines(), texts(1));
    assert_eq!(followed.damaged[0].damage, Damage::Missing);
    drop(journal);
    assert_eq!(read_all(&folder).lines(), texts(1));
}

#[test]
fn a_follower_far_behind_in_a_removed_folder_goes_on_with_what_is_in_memory() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("journal");
    let options = Options {
        tail_bytes: 2000,
        ..options()
    };
    let (mut journal, _) = Journal::open(&folder, options).unwrap();
    let mut follower = journal.follow(None);
    for number in 0..20 {
        journal.append(&numbered(number)).unwrap();
    }
    fs::remove_dir_all(&folder).unwrap();
    let followed = drain(&mut follower);
    assert_eq!(followed.damaged.len(), 1);
    let lines = followed.lines();
    assert!(!lines.is_empty());
    let expected: Vec<_> = (0..20).flat_map(texts).collect();
    assert!(expected.ends_with(&lines));
}

#[test]
fn a_file_in_the_place_of_the_folder_is_an_error_until_it_is_gone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("journal");
    let mut journal = open(&folder);
    journal.append(&numbered(0)).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, b"").unwrap();
    for _ in 0..2 {
        let error = journal.append(&numbered(1)).unwrap_err();
        assert!(error.may_pass());
        let text = error.to_string();
        assert!(text.starts_with("cannot "), "{text}");
        assert!(text.contains(folder.to_str().unwrap()), "{text}");
    }
    fs::remove_file(&folder).unwrap();
    journal.append(&numbered(1)).unwrap();
    drop(journal);
    assert_eq!(read_all(&folder).lines(), texts(1));
}

#[test]
fn a_folder_that_may_not_be_written_fails_at_the_start() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("journal");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    // The superuser may write anywhere.
    let is_kept_out = tempfile::tempfile_in(&folder).is_err();
    let opened = Journal::open(&folder, options());
    assert_eq!(opened.is_err(), is_kept_out);
    let file = parent.path().join("file");
    fs::write(&file, b"").unwrap();
    let opened = Journal::open(&file, options());
    assert!(matches!(opened.err(), Some(Error::Folder { .. })));
}

#[test]
fn a_short_write_leaves_nothing_and_the_next_one_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    journal.append(&numbered(0)).unwrap();
    let end = journal.end();
    let file = files(folder.path()).remove(0);
    for room in [0, 1, 20, 100] {
        journal.active().fail_after(room);
        let error = journal.append(&numbered(1)).unwrap_err();
        let text = format!(
            "cannot write to the journal segment `{}` at byte {}: no storage space",
            file.display(),
            end.offset
        );
        assert_eq!(error.to_string(), text);
        assert_eq!(journal.end(), end);
        assert_eq!(fs::metadata(&file).unwrap().len(), end.offset);
    }
    journal.append(&numbered(1)).unwrap();
    journal.append(&numbered(2)).unwrap();
    drop(journal);
    assert_eq!(files(folder.path()).len(), 1);
    let followed = read_all(folder.path());
    assert_eq!(followed.lines(), [0, 1, 2].map(texts).concat());
    assert_eq!(followed.damaged, []);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_even_be_cut_is_left_and_a_new_segment_begun() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    let mut follower = journal.follow(None);
    let first = journal.append(&numbered(0)).unwrap();
    // The length of a device that is always full cannot be set.
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    journal.active().write_to(full);
    journal.append(&numbered(1)).unwrap_err();
    assert_eq!(journal.end(), first);
    let second = journal.append(&numbered(1)).unwrap();
    assert!(second.segment > first.segment);
    assert_eq!(drain(&mut follower).lines(), [0, 1].map(texts).concat());
    drop(journal);
    let followed = read_all(folder.path());
    assert_eq!(followed.lines(), [0, 1].map(texts).concat());
    assert_eq!(followed.damaged, []);
}

#[test]
fn a_first_write_that_fails_leaves_no_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut active = Active::create(folder.path(), 1).unwrap().unwrap();
    active.fail_after(5);
    active.write(b"what does not fit", false).unwrap_err();
    assert_eq!(files(folder.path()).len(), 1);
    drop(active);
    assert_eq!(files(folder.path()).len(), 0);
}

#[test]
fn always_syncs_each_frame_and_an_interval_when_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let sync = |sync| Options { sync, ..options() };
    let (mut journal, _) = Journal::open(folder.path(), sync(Sync::Always)).unwrap();
    journal.append(&numbered(0)).unwrap();
    assert!(
        !journal
            .sync_if_due(Instant::now() + Duration::from_secs(9))
            .unwrap()
    );
    drop(journal);
    let second = Duration::from_secs(1);
    let short = Options {
        segment_bytes: 1,
        ..sync(Sync::Interval(second))
    };
    let (mut journal, _) = Journal::open(folder.path(), short).unwrap();
    let start = Instant::now();
    assert!(!journal.sync_if_due(start + 2 * second).unwrap());
    journal.append(&numbered(1)).unwrap();
    assert!(!journal.sync_if_due(start + 2 * second).unwrap());
    assert!(journal.needs_sync());
    journal.sync_if_due(start + 3 * second).unwrap();
    // The sync runs in the background, and only once.
    wait_until("a sync in the background", || {
        journal.sync_if_due(start + 9 * second).unwrap()
    });
    assert!(!journal.needs_sync());
    assert!(!journal.sync_if_due(start + 9 * second).unwrap());
    // A sync that takes too long is waited for.
    journal.append(&numbered(1)).unwrap();
    assert!(!journal.sync_if_due(start + 10 * second).unwrap());
    assert!(journal.sync_if_due(start + 15 * second).unwrap());
    // Each frame begins a segment. The segment before is synced at once, even if the interval is not over.
    for n in 2..12 {
        journal.append(&numbered(n)).unwrap();
    }
    assert!(journal.needs_sync());
    journal.sync().unwrap();
    assert!(!journal.needs_sync());
    drop(journal);
    assert_eq!(read_all(folder.path()).lines().len(), 39);
}

#[cfg(target_os = "linux")]
#[test]
fn a_sync_that_fails_is_told_and_what_comes_next_goes_to_a_new_segment() {
    let folder = tempfile::tempdir().unwrap();
    let sync = Sync::Interval(Duration::ZERO);
    let (mut journal, _) = Journal::open(folder.path(), Options { sync, ..options() }).unwrap();
    let first = journal.append(&numbered(0)).unwrap();
    // A pipe accepts writes, but cannot be synced.
    let (reader, writer) = std::io::pipe().unwrap();
    let writer = std::os::fd::OwnedFd::from(writer);
    journal.active().write_to(writer.into());
    journal.append(&numbered(1)).unwrap();
    let mut text = String::new();
    wait_until("a sync that fails", || {
        match journal.sync_if_due(Instant::now()) {
            Ok(has_ended) => assert!(!has_ended),
            Err(error) => text = error.to_string(),
        }
        !text.is_empty()
    });
    let file = files(folder.path()).remove(0);
    let told = format!("cannot sync the journal's `{}`: ", file.display());
    assert!(text.starts_with(&told), "{text}");
    assert!(!journal.needs_sync());
    let next = journal.append(&numbered(2)).unwrap();
    assert!(next.segment > first.segment);
    journal.sync().unwrap();
    drop(reader);
}
