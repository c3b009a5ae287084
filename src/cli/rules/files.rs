//! Reads rules from text files and from JSON.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use serde::Deserialize;

use crate::{error::Error, text::json};

/// The most bytes of a file: a quarter of a million rules of usual length. Without a limit, a file without an end would
/// fill the memory.
const MAX_BYTES: u64 = 64 << 20;

/// A rule of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileRule {
    pub(super) value: String,
    pub(super) tag: Option<String>,
    /// Whether a script sends it even though something is known against it.
    pub(super) unchecked: bool,
    /// Where the rule stands, as people read it.
    pub(super) place: String,
}

#[derive(Deserialize)]
struct Body {
    rules: Vec<BodyRule>,
}

#[derive(Deserialize)]
struct BodyRule {
    value: String,
    tag: Option<String>,
    /// The service does not have this field. It means the same as in a script.
    #[serde(default)]
    unchecked: bool,
}

/// Reads the rules of a file. `-` is stdin.
///
/// # Errors
/// [`Error::System`] if the file cannot be read, [`Error::Usage`] if it is too long, or JSON of another shape.
pub(super) fn read(path: &Path) -> Result<Vec<FileRule>, Error> {
    let name = name(path);
    let failed = || Error::system(format!("cannot read `{name}`"));
    let from: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(failed())?)
    };
    let mut text = String::new();
    let read = from.take(MAX_BYTES + 1).read_to_string(&mut text);
    read.map_err(failed())?;
    if text.len() as u64 > MAX_BYTES {
        return Err(Error::Usage(format!(
            "`{name}` is longer than 64 MiB, so it is no file of rules"
        )));
    }
    parse(&name, text.strip_prefix('\u{feff}').unwrap_or(&text))
}

fn name(path: &Path) -> String {
    if path == Path::new("-") {
        "stdin".to_owned()
    } else {
        path.display().to_string()
    }
}

/// Parses rules. No rule can begin with `{` or `[`, so a text that begins with one is JSON.
fn parse(name: &str, text: &str) -> Result<Vec<FileRule>, Error> {
    if !text.trim_start().starts_with(['{', '[']) {
        let lines = text.lines().enumerate();
        return Ok(lines
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| FileRule {
                value: line.to_owned(),
                tag: None,
                unchecked: false,
                place: format!("{name}:{}", number + 1),
            })
            .collect());
    }
    let body: Body = json::read(text.as_bytes()).map_err(|reason| {
        Error::Usage(format!(
            "`{name}` begins like JSON and is not `{{\"rules\":[{{\"value\":…,\"tag\":…}}]}}`: {reason}"
        ))
    })?;
    let rules = body.rules.into_iter().enumerate();
    Ok(rules
        .map(|(number, rule)| FileRule {
            value: rule.value,
            tag: rule.tag,
            unchecked: rule.unchecked,
            place: format!("{name}, rule {}", number + 1),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_json_are_told_apart() {
        let places = |text| {
            let rules = parse("f", text).unwrap();
            let shown = rules
                .into_iter()
                .map(|rule| format!("{} {} {:?}", rule.place, rule.value, rule.tag));
            shown.collect::<Vec<_>>()
        };
        assert_eq!(
            places("#one\r\n\n two \n"),
            ["f:1 #one None", "f:3  two  None"]
        );
        assert_eq!(
            places(" {\"rules\":[{\"value\":\"a\"},{\"value\":\"b\",\"tag\":\"t\"}]}"),
            ["f, rule 1 a None", "f, rule 2 b Some(\"t\")"]
        );
        assert!(parse("f", "{\"rule\":1}").is_err());
        assert!(parse("f", "[{\"value\":\"a\"}]").is_err());
    }
}
