//! `ouzel.state` and `ouzel.state_version`.

use super::{Class, Function, Held, Item, Section, field, needed, perhaps};

pub(super) const SECTION: Section = Section {
    title: "State",
    text: "",
    items: &[Item::Class(&STATE_TYPE), Item::Function(&STATE_VERSION)],
};

const STATE_TYPE: Class = Class {
    name: "ouzel.State",
    text: "What the script keeps from Tweet to Tweet, over reloads and restarts. It behaves as a table. It is committed \
        together with the rows, and an error in a handler takes back what was written for that Tweet.",
    example: r#"ouzel.state.seen = ouzel.state.seen or {}
ouzel.on("*", function(tweet) ouzel.state.seen[tweet.id] = true end)"#,
    more: "A key is a string or an integer. A value is a string, a number, a boolean, `ouzel.json.null`, or a table of \
        these. A table that is assigned is copied, and so is a Tweet or a part of one. `pairs` gives the integers \
        first, in order, and then the strings, in order.",
    raises: "Raises for other keys and values, for what makes the state larger than 32 MiB, for a table that contains \
        itself, and for a write to a table that has been taken out of the state.",
    open: Some(field("string|integer", "any", "")),
    held: Held::Global("ouzel.state"),
    ..Class::NONE
};

/// `ouzel.state_version`.
pub(in crate::script) const STATE_VERSION: Function = Function {
    path: "ouzel.state_version",
    text: "Says which shape the script expects `ouzel.state` to have. If the state has an older version, `migrate` is \
        called first, once, with the state and the old version. If it fails, the load fails and nothing has changed. A \
        state that was kept before the script named a version has version 0.",
    example: r"ouzel.state_version(2, function(state, old)
  if old < 2 then state.authors, state.users = state.users, nil end
end)",
    raises: "Raises for a version that is no integer from 1, if the state has a newer version, if it has an older one and \
        there is no migration, and in a handler.",
    parameters: &[
        needed("version", "integer", ""),
        perhaps("migrate", "fun(state: ouzel.State, old: integer)", ""),
    ],
    ..Function::NONE
};
