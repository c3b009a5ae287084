//! The normal form of a rule. Rules of equal meaning have equal normal forms, however they are written.

use std::cell::Cell;

use super::Rule;
use super::term::Term;
use super::tree::Expr;

/// The most steps to find out whether one rule implies another. Rules that people write take a few
/// dozen steps.
const MAX_STEPS: u32 = 20_000;

/// A rule without the details that make no difference: the order of parts, parentheses, repetitions,
/// double negations, the case of values, quotes around a single word, aliases of operators.
///
/// Rules with equal normal forms match the same Tweets. Rules that match the same Tweets can still have
/// different normal forms: that `a (b OR c)` equals `a b OR a c` would take too long to find out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Normal(Node);

/// Only terms are negated. No `All` contains an `All`, and no `Any` contains an `Any`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Node {
    Term {
        term: Term,
        negated: bool,
    },
    /// All of several parts: sorted, each once.
    All(Vec<Self>),
    /// Any of several parts: sorted, each once.
    Any(Vec<Self>),
}

impl Rule {
    /// The normal form, by which rules are compared.
    #[must_use]
    pub fn normal(&self) -> Normal {
        Normal(Node::new(self.expr(), false))
    }
}

impl Normal {
    /// Whether every Tweet that matches this rule also matches the other. `true` is certain. `false` can
    /// also mean that it would take too long to find out.
    #[must_use]
    pub fn implies(&self, other: &Self) -> bool {
        self.implies_within(other, &Cell::new(MAX_STEPS))
    }

    /// The same, and takes the steps that it needs from those that are left. It gives up when none are left, and after as
    /// many as any comparison may take.
    pub(super) fn implies_within(&self, other: &Self, left: &Cell<u32>) -> bool {
        let most = left.get().min(MAX_STEPS);
        let steps = Cell::new(most);
        let implies = self.0.implies(&other.0, &steps);
        left.set(left.get() - (most - steps.get()));
        implies
    }
}

impl Node {
    fn new(expr: &Expr, negated: bool) -> Self {
        match (expr, negated) {
            (Expr::Not { inner, .. }, _) => Self::new(inner, !negated),
            (Expr::Clause(clause), _) => Self::Term {
                term: Term::new(&clause.kind),
                negated,
            },
            // `-(a OR b)` is `-a -b`, and `-(a b)` is `-a OR -b`.
            (Expr::All(parts), _) => Self::join(parts, negated, !negated),
            (Expr::Any(parts), _) => Self::join(parts, negated, negated),
        }
    }

    /// Joins parts into an `All` or an `Any`. Parts of the same kind are opened.
    fn join(parts: &[Expr], negated: bool, is_all: bool) -> Self {
        let mut nodes = Vec::with_capacity(parts.len());
        for part in parts {
            match (Self::new(part, negated), is_all) {
                (Self::All(inner), true) | (Self::Any(inner), false) => nodes.extend(inner),
                (node, _) => nodes.push(node),
            }
        }
        nodes.sort_unstable();
        nodes.dedup();
        match nodes.len() {
            1 => nodes.swap_remove(0),
            _ if is_all => Self::All(nodes),
            _ => Self::Any(nodes),
        }
    }

    fn implies(&self, other: &Self, steps: &Cell<u32>) -> bool {
        let Some(left) = steps.get().checked_sub(1) else {
            return false;
        };
        steps.set(left);
        if self == other {
            return true;
        }
        match (self, other) {
            (
                Self::Term { term, negated },
                Self::Term {
                    term: other,
                    negated: other_negated,
                },
            ) => match (negated, other_negated) {
                (false, false) => term.implies(other),
                (true, true) => other.implies(term),
                (false, true) => term.is_never(),
                (true, false) => false,
            },
            // The first two are exact, the others can miss an implication. So these two come first.
            (Self::Any(branches), _) => branches.iter().all(|one| one.implies(other, steps)),
            (_, Self::All(parts)) => parts.iter().all(|part| self.implies(part, steps)),
            (Self::All(parts), Self::Any(branches)) => {
                branches.iter().any(|branch| self.implies(branch, steps))
                    || parts.iter().any(|part| part.implies(other, steps))
            }
            (Self::All(parts), Self::Term { .. }) => {
                parts.iter().any(|part| part.implies(other, steps))
            }
            (Self::Term { .. }, Self::Any(branches)) => {
                branches.iter().any(|branch| self.implies(branch, steps))
            }
        }
    }
}
