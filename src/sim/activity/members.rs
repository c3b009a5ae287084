//! Writes JSON objects of which any member may be missing.

use sonic_rs::{JsonNumberTrait, Value, ValueRef};

use crate::json_text::Json;

/// How deep lists and objects are copied. The deepest that the service sends, a variant of a video,
/// is five levels down.
const DEEPEST: u8 = 32;

/// An object being written. What is `None` is left out.
pub(super) struct Members<'a, 'b> {
    json: &'a mut Json<'b>,
    is_empty: bool,
}

impl<'a, 'b> Members<'a, 'b> {
    pub(super) fn open(json: &'a mut Json<'b>) -> Self {
        json.raw("{");
        Self {
            json,
            is_empty: true,
        }
    }

    pub(super) fn close(self) {
        self.json.raw("}");
    }

    /// Starts a member whose name needs no escaping. The caller writes its value into what this returns.
    pub(super) fn key(&mut self, key: &'static str) -> &mut Json<'b> {
        self.next().raw("\"").raw(key).raw("\":")
    }

    /// The same with a name from a Tweet, which may be anything.
    fn any_key(&mut self, key: &str) -> &mut Json<'b> {
        self.next().text(key).raw(":")
    }

    fn next(&mut self) -> &mut Json<'b> {
        let comma = if self.is_empty { "" } else { "," };
        self.is_empty = false;
        self.json.raw(comma)
    }

    pub(super) fn text(&mut self, key: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.key(key).text(text);
        }
    }

    pub(super) fn count(&mut self, key: &'static str, count: Option<u64>) {
        if let Some(count) = count {
            self.key(key).int(count);
        }
    }

    pub(super) fn flag(&mut self, key: &'static str, flag: Option<bool>) {
        if let Some(flag) = flag {
            self.key(key).flag(flag);
        }
    }

    /// A value as it stands in the native Tweet.
    pub(super) fn value(&mut self, key: &'static str, value: Option<&Value>) {
        if let Some(value) = value {
            self.value_without(key, value, &[]);
        }
    }

    /// A value as it stands, but without some keys in any of its objects.
    pub(super) fn value_without(&mut self, key: &'static str, value: &Value, omitted: &[&str]) {
        copy(self.key(key), value, omitted, 0);
    }
}

/// Writes a value, with its strings escaped as the service does it.
fn copy(json: &mut Json<'_>, value: &Value, omitted: &[&str], depth: u8) {
    match value.as_ref() {
        ValueRef::Bool(flag) => {
            json.flag(flag);
        }
        ValueRef::Number(number) => match number.as_u64() {
            Some(number) => {
                json.int(number);
            }
            None => {
                sonic_rs::to_writer(&mut *json.0, &number).expect("memory takes every number");
            }
        },
        ValueRef::String(text) => {
            json.text(text);
        }
        ValueRef::Array(list) if depth < DEEPEST => {
            json.raw("[");
            json.list(list, |value, json| copy(json, value, omitted, depth + 1));
            json.raw("]");
        }
        ValueRef::Object(object) if depth < DEEPEST => {
            let mut members = Members::open(json);
            for (key, value) in object {
                if !omitted.contains(&key) {
                    copy(members.any_key(key), value, omitted, depth + 1);
                }
            }
            members.close();
        }
        ValueRef::Null | ValueRef::Array(_) | ValueRef::Object(_) => {
            json.raw("null");
        }
    }
}
