//! Properties that hold for any text, rule or Tweet.
//!
//! For a long run, repeat `PROPTEST_CASES=20000 cargo test -p ouzel-rule`.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sonic_rs::json;

use super::super::{Analysis, Expr, Rule};

/// Pieces of rules. Many rules made of them are valid.
const PIECES: [&str; 36] = [
    "a",
    "snow",
    "🍕",
    "é",
    "e\u{301}",
    "☕",
    " ",
    " ",
    " ",
    "OR",
    " OR ",
    "and",
    "not",
    "-",
    "(",
    ")",
    "[",
    "]",
    ":",
    "\"",
    "\"a b\"",
    "~",
    "~3",
    "\\",
    "#",
    "#tag",
    "$F",
    "@name",
    "from:",
    "is:quote",
    "has:geo",
    "sample:5",
    "bio:\"x\"",
    "friends_count:1..2",
    "bounding_box:[1 2 1.1 2.1]",
    "'",
];

fn rule() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        vec(select(&PIECES[..]), 0..12).prop_map(|pieces| pieces.concat()),
        vec(select(&PIECES[..9]), 1..12).prop_map(|pieces| pieces.join(" ")),
    ]
}

fn check_positions(expr: &Expr, value: &[u16]) {
    let position = expr.position();
    assert!(
        (1..=value.len()).contains(&position),
        "{position} in {}",
        value.len()
    );
    assert_ne!(value[position - 1], u16::from(b' '));
    match expr {
        Expr::All(parts) | Expr::Any(parts) => {
            assert!(parts.len() > 1);
            parts.iter().for_each(|part| check_positions(part, value));
        }
        Expr::Not { position, inner } => {
            assert_eq!(value[position - 1], u16::from(b'-'));
            check_positions(inner, value);
        }
        Expr::Clause(_) => {}
    }
}

proptest! {
    #[test]
    fn positions_lie_within_the_rule(value in rule()) {
        let units: Vec<u16> = value.encode_utf16().collect();
        match Rule::parse(&value) {
            Ok(rule) => check_positions(rule.expr(), &units),
            Err(invalid) => {
                prop_assert!(!invalid.messages.is_empty());
                for message in &invalid.messages {
                    prop_assert!((1..=units.len() + 1).contains(&message.position));
                }
            }
        }
    }

    #[test]
    fn a_rule_or_its_negation_matches(
        value in rule(), text in any::<String>(), other in vec(select(&PIECES[..]), 0..12),
    ) {
        for text in [text, other.concat()] {
            let payload = json!({ "text": text, "user": { "description": text }, "place": {} });
            let tweet = Analysis::native(&payload);
            // Some rules, such as `sample:`, cannot be negated.
            if let Ok(rule) = Rule::parse(&value)
                && let Ok(negated) = Rule::parse(&format!("has:geo -({value})"))
            {
                prop_assert_ne!(rule.matches(&tweet), negated.matches(&tweet));
            }
        }
    }

    #[test]
    fn a_quoted_text_matches_itself(text in any::<String>()) {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(rule) = Rule::parse(&format!("contains:\"{escaped}\"")) {
            let payload = json!({ "text": text });
            prop_assert_eq!(rule.matches(&Analysis::native(&payload)), !text.is_empty());
        }
    }

    #[test]
    fn any_word_of_a_text_is_found_in_it(words in vec("[a-z\u{e9}\u{4e2d}🍕]{1,3}", 1..8)) {
        let payload = json!({ "text": words.join(", ") });
        let tweet = Analysis::native(&payload);
        for word in &words {
            let rule = Rule::parse(&format!("\"{word}\"")).unwrap();
            prop_assert!(rule.matches(&tweet), "{word}");
        }
    }
}
