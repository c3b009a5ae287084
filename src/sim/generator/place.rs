//! The cities that users live in and Tweets are sent from.

/// A city: where it is, what it is called, and which language is spoken there.
#[derive(Debug)]
pub(super) struct City {
    pub(super) language: &'static str,
    pub(super) locality: &'static str,
    pub(super) region: &'static str,
    pub(super) sub_region: Option<&'static str>,
    pub(super) country: &'static str,
    pub(super) country_code: &'static str,
    /// In millionths of a degree.
    pub(super) longitude: i32,
    pub(super) latitude: i32,
}

impl City {
    /// The full name that a Place has: `Boulder, Colorado`.
    pub(super) fn full_name(&self) -> String {
        format!("{}, {}", self.locality, self.region)
    }
}

type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    i32,
    i32,
);

const fn city(row: Row) -> City {
    let (language, locality, sub_region, region, country, country_code, longitude, latitude) = row;
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
        longitude,
        latitude,
    }
}

/// Several for English, at least one for every other language.
#[rustfmt::skip] // A table: one city a line.
pub(super) static CITIES: &[City] = &[
    city(("en", "Boulder", "Boulder County", "Colorado", "United States", "US", -105_270_550, 40_014_990)),
    city(("en", "Austin", "Travis County", "Texas", "United States", "US", -97_743_060, 30_267_150)),
    city(("en", "Portland", "Multnomah County", "Oregon", "United States", "US", -122_676_210, 45_523_450)),
    city(("en", "Brooklyn", "Kings County", "New York", "United States", "US", -73_949_580, 40_650_100)),
    city(("en", "Leeds", "", "England", "United Kingdom", "GB", -1_547_850, 53_796_480)),
    city(("en", "Glasgow", "", "Scotland", "United Kingdom", "GB", -4_257_630, 55_865_150)),
    city(("en", "Galway", "County Galway", "Connaught", "Ireland", "IE", -9_048_890, 53_271_940)),
    city(("en", "Halifax", "", "Nova Scotia", "Canada", "CA", -63_575_200, 44_645_330)),
    city(("en", "Hobart", "", "Tasmania", "Australia", "AU", 147_329_410, -42_879_360)),
    city(("en", "Nairobi", "", "Nairobi County", "Kenya", "KE", 36_816_670, -1_283_330)),
    city(("ja", "Sapporo", "", "Hokkaido", "Japan", "JP", 141_346_940, 43_064_170)),
    city(("ja", "Kyoto", "", "Kyoto Prefecture", "Japan", "JP", 135_753_850, 35_021_070)),
    city(("es", "Valencia", "", "Comunitat Valenciana", "España", "ES", -375_000, 39_466_670)),
    city(("es", "Guadalajara", "", "Jalisco", "México", "MX", -103_325_170, 20_677_390)),
    city(("es", "Rosario", "", "Santa Fe", "Argentina", "AR", -60_639_320, -32_946_820)),
    city(("pt", "Recife", "", "Pernambuco", "Brasil", "BR", -34_881_110, -8_053_890)),
    city(("pt", "Porto", "", "Porto", "Portugal", "PT", -8_610_990, 41_149_610)),
    city(("ar", "Alexandria", "", "Alexandria Governorate", "Egypt", "EG", 29_915_820, 31_201_760)),
    city(("fr", "Nantes", "Loire-Atlantique", "Pays de la Loire", "France", "FR", -1_553_610, 47_218_060)),
    city(("de", "Freiburg", "", "Baden-Württemberg", "Deutschland", "DE", 7_852_220, 47_995_900)),
    city(("tr", "İzmir", "", "İzmir", "Türkiye", "TR", 27_138_380, 38_412_730)),
    city(("ko", "Busan", "", "Busan", "South Korea", "KR", 129_040_280, 35_102_780)),
    city(("th", "Chiang Mai", "", "Chiang Mai", "Thailand", "TH", 98_984_680, 18_790_380)),
    city(("hi", "Jaipur", "", "Rajasthan", "India", "IN", 75_787_890, 26_919_620)),
    city(("ru", "Kazan", "", "Tatarstan", "Russia", "RU", 49_122_140, 55_788_740)),
    city(("id", "Bandung", "", "West Java", "Indonesia", "ID", 107_606_940, -6_921_940)),
    city(("it", "Trieste", "", "Friuli-Venezia Giulia", "Italia", "IT", 13_770_450, 45_649_530)),
    city(("zh", "Taichung", "", "Taiwan", "Taiwan", "TW", 120_683_900, 24_146_900)),
];
