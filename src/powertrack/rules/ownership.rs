//! The record of the rules that are ouzel's own, as whoever changes rules needs it.

use std::{collections::HashSet, error::Error as StdError, future::Future};

use crate::rule::plan::Owned;

/// Why the record could not be written.
pub(crate) type OwnershipError = Box<dyn StdError + Send + Sync>;

/// Remembers which rules are ours, by value, beyond the end of this process. When a call returns, what it wrote is
/// safe.
pub(crate) trait Ownership: Send {
    /// The rules that are ours. Those that may come late stand before what is remembered of the same value.
    fn owned(&self) -> Vec<Owned>;

    /// These rules are ours. A rule without an id is about to be added, so one that appears with its value and tag is
    /// ours. This replaces what was remembered about the value.
    fn remember(
        &mut self,
        rules: &[Owned],
    ) -> impl Future<Output = Result<(), OwnershipError>> + Send;

    /// The request that adds these rules has got no answer, so they may come late. They are ours then for a while,
    /// whatever else is remembered or forgotten of the value.
    fn overdue(
        &mut self,
        rules: &[Owned],
    ) -> impl Future<Output = Result<(), OwnershipError>> + Send;

    /// Rules with these values are not ours any more.
    fn forget(
        &mut self,
        values: &[String],
    ) -> impl Future<Output = Result<(), OwnershipError>> + Send;

    /// These rules are about to get other tags. Until [`Self::settled`], a Tweet that several rules of one change bring
    /// is one Tweet of the declared rule to handlers. The ids of new rules come by [`Self::remember`].
    fn retag(
        &mut self,
        rules: &[Retagging],
    ) -> impl Future<Output = Result<(), OwnershipError>> + Send;

    /// No rules but these are being changed any more: whatever tag they have, they keep.
    fn settled(
        &mut self,
        but: &HashSet<&str>,
    ) -> impl Future<Output = Result<(), OwnershipError>> + Send;
}

/// A rule whose tag changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Retagging {
    /// The rule's text.
    pub value: String,
    /// The new tag.
    pub tag: Option<String>,
    /// The id with the old tag.
    pub old: i64,
    /// The rule in parentheses that stands in for it, if there is one.
    pub wrapped: Option<String>,
    /// The id of that rule, if it is there already.
    pub wrapped_id: Option<i64>,
    /// The highest id of all rules before the change: those that the change makes have higher ones.
    pub newest: i64,
}
