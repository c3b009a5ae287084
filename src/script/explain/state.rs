//! The names that a Lua state knows, read without running anything of the script.

use mlua::{Lua, Table, Value};

use super::Known;

/// The most names of one table that are looked through.
const MOST: usize = 5_000;

/// Where `require` keeps what modules have returned, and the files of those that have returned nothing.
const LOADED: &str = "ouzel.loaded";
const SILENT: &str = "ouzel.silent";

/// A Lua state.
pub(in crate::script) struct State<'l>(pub(in crate::script) &'l Lua);

impl State<'_> {
    /// The tables that `require` keeps.
    ///
    /// # Errors
    /// Only when there is no memory left.
    pub(in crate::script) fn modules(lua: &Lua) -> mlua::Result<(Table, Table)> {
        let (loaded, silent) = (lua.create_table()?, lua.create_table()?);
        lua.set_named_registry_value(LOADED, &loaded)?;
        lua.set_named_registry_value(SILENT, &silent)?;
        Ok((loaded, silent))
    }

    fn kept(&self, name: &str) -> Option<Table> {
        self.0.named_registry_value(name).ok()
    }
}

impl Known for State<'_> {
    fn globals(&self) -> Vec<String> {
        names(&self.0.globals())
    }

    fn fields(&self, global: &str, path: &[&str]) -> Vec<String> {
        let mut table = self.0.globals();
        for name in std::iter::once(&global).chain(path) {
            match table.raw_get(*name) {
                Ok(Value::Table(inner)) => table = inner,
                _ => return Vec::new(),
            }
        }
        names(&table)
    }

    fn module(&self, name: &str) -> Vec<String> {
        match self
            .kept(LOADED)
            .and_then(|loaded| loaded.raw_get(name).ok())
        {
            Some(Value::Table(table)) => names(&table),
            _ => Vec::new(),
        }
    }

    fn silent(&self, module: &str) -> Option<String> {
        self.kept(SILENT)?.raw_get(module).ok()?
    }
}

/// The names in a table itself: a metatable could run code of the script.
fn names(table: &Table) -> Vec<String> {
    let pairs = table.pairs::<Value, Value>().take(MOST).flatten();
    let names = pairs.filter_map(|(key, _)| Some(key.as_string()?.to_string_lossy()));
    names.collect()
}
