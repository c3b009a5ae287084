//! Snowflake ids and the times that they carry.

use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::{SystemTime, UNIX_EPOCH},
};

use jiff::{Timestamp, civil::Weekday, tz::Offset};

/// The first millisecond of Snowflake ids: 4 November 2010. [derived from seed:004]
const EPOCH_MS: i64 = 1_288_834_974_657;

/// The bits of an id below its time: ten for the machine and twelve for a sequence.
const TIME_SHIFT: u32 = 22;

/// The machine that every made-up id claims to come from.
const MACHINE: i64 = 369 << 12;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Gives ids. Each is greater than the last one and carries the time at which it was given.
#[derive(Debug, Default)]
pub(super) struct Ids {
    last: AtomicI64,
}

impl Ids {
    /// The next id. Ids of the same millisecond, or of a clock that went back, count up from the last one.
    pub(super) fn next(&self, now_ms: i64) -> u64 {
        let after = |last: i64| at(now_ms, 0).max(last + 1);
        let last = self
            .last
            .fetch_update(Relaxed, Relaxed, |last| Some(after(last)));
        after(last.unwrap_or_else(|last| last)).unsigned_abs()
    }
}

/// The id of the `sequence`th thing (of at most 4096) in a millisecond.
pub(super) fn at(ms: i64, sequence: i64) -> i64 {
    ((ms - EPOCH_MS) << TIME_SHIFT) | MACHINE | (sequence & 0xfff)
}

/// The time that an id carries, in milliseconds since 1970.
pub(super) fn time_ms(id: u64) -> i64 {
    (id >> TIME_SHIFT).cast_signed() + EPOCH_MS
}

/// The wall clock in milliseconds since 1970.
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Appends a time as Tweets print it: `Wed Oct 10 20:19:24 +0000 2018`.
pub(super) fn write_created_at(out: &mut Vec<u8>, ms: i64) {
    let time = Offset::UTC.to_datetime(timestamp(ms));
    let day = match time.weekday() {
        Weekday::Monday => "Mon ",
        Weekday::Tuesday => "Tue ",
        Weekday::Wednesday => "Wed ",
        Weekday::Thursday => "Thu ",
        Weekday::Friday => "Fri ",
        Weekday::Saturday => "Sat ",
        Weekday::Sunday => "Sun ",
    };
    out.extend_from_slice(day.as_bytes());
    let month = usize::from(time.month().unsigned_abs()) - 1;
    out.extend_from_slice(MONTHS[month].as_bytes());
    for (before, number) in [
        (b' ', time.day()),
        (b' ', time.hour()),
        (b':', time.minute()),
        (b':', time.second()),
    ] {
        let number = number.unsigned_abs();
        out.extend_from_slice(&[before, b'0' + number / 10, b'0' + number % 10]);
    }
    out.extend_from_slice(b" +0000 ");
    super::json_text::write_int(out, u64::from(time.year().unsigned_abs()));
}

/// The `sent` of rule answers: `2016-05-24T02:46:28.402Z`. [seed:003] [seed:004]
pub(super) fn sent(ms: i64) -> String {
    timestamp(ms).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The `sent` of error bodies: `2013-08-16T00:50:00+00:00`. [seed:004]
pub(super) fn sent_to_the_second(ms: i64) -> String {
    timestamp(ms)
        .strftime("%Y-%m-%dT%H:%M:%S+00:00")
        .to_string()
}

fn timestamp(ms: i64) -> Timestamp {
    // Only a clock that is wrong by thousands of years is out of range. Then any time will do.
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_carry_their_time_and_grow() {
        let ids = Ids::default();
        let first = ids.next(1_518_113_663_679);
        let second = ids.next(1_518_113_663_679);
        let third = ids.next(1_518_113_663_000);
        assert!(first < second && second < third);
        assert_eq!(time_ms(first), 1_518_113_663_679);
        assert_eq!(time_ms(961_664_522_481_119_232), 1_518_113_663_679);
    }

    #[test]
    fn times_print_as_the_service_prints_them() {
        let mut out = Vec::new();
        write_created_at(&mut out, 1_678_806_566_535);
        assert_eq!(out, b"Tue Mar 14 15:09:26 +0000 2023");
        assert_eq!(sent(1_464_058_588_402), "2016-05-24T02:56:28.402Z");
        assert_eq!(
            sent_to_the_second(1_376_614_200_000),
            "2013-08-16T00:50:00+00:00"
        );
    }
}
