//! Hostile JSON: repeated and empty names, lone surrogates, numbers that no type can hold, wide and deep containers.

use fastrand::Rng;

/// Names that the programs ask for too. Two of them are read as the same name.
const NAMES: [&str; 16] = [
    "a",
    "b",
    "c",
    "text",
    "full_text",
    "body",
    "user",
    "list",
    "",
    "\\ud800",
    "\\udfff",
    "1",
    "x y",
    "\\u0061",
    "é\\n",
    "id",
];

const SCALARS: [&str; 25] = [
    "null",
    "null",
    "null",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-0.0",
    "1.0",
    "7",
    "1e3",
    "0.1",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "1e309",
    "-1E400",
    "123456789012345678901234567890",
    "\"\"",
    "\"text\"",
    "\"\\ud83d\\ude00 é\"",
    "\"\\ud800x\"",
    "\"\\u0000\\\"\\\\/\"",
    "\"12\"",
];

/// A line that just counts as a Tweet.
pub(in crate::script::raw) fn tweet(rng: &mut Rng) -> String {
    let mut fields = fields(rng, 4);
    let place = rng.usize(..=fields.len());
    fields.insert(place, "\"id_str\":\"1\"".to_owned());
    format!("{{{}}}", fields.join(","))
}

fn fields(rng: &mut Rng, depth: usize) -> Vec<String> {
    // Sometimes there are so many fields that they are looked up in an order.
    let count = if rng.u8(..20) == 0 && depth >= 3 {
        rng.usize(60..150)
    } else {
        rng.usize(..8)
    };
    let field = |number| {
        let name = match rng.choice(NAMES) {
            Some(name) if count < 60 => name.to_owned(),
            _ => format!("k{}", number % 130),
        };
        format!(
            "{}\"{name}\"{}:{}",
            blank(rng),
            blank(rng),
            value(rng, depth)
        )
    };
    (0..count).map(field).collect()
}

fn value(rng: &mut Rng, depth: usize) -> String {
    if depth == 0 || rng.u8(..10) < 5 {
        return rng.choice(SCALARS).unwrap_or("null").to_owned();
    }
    match rng.u8(..20) {
        0 => {
            // Deep, but not too deep to be read. Values deeper than a hundred levels are not written as JSON.
            let (levels, inner) = (rng.usize(..200), value(rng, 0));
            format!(
                "{}{inner}{}",
                "[{\"a\":".repeat(levels / 2),
                "}]".repeat(levels / 2)
            )
        }
        1..=7 => format!("{{{}}}", fields(rng, depth - 1).join(",")),
        kind => {
            let count = if kind == 8 {
                rng.usize(..200)
            } else {
                rng.usize(..6)
            };
            let elements: Vec<_> = (0..count)
                .map(|_| value(rng, if count > 6 { 0 } else { depth - 1 }))
                .collect();
            format!("[{}{}]", blank(rng), elements.join(","))
        }
    }
}

fn blank(rng: &mut Rng) -> &'static str {
    if rng.u8(..8) == 0 { " \t\r\n" } else { "" }
}
