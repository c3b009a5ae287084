//! Warns about clauses that stand beside others and change nothing.

use super::super::Rule;
use super::super::diagnose::apply;
use super::super::tree::{Clause, Expr, Kind};
use super::constant::Truth;
use super::truth::truth;
use super::{Lint, Topic, never};

pub(super) fn look(lint: &mut Lint<'_>, expr: &Expr) {
    visit(lint, expr, true, false);
}

/// Looks at an expression. `is_beside` says whether it has to hold together with other expressions.
fn visit(lint: &mut Lint<'_>, expr: &Expr, positive: bool, is_beside: bool) {
    match expr {
        Expr::All(parts) => {
            for part in parts {
                visit(lint, part, positive, positive);
            }
        }
        Expr::Any(parts) => {
            for part in parts {
                visit(lint, part, positive, !positive);
            }
        }
        Expr::Not { inner, .. } => visit(lint, inner, !positive, is_beside),
        Expr::Clause(clause) if is_beside => one(lint, clause, positive),
        Expr::Clause(_) => {}
    }
}

fn one(lint: &mut Lint<'_>, clause: &Clause, positive: bool) {
    let range = lint.range(clause.position);
    let text = lint.text(&range);
    match (truth(lint, clause), positive) {
        (Some(Truth::Always { why }), true) => {
            let edit = vec![(lint.source.and_blanks(range.clone()), String::new())];
            // If all other clauses are negated, the rule is not valid without this clause.
            if Rule::parse(&apply(lint.source.value, edit.clone())).is_ok() {
                let message = format!("`{text}` changes nothing: {why}");
                lint.warn(Topic::NoEffect, range, message, edit);
            }
        }
        (Some(Truth::Never { why, instead }), false) => {
            let message = format!("`-{text}` excludes nothing: {why}");
            let edits = never::replaced(lint, &range, &instead);
            lint.warn(Topic::NeverMatches, range, message, edits);
        }
        (None, positive) if is_blank(&clause.kind) => {
            let effect = if positive {
                "changes nothing: it"
            } else {
                "leaves nearly nothing: a blank"
            };
            let message = format!("`{text}` {effect} stands in nearly every Tweet");
            lint.warn(Topic::NoEffect, range, message, Vec::new());
        }
        _ => {}
    }
}

/// Whether a clause asks for blanks only, as `" "` does.
fn is_blank(kind: &Kind) -> bool {
    match kind {
        Kind::Phrase(text) => text.text().trim().is_empty(),
        Kind::Contains(text) => text.trim().is_empty(),
        _ => false,
    }
}
