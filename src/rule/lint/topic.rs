//! What a warning is about.

/// The topic of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// No Tweet can match the rule or a part of it.
    NeverMatches,
    /// The same rule stands further up.
    Duplicate,
    /// Another rule means the same.
    SameMeaning,
    /// Another rule matches all Tweets of this rule.
    Shadowed,
    /// A clause changes nothing.
    NoEffect,
    /// A part of one branch is most likely meant for all branches.
    Precedence,
    /// A clause repeats another clause beside it.
    Repeated,
    /// A word is in a script without blanks between words.
    NoWordBoundaries,
    /// Nothing narrows the rule down.
    Broad,
    /// The whole rule is in quotes, which make it a phrase.
    QuotedRule,
    /// A word with punctuation would be clearer in quotes.
    UnquotedPunctuation,
    /// `&`, `<` or `>`, which Tweets write as `&amp;`, `&lt;` and `&gt;`.
    Entity,
    /// The rule is nearly as long as a rule can be.
    Long,
    /// A negated group: `-( … )`.
    NegatedGroup,
    /// A word that stands in nearly every Tweet.
    StopWord,
    /// Blanks at an end of the rule or of a quoted text.
    Blanks,
    /// Nobody knows whether the service accepts the rule.
    Doubtful,
    /// The rule is sent without ouzel's checks.
    Unchecked,
}

impl Topic {
    /// The topic's name in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NeverMatches => "never-matches",
            Self::Duplicate => "duplicate",
            Self::SameMeaning => "same-meaning",
            Self::Shadowed => "shadowed",
            Self::NoEffect => "no-effect",
            Self::Precedence => "precedence",
            Self::Repeated => "repeated",
            Self::NoWordBoundaries => "no-word-boundaries",
            Self::Broad => "broad",
            Self::QuotedRule => "quoted-rule",
            Self::UnquotedPunctuation => "unquoted-punctuation",
            Self::Entity => "entity",
            Self::Long => "long",
            Self::NegatedGroup => "negated-group",
            Self::StopWord => "stop-word",
            Self::Blanks => "blanks",
            Self::Doubtful => "doubtful",
            Self::Unchecked => "unchecked",
        }
    }

    /// Whether the suggestion is meant to match other Tweets than the rule.
    pub(super) fn changes_meaning(self) -> bool {
        matches!(
            self,
            Self::NeverMatches
                | Self::NoEffect
                | Self::Precedence
                | Self::QuotedRule
                | Self::Doubtful
        )
    }
}
