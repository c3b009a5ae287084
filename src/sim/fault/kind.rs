//! The kinds of faults, with their names and what they do.

/// What a fault happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// A Tweet that is about to be delivered on a connection, live or from a window of time.
    Tweet,
    /// A request to connect to the stream.
    Connect,
    /// A request to the rules endpoint.
    Rules,
    /// A request that adds or deletes rules.
    RuleChange,
    /// The end of a Replay or Recovery job.
    Window,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "`Kind::about` says what each one is")]
pub enum Kind {
    Reset,
    CutLine,
    Silence,
    TornGzip,
    NewMember,
    Slow,
    OneByteChunks,
    NoDelimiter,
    Duplicate,
    Reorder,
    BigTweet,
    InvalidUtf8,
    InvalidJson,
    DamagedCopy,
    UnknownMessage,
    Info,
    Warn,
    Error,
    TooManyConnections,
    FullBuffer,
    TooSlow,
    Operational,
    Closing,
    StreamStatus,
    RulesStatus,
    RulesHalf,
    RulesLost,
    RulesReset,
    RulesLate,
    RulesCollide,
    WindowErrors,
    WindowFailed,
}

/// Every kind with its name, what it happens to, and what it does.
#[rustfmt::skip] // A table.
const KINDS: &[(Kind, &str, Scope, &str)] = &[
    (Kind::Reset, "reset", Scope::Tweet, "the TCP connection is reset"),
    (Kind::CutLine, "cut-line", Scope::Tweet, "the body ends in order, in the middle of the line"),
    (Kind::Silence, "silence", Scope::Tweet, "nothing is sent, no heartbeat either, for a while (`for`, else for ever)"),
    (Kind::TornGzip, "torn-gzip", Scope::Tweet, "the body ends in the middle of a gzip block"),
    (Kind::NewMember, "new-member", Scope::Tweet, "the gzip member ends in order and another one begins"),
    (Kind::Slow, "slow", Scope::Tweet, "`bytes` a second go out (else 1000), for a while (`for`, else 10s)"),
    (Kind::OneByteChunks, "one-byte-chunks", Scope::Tweet, "the next `bytes` bytes (else 2000) go out in HTTP chunks of one byte"),
    (Kind::NoDelimiter, "no-delimiter", Scope::Tweet, "the delimiter after the Tweet is missing"),
    (Kind::Duplicate, "duplicate", Scope::Tweet, "the Tweet comes twice"),
    (Kind::Reorder, "reorder", Scope::Tweet, "the Tweet comes after the next one"),
    (Kind::BigTweet, "big-tweet", Scope::Tweet, "the Tweet is 900 KB long"),
    (Kind::InvalidUtf8, "invalid-utf8", Scope::Tweet, "a copy of the Tweet that is not UTF-8 comes before it"),
    (Kind::InvalidJson, "invalid-json", Scope::Tweet, "the first half of the Tweet comes before it as a line of its own"),
    (Kind::DamagedCopy, "damaged-copy", Scope::Tweet, "a copy of the Tweet with a raw control character in its text comes before it"),
    (Kind::UnknownMessage, "unknown-message", Scope::Tweet, "a message of a kind that nobody knows comes before the Tweet"),
    (Kind::Info, "info", Scope::Tweet, "an `info` message comes before the Tweet"),
    (Kind::Warn, "warn", Scope::Tweet, "a `warn` message comes before the Tweet"),
    (Kind::Error, "error", Scope::Tweet, "an `error` message comes before the Tweet, and the stream goes on"),
    (Kind::TooManyConnections, "too-many-connections", Scope::Tweet, "forced disconnect: too many connections"),
    (Kind::FullBuffer, "full-buffer", Scope::Tweet, "forced disconnect: the buffer of the connection is full"),
    (Kind::TooSlow, "too-slow", Scope::Tweet, "forced disconnect: the client did not keep up"),
    (Kind::Operational, "operational", Scope::Tweet, "forced disconnect: operational reasons"),
    (Kind::Closing, "closing", Scope::Tweet, "forced disconnect: the service is closing for operational reasons"),
    (Kind::StreamStatus, "stream-status", Scope::Connect, "connecting is answered with `status` (else 503), for a while (`for`)"),
    (Kind::RulesStatus, "rules-status", Scope::Rules, "the rules endpoint answers with `status` (else 503), for a while (`for`)"),
    (Kind::RulesHalf, "rules-half", Scope::RuleChange, "half of the rules of a request are added or deleted, and the answer is 503"),
    (Kind::RulesLost, "rules-lost", Scope::RuleChange, "the change is made, and the connection resets in place of an answer"),
    (Kind::RulesReset, "rules-reset", Scope::RuleChange, "the connection resets in place of an answer, and nothing is changed"),
    (Kind::RulesLate, "rules-late", Scope::RuleChange, "the connection resets in place of an answer, and the change is made later (`for`, else 1s)"),
    (Kind::RulesCollide, "rules-collide", Scope::RuleChange, "the change is refused as if another one were being made, for a while (`for`)"),
    (Kind::WindowErrors, "window-errors", Scope::Window, "a Replay or Recovery job completes with errors: its last minute failed"),
    (Kind::WindowFailed, "window-failed", Scope::Window, "a Replay or Recovery job fails to complete: its second half is unprocessed"),
];

impl Kind {
    /// All kinds.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(|(kind, ..)| *kind)
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let known = KINDS.iter().find(|(_, known, ..)| *known == name);
        known.map(|(kind, ..)| *kind)
    }

    /// Its name in flags and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// What it happens to.
    pub(crate) fn scope(self) -> Scope {
        self.row().2
    }

    /// What it does, for help.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.row().3
    }

    /// Whether it goes on for a while.
    pub(super) fn lasts(self) -> bool {
        matches!(
            self,
            Self::Silence
                | Self::Slow
                | Self::StreamStatus
                | Self::RulesStatus
                | Self::RulesLate
                | Self::RulesCollide
        )
    }

    /// Whether it can end with a reset in place of an orderly end.
    pub(super) fn disconnects(self) -> bool {
        matches!(
            self,
            Self::TooManyConnections
                | Self::FullBuffer
                | Self::TooSlow
                | Self::Operational
                | Self::Closing
        )
    }

    /// Whether it takes `bytes`.
    pub(super) fn counts_bytes(self) -> bool {
        matches!(self, Self::Slow | Self::OneByteChunks)
    }

    /// Whether it takes `status`.
    pub(super) fn has_status(self) -> bool {
        matches!(self, Self::StreamStatus | Self::RulesStatus)
    }

    fn row(self) -> &'static (Self, &'static str, Scope, &'static str) {
        KINDS
            .iter()
            .find(|(kind, ..)| *kind == self)
            .expect("every kind is in the table; a test looks")
    }
}
