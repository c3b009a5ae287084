//! JSON that is taken apart only where it is edited; all else stays byte for byte.

use std::borrow::Cow;

use crate::{json_text::Json, snowflake};

/// Room for the members of a Tweet or a user: more often than not enough, and made at once.
const MEMBERS: usize = 48;

/// A JSON value.
#[derive(Debug, Clone)]
pub(super) enum Node<'t> {
    /// As it stands.
    Raw(Cow<'t, str>),
    /// The members of an object, in order.
    Object(Vec<(Cow<'t, str>, Self)>),
    /// The elements of an array.
    List(Vec<Self>),
}

/// Makes JSON text by writing it.
pub(super) fn written(write: impl FnOnce(&mut Json<'_>)) -> String {
    let mut bytes = Vec::with_capacity(96);
    write(&mut Json(&mut bytes));
    String::from_utf8(bytes).expect("JSON is written in ASCII")
}

impl<'t> Node<'t> {
    pub(super) const NULL: Self = Self::Raw(Cow::Borrowed("null"));

    /// A value that is JSON already.
    pub(super) fn raw(json: &'t str) -> Self {
        Self::Raw(Cow::Borrowed(json))
    }

    /// A value that `write` writes.
    pub(super) fn made(write: impl FnOnce(&mut Json<'_>)) -> Self {
        Self::Raw(Cow::Owned(written(write)))
    }

    pub(super) fn text(text: &str) -> Self {
        Self::made(|json| {
            json.text(text);
        })
    }

    pub(super) fn int(number: u64) -> Self {
        Self::made(|json| {
            json.int(number);
        })
    }

    /// A number in quotes, as ids are repeated.
    pub(super) fn quoted(number: u64) -> Self {
        Self::made(|json| {
            json.quoted(number);
        })
    }

    /// A time as Tweets print it.
    pub(super) fn time(ms: i64) -> Self {
        Self::made(|json| {
            json.raw("\"");
            snowflake::write_created_at(json.0, ms);
            json.raw("\"");
        })
    }

    pub(super) fn flag(value: bool) -> Self {
        Self::raw(if value { "true" } else { "false" })
    }

    /// The members, taken apart if they are not yet. What is no object has none, and becomes one.
    pub(super) fn members(&mut self) -> &mut Vec<(Cow<'t, str>, Self)> {
        if !matches!(self, Self::Object(_)) {
            let members = match &*self {
                Self::Raw(Cow::Borrowed(json)) => {
                    let mut members = Vec::with_capacity(MEMBERS);
                    members.extend(read_members(json));
                    members
                }
                Self::Raw(Cow::Owned(json)) => read_members(json)
                    .map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned()))
                    .collect(),
                Self::Object(_) | Self::List(_) => Vec::new(),
            };
            *self = Self::Object(members);
        }
        match self {
            Self::Object(members) => members,
            Self::Raw(_) | Self::List(_) => unreachable!("it was made an object"),
        }
    }

    /// The elements, taken apart if they are not yet. What is no array has none, and becomes one.
    pub(super) fn elements(&mut self) -> &mut Vec<Self> {
        if !matches!(self, Self::List(_)) {
            let elements = match &*self {
                Self::Raw(Cow::Borrowed(json)) => read_elements(json).collect(),
                Self::Raw(Cow::Owned(json)) => read_elements(json).map(Node::into_owned).collect(),
                Self::Object(_) | Self::List(_) => Vec::new(),
            };
            *self = Self::List(elements);
        }
        match self {
            Self::List(elements) => elements,
            Self::Raw(_) | Self::Object(_) => unreachable!("it was made a list"),
        }
    }

    fn into_owned<'o>(self) -> Node<'o> {
        match self {
            Self::Raw(json) => Node::Raw(Cow::Owned(json.into_owned())),
            Self::Object(members) => Node::Object(
                members
                    .into_iter()
                    .map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned()))
                    .collect(),
            ),
            Self::List(elements) => {
                Node::List(elements.into_iter().map(Self::into_owned).collect())
            }
        }
    }

    /// A member that is there and not null.
    pub(super) fn get(&mut self, key: &str) -> Option<&mut Self> {
        self.members()
            .iter_mut()
            .find(|(own, _)| own == key)
            .map(|(_, value)| value)
            .filter(|value| !matches!(value, Self::Raw(json) if json == "null"))
    }

    /// What a member says, without taking anything apart that is not yet.
    pub(super) fn peek(&self, key: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::Raw(json) => {
                let (_, value) = read_members(json).find(|(own, _)| own == key)?;
                value.as_text().map(|text| Cow::Owned(text.into_owned()))
            }
            Self::Object(members) => members.iter().find(|(own, _)| own == key)?.1.as_text(),
            Self::List(_) => None,
        }
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<Self> {
        let members = self.members();
        let at = members.iter().position(|(own, _)| own == key)?;
        Some(members.remove(at).1)
    }

    /// Replaces a member, or adds it at the end.
    pub(super) fn set(&mut self, key: &'static str, value: Self) {
        let members = self.members();
        match members.iter_mut().find(|(own, _)| own == key) {
            Some((_, own)) => *own = value,
            None => members.push((Cow::Borrowed(key), value)),
        }
    }

    /// Replaces a member, or adds it behind another one.
    pub(super) fn set_after(&mut self, before: &str, key: &'static str, value: Self) {
        let members = self.members();
        if let Some((_, own)) = members.iter_mut().find(|(own, _)| own == key) {
            *own = value;
            return;
        }
        let found = members.iter().position(|(own, _)| own == before);
        let at = found.map_or(members.len(), |at| at + 1);
        members.insert(at, (Cow::Borrowed(key), value));
    }

    /// Sets an id in both of its forms.
    pub(super) fn set_id(&mut self, keys: [&'static str; 2], id: u64) {
        self.set(keys[0], Self::int(id));
        self.set_after(keys[0], keys[1], Self::quoted(id));
    }

    /// What a string says.
    pub(super) fn as_text(&self) -> Option<Cow<'_, str>> {
        let Self::Raw(json) = self else {
            return None;
        };
        let inner = json.strip_prefix('"')?.strip_suffix('"')?;
        if inner.contains('\\') {
            ouzel_text::json::read::<String>(json.as_bytes())
                .ok()
                .map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(inner))
        }
    }

    pub(super) fn as_int(&self) -> Option<u64> {
        match self {
            Self::Raw(json) => json.parse().ok(),
            Self::Object(_) | Self::List(_) => None,
        }
    }

    pub(super) fn write(&self, json: &mut Json<'_>) {
        match self {
            Self::Raw(text) => {
                json.raw(text);
            }
            Self::Object(members) => {
                json.raw("{");
                for (at, (key, value)) in members.iter().enumerate() {
                    json.raw(if at > 0 { ",\"" } else { "\"" });
                    // Most keys need no escaping, which would be looked for in each character.
                    if key
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                    {
                        json.raw(key);
                    } else {
                        json.part(key);
                    }
                    json.raw("\":");
                    value.write(json);
                }
                json.raw("}");
            }
            Self::List(elements) => {
                json.raw("[");
                for (at, value) in elements.iter().enumerate() {
                    json.raw(if at > 0 { "," } else { "" });
                    value.write(json);
                }
                json.raw("]");
            }
        }
    }
}

fn read_members(json: &str) -> impl Iterator<Item = (Cow<'_, str>, Node<'_>)> {
    sonic_rs::to_object_iter(json)
        .map_while(Result::ok)
        .map(|(key, value)| (key, Node::Raw(value.as_raw_cow())))
}

fn read_elements(json: &str) -> impl Iterator<Item = Node<'_>> {
    sonic_rs::to_array_iter(json)
        .map_while(Result::ok)
        .map(|value| Node::Raw(value.as_raw_cow()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_edited_stays_as_it_stood() {
        let text = r#"{"a":{"b":1.250000,"c":"\u00e9\/"},"list":[1, 2],"n":null}"#;
        let mut node = Node::raw(text);
        assert!(node.get("n").is_none() && node.get("x").is_none());
        let inner = node.get("a").unwrap();
        assert_eq!(inner.get("c").unwrap().as_text().as_deref(), Some("é/"));
        inner.set_after("b", "d", Node::text("é"));
        node.get("list").unwrap().elements().push(Node::int(3));
        node.remove("n");
        assert_eq!(
            written(|json| node.write(json)),
            r#"{"a":{"b":1.250000,"d":"\u00e9","c":"\u00e9\/"},"list":[1,2,3]}"#
        );
    }
}
