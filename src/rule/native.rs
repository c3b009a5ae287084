//! Reads a Tweet in the native enriched format.

use sonic_rs::{JsonValueTrait, Value};

use super::analysis::{Analysis, Location, Place, User, draw};
use super::entities::{account, id};
use super::geo::Point;
use super::json::{flag, latitude_first, list, longitude_first, object, polygon, string};
use super::pattern::Text;

impl<'a> Analysis<'a> {
    /// Reads a Tweet in the native enriched format. A field of another type than documented counts as
    /// missing.
    pub fn native(tweet: &'a Value) -> Self {
        let retweeted = object(tweet, "retweeted_status");
        let quoted = object(tweet, "quoted_status")
            .or_else(|| retweeted.and_then(|retweeted| object(retweeted, "quoted_status")));
        let user = object(tweet, "user");
        let replied_to_id = id(tweet, "in_reply_to_status_id_str", "in_reply_to_status_id");

        let mut analysis = Self {
            draw: draw(id(tweet, "id_str", "id").as_deref()),
            author: author(tweet),
            recipient: User {
                id: id(tweet, "in_reply_to_user_id_str", "in_reply_to_user_id"),
                screen_name: string(tweet, "in_reply_to_screen_name"),
            },
            retweeted_author: retweeted.map(author).unwrap_or_default(),
            retweeted_id: retweeted.and_then(|retweeted| id(retweeted, "id_str", "id")),
            lang: string(tweet, "lang"),
            source: string(tweet, "source").map(application).unwrap_or_default(),
            point: point(tweet),
            place: object(tweet, "place").map(place),
            is_retweet: retweeted.is_some(),
            is_quote: flag(tweet, "is_quote_status") == Some(true),
            is_nullcast: object(tweet, "scopes").and_then(|scopes| flag(scopes, "followers"))
                == Some(false),
            replied_to_id,
            ..Self::default()
        };
        if let Some(user) = user {
            analysis.read_user(user);
        }
        let own = [Some(tweet), retweeted];
        for tweet in own.into_iter().flatten() {
            analysis.own_texts.extend(text(tweet).map(Text::new));
            analysis.read_pages_and_files(tweet);
        }
        analysis.quoted_text = quoted.and_then(text).map(Text::new);
        for tweet in own.into_iter().chain([quoted]).flatten() {
            analysis.read_entities(tweet);
        }
        analysis
    }

    fn read_user(&mut self, user: &'a Value) {
        let count = |key| user.get(key).and_then(|value| value.as_u64());
        let words = |key| Text::new(string(user, key).unwrap_or_default());
        self.bio = words("description");
        self.bio_name = words("name");
        self.bio_location = words("location");
        self.followers = count("followers_count");
        self.friends = count("friends_count");
        self.statuses = count("statuses_count");
        self.listed = count("listed_count");
        self.is_verified = flag(user, "verified") == Some(true);
        self.locations = user
            .get("derived")
            .map(|derived| list(derived, "locations").map(location).collect())
            .unwrap_or_default();
    }

    /// Reads the parts that count for the Tweet, the retweeted Tweet and the quoted Tweet alike.
    fn read_entities(&mut self, tweet: &'a Value) {
        self.is_reply |= id(tweet, "in_reply_to_status_id_str", "in_reply_to_status_id").is_some();
        self.has_links |= object(tweet, "quoted_status_permalink").is_some();
        if let Some(entities) = complete(tweet, "entities") {
            self.read_lists(entities);
        }
    }

    /// Reads the parts that count for the Tweet and the retweeted Tweet, but not for the quoted Tweet.
    fn read_pages_and_files(&mut self, tweet: &'a Value) {
        let urls = complete(tweet, "entities")
            .into_iter()
            .flat_map(|entities| list(entities, "urls"));
        for unwound in urls.filter_map(|url| object(url, "unwound")) {
            self.url_titles
                .extend(string(unwound, "title").map(Text::new));
            self.url_descriptions
                .extend(string(unwound, "description").map(Text::new));
        }
        if let Some(files) = complete(tweet, "extended_entities") {
            self.read_files(files);
        }
    }
}

/// An object of the Tweet, from `extended_tweet` if it did not fit into the Tweet itself.
fn complete<'a>(tweet: &'a Value, key: &str) -> Option<&'a Value> {
    object(tweet, "extended_tweet")
        .and_then(|extended| object(extended, key))
        .or_else(|| object(tweet, key))
}

fn text(tweet: &Value) -> Option<&str> {
    object(tweet, "extended_tweet")
        .and_then(|extended| string(extended, "full_text"))
        .or_else(|| string(tweet, "text"))
        // The REST API has `full_text` in the Tweet itself. `rules estimate` can then read files saved
        // from that API.
        .or_else(|| string(tweet, "full_text"))
}

fn author(tweet: &Value) -> User<'_> {
    object(tweet, "user").map(account).unwrap_or_default()
}

/// Splits `<a href="URL" rel="nofollow">Name</a>` into name and URL. Any other text is a name.
fn application(source: &str) -> [Option<&str>; 2] {
    let anchor = source
        .strip_prefix("<a ")
        .and_then(|anchor| anchor.strip_suffix("</a>"));
    match anchor.and_then(|anchor| anchor.split_once('>')) {
        Some((attributes, name)) => {
            let url = attributes
                .split_once("href=\"")
                .and_then(|(_, url)| url.split('"').next());
            [Some(name), url]
        }
        None => [Some(source), None],
    }
}

/// The exact point of a Tweet. The older field `geo` has latitude first.
fn point(tweet: &Value) -> Option<Point> {
    let pair = |key| object(tweet, key).and_then(|point| point.get("coordinates"));
    pair("coordinates")
        .and_then(longitude_first)
        .or_else(|| pair("geo").and_then(latitude_first))
}

fn place(place: &Value) -> Place<'_> {
    let words = |key| Text::new(string(place, key).unwrap_or_default());
    Place {
        id: string(place, "id"),
        country_code: string(place, "country_code"),
        name: words("name"),
        full_name: words("full_name"),
        corners: object(place, "bounding_box")
            .map(polygon)
            .unwrap_or_default(),
    }
}

fn location(location: &Value) -> Location<'_> {
    Location {
        country_code: string(location, "country_code"),
        region: string(location, "region"),
        sub_region: string(location, "sub_region"),
        locality: string(location, "locality"),
        point: location
            .get("geo")
            .and_then(|geo| longitude_first(geo.get("coordinates")?)),
    }
}
