//! `ouzel check`: what a script declares, offline.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use expect_test::expect;
use support::Setup;

const SCRIPT: &str = r#"
ouzel.rules {
  { tag = "launch", value = '(rocket OR launch) lang:en' },
  { value = "tag" },
  { tag = "quote", value = "\"climate change\"" },
}
local mentions = ouzel.table("mentions", { id = "INTEGER PRIMARY KEY", text = "TEXT", at = "TEXT NOT NULL" })
ouzel.filter(function(t) return true end)
require("lib.more")
ouzel.on("*", function(t) end)
"#;

const MODULE: &str = r#"
ouzel.rules { { tag = "more", value = "coffee" } }
ouzel.enrich(function(t)
end)
"#;

fn project() -> Setup {
    Setup::check()
        .script(SCRIPT)
        .file("scripts/lib/more.lua", MODULE)
}

#[test]
fn a_script_is_shown_as_what_it_declares() {
    let ended = project().ends();
    ended.assert_code(0);
    expect![[r#"
        rules (4)
          launch    (rocket OR launch) lang:en  main.lua:3
          (no tag)  tag                         main.lua:4
          quote     "climate change"            main.lua:5
          more      coffee                      lib/more.lua:2
        handlers (3)
          1  filter  main.lua:8
          2  enrich  lib/more.lua:3
          3  on "*"  main.lua:10
        tables (1)
          mentions  id INTEGER PRIMARY KEY, text TEXT, at TEXT NOT NULL
    "#]]
    .assert_eq(ended.output());
    assert_eq!(ended.stderr, "");
    assert!(!ended.folder().join("data").exists());
    assert_eq!(ended.powertrack().asked(), "");
}

#[test]
fn the_same_comes_as_json() {
    let ended = project().arguments(&["--json"]).ends();
    ended.assert_code(0);
    expect![[r#"
        {"rules":[{"value":"(rocket OR launch) lang:en","tag":"launch","file":"main.lua","line":3},{"value":"tag","tag":null,"file":"main.lua","line":4},{"value":"\"climate change\"","tag":"quote","file":"main.lua","line":5},{"value":"coffee","tag":"more","file":"lib/more.lua","line":2}],"handlers":[{"handler":"filter","file":"main.lua","line":8},{"handler":"enrich","file":"lib/more.lua","line":3},{"handler":"on \"*\"","file":"main.lua","line":10}],"tables":[{"name":"mentions","columns":[{"name":"id","type":"INTEGER PRIMARY KEY"},{"name":"text","type":"TEXT"},{"name":"at","type":"TEXT NOT NULL"}]}],"warnings":[],"failures":[]}
    "#]].assert_eq(ended.output());
}

const ODD: &str = r#"
ouzel.rules {
  { tag = "ja", value = "寿司 lang:ja" },
  { tag = "two", value = "fish bird" },
  { tag = "one", value = "bird fish" },
}
"#;

#[test]
fn rules_that_are_hardly_meant_so_are_warned_about() {
    let ended = Setup::check().script(ODD).ends();
    ended.assert_code(0);
    expect![[r#"
        rules (3)
          ja   寿司 lang:ja  main.lua:3
          two  fish bird   main.lua:4
          one  bird fish   main.lua:5
        handlers (0)
        tables (0)

        warning: `寿司` is looked for as a word between blanks or punctuation, and this script is written without blanks; `contains:` finds it anywhere
         --> main.lua:3
          |
          | 寿司 lang:ja
          | ^^^^
        hint: write `contains:寿司 lang:ja`

        warning: this rule means the same as `fish bird` further up
         --> main.lua:5
          |
          | bird fish
          | ^^^^^^^^^
    "#]].assert_eq(ended.output());
    let ended = Setup::check().script(ODD).arguments(&["--json"]).ends();
    ended.assert_code(0);
    let (_, warnings) = ended.output().split_once("\"warnings\":").unwrap();
    expect![[r#"
        [{"rule":"寿司 lang:ja","tag":"ja","file":"main.lua","line":3,"code":"no-word-boundaries","position":1,"message":"`寿司` is looked for as a word between blanks or punctuation, and this script is written without blanks; `contains:` finds it anywhere","suggestion":"contains:寿司 lang:ja"},{"rule":"bird fish","tag":"one","file":"main.lua","line":5,"code":"same-meaning","position":1,"message":"this rule means the same as `fish bird` further up","suggestion":null}],"failures":[]}
    "#]].assert_eq(warnings);
}

#[test]
fn a_script_can_be_named() {
    let ended = Setup::check()
        .file("other/tracker.lua", "ouzel.rules { { value = 'x' } }")
        .arguments(&["other/tracker.lua"])
        .ends();
    ended.assert_code(0);
    expect![[r#"
        rules (1)
          (no tag)  x  tracker.lua:1
        handlers (0)
        tables (0)
    "#]]
    .assert_eq(ended.output());
    let ended = Setup::check()
        .file("tracker.lua", "ouzel.rules(1)")
        .environment("OUZEL_SCRIPT", "tracker.lua")
        .ends();
    ended
        .assert_code(3)
        .assert_says("script `tracker.lua` could not be loaded");
}

#[test]
fn a_script_that_is_not_there_says_so() {
    let ended = Setup::check().ends();
    ended.assert_code(3);
    expect![[r#"
        error: cannot read the script `scripts/main.lua`: No such file or directory (os error 2)
    "#]]
    .assert_eq(&ended.stderr);
    let ended = Setup::check().file("scripts/main.lua/x", "").ends();
    ended.assert_code(3);
    let ended = Setup::check().file("scripts/main.lua", b"\xff\xfe").ends();
    ended.assert_code(3);
    expect![[r#"
        error: cannot read the script `scripts/main.lua`: the file is not UTF-8 text
    "#]]
    .assert_eq(&ended.stderr);
}

#[test]
fn an_empty_script_is_a_mistake() {
    let ended = Setup::check().script("  \n").ends();
    ended.assert_code(3);
    expect![[r#"
        error: the script `scripts/main.lua` is empty
    "#]]
    .assert_eq(&ended.stderr);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_mistake() {
    let ended = Setup::check()
        .script("\u{feff}ouzel.rules {\r\n  { value = 'x' },\r\n}\r\n")
        .ends();
    ended.assert_code(0);
    expect![[r#"
        rules (1)
          (no tag)  x  main.lua:2
        handlers (0)
        tables (0)
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn what_a_script_does_while_it_loads_touches_nothing() {
    let ended = Setup::check()
        .script("local t = ouzel.table('t', { id = 'INTEGER' }) t:insert { id = 1 } ouzel.emit(t:count()) print('hello')")
        .ends();
    ended.assert_code(0).assert_says("hello");
    assert!(!ended.output().contains("\n1\n"));
    assert!(!ended.folder().join("data").exists());
}

#[test]
fn thousands_of_rules_are_checked_and_the_first_findings_told() {
    let script = "local list = {}
for number = 1, 3000 do
  list[number] = { value = 'followers_count:' .. number .. ' lang:en', tag = 'tag-' .. number }
end
ouzel.rules(list)
ouzel.on('other', function(t) end)
";
    let ended = Setup::check().script(script).without_script_limits().ends();
    ended.assert_code(0);
    let output = ended.output();
    assert!(output.starts_with("rules (3000)\n"), "{output}");
    assert!(
        output.contains(" more warnings about rules; `--json` has all\n"),
        "{output}"
    );
    assert!(
        output.contains("and 2 901 more warnings about tags; `--json` has all\n"),
        "{output}"
    );
    assert!(output.matches("\nwarning: ").count() <= 200);
}
