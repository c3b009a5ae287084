//! In which language a Tweet is to be, and words of that language around what it is to say.

use fastrand::Rng;

use super::wishes::Wishes;
use crate::generator;
use ouzel_rule::Kind;

/// Languages of made-up Tweets that are written in Latin letters.
const LATIN: [&str; 8] = ["en", "es", "pt", "fr", "de", "tr", "id", "it"];

/// What the language is taken from if the one that a Tweet has is not to be.
const OTHERS: [&str; 6] = ["en", "es", "pt", "ja", "fr", "und"];

/// The language that a Tweet will have, and whether what it says now can stay.
pub(super) fn choose(
    wishes: &Wishes<'_>,
    own: &str,
    pieces: &[&str],
    rng: &mut Rng,
) -> (String, bool) {
    let wanted = wishes
        .find(|wish, kind| match kind {
            Kind::Lang(code) => Some(wish.spelled(code)),
            _ => None,
        })
        .last();
    if let Some(code) = wanted {
        return (code.to_owned(), code.eq_ignore_ascii_case(own));
    }
    let shunned = |code: &str| {
        wishes.shun(|kind| matches!(kind, Kind::Lang(own) if own.eq_ignore_ascii_case(code)))
    };
    let script = pieces.iter().find_map(|piece| language_of_script(piece));
    let fits = script.is_none_or(|script| shares_script(script, own));
    if fits && !shunned(own) {
        return (own.to_owned(), true);
    }
    let code = match script {
        Some(script) if !shunned(script) => Some(script),
        _ => {
            let left: Vec<&str> = OTHERS.into_iter().filter(|code| !shunned(code)).collect();
            rng.choice(left)
        }
    };
    (code.unwrap_or(own).to_owned(), false)
}

/// The language that is most likely meant by the first letter of a text.
fn language_of_script(text: &str) -> Option<&'static str> {
    let letter = text.chars().find(|c| c.is_alphabetic())?;
    Some(match letter {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => "en",
        '\u{400}'..='\u{52f}' => "ru",
        '\u{600}'..='\u{6ff}' => "ar",
        '\u{900}'..='\u{97f}' => "hi",
        '\u{e00}'..='\u{e7f}' => "th",
        '\u{3040}'..='\u{30ff}' => "ja",
        '\u{4e00}'..='\u{9fff}' => "zh",
        '\u{ac00}'..='\u{d7af}' => "ko",
        _ => return None,
    })
}

fn shares_script(script: &str, own: &str) -> bool {
    match script {
        "en" => LATIN.contains(&own),
        "zh" => matches!(own, "zh" | "ja"),
        script => script == own,
    }
}

/// Some words of a language, each with the blank behind it, and what ends a sentence. Nothing for a
/// language of which no words are known.
pub(super) fn filler(code: &str, count: usize, rng: &mut Rng) -> (Vec<String>, &'static str) {
    let Some([words, space, stop]) = generator::vocabulary(code) else {
        return (Vec::new(), "");
    };
    let words: Vec<&str> = words.split_whitespace().collect();
    let some = (0..count).map(|_| format!("{}{space}", words[rng.usize(..words.len())]));
    (some.collect(), stop)
}
