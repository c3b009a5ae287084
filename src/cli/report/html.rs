//! A report as a page that needs nothing beside itself: no script, no other file, no network.

use std::fmt::Write as _;

use super::{
    chart::{chart, class},
    escape::escaped,
    gather::{COLOURED, MOST_LISTED, Report},
    text::{clean, moment, of_gap, of_pause, reason, share, verdict, what, when},
};
use crate::status::{short, thousands};

const STYLE: &str = include_str!("page.css");

/// The page.
pub(super) fn page(report: &Report) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>ouzel report</title>\n<style>\n{STYLE}</style>\n\
         <main>\n<h1>How complete the data is</h1>\n<p class=\"verdict\">{}</p>\n",
        escaped(&verdict(report))
    );
    let _ = writeln!(page, "<h2>Matches by time</h2>\n{}", legend(report));
    page += &chart(report);
    let _ = writeln!(
        page,
        "<p class=\"note\">A bar stands for {} (UTC). Shaded times are missing. A Tweet that matched two tags counts for both.</p>",
        short(report.step.unsigned_abs())
    );

    let tags = report.tags.iter().map(|tag| {
        [
            clean(&tag.name),
            thousands(tag.tweets),
            share(tag.tweets, report.tweets),
        ]
    });
    table(
        &mut page,
        ("Tweets by tag", 0),
        ["tag", "Tweets", "share of all"],
        tags,
        report.tags.len(),
    );
    let gaps = report.gaps.iter().map(|gap| {
        [
            moment(gap.started_at),
            short(gap.length),
            clean(&gap.cause),
            of_gap(gap),
            clean(&gap.detail),
        ]
    });
    let head = ["began (UTC)", "for", "cause", "missing", "detail"];
    table(&mut page, ("Outages", 4), head, gaps, report.gaps.len());
    let pauses = report.pauses.iter().map(|pause| {
        [
            moment(pause.from),
            short(pause.length),
            clean(&pause.tag),
            of_pause(pause),
        ]
    });
    let head = ["began (UTC)", "for", "tag", "why"];
    table(
        &mut page,
        ("Rules that were off the stream", 2),
        head,
        pauses,
        report.pauses.len(),
    );
    let causes = report.causes.iter().map(|cause| {
        [
            thousands(cause.tweets),
            clean(&cause.handler),
            reason(cause),
        ]
    });
    let head = ["Tweets", "handler", "reason"];
    table(
        &mut page,
        ("Failures in quarantine", 2),
        head,
        causes,
        report.causes.len(),
    );
    let loads = report
        .loads
        .iter()
        .rev()
        .map(|load| [when(load), clean(&load.hash), what(load)]);
    let head = ["at (UTC)", "hash", "result"];
    table(
        &mut page,
        ("Loads of the script", 2),
        head,
        loads,
        report.loads.len(),
    );
    let _ = writeln!(
        page,
        "<footer>Made by ouzel {} on {} UTC.</footer>\n</main>\n</html>",
        env!("CARGO_PKG_VERSION"),
        moment(report.made_at)
    );
    page
}

/// Which colour is which tag.
fn legend(report: &Report) -> String {
    let mut items: Vec<_> = report
        .tags
        .iter()
        .take(COLOURED)
        .map(|tag| clean(&tag.name))
        .collect();
    if report.tags.len() > COLOURED {
        items.push("others".to_owned());
    }
    let items = items.iter().enumerate().map(|(place, name)| {
        format!(
            "<li><i class=\"{}\"></i>{}</li>",
            class(place),
            escaped(name)
        )
    });
    format!("<ul class=\"legend\">{}</ul>", items.collect::<String>())
}

/// `text` is the column with free text, which may be broken anywhere.
fn table<const N: usize>(
    page: &mut String,
    (title, text): (&str, usize),
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    all: usize,
) {
    if all == 0 {
        return;
    }
    let _ = write!(page, "<h2>{title}</h2>\n<div class=\"wide\"><table>\n<tr>");
    for name in head {
        let _ = write!(page, "<th>{name}</th>");
    }
    *page += "</tr>\n";
    for row in rows.take(MOST_LISTED) {
        *page += "<tr>";
        for (column, cell) in row.iter().enumerate() {
            let class = if column == text {
                " class=\"text\""
            } else {
                ""
            };
            let _ = write!(page, "<td{class}>{}</td>", escaped(cell));
        }
        *page += "</tr>\n";
    }
    *page += "</table></div>\n";
    if all > MOST_LISTED {
        let more = thousands((all - MOST_LISTED) as u64);
        let _ = writeln!(page, "<p class=\"note\">… and {more} more</p>");
    }
}
