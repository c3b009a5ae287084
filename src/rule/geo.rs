//! Points, and the areas that rules draw around them.

use std::f64::consts::PI;

use super::certainty::Guess;

/// With this radius, a box of one degree at 39.5° north measures 53 x 69 miles. `[inferred]`
const EARTH_RADIUS_MILES: f64 = 3958.76;

const KM_PER_MILE: f64 = 1.609_344;

/// The largest radius, width and height. The documentation says "less than", but its examples use
/// `25mi`, so the limit itself is allowed. `[source: xd-v2/powerstream]`
const MAX_MILES: f64 = 25.0;

/// Two ways to measure a box can differ by 1 %. The earth radii in common use differ by a third of that.
const MEASURE: f64 = 1.01;

/// A place on earth, in decimal degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// East is positive.
    pub longitude: f64,
    /// North is positive.
    pub latitude: f64,
}

/// The area of a `bounding_box:` or `point_radius:`.
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
        /// The radius.
        radius_miles: f64,
    },
}

/// Whether the server accepts an area.
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
    /// Whether the coordinates are within their limits.
    pub(super) fn exists(self) -> bool {
        self.longitude.abs() <= 180.0 && self.latitude.abs() <= 90.0
    }

    /// The distance on the great circle, by the haversine formula.
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
    /// Whether the server accepts the area: its coordinates must exist, and it must not be too large. Whether a box may
    /// cross the date line is not documented.
    pub(super) fn verdict(&self) -> Verdict {
        match *self {
            Self::Box {
                south_west,
                north_east,
            } => {
                let mut width = north_east.longitude - south_west.longitude;
                if width < 0.0 {
                    // The box crosses the date line.
                    width += 360.0;
                }
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

    /// The south-west and north-east corners of a box around the area. The box may extend beyond the date
    /// line. `None` if it would enclose a pole.
    pub(super) fn bounds(&self) -> Option<(Point, Point)> {
        match *self {
            Self::Box {
                south_west,
                mut north_east,
            } => {
                if south_west.longitude > north_east.longitude {
                    north_east.longitude += 360.0;
                }
                Some((south_west, north_east))
            }
            Self::Circle {
                center,
                radius_miles,
            } => {
                // A small margin, so that rounding cannot make the box too small.
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

    /// Whether a polygon lies inside. Checking its corners is enough, since both kinds of area are
    /// convex.
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
