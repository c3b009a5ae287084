//! One Tweet through the handlers of a generation.

use std::{cell::RefCell, collections::HashMap, fmt, rc::Rc};

use mlua::{Function, Lua, Table, Value};

use super::{
    api::{Step, StepKind},
    error::Fault,
    generation::Generation,
    raw::{mark_view, push_tweet},
};
use crate::{
    doing::Doing,
    tweet::{MatchedRule, Tweet},
};

/// How many Tweets may wait for the collector before it is called. What a Tweet holds outside Lua's own
/// memory, some 15 KB, the collector does not see.
const WAITING: usize = 128;

/// Rules for which a Lua table is kept; a stream with more starts over.
const RULE_TABLES: usize = 100_000;

/// What the handlers made of a Tweet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It went through all of them.
    Kept,
    /// A filter dropped it.
    Dropped,
}

/// A handler that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the handler is: `filter`, `enrich`, or `on "TAG"`.
    pub handler: String,
    /// What went wrong, and where.
    pub fault: Box<Fault>,
}

impl fmt::Display for Failure {
    /// The place and the reason on the first line, the code and the calls that led there on further ones.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.brief(f)
    }
}

impl Generation {
    /// Runs the handlers on a Tweet, in the order in which the script registers them.
    ///
    /// Says which of them it is, for whoever looks from elsewhere. What a failed Tweet has emitted is taken back; its rows are for the caller to take back.
    ///
    /// # Errors
    /// [`Failure`] when a handler raises an error.
    pub(crate) fn run(&self, tweet: Tweet, doing: &Doing) -> Result<Verdict, Failure> {
        if self.steps.is_empty() {
            return Ok(Verdict::Kept);
        }
        self.host.emitted.borrow_mut().begin_tweet();
        let ran = self.run_steps(tweet, doing);
        if ran.is_err() {
            self.host.emitted.borrow_mut().take_back_tweet();
        }
        self.collect();
        ran
    }

    fn run_steps(&self, tweet: Tweet, doing: &Doing) -> Result<Verdict, Failure> {
        let lua_failed = |error: &mlua::Error| self.failure("loading the Tweet".to_owned(), error);
        let rules = self.matching(&tweet).map_err(|error| lua_failed(&error))?;
        let tweet = push_tweet(&self.lua, tweet, &self.live).map_err(|error| lua_failed(&error))?;
        for (number, step) in self.steps.iter().enumerate() {
            doing.step(number);
            let done = match &step.kind {
                StepKind::Filter => match step.function.call::<bool>(&tweet) {
                    Ok(true) => Ok(()),
                    Ok(false) => return Ok(Verdict::Dropped),
                    Err(error) => Err(error),
                },
                StepKind::Enrich => step.function.call::<()>(&tweet),
                StepKind::On(pattern) => act(&step.function, pattern, &tweet, &rules),
            };
            done.map_err(|error| self.handler_failure(step, &error))?;
        }
        Ok(Verdict::Kept)
    }

    /// What each step is, and where it begins.
    pub(crate) fn steps(&self) -> Vec<String> {
        let named = self.steps.iter().map(|step| {
            let info = step.function.info();
            let file = info.short_src.unwrap_or_default();
            let line = info.line_defined.unwrap_or(1);
            format!("{} at {file}:{line}", step.kind.name())
        });
        named.collect()
    }

    /// The tables of the rules that a Tweet matched, if a handler is going to ask for them.
    fn matching(&self, tweet: &Tweet) -> mlua::Result<Vec<Rc<Rule>>> {
        let asked = |step: &Step| matches!(step.kind, StepKind::On(_));
        if !self.steps.iter().any(asked) {
            return Ok(Vec::new());
        }
        tweet
            .matching_rules()
            .map(|rule| self.rules.get(&self.lua, rule))
            .collect()
    }

    /// After a tail call nothing tells any more where the handler was: then it is where the handler begins.
    fn handler_failure(&self, step: &Step, error: &mlua::Error) -> Failure {
        let word = self
            .host
            .misuse
            .borrow()
            .as_ref()
            .and_then(|misuse| misuse.word.clone());
        let mut failure = self.failure(step.kind.name(), error);
        if failure.fault.place.is_none() {
            let info = step.function.info();
            let file = info.short_src.unwrap_or_default();
            let begins = info.line_defined.unwrap_or(1);
            self.host
                .place(&mut failure.fault, file, begins, word.as_deref());
        }
        failure
    }

    fn failure(&self, handler: String, error: &mlua::Error) -> Failure {
        Failure {
            handler,
            fault: Box::new(self.host.fault(error)),
        }
    }

    /// Lets the collector take Tweets that nothing refers to any more.
    fn collect(&self) {
        // A script may keep Tweets on purpose; then the collector is called less often, not for nothing each time.
        if self.live.get() > WAITING.max(2 * self.kept.get()) {
            // In the generational mode a step is a collection of what is young. An error would be a finalizer's, and
            // Tweets have none that can fail.
            let _ = self.lua.gc_step();
            self.kept.set(self.live.get());
        }
    }
}

fn act(function: &Function, pattern: &str, tweet: &Value, rules: &[Rc<Rule>]) -> mlua::Result<()> {
    for rule in rules {
        let fitting = |tag: &String| fits(pattern, tag);
        if pattern == "*" || rule.tag.as_ref().is_some_and(fitting) {
            function.call::<()>((tweet, &rule.table))?;
        }
    }
    Ok(())
}

/// Whether a tag fits a pattern in which `*` stands for any text, also none.
fn fits(pattern: &str, tag: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == tag;
    };
    let Some(mut tag) = tag.strip_prefix(start) else {
        return false;
    };
    // Between two stars the first fitting place is as good as any later one.
    let mut pieces: Vec<_> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match tag.find(piece) {
            Some(found) => tag = &tag[found + piece.len()..],
            None => return false,
        }
    }
    tag.ends_with(last)
}

/// A rule as the `on` handlers get it.
struct Rule {
    tag: Option<String>,
    table: Table,
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

    fn get(&self, lua: &Lua, rule: MatchedRule<'_>) -> mlua::Result<Rc<Rule>> {
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

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, tag, expected) in [
            ("launch", "launch", true),
            ("launch", "launches", false),
            ("brand-*", "brand-acme", true),
            ("brand-*", "brand-", true),
            ("brand-*", "my-brand-acme", false),
            ("*-acme", "brand-acme", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "ace", true),
            ("a*c*e", "aec", false),
            ("a*a", "a", false),
            ("*a*a*", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, tag), expected, "{pattern} {tag}");
        }
    }
}
