//! Where a Tweet is sent from: inside the areas that rules draw, and outside of others.

use fastrand::Rng;

use super::wishes::Wishes;
use crate::generator::{CITIES, City, Home, Place, Post, corners, rounded};
use ouzel_rule::{Area, Fact, Field, Kind, Point, Subject};

/// How many points are tried in each area. Unwanted areas may cover most of it.
const TRIES: usize = 8;

/// A mile in degrees of latitude.
const DEGREES_PER_MILE: f64 = 1.0 / 69.1;

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

/// Puts a Tweet where it is wanted; `None` if there is no such place.
pub(super) fn edit(post: &mut Post<'_>, wishes: &Wishes<'_>, rng: &mut Rng) -> Option<()> {
    if !wishes.want(is_placed) {
        if wishes.bare || wishes.shun_fact(Fact::Geo) {
            (post.place, post.exact) = (None, None);
        }
        return Some(());
    }
    let code = wishes.find(|wish, kind| match kind {
        Kind::PlaceCountry(code) => Some(wish.spelled(code)),
        _ => None,
    });
    let shunned = |code: &str| {
        wishes.shun_code(code, |kind| match kind {
            Kind::PlaceCountry(code) => Some(code),
            _ => None,
        })
    };
    let city = city(code.last(), shunned, rng);
    let in_area = wishes.want(|kind| matches!(kind, Kind::Inside(Subject::Tweet, _)));
    let point = find(Subject::Tweet, city.point?, wishes, rng)?;
    let around = around(point, wishes, rng).filter(|_| !in_area || rng.u8(0..3) == 0);
    let is_exact = in_area && around.is_none() || rng.u8(0..3) == 0;
    post.exact = is_exact.then_some(point);
    // One of the names may be an id.
    let is_id = |name: &&str| name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (ids, mut names): (Vec<&str>, Vec<&str>) =
        wishes.in_field(Field::Place).into_iter().partition(is_id);
    let region = city.region.unwrap_or_default();
    let locality = city.locality.unwrap_or_default();
    if names.is_empty() {
        names.push(&locality);
    }
    post.place = Some(Place {
        id: match ids.first() {
            Some(id) => (*id).to_owned(),
            None => format!("{:016x}", rng.u64(..)),
        },
        name: names[0].to_owned(),
        full_name: format!("{}, {region}", names.join(", ")),
        country: city.country,
        country_code: city.country_code,
        corners: around.unwrap_or_else(|| corners(point, 0.06, 0.06)),
    });
    Some(())
}

/// A city of the country with this code, or of any that is not to be left out.
pub(super) fn city(code: Option<&str>, is_shunned: impl Fn(&str) -> bool, rng: &mut Rng) -> Home {
    let is_of = |code: &str| {
        CITIES
            .iter()
            .find(|city| city.country_code.eq_ignore_ascii_case(code))
    };
    let known = match code {
        Some(code) => is_of(code),
        None => {
            let (before, after) = CITIES.split_at(rng.usize(..CITIES.len()));
            after
                .iter()
                .chain(before)
                .find(|city| !is_shunned(city.country_code))
        }
    };
    known.map_or_else(
        || {
            // Of a country that is not in the table nothing is known but its code.
            let code = code.unwrap_or("US");
            Home {
                country: code.to_owned(),
                country_code: code.to_ascii_uppercase(),
                region: Some(code.to_owned()),
                sub_region: None,
                locality: Some(code.to_owned()),
                point: Some(anywhere(rng)),
            }
        },
        City::home,
    )
}

fn anywhere(rng: &mut Rng) -> Point {
    rounded(rng.f64() * 300.0 - 150.0, rng.f64() * 100.0 - 50.0)
}

/// A point in all wanted areas, and in none of the unwanted ones. It is near `home` if no area is wanted.
pub(super) fn find(
    whom: Subject,
    home: Point,
    wishes: &Wishes<'_>,
    rng: &mut Rng,
) -> Option<Point> {
    let areas = wanted(whom, wishes);
    let is_shunned = |point: Point| {
        wishes.shun(
            |kind| matches!(kind, Kind::Inside(own, area) if *own == whom && area.contains(point)),
        )
    };
    let fits =
        |point: &Point| areas.iter().all(|area| area.contains(*point)) && !is_shunned(*point);
    if areas.is_empty() {
        let mut aside = || rng.f64() * 0.05;
        let near = |_| rounded(home.longitude + aside(), home.latitude + aside());
        let found = (0..TRIES).map(near).find(&fits);
        return found.or_else(|| Some(anywhere(rng)).filter(fits));
    }
    areas.iter().find_map(|area| {
        let found = (0..TRIES).map(|_| inside(area, rng)).find(&fits);
        // An area may be a point and nothing more.
        let exact = match area {
            Area::Box { south_west, .. } => *south_west,
            Area::Circle { center, .. } => *center,
        };
        found.or(Some(exact).filter(&fits))
    })
}

/// The corners of a small Place around a point, all of it inside the wanted areas; `None` if there is no room.
fn around(point: Point, wishes: &Wishes<'_>, rng: &mut Rng) -> Option<[Point; 4]> {
    let areas = wanted(Subject::Tweet, wishes);
    let widest = 0.005 + rng.f64() * 0.02;
    (0..6)
        .map(|times| widest / 3_f64.powi(times))
        .map(|half| corners(point, half, half))
        .find(|corners| areas.iter().all(|area| area.contains_all(corners)))
}

fn wanted(whom: Subject, wishes: &Wishes<'_>) -> Vec<Area> {
    let areas = wishes.find(|_, kind| match kind {
        Kind::Inside(own, area) if *own == whom => Some(*area),
        _ => None,
    });
    areas.collect()
}

fn inside(area: &Area, rng: &mut Rng) -> Point {
    match *area {
        Area::Box {
            south_west,
            north_east,
        } => {
            let between = |from: f64, to: f64, part: f64| from + (to - from) * part;
            rounded(
                between(south_west.longitude, north_east.longitude, rng.f64()),
                between(south_west.latitude, north_east.latitude, rng.f64()),
            )
        }
        Area::Circle {
            center,
            radius_miles,
        } => {
            let angle = rng.f64() * std::f64::consts::TAU;
            let miles = radius_miles * rng.f64().sqrt() * 0.98;
            let north = miles * DEGREES_PER_MILE * angle.sin();
            // Meridians meet at the poles.
            let wide = center.latitude.to_radians().cos().max(0.01);
            let east = miles * DEGREES_PER_MILE * angle.cos() / wide;
            let longitude = (center.longitude + east + 540.0).rem_euclid(360.0) - 180.0;
            rounded(longitude, (center.latitude + north).clamp(-90.0, 90.0))
        }
    }
}
