//! Writes what a made-up account shows of itself.

use fastrand::Rng;

use super::{place::City, user::link_code};
use crate::json_text::Json;

/// Profile Geo: the centre of the city. [source: xd/data-enrichments]
pub(super) fn write_derived(json: &mut Json<'_>, city: &City) {
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
pub(super) fn write_counts(json: &mut Json<'_>, rng: &mut Rng) {
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
pub(super) fn write_links(json: &mut Json<'_>, code: Option<&str>) {
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

/// The colours and pictures; three in five accounts have kept the first ones.
pub(super) fn write_profile(json: &mut Json<'_>, id: u64, rng: &mut Rng) {
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
