//! The pool of accounts that made-up Tweets come from, each written as JSON once.

use std::ops::Range;

use fastrand::Rng;

use super::{
    names::{FIRST, LAST, LOCAL, ODD_LOCATIONS},
    place::{CITIES, City},
    profile::{write_counts, write_derived, write_links, write_profile},
    words::{EMOJI, LANGUAGES, Language},
};
use crate::{
    json_text::Json,
    snowflake::{self, write_created_at},
};

/// Enough that names vary, and few enough to write them all when the simulator starts.
const USERS: usize = 3000;

/// January 2009 and July 2022: the accounts were opened between the two.
const OPENED_MS: Range<i64> = 1_230_768_000_000..1_656_633_600_000;

/// Accounts opened after this day in 2016 have Snowflake ids.
const SNOWFLAKE_IDS_FROM_MS: i64 = 1_456_790_400_000;

/// An account: what Tweets say about it, and its JSON.
#[derive(Debug)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) screen_name: String,
    pub(super) language: &'static Language,
    pub(super) city: Option<&'static City>,
    pub(super) json: Vec<u8>,
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
            rng.u64(100_000..4_000_000_000)
        } else {
            snowflake::at(opened_ms, rng.i64(0..8)).unsigned_abs()
        };
        let (name, screen_name) = names(index, language, rng);
        let mut user = Self {
            id,
            name,
            screen_name,
            language,
            city: rng.choice(local).filter(|_| rng.u8(0..10) < 7),
            json: Vec::with_capacity(2600),
        };
        user.write(opened_ms, rng);
        user
    }

    fn write(&mut self, opened_ms: i64, rng: &mut Rng) {
        let mut bytes = std::mem::take(&mut self.json);
        let mut json = Json(&mut bytes);
        let id = self.id;
        let geo = self.city.is_some();
        json.raw(r#"{"id":"#)
            .int(id)
            .raw(r#","id_str":"#)
            .quoted(id);
        json.raw(r#","name":"#).text(&self.name);
        json.raw(r#","screen_name":"#).text(&self.screen_name);
        let location = self.city.map(City::full_name);
        let odd = rng.choice(ODD_LOCATIONS).copied().flatten();
        json.raw(r#","location":"#)
            .text_or_null(location.as_deref().or(odd));
        let code = (rng.u8(0..10) < 6).then(|| link_code(rng.u64(..)));
        let link = code.as_ref().map(|code| format!("https://t.co/{code}"));
        json.raw(r#","url":"#).text_or_null(link.as_deref());
        let about = describe(self.language, rng);
        json.raw(r#","description":"#)
            .text_or_null(about.as_deref());
        json.raw(r#","translator_type":"#)
            .text(if rng.u8(0..50) == 0 {
                "regular"
            } else {
                "none"
            });
        if let Some(city) = self.city {
            write_derived(&mut json, city);
        }
        write_counts(&mut json, rng);
        json.raw(r#","created_at":""#);
        write_created_at(json.0, opened_ms);
        json.raw(r#"","utc_offset":null,"time_zone":null,"geo_enabled":"#);
        json.raw(if geo { "true" } else { "false" });
        json.raw(r#","lang":null,"contributors_enabled":false,"is_translator":false"#);
        write_profile(&mut json, id, rng);
        write_links(&mut json, code.as_deref());
        json.raw(r#","following":null,"follow_request_sent":null,"notifications":null,"withheld_in_countries":[]}"#);
        self.json = bytes;
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
    &LANGUAGES[super::words::ENGLISH]
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

/// The ten characters of a `t.co` link.
pub(super) fn link_code(seed: u64) -> String {
    let mut rng = Rng::with_seed(seed);
    (0..10).map(|_| rng.alphanumeric()).collect()
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
