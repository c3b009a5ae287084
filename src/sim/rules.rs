//! The rules endpoint: requests understood and carried out on the rule set.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::Response,
};

use super::{
    answer::Refusal,
    rule_answer::{self, Shown},
    rule_request::{self, Request},
    rule_set::Stored,
    service::Service,
    snowflake,
};

/// The limit of request bodies. [seed:003] [seed:004]
const MAX_BODY: usize = 5 * 1024 * 1024;

/// What a `POST` to the endpoint wants.
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
    let admitted = service.admit(&headers, &account, file.strip_suffix(".json"));
    let answer = admitted.map(|()| {
        let rules: Vec<_> = service.rules().all().cloned().collect();
        rule_answer::listing(&rules)
    });
    service.stats.answered("list", answer)
}

/// `GET …/{label}/rules/{id}.json`: the rule with an id, or an empty list. [inferred for the latter]
pub(super) async fn one(
    State(service): State<Arc<Service>>,
    Path((account, label, file)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let id = file.strip_suffix(".json").and_then(|id| id.parse().ok());
    let admitted = service.admit(&headers, &account, Some(&label));
    let answer = admitted.and_then(|()| Ok(found(&service, &[id.ok_or(Refusal::NoSuchStream)?])));
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
    let action = Action::of(query.as_deref().unwrap_or_default());
    let answer = match service.admit(&headers, &account, file.strip_suffix(".json")) {
        Ok(()) => carry_out(&service, action, body).await,
        Err(refusal) => Err(refusal),
    };
    service.stats.answered(action.name(), answer)
}

/// `POST …/{label}/validation.json`: what the validator says; nothing is changed. [seed:003]
pub(super) async fn validate(
    State(service): State<Arc<Service>>,
    Path((account, label)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answer = match service.admit(&headers, &account, Some(&label)) {
        Ok(()) => read(body, true)
            .await
            .and_then(|request| request.rules.ok_or(Refusal::InvalidJson))
            .map(|rules| rule_answer::validated(&rules)),
        Err(refusal) => Err(refusal),
    };
    service.stats.answered("validate", answer)
}

impl Action {
    fn of(query: &str) -> Self {
        let method = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("_method="));
        match method {
            None => Self::Add,
            Some("delete") => Self::Delete,
            Some("get") => Self::Get,
            Some(_) => Self::Unknown,
        }
    }

    /// What the statistics call it.
    fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Delete => "delete",
            Self::Get => "get",
            Self::Unknown => "other",
        }
    }
}

async fn carry_out(service: &Service, action: Action, body: Body) -> Result<Response, Refusal> {
    let request = read(body, action == Action::Add).await?;
    match (action, request.rules.as_deref(), request.ids.as_deref()) {
        (Action::Add, Some(rules), _) => {
            let outcome = service.change_rules(|set| set.add(rules, snowflake::now_ms()));
            Ok(rule_answer::added(rules, outcome))
        }
        (Action::Delete, ..) => Ok(delete(service, &request)),
        (Action::Get, _, Some(ids)) => Ok(found(service, ids)),
        _ => Err(Refusal::InvalidJson),
    }
}

async fn read(body: Body, values_needed: bool) -> Result<Request, Refusal> {
    // A body that breaks off is not distinguished: its sender is no longer there to read the answer.
    let bytes = to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| Refusal::BodyTooLarge)?;
    rule_request::parse(&bytes, values_needed).ok_or(Refusal::InvalidJson)
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
