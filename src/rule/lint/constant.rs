//! The result of a clause that is the same for every Tweet.

/// What is the same, and why.
pub(super) enum Truth {
    /// No Tweet matches.
    Never {
        why: String,
        /// The clauses that were most likely meant; one of them has to match.
        instead: Vec<String>,
    },
    /// Every Tweet matches.
    Always { why: String },
}
