//! Measures how late Tweets come, by their ids. Pure: no IO, no clock.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::powertrack::outage::{MOST_BACKFILL, QUEUED, clock::Moment};
use crate::tweet::id::tweet_id;

/// The millisecond from which ids count their time [reference 4.1].
const EPOCH_MS: u64 = 1_288_834_974_657;

/// The longest lateness of a Tweet of a stream: it may wait as long as a buffer lasts, and it may belong to the
/// backfill. A Tweet that seems later is played from a file.
const LATEST: Duration = Duration::from_secs(QUEUED.as_secs() + 60 * MOST_BACKFILL as u64);

/// How long the service itself takes from a Tweet's making to its sending: seconds, and up to ten more if it looks up
/// links [reference 2.14].
const DELIVERY: Duration = Duration::from_secs(15);

/// When the Tweet with this id was made. `None` for 0, which is not an id.
pub(crate) fn made_at(id: u64) -> Option<Timestamp> {
    let ms = i64::try_from((id >> 22) + EPOCH_MS).ok()?;
    Timestamp::from_millisecond(ms).ok().filter(|_| id > 0)
}

/// How late a Tweet of the stream came. `None` if its id does not say it: there is no id, the Tweet belongs to another
/// time, or it lies in the future because a clock is wrong.
pub(crate) fn lateness(id: u64, came: Timestamp) -> Option<Duration> {
    let late = came.duration_since(made_at(id)?);
    Duration::try_from(late).ok().filter(|late| *late <= LATEST)
}

/// How far a connection has been read.
#[derive(Debug, Clone)]
pub(crate) enum ReadTo {
    /// Up to this line, which came at this moment. Its id is read only when it is needed, and not for each run of
    /// lines.
    Line(Bytes, Moment),
    /// Up to the end of what the service had sent at this moment. The duration is how late the service sends Tweets.
    End(Option<Duration>, Moment),
}

impl ReadTo {
    /// How much of the time before the last byte is not read yet. Zero if no id says it.
    ///
    /// Bytes behind the last line, such as the beginning of another line, were sent after that line. So everything made
    /// after that line may be unread.
    pub(crate) fn behind(&self, last: Moment) -> Duration {
        let (Self::Line(_, at) | Self::End(_, at)) = *self;
        self.late()
            .map_or(Duration::ZERO, |late| late + last.since(at))
    }

    /// Notes that the service had nothing more to send.
    ///
    /// Then nothing waits any more. What remains is the time that each Tweet takes to be sent: Tweets that were about
    /// to be sent are missing too. The last Tweet took longer while a buffer was read out, so its lateness is only an
    /// upper limit.
    pub(crate) fn at_end(&self, now: Moment) -> Self {
        Self::End(self.late().map(|late| late.min(DELIVERY)), now)
    }

    fn late(&self) -> Option<Duration> {
        match self {
            Self::Line(line, at) => lateness(tweet_id(line), at.wall),
            Self::End(late, _) => *late,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tweet_is_as_late_as_its_id_says_if_that_can_be() {
        let came: Timestamp = "2017-01-01T12:00:00Z".parse().unwrap();
        let id = |ms: i64| {
            let ms = came.as_millisecond() - ms;
            (ms.unsigned_abs() - EPOCH_MS) << 22
        };
        for (ms, late) in [
            (0, Some(0)),
            (1, Some(1)),
            (2_500, Some(2_500)),
            (600_000, Some(600_000)),
            // Tweets from an old file, and a clock that is behind.
            (600_001, None),
            (86_400_000, None),
            (-1, None),
        ] {
            let late = late.map(Duration::from_millis);
            assert_eq!(lateness(id(ms), came), late, "{ms}");
        }
        assert_eq!(lateness(0, came), None);
        assert_eq!(lateness(1, came), None);
        assert_eq!(lateness(u64::MAX, came), None);
    }
}
