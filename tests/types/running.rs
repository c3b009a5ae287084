//! The description against the API of the running program.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use super::luacats::{Described, read};

/// Lists every name of the API, each with whether it is a function, and nothing else on its line.
const LIST: &str = r#"
local function list(prefix, joint, fields)
  for name, value in pairs(fields) do
    local kind = type(value) == "function" and "function" or "value"
    print("API " .. kind .. " " .. prefix .. joint .. name)
    if type(value) == "table" then list(prefix .. "." .. name, ".", value) end
  end
end
list("ouzel", ".", ouzel)
local function object(class, of)
  for name, value in pairs(of) do
    print("API " .. (type(value) == "function" and "function " .. class .. ":" or "value " .. class .. ".") .. name)
  end
end
object("Table", ouzel.table("handle", { id = "INTEGER PRIMARY KEY" }))
object("Regex", ouzel.regex "a")
object("Metric", ouzel.metric "numbers")
"#;

/// What the examples of the stub refer to.
const AROUND_EXAMPLES: &str = r#"
local methods = {}
function methods:full_text() return self.text end
function methods:created_at_iso() return "2018-10-10T20:19:24Z" end
function methods:created() return 1539202764 end
function methods:author() return { screen_name = "ouzel", followers_count = 1 } end
function methods:geo() return { longitude = 135.8, latitude = 35.0, exact = true } end
function methods:original() return self end
function methods:quoted() return self end
for _, name in ipairs { "all_text", "kind", "lang", "app" } do
  methods[name] = function() return "t" end
end
for _, name in ipairs { "urls", "hashtags", "mentions", "tags" } do
  methods[name] = function() return { "a", "b" } end
end
local tweet = setmetatable({ id = 1, text = "t", user = { screen_name = "ouzel" } }, { __index = methods })
local text = "{}"
ouzel.db.exec "CREATE TABLE counts (tag TEXT PRIMARY KEY, n INTEGER)"
ouzel.db.exec "CREATE TABLE seen (id INTEGER PRIMARY KEY, text TEXT, at TEXT)"
local seen = ouzel.table("given", { id = "INTEGER PRIMARY KEY", text = "TEXT", author = "TEXT" })
local raw = ouzel.table("raw", { id = "INTEGER PRIMARY KEY", json = "TEXT" })
"#;

/// Lists what a test gets, in the same form.
const LIST_TEST: &str = r#"
test("list", function(t)
  for name in pairs(t) do print("API function Test:" .. name) end
end)
"#;

/// The script that the examples of tests are about.
const TESTED: &str = r#"
ouzel.rules { { tag = "launch", value = "rocket" } }
local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", author = "TEXT" })
ouzel.state.seen = {}
ouzel.on("launch", function(tweet)
  seen:insert { id = tweet:id(), author = tweet:author().screen_name }
  ouzel.emit { id = tweet:id() }
  ouzel.state.seen[tweet:id()] = true
end)
"#;

/// What has happened before each example of tests.
const BEFORE_EXAMPLES: &str = r#"
test("example", function(t)
  t:send(t:tweet { id = 1, text = "a rocket", user = { screen_name = "alice" } })
"#;

#[test]
fn the_stub_names_what_the_api_has_and_nothing_else() {
    let (stderr, loaded) = check(LIST);
    assert!(loaded, "{stderr}");
    let mut running: BTreeSet<String> = stderr
        .lines()
        .filter_map(|line| line.split_once("API "))
        .map(|(_, name)| name.to_owned())
        .collect();
    let (told, passed) = test(LIST_TEST);
    assert!(passed, "{told}");
    let told = told.lines().filter_map(|line| line.split_once("API "));
    running.extend(told.map(|(_, name)| name.to_owned()));
    running.insert("function test".to_owned());
    assert!(running.contains("function ouzel.rules"), "{stderr}");
    assert!(running.contains("function Test:send"), "{running:?}");
    let declared = declared(&stub());
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| -> Vec<String> {
        a.difference(b).cloned().collect()
    };
    assert_eq!(
        (only(&running, &declared), only(&declared, &running)),
        (Vec::new(), Vec::new()),
        "left: in the program and not in the stub; right: in the stub and not in the program"
    );
}

/// A call of each function with one argument more than it takes, or none where it takes any number. What comes of it is
/// printed on a line with its path.
fn wrong_calls(described: &Described, wanted: impl Fn(&str) -> bool) -> String {
    let mut calls = String::new();
    for (path, function) in &described.functions {
        let (of, method) = path.split_once(':').unwrap_or((path, ""));
        if !wanted(of) {
            continue;
        }
        let called = match of {
            "Table" => format!("seen:{method}"),
            "Regex" => format!("regex:{method}"),
            "Metric" => format!("metric:{method}"),
            "Test" => format!("t:{method}"),
            path => path.to_owned(),
        };
        let takes = &function.parameters;
        let is_open = takes.last().is_some_and(|(name, _)| name == "...");
        if is_open && takes.len() == 1 {
            continue;
        }
        let given = if is_open { 0 } else { takes.len() + 1 };
        let given = vec!["1"; given].join(", ");
        calls += &format!(
            "print(\"API {path} \" .. tostring(select(2, pcall(function() {called}({given}) end))))\n"
        );
    }
    calls
}

#[test]
fn every_function_refuses_an_argument_too_many() {
    let described = read(&stub()).unwrap();
    let calls = wrong_calls(&described, |of| !matches!(of, "Tweet" | "Test" | "test"));
    let (told, loaded) = check(&format!(
        "local seen = ouzel.table(\"seen\", {{ id = \"INTEGER PRIMARY KEY\" }})\n\
         local regex, metric = ouzel.regex \"a\", ouzel.metric \"numbers\"\n{calls}"
    ));
    assert!(loaded, "{told}");
    let calls = wrong_calls(&described, |of| of == "Test");
    let (of_tests, passed) = test(&format!("test(\"wrong\", function(t)\n{calls}end)"));
    assert!(passed, "{of_tests}");
    let told = told + &of_tests;
    let mut refused = 0;
    for (path, function) in &described.functions {
        let is_open = function.parameters.len() == 1 && function.parameters[0].0 == "...";
        if is_open || path.starts_with("Tweet:") || path == "test" {
            continue;
        }
        let mut lines = told.lines();
        let line = lines.find(|line| line.contains(&format!("API {path} ")));
        let line = line.unwrap_or_else(|| panic!("{path} was not called\n{told}"));
        let is_refused =
            line.contains("` takes ") && (line.contains(", not ") || line.contains("no arguments"));
        assert!(is_refused, "{line}");
        refused += 1;
    }
    assert!(refused > 40, "{refused}");
}

#[test]
fn the_stub_is_valid_lua() {
    let (stderr, loaded) = check(&format!("local function stub()\n{}\nend", stub()));
    assert!(loaded, "{stderr}");
}

#[test]
fn every_function_of_the_stub_has_an_example_that_runs() {
    let stub = stub();
    let mut examples = 0;
    for (function, comment) in comments_of_functions(&stub) {
        let example = comment
            .split_once("```lua\n")
            .and_then(|(_, rest)| rest.split_once("```"))
            .map(|(example, _)| example);
        let Some(example) = example else {
            panic!("no example in\n{comment}");
        };
        // A block of its own: an example may use a name that stands around it already.
        let (stderr, loaded) = match function.as_str() {
            "test" => test(example),
            name if name.starts_with("Test:") => test(&format!("{BEFORE_EXAMPLES}{example}end)")),
            _ => check(&format!("{AROUND_EXAMPLES}do\n{example}end")),
        };
        assert!(loaded, "{example}{stderr}");
        examples += 1;
    }
    assert!(examples > 15, "{examples}");
}

#[test]
fn requiring_the_stub_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ouzel.lua"), stub()).unwrap();
    let (stderr, loaded) = check_in(folder.path(), "local ouzel = require \"ouzel\"");
    assert!(!loaded);
    assert!(
        stderr.contains("`ouzel` is there without `require`"),
        "{stderr}"
    );
}

fn stub() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/ouzel.lua");
    fs::read_to_string(path).unwrap()
}

/// The names that the stub declares, in the form of [`LIST`].
fn declared(stub: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut class = "";
    for line in stub.lines() {
        if let Some(name) = line.strip_prefix("---@class ") {
            class = name;
        } else if let Some(field) = line.strip_prefix("---@field ") {
            let name = field.split(' ').next().unwrap_or_default();
            match class {
                "ouzel" | "ouzel.db" | "ouzel.json" | "ouzel.log" | "ouzel.time" => {
                    names.insert(format!("value {class}.{name}"));
                }
                "ouzel.Table" | "ouzel.Regex" | "ouzel.Metric" => {
                    names.insert(format!(
                        "value {}.{name}",
                        class.trim_start_matches("ouzel.")
                    ));
                }
                _ => {}
            }
        } else if let Some((name, _)) = line
            .strip_prefix("function ")
            .and_then(|rest| rest.split_once('('))
        {
            // A check has no Tweet whose methods it could list; a test of the library compares these.
            if !name.starts_with("Tweet:") {
                names.insert(format!("function {name}"));
            }
        } else if let Some(name) = line.strip_suffix(" = {}")
            && name.starts_with("ouzel.")
        {
            names.insert(format!("value {name}"));
        }
    }
    names
}

/// The name of each function, and the comment above it, without its dashes.
fn comments_of_functions(stub: &str) -> Vec<(String, String)> {
    let mut comments = Vec::new();
    let mut comment = String::new();
    for line in stub.lines() {
        if let Some(text) = line.strip_prefix("---") {
            comment += text;
            comment.push('\n');
        } else {
            if let Some(function) = line.strip_prefix("function ") {
                let name = function.split('(').next().unwrap_or_default();
                comments.push((name.to_owned(), comment.clone()));
            }
            comment.clear();
        }
    }
    comments
}

/// Runs `ouzel test` on a file of tests: what it says, and whether all pass.
fn test(tests: &str) -> (String, bool) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("main.lua", TESTED);
    write("main_test.lua", tests);
    write(
        "tweets.jsonl",
        "{\"id\":2,\"id_str\":\"2\",\"text\":\"a rocket\"}\n",
    );
    let output = Command::new(env!("CARGO_BIN_EXE_ouzel"))
        .args(["test", "main_test.lua", "--update"])
        .current_dir(folder.path())
        .env("OUZEL_LOG", "info")
        .env_remove("OUZEL_SCRIPT")
        .env_remove("OUZEL_CONFIG")
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    (told, output.status.success())
}

/// Runs `ouzel check` on a script: what it says on stderr, and whether it loaded.
fn check(script: &str) -> (String, bool) {
    let folder = tempfile::tempdir().unwrap();
    check_in(folder.path(), script)
}

fn check_in(folder: &Path, script: &str) -> (String, bool) {
    let path = folder.join("main.lua");
    fs::write(&path, script).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ouzel"))
        .arg("check")
        .arg(&path)
        .current_dir(folder)
        .env("OUZEL_LOG", "info")
        .env_remove("OUZEL_SCRIPT")
        .env_remove("OUZEL_CONFIG")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (stderr, output.status.success())
}
