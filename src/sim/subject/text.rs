//! Puts what a rule asks of the text into what a Tweet says.

use std::mem;

use fastrand::Rng;

use super::{
    author::any,
    link::{self, is_media},
    wishes::{Wish, Wishes},
};
use crate::generator::{self, Draft, Kind as Entity, Post, User, link_code, pick_source};
use ouzel_rule::{Fact, Kind};

/// The most characters that people see of a Tweet.
const LONGEST: usize = 280;

/// Words that may stand between those of a proximity: one token each.
const BETWEEN: [&str; 8] = ["and", "more", "new", "old", "some", "good", "big", "2"];

/// Hashtags and cashtags where a rule wants any.
const HASHTAGS: [&str; 5] = ["news", "photo", "monday", "throwback", "goals"];
const SYMBOLS: [&str; 4] = ["AQUA", "GALE", "ORBT", "TIDE"];

/// What a Tweet without words says.
const MOODS: [&str; 5] = ["✨", "🙂", "🎉", "🔥", "👀"];

/// Languages of made-up Tweets that are written in Latin letters.
const LATIN: [&str; 8] = ["en", "es", "pt", "fr", "de", "tr", "id", "it"];

/// What the language is taken from if the one that a Tweet has is not to be.
const OTHERS: [&str; 6] = ["en", "es", "pt", "ja", "fr", "und"];

/// A word with the blanks behind it, a phrase, or an entity.
#[derive(Debug)]
struct Piece<'a> {
    says: Says<'a>,
    /// Whether it must stay.
    is_wanted: bool,
}

#[derive(Debug)]
enum Says<'a> {
    Text(String),
    Entity(Entity<'a>),
}

/// Makes a Tweet say what is wanted; `None` where there is no room or no way.
pub(super) fn edit<'a>(
    post: &mut Post<'a>,
    users: &'a [User],
    wishes: &Wishes<'a>,
    rng: &mut Rng,
) -> Option<()> {
    let old = mem::take(&mut post.draft);
    let mut wanted = Vec::new();
    for wish in &wishes.wanted {
        wanted.extend(part(wish, wishes.bare, users, rng)?);
    }
    let (lang, stays) = language(wishes, &old.lang, &wanted, rng);
    rng.shuffle(&mut wanted);
    let mut body = match () {
        () if wishes.bare => Vec::new(),
        () if stays => split(&old),
        () => sentence(&lang, rng),
    };
    body.retain(|piece| match &piece.says {
        Says::Entity(entity) => fact_of(entity).is_none_or(|fact| !wishes.shun_fact(fact)),
        Says::Text(_) => true,
    });
    wanted.extend(
        link::links(wishes, rng)
            .into_iter()
            .map(Entity::Link)
            .map(Says::Entity),
    );
    let answered = post.replied_to.map(|(_, person)| person);
    let answered = answered.filter(|_| !wishes.shun_fact(Fact::Mentions));
    for fact in [Fact::Hashtags, Fact::Symbols, Fact::Mentions] {
        let is_there =
            |says: &Says<'_>| matches!(says, Says::Entity(own) if fact_of(own) == Some(fact));
        let is_answer = fact == Fact::Mentions && answered.is_some();
        if wishes.want_fact(fact) && !is_answer && !wanted.iter().any(is_there) {
            wanted.push(Says::Entity(match fact {
                Fact::Hashtags => Entity::Hashtag(HASHTAGS[rng.usize(..HASHTAGS.len())]),
                Fact::Symbols => Entity::Symbol(SYMBOLS[rng.usize(..SYMBOLS.len())]),
                _ => Entity::Mention(any(users, rng).person()),
            }));
        }
    }
    for says in wanted {
        // Most entities stand at the end.
        let at = match (&says, rng.u8(0..4)) {
            (Says::Entity(_), 0..3) | (_, 0) => body.len(),
            (_, 1) => 0,
            _ => rng.usize(..=body.len()),
        };
        body.insert(
            at,
            Piece {
                says,
                is_wanted: true,
            },
        );
    }
    if body.is_empty() {
        let mood = MOODS[rng.usize(..MOODS.len())].to_owned();
        body.push(text(mood));
    }
    if wishes.want(is_media) {
        post.media = Some(link::media(wishes));
    } else if wishes.bare || wishes.shun(|kind| is_media(kind) || *kind == Kind::Fact(Fact::Links))
    {
        post.media = None;
    }
    if post.media.is_some() || wishes.bare || !stays {
        post.poll = None;
    }
    fit(&mut body);
    let mut draft = Draft::answering(answered);
    append(&mut draft, body);
    draft.lang = lang.into();
    let code = match old.entities.last() {
        Some(generator::Entity {
            kind: Entity::Media(code),
            ..
        }) => code.clone(),
        _ => link_code(rng.u64(..)),
    };
    draft.end(post.media.map(|_| code));
    let seen = draft.visible.1 - draft.visible.0;
    post.draft = draft;
    (seen <= LONGEST).then_some(())
}

fn text<'a>(text: String) -> Piece<'a> {
    Piece {
        says: Says::Text(text),
        is_wanted: false,
    }
}

/// What a Tweet has that has such an entity.
fn fact_of(entity: &Entity<'_>) -> Option<Fact> {
    match entity {
        Entity::Hashtag(_) => Some(Fact::Hashtags),
        Entity::Symbol(_) => Some(Fact::Symbols),
        Entity::Mention(_) => Some(Fact::Mentions),
        Entity::Link(_) => Some(Fact::Links),
        Entity::Media(_) => None,
    }
}

/// What people see of a text, in pieces.
fn split<'a>(draft: &Draft<'a>) -> Vec<Piece<'a>> {
    let (mut at, end) = draft.visible;
    let mut chars = draft.text.chars().skip(at);
    let mut pieces = Vec::new();
    let mut words = |count: usize, pieces: &mut Vec<Piece<'a>>| {
        let mut word = String::new();
        for c in chars.by_ref().take(count) {
            if !c.is_whitespace() && word.ends_with(char::is_whitespace) {
                pieces.push(text(mem::take(&mut word)));
            }
            word.push(c);
        }
        if !word.is_empty() {
            pieces.push(text(word));
        }
    };
    for entity in &draft.entities {
        if entity.start >= at && entity.end <= end {
            words(entity.start - at, &mut pieces);
            words(entity.end - entity.start, &mut Vec::new());
            at = entity.end;
            pieces.push(Piece {
                says: Says::Entity(entity.kind.clone()),
                is_wanted: false,
            });
        }
    }
    words(end - at, &mut pieces);
    pieces
}

/// A sentence about nothing; nothing in a language of which no words are known.
fn sentence<'a>(lang: &str, rng: &mut Rng) -> Vec<Piece<'a>> {
    let Some([words, space, stop]) = generator::vocabulary(lang) else {
        return Vec::new();
    };
    let words: Vec<&str> = words.split_whitespace().collect();
    let count = rng.usize(3..9);
    let piece = |at| {
        let behind = if at + 1 == count { stop } else { space };
        text(format!("{}{behind}", words[rng.usize(..words.len())]))
    };
    (0..count).map(piece).collect()
}

/// Leaves out what need not stay, from the end on, until people see few enough characters.
fn fit(body: &mut Vec<Piece<'_>>) {
    let count = |piece: &Piece<'_>| match &piece.says {
        Says::Text(text) => text.chars().count(),
        Says::Entity(Entity::Hashtag(text) | Entity::Symbol(text)) => 1 + text.chars().count(),
        Says::Entity(Entity::Mention(person)) => 1 + person.screen_name.chars().count(),
        // `https://t.co/` and the code
        Says::Entity(Entity::Link(_) | Entity::Media(_)) => 23,
    };
    // What is wanted has blanks around it.
    let mut chars: usize = body
        .iter()
        .map(|piece| count(piece) + 2 * usize::from(piece.is_wanted))
        .sum();
    for at in (0..body.len()).rev() {
        if chars > LONGEST && !body[at].is_wanted {
            chars -= count(&body.remove(at));
        }
    }
}

/// Appends the pieces, with one blank at least around those that are wanted.
fn append<'a>(draft: &mut Draft<'a>, body: Vec<Piece<'a>>) {
    let mut was_wanted = false;
    for Piece { says, is_wanted } in body {
        let after_blank = draft.text.is_empty() || draft.text.ends_with(char::is_whitespace);
        let begins_blank =
            matches!(&says, Says::Text(text) if text.starts_with(char::is_whitespace));
        if !after_blank && !begins_blank && (is_wanted || was_wanted) {
            draft.push(" ");
        }
        match says {
            Says::Text(text) if after_blank && !is_wanted => draft.push(text.trim_start()),
            Says::Text(text) => draft.push(&text),
            Says::Entity(entity) => draft.push_entity(entity),
        }
        was_wanted = is_wanted;
    }
    while !was_wanted && draft.text.ends_with(char::is_whitespace) {
        draft.text.pop();
        draft.chars -= 1;
    }
}

/// What a wanted clause puts into the text: nothing where it is about something else. `None` where
/// that cannot be.
fn part<'a>(
    wish: &Wish<'a>,
    bare: bool,
    users: &'a [User],
    rng: &mut Rng,
) -> Option<Option<Says<'a>>> {
    let kept = |text: String| (!text.is_empty()).then_some(Some(Says::Text(text)));
    match wish.kind {
        Kind::Keyword(pattern) | Kind::Phrase(pattern) => {
            let text = wish.spelled(pattern.text());
            match tag(text).filter(|_| !bare) {
                Some(tag) => Some(Some(Says::Entity(tag))),
                None => kept(text.to_owned()),
            }
        }
        Kind::Proximity { words, distance } => {
            let words: Vec<&str> = words.iter().map(|word| word.text()).collect();
            kept(near(&words, *distance, bare, rng))
        }
        Kind::Contains(folded) => {
            let mut text = wish.spelled(folded).to_owned();
            if text.ends_with(|c: char| c.is_ascii_lowercase()) && rng.u8(0..3) == 0 {
                // Parts of words are found too, which is what sets this apart from keywords.
                text.push('s');
            }
            kept(text)
        }
        Kind::Hashtag(tag) => Some(Some(Says::Entity(Entity::Hashtag(wish.spelled(tag))))),
        Kind::Cashtag(tag) => Some(Some(Says::Entity(Entity::Symbol(wish.spelled(tag))))),
        Kind::Mention(account) => {
            let person = wish.person(account, users)?;
            Some(Some(Says::Entity(Entity::Mention(person))))
        }
        _ => Some(None),
    }
}

/// Text that looks like a hashtag or a cashtag is one.
fn tag(text: &str) -> Option<Entity<'_>> {
    let (sign, name) = text.split_at_checked(1)?;
    let is = |is_part: fn(char) -> bool| !name.is_empty() && name.chars().all(is_part);
    match sign {
        "#" if is(char::is_alphanumeric) => Some(Entity::Hashtag(name)),
        "$" if is(|c| c.is_ascii_alphabetic()) => Some(Entity::Symbol(name)),
        _ => None,
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

/// The language that a Tweet will have, and whether what it says now can stay.
fn language(wishes: &Wishes<'_>, own: &str, wanted: &[Says<'_>], rng: &mut Rng) -> (String, bool) {
    let asked = wishes.find(|wish, kind| match kind {
        Kind::Lang(code) => Some(wish.spelled(code)),
        _ => None,
    });
    if let Some(code) = asked.last() {
        return (code.to_owned(), code.eq_ignore_ascii_case(own));
    }
    let shunned = |code: &str| {
        wishes.shun_code(code, |kind| match kind {
            Kind::Lang(code) => Some(code),
            _ => None,
        })
    };
    let script = wanted.iter().find_map(|says| match says {
        Says::Text(text) => language_of_script(text),
        Says::Entity(Entity::Hashtag(text) | Entity::Symbol(text)) => language_of_script(text),
        Says::Entity(_) => None,
    });
    let fits = match script {
        None => true,
        Some("en") => LATIN.contains(&own),
        Some("zh") => matches!(own, "zh" | "ja"),
        Some(script) => script == own,
    };
    if fits && !shunned(own) {
        return (own.to_owned(), true);
    }
    let code = script.filter(|code| !shunned(code)).or_else(|| {
        let left: Vec<&str> = OTHERS.into_iter().filter(|code| !shunned(code)).collect();
        rng.choice(left)
    });
    (code.unwrap_or(own).to_owned(), false)
}

/// The language that is most likely meant by the first letter of a text.
fn language_of_script(text: &str) -> Option<&'static str> {
    Some(match text.chars().find(|c| c.is_alphabetic())? {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => "en",
        '\u{400}'..='\u{52f}' => "ru",
        '\u{600}'..='\u{6ff}' => "ar",
        '\u{900}'..='\u{97f}' => "hi",
        '\u{e00}'..='\u{e7f}' => "th",
        '\u{3040}'..='\u{30ff}' => "ja",
        '\u{4e00}'..='\u{9fff}' => "zh",
        '\u{ac00}'..='\u{d7af}' => "ko",
        _ => return None,
    })
}

/// What the Tweet is to be sent with, if a rule says something of that.
pub(super) fn source(wishes: &Wishes<'_>, rng: &mut Rng) -> Option<String> {
    let is_url = |name: &str| name.contains("://") && !name.contains(['"', '>']);
    // No Tweet is sent with nothing.
    let mut names: Vec<&str> = wishes
        .find(|wish, kind| match kind {
            Kind::Source(name) => Some(wish.spelled(name)),
            _ => None,
        })
        .filter(|name| !name.is_empty())
        .collect();
    // It can be asked for by its URL and by its name.
    names.sort_by_key(|name| !is_url(name));
    let anchor = |url: &str, name: &str| format!("<a href=\"{url}\" rel=\"nofollow\">{name}</a>");
    match names.as_slice() {
        [] => wishes
            .shun(|kind| matches!(kind, Kind::Source(_)))
            .then(|| pick_source(rng).to_owned()),
        [url, name, ..] if is_url(url) => Some(anchor(url, name)),
        [url] if is_url(url) => Some(anchor(url, "app")),
        [name, ..] if name.contains('<') || name.eq_ignore_ascii_case("web") => {
            Some((*name).to_owned())
        }
        [name, ..] => Some(anchor("https://app.example.com/about", name)),
    }
}
