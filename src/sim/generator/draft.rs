//! What one made-up Tweet says: its text, and the entities in it by code point.

use std::borrow::Cow;

use fastrand::Rng;

use super::{
    link::Link,
    topics::{self, STOPS, TAILS, Topic},
    user::{Person, User},
    words::{EMOJI, ENGLISH, HASHTAGS, LANGUAGES, Language, SYMBOLS},
};

/// The most characters of the part of a made-up text that people see.
const LONGEST: usize = 275;

/// No sentence is longer; one is begun only where it has room.
const LONGEST_SENTENCE: usize = 105;

/// Every link in a text is a `t.co` link of this length.
const LINK_CHARS: usize = 23;

/// A text under construction, with the entities so far.
#[derive(Debug, Default)]
pub(crate) struct Draft<'s> {
    pub(crate) text: String,
    /// The length of `text` in code points.
    pub(crate) chars: usize,
    pub(crate) entities: Vec<Entity<'s>>,
    /// Where the part that people see starts and ends, in code points.
    pub(crate) visible: (usize, usize),
    pub(crate) lang: Cow<'s, str>,
}

/// A part of a text with a meaning, from `start` to before `end` in code points.
#[derive(Debug, Clone)]
pub(crate) struct Entity<'s> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: Kind<'s>,
}

/// What an entity is.
#[derive(Debug, Clone)]
pub(crate) enum Kind<'s> {
    Hashtag(&'s str),
    Symbol(&'s str),
    Mention(Person<'s>),
    Link(Link<'s>),
    /// The link to the Tweet's own photos or video; its code.
    Media(String),
}

/// The words of each language in [`LANGUAGES`], split once.
pub(super) type Words = Vec<Vec<&'static str>>;

/// Splits the vocabularies.
pub(super) fn split_words() -> Words {
    LANGUAGES
        .iter()
        .map(|language| language.words.split_whitespace().collect())
        .collect()
}

impl<'s> Draft<'s> {
    /// Writes what `author` says, to `replied_to` if that is somebody.
    pub(super) fn compose(
        author: &User,
        replied_to: Option<Person<'s>>,
        users: &'s [User],
        words: &Words,
        rng: &mut Rng,
    ) -> Self {
        // One in ten Tweets of other languages is in English, as people do.
        let mut language = LANGUAGES
            .iter()
            .position(|language| language.code == author.language.code)
            .unwrap_or(ENGLISH);
        if rng.u8(0..10) == 0 {
            language = ENGLISH;
        }
        let mut draft = Self {
            lang: LANGUAGES[language].code.into(),
            ..Self::answering(replied_to)
        };
        if rng.u8(0..50) == 0 {
            draft.lang = "und".into();
            draft.emoji(rng);
        } else if language == ENGLISH {
            draft.write_english(&words[ENGLISH], users, rng);
        } else {
            draft.write_words(&LANGUAGES[language], &words[language], users, rng);
        }
        draft
    }

    /// A text that begins with whom it answers.
    pub(crate) fn answering(person: Option<Person<'s>>) -> Self {
        let mut draft = Self {
            text: String::with_capacity(400),
            entities: Vec::with_capacity(6),
            ..Self::default()
        };
        if let Some(person) = person {
            draft.push_entity(Kind::Mention(person));
            draft.push(" ");
            draft.visible.0 = draft.chars;
        }
        draft
    }

    /// Appends an entity and what the text says in its place.
    pub(crate) fn push_entity(&mut self, kind: Kind<'s>) {
        let start = self.chars;
        let (sign, text) = match &kind {
            Kind::Hashtag(tag) => ("#", *tag),
            Kind::Symbol(symbol) => ("$", *symbol),
            Kind::Mention(person) => ("@", person.screen_name),
            Kind::Link(Link { code, .. }) | Kind::Media(code) => ("https://t.co/", code.as_str()),
        };
        self.text.push_str(sign);
        self.text.push_str(text);
        self.chars += sign.len() + text.chars().count();
        let end = self.chars;
        self.entities.push(Entity { start, end, kind });
    }

    /// Ends what people see. The link of the Tweet's own media, which has this code, comes behind it.
    pub(crate) fn end(&mut self, media: Option<String>) {
        self.visible.1 = self.chars;
        if let Some(code) = media {
            self.push(" ");
            self.push_entity(Kind::Media(code));
        }
    }

    /// Whether there is a link or a photo or video in it.
    pub(super) fn has_link(&self) -> bool {
        let is_link = |entity: &Entity<'_>| matches!(entity.kind, Kind::Link(_) | Kind::Media(_));
        self.entities.iter().any(is_link)
    }

    /// The first characters of the text.
    pub(super) fn start(&self, chars: usize) -> &str {
        let end = self.text.char_indices().nth(chars);
        &self.text[..end.map_or(self.text.len(), |(at, _)| at)]
    }

    fn write_english(&mut self, words: &[&'static str], users: &'s [User], rng: &mut Rng) {
        let topic = topics::pick(rng);
        let target = target_length(&LANGUAGES[ENGLISH], rng);
        loop {
            self.push(topic.subjects[rng.usize(..topic.subjects.len())]);
            self.push(" ");
            self.push(topic.happenings[rng.usize(..topic.happenings.len())]);
            self.push(TAILS[rng.usize(..TAILS.len())]);
            self.push(STOPS[rng.usize(..STOPS.len())]);
            if rng.u8(0..4) == 0 && self.has_room(LONGEST_SENTENCE) {
                self.push(" ");
                self.sentence(&LANGUAGES[ENGLISH], words, rng);
            }
            if self.chars >= target || !self.has_room(LONGEST_SENTENCE) {
                break;
            }
            self.push(if rng.u8(0..6) == 0 { "\n\n" } else { " " });
        }
        self.write_end(Some(topic), words, users, rng);
    }

    fn write_words(
        &mut self,
        language: &Language,
        words: &[&'static str],
        users: &'s [User],
        rng: &mut Rng,
    ) {
        let target = target_length(language, rng);
        loop {
            self.sentence(language, words, rng);
            if self.chars >= target || !self.has_room(LONGEST_SENTENCE) {
                break;
            }
            self.push(if rng.u8(0..6) == 0 {
                "\n"
            } else {
                language.space
            });
        }
        self.write_end(None, words, users, rng);
    }

    fn sentence(&mut self, language: &Language, words: &[&'static str], rng: &mut Rng) {
        for at in 0..rng.usize(3..9) {
            if at > 0 && !self.has_room(LONGEST_SENTENCE / 2) {
                break;
            }
            if at > 0 {
                self.push(language.space);
            }
            self.push(words[rng.usize(..words.len())]);
        }
        self.push(language.stop);
    }

    /// Emoji, a link, mentions, hashtags and a cashtag, as far as there is room.
    fn write_end(
        &mut self,
        topic: Option<&Topic>,
        words: &[&'s str],
        users: &'s [User],
        rng: &mut Rng,
    ) {
        if rng.u8(0..10) < 4 && self.has_room(25) {
            self.push(" ");
            for _ in 0..rng.usize(1..4) {
                self.emoji(rng);
            }
        }
        if rng.u32(0..10) < topic.map_or(3, |topic| topic.links) && self.has_room(LINK_CHARS) {
            self.push(" ");
            self.push_entity(Kind::Link(Link::pick(rng)));
        }
        if rng.u8(0..10) < 4 {
            for _ in 0..rng.usize(1..4) {
                self.hashtag(match topic {
                    Some(topic) if rng.u8(0..5) > 0 => {
                        topic.hashtags[rng.usize(..topic.hashtags.len())]
                    }
                    None if rng.bool() => words[rng.usize(..words.len())],
                    _ => HASHTAGS[rng.usize(..HASHTAGS.len())],
                });
            }
        }
        if rng.u8(0..30) == 0 && self.has_room(6) {
            self.push(" ");
            self.push_entity(Kind::Symbol(SYMBOLS[rng.usize(..SYMBOLS.len())]));
        }
        if rng.u8(0..8) == 0 && self.has_room(20) {
            self.push(if rng.bool() { " cc " } else { " via " });
            let user = &users[rng.usize(..users.len())];
            self.push_entity(Kind::Mention(user.person()));
        }
    }

    fn hashtag(&mut self, tag: &'s str) {
        // An apostrophe or another sign would end the hashtag early.
        if tag.contains(|sign: char| sign.is_ascii_punctuation()) || !self.has_room(tag.len()) {
            return;
        }
        self.push(" ");
        self.push_entity(Kind::Hashtag(tag));
    }

    fn emoji(&mut self, rng: &mut Rng) {
        self.push(EMOJI[rng.usize(..EMOJI.len())]);
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.chars += if text.is_ascii() {
            text.len()
        } else {
            text.chars().count()
        };
    }

    fn has_room(&self, chars: usize) -> bool {
        self.chars - self.visible.0 + chars + 2 <= LONGEST
    }
}

/// The length at which the writer stops. Two in five Tweets are long.
fn target_length(language: &Language, rng: &mut Rng) -> usize {
    if rng.u8(0..5) < 2 {
        rng.usize(language.longest / 2..language.longest * 3 / 4)
    } else {
        rng.usize(10..language.longest / 2)
    }
}
