//! What a script declares when it loads, and how two loads differ.

use std::fmt;

use crate::row::TableSpec;

/// A rule as the script declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredRule {
    /// The rule's value.
    pub value: String,
    /// The rule's tag.
    pub tag: Option<String>,
    /// Whether it is sent whatever is known against it.
    pub unchecked: bool,
    /// The file, below the script's folder, that declares it.
    pub file: String,
    /// The line in that file.
    pub line: usize,
}

/// A handler as the script registers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredHandler {
    /// What it is: `filter`, `enrich`, or `on "TAG"`.
    pub name: String,
    /// The file, below the script's folder, that holds it.
    pub file: String,
    /// The line in that file where it begins.
    pub line: usize,
    /// Its text, to tell whether it has changed.
    pub(super) text: String,
}

/// Everything that a script declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// The rules, in the script's order.
    pub rules: Vec<DeclaredRule>,
    /// The handlers, in the order in which they run.
    pub handlers: Vec<DeclaredHandler>,
    /// The tables, in the script's order.
    pub tables: Vec<TableSpec>,
}

/// How many of each are new and gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// In the new load and not in the old.
    pub added: usize,
    /// In the old load and not in the new.
    pub removed: usize,
}

/// What a load has changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    /// Rules, by value and tag.
    pub rules: Counts,
    /// Handlers, by what they are and their text.
    pub handlers: Counts,
    /// Tables, by name and columns.
    pub tables: Counts,
}

impl Declared {
    /// What has changed since an older load.
    pub fn changes_since(&self, old: &Self) -> Change {
        let rule = |a: &DeclaredRule, b: &DeclaredRule| a.value == b.value && a.tag == b.tag;
        let handler =
            |a: &DeclaredHandler, b: &DeclaredHandler| a.name == b.name && a.text == b.text;
        Change {
            rules: counts(&old.rules, &self.rules, rule),
            handlers: counts(&old.handlers, &self.handlers, handler),
            tables: counts(&old.tables, &self.tables, |a, b| a == b),
        }
    }
}

fn counts<T>(old: &[T], new: &[T], same: impl Fn(&T, &T) -> bool) -> Counts {
    let missing = |from: &[T], of: &[T]| {
        of.iter()
            .filter(|item| !from.iter().any(|other| same(item, other)))
            .count()
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
