//! What a run and a replay say at their end.

use std::{path::Path, time::Duration};

use crate::status::{Snapshot, short, thousands};

/// The last words of a run or a replay; `list` is the command that shows what is in quarantine.
pub(super) fn summary(snapshot: &Snapshot, took: Duration, database: &Path, list: &str) -> String {
    let [tweets, kept, filtered, failed, rows] = [
        snapshot.tweets,
        snapshot.kept,
        snapshot.filtered,
        snapshot.failed,
        snapshot.rows,
    ]
    .map(thousands);
    let took = short(took);
    let mut text =
        format!("{tweets} Tweets in {took}: kept {kept}, filtered {filtered}, failed {failed}\n");
    if snapshot.rejected > 0 {
        text += &format!(
            "{} lines were no Tweets; invalid ones are in the table `_ouzel_invalid`\n",
            thousands(snapshot.rejected)
        );
    }
    if snapshot.duplicates > 0 {
        text += &format!(
            "{} Tweets had come before and were not handled again\n",
            thousands(snapshot.duplicates)
        );
    }
    text += &format!("{rows} rows written to {}\n", database.display());
    let tags = snapshot.tag_list();
    if !tags.is_empty() {
        text += &format!("matches: {tags}\n");
    }
    if snapshot.quarantined > 0 {
        text += &match snapshot.quarantined {
            1 => format!("1 Tweet is in quarantine: `{list}` shows it\n"),
            many => format!(
                "{} Tweets are in quarantine: `{list}` shows them\n",
                thousands(many)
            ),
        };
    }
    if snapshot.waiting > 0 {
        text += &format!(
            "{} Tweets wait in the journal for the next start\n",
            thousands(snapshot.waiting)
        );
    }
    text
}
