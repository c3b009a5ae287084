//! The command line of `ouzel bench`.

use std::path::PathBuf;

use clap::Args;

/// `ouzel bench`.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// The Lua script [default: the built-in standard job].
    pub script: Option<PathBuf>,
    /// Tweets to measure with, gzip-compressed JSON Lines [default: made-up ones].
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Measure instead how fast this many made-up rules find the Tweets that match them, on one core.
    #[arg(
        long,
        value_name = "N",
        conflicts_with_all = ["script", "input", "data_dir"]
    )]
    pub rules: Option<usize>,
    /// How many Tweets to make up.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 50_000,
        conflicts_with = "input"
    )]
    pub tweets: u64,
    /// The seed of the made-up Tweets.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "input")]
    pub seed: u64,
    /// Measure each stage this many times and print the fastest.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub runs: u32,
    /// Measure the whole with the journal, as `run` does it.
    #[arg(long, conflicts_with = "rules")]
    pub journal: bool,
    /// Keep the database here instead of in a folder that goes away. Only a database that bench has made is replaced.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
