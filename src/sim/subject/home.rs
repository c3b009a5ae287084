//! Where the author of a Tweet lives.

use fastrand::Rng;

use super::{country, node::Node, spot, wishes::Wishes};
use ouzel_rule::{Fact, Field, Kind, Level, Point, Subject};

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

/// Whether a clause asks where the author lives.
pub(super) fn is_about(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Profile(..) | Kind::Inside(Subject::Profile, _) | Kind::Fact(Fact::ProfileGeo)
    )
}

/// Lets an author live where it is wanted.
pub(super) fn edit(user: &mut Node<'_>, wishes: &Wishes<'_>, rng: &mut Rng) {
    if !wishes.want(is_about) {
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
