//! Rules as the `on` handlers get them: one Lua table for each rule, made once.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use mlua::{Function, Lua, Table};

use super::raw::mark_view;
use crate::tweet::MatchedRule;

/// Rules for which a Lua table is kept; a stream with more starts over.
const RULE_TABLES: usize = 100_000;

/// A rule as the `on` handlers get it.
pub(super) struct Rule {
    pub(super) tag: Option<String>,
    pub(super) table: Table,
}

/// The second argument of the `on` handlers: one table for each rule, made once.
pub(super) struct RuleTables {
    made: RefCell<Made>,
    /// What [`FROZEN`] gives.
    freeze: Function,
}

#[derive(Default)]
struct Made {
    by_id: HashMap<i64, Rc<Rule>>,
    /// Of rules without an id, by tag.
    by_tag: HashMap<Option<String>, Rc<Rule>>,
}

/// Gives a table that shows the fields of another and takes none: it is shared by all Tweets.
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
    /// No tables yet. Before the script runs, which can replace what these are made with.
    ///
    /// # Errors
    /// Only when there is no memory left.
    pub(super) fn new(lua: &Lua) -> mlua::Result<Self> {
        Ok(Self {
            made: RefCell::default(),
            freeze: lua.load(FROZEN).set_name("=ouzel").eval()?,
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
