//! The command line of `ouzel replay`.

use std::{ffi::OsStr, path::PathBuf};

use clap::Args;

use crate::{
    cli::{ScriptLimits, set_path},
    settings::Given,
    text::units::Moment,
    worker::matching::Matching,
};

/// `ouzel replay`.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The Lua script, which ends in `.lua` [default: scripts/main.lua].
    #[arg(value_name = "SCRIPT")]
    first: Option<PathBuf>,
    /// Tweets as JSON Lines, also compressed with gzip or zstd; `-` is stdin [default: the journal].
    #[arg(value_name = "FILE")]
    more: Vec<PathBuf>,
    /// Only what was received then or later: a time such as `2026-11-22T08:00:00Z`, or how long ago, such as `2h`.
    #[arg(long, value_name = "TIME")]
    pub from: Option<Moment>,
    /// Only what was received before then.
    #[arg(long, value_name = "TIME")]
    pub to: Option<Moment>,
    /// Take the journal of `ouzel run --sim`, and its data folder.
    #[arg(long)]
    pub sim: bool,
    /// The database to write to [default: replay.db in the data folder].
    #[arg(long, value_name = "FILE", conflicts_with = "compare")]
    pub db: Option<PathBuf>,
    /// Begin anew where an earlier replay has left its database.
    #[arg(long, conflicts_with_all = ["append", "compare"])]
    pub fresh: bool,
    /// Add to the database of an earlier replay.
    #[arg(long, conflicts_with = "compare")]
    pub append: bool,
    /// Match the script's own rules against every Tweet, whatever its `matching_rules` say.
    ///
    /// Without this, they are matched only against Tweets that have no `matching_rules`.
    #[arg(long = "match")]
    pub matching: bool,
    /// Run this script too, and print how what the two write and emit differs; no database is kept.
    #[arg(long, value_name = "SCRIPT")]
    pub compare: Option<PathBuf>,
    /// With --compare: rows and lines of each kind to show.
    #[arg(long, value_name = "N", default_value_t = 10, requires = "compare")]
    pub show: usize,
    /// With --compare: print JSON.
    #[arg(long, requires = "compare")]
    pub json: bool,
    /// Stop after handling this many Tweets.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Folder for the database, and of the journal [default: data].
    #[arg(long, value_name = "DIR", env = "OUZEL_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Read settings from this file [default: ouzel.toml, where there is one].
    #[arg(long, value_name = "FILE", env = "OUZEL_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    limits: ScriptLimits,
}

impl Replay {
    /// The script, if the first argument is one: files of Tweets can be given without it.
    fn script(&self) -> Option<&PathBuf> {
        self.first
            .as_ref()
            .filter(|first| first.extension() == Some(OsStr::new("lua")))
    }

    /// The files of Tweets.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let first = match self.script() {
            Some(_) => None,
            None => self.first.clone(),
        };
        first.into_iter().chain(self.more.clone()).collect()
    }

    /// Which Tweets the script's own rules are matched against.
    pub(crate) fn matching(&self) -> Matching {
        match self.matching {
            true => Matching::Always,
            false => Matching::Missing,
        }
    }

    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        // The argument has no `env` in clap: a variable must not turn the script argument into a file of Tweets.
        let script = || std::env::var_os("OUZEL_SCRIPT").map(PathBuf::from);
        Given {
            config: set_path(&self.config),
            script: set_path(&self.script().cloned().or_else(script)),
            data_dir: set_path(&self.data_dir),
            script_limits: self.limits.given(),
            ..Given::default()
        }
    }
}
