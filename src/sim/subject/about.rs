//! The file that says what Tweets are to be about.

use std::{
    fs,
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
};

use fastrand::Rng;
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use ouzel_rule::{Clause, Expr, Kind, Rule};

/// What the keys stand for, for those who have written another one.
const HINT: &str = "write `words`, `hashtags`, `authors` or `languages`, each a list of strings: `words = [\"tea\", \"green tea\"]`";

/// The codes of the `lang` operator. [source: xd/rules-filtering]
const LANGUAGES: &str = "am ar bg bn bo bs ca ckb cs cy da de dv el en es et eu fa fi fr gu hi \
    hi-latn hr ht hu hy in is it iw ja ka km kn ko lo lt lv ml mr my ne nl no or pa pl ps pt ro ru \
    sd si sk sl sr sv ta te th tl tr ug uk und ur vi zh zh-cn zh-tw id he";

/// A longer file is not written by people.
const MAX_BYTES: u64 = 16 << 20;

/// So many characters of a line stand in a message.
const MOST_SHOWN: usize = 200;

/// Why the file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AboutError {
    /// It could not be read.
    #[error("cannot read what Tweets are to be about from `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("cannot use `{}`\n  line {line}: {text}\n  {reason}\nhint: {hint}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What it says.
        text: String,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// It says nothing.
    #[error("`{}` does not say what Tweets are to be about\nhint: {HINT}", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    words: Vec<Spanned<String>>,
    hashtags: Vec<Spanned<String>>,
    authors: Vec<Spanned<String>>,
    languages: Vec<Spanned<String>>,
}

/// What a file names, each as the rule that matches it.
#[derive(Debug)]
pub(super) struct Interests {
    words: Vec<Rule>,
    hashtags: Vec<Rule>,
    authors: Vec<Rule>,
    languages: Vec<Rule>,
}

/// What is wrong with a value, and what to do.
type Wrong = (String, String);

/// A whole file, unless it has no end.
fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = fs::File::open(path)?;
    file.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}

/// A line of the file for a message, whose rest has to be found behind it.
fn shown(line: &str) -> String {
    match line.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

impl Interests {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self, AboutError> {
        let text = read_text(path).map_err(|source| AboutError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(|wrong| {
            let Some((span, (reason, hint))) = wrong else {
                return AboutError::Empty {
                    path: path.to_owned(),
                };
            };
            let line = text[..span.start.min(text.len())].matches('\n').count();
            AboutError::Wrong {
                path: path.to_owned(),
                line: line + 1,
                text: shown(text.lines().nth(line).unwrap_or_default().trim()),
                reason,
                hint,
            }
        })
    }

    /// Understands a file; the error is nothing where it is empty.
    fn parse(text: &str) -> Result<Self, Option<(Range<usize>, Wrong)>> {
        let file: File = toml::from_str(text).map_err(|error| {
            let reason = error.message().trim().to_owned();
            Some((error.span().unwrap_or_default(), (reason, HINT.to_owned())))
        })?;
        let all = |values: &[Spanned<String>], rule: fn(&str) -> Result<Rule, Wrong>| {
            let rule = |value: &Spanned<String>| {
                rule(value.get_ref().trim()).map_err(|wrong| Some((value.span(), wrong)))
            };
            values.iter().map(rule).collect::<Result<Vec<Rule>, _>>()
        };
        let interests = Self {
            words: all(&file.words, word)?,
            hashtags: all(&file.hashtags, hashtag)?,
            authors: all(&file.authors, author)?,
            languages: all(&file.languages, language)?,
        };
        if interests.lists().iter().all(|list| list.is_empty()) {
            return Err(None);
        }
        Ok(interests)
    }

    fn lists(&self) -> [&[Rule]; 4] {
        [&self.words, &self.hashtags, &self.authors, &self.languages]
    }

    /// Some of it: now and then several words, always at least one thing.
    pub(super) fn pick(&self, rng: &mut Rng) -> Vec<&Rule> {
        let mut picked = Vec::new();
        for (list, chance) in self.lists().into_iter().zip([9, 5, 4, 10]) {
            if let Some(rule) = rng.choice(list)
                && rng.u8(0..10) < chance
            {
                picked.push(rule);
            }
        }
        if rng.u8(0..3) == 0 {
            picked.extend(rng.choice(&self.words));
        }
        if picked.is_empty() {
            let all: Vec<&Rule> = self.lists().into_iter().flatten().collect();
            picked.extend(rng.choice(all));
        }
        picked
    }
}

fn word(word: &str) -> Result<Rule, Wrong> {
    let fitting = "write a word or a phrase of at most 100 characters";
    if word.is_empty() {
        return Err(("an empty word".to_owned(), fitting.to_owned()));
    }
    let quoted = word.replace('\\', r"\\").replace('"', "\\\"");
    match Rule::parse(&format!("\"{quoted}\"")) {
        Ok(rule) if word.chars().count() <= 100 => Ok(rule),
        _ => Err((
            format!("`{word}` cannot stand in a Tweet"),
            fitting.to_owned(),
        )),
    }
}

fn hashtag(tag: &str) -> Result<Rule, Wrong> {
    let bare = tag.strip_prefix('#').unwrap_or(tag);
    let fits = |c: char| c.is_alphanumeric() || c == '_' || !c.is_ascii();
    let rule = Rule::parse(&format!("#{bare}")).ok().filter(|rule| {
        let whole = matches!(
            rule.expr(),
            Expr::Clause(Clause {
                kind: Kind::Hashtag(_),
                ..
            })
        );
        whole && bare.chars().count() <= 100 && bare.chars().all(fits)
    });
    rule.ok_or_else(|| {
        let hint = "a hashtag is one word of letters, digits and `_`, with or without the `#`: `\"tea_time\"`";
        (format!("`{tag}` is not a hashtag"), hint.to_owned())
    })
}

fn author(name: &str) -> Result<Rule, Wrong> {
    let bare = name.strip_prefix('@').unwrap_or(name);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let digits = bare.bytes().all(|byte| byte.is_ascii_digit());
    let longest = if digits { 19 } else { 15 };
    let rule = Rule::parse(&format!("from:{bare}")).ok();
    rule.filter(|_| (1..=longest).contains(&bare.len()) && bare.bytes().all(fits))
        .ok_or_else(|| {
            let hint = "an author is a screen name of at most 15 letters, digits and `_`, with or without the `@`, or an account's id";
            (format!("`{name}` is not an author"), hint.to_owned())
        })
}

fn language(code: &str) -> Result<Rule, Wrong> {
    let known = LANGUAGES
        .split_whitespace()
        .any(|known| known.eq_ignore_ascii_case(code));
    let rule = Rule::parse(&format!("lang:{code}")).ok().filter(|_| known);
    rule.ok_or_else(|| {
        let hint = "write the code that the `lang` operator takes: `\"en\"`, `\"ja\"`, `\"zh-TW\"`, `\"und\"` for none";
        (format!("`{code}` is not a language code"), hint.to_owned())
    })
}
