//! The time of the Tweet at position zero.

use std::sync::{Arc, OnceLock};

use super::snowflake;

/// A given time, or the moment at which somebody first wants Tweets. So the first Tweets do not depend
/// on how long the simulator has waited for a reader. Copies share the time.
#[derive(Debug, Clone, Default)]
pub(super) struct Start(Arc<OnceLock<i64>>);

impl Start {
    /// A given time, in milliseconds since 1970.
    pub(super) fn at(ms: i64) -> Self {
        Self(Arc::new(OnceLock::from(ms)))
    }

    /// The time; it becomes `now_ms` if nothing has decided it before.
    pub(super) fn settle(&self, now_ms: i64) -> i64 {
        *self.0.get_or_init(|| now_ms)
    }

    /// When it is.
    pub(super) fn ms(&self) -> i64 {
        *self.0.get_or_init(snowflake::now_ms)
    }
}
