//! `ouzel check`: what a script declares, or what is wrong with it.

use std::fmt::Write as _;

use sonic_rs::{Value, json};

use super::{declared, print};
use crate::{cli::Check, error::Error, script::Declared, settings::Settings};

/// Loads the script over an empty database in memory, and prints what it declares.
///
/// # Errors
/// [`Error::Script`] for a script that cannot be loaded.
pub fn check(arguments: &Check) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let declared = &declared(&settings.script)?;
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

fn as_json(declared: &Declared) -> Value {
    let rules: Vec<_> = declared
        .rules
        .iter()
        .map(|rule| {
            json!({ "value": rule.value, "tag": rule.tag, "file": rule.file, "line": rule.line })
        })
        .collect();
    let handlers: Vec<_> = declared
        .handlers
        .iter()
        .map(|handler| {
            json!({ "handler": handler.name, "file": handler.file, "line": handler.line })
        })
        .collect();
    let tables: Vec<_> = declared
        .tables
        .iter()
        .map(|table| {
            let columns: Vec<_> = table
                .columns
                .iter()
                .map(|(name, kind)| json!({ "name": name, "type": kind }))
                .collect();
            json!({ "name": table.name, "columns": columns })
        })
        .collect();
    json!({ "rules": rules, "handlers": handlers, "tables": tables })
}
