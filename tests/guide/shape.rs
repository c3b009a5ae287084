//! What is the same in two outputs whose numbers differ.

/// A text with a placeholder for each number, length of time, id and hash, and with single blanks.
pub(super) fn shape(text: &str) -> String {
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[track_caller]
pub(super) fn assert_same_shape(shown: &str, real: &str) {
    let (shown_shape, real_shape) = (shape(shown.trim_end()), shape(real.trim_end()));
    assert_eq!(
        shown_shape, real_shape,
        "the page shows\n{shown}\nand it is\n{real}"
    );
}

fn line(line: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        let word = numberless(&hashless(word));
        match (words.last().map(String::as_str), word.as_str()) {
            // `1 230` is one number, and what `1.5` is to another time `15` may be.
            (Some("0"), "0") => {}
            // `1.5 s`, `12 ms`, `340 µs`.
            (Some("0"), "s" | "ms" | "µs") => *words.last_mut().unwrap() = "0s".to_owned(),
            // `15m 00s`, `2h 10m`.
            (Some("0m"), "0s") | (Some("0h"), "0m") => *words.last_mut().unwrap() = "0s".to_owned(),
            _ => words.push(word),
        }
    }
    words.join(" ")
}

/// The hash of a generation is the same word each time.
fn hashless(word: &str) -> String {
    let (before, hash) = word.split_at(word.find("hash=").map_or(0, |at| at + "hash=".len()));
    let is_hash = hash.len() == 12 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    format!("{before}{}", if is_hash { "HASH" } else { hash })
}

/// Every number in it is `0`, with or without a fraction, and every unit of time behind one is `s`.
fn numberless(word: &str) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        out.push_str(&rest[..at]);
        out.push('0');
        rest = rest[at..].trim_start_matches(|c: char| c.is_ascii_digit());
        if let Some(fraction) = rest.strip_prefix('.')
            && fraction.starts_with(|c: char| c.is_ascii_digit())
        {
            rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        }
        for unit in ["µs", "ms", "ns"] {
            if let Some(behind) = rest.strip_prefix(unit) {
                out.push('s');
                rest = behind;
            }
        }
    }
    out + rest
}

#[test]
fn the_shape_of_a_text_is_what_does_not_change() {
    for (text, expected) in [
        ("1 230 Tweets in 5.0 s: kept 632", "0 Tweets in 0 s: kept 0"),
        ("took 12 ms", "took 0s"),
        ("away 15m 00s long", "away 0s long"),
        ("pause=632.282µs", "pause=0s"),
        ("hash=c03f5be1d2a7 06ac52379a9e", "hash=HASH HASH"),
        ("2026-11-21T20:50:25.999Z  INFO", "0-0-0T0:0:0Z INFO"),
        ("a      4.04       1.00", "a 0"),
        ("main.lua:42:", "main.lua:0:"),
    ] {
        assert_eq!(shape(text), expected);
    }
}
