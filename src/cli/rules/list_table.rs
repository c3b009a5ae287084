//! What `ouzel rules list` prints.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    cli::{columns, print::Paint},
    rule::plan::Remote,
    status::{counted, thousands},
    store::PausedTag,
    text::plain,
};

/// A remote rule, and what is known about it.
pub(super) struct Listed<'a> {
    pub(super) rule: &'a Remote,
    /// When it was added, by its id.
    pub(super) created: Option<Timestamp>,
    /// Whether ouzel has added it, or adopted it.
    pub(super) is_own: bool,
    /// `None` if no script says it.
    pub(super) declared: Option<Declared<'a>>,
}

/// Whether the script declares a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declared<'a> {
    Yes,
    /// With this tag, and the service has another one.
    OtherTag(Option<&'a str>),
    No,
}

/// How many characters of a tag a column has. JSON has the whole.
const SHOWN_TAG: usize = 40;

/// The rules as a table for people, with totals.
pub(super) fn as_lines(
    listed: &[Listed<'_>],
    paused: &[PausedTag],
    now: Timestamp,
) -> Vec<(Paint, String)> {
    let mut rows = vec![["id", "age", "owner", "declared", "tag", "rule"].map(str::to_owned)];
    rows.extend(listed.iter().map(|one| {
        let age = one.created.map(|created| age(created, now));
        let declared = match one.declared {
            None => "-".to_owned(),
            Some(Declared::Yes) => "yes".to_owned(),
            Some(Declared::No) => "no".to_owned(),
            Some(Declared::OtherTag(tag)) => format!("as {}", shown_tag(tag)),
        };
        [
            one.rule.id.to_string(),
            age.unwrap_or_else(|| "unknown".to_owned()),
            if one.is_own { "ouzel" } else { "others" }.to_owned(),
            declared,
            shown_tag(one.rule.tag.as_deref()),
            plain::line(&one.rule.value).into_owned(),
        ]
    }));
    let lines = match listed {
        [] => Vec::new(),
        _ => columns::lines(&rows, &[1]),
    };
    let mut painted: Vec<_> = lines.into_iter().map(|line| (Paint::Plain, line)).collect();
    for (one, (paint, _)) in listed.iter().zip(painted.iter_mut().skip(1)) {
        if !one.is_own {
            *paint = Paint::Dim;
        }
    }
    painted.push((Paint::Plain, totals(listed)));
    let paused = paused.iter().map(|paused| paused_text(paused, now));
    painted.extend(paused.map(|line| (Paint::Yellow, line)));
    painted
}

fn paused_text(paused: &PausedTag, now: Timestamp) -> String {
    let tag = plain::line(&paused.tag);
    let since = age(moment(paused.since_ms), now);
    let back = match paused.until_ms {
        None => "`ouzel rules resume TAG` puts them back".to_owned(),
        Some(until) => format!("they go back at {}", written(until)),
    };
    format!(
        "paused: the rules with the tag `{tag}`, {since} ago: they brought {} Tweets a minute, more than {}; {back}",
        thousands(paused.per_minute),
        thousands(paused.most)
    )
}

fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

/// A moment, to the second.
fn written(ms: i64) -> String {
    moment(ms).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn totals(listed: &[Listed<'_>]) -> String {
    let own = listed.iter().filter(|one| one.is_own).count() as u64;
    let all = listed.len() as u64;
    let mut text = format!(
        "{}: {} ouzel's, {} of others",
        counted(all, "rule"),
        thousands(own),
        thousands(all - own)
    );
    if listed.iter().all(|one| one.declared.is_some()) && all > 0 {
        let is = |what: fn(&Declared<'_>) -> bool| {
            let known = listed.iter().filter_map(|one| one.declared.as_ref());
            known.filter(|declared| what(declared)).count() as u64
        };
        text += &format!(
            "; {} declared",
            thousands(is(|declared| *declared == Declared::Yes))
        );
        let other = is(|declared| matches!(declared, Declared::OtherTag(_)));
        if other > 0 {
            text += &format!(", {} with another tag", thousands(other));
        }
    }
    text
}

/// A tag in a column.
pub(super) fn shown_tag(tag: Option<&str>) -> String {
    let Some(tag) = tag else {
        return "-".to_owned();
    };
    let line = plain::line(tag);
    if line.chars().count() <= SHOWN_TAG {
        return line.into_owned();
    }
    let start: String = line.chars().take(SHOWN_TAG - 1).collect();
    start + "…"
}

/// How old something is, in the unit that people would take.
fn age(created: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(created).as_secs().max(0).unsigned_abs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", thousands(seconds / 86_400)),
    }
}

#[derive(Serialize)]
struct Json<'a> {
    endpoint: &'a str,
    rules: Vec<JsonRule<'a>>,
    paused: Vec<JsonPaused<'a>>,
}

#[derive(Serialize)]
struct JsonPaused<'a> {
    tag: &'a str,
    since: String,
    /// When its rules go back; `null` for only when somebody asks for it.
    until: Option<String>,
    per_minute: u64,
    limit: u64,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    id: i64,
    id_str: String,
    tag: Option<&'a str>,
    value: &'a str,
    created_at: Option<String>,
    age_seconds: Option<i64>,
    owner: &'static str,
    declared: Option<bool>,
    /// Only if it is declared with another tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    declared_tag: Option<Option<&'a str>>,
}

pub(super) fn as_json(
    endpoint: &str,
    listed: &[Listed<'_>],
    paused: &[PausedTag],
    now: Timestamp,
) -> String {
    let paused = paused.iter().map(|paused| JsonPaused {
        tag: &paused.tag,
        since: written(paused.since_ms),
        until: paused.until_ms.map(written),
        per_minute: paused.per_minute,
        limit: paused.most,
    });
    let rules = listed.iter().map(|one| JsonRule {
        id: one.rule.id,
        id_str: one.rule.id.to_string(),
        tag: one.rule.tag.as_deref(),
        value: &one.rule.value,
        created_at: one
            .created
            .map(|time| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()),
        age_seconds: one
            .created
            .map(|time| now.duration_since(time).as_secs().max(0)),
        owner: if one.is_own { "ouzel" } else { "others" },
        declared: one.declared.map(|declared| declared != Declared::No),
        declared_tag: match one.declared {
            Some(Declared::OtherTag(tag)) => Some(tag),
            _ => None,
        },
    });
    let json = Json {
        endpoint,
        rules: rules.collect(),
        paused: paused.collect(),
    };
    sonic_rs::to_string(&json).expect("text and numbers always have a JSON") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_in_the_unit_that_people_would_take() {
        let now: Timestamp = "2026-11-27T00:00:00Z".parse().expect("a time");
        for (created, expected) in [
            ("2026-11-26T23:59:18Z", "42 s"),
            ("2026-11-26T23:47:55Z", "12 min"),
            ("2026-11-25T06:00:00Z", "42 h"),
            ("2026-11-20T06:00:00Z", "6 d"),
            ("2018-02-08T18:14:23Z", "3 213 d"),
            ("2026-11-27T00:00:09Z", "0 s"),
        ] {
            let created: Timestamp = created.parse().expect("a time");
            assert_eq!(age(created, now), expected);
        }
    }

    #[test]
    fn a_long_tag_is_cut_and_an_odd_one_is_shown_safely() {
        assert_eq!(shown_tag(None), "-");
        assert_eq!(shown_tag(Some("a\x1b[31m\nb")), "a\\u{1b}[31m\\nb");
        assert_eq!(shown_tag(Some(&"x".repeat(255))).chars().count(), SHOWN_TAG);
    }
}
