//! Folds texts for comparison, and cuts them into the tokens that keywords match.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_properties::{GeneralCategoryGroup, UnicodeEmoji, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;

/// The combining character that makes a key of a digit: `1️⃣`.
const KEYCAP: char = '\u{20e3}';

/// Folds a text, so that it can be compared: NFC, lower case, with diacritics.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        }
    } else if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        // One character at a time: `str::to_lowercase` would treat a final sigma differently.
        Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
    } else {
        Cow::Owned(text.nfc().flat_map(char::to_lowercase).collect())
    }
}

/// Whether a text, once folded, equals a folded text.
pub(super) fn is_same(folded: &str, text: &str) -> bool {
    if text.is_ascii() {
        folded.eq_ignore_ascii_case(text)
    } else {
        folded == fold(text)
    }
}

/// The byte ranges of the tokens of a folded text. A token is a run of letters, marks and numbers, or a
/// single emoji. All other characters separate tokens.
pub(super) fn tokens(folded: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut next = 0;
    std::iter::from_fn(move || {
        while next < folded.len() {
            let start = next;
            match lexeme(&folded[start..]) {
                (true, length) => {
                    next = start + length;
                    return Some(start..next);
                }
                (false, length) => next = start + length,
            }
        }
        None
    })
}

/// The hash of a token, for fast lookup. FNV-1a, because tokens are short.
pub(super) fn hash(token: &str) -> u64 {
    token.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Whether a text starts with a token, and the length of that token or separator.
fn lexeme(rest: &str) -> (bool, usize) {
    if let Some(length) = emoji_len(rest) {
        return (true, length);
    }
    let mut length = 0;
    for (index, c) in rest.char_indices() {
        if !is_word(c) || (index > 0 && is_keycap(&rest[index..])) {
            if index == 0 {
                return (false, c.len_utf8());
            }
            break;
        }
        length = index + c.len_utf8();
    }
    (true, length)
}

fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark | GeneralCategoryGroup::Number
    )
}

/// The length of the emoji at the start of a text. Digits, `#` and `*` are emoji only as keys.
fn emoji_len(rest: &str) -> Option<usize> {
    let first = rest.chars().next()?;
    let is_emoji = if first.is_ascii() {
        is_keycap(rest)
    } else {
        !is_word(first) && first.is_emoji_char()
    };
    if is_emoji {
        rest.graphemes(true).next().map(str::len)
    } else {
        None
    }
}

fn is_keycap(rest: &str) -> bool {
    let mut chars = rest.chars();
    let key = chars
        .next()
        .is_some_and(|c| c.is_ascii_digit() || c == '#' || c == '*');
    key && chars.find(|c| *c != '\u{fe0f}') == Some(KEYCAP)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "`expect!` makes a value")]
    fn check(text: &str, expected: Expect) {
        let folded = fold(text);
        let shown: Vec<_> = tokens(&folded).map(|range| &folded[range]).collect();
        expected.assert_eq(&shown.join(" "));
    }

    #[test]
    fn text_is_cut_at_everything_that_is_no_letter_mark_or_number() {
        check("", expect![""]);
        check("I like coca-cola", expect!["i like coca cola"]);
        check("Check out gnip's docs.", expect!["check out gnip s docs"]);
        check(
            "#Tag @a_b $X http://t.co/Ab",
            expect!["tag a b x http t co ab"],
        );
        check("¿Cumpleaños?", expect!["cumpleaños"]);
        check("東京タワー、高い", expect!["東京タワー 高い"]);
        check("हिन्दी भाषा", expect!["हिन्दी भाषा"]);
        check("½ ² Ⅳ", expect!["½ ² ⅳ"]);
    }

    #[test]
    fn an_emoji_is_a_token_of_its_own() {
        check("I like🍕🍕!", expect!["i like 🍕 🍕"]);
        check("go 🇬🇧🇺🇸 👩‍👩‍👧 👍🏽x", expect!["go 🇬🇧 🇺🇸 👩‍👩‍👧 👍🏽 x"]);
        check("❤️ ❤ ☕", expect!["❤️ ❤ ☕"]);
        check("a1️⃣b 1 #️⃣", expect!["a 1️⃣ b 1 #️⃣"]);
    }

    #[test]
    fn folding_joins_what_differs_in_form_and_case_only() {
        assert_eq!(fold("CAFE\u{301}"), "café");
        assert_eq!(fold("ΟΔΟΣ"), "οδοσ");
        assert_eq!(fold("ﬁ"), "ﬁ");
        assert!(is_same("café", "CAFÉ") && is_same("us", "US") && !is_same("us", "usa"));
    }
}
