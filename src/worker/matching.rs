//! Says which of the script's rules a Tweet matches, where the service has not said it.

use std::sync::Arc;

use tracing::warn;

use super::Worker;
use crate::{
    rule::{Analysis, Rule, RuleSet},
    script::Declared,
    tally::Count,
    tweet::{Format, MatchedRule, Tweet},
};

/// Which Tweets the script's own rules are matched against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Matching {
    /// None: the service says what each Tweet has matched.
    #[default]
    Never,
    /// Those that do not say what they have matched.
    Missing,
    /// All, whatever they say.
    Always,
}

/// The rules of one generation, ready to be matched.
#[derive(Debug)]
pub(crate) struct Matcher {
    set: RuleSet<usize>,
    /// The tag and the id of each rule.
    rules: Vec<(Option<String>, i64)>,
    /// Where the rules stand that cannot be read, and so match nothing here.
    unknown: Vec<usize>,
}

impl Matcher {
    /// Indexes the rules of a script.
    pub(crate) fn new(declared: &Declared) -> Self {
        let mut matcher = Self {
            set: RuleSet::new(),
            rules: Vec::new(),
            unknown: Vec::new(),
        };
        for (number, rule) in declared.rules.iter().enumerate() {
            match Rule::accept(&rule.value) {
                Ok(parsed) => matcher.set.insert(number, Arc::new(parsed)),
                Err(_) => matcher.unknown.push(number),
            }
            matcher
                .rules
                .push((rule.tag.clone(), made_up_id(&rule.value)));
        }
        matcher
    }

    /// The rules that a Tweet matches, by their numbers in the script.
    pub(crate) fn matching(&self, tweet: &Tweet) -> Vec<usize> {
        let analysis = match tweet.format() {
            Format::Native => Analysis::native(tweet.root()),
            Format::Activity => Analysis::activity(tweet.root()),
        };
        let mut found = Vec::new();
        self.set.matching(&analysis, &mut found);
        found
    }

    /// The rules with these numbers, as a Tweet names them.
    pub(crate) fn named(&self, numbers: &[usize]) -> Vec<MatchedRule<'_>> {
        let rules = numbers.iter().filter_map(|number| self.rules.get(*number));
        let rules = rules.map(|(tag, id)| MatchedRule {
            tag: tag.as_deref(),
            id: Some(*id),
        });
        rules.collect()
    }

    /// Warns of rules that match nothing here although they may match on the service.
    fn warn_of_unknown(&self, declared: &Declared) {
        for rule in self.unknown.iter().filter_map(|at| declared.rules.get(*at)) {
            let (value, place) = (&rule.value, format!("{}:{}", rule.file, rule.line));
            warn!(
                value,
                place, "ouzel cannot read this rule, so here it matches no Tweet"
            );
        }
    }
}

impl Worker<'_> {
    /// Puts the rules that the script's own rules match into a Tweet, if that is wanted for it.
    pub(super) fn match_rules(&mut self, tweet: Tweet) -> Tweet {
        let is_wanted = match self.matching {
            Matching::Never => false,
            Matching::Missing => !tweet.has_matching_rules(),
            Matching::Always => true,
        };
        if !is_wanted {
            return tweet;
        }
        let matcher = self.matcher.get_or_insert_with(|| {
            let matcher = Matcher::new(&self.declared);
            matcher.warn_of_unknown(&self.declared);
            matcher
        });
        let found = matcher.matching(&tweet);
        self.tally.add(Count::Matched, 1);
        self.tally
            .add(Count::Matching, u64::from(!found.is_empty()));
        tweet.matching(&matcher.named(&found))
    }
}

/// An id for a rule that has none yet. The same value always has the same one, so it can be a key like an id of the
/// service. It is below 2^53, which every reader of JSON keeps exactly.
fn made_up_id(value: &str) -> i64 {
    // FNV-1a, because it is the same with each version of the standard library.
    let hash = value.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    i64::try_from(hash >> 11).map_or(1, |id| id.max(1))
}

#[cfg(test)]
mod tests {
    use super::made_up_id;

    #[test]
    fn an_id_follows_from_the_value() {
        assert_eq!(made_up_id("coffee"), made_up_id("coffee"));
        assert_ne!(made_up_id("coffee"), made_up_id("coffee "));
        for value in ["", "a", "coffee lang:en", "寿司"] {
            assert!((1..1 << 53).contains(&made_up_id(value)), "{value}");
        }
    }
}
