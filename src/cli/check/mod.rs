//! `ouzel check`: shows what a script declares, and what is wrong with it.

mod findings;
mod trial;

use std::{collections::HashMap, fmt::Write as _, path::Path, rc::Rc};

use clap::Args;
use serde::Serialize;

use self::{
    findings::{Finding, JsonFinding, Severity, findings},
    trial::load_and_try,
};
use super::{
    Script, columns,
    print::print,
    rules::{JsonWarning, told, warning_text, warnings},
};
use crate::{
    error::Error,
    rule::{Rule, Warning, unchecked},
    script::{Declared, DeclaredRule, Generation, Limits, Place, TagWarning},
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
    /// Take warnings for errors.
    #[arg(long)]
    pub strict: bool,
}

impl Check {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        self.script.given()
    }
}

/// Loads the script over an empty database in memory, runs its handlers over made-up Tweets, and prints what it
/// declares and what is wrong with it.
///
/// # Errors
/// [`Error::Script`] if the script cannot be loaded, [`Error::Rules`] if a handler fails, or if there are warnings and
/// they are taken for errors.
pub(crate) fn check(arguments: &Check) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let (declared, trials) = load_and_try(&settings.script, &settings.script_limits)?;
    let declared = &*declared;
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
    let of_rules: Vec<_> = (declared.rules.iter().zip(&warnings))
        .flat_map(|(rule, warnings)| warnings.iter().map(move |warning| (rule, warning)))
        .collect();
    let wrong = Wrong {
        of_rules,
        of_tags: declared.tag_warnings(),
        of_handlers: findings(&trials),
    };
    print(&if arguments.json {
        format!("{}\n", as_json(declared, &wrong))
    } else {
        as_text(declared, &wrong)
    })?;
    let of_severity = |severity| {
        let findings = wrong.of_handlers.iter();
        findings.filter(|one| one.severity == severity).count()
    };
    let errors = of_severity(Severity::Error);
    let warnings = wrong.of_rules.len() + wrong.of_tags.len() + of_severity(Severity::Warning);
    let mut said = Vec::new();
    if errors > 0 {
        said.push(format!("failures of handlers on made-up Tweets: {errors}"));
    }
    if arguments.strict && warnings > 0 {
        said.push(format!(
            "warnings, which `--strict` takes for errors: {warnings}"
        ));
    }
    match said.is_empty() {
        true => Ok(()),
        false => Err(Error::Rules(said.join("; "))),
    }
}

/// What is wrong with a script that can be loaded.
struct Wrong<'a> {
    of_rules: Vec<(&'a DeclaredRule, &'a Warning)>,
    of_tags: Vec<TagWarning>,
    of_handlers: Vec<Finding>,
}

/// What a script declares. To find it, the script is loaded over an empty database in memory.
pub(super) fn declared(script: &Path, limits: &Limits) -> Result<Declared, Error> {
    let store = Rc::new(Store::in_memory()?);
    let (loaded, _) = Generation::load(script, None, Rc::new(Tables::over(&store)), limits);
    Ok(loaded?.declared().clone())
}

fn as_text(declared: &Declared, wrong: &Wrong<'_>) -> String {
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
    for (rule, warning) in wrong.of_rules.iter().take(told::MOST) {
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
    if let Some(more) = told::more(
        wrong.of_rules.len(),
        "warnings about rules; `--json` has all",
    ) {
        let _ = write!(text, "\n{more}");
    }
    for warning in wrong.of_tags.iter().take(told::MOST) {
        let _ = write!(text, "\n{}", tag_text(warning));
    }
    if let Some(more) = told::more(wrong.of_tags.len(), "warnings about tags; `--json` has all") {
        let _ = write!(text, "\n{more}");
    }
    text + &findings::as_text(&wrong.of_handlers)
}

/// A tag that fits nothing, as people read it.
fn tag_text(warning: &TagWarning) -> String {
    let Place { file, line, code } = &warning.place;
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let mut text = format!("warning: {}\n{margin}--> {file}:{line}\n", warning.message);
    if let Some(code) = code {
        let _ = writeln!(text, "{margin} |\n{number} | {code}\n{margin} |");
    } else if let Some(rule) = &warning.rule {
        let _ = writeln!(
            text,
            "{margin} |\n{margin} | {}\n{margin} |",
            plain::line(rule)
        );
    }
    if let Some(hint) = &warning.hint {
        let _ = writeln!(text, "hint: {hint}");
    }
    plain::lines(&text).into_owned()
}

#[derive(Serialize)]
struct Json<'a> {
    rules: Vec<JsonRule<'a>>,
    handlers: Vec<JsonHandler<'a>>,
    tables: Vec<JsonTable<'a>>,
    warnings: Vec<JsonAnyWarning<'a>>,
    failures: Vec<JsonFinding<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum JsonAnyWarning<'a> {
    OfRule(JsonRuleWarning<'a>),
    OfTag(JsonTagWarning<'a>),
}

#[derive(Serialize)]
struct JsonTagWarning<'a> {
    rule: Option<&'a str>,
    tag: Option<&'a str>,
    file: &'a str,
    line: usize,
    code: &'static str,
    message: &'a str,
    suggestion: Option<&'a str>,
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

fn as_json(declared: &Declared, wrong: &Wrong<'_>) -> String {
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
    let of_rules = wrong.of_rules.iter().map(|(rule, warning)| {
        JsonAnyWarning::OfRule(JsonRuleWarning {
            rule: &rule.value,
            tag: rule.tag.as_deref(),
            file: &rule.file,
            line: rule.line,
            warning: JsonWarning::from(*warning),
        })
    });
    let of_tags = wrong.of_tags.iter().map(|warning| {
        JsonAnyWarning::OfTag(JsonTagWarning {
            rule: warning.rule.as_deref(),
            tag: warning.tag.as_deref(),
            file: &warning.place.file,
            line: warning.place.line,
            code: warning.code,
            message: &warning.message,
            suggestion: warning.suggestion.as_deref(),
        })
    });
    let json = Json {
        rules: rules.collect(),
        handlers: handlers.collect(),
        tables: tables.collect(),
        warnings: of_rules.chain(of_tags).collect(),
        failures: wrong.of_handlers.iter().map(JsonFinding::from).collect(),
    };
    sonic_rs::to_string(&json).expect("text and numbers always have a JSON")
}
