//! Explains each message of the server, and says what to do about it.

use std::ops::Range;

use super::super::characters;
use super::super::lexer::{Kind, Token};
use super::super::messages::{Code, Message};
use super::super::{MAX_TAG, MAX_VALUE};
use super::{Finding, Source, arguments, names, quoted, stray, syntax};

pub(crate) fn explain(source: &Source<'_>, message: &Message) -> Finding {
    let index = source.at(message.position);
    match (message.code, index) {
        (Code::M6, _) => stray::character(source, source.offset(message.position)),
        (Code::M12, _) => stray::unclosed_quote(source),
        (Code::M24, _) => too_long(source, message),
        (code, Some(index)) => at_token(source, code, index),
        // Without an explanation, the server's own sentence has to do.
        (_, None) => {
            let at = source.offset(message.position);
            Finding::new(
                at..source.value.len(),
                message.text.trim_end(),
                "see the rule language",
            )
        }
    }
}

fn at_token(source: &Source<'_>, code: Code, index: usize) -> Finding {
    match code {
        Code::M1 => sample_under_or(source, index),
        Code::M3 => Finding::new(
            source.range(index),
            format!(
                "`{}` is no operator: a blank between two clauses already means \"and\"",
                source.text(index)
            ),
            "leave it out, or quote it to look for the word",
        )
        .edit(source.with_blanks(index), ""),
        Code::M4 => syntax::unclosed_group(source, index),
        Code::M10 => syntax::unopened_group(source, index),
        Code::M2 | Code::M5 => syntax::unexpected(source, index),
        Code::M7 => only_negations(source, index),
        Code::M8 => only_stop_words(source, index),
        Code::M9 => names::unknown(source, index),
        Code::M11 => has_lang(source, index),
        Code::M13 => Finding::new(
            source.range(index),
            "the operator is `OR` in capitals",
            "write `OR`, or quote the word to look for it",
        )
        .edit(source.range(index), "OR"),
        Code::M14 => not_a_word(source, index),
        _ => arguments::argument(source, code, index),
    }
}

fn sample_under_or(source: &Source<'_>, index: usize) -> Finding {
    let clause = source.operand(index);
    let text = source.slice(clause.clone());
    let finding = Finding::new(
        clause.clone(),
        "`sample:` holds for the whole rule, so it cannot stand in one branch of an `OR`",
        "put the branches into parentheses and `sample:` behind them",
    );
    let samples = source
        .tokens
        .iter()
        .filter(|token| token.kind == Kind::Word && token.text == "sample");
    if samples.count() > 1 {
        return finding;
    }
    let before = source.slice(..clause.start).trim();
    let rest = format!("{before} {}", source.slice(clause.end..).trim());
    finding.edit(0..source.value.len(), format!("({}) {text}", rest.trim()))
}

fn only_negations(source: &Source<'_>, index: usize) -> Finding {
    let (range, what) = part(source, index);
    Finding::new(
        range,
        format!("{what} only says what a Tweet must not have"),
        "add something to look for",
    )
}

fn only_stop_words(source: &Source<'_>, index: usize) -> Finding {
    let (range, what) = part(source, index);
    let plain = (source.tokens.iter())
        .all(|token| matches!(token.kind, Kind::Word | Kind::End) && !token.is_or());
    let finding = Finding::new(
        range,
        format!("{what} has nothing but stop words, which stand in nearly every Tweet"),
        "add another clause, or quote the words",
    );
    if plain {
        finding.edit(0..source.value.len(), quoted(source.value.trim()))
    } else {
        finding
    }
}

/// The part that a message about polarity means: the whole rule, or one branch.
fn part(source: &Source<'_>, index: usize) -> (Range<usize>, &'static str) {
    if index > 0 {
        (source.operand(index), "this branch of the `OR`")
    } else if source.tokens.iter().any(|token| token.is_or()) {
        (source.operand(index), "the first branch of the `OR`")
    } else {
        (0..source.value.trim_end().len(), "the rule")
    }
}

fn has_lang(source: &Source<'_>, index: usize) -> Finding {
    let clause = source.operand(index);
    let finding = Finding::new(
        clause.clone(),
        "`has:lang` went away with PowerTrack 1.0",
        "`-lang:und` are the Tweets whose language is known, `lang:und` the others",
    );
    match index.checked_sub(1) {
        Some(dash) if source.kind(Some(dash)) == Kind::Dash => {
            finding.edit(source.start(dash)..clause.end, "lang:und")
        }
        _ => finding.edit(clause, "-lang:und"),
    }
}

fn not_a_word(source: &Source<'_>, index: usize) -> Finding {
    let finding = Finding::new(
        source.range(index),
        format!("`{}` is no operator", source.text(index)),
        "write `-` directly before what is not wanted, or quote the word to look for it",
    );
    if source
        .tokens
        .get(index + 1)
        .is_some_and(Token::starts_operand)
    {
        finding.edit(source.with_blanks(index), "-")
    } else {
        finding
    }
}

fn too_long(source: &Source<'_>, message: &Message) -> Finding {
    let length = characters(source.value);
    let (what, limit, fix) = if message.position == MAX_TAG + 1 {
        ("the tag", MAX_TAG, "shorten it")
    } else {
        (
            "the rule",
            MAX_VALUE,
            "split it into several rules with the same tag",
        )
    };
    let start = (source.value.char_indices().nth(limit)).map_or(source.value.len(), |(at, _)| at);
    Finding::new(
        start..source.value.len(),
        format!("{what} has {length} characters, and {limit} is the most"),
        fix,
    )
}
