//! What `--fields` prints of a Tweet.

use bytes::Bytes;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use crate::{
    error::Error,
    script::{Expression, Limits, Unfit, is_method, unknown_field},
    text::{json, plain},
    tweet::Tweet,
};

/// The fields that are printed.
pub(super) struct Fields {
    all: Vec<Field>,
    /// Whether the first Tweet has been compared with what Tweets have.
    is_checked: bool,
}

/// One field.
struct Field {
    /// As the person wrote it.
    name: String,
    way: Way,
}

/// Where its value comes from.
enum Way {
    /// It lies at the end of a path.
    Path(Vec<String>),
    /// A method of Tweets gives it.
    Method(Box<Expression>),
}

impl Fields {
    /// Reads the names of fields.
    ///
    /// # Errors
    /// [`Error::Usage`] for a name that cannot be one.
    pub(super) fn new(names: &[String], limits: &Limits) -> Result<Self, Error> {
        let all = names.iter().map(|name| Field::new(name.trim(), limits));
        Ok(Self {
            all: all.collect::<Result<_, _>>()?,
            is_checked: false,
        })
    }

    /// What to say about fields that no Tweet has. It is said once, of the first Tweet.
    pub(super) fn doubts(&mut self, tweet: &Tweet) -> Vec<String> {
        if std::mem::replace(&mut self.is_checked, true) {
            return Vec::new();
        }
        let doubt = |field: &Field| {
            let Way::Path(path) = &field.way else {
                return None;
            };
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let meant = unknown_field(&path, tweet.root())?;
            Some(unknown("--fields", &field.name, meant.as_deref()))
        };
        self.all.iter().filter_map(doubt).collect()
    }

    /// The values with tabs between them, on one line.
    ///
    /// # Errors
    /// What is wrong with a method.
    pub(super) fn as_text(&self, tweet: &Tweet) -> Result<String, Error> {
        let cells: Result<Vec<_>, Error> = self
            .all
            .iter()
            .map(|field| Ok(cell(field.value(tweet)?.as_ref())))
            .collect();
        Ok(cells?.join("\t"))
    }

    /// The values as an object of JSON.
    ///
    /// # Errors
    /// What is wrong with a method.
    pub(super) fn as_json(&self, tweet: &Tweet) -> Result<String, Error> {
        let mut out = String::from("{");
        for (number, field) in self.all.iter().enumerate() {
            if number > 0 {
                out.push(',');
            }
            out.push_str(&written(&Value::from(field.name.as_str())));
            out.push(':');
            match field.value(tweet)? {
                Some(value) => out.push_str(&written(&value)),
                None => out.push_str("null"),
            }
        }
        out.push('}');
        Ok(out)
    }
}

/// The words about a field that no Tweet has.
pub(super) fn unknown(flag: &str, name: &str, meant: Option<&str>) -> String {
    let meant = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
    format!("`{flag}`: no Tweet is known to have a field `{name}`{meant}\n")
}

impl Field {
    fn new(name: &str, limits: &Limits) -> Result<Self, Error> {
        let way = match name.strip_suffix("()") {
            Some(method) => {
                is_method(method).map_err(|near| {
                    let near = near.map_or_else(String::new, |near| {
                        format!("\nhint: did you mean `{near}()`?")
                    });
                    Error::Usage(format!("`--fields`: Tweets have no method `{name}`{near}"))
                })?;
                let call = format!("tweet:{method}()");
                let made = Expression::new("--fields", &call, limits);
                let made = made.map_err(|fault| Error::Usage(format!("`{name}`{fault}")))?;
                Way::Method(Box::new(made))
            }
            None if name.split('.').any(str::is_empty) => {
                return Err(Error::Usage(format!(
                    "`--fields`: `{name}` is no name of a field\nhint: write names such as `id_str,user.screen_name,entities.hashtags.text`"
                )));
            }
            None => Way::Path(name.split('.').map(str::to_owned).collect()),
        };
        Ok(Self {
            name: name.to_owned(),
            way,
        })
    }

    fn value(&self, tweet: &Tweet) -> Result<Option<Value>, Error> {
        match &self.way {
            Way::Path(path) => Ok(at(tweet.root(), path)),
            Way::Method(method) => {
                let Some(tweet) = again(tweet) else {
                    return Ok(None);
                };
                match method.json(tweet) {
                    Ok(json) => Ok(json::read_any(&json).ok()),
                    Err(Unfit::Failed(_)) => Ok(None),
                    Err(Unfit::Broken(fault)) => Err(Error::Failed(format!(
                        "`{}` cannot be read{fault}",
                        self.name
                    ))),
                }
            }
        }
    }
}

/// The same Tweet once more, for an expression to use up.
pub(super) fn again(tweet: &Tweet) -> Option<Tweet> {
    Tweet::parse(tweet.share_line()).ok()
}

/// The value at the end of a path. A number is a place in a list, counted from 1. A name behind a list stands for that field
/// of each of its elements.
fn at(value: &Value, path: &[String]) -> Option<Value> {
    let Some((first, rest)) = path.split_first() else {
        return (!value.is_null()).then(|| value.clone());
    };
    let Some(list) = value.as_array() else {
        return at(value.as_object()?.get(first)?, rest);
    };
    if let Ok(number) = first.parse::<usize>() {
        return at(list.get(number.checked_sub(1)?)?, rest);
    }
    let of_each: Vec<Value> = list.iter().filter_map(|item| at(item, path)).collect();
    Some(Value::from(of_each))
}

/// A value as a cell: text without what would end the cell, a list of plain values with commas, everything else as JSON.
fn cell(value: Option<&Value>) -> String {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return String::new();
    };
    if let Some(text) = value.as_str() {
        return plain::line(text).into_owned();
    }
    let is_plain = |item: &Value| !item.is_object() && !item.is_array();
    match value.as_array() {
        Some(list) if list.iter().all(is_plain) => {
            let cells: Vec<_> = list.iter().map(|item| cell(Some(item))).collect();
            cells.join(",")
        }
        _ => plain::line(&written(value)).into_owned(),
    }
}

fn written(value: &Value) -> String {
    // What was read as JSON can be written as JSON.
    sonic_rs::to_string(value).unwrap_or_default()
}

/// A Tweet of a line, if it is one.
pub(super) fn read(line: Bytes) -> Option<Tweet> {
    Tweet::parse(line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tweet() -> Tweet {
        read(Bytes::from_static(
            br#"{"id":1635659407703232513,"id_str":"1635659407703232513","text":"a\tb\nc","n":1.0,"none":null,"yes":true,"user":{"screen_name":"ada"},"entities":{"hashtags":[{"text":"x","indices":[1,2]},{"text":"y\u001b"}]},"matching_rules":[{"tag":"launch"}]}"#,
        ))
        .unwrap()
    }

    fn fields(names: &str) -> Result<Fields, Error> {
        let names: Vec<_> = names.split(',').map(str::to_owned).collect();
        Fields::new(&names, &Limits::default())
    }

    #[test]
    fn values_are_cells_or_json() {
        for (names, text, json) in [
            ("id", "1635659407703232513", r#"{"id":1635659407703232513}"#),
            ("text,n", "a\\tb\\nc\t1.0", r#"{"text":"a\tb\nc","n":1.0}"#),
            (
                "none,nothing,yes",
                "\t\ttrue",
                r#"{"none":null,"nothing":null,"yes":true}"#,
            ),
            ("user.screen_name", "ada", r#"{"user.screen_name":"ada"}"#),
            (
                "user",
                r#"{"screen_name":"ada"}"#,
                r#"{"user":{"screen_name":"ada"}}"#,
            ),
            (
                "entities.hashtags.1.text",
                "x",
                r#"{"entities.hashtags.1.text":"x"}"#,
            ),
            (
                "entities.hashtags.0.text",
                "",
                r#"{"entities.hashtags.0.text":null}"#,
            ),
            (
                "entities.hashtags.text",
                "x,y\\u{1b}",
                r#"{"entities.hashtags.text":["x","y\u001b"]}"#,
            ),
            (
                "entities.hashtags.indices",
                "[[1,2]]",
                r#"{"entities.hashtags.indices":[[1,2]]}"#,
            ),
            (
                "id(),tags()",
                "1635659407703232513\tlaunch",
                r#"{"id()":1635659407703232513,"tags()":["launch"]}"#,
            ),
            ("quoted()", "", r#"{"quoted()":null}"#),
        ] {
            let fields = fields(names).unwrap();
            assert_eq!(fields.as_text(&tweet()).unwrap(), text, "{names}");
            assert_eq!(fields.as_json(&tweet()).unwrap(), json, "{names}");
        }
    }

    #[test]
    fn what_no_tweet_has_is_told_once() {
        let mut fields = fields("id_str,user.screen_nam,zebra,n").unwrap();
        assert_eq!(
            fields.doubts(&tweet()).concat(),
            "`--fields`: no Tweet is known to have a field `user.screen_nam`; did you mean `user.screen_name`?\n\
             `--fields`: no Tweet is known to have a field `zebra`\n"
        );
        assert!(fields.doubts(&tweet()).is_empty());
    }

    #[test]
    fn what_can_be_no_field_is_refused() {
        let refused = |names| fields(names).err().unwrap().to_string();
        assert_eq!(
            refused("ful_text()"),
            "`--fields`: Tweets have no method `ful_text()`\nhint: did you mean `full_text()`?"
        );
        assert!(refused("a..b").starts_with("`--fields`: `a..b` is no name of a field\nhint: "));
        assert!(refused("a,,b").starts_with("`--fields`: `` is no name of a field\nhint: "));
    }
}
