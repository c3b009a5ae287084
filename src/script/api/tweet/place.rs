//! Where a Tweet was sent from.

use mlua::{Lua, Result, Value as LuaValue};

use super::part::Part;

/// A point on the earth.
pub(super) struct Spot {
    longitude: f64,
    latitude: f64,
    /// Whether the Tweet has the point itself; else it is the middle of its place.
    exact: bool,
    place: Option<String>,
    country_code: Option<String>,
}

/// The point of a Tweet, or the middle of the place that its author chose.
pub(super) fn geo<P: Part>(tweet: &P) -> Option<Spot> {
    // In Activity Streams the place is called `location`.
    let place = tweet.object("place").or_else(|| tweet.object("location"));
    let exact = point(tweet);
    let (longitude, latitude) = exact.or_else(|| middle(place.as_ref()?))?;
    let text = |names: &[&str]| place.as_ref()?.text_of(names);
    Some(Spot {
        longitude,
        latitude,
        exact: exact.is_some(),
        place: text(&["full_name", "displayName"]),
        // In Activity Streams, `country_code` is the country's name.
        country_code: text(&["twitter_country_code"])
            .or_else(|| tweet.object("place").and_then(|_| text(&["country_code"]))),
    })
}

/// `coordinates` has the longitude first, as GeoJSON does, and `geo` has the latitude first, in both formats.
fn point<P: Part>(tweet: &P) -> Option<(f64, f64)> {
    let pair = |name: &str| numbers(&tweet.path(&[name, "coordinates"])?);
    let first =
        |name: &str| pair(name).and_then(|(longitude, latitude)| on_earth(longitude, latitude));
    first("coordinates").or_else(|| {
        let (latitude, longitude) = pair("geo")?;
        on_earth(longitude, latitude)
    })
}

/// The middle of the box around a place.
fn middle<P: Part>(place: &P) -> Option<(f64, f64)> {
    let shape = place
        .object("bounding_box")
        .or_else(|| place.object("geo"))?;
    let rings = shape.field("coordinates")?.elements();
    let corners = rings.first()?.elements();
    let corners = corners.iter().filter_map(numbers);
    let corners = corners.filter_map(|(longitude, latitude)| on_earth(longitude, latitude));
    let (west, south, east, north) = corners.fold(None, |bounds, (longitude, latitude)| {
        let (west, south, east, north) =
            bounds.unwrap_or((longitude, latitude, longitude, latitude));
        Some((
            longitude.min(west),
            latitude.min(south),
            longitude.max(east),
            latitude.max(north),
        ))
    })?;
    // A box that is wider than half the earth goes around the other side, where the longitude jumps from 180 to -180.
    let across = if east - west > 180.0 { 180.0 } else { 0.0 };
    let longitude = f64::midpoint(west, east) + across;
    let longitude = if longitude > 180.0 {
        longitude - 360.0
    } else {
        longitude
    };
    Some((longitude, f64::midpoint(south, north)))
}

fn numbers<P: Part>(pair: &P) -> Option<(f64, f64)> {
    match &pair.elements()[..] {
        [first, second, ..] => Some((first.number()?, second.number()?)),
        _ => None,
    }
}

fn on_earth(longitude: f64, latitude: f64) -> Option<(f64, f64)> {
    let is_there = longitude.abs() <= 180.0 && latitude.abs() <= 90.0;
    is_there.then_some((longitude, latitude))
}

impl Spot {
    pub(super) fn table(self, lua: &Lua) -> Result<LuaValue> {
        let table = lua.create_table_with_capacity(0, 5)?;
        table.raw_set("longitude", self.longitude)?;
        table.raw_set("latitude", self.latitude)?;
        table.raw_set("exact", self.exact)?;
        table.raw_set("place", self.place)?;
        table.raw_set("country_code", self.country_code)?;
        Ok(LuaValue::Table(table))
    }
}
