//! Metrics of a script: what it declares, and their values, as the worker keeps them and `/metrics` shows them; and how its
//! handlers do.

use std::{collections::BTreeMap, time::Duration};

/// The most series of a script, all its metrics together. A label whose values have no end must not fill the memory.
pub(crate) const MAX_SERIES: usize = 100;

/// A metric as the script declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricSpec {
    /// The name, without what ouzel puts before it.
    pub name: String,
    /// What it is.
    pub help: Option<String>,
}

/// One number of a metric: the metric's name, and labels with their values, sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// The metric's name.
    pub metric: String,
    /// The labels.
    pub labels: Vec<(String, String)>,
}

/// What happens to a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// It grows by this, or shrinks.
    Add(f64),
    /// It becomes this.
    Set(f64),
}

/// The metrics of the script that runs, and their values.
#[derive(Debug, Default)]
pub struct Metrics {
    declared: Vec<MetricSpec>,
    values: BTreeMap<Series, f64>,
}

/// The most handlers that have numbers of their own. A script may register as many as it likes, and each is a dozen
/// series.
pub(crate) const MAX_HANDLERS: usize = 100;

/// The name under which all other handlers are counted together.
const OTHERS: &str = "other handlers";

/// The upper ends of the classes into which the calls of handlers fall, in seconds: from a call that does nothing to the
/// most that `[script_limits]` allows by default.
pub(crate) const TIME_CLASSES: [f64; 10] = [
    0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.01, 0.1, 0.25,
];

/// How long the calls of a handler took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Times {
    /// How many calls fell into each class, and not into the one before.
    pub classes: [u64; TIME_CLASSES.len()],
    /// How many calls there were.
    pub calls: u64,
    /// How long they took together, in seconds.
    pub seconds: f64,
}

/// The numbers of the handlers, by their names. A handler of the same name goes on counting after a reload.
#[derive(Debug, Clone, Default)]
pub struct HandlerNumbers {
    /// How long their calls took.
    pub times: BTreeMap<String, Times>,
    /// How many Tweets failed in them.
    pub failures: BTreeMap<String, u64>,
}

impl Times {
    /// Counts a call.
    pub fn note(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        self.calls += 1;
        self.seconds += seconds;
        let class = TIME_CLASSES.iter().position(|end| seconds <= *end);
        if let Some(class) = class {
            self.classes[class] += 1;
        }
    }

    fn add(&mut self, others: &Self) {
        for (class, number) in self.classes.iter_mut().zip(others.classes) {
            *class += number;
        }
        self.calls += others.calls;
        self.seconds += others.seconds;
    }
}

impl HandlerNumbers {
    /// Adds calls of a handler.
    pub fn add_times(&mut self, handler: String, times: &Times) {
        entry(&mut self.times, handler).add(times);
    }

    /// Adds failures of a handler.
    pub fn add_failures(&mut self, handler: String, number: u64) {
        *entry(&mut self.failures, handler) += number;
    }
}

/// The numbers of a handler, or those of all others when there are too many.
fn entry<N: Default>(numbers: &mut BTreeMap<String, N>, handler: String) -> &mut N {
    let is_full = numbers.len() >= MAX_HANDLERS && !numbers.contains_key(&handler);
    let handler = if is_full { OTHERS.to_owned() } else { handler };
    numbers.entry(handler).or_default()
}

impl MetricSpec {
    /// Whether it only grows. As everywhere with Prometheus, its name says so.
    pub fn is_counter(&self) -> bool {
        self.name.ends_with("_total")
    }
}

impl Change {
    /// The change of both, one after the other.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Add(first), Self::Add(then)) => Self::Add(first + then),
            (Self::Set(first), Self::Add(then)) => Self::Set(first + then),
            (_, Self::Set(value)) => Self::Set(value),
        }
    }
}

impl Metrics {
    /// Takes what a new generation declares and has used. Numbers of metrics that are declared again stay, as far as there
    /// is room; the others go.
    pub fn declare(&mut self, declared: &[MetricSpec], changes: BTreeMap<Series, Change>) {
        self.declared = declared.to_vec();
        let is_declared =
            |series: &Series| declared.iter().any(|metric| metric.name == series.metric);
        let mut room = MAX_SERIES.saturating_sub(changes.len());
        self.values.retain(|series, _| {
            let stays = changes.contains_key(series);
            let has_room = room > 0 && is_declared(series);
            room -= usize::from(has_room && !stays);
            stays || has_room
        });
        self.apply(changes);
    }

    /// Carries out changes.
    pub fn apply(&mut self, changes: BTreeMap<Series, Change>) {
        for (series, change) in changes {
            let value = self.values.entry(series).or_default();
            *value = match change {
                Change::Add(number) => *value + number,
                Change::Set(number) => number,
            };
        }
    }

    /// The series that have a number.
    pub fn series(&self) -> impl Iterator<Item = &Series> {
        self.values.keys()
    }

    /// Each metric with its series and their numbers.
    pub fn all(&self) -> impl Iterator<Item = (&MetricSpec, Vec<(&Series, f64)>)> {
        self.declared.iter().map(|metric| {
            let values = self.values.iter().map(|(series, value)| (series, *value));
            let of_metric = values.filter(|(series, _)| series.metric == metric.name);
            (metric, of_metric.collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(metric: &str, label: usize) -> Series {
        Series {
            metric: metric.to_owned(),
            labels: vec![("n".to_owned(), label.to_string())],
        }
    }

    fn spec(name: &str) -> MetricSpec {
        MetricSpec {
            name: name.to_owned(),
            help: None,
        }
    }

    #[test]
    fn changes_after_each_other_are_one() {
        use Change::{Add, Set};
        for (changes, expected) in [
            (&[Add(1.0), Add(2.0)][..], 13.0),
            (&[Set(5.0), Add(2.0)], 7.0),
            (&[Add(1.0), Set(2.0)], 2.0),
            (&[Set(1.0), Set(2.0), Add(-3.0)], -1.0),
        ] {
            let mut metrics = Metrics::default();
            let of = || series("a", 1);
            metrics.apply(BTreeMap::from([(of(), Set(10.0))]));
            let whole = changes.iter().copied().reduce(Change::then).unwrap();
            metrics.apply(BTreeMap::from([(of(), whole)]));
            assert_eq!(metrics.values[&of()], expected, "{changes:?}");
        }
    }

    #[test]
    fn a_new_generation_keeps_what_it_declares_again_as_far_as_there_is_room() {
        let mut metrics = Metrics::default();
        let many = |metric: &str, numbers: std::ops::Range<usize>| {
            let one = |number| (series(metric, number), Change::Add(1.0));
            numbers.map(one).collect::<BTreeMap<_, _>>()
        };
        metrics.declare(&[spec("a"), spec("b")], many("a", 0..60));
        metrics.apply(many("b", 0..40));
        metrics.declare(&[spec("b"), spec("c")], many("b", 39..41));
        assert_eq!(metrics.series().count(), 41);
        assert_eq!(metrics.values[&series("b", 39)], 2.0);
        assert_eq!(metrics.values[&series("b", 40)], 1.0);
        metrics.declare(&[spec("b"), spec("c")], many("c", 0..90));
        assert_eq!(metrics.series().count(), MAX_SERIES);
        metrics.declare(&[], BTreeMap::new());
        assert_eq!(metrics.series().count(), 0);
    }
}
