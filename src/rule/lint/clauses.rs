//! Clauses that look right and hardly do what was meant.

use super::super::Rule;
use super::super::diagnose::{quoted, without_backslashes};
use super::super::operators;
use super::super::pattern::Pattern;
use super::super::polarity::is_stop_word;
use super::super::tree::{Clause, Expr, Kind};
use super::never::is_same;
use super::{Lint, Topic};

/// A rule that was pasted with the quotes around it, and is a phrase with them.
pub(super) fn quoted_rule(lint: &mut Lint<'_>, expr: &Expr) {
    let Expr::Clause(Clause {
        kind: Kind::Phrase(_),
        ..
    }) = expr
    else {
        return;
    };
    let value = lint.source.value.trim();
    let inside = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    let Some(inside) = inside.map(without_backslashes) else {
        return;
    };
    // Whoever shouts means the word.
    let is_shouted = !inside.contains(char::is_lowercase);
    if is_shouted || !Rule::parse(&inside).is_ok_and(|rule| has_operators(rule.expr())) {
        return;
    }
    let whole = 0..lint.source.value.len();
    let message = "the whole rule stands in quotes, so these very words are looked for".to_owned();
    lint.warn(
        Topic::QuotedRule,
        whole.clone(),
        message,
        vec![(whole, inside)],
    );
}

/// Whether a rule asks for more than words.
fn has_operators(expr: &Expr) -> bool {
    match expr {
        Expr::Any(_) => true,
        Expr::All(parts) => parts.iter().any(has_operators),
        Expr::Not { inner, .. } => has_operators(inner),
        Expr::Clause(clause) => !matches!(
            clause.kind,
            Kind::Keyword(_)
                | Kind::Phrase(_)
                | Kind::Hashtag(_)
                | Kind::Cashtag(_)
                | Kind::Mention(_)
        ),
    }
}

pub(super) fn look(lint: &mut Lint<'_>, expr: &Expr) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => {
            repeated(lint, parts);
            for part in parts {
                if let (Expr::All(_), Expr::Clause(clause)) = (expr, part) {
                    stop_word(lint, clause);
                }
                look(lint, part);
            }
        }
        Expr::Not { position, inner } => {
            if let Expr::Any(parts) | Expr::All(parts) = &**inner {
                negated_group(lint, *position, parts, matches!(**inner, Expr::Any(_)));
            }
            look(lint, inner);
        }
        Expr::Clause(clause) => one(lint, clause),
    }
}

fn one(lint: &mut Lint<'_>, clause: &Clause) {
    match &clause.kind {
        Kind::Keyword(pattern) | Kind::Phrase(pattern) => {
            if without_blanks(pattern.text()) {
                boundaries(lint, clause);
            } else if !entity(lint, clause, pattern.text())
                && let (Kind::Keyword(_), Pattern::Exact(_)) = (&clause.kind, pattern)
            {
                punctuation(lint, clause);
            }
            inner_blanks(lint, clause, pattern.text());
        }
        Kind::Contains(text) => {
            entity(lint, clause, text);
        }
        Kind::In(_, pattern) => inner_blanks(lint, clause, pattern.text()),
        Kind::Lang(text)
        | Kind::Source(text)
        | Kind::Profile(_, text)
        | Kind::PlaceCountry(text) => {
            inner_blanks(lint, clause, text);
        }
        _ => {}
    }
}

/// Chinese, Japanese, Thai, Lao, Khmer and Burmese do not put blanks between words.
fn without_blanks(text: &str) -> bool {
    text.chars().any(|c| {
        matches!(c,
            '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9d}'
            | '\u{20000}'..='\u{3ffff}')
    })
}

fn boundaries(lint: &mut Lint<'_>, clause: &Clause) {
    let range = lint.range(clause.position);
    let text = lint.text(&range);
    let message = format!(
        "`{text}` is looked for as a word between blanks or punctuation, and this script is written without blanks; \
         `contains:` finds it anywhere"
    );
    let start = range.start;
    let edit = vec![(start..start, "contains:".to_owned())];
    lint.warn(Topic::NoWordBoundaries, range, message, edit);
}

/// A word with punctuation in it. The service takes it for a phrase, which quotes would show. `[inferred]`
fn punctuation(lint: &mut Lint<'_>, clause: &Clause) {
    let range = lint.range(clause.position);
    let text = lint.text(&range);
    let bare = text.trim_end_matches([',', ';', '.', '!', '?']);
    let (message, mended) = if text.contains('*') {
        let bare = text.trim_matches('*');
        let message = format!(
            "`{text}` asks for the character `*`: there are no wildcards, `contains:` finds a part of a word"
        );
        (message, format!("contains:{bare}"))
    } else if let Some((name, value)) = text.split_once('=')
        && operators::find(name).is_some()
    {
        let message =
            format!("`{text}` is looked for as text: an operator's value stands behind a `:`");
        (message, format!("{name}:{}", value.trim_start_matches('=')))
    } else if let [_, _, ..] = &text
        .split(',')
        .filter(|part| is_word(part))
        .collect::<Vec<_>>()[..]
    {
        let message = format!(
            "`{text}` is looked for as it stands, since a comma joins nothing: write a blank for \"and\", or `OR`"
        );
        lint.warn(Topic::UnquotedPunctuation, range, message, Vec::new());
        return;
    } else if bare.len() < text.len() && bare.chars().all(char::is_alphanumeric) {
        let message = format!("the punctuation of `{text}` has to stand in the Tweet too");
        (message, bare.to_owned())
    } else {
        let message =
            format!("`{text}` holds punctuation, so it is looked for as a phrase; quotes say so");
        (message, quoted(&text))
    };
    lint.warn(
        Topic::UnquotedPunctuation,
        range.clone(),
        message,
        vec![(range, mended)],
    );
}

fn is_word(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// `&`, `<` and `>` are escaped in the text of a Tweet.
fn entity(lint: &mut Lint<'_>, clause: &Clause, text: &str) -> bool {
    let bare = text
        .replace("&amp;", "")
        .replace("&lt;", "")
        .replace("&gt;", "");
    let range = lint.range(clause.position);
    let written = lint.text(&range);
    if text == "amp" && matches!(clause.kind, Kind::Keyword(_)) {
        let message =
            "`amp` matches every Tweet with an `&`, which stands as `&amp;` in a Tweet's text"
                .to_owned();
        lint.warn(Topic::Entity, range, message, Vec::new());
        return true;
    }
    if !bare.contains(['&', '<', '>']) {
        return false;
    }
    let (name, value) = match &clause.kind {
        Kind::Contains(_) => written.split_at("contains:".len()),
        _ => ("", written.as_str()),
    };
    let plain = value.trim_matches('"');
    let escaped = plain
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let both = format!("({name}\"{plain}\" OR {name}\"{escaped}\")");
    let message = format!(
        "a Tweet's text has `&amp;`, `&lt;` and `&gt;` for these characters, so `{written}` may not be found; \
         asking for both forms is safe"
    );
    lint.warn(Topic::Entity, range.clone(), message, vec![(range, both)]);
    true
}

fn inner_blanks(lint: &mut Lint<'_>, clause: &Clause, text: &str) {
    if text.trim() == text || text.trim().is_empty() {
        return;
    }
    let range = lint.range(clause.position);
    let written = lint.text(&range);
    let message = format!(
        "the blanks at the ends of the quoted text in `{written}` have to stand in the Tweet too"
    );
    let mut parts = written.splitn(2, '"');
    let (name, rest) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let edits = rest
        .strip_suffix('"')
        .map(|inner| (range.clone(), format!("{name}\"{}\"", inner.trim())));
    lint.warn(Topic::Blanks, range, message, edits.into_iter().collect());
}

fn stop_word(lint: &mut Lint<'_>, clause: &Clause) {
    let Kind::Keyword(pattern) = &clause.kind else {
        return;
    };
    if !is_stop_word(pattern.text()) {
        return;
    }
    let range = lint.range(clause.position);
    let text = lint.text(&range);
    let message = format!(
        "`{text}` is a stop word and narrows nothing down; if it belongs to a phrase, quote the phrase"
    );
    let behind = lint.source.value.get(range.end..).unwrap_or_default();
    let blanks = behind.len() - behind.trim_start().len();
    let edit = vec![(range.start..range.end + blanks, String::new())];
    lint.warn(Topic::StopWord, range, message, edit);
}

/// Accepted, and discouraged. `[source: xd/rules-filtering]`
fn negated_group(lint: &mut Lint<'_>, position: usize, parts: &[Expr], any: bool) {
    let range = lint.range(position);
    let text = lint.text(&range);
    let message =
        format!("the service advises against negated groups such as `{text}`; negate each clause");
    let spans = parts.iter().map(|part| match part {
        Expr::Clause(clause) => Some(format!("-{}", lint.text(&lint.range(clause.position)))),
        _ => None,
    });
    let spans: Option<Vec<_>> = spans.collect();
    let edits = match spans {
        // `-(a b)` is `-a OR -b`, which no rule can say.
        Some(spans) if any => vec![(range.clone(), spans.join(" "))],
        _ => Vec::new(),
    };
    lint.warn(Topic::NegatedGroup, range, message, edits);
}

/// Clauses that a clause beside them has said already.
fn repeated(lint: &mut Lint<'_>, parts: &[Expr]) {
    let clauses: Vec<_> = parts
        .iter()
        .filter_map(|part| match part {
            Expr::Clause(clause) => Some(clause),
            _ => None,
        })
        .collect();
    for (index, clause) in clauses.iter().enumerate() {
        if !clauses[..index]
            .iter()
            .any(|other| is_same(&other.kind, &clause.kind))
        {
            continue;
        }
        let range = lint.range(clause.position);
        let text = lint.text(&range);
        let before = lint.source.value.get(..range.start).unwrap_or_default();
        let before = before.trim_end();
        let start = before
            .strip_suffix(" OR")
            .unwrap_or(before)
            .trim_end()
            .len();
        let message = format!("`{text}` has been said before");
        let edit = vec![(start..range.end, String::new())];
        lint.warn(Topic::Repeated, range, message, edit);
    }
}
