//! Stand-in for Activity Streams.

use sonic_rs::Value;

use super::Analysis;

impl<'a> Analysis<'a> {
    /// Looks through a Tweet in the Activity Streams format.
    pub fn activity(tweet: &'a Value) -> Self {
        Self::native(tweet)
    }
}
