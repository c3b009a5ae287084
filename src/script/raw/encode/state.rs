//! Writes a table of `ouzel.state` as JSON, by the same rules as any other table.

use super::{DEPTH, Encoded, MOST, Unencodable, write_string};
use crate::state::{Name, State, TableId, Value};

/// Writes a table and everything in it. Its fields are in the order of their names.
pub(super) fn encode_state(tree: &State, table: TableId, out: &mut Vec<u8>, depth: u32) -> Encoded {
    if depth > DEPTH {
        return Err(Unencodable::Depth);
    }
    let next = |after| tree.next(table, after).map_err(|_| Unencodable::Gone);
    let mut field = next(None)?;
    let is_list = matches!(field, Some((Name::Integer(_), _)));
    let mut place = 0;
    out.push(if is_list { b'[' } else { b'{' });
    while let Some((name, value)) = field {
        if out.len() > MOST {
            return Err(Unencodable::Large);
        }
        if place > 0 {
            out.push(b',');
        }
        place += 1;
        match name {
            Name::Integer(number) if number == place => {}
            Name::Integer(_) => return Err(Unencodable::Holes),
            Name::Text(_) if is_list => return Err(Unencodable::Mixed),
            Name::Text(text) => {
                write_string(text, out)?;
                out.push(b':');
            }
        }
        encode_value(tree, value, out, depth)?;
        field = next(Some(name))?;
    }
    out.push(if is_list { b']' } else { b'}' });
    Ok(())
}

fn encode_value(tree: &State, value: &Value, out: &mut Vec<u8>, depth: u32) -> Encoded {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Boolean(yes) => out.extend_from_slice(if *yes { b"true" } else { b"false" }),
        Value::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Float(number) if number.is_finite() => {
            out.extend_from_slice(format!("{number:?}").as_bytes());
        }
        Value::Float(_) => return Err(Unencodable::NotFinite),
        Value::Text(text) => write_string(text, out)?,
        Value::Table(inner) => encode_state(tree, *inner, out, depth + 1)?,
    }
    Ok(())
}
