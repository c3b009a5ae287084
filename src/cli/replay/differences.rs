//! What `ouzel replay --compare` prints.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::{Serialize, Serializer};

use super::matches::Matches;
use crate::{
    status::{counted, thousands},
    store::{Cells, Difference, LineDifference, TableDifference, Value},
    text::plain,
};

/// Values with more characters than this are cut, and lines with twice as many. JSON has them whole.
const SHOWN: usize = 80;

/// The result of running two scripts.
pub(super) struct Outcome {
    pub(super) scripts: [String; 2],
    pub(super) tweets: u64,
    /// How many Tweets failed in each script's handlers.
    pub(super) failed: [u64; 2],
    /// What each script's rules match.
    pub(super) matches: [Matches; 2],
    pub(super) tables: Vec<TableDifference>,
    /// The lines on stdout.
    pub(super) emitted: LineDifference,
    /// The lines in files, by the file's name.
    pub(super) sinks: Vec<(String, LineDifference)>,
}

impl Outcome {
    pub(super) fn is_equal(&self) -> bool {
        self.tables.iter().all(TableDifference::is_equal)
            && (self.sinks.iter().map(|(_, lines)| lines))
                .chain([&self.emitted])
                .all(|lines| lines.removed + lines.added == 0)
    }
}

pub(super) fn as_text(outcome: &Outcome) -> String {
    let [first, second] = outcome.scripts.each_ref().map(|name| plain::line(name));
    let mut text = format!(
        "- {first}\n+ {second}\nover {}\n",
        counted(outcome.tweets, "Tweet")
    );
    if outcome.failed != [0, 0] {
        let [first, second] = outcome.failed.map(thousands);
        let _ = writeln!(text, "Tweets whose handler failed: -{first} +{second}");
    }
    text += &Matches::differences(outcome.matches.each_ref());
    for table in &outcome.tables {
        let _ = write!(text, "\ntable {}: ", plain::line(&table.table));
        write_table(&mut text, table);
    }
    write_emitted(&mut text, "emitted", &outcome.emitted);
    for (name, lines) in &outcome.sinks {
        write_emitted(
            &mut text,
            &format!("emitted into {}", plain::line(name)),
            lines,
        );
    }
    text += if outcome.is_equal() {
        "\nno difference\n"
    } else {
        "\nthe scripts differ\n"
    };
    text
}

fn write_emitted(text: &mut String, what: &str, lines: &LineDifference) {
    if lines.removed + lines.added + lines.same == 0 {
        return;
    }
    let counts = counts(&[
        (lines.removed, "removed"),
        (lines.added, "added"),
        (lines.same, "the same"),
    ]);
    let _ = writeln!(text, "\n{what}: {counts}");
    write_lines(text, '-', &lines.shown_removed, lines.removed);
    write_lines(text, '+', &lines.shown_added, lines.added);
}

fn write_table(text: &mut String, table: &TableDifference) {
    let which = match table.there {
        [true, true] => None,
        [true, false] => Some(("-", table.removed)),
        _ => Some(("+", table.added)),
    };
    if let Some((side, rows)) = which {
        let _ = writeln!(text, "only in {side}, {}", counted(rows, "row"));
        return;
    }
    let _ = writeln!(
        text,
        "{}",
        counts(&[
            (table.removed, "removed"),
            (table.added, "added"),
            (table.changed, "changed"),
            (table.same, "the same"),
        ])
    );
    for (sign, columns) in [('-', &table.columns_removed), ('+', &table.columns_added)] {
        if !columns.is_empty() {
            let _ = writeln!(
                text,
                "  {sign} columns {}, not compared",
                plain::line(&columns.join(", "))
            );
        }
    }
    for (kind, sign, all) in [
        (0, '-', table.removed),
        (1, '+', table.added),
        (2, '~', table.changed),
    ] {
        let of_kind = |difference: &&Difference| match difference {
            Difference::Removed(_) => kind == 0,
            Difference::Added(_) => kind == 1,
            Difference::Changed { .. } => kind == 2,
        };
        let rows: Vec<_> = table.shown.iter().filter(of_kind).map(row).collect();
        write_lines(text, sign, &rows, all);
    }
}

fn write_lines(text: &mut String, sign: char, lines: &[String], all: u64) {
    for line in lines {
        let _ = writeln!(text, "  {sign} {}", cut(line, SHOWN * 2));
    }
    let more = all.saturating_sub(lines.len() as u64);
    if more > 0 && !lines.is_empty() {
        let _ = writeln!(text, "  {sign} and {} more", thousands(more));
    }
}

fn row(difference: &Difference) -> String {
    let list = |cells: &Cells| {
        let cells: Vec<_> = cells
            .iter()
            .map(|(name, value)| format!("{name}={}", shown(value)))
            .collect();
        cells.join(" ")
    };
    match difference {
        Difference::Removed(cells) | Difference::Added(cells) => list(cells),
        Difference::Changed { key, columns } => {
            let columns: Vec<_> = columns
                .iter()
                .map(|(name, before, after)| {
                    format!("{name} {} -> {}", shown(before), shown(after))
                })
                .collect();
            format!("{}: {}", list(key), columns.join(", "))
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => format!("'{}'", cut(text, SHOWN)),
        Value::Blob(bytes) => format!("{} bytes", thousands(bytes.len() as u64)),
    }
}

/// Cuts a text to `most` characters on one line, without anything that a terminal would take for a command.
fn cut(text: &str, most: usize) -> String {
    let mut short: String = text
        .chars()
        .take(most)
        .map(|c| if plain::is_unsafe(c) { '\u{fffd}' } else { c })
        .collect();
    if text.chars().count() > most {
        short.push('…');
    }
    short
}

/// Lists counts, such as `1 removed, 3 the same`. Counts of 0 are left out.
fn counts(counts: &[(u64, &str)]) -> String {
    let parts: Vec<_> = counts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", thousands(*number)))
        .collect();
    if parts.is_empty() {
        "nothing".to_owned()
    } else {
        parts.join(", ")
    }
}

#[derive(Serialize)]
struct JsonOutcome<'a> {
    equal: bool,
    scripts: &'a [String; 2],
    tweets: u64,
    failed: [u64; 2],
    matches: &'a [Matches; 2],
    tables: Vec<JsonTable<'a>>,
    emitted: JsonEmitted<'a>,
    sinks: BTreeMap<&'a str, JsonEmitted<'a>>,
}

#[derive(Serialize)]
struct JsonTable<'a> {
    table: &'a str,
    there: [bool; 2],
    key: &'a [String],
    columns_removed: &'a [String],
    columns_added: &'a [String],
    removed: u64,
    added: u64,
    changed: u64,
    same: u64,
    rows: Vec<JsonRow<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum JsonRow<'a> {
    Removed(JsonCells<'a>),
    Added(JsonCells<'a>),
    Changed {
        key: JsonCells<'a>,
        before: JsonCells<'a>,
        after: JsonCells<'a>,
    },
}

#[derive(Serialize)]
struct JsonEmitted<'a> {
    removed: u64,
    added: u64,
    same: u64,
    lines_removed: &'a [String],
    lines_added: &'a [String],
}

impl<'a> From<&'a LineDifference> for JsonEmitted<'a> {
    fn from(lines: &'a LineDifference) -> Self {
        Self {
            removed: lines.removed,
            added: lines.added,
            same: lines.same,
            lines_removed: &lines.shown_removed,
            lines_added: &lines.shown_added,
        }
    }
}

pub(super) fn as_json(outcome: &Outcome) -> String {
    let sinks = outcome.sinks.iter();
    let sinks = sinks.map(|(name, lines)| (name.as_str(), JsonEmitted::from(lines)));
    let tables = outcome.tables.iter().map(|table| JsonTable {
        table: &table.table,
        there: table.there,
        key: &table.key,
        columns_removed: &table.columns_removed,
        columns_added: &table.columns_added,
        removed: table.removed,
        added: table.added,
        changed: table.changed,
        same: table.same,
        rows: table.shown.iter().map(json_row).collect(),
    });
    let json = JsonOutcome {
        equal: outcome.is_equal(),
        scripts: &outcome.scripts,
        tweets: outcome.tweets,
        failed: outcome.failed,
        matches: &outcome.matches,
        tables: tables.collect(),
        emitted: JsonEmitted::from(&outcome.emitted),
        sinks: sinks.collect(),
    };
    let text = sonic_rs::to_string(&json).expect("text and finite numbers always have a JSON");
    text + "\n"
}

fn json_row(difference: &Difference) -> JsonRow<'_> {
    match difference {
        Difference::Removed(row) => JsonRow::Removed(cells(row)),
        Difference::Added(row) => JsonRow::Added(cells(row)),
        Difference::Changed { key, columns } => {
            let before = columns
                .iter()
                .map(|(name, before, _)| (name.as_str(), before));
            let after = columns
                .iter()
                .map(|(name, _, after)| (name.as_str(), after));
            JsonRow::Changed {
                key: cells(key),
                before: JsonCells(before.collect()),
                after: JsonCells(after.collect()),
            }
        }
    }
}

fn cells(cells: &Cells) -> JsonCells<'_> {
    let cells = cells.iter().map(|(name, value)| (name.as_str(), value));
    JsonCells(cells.collect())
}

/// Values by column, in the order of the columns.
struct JsonCells<'a>(Vec<(&'a str, &'a Value)>);

impl Serialize for JsonCells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, JsonValue(value))))
    }
}

struct JsonValue<'a>(&'a Value);

impl Serialize for JsonValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_none(),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Real(number) if number.is_finite() => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            // JSON cannot hold bytes or infinity. They are written as they are shown to people.
            other => serializer.serialize_str(&shown(other)),
        }
    }
}
