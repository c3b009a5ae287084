//! Why a connection or an attempt was lost, or why Tweets are missing.

use crate::powertrack::{error::Error, message::Disconnect};

/// Why ouzel makes a new attempt, or why Tweets are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The server ended the stream in order, and gave no reason.
    Ended,
    /// The server ended or refused the stream, and said that there are too many connections: another client holds the
    /// stream.
    TooManyConnections,
    /// The server ended the stream because this client was too slow. Backfill does not help then [reference 2.8].
    FullBuffer,
    /// The server ended the stream for maintenance.
    Operational,
    /// The connection broke.
    Broken,
    /// Nothing arrived for too long.
    Stalled,
    /// What arrived could not be unpacked.
    Corrupt,
    /// Received lines could not be kept, so ouzel closed the connection on purpose.
    GivenUp,
    /// The server could not be reached.
    Network,
    /// The server answered 5xx.
    Server,
    /// The server answered 420 or 429.
    RateLimit,
    /// ouzel itself was not running.
    Restart,
    /// The Tweets came, but they cannot be read in the journal any more.
    Journal,
    /// The Tweets came in lines that were too long.
    OverLong,
}

impl Cause {
    /// Every cause, in the order of [`Counts::reconnects`].
    pub(crate) const ALL: [Self; 14] = [
        Self::Ended,
        Self::TooManyConnections,
        Self::FullBuffer,
        Self::Operational,
        Self::Broken,
        Self::Stalled,
        Self::Corrupt,
        Self::GivenUp,
        Self::Network,
        Self::Server,
        Self::RateLimit,
        Self::Restart,
        Self::Journal,
        Self::OverLong,
    ];

    /// The name in logs and metrics.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::TooManyConnections => "too_many_connections",
            Self::FullBuffer => "full_buffer",
            Self::Operational => "operational",
            Self::Broken => "broken",
            Self::Stalled => "stalled",
            Self::Corrupt => "corrupt",
            Self::GivenUp => "given_up",
            Self::Network => "network",
            Self::Server => "server",
            Self::RateLimit => "rate_limit",
            Self::Restart => "restart",
            Self::Journal => "journal",
            Self::OverLong => "over_long",
        }
    }

    /// The index of this cause in [`Cause::ALL`].
    pub(crate) fn place(self) -> usize {
        let at = Self::ALL.iter().position(|&other| other == self);
        at.expect("the table of causes is complete")
    }

    /// Finds the cause of an error. What the service announced says more than how the connection then ended.
    pub(crate) fn of(error: &Error, announced: Option<Disconnect>) -> Self {
        match (announced, error) {
            (Some(Disconnect::TooManyConnections), _) => Self::TooManyConnections,
            (_, error) if error.is_taken() => Self::TooManyConnections,
            (Some(Disconnect::FullBuffer), _) => Self::FullBuffer,
            (Some(Disconnect::Operational), _) => Self::Operational,
            (_, Error::Broken(_)) => Self::Broken,
            (_, Error::Stalled { .. } | Error::Dripping { .. }) => Self::Stalled,
            (_, Error::Corrupt(_)) => Self::Corrupt,
            (_, Error::Full) => Self::GivenUp,
            (_, Error::Connect { .. } | Error::NoAnswer { .. } | Error::Endless { .. }) => {
                Self::Network
            }
            (_, Error::Status { status, .. }) if status.is_server_error() => Self::Server,
            (_, Error::Status { .. }) => Self::RateLimit,
            _ => Self::Ended,
        }
    }
}
