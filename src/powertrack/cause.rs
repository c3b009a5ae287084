//! Why a connection or an attempt was lost, or Tweets are missing.

use super::{error::Error, message::Disconnect};

/// Why a new attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The server ended the stream in order, without a word.
    Ended,
    /// It did so, or refused one, after saying that there are too many connections: somebody else holds the stream.
    TooManyConnections,
    /// It did so because this client was too slow; backfill does not help [reference 2.8].
    FullBuffer,
    /// It did so for maintenance.
    Operational,
    /// The connection broke.
    Broken,
    /// Nothing arrived for too long.
    Stalled,
    /// What arrived could not be unpacked.
    Corrupt,
    /// What arrived could not be kept, so the connection was given up on purpose.
    GivenUp,
    /// The server could not be reached.
    Network,
    /// 5xx.
    Server,
    /// 420 or 429.
    RateLimit,
    /// ouzel itself was not running.
    Restart,
    /// It came, and cannot be read in the journal any more.
    Journal,
    /// It came in a line that was too long.
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

    /// Where it stands in [`Cause::ALL`].
    pub(super) fn place(self) -> usize {
        let at = Self::ALL.iter().position(|&other| other == self);
        at.expect("the table of causes is complete")
    }

    /// What the service announced says more than how the connection ended then.
    pub(super) fn of(error: &Error, announced: Option<Disconnect>) -> Self {
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
