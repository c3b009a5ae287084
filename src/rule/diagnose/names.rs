//! Explains operators that do not exist: how they are called now, or which ones were meant.

use std::ops::Range;

use super::super::lexer::Kind;
use super::super::operators::{self, Operator};
use super::{Finding, Source, quoted, search};

/// Operators of PowerTrack 1.0 and of API v2, and their names in PowerTrack 2.0. `[source: rules-migrator]`
const REPLACED: [(&str, &str); 12] = [
    ("country_code", "place_country"),
    ("place_country_code", "place_country"),
    ("profile_country_code", "profile_country"),
    ("twitter_lang", "lang"),
    ("place_contains", "place"),
    ("bio_contains", "bio"),
    ("bio_name_contains", "bio_name"),
    ("bio_location_contains", "bio_location"),
    ("profile_region_contains", "profile_region"),
    ("profile_locality_contains", "profile_locality"),
    ("profile_subregion_contains", "profile_subregion"),
    ("has:cashtags", "has:symbols"),
];

/// Operators without a successor, and the reason. `[source: rules-migrator]` `[source: xd-v2/migrate]`
const GONE: [(&str, &str); 20] = [
    ("klout_score", "Klout has closed"),
    ("klout_topic", "Klout has closed"),
    ("klout_topic_contains", "Klout has closed"),
    ("klout_topic_id", "Klout has closed"),
    ("bio_lang", "it went away with PowerTrack 1.0"),
    ("time_zone", "users have had no time zone since 2018"),
    (
        "user_profile_location",
        "it went away with PowerTrack 1.0; `bio_location:` is what the user wrote",
    ),
    ("user_place_id", "it went away with PowerTrack 1.0"),
    (
        "has:profile_geo_region",
        "it went away with PowerTrack 1.0; `has:profile_geo` is still there",
    ),
    (
        "has:profile_geo_subregion",
        "it went away with PowerTrack 1.0; `has:profile_geo` is still there",
    ),
    (
        "has:profile_geo_locality",
        "it went away with PowerTrack 1.0; `has:profile_geo` is still there",
    ),
    ("conversation_id", "only API v2 has it"),
    ("context", "only API v2 has it"),
    ("entity", "only API v2 has it"),
    ("embedding", "only API v2 has it"),
    ("embedding_threshold", "only API v2 has it"),
    ("from_affiliate_of", "only API v2 has it"),
    ("to_affiliate_of", "only API v2 has it"),
    ("quote", "use `is:quote` with `url:`"),
    ("quotes_of", "use `is:quote` with `url:`"),
];

pub(super) fn unknown(source: &Source<'_>, index: usize) -> Finding {
    let clause = source.operand(index);
    let name_range = match source.text(index) {
        "has" | "is" => clause.clone(),
        _ => source.range(index),
    };
    let name = source.slice(name_range.clone());
    let known = |name: &str| operators::find(name).is_some();
    if let Some(finding) = search::foreign(source, index) {
        return finding;
    }
    let there_is_none = format!("there is no operator `{name}`");
    if let Some((_, new)) = REPLACED.iter().find(|(old, _)| *old == name) {
        return Finding::new(
            name_range.clone(),
            format!("PowerTrack 2.0 has no `{name}`, it is called `{new}`"),
            format!("write `{new}`"),
        )
        .edit(name_range, *new);
    }
    if let Some((_, why)) = GONE.iter().find(|(old, _)| *old == name) {
        return Finding::new(
            name_range,
            format!("PowerTrack 2.0 has no `{name}`: {why}"),
            "take it out",
        );
    }
    let lower = name.to_lowercase();
    if known(&lower) && lower != name {
        return Finding::new(
            name_range.clone(),
            "the names of operators are written in lower case",
            format!("write `{lower}`"),
        )
        .edit(name_range, lower);
    }
    if let Some(near) = nearest(&lower, |_| true) {
        return Finding::new(
            name_range.clone(),
            there_is_none,
            format!("did you mean `{near}`?"),
        )
        .edit(name_range, near);
    }
    let finding = Finding::new(name_range, there_is_none, "quote text that holds a colon");
    let text = source.slice(clause.clone());
    let quotes = source.kind(Some(index + 2)) == Kind::Quoted;
    if name.starts_with(|c: char| c.is_ascii_digit()) && !quotes {
        finding.edit(clause, quoted(text))
    } else {
        finding
    }
}

/// Explains a `[` after an unknown operator or an operator that takes a word.
pub(super) fn unknown_area(source: &Source<'_>, name_at: usize, bracket: Range<usize>) -> Finding {
    let name = source.text(name_at);
    let is_area = |name: &str| {
        matches!(
            operators::find(name),
            Some(Operator::Box(_) | Operator::Radius(_))
        )
    };
    match nearest(&name.to_lowercase(), is_area) {
        Some(near) => Finding::new(
            source.range(name_at),
            format!("`{name}:` takes no brackets"),
            format!("did you mean `{near}`?"),
        )
        .edit(source.range(name_at), near),
        None => Finding::new(
            bracket,
            format!("`{name}:` takes no brackets"),
            "quote the value to look for a bracket",
        ),
    }
}

/// The operator whose name is nearest to a wrong name, if it is near enough to be the one that was meant.
fn nearest(name: &str, fits: impl Fn(&str) -> bool) -> Option<&'static str> {
    let is_option = name.contains(':');
    operators::names()
        .filter(|known| known.contains(':') == is_option && fits(known))
        .map(|known| (strsim::osa_distance(name, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 5 && *distance < known.len() - 1)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}
