//! Reads a Tweet in the Activity Streams format.

use std::borrow::Cow;

use sonic_rs::{JsonValueTrait, Value};

use super::analysis::{Analysis, Location, Place, User, draw};
use super::json::{flag, latitude_first, list, longitude_first, object, polygon, string};
use super::pattern::Text;

impl<'a> Analysis<'a> {
    /// Reads a Tweet in the Activity Streams format. A field of another type than documented counts
    /// as missing.
    pub fn activity(tweet: &'a Value) -> Self {
        let retweeted = object(tweet, "object").filter(|_| string(tweet, "verb") == Some("share"));
        let quoted = object(tweet, "twitter_quoted_status")
            .or_else(|| retweeted.and_then(|retweeted| object(retweeted, "twitter_quoted_status")));
        let replied_to = object(tweet, "inReplyTo").and_then(|target| string(target, "link"));
        let generator = object(tweet, "generator");
        let mut analysis = Self {
            draw: draw(id(tweet)),
            author: author(tweet),
            recipient: replied_to
                .map(|link| recipient(tweet, link))
                .unwrap_or_default(),
            retweeted_author: retweeted.map(author).unwrap_or_default(),
            retweeted_id: retweeted.and_then(id).map(Cow::Borrowed),
            replied_to_id: replied_to.and_then(last_segment).map(Cow::Borrowed),
            lang: string(tweet, "twitter_lang"),
            source: ["displayName", "link"].map(|key| generator.and_then(|from| string(from, key))),
            point: object(tweet, "geo").and_then(|geo| latitude_first(geo.get("coordinates")?)),
            place: object(tweet, "location").map(place),
            is_retweet: retweeted.is_some(),
            // This format has no flag for a quote. `[inferred]`
            is_quote: quoted.is_some(),
            is_nullcast: object(tweet, "scopes").and_then(|scopes| flag(scopes, "followers"))
                == Some(false),
            ..Self::default()
        };
        if let Some(actor) = object(tweet, "actor") {
            analysis.read_actor(actor);
        }
        let gnip = object(tweet, "gnip");
        analysis.locations = gnip
            .map(|gnip| list(gnip, "profileLocations").map(location).collect())
            .unwrap_or_default();
        let own = [Some(tweet), retweeted];
        for tweet in own.into_iter().flatten() {
            analysis.own_texts.extend(text(tweet).map(Text::new));
            analysis.read_pages(tweet);
            if let Some(files) = complete(tweet, "twitter_extended_entities") {
                analysis.read_files(files);
            }
        }
        analysis.quoted_text = quoted.and_then(text).map(Text::new);
        for tweet in own.into_iter().chain([quoted]).flatten() {
            analysis.is_reply |= object(tweet, "inReplyTo").is_some();
            analysis.has_links |= object(tweet, "twitter_quoted_status").is_some();
            if let Some(entities) = complete(tweet, "twitter_entities") {
                analysis.read_lists(entities);
            }
        }
        analysis
    }

    fn read_actor(&mut self, actor: &'a Value) {
        let count = |key| actor.get(key).and_then(|value| value.as_u64());
        let words = |object, key| Text::new(string(object, key).unwrap_or_default());
        self.bio = words(actor, "summary");
        self.bio_name = words(actor, "displayName");
        self.bio_location = object(actor, "location")
            .map(|location| words(location, "displayName"))
            .unwrap_or_default();
        self.followers = count("followersCount");
        self.friends = count("friendsCount");
        self.statuses = count("statusesCount");
        self.listed = count("listedCount");
        self.is_verified = flag(actor, "verified") == Some(true);
    }

    /// Reads the URLs that the short ones lead to. This format keeps them apart from the entities.
    fn read_pages(&mut self, tweet: &'a Value) {
        let pages = object(tweet, "gnip").into_iter();
        for page in pages.flat_map(|gnip| list(gnip, "urls")) {
            let text = |key| string(page, key).map(Text::new);
            self.has_links = true;
            self.urls.extend(text("expanded_url"));
            self.url_titles.extend(text("expanded_url_title"));
            self.url_descriptions
                .extend(text("expanded_url_description"));
        }
    }
}

/// An object of the Tweet, from `long_object` if it did not fit into the Tweet itself.
fn complete<'a>(tweet: &'a Value, key: &str) -> Option<&'a Value> {
    object(tweet, "long_object")
        .and_then(|long| object(long, key))
        .or_else(|| object(tweet, key))
}

fn text(tweet: &Value) -> Option<&str> {
    object(tweet, "long_object")
        .and_then(|long| string(long, "body"))
        .or_else(|| string(tweet, "body"))
}

/// The number at the end of `tag:search.twitter.com,2005:1635660060264099842` or `id:twitter.com:2233445566`.
fn id(object: &Value) -> Option<&str> {
    string(object, "id")?.rsplit(':').next()
}

fn author(tweet: &Value) -> User<'_> {
    let actor = object(tweet, "actor");
    User {
        id: actor.and_then(id).map(Cow::Borrowed),
        screen_name: actor.and_then(|actor| string(actor, "preferredUsername")),
    }
}

/// The user whom a Tweet answers, from the link `http://twitter.com/NAME/statuses/ID`. The user's id
/// is known only if the Tweet mentions the user, as answers do.
fn recipient<'a>(tweet: &'a Value, link: &'a str) -> User<'a> {
    let mut segments = link.trim_end_matches('/').rsplit('/');
    let screen_name = segments
        .nth(1)
        .filter(|kind| matches!(*kind, "statuses" | "status"))
        .and_then(|_| segments.next());
    let mentions = complete(tweet, "twitter_entities").into_iter();
    let id = mentions
        .flat_map(|entities| list(entities, "user_mentions"))
        .find(|user| match (string(user, "screen_name"), screen_name) {
            (Some(mentioned), Some(name)) => mentioned.eq_ignore_ascii_case(name),
            _ => false,
        })
        .and_then(|user| super::entities::id(user, "id_str", "id"));
    User { id, screen_name }
}

fn last_segment(link: &str) -> Option<&str> {
    link.trim_end_matches('/').rsplit('/').next()
}

/// The id stands at the end of the link: `https://api.twitter.com/1.1/geo/id/fd70c22040963ac7.json`.
fn place(location: &Value) -> Place<'_> {
    let words = |key| Text::new(string(location, key).unwrap_or_default());
    Place {
        id: string(location, "link")
            .and_then(last_segment)
            .map(|segment| segment.strip_suffix(".json").unwrap_or(segment)),
        country_code: string(location, "twitter_country_code"),
        name: words("name"),
        full_name: words("displayName"),
        corners: object(location, "geo").map(polygon).unwrap_or_default(),
    }
}

fn location(location: &Value) -> Location<'_> {
    let address = object(location, "address");
    let part = |key| address.and_then(|address| string(address, key));
    Location {
        country_code: part("countryCode"),
        region: part("region"),
        sub_region: part("subRegion"),
        locality: part("locality"),
        point: object(location, "geo").and_then(|geo| longitude_first(geo.get("coordinates")?)),
    }
}
