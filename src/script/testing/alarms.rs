//! `t:alarm`: an alarm that a test makes up.

use mlua::{Integer, Lua, MultiValue, Table, Value};

use super::context::{Context, misuse_of};
use crate::{
    script::{
        api::{Answer, internal, text, type_name},
        error::Misuse,
        reference::handlers::ALARM_TYPE,
    },
    volume::Alarm,
};

/// What an alarm has where the test does not say it.
const PER_MINUTE: u64 = 1_000;
const LIMIT: u64 = 500;

/// The most samples that an alarm has.
const MOST_SAMPLES: usize = 3;

/// `t:alarm { … }`.
pub(super) fn alarm(context: &Context, _: &Lua, arguments: &MultiValue) -> Answer<()> {
    let given = match arguments.front() {
        Some(Value::Table(given)) => given,
        other => {
            return Err(Misuse::new(format!(
                "`t:alarm` takes a table of fields, not {}",
                type_name(other.unwrap_or(&Value::Nil))
            ))
            .hint("write `t:alarm { tag = \"launch\" }`"));
        }
    };
    let alarm = read(given)?;
    context.subject.alarm(&alarm).map_err(misuse_of)
}

fn read(given: &Table) -> Answer<Alarm> {
    for pair in given.pairs::<Value, Value>() {
        let (name, _) = pair.map_err(internal)?;
        let name = match &name {
            Value::String(name) => name.to_string_lossy(),
            other => {
                let kind = type_name(other);
                return Err(Misuse::new(format!("a field of an alarm cannot be {kind}")));
            }
        };
        if !ALARM_TYPE.names().any(|known| known == name) {
            let message = format!("unknown field `{name}` in an alarm");
            return Err(Misuse::unknown(message, &name, ALARM_TYPE.names()));
        }
    }
    let field = |name: &str| given.raw_get::<Value>(name).map_err(internal);
    let per_minute = number(&field("per_minute")?, "per_minute", PER_MINUTE)?;
    let usual = match field("usual")? {
        Value::Nil => None,
        Value::Integer(usual) => Some(usual as f64),
        Value::Number(usual) if usual.is_finite() => Some(usual),
        other => return Err(wrong("usual", "a number", &other)),
    };
    Ok(Alarm {
        tag: text(&field("tag")?, "the `tag` of an alarm")?,
        per_minute,
        limit: number(&field("limit")?, "limit", LIMIT)?,
        usual,
        per_day: number(
            &field("per_day")?,
            "per_day",
            per_minute.saturating_mul(1_440),
        )?,
        samples: samples(&field("samples")?)?,
    })
}

fn number(value: &Value, name: &str, default: u64) -> Answer<u64> {
    match value {
        Value::Nil => Ok(default),
        Value::Integer(number @ 0..) => Ok(number.unsigned_abs()),
        other => Err(wrong(name, "a whole number of 0 or more", other)),
    }
}

fn wrong(name: &str, kind: &str, value: &Value) -> Misuse {
    let given = match value {
        Value::Integer(number) => format!("`{number}`"),
        Value::Number(number) => format!("`{number}`"),
        other => type_name(other).into_owned(),
    };
    Misuse::new(format!(
        "the `{name}` of an alarm has to be {kind}, not {given}"
    ))
}

fn samples(value: &Value) -> Answer<Vec<String>> {
    let list = match value {
        Value::Nil => return Ok(Vec::new()),
        Value::Table(list) => list,
        other => return Err(wrong("samples", "a table of texts", other)),
    };
    if list.raw_len() > MOST_SAMPLES {
        return Err(Misuse::new(format!(
            "an alarm has at most {MOST_SAMPLES} samples"
        )));
    }
    let samples = (1..=list.raw_len()).map(|at| {
        let sample: Value = list.raw_get(at as Integer).map_err(internal)?;
        text(&sample, "a sample of an alarm")
    });
    samples.collect()
}
