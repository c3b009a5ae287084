//! The pool of accounts that made-up Tweets come from, each written as JSON once.

use std::ops::Range;

use fastrand::Rng;

use super::{
    names::{FIRST, LAST, LOCAL, ODD_LOCATIONS},
    place::{CITIES, City, Home, write_homes},
    profile::write_profile,
    words::{EMOJI, ENGLISH, LANGUAGES, Language},
};
use crate::{json_text::Json, snowflake};

/// Enough that names vary, and few enough to write them all when the simulator starts.
const USERS: usize = 3000;

/// January 2009 and July 2022: the accounts were opened between the two.
const OPENED_MS: Range<i64> = 1_230_768_000_000..1_656_633_600_000;

/// Accounts opened after this day in 2016 have Snowflake ids.
const SNOWFLAKE_IDS_FROM_MS: i64 = 1_456_790_400_000;

/// Ids of older accounts.
pub(crate) const OLD_IDS: Range<u64> = 100_000..4_000_000_000;

/// The keys of [`User::counts`].
const COUNTS: [&str; 5] = [
    "followers_count",
    "friends_count",
    "listed_count",
    "favourites_count",
    "statuses_count",
];

/// An account as the Tweets of others name it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person<'s> {
    pub(crate) id: u64,
    pub(crate) name: &'s str,
    pub(crate) screen_name: &'s str,
}

/// An account: what Tweets say about it, and its JSON.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) screen_name: String,
    pub(super) language: &'static Language,
    pub(super) city: Option<&'static City>,
    pub(crate) location: Option<String>,
    link: Option<String>,
    pub(crate) description: Option<String>,
    translator: &'static str,
    pub(crate) homes: Vec<Home>,
    pub(crate) verified: bool,
    /// Followers, friends, lists, likes and Tweets.
    pub(crate) counts: [u64; 5],
    pub(super) json: Vec<u8>,
    /// Where the part of `json` begins that follows from no other field.
    rest: usize,
}

/// Makes the pool; the same seed makes the same accounts.
pub(super) fn pool(seed: u64) -> Vec<User> {
    let mut rng = Rng::with_seed(seed ^ 0x5eed_0f05_e125);
    (0..USERS).map(|index| User::new(index, &mut rng)).collect()
}

impl User {
    fn new(index: usize, rng: &mut Rng) -> Self {
        let language = pick_language(rng);
        let local: Vec<&City> = CITIES
            .iter()
            .filter(|city| city.language == language.code)
            .collect();
        let opened_ms = rng.i64(OPENED_MS);
        let id = if opened_ms < SNOWFLAKE_IDS_FROM_MS {
            rng.u64(OLD_IDS)
        } else {
            snowflake::at(opened_ms, rng.i64(0..8)).unsigned_abs()
        };
        let (name, screen_name) = names(index, language, rng);
        let city = rng.choice(local).filter(|_| rng.u8(0..10) < 7);
        let odd = rng.choice(ODD_LOCATIONS).copied().flatten();
        let code = (rng.u8(0..10) < 6).then(|| super::link::link_code(rng.u64(..)));
        let description = describe(language, rng);
        let translator = if rng.u8(0..50) == 0 {
            "regular"
        } else {
            "none"
        };
        // Most accounts have a few hundred followers, and a few have millions.
        let followers = (40.0 / (1.0 - rng.f64()).powf(1.25)).min(90_000_000.0) as u64;
        let mut user = Self {
            id,
            name,
            screen_name,
            language,
            city,
            location: city.map(City::full_name).or(odd.map(str::to_owned)),
            link: code.as_ref().map(|code| format!("https://t.co/{code}")),
            description,
            translator,
            homes: city.map(City::home).into_iter().collect(),
            verified: followers > 30_000 && rng.bool(),
            counts: [
                followers,
                rng.u64(0..70) * rng.u64(0..70),
                followers / rng.u64(60..400),
                rng.u64(0..300) * rng.u64(0..300),
                1 + rng.u64(0..300) * rng.u64(0..400),
            ],
            json: Vec::with_capacity(2600),
            rest: 0,
        };
        write_profile(
            &mut Json(&mut user.json),
            id,
            opened_ms,
            city.is_some(),
            code.as_deref(),
            rng,
        );
        user.write();
        user
    }

    /// This account as others name it.
    pub(crate) fn person(&self) -> Person<'_> {
        Person {
            id: self.id,
            name: &self.name,
            screen_name: &self.screen_name,
        }
    }

    /// Writes the JSON anew; what follows from no field stays.
    pub(crate) fn write(&mut self) {
        let rest = self.json.split_off(self.rest);
        let mut json = Json(&mut self.json);
        json.0.clear();
        json.raw(r#"{"id":"#).int(self.id);
        json.raw(r#","id_str":"#).quoted(self.id);
        json.raw(r#","name":"#).text(&self.name);
        json.raw(r#","screen_name":"#).text(&self.screen_name);
        json.raw(r#","location":"#)
            .text_or_null(self.location.as_deref());
        json.raw(r#","url":"#).text_or_null(self.link.as_deref());
        json.raw(r#","description":"#)
            .text_or_null(self.description.as_deref());
        json.raw(r#","translator_type":"#).text(self.translator);
        write_homes(&self.homes, &mut json);
        json.raw(r#","protected":false,"verified":"#)
            .flag(self.verified);
        for (key, count) in COUNTS.into_iter().zip(self.counts) {
            json.raw(",").text(key).raw(":").int(count);
        }
        self.rest = self.json.len();
        self.json.extend(rest);
    }
}

fn pick_language(rng: &mut Rng) -> &'static Language {
    let mut roll = rng.u32(0..100);
    for language in LANGUAGES {
        match roll.checked_sub(language.weight) {
            Some(rest) => roll = rest,
            None => return language,
        }
    }
    &LANGUAGES[ENGLISH]
}

/// A display name and a screen name that no other account has.
fn names(index: usize, language: &Language, rng: &mut Rng) -> (String, String) {
    let first = FIRST[rng.usize(..FIRST.len())];
    let last = LAST[rng.usize(..LAST.len())];
    let local = LOCAL.iter().find(|(code, _)| *code == language.code);
    let mut name = match local {
        Some((_, names)) if rng.u8(0..10) < 7 => names[rng.usize(..names.len())].to_owned(),
        _ => format!("{first} {last}"),
    };
    if rng.u8(0..8) == 0 {
        name.push(' ');
        name.push_str(EMOJI[rng.usize(..EMOJI.len())]);
    }
    // Four base-36 digits of the index keep the names apart; fifteen characters are the most.
    let mut screen_name: String = format!("{first}{last}").chars().take(11).collect();
    if rng.bool() {
        screen_name.make_ascii_lowercase();
    }
    screen_name.push('_');
    screen_name.push_str(&base36(index));
    (name, screen_name)
}

fn base36(mut number: usize) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(
            b"0123456789abcdefghijklmnopqrstuvwxyz"[number % 36],
        ));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

fn describe(language: &Language, rng: &mut Rng) -> Option<String> {
    if rng.u8(0..10) == 0 {
        return None;
    }
    let words: Vec<&str> = language.words.split_whitespace().collect();
    let mut about = String::new();
    for at in 0..rng.usize(6..20) {
        if at > 0 {
            about.push_str(if at % 4 == 0 { " • " } else { language.space });
        }
        about.push_str(words[rng.usize(..words.len())]);
    }
    if rng.bool() {
        about.push(' ');
        about.push_str(EMOJI[rng.usize(..EMOJI.len())]);
    }
    Some(about)
}
