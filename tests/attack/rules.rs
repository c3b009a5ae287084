//! Rules that hardly mean what they say: ouzel explains them, and may be overruled.

use crate::support::Setup;

/// The words are those that a client's test has recorded, and what is counted are characters.
#[test]
fn a_rule_that_is_too_long_is_refused_in_the_words_of_the_service() {
    let value = "é🍕".repeat(1132);
    let ended = Setup::rules()
        .file("rules.txt", &value)
        .arguments(&["lint", "--json", "rules.txt"])
        .ends();
    ended.assert_code(3);
    ended.assert_says("1 of 1 rule is not valid");
    let message = format!(
        "\"message\":\"Rule '{value}' exceeds the maximum length of a rule. It is 2264 characters while the maximum allowed is 2048 (at position 1)\\n\""
    );
    assert!(ended.output().contains(&message), "{}", ended.output());
    let ended = Setup::rules()
        .file("rules.txt", "é🍕".repeat(1024))
        .arguments(&["lint", "rules.txt"])
        .ends();
    ended.assert_code(0);
}
