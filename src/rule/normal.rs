//! Stand-in for the normal form of a rule.

use super::{Expr, Kind, Rule};

/// What a rule means.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Normal(Node);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Node {
    Clause(String),
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
}

impl Rule {
    /// Its normal form.
    #[must_use]
    pub fn normal(&self) -> Normal {
        Normal(node(self.expr()))
    }
}

impl Normal {
    /// Whether every Tweet of this one is one of the other.
    #[must_use]
    pub fn implies(&self, other: &Self) -> bool {
        implies(&self.0, &other.0)
    }
}

fn implies(one: &Node, other: &Node) -> bool {
    if one == other {
        return true;
    }
    match (one, other) {
        (Node::Any(parts), _) => parts.iter().all(|part| implies(part, other)),
        (_, Node::All(parts)) => parts.iter().all(|part| implies(one, part)),
        (_, Node::Any(parts)) if parts.iter().any(|part| implies(one, part)) => true,
        (Node::All(parts), _) => parts.iter().any(|part| implies(part, other)),
        _ => false,
    }
}

fn node(expr: &Expr) -> Node {
    let list = |parts: &[Expr], any: bool| {
        let mut nodes = Vec::new();
        for part in parts {
            match node(part) {
                Node::All(inner) if !any => nodes.extend(inner),
                Node::Any(inner) if any => nodes.extend(inner),
                other => nodes.push(other),
            }
        }
        nodes.sort();
        nodes.dedup();
        nodes
    };
    match expr {
        Expr::All(parts) => match list(parts, false) {
            nodes if nodes.len() == 1 => nodes[0].clone(),
            nodes => Node::All(nodes),
        },
        Expr::Any(parts) => match list(parts, true) {
            nodes if nodes.len() == 1 => nodes[0].clone(),
            nodes => Node::Any(nodes),
        },
        Expr::Not { inner, .. } => match node(inner) {
            Node::Not(inner) => *inner,
            inner => Node::Not(Box::new(inner)),
        },
        Expr::Clause(clause) => Node::Clause(match &clause.kind {
            Kind::Keyword(pattern) | Kind::Phrase(pattern) => format!("{pattern:?}"),
            kind => format!("{kind:?}"),
        }),
    }
}
