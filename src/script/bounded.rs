//! A script that ends, whatever it holds: for the fuzz targets, whose scripts are anything.

use std::{cell::Cell, path::Path, rc::Rc};

use mlua::{Error, HookTriggers, Lua, Result, VmState};

use super::{Database, Files, Generation};

/// How many of Lua's steps a script and its handlers may take together.
const STEPS: u32 = 50_000;

/// How often they are counted.
const COUNTED: u32 = 500;

/// How much memory Lua may take, some of which the standard library has already.
const MEMORY: usize = 16 << 20;

/// Takes the place of what can run for ever inside of one step, or can go on after steps have run out: `...` says whether
/// they have.
const BOUNDED: &str = r#"
local is_over = ...
local function stop(ok, ...)
  if is_over() then error("too many steps", 0) end
  return ok, ...
end
local pcall0, xpcall0, resume0, close0 = pcall, xpcall, coroutine.resume, coroutine.close
function pcall(...) return stop(pcall0(...)) end
function xpcall(...) return stop(xpcall0(...)) end
function coroutine.resume(...) return stop(resume0(...)) end
function coroutine.close(...) return stop(close0(...)) end

local function small(number, most)
  number = tonumber(number)
  if number and math.abs(number) > most then error("too many", 3) end
end
local rep0, move0 = string.rep, table.move
function string.rep(text, count, ...)
  small(count, 1000)
  return rep0(text, count, ...)
end
function table.move(from, first, last, ...)
  small(first, 1000)
  small(last, 1000)
  return move0(from, first, last, ...)
end
for _, name in ipairs { "insert", "remove", "concat", "sort", "unpack" } do
  local whole = table[name]
  table[name] = function(list, ...)
    if type(list) == "table" then small(#list, 10000) end
    return whole(list, ...)
  end
end
for _, name in ipairs { "find", "match", "gmatch", "gsub" } do
  local whole = string[name]
  string[name] = function(text, pattern, ...)
    if type(text) == "string" then small(#text, 1000) end
    if type(pattern) == "string" then
      local repeated = 0
      for at = 1, #pattern do
        local c = pattern:sub(at, at)
        if c == "*" or c == "+" or c == "-" or c == "?" then repeated = repeated + 1 end
      end
      small(repeated, 2)
    end
    return whole(text, pattern, ...)
  end
end
"#;

impl Generation {
    /// As [`Self::load`], but that the script and its handlers end.
    pub(crate) fn load_bounded(
        script: &Path,
        database: Rc<dyn Database>,
    ) -> (std::result::Result<Self, super::Error>, Files) {
        Self::load_prepared(script, database, bound)
    }
}

fn bound(lua: &Lua) -> Result<()> {
    let left = Rc::new(Cell::new(STEPS));
    let is_over = {
        let left = Rc::clone(&left);
        lua.create_function(move |_, ()| Ok(left.get() == 0))?
    };
    lua.load(BOUNDED).set_name("=ouzel").call::<()>(is_over)?;
    let triggers = HookTriggers::new().every_nth_instruction(COUNTED);
    // A coroutine has the hook of whoever made it.
    lua.set_global_hook(triggers, move |_, _| {
        left.set(left.get().saturating_sub(COUNTED));
        match left.get() {
            0 => Err(Error::runtime("too many steps")),
            _ => Ok(VmState::Continue),
        }
    })?;
    lua.set_memory_limit(MEMORY).map(drop)
}
