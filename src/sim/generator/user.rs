//! The pool of accounts that made-up Tweets come from, each written as JSON once.

use std::ops::Range;

use fastrand::Rng;

use super::{
    names::{FIRST, LAST, LOCAL, ODD_LOCATIONS},
    place::{CITIES, City},
    words::{EMOJI, LANGUAGES, Language},
};
use crate::sim::{
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

/// Profile Geo: the centre of the city. [source: xd/data-enrichments]
fn write_derived(json: &mut Json<'_>, city: &City) {
    json.raw(r#","derived":{"locations":[{"country":"#)
        .text(city.country);
    json.raw(r#","country_code":"#).text(city.country_code);
    json.raw(r#","locality":"#)
        .text(city.locality)
        .raw(r#","region":"#)
        .text(city.region);
    if let Some(sub_region) = city.sub_region {
        json.raw(r#","sub_region":"#).text(sub_region);
    }
    json.raw(r#","full_name":"#)
        .text(&format!("{}, {}", city.full_name(), city.country));
    json.raw(r#","geo":{"coordinates":["#)
        .degrees(city.longitude)
        .raw(",");
    json.degrees(city.latitude).raw(r#"],"type":"point"}}]}"#);
}

/// Most accounts have a few hundred followers, and a few have millions.
fn write_counts(json: &mut Json<'_>, rng: &mut Rng) {
    let followers = (40.0 / (1.0 - rng.f64()).powf(1.25)).min(90_000_000.0) as u64;
    let verified = followers > 30_000 && rng.bool();
    json.raw(r#","protected":false,"verified":"#)
        .raw(if verified { "true" } else { "false" });
    json.raw(r#","followers_count":"#).int(followers);
    json.raw(r#","friends_count":"#)
        .int(rng.u64(0..70) * rng.u64(0..70));
    json.raw(r#","listed_count":"#)
        .int(followers / rng.u64(60..400));
    json.raw(r#","favourites_count":"#)
        .int(rng.u64(0..300) * rng.u64(0..300));
    json.raw(r#","statuses_count":"#)
        .int(1 + rng.u64(0..300) * rng.u64(0..400));
}

/// The links of the profile, as newer payloads have them. [source: xd-v2/powerstream]
fn write_links(json: &mut Json<'_>, code: Option<&str>) {
    json.raw(r#","entities":{"#);
    if let Some(code) = code {
        json.raw(r#""url":{"urls":[{"url":"https:\/\/t.co\/"#)
            .raw(code);
        let site = &code[..6];
        json.raw(r#"","expanded_url":"https:\/\/www.example.com\/"#)
            .raw(site);
        json.raw(r#"","display_url":"example.com\/"#)
            .raw(site)
            .raw(r#"","indices":[0,23]}]},"#);
    }
    json.raw(r#""description":{"urls":[]}}"#);
}

fn write_profile(json: &mut Json<'_>, id: u64, rng: &mut Rng) {
    let plain = rng.u8(0..10) < 6;
    let hex = |rng: &mut Rng| format!("{:06X}", rng.u32(..0x0100_0000));
    let background = if plain { "F5F8FA".to_owned() } else { hex(rng) };
    json.raw(r#","profile_background_color":"#)
        .text(&background);
    let theme = if plain {
        String::new()
    } else {
        format!(
            "://abs.twimg.com/images/themes/theme{}/bg.png",
            rng.u8(1..20)
        )
    };
    for (key, scheme) in [("", "http"), ("_https", "https")] {
        json.raw(r#","profile_background_image_url"#)
            .raw(key)
            .raw("\":\"");
        json.part(if plain { "" } else { scheme })
            .part(&theme)
            .raw("\"");
    }
    json.raw(r#","profile_background_tile":"#)
        .raw(if !plain && rng.bool() {
            "true"
        } else {
            "false"
        });
    let link = if plain { "1DA1F2".to_owned() } else { hex(rng) };
    json.raw(r#","profile_link_color":"#).text(&link);
    json.raw(r#","profile_sidebar_border_color":"C0DEED","profile_sidebar_fill_color":"DDEEF6""#);
    json.raw(r#","profile_text_color":"333333","profile_use_background_image":true"#);
    let picture = rng.u64(1_000_000_000..2_000_000_000_000);
    let code = link_code(picture);
    for (key, scheme) in [("", "http"), ("_https", "https")] {
        json.raw(r#","profile_image_url"#)
            .raw(key)
            .raw("\":\"")
            .raw(scheme);
        json.raw(r":\/\/pbs.twimg.com\/profile_images\/")
            .int(picture);
        json.raw(r"\/").raw(&code).raw("_normal.jpg\"");
    }
    if rng.u8(0..10) < 8 {
        json.raw(r#","profile_banner_url":"https:\/\/pbs.twimg.com\/profile_banners\/"#)
            .int(id);
        json.raw(r"\/")
            .int(rng.u64(1_400_000_000..1_670_000_000))
            .raw("\"");
    } else {
        json.raw(r#","profile_banner_url":null"#);
    }
    json.raw(r#","default_profile":"#)
        .raw(if plain { "true" } else { "false" });
    json.raw(r#","default_profile_image":false"#);
}
