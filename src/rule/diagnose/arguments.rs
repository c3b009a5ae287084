//! Explains values that an operator does not take, and operators in a place where they cannot stand.

use super::super::clause::is_digits;
use super::super::messages::Code;
use super::{Edit, Finding, Source};

pub(super) fn argument(source: &Source<'_>, code: Code, index: usize) -> Finding {
    let clause = source.operand(index);
    let text = source.slice(clause.clone());
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    let value = value.trim_matches('"');
    let edit = |text: Option<String>| text.map(|text| vec![(clause.clone(), text)]);
    let finding = |why: &str, fix: &str, edits| Finding::new(clause.clone(), why, fix).edits(edits);
    match code {
        Code::M15 => {
            let whole = value.strip_suffix('%').filter(|digits| is_digits(digits));
            finding(
                "`sample:` takes a whole number from 1 to 100, the percentage to keep",
                "write for instance `sample:10`",
                edit(whole.map(|digits| format!("{name}:{digits}"))),
            )
        }
        Code::M16 => finding(
            "`sample:` cannot be negated",
            "write the percentage to keep instead",
            None,
        ),
        Code::M17 => finding(
            &format!("`{name}:` takes a number, which means \"so many or more\", or a range"),
            &format!("write for instance `{name}:100` or `{name}:10..100`"),
            edit(count(value).map(|count| format!("{name}:{count}"))),
        ),
        Code::M18 => finding(
            &format!("`{name}:` takes the id of a Tweet, in digits only"),
            "write the number at the end of the Tweet's URL",
            edit(id(value).map(|id| format!("{name}:{id}"))),
        ),
        Code::M19 => area(source, index),
        Code::M20 => {
            let phrase = source.slice(source.range(index));
            let distance: Option<u64> = text
                .rsplit('~')
                .next()
                .and_then(|digits| digits.parse().ok());
            let mended = if distance == Some(0) {
                phrase.to_owned()
            } else {
                format!("{phrase}~6")
            };
            finding(
                "the distance behind `~` is a number from 1 to 6",
                "choose a smaller one, or leave it out for the exact phrase",
                edit(Some(mended)),
            )
        }
        Code::M21 => finding(
            "`is:nullcast` can only be excluded",
            "write `-is:nullcast`",
            edit(Some(format!("-{text}"))),
        ),
        _ => finding(
            "`source:` cannot be all that a rule asks for",
            "add something to look for",
            None,
        ),
    }
}

/// The count or range that a wrong count most likely means.
fn count(value: &str) -> Option<String> {
    let plain: String = value
        .chars()
        .filter(|c| !matches!(c, ',' | '_' | ' '))
        .collect();
    let number = |digits: &str| -> Option<u64> { is_digits(digits).then(|| digits.parse().ok())? };
    let least = plain.strip_prefix(">=").or(plain.strip_suffix('+'));
    let most = plain.strip_prefix("<=").or(plain.strip_prefix(".."));
    let both = plain
        .split_once("...")
        .or_else(|| plain.split_once('-'))
        .or_else(|| plain.split_once(".."));
    let (from, to) = if let Some(least) = least.or(plain.strip_suffix("..")) {
        (number(least)?, None)
    } else if let Some(most) = most {
        (0, Some(number(most)?))
    } else if let Some(more) = plain.strip_prefix('>') {
        (number(more)?.checked_add(1)?, None)
    } else if let Some(less) = plain.strip_prefix('<') {
        (0, Some(number(less)?.checked_sub(1)?))
    } else if let Some(thousands) = plain.strip_suffix(['k', 'K']) {
        (number(thousands)?.checked_mul(1_000)?, None)
    } else if let Some((from, to)) = both {
        (number(from)?, Some(number(to)?))
    } else {
        (number(&plain)?, None)
    };
    Some(match to {
        Some(to) => format!("{from}..{to}"),
        None => from.to_string(),
    })
}

/// The id in a Tweet's URL.
fn id(value: &str) -> Option<&str> {
    let path = value.split(['?', '#']).next()?;
    let last = path.trim_end_matches('/').rsplit('/').next()?;
    (last != value && is_digits(last)).then_some(last)
}

/// Explains coordinates that do not exist, and areas that are too large.
fn area(source: &Source<'_>, index: usize) -> Finding {
    let clause = source.operand(index);
    let name = source.text(index);
    // `:` and `[` follow the name.
    let inside = source.end(index + 2)..clause.end.saturating_sub(1);
    let text = source.slice(inside.clone());
    let words: Vec<_> = text.split_whitespace().collect();
    let numbers: Vec<f64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let mended = |order: &[usize]| -> Option<Vec<Edit>> {
        let words: Option<Vec<_>> = order.iter().map(|at| words.get(*at).copied()).collect();
        Some(vec![(inside.clone(), words?.join(" "))])
    };
    let (longitudes, latitudes, swap): (&[usize], &[usize], &[usize]) = match numbers.len() {
        4 => (&[0, 2], &[1, 3], &[1, 0, 3, 2]),
        _ => (&[0], &[1], &[1, 0, 2]),
    };
    let beyond = |places: &[usize], limit: f64| {
        places
            .iter()
            .any(|at| numbers.get(*at).is_some_and(|number| number.abs() > limit))
    };
    if beyond(latitudes, 90.0) && !beyond(latitudes, 180.0) && !beyond(longitudes, 90.0) {
        return Finding::new(
            inside.clone(),
            "longitude comes first, and latitude, which ends at 90, second",
            "swap them",
        )
        .edits(mended(swap));
    }
    if beyond(latitudes, 90.0) || beyond(longitudes, 180.0) {
        return Finding::new(
            inside,
            "there are no such coordinates",
            "longitudes go from -180 to 180, latitudes from -90 to 90, longitude first",
        );
    }
    if let [west, south, east, north] = numbers[..]
        && (west > east || south > north)
    {
        let (w, e) = if west > east { (2, 0) } else { (0, 2) };
        let (s, n) = if south > north { (3, 1) } else { (1, 3) };
        let finding = Finding::new(
            inside.clone(),
            "the corners are south-west first, then north-east; a box cannot cross the date line",
            "write west, south, east, north",
        );
        return if west - east > 180.0 {
            finding
        } else {
            finding.edits(mended(&[w, s, e, n]))
        };
    }
    let why = if numbers.len() == 4 {
        format!("`{name}:` is at most 25 miles (40 km) wide and high")
    } else {
        format!("the radius of `{name}:` is at most 25 miles (40 km)")
    };
    Finding::new(inside, why, "make it smaller, or join several with `OR`")
}
