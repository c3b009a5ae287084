//! Two scripts over the same Tweets, side by side.

use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    differences::{Outcome, as_json, as_text},
    flow,
    flow::Side,
    progress::Shown,
    source::Source,
    unread,
};
use crate::{
    cli::Replay,
    commands::{print, say},
    error::Error,
    status::StatusLine,
    store::{Comparison, Store},
    tally::{Count, Tally},
};

/// Runs both over what is read once, and prints how what they write and emit differs.
///
/// # Errors
/// [`Error::Different`] where it does.
pub(super) fn compare(
    arguments: &Replay,
    scripts: [&PathBuf; 2],
    source: Source,
    line: &StatusLine,
) -> Result<(), Error> {
    let folder = tempfile::Builder::new()
        .prefix("ouzel-compare-")
        .tempdir()
        .map_err(Error::system("cannot make a folder to compare in"))?;
    let file = |name: &str, side: usize| folder.path().join(format!("{name}.{side}"));
    let tallies = [Arc::<Tally>::default(), Arc::<Tally>::default()];
    let mut sides = Vec::new();
    for (number, script) in scripts.into_iter().enumerate() {
        sides.push(Side {
            script: script.clone(),
            store: Store::open(&file("db", number))?,
            output: Box::new(BufWriter::new(create(&file("emitted", number))?)),
            tally: Arc::clone(&tallies[number]),
        });
    }
    let mut shown = Shown::new(line, source.bytes(), &tallies[0]);
    let ended = flow(source, sides, arguments.limit, &mut shown)?;
    shown.finish();
    let comparison = Comparison::open(
        &file("db", 0),
        &file("db", 1),
        &folder.path().join("scratch"),
        arguments.show,
    )?;
    let outcome = Outcome {
        scripts: scripts.map(|script| script.display().to_string()),
        tweets: tallies[0].get(Count::Tweets),
        failed: [0, 1].map(|side: usize| tallies[side].get(Count::Failed)),
        tables: comparison.tables()?,
        emitted: comparison.lines(&file("emitted", 0), &file("emitted", 1))?,
    };
    print(&if arguments.json {
        as_json(&outcome)
    } else {
        as_text(&outcome)
    })?;
    say(&unread(&ended.seen));
    match ended.failed {
        Some(error) => Err(error),
        None if outcome.is_equal() => Ok(()),
        None => Err(Error::Different),
    }
}

fn create(path: &Path) -> Result<File, Error> {
    File::create(path).map_err(Error::system(format!("cannot write `{}`", path.display())))
}
