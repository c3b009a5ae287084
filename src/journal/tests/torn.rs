//! Tests a crash that tears the end of the last segment: all whole frames stay, and nothing else is touched.

use std::fs;

use super::{
    super::{Journal, Position},
    made::{drain, files, numbered, options, read_all, segment, texts},
};

fn expected(frames: usize) -> Vec<String> {
    (0..frames as u64).flat_map(texts).collect()
}

#[test]
fn any_cut_keeps_all_whole_frames() {
    let folder = tempfile::tempdir().unwrap();
    let (path, ends) = segment(folder.path(), 4);
    let content = fs::read(&path).unwrap();
    for length in 0..=content.len() {
        fs::write(&path, &content[..length]).unwrap();
        let (mut journal, opened) = Journal::open(folder.path(), options()).unwrap();
        let whole = ends.iter().filter(|&&end| end <= length as u64).count();
        let end = if whole == 0 { 0 } else { ends[whole - 1] };
        let cut = length as u64 - end;
        assert_eq!(opened.cut.iter().map(|cut| cut.bytes).sum::<u64>(), cut);
        assert_eq!(opened.bytes, end, "cut to {length}");
        if cut > 0 {
            assert_eq!((&opened.cut[0].path, opened.cut[0].offset), (&path, end));
        }
        assert_eq!(path.exists(), whole > 0);
        if whole > 0 {
            assert_eq!(
                fs::read(&path).unwrap(),
                content[..ends[whole - 1] as usize]
            );
        }
        let mut follower = journal.follow(None);
        let followed = drain(&mut follower);
        assert_eq!(followed.lines(), expected(whole), "cut to {length}");
        assert_eq!(followed.damaged, []);
        // A follower finds what is written next behind the cut.
        let behind = journal.append(&numbered(9)).unwrap();
        assert_eq!(drain(&mut follower).lines(), texts(9));
        drop(journal);
        fs::remove_file(super::super::position::path_of(
            folder.path(),
            behind.segment,
        ))
        .unwrap();
    }
}

#[test]
fn a_last_frame_with_changed_bytes_is_cut_off_and_so_is_one_that_is_zeros() {
    let folder = tempfile::tempdir().unwrap();
    let (path, ends) = segment(folder.path(), 4);
    let content = fs::read(&path).unwrap();
    for damage in [0, 1] {
        let mut changed = content.clone();
        match damage {
            0 => changed[ends[3] as usize - 10] ^= 1,
            _ => changed[ends[1] as usize + 30..].fill(0),
        }
        fs::write(&path, &changed).unwrap();
        let (_, opened) = Journal::open(folder.path(), options()).unwrap();
        let whole = [3, 2][damage];
        assert_eq!(opened.cut[0].offset, ends[whole - 1]);
        let length = fs::metadata(&path).unwrap().len();
        assert_eq!(length, ends[whole - 1]);
        assert_eq!(read_all(folder.path()).lines(), expected(whole));
    }
}

#[test]
fn a_last_segment_without_anything_whole_gives_way_to_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let (first, ends) = segment(folder.path(), 3);
    let content = fs::read(&first).unwrap();
    fs::write(&first, &content[..content.len() - 1]).unwrap();
    let later = [5_000_000_000_000_000_u64, 5_000_000_000_000_001];
    let later = later.map(|name| super::super::position::path_of(folder.path(), name));
    fs::write(&later[0], b"").unwrap();
    fs::write(&later[1], b"torn").unwrap();
    let (mut journal, opened) = Journal::open(folder.path(), options()).unwrap();
    assert_eq!(files(folder.path()), std::slice::from_ref(&first));
    let cut: Vec<_> = opened
        .cut
        .iter()
        .map(|cut| (&cut.path, cut.offset, cut.bytes))
        .collect();
    let rest = content.len() as u64 - 1 - ends[1];
    assert_eq!(cut, [(&later[1], 0, 4), (&first, ends[1], rest)]);
    assert_eq!(opened.last.unwrap().ids.as_ref(), [1, 2, 3]);
    // Somebody may remember a position that was cut off, so the segment's name is not used again.
    let position = journal.append(&numbered(0)).unwrap();
    assert!(position.segment > 5_000_000_000_000_001);
}

#[test]
fn a_position_behind_a_torn_end_goes_on_with_the_next_segment() {
    let folder = tempfile::tempdir().unwrap();
    let (path, ends) = segment(folder.path(), 2);
    let content = fs::read(&path).unwrap();
    fs::write(&path, &content[..ends[0] as usize + 5]).unwrap();
    let (mut journal, _) = Journal::open(folder.path(), options()).unwrap();
    let mut from = Position::at(journal.end().segment, ends[1]);
    let mut follower = journal.follow(Some(from));
    assert_eq!(drain(&mut follower).lines(), [""; 0]);
    journal.append(&numbered(7)).unwrap();
    let followed = drain(&mut follower);
    assert_eq!((followed.lines(), followed.damaged), (texts(7), Vec::new()));
    from.line = 2;
    assert_eq!(drain(&mut journal.follow(Some(from))).lines(), texts(7));
}
