//! Runs two scripts over the same Tweets and compares what they write.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_util::sync::CancellationToken;
use tracing::error_span;

use super::{
    Replay,
    differences::{Outcome, as_json, as_text},
    flow,
    flow::Side,
    matches::Matches,
    progress::Shown,
    source::Source,
    unread,
};
use crate::{
    cli::print::{print, say},
    error::Error,
    script,
    status::StatusLine,
    store::{Comparison, LineDifference, Store},
    tally::{Count, Tally},
};

/// Reads the source once, runs both scripts over it, and prints how what they write and emit differs.
///
/// # Errors
/// [`Error::Different`] if it differs.
pub(super) fn compare(
    arguments: &Replay,
    script_limits: &script::Limits,
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
            script_limits: *script_limits,
            store: Store::open(&file("db", number))?,
            matching: arguments.matching(),
            handled: source.handled(),
            sinks: file("sinks", number),
            output: Box::new(BufWriter::new(create(&file("emitted", number))?)),
            tally: Arc::clone(&tallies[number]),
            // The span has the highest level. With a lower level, `--log error` would remove it from errors too.
            span: error_span!("compare", script = %script.display()),
        });
    }
    let mut shown = Shown::new(line, source.bytes(), &tallies[0]);
    let shutdown = CancellationToken::new();
    let ended = flow(source, sides, arguments.limit, &mut shown, &shutdown)?;
    shown.finish();
    say(&unread(&ended.seen));
    // Only a part was read. Its differences would be taken for all differences.
    if let Some(error) = ended.failed {
        return Err(error);
    }
    let count = |what| tallies[0].get(what);
    let rejected = count(Count::Invalid) + count(Count::Unknown);
    ended.check(count(Count::Tweets), rejected)?;
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
        matches: [0, 1].map(|side: usize| Matches::of(&ended.declared[side], &tallies[side])),
        tables: comparison.tables()?,
        emitted: comparison.lines([&file("emitted", 0), &file("emitted", 1)])?,
        sinks: sinks(&comparison, [&file("sinks", 0), &file("sinks", 1)])?,
    };
    for (script, matches) in outcome.scripts.iter().zip(&outcome.matches) {
        say(&matches.uncalled_text(Some(script)));
    }
    print(&if arguments.json {
        as_json(&outcome)
    } else {
        as_text(&outcome)
    })?;
    if outcome.is_equal() {
        Ok(())
    } else {
        Err(Error::Different)
    }
}

/// Compares the files that either script has emitted into, by name.
fn sinks(
    comparison: &Comparison,
    folders: [&Path; 2],
) -> Result<Vec<(String, LineDifference)>, Error> {
    let mut names = BTreeSet::new();
    for folder in folders.into_iter().filter(|folder| folder.is_dir()) {
        let failed = || Error::system(format!("cannot read `{}`", folder.display()));
        for entry in fs::read_dir(folder).map_err(failed())? {
            names.insert(entry.map_err(failed())?.file_name());
        }
    }
    let compare = |name: OsString| {
        let [first, second] = folders.map(|folder| folder.join(&name));
        let lines = comparison.lines([&first, &second])?;
        Ok((name.to_string_lossy().into_owned(), lines))
    };
    names.into_iter().map(compare).collect()
}

fn create(path: &Path) -> Result<File, Error> {
    File::create(path).map_err(Error::system(format!("cannot write `{}`", path.display())))
}
