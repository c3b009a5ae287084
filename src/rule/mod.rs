//! The PowerTrack rule language. Pure: no IO, no clock. (A stand-in until the real folder is merged.)

/// The longest value of a rule, in characters.
pub const MAX_VALUE: usize = 2048;
/// The longest tag of a rule, in characters.
pub const MAX_TAG: usize = 255;

/// A parsed rule.
#[derive(Debug, Clone)]
pub struct Rule {
    value: String,
    words: Vec<String>,
}

/// Why a value is not a rule.
#[derive(Debug, Clone)]
pub struct Invalid {
    /// The validator's messages.
    pub messages: Vec<String>,
}

impl Invalid {
    /// The messages as the server joins them.
    #[must_use]
    pub fn server_text(&self) -> String {
        self.messages.concat()
    }
}

/// What rules look at in one Tweet.
#[derive(Debug)]
pub struct Analysis<'a> {
    text: String,
    tweet: std::marker::PhantomData<&'a ()>,
}

impl<'a> Analysis<'a> {
    /// The analysis of a native Tweet.
    #[must_use]
    pub fn native(tweet: &'a sonic_rs::Value) -> Self {
        use sonic_rs::{JsonContainerTrait, JsonValueTrait};
        let root = tweet.as_object();
        let text = |value: Option<&sonic_rs::Value>, key: &str| {
            value
                .and_then(|v| v.as_object())
                .and_then(|o| o.get(&key))
                .and_then(|v| v.as_str())
                .unwrap_or_default()
                .to_lowercase()
        };
        let extended = root.and_then(|o| o.get(&"extended_tweet"));
        let retweeted = root.and_then(|o| o.get(&"retweeted_status"));
        Self {
            text: format!(
                "{} {} {}",
                text(Some(tweet), "text"),
                text(extended, "full_text"),
                text(retweeted, "text")
            ),
            tweet: std::marker::PhantomData,
        }
    }
}

impl Rule {
    /// Parses a value.
    ///
    /// # Errors
    /// If the value is not a rule.
    pub fn parse(value: &str) -> Result<Self, Invalid> {
        let invalid = |message: String| Invalid {
            messages: vec![message],
        };
        if let Some(at) = value.find(" AND ") {
            return Err(invalid(format!(
                "Ambiguous use of and as a keyword. Use a space to logically join two clauses, or \"and\" to find occurrences of and in text (at position {})\n",
                at + 2
            )));
        }
        if let Some(at) = value.find("contains:$") {
            let token = value[at + 9..].split(' ').next().unwrap_or_default();
            return Err(invalid(format!(
                "no viable alternative at input '{token}' (at position {})\n",
                at + 10
            )));
        }
        if value.chars().count() > MAX_VALUE {
            return Err(invalid(
                "Rule value must not exceed 2048 characters (at position 2049)\n".to_owned(),
            ));
        }
        let words = value
            .split_whitespace()
            .filter(|word| !word.contains(':'))
            .map(str::to_lowercase)
            .collect();
        Ok(Self {
            value: value.to_owned(),
            words,
        })
    }

    /// The text of the rule.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether the rule matches.
    #[must_use]
    pub fn matches(&self, tweet: &Analysis<'_>) -> bool {
        self.words
            .iter()
            .all(|word| tweet.text.contains(word.as_str()))
    }
}
