//! Squares of the map. They lead from a point to the areas that can contain it.

use super::super::geo::{Area, Point};

/// Squares are half a degree wide. An area of 25 miles covers a few of them, and the rules of one city share few.
const PER_DEGREE: f64 = 2.0;

/// The number of squares around the earth on one parallel.
const AROUND: i64 = 720;

/// An area with more squares than this is not indexed by squares.
const MAX_CELLS: i64 = 64;

/// The square that contains a point.
pub(super) fn of_point(point: Point) -> u64 {
    number(index(point.longitude), index(point.latitude))
}

/// All squares that an area touches; `None` if there are too many.
pub(super) fn of_area(area: &Area) -> Option<Vec<u64>> {
    let (south_west, north_east) = area.bounds()?;
    let columns = index(south_west.longitude)..=index(north_east.longitude);
    let rows = index(south_west.latitude)..=index(north_east.latitude);
    let width = columns.end() - columns.start() + 1;
    let height = rows.end() - rows.start() + 1;
    if width.checked_mul(height)? > MAX_CELLS {
        return None;
    }
    let cells = rows.flat_map(|row| columns.clone().map(move |column| number(column, row)));
    Some(cells.collect())
}

fn index(degrees: f64) -> i64 {
    (degrees * PER_DEGREE).floor() as i64
}

/// The number of a square. Columns repeat around the earth.
fn number(column: i64, row: i64) -> u64 {
    ((row + AROUND) * AROUND + column.rem_euclid(AROUND)).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(longitude: f64, latitude: f64) -> Point {
        Point {
            longitude,
            latitude,
        }
    }

    proptest! {
        #[test]
        fn what_an_area_contains_lies_in_its_squares(
            longitude in -180.0..=180.0_f64,
            latitude in -90.0..=90.0_f64,
            size in 0.0..=0.36_f64,
            east in -2.0..=2.0_f64,
            north in -0.4..=0.4_f64,
        ) {
            let around = [
                Area::Circle { center: point(longitude, latitude), radius_miles: size * 69.0 },
                Area::Box {
                    south_west: point(longitude, latitude),
                    north_east: point((longitude + size).min(180.0), (latitude + size).min(90.0)),
                },
            ];
            let wrapped = (longitude + east + 540.0).rem_euclid(360.0) - 180.0;
            for point in [point(wrapped, (latitude + north).clamp(-90.0, 90.0)), point(wrapped, latitude)] {
                for area in &around {
                    if area.contains(point) && let Some(cells) = of_area(area) {
                        prop_assert!(cells.contains(&of_point(point)), "{:?} {:?}", area, point);
                    }
                }
            }
        }
    }
}
