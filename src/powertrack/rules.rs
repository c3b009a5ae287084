//! The rules endpoint: list, add, delete; one request each.

use std::{future::Future, ops::Range, time::Duration};

use bytes::Bytes;
use hyper::{Method, StatusCode, Uri};
use serde::Serialize;

use super::{
    answer,
    endpoint::with_query,
    error::{Error, RejectedRule, Service},
    http::Http,
    rules_json::{read_added, read_deleted, read_list, read_rejected, write_add, write_delete},
};

use crate::rule::plan::Remote;

/// Adding thousands of rules takes the service a while, and nobody waits for it at a prompt. So does a long list.
const WITHIN: Duration = Duration::from_secs(120);

/// List answers of 150 MB have been designed for [reference 3.11].
const LONGEST_ANSWER: usize = 256 * 1024 * 1024;

/// What migration tools put in one request [reference 3.11].
pub(crate) const MOST_RULES: usize = 3_000;

/// The service takes 5 MB; the rest is for the frame around the rules [reference 3.1, 3.11].
const MOST_BYTES: usize = 4_500_000;

/// A rule that the service has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteRule {
    /// Exact, and never through a double.
    pub id: i64,
    /// The rule's text.
    pub value: String,
    /// What its Tweets are marked with.
    pub tag: Option<String>,
}

impl From<RemoteRule> for Remote {
    fn from(RemoteRule { id, value, tag }: RemoteRule) -> Self {
        Self { id, value, tag }
    }
}

/// A rule to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NewRule {
    /// The rule's text.
    pub value: String,
    /// What its Tweets are to be marked with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// What became of one rule of an addition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Added {
    /// The rule as it was sent.
    pub value: String,
    /// The tag as it was sent, even if the stored one differs [reference 3.3].
    pub tag: Option<String>,
    /// The new rule's id, or the existing one's; old answers left the latter out.
    pub id: Option<i64>,
    /// Whether it is new. If not, it was there already.
    pub created: bool,
    /// Why it is not new.
    pub message: Option<String>,
}

/// What became of a deletion. Rules that were deleted are not listed by the service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Deleted {
    /// How many rules are gone now.
    pub deleted: usize,
    /// How many could not be deleted.
    pub not_deleted: usize,
    /// One entry for each of those.
    pub failures: Vec<NotDeleted>,
}

/// A rule that could not be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotDeleted {
    /// Its id, if the service repeated it.
    pub id: Option<i64>,
    /// Why.
    pub message: String,
}

impl NotDeleted {
    /// Whether it was not there to begin with.
    pub(crate) fn was_gone(&self) -> bool {
        self.message.contains("does not exist")
    }
}

/// What the rules endpoint can do, so that a reconcile can be tried without one.
pub(crate) trait Rules: Send + Sync {
    /// Every rule of the stream.
    fn list(&self) -> impl Future<Output = Result<Vec<RemoteRule>, Error>> + Send;

    /// Adds rules in one request: all of them or, with [`Error::Rejected`], none. Rules that are
    /// there already do not fail it.
    fn add(&self, rules: &[NewRule]) -> impl Future<Output = Result<Vec<Added>, Error>> + Send;

    /// Deletes rules in one request. Those that are not there do not fail it.
    fn delete_ids(&self, ids: &[i64]) -> impl Future<Output = Result<Deleted, Error>> + Send;
}

/// The rules endpoint over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct RulesClient {
    http: Http,
    uri: Uri,
    delete_uri: Uri,
}

impl RulesClient {
    /// A client for the endpoint at `uri`.
    ///
    /// # Errors
    /// If the URL cannot take a query.
    pub(crate) fn new(http: Http, uri: Uri) -> Result<Self, Error> {
        let delete_uri = with_query("rules_url", &uri, "_method=delete")?;
        Ok(Self {
            http,
            uri,
            delete_uri,
        })
    }

    async fn ask(
        &self,
        method: Method,
        uri: &Uri,
        body: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, Error> {
        let service = Service::Rules;
        let body = body.map(Bytes::from);
        let response = self.http.send(service, method, uri, body, WITHIN).await?;
        // The documented success of an addition is 201, yet clients in use take any [reference 3.3].
        let status = response.status();
        if !status.is_success() && status != StatusCode::UNPROCESSABLE_ENTITY {
            return Err(answer::refused(service, response).await);
        }
        let body = answer::collect(service, response, LONGEST_ANSWER, WITHIN).await?;
        if status.is_success() {
            return Ok(body);
        }
        Err(rejection(&body))
    }
}

impl Rules for RulesClient {
    async fn list(&self) -> Result<Vec<RemoteRule>, Error> {
        read_list(&self.ask(Method::GET, &self.uri, None).await?)
    }

    async fn add(&self, rules: &[NewRule]) -> Result<Vec<Added>, Error> {
        let body = write_add(rules);
        read_added(&self.ask(Method::POST, &self.uri, Some(body)).await?)
    }

    async fn delete_ids(&self, ids: &[i64]) -> Result<Deleted, Error> {
        let body = write_delete(ids);
        read_deleted(&self.ask(Method::POST, &self.delete_uri, Some(body)).await?)
    }
}

/// What a 422 stands for: offending rules or, as over the contract's limit, the request as such.
fn rejection(body: &[u8]) -> Error {
    let rules: Vec<RejectedRule> = read_rejected(body);
    if rules.is_empty() {
        return Error::Status {
            service: Service::Rules,
            status: StatusCode::UNPROCESSABLE_ENTITY,
            message: answer::error_message(body),
        };
    }
    Error::Rejected { rules }
}

/// Cuts rules into as few requests as the service's limits allow: usually one, since whatever is
/// in one request is added together or not at all.
pub(crate) fn batches(rules: &[NewRule]) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, rule) in rules.iter().enumerate() {
        // Escaped as JSON, and with its comma; the frame around all of them fits in the margin.
        let size = write_add(std::slice::from_ref(rule)).len();
        if at > start && (at - start == MOST_RULES || bytes + size > MOST_BYTES) {
            batches.push(start..at);
            (start, bytes) = (at, 0);
        }
        bytes += size;
    }
    if start < rules.len() {
        batches.push(start..rules.len());
    }
    batches
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
