//! Explains tokens in the wrong place.

use super::super::lexer::{Kind, Token};
use super::super::operators::{self, Operator};
use super::stray::ENDS;
use super::{Finding, SEPARATORS, Source, names, quoted, search};

pub(super) fn unclosed_group(source: &Source<'_>, index: usize) -> Finding {
    let open = source.unclosed();
    match open.last() {
        Some(last) if source.kind(Some(index)) == Kind::End => Finding::new(
            source.range(*last),
            "this `(` is never closed",
            "add the missing `)`",
        )
        .edit(
            source.value.len()..source.value.len(),
            ")".repeat(open.len()),
        ),
        _ => unexpected(source, index),
    }
}

pub(super) fn unopened_group(source: &Source<'_>, index: usize) -> Finding {
    Finding::new(
        source.range(index),
        "this `)` closes nothing",
        "take it out, or add the missing `(`",
    )
    .edit(source.with_blanks(index), " ")
}

/// Explains the first token that does not fit.
pub(super) fn unexpected(source: &Source<'_>, index: usize) -> Finding {
    let last = index.checked_sub(1);
    if let Some(open) = bracket_before(source, index) {
        return in_brackets(source, open, index);
    }
    if source.kind(last) == Kind::Colon && index > 1 {
        return value(source, index);
    }
    let range = source.range(index);
    let text = source.text(index);
    match source.kind(Some(index)) {
        Kind::End if index == 0 => {
            Finding::new(range, "the rule is empty", "write what to look for")
        }
        Kind::End => dangling(source, index - 1),
        Kind::Word if source.is_or(Some(index)) => Finding::new(
            range,
            "`OR` has nothing on its left",
            "take it out, or write the clause that is missing",
        )
        .edit(source.with_blanks(index), ""),
        Kind::Close if source.is_or(last) => dangling(source, index - 1),
        Kind::Close => {
            let start = last.map_or(range.start, |open| source.start(open));
            Finding::new(start..range.end, "this group is empty", "take it out")
                .edit(start..range.end, " ")
        }
        Kind::Dash => {
            let blanks = source.end(index)..source.with_blanks(index).end;
            Finding::new(
                range,
                "a `-` has to touch what it negates",
                "take out the blank behind it, or quote the dash to look for it",
            )
            .edit(blanks, "")
        }
        Kind::Colon => colon(source, index),
        Kind::Tilde => Finding::new(
            range,
            "`~N` works on a phrase only, not on an operator's value",
            "take it out",
        ),
        _ if source.kind(last) == Kind::Tilde => {
            let start = last.map_or(range.start, |tilde| source.start(tilde));
            Finding::new(
                start..range.end,
                "behind `~` stands a number from 1 to 6, without a blank",
                "write `\"two words\"~3`",
            )
        }
        Kind::OpenBracket | Kind::CloseBracket => Finding::new(
            range,
            "brackets belong to `bounding_box:[…]` and `point_radius:[…]`",
            "use parentheses to group, or quote the text",
        ),
        _ => Finding::new(
            range,
            format!("`{text}` cannot stand here"),
            "quote it to look for it",
        ),
    }
}

/// Explains a last token after which something is missing.
fn dangling(source: &Source<'_>, last: usize) -> Finding {
    let range = source.range(last);
    let text = source.text(last);
    let before = source.slice(..range.start);
    let start = before.trim_end().len();
    Finding::new(
        range.clone(),
        format!("`{text}` has nothing on its right"),
        "take it out, or write what is missing",
    )
    .edit(start..range.end, "")
}

/// Explains a colon after something that is already complete.
fn colon(source: &Source<'_>, index: usize) -> Finding {
    let last = index.saturating_sub(1);
    let run = |start: usize| {
        let rest = source.slice(start..);
        start
            + rest
                .find([' ', '\t', '\r', '\n', '(', ')', '"'])
                .unwrap_or(rest.len())
    };
    if last > 1 && source.kind(Some(last - 1)) == Kind::Colon && source.touches_last(index) {
        let name_at = last - 2;
        let name = source.text(name_at);
        let operator = operators::find(name);
        let start = source.start(last);
        let whole = start..run(start);
        let text = source.slice(whole.clone());
        if operator.is_none()
            && let Some(finding) = search::foreign(source, name_at)
        {
            return finding;
        }
        let clause = source.start(name_at)..whole.end;
        if text.contains(SEPARATORS) && (operator.is_some() || matches!(name, "has" | "is")) {
            return list(source, clause);
        }
        let bare = text.trim_end_matches(':');
        if bare.len() < text.len() && !bare.is_empty() && !bare.contains(':') {
            return Finding::new(
                source.range(index),
                "a `:` too many stands behind the value",
                "take it out",
            )
            .edit(whole.start + bare.len()..whole.end, "");
        }
        if operator.is_some_and(|operator| !takes_text(operator)) {
            return Finding::new(
                source.range(index),
                format!("the value of `{name}:` holds no colon"),
                "write one value, and other clauses behind a blank",
            )
            // The next round looks at the value, and may correct it further.
            .edit(whole, quoted(text.trim_matches('"')));
        }
        return Finding::new(
            source.range(index),
            "a value that holds a colon has to be quoted",
            "put quotes around it",
        )
        .edit(whole, quoted(text.trim_matches('"')));
    }
    let is_name =
        operators::find(source.text(last)).is_some() || matches!(source.text(last), "has" | "is");
    let finding = Finding::new(
        source.range(index),
        "a `:` has to touch the operator before it and the value behind it",
        "take out the blank, or quote text that holds a colon",
    );
    if source.kind(Some(last)) == Kind::Word && is_name {
        finding.edit(source.end(last)..source.with_blanks(index).end, ":")
    } else {
        finding
    }
}

/// Whether the quoted value of an operator can be any text.
fn takes_text(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Contains
            | Operator::UrlContains
            | Operator::In(_)
            | Operator::Source
            | Operator::Profile(_)
    )
}

/// Explains a list such as `from:a,from:b`. Clauses of one operator become branches of an `OR`; clauses of different
/// operators are joined by blanks.
fn list(source: &Source<'_>, clause: std::ops::Range<usize>) -> Finding {
    let text = source.slice(clause.clone());
    let finding = Finding::new(
        clause.clone(),
        "a comma joins nothing",
        "write `OR` between clauses one of which is enough, and a blank between those that belong together",
    );
    let mut clauses: Vec<String> = Vec::new();
    for part in text.split(SEPARATORS).filter(|part| !part.is_empty()) {
        let last_name = clauses.last().and_then(|last| last.split(':').next());
        clauses.push(match (part.contains(':'), last_name) {
            (false, Some(name)) => format!("{name}:{}", part.trim_start_matches('@')),
            _ => part.to_owned(),
        });
    }
    let name = |clause: &String| clause.split(':').next().map(str::to_owned);
    let is_one = clauses
        .windows(2)
        .all(|pair| name(&pair[0]) == name(&pair[1]));
    let before = source.slice(..clause.start);
    let is_whole = clause == (0..source.value.len());
    let text = match () {
        () if clauses.len() < 2 || !is_one => clauses.join(" "),
        () if before.ends_with('-') => clauses.join(" -"),
        () if is_whole => clauses.join(" OR "),
        () => format!("({})", clauses.join(" OR ")),
    };
    finding.edit(clause, text)
}

/// Explains a wrong token after an operator's colon.
fn value(source: &Source<'_>, index: usize) -> Finding {
    let (name_at, colon) = (index - 2, index - 1);
    let name = source.text(name_at);
    let range = source.range(index);
    let text = source.text(index);
    let kind = source.kind(Some(index));
    let operator = operators::find(name);
    let is_area = matches!(operator, Some(Operator::Box(_) | Operator::Radius(_)));
    if kind == Kind::OpenBracket && !is_area {
        return names::unknown_area(source, name_at, range);
    }
    let fits = matches!(kind, Kind::Word | Kind::Quoted) && !is_area || kind == Kind::OpenBracket;
    if !source.touches_last(index) && fits {
        return Finding::new(
            source.range(colon),
            format!("the value of `{name}:` has to follow without a blank"),
            "take out the blank",
        )
        .edit(source.end(colon)..range.start, "");
    }
    if is_area {
        let form = match operator {
            Some(Operator::Radius(_)) => "[longitude latitude 10mi]",
            _ => "[west south east north]",
        };
        return Finding::new(
            source.start(name_at)..range.end,
            format!("`{name}:` takes numbers in brackets"),
            format!("write `{name}:{form}`"),
        );
    }
    let no_value = Finding::new(
        source.start(name_at)..source.end(colon),
        format!("`{name}:` has no value"),
        "write the value directly behind the colon, or quote text that holds a colon",
    );
    match kind {
        _ if !source.touches_last(index) => no_value,
        Kind::Mention if matches!(operator, Some(Operator::User(_))) => Finding::new(
            range.clone(),
            format!("`{name}:` takes a user's name without the `@`"),
            if text.contains(SEPARATORS) {
                "write a clause for each user, with `OR` between them".to_owned()
            } else {
                format!("write `{name}:{}`", &text[1..])
            },
        )
        .edit(range, &text[1..]),
        Kind::Hashtag | Kind::Cashtag | Kind::Mention => Finding::new(
            range.clone(),
            format!("a value that begins with `{}` has to be quoted", &text[..1]),
            "put quotes around it",
        )
        .edit(range, quoted(text)),
        Kind::Dash => {
            let rest = source.slice(range.start..);
            let value = &rest[..rest.find(ENDS).unwrap_or(rest.len())];
            Finding::new(
                range.clone(),
                "a value that begins with `-` has to be quoted",
                "put quotes around it, or write the `-` before the operator",
            )
            .edit(range.start..range.start + value.len(), quoted(value))
        }
        Kind::Open => Finding::new(
            range,
            format!("`{name}:` takes one value, not a group"),
            "repeat the operator in the group",
        )
        .edits(distributed(source, name_at, index)),
        _ => no_value,
    }
}

/// Turns `from:(a OR b)` into `(from:a OR from:b)`.
fn distributed(source: &Source<'_>, name: usize, open: usize) -> Option<Vec<super::Edit>> {
    let close = source.close(open)?;
    let words: Option<Vec<_>> = source.tokens[open + 1..close]
        .iter()
        .map(|token| match token.kind {
            Kind::Word if token.is_or() => Some("OR".to_owned()),
            Kind::Word | Kind::Quoted => Some(format!("{}:{}", source.text(name), token.text)),
            Kind::Mention => Some(format!("{}:{}", source.text(name), &token.text[1..])),
            _ => None,
        })
        .collect();
    let text = format!("({})", words?.join(" "));
    Some(vec![(source.start(name)..source.end(close), text)])
}

/// The `[` that is still open before a token.
fn bracket_before(source: &Source<'_>, index: usize) -> Option<usize> {
    let before = source.tokens.get(..index)?;
    let last = before
        .iter()
        .rposition(|token| matches!(token.kind, Kind::OpenBracket | Kind::CloseBracket))?;
    (before[last].kind == Kind::OpenBracket && last > 1).then_some(last)
}

fn in_brackets(source: &Source<'_>, open: usize, index: usize) -> Finding {
    let name = source.text(open - 2);
    let text = source.text(index);
    let closes = |token: &Token<'_>| token.kind == Kind::CloseBracket;
    let close = source.tokens.iter().skip(open).position(closes);
    let close = close.map(|count| open + count);
    let radius = matches!(operators::find(name), Some(Operator::Radius(_)));
    let form = if radius {
        "longitude, latitude and a radius such as `10mi` or `10km`"
    } else {
        "west, south, east and north in degrees"
    };
    let finding = |why: String, fix: &str| Finding::new(source.range(index), why, fix);
    let Some(close) = close else {
        return finding(
            format!("the `[` of `{name}:` is never closed"),
            "add the missing `]`",
        )
        .edit(source.value.len()..source.value.len(), "]");
    };
    let inside = source.end(open)..source.start(close);
    let numbers = source.slice(inside.clone());
    if numbers.contains(',') {
        let words: Vec<_> = numbers
            .split([' ', ','])
            .filter(|word| !word.is_empty())
            .collect();
        return finding(
            "numbers in brackets are parted by blanks, not by commas".to_owned(),
            "write blanks",
        )
        .edit(inside, words.join(" "));
    }
    if radius && matches!(source.text(index + 1), "mi" | "km") {
        return finding(
            "the unit of a radius touches its number".to_owned(),
            "take out the blank",
        )
        .edit(source.end(index)..source.start(index + 1), "");
    }
    let why = if text.is_empty() || text == "]" {
        format!("`{name}:` needs one number more")
    } else {
        format!("`{text}` is not what `{name}:` takes here")
    };
    finding(why, &format!("write {form}"))
}
