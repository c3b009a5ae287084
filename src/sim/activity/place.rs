//! Where an activity was sent from.

use sonic_rs::{JsonValueTrait, Value};

use super::{
    members::Members,
    read::{list_of, object, string},
};
use crate::json_text::Json;

/// Writes `location` and `geo`, as far as the Tweet tells.
pub(super) fn write(members: &mut Members<'_, '_>, tweet: &Value) {
    if let Some(place) = object(tweet, "place") {
        write_location(members.key("location"), place);
    }
    if let Some(geo) = object(tweet, "geo") {
        members.value("geo", Some(geo));
    } else if let Some((latitude, longitude)) = swapped(tweet) {
        // `geo` is deprecated in the native format, so a Tweet may have the other one alone.
        let mut point = Members::open(members.key("geo"));
        point.text("type", Some("Point"));
        let pair = sonic_rs::json!([latitude, longitude]);
        point.value("coordinates", Some(&pair));
        point.close();
    }
}

fn write_location(json: &mut Json<'_>, place: &Value) {
    let mut members = Members::open(json);
    members.text("objectType", Some("place"));
    members.text("displayName", string(place, "full_name"));
    members.text("name", string(place, "name"));
    // In this format it is the country's name that is called so.
    members.text("country_code", string(place, "country"));
    members.text("twitter_country_code", string(place, "country_code"));
    members.text("twitter_place_type", string(place, "place_type"));
    match (string(place, "url"), string(place, "id")) {
        (Some(url), _) => members.text("link", Some(url)),
        // The link is all that this format has of the id.
        (None, Some(id)) => {
            let json = members.key("link");
            json.raw(r#""https:\/\/api.twitter.com\/1.1\/geo\/id\/"#)
                .part(id)
                .raw(".json\"");
        }
        (None, None) => {}
    }
    members.value("geo", object(place, "bounding_box"));
    members.close();
}

/// Latitude and longitude of `coordinates`, which has the longitude first.
fn swapped(tweet: &Value) -> Option<(f64, f64)> {
    let pair = list_of(object(tweet, "coordinates")?, "coordinates")?;
    Some((pair.get(1)?.as_f64()?, pair.get(0)?.as_f64()?))
}
