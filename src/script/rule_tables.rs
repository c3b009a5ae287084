//! Rules as the `on` handlers get them: one Lua table for each rule, made once.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use mlua::{Function, Lua, Table};

use super::{lua::own, raw::mark_view};
use crate::tweet::MatchedRule;

/// How many rules have a Lua table in the cache. If a stream has more rules, the cache is emptied.
const RULE_TABLES: usize = 100_000;

/// A rule as the `on` handlers get it.
pub(super) struct Rule {
    pub(super) tag: Option<String>,
    pub(super) table: Table,
}

/// The second argument of the `on` handlers: one table for each rule, made only once.
pub(super) struct RuleTables {
    made: RefCell<Made>,
    /// What [`FROZEN`] gives.
    freeze: Function,
}

#[derive(Default)]
struct Made {
    by_id: HashMap<i64, Rc<Rule>>,
    /// The rules without an id, by tag.
    by_tag: HashMap<Option<String>, Rc<Rule>>,
}

/// Makes a table that shows the fields of another table and refuses changes, because all Tweets share it.
const FROZEN: &str = r#"
local setmetatable, next, error = setmetatable, next, error
local function refuse() error("a rule cannot be changed from a handler", 2) end
return function(fields)
  return setmetatable({}, {
    __index = fields,
    __newindex = refuse,
    __pairs = function() return next, fields, nil end,
    __metatable = false,
    __name = "a rule",
  })
end
"#;

impl RuleTables {
    /// Makes an empty cache. This has to happen before the script runs, because the script can replace the functions
    /// that it uses.
    ///
    /// # Errors
    /// Only when there is no memory left.
    pub(super) fn new(lua: &Lua) -> mlua::Result<Self> {
        Ok(Self {
            made: RefCell::default(),
            freeze: own(lua, FROZEN)?.call(())?,
        })
    }

    /// The table of a rule, made when it is first asked for.
    pub(super) fn get(&self, lua: &Lua, rule: MatchedRule<'_>) -> mlua::Result<Rc<Rule>> {
        let mut made = self.made.borrow_mut();
        let known = match rule.id {
            Some(id) => made.by_id.get(&id),
            None => made.by_tag.get(&rule.tag.map(str::to_owned)),
        };
        if let Some(known) = known
            && known.tag.as_deref() == rule.tag
        {
            return Ok(Rc::clone(known));
        }
        if made.by_id.len() + made.by_tag.len() >= RULE_TABLES {
            *made = Made::default();
        }
        let tag = rule.tag.map(str::to_owned);
        let new = Rc::new(Rule {
            tag: tag.clone(),
            table: self.table(lua, rule)?,
        });
        match rule.id {
            Some(id) => made.by_id.insert(id, Rc::clone(&new)),
            None => made.by_tag.insert(tag, Rc::clone(&new)),
        };
        Ok(new)
    }

    fn table(&self, lua: &Lua, rule: MatchedRule<'_>) -> mlua::Result<Table> {
        let fields = lua.create_table()?;
        fields.raw_set("tag", rule.tag)?;
        fields.raw_set("id", rule.id)?;
        fields.raw_set("id_str", rule.id.map(|id| id.to_string()))?;
        let table = self.freeze.call(&fields)?;
        mark_view(lua, &table, &fields)?;
        Ok(table)
    }
}
