//! Opens a journal's folder, and cuts off what a crash has left half-written.

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

/// What was found on opening.
#[derive(Debug, Clone, Default)]
pub struct Opened {
    /// How many segments there are.
    pub segments: usize,
    /// What they have together, in bytes.
    pub bytes: u64,
    /// What a crash had left half-written, and is cut off now.
    pub cut: Vec<Cut>,
    /// What is known of the newest frame.
    pub last: Option<Meta>,
}

/// A torn end that was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The segment; removed where nothing whole was in it.
    pub path: PathBuf,
    /// Where its whole frames end.
    pub offset: u64,
    /// How much was cut off.
    pub bytes: u64,
}

/// Whether a segment of this name would be found again.
pub(super) fn can_be_named(segment: u64) -> bool {
    file_name(segment).and_then(|name| segment_of(&name)) == Some(segment)
}

/// Makes the folder, and mends it; returns its segments, the highest name that was ever seen, and what happened.
pub(super) fn prepare(folder: &Path) -> Result<(BTreeMap<u64, u64>, u64, Opened), Error> {
    make(folder).map_err(|source| Error::Folder {
        path: folder.to_owned(),
        source,
    })?;
    let mut segments = list(folder)?;
    let floor = segments.last_key_value().map_or(0, |(&last, _)| last);
    let mut opened = Opened::default();
    // The last one that has anything whole in it is where the writing stopped.
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

/// Makes the folder where it is not there, and finds out now, and not with the first Tweet, that it cannot be written.
fn make(folder: &Path) -> std::io::Result<()> {
    if !folder.is_dir() {
        fs::create_dir_all(folder)?;
        if let Some(parent) = folder.parent().filter(|path| !path.as_os_str().is_empty()) {
            // Whether the folder's own name lasts is not worth a failed start.
            let _ = sync_folder(parent);
        }
    }
    tempfile::tempfile_in(folder).map(drop)
}

/// Up to where a segment has whole frames, and what is known of the last. What is damaged before a whole frame counts as whole:
/// it is no torn end, and is told when it is read.
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
        // An empty file is no valid zstd file.
        fs::remove_file(path)?;
    } else {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(whole)?;
        file.sync_all()?;
    }
    // Not being able to sync a folder does not make the cut wrong: it would be made again.
    let _ = sync_folder(folder);
    Ok(())
}
