//! `require`: loads modules from below the script's folder.

use std::rc::Rc;

use mlua::{Lua, Result, Value};

use super::{Host, text};
use crate::script::{error::Misuse, explain::State, lua::own};

/// Loads each module only once. `find` returns `true, name, source` or `false, message`. `silent` gets the files
/// of modules that return nothing.
const REQUIRE: &str = r#"
local find, load, error, type, loaded, silent = ...
local loading = {}
return function(name)
  if type(name) == "string" and loaded[name] ~= nil then return loaded[name] end
  if type(name) == "string" and loading[name] then
    error("module `" .. name .. "` requires itself", 2)
  end
  local ok, file, source = find(name)
  if not ok then error(file, 2) end
  local module, problem = load(source, "@" .. file, "t")
  if not module then error(problem, 0) end
  loading[name] = true
  local result = module(name, file)
  loading[name] = nil
  if result == nil then result, silent[name] = true, file end
  loaded[name] = result
  return result
end
"#;

pub(super) fn install(lua: &Lua, host: &Rc<Host>) -> Result<()> {
    let shared = Rc::clone(host);
    let find = lua.create_function(move |lua, name: Value| {
        let answer = text(&name, "the module that `require` takes").and_then(|module| {
            let mut sources = shared.sources.borrow_mut();
            let file = sources.find_module(&module).map_err(|no| Misuse {
                hint: no.hint.map(str::to_owned),
                ..Misuse::new(no.message)
            })?;
            let source = sources
                .read(&file)
                .map_err(|error| Misuse::new(format!("module `{module}` cannot be read: {error}")))?
                .to_owned();
            Ok((file, source))
        });
        shared.answer(lua, answer)
    })?;
    let globals = lua.globals();
    let load: Value = globals.raw_get("load")?;
    let error: Value = globals.raw_get("error")?;
    let kind: Value = globals.raw_get("type")?;
    let (loaded, silent) = State::modules(lua)?;
    let require: Value = own(lua, REQUIRE)?.call((find, load, error, kind, loaded, silent))?;
    globals.raw_set("require", require)?;
    Ok(())
}
