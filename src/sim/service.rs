//! What all requests share: who may ask, the rules, the Tweets, and the counters.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use axum::http::{HeaderMap, header};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio::{sync::watch, time::Duration};
use tokio_util::sync::CancellationToken;

use super::{
    answer::Refusal,
    feed::Source,
    rule_set::RuleSet,
    stats::{Counts, Stats},
};
use crate::secret::Secret;

/// One account with one stream.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) account: String,
    pub(super) label: String,
    pub(super) username: String,
    pub(super) password: Secret,
    pub(super) heartbeat: Duration,
    pub(super) source: Arc<Source>,
    pub(super) stats: Stats,
    pub(super) stop: CancellationToken,
    rules: RwLock<RuleSet>,
    /// How many rules there are. Connections are told of a change as soon as it is made. [seed:000]
    count: watch::Sender<usize>,
}

/// Who may ask, and for what.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) account: String,
    pub(super) label: String,
    pub(super) username: String,
    pub(super) password: Secret,
}

impl Service {
    /// A service without rules.
    pub(super) fn new(identity: Identity, source: Source, heartbeat: Duration) -> Self {
        Self {
            account: identity.account,
            label: identity.label,
            username: identity.username,
            password: identity.password,
            heartbeat,
            source: Arc::new(source),
            stats: Stats::default(),
            stop: CancellationToken::new(),
            rules: RwLock::default(),
            count: watch::Sender::new(0),
        }
    }

    /// Refuses wrong credentials, then an account or label that does not exist.
    pub(super) fn admit(
        &self,
        headers: &HeaderMap,
        account: &str,
        label: Option<&str>,
    ) -> Result<(), Refusal> {
        self.authenticate(headers)?;
        self.find(account, label)
    }

    /// Refuses wrong or missing credentials.
    pub(super) fn authenticate(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let expected = format!("{}:{}", self.username, self.password.reveal());
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, credentials)| BASE64_STANDARD.decode(credentials.trim()).ok());
        if given.as_deref() == Some(expected.as_bytes()) {
            Ok(())
        } else {
            Err(Refusal::Credentials)
        }
    }

    /// Refuses an account or a label that does not exist. Both are case-sensitive.
    /// [source: support.gnip.com]
    pub(super) fn find(&self, account: &str, label: Option<&str>) -> Result<(), Refusal> {
        if account == self.account && label == Some(&self.label) {
            Ok(())
        } else {
            Err(Refusal::NoSuchStream)
        }
    }

    /// The rules, for reading. Not to be held for longer than it takes to fill a batch.
    pub(super) fn rules(&self) -> RwLockReadGuard<'_, RuleSet> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the rules and tells the connections.
    pub(super) fn change_rules<T>(&self, change: impl FnOnce(&mut RuleSet) -> T) -> T {
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        let outcome = change(&mut rules);
        self.count.send_replace(rules.len());
        outcome
    }

    /// A notice of each change of the rules.
    pub(super) fn watch_rules(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// The counters.
    pub(super) fn counts(&self) -> Counts {
        self.stats.counts(*self.count.borrow())
    }
}
