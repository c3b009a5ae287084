//! A Tweet or a part of one whose fields the methods read: as the line has it, or as handlers have changed it.

use mlua::{Lua, Value as LuaValue};
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use crate::script::raw::{element_now, field_now, is_object};

/// Whatever is missing, null or of another type than asked for is `None`.
pub(super) trait Part: Sized {
    /// The field with this name, if it is there and not null.
    fn field(&self, name: &str) -> Option<Self>;

    /// The elements of a list, without those that are null.
    fn elements(&self) -> Vec<Self>;

    /// Whether a handler has written the field with this name.
    fn is_written(&self, name: &str) -> bool;

    fn is_object(&self) -> bool;
    fn text(&self) -> Option<String>;
    fn integer(&self) -> Option<i64>;
    fn number(&self) -> Option<f64>;
    fn flag(&self) -> Option<bool>;

    /// The value at the end of a path of fields.
    fn path(&self, path: &[&str]) -> Option<Self> {
        let (first, rest) = path.split_first()?;
        let field = self.field(first)?;
        if rest.is_empty() {
            return Some(field);
        }
        field.path(rest)
    }

    /// The value at the end of a path of fields, if a handler has written it there.
    fn written(&self, path: &[&str]) -> Option<Self> {
        let (first, rest) = path.split_first()?;
        if rest.is_empty() {
            return self.is_written(first).then(|| self.field(first))?;
        }
        self.field(first)?.written(rest)
    }

    /// The field that is an object.
    fn object(&self, name: &str) -> Option<Self> {
        self.field(name).filter(Self::is_object)
    }

    /// The text at the end of a path of fields, if it is not empty.
    fn text_at(&self, path: &[&str]) -> Option<String> {
        self.path(path)?.text().filter(|text| !text.is_empty())
    }

    /// The first of these fields that is there, as text.
    fn text_of(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text_at(&[name]))
    }

    /// The first of these fields that is there, as a number without fraction.
    fn integer_of(&self, names: &[&str]) -> Option<i64> {
        names.iter().find_map(|name| self.field(name)?.integer())
    }

    /// The exact id. `id_str` counts more than `id`, because samples in documentation have been rounded by a double. In
    /// Activity Streams, `id` is a text that ends in the number: `tag:search.twitter.com,2005:1635660060264099842`.
    fn exact_id(&self) -> Option<i64> {
        let exact = |text: String| text.rsplit(':').next()?.parse().ok();
        (self.text_of(&["id_str"]).and_then(exact))
            .or_else(|| self.field("id")?.integer())
            .or_else(|| self.text_of(&["id"]).and_then(exact))
    }
}

/// A Tweet as the line has it.
impl Part for &Value {
    fn field(&self, name: &str) -> Option<Self> {
        let line = *self;
        line.get(name).filter(|field| !field.is_null())
    }

    fn elements(&self) -> Vec<Self> {
        let line = *self;
        let all = line.as_array().into_iter().flatten();
        all.filter(|element| !element.is_null()).collect()
    }

    fn is_written(&self, _name: &str) -> bool {
        false
    }

    fn is_object(&self) -> bool {
        JsonValueTrait::is_object(*self)
    }

    fn text(&self) -> Option<String> {
        self.as_str().map(str::to_owned)
    }

    fn integer(&self) -> Option<i64> {
        self.as_i64()
    }

    fn number(&self) -> Option<f64> {
        self.as_f64()
    }

    fn flag(&self) -> Option<bool> {
        self.as_bool()
    }
}

/// A Tweet as Lua sees it now. If there is no memory, its fields seem to be missing.
pub(super) struct Now<'l> {
    pub(super) lua: &'l Lua,
    pub(super) value: LuaValue,
}

impl Now<'_> {
    /// What is there, if it is neither nil nor `ouzel.json.null`.
    fn given(&self, value: LuaValue) -> Option<Self> {
        let given = !value.is_nil() && !value.is_null();
        given.then_some(Self { value, ..*self })
    }
}

impl Part for Now<'_> {
    fn field(&self, name: &str) -> Option<Self> {
        let (value, _) = field_now(self.lua, &self.value, name).ok()?;
        self.given(value)
    }

    fn elements(&self) -> Vec<Self> {
        // The length of a table that a handler has made need not be true, so this asks until nothing is there.
        let all = (1..).map_while(|place| {
            let element = element_now(self.lua, &self.value, place).ok()?;
            (!element.is_nil()).then_some(element)
        });
        all.filter_map(|element| self.given(element)).collect()
    }

    fn is_written(&self, name: &str) -> bool {
        field_now(self.lua, &self.value, name).is_ok_and(|(_, written)| written)
    }

    fn is_object(&self) -> bool {
        is_object(self.lua, &self.value)
    }

    fn text(&self) -> Option<String> {
        let text = self.value.as_string()?;
        Some(text.to_string_lossy())
    }

    fn integer(&self) -> Option<i64> {
        self.value.as_integer()
    }

    fn number(&self) -> Option<f64> {
        let whole = || self.value.as_integer().map(|number| number as f64);
        self.value.as_number().or_else(whole)
    }

    fn flag(&self) -> Option<bool> {
        self.value.as_boolean()
    }
}
