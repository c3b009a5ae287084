//! The checks of a test: `t:equal`, `t:ok`, `t:fails` and `t:snapshot`.

use mlua::{Lua, MultiValue, Value};

use super::{
    super::{
        api::{Answer, text, type_name},
        budget,
        error::Misuse,
        lua::is_memory,
        raw::to_json,
        value::from_json,
    },
    compare::{differences, read, show},
    context::Context,
    snapshots::Kept,
};
use crate::text::json;

/// `t:equal(got, expected)`.
pub(super) fn equal(_: &Context, lua: &Lua, arguments: &MultiValue) -> Answer<()> {
    let tree = |place: usize| {
        let value = arguments.get(place).unwrap_or(&Value::Nil);
        read(lua, value).map_err(Misuse::new)
    };
    let lines = differences(&tree(0)?, &tree(1)?);
    if lines.is_empty() {
        return Ok(());
    }
    let mut message = lines.join("\n");
    if let Some(given) = arguments.get(2) {
        let given = text(given, "the message that `t:equal` takes last")?;
        message = format!("{given}: {message}");
    }
    Err(Misuse::new(message))
}

/// `t:ok(value, message)`.
pub(super) fn ok(_: &Context, lua: &Lua, arguments: &MultiValue) -> Answer<()> {
    let value = arguments.front().unwrap_or(&Value::Nil);
    if !matches!(value, Value::Nil | Value::Boolean(false)) {
        return Ok(());
    }
    let got = show(&read(lua, value).map_err(Misuse::new)?);
    let found = format!("expected: anything but nil and false\ngot:      {got}");
    Err(Misuse::new(match arguments.get(1) {
        Some(given) => {
            let given = text(given, "the message that `t:ok` takes second")?;
            format!("{given}\n{found}")
        }
        None => format!("this does not hold\n{found}"),
    }))
}

/// `t:fails(function, text)`.
pub(super) fn fails(context: &Context, _: &Lua, arguments: &MultiValue) -> Answer<String> {
    let Some(Value::Function(function)) = arguments.front() else {
        return Err(Misuse::new(format!(
            "`t:fails` takes a function, not {}",
            type_name(arguments.front().unwrap_or(&Value::Nil))
        ))
        .hint("write `t:fails(function() … end, \"text of the error\")`"));
    };
    let wanted = match arguments.get(1) {
        None | Some(Value::Nil) => None,
        Some(wanted) => Some(text(wanted, "the text that `t:fails` takes second")?),
    };
    let Err(error) = function.call::<()>(()) else {
        return Err(Misuse::new(match wanted {
            Some(wanted) => format!("expected an error with `{wanted}`, and there was none"),
            None => "expected an error, and there was none".to_owned(),
        }));
    };
    if is_memory(&error) {
        budget::out_of_memory();
    }
    let fault = context.host.fault(&error);
    let mut told = fault.message;
    if let Some(hint) = fault.hint {
        told = format!("{told}\nhint: {hint}");
    }
    match wanted {
        Some(wanted) if !told.contains(&wanted) => Err(Misuse::new(format!(
            "another error came\nexpected: an error with `{wanted}`\ngot:      {}",
            told.replace('\n', "\n          ")
        ))),
        _ => Ok(told),
    }
}

/// `t:snapshot(name, value)`.
pub(super) fn snapshot(context: &Context, lua: &Lua, arguments: &MultiValue) -> Answer<()> {
    let name = arguments.front().unwrap_or(&Value::Nil);
    let name = text(name, "the name that `t:snapshot` takes first")?;
    let value = arguments.get(1).unwrap_or(&Value::Nil);
    let mut encoded = Vec::new();
    to_json(lua, value, &mut encoded).map_err(|error| Misuse::new(error.to_string()))?;
    let now = json::read_any(&encoded).map_err(|error| Misuse::new(error.to_string()))?;
    let kept = context.snapshots.look(&name, &now).map_err(Misuse::new)?;
    let lines = match kept {
        Kept::Same => return Ok(()),
        Kept::Missing => vec![format!("there is no snapshot `{name}` yet")],
        Kept::Value(kept) => {
            let tree = |value| {
                let value = from_json(lua, value, 0).map_err(|error| error.to_string())?;
                read(lua, &value)
            };
            let now = tree(&now).map_err(Misuse::new)?;
            let kept = tree(&kept).map_err(Misuse::new)?;
            let mut lines = differences(&now, &kept);
            if lines.is_empty() {
                return Ok(());
            }
            lines[0] = format!("the snapshot `{name}`: {}", lines[0]);
            lines
        }
    };
    Err(Misuse::new(lines.join("\n")).hint("`ouzel test --update` writes what it is now"))
}
