//! Warns about clauses that look right, but most likely do not do what was meant.

use super::super::Rule;
use super::super::diagnose::{quoted, without_backslashes};
use super::super::operators;
use super::super::pattern::Pattern;
use super::super::polarity::is_stop_word;
use super::super::tree::{Clause, Expr, Kind};
use super::never::is_same;
use super::{Lint, Topic};

/// Warns about a rule that was pasted with quotes around it, which make it a phrase.
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
    // In an all-capital phrase, `OR` is an ordinary word.
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

/// Whether a rule has operators, and not only words.
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
                && let (Kind::Keyword(_), Pattern::Exact { .. }) = (&clause.kind, pattern)
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

/// Whether a text has characters of Chinese, Japanese, Thai, Lao, Khmer or Burmese, which put no blanks between words.
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

/// Warns about a word with punctuation. The service treats it as a phrase, and quotes would make that visible.
/// `[inferred]`
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
    } else if text
        .split(',')
        .filter(|part| part.contains(char::is_alphabetic))
        .count()
        > 1
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
        (message, quoted(text))
    };
    lint.warn(
        Topic::UnquotedPunctuation,
        range.clone(),
        message,
        vec![(range, mended)],
    );
}

/// Warns about `&`, `<` and `>`, which are escaped in the text of a Tweet. Returns whether it warned.
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
        _ => ("", written),
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
    let quoted = written
        .strip_suffix('"')
        .and_then(|text| text.split_once('"'));
    let edits = quoted.map(|(name, inner)| (range.clone(), format!("{name}\"{}\"", inner.trim())));
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
    let edit = vec![(lint.source.and_blanks(range.clone()), String::new())];
    lint.warn(Topic::StopWord, range, message, edit);
}

/// Warns about a negated group. The service accepts it, but advises against it. `[source: xd/rules-filtering]`
fn negated_group(lint: &mut Lint<'_>, position: usize, parts: &[Expr], any: bool) {
    let range = lint.range(position);
    let text = lint.text(&range);
    let message =
        format!("the service advises against negated groups such as `{text}`; negate each clause");
    let spans = parts.iter().map(|part| match part {
        Expr::Clause(clause) => Some(format!("-{}", lint.text(&lint.range(clause.position)))),
        _ => None,
    });
    let edits = match spans.collect::<Option<Vec<_>>>() {
        // `-(a b)` means `-a OR -b`, and no rule may say that.
        Some(spans) if any => vec![(range.clone(), spans.join(" "))],
        _ => Vec::new(),
    };
    lint.warn(Topic::NegatedGroup, range, message, edits);
}

/// Warns about clauses that repeat a clause beside them.
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
        let before = lint.source.slice(..range.start).trim_end();
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
