//! The rules endpoint: list, add and delete, with one request each.

pub(crate) mod bodies;
mod list;
pub(crate) mod ownership;
mod pace;
pub(crate) mod persist;
pub(crate) mod reconcile;
mod recorded;
pub(crate) mod replay;

use std::{future::Future, time::Duration};

use bytes::Bytes;
use hyper::{Method, StatusCode, Uri};

use self::{
    bodies::{
        Added, Deleted, NewRule, RemoteRule, Validated, read_added, read_deleted, read_rejected,
        read_validated, write_add, write_delete,
    },
    list::List,
    pace::Pace,
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

/// A list of 150 MB takes a while on a slow line.
const LIST_WITHIN: Duration = Duration::from_secs(600);

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
    pace: Pace,
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
            pace: Pace::default(),
        })
    }

    /// Asks what the service would say to rules, in one request. Nothing is changed [reference 3.8].
    ///
    /// # Errors
    /// If the request fails. A rule that is not valid does not make it fail.
    pub(crate) async fn validate(&self, rules: &[NewRule]) -> Result<Vec<Validated>, Error> {
        let uri = validation_url(&self.uri)?;
        let (service, body) = (Service::Rules, Some(Bytes::from(write_add(rules))));
        self.pace.wait(false).await;
        let asked = self.http.send(service, Method::POST, &uri, body, WITHIN);
        let response = asked.await?;
        if !response.status().is_success() {
            return Err(answer::refused(service, response).await);
        }
        let body = answer::collect(service, response, LONGEST_ANSWER, WITHIN).await?;
        read_validated(&body)
    }

    /// Changes rules.
    async fn change(&self, uri: &Uri, body: Vec<u8>) -> Result<Vec<u8>, Error> {
        let (service, body) = (Service::Rules, Some(Bytes::from(body)));
        self.pace.wait(true).await;
        let asked = self.http.send(service, Method::POST, uri, body, WITHIN);
        let response = asked.await?;
        // The documented success of an addition is 201, but clients in use accept any success [reference 3.3].
        let status = response.status();
        if !status.is_success() && status != StatusCode::UNPROCESSABLE_ENTITY {
            return Err(self.refused(answer::refused(service, response).await));
        }
        let body = answer::collect(service, response, LONGEST_ANSWER, WITHIN).await?;
        if status.is_success() {
            return Ok(body);
        }
        Err(rejection(&body))
    }

    /// The service has one answer for too many requests and for a change beside another one [reference 3.1]. How many
    /// requests there were tells which it is.
    fn refused(&self, error: Error) -> Error {
        match error {
            Error::Status {
                status: StatusCode::TOO_MANY_REQUESTS,
                message,
                ..
            } if self.pace.is_slow() => Error::Collided { message },
            error => error,
        }
    }
}

impl Rules for RulesClient {
    async fn list(&self) -> Result<Vec<RemoteRule>, Error> {
        let service = Service::Rules;
        self.pace.wait(false).await;
        let asked = self
            .http
            .send(service, Method::GET, &self.uri, None, WITHIN);
        let response = asked.await?;
        if !response.status().is_success() {
            return Err(answer::refused(service, response).await);
        }
        let mut list = List::default();
        let take = |piece: &[u8]| list.feed(piece);
        answer::pieces(service, response, LONGEST_ANSWER, LIST_WITHIN, take).await?;
        list.finish()
    }

    async fn add(&self, rules: &[NewRule]) -> Result<Vec<Added>, Error> {
        read_added(&self.change(&self.uri, write_add(rules)).await?)
    }

    async fn delete_ids(&self, ids: &[i64]) -> Result<Deleted, Error> {
        read_deleted(&self.change(&self.delete_uri, write_delete(ids)).await?)
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

#[cfg(test)]
mod tests;
