//! The fields of an object of the line, by place and by name. It is made for objects that are iterated or that have
//! many fields.

use sonic_rs::{JsonContainerTrait, JsonType, JsonValueTrait, Value};

/// Points into the document that owns it. Both are freed together.
pub(super) struct Order {
    fields: Box<[Place]>,
    /// The places of the fields, sorted by name. If a name occurs twice, only its first field is here.
    by_name: Box<[u32]>,
}

struct Place {
    name: *const str,
    value: *const Value,
    is_null: bool,
    /// Whether this is the first field with its name. If a name occurs twice, the first field counts.
    is_first: bool,
}

/// A field that was found.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) place: u32,
    pub(super) name: *const str,
    pub(super) value: *const Value,
    pub(super) is_null: bool,
}

impl Order {
    pub(super) fn of(object: &Value) -> Self {
        let mut fields: Box<[Place]> = object
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| Place {
                name,
                value,
                is_null: value.get_type() == JsonType::Null,
                is_first: false,
            })
            .collect();
        // A line has fewer bytes than `u32` has numbers: see the callers of `Tweet::parse`. Any further fields would
        // not be found.
        let count = u32::try_from(fields.len()).unwrap_or(u32::MAX);
        let mut by_name: Vec<u32> = (0..count).collect();
        // SAFETY: the names belong to `object`, which is borrowed.
        let name = |place: u32| unsafe { &*fields[place as usize].name };
        by_name.sort_unstable_by(|a, b| name(*a).cmp(name(*b)).then(a.cmp(b)));
        by_name.dedup_by(|later, first| name(*later) == name(*first));
        for place in &by_name {
            fields[*place as usize].is_first = true;
        }
        Self {
            fields,
            by_name: by_name.into(),
        }
    }

    /// The first field that counts, from a place on. Fields that are null count only with `nulls`.
    pub(super) fn from(&self, place: u32, nulls: bool) -> Option<Found> {
        let rest = self.fields.get(place as usize..)?;
        let counts = |field: &Place| field.is_first && (nulls || !field.is_null);
        let offset = rest.iter().position(counts)?;
        self.at(place + u32::try_from(offset).ok()?)
    }

    /// The field with this name. `hint` is a place where it may be.
    ///
    /// # Safety
    /// The document must still exist.
    pub(super) unsafe fn find(&self, name: &[u8], hint: u32) -> Option<Found> {
        // SAFETY: see above.
        let name_at = |place: u32| unsafe { (*self.fields[place as usize].name).as_bytes() };
        if let Some(field) = self.fields.get(hint as usize)
            && field.is_first
            && name_at(hint) == name
        {
            return self.at(hint);
        }
        let found = (self.by_name).binary_search_by(|place| name_at(*place).cmp(name));
        self.at(self.by_name[found.ok()?])
    }

    fn at(&self, place: u32) -> Option<Found> {
        let field = self.fields.get(place as usize)?;
        Some(Found {
            place,
            name: field.name,
            value: field.value,
            is_null: field.is_null,
        })
    }
}
