//! What `ouzel rules estimate` prints for people.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{Cost, Estimate};
use crate::{
    cli::{
        columns,
        rules::{files::FileRule, told},
    },
    status::{counted, thousands},
    text::plain,
};

/// How many pairs of rules are shown. JSON has more.
const SHOWN_PAIRS: usize = 10;

/// How many columns of a rule or a sample are shown.
const SHOWN: usize = 100;

pub(super) fn as_text(rules: &[FileRule], unknown: &[bool], found: &Estimate) -> String {
    let counts = &found.counts;
    let mut text = format!(
        "{}, {} skipped{}\n\nrules ({})\n",
        counted(counts.tweets, "Tweet"),
        counted(counts.skipped, "line"),
        times(found),
        thousands(rules.len() as u64)
    );
    let order = shown(rules.len(), found);
    let mut rows = vec![header(found)];
    for place in &order {
        let (Some(rule), Some(cost)) = (rules.get(*place), found.of_rule(*place)) else {
            continue;
        };
        let tag = rule.tag.as_deref().unwrap_or("(no tag)");
        let is_unknown = unknown.get(*place).is_some_and(|unknown| *unknown);
        let cost = (!is_unknown).then_some(cost);
        rows.push(row(found, cost, cut(tag), cut(&rule.value)));
        let samples = counts.rules.get(*place).map(|found| &found.samples);
        for (_, sample) in samples.into_iter().flatten() {
            let mut cells = vec![String::new(); rows[0].len()];
            if let Some(last) = cells.last_mut() {
                *last = format!("  {}", cut(sample));
            }
            rows.push(cells);
        }
    }
    if rules.len() > 1 {
        let all = "all together, each Tweet once".to_owned();
        rows.push(row(found, Some(found.together()), String::new(), all));
    }
    // The columns of numbers come first, and the tag and the rule last.
    let numbers: Vec<usize> = (0..rows[0].len() - 2).collect();
    for line in columns::lines(&rows, &numbers) {
        let _ = writeln!(text, "  {line}");
    }
    if order.len() < rules.len() {
        let _ = writeln!(
            text,
            "  these are the {} with the most matches; {} match nothing; `--json` has all",
            order.len(),
            thousands(silent(found))
        );
    }
    let pairs = found.pairs();
    if !pairs.is_empty() {
        let _ = writeln!(text, "\noverlap ({})", thousands(pairs.len() as u64));
        for ((one, other), tweets) in pairs.iter().take(SHOWN_PAIRS) {
            let shown = |place: usize| {
                let rule = rules.get(place).map(|rule| cut(&rule.value));
                rule.unwrap_or_default()
            };
            let (one, other) = (shown(*one), shown(*other));
            let _ = writeln!(text, "  {}  `{one}` and `{other}`", thousands(*tweets));
        }
    }
    let mut notes = found.notes();
    if order
        .iter()
        .filter_map(|place| found.of_rule(*place))
        .any(|cost| cost.rates.is_some_and(|rates| rates.an_hour.is_range()))
    {
        notes.push("a range holds what is to be expected in 95 of 100 cases, if chance alone decides; news does not keep to it".to_owned());
    }
    let unread = unknown.iter().filter(|unknown| **unknown).count();
    if unread > 0 {
        notes.push(format!(
            "{} cannot be read here and may match on the service: `?`",
            counted(unread as u64, "rule")
        ));
    }
    text.push('\n');
    for note in notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

/// The places of the rules that are shown: all in their order, or of many those with the most matches.
fn shown(rules: usize, found: &Estimate) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rules).collect();
    if rules > told::MOST {
        let matches = |place: &usize| {
            let found = found.counts.rules.get(*place);
            found.map_or(0, |found| found.hits.matches)
        };
        order.sort_by_key(|place| std::cmp::Reverse(matches(place)));
        order.truncate(told::MOST);
    }
    order
}

/// How many rules match nothing.
fn silent(found: &Estimate) -> u64 {
    let silent = found.counts.rules.iter();
    silent.filter(|rule| rule.hits.matches == 0).count() as u64
}

fn header(found: &Estimate) -> Vec<String> {
    let mut names = vec!["matches", "share"];
    if found.covered.is_ok() {
        names.extend(["an hour", "a day", "a month"]);
        names.extend(found.cap.map(|_| "of the cap"));
    }
    names.extend(["tag", "rule"]);
    names.into_iter().map(str::to_owned).collect()
}

/// The cells of a rule; of one that cannot be read nothing is known.
fn row(found: &Estimate, cost: Option<Cost>, tag: String, value: String) -> Vec<String> {
    let numbers = header(found).len() - 2;
    let mut cells = match cost {
        None => vec!["?".to_owned(); numbers],
        Some(cost) => {
            let mut cells = vec![thousands(cost.matches), super::amount::percent(cost.share)];
            if let Some(rates) = cost.rates {
                let shown = [rates.an_hour, rates.a_day, rates.a_month];
                cells.extend(shown.map(super::Amount::shown));
                cells.extend(rates.of_cap.map(super::Amount::as_percent));
            }
            cells
        }
    };
    cells.extend([tag, value]);
    cells
}

/// The times of the sample: `, 2 hours from … to …`.
fn times(found: &Estimate) -> String {
    let Ok(covered) = found.covered else {
        return String::new();
    };
    let mut text = format!(
        ", {} from {} to {}",
        length(covered.hours()),
        time(covered.first),
        time(covered.last)
    );
    let gaps = covered.gap_hours();
    if gaps > 0.0 {
        let _ = write!(text, " without gaps of {}", length(gaps));
    }
    text
}

/// A time to the second.
pub(super) fn time(millis: i64) -> String {
    let time = Timestamp::from_millisecond(millis);
    time.map_or_else(
        |_| "?".to_owned(),
        |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}

/// A length of time in one unit: `42 seconds`, `12 minutes`, `2.5 hours`, `30 days`.
pub(super) fn length(hours: f64) -> String {
    let (number, unit) = match hours {
        hours if hours < 1.0 / 60.0 => (hours * 3_600.0, "second"),
        hours if hours < 1.0 => (hours * 60.0, "minute"),
        hours if hours < 48.0 => (hours, "hour"),
        hours if hours < 24.0 * 800.0 => (hours / 24.0, "day"),
        hours => (hours / 24.0 / 365.25, "year"),
    };
    let number = match number {
        number if number < 10.0 => format!("{number:.1}"),
        number => format!("{number:.0}"),
    };
    let number = number.trim_end_matches(".0");
    let end = if number == "1" { "" } else { "s" };
    format!("{number} {unit}{end}")
}

/// A factor without digits that say nothing.
pub(super) fn factor(factor: f64) -> String {
    let text = format!("{factor:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Makes one line of a text, with at most `SHOWN` characters.
fn cut(text: &str) -> String {
    // The rest is not even looked at: a rule may have megabytes.
    let start: String = text.chars().take(SHOWN + 1).collect();
    let line = start.replace(plain::is_unsafe, " ");
    if line.chars().count() <= SHOWN {
        return line;
    }
    let start: String = line.chars().take(SHOWN - 1).collect();
    start + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_one_unit() {
        for (hours, expected) in [
            (0.0, "0 seconds"),
            (0.000_5, "1.8 seconds"),
            (0.01, "36 seconds"),
            (0.5, "30 minutes"),
            (1.0, "1 hour"),
            (2.0, "2 hours"),
            (2.54, "2.5 hours"),
            (47.0, "47 hours"),
            (60.0, "2.5 days"),
            (720.0, "30 days"),
            (100_000.0, "11 years"),
        ] {
            assert_eq!(length(hours), expected);
        }
        assert_eq!(factor(100.0), "100");
        assert_eq!(factor(100.0 / 3.0), "33.33");
    }
}
