//! Finds points inside the areas that rules draw, and outside of others.

use fastrand::Rng;

use super::wishes::Wishes;
use ouzel_rule::{Area, Kind, Point, Subject};

/// The corners of a Place.
pub(super) type Corners = [Point; 4];

/// How often a point is tried in each area: areas that are to be left out may cover most of it.
const TRIES: usize = 8;

/// A mile in degrees of latitude.
const DEGREES_PER_MILE: f64 = 1.0 / 69.1;

/// A point in all areas that are wanted of whom, and in none of the others: near `home` where none is wanted.
pub(super) fn find(
    whom: Subject,
    home: Point,
    wishes: &Wishes<'_>,
    rng: &mut Rng,
) -> Option<Point> {
    let areas = wanted(whom, wishes);
    let fits = |point: &Point| {
        areas.iter().all(|area| area.contains(*point)) && !is_shunned(whom, *point, wishes)
    };
    if areas.is_empty() {
        let mut near = || {
            let mut aside = || rng.f64() * 0.05;
            rounded(home.longitude + aside(), home.latitude + aside())
        };
        let found = (0..TRIES).map(|_| near()).find(&fits);
        return found.or_else(|| {
            let far = rounded(rng.f64() * 300.0 - 150.0, rng.f64() * 100.0 - 50.0);
            Some(far).filter(fits)
        });
    }
    for area in &areas {
        for _ in 0..TRIES {
            let point = inside(area, rng);
            if fits(&point) {
                return Some(point);
            }
        }
        // An area may be a point and nothing more.
        let exact = match area {
            Area::Box { south_west, .. } => *south_west,
            Area::Circle { center, .. } => *center,
        };
        if fits(&exact) {
            return Some(exact);
        }
    }
    None
}

/// The corners of a small Place around a point that lies in all areas where the point does; `None` if there is no room.
pub(super) fn around(point: Point, wishes: &Wishes<'_>, rng: &mut Rng) -> Option<Corners> {
    let areas = wanted(Subject::Tweet, wishes);
    let mut half = 0.005 + rng.f64() * 0.02;
    for _ in 0..6 {
        let corners = corners(point, half);
        if areas.iter().all(|area| area.contains_all(&corners)) {
            return Some(corners);
        }
        half /= 3.0;
    }
    None
}

/// The corners of a Place of the size of a town around a point.
pub(super) fn town(point: Point) -> Corners {
    corners(point, 0.06)
}

fn corners(point: Point, half: f64) -> Corners {
    [(-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, -1.0)].map(|(east, north)| {
        rounded(
            (point.longitude + east * half).clamp(-180.0, 180.0),
            (point.latitude + north * half).clamp(-90.0, 90.0),
        )
    })
}

fn wanted(whom: Subject, wishes: &Wishes<'_>) -> Vec<Area> {
    let areas = wishes.find(|_, kind| match kind {
        Kind::Inside(own, area) if *own == whom => Some(*area),
        _ => None,
    });
    areas.collect()
}

fn is_shunned(whom: Subject, point: Point, wishes: &Wishes<'_>) -> bool {
    wishes.shun(
        |kind| matches!(kind, Kind::Inside(own, area) if *own == whom && area.contains(point)),
    )
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

/// To the millionth of a degree, as Tweets have it.
fn rounded(longitude: f64, latitude: f64) -> Point {
    let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
    Point {
        longitude: round(longitude),
        latitude: round(latitude),
    }
}
