//! The command line of `ouzel tail`.

use std::path::PathBuf;

use clap::Args;

use crate::{
    cli::{ScriptLimits, folder::Folder},
    control::{feed::Wishes, record::Verdict},
    settings::Given,
};

/// `ouzel tail`.
#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// Only Tweets that matched a rule with this tag; `*` stands for any text. May be given several times.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Only Tweets that were kept, that a filter dropped, or whose handler failed. May be given several times.
    #[arg(
        long = "verdict",
        value_name = "VERDICT",
        value_parser = ["kept", "filtered", "failed"]
    )]
    verdicts: Vec<String>,
    /// Only Tweets of which this Lua expression is true, such as `tweet.user.followers_count > 1000`.
    ///
    /// It has the sandbox and the limits of a handler. A Tweet on which it fails is left out.
    #[arg(long = "where", value_name = "LUA")]
    pub(super) condition: Option<String>,
    /// Print only these fields, with tabs between them, such as `id_str,user.screen_name,full_text()`.
    ///
    /// A name with `()` is a method of Tweets. With --json each Tweet is an object of these fields.
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub(super) fields: Vec<String>,
    /// Print each Tweet as a line of JSON, as it was received.
    #[arg(long)]
    pub(super) json: bool,
    /// End after this many Tweets.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) limit: Option<u64>,
    /// Write the printed Tweets to this file too, as received: a fixture for `ouzel test`. It must be new or empty.
    #[arg(long, value_name = "FILE")]
    pub(super) save: Option<PathBuf>,
    /// Write behind what the file of --save holds.
    #[arg(long, requires = "save")]
    pub(super) append: bool,
    /// Wait for a run to begin, and for the next one when it has ended.
    #[arg(long)]
    pub(super) wait: bool,
    #[command(flatten)]
    folder: Folder,
    #[command(flatten)]
    limits: ScriptLimits,
}

impl Tail {
    /// What flags and environment say.
    pub(super) fn given(&self) -> Given {
        Given {
            script_limits: self.limits.given(),
            ..self.folder.given()
        }
    }

    /// Which Tweets the run has to tell of.
    pub(super) fn wishes(&self) -> Wishes {
        let verdicts = self.verdicts.iter().map(|verdict| match verdict.as_str() {
            "filtered" => Verdict::Filtered,
            "failed" => Verdict::Failed,
            _ => Verdict::Kept,
        });
        Wishes {
            tags: self.tags.clone(),
            verdicts: verdicts.collect(),
        }
    }
}
