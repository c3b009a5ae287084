//! The rules endpoint: reads requests and carries them out on the rule set.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{ConnectInfo, FromRequestParts, Path},
    http::{HeaderMap, request::Parts},
    response::Response,
};
use tokio::time::Instant;

use super::{
    answer::{self, Refusal},
    body::whole,
    book::Book,
    fault::{Firing, Kind, Scope},
    rule_answer::{self, Shown},
    rule_request::{self, Request},
    rule_set::{Rejected, Stored, Submitted},
    service::{Service, Stream},
    wire::Wire,
};

/// How late a change is made whose answer is lost before that.
const LATENESS: Duration = Duration::from_secs(1);

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

/// A change of rules, and the fault that happens to it.
struct Change<'b> {
    book: &'b Book,
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
    /// Lets a request in if its credentials are right and there were not too many.
    fn admit(&self, account: &str, label: Option<&str>) -> Result<&Book, Refusal> {
        let stream = self.service.admit(&self.headers, account, label)?;
        let book = self.book(stream);
        if !book.requests.take(Instant::now()) {
            return Err(Refusal::TooManyRequests);
        }
        match self.service.faults.at_request(Scope::Rules) {
            Some(fault) => Err(Refusal::Fault(fault.status.unwrap_or(503))),
            None => Ok(book),
        }
    }

    fn book<'s>(&self, stream: &'s Stream) -> &'s Book {
        if self.is_replay {
            &stream.replay
        } else {
            &stream.live
        }
    }

    fn now_ms(&self) -> i64 {
        self.service.clock.now_ms()
    }

    /// Counts an answer, and compresses it for those who ask. [source: xd/powertrack-api]
    async fn answered(&self, kind: &'static str, answer: Result<Response, Refusal>) -> Response {
        let answer = self.service.answered(kind, answer);
        if answer::takes_gzip(&self.headers) {
            answer::compressed(answer).await
        } else {
            answer
        }
    }
}

/// `GET …/{label}.json`: all rules.
pub(super) async fn list(call: Call, Path((account, file)): Path<(String, String)>) -> Response {
    let book = call.admit(&account, file.strip_suffix(".json"));
    let answer = book.map(|book| {
        let rules: Vec<_> = book.rules().all().cloned().collect();
        rule_answer::listing(&rules, call.now_ms())
    });
    call.answered("list", answer).await
}

/// `GET …/{label}/rules/{id}.json`: the rule with an id, or an empty list. [inferred for the latter]
pub(super) async fn one(
    call: Call,
    Path((account, label, file)): Path<(String, String, String)>,
) -> Response {
    let id = file.strip_suffix(".json").and_then(|id| id.parse().ok());
    let answer = call.admit(&account, Some(&label)).and_then(|book| {
        let id = id.ok_or(Refusal::NoSuchStream)?;
        Ok(found(book, &[id], call.now_ms()))
    });
    call.answered("get", answer).await
}

/// `POST …/{label}.json`: adds rules, or what `_method` says instead.
pub(super) async fn change(
    call: Call,
    Path((account, file)): Path<(String, String)>,
    body: Body,
) -> Response {
    let action = Action::of(&call.query);
    let call = Arc::new(call);
    let label = file.strip_suffix(".json");
    let answer = match call.admit(&account, label) {
        Ok(book) => carry_out(&call, (&account, label), book, action, body).await,
        Err(refusal) => Err(refusal),
    };
    call.answered(action.name(), answer).await
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
            .map(|rules| rule_answer::validated(&rules, call.now_ms())),
        Err(refusal) => Err(refusal),
    };
    call.answered("validate", answer).await
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
    call: &Arc<Call>,
    stream: (&str, Option<&str>),
    book: &Book,
    action: Action,
    body: Body,
) -> Result<Response, Refusal> {
    if action == Action::Get {
        let request = read(body, false).await?;
        let ids = request.ids.ok_or(Refusal::InvalidJson)?;
        return Ok(found(book, &ids, call.now_ms()));
    }
    // No other change is let in from here, before the body is read, to the answer. [source: xd/powertrack-api]
    let turn = book.turn().ok_or(Refusal::Collides)?;
    let request = read(body, action == Action::Add).await?;
    if action == Action::Unknown || action == Action::Add && request.rules.is_none() {
        return Err(Refusal::InvalidJson);
    }
    tokio::time::sleep(call.service.limits.rule_change_takes).await;
    let change = Change {
        book,
        fault: call.service.faults.at_request(Scope::RuleChange),
    };
    if change.has(Kind::RulesCollide) {
        return Err(Refusal::Collides);
    }
    if change.has(Kind::RulesReset) {
        call.wire.reset();
        return Err(Refusal::Fault(503));
    }
    if let Some(fault) = change.fault.filter(|fault| fault.kind == Kind::RulesLate) {
        call.wire.reset();
        drop(turn);
        let lateness = fault.lasts.unwrap_or(LATENESS);
        let (call, account, label) = (
            Arc::clone(call),
            stream.0.to_owned(),
            stream.1.map(str::to_owned),
        );
        tokio::spawn(async move {
            tokio::time::sleep(lateness).await;
            if let Ok(stream) = call.service.find(&account, label.as_deref()) {
                let change = Change {
                    book: call.book(stream),
                    fault: None,
                };
                // Nobody hears of it.
                let _ = change.make(&call, action, &request);
            }
        });
        return Err(Refusal::Fault(503));
    }
    let answer = change.make(call, action, &request)?;
    drop(turn);
    if change.has(Kind::RulesHalf) {
        return Err(Refusal::Fault(503));
    }
    if change.has(Kind::RulesLost) && answer.status().is_success() {
        call.wire.reset();
    }
    Ok(answer)
}

impl Change<'_> {
    fn make(&self, call: &Call, action: Action, request: &Request) -> Result<Response, Refusal> {
        match &request.rules {
            Some(rules) if action == Action::Add => self.add(call, rules),
            _ => Ok(self.delete(call, request)),
        }
    }

    fn add(&self, call: &Call, rules: &[Submitted]) -> Result<Response, Refusal> {
        let taken = &rules[..self.share(rules.len())];
        let limit = call.service.limits.rules;
        let outcome = self.book.change(|set| set.add(taken, call.now_ms(), limit));
        let outcome = match outcome {
            Ok(added) => Ok(added),
            Err(Rejected::Invalid(messages)) => Err(messages),
            Err(Rejected::Limit) => return Err(Refusal::RuleLimit),
        };
        Ok(rule_answer::added(rules, outcome, call.now_ms()))
    }

    /// Deletes what there is; a request is not atomic. [inferred]
    fn delete(&self, call: &Call, request: &Request) -> Response {
        let values = request.rules.as_deref().unwrap_or_default();
        let ids = request.ids.as_deref().unwrap_or_default();
        let share = self.share(values.len() + ids.len());
        let values = &values[..values.len().min(share)];
        let ids = &ids[..ids.len().min(share - values.len())];
        let missing = self.book.change(|set| {
            let by_value = values.iter().filter(|one| !set.delete_value(&one.value));
            let mut missing: Vec<_> = by_value
                .map(|one| Shown::missing_value(&one.value))
                .collect();
            let by_id = ids.iter().filter(|id| !set.delete_id(**id));
            missing.extend(by_id.map(|id| Shown::missing_id(*id)));
            missing
        });
        rule_answer::deleted(values.len() + ids.len(), missing, call.now_ms())
    }

    fn has(&self, kind: Kind) -> bool {
        self.fault.is_some_and(|fault| fault.kind == kind)
    }

    /// How many of so many rules are changed.
    fn share(&self, rules: usize) -> usize {
        if self.has(Kind::RulesHalf) {
            rules / 2
        } else {
            rules
        }
    }
}

/// Reads a body to its end.
async fn read(body: Body, values_needed: bool) -> Result<Request, Refusal> {
    let bytes = whole(body).await?;
    rule_request::parse(&bytes, values_needed).ok_or(Refusal::InvalidJson)
}

/// The rules with these ids; unknown ids are left out. [inferred]
fn found(book: &Book, ids: &[u64], now_ms: i64) -> Response {
    let rules = book.rules();
    let found: Vec<Arc<Stored>> = ids
        .iter()
        .filter_map(|id| rules.get(*id))
        .cloned()
        .collect();
    rule_answer::listing(&found, now_ms)
}
