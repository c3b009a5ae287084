//! Every sentence the server can say about a rule, word for word.

use std::fmt;

use super::certainty::Guess;
use super::operators;

/// Which sentence it is: the number that the rule reference gives it.
///
/// Where the source of a wording reads `[inferred]`, nobody has recorded the server's own: correct
/// it here once a real one turns up. M23 belongs to the Search API and is never said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// `sample:` with an `OR` above it. `[seed:003]`
    M1,
    /// A token left over, an operand missing at the end, a bad number in brackets. `[seed:003]`
    M2,
    /// An unquoted `AND`. `[seed:003]`
    M3,
    /// An unclosed group. `[seed:003]`
    M4,
    /// A token that cannot stand there. `[source: xd/powertrack-api]`
    M5,
    /// A character that cannot start a token. `[source: gnip4j]`
    M6,
    /// Only negations. `[source: xd/powertrack-api]`
    M7,
    /// Only stop words. `[inferred]`: the second line of M7 alone.
    M8,
    /// An operator that does not exist. `[source: gnip4j]` `[source: rules-migrator@6473dfe]`
    M9,
    /// A `)` without its `(`. `[source: public code quoting a Search answer]` `[inferred]` newlines.
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
    /// `source:` alone. `[inferred]`, modelled on M23.
    M22,
    /// A value that is too long, as a client's test has recorded it. A tag that is: `[inferred]`.
    M24,
}

/// One sentence of the server about a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Which sentence.
    pub code: Code,
    /// The place it is about, in UTF-16 units from 1.
    pub position: usize,
    /// The sentence as the server writes it, with the newlines it ends in.
    pub text: String,
    /// Set where it is not known that the server says anything at all.
    pub guess: Option<Guess>,
}

/// What the server would say against a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Its sentences, in its order.
    pub messages: Vec<Message>,
}

impl Invalid {
    /// The `message` of the server's answer: all sentences, one after the other.
    pub fn server_text(&self) -> String {
        self.messages
            .iter()
            .map(|message| message.text.as_str())
            .collect()
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, message) in self.messages.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}", message.text.trim_end())?;
        }
        Ok(())
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

/// How the end of a rule is shown where a token is. M4 alone writes `EOF`, as the documentation
/// has it; the recorded M2 has the angle brackets. `[seed:003]` `[source: gnip4j]`
pub(super) const END: &str = "<EOF>";

impl Message {
    fn new(code: Code, position: usize, text: String) -> Self {
        Self {
            code,
            position,
            text,
            guess: None,
        }
    }

    pub(super) fn guessed(self, guess: Guess) -> Self {
        Self {
            guess: Some(guess),
            ..self
        }
    }

    pub(super) fn sample_under_or(position: usize) -> Self {
        // Two blanks after "parenthesis." and "activites" are the server's.
        let text = format!(
            "The sample operator cannot be used with an OR. To use the sample operator with an OR \
             in the rule, the ORed clauses must be grouped together with parenthesis.  For \
             example, to get 10% of activites that have term1 or term2, the rule should be \
             (excluding the single quotes) '(term1 OR term2) sample:10' (at position {position})\n"
        );
        Self::new(Code::M1, position, text)
    }

    pub(super) fn cannot_parse(token: &str, position: usize) -> Self {
        let text = format!("Cannot parse rule at '{token}' (position {position})\n");
        Self::new(Code::M2, position, text)
    }

    pub(super) fn ambiguous_and(position: usize) -> Self {
        let text = format!(
            "Ambiguous use of and as a keyword. Use a space to logically join two clauses, or \
             \"and\" to find occurrences of and in text (at position {position})\n"
        );
        Self::new(Code::M3, position, text)
    }

    pub(super) fn unclosed_group(token: &str, position: usize) -> Self {
        let token = if token == END { "EOF" } else { token };
        let text = format!("mismatched input '{token}' expecting ')' (at position {position})\n\n");
        Self::new(Code::M4, position, text)
    }

    pub(super) fn no_viable_token(token: &str, position: usize) -> Self {
        let text = format!("no viable alternative at input '{token}' (at position {position})\n");
        Self::new(Code::M5, position, text)
    }

    pub(super) fn no_viable_character(character: char, position: usize) -> Self {
        let text = format!(
            "no viable alternative at character '{character}' (at position {position})\n\n"
        );
        Self::new(Code::M6, position, text)
    }

    /// Both lines of M7.
    pub(super) fn only_negations(position: usize) -> [Self; 2] {
        let first = format!("Rules must contain a non-negation term (at position {position})\n");
        let second = Self {
            code: Code::M7,
            ..Self::only_stop_words(position)
        };
        [Self::new(Code::M7, position, first), second]
    }

    pub(super) fn only_stop_words(position: usize) -> Self {
        let text = format!(
            "Rules must contain at least one positive, non-stopword clause (at position {position})\n"
        );
        Self::new(Code::M8, position, text)
    }

    pub(super) fn invalid_field(name: &str, position: usize) -> Self {
        let text = format!("Reference to invalid field '{name}' (at position {position})\n");
        Self::new(Code::M9, position, text)
    }

    /// The second line of M9. Which operators a server lists depends on its age; this one lists
    /// those it knows, in the order of the reference. `[inferred]`
    pub(super) fn invalid_field_list(name: &str, position: usize) -> Self {
        let known: Vec<&str> = operators::names().collect();
        let text = format!(
            "Reference to invalid field '{name}', must be from the list: [{}] (at position {position})\n",
            known.join(", ")
        );
        Self::new(Code::M9, position, text)
    }

    pub(super) fn unopened_group(position: usize) -> Self {
        Self::new(
            Code::M10,
            position,
            format!("missing EOF at ')' (at position {position})\n\n"),
        )
    }

    pub(super) fn has_lang(position: usize) -> Self {
        let text = format!(
            "The has:lang operator is not supported. Use lang:und to identify Tweets where a \
             language classification was not assigned. (at position {position})\n"
        );
        Self::new(Code::M11, position, text)
    }

    pub(super) fn unclosed_quote(position: usize) -> Self {
        let text =
            format!("mismatched character '{END}' expecting '\"' (at position {position})\n\n");
        Self::new(Code::M12, position, text)
    }

    pub(super) fn ambiguous_or(position: usize) -> Self {
        let text = format!(
            "Ambiguous use of or as a keyword. Use OR to logically join two clauses, or \"or\" to \
             find occurrences of or in text (at position {position})\n"
        );
        Self::new(Code::M13, position, text)
    }

    pub(super) fn ambiguous_not(position: usize) -> Self {
        let text = format!(
            "Ambiguous use of not as a keyword. Use - to logically negate a clause, or \"not\" to \
             find occurrences of not in text (at position {position})\n"
        );
        Self::new(Code::M14, position, text)
    }

    pub(super) fn sample_range(position: usize) -> Self {
        let text =
            format!("sample must be an integer between 1 and 100 (at position {position})\n");
        Self::new(Code::M15, position, text)
    }

    pub(super) fn negated_sample(position: usize) -> Self {
        Self::new(
            Code::M16,
            position,
            format!("sample cannot be negated (at position {position})\n"),
        )
    }

    pub(super) fn not_a_count(name: &str, position: usize) -> Self {
        let text = format!(
            "{name} expects a number or a range such as 10..100 (at position {position})\n"
        );
        Self::new(Code::M17, position, text)
    }

    pub(super) fn not_an_id(name: &str, position: usize) -> Self {
        let text = format!("{name} expects a numeric id (at position {position})\n");
        Self::new(Code::M18, position, text).guessed(Guess::StatusId)
    }

    pub(super) fn out_of_range(name: &str, position: usize) -> Self {
        let text = format!("{name} is out of range (at position {position})\n");
        Self::new(Code::M19, position, text)
    }

    pub(super) fn proximity_range(position: usize) -> Self {
        let text =
            format!("The proximity distance must be between 1 and 6 (at position {position})\n");
        Self::new(Code::M20, position, text)
    }

    pub(super) fn positive_nullcast(position: usize) -> Self {
        let text = format!("is:nullcast must be negated (at position {position})\n");
        Self::new(Code::M21, position, text)
    }

    pub(super) fn source_alone(position: usize) -> Self {
        let text =
            format!("source cannot be used as a standalone operator (at position {position})\n");
        Self::new(Code::M22, position, text)
    }

    /// The whole value stands in it, and the position is that of the rule and not of its end.
    pub(super) fn long_value(value: &str, length: usize, limit: usize) -> Self {
        let text = format!(
            "Rule '{value}' exceeds the maximum length of a rule. It is {length} characters while \
             the maximum allowed is {limit} (at position 1)\n"
        );
        Self::new(Code::M24, 1, text)
    }

    pub(super) fn long_tag(limit: usize) -> Self {
        Self::new(
            Code::M24,
            limit + 1,
            format!("Tag must not exceed {limit} characters"),
        )
    }
}
