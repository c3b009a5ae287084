//! Every message that the server can give about a rule, word for word.

use std::fmt;

use super::certainty::Guess;
use super::operators;

/// The number that the rule reference gives a message.
///
/// If the source of a wording is `[inferred]`, nobody has recorded the server's own wording. Correct
/// it here once a real one is known. M23 belongs to the Search API and never occurs here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Code {
    /// `sample:` with an `OR` above it. `[seed:003]`
    M1,
    /// A leftover token, a missing operand at the end, or a bad number in brackets. `[seed:003]`
    M2,
    /// An unquoted `AND`. `[seed:003]`
    M3,
    /// An unclosed group. `[seed:003]`
    M4,
    /// A token in a place where it cannot stand. `[source: xd/powertrack-api]`
    M5,
    /// A character that cannot start a token. `[source: gnip4j]`
    M6,
    /// Only negations. `[source: xd/powertrack-api]`
    M7,
    /// Only stop words. `[inferred]` The message is the second line of M7.
    M8,
    /// An operator that does not exist. `[source: gnip4j]` `[source: rules-migrator@6473dfe]`
    M9,
    /// A `)` without its `(`. `[source: public code quoting a Search answer]` The newlines are
    /// `[inferred]`.
    M10,
    /// `has:lang`. `[source: rules-migrator@6473dfe]`
    M11,
    /// A quote that never ends. `[inferred]`
    M12,
    /// An unquoted `or`. `[inferred]`
    M13,
    /// An unquoted `NOT`. `[inferred]`
    M14,
    /// A sample outside 1 to 100. `[inferred]`
    M15,
    /// A negated sample. `[inferred]`
    M16,
    /// A count that is neither a number nor a range. `[inferred]`
    M17,
    /// A Tweet id that is not a number. `[inferred]`
    M18,
    /// Coordinates that do not exist, or too large an area. `[inferred]`
    M19,
    /// A proximity outside 1 to 6. `[inferred]`
    M20,
    /// `is:nullcast` without a `-`. `[inferred]`
    M21,
    /// `source:` alone. `[inferred]` The wording follows M23.
    M22,
    /// A value or a tag that is too long. A client's test recorded the message for a value; the one for
    /// a tag is `[inferred]`.
    M24,
}

/// One message of the server about a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) code: Code,
    /// The place that the message is about, in UTF-16 units from 1.
    pub(super) position: usize,
    /// The sentence as the server writes it, with its newlines at the end.
    pub(super) text: String,
    /// Set if it is only a guess that the server refuses the rule.
    pub(super) guess: Option<Guess>,
}

/// The messages with which the server would refuse a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// In the server's order.
    pub(super) messages: Vec<Message>,
}

impl Invalid {
    /// The `message` of the server's answer: the texts of all messages, one after the other.
    pub fn server_text(&self) -> String {
        self.messages
            .iter()
            .map(|message| message.text.as_str())
            .collect()
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.messages.iter().map(|message| message.text.trim_end());
        f.write_str(&texts.collect::<Vec<_>>().join("; "))
    }
}

impl std::error::Error for Invalid {}

impl From<Message> for Invalid {
    fn from(message: Message) -> Self {
        Self {
            messages: vec![message],
        }
    }
}

/// How messages name the end of a rule in the place of a token. Only M4 writes `EOF`, as in the
/// documentation. The recorded M2 has the angle brackets. `[seed:003]` `[source: gnip4j]`
pub(super) const END: &str = "<EOF>";

impl Message {
    /// A sentence of the server. Nearly every sentence ends with its position and a newline.
    fn new(code: Code, position: usize, sentence: &str) -> Self {
        Self {
            code,
            position,
            text: format!("{sentence} (at position {position})\n"),
            guess: None,
        }
    }

    /// Adds the empty line that some sentences end in.
    fn with_empty_line(mut self) -> Self {
        self.text.push('\n');
        self
    }

    pub(super) fn guessed(self, guess: Guess) -> Self {
        Self {
            guess: Some(guess),
            ..self
        }
    }

    pub(super) fn sample_under_or(position: usize) -> Self {
        // The server itself writes two blanks after "parenthesis." and "activites".
        let sentence = "The sample operator cannot be used with an OR. To use the sample operator with \
                        an OR in the rule, the ORed clauses must be grouped together with \
                        parenthesis.  For example, to get 10% of activites that have term1 or term2, \
                        the rule should be (excluding the single quotes) '(term1 OR term2) sample:10'";
        Self::new(Code::M1, position, sentence)
    }

    /// The one sentence that says "position" without "at".
    pub(super) fn cannot_parse(token: &str, position: usize) -> Self {
        Self {
            text: format!("Cannot parse rule at '{token}' (position {position})\n"),
            ..Self::new(Code::M2, position, "")
        }
    }

    /// The message about a word that PowerTrack 1.0 took for an operator and 2.0 refuses. Lower-case
    /// `and` is refused too, but only as a word of its own: `android` and `from:and` are valid.
    pub(super) fn ambiguous(word: &str, position: usize) -> Option<Self> {
        let words = [
            (Code::M3, "and", "a space to logically join two clauses"),
            (Code::M13, "or", "OR to logically join two clauses"),
            (Code::M14, "not", "- to logically negate a clause"),
        ];
        let is_it = |(_, reserved, _): &(Code, &str, &str)| reserved.eq_ignore_ascii_case(word);
        let (code, word, instead) = words.into_iter().find(is_it)?;
        let sentence = format!(
            "Ambiguous use of {word} as a keyword. Use {instead}, or \"{word}\" to find occurrences of \
             {word} in text"
        );
        Some(Self::new(code, position, &sentence))
    }

    pub(super) fn unclosed_group(token: &str, position: usize) -> Self {
        let token = if token == END { "EOF" } else { token };
        let sentence = format!("mismatched input '{token}' expecting ')'");
        Self::new(Code::M4, position, &sentence).with_empty_line()
    }

    pub(super) fn no_viable_token(token: &str, position: usize) -> Self {
        let sentence = format!("no viable alternative at input '{token}'");
        Self::new(Code::M5, position, &sentence)
    }

    pub(super) fn no_viable_character(character: char, position: usize) -> Self {
        let sentence = format!("no viable alternative at character '{character}'");
        Self::new(Code::M6, position, &sentence).with_empty_line()
    }

    /// Both lines of M7.
    pub(super) fn only_negations(position: usize) -> [Self; 2] {
        let second = Self {
            code: Code::M7,
            ..Self::only_stop_words(position)
        };
        let first = "Rules must contain a non-negation term";
        [Self::new(Code::M7, position, first), second]
    }

    pub(super) fn only_stop_words(position: usize) -> Self {
        let sentence = "Rules must contain at least one positive, non-stopword clause";
        Self::new(Code::M8, position, sentence)
    }

    pub(super) fn invalid_field(name: &str, position: usize) -> Self {
        let sentence = format!("Reference to invalid field '{name}'");
        Self::new(Code::M9, position, &sentence)
    }

    /// The second line of M9. Which operators a server lists depends on its age. This line lists the
    /// operators that this crate knows, in the order of the reference. `[inferred]`
    pub(super) fn invalid_field_list(name: &str, position: usize) -> Self {
        let known = operators::names().collect::<Vec<_>>().join(", ");
        let sentence =
            format!("Reference to invalid field '{name}', must be from the list: [{known}]");
        Self::new(Code::M9, position, &sentence)
    }

    pub(super) fn unopened_group(position: usize) -> Self {
        Self::new(Code::M10, position, "missing EOF at ')'").with_empty_line()
    }

    pub(super) fn has_lang(position: usize) -> Self {
        let sentence = "The has:lang operator is not supported. Use lang:und to identify Tweets where \
                        a language classification was not assigned.";
        Self::new(Code::M11, position, sentence)
    }

    pub(super) fn unclosed_quote(position: usize) -> Self {
        let sentence = format!("mismatched character '{END}' expecting '\"'");
        Self::new(Code::M12, position, &sentence).with_empty_line()
    }

    pub(super) fn sample_range(position: usize) -> Self {
        let sentence = "sample must be an integer between 1 and 100";
        Self::new(Code::M15, position, sentence)
    }

    pub(super) fn negated_sample(position: usize) -> Self {
        Self::new(Code::M16, position, "sample cannot be negated")
    }

    pub(super) fn not_a_count(name: &str, position: usize) -> Self {
        let sentence = format!("{name} expects a number or a range such as 10..100");
        Self::new(Code::M17, position, &sentence)
    }

    pub(super) fn not_an_id(name: &str, position: usize) -> Self {
        let sentence = format!("{name} expects a numeric id");
        Self::new(Code::M18, position, &sentence).guessed(Guess::StatusId)
    }

    pub(super) fn out_of_range(name: &str, position: usize) -> Self {
        Self::new(Code::M19, position, &format!("{name} is out of range"))
    }

    pub(super) fn proximity_range(position: usize) -> Self {
        let sentence = "The proximity distance must be between 1 and 6";
        Self::new(Code::M20, position, sentence)
    }

    pub(super) fn positive_nullcast(position: usize) -> Self {
        Self::new(Code::M21, position, "is:nullcast must be negated")
    }

    pub(super) fn source_alone(position: usize) -> Self {
        let sentence = "source cannot be used as a standalone operator";
        Self::new(Code::M22, position, sentence)
    }

    /// This sentence quotes the whole value. Its position is the start of the rule, not its end.
    pub(super) fn long_value(value: &str, length: usize, limit: usize) -> Self {
        let sentence = format!(
            "Rule '{value}' exceeds the maximum length of a rule. It is {length} characters while \
             the maximum allowed is {limit}"
        );
        Self::new(Code::M24, 1, &sentence)
    }

    /// The one sentence without a position.
    pub(super) fn long_tag(limit: usize) -> Self {
        Self {
            text: format!("Tag must not exceed {limit} characters"),
            ..Self::new(Code::M24, limit + 1, "")
        }
    }
}
