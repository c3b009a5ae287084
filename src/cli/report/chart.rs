//! The chart of a report: a bar for each step, stacked by tag, with what is missing shaded, as SVG.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use super::{
    escape::escaped,
    gather::{COLOURED, Report},
    text::{moment, of_gap},
};
use crate::status::{counted, thousands};

/// The size of the picture, and of the part that the bars stand in.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 12.0;
const RIGHT: f64 = 948.0;
const BOTTOM: f64 = 224.0;

/// A gap that is shorter than a pixel is drawn this wide.
const THINNEST: f64 = 2.0;

/// How many lines go across, and how many times stand below.
const LINES: u64 = 4;
const TIMES: usize = 6;

/// The chart.
pub(super) fn chart(report: &Report) -> String {
    let begin = report
        .bars
        .first()
        .map_or(report.from, |bar| bar.at.min(report.from));
    let end = report
        .bars
        .last()
        .map_or(report.to, |bar| (bar.at + report.step).max(report.to));
    let whole = end.duration_since(begin).as_secs_f64().max(1.0);
    let x = |at: Timestamp| {
        let part = at.duration_since(begin).as_secs_f64() / whole;
        LEFT + (RIGHT - LEFT) * part.clamp(0.0, 1.0)
    };
    let highest = report
        .bars
        .iter()
        .map(|bar| bar.by_tag.iter().sum::<u64>().max(bar.tweets));
    let top = round_up(highest.max().unwrap_or(0));
    let y = |tweets: u64| BOTTOM - (BOTTOM - TOP) * tweets as f64 / top as f64;

    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Matches by time, stacked by tag\">\
         <defs><pattern id=\"gap\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect class=\"gap\" width=\"3\" height=\"6\"/></pattern></defs>\n"
    );
    for line in 0..=LINES {
        let tweets = top * line / LINES;
        let at = y(tweets);
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            at + 4.0,
            thousands(tweets)
        );
    }
    for gap in &report.gaps {
        let Some((from, to)) = gap.missing else {
            continue;
        };
        let (from, to) = (x(from), x(to));
        let title = format!(
            "{} to {}: {}",
            moment(gap.started_at),
            moment(gap.ended_at),
            of_gap(gap)
        );
        let _ = writeln!(
            svg,
            "<rect fill=\"url(#gap)\" x=\"{from:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{}\"><title>{}</title></rect>",
            (to - from).max(THINNEST),
            BOTTOM - TOP,
            escaped(&title)
        );
    }
    for bar in &report.bars {
        let (from, to) = (x(bar.at), x(bar.at + report.step));
        let title = format!("{}: {}", moment(bar.at), counted(bar.tweets, "Tweet"));
        let _ = write!(svg, "<g><title>{}</title>", escaped(&title));
        let mut below = 0;
        for (place, matches) in bar
            .by_tag
            .iter()
            .enumerate()
            .filter(|(_, matches)| **matches > 0)
        {
            let (foot, head) = (y(below), y(below + matches));
            below += matches;
            let _ = write!(
                svg,
                "<rect class=\"{}\" x=\"{from:.1}\" y=\"{head:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                class(place),
                (to - from - 0.5).max(0.5),
                foot - head
            );
        }
        svg += "</g>\n";
    }
    for time in 0..TIMES {
        let part = whole * time as f64 / (TIMES - 1) as f64;
        let at = begin
            .saturating_add(SignedDuration::from_secs_f64(part))
            .unwrap_or(end);
        let anchor = match time {
            0 => "start",
            time if time + 1 == TIMES => "end",
            _ => "middle",
        };
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            x(at),
            BOTTOM + 20.0,
            moment(at)
        );
    }
    svg + "</svg>\n"
}

/// The class that gives a tag in this place its colour.
pub(super) fn class(place: usize) -> String {
    match place < COLOURED {
        true => format!("c{place}"),
        false => "rest".to_owned(),
    }
}

/// A number that reads well and is not smaller: 1, 2, 3 or 5 with noughts, and a multiple of the lines.
fn round_up(number: u64) -> u64 {
    let mut unit = LINES;
    loop {
        for factor in [1, 2, 3, 5] {
            match unit.checked_mul(factor) {
                Some(top) if top >= number => return top,
                Some(_) => {}
                None => return u64::MAX,
            }
        }
        unit = match unit.checked_mul(10) {
            Some(unit) => unit,
            None => return u64::MAX,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_above_the_highest_bar() {
        let cases = [
            (0, 4),
            (4, 4),
            (5, 8),
            (9, 12),
            (13, 20),
            (21, 40),
            (1_000, 1_200),
            (u64::MAX, u64::MAX),
        ];
        for (highest, top) in cases {
            assert_eq!(round_up(highest), top, "{highest}");
        }
    }
}
