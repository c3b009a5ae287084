//! What a replay says of rules and tags: how many Tweets the script's rules match, and which tags nobody carried.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde::Serialize;

use crate::{
    script::{
        Declared,
        tag_pattern::{asks_for, meant},
    },
    status::{counted, thousands},
    tally::{Count, MAX_TAGS, Tally},
    text::plain,
};

/// What the tally calls rules without a tag.
const UNTAGGED: &str = "(no tag)";

/// How many tags and handlers are shown to people. JSON has all.
const SHOWN: usize = 20;

/// The matches of one script.
#[derive(Debug, Default, Serialize)]
pub(super) struct Matches {
    /// How many Tweets the script's own rules were matched against.
    matched: u64,
    /// How many of them at least one rule matches.
    matching: u64,
    /// How often each tag was carried, whoever says so. Of the script's own tags also those that were not.
    tags: BTreeMap<String, u64>,
    /// The tags of the script's own rules.
    #[serde(skip)]
    own: BTreeSet<String>,
    /// Handlers whose tag no Tweet carried.
    uncalled: Vec<Uncalled>,
}

#[derive(Debug, Serialize)]
struct Uncalled {
    handler: String,
    place: String,
    /// A tag that Tweets did carry, and that was probably meant.
    suggestion: Option<String>,
}

impl Matches {
    /// Puts together what was counted. Without a Tweet nothing can be said.
    pub(super) fn of(declared: &Declared, tally: &Tally) -> Self {
        let mut carried = tally.tags();
        // Of so many tags some were not counted one by one.
        let is_whole = carried.len() < MAX_TAGS;
        let tag = |tag: &Option<String>| tag.clone().unwrap_or_else(|| UNTAGGED.to_owned());
        let own: BTreeSet<String> = declared.rules.iter().map(|rule| tag(&rule.tag)).collect();
        let mut uncalled = Vec::new();
        let handlers = declared
            .handlers
            .iter()
            .filter_map(|handler| Some((handler, handler.tag.as_deref()?)));
        for (handler, pattern) in handlers {
            let is_called = carried.keys().any(|tag| asks_for(pattern, Some(tag)));
            if !is_called && is_whole && tally.get(Count::Tweets) > 0 {
                uncalled.push(Uncalled {
                    handler: handler.name.clone(),
                    place: format!("{}:{}", handler.registered.file, handler.registered.line),
                    // A tag of the script's own rules is no mistake.
                    suggestion: (uncalled.len() < SHOWN
                        && !own.iter().any(|tag| asks_for(pattern, Some(tag))))
                    .then(|| meant(pattern, carried.keys().map(String::as_str)))
                    .flatten(),
                });
            }
        }
        let matched = tally.get(Count::Matched);
        if matched > 0 && is_whole {
            for tag in &own {
                carried.entry(tag.clone()).or_default();
            }
        }
        Self {
            matched,
            matching: tally.get(Count::Matching),
            tags: carried,
            own,
            uncalled,
        }
    }

    /// For people: what the rules match, and what no Tweet carried. Nothing if there is nothing to say.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if self.matched > 0 {
            let _ = writeln!(
                text,
                "the script's rules match {} of {}",
                thousands(self.matching),
                counted(self.matched, "Tweet")
            );
            let is_own = |(tag, _): &(&String, &u64)| self.own.contains(*tag);
            let mut tags: Vec<_> = self.tags.iter().filter(is_own).collect();
            tags.sort_by_key(|(tag, count)| (Reverse(**count), *tag));
            for (tag, count) in tags.iter().take(SHOWN) {
                let _ = writeln!(text, "  {}  {}", thousands(**count), plain::line(tag));
            }
            text += &more(tags.len(), "tags");
        }
        text + &self.uncalled_text(None)
    }

    /// The handlers whose tag no Tweet carried, for people. `script` tells two scripts apart.
    pub(super) fn uncalled_text(&self, script: Option<&str>) -> String {
        let mut text = String::new();
        let of_script = script.map_or(String::new(), |script| format!("{script}: "));
        for uncalled in self.uncalled.iter().take(SHOWN) {
            let meant = match &uncalled.suggestion {
                Some(meant) => format!("; did you mean `{meant}`?"),
                None => String::new(),
            };
            let said = format!(
                "{of_script}no Tweet carries a tag for the handler `{}` at {}{meant}",
                uncalled.handler, uncalled.place
            );
            let _ = writeln!(text, "{}", plain::line(&said));
        }
        text + &more(self.uncalled.len(), "handlers")
    }

    /// How the matches of two scripts differ, for people. Nothing where neither script's rules were matched.
    pub(super) fn differences(both: [&Self; 2]) -> String {
        if both.iter().all(|own| own.matched == 0) {
            return String::new();
        }
        let [first, second] = both.map(|own| thousands(own.matching));
        let mut text = format!("Tweets that the script's rules match: -{first} +{second}\n");
        let mut tags: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
        for (side, own) in both.into_iter().enumerate() {
            for (tag, count) in &own.tags {
                tags.entry(tag).or_default()[side] = *count;
            }
        }
        tags.retain(|_, [first, second]| first != second);
        for (tag, counts) in tags.iter().take(SHOWN) {
            let [first, second] = counts.map(thousands);
            let _ = writeln!(text, "  {}: -{first} +{second}", plain::line(tag));
        }
        text + &more(tags.len(), "tags")
    }
}

fn more(all: usize, what: &str) -> String {
    match all.checked_sub(SHOWN) {
        Some(more @ 1..) => format!("  and {} more {what}\n", thousands(more as u64)),
        _ => String::new(),
    }
}
