//! What `ouzel status` prints for people. Pure: the time is that of the view.

use std::{fmt::Write as _, time::Duration};

use jiff::Timestamp;

use crate::{
    cli::columns,
    status::{
        counted,
        look::view::{Failure, Month, Now, Outage, View},
        short, thousands,
    },
    text::plain,
};

/// How many tags, causes, loads and outages are shown: one screen is enough, and `--json` has more.
const TAGS: usize = 8;
const FAILURES: usize = 4;
const LOADS: usize = 3;
const OUTAGES: usize = 3;

/// The whole screen.
pub(super) fn screen(view: &View) -> String {
    let mut out = String::new();
    head(&mut out, view);
    out.push('\n');
    numbers(&mut out, &view.now);
    tags(&mut out, view);
    failures(&mut out, &view.kept.failures);
    loads(&mut out, view);
    outages(&mut out, &view.kept.outages);
    if let Some(trouble) = &view.kept.trouble {
        let _ = writeln!(
            out,
            "\nthe database cannot be read now: {}",
            plain::line(trouble)
        );
    }
    out
}

fn head(out: &mut String, view: &View) {
    let (now, about) = (&view.now, &view.about);
    let since = |ms: i64| short(milliseconds(now.at_ms.saturating_sub(ms)));
    let stream = &now.stream;
    let mut line = format!(
        "{} · {}",
        plain::line(&now.health),
        plain::line(&stream.state)
    );
    if let Some(since_ms) = stream.since_ms {
        let _ = write!(line, " for {}, since {}", since(since_ms), utc(since_ms));
    }
    if let Some(cause) = &stream.cause {
        let _ = write!(line, ": {}", plain::line(cause));
    }
    if let Some(again) = stream.again_ms {
        let wait = milliseconds(again.saturating_sub(now.at_ms));
        let _ = write!(line, ", again in {}", short(wait));
    }
    let _ = writeln!(out, "{line}");
    if let Some(in_hand) = &now.in_hand {
        let _ = writeln!(out, "does not end: {}", plain::line(in_hand));
    }
    let generation = &now.generation;
    let _ = write!(
        out,
        "{} · generation {} ({})",
        plain::line(&about.script),
        generation.number,
        plain::line(&generation.hash)
    );
    if let Some(back_to) = generation.back_to {
        let _ = write!(out, ", ROLLED BACK to {back_to}");
    }
    let _ = writeln!(
        out,
        "\nouzel {}, process {}, running for {}, data in {}",
        plain::line(&about.version),
        about.process,
        since(about.began_ms),
        plain::line(&about.data_dir)
    );
}

fn numbers(out: &mut String, now: &Now) {
    let counts = &now.counts;
    let waiting = match now.waiting {
        0 => "nothing waits".to_owned(),
        lines => format!("{} waiting", counted(lines, "line")),
    };
    let missing = match now.missing_seconds {
        0.0 => "nothing".to_owned(),
        seconds => short(Duration::try_from_secs_f64(seconds).unwrap_or_default()),
    };
    let rows = [
        [
            "Tweets/s".to_owned(),
            format!(
                "{} · {} over a minute · {} over an hour",
                rate(now.rate.now),
                rate(now.rate.minute),
                rate(now.rate.hour)
            ),
        ],
        ["lag".to_owned(), format!("{}, {waiting}", lag(now.lag_ms))],
        [
            "Tweets".to_owned(),
            format!(
                "{}: {} kept, {} filtered, {} failed",
                thousands(counts.tweets),
                thousands(counts.kept),
                thousands(counts.filtered),
                thousands(counts.failed)
            ),
        ],
        [
            "rows".to_owned(),
            format!(
                "{}, {} emitted",
                thousands(counts.rows),
                counted(counts.emitted, "line")
            ),
        ],
        [
            "quarantine".to_owned(),
            counted(counts.quarantined, "Tweet"),
        ],
        ["missing".to_owned(), missing],
        ["journal".to_owned(), size(now.journal_bytes)],
        ["month".to_owned(), month(&now.month)],
    ];
    for line in columns::lines(&rows, &[]) {
        let _ = writeln!(out, "{line}");
    }
}

/// What the month comes to, and what is too much.
fn month(month: &Month) -> String {
    let mut text = counted(month.tweets, "Tweet");
    if let Some(cap) = month.cap {
        let part = 100.0 * month.tweets as f64 / cap as f64;
        let _ = write!(text, ", {part:.1} % of {}", thousands(cap));
    }
    if let Some(forecast) = month.forecast {
        let _ = write!(text, ", about {} at its end", thousands(forecast));
    }
    if month.alarms > 0 {
        let bring = if month.alarms == 1 { "brings" } else { "bring" };
        let tags = counted(month.alarms, "tag");
        let _ = write!(text, "; ALARM: {tags} {bring} more than usual");
    }
    if month.paused > 0 {
        let are = if month.paused == 1 { "is" } else { "are" };
        let _ = write!(text, "; {} {are} PAUSED", counted(month.paused, "tag"));
    }
    text
}

fn tags(out: &mut String, view: &View) {
    if view.tags.is_empty() {
        return;
    }
    let head = ["tag", "Tweets", "a second"].map(str::to_owned);
    let shown = view.tags.iter().take(TAGS);
    let rows = shown.map(|tag| {
        [
            plain::line(&tag.tag).into_owned(),
            thousands(tag.count),
            rate(tag.rate),
        ]
    });
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    out.push('\n');
    for line in columns::lines(&rows, &[1]) {
        let _ = writeln!(out, "{line}");
    }
    more(
        out,
        view.tags.len().saturating_sub(TAGS) + view.more_tags,
        "tag",
    );
}

fn failures(out: &mut String, failures: &[Failure]) {
    if failures.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nfailures, by cause");
    for failure in failures.iter().take(FAILURES) {
        let place = failure.place.as_deref().unwrap_or("an unknown line");
        let _ = writeln!(
            out,
            "  {} × {} at {}, last {}: {}",
            thousands(failure.count),
            plain::line(&failure.handler),
            plain::line(place),
            moment(&failure.last),
            plain::line(failure.error.lines().next().unwrap_or_default()),
        );
        if let Some(code) = &failure.code {
            let _ = writeln!(out, "      {}", plain::line(code.trim()));
        }
    }
    more(out, failures.len().saturating_sub(FAILURES), "cause");
}

fn loads(out: &mut String, view: &View) {
    if view.kept.loads.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nloads of the script");
    for load in view.kept.loads.iter().take(LOADS) {
        let number = load
            .number
            .map_or_else(String::new, |number| format!(" as {number}"));
        let _ = writeln!(
            out,
            "  {}  {}{number}: {}",
            moment(&load.at),
            plain::line(&load.result),
            plain::line(&load.what)
        );
    }
}

fn outages(out: &mut String, outages: &[Outage]) {
    if outages.is_empty() {
        return;
    }
    let _ = writeln!(out, "\noutages");
    for outage in outages.iter().take(OUTAGES) {
        let length = Duration::try_from_secs_f64(outage.seconds).unwrap_or_default();
        let length = match outage.ended_ms {
            Some(_) => short(length),
            None => "goes on".to_owned(),
        };
        let _ = write!(
            out,
            "  {}  {length}, {}, {}",
            utc(outage.began_ms),
            plain::line(&outage.cause),
            plain::line(&outage.state)
        );
        if let Some(tweets) = outage
            .missing_tweets
            .filter(|_| outage.missing_seconds > 0.0)
        {
            let _ = write!(out, ", about {} missing", counted(tweets, "Tweet"));
        }
        out.push('\n');
    }
    more(out, outages.len().saturating_sub(OUTAGES), "outage");
}

fn more(out: &mut String, hidden: usize, what: &str) {
    if hidden > 0 {
        let more = counted(hidden as u64, &format!("more {what}"));
        let _ = writeln!(out, "  and {more}");
    }
}

fn milliseconds(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

fn lag(ms: u64) -> String {
    match ms {
        0 => "0 ms".to_owned(),
        ms => short(Duration::from_millis(ms)),
    }
}

fn rate(per_second: f64) -> String {
    match per_second {
        many if many >= 100.0 => thousands(many.round() as u64),
        some if some >= 10.0 => format!("{some:.1}"),
        few => format!("{few:.2}"),
    }
}

/// A number of bytes in the largest unit of which there is one.
fn size(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["bytes", "KiB", "MiB"] {
        if size < 1024.0 {
            return match unit {
                "bytes" => format!("{bytes} bytes"),
                unit => format!("{size:.1} {unit}"),
            };
        }
        size /= 1024.0;
    }
    format!("{size:.1} GiB")
}

fn utc(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A time of the database, to the second.
fn moment(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(time) => utc(time.as_millisecond()),
        Err(_) => plain::line(text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::status::look::view::sample;

    #[test]
    fn everything_fits_on_one_screen() {
        expect![[r#"
            ok · connected for 1h 59m, since 2026-11-18 11:06:52Z
            scripts/main.lua · generation 3 (5cbf7f0f43b4)
            ouzel 1.2.3, process 4711, running for 2h 00m, data in data

            Tweets/s    12.4 · 11.0 over a minute · 2 401 over an hour
            lag         340 ms, 12 lines waiting
            Tweets      84 388: 80 000 kept, 4 380 filtered, 8 failed
            rows        81 234, 1 line emitted
            quarantine  9 Tweets
            missing     10m 05s
            journal     24.2 MiB
            month       410 000 Tweets, 41.0 % of 1 000 000, about 1 240 000 at its end; ALARM: 1 tag brings more than usual; 2 tags are PAUSED

            tag               Tweets  a second
            climate           60 000  8.40
            <script>\u{202e}  24 388  0.25
              and 7 more tags

            failures, by cause
              8 × on "*" at main.lua:12, last 2026-11-18 14:40:00Z: attempt to index a nil value (field 'price')
                  local price = t.price.amount

            loads of the script
              2026-11-18 12:26:40Z  loaded as 3: rules +2 −1

            outages
              2026-11-18 12:06:40Z  10m 05s, broken, open, about 12 100 Tweets missing
        "#]].assert_eq(&screen(&sample()));
    }

    #[test]
    fn what_is_wrong_is_said_first() {
        let mut view = sample();
        view.now.health = "away".to_owned();
        view.now.stream = crate::status::look::view::Stream {
            state: "waiting".to_owned(),
            again_ms: Some(view.now.at_ms + 16_000),
            cause: Some("network".to_owned()),
            ..Default::default()
        };
        view.now.in_hand = Some("filter at a.lua:1".to_owned());
        view.now.generation.back_to = Some(1);
        view.kept = crate::status::look::view::Kept {
            trouble: Some("it is locked".to_owned()),
            ..Default::default()
        };
        view.tags.clear();
        expect![[r#"
            away · waiting: network, again in 16.0 s
            does not end: filter at a.lua:1
            scripts/main.lua · generation 3 (5cbf7f0f43b4), ROLLED BACK to 1
            ouzel 1.2.3, process 4711, running for 2h 00m, data in data

            Tweets/s    12.4 · 11.0 over a minute · 2 401 over an hour
            lag         340 ms, 12 lines waiting
            Tweets      84 388: 80 000 kept, 4 380 filtered, 8 failed
            rows        81 234, 1 line emitted
            quarantine  9 Tweets
            missing     10m 05s
            journal     24.2 MiB
            month       410 000 Tweets, 41.0 % of 1 000 000, about 1 240 000 at its end; ALARM: 1 tag brings more than usual; 2 tags are PAUSED

            the database cannot be read now: it is locked
        "#]]
        .assert_eq(&screen(&view));
    }

    #[test]
    fn sizes_have_the_unit_that_fits() {
        let sizes = [0, 1_023, 1_024, 5 << 20, 3 << 30, u64::MAX].map(size);
        assert_eq!(
            sizes,
            [
                "0 bytes",
                "1023 bytes",
                "1.0 KiB",
                "5.0 MiB",
                "3.0 GiB",
                "17179869184.0 GiB"
            ]
        );
    }
}
