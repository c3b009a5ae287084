//! How many requests a plan takes.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    Plan,
    rules::{Cover, Declared},
};

/// As many rules as migration tools put in one request [reference 3.11].
pub const MOST_RULES: usize = 3_000;

/// The service takes 5 MB. The rest is for the JSON around the rules [reference 3.1, 3.11].
pub const MOST_BYTES: usize = 4_500_000;

/// The service takes so many requests a minute, of all kinds together [reference 3.1].
pub const A_MINUTE: usize = 60;

/// What a plan costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// How many requests it takes, with the one that reads the set back.
    pub requests: usize,
    /// How long that takes if the service is asked 60 times a minute and answers at once.
    pub seconds: usize,
}

impl Cost {
    pub(super) fn of(plan: &Plan) -> Self {
        let chunks = |count: usize| count.div_ceil(MOST_RULES);
        let mut requests = batches(&plan.add).len();
        let group = |is_covered: bool| {
            let retags = plan.retag.iter();
            retags.filter(move |retag| (retag.cover != Cover::Nothing) == is_covered)
        };
        for retags in [group(true).collect::<Vec<_>>(), group(false).collect()] {
            let is_covered = retags
                .first()
                .is_some_and(|one| one.cover != Cover::Nothing);
            for range in batches(retags.iter().map(|retag| &retag.declared)) {
                let has_to_add =
                    |at: usize| matches!(&retags[at].cover, Cover::Wrapped { id: None, .. });
                // Deleted and added; and the wrapped rules are added before and deleted after that.
                requests += 2;
                if is_covered {
                    requests += 1 + usize::from(range.clone().any(has_to_add));
                }
            }
        }
        requests += chunks(plan.delete.len()) + chunks(plan.leftover.len());
        if requests > 0 {
            requests += 1;
        }
        Self {
            requests,
            seconds: (requests * 60).div_ceil(A_MINUTE),
        }
    }
}

/// Cuts rules into as few requests as the service's limits allow, because the rules of one request are added together
/// or not at all. Usually it is one request.
#[must_use]
pub fn batches<'a>(rules: impl IntoIterator<Item = &'a Declared>) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut end, mut bytes) = (0, 0, 0);
    for (at, rule) in rules.into_iter().enumerate() {
        let size = size(rule);
        if at > start && (at - start == MOST_RULES || bytes + size > MOST_BYTES) {
            batches.push(start..at);
            (start, bytes) = (at, 0);
        }
        bytes += size;
        end = at + 1;
    }
    if start < end {
        batches.push(start..end);
    }
    batches
}

/// The most bytes that a rule takes in a request, with its comma.
fn size(rule: &Declared) -> usize {
    let texts = [Some(&rule.value), rule.tag.as_ref()];
    let text = |text: &String| text.bytes().map(escaped).sum::<usize>();
    r#"{"value":"","tag":""},"#.len() + texts.into_iter().flatten().map(text).sum::<usize>()
}

/// The most bytes that a byte takes in JSON.
fn escaped(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    }
}
