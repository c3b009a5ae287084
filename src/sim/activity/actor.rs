//! The author of an activity.

use sonic_rs::Value;

use super::{
    members::Members,
    posted_time,
    read::{count, flag, id, string},
};
use crate::json_text::Json;

/// Writes a native user as an actor.
pub(super) fn write(json: &mut Json<'_>, user: &Value) {
    let mut members = Members::open(json);
    let screen_name = string(user, "screen_name");
    members.text("objectType", Some("person"));
    if let Some(id) = id(user, "id_str", "id") {
        members
            .key("id")
            .raw("\"id:twitter.com:")
            .part(&id)
            .raw("\"");
    }
    if let Some(name) = screen_name {
        let json = members.key("link");
        json.raw(r#""http:\/\/www.twitter.com\/"#)
            .part(name)
            .raw("\"");
    }
    members.text("displayName", string(user, "name"));
    let opened = string(user, "created_at").and_then(posted_time);
    members.text("postedTime", opened.as_deref());
    members.text("image", string(user, "profile_image_url_https"));
    members
        .key("summary")
        .text_or_null(string(user, "description"));
    members.count("friendsCount", count(user, "friends_count"));
    members.count("followersCount", count(user, "followers_count"));
    members.count("listedCount", count(user, "listed_count"));
    members.count("statusesCount", count(user, "statuses_count"));
    // The service knows neither since May 2018. [source: xd/data-dictionary]
    members.key("twitterTimeZone").raw("null");
    members.flag("verified", flag(user, "verified"));
    members.key("utcOffset").raw("null");
    // It is left out when it is false: the stream has no Tweets of protected accounts. [derived from 5.4]
    members.flag("protected", flag(user, "protected").filter(|is| *is));
    members.text("preferredUsername", screen_name);
    let languages = members.key("languages");
    match string(user, "lang") {
        Some(code) => languages.raw("[").text(code).raw("]"),
        None => languages.raw("[]"),
    };
    let links = members.key("links").raw(r#"[{"href":"#);
    links
        .text_or_null(string(user, "url"))
        .raw(r#","rel":"me"}]"#);
    if let Some(location) = string(user, "location").filter(|text| !text.is_empty()) {
        let json = members.key("location");
        json.raw(r#"{"objectType":"place","displayName":"#)
            .text(location)
            .raw("}");
    }
    members.count("favoritesCount", count(user, "favourites_count"));
    members.close();
}
