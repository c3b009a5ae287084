//! What has come when, over all connections: from it follow the outages, and what to ask for again. Pure: no IO, no clock.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    clock::Moment,
    outage::{Outage, QUEUED, back, backfill_minutes},
    status::Cause,
    stream::Received,
};

/// What was asked for again has come after so long: older Tweets are sent first, as fast as they are read [reference 2.11].
const SETTLED: Duration = Duration::from_secs(30);

/// Follows the bytes of one stream.
#[derive(Debug)]
pub(super) struct Continuity {
    outages: u64,
    /// When the last byte came, by a connection or, before the first one, up to when an earlier process had everything.
    last: Option<Moment>,
    /// What ended the connection that brought it.
    lost: Option<Cause>,
    /// Whether the service has said that nothing of the time before is left.
    is_emptied: bool,
    /// The outage before the present connection, and when both clocks stood where.
    before: Option<Before>,
    /// The connection that has begun last.
    connection: Option<Begun>,
}

/// What a connection can bring, and its buffer can hold: what was sent since its first byte, and what was asked for again.
///
/// Its first byte, and not the request for it, since the time between belongs to the outage before.
#[derive(Debug, Clone, Copy)]
struct Begun {
    /// When the first byte came.
    at: Moment,
    /// How much of the time before was asked for again, but not what an earlier connection had brought.
    again: Duration,
}

impl Begun {
    /// How much of the time before its last byte may have waited in its buffer.
    fn queued(self, last: Moment) -> Duration {
        QUEUED.min(last.since(self.at) + self.again)
    }
}

#[derive(Debug, Clone, Copy)]
struct Before {
    number: u64,
    cause: Cause,
    began: Moment,
    ended: Moment,
    queued: Duration,
}

impl Continuity {
    /// A stream of which everything has come until `last_received`, if there was one before.
    pub(super) fn new(last_received: Option<Timestamp>, now: Moment) -> Self {
        let last = last_received.map(|last| now.earlier(last));
        Self {
            outages: 0,
            lost: last.map(|_| Cause::Restart),
            last,
            is_emptied: false,
            before: None,
            connection: None,
        }
    }

    /// The minutes to ask for again now, of at most `most`.
    pub(super) fn to_ask(&self, now: Moment, most: u8) -> u8 {
        match self.last {
            Some(last) if !self.is_emptied => backfill_minutes(now.since(last), most),
            _ => 0,
        }
    }

    /// The first byte of a connection that has been asked for these minutes: what was before it, if anything was.
    pub(super) fn resumed(&mut self, now: Moment, asked: u8) -> Option<Outage> {
        let last = self.last.replace(now);
        let again = last.map_or(Duration::ZERO, |last| {
            now.since(last)
                .min(Duration::from_secs(60) * u32::from(asked))
        });
        let lost = self.connection.replace(Begun { at: now, again });
        let began = last?;
        let cause = self.lost.take().unwrap_or(Cause::Ended);
        self.is_emptied = false;
        let again = self.before.take().filter(|before| before.began == began);
        let before = match again {
            // Its beginning stays: a buffer of a connection since then held nothing older.
            Some(before) => Before {
                ended: now,
                // What is gone from the service's buffer does not come back, whatever else happens.
                cause: if cause == Cause::FullBuffer {
                    cause
                } else {
                    before.cause
                },
                ..before
            },
            None => {
                self.outages += 1;
                Before {
                    number: self.outages,
                    cause,
                    began,
                    ended: now,
                    queued: match (cause, lost) {
                        (Cause::FullBuffer, Some(lost)) => lost.queued(began),
                        _ => Duration::ZERO,
                    },
                }
            }
        };
        self.before = Some(before);
        let outage = Outage::between(before.number, before.cause, began, now, asked);
        Some(Outage {
            queued: before.queued,
            ..outage
        })
    }

    /// Bytes have come.
    pub(super) fn received(&mut self, now: Moment) {
        self.last = Some(now);
    }

    /// Up to when everything has come that could: a process that begins anew goes on from there, and knows nothing of an
    /// outage before that goes on.
    pub(super) fn complete(&self) -> Option<Received> {
        let (last, connection) = (self.last?, self.connection?);
        let is_settled = connection.again.is_zero() || last.since(connection.at) >= SETTLED;
        let until = if is_settled {
            last.wall
        } else {
            back(connection.at.wall, connection.again)
        };
        Some(Received { until, is_settled })
    }

    /// The connection, or an attempt, was lost. After a full buffer that the service has announced, it has nothing left
    /// to ask for.
    pub(super) fn lost(&mut self, cause: Cause, is_announced: bool) {
        if cause == Cause::FullBuffer {
            self.is_emptied |= is_announced;
            self.lost = Some(cause);
        }
        self.lost.get_or_insert(cause);
        let Some(before) = self.before else { return };
        let lasted = |last: Moment| last.since(before.ended);
        match self.last {
            // What was asked for again may not have come: the outage goes on.
            Some(last) if lasted(last) < SETTLED => self.last = Some(before.began),
            _ => self.before = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use jiff::SignedDuration;
    use tokio::time::Instant;

    use super::*;
    use crate::powertrack::outage::Span;

    enum Step {
        Byte(u64),
        Lost(Cause),
        Emptied,
        /// Asks for backfill at this time, and gets the first byte a second later.
        Connect(u64),
    }
    use Step::*;

    /// What is asked for, and which outages there are, for steps at these seconds.
    fn check(last_received: Option<u64>, steps: &[Step], expected: Expect) {
        let first = Instant::now();
        let at = |secs: u64| {
            Moment::at(
                first + Duration::from_secs(secs),
                SignedDuration::ZERO,
                Timestamp::from_second(secs.cast_signed()).unwrap(),
            )
        };
        let wall = |secs| at(secs).wall;
        let mut continuity = Continuity::new(last_received.map(wall), at(1000));
        let mut text = String::new();
        for step in steps {
            match *step {
                Byte(secs) => continuity.received(at(secs)),
                Lost(cause) => continuity.lost(cause, false),
                Emptied => continuity.lost(Cause::FullBuffer, true),
                Connect(secs) => {
                    let asked = continuity.to_ask(at(secs), 5);
                    let resumed = continuity.resumed(at(secs + 1), asked);
                    text += &format!("asks for {asked}");
                    if let Some(outage) = resumed {
                        let secs = |time: Timestamp| time.as_second();
                        text += &format!(
                            ", outage {} from {} to {}, {}, covered: {}",
                            outage.number,
                            secs(outage.started_at),
                            secs(outage.ended_at),
                            outage.cause.name(),
                            outage.is_covered()
                        );
                        if !outage.queued.is_zero() {
                            let Span { from, to } = outage.span();
                            text += &format!(", lost: {} to {}", secs(from), secs(to));
                        }
                    }
                    text += "\n";
                }
            }
        }
        expected.assert_eq(text.trim_end());
    }

    #[test]
    fn the_first_connection_follows_no_outage() {
        check(None, &[Connect(1000)], expect!["asks for 0"]);
        check(
            None,
            &[Lost(Cause::Network), Lost(Cause::Server), Connect(1009)],
            expect!["asks for 0"],
        );
    }

    #[test]
    fn a_restart_is_an_outage_from_what_had_come_before() {
        check(
            Some(900),
            &[Connect(1000)],
            expect!["asks for 3, outage 1 from 900 to 1001, restart, covered: true"],
        );
        check(
            Some(100),
            &[Connect(1000)],
            expect!["asks for 5, outage 1 from 100 to 1001, restart, covered: false"],
        );
        check(
            Some(5000),
            &[Connect(1000)],
            expect!["asks for 1, outage 1 from 1000 to 1001, restart, covered: true"],
        );
    }

    #[test]
    fn an_outage_lasts_until_bytes_come_and_keeps_its_first_cause() {
        check(
            None,
            &[
                Connect(1000),
                Byte(1100),
                Lost(Cause::Broken),
                Lost(Cause::Network),
                Lost(Cause::Server),
                Connect(1190),
                Byte(1300),
                Lost(Cause::Operational),
                Connect(1300),
            ],
            expect![[r#"
                asks for 0
                asks for 3, outage 1 from 1100 to 1191, broken, covered: true
                asks for 1, outage 2 from 1300 to 1301, operational, covered: true"#]],
        );
    }

    #[test]
    fn after_a_full_buffer_nothing_is_asked_for_if_it_was_announced() {
        let steps = |full| {
            [
                Connect(1000),
                Byte(1100),
                full,
                Lost(Cause::Network),
                Connect(1101),
            ]
        };
        check(
            None,
            &steps(Emptied),
            expect![[r#"
                asks for 0
                asks for 0, outage 1 from 1100 to 1102, full_buffer, covered: false, lost: 1001 to 1102"#]],
        );
        check(
            None,
            &steps(Lost(Cause::FullBuffer)),
            expect![[r#"
                asks for 0
                asks for 2, outage 1 from 1100 to 1102, full_buffer, covered: false, lost: 1001 to 1102"#]],
        );
    }

    #[test]
    fn a_full_buffer_has_lost_nothing_of_before_its_connection() {
        // A young connection of the first run, and an old one.
        check(
            None,
            &[
                Connect(1000),
                Byte(1061),
                Emptied,
                Connect(1061),
                Byte(1962),
                Emptied,
                Connect(1962),
            ],
            expect![[r#"
                asks for 0
                asks for 0, outage 1 from 1061 to 1062, full_buffer, covered: false, lost: 1001 to 1062
                asks for 0, outage 2 from 1962 to 1963, full_buffer, covered: false, lost: 1662 to 1963"#]],
        );
        // What its backfill asked for again was in its buffer, but not what had come before the outage, nor what backfill
        // did not reach.
        check(
            None,
            &[
                Connect(1000),
                Byte(1100),
                Lost(Cause::Broken),
                Connect(1190),
                Byte(1250),
                Emptied,
                Connect(1250),
            ],
            expect![[r#"
                asks for 0
                asks for 3, outage 1 from 1100 to 1191, broken, covered: true
                asks for 0, outage 2 from 1250 to 1251, full_buffer, covered: false, lost: 1100 to 1251"#]],
        );
        check(
            Some(100),
            &[Connect(1000), Byte(1040), Emptied, Connect(1040)],
            expect![[r#"
                asks for 5, outage 1 from 100 to 1001, restart, covered: false
                asks for 0, outage 2 from 1040 to 1041, full_buffer, covered: false, lost: 740 to 1041"#]],
        );
    }

    #[test]
    fn an_outage_that_a_full_buffer_begins_or_goes_on_with_is_lost_from_where_it_is_unsure() {
        check(
            None,
            &[
                Connect(1000),
                Byte(1100),
                Lost(Cause::Broken),
                Connect(1110),
                Byte(1112),
                Emptied,
                Connect(1112),
                Byte(1114),
                Lost(Cause::Broken),
                Connect(1114),
            ],
            expect![[r#"
                asks for 0
                asks for 2, outage 1 from 1100 to 1111, broken, covered: true
                asks for 0, outage 1 from 1100 to 1113, full_buffer, covered: false
                asks for 2, outage 1 from 1100 to 1115, full_buffer, covered: false"#]],
        );
        check(
            None,
            &[
                Connect(1000),
                Byte(1061),
                Emptied,
                Connect(1061),
                Byte(1064),
                Lost(Cause::Broken),
                Connect(1064),
            ],
            expect![[r#"
                asks for 0
                asks for 0, outage 1 from 1061 to 1062, full_buffer, covered: false, lost: 1001 to 1062
                asks for 2, outage 1 from 1061 to 1065, full_buffer, covered: false, lost: 1001 to 1065"#]],
        );
    }

    #[test]
    fn what_was_asked_for_again_has_come_after_half_a_minute() {
        let first = Instant::now();
        let at = |secs: u64| {
            Moment::at(
                first + Duration::from_secs(secs),
                SignedDuration::ZERO,
                Timestamp::from_second(secs.cast_signed()).unwrap(),
            )
        };
        let complete = |before: u64, asked: u8, secs: u64| {
            let mut continuity = Continuity::new(Some(at(before).wall), at(1000));
            assert_eq!(continuity.complete(), None);
            continuity.resumed(at(1000), asked);
            continuity.received(at(secs));
            let complete = continuity.complete().unwrap();
            (complete.until.as_second(), complete.is_settled)
        };
        // All of the outage is asked for again, or a part of it, or nothing.
        assert_eq!(complete(900, 3, 1029), (900, false));
        assert_eq!(complete(100, 5, 1029), (700, false));
        assert_eq!(complete(100, 5, 1030), (1030, true));
        assert_eq!(complete(100, 0, 1001), (1001, true));
    }

    #[test]
    fn an_outage_goes_on_where_the_connection_after_it_is_lost_at_once() {
        check(
            None,
            &[
                Connect(1000),
                Byte(1100),
                Lost(Cause::Broken),
                Connect(1200),
                Byte(1205),
                Lost(Cause::Ended),
                Connect(1205),
                Byte(1300),
                Lost(Cause::Ended),
                Connect(1300),
            ],
            expect![[r#"
                asks for 0
                asks for 3, outage 1 from 1100 to 1201, broken, covered: true
                asks for 3, outage 1 from 1100 to 1206, broken, covered: true
                asks for 1, outage 2 from 1300 to 1301, ended, covered: true"#]],
        );
    }
}
