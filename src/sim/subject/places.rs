//! Where a Tweet is sent from, and where its author lives.

use fastrand::Rng;

use super::{
    country::{self, Country},
    link::in_field,
    node::{Node, written},
    spot::{self, Corners},
    wishes::Wishes,
};
use crate::rule::{Fact, Field, Kind, Level, Point, Subject};

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

/// Puts a Tweet where it is wanted; `None` where that is nowhere.
pub(super) fn edit_tweet(tweet: &mut Node<'_>, wishes: &Wishes<'_>, rng: &mut Rng) -> Option<()> {
    if !wishes.want(is_placed) {
        if wishes.bare || wishes.shun_fact(Fact::Geo) {
            for key in ["geo", "coordinates", "place"] {
                tweet.set(key, Node::NULL);
            }
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

/// A Profile Geo location under construction.
#[derive(Debug, Default)]
struct Home<'r> {
    levels: [Option<&'r str>; 4],
    country: String,
    point: Option<Point>,
}

const LEVELS: [Level; 4] = [
    Level::Country,
    Level::Region,
    Level::Subregion,
    Level::Locality,
];

/// Lets an author live where it is wanted.
pub(super) fn edit_profile(user: &mut Node<'_>, wishes: &Wishes<'_>, rng: &mut Rng) {
    let is_home = |kind: &Kind| {
        matches!(
            kind,
            Kind::Profile(..) | Kind::Inside(Subject::Profile, _) | Kind::Fact(Fact::ProfileGeo)
        )
    };
    if !wishes.want(is_home) {
        if wishes.bare || wishes.shun_fact(Fact::ProfileGeo) {
            user.remove("derived");
        }
        return;
    }
    let mut homes: Vec<Home<'_>> = vec![Home::default()];
    for (at, value) in wishes.find(|wish, kind| match kind {
        Kind::Profile(level, value) => {
            let at = LEVELS.iter().position(|own| own == level)?;
            Some((at, wish.spelled(value)))
        }
        _ => None,
    }) {
        match homes.iter_mut().find(|home| home.levels[at].is_none()) {
            Some(home) => home.levels[at] = Some(value),
            None => {
                let mut home = Home::default();
                home.levels[at] = Some(value);
                homes.push(home);
            }
        }
    }
    let mut shown = None;
    let mut locations = Vec::new();
    for home in &mut homes {
        let country = country::find(
            home.levels[0],
            |code| {
                wishes.shun(|kind| matches!(kind, Kind::Profile(Level::Country, own) if own.eq_ignore_ascii_case(code)))
            },
            rng,
        );
        home.point = spot::find(Subject::Profile, country.point, wishes, rng);
        // A location without any finer level is one that only the country is known of.
        if home.levels[1..].iter().all(Option::is_none) && !wishes.bare {
            home.levels[1] = Some(country.region);
            home.levels[3] = Some(country.city);
        }
        home.country.clone_from(&country.code);
        shown.get_or_insert_with(|| home.full_name(country.name));
        locations.push(home.write(country.name));
    }
    let mut derived = Node::Object(Vec::new());
    derived.set("locations", Node::List(locations));
    user.set_after("translator_type", "derived", derived);
    if let Some(shown) = shown.filter(|_| {
        !wishes.bare && !wishes.want(|kind| matches!(kind, Kind::In(Field::BioLocation, _)))
    }) {
        user.set("location", Node::text(&shown));
    }
}

impl Home<'_> {
    fn full_name(&self, country: &str) -> String {
        let parts = [self.levels[3], self.levels[1], Some(country)];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        parts.join(", ")
    }

    fn write<'t>(&self, country: &str) -> Node<'t> {
        Node::made(|json| {
            json.raw(r#"{"country":"#).text(country);
            json.raw(r#","country_code":"#).text(&self.country);
            for (key, level) in [
                (r#","locality":"#, self.levels[3]),
                (r#","region":"#, self.levels[1]),
                (r#","sub_region":"#, self.levels[2]),
            ] {
                if let Some(level) = level {
                    json.raw(key).text(level);
                }
            }
            json.raw(r#","full_name":"#).text(&self.full_name(country));
            if let Some(point) = self.point {
                let (longitude, latitude) = (point.longitude, point.latitude);
                json.raw(&format!(
                    r#","geo":{{"coordinates":[{longitude},{latitude}],"type":"point"}}"#
                ));
            }
            json.raw("}");
        })
    }
}
