//! What one made-up Tweet says: its text, and the entities in it by code point.

use fastrand::Rng;

use super::{
    topics::{self, STOPS, TAILS, Topic},
    user::{User, link_code},
    words::{EMOJI, ENGLISH, HASHTAGS, LANGUAGES, Language, SYMBOLS},
};

/// The most characters that people see of a Tweet.
const LONGEST: usize = 275;

/// No sentence is longer; one is begun only where it has room.
const LONGEST_SENTENCE: usize = 105;

/// Every link in a text is a `t.co` link of this length.
const LINK_CHARS: usize = 23;

/// A text under construction, with the entities so far.
#[derive(Debug)]
pub(super) struct Draft<'s> {
    pub(super) text: String,
    /// The length of `text` in code points.
    pub(super) chars: usize,
    pub(super) entities: Vec<Entity<'s>>,
    /// Where the part that people see starts and ends, in code points.
    pub(super) visible: (usize, usize),
    pub(super) lang: &'static str,
}

/// A part of a text with a meaning, from `start` to before `end` in code points.
#[derive(Debug, Clone)]
pub(super) struct Entity<'s> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: Kind<'s>,
}

/// What an entity is.
#[derive(Debug, Clone)]
pub(super) enum Kind<'s> {
    Hashtag(&'s str),
    Symbol(&'static str),
    Mention(&'s User),
    Link(Link),
    /// The link to the Tweet's own photos or video; its code.
    Media(String),
}

/// A link to a page: the code of its `t.co` form, and a number that decides which page.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) code: String,
    pub(super) page: u64,
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
        replied_to: Option<&'s User>,
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
            text: String::with_capacity(400),
            chars: 0,
            entities: Vec::with_capacity(6),
            visible: (0, 0),
            lang: LANGUAGES[language].code,
        };
        if let Some(user) = replied_to {
            draft.mention(user);
            draft.push(" ");
            draft.visible.0 = draft.chars;
        }
        if rng.u8(0..50) == 0 {
            draft.lang = "und";
            draft.emoji(rng);
        } else if language == ENGLISH {
            draft.write_english(&words[ENGLISH], users, rng);
        } else {
            draft.write_words(&LANGUAGES[language], &words[language], users, rng);
        }
        draft.visible.1 = draft.chars;
        draft
    }

    /// Appends the link of the Tweet's own media, which is not part of what people see.
    pub(super) fn append_media(&mut self, rng: &mut Rng) {
        self.push(" ");
        let code = link_code(rng.u64(..));
        self.push_link(&code);
        self.mark(LINK_CHARS, Kind::Media(code));
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
            let link = Link {
                code: link_code(rng.u64(..)),
                page: rng.u64(..),
            };
            self.push_link(&link.code);
            self.mark(LINK_CHARS, Kind::Link(link));
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
            let symbol = SYMBOLS[rng.usize(..SYMBOLS.len())];
            self.push(" $");
            self.push(symbol);
            self.mark(symbol.len() + 1, Kind::Symbol(symbol));
        }
        if rng.u8(0..8) == 0 && self.has_room(20) {
            self.push(if rng.bool() { " cc " } else { " via " });
            self.mention(&users[rng.usize(..users.len())]);
        }
    }

    fn hashtag(&mut self, tag: &'s str) {
        // An apostrophe or another sign would end the hashtag early.
        if tag.contains(|sign: char| sign.is_ascii_punctuation()) || !self.has_room(tag.len()) {
            return;
        }
        self.push(" #");
        let before = self.chars;
        self.push(tag);
        self.mark(self.chars - before + 1, Kind::Hashtag(tag));
    }

    fn mention(&mut self, user: &'s User) {
        self.push("@");
        self.push(&user.screen_name);
        self.mark(user.screen_name.len() + 1, Kind::Mention(user));
    }

    fn emoji(&mut self, rng: &mut Rng) {
        self.push(EMOJI[rng.usize(..EMOJI.len())]);
    }

    fn push_link(&mut self, code: &str) {
        self.push("https://t.co/");
        self.push(code);
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.chars += if text.is_ascii() {
            text.len()
        } else {
            text.chars().count()
        };
    }

    /// Marks the last `chars` code points as an entity.
    fn mark(&mut self, chars: usize, kind: Kind<'s>) {
        self.entities.push(Entity {
            start: self.chars - chars,
            end: self.chars,
            kind,
        });
    }

    fn has_room(&self, chars: usize) -> bool {
        self.chars - self.visible.0 + chars + 2 <= LONGEST
    }
}

/// At which length the writer stops; two in five Tweets are long ones.
fn target_length(language: &Language, rng: &mut Rng) -> usize {
    if rng.u8(0..5) < 2 {
        rng.usize(language.longest / 2..language.longest * 3 / 4)
    } else {
        rng.usize(10..language.longest / 2)
    }
}
