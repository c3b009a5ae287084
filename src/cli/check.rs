//! `ouzel check`: shows what a script declares, or what is wrong with it.

use std::{collections::HashMap, fmt::Write as _, path::Path, rc::Rc};

use clap::Args;
use serde::Serialize;

use super::{
    Script, columns,
    print::print,
    rules::{JsonWarning, warning_text, warnings},
};
use crate::{
    error::Error,
    rule::{Rule, Warning, unchecked},
    script::{Declared, DeclaredRule, Generation, Limits},
    settings::{Given, Settings},
    store::Store,
    text::plain,
    worker::tables::Tables,
};

/// `ouzel check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    script: Script,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl Check {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        self.script.given()
    }
}

/// Loads the script over an empty database in memory, and prints what it declares.
///
/// # Errors
/// [`Error::Script`] if the script cannot be loaded.
pub(crate) fn check(arguments: &Check) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let declared = &declared(&settings.script, &settings.script_limits)?;
    // A script with an invalid rule does not load, unless the rule is `unchecked`.
    let parsed: Vec<_> = (declared.rules.iter())
        .map(|rule| Rule::accept(&rule.value).ok())
        .collect();
    let mut warnings = warnings(&parsed);
    for (rule, warnings) in declared.rules.iter().zip(&mut warnings) {
        if rule.unchecked {
            warnings.extend(unchecked(&rule.value, rule.tag.as_deref()));
        }
    }
    let warnings: Vec<_> = (declared.rules.iter().zip(&warnings))
        .flat_map(|(rule, warnings)| warnings.iter().map(move |warning| (rule, warning)))
        .collect();
    print(&if arguments.json {
        format!("{}\n", as_json(declared, &warnings))
    } else {
        as_text(declared, &warnings)
    })
}

/// What a script declares. To find it, the script is loaded over an empty database in memory.
pub(super) fn declared(script: &Path, limits: &Limits) -> Result<Declared, Error> {
    let store = Rc::new(Store::in_memory()?);
    let (loaded, _) = Generation::load(script, Rc::new(Tables::over(&store)), limits);
    Ok(loaded?.declared().clone())
}

fn as_text(declared: &Declared, warnings: &[(&DeclaredRule, &Warning)]) -> String {
    let mut sections = Vec::new();
    let rules = declared.rules.iter().map(|rule| {
        let tag = rule.tag.as_deref().unwrap_or("(no tag)");
        [
            plain::line(tag).into_owned(),
            plain::line(&rule.value).into_owned(),
            plain::line(&format!("{}:{}", rule.file, rule.line)).into_owned(),
        ]
    });
    sections.push(("rules", rules.collect::<Vec<_>>()));
    let handlers = declared
        .handlers
        .iter()
        .enumerate()
        .map(|(number, handler)| {
            let place = format!("{}:{}", handler.file, handler.line);
            [
                (number + 1).to_string(),
                plain::line(&handler.name).into_owned(),
                plain::line(&place).into_owned(),
            ]
        });
    sections.push(("handlers", handlers.collect()));
    let tables = declared.tables.iter().map(|table| {
        let columns: Vec<_> = table
            .columns
            .iter()
            .map(|(name, kind)| format!("{name} {kind}"))
            .collect();
        [
            plain::line(&table.name).into_owned(),
            plain::line(&columns.join(", ")).into_owned(),
            String::new(),
        ]
    });
    sections.push(("tables", tables.collect()));

    let mut text = String::new();
    for (title, lines) in sections {
        let _ = writeln!(text, "{title} ({})", lines.len());
        for line in columns::lines(&lines, &[]) {
            let _ = writeln!(text, "  {line}");
        }
    }
    let mut on_line: HashMap<_, usize> = HashMap::new();
    for rule in &declared.rules {
        *on_line.entry((rule.file.as_str(), rule.line)).or_default() += 1;
    }
    for (rule, warning) in warnings {
        let place = format!("{}:{}", rule.file, rule.line);
        // Rules that a loop makes are all on the line of the call. There the tag says which rule is meant.
        let place = match &rule.tag {
            Some(tag) if on_line[&(rule.file.as_str(), rule.line)] > 1 => {
                format!("{place}, tag `{tag}`")
            }
            _ => place,
        };
        let _ = write!(text, "\n{}", warning_text(&place, &rule.value, warning));
    }
    text
}

#[derive(Serialize)]
struct Json<'a> {
    rules: Vec<JsonRule<'a>>,
    handlers: Vec<JsonHandler<'a>>,
    tables: Vec<JsonTable<'a>>,
    warnings: Vec<JsonRuleWarning<'a>>,
}

#[derive(Serialize)]
struct JsonRuleWarning<'a> {
    rule: &'a str,
    tag: Option<&'a str>,
    file: &'a str,
    line: usize,
    #[serde(flatten)]
    warning: JsonWarning<'a>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    value: &'a str,
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unchecked: bool,
    file: &'a str,
    line: usize,
}

#[derive(Serialize)]
struct JsonHandler<'a> {
    handler: &'a str,
    file: &'a str,
    line: usize,
}

#[derive(Serialize)]
struct JsonTable<'a> {
    name: &'a str,
    columns: Vec<JsonColumn<'a>>,
}

#[derive(Serialize)]
struct JsonColumn<'a> {
    name: &'a str,
    r#type: &'a str,
}

fn as_json(declared: &Declared, warnings: &[(&DeclaredRule, &Warning)]) -> String {
    let rules = declared.rules.iter().map(|rule| JsonRule {
        value: &rule.value,
        tag: rule.tag.as_deref(),
        unchecked: rule.unchecked,
        file: &rule.file,
        line: rule.line,
    });
    let handlers = declared.handlers.iter().map(|handler| JsonHandler {
        handler: &handler.name,
        file: &handler.file,
        line: handler.line,
    });
    let tables = declared.tables.iter().map(|table| JsonTable {
        name: &table.name,
        columns: (table.columns.iter())
            .map(|(name, kind)| JsonColumn { name, r#type: kind })
            .collect(),
    });
    let warnings = warnings.iter().map(|(rule, warning)| JsonRuleWarning {
        rule: &rule.value,
        tag: rule.tag.as_deref(),
        file: &rule.file,
        line: rule.line,
        warning: JsonWarning::from(*warning),
    });
    let json = Json {
        rules: rules.collect(),
        handlers: handlers.collect(),
        tables: tables.collect(),
        warnings: warnings.collect(),
    };
    sonic_rs::to_string(&json).expect("text and numbers always have a JSON")
}
