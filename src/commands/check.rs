//! `ouzel check`: what a script declares, or what is wrong with it.

use std::{fmt::Write as _, rc::Rc};

use serde::Serialize;

use super::print;
use crate::{
    cli::Check,
    error::Error,
    script::{Declared, Generation},
    settings::Settings,
    store::Store,
    tables::Tables,
};

/// Loads the script over an empty database in memory, and prints what it declares.
///
/// # Errors
/// [`Error::Script`] for a script that cannot be loaded.
pub fn check(arguments: &Check) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let store = Rc::new(Store::in_memory()?);
    let tables = Rc::new(Tables::over(&store));
    let (loaded, _) = Generation::load(&settings.script, tables);
    let generation = loaded?;
    let declared = generation.declared();
    print(&if arguments.json {
        format!("{}\n", as_json(declared))
    } else {
        as_text(declared)
    })
}

fn as_text(declared: &Declared) -> String {
    let mut sections = Vec::new();
    let rules = declared.rules.iter().map(|rule| {
        let tag = rule.tag.clone().unwrap_or_else(|| "(no tag)".to_owned());
        [
            tag,
            rule.value.clone(),
            format!("{}:{}", rule.file, rule.line),
        ]
    });
    sections.push(("rules", rules.collect::<Vec<_>>()));
    let handlers = declared
        .handlers
        .iter()
        .enumerate()
        .map(|(number, handler)| {
            let place = format!("{}:{}", handler.file, handler.line);
            [(number + 1).to_string(), handler.name.clone(), place]
        });
    sections.push(("handlers", handlers.collect()));
    let tables = declared.tables.iter().map(|table| {
        let columns: Vec<_> = table
            .columns
            .iter()
            .map(|(name, kind)| format!("{name} {kind}"))
            .collect();
        [table.name.clone(), columns.join(", "), String::new()]
    });
    sections.push(("tables", tables.collect()));

    let mut text = String::new();
    for (title, lines) in sections {
        let _ = writeln!(text, "{title} ({})", lines.len());
        let width = |column: usize| {
            let cells = lines.iter().map(|line| line[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let (first, second) = (width(0), width(1));
        for [a, b, c] in &lines {
            let line = format!("  {a:first$}  {b:second$}  {c}");
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text
}

/// What `--json` prints; structs, so that the fields keep their order from run to run.
#[derive(Serialize)]
struct Shown<'a> {
    rules: Vec<ShownRule<'a>>,
    handlers: Vec<ShownHandler<'a>>,
    tables: Vec<ShownTable<'a>>,
}

#[derive(Serialize)]
struct ShownRule<'a> {
    value: &'a str,
    tag: Option<&'a str>,
    file: &'a str,
    line: usize,
}

#[derive(Serialize)]
struct ShownHandler<'a> {
    handler: &'a str,
    file: &'a str,
    line: usize,
}

#[derive(Serialize)]
struct ShownTable<'a> {
    name: &'a str,
    columns: Vec<ShownColumn<'a>>,
}

#[derive(Serialize)]
struct ShownColumn<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
}

fn as_json(declared: &Declared) -> String {
    let rules = declared.rules.iter().map(|rule| ShownRule {
        value: &rule.value,
        tag: rule.tag.as_deref(),
        file: &rule.file,
        line: rule.line,
    });
    let handlers = declared.handlers.iter().map(|handler| ShownHandler {
        handler: &handler.name,
        file: &handler.file,
        line: handler.line,
    });
    let tables = declared.tables.iter().map(|table| ShownTable {
        name: &table.name,
        columns: table
            .columns
            .iter()
            .map(|(name, kind)| ShownColumn { name, kind })
            .collect(),
    });
    let shown = Shown {
        rules: rules.collect(),
        handlers: handlers.collect(),
        tables: tables.collect(),
    };
    sonic_rs::to_string(&shown).expect("strings and numbers can be written as JSON")
}
