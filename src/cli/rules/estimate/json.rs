//! What `ouzel rules estimate --json` prints.

use serde::Serialize;

use super::{Amount, Cost, Estimate, Rates, table::time};
use crate::cli::rules::files::FileRule;

/// How many pairs of rules are in JSON.
const PAIRS: usize = 1_000;

#[derive(Serialize)]
struct Json<'a> {
    tweets: u64,
    skipped: u64,
    sample: JsonSample<'a>,
    cap: Option<u64>,
    rules: Vec<JsonRule<'a>>,
    together: JsonCost,
    overlap: Vec<JsonPair<'a>>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct JsonSample<'a> {
    sources: &'a [String],
    /// Whether rules may match more than the sample shows, since rules have decided what is in it.
    is_least: bool,
    percent: Option<f64>,
    from: Option<String>,
    to: Option<String>,
    hours: Option<f64>,
    gap_hours: Option<f64>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    value: &'a str,
    tag: Option<&'a str>,
    #[serde(flatten)]
    cost: JsonCost,
    samples: Vec<&'a str>,
}

/// Everything is `null` of a rule that cannot be read, and each rate if the sample allows none.
#[derive(Serialize)]
struct JsonCost {
    matches: Option<u64>,
    share: Option<f64>,
    per_hour: Option<f64>,
    per_day: Option<f64>,
    per_month: Option<f64>,
    per_month_range: Option<[f64; 2]>,
    cap_share: Option<f64>,
}

#[derive(Serialize)]
struct JsonPair<'a> {
    rules: [&'a str; 2],
    tweets: u64,
}

impl From<Option<Cost>> for JsonCost {
    fn from(cost: Option<Cost>) -> Self {
        let rates = cost.and_then(|cost| cost.rates);
        let about = |of: fn(Rates) -> Amount| Some(of(rates?).about);
        Self {
            matches: cost.map(|cost| cost.matches),
            share: cost.map(|cost| cost.share),
            per_hour: about(|rates| rates.an_hour),
            per_day: about(|rates| rates.a_day),
            per_month: about(|rates| rates.a_month),
            per_month_range: rates.map(|rates| [rates.a_month.low, rates.a_month.high]),
            cap_share: rates.and_then(|rates| Some(rates.of_cap?.about)),
        }
    }
}

pub(super) fn as_json(rules: &[FileRule], unknown: &[bool], found: &Estimate) -> String {
    let counts = &found.counts;
    let places = rules.iter().zip(unknown).enumerate();
    let shown = places.map(|(place, (rule, is_unknown))| JsonRule {
        value: &rule.value,
        tag: rule.tag.as_deref(),
        cost: found.of_rule(place).filter(|_| !is_unknown).into(),
        samples: (counts.rules.get(place).into_iter())
            .flat_map(|own| &own.samples)
            .map(|(_, text)| text.as_str())
            .collect(),
    });
    let value = |place: usize| rules.get(place).map_or("", |rule| rule.value.as_str());
    let overlap = found.pairs().into_iter().take(PAIRS);
    let covered = found.covered.ok();
    let json = Json {
        tweets: counts.tweets,
        skipped: counts.skipped,
        sample: JsonSample {
            sources: &found.sources,
            is_least: found.is_journal && found.percent.is_none(),
            percent: found.percent.map(|percent| percent.0),
            from: covered.map(|covered| time(covered.first)),
            to: covered.map(|covered| time(covered.last)),
            hours: covered.map(|covered| covered.hours()),
            gap_hours: covered.map(|covered| covered.gap_hours()),
        },
        cap: found.cap.map(|cap| cap.0),
        rules: shown.collect(),
        together: Some(found.together()).into(),
        overlap: overlap
            .map(|((one, other), tweets)| JsonPair {
                rules: [value(one), value(other)],
                tweets,
            })
            .collect(),
        notes: found.notes(),
    };
    sonic_rs::to_string(&json).expect("text and finite numbers always have a JSON") + "\n"
}
