//! The reference as LuaCATS annotations, which editors with the Lua language server read.

use std::fmt::Write as _;

use super::{Class, FIRST, Field, Function, Held, Item, Partial, SECTIONS, words};

/// How wide the text is, behind the dashes.
const WIDTH: usize = 117;

const HEAD: &str = r#"---@meta
-- The functions and types that ouzel gives to a script. Editors use this file for completion and documentation.
-- ouzel itself never reads this file. `ouzel types` writes it again.
--
-- "Raises" means: the call ends in an error that names its line. While the script loads, the error makes the load fail.
-- In a handler, the error takes back what the handlers have written and emitted for that Tweet. `pcall` catches it.

-- A script has `ouzel` without `require`. Loading this file would only replace `ouzel` by functions that do
-- nothing.
if rawget(_G, "ouzel") then error("`ouzel` is there without `require`; `ouzel.lua` is for editors only", 3) end
"#;

/// The whole reference as a file of Lua.
pub(crate) fn stub() -> String {
    let mut out = HEAD.to_owned();
    for section in SECTIONS {
        let line = "-".repeat(WIDTH - 1);
        let _ = write!(out, "\n{line}\n-- {}\n", section.title);
        for paragraph in words::paragraphs(section.text) {
            out += "--\n";
            for line in words::lines(paragraph, WIDTH) {
                let _ = writeln!(out, "-- {line}");
            }
        }
        for item in section.items {
            out.push('\n');
            match item {
                Item::Function(described) => function(&mut out, described),
                Item::Class(described) => class(&mut out, described),
                Item::Partial(described) => partial(&mut out, described),
                Item::Alias(alias) => {
                    text(&mut out, alias.text, "", "", "");
                    let _ = writeln!(out, "---@alias {} {}", alias.name, alias.kind);
                }
            }
        }
    }
    out
}

pub(super) fn function(out: &mut String, function: &Function) {
    let Function {
        path, parameters, ..
    } = function;
    let since = match function.since {
        FIRST => String::new(),
        newer => format!("\n\nIt is there since {newer}."),
    };
    text(
        out,
        &(function.text.to_owned() + &since),
        function.example,
        function.more,
        function.raises,
    );
    if !function.generic.is_empty() {
        let _ = writeln!(out, "---@generic {}", function.generic);
    }
    for parameter in *parameters {
        let mark = if parameter.may_be_left_out { "?" } else { "" };
        let line = format!(
            "---@param {}{mark} {} {}",
            parameter.name, parameter.kind, parameter.text
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    for gives in function.gives {
        let line = format!("---@return {} {} {}", gives.kind, gives.name, gives.text);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    for overload in function.overloads {
        let _ = writeln!(out, "---@overload {overload}");
    }
    let names: Vec<_> = parameters.iter().map(|parameter| parameter.name).collect();
    let _ = writeln!(out, "function {path}({}) end", names.join(", "));
}

fn class(out: &mut String, class: &Class) {
    text(out, class.text, class.example, class.more, class.raises);
    let parent = class.parent.map(|parent| format!(": {}", parent.name));
    let _ = writeln!(
        out,
        "---@class {}{}",
        class.name,
        parent.unwrap_or_default()
    );
    for described in class.fields {
        field(out, described.name, described);
    }
    if let Some(open) = &class.open {
        field(out, &format!("[{}]", open.name), open);
    }
    match class.held {
        Held::Nothing => {}
        Held::Local(name) => {
            let _ = writeln!(out, "local {name} = {{}}");
        }
        Held::Global(name) => {
            let _ = writeln!(out, "{name} = {{}}");
        }
    }
}

fn partial(out: &mut String, partial: &Partial) {
    text(out, partial.text, "", "", "");
    let _ = writeln!(out, "---@class {}", partial.name);
    for described in partial.fields {
        field(out, described.name, described);
    }
    for described in partial.of.fields {
        let kind = partial.kind_of(described);
        let mark = if kind.ends_with('?') { "" } else { "?" };
        let line = format!(
            "---@field {} {kind}{mark} {}",
            described.name, described.text
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push_str("---@field [string] any\n");
}

fn field(out: &mut String, name: &str, field: &Field) {
    let line = format!("---@field {name} {} {}", field.kind, field.text);
    let _ = writeln!(out, "{}", line.trim_end());
}

/// The comment above a thing.
fn text(out: &mut String, text: &str, example: &str, more: &str, raises: &str) {
    let mut is_first = true;
    let mut part = |out: &mut String, lines: &[String]| {
        if !is_first {
            out.push_str("---\n");
        }
        is_first = false;
        for line in lines {
            let _ = writeln!(out, "---{line}");
        }
    };
    for paragraph in words::paragraphs(text) {
        part(out, &words::lines(paragraph, WIDTH));
    }
    if !example.is_empty() {
        let lines = ["```lua"].into_iter().chain(example.lines()).chain(["```"]);
        part(out, &lines.map(str::to_owned).collect::<Vec<_>>());
    }
    for paragraph in words::paragraphs(more).chain(words::paragraphs(raises)) {
        part(out, &words::lines(paragraph, WIDTH));
    }
}
