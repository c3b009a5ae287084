//! What the tests of the rules endpoint share: exchanges that are compared field by field.

use std::{collections::BTreeMap, fmt::Display};

use jiff::Timestamp;
use sonic_rs::{JsonValueMutTrait, JsonValueTrait, Value};

use super::{super::snowflake, *};

/// Plays a dialogue: after `> ` one of `list`, `add`, `delete`, `get`, `validate` and `one`, with the
/// body or the id; after `< ` the status and the answer. Of `sent` only the form and the time are
/// looked at.
///
/// `«name»` stands for an id: the same name for the same id, and another name for another one.
pub(super) async fn talk(sim: &Running, dialogue: &str) -> BTreeMap<String, u64> {
    let mut names = BTreeMap::new();
    for exchange in dialogue.split("> ").skip(1) {
        let (request, answer) = exchange.split_once("< ").expect(exchange);
        let request = fill(request.trim(), &names);
        let (status, expected) = answer.split_once(' ').expect(answer);
        let (verb, text) = request.split_once(' ').unwrap_or((&request, ""));
        let (method, path, text) = match verb {
            "list" => ("GET", RULES.to_owned(), ""),
            "one" => ("GET", one(text), ""),
            "add" => ("POST", RULES.to_owned(), text),
            "delete" => ("POST", delete(), text),
            "get" => ("POST", get(), text),
            "validate" => ("POST", validation(), text),
            other => panic!("{other}"),
        };
        check(
            sim,
            (method, &path, text),
            status.parse().unwrap(),
            expected,
            &mut names,
        )
        .await;
    }
    names
}

/// A text with the ids in place of their names.
fn fill(text: &str, names: &BTreeMap<String, u64>) -> String {
    let fill = |text: String, (name, id): (&String, &u64)| {
        text.replace(&format!("«{name}»"), &id.to_string())
    };
    names.iter().fold(text.to_owned(), fill)
}

async fn check(
    sim: &Running,
    (method, path, body): (&str, &str, &str),
    status: u16,
    expected: &str,
    names: &mut BTreeMap<String, u64>,
) {
    let before = snowflake::now_ms();
    let answer = exchange(sim.address, method, path, BASIC, body).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    let kind = "content-type: application/json; charset=utf-8\r\n";
    assert!(answer.head.contains(kind), "{}", answer.head);
    let mut json = answer.json();
    let expected_ids = expected.split("\"id\":").skip(1);
    for (id, text) in ids(&json).into_iter().zip(expected_ids) {
        if let Some((name, _)) = text.strip_prefix('«').and_then(|text| text.split_once('»')) {
            let same = names.iter().find(|(_, known)| **known == id);
            assert!(
                same.is_none_or(|(own, _)| own == name),
                "{name} is {same:?}"
            );
            assert_eq!(*names.entry(name.to_owned()).or_insert(id), id, "{name}");
        }
    }
    let fields = json.as_object_mut().unwrap();
    let sent = fields.remove(&"sent").expect("`sent` is there");
    let sent = sent.as_str().unwrap();
    assert!(
        sent.len() == "2016-05-24T02:46:28.402Z".len() && sent.ends_with('Z'),
        "{sent}"
    );
    let sent = sent.parse::<Timestamp>().unwrap().as_millisecond();
    assert!((before..=snowflake::now_ms()).contains(&sent), "{sent}");
    let text = fill(expected, names);
    let expected: Value = sonic_rs::from_str(&text).expect(&text);
    assert_eq!(json, expected, "{} is not {text}", answer.body);
    // The members are in the same order too, and `sent` is the last of them.
    let text = expected.to_string();
    let text = text.strip_suffix('}').unwrap();
    assert!(
        answer.body.starts_with(text),
        "{} is not {text}",
        answer.body
    );
}

/// Likewise a request that is refused: the body has the message, and `sent` in the other form.
pub(super) async fn check_refused(
    sim: &Running,
    (method, path): (&str, &str),
    body: &str,
    status: u16,
    message: &str,
) {
    let before = snowflake::now_ms() / 1000;
    let answer = exchange(sim.address, method, path, BASIC, body).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    let json = answer.json();
    let sent = json["error"]["sent"].as_str().unwrap();
    assert!(
        sent.len() == "2013-08-16T00:50:00+00:00".len() && sent.ends_with("+00:00"),
        "{sent}"
    );
    let seconds = sent.parse::<Timestamp>().unwrap().as_second();
    assert!((before..=snowflake::now_ms() / 1000).contains(&seconds));
    let expected = sonic_rs::json!({ "error": { "message": message, "sent": sent } });
    assert_eq!(json, expected);
}

/// The ids in an answer, in its order.
pub(super) fn ids(answer: &Value) -> Vec<u64> {
    let of = |list: &str, at: usize| {
        let entry = answer[list].get(at)?;
        let rule = entry.get("rule").unwrap_or(entry);
        Some(rule["id"].as_u64())
    };
    let listed = (0..).map_while(|at| of("rules", at));
    let detail = (0..).map_while(|at| of("detail", at));
    listed.chain(detail).flatten().collect()
}

/// The values of all rules that a set has.
pub(super) async fn values(sim: &Running, path: &str) -> Vec<String> {
    let answer = exchange(sim.address, "GET", path, BASIC, "").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let json = answer.json();
    let value = |at: usize| Some(json["rules"].get(at)?["value"].as_str().unwrap().to_owned());
    (0..).map_while(value).collect()
}

/// The status that a request gets.
pub(super) async fn status(sim: &Running, method: &str, path: &str, body: &str) -> u16 {
    let answer = exchange(sim.address, method, path, BASIC, body).await;
    answer.status
}

/// The body that adds these rules, or deletes them.
pub(super) fn body(values: &[&str]) -> String {
    let rules: Vec<Value> = values
        .iter()
        .map(|value| sonic_rs::json!({ "value": value }))
        .collect();
    sonic_rs::json!({ "rules": rules }).to_string()
}

pub(super) fn delete() -> String {
    format!("{RULES}?_method=delete")
}

pub(super) fn get() -> String {
    format!("{RULES}?_method=get")
}

pub(super) fn one(id: impl Display) -> String {
    RULES.replace("dev.json", &format!("dev/rules/{id}.json"))
}

pub(super) fn validation() -> String {
    RULES.replace("dev.json", "dev/validation.json")
}

/// The set that Replay has.
pub(super) fn of_replay(path: &str) -> String {
    path.replace("/powertrack/", "/powertrack-replay/")
}

/// There are no rules.
pub(super) const EMPTY: &str = r#"> list < 200 {"rules":[]}"#;
