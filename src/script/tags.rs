//! Whether the tags that handlers ask for and the tags of rules fit each other. Pure: no IO.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ops::Bound,
};

use super::{
    declared::{Declared, DeclaredHandler, DeclaredRule, Place},
    tag_pattern::{asks_for, meant, near_tag, start},
};

/// For this many handlers and this many rules the nearest tag is looked for. Nobody reads so many warnings.
const SUGGESTIONS: usize = 50;

/// With so many tags altogether the nearest one is looked for. Each takes a microsecond.
const NEAR: usize = 200_000;

/// So often tags and patterns with stars are held against each other. Patterns that begin with a star can fit any tag, and
/// thousands of both would take minutes. What is not compared any more counts as fitting.
const COMPARED: usize = 2_000_000;

/// A handler that no rule of the script can call, or a rule whose matches no handler gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TagWarning {
    /// A short name that stays the same, for programs.
    pub(crate) code: &'static str,
    /// The handler's or the rule's place.
    pub(crate) place: Place,
    /// The rule's value; `None` if the warning is about a handler.
    pub(crate) rule: Option<String>,
    /// The tag of the rule, or the one that the handler asks for.
    pub(crate) tag: Option<String>,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    /// The tag that was probably meant.
    pub(crate) suggestion: Option<String>,
}

impl Declared {
    /// Handlers whose tag fits no rule, and rules that no handler asks for, each tag once.
    ///
    /// Nothing is wrong with handlers of a script without rules, because it handles what rules of others match, nor with
    /// rules of a script without `on` handlers, which looks at every Tweet in filters and enrichments.
    pub(crate) fn tag_warnings(&self) -> Vec<TagWarning> {
        let asking: Vec<(&DeclaredHandler, &str)> = self
            .handlers
            .iter()
            .filter_map(|handler| Some((handler, handler.tag.as_deref()?)))
            .collect();
        if self.rules.is_empty() || asking.is_empty() {
            return Vec::new();
        }
        let tags: BTreeSet<&str> = self
            .rules
            .iter()
            .filter_map(|rule| rule.tag.as_deref())
            .collect();
        let mut warnings = Vec::new();
        let mut seen = HashSet::new();
        let (mut left, mut near) = (Left(COMPARED), Left(NEAR));
        for (handler, pattern) in &asking {
            if !seen.insert(*pattern) {
                continue;
            }
            let start = start(pattern);
            let fits = match pattern.contains('*') {
                true => {
                    let begun = (Bound::Included(start), Bound::Unbounded);
                    let mut those = tags.range::<str, _>(begun);
                    // They are sorted, so those that begin alike stand beside each other.
                    *pattern == "*"
                        || (those.by_ref())
                            .take_while(|tag| tag.starts_with(start))
                            .any(|tag| !left.take(1) || asks_for(pattern, Some(tag)))
                }
                false => tags.contains(pattern),
            };
            if !fits {
                let is_looked_for = warnings.len() < SUGGESTIONS && near.take(tags.len());
                let meant = is_looked_for.then(|| meant(pattern, tags.iter().copied()));
                warnings.push(of_handler(handler, pattern, meant.flatten()));
            }
        }
        warnings.extend(self.unheard(&asking));
        warnings
    }

    /// The rules that no handler asks for.
    fn unheard(&self, asking: &[(&DeclaredHandler, &str)]) -> Vec<TagWarning> {
        let (mut exact, mut starred) = (BTreeSet::new(), HashMap::<&str, BTreeSet<&str>>::new());
        for (_, pattern) in asking {
            match pattern.contains('*') {
                true => starred.entry(start(pattern)).or_default().insert(pattern),
                false => exact.insert(*pattern),
            };
        }
        let is_for_all = asking.iter().any(|(_, pattern)| *pattern == "*");
        let (mut left, mut near) = (Left(COMPARED), Left(NEAR));
        let mut is_heard = |tag: &str| {
            let starts = (0..=tag.len()).filter_map(|end| starred.get(tag.get(..end)?));
            exact.contains(tag)
                || (starts.flatten()).any(|pattern| !left.take(1) || asks_for(pattern, Some(tag)))
        };
        let mut rules: HashMap<Option<&str>, usize> = HashMap::new();
        for rule in &self.rules {
            *rules.entry(rule.tag.as_deref()).or_default() += 1;
        }
        let mut warnings = Vec::new();
        for rule in &self.rules {
            let tag = rule.tag.as_deref();
            // Many rules can share a tag. The first one stands for all.
            let Some(of_tag) = rules.remove(&tag) else {
                continue;
            };
            if is_for_all || tag.is_some_and(&mut is_heard) {
                continue;
            }
            let is_looked_for = warnings.len() < SUGGESTIONS && near.take(exact.len());
            // Sorted, because a set has no order, and several may be as near.
            let near = tag.filter(|_| is_looked_for);
            let near = near.and_then(|tag| near_tag(tag, exact.iter().copied()));
            warnings.push(of_rule(rule, of_tag - 1, near));
        }
        warnings
    }
}

/// How much of something may still be done.
struct Left(usize);

impl Left {
    /// Whether so much may be done, and takes it.
    fn take(&mut self, much: usize) -> bool {
        let left = self.0.checked_sub(much);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}

fn of_handler(handler: &DeclaredHandler, pattern: &str, suggestion: Option<String>) -> TagWarning {
    TagWarning {
        code: "handler-without-rule",
        place: handler.registered.clone(),
        rule: None,
        tag: Some(pattern.to_owned()),
        message: format!("no rule of this script has a tag that fits `{pattern}`"),
        hint: Some(match &suggestion {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                "give a rule this tag; if only rules of others have it, nothing is wrong".to_owned()
            }
        }),
        suggestion,
    }
}

fn of_rule(rule: &DeclaredRule, others: usize, near: Option<&str>) -> TagWarning {
    let (message, hint, suggestion) = match rule.tag.as_deref() {
        Some(tag) => {
            let mut message = format!("no handler asks for the tag `{tag}`");
            match others {
                0 => {}
                1 => message += ", which 1 more rule has",
                many => message += &format!(", which {many} more rules have"),
            }
            let hint = match near {
                Some(near) => format!("a handler asks for `{near}`"),
                None => format!("write `ouzel.on(\"{tag}\", …)`, or `ouzel.on(\"*\", …)` for all"),
            };
            (message, hint, near.map(str::to_owned))
        }
        None => {
            let rules = match others {
                0 => "a rule has no tag".to_owned(),
                _ => format!("{} rules have no tag", others + 1),
            };
            let message = format!("{rules}, and no handler asks for `*`");
            let hint = "give it a tag that a handler asks for; only `ouzel.on(\"*\", …)` is called for rules without one";
            (message, hint.to_owned(), None)
        }
    };
    TagWarning {
        code: "rule-without-handler",
        place: Place {
            file: rule.file.clone(),
            line: rule.line,
            code: None,
        },
        rule: Some(rule.value.clone()),
        tag: rule.tag.clone(),
        message,
        hint: Some(hint),
        suggestion,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::{Expect, expect};

    use super::*;

    fn declared(rules: &[Option<&str>], handlers: &[Option<&str>]) -> Declared {
        let rules = rules.iter().enumerate().map(|(number, tag)| DeclaredRule {
            value: format!("value {number}"),
            tag: tag.map(str::to_owned),
            unchecked: false,
            file: "main.lua".to_owned(),
            line: number + 1,
        });
        let handlers = handlers.iter().enumerate().map(|(number, tag)| {
            let place = Place {
                file: "main.lua".to_owned(),
                line: number + 101,
                code: None,
            };
            DeclaredHandler {
                name: String::new(),
                file: place.file.clone(),
                line: place.line,
                tag: tag.map(str::to_owned),
                registered: place,
                text: String::new(),
            }
        });
        Declared {
            rules: rules.collect(),
            handlers: handlers.collect(),
            tables: Vec::new(),
        }
    }

    fn check(rules: &[Option<&str>], handlers: &[Option<&str>], expected: Expect) {
        let mut shown = String::new();
        for warning in declared(rules, handlers).tag_warnings() {
            let hint = warning.hint.unwrap_or_default();
            let line = warning.place.line;
            let _ = writeln!(shown, "{line}: {} | {hint}", warning.message);
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn tags_of_handlers_and_rules_have_to_fit() {
        let (launch, none) = (Some("launch"), None);
        check(&[launch, none], &[Some("*")], expect![[""]]);
        check(&[launch], &[Some("l*"), none], expect![[""]]);
        // Without rules the stream brings what others ask for, and without `on` handlers all Tweets are looked at.
        check(&[], &[Some("lanch")], expect![[""]]);
        check(&[launch, none], &[none], expect![[""]]);
        check(
            &[launch],
            &[Some("lanch"), Some("lanch")],
            expect![[r#"
                101: no rule of this script has a tag that fits `lanch` | did you mean `launch`?
                1: no handler asks for the tag `launch` | a handler asks for `lanch`
            "#]],
        );
        check(
            &[Some("brand-acme"), Some("brand-acme"), none],
            &[Some("brnd-*"), Some("other")],
            expect![[r#"
                101: no rule of this script has a tag that fits `brnd-*` | did you mean `brand-*`?
                102: no rule of this script has a tag that fits `other` | give a rule this tag; if only rules of others have it, nothing is wrong
                1: no handler asks for the tag `brand-acme`, which 1 more rule has | write `ouzel.on("brand-acme", …)`, or `ouzel.on("*", …)` for all
                3: a rule has no tag, and no handler asks for `*` | give it a tag that a handler asks for; only `ouzel.on("*", …)` is called for rules without one
            "#]],
        );
        check(
            &[none, none, launch],
            &[Some("launch")],
            expect![[r#"
                1: 2 rules have no tag, and no handler asks for `*` | give it a tag that a handler asks for; only `ouzel.on("*", …)` is called for rules without one
            "#]],
        );
    }

    #[test]
    fn the_nearest_is_only_looked_for_as_long_as_somebody_reads_it() {
        let tags = |name: &str| -> Vec<String> {
            let all = 0..SUGGESTIONS + 2;
            all.map(|number| format!("{name}-{number}-{number}"))
                .collect()
        };
        let (rules, handlers) = (tags("wrong"), tags("wrung"));
        let declared = declared(
            &rules.iter().map(|tag| Some(&**tag)).collect::<Vec<_>>(),
            &handlers.iter().map(|tag| Some(&**tag)).collect::<Vec<_>>(),
        );
        let warnings = declared.tag_warnings();
        assert_eq!(warnings.len(), 2 * (SUGGESTIONS + 2));
        let with = warnings.iter().filter(|one| one.suggestion.is_some());
        assert_eq!(with.count(), 2 * SUGGESTIONS);
    }

    #[test]
    fn tens_of_thousands_of_tags_and_patterns_take_a_bounded_number_of_steps() {
        let tags = |start: &str| -> Vec<String> {
            let all = 0..4_000;
            all.map(|number| format!("{start}{number}")).collect()
        };
        let (rules, starred) = (tags("tag-"), tags("*-"));
        let handlers: Vec<String> = tags("tag-").into_iter().map(|tag| tag + "*").collect();
        let some =
            |tags: &[String]| -> Vec<Option<String>> { tags.iter().cloned().map(Some).collect() };
        for patterns in [some(&handlers), some(&starred)] {
            let patterns: Vec<_> = patterns.iter().map(Option::as_deref).collect();
            let rules = some(&rules);
            let rules: Vec<_> = rules.iter().map(Option::as_deref).collect();
            // 16 million comparisons are too many, so nothing is told of what was not compared.
            assert_eq!(declared(&rules, &patterns).tag_warnings(), []);
        }
    }
}
