//! Explains characters that begin no token, and quotes that never end.

use unicode_properties::{GeneralCategory, UnicodeEmoji, UnicodeGeneralCategory};

use super::super::{Rule, operators};
use super::{Finding, Source, escapes, quoted};

/// The characters that end a word.
pub(super) const ENDS: [char; 9] = [' ', '\t', '\r', '\n', '(', ')', '[', ']', '"'];

pub(super) fn character(source: &Source<'_>, at: usize) -> Finding {
    let value = source.value;
    let (before, rest) = value.split_at(at);
    let Some(c) = rest.chars().next() else {
        return Finding::new(at..at, "the rule ends too early", "write what is missing");
    };
    let one = at..at + c.len_utf8();
    let run = &rest[..rest.find(ENDS).unwrap_or(rest.len())];
    let run = if run.is_empty() {
        &rest[..c.len_utf8()]
    } else {
        run
    };
    let whole = at..at + run.len();
    if let Some(open) = open_bracket(before) {
        return commas(value, open, one);
    }
    if let Some(finding) = escapes::pasted(value, at) {
        return finding;
    }
    match c {
        '“' | '”' | '„' | '«' | '»' => Finding::new(
            one,
            format!("`{c}` is a letter to the service: only `\"` quotes"),
            "write straight quotes",
        )
        .edits(Some(
            value
                .char_indices()
                .filter(|(_, c)| matches!(c, '“' | '”' | '„' | '«' | '»'))
                .map(|(start, c)| (start..start + c.len_utf8(), "\"".to_owned()))
                .collect(),
        )),
        '\'' => apostrophe(value, at),
        '|' => Finding::new(one, "`|` is no operator", "write `OR` between blanks")
            .edit(pipes(value, at), " OR "),
        '~' => {
            let blanks = before.trim_end().len()..at;
            let finding = Finding::new(
                one,
                "`~` has to touch the phrase before it",
                "write `\"two words\"~3`",
            );
            if before.trim_end().ends_with('"') && !blanks.is_empty() {
                finding.edit(blanks, "")
            } else {
                finding
            }
        }
        '&' | '+' if run.chars().all(|other| other == c) => Finding::new(
            whole.clone(),
            format!("`{run}` is no operator: a blank between two clauses already means \"and\""),
            "leave it out, or quote it to look for it",
        )
        .edit(source.and_blanks(whole), ""),
        '+' => Finding::new(
            one.clone(),
            "`+` is no operator: every clause is required",
            "leave it out",
        )
        .edit(one, ""),
        '!' if run.len() > 1 => Finding::new(
            one.clone(),
            "`!` is no operator",
            "write `-` directly before what is not wanted",
        )
        .edit(one, "-"),
        '*' => Finding::new(
            one,
            "there are no wildcards",
            "use `contains:` for a part of a word",
        ),
        ',' if run.len() == 1 => Finding::new(
            one,
            "a comma joins nothing",
            "write a blank for \"and\", or `OR`",
        ),
        _ => unquoted(source, c, whole),
    }
}

/// Explains a text that a rule can only look for in quotes.
fn unquoted(source: &Source<'_>, c: char, whole: std::ops::Range<usize>) -> Finding {
    let before = &source.value[..whole.start];
    let text = &source.value[whole.clone()];
    let is_symbol = !c.is_ascii()
        && (c.is_emoji_char()
            || matches!(
                c.general_category(),
                GeneralCategory::OtherSymbol | GeneralCategory::MathSymbol
            ));
    let why = if is_symbol {
        format!("`{c}` is one of the symbols that have to be quoted")
    } else if matches!(c, '#' | '$' | '@') {
        format!("`{c}` has to touch a word that begins with a letter or digit")
    } else if c.is_control() {
        "a control character cannot stand in a rule".to_owned()
    } else {
        format!("a word cannot begin with `{c}`")
    };
    // After an operator's colon, only the value is quoted. After any other colon, the whole text is quoted.
    let name_start = before.strip_suffix(':').map(|name| {
        let cut = name.rfind(|c: char| ENDS.contains(&c) || c == ':' || c == '-');
        let start = cut.map_or(0, |at| {
            at + name[at..].chars().next().map_or(1, char::len_utf8)
        });
        (start, operators::find(&name[start..]).is_some())
    });
    let finding = Finding::new(whole.clone(), why, "quote it to look for it");
    if c.is_control() {
        return finding;
    }
    match name_start {
        Some((start, false)) if start + 1 < whole.start => {
            let all = start..whole.end;
            let text = &source.value[all.clone()];
            finding.edit(all, quoted(text))
        }
        _ => finding.edit(whole, quoted(text)),
    }
}

/// Explains an apostrophe. `'two words'` is meant as a phrase; a single apostrophe is removed.
fn apostrophe(value: &str, at: usize) -> Finding {
    let ends = |at: usize| {
        value[at + 1..]
            .chars()
            .next()
            .is_none_or(|c| ENDS.contains(&c))
    };
    let begins = |at: usize| {
        value[..at]
            .chars()
            .next_back()
            .is_none_or(|c| ENDS.contains(&c) || c == ':')
    };
    let others = |range: std::ops::Range<usize>| {
        let start = range.start;
        value[range]
            .match_indices('\'')
            .map(move |(offset, _)| start + offset)
    };
    let pair = if begins(at) {
        others(at + 1..value.len())
            .find(|other| ends(*other))
            .map(|other| (at, other))
    } else {
        let all: Vec<_> = others(0..at).filter(|other| begins(*other)).collect();
        all.last().map(|other| (*other, at))
    };
    let finding = Finding::new(
        at..at + 1,
        "`'` does not quote",
        "write `\"` around a phrase",
    );
    match pair {
        Some((open, close)) => finding.edits(Some(
            [open, close]
                .map(|at| (at..at + 1, "\"".to_owned()))
                .to_vec(),
        )),
        None => finding.edit(at..at + 1, ""),
    }
}

/// The range of a `|` and of all `|` and blanks around it. So `||` is corrected only once.
fn pipes(value: &str, at: usize) -> std::ops::Range<usize> {
    let is_part = |c: char| c == '|' || c == ' ';
    let start = value[..at].trim_end_matches(is_part).len();
    let rest = &value[at..];
    start..at + rest.len() - rest.trim_start_matches(is_part).len()
}

/// The last `[`, if it is still open.
fn open_bracket(before: &str) -> Option<usize> {
    let last = before.rfind(['[', ']', '"'])?;
    before[last..].starts_with('[').then_some(last)
}

fn commas(value: &str, open: usize, one: std::ops::Range<usize>) -> Finding {
    let rest = &value[open + 1..];
    let inside = open + 1..open + 1 + rest.find(']').unwrap_or(rest.len());
    let numbers = &value[inside.clone()];
    let finding = Finding::new(
        one,
        "only numbers and blanks stand in brackets",
        "write the numbers with blanks between them",
    );
    if numbers.contains([',', ';']) {
        let words: Vec<_> = numbers
            .split([' ', ',', ';'])
            .filter(|word| !word.is_empty())
            .collect();
        finding.edit(inside, words.join(" "))
    } else {
        finding
    }
}

pub(super) fn unclosed_quote(source: &Source<'_>) -> Finding {
    let value = source.value;
    let mut open = 0;
    let mut inside = false;
    let mut escaped = false;
    let mut depth = 0_usize;
    for (at, c) in value.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => {
                inside = !inside;
                open = at;
            }
            '(' if !inside => depth += 1,
            ')' if !inside => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    let plain = escapes::without_backslashes(value);
    if value.contains("\\\"") && Rule::parse(&plain).is_ok() {
        let at = value.find("\\\"").unwrap_or(open);
        return Finding::new(
            at..at + 1,
            "`\\` here is an escape from where the rule was copied",
            "write the rule as it is meant, without escapes",
        )
        .edit(0..value.len(), plain);
    }
    // The `)` that close open groups belong after the phrase.
    let mut end = value.len();
    while depth > 0 && end > open + 2 && value[..end].ends_with(')') {
        end -= 1;
        depth -= 1;
    }
    Finding::new(
        open..open + 1,
        "this quote is never closed",
        "add the missing `\"`",
    )
    .edit(end..end, "\"")
}
