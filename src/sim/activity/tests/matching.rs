//! The rules in Tweets that are activities already.

use super::*;
use crate::tweet_text;

const RULES: &str = r#"[{"tag":"flood-us","id":1620716082304126977,"id_str":"1620716082304126977"},{"tag":null,"id":1620716082308321280,"id_str":"1620716082308321280"}]"#;

fn inserted(activity: &str) -> String {
    let [one, two] = rules();
    let mut out = format!("before{activity}").into_bytes();
    insert_matching(&mut out, "before".len(), &[one, two]);
    let out = String::from_utf8(out).unwrap();
    out.strip_prefix("before").unwrap().to_owned()
}

#[test]
#[rustfmt::skip] // A table.
fn rules_go_into_gnip_and_nothing_else_changes() {
    let check = |activity: &str, expected: &str| {
        assert_eq!(
            inserted(activity),
            expected.replace("RULES", RULES),
            "{activity}"
        );
    };
    check(r#"{"objectType":"activity", "a":1.0}"#, r#"{"objectType":"activity", "a":1.0,"gnip":{"matching_rules":RULES}}"#);
    check(r#"{"a":"\/\u00e9é", "gnip" : {} ,"b":1}"#, r#"{"a":"\/\u00e9é", "gnip" : {"matching_rules":RULES} ,"b":1}"#);
    check(r#"{"gnip":{ "urls":[]},"b":1}"#, r#"{"gnip":{"matching_rules":RULES, "urls":[]},"b":1}"#);
    check(r#"{"gnip":{"urls":[], "matching_rules" : [{"tag":"old"}] },"b":1}"#, r#"{"gnip":{"urls":[], "matching_rules" : RULES },"b":1}"#);
    check(r#"{"gnip":{"matching_rules":null}}"#, r#"{"gnip":{"matching_rules":RULES}}"#);
    for odd in ["null", "1", "[{}]", "\"{}\""] {
        check(
            &format!(r#"{{"gnip":{odd}, "b":1}}"#),
            r#"{"gnip":{"matching_rules":RULES}, "b":1}"#,
        );
    }
    // What is called so elsewhere is left alone.
    check(r#"{"object":{"gnip":{"matching_rules":1}},"matching_rules":2}"#, r#"{"object":{"gnip":{"matching_rules":1}},"matching_rules":2,"gnip":{"matching_rules":RULES}}"#);
}

#[test]
fn a_written_activity_goes_through_a_file_unchanged() {
    let line = written(&parsed(RETWEET));
    let stripped = tweet_text::accept(line.as_bytes()).unwrap();
    assert!(
        !stripped
            .windows(16)
            .any(|part| part == b"\"matching_rules\"")
    );
    assert_eq!(inserted(str::from_utf8(&stripped).unwrap()), line);
}

#[test]
fn formats_are_told_apart() {
    for (tweet, expected) in [(RETWEET, false), (REPLY, false), (RETWEET_ACTIVITY, true)] {
        assert_eq!(is_activity(&parsed(tweet)), expected);
    }
    assert!(is_activity(&activity(&parsed(REPLY))));
    assert!(!is_activity(&json!([1])) && !is_activity(&Value::default()));
}
