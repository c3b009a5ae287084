//! The rules endpoint: list, add and delete, with one request each.

pub(crate) mod bodies;
pub(crate) mod reconcile;
pub(crate) mod replay;

use std::{future::Future, ops::Range, time::Duration};

use bytes::Bytes;
use hyper::{Method, StatusCode, Uri};

use self::bodies::{
    Added, Deleted, NewRule, RemoteRule, Validated, read_added, read_deleted, read_list,
    read_rejected, read_validated, write_add, write_delete,
};
use crate::powertrack::{
    answer,
    endpoint::{validation_url, with_query},
    error::{Error, RejectedRule, Service},
    http::Http,
};

/// The service takes a while to add thousands of rules or to send a long list, and nobody waits for it at a prompt.
const WITHIN: Duration = Duration::from_secs(120);

/// Answers to a list of 150 MB must be possible [reference 3.11].
const LONGEST_ANSWER: usize = 256 * 1024 * 1024;

/// As many rules as migration tools put in one request [reference 3.11].
pub(crate) const MOST_RULES: usize = 3_000;

/// The service takes 5 MB. The rest is for the JSON around the rules [reference 3.1, 3.11].
const MOST_BYTES: usize = 4_500_000;

/// What the rules endpoint can do. It is a trait, so that tests can reconcile without an endpoint.
pub(crate) trait Rules: Send + Sync {
    /// Lists every rule of the stream.
    fn list(&self) -> impl Future<Output = Result<Vec<RemoteRule>, Error>> + Send;

    /// Adds rules in one request: all of them or, with [`Error::Rejected`], none. Rules that exist already do not make
    /// it fail.
    fn add(&self, rules: &[NewRule]) -> impl Future<Output = Result<Vec<Added>, Error>> + Send;

    /// Deletes rules in one request. Rules that do not exist do not make it fail.
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

    /// Asks what the service would say to rules, in one request. Nothing is changed [reference 3.8].
    ///
    /// # Errors
    /// If the request fails. A rule that is not valid does not make it fail.
    pub(crate) async fn validate(&self, rules: &[NewRule]) -> Result<Vec<Validated>, Error> {
        let uri = validation_url(&self.uri)?;
        let body = write_add(rules);
        read_validated(&self.ask(Method::POST, &uri, Some(body)).await?)
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
        // The documented success of an addition is 201, but clients in use accept any success [reference 3.3].
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

/// The error for a 422: it complains about rules or, as with the contract's limit, about the whole request.
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

/// Cuts rules into as few requests as the service's limits allow, because the rules of one request are added together
/// or not at all. Usually it is one request.
pub(crate) fn batches(rules: &[NewRule]) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, rule) in rules.iter().enumerate() {
        // The size of one rule in JSON, with its comma. The JSON around all rules fits in the margin.
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
mod tests;
