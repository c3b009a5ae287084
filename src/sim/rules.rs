//! The rules endpoint: requests understood and carried out on the rule set.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, FromRequestParts, Path},
    http::{HeaderMap, request::Parts},
    response::Response,
};
use tokio::time::Instant;

use super::{
    answer::Refusal,
    book::Book,
    fault::{Firing, Kind, Scope},
    rule_answer::{self, Shown},
    rule_request::{self, Request},
    rule_set::{Rejected, Stored, Submitted},
    service::{Service, Stream},
    wire::Wire,
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

/// What every request to the endpoint comes with.
pub(super) struct Call {
    service: Arc<Service>,
    wire: Wire,
    headers: HeaderMap,
    /// Rules for Replay are a set of their own. [source: xd/powertrack-api]
    is_replay: bool,
    query: String,
}

/// The set that an admitted request is about.
struct Admitted {
    stream: Arc<Stream>,
    is_replay: bool,
    /// What goes wrong with this request.
    fault: Option<Firing>,
}

impl FromRequestParts<Arc<Service>> for Call {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Infallible> {
        let wire = parts.extensions.get::<ConnectInfo<Wire>>();
        Ok(Self {
            service: Arc::clone(service),
            wire: wire.map(|info| info.0.clone()).unwrap_or_default(),
            headers: parts.headers.clone(),
            is_replay: parts.uri.path().starts_with("/rules/powertrack-replay/"),
            query: parts.uri.query().unwrap_or_default().to_owned(),
        })
    }
}

impl Call {
    /// Lets a request in that has the right to ask, and has not asked too often.
    fn admit(&self, account: &str, label: Option<&str>) -> Result<Admitted, Refusal> {
        let stream = self.service.admit(&self.headers, account, label)?;
        let admitted = Admitted {
            stream: Arc::clone(stream),
            is_replay: self.is_replay,
            fault: self.service.faults.at_request(Scope::Rules),
        };
        if !admitted.book().requests.take(Instant::now()) {
            return Err(Refusal::TooManyRequests);
        }
        match admitted.fault {
            Some(fault) if fault.kind == Kind::RulesStatus => {
                Err(Refusal::Fault(fault.status.unwrap_or(503)))
            }
            _ => Ok(admitted),
        }
    }

    fn answered(&self, kind: &'static str, answer: Result<Response, Refusal>) -> Response {
        self.service.stats.answered(kind, answer)
    }
}

impl Admitted {
    fn book(&self) -> &Book {
        if self.is_replay {
            &self.stream.replay
        } else {
            &self.stream.live
        }
    }

    fn has(&self, kind: Kind) -> bool {
        self.fault.is_some_and(|fault| fault.kind == kind)
    }

    /// How many of so many changes are made.
    fn share(&self, changes: usize) -> usize {
        if self.has(Kind::RulesHalf) {
            changes / 2
        } else {
            changes
        }
    }
}

/// `GET …/{label}.json`: all rules.
pub(super) async fn list(call: Call, Path((account, file)): Path<(String, String)>) -> Response {
    let admitted = call.admit(&account, file.strip_suffix(".json"));
    let answer = admitted.map(|admitted| {
        let rules: Vec<_> = admitted.book().rules().all().cloned().collect();
        rule_answer::listing(&rules)
    });
    call.answered("list", answer)
}

/// `GET …/{label}/rules/{id}.json`: the rule with an id, or an empty list. [inferred for the latter]
pub(super) async fn one(
    call: Call,
    Path((account, label, file)): Path<(String, String, String)>,
) -> Response {
    let id = file.strip_suffix(".json").and_then(|id| id.parse().ok());
    let answer = call
        .admit(&account, Some(&label))
        .and_then(|admitted| Ok(found(admitted.book(), &[id.ok_or(Refusal::NoSuchStream)?])));
    call.answered("get", answer)
}

/// `POST …/{label}.json`: adds rules, or what `_method` says instead.
pub(super) async fn change(
    call: Call,
    Path((account, file)): Path<(String, String)>,
    body: Body,
) -> Response {
    let action = Action::of(&call.query);
    let answer = match call.admit(&account, file.strip_suffix(".json")) {
        Ok(admitted) => carry_out(&call, &admitted, action, body).await,
        Err(refusal) => Err(refusal),
    };
    call.answered(action.name(), answer)
}

/// `POST …/{label}/validation.json`: what the validator says; nothing is changed. [seed:003]
pub(super) async fn validate(
    call: Call,
    Path((account, label)): Path<(String, String)>,
    body: Body,
) -> Response {
    let answer = match call.admit(&account, Some(&label)) {
        Ok(_) => read(body, true)
            .await
            .and_then(|request| request.rules.ok_or(Refusal::InvalidJson))
            .map(|rules| rule_answer::validated(&rules)),
        Err(refusal) => Err(refusal),
    };
    call.answered("validate", answer)
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

async fn carry_out(
    call: &Call,
    admitted: &Admitted,
    action: Action,
    body: Body,
) -> Result<Response, Refusal> {
    if action == Action::Get {
        let request = read(body, false).await?;
        let ids = request.ids.ok_or(Refusal::InvalidJson)?;
        return Ok(found(admitted.book(), &ids));
    }
    // From before the body is read to the answer, no other change is let in. [source: xd/powertrack-api]
    let turn = admitted.book().turn().ok_or(Refusal::Collides)?;
    let request = read(body, action == Action::Add).await?;
    tokio::time::sleep(call.service.limits.rule_change_takes).await;
    let answer = match (action, &request.rules) {
        (Action::Add, Some(rules)) => add(call, admitted, rules)?,
        (Action::Delete, _) => delete(admitted, &request),
        _ => return Err(Refusal::InvalidJson),
    };
    drop(turn);
    if admitted.has(Kind::RulesHalf) {
        return Err(Refusal::Fault(503));
    }
    if admitted.has(Kind::RulesLost) {
        call.wire.reset();
    }
    Ok(answer)
}

fn add(call: &Call, admitted: &Admitted, rules: &[Submitted]) -> Result<Response, Refusal> {
    let limits = &call.service.limits;
    let share = admitted.share(rules.len());
    let now_ms = call.service.clock.now_ms();
    let outcome = admitted.book().change(|set| {
        let taken = if share < rules.len() {
            &rules[..share]
        } else {
            rules
        };
        set.add(taken, now_ms, limits.rules)
    });
    match outcome {
        Ok(added) => Ok(rule_answer::added(rules, Ok(added))),
        Err(Rejected::Invalid(messages)) => Ok(rule_answer::added(rules, Err(messages))),
        Err(Rejected::Limit) => Err(Refusal::RuleLimit),
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
fn found(book: &Book, ids: &[u64]) -> Response {
    let rules = book.rules();
    let found: Vec<Arc<Stored>> = ids
        .iter()
        .filter_map(|id| rules.get(*id))
        .cloned()
        .collect();
    rule_answer::listing(&found)
}

/// Deletes what there is; a request is not atomic. [inferred]
fn delete(admitted: &Admitted, request: &Request) -> Response {
    let values = request.rules.as_deref().unwrap_or_default();
    let ids = request.ids.as_deref().unwrap_or_default();
    let share = admitted.share(values.len() + ids.len());
    let (values, ids) = (
        &values[..values.len().min(share)],
        &ids[..ids.len().min(share.saturating_sub(values.len()))],
    );
    let missing = admitted.book().change(|rules| {
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
