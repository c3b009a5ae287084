//! stderr that journald reads: how to know it, and how it is told the priority of a line.

use std::os::fd::AsFd;

use rustix::fs::fstat;
use tracing::Level;

/// The variable in which systemd names the stream that journald reads, as `device:inode`.
const STREAM: &str = "JOURNAL_STREAM";

/// Whether journald reads what is written here. The variable alone does not say so: a program may have sent its stderr
/// elsewhere since.
pub(super) fn reads(stream: &impl AsFd) -> bool {
    let Ok(named) = std::env::var(STREAM) else {
        return false;
    };
    fstat(stream).is_ok_and(|stat| names(&named, stat.st_dev, stat.st_ino))
}

fn names(stream: &str, device: u64, inode: u64) -> bool {
    stream == format!("{device}:{inode}")
}

/// The text with the priority before each of its lines, since each becomes an entry of its own; see sd-daemon(3).
pub(super) fn with_priority(level: Level, text: &str) -> String {
    let priority = match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    };
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| format!("<{priority}>{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_one_that_is_named() {
        assert!(names("9:4711", 9, 4711));
        assert!(!names("9:4711", 9, 4712));
        assert!(!names("", 0, 0));
    }

    #[test]
    fn each_line_has_its_priority() {
        assert_eq!(
            with_priority(Level::ERROR, "it failed\n\n  here\n"),
            "<3>it failed\n<3>  here\n"
        );
        assert_eq!(with_priority(Level::WARN, "so"), "<4>so\n");
        assert_eq!(with_priority(Level::INFO, "so"), "<6>so\n");
        assert_eq!(with_priority(Level::DEBUG, "so"), "<7>so\n");
    }
}
