//! The file that says what Tweets are to be about, and what is said about its mistakes.

use std::fs;

use expect_test::expect;
use sonic_rs::JsonValueTrait;

use super::{super::AboutError, Subjects, edited, parsed};

fn read(text: &str) -> Result<Subjects, AboutError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("about.toml");
    fs::write(&path, text).unwrap();
    Subjects::read(&path)
}

/// What is said about a file, without the folder that it is in.
fn mistake(text: &str) -> String {
    let shown = read(text).unwrap_err().to_string();
    let start = shown.find('`').unwrap() + 1;
    let end = shown.find("about.toml").unwrap();
    format!("{}{}", &shown[..start], &shown[end..])
}

#[test]
fn tweets_use_what_the_file_names() {
    let subjects = read(
        "words = ['tea', 'green tea', 'say \"hi\"']\nhashtags = ['#TeaTime', 'matcha']\nauthors = ['@TeaHouse', '12']\nlanguages = ['en', 'ja']\n",
    )
    .unwrap();
    let (mut words, mut tags, mut authors, mut japanese, mut applied) = (0, 0, 0, 0, 0);
    for (_, after, was) in edited(&subjects, 300) {
        let tweet = parsed(&after);
        let text = tweet["extended_tweet"]["full_text"]
            .as_str()
            .or(tweet["text"].as_str())
            .unwrap();
        let lower = text.to_lowercase();
        let word = lower.contains("tea") || lower.contains("say \"hi\"");
        let tag = lower.contains("#teatime") || lower.contains("#matcha");
        let author = tweet["user"]["screen_name"].as_str() == Some("TeaHouse")
            || tweet["user"]["id"].as_u64() == Some(12);
        applied += usize::from(was);
        words += usize::from(word);
        tags += usize::from(tag);
        authors += usize::from(author);
        japanese += usize::from(tweet["lang"].as_str() == Some("ja"));
        if was {
            assert!(
                matches!(tweet["lang"].as_str(), Some("en" | "ja")),
                "{tweet}"
            );
        }
    }
    assert!(applied >= 295, "{applied}");
    assert!(
        words >= 200 && tags >= 100 && authors >= 80 && japanese >= 100,
        "{words} {tags} {authors} {japanese}"
    );
}

#[test]
fn one_list_is_enough() {
    for text in [
        "words = ['tea']",
        "hashtags = ['tea']",
        "authors = ['tea']",
        "languages = ['fr']",
    ] {
        let subjects = read(text).unwrap();
        let made = edited(&subjects, 50);
        assert!(made.iter().all(|(_, _, applied)| *applied), "{text}");
    }
}

#[test]
#[rustfmt::skip] // A table: one mistake a line.
fn mistakes_are_shown_with_their_line() {
    let keys = "write `words`, `hashtags`, `authors` or `languages`, each a list of strings: `words = [\"tea\", \"green tea\"]`";
    let word = "write a word or a phrase of at most 100 characters";
    let hashtag = "a hashtag is one word of letters, digits and `_`, with or without the `#`: `\"tea_time\"`";
    let author = "an author is a screen name of at most 15 letters, digits and `_`, with or without the `@`, or an account's id";
    let language = "write the code that the `lang` operator takes: `\"en\"`, `\"ja\"`, `\"zh-TW\"`, `\"und\"` for none";
    for (text, at, reason, hint) in [
        ("words = ['tea']\nhastags = ['tea']\n", "2: hastags = ['tea']", "unknown field `hastags`, expected one of `words`, `hashtags`, `authors`, `languages`", keys),
        ("words = 'tea'\n", "1: words = 'tea'", "invalid type: string \"tea\", expected a sequence", keys),
        ("\nlanguages = [\n  'en',\n  1,\n]\n", "4: 1,", "invalid type: integer `1`, expected a string", keys),
        ("words = ['tea'\n", "1: words = ['tea'", "unclosed array, expected `]`", keys),
        ("words = ['tea', '']\n", "1: words = ['tea', '']", "an empty word", word),
        ("hashtags = ['tea', 'tea time']\n", "1: hashtags = ['tea', 'tea time']", "`tea time` is not a hashtag", hashtag),
        ("hashtags = ['#']\n", "1: hashtags = ['#']", "`#` is not a hashtag", hashtag),
        ("authors = [\n  '@tea-house',\n]\n", "2: '@tea-house',", "`@tea-house` is not an author", author),
        ("authors = ['a_name_that_is_too_long']\n", "1: authors = ['a_name_that_is_too_long']", "`a_name_that_is_too_long` is not an author", author),
        ("languages = ['english']\n", "1: languages = ['english']", "`english` is not a language code", language),
    ] {
        assert_eq!(mistake(text), format!("cannot use `about.toml`\n  line {at}\n  {reason}\nhint: {hint}"));
    }
    for text in ["", "# nothing yet\nwords = []\n"] {
        assert_eq!(mistake(text), format!("`about.toml` does not say what Tweets are to be about\nhint: {keys}"));
    }
    let missing = Subjects::read("no/such/about.toml".as_ref()).unwrap_err();
    expect!["cannot read what Tweets are to be about from `no/such/about.toml`: No such file or directory (os error 2)"].assert_eq(&missing.to_string());
}
