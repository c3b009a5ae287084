//! What `run` and `replay` print at their end.

use std::{path::Path, time::Duration};

use crate::{
    status::{Snapshot, short, thousands},
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
    let [tweets, kept, filtered, failed, rows] = [
        snapshot.tweets,
        snapshot.kept,
        snapshot.filtered,
        snapshot.failed,
        snapshot.rows,
    ]
    .map(thousands);
    let took = short(took);
    let tweets = match snapshot.tweets {
        1 => "1 Tweet".to_owned(),
        _ => format!("{tweets} Tweets"),
    };
    let mut text =
        format!("{tweets} in {took}: kept {kept}, filtered {filtered}, failed {failed}\n");
    match snapshot.rejected {
        0 => {}
        1 => text += "1 line was no Tweet; it is in the table `_ouzel_invalid`\n",
        many => {
            text += &format!(
                "{} lines were no Tweets; the table `_ouzel_invalid` has the newest thousand such lines\n",
                thousands(many)
            );
        }
    }
    match over_long {
        0 => {}
        1 => text += "1 line was longer than `max_line` and was dropped; `ouzel gaps` lists when\n",
        many => {
            text += &format!(
                "{} lines were longer than `max_line` and were dropped; `ouzel gaps` lists when\n",
                thousands(many)
            );
        }
    }
    match snapshot.duplicates {
        0 => {}
        1 => text += "1 Tweet had come before and was not handled again\n",
        many => {
            text += &format!(
                "{} Tweets had come before and were not handled again\n",
                thousands(many)
            );
        }
    }
    let rows = match snapshot.rows {
        1 => "1 row".to_owned(),
        _ => format!("{rows} rows"),
    };
    let database = database.display().to_string();
    text += &format!("{rows} written to {}\n", plain::line(&database));
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
        text += &match snapshot.waiting {
            1 => "1 Tweet waits in the journal for the next start\n".to_owned(),
            many => format!(
                "{} Tweets wait in the journal for the next start\n",
                thousands(many)
            ),
        };
    }
    text
}
