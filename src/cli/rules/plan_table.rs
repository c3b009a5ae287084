//! What `ouzel rules plan` prints, and `rules apply` before it begins.

use serde::Serialize;

use super::{
    estimate::{Cost, Estimate, EstimatedAmount},
    list_table::shown_tag,
    planned::{Places, Planned},
};
use crate::{
    cli::{columns, print::Paint},
    rule::plan::{A_MINUTE, Cover, Declared, Remote, Retag},
    status::{counted, thousands},
    text::plain,
};

/// How many rules of others are shown to people. `ouzel rules list` and JSON have all.
const SHOWN_FOREIGN: usize = 20;

/// The plan as lines for people: what changes, what stays, and what it costs.
pub(super) fn as_lines(planned: &Planned, force: bool) -> Vec<(Paint, String)> {
    let plan = &planned.plan;
    let places = &planned.places;
    let mut signed: Vec<(Paint, [String; 4])> = Vec::new();
    let mut put = |paint, sign: &str, which: String, tag: String, value: &str| {
        let value = plain::line(value).into_owned();
        signed.push((paint, [format!("  {sign}"), which, tag, value]));
    };
    for rule in &plan.add {
        let tag = shown_tag(rule.tag.as_deref());
        put(Paint::Green, "+", place(places, rule), tag, &rule.value);
    }
    for Retag { declared, from, .. } in &plan.retag {
        let (old, new) = (
            shown_tag(from.tag.as_deref()),
            shown_tag(declared.tag.as_deref()),
        );
        let (which, tag) = (place(places, declared), format!("{old} -> {new}"));
        put(Paint::Yellow, "~", which, tag, &declared.value);
    }
    for rule in plan.delete.iter().chain(&plan.leftover) {
        let tag = shown_tag(rule.tag.as_deref());
        put(Paint::Red, "-", rule.id.to_string(), tag, &rule.value);
    }
    for rule in &plan.paused {
        let tag = shown_tag(rule.tag.as_deref());
        put(Paint::Yellow, "!", place(places, rule), tag, &rule.value);
    }
    for conflict in &plan.conflicts {
        let (theirs, ours) = (
            shown_tag(conflict.remote.tag.as_deref()),
            shown_tag(conflict.declared.tag.as_deref()),
        );
        let (id, value) = (conflict.remote.id.to_string(), &conflict.remote.value);
        let tag = format!("{theirs}, declared as {ours}");
        put(Paint::Yellow, "?", id, tag, value);
    }
    for rule in plan.foreign.iter().take(SHOWN_FOREIGN) {
        let tag = shown_tag(rule.tag.as_deref());
        put(Paint::Dim, "?", rule.id.to_string(), tag, &rule.value);
    }
    let (paints, rows): (Vec<_>, Vec<_>) = signed.into_iter().unzip();
    let mut lines: Vec<_> = paints.into_iter().zip(columns::lines(&rows, &[])).collect();
    if plan.foreign.len() > SHOWN_FOREIGN {
        let more = thousands((plan.foreign.len() - SHOWN_FOREIGN) as u64);
        let text = format!("  ? and {more} more of others; `ouzel rules list` shows all");
        lines.push((Paint::Dim, text));
    }
    if plan.unchanged > 0 {
        let text = format!("  = {} unchanged", thousands(plan.unchanged as u64));
        lines.push((Paint::Plain, text));
    }
    lines.extend(
        summary(planned)
            .into_iter()
            .map(|line| (Paint::Plain, line)),
    );
    if let Some(reason) = plan.guard.reason() {
        lines.push(match force {
            true => (
                Paint::Yellow,
                format!("carried out because of `--force`: {reason}"),
            ),
            false => (Paint::Red, format!("refused without `--force`: {reason}")),
        });
    }
    lines
}

/// Where a rule is declared.
fn place(places: &Places, rule: &Declared) -> String {
    let place = places.get(&rule.value);
    place.map_or_else(|| "-".to_owned(), |place| plain::line(place).into_owned())
}

fn summary(planned: &Planned) -> Vec<String> {
    let plan = &planned.plan;
    let count = |number: usize| thousands(number as u64);
    let rules = counted(plan.remote as u64, "rule");
    let mut lines = vec![match plan.is_noop() {
        true => format!("plan: nothing to change; the service has {rules}"),
        false => format!(
            "plan: {} to add, {} to retag, {} to delete, {} unchanged; the service has {rules}",
            count(plan.add.len()),
            count(plan.retag.len()),
            count(plan.delete.len() + plan.leftover.len()),
            count(plan.unchanged)
        ),
    }];
    let cost = plan.cost();
    if !plan.is_noop() {
        lines.push(format!(
            "cost: {}, about {} at {A_MINUTE} a minute",
            counted(cost.requests as u64, "request"),
            counted(cost.seconds as u64, "second")
        ));
    }
    if let Some(added) = &planned.added {
        lines.push(format!(
            "estimate: what is added brings {}",
            added.in_words()
        ));
        lines.extend(
            added
                .notes()
                .into_iter()
                .map(|note| format!("note: {note}")),
        );
    }
    let mut note = |number: usize, one: &str, many: &str| match number {
        0 => {}
        1 => lines.push(format!("note: 1 {one}")),
        number => lines.push(format!("note: {} {many}", count(number))),
    };
    let gaps = plan
        .retag
        .iter()
        .filter(|retag| retag.cover == Cover::Nothing);
    note(
        gaps.count(),
        "retag has a gap, because the rule in parentheses would be too long or is there already",
        "retags have a gap, because the rules in parentheses would be too long or are there already",
    );
    note(
        plan.leftover.len(),
        "deletion is of a rule that a change of tags has left behind",
        "deletions are of rules that a change of tags has left behind",
    );
    note(
        plan.conflicts.len(),
        "declared rule has another tag there and is not ouzel's, so it stays; `ouzel rules adopt` makes it ouzel's",
        "declared rules have other tags there and are not ouzel's, so they stay; `ouzel rules adopt` makes them ouzel's",
    );
    note(
        plan.adoptable.len(),
        "unchanged rule is not ouzel's; `ouzel rules adopt` makes it so",
        "unchanged rules are not ouzel's; `ouzel rules adopt` makes them so",
    );
    note(
        plan.paused.len(),
        "declared rule is paused by the breaker; `ouzel rules resume TAG` puts it back",
        "declared rules are paused by the breaker; `ouzel rules resume TAG` puts them back",
    );
    note(
        plan.kept.len(),
        "rule of ouzel is not declared and stays, since `prune` is `none`",
        "rules of ouzel are not declared and stay, since `prune` is `none`",
    );
    lines
}

/// A plan in JSON.
#[derive(Serialize)]
pub(super) struct Json<'a> {
    endpoint: &'a str,
    add: Vec<JsonAdd<'a>>,
    /// What the added rules come to together, with Tweets counted once that several of them match.
    estimate: Option<JsonEstimate>,
    /// How many Tweets of the journal that is told by.
    sample_tweets: Option<u64>,
    retag: Vec<JsonRetag<'a>>,
    delete: Vec<JsonRemote<'a>>,
    leftover: Vec<JsonRemote<'a>>,
    conflicts: Vec<JsonConflict<'a>>,
    foreign: Vec<JsonRemote<'a>>,
    kept: Vec<JsonRemote<'a>>,
    adoptable: Vec<JsonRemote<'a>>,
    paused: Vec<JsonPaused<'a>>,
    unchanged: usize,
    remote: usize,
    changes: usize,
    requests: usize,
    seconds: usize,
    /// Why it takes `--force`.
    refused: Option<String>,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct JsonAdd<'a> {
    value: &'a str,
    tag: Option<&'a str>,
    place: Option<&'a str>,
    /// By the journal, if there is one.
    estimate: Option<JsonEstimate>,
}

#[derive(Serialize)]
struct JsonEstimate {
    matches: u64,
    a_month: Option<JsonAmount>,
    /// The part of `--cap` that a month takes.
    of_cap: Option<JsonAmount>,
}

#[derive(Serialize)]
struct JsonAmount {
    about: f64,
    low: f64,
    high: f64,
}

impl From<Cost> for JsonEstimate {
    fn from(cost: Cost) -> Self {
        let rates = cost.rates;
        Self {
            matches: cost.matches,
            a_month: rates.map(|rates| rates.a_month.into()),
            of_cap: rates.and_then(|rates| rates.of_cap).map(JsonAmount::from),
        }
    }
}

impl From<EstimatedAmount> for JsonAmount {
    fn from(amount: EstimatedAmount) -> Self {
        Self {
            about: amount.about,
            low: amount.low,
            high: amount.high,
        }
    }
}

#[derive(Serialize)]
struct JsonRetag<'a> {
    value: &'a str,
    tag: Option<&'a str>,
    place: Option<&'a str>,
    from: JsonRemote<'a>,
    gap: bool,
}

#[derive(Serialize)]
struct JsonRemote<'a> {
    id: i64,
    id_str: String,
    value: &'a str,
    tag: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonPaused<'a> {
    value: &'a str,
    tag: Option<&'a str>,
    place: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonConflict<'a> {
    declared_tag: Option<&'a str>,
    remote: JsonRemote<'a>,
}

impl<'a> From<&'a Remote> for JsonRemote<'a> {
    fn from(rule: &'a Remote) -> Self {
        Self {
            id: rule.id,
            id_str: rule.id.to_string(),
            value: &rule.value,
            tag: rule.tag.as_deref(),
        }
    }
}

pub(super) fn as_json(planned: &Planned) -> String {
    sonic_rs::to_string(&json(planned)).expect("text and numbers always have a JSON") + "\n"
}

pub(super) fn json(planned: &Planned) -> Json<'_> {
    fn all(rules: &[Remote]) -> Vec<JsonRemote<'_>> {
        rules.iter().map(JsonRemote::from).collect()
    }
    let plan = &planned.plan;
    let place = |rule: &Declared| planned.places.get(&rule.value).map(String::as_str);
    let added = planned.added.as_ref();
    let add = plan.add.iter().enumerate().map(|(at, rule)| JsonAdd {
        value: &rule.value,
        tag: rule.tag.as_deref(),
        place: place(rule),
        estimate: added
            .and_then(|added| added.of_rule(at))
            .map(JsonEstimate::from),
    });
    let retag = plan.retag.iter().map(|retag| JsonRetag {
        value: &retag.declared.value,
        tag: retag.declared.tag.as_deref(),
        place: place(&retag.declared),
        from: (&retag.from).into(),
        gap: retag.cover == Cover::Nothing,
    });
    let conflicts = plan.conflicts.iter().map(|conflict| JsonConflict {
        declared_tag: conflict.declared.tag.as_deref(),
        remote: (&conflict.remote).into(),
    });
    let paused = plan.paused.iter().map(|rule| JsonPaused {
        value: &rule.value,
        tag: rule.tag.as_deref(),
        place: place(rule),
    });
    let cost = plan.cost();
    Json {
        endpoint: &planned.endpoint,
        add: add.collect(),
        estimate: added.map(|added| added.together().into()),
        sample_tweets: added.map(Estimate::tweets),
        retag: retag.collect(),
        delete: all(&plan.delete),
        leftover: all(&plan.leftover),
        conflicts: conflicts.collect(),
        foreign: all(&plan.foreign),
        kept: all(&plan.kept),
        adoptable: all(&plan.adoptable),
        paused: paused.collect(),
        unchanged: plan.unchanged,
        remote: plan.remote,
        changes: plan.changes(),
        requests: cost.requests,
        seconds: cost.seconds,
        refused: plan.guard.reason(),
        fingerprint: &plan.fingerprint,
    }
}
