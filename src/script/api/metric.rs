//! `ouzel.metric`: numbers of the script in `/metrics`.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    ffi::c_void,
    ptr,
    rc::Rc,
};

use mlua::{Lua, MultiValue, Result, Table, Value};

use super::{Answer, Host, counted, internal, text, type_name};
use crate::{
    metric::{Change, MAX_SERIES, MetricSpec, Series},
    script::{
        error::Misuse,
        lua::strict,
        reference::{
            Function,
            metric::{ADD, METRIC, SET},
        },
    },
};

/// The most metrics of a script, and the most labels of a series.
const MAX_METRICS: usize = 100;
const MAX_LABELS: usize = 8;

/// The longest name, help text and value of a label.
const MAX_NAME: usize = 100;
const MAX_HELP: usize = 500;
const MAX_VALUE: usize = 200;

/// The metrics of one generation, and the changes that wait for the commit of the Tweets that caused them.
#[derive(Debug, Default)]
pub(in crate::script) struct Counting {
    declared: Vec<MetricSpec>,
    /// All series that there are, to bound their number.
    known: BTreeSet<Series>,
    /// What the Tweet at hand has changed.
    of_tweet: BTreeMap<Series, Change>,
    waiting: BTreeMap<Series, Change>,
}

impl Counting {
    /// What the script has declared.
    pub(in crate::script) fn declared(&self) -> &[MetricSpec] {
        &self.declared
    }

    /// Counts series that are there from the generation before.
    pub(in crate::script) fn know<'s>(&mut self, series: impl Iterator<Item = &'s Series>) {
        self.known.extend(series.cloned());
    }

    /// Ends a Tweet. Changes of one that failed are dropped.
    pub(in crate::script) fn end_tweet(&mut self, is_kept: bool) {
        if self.of_tweet.is_empty() {
            return;
        }
        let changes = std::mem::take(&mut self.of_tweet);
        for (series, change) in changes.into_iter().filter(|_| is_kept) {
            note(&mut self.waiting, series, change);
        }
    }

    /// Takes the changes that wait.
    pub(in crate::script) fn take(&mut self) -> BTreeMap<Series, Change> {
        std::mem::take(&mut self.waiting)
    }

    fn change(&mut self, series: Series, change: Change) -> Answer<()> {
        if !self.known.contains(&series) {
            if self.known.len() >= MAX_SERIES {
                return Err(Misuse::new(format!(
                    "the script has {MAX_SERIES} series already, and no more are possible"
                ))
                .hint("each value of a label makes a series: use labels with few values, such as a tag, and never an id or a name"));
            }
            self.known.insert(series.clone());
        }
        note(&mut self.of_tweet, series, change);
        Ok(())
    }
}

fn note(changes: &mut BTreeMap<Series, Change>, series: Series, change: Change) {
    let whole = changes.get(&series).map(|before| before.then(change));
    changes.insert(series, whole.unwrap_or(change));
}

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    let shared = Rc::clone(host);
    host.add(lua, ouzel, &METRIC, move |host, lua, arguments| {
        let name = text(arguments.front().unwrap_or(&Value::Nil), "the name of a metric")?;
        if !is_name(&name) {
            return Err(Misuse::new(format!(
                "`{name}` cannot be the name of a metric: it takes small letters, digits and `_`, and begins with no digit"
            )));
        }
        let help = match arguments.get(1).unwrap_or(&Value::Nil) {
            Value::Nil => None,
            help => Some(text(help, "the help text of a metric")?),
        };
        if help.as_ref().is_some_and(|help| help.len() > MAX_HELP || help.contains(char::is_control)) {
            return Err(Misuse::new(format!(
                "the help text of a metric is one line of at most {MAX_HELP} bytes"
            )));
        }
        host.declaring("ouzel.metric", |_| Ok(()))?;
        let mut counting = host.counting.borrow_mut();
        if counting.declared.iter().any(|metric| metric.name == name) {
            return Err(Misuse::new(format!("metric `{name}` is declared twice")));
        }
        if counting.declared.len() >= MAX_METRICS {
            return Err(Misuse::new(format!("a script has at most {MAX_METRICS} metrics")));
        }
        let spec = MetricSpec { name, help };
        counting.declared.push(spec.clone());
        drop(counting);
        object(lua, &shared, spec).map_err(internal)
    })
}

/// A metric, and the Lua value that stands for it.
struct Handle {
    spec: MetricSpec,
    /// The address of that Lua value. It tells `links:add(1)` from `links.add(1)`.
    address: Cell<*const c_void>,
}

fn object(lua: &Lua, host: &Rc<Host>, spec: MetricSpec) -> Result<Table> {
    let handle = Rc::new(Handle {
        spec,
        address: Cell::new(ptr::null()),
    });
    let fields = lua.create_table()?;
    fields.raw_set("name", handle.spec.name.as_str())?;
    for method in [&ADD, &SET] {
        let handle = Rc::clone(&handle);
        let function = host.function(lua, move |host, _, arguments| {
            let (series, change) = handle.change(&arguments, method)?;
            host.counting.borrow_mut().change(series, change)
        })?;
        fields.raw_set(method.name(), function)?;
    }
    let kind = format!("the metric `{}`", handle.spec.name);
    let object = strict(lua, &handle.spec.name, &kind, fields)?;
    handle.address.set(object.to_pointer());
    Ok(object)
}

impl Handle {
    /// Reads `metric:add(number, labels)`.
    fn change(&self, arguments: &MultiValue, described: &Function) -> Answer<(Series, Change)> {
        let (name, method) = (&self.spec.name, described.name());
        let this = arguments.front().unwrap_or(&Value::Nil);
        if !matches!(this, Value::Table(table) if table.to_pointer() == self.address.get()) {
            return Err(Misuse::new(format!(
                "`{method}` is called with a colon: `{name}:{method}(…)`"
            )));
        }
        counted(described, arguments.len() - 1, || {
            format!("{name}:{method}")
        })?;
        let number = match arguments.get(1).unwrap_or(&Value::Nil) {
            Value::Integer(number) => *number as f64,
            Value::Number(number) if number.is_finite() => *number,
            Value::Nil if method == "add" && arguments.len() < 2 => 1.0,
            other => {
                return Err(Misuse::new(format!(
                    "`{name}:{method}` takes a number, not {}",
                    match other {
                        Value::Number(_) => "one that is not finite".into(),
                        other => type_name(other),
                    }
                )));
            }
        };
        let is_counter = self.spec.is_counter();
        let hint = "a name that ends with `_total` is of a counter, which only grows; another name is of a gauge";
        if is_counter && method == "set" {
            return Err(Misuse::new(format!("the counter `{name}` cannot be set")).hint(hint));
        }
        if is_counter && number < 0.0 {
            return Err(Misuse::new(format!("the counter `{name}` cannot shrink")).hint(hint));
        }
        let series = Series {
            metric: name.clone(),
            labels: self.labels(arguments.get(2).unwrap_or(&Value::Nil))?,
        };
        Ok((
            series,
            match method {
                "set" => Change::Set(number),
                _ => Change::Add(number),
            },
        ))
    }

    fn labels(&self, value: &Value) -> Answer<Vec<(String, String)>> {
        let name = &self.spec.name;
        let table = match value {
            Value::Nil => return Ok(Vec::new()),
            Value::Table(table) => table,
            other => {
                return Err(Misuse::new(format!(
                    "the labels of `{name}` have to be a table, not {}",
                    type_name(other)
                ))
                .hint("write them as { tag = rule.tag }"));
            }
        };
        let mut labels = Vec::new();
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair.map_err(internal)?;
            let label = key.as_string().map(|label| label.to_string_lossy());
            let label = label.filter(|label| is_name(label)).ok_or_else(|| {
                Misuse::new(format!(
                    "a label of `{name}` has a name of small letters, digits and `_`: {{ tag = rule.tag }}"
                ))
            })?;
            let value = match &value {
                Value::String(text) => text.to_string_lossy(),
                Value::Integer(number) => number.to_string(),
                Value::Boolean(yes) => yes.to_string(),
                other => {
                    return Err(Misuse::new(format!(
                        "the label `{label}` of `{name}` has to be a string, a whole number or a boolean, not {}",
                        type_name(other)
                    ))
                    .at_word(label));
                }
            };
            if value.len() > MAX_VALUE {
                return Err(Misuse::new(format!(
                    "the label `{label}` of `{name}` has {} bytes; {MAX_VALUE} are possible",
                    value.len()
                ))
                .at_word(label));
            }
            labels.push((label, value));
            if labels.len() > MAX_LABELS {
                return Err(Misuse::new(format!(
                    "`{name}` has more than {MAX_LABELS} labels"
                )));
            }
        }
        labels.sort();
        Ok(labels)
    }
}

fn is_name(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_lowercase() || c == '_';
    name.len() <= MAX_NAME
        && name.starts_with(is_start)
        && name.chars().all(|c| is_start(c) || c.is_ascii_digit())
}
