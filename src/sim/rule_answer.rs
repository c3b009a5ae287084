//! The answers of the rules endpoint, field by field as documented.

use std::sync::Arc;

use axum::{http::StatusCode, response::Response};
use serde::Serialize;

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

#[derive(Serialize)]
struct Report<S, D> {
    summary: S,
    detail: Vec<D>,
    sent: String,
}

#[derive(Serialize)]
struct AddSummary {
    created: usize,
    not_created: usize,
}

#[derive(Serialize)]
struct AddDetail<'a> {
    rule: Shown<'a>,
    created: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Serialize)]
struct DeleteSummary {
    deleted: usize,
    not_deleted: usize,
}

#[derive(Serialize)]
struct DeleteDetail<'a> {
    rule: Shown<'a>,
    deleted: bool,
    message: &'static str,
}

#[derive(Serialize)]
struct ValidSummary {
    valid: usize,
    not_valid: usize,
}

#[derive(Serialize)]
struct ValidDetail<'a> {
    rule: Shown<'a>,
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// A list of rules.
pub(super) fn listing(rules: &[Arc<Stored>], now_ms: i64) -> Response {
    let rules = rules.iter().map(|stored| Shown::stored(stored)).collect();
    answer::json(
        StatusCode::OK,
        &Listing {
            rules,
            sent: snowflake::sent(now_ms),
        },
    )
}

/// What became of rules to add.
pub(super) fn added(
    submitted: &[Submitted],
    outcome: Result<Vec<Added>, Vec<Option<String>>>,
    now_ms: i64,
) -> Response {
    let (status, detail): (_, Vec<_>) = match outcome {
        Ok(added) => (
            StatusCode::CREATED,
            submitted.iter().zip(&added).map(added_detail).collect(),
        ),
        // One invalid rule rejects them all; only it has a message. [source: xd/powertrack-api]
        Err(messages) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            submitted
                .iter()
                .zip(messages)
                .map(|(one, message)| AddDetail {
                    rule: Shown::submitted(one, None),
                    created: false,
                    message,
                })
                .collect(),
        ),
    };
    let created = detail.iter().filter(|one| one.created).count();
    let summary = AddSummary {
        created,
        not_created: detail.len() - created,
    };
    answer::json(
        status,
        &Report {
            summary,
            detail,
            sent: snowflake::sent(now_ms),
        },
    )
}

fn added_detail<'a>((submitted, added): (&'a Submitted, &Added)) -> AddDetail<'a> {
    match added {
        Added::Created(id) => AddDetail {
            rule: Shown::submitted(submitted, Some(*id)),
            created: true,
            message: None,
        },
        // The stored id beside the submitted tag. [seed:004]
        Added::Exists(id) => AddDetail {
            rule: Shown::submitted(submitted, Some(*id)),
            created: false,
            message: Some(EXISTS.to_owned()),
        },
    }
}

/// What became of `asked` deletions: successes are not listed. [seed:004]
pub(super) fn deleted(asked: usize, missing: Vec<Shown<'_>>, now_ms: i64) -> Response {
    let summary = DeleteSummary {
        deleted: asked - missing.len(),
        not_deleted: missing.len(),
    };
    let detail = missing
        .into_iter()
        .map(|rule| DeleteDetail {
            rule,
            deleted: false,
            message: DOES_NOT_EXIST,
        })
        .collect();
    answer::json(
        StatusCode::OK,
        &Report {
            summary,
            detail,
            sent: snowflake::sent(now_ms),
        },
    )
}

/// Valid rules come before invalid ones. [seed:003]
pub(super) fn validated(submitted: &[Submitted], now_ms: i64) -> Response {
    let mut detail: Vec<_> = submitted
        .iter()
        .map(|one| {
            let message = check(one);
            ValidDetail {
                rule: Shown::submitted(one, None),
                valid: message.is_none(),
                message,
            }
        })
        .collect();
    detail.sort_by_key(|one| !one.valid);
    let valid = detail.iter().filter(|one| one.valid).count();
    let summary = ValidSummary {
        valid,
        not_valid: detail.len() - valid,
    };
    answer::json(
        StatusCode::OK,
        &Report {
            summary,
            detail,
            sent: snowflake::sent(now_ms),
        },
    )
}
