//! Measures how late Tweets come, by their ids. Pure: no IO, no clock.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    clock::Moment,
    outage::{MOST_BACKFILL, QUEUED},
};
use crate::tweet::id::tweet_id;

/// The first millisecond of the ids that carry a time [reference 4.1].
const EPOCH_MS: u64 = 1_288_834_974_657;

/// No Tweet of a stream is later: it may wait as long as a buffer lasts, and be of the minutes that were asked for again. What
/// seems later is played from a file.
const LATEST: Duration = Duration::from_secs(QUEUED.as_secs() + 60 * MOST_BACKFILL as u64);

/// So long the service takes itself, from a Tweet's making to its sending: seconds, and up to ten more where it looks up
/// links [reference 2.14].
const DELIVERY: Duration = Duration::from_secs(15);

/// When the Tweet of an id was made; `None` for 0, which is no id.
pub(crate) fn made_at(id: u64) -> Option<Timestamp> {
    let ms = i64::try_from((id >> 22) + EPOCH_MS).ok()?;
    Timestamp::from_millisecond(ms).ok().filter(|_| id > 0)
}

/// How late a Tweet of the stream came; `None` where its id does not say it, since it has none, is of another time, or of
/// one to come by a clock that goes wrong.
pub(crate) fn lateness(id: u64, came: Timestamp) -> Option<Duration> {
    let late = came.duration_since(made_at(id)?);
    Duration::try_from(late).ok().filter(|late| *late <= LATEST)
}

/// Up to where a connection has been read.
#[derive(Debug, Clone)]
pub(super) enum ReadTo {
    /// Up to this line, which came then. Its id is looked for when it is needed, and not with each run of lines.
    Line(Bytes, Moment),
    /// Up to the end of what the service had sent by then; what it sends is so late.
    End(Option<Duration>, Moment),
}

impl ReadTo {
    /// How much of the time before the last byte is not read yet; nothing where no id says it.
    ///
    /// What came behind the last line, such as the beginning of another one, is no more than was sent behind it: so all that
    /// was made after that line may be unread.
    pub(super) fn behind(&self, last: Moment) -> Duration {
        let (Self::Line(_, at) | Self::End(_, at)) = *self;
        self.late()
            .map_or(Duration::ZERO, |late| late + last.since(at))
    }

    /// The service had nothing more to send.
    ///
    /// Nothing waits any more then, so what remains is what each Tweet takes to be sent at all: those that were about to be
    /// are missing too. As long as a buffer was read out the last Tweet took longer, so it is only the most of it.
    pub(super) fn at_end(&self, now: Moment) -> Self {
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
            // A file of old Tweets, and a clock that is behind.
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
