//! Points, and the areas that rules draw around them.

use std::f64::consts::PI;

use super::certainty::Guess;

/// The radius that turns 53 x 69 miles out of a box of one degree at 39.5° north. `[inferred]`
const EARTH_RADIUS_MILES: f64 = 3958.76;

const KM_PER_MILE: f64 = 1.609_344;

/// The largest radius, width and height. The documentation says "less than", its examples go up to
/// `25mi`, so the limit itself is taken as allowed. `[source: xd-v2/powerstream]`
const MAX_MILES: f64 = 25.0;

/// How much two ways to measure a box can differ: radii of the earth in use differ by a third of that.
const MEASURE: f64 = 1.01;

/// A place on earth, in decimal degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// East is positive.
    pub longitude: f64,
    /// North is positive.
    pub latitude: f64,
}

/// What `bounding_box:` and `point_radius:` draw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Area {
    /// Between two meridians and two parallels.
    Box {
        /// The lower left corner.
        south_west: Point,
        /// The upper right corner.
        north_east: Point,
    },
    /// Around a point.
    Circle {
        /// The point.
        center: Point,
        /// How far around it.
        radius_miles: f64,
    },
}

/// Whether the server would take an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    Guessed(Guess),
    Refused,
}

pub(super) fn miles(km: f64) -> f64 {
    km / KM_PER_MILE
}

impl Point {
    /// Whether there is such a place.
    pub(super) fn exists(self) -> bool {
        self.longitude.abs() <= 180.0 && self.latitude.abs() <= 90.0
    }

    /// On the great circle (haversine).
    fn miles_to(self, other: Self) -> f64 {
        let half = |from: f64, to: f64| (radians(to - from) / 2.0).sin().powi(2);
        let chord = half(self.latitude, other.latitude)
            + radians(self.latitude).cos()
                * radians(other.latitude).cos()
                * half(self.longitude, other.longitude);
        2.0 * EARTH_RADIUS_MILES * chord.sqrt().min(1.0).asin()
    }
}

impl Area {
    /// Whether the server would take it: real coordinates, and not too large. Whether it takes a box that crosses the
    /// date line is not documented.
    pub(super) fn verdict(&self) -> Verdict {
        match *self {
            Self::Box {
                south_west,
                north_east,
            } => {
                let width = self.width();
                let height = north_east.latitude - south_west.latitude;
                let middle = radians(f64::midpoint(south_west.latitude, north_east.latitude));
                let length =
                    |degrees: f64, scale: f64| radians(degrees) * scale * EARTH_RADIUS_MILES;
                let longest = length(width, middle.cos()).max(length(height, 1.0));
                if !south_west.exists()
                    || !north_east.exists()
                    || height < 0.0
                    || longest > MAX_MILES * MEASURE
                {
                    Verdict::Refused
                } else if south_west.longitude > north_east.longitude {
                    Verdict::Guessed(Guess::DateLine)
                } else if longest > MAX_MILES {
                    Verdict::Guessed(Guess::Measure)
                } else {
                    Verdict::Allowed
                }
            }
            Self::Circle {
                center,
                radius_miles,
            } if center.exists() && radius_miles <= MAX_MILES => Verdict::Allowed,
            Self::Circle { .. } => Verdict::Refused,
        }
    }

    /// The degrees from west to east, across the date line where the west lies east of the east.
    fn width(&self) -> f64 {
        match *self {
            Self::Box {
                south_west,
                north_east,
            } => {
                let width = north_east.longitude - south_west.longitude;
                if width < 0.0 { width + 360.0 } else { width }
            }
            Self::Circle { .. } => 0.0,
        }
    }

    /// A box around the area, whose edges may lie beyond the date line; `None` if it would go all
    /// around a pole.
    pub(super) fn bounds(&self) -> Option<(Point, Point)> {
        match *self {
            Self::Box {
                south_west,
                north_east,
            } if south_west.longitude > north_east.longitude => {
                let longitude = north_east.longitude + 360.0;
                Some((
                    south_west,
                    Point {
                        longitude,
                        ..north_east
                    },
                ))
            }
            Self::Box {
                south_west,
                north_east,
            } => Some((south_west, north_east)),
            Self::Circle {
                center,
                radius_miles,
            } => {
                // What is lost by rounding must not be lost in here.
                let angle = radius_miles / EARTH_RADIUS_MILES + 1e-9;
                let height = angle / PI * 180.0;
                if center.latitude.abs() + height >= 89.0 {
                    return None;
                }
                let width = (angle.sin() / radians(center.latitude).cos()).asin() / PI * 180.0;
                let width = width + 1e-6;
                let corner = |east: f64, north: f64| Point {
                    longitude: center.longitude + east,
                    latitude: center.latitude + north,
                };
                Some((corner(-width, -height), corner(width, height)))
            }
        }
    }

    /// Whether a point lies inside or on the edge.
    pub fn contains(&self, point: Point) -> bool {
        match *self {
            Self::Box {
                south_west,
                north_east,
            } => {
                let (west, east) = (south_west.longitude, north_east.longitude);
                let between = if west > east {
                    point.longitude >= west || point.longitude <= east
                } else {
                    (west..=east).contains(&point.longitude)
                };
                between && (south_west.latitude..=north_east.latitude).contains(&point.latitude)
            }
            Self::Circle {
                center,
                radius_miles,
            } => center.miles_to(point) <= radius_miles,
        }
    }

    /// Whether a polygon lies inside with all of its corners. Both areas are convex, so the rest
    /// of it then does too.
    pub fn contains_all(&self, corners: &[Point]) -> bool {
        !corners.is_empty() && corners.iter().all(|corner| self.contains(*corner))
    }
}

fn radians(degrees: f64) -> f64 {
    degrees * PI / 180.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(longitude: f64, latitude: f64) -> Point {
        Point {
            longitude,
            latitude,
        }
    }

    fn area(west: f64, south: f64, east: f64, north: f64) -> Area {
        Area::Box {
            south_west: point(west, south),
            north_east: point(east, north),
        }
    }

    fn circle(longitude: f64, latitude: f64, radius_miles: f64) -> Area {
        Area::Circle {
            center: point(longitude, latitude),
            radius_miles,
        }
    }

    #[test]
    fn an_area_is_at_most_25_miles_wide() {
        use Verdict::{Allowed, Guessed, Refused};
        for (area, verdict) in [
            (circle(2.35, 48.86, 25.0), Allowed),
            (circle(2.35, 48.86, miles(40.0)), Allowed),
            (circle(2.35, 48.86, miles(41.0)), Refused),
            (circle(174.8, 174.76, 1.0), Refused),
            (circle(181.0, 0.0, 1.0), Refused),
            (circle(2.35, 48.86, f64::INFINITY), Refused),
            (area(-71.2, 42.2, -70.9, 42.4), Allowed),
            (area(-106.0, 39.0, -105.0, 40.0), Refused),
            (area(-70.9, 42.2, -71.2, 42.4), Refused),
            (area(-71.2, 42.4, -70.9, 42.2), Refused),
            (area(0.0, 0.0, 0.1, 0.361), Allowed),
            (area(0.0, 0.0, 0.1, 0.364), Guessed(Guess::Measure)),
            (area(0.0, 0.0, 0.364, 0.1), Guessed(Guess::Measure)),
            (area(0.0, 0.0, 0.1, 0.366), Refused),
            (area(179.9, 0.0, -179.9, 0.1), Guessed(Guess::DateLine)),
            (area(179.0, 0.0, -179.0, 0.1), Refused),
        ] {
            assert_eq!(area.verdict(), verdict, "{area:?}");
        }
    }

    #[test]
    fn a_box_across_the_date_line_holds_both_sides() {
        let both = area(179.9, 0.0, -179.9, 0.1);
        assert!(both.contains(point(179.95, 0.0)));
        assert!(both.contains(point(-179.95, 0.0)));
        assert!(!both.contains(point(0.0, 0.0)));
        let (south_west, north_east) = both.bounds().expect("it is no circle");
        assert!((north_east.longitude - south_west.longitude - 0.2).abs() < 1e-9);
    }

    #[test]
    fn a_degree_of_latitude_is_69_miles() {
        let north = point(10.0, 51.0);
        assert!(circle(10.0, 50.0, 69.1).contains(north));
        assert!(!circle(10.0, 50.0, 69.0).contains(north));
        assert!(circle(179.99, 0.0, 2.0).contains(point(-179.99, 0.0)));
    }

    #[test]
    fn a_place_must_lie_fully_inside() {
        let place = [
            point(0.0, 0.0),
            point(0.0, 0.1),
            point(0.1, 0.1),
            point(0.1, 0.0),
        ];
        assert!(area(0.0, 0.0, 0.1, 0.1).contains_all(&place));
        assert!(!area(0.0, 0.0, 0.1, 0.09).contains_all(&place));
        assert!(!area(0.0, 0.0, 0.1, 0.1).contains_all(&[]));
    }
}
