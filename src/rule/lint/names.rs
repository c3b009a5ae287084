//! Finds impossible names: users, hashtags and cashtags with characters that they cannot have.

use super::super::diagnose::{Edit, SEPARATORS, quoted};
use super::super::tree::Clause;
use super::Lint;
use super::constant::Truth;

/// The longest user name. Today the limit is 15 characters, but some early users have longer names.
const LONGEST: usize = 20;

/// The parts of a list that was written in the place of one value. If a part repeats the operator's name, it is removed.
pub(super) fn parts<'v>(value: &'v str, operator: &'v str) -> impl Iterator<Item = &'v str> {
    let is_blank = |c: char| c.is_whitespace() || SEPARATORS.contains(&c);
    let parts = value.split(is_blank).filter(|part| !part.is_empty());
    parts.map(move |part| {
        let rest = part.strip_prefix(operator);
        let rest = rest.and_then(|rest| rest.strip_prefix([':', '=']));
        trimmed(rest.unwrap_or(part))
    })
}

/// A value without the punctuation around it, and without a final `'s`.
fn trimmed(text: &str) -> &str {
    let text = text
        .strip_suffix("'s")
        .or(text.strip_suffix("’s"))
        .unwrap_or(text);
    text.trim_matches(|c: char| c.is_ascii_punctuation() && c != '_')
}

/// Splits a clause into its operator or mark, and its value without quotes.
fn value_of(written: &str) -> (&str, &str) {
    let end = written.find(':').map_or(1, |colon| colon + 1);
    let (name, value) = written.split_at(end.min(written.len()));
    (name, value.trim_matches('"'))
}

pub(crate) fn is_user(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(is_part)
}

/// The user's name in the URL of a user or of a Tweet.
pub(crate) fn user_of_url(url: &str) -> Option<&str> {
    let behind = ["twitter.com/", "x.com/"]
        .into_iter()
        .find_map(|host| url.split_once(host))?
        .1;
    let name = behind.split(['/', '?', '#']).next()?;
    is_user(name).then_some(name)
}

/// Checks the user of a `from:`, a similar operator, or `@name`.
pub(super) fn user(name: &str, written: &str) -> Option<Truth> {
    if is_user(name) {
        return None;
    }
    let (operator, value) = value_of(written);
    let names: Vec<&str> = match user_of_url(value) {
        Some(name) => vec![name],
        None => parts(value, operator.trim_end_matches(':')).collect(),
    };
    // A value with blanks may be a display name, not a list.
    let is_list = names.len() == 1 || value.contains(SEPARATORS);
    let names = if is_list && names.iter().all(|name| is_user(name)) {
        names
    } else {
        Vec::new()
    };
    let instead: Vec<_> = (names.iter())
        .map(|name| format!("{operator}{name}"))
        .collect();
    let what = match instead.len() {
        2.. => format!("`{operator}` takes one user"),
        _ if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
            format!("no user has a name of more than {LONGEST} characters")
        }
        _ => "a user's name has letters without accents, digits and `_` only".to_owned(),
    };
    Some(Truth::Never { why: what, instead })
}

/// Whether a character ends a hashtag. Every ASCII mark but `_` does. Some marks of other scripts do not.
fn ends_tag(c: char) -> bool {
    c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_'
}

pub(super) fn hashtag(tag: &str, written: &str) -> Option<Truth> {
    if !tag.contains(ends_tag) {
        return None;
    }
    let names: Vec<&str> = parts(&written[1..], "").map(trimmed).collect();
    let whole = names.iter().all(|name| !name.contains(ends_tag));
    let instead = if whole {
        names.iter().map(|name| format!("#{name}")).collect()
    } else {
        vec![quoted(written)]
    };
    Some(Truth::Never {
        why: "a hashtag has letters, digits and `_` only".to_owned(),
        instead,
    })
}

/// Checks a cashtag: `$TWTR` and `$BRK.A` are valid, an amount of money is not.
pub(super) fn cashtag(tag: &str, written: &str) -> Option<Truth> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_');
    let is_tag = |tag: &str| {
        tag.starts_with(char::is_alphabetic)
            && tag.ends_with(char::is_alphanumeric)
            && tag.chars().all(is_part)
    };
    if is_tag(tag) {
        return None;
    }
    let names: Vec<&str> = parts(&written[1..], "").collect();
    let instead = if !names.is_empty() && names.iter().all(|name| is_tag(name)) {
        names.iter().map(|name| format!("${name}")).collect()
    } else {
        vec![quoted(written)]
    };
    Some(Truth::Never {
        why: "a cashtag is the letters of a stock, not an amount".to_owned(),
        instead,
    })
}

/// The edit that turns `from:jack, from:bob` into branches of an `OR`. The list goes from this clause to the first one
/// without a comma after it. There is no edit for `from:jack, bob`: it can mean two users, or a user and a word.
pub(super) fn listed(lint: &Lint<'_>, clause: &Clause) -> Option<Vec<Edit>> {
    let source = &lint.source;
    let mut index = source.at(clause.position)?;
    let start = source.operand(index).start;
    let first = lint.text(&source.operand(index));
    let (operator, _) = value_of(first);
    let mut clauses = Vec::new();
    let end = loop {
        let range = source.operand(index);
        let written = lint.text(&range);
        let value = written.strip_prefix(operator).unwrap_or(written);
        let name = trimmed(value);
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        clauses.push(format!("{operator}{name}"));
        if !value.ends_with([',', ';']) {
            break range.end;
        }
        index =
            (index + 1..source.tokens.len()).find(|next| source.range(*next).start >= range.end)?;
        let next = lint.text(&source.operand(index));
        if !next.starts_with(operator) {
            let is_word = next
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | ','));
            let is_open = operator.ends_with(':');
            return (is_open && is_word && next != "OR" && !next.is_empty()).then(Vec::new);
        }
    };
    let is_whole = start == 0 && end == source.value.len();
    let text = match &clauses[..] {
        [_] => return None,
        several if is_whole => several.join(" OR "),
        several => format!("({})", several.join(" OR ")),
    };
    let is_negated = source.slice(..start).ends_with('-');
    (!is_negated).then(|| vec![(start..end, text)])
}
