//! `ouzel bench`: runs the real path from compressed bytes to rows as fast as it goes, and measures its parts.

mod arguments;
mod folder;
mod handlers;
mod path;
mod rules;
mod table;
mod values;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

pub(super) use self::arguments::Bench;
use self::{
    folder::Folder,
    handlers::{Handlers, handlers},
    path::Place,
    table::{NOTHING, Outcome, PARSE, Stage, TEN_FIELDS, as_json, as_text, plainly},
};
use super::{
    check::declared,
    folder::DATABASE,
    print::{print, say},
    runtime,
    tweets::{self, GZIP_MAGIC, format::NO_TWEET},
};
use crate::{
    error::Error,
    powertrack::{
        decode::{self, Decoder},
        line::MAX_LINE,
    },
    script, sim,
    text::lines::Lines,
    tweet::Tweet,
};

/// The script of the standard job.
const SCRIPT: &str = include_str!("../../../scripts/bench.lua");

/// How many Tweets the stages in memory are measured with. More would give the same result.
const IN_MEMORY: usize = 20_000;

/// What is measured, and where the database is.
struct Job {
    compressed: Vec<u8>,
    input: PathBuf,
    place: Place,
    runs: u32,
    /// Whether the journal is measured too.
    journal: bool,
    /// The folder where the database stays, if it stays. It is locked as long as somebody works in it.
    _kept: Option<Folder>,
    /// A temporary folder, which goes away with everything in it.
    folder: TempDir,
}

/// Measures, and prints the table.
pub(crate) fn bench(arguments: &Bench) -> Result<(), Error> {
    if let Some(rules) = arguments.rules {
        return rules::bench(arguments, rules);
    }
    let job = prepare(arguments)?;
    let mut stages = Vec::new();
    let in_memory = in_memory(&job)?;
    // Of all stages that write, this must be the last: its rows stay in the database.
    let (whole, outcome) = fastest(job.runs, || whole(&job))?;
    if outcome.tweets + outcome.duplicates == 0 {
        return Err(Error::Usage(NO_TWEET.to_owned()));
    }
    let (tweets, bytes) = (outcome.tweets + outcome.duplicates, outcome.bytes);
    let stage = |name, took| Stage {
        name,
        tweets,
        bytes,
        took,
    };
    let (inflate, _) = fastest(job.runs, || inflate(&job))?;
    stages.push(stage("inflate alone", inflate));
    let (lines, _) = fastest(job.runs, || lines(&job))?;
    stages.push(stage("inflate, cut into lines", lines));
    stages.extend(in_memory);
    let name = if job.journal {
        "the whole, with the journal"
    } else {
        "the whole, on two threads"
    };
    stages.push(stage(name, whole));
    if let Some(gzip) = gzip(&job) {
        stages.push(stage("gzip -dc, for comparison", gzip));
    }
    print(&if arguments.json {
        as_json(&stages, &outcome)
    } else {
        as_text(&stages, &outcome)
    })
}

fn prepare(arguments: &Bench) -> Result<Job, Error> {
    let kept = arguments.data_dir.as_deref().map(Folder::take);
    let kept = kept.transpose()?;
    // The journal is measured on the disk where a run would have it, and not in the folder for temporary files.
    let parent = match (&arguments.data_dir, arguments.journal) {
        (Some(folder), true) => folder.clone(),
        (None, true) => PathBuf::from("."),
        (_, false) => env::temp_dir(),
    };
    let folder = tempfile::Builder::new()
        .prefix("ouzel-bench-")
        .tempdir_in(parent)
        .map_err(Error::system("cannot make a folder to measure in"))?;
    let script = match &arguments.script {
        Some(script) => script.clone(),
        None => write(&folder.path().join("bench.lua"), SCRIPT.as_bytes())?,
    };
    let (input, compressed) = match &arguments.input {
        Some(input) => {
            tweets::check(input)?;
            let read = fs::read(input);
            let compressed =
                read.map_err(Error::system(format!("cannot read `{}`", input.display())))?;
            if !compressed.starts_with(&GZIP_MAGIC) {
                return Err(Error::Usage(format!(
                    "`{}` is not compressed with gzip, as a stream is\nhint: `gzip -k` makes such a file of it",
                    input.display()
                )));
            }
            (input.clone(), compressed)
        }
        None => {
            say(&format!("making {}\n", plainly(arguments.tweets, "Tweet")));
            let declared = declared(&script, &script::Limits::default())?;
            let tags: Vec<_> = declared.rules.iter().map(|rule| rule.tag.clone()).collect();
            let compressed = sim::corpus(arguments.tweets, arguments.seed, &tags);
            let input = write(&folder.path().join("tweets.jsonl.gz"), &compressed)?;
            (input, compressed)
        }
    };
    Ok(Job {
        compressed,
        input,
        place: Place {
            script,
            database: kept
                .as_ref()
                .map_or_else(|| folder.path().join(DATABASE), Folder::database),
            journal: folder.path().join("journal"),
        },
        runs: arguments.runs,
        journal: arguments.journal,
        _kept: kept,
        folder,
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<PathBuf, Error> {
    fs::write(path, bytes).map_err(Error::system(format!("cannot write `{}`", path.display())))?;
    Ok(path.to_owned())
}

/// The fastest of several runs, because a disturbance only ever makes a run slower.
fn fastest<T>(
    runs: u32,
    mut run: impl FnMut() -> Result<(Duration, T), Error>,
) -> Result<(Duration, T), Error> {
    let mut best = run()?;
    for _ in 1..runs {
        let next = run()?;
        if next.0 < best.0 {
            best = next;
        }
    }
    Ok(best)
}

fn inflate(job: &Job) -> Result<(Duration, u64), Error> {
    let runtime = runtime()?;
    let began = Instant::now();
    let bytes = runtime
        .block_on(decode::inflate_alone(&job.compressed[..]))
        .map_err(Error::system("cannot unpack the Tweets"))?;
    Ok((began.elapsed(), bytes))
}

fn lines(job: &Job) -> Result<(Duration, u64), Error> {
    let runtime = runtime()?;
    let began = Instant::now();
    let lines = runtime.block_on(async {
        let mut decoder = Decoder::new(&job.compressed[..], MAX_LINE);
        while decoder.next().await?.is_some() {}
        Ok::<_, Error>(decoder.stats().lines)
    })?;
    Ok((began.elapsed(), lines))
}

/// Measures the work of the worker's thread, with lines that are already in memory.
fn in_memory(job: &Job) -> Result<Vec<Stage>, Error> {
    let runs = runtime()?.block_on(first_lines(job))?;
    let tweets: u64 = runs.iter().map(|lines| lines.len() as u64).sum();
    let bytes: u64 = runs
        .iter()
        .flat_map(Lines::iter)
        .map(|line| line.len() as u64)
        .sum();
    let (parse, _) = fastest(job.runs, || {
        let began = Instant::now();
        let parsed = runs.iter().flat_map(Lines::share_all).map(Tweet::parse);
        let valid = parsed.filter(Result::is_ok).count();
        Ok((began.elapsed(), valid))
    })?;
    let Handlers {
        nothing,
        ten_fields,
    } = handlers(&job.place, job.folder.path(), &runs, job.runs)?;
    let (handle, _) = fastest(job.runs, || job.place.of_memory(&runs))?;
    let stage = |name, took| Stage {
        name,
        tweets,
        bytes,
        took,
    };
    let mut stages = vec![
        stage(PARSE, parse),
        stage(NOTHING, nothing),
        stage(TEN_FIELDS, ten_fields),
        stage("parse, handlers, rows, commit", handle),
    ];
    if job.journal {
        let (journal, ()) = fastest(job.runs, || job.place.journal_alone(&runs))?;
        stages.push(stage("journal: ids, pack, write", journal));
    }
    Ok(stages)
}

async fn first_lines(job: &Job) -> Result<Vec<Lines>, Error> {
    let mut decoder = Decoder::new(&job.compressed[..], MAX_LINE);
    let (mut runs, mut count) = (Vec::new(), 0);
    while count < IN_MEMORY {
        let Some(lines) = decoder.next().await? else {
            break;
        };
        count += lines.len();
        runs.push(lines);
    }
    Ok(runs)
}

/// Measures everything: this thread unpacks and cuts lines, and other threads do the rest.
fn whole(job: &Job) -> Result<(Duration, Outcome), Error> {
    let mut decoded = 0;
    let runtime = runtime()?;
    let mut decoder = Decoder::new(&job.compressed[..], MAX_LINE);
    let (took, outcome) = if job.journal {
        job.place.with_journal(|sender| {
            runtime.block_on(async {
                while let Some(lines) = decoder.next().await? {
                    sender.deliver(lines).await;
                }
                decoded = decoder.stats().decoded;
                Ok(())
            })
        })?
    } else {
        job.place.without_journal(|sender| {
            runtime.block_on(async {
                while let Some(lines) = decoder.next().await? {
                    if sender.deliver(lines).await.is_err() {
                        break;
                    }
                }
                decoded = decoder.stats().decoded;
                Ok(())
            })
        })?
    };
    Ok((
        took,
        Outcome {
            bytes: decoded,
            ..outcome
        },
    ))
}

/// Measures `gzip -dc`. `None` if the program is not installed.
fn gzip(job: &Job) -> Option<Duration> {
    let run = || {
        let began = Instant::now();
        let done = Command::new("gzip")
            .arg("-dc")
            .arg(&job.input)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .ok()?;
        done.success().then(|| began.elapsed())
    };
    (0..job.runs).filter_map(|_| run()).min()
}
