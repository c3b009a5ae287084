//! Cuts a rule into tokens.

use super::certainty::Guess;
use super::messages::{END, Message};

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    Colon,
    /// A `-` at the start of a token. Inside a word, a `-` is part of the word.
    Dash,
    /// The `~` directly after a quoted phrase.
    Tilde,
    Quoted,
    Hashtag,
    Cashtag,
    Mention,
    Word,
    End,
}

/// A piece of a rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    /// Counted in UTF-16 units from 1, as the server does.
    pub(super) position: usize,
    /// In bytes from 0.
    start: usize,
}

impl<'a> Token<'a> {
    /// Whether nothing stands between this token and the next one.
    pub(super) fn touches(&self, next: &Token<'_>) -> bool {
        self.end() == next.start
    }

    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn is_or(&self) -> bool {
        self.kind == Kind::Word && self.text == "OR"
    }

    /// Whether a clause, a group or a negation can begin with this token.
    pub(super) fn starts_operand(&self) -> bool {
        match self.kind {
            Kind::Word => !self.is_or(),
            kind => matches!(
                kind,
                Kind::Dash
                    | Kind::Open
                    | Kind::Quoted
                    | Kind::Hashtag
                    | Kind::Cashtag
                    | Kind::Mention
            ),
        }
    }

    /// The token as messages show it.
    pub(super) fn shown(&self) -> &'a str {
        if self.kind == Kind::End {
            END
        } else {
            self.text
        }
    }
}

/// Cuts a rule into tokens; the last one is [`Kind::End`]. Characters that belong to no token are errors.
pub(super) fn lex(value: &str) -> Result<Vec<Token<'_>>, Vec<Message>> {
    match lex_leniently(value) {
        Ok((_, guesses)) if !guesses.is_empty() => Err(guesses),
        Ok((tokens, _)) => Ok(tokens),
        Err(errors) => Err(errors),
    }
}

/// Like [`lex`], but errors that are only guesses are returned beside the tokens and refuse nothing.
pub(super) fn lex_leniently(value: &str) -> Result<(Vec<Token<'_>>, Vec<Message>), Vec<Message>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut errors = Vec::new();
    let mut start = 0;
    let mut position = 1;
    while let Some(first) = value[start..].chars().next() {
        let rest = &value[start..];
        let behind_quote = tokens
            .last()
            .is_some_and(|last| last.kind == Kind::Quoted && last.end() == start);
        let length = match lexeme(first, rest, behind_quote) {
            Lexeme::Blank => first.len_utf8(),
            Lexeme::Token(kind, length) => {
                if kind == Kind::Word && is_guessed(first) {
                    let stray = Message::no_viable_character(first, position);
                    errors.push(stray.guessed(Guess::Character));
                }
                tokens.push(Token {
                    kind,
                    text: &rest[..length],
                    position,
                    start,
                });
                length
            }
            Lexeme::Stray => {
                errors.push(Message::no_viable_character(first, position));
                first.len_utf8()
            }
            Lexeme::Unclosed => {
                errors.push(Message::unclosed_quote(position + utf16_len(rest)));
                rest.len()
            }
        };
        position += utf16_len(&rest[..length]);
        start += length;
    }
    tokens.push(Token {
        kind: Kind::End,
        text: "",
        position,
        start,
    });
    if errors.iter().all(|error| error.guess.is_some()) {
        Ok((tokens, errors))
    } else {
        Err(errors)
    }
}

/// The length of a text as the server counts it.
pub(super) fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The first piece of a text. A token comes with its length in bytes.
enum Lexeme {
    Blank,
    Token(Kind, usize),
    /// A character that cannot start a token.
    Stray,
    /// A quote that never ends.
    Unclosed,
}

fn lexeme(first: char, rest: &str, behind_quote: bool) -> Lexeme {
    let single = |kind| Lexeme::Token(kind, 1);
    // `#`, `$` and `@` belong to the word that follows. Without a word they are stray.
    let marked = |kind| {
        if rest[1..].chars().next().is_some_and(can_start_word) {
            Lexeme::Token(kind, 1 + word_len(&rest[1..]))
        } else {
            Lexeme::Stray
        }
    };
    match first {
        ' ' | '\t' | '\r' | '\n' => Lexeme::Blank,
        '(' => single(Kind::Open),
        ')' => single(Kind::Close),
        '[' => single(Kind::OpenBracket),
        ']' => single(Kind::CloseBracket),
        ':' => single(Kind::Colon),
        '-' => single(Kind::Dash),
        '~' if behind_quote => single(Kind::Tilde),
        '"' => quoted_len(rest).map_or(Lexeme::Unclosed, |length| {
            Lexeme::Token(Kind::Quoted, length)
        }),
        '#' => marked(Kind::Hashtag),
        '$' => marked(Kind::Cashtag),
        '@' => marked(Kind::Mention),
        _ if can_start_word(first) || is_guessed(first) => {
            Lexeme::Token(Kind::Word, word_len(rest))
        }
        _ => Lexeme::Stray,
    }
}

/// Whether a word can start with a character. This is the published list of characters that cannot
/// start a keyword, with two changes: `_` is allowed, since user names can begin with it, and `` ` ``,
/// `^`, `$` and control characters are refused. `[inferred]`
fn can_start_word(c: char) -> bool {
    !matches!(c,
        '\0'..=' ' | '!'..='/' | ':'..='@' | '['..='^' | '`' | '{'..='\u{bf}'
        | '\u{2b0}'..='\u{37f}'
        | '\u{2000}'..='\u{2bff}'
        | '\u{ff00}'..='\u{ff03}' | '\u{ff05}'..='\u{ff0f}')
}

/// Whether neither published list names a character. `[inferred]`
fn is_guessed(c: char) -> bool {
    matches!(c, '^' | '`')
}

/// The length of the word at the start of a text. A word can hold apostrophes, but not end with one:
/// a recorded answer names the second apostrophe of `'coca cola'` as an error of its own.
/// `[source: public code quoting a Search answer]`
fn word_len(rest: &str) -> usize {
    let end = rest
        .find([' ', '\t', '\r', '\n', '(', ')', '[', ']', '"', ':'])
        .unwrap_or(rest.len());
    rest[..end].trim_end_matches('\'').len()
}

/// The length of the phrase at the start of a text, with both quotes. `None` if the phrase never ends.
fn quoted_len(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(index + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "`expect!` makes a value")]
    fn check(value: &str, expected: Expect) {
        let shown = match lex(value) {
            Ok(tokens) => tokens
                .iter()
                .map(|token| format!("{:?}@{} {}", token.kind, token.position, token.text))
                .collect::<Vec<_>>(),
            Err(errors) => errors
                .iter()
                .map(|error| {
                    format!(
                        "{:?}@{} {}",
                        error.code,
                        error.position,
                        error.text.trim_end()
                    )
                })
                .collect(),
        };
        expected.assert_eq(shown.join(" | ").trim_end());
    }

    #[test]
    fn tokens_and_their_positions() {
        check("", expect!["End@1"]);
        check("a -b", expect!["Word@1 a | Dash@3 - | Word@4 b | End@5"]);
        check(
            "a-b --c",
            expect!["Word@1 a-b | Dash@5 - | Dash@6 - | Word@7 c | End@8"],
        );
        check(
            "🍕 OR 🍕",
            expect!["Word@1 🍕 | Word@4 OR | Word@7 🍕 | End@9"],
        );
        check(
            "#a $B.C @d_e",
            expect!["Hashtag@1 #a | Cashtag@4 $B.C | Mention@9 @d_e | End@13"],
        );
        check(
            "\"a b\"~6 c",
            expect![[r#"Quoted@1 "a b" | Tilde@6 ~ | Word@7 6 | Word@9 c | End@10"#]],
        );
        check(
            r#""a\"b" "\\""#,
            expect![[r#"Quoted@1 "a\"b" | Quoted@8 "\\" | End@12"#]],
        );
        check(
            "x:[-1.5 2km]",
            expect![
                "Word@1 x | Colon@2 : | OpenBracket@3 [ | Dash@4 - | Word@5 1.5 | Word@9 2km | CloseBracket@12 ] | End@13"
            ],
        );
        check(
            "a\"b\"c(d)",
            expect![[
                r#"Word@1 a | Quoted@2 "b" | Word@5 c | Open@6 ( | Word@7 d | Close@8 ) | End@9"#
            ]],
        );
        check(
            "hello!%&'*+-./;<=>?,#@world _x",
            expect!["Word@1 hello!%&'*+-./;<=>?,#@world | Word@29 _x | End@31"],
        );
    }

    #[test]
    fn characters_that_are_no_token() {
        check(
            "a ~6",
            expect!["M6@3 no viable alternative at character '~' (at position 3)"],
        );
        check(
            "# $ @x",
            expect![
                "M6@1 no viable alternative at character '#' (at position 1) | M6@3 no viable alternative at character '$' (at position 3)"
            ],
        );
        check(
            "🍕 'a'",
            expect![
                "M6@4 no viable alternative at character ''' (at position 4) | M6@6 no viable alternative at character ''' (at position 6)"
            ],
        );
        check(
            "! \"🍕\\\"",
            expect![[
                r#"M6@1 no viable alternative at character '!' (at position 1) | M12@8 mismatched character '<EOF>' expecting '"' (at position 8)"#
            ]],
        );
        check(
            "“a”",
            expect!["M6@1 no viable alternative at character '“' (at position 1)"],
        );
    }
}
