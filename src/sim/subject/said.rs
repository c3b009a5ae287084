//! What a Tweet says, as a row of parts: text and entities, whose places are counted only when it is written.

use fastrand::Rng;

use super::node::Node;

/// The most characters that people see of a Tweet.
pub(super) const LONGEST: usize = 280;

/// What a Tweet says.
#[derive(Debug, Default)]
pub(super) struct Said<'t> {
    /// Whom it answers, before what people see.
    pub(super) lead: Vec<Part>,
    pub(super) body: Vec<Part>,
    pub(super) media: Option<Media<'t>>,
    pub(super) polls: Option<Node<'t>>,
}

/// A piece of a text.
#[derive(Debug)]
pub(super) enum Part {
    /// What may be cut into, and left out.
    Text(String),
    /// What must stay as it is.
    Kept(String),
    Entity(Entity),
}

/// A part with a meaning.
#[derive(Debug)]
pub(super) struct Entity {
    pub(super) kind: EntityKind,
    /// What stands in the text.
    pub(super) text: String,
    /// The JSON object up to its last member, `indices`.
    pub(super) json: String,
    /// Whether it must stay.
    pub(super) wanted: bool,
}

/// Which list of `entities` it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntityKind {
    Hashtag,
    Link,
    Mention,
    Symbol,
}

/// Photos and videos, whose link stands behind what people see.
#[derive(Debug)]
pub(super) struct Media<'t> {
    /// `extended_entities.media`.
    pub(super) all: Vec<Node<'t>>,
    /// What stands in the text.
    pub(super) url: String,
}

impl EntityKind {
    /// In the order in which `entities` has them.
    pub(super) const ALL: [Self; 4] = [Self::Hashtag, Self::Link, Self::Mention, Self::Symbol];

    /// The list that they stand in.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Hashtag => "hashtags",
            Self::Link => "urls",
            Self::Mention => "user_mentions",
            Self::Symbol => "symbols",
        }
    }
}

impl Part {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Kept(text) => text,
            Self::Entity(entity) => &entity.text,
        }
    }

    fn is(&self, kind: EntityKind) -> bool {
        matches!(self, Self::Entity(entity) if entity.kind == kind)
    }
}

impl<'t> Said<'t> {
    /// Removes entities of a kind from what people see.
    pub(super) fn remove(&mut self, kind: EntityKind) {
        self.body.retain(|part| !part.is(kind));
    }

    /// Whether there is an entity of a kind.
    pub(super) fn has(&self, kind: EntityKind) -> bool {
        self.lead.iter().chain(&self.body).any(|part| part.is(kind))
    }

    /// Puts a part at the end, as most hashtags and links stand, or at the start, or where a blank
    /// stands; with blanks around it.
    pub(super) fn insert(&mut self, part: Part, rng: &mut Rng) {
        let at = match (&part, rng.u8(0..4)) {
            (Part::Entity(_), 0..3) | (_, 0) => self.body.len(),
            (_, 1) => 0,
            _ => self.split_somewhere(rng),
        };
        self.insert_at(at, part);
    }

    /// Splits the text at one of its blanks, and says which part the right side then is. Without
    /// blanks it is the end.
    fn split_somewhere(&mut self, rng: &mut Rng) -> usize {
        let blanks = |part: &Part| match part {
            Part::Text(text) => text.bytes().filter(|byte| *byte == b' ').count(),
            Part::Kept(_) | Part::Entity(_) => 0,
        };
        let all: usize = self.body.iter().map(blanks).sum();
        let mut blank = rng.usize(..=all);
        for at in 0..self.body.len() {
            let here = blanks(&self.body[at]);
            if let Part::Text(text) = &mut self.body[at]
                && let Some((found, _)) = text.match_indices(' ').nth(blank)
            {
                let right = text.split_off(found + 1);
                if !right.is_empty() {
                    self.body.insert(at + 1, Part::Text(right));
                }
                return at + 1;
            }
            blank = blank.saturating_sub(here);
        }
        self.body.len()
    }

    fn insert_at(&mut self, at: usize, part: Part) {
        let ends = at > 0 && self.body[at - 1].as_str().ends_with(char::is_whitespace);
        let starts = |part: &Part| part.as_str().starts_with(char::is_whitespace);
        let blank = || Part::Text(" ".to_owned());
        if self.body.get(at).is_some_and(|next| !starts(next)) {
            self.body.insert(at, blank());
        }
        self.body.insert(at, part);
        if at > 0 && !ends {
            self.body.insert(at, blank());
        }
    }

    /// Leaves out of the body what may be left out, from its end, until people see few enough
    /// characters; false if that is not enough.
    pub(super) fn fit(&mut self) -> bool {
        let count = |part: &Part| part.as_str().chars().count();
        let mut excess = self
            .body
            .iter()
            .map(count)
            .sum::<usize>()
            .saturating_sub(LONGEST);
        for at in (0..self.body.len()).rev() {
            if excess == 0 {
                break;
            }
            let chars = count(&self.body[at]);
            match &mut self.body[at] {
                Part::Text(text) if chars > excess + 1 => {
                    // The blank that keeps the next part apart stays.
                    let kept = chars - excess - 1;
                    let end = text
                        .char_indices()
                        .nth(kept)
                        .map_or(text.len(), |(at, _)| at);
                    let end = text[..end].rfind(' ').unwrap_or(end);
                    let cut = text[end..].chars().count().saturating_sub(1);
                    text.truncate(end);
                    text.push(' ');
                    excess = excess.saturating_sub(cut);
                }
                Part::Text(text) if chars > 1 => {
                    " ".clone_into(text);
                    excess = excess.saturating_sub(chars - 1);
                }
                Part::Entity(entity) if !entity.wanted => {
                    entity.text.clear();
                    excess = excess.saturating_sub(chars);
                }
                Part::Text(_) | Part::Kept(_) | Part::Entity(_) => {}
            }
        }
        self.body.retain(|part| !part.as_str().is_empty());
        self.tidy();
        self.body.iter().map(count).sum::<usize>() <= LONGEST
    }

    /// Takes blanks away that have come to stand at an end or beside each other.
    fn tidy(&mut self) {
        let mut blank = true;
        for part in &mut self.body {
            if let Part::Text(text) = part {
                if blank {
                    let start = text.len() - text.trim_start().len();
                    text.drain(..start);
                }
                if text.is_empty() {
                    continue;
                }
                blank = text.ends_with(char::is_whitespace);
            } else {
                blank = false;
            }
        }
        self.body.retain(|part| !part.as_str().is_empty());
        if let Some(Part::Text(text)) = self.body.last_mut() {
            text.truncate(text.trim_end().len());
        }
        self.body.retain(|part| !part.as_str().is_empty());
    }
}
