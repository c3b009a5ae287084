//! Puts what a rule asks of the text into what a Tweet says.

use fastrand::Rng;

use super::{
    language,
    link::{self, is_media},
    node::written,
    person::Person,
    said::{Entity, EntityKind, Part, Said},
    wishes::{Wish, Wishes},
};
use ouzel_rule::{Fact, Kind};

/// Words that may stand between those of a proximity: one token each.
const BETWEEN: [&str; 8] = ["and", "more", "new", "old", "some", "good", "big", "2"];

/// Hashtags and cashtags where a rule wants any.
const HASHTAGS: [&str; 5] = ["news", "photo", "monday", "throwback", "goals"];
const SYMBOLS: [&str; 4] = ["AQUA", "GALE", "ORBT", "TIDE"];

/// What a Tweet without words says.
const MOODS: [&str; 5] = ["✨", "🙂", "🎉", "🔥", "👀"];

/// Makes a Tweet say what is wanted. Gives the language in which it does so, or nothing where there
/// is no room or no way.
pub(super) fn speak<'t>(
    said: &mut Said<'t>,
    own_lang: &str,
    wishes: &Wishes<'_>,
    rng: &mut Rng,
) -> Option<String> {
    let mut parts = Vec::new();
    for wish in &wishes.wanted {
        parts.extend(part(wish, wishes.bare, rng)?);
    }
    let pieces: Vec<&str> = parts
        .iter()
        .map(Part::as_str)
        .filter(|piece| !piece.starts_with('@'))
        .collect();
    let (lang, stays) = language::choose(wishes, own_lang, &pieces, rng);
    rng.shuffle(&mut parts);
    if wishes.bare {
        *said = Said::default();
    } else if !stays {
        said.body = fresh(&lang, rng);
        said.polls = None;
    }
    shed(said, wishes);
    parts.extend(link::links(wishes, rng).into_iter().map(Part::Entity));
    parts.extend(
        facts(&parts, said, wishes, rng)
            .into_iter()
            .map(Part::Entity),
    );
    for part in parts {
        said.insert(part, rng);
    }
    if wishes.want(is_media) {
        said.media = Some(link::media(wishes, rng)?);
    }
    if said.media.is_some() {
        said.polls = None;
    }
    if said.body.is_empty() {
        let mood = MOODS[rng.usize(..MOODS.len())];
        said.body.push(Part::Text(mood.to_owned()));
    }
    said.fit().then_some(lang)
}

/// A sentence about nothing.
fn fresh(lang: &str, rng: &mut Rng) -> Vec<Part> {
    let (mut words, stop) = language::filler(lang, rng.usize(3..9), rng);
    let Some(last) = words.last_mut() else {
        return Vec::new();
    };
    last.truncate(last.trim_end().len());
    last.push_str(stop);
    vec![Part::Text(words.concat())]
}

/// Removes what is not to be there.
fn shed(said: &mut Said<'_>, wishes: &Wishes<'_>) {
    for (fact, kind) in [
        (Fact::Hashtags, EntityKind::Hashtag),
        (Fact::Links, EntityKind::Link),
        (Fact::Mentions, EntityKind::Mention),
        (Fact::Symbols, EntityKind::Symbol),
    ] {
        if wishes.shun_fact(fact) {
            said.remove(kind);
        }
    }
    if wishes.shun_fact(Fact::Mentions) {
        said.lead.clear();
    }
    if wishes.shun(|kind| is_media(kind) || *kind == Kind::Fact(Fact::Links)) {
        said.media = None;
    }
}

/// What a wanted clause puts into the text: nothing where it is about something else. `None` where
/// that cannot be.
fn part(wish: &Wish<'_>, bare: bool, rng: &mut Rng) -> Option<Option<Part>> {
    let part = match wish.kind {
        Kind::Keyword(pattern) | Kind::Phrase(pattern) => {
            let text = wish.spelled(pattern.text());
            if text.is_empty() {
                return None;
            }
            piece(text, bare)
        }
        Kind::Proximity { words, distance } => {
            let words: Vec<&str> = words.iter().map(|word| word.text()).collect();
            if words.is_empty() {
                return None;
            }
            Part::Kept(near(&words, *distance, bare, rng))
        }
        Kind::Contains(folded) => {
            let mut text = wish.spelled(folded).to_owned();
            if text.is_empty() {
                return None;
            }
            if text.ends_with(|c: char| c.is_ascii_lowercase()) && rng.u8(0..3) == 0 {
                // Parts of words are found too, which is what sets this apart from keywords.
                text.push('s');
            }
            Part::Kept(text)
        }
        Kind::Hashtag(tag) => Part::Entity(tagged(EntityKind::Hashtag, wish.spelled(tag))),
        Kind::Cashtag(tag) => Part::Entity(tagged(EntityKind::Symbol, wish.spelled(tag))),
        Kind::Mention(account) => {
            let (ouzel_rule::Account::Id(name) | ouzel_rule::Account::Name(name)) = account;
            Part::Entity(Person::named(account, wish.spelled(name))?.mention(true))
        }
        _ => return Some(None),
    };
    Some(Some(part))
}

/// Text that looks like a hashtag or a cashtag is one.
fn piece(text: &str, bare: bool) -> Part {
    let tag = |kind, name: &str, is_part: fn(char) -> bool| {
        let whole = !name.is_empty() && !bare && name.chars().all(is_part);
        whole.then(|| Part::Entity(tagged(kind, name)))
    };
    let entity = match text.split_at_checked(1) {
        Some(("#", name)) => tag(EntityKind::Hashtag, name, char::is_alphanumeric),
        Some(("$", name)) => tag(EntityKind::Symbol, name, |c| c.is_ascii_alphabetic()),
        _ => None,
    };
    entity.unwrap_or_else(|| Part::Kept(text.to_owned()))
}

/// A hashtag or a cashtag.
fn tagged(kind: EntityKind, name: &str) -> Entity {
    let sign = if kind == EntityKind::Hashtag {
        '#'
    } else {
        '$'
    };
    Entity {
        kind,
        text: format!("{sign}{name}"),
        json: written(|json| {
            json.raw(r#"{"text":"#).text(name);
        }),
        wanted: true,
    }
}

/// The words in order, with others between them as far as the distance allows: at least one where
/// the words beside each other may be what is in the way.
fn near(words: &[&str], distance: usize, apart: bool, rng: &mut Rng) -> String {
    let mut left = if words.iter().all(|word| word.is_ascii()) {
        rng.usize(usize::from(apart)..=distance)
    } else {
        0
    };
    let mut text = String::new();
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            text.push(' ');
            let last = at + 1 == words.len();
            let here = if last { left } else { rng.usize(..=left) };
            left -= here;
            for _ in 0..here {
                text.push_str(BETWEEN[rng.usize(..BETWEEN.len())]);
                text.push(' ');
            }
        }
        text.push_str(word);
    }
    text
}

/// Entities that are wanted, whichever they are.
fn facts(parts: &[Part], said: &Said<'_>, wishes: &Wishes<'_>, rng: &mut Rng) -> Vec<Entity> {
    let missing = |fact, kind| {
        let there = |part: &Part| matches!(part, Part::Entity(entity) if entity.kind == kind);
        let leads = said.lead.iter().any(there);
        wishes.want_fact(fact) && !leads && !parts.iter().any(there)
    };
    let mut entities = Vec::new();
    if missing(Fact::Hashtags, EntityKind::Hashtag) {
        let tag = HASHTAGS[rng.usize(..HASHTAGS.len())];
        entities.push(tagged(EntityKind::Hashtag, tag));
    }
    if missing(Fact::Symbols, EntityKind::Symbol) {
        let symbol = SYMBOLS[rng.usize(..SYMBOLS.len())];
        entities.push(tagged(EntityKind::Symbol, symbol));
    }
    if missing(Fact::Mentions, EntityKind::Mention) {
        entities.push(Person::any(rng).mention(true));
    }
    entities
}
