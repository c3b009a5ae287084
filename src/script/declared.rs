//! What a script declares when it loads, and how two loads differ.

use std::{collections::HashSet, fmt, hash::Hash};

use crate::row::TableSpec;

/// A rule as the script declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredRule {
    /// The rule's value.
    pub value: String,
    /// The rule's tag.
    pub tag: Option<String>,
    /// Whether the rule is sent even if ouzel knows reasons against it.
    pub unchecked: bool,
    /// The file that declares the rule, as a path below the script's folder.
    pub file: String,
    /// The line in that file.
    pub line: usize,
}

/// A handler as the script registers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredHandler {
    /// The handler's name: `filter`, `enrich`, or `on "TAG"`.
    pub name: String,
    /// The file that contains the handler, as a path below the script's folder.
    pub file: String,
    /// The line in that file where the handler begins.
    pub line: usize,
    /// The tag that an `on` handler asks for, with its stars; `None` for other handlers.
    pub tag: Option<String>,
    /// Where the script registers the handler.
    pub registered: Place,
    /// The handler's text, to find out whether it has changed.
    pub(super) text: String,
}

/// A line of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as a path below the script's folder.
    pub file: String,
    /// The line in that file.
    pub line: usize,
    /// The code on that line.
    pub code: Option<String>,
}

/// Everything that a script declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// The rules, in the order in which the script declares them.
    pub rules: Vec<DeclaredRule>,
    /// The handlers, in the order in which they run.
    pub handlers: Vec<DeclaredHandler>,
    /// The tables, in the order in which the script declares them.
    pub tables: Vec<TableSpec>,
}

/// How many things are new and how many are gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many are in the new load but not in the old one.
    pub added: usize,
    /// How many are in the old load but not in the new one.
    pub removed: usize,
}

/// How a load differs from the load before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    /// Rules, compared by value and tag.
    pub rules: Counts,
    /// Handlers, compared by name and text.
    pub handlers: Counts,
    /// Tables, compared by name and columns.
    pub tables: Counts,
}

impl Declared {
    /// How this load differs from an older load.
    pub fn changes_since(&self, old: &Self) -> Change {
        Change {
            rules: counts(&old.rules, &self.rules, |rule| (&rule.value, &rule.tag)),
            handlers: counts(&old.handlers, &self.handlers, |handler| {
                (&handler.name, &handler.text)
            }),
            tables: counts(&old.tables, &self.tables, |table| table),
        }
    }
}

fn counts<'a, T, K: Eq + Hash>(old: &'a [T], new: &'a [T], key: impl Fn(&'a T) -> K) -> Counts {
    let missing = |from: &'a [T], of: &'a [T]| {
        let known: HashSet<K> = from.iter().map(&key).collect();
        of.iter().filter(|item| !known.contains(&key(item))).count()
    };
    Counts {
        added: missing(old, new),
        removed: missing(new, old),
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{} -{}", self.added, self.removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(value: &str, tag: &str) -> DeclaredRule {
        DeclaredRule {
            value: value.to_owned(),
            tag: Some(tag.to_owned()),
            unchecked: false,
            file: "main.lua".to_owned(),
            line: 1,
        }
    }

    #[test]
    fn a_changed_tag_is_one_rule_more_and_one_less() {
        let old = Declared {
            rules: vec![rule("a", "x"), rule("b", "x")],
            ..Declared::default()
        };
        let new = Declared {
            rules: vec![rule("b", "x"), rule("a", "y"), rule("c", "x")],
            ..Declared::default()
        };
        let change = new.changes_since(&old);
        assert_eq!(change.rules.to_string(), "+2 -1");
        assert_eq!(change.handlers, Counts::default());
    }
}
