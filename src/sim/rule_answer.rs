//! The answers of the rules endpoint, field by field as documented.

use std::sync::Arc;

use axum::{http::StatusCode, response::Response};
use serde::{Serialize, Serializer};

use super::{
    answer,
    rule_set::{Added, Stored, Submitted, check},
    snowflake,
};

const EXISTS: &str = "A rule with this value already exists";
const DOES_NOT_EXIST: &str = "Rule does not exist";

/// A rule as answers show it; without an id where it was not stored. [seed:004]
#[derive(Debug, Serialize)]
pub(super) struct Shown<'a> {
    value: Option<&'a str>,
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_str: Option<String>,
}

impl<'a> Shown<'a> {
    /// A rule as it was submitted, with the id that it has now.
    pub(super) fn submitted(submitted: &'a Submitted, id: Option<u64>) -> Self {
        Self::new(Some(&submitted.value), submitted.tag.as_deref(), id)
    }

    /// A stored rule.
    pub(super) fn stored(stored: &'a Stored) -> Self {
        Self::new(
            Some(stored.rule.value()),
            stored.tag.as_deref(),
            Some(stored.id),
        )
    }

    /// What could not be found by value. A tag in the request is ignored. [seed:004]
    pub(super) fn missing_value(value: &'a str) -> Self {
        Self::new(Some(value), None, None)
    }

    /// What could not be found by id. [inferred]
    pub(super) fn missing_id(id: u64) -> Self {
        Self::new(None, None, Some(id))
    }

    fn new(value: Option<&'a str>, tag: Option<&'a str>, id: Option<u64>) -> Self {
        Self {
            value,
            tag,
            id,
            id_str: id.map(|id| id.to_string()),
        }
    }
}

#[derive(Serialize)]
struct Listing<'a> {
    rules: Vec<Shown<'a>>,
    sent: String,
}

/// What became of the rules of a request: how many were `created`, say, how many were not, and which.
#[derive(Serialize)]
struct Report<'a> {
    summary: Members<usize, 2>,
    detail: Vec<Detail<'a>>,
    sent: String,
}

#[derive(Serialize)]
struct Detail<'a> {
    rule: Shown<'a>,
    #[serde(flatten)]
    is_done: Members<bool, 1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// Members of an object, in this order.
struct Members<T, const N: usize>([(&'static str, T); N]);

impl<T: Serialize, const N: usize> Serialize for Members<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// The words for what was done with rules, and for what was not.
type Keys = [&'static str; 2];

const CREATED: Keys = ["created", "not_created"];
const DELETED: Keys = ["deleted", "not_deleted"];
const VALID: Keys = ["valid", "not_valid"];

fn detail<'a>(
    rule: Shown<'a>,
    [key, _]: Keys,
    is_done: bool,
    message: Option<String>,
) -> Detail<'a> {
    Detail {
        rule,
        is_done: Members([(key, is_done)]),
        message,
    }
}

fn report(
    status: StatusCode,
    [done_key, missing_key]: Keys,
    done: usize,
    asked: usize,
    detail: Vec<Detail<'_>>,
    now_ms: i64,
) -> Response {
    let report = Report {
        summary: Members([(done_key, done), (missing_key, asked - done)]),
        detail,
        sent: snowflake::sent(now_ms),
    };
    answer::json(status, &report)
}

/// A list of rules.
pub(super) fn listing(rules: &[Arc<Stored>], now_ms: i64) -> Response {
    let listing = Listing {
        rules: rules.iter().map(|stored| Shown::stored(stored)).collect(),
        sent: snowflake::sent(now_ms),
    };
    answer::json(StatusCode::OK, &listing)
}

/// What became of rules to add.
pub(super) fn added(
    submitted: &[Submitted],
    outcome: Result<Vec<Added>, Vec<Option<String>>>,
    now_ms: i64,
) -> Response {
    let (status, all): (_, Vec<_>) = match outcome {
        Ok(added) => {
            let one = |added| match added {
                Added::Created(id) => (Some(id), None),
                // The stored id beside the submitted tag. [seed:004]
                Added::Exists(id) => (Some(id), Some(EXISTS.to_owned())),
            };
            (StatusCode::CREATED, added.into_iter().map(one).collect())
        }
        // One invalid rule rejects them all; only it has a message. [source: xd/powertrack-api]
        Err(messages) => {
            let all = messages.into_iter().map(|message| (None, message));
            (StatusCode::UNPROCESSABLE_ENTITY, all.collect())
        }
    };
    let is_created =
        |(id, message): &(Option<u64>, Option<String>)| id.is_some() && message.is_none();
    let created = all.iter().filter(|one| is_created(one)).count();
    let detail: Vec<_> = submitted
        .iter()
        .zip(all)
        .map(|(rule, one)| {
            let is_created = is_created(&one);
            detail(Shown::submitted(rule, one.0), CREATED, is_created, one.1)
        })
        .collect();
    report(status, CREATED, created, detail.len(), detail, now_ms)
}

/// What became of `asked` deletions: successes are not listed. [seed:004]
pub(super) fn deleted(asked: usize, missing: Vec<Shown<'_>>, now_ms: i64) -> Response {
    let done = asked - missing.len();
    let one = |rule| detail(rule, DELETED, false, Some(DOES_NOT_EXIST.to_owned()));
    let detail = missing.into_iter().map(one).collect();
    report(StatusCode::OK, DELETED, done, asked, detail, now_ms)
}

/// Valid rules come before invalid ones. [seed:003]
pub(super) fn validated(submitted: &[Submitted], now_ms: i64) -> Response {
    let mut all: Vec<_> = submitted.iter().map(|one| (one, check(one))).collect();
    all.sort_by_key(|(_, message)| message.is_some());
    let valid = all.iter().filter(|(_, message)| message.is_none()).count();
    let one = |(one, message): (_, Option<String>)| {
        detail(
            Shown::submitted(one, None),
            VALID,
            message.is_none(),
            message,
        )
    };
    let detail = all.into_iter().map(one).collect();
    report(
        StatusCode::OK,
        VALID,
        valid,
        submitted.len(),
        detail,
        now_ms,
    )
}
