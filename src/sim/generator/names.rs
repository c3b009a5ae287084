//! Names and places that made-up accounts give themselves.

/// First names in Latin script, for display names and screen names.
pub(super) static FIRST: &[&str] = &[
    "Mina", "Tomas", "Aiko", "Lena", "Omar", "Priya", "Jonas", "Carla", "Emre", "Sofia", "Noah",
    "Yuki", "Ines", "Rafael", "Dilan", "Marta", "Kofi", "Ewa", "Luca", "Hanna", "Ravi", "Nora",
    "Diego", "Amira", "Felix", "Suda", "Bram", "Ada", "Owen", "Tari", "Jia", "Petra", "Musa",
];

/// Last names in Latin script.
pub(super) static LAST: &[&str] = &[
    "Okafor", "Gale", "Tanaka", "Silva", "Weber", "Haddad", "Rossi", "Novak", "Kaya", "Lopez",
    "Iyer", "Larsen", "Moreau", "Park", "Wijaya", "Byrne", "Costa", "Mensah", "Petrov", "Chen",
    "Fisher", "Hill", "Stone", "Wood", "Brook", "Field", "Marsh", "Lake", "Frost", "Vale",
];

/// Display names in the script of a language.
#[rustfmt::skip] // A table: one language a line.
pub(super) static LOCAL: &[(&str, &[&str])] = &[
    ("ja", &["佐藤 花子", "ゆき", "たけし@夜勤", "ねこ好き", "鈴木一郎", "みかん箱"]),
    ("ar", &["ليلى حداد", "أبو سالم", "نور", "كريم علي", "مريم"]),
    ("ko", &["김민지", "박서준", "하늘", "이도윤", "별빛"]),
    ("th", &["สมชาย", "น้องแนน", "มะลิ", "ปลาทอง"]),
    ("hi", &["प्रिया शर्मा", "रवि", "अनीता", "मोहन लाल"]),
    ("ru", &["Анна Петрова", "Иван", "Лена из Казани", "Кот Василий"]),
    ("zh", &["小明", "陳美玲", "王大海", "喵喵"]),
    ("tr", &["Çağla", "Işıl Kaya", "Ömer", "Gökçe"]),
    ("de", &["Jörg Müller", "Käthe", "Björn"]),
    ("pt", &["João", "Conceição Silva", "Antônio"]),
];

/// What people without a city write into the field for it.
pub(super) static ODD_LOCATIONS: &[Option<&str>] = &[
    None,
    Some(""),
    Some("the internet"),
    Some("somewhere / nowhere"),
    Some("🌍"),
    Some("she/her • he/him"),
];
