//! The example projects, and what their scripts declare.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use super::Setup;

/// The folder of an example.
pub fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
}

/// The names of all examples of scripts, sorted.
pub fn examples() -> Vec<String> {
    let entries = fs::read_dir(example("")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names
        .filter(|name| example(name).join("scripts").is_dir())
        .collect();
    names.sort();
    names
}

/// The files below a folder that git keeps, with their paths from there.
pub fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            match path.is_dir() {
                // What a run leaves.
                true if name == "data" => {}
                true => folders.push(path),
                false => found.push((name.to_owned(), fs::read(&path).unwrap())),
            }
        }
    }
    found.sort();
    found
}

/// A rule that a script declares.
pub struct Declared {
    pub tag: String,
    pub value: String,
}

/// The rules of a project's script.
#[track_caller]
pub fn rules_of(setup: Setup) -> Vec<Declared> {
    let ended = setup.command("check").arguments(&["--json"]).ends();
    ended.assert_code(0);
    let said: Value = sonic_rs::from_str(ended.output()).unwrap();
    let text = |rule: &Value, name: &str| rule[name].as_str().unwrap().to_owned();
    let rules = said["rules"].as_array().unwrap().iter();
    let rules: Vec<_> = rules
        .map(|rule| Declared {
            tag: text(rule, "tag"),
            value: text(rule, "value"),
        })
        .collect();
    assert!(!rules.is_empty());
    rules
}

/// A script that declares these rules, and emits each Tweet as it came.
pub fn capture(rules: &[Declared]) -> String {
    let mut script = "ouzel.enrich(function(tweet) ouzel.emit(tweet) end)\n".to_owned();
    for Declared { tag, value } in rules {
        script +=
            &format!("ouzel.rules {{ {{ tag = [==[{tag}]==], value = [==[{value}]==] }} }}\n");
    }
    script
}
