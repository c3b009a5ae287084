//! Opens a journal's folder, and cuts off what a crash left half-written.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
};

use super::{
    Error, Meta,
    active::sync_folder,
    position::{file_name, list, path_of, segment_of},
    segment::{Found, METADATA_AHEAD, Segment},
};

/// What was found when the journal was opened.
#[derive(Debug, Clone, Default)]
pub struct Opened {
    /// How many segments there are.
    pub segments: usize,
    /// How many bytes the segments have together.
    pub bytes: u64,
    /// What a crash left half-written. It has been cut off.
    pub cut: Vec<Cut>,
    /// The metadata of the newest frame.
    pub last: Option<Meta>,
}

/// A torn end of a segment, which was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The segment. It is removed if it had no whole frame.
    pub path: PathBuf,
    /// Where its whole frames end.
    pub offset: u64,
    /// How many bytes were cut off.
    pub bytes: u64,
}

/// Whether a segment with this name would be found again.
pub(super) fn can_be_named(segment: u64) -> bool {
    file_name(segment).and_then(|name| segment_of(&name)) == Some(segment)
}

/// Makes and mends the folder. Returns its segments, the highest name that was ever seen, and what was found.
pub(super) fn prepare(folder: &Path) -> Result<(BTreeMap<u64, u64>, u64, Opened), Error> {
    make(folder).map_err(|source| Error::Folder {
        path: folder.to_owned(),
        source,
    })?;
    let mut segments = list(folder)?;
    let floor = segments.last_key_value().map_or(0, |(&last, _)| last);
    let mut opened = Opened::default();
    // Writing stopped in the last segment that has a whole frame.
    while let Some(last) = segments.last_entry() {
        let (&segment, &length) = (last.key(), last.get());
        let (whole, meta) = whole_part(folder, segment, length)?;
        if whole < length || whole == 0 {
            let path = path_of(folder, segment);
            cut(folder, &path, whole).map_err(|source| Error::Cut {
                path: path.clone(),
                offset: whole,
                source,
            })?;
            let bytes = length - whole;
            if bytes > 0 {
                opened.cut.push(Cut {
                    path,
                    offset: whole,
                    bytes,
                });
            }
        }
        if whole > 0 {
            opened.last = meta;
            *last.into_mut() = whole;
            break;
        }
        last.remove();
    }
    opened.segments = segments.len();
    opened.bytes = segments.values().sum();
    Ok((segments, floor, opened))
}

/// Makes the folder if it does not exist. If it cannot be written, that shows now and not with the first Tweet.
fn make(folder: &Path) -> std::io::Result<()> {
    if !folder.is_dir() {
        fs::create_dir_all(folder)?;
        if let Some(parent) = folder.parent().filter(|path| !path.as_os_str().is_empty()) {
            // A start should not fail because the folder's own name may not be safe on disk.
            let _ = sync_folder(parent);
        }
    }
    tempfile::tempfile_in(folder).map(drop)
}

/// How far a segment consists of whole frames, and the metadata of the last one. Damage before a whole frame counts as
/// whole: it is not a torn end, and it is reported when it is read.
fn whole_part(folder: &Path, segment: u64, length: u64) -> Result<(u64, Option<Meta>), Error> {
    let Some(mut file) = Segment::open(folder, segment, METADATA_AHEAD)? else {
        return Ok((0, None));
    };
    let (mut at, mut starts) = (0, Vec::new());
    loop {
        match file.metadata(at, length)? {
            Found::Whole(header) => {
                starts.push(header.offset);
                at = header.end;
            }
            Found::Damaged(damaged) => at = damaged.next.offset,
            Found::End => break,
        }
    }
    while let Some(start) = starts.pop() {
        if let Found::Whole(frame) = file.frame(start, 0, length)? {
            return Ok((frame.end, Some(frame.meta)));
        }
    }
    Ok((0, None))
}

fn cut(folder: &Path, path: &Path, whole: u64) -> std::io::Result<()> {
    if whole == 0 {
        // An empty file is not a valid zstd file.
        fs::remove_file(path)?;
    } else {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(whole)?;
        file.sync_all()?;
    }
    // If the folder cannot be synced, the cut is still right: at worst it is made again.
    let _ = sync_folder(folder);
    Ok(())
}
