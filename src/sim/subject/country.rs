//! A city of each country that rules are likely to name.

use fastrand::Rng;

use ouzel_rule::Point;

/// A country, with one of its cities.
#[derive(Debug, Clone)]
pub(super) struct Country<'r> {
    pub(super) code: String,
    pub(super) name: &'r str,
    pub(super) city: &'r str,
    pub(super) region: &'r str,
    pub(super) point: Point,
}

/// The country with this code, or any that is not to be left out.
pub(super) fn find<'r>(
    code: Option<&'r str>,
    is_shunned: impl Fn(&str) -> bool,
    rng: &mut Rng,
) -> Country<'r> {
    let row = match code {
        Some(code) => COUNTRIES
            .iter()
            .find(|row| row.0.eq_ignore_ascii_case(code)),
        None => {
            let start = rng.usize(..COUNTRIES.len());
            let mut all = COUNTRIES[start..].iter().chain(&COUNTRIES[..start]);
            all.find(|row| !is_shunned(row.0))
        }
    };
    match row {
        Some((code, name, city, region, longitude, latitude)) => Country {
            code: (*code).to_owned(),
            name,
            city,
            region,
            point: Point {
                longitude: *longitude,
                latitude: *latitude,
            },
        },
        // Of a country that is not in the table nothing is known but its code.
        None => {
            let code = code.unwrap_or("US");
            Country {
                code: code.to_ascii_uppercase(),
                name: code,
                city: code,
                region: code,
                point: Point {
                    longitude: rng.f64() * 300.0 - 150.0,
                    latitude: rng.f64() * 100.0 - 50.0,
                },
            }
        }
    }
}

type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    f64,
    f64,
);

#[rustfmt::skip] // A table: one country a line.
static COUNTRIES: &[Row] = &[
    ("US", "United States", "Chicago", "Illinois", -87.65, 41.85),
    ("GB", "United Kingdom", "Leeds", "England", -1.54785, 53.79648),
    ("CA", "Canada", "Halifax", "Nova Scotia", -63.5752, 44.64533),
    ("AU", "Australia", "Hobart", "Tasmania", 147.32941, -42.87936),
    ("NZ", "New Zealand", "Nelson", "Nelson", 173.28404, -41.27078),
    ("IE", "Ireland", "Galway", "Connaught", -9.04889, 53.27194),
    ("ZA", "South Africa", "Durban", "KwaZulu-Natal", 31.0292, -29.8579),
    ("KE", "Kenya", "Nairobi", "Nairobi County", 36.81667, -1.28333),
    ("NG", "Nigeria", "Ibadan", "Oyo State", 3.90591, 7.37756),
    ("IN", "India", "Jaipur", "Rajasthan", 75.78789, 26.91962),
    ("ID", "Indonesia", "Bandung", "West Java", 107.60694, -6.92194),
    ("PH", "Philippines", "Cebu City", "Central Visayas", 123.89071, 10.31672),
    ("MY", "Malaysia", "Ipoh", "Perak", 101.0829, 4.5841),
    ("SG", "Singapore", "Singapore", "Singapore", 103.85007, 1.28967),
    ("JP", "Japan", "Sapporo", "Hokkaido", 141.34694, 43.06417),
    ("KR", "South Korea", "Busan", "Busan", 129.04028, 35.10278),
    ("CN", "China", "Chengdu", "Sichuan", 104.06667, 30.66667),
    ("TW", "Taiwan", "Taichung", "Taiwan", 120.6839, 24.1469),
    ("TH", "Thailand", "Chiang Mai", "Chiang Mai", 98.98468, 18.79038),
    ("VN", "Vietnam", "Hue", "Thua Thien Hue", 107.59546, 16.4619),
    ("TR", "Türkiye", "İzmir", "İzmir", 27.13838, 38.41273),
    ("SA", "Saudi Arabia", "Medina", "Medina Region", 39.61417, 24.46861),
    ("AE", "United Arab Emirates", "Sharjah", "Sharjah", 55.40328, 25.33737),
    ("EG", "Egypt", "Alexandria", "Alexandria Governorate", 29.91582, 31.2018),
    ("IL", "Israel", "Haifa", "Haifa", 34.98917, 32.81841),
    ("UA", "Ukraine", "Lviv", "Lviv Oblast", 24.02324, 49.83826),
    ("RU", "Russia", "Kazan", "Tatarstan", 49.12214, 55.78874),
    ("PL", "Polska", "Poznań", "Województwo Wielkopolskie", 16.92993, 52.40692),
    ("DE", "Deutschland", "Freiburg", "Baden-Württemberg", 7.85222, 47.9959),
    ("AT", "Österreich", "Graz", "Steiermark", 15.45, 47.06667),
    ("CH", "Schweiz", "Bern", "Bern", 7.44744, 46.94809),
    ("NL", "Nederland", "Utrecht", "Utrecht", 5.12222, 52.09083),
    ("BE", "Belgique", "Liège", "Wallonie", 5.56749, 50.63373),
    ("FR", "France", "Nantes", "Pays de la Loire", -1.55361, 47.21806),
    ("ES", "España", "Valencia", "Comunitat Valenciana", -0.375, 39.46667),
    ("PT", "Portugal", "Porto", "Porto", -8.61099, 41.14961),
    ("IT", "Italia", "Trieste", "Friuli-Venezia Giulia", 13.77045, 45.64953),
    ("GR", "Greece", "Patras", "West Greece", 21.73444, 38.24444),
    ("SE", "Sverige", "Uppsala", "Uppsala", 17.63889, 59.85882),
    ("NO", "Norge", "Bergen", "Vestland", 5.32415, 60.39299),
    ("DK", "Danmark", "Aarhus", "Midtjylland", 10.21076, 56.15674),
    ("FI", "Suomi", "Tampere", "Pirkanmaa", 23.76513, 61.49911),
    ("MX", "México", "Guadalajara", "Jalisco", -103.32517, 20.67739),
    ("CO", "Colombia", "Medellín", "Antioquia", -75.56359, 6.25184),
    ("PE", "Perú", "Arequipa", "Arequipa", -71.53747, -16.39889),
    ("CL", "Chile", "Valparaíso", "Valparaíso", -71.62725, -33.036),
    ("AR", "Argentina", "Rosario", "Santa Fe", -60.63932, -32.94682),
    ("BR", "Brasil", "Recife", "Pernambuco", -34.88111, -8.05389),
];
