//! What `ouzel rollback --list` prints.

use serde::Serialize;

use crate::{
    cli::columns,
    store::{Load, LoadResult},
    text::plain,
};

/// The longest reason in the table. JSON has it whole.
const SHOWN: usize = 120;

/// A load, as it is listed.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) load: Load,
    /// Whether its files are kept.
    pub(super) is_kept: bool,
    /// The generation that runs instead of the files on disk, or will at the next start.
    pub(super) back_to: Option<u64>,
}

/// The loads as a table for people.
pub(super) fn table(loads: &[Listed]) -> String {
    if loads.is_empty() {
        return "no load of a script is written down\n".to_owned();
    }
    let header = ["generation", "at (UTC)", "hash", "files", "result"];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(loads.iter().map(row));
    let mut text = columns::lines(&rows, &[0]).join("\n") + "\n";
    if let Some(back_to) = loads.first().and_then(|newest| newest.back_to) {
        text += &format!(
            "\nrolled back to generation {back_to}, until the script's files change; `ouzel rollback --undo` ends that\n"
        );
    }
    text
}

fn row(listed: &Listed) -> [String; 5] {
    let Load {
        at, result, hash, ..
    } = &listed.load;
    let (number, result) = match result {
        LoadResult::Loaded {
            number,
            back_to,
            changes: [a, b, c, d, e, f],
        } => {
            let result = match back_to {
                Some(back_to) => format!("rolled back to {back_to}"),
                None => "loaded".to_owned(),
            };
            let changes = format!("rules +{a} -{b}, handlers +{c} -{d}, tables +{e} -{f}");
            (number.to_string(), format!("{result}: {changes}"))
        }
        LoadResult::Refused { step, error, place } => {
            let place = match place {
                Some((file, line)) => format!("{}:{line}: ", plain::line(file)),
                None => String::new(),
            };
            let error = plain::line(error);
            let mut reason: String = error.chars().take(SHOWN).collect();
            if error.chars().count() > SHOWN {
                reason.push('…');
            }
            let step = plain::line(step);
            (
                "-".to_owned(),
                format!("refused by {step}: {place}{reason}"),
            )
        }
    };
    let at = at.split('.').next().unwrap_or_default();
    let at = at.trim_end_matches('Z').replace('T', " ");
    let kept = if listed.is_kept { "kept" } else { "" };
    let clean = |text: &str| plain::line(text).into_owned();
    [number, clean(&at), clean(hash), kept.to_owned(), result]
}

#[derive(Serialize)]
struct JsonLoad<'a> {
    at: &'a str,
    result: &'static str,
    generation: Option<u64>,
    hash: &'a str,
    script: &'a str,
    kept: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    back_to: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<JsonChanges>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<JsonRefused<'a>>,
}

#[derive(Serialize)]
struct JsonChanges {
    rules: JsonCounts,
    handlers: JsonCounts,
    tables: JsonCounts,
}

#[derive(Serialize)]
struct JsonCounts {
    added: u64,
    removed: u64,
}

#[derive(Serialize)]
struct JsonRefused<'a> {
    step: &'a str,
    error: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
}

/// The loads for programs: a list, newest first.
pub(super) fn json(loads: &[Listed]) -> String {
    let loads: Vec<_> = loads.iter().map(json_load).collect();
    sonic_rs::to_string(&loads).expect("text and numbers always have a JSON") + "\n"
}

fn json_load(listed: &Listed) -> JsonLoad<'_> {
    let load = &listed.load;
    let mut json = JsonLoad {
        at: &load.at,
        result: "refused",
        generation: None,
        hash: &load.hash,
        script: &load.script,
        kept: listed.is_kept,
        back_to: None,
        changes: None,
        refused: None,
    };
    match &load.result {
        LoadResult::Loaded {
            number,
            back_to,
            changes: [a, b, c, d, e, f],
        } => {
            let counts = |added: &u64, removed: &u64| JsonCounts {
                added: *added,
                removed: *removed,
            };
            json.result = if back_to.is_some() {
                "rolled back"
            } else {
                "loaded"
            };
            json.generation = Some(*number);
            json.back_to = *back_to;
            json.changes = Some(JsonChanges {
                rules: counts(a, b),
                handlers: counts(c, d),
                tables: counts(e, f),
            });
        }
        LoadResult::Refused { step, error, place } => {
            json.refused = Some(JsonRefused {
                step,
                error,
                file: place.as_ref().map(|(file, _)| file.as_str()),
                line: place.as_ref().map(|(_, line)| *line),
            });
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(loads: &[Listed], expected: Expect) {
        expected.assert_eq(&table(loads));
    }

    fn listed(result: LoadResult, is_kept: bool, back_to: Option<u64>) -> Listed {
        Listed {
            load: Load {
                at: "2026-11-21T20:50:34.084123Z".to_owned(),
                result,
                hash: "06ac52379a9e".to_owned(),
                script: "/home/ada/scripts/main.lua".to_owned(),
            },
            is_kept,
            back_to,
        }
    }

    fn loaded(number: u64, back_to: Option<u64>) -> LoadResult {
        LoadResult::Loaded {
            number,
            back_to,
            changes: [1, 2, 3, 4, 5, 6],
        }
    }

    fn refused(error: &str, place: Option<(&str, usize)>) -> LoadResult {
        LoadResult::Refused {
            step: "tests".to_owned(),
            error: error.to_owned(),
            place: place.map(|(file, line)| (file.to_owned(), line)),
        }
    }

    #[test]
    fn loads_are_listed_newest_first() {
        check(
            &[],
            expect![[r#"
            no load of a script is written down
        "#]],
        );
        let loads = [
            listed(loaded(11, Some(1)), true, Some(1)),
            listed(
                refused("no\u{1b}[31m", Some(("main.lua", 7))),
                false,
                Some(1),
            ),
            listed(refused(&"x".repeat(200), None), false, Some(1)),
            listed(loaded(1, None), true, Some(1)),
        ];
        check(
            &loads,
            expect![[r#"
            generation  at (UTC)             hash          files  result
                    11  2026-11-21 20:50:34  06ac52379a9e  kept   rolled back to 1: rules +1 -2, handlers +3 -4, tables +5 -6
                     -  2026-11-21 20:50:34  06ac52379a9e         refused by tests: main.lua:7: no\u{1b}[31m
                     -  2026-11-21 20:50:34  06ac52379a9e         refused by tests: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
                     1  2026-11-21 20:50:34  06ac52379a9e  kept   loaded: rules +1 -2, handlers +3 -4, tables +5 -6

            rolled back to generation 1, until the script's files change; `ouzel rollback --undo` ends that
        "#]],
        );
        expect![[r#"
            [{"at":"2026-11-21T20:50:34.084123Z","result":"rolled back","generation":11,"hash":"06ac52379a9e","script":"/home/ada/scripts/main.lua","kept":true,"back_to":1,"changes":{"rules":{"added":1,"removed":2},"handlers":{"added":3,"removed":4},"tables":{"added":5,"removed":6}}},{"at":"2026-11-21T20:50:34.084123Z","result":"refused","generation":null,"hash":"06ac52379a9e","script":"/home/ada/scripts/main.lua","kept":false,"refused":{"step":"tests","error":"no\u001b[31m","file":"main.lua","line":7}}]
        "#]].assert_eq(&json(&loads[..2]));
    }
}
