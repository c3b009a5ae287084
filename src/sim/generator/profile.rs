//! Writes what an account has that no rule looks at.

use fastrand::Rng;

use super::link::link_code;
use crate::{json_text::Json, snowflake::write_created_at};

/// Writes the end of an account's JSON, from `created_at` on. `code` is that of the account's own link.
pub(super) fn write_profile(
    json: &mut Json<'_>,
    id: u64,
    opened_ms: i64,
    geo: bool,
    code: Option<&str>,
    rng: &mut Rng,
) {
    json.raw(r#","created_at":""#);
    write_created_at(json.0, opened_ms);
    json.raw(r#"","utc_offset":null,"time_zone":null,"geo_enabled":"#)
        .flag(geo);
    json.raw(r#","lang":null,"contributors_enabled":false,"is_translator":false"#);
    write_pictures(json, id, rng);
    write_links(json, code);
    json.raw(r#","following":null,"follow_request_sent":null,"notifications":null,"withheld_in_countries":[]}"#);
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

/// The colours and pictures; three in five accounts have kept the first ones.
fn write_pictures(json: &mut Json<'_>, id: u64, rng: &mut Rng) {
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
        .flag(!plain && rng.bool());
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
    json.raw(r#","default_profile":"#).flag(plain);
    json.raw(r#","default_profile_image":false"#);
}
