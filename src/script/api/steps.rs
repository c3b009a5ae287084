//! `ouzel.filter`, `ouzel.enrich` and `ouzel.on`: the handlers of a Tweet. They run in the order in which the script
//! adds them.

use std::{cell::Cell, rc::Rc};

use mlua::{Function, Lua, MultiValue, Result, Table, Value};

use super::{Answer, Host, caller, text, type_name};
use crate::script::{
    declared::{DeclaredHandler, Place},
    error::Misuse,
    reference::handlers::{ENRICH, FILTER, ON},
};

/// A handler, and when it runs.
pub(in crate::script) struct Step {
    pub(in crate::script) kind: StepKind,
    pub(in crate::script) function: Function,
    /// How many times in a row it has broken its budget.
    pub(in crate::script) breaches: Cell<u32>,
}

/// When a handler runs, and what its result means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::script) enum StepKind {
    /// Runs on every Tweet. A result of nil or false drops the Tweet.
    Filter,
    /// Runs on every Tweet.
    Enrich,
    /// Runs once for each matching rule whose tag fits the pattern.
    On(String),
}

impl StepKind {
    /// The handler's name in messages.
    pub(in crate::script) fn name(&self) -> String {
        match self {
            Self::Filter => "filter".to_owned(),
            Self::Enrich => "enrich".to_owned(),
            Self::On(pattern) => format!("on \"{pattern}\""),
        }
    }
}

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    for (described, kind) in [(&FILTER, StepKind::Filter), (&ENRICH, StepKind::Enrich)] {
        host.add(lua, ouzel, described, move |host, lua, arguments| {
            let function = handler(&arguments, 0, described.path())?;
            let called = caller(lua);
            register(host, described.path(), kind.clone(), function, called)
        })?;
    }
    host.add(lua, ouzel, &ON, |host, lua, arguments| {
        let pattern = arguments.front().cloned().unwrap_or(Value::Nil);
        let pattern = text(&pattern, "the tag that `ouzel.on` takes first")?;
        if pattern.is_empty() {
            return Err(Misuse::new(
                "the tag that `ouzel.on` takes first is empty; \"*\" stands for every rule",
            ));
        }
        let function = handler(&arguments, 1, "ouzel.on")?;
        let called = caller(lua);
        register(host, "ouzel.on", StepKind::On(pattern), function, called)
    })
}

fn handler(arguments: &MultiValue, position: usize, name: &str) -> Answer<Function> {
    match arguments.get(position) {
        Some(Value::Function(function)) => Ok(function.clone()),
        other => Err(Misuse::new(format!(
            "the handler that `{name}` takes has to be a function, not {}",
            type_name(other.unwrap_or(&Value::Nil))
        ))),
    }
}

fn register(
    host: &Host,
    name: &str,
    kind: StepKind,
    function: Function,
    (called_in, called_at): (String, usize),
) -> Answer<()> {
    let info = function.info();
    let file = info.short_src.unwrap_or_default();
    let line = info.line_defined.unwrap_or(0);
    let sources = host.sources.borrow();
    let text = sources
        .lines(&file, line, info.last_line_defined.unwrap_or(line))
        .unwrap_or_default();
    let tag = match &kind {
        StepKind::On(pattern) => Some(pattern.clone()),
        StepKind::Filter | StepKind::Enrich => None,
    };
    // A call can span several lines. The one with the tag says most, if it stands between the call and its function.
    let exact = tag
        .as_deref()
        .filter(|_| called_in == file)
        .and_then(|tag| sources.find_word_in(&file, &(called_at..=line), tag));
    let called_at = exact.map_or(called_at, |(line, _)| line);
    let registered = Place {
        code: sources.line(&called_in, called_at),
        file: called_in,
        line: called_at,
    };
    host.declaring(name, |loading| {
        loading.declared.handlers.push(DeclaredHandler {
            name: kind.name(),
            file,
            line,
            tag,
            registered,
            text,
        });
        loading.steps.push(Step {
            kind,
            function,
            breaches: Cell::new(0),
        });
        Ok(())
    })
}
