//! The rules of one stream: adding, deleting and finding them.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::snowflake::Ids;
use ouzel_rule::{self, Analysis, MAX_TAG, Rule};

/// A rule that the stream has.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) id: u64,
    pub(super) tag: Option<String>,
    pub(super) rule: Arc<Rule>,
}

/// What a request says about a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Submitted {
    pub(super) value: String,
    pub(super) tag: Option<String>,
}

/// The rules, found by their exact value or by id. [seed:004]
#[derive(Debug, Default)]
pub(super) struct RuleSet {
    ids: Arc<Ids>,
    by_id: BTreeMap<u64, Arc<Stored>>,
    by_value: HashMap<String, u64>,
    /// How long it takes until Tweets are matched by a change.
    delay: Duration,
    effects: VecDeque<(Instant, Effect)>,
    /// The rules that Tweets are matched against.
    in_force: HashMap<u64, Arc<Stored>>,
    index: ouzel_rule::RuleSet<u64>,
}

/// A change that Tweets are not matched by yet.
#[derive(Debug)]
enum Effect {
    Insert(Arc<Stored>),
    Remove(u64),
}

/// What became of one submitted rule.
#[derive(Debug)]
pub(super) enum Added {
    Created(u64),
    /// The stored rule stays as it is, with its id and its tag. [seed:004]
    Exists(u64),
}

/// Why rules were not added.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rejected {
    /// A message for each rule that is not valid.
    Invalid(Vec<Option<String>>),
    /// There would be more than the contract allows.
    Limit,
}

/// What the server's validator says against a submitted rule; `None` if it is valid.
pub(super) fn check(submitted: &Submitted) -> Option<String> {
    parse(submitted).err()
}

fn parse(submitted: &Submitted) -> Result<Rule, String> {
    let too_long = submitted
        .tag
        .as_ref()
        .is_some_and(|tag| tag.chars().count() > MAX_TAG);
    let tag = too_long.then(|| format!("Tag must not exceed {MAX_TAG} characters\n"));
    match (Rule::parse(&submitted.value), tag) {
        (Ok(rule), None) => Ok(rule),
        (Ok(_), Some(tag)) => Err(tag),
        (Err(invalid), tag) => Err(invalid.server_text() + tag.as_deref().unwrap_or_default()),
    }
}

impl RuleSet {
    /// A set without rules. Its changes take effect after `delay`. Sets that share `ids` never give the
    /// same id.
    pub(super) fn new(delay: Duration, ids: Arc<Ids>) -> Self {
        Self {
            ids,
            delay,
            ..Self::default()
        }
    }

    /// Puts the changes into effect whose time has come. Returns whether others still wait.
    pub(super) fn settle(&mut self, now: Instant) -> bool {
        while self.effects.front().is_some_and(|(at, _)| *at <= now) {
            let Some((_, effect)) = self.effects.pop_front() else {
                break;
            };
            match effect {
                Effect::Insert(stored) => {
                    self.index.insert(stored.id, Arc::clone(&stored.rule));
                    self.in_force.insert(stored.id, stored);
                }
                Effect::Remove(id) => {
                    self.index.remove(&id);
                    self.in_force.remove(&id);
                }
            }
        }
        !self.effects.is_empty()
    }

    fn feel(&mut self, effect: Effect) {
        self.effects
            .push_back((Instant::now() + self.delay, effect));
    }

    /// Adds all of these rules or none. The set never has more than `limit`.
    pub(super) fn add(
        &mut self,
        submitted: &[Submitted],
        now_ms: i64,
        limit: usize,
    ) -> Result<Vec<Added>, Rejected> {
        let parsed: Vec<_> = submitted.iter().map(parse).collect();
        if parsed.iter().any(Result::is_err) {
            let messages = parsed.into_iter().map(Result::err).collect();
            return Err(Rejected::Invalid(messages));
        }
        let new: HashSet<&str> = submitted
            .iter()
            .map(|one| one.value.as_str())
            .filter(|value| !self.by_value.contains_key(*value))
            .collect();
        if !new.is_empty() && self.len() + new.len() > limit {
            return Err(Rejected::Limit);
        }
        let rules = submitted.iter().zip(parsed.into_iter().flatten());
        let added = rules.map(|(one, rule)| match self.by_value.get(&one.value) {
            Some(id) => Added::Exists(*id),
            None => self.create(one, rule, now_ms),
        });
        Ok(added.collect())
    }

    fn create(&mut self, submitted: &Submitted, rule: Rule, now_ms: i64) -> Added {
        let id = self.ids.next(now_ms);
        let stored = Arc::new(Stored {
            id,
            tag: submitted.tag.clone(),
            rule: Arc::new(rule),
        });
        self.by_value.insert(submitted.value.clone(), id);
        self.by_id.insert(id, Arc::clone(&stored));
        self.feel(Effect::Insert(stored));
        Added::Created(id)
    }

    /// Deletes the rule with exactly this value; false if there is none.
    pub(super) fn delete_value(&mut self, value: &str) -> bool {
        match self.by_value.remove(value) {
            Some(id) => {
                self.feel(Effect::Remove(id));
                self.by_id.remove(&id).is_some()
            }
            None => false,
        }
    }

    /// Deletes the rule with this id; false if there is none.
    pub(super) fn delete_id(&mut self, id: u64) -> bool {
        match self.by_id.remove(&id) {
            Some(stored) => {
                self.feel(Effect::Remove(id));
                self.by_value.remove(stored.rule.value()).is_some()
            }
            None => false,
        }
    }

    /// The rule with this id.
    pub(super) fn get(&self, id: u64) -> Option<&Arc<Stored>> {
        self.by_id.get(&id)
    }

    /// All rules, in the order of their ids.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Stored>> {
        self.by_id.values()
    }

    /// How many rules there are.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether Tweets are matched against any rule. The last one may be deleted and still match.
    pub(super) fn is_in_force(&self) -> bool {
        !self.in_force.is_empty()
    }

    /// The rules that match a Tweet, in the order of their ids.
    pub(super) fn matching(&self, tweet: &Analysis<'_>) -> Vec<&Arc<Stored>> {
        let mut ids = Vec::new();
        self.index.matching(tweet, &mut ids);
        ids.iter().filter_map(|id| self.in_force.get(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submitted(value: &str, tag: Option<&str>) -> Submitted {
        Submitted {
            value: value.to_owned(),
            tag: tag.map(str::to_owned),
        }
    }

    fn add(rules: &mut RuleSet, value: &str, tag: Option<&str>) -> Added {
        rules
            .add(&[submitted(value, tag)], 1_518_113_663_679, 10)
            .unwrap()
            .remove(0)
    }

    #[test]
    fn values_are_unique_to_the_letter() {
        let mut rules = RuleSet::default();
        let Added::Created(id) = add(&mut rules, "Snow", Some("a")) else {
            panic!("it is new");
        };
        assert!(matches!(add(&mut rules, "snow", None), Added::Created(_)));
        assert!(
            matches!(add(&mut rules, "Snow ", None), Added::Created(_)),
            "blanks count"
        );
        assert!(matches!(add(&mut rules, "Snow", Some("b")), Added::Exists(same) if same == id));
        assert_eq!(
            rules.get(id).unwrap().tag.as_deref(),
            Some("a"),
            "tags do not change"
        );
        assert_eq!(rules.len(), 3);
        assert!(!rules.delete_value("SNOW") && !rules.delete_id(1));
        assert!(rules.delete_value("snow") && rules.delete_id(id));
        assert!(!rules.delete_value("Snow"), "it went with its id");
        let tweet = sonic_rs::json!({ "text": "snow" });
        let tweet = Analysis::native(&tweet);
        rules.settle(Instant::now());
        let matching = rules.matching(&tweet);
        assert_eq!(matching.len(), 1, "`Snow ` is left");
    }

    #[test]
    fn a_rule_that_comes_back_has_a_new_id() {
        let mut rules = RuleSet::default();
        let id_of = |added| match added {
            Added::Created(id) => id,
            Added::Exists(id) => panic!("{id} exists"),
        };
        let old = id_of(add(&mut rules, "tea", None));
        assert!(rules.delete_id(old));
        assert!(id_of(add(&mut rules, "tea", None)) > old);
    }

    #[test]
    fn an_invalid_rule_keeps_the_others_out() {
        let mut rules = RuleSet::default();
        let long = "t".repeat(256);
        let messages = rules
            .add(
                &[submitted("tea", None), submitted("milk", Some(&long))],
                0,
                10,
            )
            .unwrap_err();
        assert_eq!(
            messages,
            Rejected::Invalid(vec![
                None,
                Some("Tag must not exceed 255 characters\n".to_owned())
            ])
        );
        assert_eq!(rules.len(), 0);
        rules
            .add(&[submitted("milk", Some(&long[1..]))], 0, 10)
            .unwrap();
    }
}
