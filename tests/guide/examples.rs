//! What the pages of the examples tell, done in a project of each.

use std::{fmt::Write as _, fs, path::Path};

use sonic_rs::{JsonContainerTrait, Value};

use super::{
    book::{Page, blocks_of, guide, of_examples},
    project::{boxed, shell},
    support::{example, files_below},
};

/// A project of an example, as it stands in the repository.
fn project(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files_below(&example(name)) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

/// The names of a table's columns, and of its first row whether there is one.
fn header(table: &str) -> (String, bool) {
    let mut rows = table.lines().filter(|line| line.starts_with('│'));
    let header = rows.next().unwrap_or_default();
    let header = header.split('│').map(str::trim).collect::<Vec<_>>();
    (header.join("|"), rows.next().is_some())
}

/// The names of a line's fields. They stand in no order.
fn fields(line: &str) -> Vec<String> {
    let value: Value = sonic_rs::from_str(line).unwrap();
    let fields = value.as_object().unwrap().iter();
    let mut names: Vec<_> = fields.map(|(name, _)| name.to_owned()).collect();
    names.sort();
    names
}

/// Tweets of coffee in twelve minutes of the past, more of them in the last one.
fn minutes() -> String {
    let mut tweets = String::new();
    let mut id = 0;
    for minute in 0..12 {
        for _ in 0..if minute == 10 { 90 } else { 30 } {
            id += 1;
            let _ = writeln!(
                tweets,
                r#"{{"id":{id},"id_str":"{id}","created_at":"Sat Mar 14 15:{minute:02}:00 +0000 2026","text":"coffee","lang":"en","user":{{"screen_name":"a"}}}}"#
            );
        }
    }
    tweets
}

/// Runs a command of a page and gives what it prints.
#[track_caller]
fn run(folder: &Path, line: &str) -> String {
    if line.starts_with("sqlite3 ") {
        return boxed(folder, line);
    }
    let line = match line {
        // Nobody waits for minutes. In a replay, they are those of the Tweets.
        "ouzel run --sim --for 5m" => {
            fs::write(folder.join("tweets.jsonl"), minutes()).unwrap();
            fs::create_dir_all(folder.join("data/sim")).unwrap();
            "ouzel replay scripts/main.lua tweets.jsonl --db data/sim/ouzel.db".to_owned()
        }
        // Fewer Tweets show the same, and a busy machine makes few a second.
        _ => match line.split_once(" --limit ") {
            Some((command, _)) => format!("{command} --rate 10000 --limit 200"),
            None => line.to_owned(),
        },
    };
    let done = shell(folder, &line);
    assert_eq!(done.code, 0, "{line}\n{}", done.stderr);
    done.stdout
}

fn assert_true(page: &Page) {
    let name = page.name.strip_prefix("examples/").unwrap();
    let folder = project(name);
    let folder = folder.path();
    let blocks = blocks_of(page);
    assert!(blocks.len() > 1, "{name}");
    let mut printed = Vec::new();
    for block in blocks {
        match block.language.as_str() {
            "sh" => printed.extend(block.lines().map(|line| run(folder, line))),
            "text" => {
                let shown = header(&block.text);
                let real = header(printed.last().unwrap());
                assert_eq!(shown, real, "{name}");
                assert!(real.1, "{name}: no rows");
            }
            "json" => {
                let lines = printed.iter().flat_map(|text| text.lines());
                let real = lines.clone().find(|line| line.starts_with('{'));
                assert_eq!(fields(&block.text), fields(real.unwrap()), "{name}");
            }
            other => panic!("a block of `{other}` in {name}"),
        }
    }
    // What is in backticks and looks like a file is one.
    for word in page.text.split('`').skip(1).step_by(2) {
        if word.starts_with("scripts/") && !word.ends_with('/') {
            assert!(folder.join(word).exists(), "{name}: {word}");
        }
    }
}

#[test]
fn the_pages_of_the_examples_are_true() {
    for page in of_examples() {
        assert_true(&page);
    }
}

#[test]
fn a_page_of_the_guide_lists_the_examples() {
    let page = guide().into_iter().find(|page| page.name == "examples");
    let text = page.unwrap().text;
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut listed: Vec<_> = rows
        .map(|row| format!("examples/{}", row.split('`').next().unwrap()))
        .collect();
    listed.sort();
    let names: Vec<_> = of_examples().into_iter().map(|page| page.name).collect();
    assert_eq!(listed, names);
}
