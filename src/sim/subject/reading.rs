//! Reads what a Tweet says.

use super::{
    node::{Node, written},
    said::{Entity, EntityKind, Media, Part, Said},
};

impl<'t> Said<'t> {
    /// Reads a Tweet that is not a Retweet.
    pub(super) fn read(tweet: &mut Node<'t>) -> Option<Self> {
        let polls = tweet.get("entities").and_then(|own| own.remove("polls"));
        let extended = tweet.remove("extended_tweet");
        let mut whole = extended.unwrap_or_else(|| tweet.clone());
        let text = ["full_text", "text"]
            .into_iter()
            .find_map(|key| Some(whole.get(key)?.as_text()?.into_owned()))?;
        let chars = text.chars().count();
        let visible = match whole.get("display_text_range") {
            Some(range) => pair(range)?,
            None => (0, chars),
        };
        if visible.0 > visible.1 || visible.1 > chars {
            return None;
        }
        let mut entities = whole.remove("entities").unwrap_or(Node::NULL);
        let mut found = Vec::new();
        for kind in EntityKind::ALL {
            for mut node in entities.remove(kind.key()).into_iter().flat_map(list) {
                let (start, end) = pair(&mut node.remove("indices")?)?;
                found.push((start, end, kind, unfinished(&node)));
            }
        }
        found.sort_by_key(|(start, ..)| *start);
        let parts = |from: usize, to: usize| {
            let within = found
                .iter()
                .filter(|(start, end, ..)| *start >= from && *end <= to);
            split(&text, from, to, within)
        };
        let lead = parts(0, visible.0)?;
        let body = parts(visible.0, visible.1)?;
        let first = entities
            .remove("media")
            .and_then(|media| list(media).next());
        let media = match (first, whole.remove("extended_entities")) {
            (Some(mut first), Some(mut all)) => Some(Media {
                url: first.get("url")?.as_text()?.into_owned(),
                all: all.remove("media").into_iter().flat_map(list).collect(),
            }),
            _ => None,
        };
        Some(Self {
            lead,
            body,
            media,
            polls,
        })
    }
}

fn list(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let mut node = node;
    std::mem::take(node.elements()).into_iter()
}

fn pair(node: &mut Node<'_>) -> Option<(usize, usize)> {
    let at = |node: &Node<'_>| usize::try_from(node.as_int()?).ok();
    match node.elements().as_slice() {
        [start, end] => Some((at(start)?, at(end)?)),
        _ => None,
    }
}

/// An object without its closing brace.
fn unfinished(node: &Node<'_>) -> String {
    let mut json = written(|json| node.write(json));
    json.pop();
    json
}

/// The part of a text between two places, cut at its entities.
fn split<'e>(
    text: &str,
    from: usize,
    to: usize,
    entities: impl Iterator<Item = &'e (usize, usize, EntityKind, String)>,
) -> Option<Vec<Part>> {
    let mut chars = text.chars();
    let mut take = |count: usize| chars.by_ref().take(count).collect::<String>();
    take(from);
    let mut at = from;
    let mut parts = Vec::new();
    for (start, end, kind, json) in entities {
        let before = take(start.checked_sub(at)?);
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Entity(Entity {
            kind: *kind,
            text: take(end.checked_sub(*start)?),
            json: json.clone(),
            wanted: false,
        }));
        at = *end;
    }
    let rest = take(to.checked_sub(at)?);
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Some(parts)
}
