//! Reads JSON in which anything may be missing or of another type than documented.

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

/// A place on earth as GeoJSON has it. One that does not exist is not there.
pub(super) fn longitude_first(pair: &Value) -> Option<Point> {
    point(pair.get(0)?, pair.get(1)?)
}

/// A place on earth as the older `geo` has it.
pub(super) fn latitude_first(pair: &Value) -> Option<Point> {
    point(pair.get(1)?, pair.get(0)?)
}

fn point(longitude: &Value, latitude: &Value) -> Option<Point> {
    let point = Point {
        longitude: longitude.as_f64()?,
        latitude: latitude.as_f64()?,
    };
    point.exists().then_some(point)
}
