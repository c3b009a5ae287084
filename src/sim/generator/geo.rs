//! Writes where a made-up Tweet was sent from.

use super::{place::City, post::Post};
use crate::json_text::Json;

/// Writes `geo`, `coordinates`, `place` and `contributors`.
pub(super) fn write_place(post: &Post<'_>, json: &mut Json<'_>) {
    let Some(city) = post.place else {
        json.raw(r#","geo":null,"coordinates":null,"place":null,"contributors":null"#);
        return;
    };
    if post.exact {
        // Somewhere within three kilometres of the centre.
        let aside = |shift: u32| ((post.head.mark >> shift) % 50_000) as i32 - 25_000;
        let (longitude, latitude) = (city.longitude + aside(3), city.latitude + aside(19));
        json.raw(r#","geo":{"type":"Point","coordinates":["#)
            .degrees(latitude)
            .raw(",")
            .degrees(longitude);
        json.raw(r#"]},"coordinates":{"type":"Point","coordinates":["#)
            .degrees(longitude)
            .raw(",");
        json.degrees(latitude).raw("]}");
    } else {
        json.raw(r#","geo":null,"coordinates":null"#);
    }
    write_city(city, json);
    json.raw(r#","contributors":null"#);
}

fn write_city(city: &City, json: &mut Json<'_>) {
    let id = format!(
        "{:08x}{:08x}",
        city.longitude.cast_unsigned(),
        city.latitude.cast_unsigned()
    );
    json.raw(r#","place":{"id":""#)
        .raw(&id)
        .raw(r#"","url":"https:\/\/api.twitter.com\/1.1\/geo\/id\/"#);
    json.raw(&id)
        .raw(r#".json","place_type":"city","name":"#)
        .text(city.locality);
    json.raw(r#","full_name":"#).text(&city.full_name());
    json.raw(r#","country_code":"#)
        .text(city.country_code)
        .raw(r#","country":"#)
        .text(city.country);
    json.raw(r#","bounding_box":{"type":"Polygon","coordinates":[["#);
    for (at, (east, north)) in [(-1, -1), (-1, 1), (1, 1), (1, -1)].into_iter().enumerate() {
        json.raw(if at > 0 { ",[" } else { "[" })
            .degrees(city.longitude + east * 62_000);
        json.raw(",")
            .degrees(city.latitude + north * 65_000)
            .raw("]");
    }
    json.raw(r#"]]},"attributes":{}}"#);
}
