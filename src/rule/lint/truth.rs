//! Finds clauses that match no Tweet, and clauses that match every Tweet.

use super::super::diagnose::quoted;
use super::super::tree::{Account, Clause, Kind, Level};
use super::{Lint, constant::Truth, countries, languages, names};

/// Whether a clause matches no Tweet or every Tweet. `None` if it depends on the Tweet.
pub(super) fn truth(lint: &Lint<'_>, clause: &Clause) -> Option<Truth> {
    let written = lint.text(&lint.range(clause.position));
    let never = |why: &str, instead| {
        Some(Truth::Never {
            why: why.to_owned(),
            instead,
        })
    };
    let always = |why: &str| {
        Some(Truth::Always {
            why: why.to_owned(),
        })
    };
    let empty = || never("there is nothing between the quotes", Vec::new());
    match &clause.kind {
        Kind::Keyword(text) | Kind::Phrase(text) | Kind::In(_, text) if text.text().is_empty() => {
            empty()
        }
        Kind::Contains(text)
        | Kind::UrlContains(text)
        | Kind::Lang(text)
        | Kind::Source(text)
        | Kind::PlaceCountry(text)
        | Kind::Profile(_, text)
        | Kind::User(_, Account::Name(text))
            if text.is_empty()
                // Only `contains:` can find a blank.
                || text.trim().is_empty() && !matches!(clause.kind, Kind::Contains(_)) =>
        {
            empty()
        }
        Kind::Proximity { words, .. } if words.is_empty() => {
            never("there is no word in the phrase", Vec::new())
        }
        Kind::UrlContains(text) if text.contains(char::is_whitespace) => {
            never("there are no blanks in a URL", Vec::new())
        }
        Kind::Lang(code) if !languages::is_language(code) => {
            Some(code_of("language", code, "lang", written, languages::meant))
        }
        Kind::PlaceCountry(code) | Kind::Profile(Level::Country, code)
            if !countries::is_country(code) =>
        {
            let name = written.split(':').next().unwrap_or_default();
            Some(code_of("country", code, name, written, countries::meant))
        }
        Kind::User(_, Account::Name(name)) | Kind::Mention(Account::Name(name)) => {
            names::user(name, written)
        }
        Kind::Hashtag(tag) => names::hashtag(tag, written),
        Kind::Cashtag(tag) => names::cashtag(tag, written),
        Kind::Status(_, id) if !id.bytes().all(|byte| byte.is_ascii_digit()) => {
            never("the id of a Tweet is a number", Vec::new())
        }
        Kind::Source(name) if name.starts_with("twitter_") => {
            let instead = format!("source:{}", quoted(&name.replace('_', " ")));
            never("the names of programs have blanks", vec![instead])
        }
        Kind::Count(_, range) if range.is_empty() => {
            let (from, to) = (range.start(), range.end());
            let name = written.split(':').next().unwrap_or_default();
            let instead = format!("{name}:{to}..{from}");
            never("the range ends before it begins", vec![instead])
        }
        Kind::Count(_, range) if *range.start() == 0 && *range.end() == u64::MAX => {
            always("every user has 0 or more")
        }
        Kind::Sample(100) => always("all of 100 % are kept"),
        _ => None,
    }
}

type Meant = fn(&str) -> Option<(&'static str, &'static str)>;

/// Explains a code that no Tweet carries, or a list of codes that should be clauses of their own.
fn code_of(what: &str, code: &str, name: &str, written: &str, meant: Meant) -> Truth {
    let parts: Vec<&str> = match meant(code) {
        Some(_) => vec![code],
        None => names::parts(code, name).collect(),
    };
    let found: Option<Vec<_>> = parts.iter().map(|part| meant(part)).collect();
    let instead = |codes: &[(&str, &str)]| {
        let clauses = codes.iter().map(|(code, _)| format!("{name}:{code}"));
        clauses.collect::<Vec<_>>()
    };
    let (_, shown) = written.split_once(':').unwrap_or(("", written));
    match found.as_deref() {
        Some([one]) => Truth::Never {
            why: format!(
                "no Tweet has the {what} `{shown}`, {} is `{}`",
                one.1, one.0
            ),
            instead: instead(&[*one]),
        },
        Some(several) if parts.len() > 1 => Truth::Never {
            why: format!("`{name}:` takes one {what}"),
            instead: instead(several),
        },
        _ => Truth::Never {
            why: format!("no Tweet has the {what} `{shown}`"),
            instead: Vec::new(),
        },
    }
}
