//! A plan, with what the command line has to know beside it.

use std::collections::BTreeMap;

use super::estimate::Estimate;
use crate::rule::plan::Plan;

/// Where rules are declared, by their values.
pub(super) type Places = BTreeMap<String, String>;

/// A plan for a rule set.
pub(super) struct Planned {
    /// The URL of the set's endpoint.
    pub(super) endpoint: String,
    pub(super) plan: Plan,
    /// Where the rules that it adds or retags are declared.
    pub(super) places: Places,
    /// What the rules that it adds come to, by the journal, if there is one and it was asked.
    pub(super) added: Option<Estimate>,
}
