//! Texts beyond ASCII: which ones count as equal, and where a word begins and ends, by section 6 of the reference.

use sonic_rs::json;

use super::super::{Analysis, Rule};

#[track_caller]
fn check(value: &str, text: &str, expected: bool) {
    let rule = Rule::parse(value).unwrap_or_else(|invalid| panic!("{value}: {invalid}"));
    let tweet = json!({ "id_str": "1", "text": text });
    let matches = rule.matches(&Analysis::native(&tweet));
    assert_eq!(matches, expected, "{value} on {text}");
}

#[test]
fn composed_and_decomposed_forms_of_a_word_are_the_same() {
    let (nfc, nfd) = ("caf\u{e9}", "cafe\u{301}");
    check(nfc, &format!("un {nfd} noir"), true);
    check(nfd, &format!("un {nfc} noir"), true);
    check(&format!("contains:{nfc}"), &format!("les {nfd}s"), true);
    check(&format!("\"un {nfd}\""), &format!("un {nfc} noir"), true);
    // Hangul has a composed and a decomposed form too.
    check("\u{d55c}", "\u{1112}\u{1161}\u{11ab}", true);
}

#[test]
fn accents_make_a_difference() {
    check("cumpleaños", "feliz cumpleanos", false);
    check("cumpleanos", "feliz cumpleaños", false);
}

#[test]
fn case_makes_none_in_any_script_that_has_it() {
    check("ÉCOLE", "une école", true);
    check("москва", "МОСКВА зимой", true);
    check("αθήνα", "ΑΘΉΝΑ", true);
}

#[test]
fn arabic_words_are_cut_at_blanks_and_at_arabic_punctuation() {
    check("السلام", "السلام عليكم", true);
    check("عليكم", "السلام عليكم، يا صديقي", true);
    check("سلام", "السلام عليكم", false);
    check("contains:سلام", "السلام عليكم", true);
    // Vowel marks are part of the word. Without them it is another word.
    check("محمد", "مُحَمَّد", false);
    check("#سلام", "السلام", false);
}

#[test]
fn thai_without_blanks_is_one_word() {
    check("กาแฟ", "ฉันชอบกาแฟ", false);
    check("contains:กาแฟ", "ฉันชอบกาแฟ", true);
    check("กาแฟ", "ฉันชอบ กาแฟ มาก", true);
    check("\"ชอบ กาแฟ\"", "ชอบ กาแฟ", true);
}

#[test]
fn chinese_and_japanese_without_blanks_are_one_word() {
    check("寿司", "寿司が好き", false);
    check("contains:寿司", "寿司が好き", true);
    check("天气", "今天 天气 很好", true);
}

#[test]
fn an_emoji_is_a_word_wherever_it_stands() {
    check("🍕", "I like🍕a lot", true);
    check("🍕", "🍕🍕🍕", true);
    check("like", "I like🍕a lot", true);
    check("\"☕\"", "morning ☕", true);
}

#[test]
fn an_emoji_with_a_skin_tone_is_another_emoji() {
    check("👍🏽", "well done 👍🏽", true);
    check("👍", "well done 👍🏽", false);
    check("👍🏽", "well done 👍", false);
    check("contains:\"👍\"", "well done 👍🏽", true);
}

#[test]
fn emoji_joined_into_one_are_one() {
    check("👩‍👩‍👧", "us: 👩‍👩‍👧!", true);
    check("👧", "us: 👩‍👩‍👧!", false);
    check("👩", "us: 👩‍👩‍👧!", false);
    check("👩‍💻", "at work 👩‍💻", true);
    check("🇯🇵", "from 🇯🇵🇫🇷", true);
    check("🇵🇫", "from 🇯🇵🇫🇷", false);
}
