//! Reads JSON in which any value can be missing or have another type than documented.

use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use super::geo::Point;

pub(super) fn object<'a>(parent: &'a Value, key: &str) -> Option<&'a Value> {
    parent.get(key).filter(|value| value.is_object())
}

pub(super) fn list<'a>(parent: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    parent
        .get(key)
        .and_then(|value| value.as_array())
        .into_iter()
        .flatten()
}

pub(super) fn string<'a>(parent: &'a Value, key: &str) -> Option<&'a str> {
    parent.get(key).and_then(|value| value.as_str())
}

pub(super) fn flag(parent: &Value, key: &str) -> Option<bool> {
    parent.get(key).and_then(|value| value.as_bool())
}

/// Reads a point as GeoJSON writes it. A point that does not exist counts as missing.
pub(super) fn longitude_first(pair: &Value) -> Option<Point> {
    point(pair.get(0)?, pair.get(1)?)
}

/// Reads a point as the older field `geo` writes it.
pub(super) fn latitude_first(pair: &Value) -> Option<Point> {
    point(pair.get(1)?, pair.get(0)?)
}

/// The corners of a polygon. They are the points of its first ring.
pub(super) fn polygon(shape: &Value) -> Vec<Point> {
    let rings = shape.get("coordinates");
    let ring = rings.and_then(|rings| rings.get(0)?.as_array());
    ring.into_iter()
        .flatten()
        .filter_map(longitude_first)
        .collect()
}

fn point(longitude: &Value, latitude: &Value) -> Option<Point> {
    let point = Point {
        longitude: longitude.as_f64()?,
        latitude: latitude.as_f64()?,
    };
    point.exists().then_some(point)
}
