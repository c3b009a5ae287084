//! The rules endpoint: requests understood, carried out on the rule set, and answered as documented.

use std::sync::Arc;

use super::{
    answer,
    rule_answer::{self, Shown},
    rule_request::{self, Request},
    rule_set::Stored,
    service::Service,
    snowflake,
};
use axum::{
    body::{Body, to_bytes},
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

/// The limit of request bodies. [seed:003] [seed:004]
const MAX_BODY: usize = 5 * 1024 * 1024;

/// What a request to the endpoint wants, for the statistics too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Add,
    Delete,
    Get,
    Unknown,
}

/// `GET …/{label}.json`: all rules.
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Path((account, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let answer = match service.admit(&headers, &account, file.strip_suffix(".json")) {
        Err(refused) => refused,
        Ok(()) => rule_answer::listing(&service.rules().snapshot()),
    };
    service.stats.answered("list", answer)
}

/// `GET …/{label}/rules/{id}.json`: the rule with an id, or an empty list. [inferred for the latter]
pub(super) async fn one(
    State(service): State<Arc<Service>>,
    Path((account, label, file)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let answer = match service.admit(&headers, &account, Some(&label)) {
        Err(refused) => refused,
        Ok(()) => match file.strip_suffix(".json").and_then(|id| id.parse().ok()) {
            Some(id) => found(&service, &[id]),
            None => answer::error(StatusCode::NOT_FOUND, answer::NOT_FOUND),
        },
    };
    service.stats.answered("get", answer)
}

/// `POST …/{label}.json`: adds rules, or what `_method` says instead.
pub(super) async fn change(
    State(service): State<Arc<Service>>,
    Path((account, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let action = action(query.as_deref().unwrap_or_default());
    let (kind, answer) = match service.admit(&headers, &account, file.strip_suffix(".json")) {
        Err(refused) => (kind(action), refused),
        Ok(()) => (kind(action), carry_out(&service, action, body).await),
    };
    service.stats.answered(kind, answer)
}

/// `POST …/{label}/validation.json`: what the validator says; nothing is changed. [seed:003]
pub(super) async fn validate(
    State(service): State<Arc<Service>>,
    Path((account, label)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answer = match service.admit(&headers, &account, Some(&label)) {
        Err(refused) => refused,
        Ok(()) => match read(body, true).await {
            Err(refused) => refused,
            Ok(Request {
                rules: Some(rules), ..
            }) => rule_answer::validated(&rules),
            Ok(_) => invalid_json(),
        },
    };
    service.stats.answered("validate", answer)
}

fn action(query: &str) -> Action {
    let method = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("_method="));
    match method {
        None => Action::Add,
        Some("delete") => Action::Delete,
        Some("get") => Action::Get,
        Some(_) => Action::Unknown,
    }
}

fn kind(action: Action) -> &'static str {
    match action {
        Action::Add => "add",
        Action::Delete => "delete",
        Action::Get => "get",
        Action::Unknown => "other",
    }
}

async fn carry_out(service: &Service, action: Action, body: Body) -> Response {
    let request = match read(body, action == Action::Add).await {
        Ok(request) => request,
        Err(refused) => return refused,
    };
    match (action, request) {
        (
            Action::Add,
            Request {
                rules: Some(rules), ..
            },
        ) => {
            let outcome = service.change_rules(|set| set.add(&rules, snowflake::now_ms()));
            rule_answer::added(&rules, outcome)
        }
        (Action::Delete, request) if request.rules.is_some() || request.ids.is_some() => {
            delete(service, &request)
        }
        (Action::Get, Request { ids: Some(ids), .. }) => found(service, &ids),
        _ => invalid_json(),
    }
}

async fn read(body: Body, values_needed: bool) -> Result<Request, Response> {
    // A body that breaks off is not distinguished: its sender is no longer there to read the answer.
    let bytes = to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| answer::error(StatusCode::PAYLOAD_TOO_LARGE, answer::TOO_LARGE))?;
    rule_request::parse(&bytes, values_needed).ok_or_else(invalid_json)
}

fn invalid_json() -> Response {
    answer::error(StatusCode::BAD_REQUEST, answer::INVALID_JSON)
}

/// The rules with these ids; unknown ids are left out. [inferred]
fn found(service: &Service, ids: &[u64]) -> Response {
    let rules = service.rules();
    let found: Vec<Arc<Stored>> = ids
        .iter()
        .filter_map(|id| rules.get(*id))
        .cloned()
        .collect();
    rule_answer::listing(&found)
}

/// Deletes what there is; a request is not atomic. [inferred]
fn delete(service: &Service, request: &Request) -> Response {
    let values = request.rules.as_deref().unwrap_or_default();
    let ids = request.ids.as_deref().unwrap_or_default();
    let missing = service.change_rules(|rules| {
        let by_value = values.iter().filter(|one| !rules.delete_value(&one.value));
        let mut missing: Vec<_> = by_value
            .map(|one| Shown::missing_value(&one.value))
            .collect();
        missing.extend(
            ids.iter()
                .filter(|id| !rules.delete_id(**id))
                .map(|id| Shown::missing_id(*id)),
        );
        missing
    });
    rule_answer::deleted(values.len() + ids.len(), missing)
}
