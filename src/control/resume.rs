//! What it comes to when paused rules are asked for, as it crosses the socket and as programs get it.

use serde::{Deserialize, Serialize};

use crate::text::plain;

/// How many tags a message names.
const NAMED: usize = 10;

/// Rules that are not paused any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resumed {
    /// Whether a run puts them back now; otherwise the next one does.
    pub(crate) running: bool,
    /// Their tag.
    pub(crate) tag: String,
    /// How many rules the running script declares with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rules: Option<usize>,
}

impl Resumed {
    /// Why a tag cannot be resumed: it is none of the paused ones.
    pub(crate) fn unknown<'t>(tag: &str, paused: impl Iterator<Item = &'t String>) -> String {
        let tags: Vec<_> = paused
            .map(|tag| format!("`{}`", plain::line(tag)))
            .collect();
        let hint = match tags.len() {
            0 => "no tag is paused".to_owned(),
            1..=NAMED => format!("paused are {}", tags.join(", ")),
            many => format!(
                "paused are {}, and {} more",
                tags[..NAMED].join(", "),
                many - NAMED
            ),
        };
        format!(
            "the rules with the tag `{}` are not paused\nhint: {hint}",
            plain::line(tag)
        )
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskResume {
    /// The tag.
    pub(super) tag: String,
}
