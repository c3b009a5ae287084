//! What `run` and `replay` print at their end.

use std::{path::Path, time::Duration};

use crate::{
    status::{Snapshot, counted, short, thousands},
    text::plain,
};

/// The last words of a run or a replay. `list` is the command that shows what is in quarantine, and `over_long` is how
/// many lines of the stream were dropped.
pub(super) fn summary(
    snapshot: &Snapshot,
    over_long: u64,
    took: Duration,
    database: &Path,
    list: &str,
) -> String {
    let [kept, filtered, failed] =
        [snapshot.kept, snapshot.filtered, snapshot.failed].map(thousands);
    let mut text = format!(
        "{} in {}: kept {kept}, filtered {filtered}, failed {failed}\n",
        counted(snapshot.tweets, "Tweet"),
        short(took)
    );
    text += &sentence(
        snapshot.rejected,
        "line was no Tweet; it is in the table `_ouzel_invalid`",
        "lines were no Tweets; the table `_ouzel_invalid` has the newest thousand such lines",
    );
    text += &sentence(
        over_long,
        "line was longer than `max_line` and was dropped; `ouzel gaps` lists when",
        "lines were longer than `max_line` and were dropped; `ouzel gaps` lists when",
    );
    text += &sentence(
        snapshot.duplicates,
        "Tweet had come before and was not handled again",
        "Tweets had come before and were not handled again",
    );
    let database = database.display().to_string();
    text += &format!(
        "{} written to {}\n",
        counted(snapshot.rows, "row"),
        plain::line(&database)
    );
    text += &sentence(snapshot.emitted, "line emitted", "lines emitted");
    let tags = snapshot.tag_list();
    if !tags.is_empty() {
        text += &format!("matches: {tags}\n");
    }
    text += &sentence(
        snapshot.quarantined,
        &format!("Tweet is in quarantine: `{list}` shows it"),
        &format!("Tweets are in quarantine: `{list}` shows them"),
    );
    text += &sentence(
        snapshot.waiting,
        "Tweet waits in the journal for the next start",
        "Tweets wait in the journal for the next start",
    );
    text
}

/// So many of something; nothing of none.
pub(super) fn sentence(number: u64, of_one: &str, of_many: &str) -> String {
    match number {
        0 => String::new(),
        1 => format!("1 {of_one}\n"),
        many => format!("{} {of_many}\n", thousands(many)),
    }
}
