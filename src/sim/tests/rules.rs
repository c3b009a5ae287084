//! What the tests of the rules endpoint share: exchanges that are compared field by field.

use jiff::Timestamp;
use sonic_rs::{JsonValueMutTrait, JsonValueTrait, Value};

use super::{super::snowflake, *};

/// Sends a request and compares status and answer; all but `sent`, of which the form and the time are looked at.
///
/// `«0»` in `expected` stands for the first id in the answer, `«1»` for the second, and so on; these are returned.
pub(super) async fn check(
    sim: &Running,
    (method, path): (&str, &str),
    body: &str,
    status: u16,
    expected: &str,
) -> Vec<u64> {
    let before = snowflake::now_ms();
    let answer = exchange(sim.address, method, path, BASIC, body).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    let kind = "content-type: application/json; charset=utf-8\r\n";
    assert!(answer.head.contains(kind), "{}", answer.head);
    let mut json = answer.json();
    let ids = ids(&json);
    let fields = json.as_object_mut().unwrap();
    let sent = fields.remove(&"sent").expect("`sent` is there");
    let sent = sent.as_str().unwrap();
    assert!(
        sent.len() == "2016-05-24T02:46:28.402Z".len() && sent.ends_with('Z'),
        "{sent}"
    );
    let sent = sent.parse::<Timestamp>().unwrap().as_millisecond();
    assert!((before..=snowflake::now_ms()).contains(&sent), "{sent}");
    let mut text = expected.to_owned();
    for (number, id) in ids.iter().enumerate() {
        text = text.replace(&format!("«{number}»"), &id.to_string());
    }
    let expected: Value = sonic_rs::from_str(&text).expect(&text);
    assert_eq!(json, expected, "{} is not {text}", answer.body);
    ids
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

pub(super) fn one(id: u64) -> String {
    RULES.replace("dev.json", &format!("dev/rules/{id}.json"))
}

pub(super) fn validation() -> String {
    RULES.replace("dev.json", "dev/validation.json")
}

/// The set that Replay has.
pub(super) fn of_replay(path: &str) -> String {
    path.replace("/powertrack/", "/powertrack-replay/")
}

pub(super) const EMPTY: &str = r#"{"rules":[]}"#;
