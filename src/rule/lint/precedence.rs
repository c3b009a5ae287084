//! Warns about rules such as `cat OR dog lang:en`. Blanks bind before `OR`, so `lang:en` belongs to `dog` only.
//!
//! Many rules mix blanks and `OR` without parentheses on purpose. So there are warnings only about the parts that most
//! likely belong to all branches: conditions at the end of the last branch, or at the beginning of the first one.

use std::ops::Range;

use super::super::lexer::Kind;
use super::super::operators::{self, Operator};
use super::super::tree::Field;
use super::{Lint, Topic};

/// A longer rule is shortened in the message.
const DRAWN: usize = 100;

/// Stands for a group in the place of an operator's name.
const GROUP: &str = "(";

/// The purpose of a part of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// It says what the Tweet is about.
    Text,
    /// It says who wrote the Tweet, or to whom.
    User,
    /// It narrows other parts down, such as a language, a place or a negation.
    Condition,
}

struct Operand<'v> {
    /// In bytes.
    range: Range<usize>,
    class: Class,
    /// Whether the operand is negated, and its operator's name. The name is empty for words.
    family: (bool, &'v str),
}

type Branch<'v> = Vec<Operand<'v>>;

pub(super) fn look(lint: &mut Lint<'_>) {
    let last = lint.source.tokens.len().saturating_sub(1);
    level(lint, 0..last);
}

/// Looks at a group or at the rule, given by its tokens. Returns the class of the whole.
fn level(lint: &mut Lint<'_>, tokens: Range<usize>) -> Class {
    let mut branches: Vec<Branch<'_>> = Vec::new();
    let mut branch = Vec::new();
    let mut index = tokens.start;
    while index < tokens.end {
        if lint.source.is_or(Some(index)) {
            branches.push(std::mem::take(&mut branch));
            index += 1;
            continue;
        }
        let range = lint.source.operand(index);
        let mut next = index + 1;
        while next < tokens.end && lint.source.range(next).start < range.end {
            next += 1;
        }
        branch.push(operand(lint, index..next, range));
        index = next;
    }
    branches.push(branch);
    hint(lint, &branches);
    let mut classes = branches.iter().flatten().map(|operand| operand.class);
    let first = classes.next().unwrap_or(Class::Text);
    if classes.all(|class| class == first) {
        first
    } else {
        Class::Text
    }
}

fn operand<'v>(lint: &mut Lint<'v>, tokens: Range<usize>, range: Range<usize>) -> Operand<'v> {
    let dashes = (tokens.clone())
        .take_while(|index| lint.source.kind(Some(*index)) == Kind::Dash)
        .count();
    let first = tokens.start + dashes;
    let is_operator = lint.source.kind(Some(first)) == Kind::Word
        && first + 1 < tokens.end
        && lint.source.kind(Some(first + 1)) == Kind::Colon;
    let (class, name) = if lint.source.kind(Some(first)) == Kind::Open {
        (level(lint, first + 1..tokens.end.saturating_sub(1)), GROUP)
    } else if is_operator {
        let name = lint.source.text(first);
        (class_of(name), name)
    } else {
        (Class::Text, "")
    };
    Operand {
        range,
        class: if dashes > 0 { Class::Condition } else { class },
        family: (dashes > 0, name),
    }
}

fn class_of(name: &str) -> Class {
    match operators::find(name) {
        Some(
            Operator::Contains
            | Operator::UrlContains
            | Operator::In(Field::Url | Field::UrlTitle | Field::UrlDescription),
        ) => Class::Text,
        Some(
            Operator::User(_)
            | Operator::Status(_)
            | Operator::In(Field::Bio | Field::BioName | Field::BioLocation),
        ) => Class::User,
        // `has` and `is` come here too, since they are no operators by themselves.
        _ => Class::Condition,
    }
}

/// How many parts at the outer end of a branch most likely belong to all branches. `parts` begins with the outermost
/// part.
fn shared(parts: &[&Operand<'_>], others: &[&Branch<'_>]) -> usize {
    let Some((outermost, rest)) = parts.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return 0;
    };
    // A rule with a group, such as `(cat OR dog) lang:en`, shows that its author knows about precedence.
    if rest
        .iter()
        .any(|part| part.class == Class::Text && part.family.1 == GROUP)
    {
        return 0;
    }
    let all = || rest.iter().copied().chain(others.iter().copied().flatten());
    match outermost.class {
        Class::Condition => {
            let run = parts
                .iter()
                .take_while(|part| part.class == Class::Condition);
            let count = run.count().min(rest.len());
            // If each branch has the same kind of condition, the author knows about precedence.
            let is_said = parts[..count].iter().any(|part| {
                let same = |other: &Operand<'_>| other.family == part.family;
                others.iter().all(|branch| branch.iter().any(same))
            });
            if is_said { 0 } else { count }
        }
        Class::User => usize::from(all().all(|other| other.class == Class::Text)),
        Class::Text => {
            let family = rest[0].family;
            usize::from(rest[0].class == Class::User && all().all(|other| other.family == family))
        }
    }
}

fn hint(lint: &mut Lint<'_>, branches: &[Branch<'_>]) {
    let [first, .., last] = branches else {
        return;
    };
    let others: Vec<_> = branches[1..].iter().collect();
    let leading = shared(&first.iter().collect::<Vec<_>>(), &others);
    let others: Vec<_> = branches[..branches.len() - 1].iter().collect();
    let trailing = shared(&last.iter().rev().collect::<Vec<_>>(), &others);
    if leading + trailing == 0 {
        return;
    }
    let span = |operands: &[Operand<'_>]| match (operands.first(), operands.last()) {
        (Some(first), Some(last)) => lint.source.slice(first.range.start..last.range.end),
        _ => "",
    };
    let grouped = |operands: &[Operand<'_>]| match operands {
        [_, _, ..] => format!("({})", span(operands)),
        operands => span(operands).to_owned(),
    };
    let before = span(&first[..leading]);
    let behind = span(&last[last.len() - trailing..]);
    let join = |branches: Vec<String>| branches.join(" OR ");
    let mut drawn = join(branches.iter().map(|branch| grouped(branch)).collect());
    if drawn.chars().count() > DRAWN {
        drawn = match (leading, trailing) {
            (0, _) => format!("… OR {}", grouped(last)),
            (_, 0) => format!("{} OR …", grouped(first)),
            _ => format!("{} OR … OR {}", grouped(first), grouped(last)),
        };
    }
    let what = match (leading, trailing) {
        (0, _) => format!("`{behind}` holds for the last branch only"),
        (_, 0) => format!("`{before}` holds for the first branch only"),
        _ => format!("`{before}` holds for the first branch only, and `{behind}` for the last"),
    };
    let message = format!(
        "{what}, since a blank binds before `OR`: `{drawn}`; write these parentheses if that is meant"
    );
    let end = branches.len() - 1;
    let inner = branches.iter().enumerate().map(|(index, branch)| {
        let from = if index == 0 { leading } else { 0 };
        let to = branch.len() - if index == end { trailing } else { 0 };
        grouped(&branch[from..to])
    });
    let mended = format!("{before} ({}) {behind}", join(inner.collect()));
    let (Some(start), Some(end)) = (first.first(), last.last()) else {
        return;
    };
    let whole = start.range.start..end.range.end;
    let edit = (whole.clone(), mended.trim().to_owned());
    let marked = match (leading, trailing) {
        (0, _) => last.first().map_or(0, |part| part.range.start)..whole.end,
        (_, 0) => whole.start..first.last().map_or(0, |part| part.range.end),
        _ => whole,
    };
    lint.warn(Topic::Precedence, marked, message, vec![edit]);
}
