//! Cities: users live in them, and Tweets are sent from them.

use ouzel_rule::Point;

use crate::json_text::Json;

/// A city: where it is, what it is called, and which language is spoken there.
#[derive(Debug)]
pub(crate) struct City {
    /// Empty for the cities that only rules ask for.
    pub(super) language: &'static str,
    pub(crate) locality: &'static str,
    pub(crate) region: &'static str,
    sub_region: Option<&'static str>,
    pub(crate) country: &'static str,
    pub(crate) country_code: &'static str,
    pub(crate) point: Point,
}

/// A Place, as Tweets name one.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) full_name: String,
    pub(crate) country: String,
    pub(crate) country_code: String,
    pub(crate) corners: [Point; 4],
}

/// Where a user lives, as Profile Geo says it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Home {
    pub(crate) country: String,
    pub(crate) country_code: String,
    pub(crate) region: Option<String>,
    pub(crate) sub_region: Option<String>,
    pub(crate) locality: Option<String>,
    pub(crate) point: Option<Point>,
}

impl City {
    /// The full name that a Place has: `Boulder, Colorado`.
    pub(super) fn full_name(&self) -> String {
        format!("{}, {}", self.locality, self.region)
    }

    pub(super) fn place(&self) -> Place {
        let millionths = |degrees: f64| (degrees * 1e6).round() as i32;
        let Point {
            longitude,
            latitude,
        } = self.point;
        Place {
            id: format!("{:08x}{:08x}", millionths(longitude), millionths(latitude)),
            name: self.locality.to_owned(),
            full_name: self.full_name(),
            country: self.country.to_owned(),
            country_code: self.country_code.to_owned(),
            corners: corners(self.point, 0.062, 0.065),
        }
    }

    /// The centre of the city. [source: xd/data-enrichments]
    pub(crate) fn home(&self) -> Home {
        Home {
            country: self.country.to_owned(),
            country_code: self.country_code.to_owned(),
            region: Some(self.region.to_owned()),
            sub_region: self.sub_region.map(str::to_owned),
            locality: Some(self.locality.to_owned()),
            point: Some(self.point),
        }
    }
}

/// The corners around a point, so many degrees away.
pub(crate) fn corners(point: Point, east: f64, north: f64) -> [Point; 4] {
    [(-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, -1.0)].map(|(x, y)| {
        rounded(
            (point.longitude + x * east).clamp(-180.0, 180.0),
            (point.latitude + y * north).clamp(-90.0, 90.0),
        )
    })
}

/// To the millionth of a degree, as Tweets have it.
pub(crate) fn rounded(longitude: f64, latitude: f64) -> Point {
    let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
    Point {
        longitude: round(longitude),
        latitude: round(latitude),
    }
}

impl Home {
    pub(crate) fn full_name(&self) -> String {
        let finer = [&self.locality, &self.region].into_iter().flatten();
        let parts: Vec<&str> = finer.chain([&self.country]).map(String::as_str).collect();
        parts.join(", ")
    }

    fn write(&self, json: &mut Json<'_>) {
        json.raw(r#"{"country":"#).text(&self.country);
        json.raw(r#","country_code":"#).text(&self.country_code);
        for (key, level) in [
            (r#","locality":"#, &self.locality),
            (r#","region":"#, &self.region),
            (r#","sub_region":"#, &self.sub_region),
        ] {
            if let Some(level) = level {
                json.raw(key).text(level);
            }
        }
        json.raw(r#","full_name":"#).text(&self.full_name());
        if let Some(point) = self.point {
            json.raw(r#","geo":{"coordinates":["#);
            json.degrees(point.longitude).raw(",");
            json.degrees(point.latitude).raw(r#"],"type":"point"}"#);
        }
        json.raw("}");
    }
}

/// Writes the Profile Geo of a user who has any.
pub(super) fn write_homes(homes: &[Home], json: &mut Json<'_>) {
    if homes.is_empty() {
        return;
    }
    json.raw(r#","derived":{"locations":["#);
    json.list(homes, |home, json| home.write(json));
    json.raw("]}");
}

/// Writes `geo`, `coordinates`, `place` and `contributors`. The exact point may be given beside the place.
pub(super) fn write_place(place: Option<&Place>, exact: Option<Point>, json: &mut Json<'_>) {
    let Some(place) = place else {
        json.raw(r#","geo":null,"coordinates":null,"place":null,"contributors":null"#);
        return;
    };
    if let Some(point) = exact {
        json.raw(r#","geo":{"type":"Point","coordinates":["#);
        json.degrees(point.latitude).raw(",");
        json.degrees(point.longitude);
        json.raw(r#"]},"coordinates":{"type":"Point","coordinates":["#);
        json.degrees(point.longitude).raw(",");
        json.degrees(point.latitude).raw("]}");
    } else {
        json.raw(r#","geo":null,"coordinates":null"#);
    }
    json.raw(r#","place":{"id":"#).text(&place.id);
    json.raw(r#","url":"https:\/\/api.twitter.com\/1.1\/geo\/id\/"#);
    json.part(&place.id);
    json.raw(r#".json","place_type":"city","name":"#)
        .text(&place.name);
    json.raw(r#","full_name":"#).text(&place.full_name);
    json.raw(r#","country_code":"#).text(&place.country_code);
    json.raw(r#","country":"#).text(&place.country);
    json.raw(r#","bounding_box":{"type":"Polygon","coordinates":[["#);
    json.list(&place.corners, |corner, json| {
        json.raw("[").degrees(corner.longitude).raw(",");
        json.degrees(corner.latitude).raw("]");
    });
    json.raw(r#"]]},"attributes":{}},"contributors":null"#);
}

const fn city(
    language: &'static str,
    locality: &'static str,
    sub_region: &'static str,
    region: &'static str,
    country: &'static str,
    country_code: &'static str,
    (longitude, latitude): (f64, f64),
) -> City {
    City {
        language,
        locality,
        region,
        sub_region: if sub_region.is_empty() {
            None
        } else {
            Some(sub_region)
        },
        country,
        country_code,
        point: Point {
            longitude,
            latitude,
        },
    }
}

/// How many of the cities, from the first on, users live in: several for English, at least one for
/// every other language.
pub(super) const LIVED_IN: usize = 28;

/// At least one city of each country that rules are likely to name.
#[rustfmt::skip] // A table: one city a line.
pub(crate) static CITIES: &[City] = &[
    city("en", "Boulder", "Boulder County", "Colorado", "United States", "US", (-105.27055, 40.01499)),
    city("en", "Austin", "Travis County", "Texas", "United States", "US", (-97.74306, 30.26715)),
    city("en", "Portland", "Multnomah County", "Oregon", "United States", "US", (-122.67621, 45.52345)),
    city("en", "Brooklyn", "Kings County", "New York", "United States", "US", (-73.94958, 40.6501)),
    city("en", "Leeds", "", "England", "United Kingdom", "GB", (-1.54785, 53.79648)),
    city("en", "Glasgow", "", "Scotland", "United Kingdom", "GB", (-4.25763, 55.86515)),
    city("en", "Galway", "County Galway", "Connaught", "Ireland", "IE", (-9.04889, 53.27194)),
    city("en", "Halifax", "", "Nova Scotia", "Canada", "CA", (-63.5752, 44.64533)),
    city("en", "Hobart", "", "Tasmania", "Australia", "AU", (147.32941, -42.87936)),
    city("en", "Nairobi", "", "Nairobi County", "Kenya", "KE", (36.81667, -1.28333)),
    city("ja", "Sapporo", "", "Hokkaido", "Japan", "JP", (141.34694, 43.06417)),
    city("ja", "Kyoto", "", "Kyoto Prefecture", "Japan", "JP", (135.75385, 35.02107)),
    city("es", "Valencia", "", "Comunitat Valenciana", "España", "ES", (-0.375, 39.46667)),
    city("es", "Guadalajara", "", "Jalisco", "México", "MX", (-103.32517, 20.67739)),
    city("es", "Rosario", "", "Santa Fe", "Argentina", "AR", (-60.63932, -32.94682)),
    city("pt", "Recife", "", "Pernambuco", "Brasil", "BR", (-34.88111, -8.05389)),
    city("pt", "Porto", "", "Porto", "Portugal", "PT", (-8.61099, 41.14961)),
    city("ar", "Alexandria", "", "Alexandria Governorate", "Egypt", "EG", (29.91582, 31.20176)),
    city("fr", "Nantes", "Loire-Atlantique", "Pays de la Loire", "France", "FR", (-1.55361, 47.21806)),
    city("de", "Freiburg", "", "Baden-Württemberg", "Deutschland", "DE", (7.85222, 47.9959)),
    city("tr", "İzmir", "", "İzmir", "Türkiye", "TR", (27.13838, 38.41273)),
    city("ko", "Busan", "", "Busan", "South Korea", "KR", (129.04028, 35.10278)),
    city("th", "Chiang Mai", "", "Chiang Mai", "Thailand", "TH", (98.98468, 18.79038)),
    city("hi", "Jaipur", "", "Rajasthan", "India", "IN", (75.78789, 26.91962)),
    city("ru", "Kazan", "", "Tatarstan", "Russia", "RU", (49.12214, 55.78874)),
    city("id", "Bandung", "", "West Java", "Indonesia", "ID", (107.60694, -6.92194)),
    city("it", "Trieste", "", "Friuli-Venezia Giulia", "Italia", "IT", (13.77045, 45.64953)),
    city("zh", "Taichung", "", "Taiwan", "Taiwan", "TW", (120.6839, 24.1469)),
    city("", "Nelson", "", "Nelson", "New Zealand", "NZ", (173.28404, -41.27078)),
    city("", "Durban", "", "KwaZulu-Natal", "South Africa", "ZA", (31.0292, -29.8579)),
    city("", "Ibadan", "", "Oyo State", "Nigeria", "NG", (3.90591, 7.37756)),
    city("", "Cebu City", "", "Central Visayas", "Philippines", "PH", (123.89071, 10.31672)),
    city("", "Ipoh", "", "Perak", "Malaysia", "MY", (101.0829, 4.5841)),
    city("", "Singapore", "", "Singapore", "Singapore", "SG", (103.85007, 1.28967)),
    city("", "Chengdu", "", "Sichuan", "China", "CN", (104.06667, 30.66667)),
    city("", "Hue", "", "Thua Thien Hue", "Vietnam", "VN", (107.59546, 16.4619)),
    city("", "Medina", "", "Medina Region", "Saudi Arabia", "SA", (39.61417, 24.46861)),
    city("", "Sharjah", "", "Sharjah", "United Arab Emirates", "AE", (55.40328, 25.33737)),
    city("", "Haifa", "", "Haifa", "Israel", "IL", (34.98917, 32.81841)),
    city("", "Lviv", "", "Lviv Oblast", "Ukraine", "UA", (24.02324, 49.83826)),
    city("", "Poznań", "", "Województwo Wielkopolskie", "Polska", "PL", (16.92993, 52.40692)),
    city("", "Graz", "", "Steiermark", "Österreich", "AT", (15.45, 47.06667)),
    city("", "Bern", "", "Bern", "Schweiz", "CH", (7.44744, 46.94809)),
    city("", "Utrecht", "", "Utrecht", "Nederland", "NL", (5.12222, 52.09083)),
    city("", "Liège", "", "Wallonie", "Belgique", "BE", (5.56749, 50.63373)),
    city("", "Patras", "", "West Greece", "Greece", "GR", (21.73444, 38.24444)),
    city("", "Uppsala", "", "Uppsala", "Sverige", "SE", (17.63889, 59.85882)),
    city("", "Bergen", "", "Vestland", "Norge", "NO", (5.32415, 60.39299)),
    city("", "Aarhus", "", "Midtjylland", "Danmark", "DK", (10.21076, 56.15674)),
    city("", "Tampere", "", "Pirkanmaa", "Suomi", "FI", (23.76513, 61.49911)),
    city("", "Medellín", "", "Antioquia", "Colombia", "CO", (-75.56359, 6.25184)),
    city("", "Arequipa", "", "Arequipa", "Perú", "PE", (-71.53747, -16.39889)),
    city("", "Valparaíso", "", "Valparaíso", "Chile", "CL", (-71.62725, -33.036)),
];
