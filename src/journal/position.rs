//! The position of a line in the journal, and the names of segments. A name is the time at which its segment begins.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, civil::DateTime, tz::Offset};

use super::Error;

/// As text, these stamps sort by time. They have no character that a file system could dislike.
const STAMP: &str = "%Y%m%dT%H%M%S.%6fZ";

const EXTENSION: &str = ".zst";

/// A place between two lines of the journal.
///
/// Positions only grow, even if the clock goes back. So a later position is always greater.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The segment: its name as microseconds since 1970.
    pub segment: u64,
    /// Where in the segment the frame begins. The frame includes the skippable frame before it.
    pub offset: u64,
    /// How many lines of the frame are before this position.
    pub line: u32,
}

impl Position {
    /// The position before everything.
    pub const START: Self = Self::at(0, 0);

    /// The position before the frame that begins there.
    pub(super) const fn at(segment: u64, offset: u64) -> Self {
        Self {
            segment,
            offset,
            line: 0,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match stamp(self.segment) {
            Some(stamp) => write!(f, "{stamp}+{}:{}", self.offset, self.line),
            None => write!(f, "{}+{}:{}", self.segment, self.offset, self.line),
        }
    }
}

/// Microseconds since 1970 as a time in UTC. `None` if the year has more than four digits.
fn stamp(micros: u64) -> Option<String> {
    let time = Timestamp::from_microsecond(i64::try_from(micros).ok()?).ok()?;
    Some(Offset::UTC.to_datetime(time).strftime(STAMP).to_string())
}

/// The file name of a segment. `None` if its time is beyond the calendar.
pub(super) fn file_name(segment: u64) -> Option<String> {
    Some(stamp(segment)? + EXTENSION)
}

/// The segment that a file name means. `None` if the file is not ours.
pub(super) fn segment_of(name: &str) -> Option<u64> {
    let text = name.strip_suffix(EXTENSION)?;
    let time = DateTime::strptime(STAMP, text).ok()?;
    let time = Offset::UTC.to_timestamp(time).ok()?;
    let segment = u64::try_from(time.as_microsecond()).ok()?;
    // Parsing accepts more than is allowed here: only one name may mean a segment.
    (stamp(segment).as_deref() == Some(text)).then_some(segment)
}

/// The path of a segment.
pub(super) fn path_of(folder: &Path, segment: u64) -> PathBuf {
    folder.join(file_name(segment).unwrap_or_else(|| segment.to_string()))
}

/// The segments of a folder, oldest first, with their lengths.
pub(super) fn list(folder: &Path) -> Result<BTreeMap<u64, u64>, Error> {
    let failed = |source| Error::Folder {
        path: folder.to_owned(),
        source,
    };
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Some(segment) = entry.file_name().to_str().and_then(segment_of) else {
            continue;
        };
        match fs::metadata(entry.path()) {
            Ok(metadata) if metadata.is_file() => {
                found.insert(segment, metadata.len());
            }
            Ok(_) => {}
            // Retention may delete a segment in the meantime.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_as_a_time_and_a_place() {
        let position = Position {
            segment: 1_795_301_490_123_456,
            offset: 81_920,
            line: 17,
        };
        assert_eq!(position.to_string(), "20261121T225130.123456Z+81920:17");
        assert_eq!(Position::START.to_string(), "19700101T000000.000000Z+0:0");
        let beyond = Position::at(u64::MAX, 1);
        assert_eq!(beyond.to_string(), "18446744073709551615+1:0");
    }

    #[test]
    fn positions_are_ordered_by_segment_then_offset_then_line() {
        let at = |segment, offset, line| Position {
            segment,
            offset,
            line,
        };
        let sorted = [
            at(1, 0, 0),
            at(1, 0, 9),
            at(1, 5, 0),
            at(2, 0, 0),
            at(2, 0, 1),
        ];
        assert!(sorted.is_sorted());
        assert!(Position::START < sorted[0]);
    }

    #[test]
    fn names_are_read_back_and_others_are_not_ours() {
        for segment in [0, 1, 1_795_301_490_123_456, 1_795_301_490_000_000] {
            let name = file_name(segment).unwrap();
            assert_eq!(segment_of(&name), Some(segment), "{name}");
        }
        let foreign = [
            "ouzel.db",
            "20261121T225130.123456Z",
            "20261121T225130.1234567Z.zst",
            "20261121T225130.12345Z.zst",
            " 20261121T225130.123456Z.zst",
            "20261131T225130.123456Z.zst",
            "19691231T235959.999999Z.zst",
        ];
        for name in foreign {
            assert_eq!(segment_of(name), None, "{name}");
        }
    }
}
