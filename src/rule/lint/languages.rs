//! The service's names for languages in a Tweet's `lang`, and other names that people write.

/// Code, English name, and other ways to write the code: codes of two and three letters, countries, older and newer
/// codes. The codes in the first column are from `[source: xd/rules-filtering]`.
#[rustfmt::skip]
const LANGUAGES: [(&str, &str, &[&str]); 69] = [
    ("am", "Amharic", &["amh"]),
    ("ar", "Arabic", &["eg", "ara"]),
    ("bg", "Bulgarian", &["bul"]),
    ("bn", "Bengali", &["bd", "ben"]),
    ("bo", "Tibetan", &["bod", "tib"]),
    ("bs", "Bosnian", &["ba", "bos"]),
    ("ca", "Catalan", &["cat"]),
    ("ckb", "Sorani Kurdish", &["ku", "kurdish"]),
    ("cs", "Czech", &["cz", "ces", "cze"]),
    ("cy", "Welsh", &["cym", "wel"]),
    ("da", "Danish", &["dk", "dan"]),
    ("de", "German", &["at", "deu", "ger"]),
    ("dv", "Divehi", &["div"]),
    ("el", "Greek", &["gr", "ell", "gre"]),
    ("en", "English", &["us", "gb", "au", "eng"]),
    ("es", "Spanish", &["mx", "sp", "castilian", "spa"]),
    ("et", "Estonian", &["est"]),
    ("eu", "Basque", &["eus", "baq"]),
    ("fa", "Persian", &["ir", "farsi", "fas", "per"]),
    ("fi", "Finnish", &["fin"]),
    ("fr", "French", &["fra", "fre"]),
    ("gu", "Gujarati", &["guj"]),
    ("hi", "Hindi", &["hin"]),
    ("hi-latn", "Hindi in Latin letters", &["hi_latn"]),
    ("hr", "Croatian", &["hrv"]),
    ("ht", "Haitian Creole", &["hat"]),
    ("hu", "Hungarian", &["hun"]),
    ("hy", "Armenian", &["hye", "arm"]),
    ("in", "Indonesian", &["id", "ind"]),
    ("is", "Icelandic", &["isl", "ice"]),
    ("it", "Italian", &["ita"]),
    ("iw", "Hebrew", &["he", "il", "heb"]),
    ("ja", "Japanese", &["jp", "jap", "jpn"]),
    ("ka", "Georgian", &["ge", "kat", "geo"]),
    ("km", "Khmer", &["kh", "khm"]),
    ("kn", "Kannada", &["kan"]),
    ("ko", "Korean", &["kr", "kor"]),
    ("lo", "Lao", &["lao"]),
    ("lt", "Lithuanian", &["lit"]),
    ("lv", "Latvian", &["lav"]),
    ("ml", "Malayalam", &["mal"]),
    ("mr", "Marathi", &["mar"]),
    ("my", "Burmese", &["mm", "mya", "bur"]),
    ("ne", "Nepali", &["np", "nep"]),
    ("nl", "Dutch", &["nld", "dut"]),
    ("no", "Norwegian", &["nb", "nn", "nob", "nno", "nor"]),
    ("or", "Odia", &["ori"]),
    ("pa", "Punjabi", &["pan"]),
    ("pl", "Polish", &["pol"]),
    ("ps", "Pashto", &["pus"]),
    ("pt", "Portuguese", &["br", "por"]),
    ("ro", "Romanian", &["ron", "rum"]),
    ("ru", "Russian", &["rus"]),
    ("sd", "Sindhi", &["snd"]),
    ("si", "Sinhala", &["sin"]),
    ("sk", "Slovak", &["slk", "slo"]),
    ("sl", "Slovenian", &["slv"]),
    ("sr", "Serbian", &["rs", "srp"]),
    ("sv", "Swedish", &["se", "swe"]),
    ("ta", "Tamil", &["tam"]),
    ("te", "Telugu", &["tel"]),
    ("th", "Thai", &["tha"]),
    ("tl", "Tagalog", &["fil", "ph", "filipino", "tgl"]),
    ("tr", "Turkish", &["tur"]),
    ("ug", "Uyghur", &["uig"]),
    ("uk", "Ukrainian", &["ua", "ukr"]),
    ("ur", "Urdu", &["pk", "urd"]),
    ("vi", "Vietnamese", &["vn", "vie"]),
    ("zh", "Chinese", &["cn", "chinese simplified", "tw", "hk", "zho", "mandarin", "cmn", "yue", "chi"]),
];

/// Other codes that Tweets carry: for an unknown language, for no language, and codes that were used for a time.
const OTHERS: [&str; 12] = [
    "und", "zxx", "art", "qam", "qct", "qht", "qme", "qst", "zh-cn", "zh-tw", "iu", "chr",
];

/// Whether Tweets carry a folded code as their language.
pub(super) fn is_language(code: &str) -> bool {
    OTHERS.contains(&code) || LANGUAGES.iter().any(|(known, ..)| *known == code)
}

/// The code and name of the language that a folded text most likely means.
pub(super) fn meant(text: &str) -> Option<(&'static str, &'static str)> {
    let find = |text: &str| {
        let row = LANGUAGES.iter().find(|(code, name, wrong)| {
            *code == text || wrong.contains(&text) || name.eq_ignore_ascii_case(text)
        });
        row.map(|(code, name, _)| (*code, *name))
    };
    // `pt-BR` and `en_US` name a language with a country.
    find(text).or_else(|| find(text.split(['-', '_']).next()?))
}
