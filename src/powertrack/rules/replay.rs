//! Copies the declared rules to Replay, which has a rule set of its own [reference 2.12].

use std::collections::HashMap;

use tracing::{info, warn};

use crate::powertrack::{
    error::Error,
    rules::{
        Rules,
        bodies::{NewRule, RemoteRule},
    },
};
use crate::rule::plan::{Declared, batches};

/// What has to change, so that Replay delivers what the stream would have delivered.
#[derive(Debug, Default, PartialEq, Eq)]
struct Copy {
    add: Vec<NewRule>,
    /// Rules that are there with another tag: a tag cannot be changed [reference 3.10].
    delete: Vec<i64>,
    /// Rules that are not declared. They bring more than was asked for, but they may belong to somebody else.
    extra: usize,
}

fn plan(declared: &[NewRule], remote: &[RemoteRule]) -> Copy {
    let mut there: HashMap<&str, &RemoteRule> = remote
        .iter()
        .map(|rule| (rule.value.as_str(), rule))
        .collect();
    let mut copy = Copy::default();
    for rule in declared {
        match there.remove(rule.value.as_str()) {
            Some(same) if same.tag == rule.tag => continue,
            Some(other) => copy.delete.push(other.id),
            None => {}
        }
        copy.add.push(rule.clone());
    }
    copy.extra = there.len();
    copy
}

/// Makes sure that Replay has all declared rules.
///
/// # Errors
/// If a request to the rules endpoint fails.
pub(crate) async fn copy(declared: &[NewRule], replay: &impl Rules) -> Result<(), Error> {
    let Copy { add, delete, extra } = plan(declared, &replay.list().await?);
    if extra > 0 {
        warn!(
            rules = extra,
            "Replay has rules that the script does not declare; their Tweets come too"
        );
    }
    if !delete.is_empty() {
        replay.delete_ids(&delete).await?;
    }
    let sizes: Vec<Declared> = add.iter().cloned().map(Declared::from).collect();
    for batch in batches(&sizes) {
        replay.add(&add[batch]).await?;
    }
    if !add.is_empty() {
        info!(
            added = add.len(),
            deleted = delete.len(),
            "the rules of Replay are those of the script"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_rules_are_added_and_wrong_tags_changed() {
        let new = |value: &str, tag: Option<&str>| NewRule {
            value: value.into(),
            tag: tag.map(str::to_owned),
        };
        let remote = |id, value: &str, tag: Option<&str>| RemoteRule {
            id,
            value: value.into(),
            tag: tag.map(str::to_owned),
        };
        let declared = [new("a", Some("x")), new("b", None), new("c", Some("y"))];
        let there = [
            remote(1, "a", Some("x")),
            remote(2, "c", None),
            remote(3, "d", None),
        ];
        let copy = plan(&declared, &there);
        assert_eq!(copy.add, [new("b", None), new("c", Some("y"))]);
        assert_eq!((copy.delete, copy.extra), (vec![2], 1));
        let there = declared.map(|rule| remote(1, &rule.value, rule.tag.as_deref()));
        let same: Vec<_> = there
            .iter()
            .map(|rule| new(&rule.value, rule.tag.as_deref()))
            .collect();
        assert_eq!(plan(&same, &there), Copy::default());
    }
}
