//! Tests reading between two times, and the metadata of the newest frames.

use std::{fs, path::Path};

use super::{
    super::{Error, Journal, Meta, Options, Read, Reader, Source},
    made::{batch, files, numbered, open, options, segment},
};

/// Ten frames, two in each segment. Frame n holds lines of the seconds from n to n + 1.
fn ten(folder: &Path) -> Journal {
    let options = Options {
        segment_bytes: 200,
        ..options()
    };
    let (mut journal, _) = Journal::open(folder, options).unwrap();
    journal.clock = || 0;
    for number in 0..10 {
        let mut lines = batch(&[format!("frame {number}")]);
        lines.ids = vec![number];
        lines.first_ms = number.cast_signed() * 1000;
        lines.last_ms = lines.first_ms + 999;
        journal.append(&lines).unwrap();
    }
    assert_eq!(files(folder).len(), 5);
    journal
}

fn read(folder: &Path, from_ms: impl Into<Option<i64>>, to_ms: impl Into<Option<i64>>) -> Vec<u64> {
    let reader = Reader::open(folder, from_ms.into(), to_ms.into()).unwrap();
    let frames = reader.map(|read| match read.unwrap() {
        Read::Frame(frame) => frame.ids()[0],
        Read::Damaged(damaged) => panic!("{damaged}"),
    });
    frames.collect()
}

#[test]
fn a_reader_gives_the_frames_of_the_time() {
    let folder = tempfile::tempdir().unwrap();
    // The reader reads while the writer is open.
    let _journal = ten(folder.path());
    let all: Vec<u64> = (0..10).collect();
    assert_eq!(read(folder.path(), None, None), all);
    assert_eq!(read(folder.path(), 3000, 7000), all[3..7]);
    assert_eq!(read(folder.path(), 3999, 6001), all[3..7]);
    assert_eq!(read(folder.path(), 4000, None), all[4..]);
    assert_eq!(read(folder.path(), None, 1), all[..1]);
    assert_eq!(read(folder.path(), 10_000, None), [0_u64; 0]);
    assert_eq!(read(folder.path(), -5, 0), [0_u64; 0]);
    assert_eq!(read(folder.path(), i64::MIN, i64::MAX), all);
}

#[test]
fn a_reader_of_the_newest_segments_gives_their_frames() {
    let folder = tempfile::tempdir().unwrap();
    let _journal = ten(folder.path());
    let newest = |most| {
        let reader = Reader::newest(folder.path(), most).unwrap();
        let frames = reader.filter_map(|read| match read.unwrap() {
            Read::Frame(frame) => Some(frame.ids()[0]),
            Read::Damaged(_) => None,
        });
        frames.collect::<Vec<_>>()
    };
    let length = fs::metadata(&files(folder.path())[4]).unwrap().len();
    assert_eq!(newest(0), [8, 9]);
    assert_eq!(newest(length), [8, 9]);
    assert_eq!(newest(2 * length), [6, 7, 8, 9]);
    assert_eq!(newest(u64::MAX).len(), 10);
}

#[test]
fn a_reader_opens_only_the_segments_of_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let _journal = ten(folder.path());
    let files = files(folder.path());
    for file in [&files[0], &files[4]] {
        let length = fs::metadata(file).unwrap().len();
        fs::write(file, vec![0; usize::try_from(length).unwrap()]).unwrap();
    }
    assert_eq!(read(folder.path(), 2000, 8000), [2, 3, 4, 5, 6, 7]);
}

#[test]
fn a_reader_takes_a_half_written_end_for_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (path, ends) = segment(folder.path(), 2);
    let content = fs::read(&path).unwrap();
    for length in ends[0] as usize..content.len() {
        fs::write(&path, &content[..length]).unwrap();
        assert_eq!(read(folder.path(), None, None).len(), 1);
        assert_eq!(fs::metadata(&path).unwrap().len(), length as u64);
    }
}

#[test]
fn a_reader_of_no_folder_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let reader = Reader::open(folder.path().join("none"), None, None);
    assert!(matches!(reader.err(), Some(Error::Folder { .. })));
}

#[test]
fn recent_metadata_comes_without_the_lines() {
    let folder = tempfile::tempdir().unwrap();
    let journal = ten(folder.path());
    let ids = |journal: &Journal, since| -> Vec<u64> {
        let metas = journal.recent(since).map(Result::unwrap);
        metas.flat_map(|meta: Meta| meta.ids.to_vec()).collect()
    };
    let all: Vec<u64> = (0..10).collect();
    assert_eq!(ids(&journal, i64::MIN), all);
    assert_eq!(ids(&journal, 5500), all[5..]);
    assert_eq!(ids(&journal, 9999), all[9..]);
    assert_eq!(ids(&journal, 10_000), [0_u64; 0]);
    drop(journal);
    let (journal, opened) = Journal::open(folder.path(), options()).unwrap();
    assert_eq!(ids(&journal, 8000), all[8..]);
    assert_eq!(opened.last.unwrap().last_ms, 9999);
    assert_eq!((opened.segments, opened.bytes), (5, journal.size()));
    // Older segments are not even opened.
    fs::remove_file(&files(folder.path())[0]).unwrap();
    assert_eq!(ids(&journal, 5500), all[5..]);
}

#[test]
fn what_a_later_ouzel_has_written_is_neither_cut_off_nor_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let (path, ends) = segment(folder.path(), 2);
    let mut content = fs::read(&path).unwrap();
    let header = &mut content[ends[0] as usize..];
    header[12] = 9;
    let length = super::super::meta::header_len(3);
    let checksum = crc32fast::hash(&header[12..length]);
    header[8..12].copy_from_slice(&checksum.to_le_bytes());
    fs::write(&path, &content).unwrap();
    let error = Journal::open(folder.path(), options()).err().unwrap();
    let text = error.to_string();
    assert!(text.contains("has format 9 at byte"), "{text}");
    assert!(!error.may_pass());
    assert_eq!(fs::read(&path).unwrap(), content);
    let last = Reader::open(folder.path(), None, None).unwrap().last();
    assert!(matches!(last, Some(Err(Error::Version { version: 9, .. }))));
}

#[test]
fn a_source_of_a_later_ouzel_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = numbered(0);
    lines.source = Source::Other(200);
    open(folder.path()).append(&lines).unwrap();
    let read = Reader::open(folder.path(), None, None).unwrap().next();
    let Some(Ok(Read::Frame(frame))) = read else {
        panic!("{read:?}");
    };
    assert_eq!(frame.meta().source, Source::Other(200));
}
