//! Where a Tweet is sent from.

use fastrand::Rng;

use super::{
    country::{self, Country},
    link::in_field,
    node::{Node, written},
    spot::{self, Corners},
    wishes::Wishes,
};
use ouzel_rule::{Fact, Field, Kind, Subject};

/// Whether a clause asks for a Tweet with a place.
pub(super) fn is_placed(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::In(Field::Place, _)
            | Kind::PlaceCountry(_)
            | Kind::Inside(Subject::Tweet, _)
            | Kind::Fact(Fact::Geo)
    )
}

/// Takes away where a Tweet was sent from.
pub(super) fn remove_place(tweet: &mut Node<'_>) {
    for key in ["geo", "coordinates", "place"] {
        tweet.set(key, Node::NULL);
    }
}

/// Puts a Tweet where it is wanted; `None` where that is nowhere.
pub(super) fn edit(tweet: &mut Node<'_>, wishes: &Wishes<'_>, rng: &mut Rng) -> Option<()> {
    if !wishes.want(is_placed) {
        if wishes.bare || wishes.shun_fact(Fact::Geo) {
            remove_place(tweet);
        }
        return Some(());
    }
    let code = wishes.find(|wish, kind| match kind {
        Kind::PlaceCountry(code) => Some(wish.spelled(code)),
        _ => None,
    });
    let country = country::find(
        code.last(),
        |code| {
            wishes.shun(
                |kind| matches!(kind, Kind::PlaceCountry(own) if own.eq_ignore_ascii_case(code)),
            )
        },
        rng,
    );
    let in_area = wishes.want(|kind| matches!(kind, Kind::Inside(Subject::Tweet, _)));
    let point = spot::find(Subject::Tweet, country.point, wishes, rng)?;
    let around = spot::around(point, wishes, rng).filter(|_| !in_area || rng.u8(0..3) == 0);
    if in_area && around.is_none() || rng.u8(0..3) == 0 {
        let (longitude, latitude) = (point.longitude, point.latitude);
        tweet.set(
            "geo",
            Node::made(|json| {
                json.raw(&format!(
                    r#"{{"type":"Point","coordinates":[{latitude},{longitude}]}}"#
                ));
            }),
        );
        tweet.set(
            "coordinates",
            Node::made(|json| {
                json.raw(&format!(
                    r#"{{"type":"Point","coordinates":[{longitude},{latitude}]}}"#
                ));
            }),
        );
    } else {
        tweet.set("geo", Node::NULL);
        tweet.set("coordinates", Node::NULL);
    }
    let corners = around.unwrap_or_else(|| spot::town(point));
    let names: Vec<&str> = wishes
        .find(|wish, kind| in_field(wish, kind, Field::Place))
        .collect();
    tweet.set("place", place(&names, &country, &corners, rng));
    Some(())
}

/// A Place with these names, one of which may be its id.
fn place<'t>(names: &[&str], country: &Country<'_>, corners: &Corners, rng: &mut Rng) -> Node<'t> {
    let is_id = |name: &&str| name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = match names.iter().find(|name| is_id(name)) {
        Some(id) => (*id).to_owned(),
        None => format!("{:016x}", rng.u64(..)),
    };
    let named: Vec<&str> = names.iter().copied().filter(|name| !is_id(name)).collect();
    let (name, full) = match named.first() {
        Some(first) => (*first, format!("{}, {}", named.join(", "), country.region)),
        None => (
            country.city,
            format!("{}, {}", country.city, country.region),
        ),
    };
    let json = written(|json| {
        json.raw(r#"{"id":"#).text(&id);
        json.raw(r#","url":"#)
            .text(&format!("https://api.twitter.com/1.1/geo/id/{id}.json"));
        json.raw(r#","place_type":"city","name":"#).text(name);
        json.raw(r#","full_name":"#).text(&full);
        json.raw(r#","country_code":"#).text(&country.code);
        json.raw(r#","country":"#).text(country.name);
        json.raw(r#","bounding_box":{"type":"Polygon","coordinates":[["#);
        for (at, corner) in corners.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            json.raw(&format!(
                "{comma}[{},{}]",
                corner.longitude, corner.latitude
            ));
        }
        json.raw(r#"]]},"attributes":{}}"#);
    });
    Node::Raw(json.into())
}
