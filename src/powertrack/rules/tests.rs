//! The client against a one-shot server, and the cutting into requests.

use expect_test::expect;
use tokio::task::JoinHandle;

use super::*;
use crate::powertrack::http::tests::{answers, http, response};

fn rule(value: &str) -> NewRule {
    NewRule {
        value: value.to_owned(),
        tag: None,
    }
}

/// A client whose first request is answered like this; gives the request, head and body.
async fn client(head: &str, body: &str) -> (RulesClient, JoinHandle<String>) {
    let (uri, request) = answers(response(head, body.as_bytes())).await;
    (RulesClient::new(http(), uri).unwrap(), request)
}

#[tokio::test]
async fn rules_are_listed() {
    let body = r#"{"rules":[{"value":"a","tag":null,"id":1,"id_str":"1"}],"sent":"x"}"#;
    let (client, request) = client("200 OK", body).await;
    assert_eq!(client.list().await.unwrap()[0].value, "a");
    assert!(
        request
            .await
            .unwrap()
            .starts_with("GET /x.json HTTP/1.1\r\n")
    );
}

#[tokio::test]
async fn an_addition_is_one_post() {
    let body = r#"{"summary":{"created":1,"not_created":0},"detail":[{"rule":{"value":"a","tag":null,"id":7},"created":true}]}"#;
    let (client, request) = client("201 Created", body).await;
    let tagged = NewRule {
        value: "\"b c\"".into(),
        tag: Some("t".into()),
    };
    let added = client.add(&[rule("a"), tagged]).await.unwrap();
    assert_eq!(added[0].id, Some(7));
    let request = request.await.unwrap();
    assert!(
        request.starts_with("POST /x.json HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("content-type: application/json"),
        "{request}"
    );
    assert!(
        request.ends_with(r#"{"rules":[{"value":"a"},{"value":"\"b c\"","tag":"t"}]}"#),
        "{request}"
    );
}

#[tokio::test]
async fn a_deletion_posts_ids() {
    let body = r#"{"summary":{"deleted":2,"not_deleted":0},"detail":[]}"#;
    let (client, request) = client("200 OK", body).await;
    let deleted = client.delete_ids(&[961664522481119232, 2]).await.unwrap();
    assert_eq!(deleted.deleted, 2);
    let request = request.await.unwrap();
    assert!(
        request.starts_with("POST /x.json?_method=delete HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.ends_with(r#"{"rule_ids":[961664522481119232,2]}"#),
        "{request}"
    );
}

#[tokio::test]
async fn an_invalid_rule_comes_back_with_its_message() {
    let body = r#"{"summary":{"created":0,"not_created":1},"detail":[{"rule":{"value":"-a","tag":null},"created":false,"message":"No.\n"}]}"#;
    let (client, _) = client("422 Unprocessable Entity", body).await;
    let error = client.add(&[rule("-a")]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the rules endpoint rejected a rule\n  `-a`\n    = No."
    );
}

#[tokio::test]
async fn the_contracts_limit_comes_back_with_its_message() {
    let body = r#"{"error":{"message":"Request exceeds account’s Rule Limit.","sent":"x"}}"#;
    let (client, _) = client("422 Unprocessable Entity", body).await;
    let error = client.add(&[rule("a")]).await.unwrap_err();
    assert!(error.to_string().contains("Rule Limit"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_no_json_says_so() {
    let (client, _) = client("200 OK", "<html>").await;
    let error = client.list().await.unwrap_err();
    assert!(matches!(error, Error::Answer { .. }), "{error}");
    expect![[r#"
        the answer of the rules endpoint could not be understood: `<` stands where it cannot, after 0 rules
        hint: check `rules_url` and any proxy on the way"#]]
    .assert_eq(&error.to_string());
}

#[test]
fn a_query_is_added_to_any_url() {
    let check = |uri: &str, expected: &str| {
        let uri: Uri = uri.parse().unwrap();
        assert_eq!(
            with_query("rules_url", &uri, "_method=delete")
                .unwrap()
                .to_string(),
            expected
        );
    };
    check("https://h/r.json", "https://h/r.json?_method=delete");
    check(
        "https://h/r.json?x=1",
        "https://h/r.json?x=1&_method=delete",
    );
}
