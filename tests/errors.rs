//! The exact text of every error that a script's author can cause while the script loads.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use expect_test::{Expect, expect};
use support::Setup;

/// What `ouzel check` says about a script.
#[track_caller]
fn check(script: &str, expected: Expect) {
    check_with(&[], script, expected);
}

/// The same with modules beside it.
#[track_caller]
fn check_with(modules: &[(&str, &str)], script: &str, expected: Expect) {
    let mut setup = Setup::check().script(script);
    for (path, text) in modules {
        setup = setup.file(path, text);
    }
    let ended = setup.ends();
    expected.assert_eq(&ended.log());
    assert!(matches!(ended.code, 0 | 3), "{}", ended.code);
    assert_eq!(ended.code == 3, ended.stderr.contains("error: "));
}

#[test]
fn a_syntax_error_shows_the_line() {
    check(
        r#"local t = 1
ouzel.on("*", function(t)
  local x = = 2
end)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 |   local x = = 2
              |
              = unexpected symbol near '='"#]],
    );
    check(
        r#"ouzel.filter(function(t) return true"#,
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.filter(function(t) return true
          |
          = 'end' expected near <eof>"#]],
    );
    check(
        r#"x = "unfinished"#,
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | x = "unfinished
          |
          = unfinished string near <eof>"#]],
    );
}

#[test]
fn an_error_while_loading_comes_with_its_traceback() {
    check(
        r#"local function inner(x)
  return x.y.z
end
local function outer()
  local v = inner({})
  return v
end
outer()"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 |   return x.y.z
              |
              = attempt to index a nil value (field 'y')
                in main.lua:2: in upvalue 'inner'
                in main.lua:5: in local 'outer'
                in main.lua:8: in main chunk"#]],
    );
    check(
        r#"error("no place at all", 0)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | error("no place at all", 0)
              |
              = no place at all"#]],
    );
    check(
        r#"error({ code = 5 })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | error({ code = 5 })
              |
              = the error is a table, and not a text"#]],
    );
    check(
        r#"error()"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | error()
              |
              = the error has no text"#]],
    );
    check(
        r#"error(setmetatable({}, { __tostring = function() return "an object" end }))"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | error(setmetatable({}, { __tostring = function() return "an object" end }))
              |
              = an object"#]],
    );
    check(
        r#"local ok, problem = pcall(error, "caught")
error("and raised again: " .. problem)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | error("and raised again: " .. problem)
              |
              = and raised again: caught"#]],
    );
    check(
        r#"assert(false, "asserted")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | assert(false, "asserted")
              |
              = asserted"#]],
    );
    check(
        r#"assert(nil)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | assert(nil)
              |
              = assertion failed!"#]],
    );
    check(
        r#"error("two\nlines")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | error("two\nlines")
              |
              = two
                lines"#]],
    );
    // How deep the stack may get depends on what Lua has on it already.
    let deep = "local function f() return f() + 1 end\nf()";
    let log = Setup::check().script(deep).ends().log();
    let (before, behind) = log.split_once("(skipping ").unwrap();
    let behind = behind.trim_start_matches(|c: char| c.is_ascii_digit());
    expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | local function f() return f() + 1 end
              |
              = stack overflow
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in ...	(skipping… levels)
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in upvalue 'f'
                in main.lua:1: in local 'f'
                in main.lua:2: in main chunk"#]]
    .assert_eq(&format!("{before}(skipping…{behind}"));
}

#[test]
fn a_wrong_rule_says_which_field() {
    check(
        r#"ouzel.rules {
  { value = "rocket", tag = "ok" },
  { vlaue = "rust lang", tag = "rust" },
}"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 |   { vlaue = "rust lang", tag = "rust" },
              |
              = unknown field `vlaue` in a rule
            hint: did you mean `value`?"#]],
    );
    check(
        r#"ouzel.rules {
  { tag = "rust" },
}"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 |   { tag = "rust" },
              |
              = rule 1 has no `value`"#]],
    );
    check(
        r#"ouzel.rules { { value = 5 } }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules { { value = 5 } }
              |
              = the `value` of rule 1 has to be a string, not a number"#]],
    );
    check(
        r#"ouzel.rules {
  { value = "rocket", tag = true },
}"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 |   { value = "rocket", tag = true },
              |
              = the `tag` of rule 1 has to be a string, not a boolean"#]],
    );
    check(
        r#"ouzel.rules { "rocket" }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules { "rocket" }
              |
              = rule 1 has to be a table such as { value = "rocket", tag = "launch" }, not a string"#]],
    );
    check(
        r#"ouzel.rules { value = "rocket", tag = "launch" }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules { value = "rocket", tag = "launch" }
              |
              = unknown field `value` in the list of rules
            hint: each rule is a table of its own: `{ { value = …, tag = … } }`"#]],
    );
    check(
        r#"ouzel.rules("rocket")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules("rocket")
              |
              = what `ouzel.rules` takes has to be a table, not a string"#]],
    );
    check(
        r#"ouzel.rules()"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules()
              |
              = `ouzel.rules` takes `rules`, not 0 arguments"#]],
    );
    check(
        r#"ouzel.rules { { value = "a", colour = "red" } }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules { { value = "a", colour = "red" } }
              |
              = unknown field `colour` in a rule"#]],
    );
    check(
        r#"ouzel.rules { { "rocket", tag = "x" } }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules { { "rocket", tag = "x" } }
              |
              = rule 1 has a field without a name
            hint: write `{ value = "rocket", tag = "launch" }`"#]],
    );
    check(
        r#"ouzel.rules { { value = "" , tag = "x" } }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules { { value = "" , tag = "x" } }
              |
              = the `value` of rule 1 is empty"#]],
    );
    check(
        r#"ouzel.rules { nil, { value = "a" } }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules { nil, { value = "a" } }
              |
              = rule 1 has to be a table such as { value = "rocket", tag = "launch" }, not nil"#]],
    );
    check(
        r#"ouzel.rules { { value = "a", tag = "x" }, { value = "a", tag = "y" } }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules { { value = "a", tag = "x" }, { value = "a", tag = "y" } }
              |
              = the rule `a` is declared twice with different tags; a rule has one tag"#]],
    );
    check(
        r#"ouzel.rules { rules = { { value = "a" } } }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules { rules = { { value = "a" } } }
              |
              = unknown field `rules` in the list of rules"#]],
    );
    check(
        r#"ouzel.rules { { value = "\xff" } }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules { { value = "\xff" } }
              |
              = the `value` of rule 1 is not UTF-8 text"#]],
    );
}

#[test]
fn a_wrong_handler_says_what_it_has_to_be() {
    check(
        r#"ouzel.filter()"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.filter()
              |
              = `ouzel.filter` takes `handler`, not 0 arguments"#]],
    );
    check(
        r#"ouzel.filter("x")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.filter("x")
              |
              = the handler that `ouzel.filter` takes has to be a function, not a string"#]],
    );
    check(
        r#"ouzel.enrich(5)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.enrich(5)
              |
              = the handler that `ouzel.enrich` takes has to be a function, not a number"#]],
    );
    check(
        r#"ouzel.on(function() end)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.on(function() end)
              |
              = `ouzel.on` takes `tag` and `handler`, not 1 argument"#]],
    );
    check(
        r#"ouzel.on("launch")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.on("launch")
              |
              = `ouzel.on` takes `tag` and `handler`, not 1 argument"#]],
    );
    check(
        r#"ouzel.on("", function() end)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.on("", function() end)
              |
              = the tag that `ouzel.on` takes first is empty; "*" stands for every rule"#]],
    );
    check(
        r#"ouzel.on("a", "b", function() end)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.on("a", "b", function() end)
              |
              = `ouzel.on` takes `tag` and `handler`, not 3 arguments"#]],
    );
    check(
        r#"ouzel.on({ "a", "b" }, function() end)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.on({ "a", "b" }, function() end)
              |
              = the tag that `ouzel.on` takes first has to be a string, not a table"#]],
    );
}

#[test]
fn a_wrong_table_says_what_is_wrong() {
    check(
        r#"ouzel.table("my table", { id = "INTEGER" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("my table", { id = "INTEGER" })
              |
              = `my table` is no table name; a name is letters, digits and `_`, and begins with no digit"#]],
    );
    check(
        r#"ouzel.table("1st", { id = "INTEGER" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("1st", { id = "INTEGER" })
              |
              = `1st` is no table name; a name is letters, digits and `_`, and begins with no digit"#]],
    );
    check(
        r#"ouzel.table("_ouzel_rules", { id = "INTEGER" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("_ouzel_rules", { id = "INTEGER" })
              |
              = `_ouzel_rules` is no table name for a script; `_ouzel_` and `sqlite_` begin the names of others"#]],
    );
    check(
        r#"ouzel.table("sqlite_x", { id = "INTEGER" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("sqlite_x", { id = "INTEGER" })
              |
              = `sqlite_x` is no table name for a script; `_ouzel_` and `sqlite_` begin the names of others"#]],
    );
    check(
        r#"ouzel.table(5, { id = "INTEGER" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table(5, { id = "INTEGER" })
              |
              = the name that `ouzel.table` takes first has to be a string, not a number"#]],
    );
    check(
        r#"ouzel.table("t")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t")
              |
              = `ouzel.table` takes `name` and `columns` and perhaps `options`, not 1 argument"#]],
    );
    check(
        r#"ouzel.table("t", {})"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", {})
              |
              = table `t` has 0 columns; 1 to 500 are possible"#]],
    );
    check(
        r#"ouzel.table("t", { "id" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { "id" })
              |
              = the columns of table `t` are named fields: { id = "INTEGER PRIMARY KEY" }"#]],
    );
    check(
        r#"ouzel.table("t", {
  id = "INTEGER PRIMARY KEY",
  ["my col"] = "TEXT",
})"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 |   ["my col"] = "TEXT",
              |
              = `my col` is no column name; a name is letters, digits and `_`, and begins with no digit"#]],
    );
    check(
        r#"ouzel.table("t", {
  id = "INTEGER",
  at = true,
})"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 |   at = true,
              |
              = the type of column `at` has to be a string, not a boolean"#]],
    );
    check(
        r#"ouzel.table("t", {
  id = "INTEGER",
  at = "TEXT; DROP TABLE t",
})"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 |   at = "TEXT; DROP TABLE t",
              |
              = `TEXT; DROP TABLE t` is no type for column `at`; write one such as "TEXT" or "INTEGER NOT NULL""#]],
    );
    check(
        r#"ouzel.table("t", { a = "INTEGER PRIMARY KEY", b = "TEXT PRIMARY KEY" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { a = "INTEGER PRIMARY KEY", b = "TEXT PRIMARY KEY" })
              |
              = table `t` has two primary keys, `a` and `b`
            hint: a key of several columns is an option: `ouzel.table(name, columns, { primary_key = { "a", "b" } })`"#]],
    );
    check(
        r#"ouzel.table("t", { a = "TEXT" })
ouzel.table("t", { b = "TEXT" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | ouzel.table("t", { b = "TEXT" })
              |
              = table `t` is declared twice"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER NOT" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER NOT" })
              |
              = table `t`: near ")": syntax error"#]],
    );
    check(
        r#"ouzel.table { name = "t" }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table { name = "t" }
              |
              = `ouzel.table` takes `name` and `columns` and perhaps `options`, not 1 argument"#]],
    );
    check(
        r#"ouzel.table("order", { ["select"] = "TEXT", ID = "TEXT", id = "TEXT" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("order", { ["select"] = "TEXT", ID = "TEXT", id = "TEXT" })
              |
              = table `order`: duplicate column name: id"#]],
    );
}

#[test]
fn a_wrong_row_says_which_column() {
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", name = "TEXT" })
t:insert {
  id = 1,
  nmae = "x",
}"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:4
              |
            4 |   nmae = "x",
              |
              = table `seen` has no column `nmae`
            hint: did you mean `name`?"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", name = "TEXT" })
t:insert { id = 1, name = { 1 } }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:insert { id = 1, name = { 1 } }
              |
              = column `name` of table `seen` cannot hold a table
            hint: `ouzel.json.encode` makes text of a table"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", name = "TEXT" })
t:insert { id = 1, name = print }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:insert { id = 1, name = print }
              |
              = column `name` of table `seen` cannot hold a function"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t:insert { 1 }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:insert { 1 }
              |
              = a row of table `seen` has a field without a name"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t.insert { id = 1 }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t.insert { id = 1 }
              |
              = `insert` is called with a colon: `seen:insert(…)`"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t:insert()"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:insert()
              |
              = the row that `seen:insert` takes has to be a table, not nil"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER" })
t:upsert { id = 1 }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:upsert { id = 1 }
              |
              = table `seen` has no primary key, so `upsert` cannot tell which row to replace
            hint: declare a column as "INTEGER PRIMARY KEY" or "TEXT PRIMARY KEY", or use `insert`"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t:insert { id = 1 }
t:insert { id = 1 }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 | t:insert { id = 1 }
              |
              = table `seen`: UNIQUE constraint failed: seen.id"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", name = "TEXT NOT NULL" })
t:insert { id = 1 }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:insert { id = 1 }
              |
              = table `seen`: NOT NULL constraint failed: seen.name"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t:insert { id = "x" }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:insert { id = "x" }
              |
              = column `id` of table `seen` is INTEGER and cannot hold text
            hint: `tonumber` makes a number of text, or declare the column as TEXT or ANY"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER" })
t:get(1)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:get(1)
              |
              = table `seen` has no primary key
            hint: `ouzel.db.one` reads any row"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t:get({})"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:get({})
              |
              = `seen:get` takes the primary key (id), and no other columns
            hint: `ouzel.db.one` reads a row by other columns"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t.get(1)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t.get(1)
              |
              = `get` is called with a colon: `seen:get(…)`"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t:count("x")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:count("x")
              |
              = what `seen:count` takes has to be a table of columns, not a string"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t:count { idd = 1 }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:count { idd = 1 }
              |
              = table `seen` has no column `idd`
            hint: did you mean `id`?"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t:update { id = 1 }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:update { id = 1 }
              |
              = `seen:update` takes `rows` and `changes`, not 1 argument"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t:inser { id = 1 }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:inser { id = 1 }
              |
              = there is no `seen.inser`; did you mean `insert`?"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t.x = 1"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t.x = 1
              |
              = `seen.x` cannot be set"#]],
    );
}

#[test]
fn a_wrong_type_of_a_column_says_what_to_write() {
    check(
        r#"ouzel.table("seen", {
  id = "INTEGER PRIMARY KEY",
  author = "TXET",
})"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 |   author = "TXET",
              |
              = column `author` of table `seen`: there is no type `TXET`
            hint: did you mean `TEXT`?"#]],
    );
    check(
        r#"ouzel.table("seen", { id = "INTEGER", at = "DATETIME NOT NULL" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("seen", { id = "INTEGER", at = "DATETIME NOT NULL" })
              |
              = column `at` of table `seen`: there is no type `DATETIME`; write `TEXT`
            hint: `ouzel.table(name, columns, { strict = false })` makes a table that takes it as SQLite does"#]],
    );
    check(
        r#"ouzel.table("seen", { id = "INTEGER", name = "VARCHAR(20)" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("seen", { id = "INTEGER", name = "VARCHAR(20)" })
              |
              = column `name` of table `seen`: there is no type `VARCHAR`; write `TEXT`
            hint: `ouzel.table(name, columns, { strict = false })` makes a table that takes it as SQLite does"#]],
    );
    check(
        r#"ouzel.table("seen", { id = "INTEGER", name = "TEXT(20)" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("seen", { id = "INTEGER", name = "TEXT(20)" })
              |
              = column `name` of table `seen`: a type has no length; write `TEXT`
            hint: `CHECK (length(name) <= 100)` bounds one"#]],
    );
    check(
        r#"ouzel.table("seen", { id = "INTEGER", name = "TEXT UNIQE" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("seen", { id = "INTEGER", name = "TEXT UNIQE" })
              |
              = column `name` of table `seen`: `UNIQE` cannot follow `TEXT`
            hint: did you mean `UNIQUE`?"#]],
    );
    check(
        r#"ouzel.table("seen", { id = "INTEGER", name = "NOT NULL" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("seen", { id = "INTEGER", name = "NOT NULL" })
              |
              = column `name` of table `seen`: `NOT NULL` does not begin with a type
            hint: the types are INTEGER, REAL, TEXT, BLOB and ANY"#]],
    );
    check(
        r#"ouzel.table("seen", { id = "INTEGER", shape = "GEOMETRY" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("seen", { id = "INTEGER", shape = "GEOMETRY" })
              |
              = column `shape` of table `seen`: there is no type `GEOMETRY`
            hint: the types are INTEGER, REAL, TEXT, BLOB and ANY"#]],
    );
    check(
        r#"ouzel.table("seen", { id = "INTEGER) WITHOUT ROWID /*" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("seen", { id = "INTEGER) WITHOUT ROWID /*" })
              |
              = `INTEGER) WITHOUT ROWID /*` is no type for column `id`; write one such as "TEXT" or "INTEGER NOT NULL""#]],
    );
    check(
        r#"ouzel.table("seen", { id = "INTEGER", name = "TXET" }, { strict = false })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("seen", { id = "INTEGER", name = "TXET" }, { strict = false })
              |
              = column `name` of table `seen`: there is no type `TXET`
            hint: did you mean `TEXT`?"#]],
    );
}

#[test]
fn a_value_that_does_not_fit_its_column_says_which_and_why() {
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", reach = "INTEGER" })
t:upsert {
  id = 1,
  reach = "5",
}"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:4
              |
            4 |   reach = "5",
              |
              = column `reach` of table `seen` is INTEGER and cannot hold text
            hint: `tonumber` makes a number of text, or declare the column as TEXT or ANY"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { reach = "INTEGER" })
t:insert { reach = 5.0 }
t:insert { reach = 5.5 }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 | t:insert { reach = 5.5 }
              |
              = column `reach` of table `seen` is INTEGER and cannot hold a number that is not whole
            hint: `math.floor` makes an integer, or declare the column as REAL"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { reach = "INTEGER" })
t:insert { reach = 1e19 }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:insert { reach = 1e19 }
              |
              = column `reach` of table `seen` is INTEGER and cannot hold a number that is too large for 64 bits
            hint: declare the column as REAL or TEXT"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { score = "REAL" })
t:insert { score = 5 }
t:insert { score = "high" }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 | t:insert { score = "high" }
              |
              = column `score` of table `seen` is REAL and cannot hold text
            hint: `tonumber` makes a number of text, or declare the column as TEXT or ANY"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { name = "TEXT" })
t:insert { name = 5 }
t:insert { name = "\xff" }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 | t:insert { name = "\xff" }
              |
              = column `name` of table `seen` is TEXT and cannot hold text that is not UTF-8
            hint: declare the column as BLOB or ANY"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { hash = "BLOB" })
t:insert { hash = "text" }
t:insert { hash = 5 }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 | t:insert { hash = 5 }
              |
              = column `hash` of table `seen` is BLOB and cannot hold a number
            hint: `tostring` makes text of it, or declare the column as INTEGER, REAL or ANY"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", reach = "INTEGER" })
t:update({ id = "1" }, { reach = "many" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:update({ id = "1" }, { reach = "many" })
              |
              = column `reach` of table `seen` is INTEGER and cannot hold text
            hint: `tonumber` makes a number of text, or declare the column as TEXT or ANY"#]],
    );
    check(
        r#"ouzel.table("seen", { reach = "INTEGER" })
ouzel.db.exec("INSERT INTO seen VALUES (?)", "many")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | ouzel.db.exec("INSERT INTO seen VALUES (?)", "many")
              |
              = cannot store TEXT value in INTEGER column seen.reach"#]],
    );
}

#[test]
fn wrong_options_of_a_table_say_what_is_wrong() {
    check(
        r#"ouzel.table("t", { id = "INTEGER" }, {
  primary_kye = { "id" },
})"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 |   primary_kye = { "id" },
              |
              = unknown option `primary_kye` of table `t`
            hint: did you mean `primary_key`?"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER" }, { "id" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER" }, { "id" })
              |
              = the options of table `t` are named fields: { primary_key = { "tag", "id" } }"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER" }, "id")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER" }, "id")
              |
              = what `ouzel.table("t", …)` takes third has to be a table, not a string"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER" }, { strict = "no" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER" }, { strict = "no" })
              |
              = `strict` of table `t` has to be true or false, not a string"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER" }, { primary_key = "id" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER" }, { primary_key = "id" })
              |
              = `primary_key` of table `t`, such as { "tag", "id" }, has to be a table, not a string"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER", tag = "TEXT" }, {
  primary_key = { "tga", "id" },
})"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 |   primary_key = { "tga", "id" },
              |
              = `primary_key` of table `t`: the table has no column `tga`
            hint: did you mean `tag`?"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER", tag = "TEXT" }, { primary_key = { "tag", "tag" } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER", tag = "TEXT" }, { primary_key = { "tag", "tag" } })
              |
              = `primary_key` of table `t` has column `tag` twice"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER" }, { primary_key = {} })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER" }, { primary_key = {} })
              |
              = `primary_key` of table `t` names no column"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER" }, { primary_key = { 5 } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER" }, { primary_key = { 5 } })
              |
              = a column in `primary_key` of table `t` has to be a string, not a number"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER", tag = "TEXT" }, { primary_key = { [2] = "id", [4] = "tag" } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER", tag = "TEXT" }, { primary_key = { [2] = "id", [4] = "tag" } })
              |
              = `primary_key` of table `t` is no list: it has holes"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER PRIMARY KEY" }, { primary_key = { "id" } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER PRIMARY KEY" }, { primary_key = { "id" } })
              |
              = table `t` has two primary keys: column `id`, and the option `primary_key`"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER" }, { indices = { "id" } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER" }, { indices = { "id" } })
              |
              = index 1 of table `t` has to be a table, not a string"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER" }, { indices = "id" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER" }, { indices = "id" })
              |
              = `indices` of table `t`, such as { { "tag", "at" }, { "author", unique = true } }, has to be a table, not a string"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER" }, { indices = { { "id", uniqe = true } } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER" }, { indices = { { "id", uniqe = true } } })
              |
              = index 1 of table `t` has an unknown field `uniqe`
            hint: did you mean `unique`?"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER" }, { indices = { { "id", unique = 1 } } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER" }, { indices = { { "id", unique = 1 } } })
              |
              = `unique` of index 1 of table `t` has to be true or false, not a number"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER" }, { indices = { { "idd" } } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER" }, { indices = { { "idd" } } })
              |
              = index 1 of table `t`: the table has no column `idd`
            hint: did you mean `id`?"#]],
    );
    check(
        r#"ouzel.table("t", { id = "INTEGER" }, { indices = { { "id" }, { "id", unique = true } } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("t", { id = "INTEGER" }, { indices = { { "id" }, { "id", unique = true } } })
              |
              = index 2 of table `t` has the same columns as another one: id"#]],
    );
    check(
        r#"local many, columns = {}, {}
for i = 1, 65 do columns["c" .. i] = "TEXT" many[i] = { "c" .. i } end
ouzel.table("t", columns, { indices = many })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 | ouzel.table("t", columns, { indices = many })
              |
              = table `t` has 65 indices; at most 64 are possible"#]],
    );
    check(
        r#"ouzel.db.exec "CREATE TABLE t_id (x)"
ouzel.table("t", { id = "INTEGER" }, { indices = { { "id" } } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | ouzel.table("t", { id = "INTEGER" }, { indices = { { "id" } } })
              |
              = table `t`: an index cannot be made: there is already a table named t_id"#]],
    );
    check(
        r#"ouzel.table("_ouzel", { id = "INTEGER" }, { indices = { { "id" } } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.table("_ouzel", { id = "INTEGER" }, { indices = { { "id" } } })
              |
              = table `_ouzel`: an index cannot be made: scripts cannot write ouzel's own tables, open transactions or other files"#]],
    );
}

#[test]
fn a_table_that_contradicts_the_database_says_what_to_do() {
    check(
        r#"ouzel.db.exec "CREATE TABLE t (tag TEXT, id INTEGER, PRIMARY KEY (tag, id))"
ouzel.table("t", { tag = "TEXT", id = "INTEGER PRIMARY KEY" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | ouzel.table("t", { tag = "TEXT", id = "INTEGER PRIMARY KEY" })
              |
              = table `t`: its primary key is (tag, id) in the database and (id) in the script; a primary key cannot be changed: take another name for the table, and copy the rows by SQL"#]],
    );
    check(
        r#"ouzel.db.exec "CREATE TABLE t (id INTEGER)"
ouzel.table("t", { id = "INTEGER" }, { primary_key = { "id" } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | ouzel.table("t", { id = "INTEGER" }, { primary_key = { "id" } })
              |
              = table `t`: its primary key is none in the database and (id) in the script; a primary key cannot be changed: take another name for the table, and copy the rows by SQL"#]],
    );
    check(
        r#"ouzel.db.exec "CREATE TABLE t (id INTEGER) STRICT"
ouzel.table("t", { id = "INTEGER" }, { strict = false })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | ouzel.table("t", { id = "INTEGER" }, { strict = false })
              |
              = table `t`: it is STRICT in the database and has `strict = false` in the script; that cannot be changed: leave `strict` out, or take another name for the table"#]],
    );
    check(
        r#"ouzel.db.exec "CREATE TABLE t (at DATETIME)"
ouzel.table("t", { at = "TEXT" })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | ouzel.table("t", { at = "TEXT" })
              |
              = table `t`: column `at` of table `t` is `DATETIME` in the database and `TEXT` in the script; declare the table with `{ strict = false }` to keep that type, take another name for it, or change the table with `ALTER TABLE`"#]],
    );
    check(
        r#"ouzel.db.exec "CREATE TABLE t (id INTEGER, tag TEXT) STRICT"
ouzel.db.exec "CREATE INDEX t_tag ON t (tag)"
ouzel.table("t", { id = "INTEGER", tag = "TEXT" }, { indices = { { "tag", unique = true } } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 | ouzel.table("t", { id = "INTEGER", tag = "TEXT" }, { indices = { { "tag", unique = true } } })
              |
              = table `t`: index `t_tag` is on t (tag) in the database and unique on t (tag) in the script; write `ouzel.db.exec("DROP INDEX t_tag")` above, once, and it is made again"#]],
    );
    check(
        r#"ouzel.db.exec "CREATE TABLE t (id INTEGER, tag TEXT) STRICT"
ouzel.db.exec "CREATE INDEX t_tag ON t (tag) WHERE id > 5"
ouzel.table("t", { id = "INTEGER", tag = "TEXT" }, { indices = { { "tag" } } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 | ouzel.table("t", { id = "INTEGER", tag = "TEXT" }, { indices = { { "tag" } } })
              |
              = table `t`: index `t_tag` is on t (tag) with a WHERE in the database and on t (tag) in the script; write `ouzel.db.exec("DROP INDEX t_tag")` above, once, and it is made again"#]],
    );
    check(
        r#"ouzel.db.exec "CREATE TABLE t (tag TEXT) STRICT"
ouzel.db.exec "INSERT INTO t VALUES ('a'), ('a')"
ouzel.table("t", { tag = "TEXT" }, { indices = { { "tag", unique = true } } })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 | ouzel.table("t", { tag = "TEXT" }, { indices = { { "tag", unique = true } } })
              |
              = table `t`: an index cannot be made: UNIQUE constraint failed: t.tag; rows that are there already are equal in these columns"#]],
    );
}

#[test]
fn a_wrong_update_or_delete_says_what_is_wrong() {
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", n = "INTEGER" })
t:update({}, { n = 1 })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:update({}, { n = 1 })
              |
              = what `seen:update` takes first names no column, so it would mean every row
            hint: a field that is nil is no field; for every row there is `ouzel.db.exec`"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", n = "INTEGER" })
t:update({ id = 1 }, { n = nil })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:update({ id = 1 }, { n = nil })
              |
              = what `seen:update` takes second names no column, so there is nothing to change
            hint: a field that is nil is no field; `ouzel.json.null` writes NULL"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", n = "INTEGER" })
t:update({ id = 1 }, { m = 1 })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:update({ id = 1 }, { m = 1 })
              |
              = table `seen` has no column `m`
            hint: did you mean `n`?"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", n = "INTEGER" })
t:update({ idd = 1 }, { n = 1 })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:update({ idd = 1 }, { n = 1 })
              |
              = table `seen` has no column `idd`
            hint: did you mean `id`?"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", n = "INTEGER" })
t:update(nil, { n = 1 })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:update(nil, { n = 1 })
              |
              = the key that `seen:update` takes cannot be nil"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t:delete()"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:delete()
              |
              = `seen:delete` takes `rows`, not 0 arguments"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t:delete { id = nil }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:delete { id = nil }
              |
              = what `seen:delete` takes first names no column, so it would mean every row
            hint: a field that is nil is no field; for every row there is `ouzel.db.exec`"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t:delete { id = {} }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:delete { id = {} }
              |
              = column `id` of table `seen` cannot hold a table
            hint: `ouzel.json.encode` makes text of a table"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t.delete { id = 1 }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t.delete { id = 1 }
              |
              = `delete` is called with a colon: `seen:delete(…)`"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER" })
t:delete(5)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:delete(5)
              |
              = table `seen` has no primary key
            hint: say which rows by their columns: `seen:delete { column = value }`"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER", tag = "TEXT" }, { primary_key = { "tag", "id" } })
t:delete(5)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:delete(5)
              |
              = the primary key of table `seen` has 2 columns: `{ tag = …, id = … }`"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER", tag = "TEXT" }, { primary_key = { "tag", "id" } })
t:get(5)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:get(5)
              |
              = the primary key of table `seen` has 2 columns: `{ tag = …, id = … }`"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER", tag = "TEXT" }, { primary_key = { "tag", "id" } })
t:get { id = 5 }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:get { id = 5 }
              |
              = `seen:get` takes the primary key (tag, id), and no other columns
            hint: `ouzel.db.one` reads a row by other columns"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
t:get(print)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:get(print)
              |
              = the key that `seen:get` takes cannot be a function"#]],
    );
}

#[test]
fn sql_that_is_too_large_says_how_large_it_may_be() {
    check(
        r#"ouzel.db.one("SELECT hex(zeroblob(1000000000))")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.one("SELECT hex(zeroblob(1000000000))")
              |
              = string or blob too big; a value and a row have at most 16 MiB"#]],
    );
    check(
        r#"ouzel.db.exec("SELECT 1" .. (" + 1"):rep(1000))"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec("SELECT 1" .. (" + 1"):rep(1000))
              |
              = Expression tree is too large (maximum depth 500)"#]],
    );
    check(
        r#"ouzel.db.exec("SELECT '" .. ("x"):rep(2000000) .. "'")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec("SELECT '" .. ("x"):rep(2000000) .. "'")
              |
              = statement too long"#]],
    );
    check(
        r#"local t = ouzel.table("seen", { text = "TEXT" })
t:insert { text = ("x"):rep(17000000) }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | t:insert { text = ("x"):rep(17000000) }
              |
              = table `seen`: string or blob too big; a value and a row have at most 16 MiB"#]],
    );
}

#[test]
fn wrong_sql_gives_the_words_of_sqlite() {
    check(
        r#"ouzel.db.exec("CREATE TABEL x (a)")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec("CREATE TABEL x (a)")
              |
              = near "TABEL": syntax error"#]],
    );
    check(
        r#"ouzel.db.exec("INSERT INTO nowhere VALUES (1)")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec("INSERT INTO nowhere VALUES (1)")
              |
              = no such table: nowhere"#]],
    );
    check(
        r#"ouzel.db.exec("SELECT ?")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec("SELECT ?")
              |
              = the statement has 1 parameter, 0 were given"#]],
    );
    check(
        r#"ouzel.db.exec("SELECT ?, ?", 1)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec("SELECT ?, ?", 1)
              |
              = the statement has 2 parameters, 1 was given"#]],
    );
    check(
        r#"ouzel.db.exec(5)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec(5)
              |
              = the SQL that `ouzel.db.exec` takes first has to be a string, not a number"#]],
    );
    check(
        r#"ouzel.db.exec()"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec()
              |
              = `ouzel.db.exec` takes `sql`, not 0 arguments"#]],
    );
    check(
        r#"ouzel.db.exec("SELECT ?", {})"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec("SELECT ?", {})
              |
              = parameter 1 of `ouzel.db.exec` cannot be a table"#]],
    );
    check(
        r#"for row in ouzel.db.query("DELETE FROM sqlite_master") do end"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | for row in ouzel.db.query("DELETE FROM sqlite_master") do end
              |
              = table sqlite_master may not be modified"#]],
    );
    check(
        r#"ouzel.db.exec("CREATE TABLE x (a)")
for row in ouzel.db.query("INSERT INTO x VALUES (1)") do end"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | for row in ouzel.db.query("INSERT INTO x VALUES (1)") do end
              |
              = a query cannot change anything; use `ouzel.db.exec`"#]],
    );
    check(
        r#"local row = ouzel.db.one("SELEC 1")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | local row = ouzel.db.one("SELEC 1")
              |
              = near "SELEC": syntax error"#]],
    );
    check(
        r#"ouzel.db.exec("SELECT 1; SELECT 2")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec("SELECT 1; SELECT 2")
              |
              = Multiple statements provided"#]],
    );
    check(
        r#"ouzel.db.exec("")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec("")
              |
              = the SQL that `ouzel.db.exec` takes first is empty"#]],
    );
    check(
        r#"ouzel.db.exec("BEGIN")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec("BEGIN")
              |
              = scripts cannot write ouzel's own tables, open transactions or other files"#]],
    );
    check(
        r#"ouzel.db.exec("DELETE FROM _ouzel_rules")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec("DELETE FROM _ouzel_rules")
              |
              = scripts cannot write ouzel's own tables, open transactions or other files"#]],
    );
    check(
        r#"ouzel.db.exec("ATTACH 'x.db' AS x")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec("ATTACH 'x.db' AS x")
              |
              = scripts cannot write ouzel's own tables, open transactions or other files"#]],
    );
    check(
        r#"ouzel.db.exec("PRAGMA journal_mode = DELETE")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exec("PRAGMA journal_mode = DELETE")
              |
              = scripts cannot write ouzel's own tables, open transactions or other files"#]],
    );
    check(
        r#"ouzel.db.exek("SELECT 1")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.db.exek("SELECT 1")
              |
              = there is no `ouzel.db.exek`; did you mean `exec`?"#]],
    );
}

#[test]
fn an_unknown_name_of_the_api_suggests_the_nearest() {
    check(
        r#"ouzel.rule { }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rule { }
              |
              = there is no `ouzel.rule`; did you mean `rules`?"#]],
    );
    check(
        r#"ouzel.logg.info("x")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.logg.info("x")
              |
              = there is no `ouzel.logg`; did you mean `log`?"#]],
    );
    check(
        r#"ouzel.log.inf("x")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.log.inf("x")
              |
              = there is no `ouzel.log.inf`; did you mean `info`?"#]],
    );
    check(
        r#"ouzel.json.parse("{}")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.json.parse("{}")
              |
              = there is no `ouzel.json.parse`; did you mean `decode`?"#]],
    );
    check(
        r#"ouzel.stat.x = 1"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.stat.x = 1
              |
              = there is no `ouzel.stat`; did you mean `state`?"#]],
    );
    check(
        r#"ouzel.on_tweet(function() end)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.on_tweet(function() end)
              |
              = there is no `ouzel.on_tweet`"#]],
    );
    check(
        r#"ouzel[1]()"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel[1]()
              |
              = there is no `ouzel.1`"#]],
    );
}

#[test]
fn json_says_what_has_no_json() {
    check(
        r#"ouzel.json.encode(print)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.json.encode(print)
              |
              = a function has no JSON"#]],
    );
    check(
        r#"ouzel.json.encode({ 1, 2, x = 3 })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.json.encode({ 1, 2, x = 3 })
              |
              = a table with both list items and named fields has no JSON"#]],
    );
    check(
        r#"ouzel.json.encode({ 1, nil, 3 })"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.json.encode({ 1, nil, 3 })
              |
              = a list with holes has no JSON; put `ouzel.json.null` into them"#]],
    );
    check(
        r#"ouzel.json.encode(0 / 0)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.json.encode(0 / 0)
              |
              = a number that is not finite has no JSON"#]],
    );
    check(
        r#"ouzel.json.encode("\xff")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.json.encode("\xff")
              |
              = a string that is not UTF-8 has no JSON"#]],
    );
    check(
        r#"local t = {}
t.t = t
ouzel.json.encode(t)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 | ouzel.json.encode(t)
              |
              = the value is nested too deeply, or contains itself"#]],
    );
    check(
        r#"ouzel.json.decode(5)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.json.decode(5)
              |
              = what `ouzel.json.decode` takes has to be a string, not a number"#]],
    );
    check(
        r#"ouzel.json.array("x")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.json.array("x")
              |
              = what `ouzel.json.array` takes has to be a table, not a string"#]],
    );
    check(
        r#"ouzel.emit()"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.emit()
              |
              = `ouzel.emit` takes `value` and perhaps `sink`, not 0 arguments"#]],
    );
    check(
        r#"ouzel.emit(1, 2)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.emit(1, 2)
              |
              = `ouzel.emit` writes to what `ouzel.sink` gives, not to a number"#]],
    );
    check(
        r#"ouzel.sink("../hits.jsonl")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.sink("../hits.jsonl")
              |
              = `../hits.jsonl` cannot be the name of a sink: it is a file in the folder `sinks`, and takes letters, digits, `-`, `_` and `.`"#]],
    );
    check(
        r#"ouzel.sink()"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.sink()
              |
              = `ouzel.sink` takes `name`, not 0 arguments"#]],
    );
    check(
        r#"ouzel.emit(function() end)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.emit(function() end)
              |
              = a function has no JSON"#]],
    );
}

#[test]
fn what_the_sandbox_leaves_out_is_nil() {
    check(
        r#"io.open("/etc/passwd")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | io.open("/etc/passwd")
              |
              = attempt to index a nil value (global 'io')
            hint: a script has no `io`; `ouzel.lines` and `ouzel.csv` read files below the script's folder, `ouzel.sink` and `ouzel.emit` write"#]],
    );
    check(
        r#"os.execute("true")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | os.execute("true")
              |
              = attempt to call a nil value (field 'execute')
            hint: a script cannot start programs; `ouzel.emit` gives Tweets to the next program on stdout, or to a file with `ouzel.sink`"#]],
    );
    check(
        r#"os.getenv("OUZEL_PASSWORD")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | os.getenv("OUZEL_PASSWORD")
              |
              = attempt to call a nil value (field 'getenv')
            hint: a script cannot see the environment; keep settings in a module of Lua, such as `require "settings"`"#]],
    );
    check(
        r#"debug.getinfo(1)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | debug.getinfo(1)
              |
              = attempt to index a nil value (global 'debug')
            hint: a script has no `debug`; the log shows the calls that led to an error, and `ouzel.log.debug` writes values"#]],
    );
    check(
        r#"dofile("x.lua")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | dofile("x.lua")
              |
              = attempt to call a nil value (global 'dofile')
            hint: a script reads Lua files as modules: `require "names"` runs `names.lua` below the script's folder, and gives what it returns"#]],
    );
    check(
        r#"package.loadlib("x", "y")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | package.loadlib("x", "y")
              |
              = attempt to index a nil value (global 'package')
            hint: a script has no `package`; `require "lists.names"` loads `lists/names.lua` below the script's folder, and nothing else can be loaded"#]],
    );
    check(
        r#"load("\27Lua")()"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | load("\27Lua")()
              |
              = attempt to call a nil value"#]],
    );
    check(
        r#"assert(load("\27Lua"))"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | assert(load("\27Lua"))
              |
              = attempt to load a binary chunk (mode is 't')"#]],
    );
    check(
        r#"load("x", "y", "b")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | load("x", "y", "b")
              |
              = `load` takes text only"#]],
    );
    check(
        r#"assert(load((" "):rep(17000000)))"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | assert(load((" "):rep(17000000)))
              |
              = `load` takes at most 16 MiB of text"#]],
    );
    check(
        "local t = {}\nsetmetatable(t, { __gc = function() end })",
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | setmetatable(t, { __gc = function() end })
              |
              = a table cannot have `__gc` here: ouzel could not stop a finalizer that hangs; `local x <close> = …` calls `__close` at the end of its block"#]],
    );
    check(
        "local s = 'x'\ns:find('[x')",
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 | s:find('[x')
              |
              = malformed pattern (missing ']')"#]],
    );
    check(
        r#"loadstring("x = 1")()"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | loadstring("x = 1")()
              |
              = attempt to call a nil value (global 'loadstring')
            hint: in Lua 5.4 `load` takes text"#]],
    );
    check(
        r#"collectgarbage("stop")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | collectgarbage("stop")
              |
              = `collectgarbage` takes "collect", "step" or "count" here"#]],
    );
}

#[test]
fn a_missing_module_says_where_it_was_looked_for() {
    check_with(
        &[],
        r#"require("lib.names")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | require("lib.names")
              |
              = module `lib.names` not found: there is neither `lib/names.lua` nor `lib/names/init.lua` in the script's folder"#]],
    );
    check_with(
        &[],
        r#"require("../secrets")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | require("../secrets")
              |
              = `../secrets` is no module name; modules lie below the script's folder, `a.b` is `a/b.lua`"#]],
    );
    check_with(
        &[],
        r#"require("/etc/passwd")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | require("/etc/passwd")
              |
              = `/etc/passwd` is no module name; modules lie below the script's folder, `a.b` is `a/b.lua`"#]],
    );
    check_with(
        &[],
        r#"require("")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | require("")
              |
              = `` is no module name; modules lie below the script's folder, `a.b` is `a/b.lua`"#]],
    );
    check_with(
        &[],
        r#"require(5)"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | require(5)
              |
              = the module that `require` takes has to be a string, not a number"#]],
    );
    check_with(
        &[],
        r#"require("a..b")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | require("a..b")
              |
              = `a..b` is no module name; modules lie below the script's folder, `a.b` is `a/b.lua`"#]],
    );
}

#[test]
fn an_error_in_a_module_shows_the_modules_line() {
    check_with(
        &[("scripts/lib/names.lua", "local x = 1\nreturn x .. {}\n")],
        r#"local names = require("lib.names")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> lib/names.lua:2
              |
            2 | return x .. {}
              |
              = attempt to concatenate a table value
                in lib/names.lua:2: in local 'module'
                in main.lua:1: in main chunk"#]],
    );
    check_with(
        &[("scripts/names.lua", "local x =\n")],
        r#"local names = require("names")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> names.lua:2
              = unexpected symbol near <eof>"#]],
    );
    check_with(
        &[("scripts/names.lua", "ouzel.rules {\n  { vlaue = 1 },\n}\n")],
        r#"local names = require("names")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> names.lua:2
              |
            2 |   { vlaue = 1 },
              |
              = unknown field `vlaue` in a rule
                in names.lua:1: in local 'module'
                in main.lua:1: in main chunk
            hint: did you mean `value`?"#]],
    );
    check_with(
        &[(
            "scripts/names.lua",
            "-- the table\nreturn ouzel.table(\"a b\", { id = \"TEXT\" })\n",
        )],
        r#"local names = require("names")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | local names = require("names")
              |
              = `a b` is no table name; a name is letters, digits and `_`, and begins with no digit"#]],
    );
    check_with(
        &[
            ("scripts/a.lua", "require(\"b\")"),
            ("scripts/b.lua", "require(\"a\")"),
        ],
        r#"require("a")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> b.lua:1
              |
            1 | require("a")
              |
              = module `a` requires itself
                in b.lua:1: in local 'module'
                in a.lua:1: in local 'module'
                in main.lua:1: in main chunk"#]],
    );
    check_with(
        &[
            ("scripts/a.lua", "return require(\"b\")"),
            ("scripts/b.lua", "return require(\"c\")"),
        ],
        r#"require("a")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | require("a")
              |
              = module `c` not found: there is neither `c.lua` nor `c/init.lua` in the script's folder"#]],
    );
    check_with(
        &[("scripts/a.lua", "\u{0}\u{1}")],
        r#"require("a")"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> a.lua:1
              |
            1 | ��
              |
              = unexpected symbol"#]],
    );
}

#[test]
fn rules_that_the_service_would_refuse_do_not_load() {
    check(
        r#"ouzel.rules {
  { value = "coffee" },
  { tag = "fish", value = "fish AND bird" },
}"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 |   { tag = "fish", value = "fish AND bird" },
              |
              = the rule is not valid
                  fish AND bird
                       ^^^
                `AND` is no operator: a blank between two clauses already means "and"; leave it out, or quote it to look for the word
            hint: write `fish bird`"#]],
    );
    check(
        r#"ouzel.rules {
  { value = "🍕 OR (pizza", tag = "a" },
  { value = "fine" },
  { value = 'place_countri:us "x' },
  { value = "-x" },
}"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 |   { value = "🍕 OR (pizza", tag = "a" },
              |
              = 3 rules are not valid
                main.lua:2
                  🍕 OR (pizza
                        ^
                this `(` is never closed; add the missing `)`
                write `🍕 OR (pizza)`
                main.lua:4
                  place_countri:us "x
                                   ^
                this quote is never closed; add the missing `"`
                write `place_country:us "x"`
                main.lua:5
                  -x
                  ^^
                the rule only says what a Tweet must not have; add something to look for"#]],
    );
    check(
        r#"ouzel.rules { { value = "x", tag = ("t"):rep(256) } }"#,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules { { value = "x", tag = ("t"):rep(256) } }
              |
              = the tag is not valid
                  …ttttttttttttttttttttttttttttttttttttttttt
                                                           ^
                the tag has 256 characters, and 255 is the most; shorten it"#]],
    );
}

#[test]
fn what_has_another_name_elsewhere_is_told() {
    check(
        r##"ouzel.regex("a"):gmatch(("a"):gsub("b", "c"))"##,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.regex("a"):gmatch(("a"):gsub("b", "c"))
              |
              = `regex:gmatch` takes `text`, not 2 arguments
            hint: parentheses keep the first value of a call: `regex:gmatch((text:gsub(…)))`"#]],
    );
    check(
        r##"ouzel.regex("a"):find("a", 1, 2)"##,
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.regex("a"):find("a", 1, 2)
              |
              = `regex:find` takes `text` and perhaps `from`, not 3 arguments"#]],
    );
    check(
        r##"ouzel.lower(("A"):gsub("A", "B"))"##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.lower(("A"):gsub("A", "B"))
              |
              = `ouzel.lower` takes `text`, not 2 arguments
            hint: parentheses keep the first value of a call: `ouzel.lower((text:gsub(…)))`"##]],
    );
    check(
        r##"ouzel.lower(nil)"##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.lower(nil)
              |
              = the text that `ouzel.lower` takes has to be a string, not nil"##]],
    );
    check(
        r##"ouzel.lower("\255")"##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.lower("\255")
              |
              = the text that `ouzel.lower` takes is not UTF-8 text"##]],
    );
    check(
        r##"ouzel.lower(("a"):rep(1048577))"##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.lower(("a"):rep(1048577))
              |
              = the text has 1048577 bytes; `ouzel.lower` takes 1048576 at most"##]],
    );
    check(
        r##"ouzel.emit("a", "hits.jsonl")"##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.emit("a", "hits.jsonl")
              |
              = `ouzel.emit` writes to what `ouzel.sink` gives, not to a string
            hint: declare the file first: `local hits = ouzel.sink("hits.jsonl")`, then `ouzel.emit(value, hits)`"##]],
    );
    check(
        r##"local json = require "json""##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | local json = require "json"
              |
              = module `json` not found: there is neither `json.lua` nor `json/init.lua` in the script's folder
            hint: `ouzel` and all that is in it are there without `require`, such as `ouzel.json`"##]],
    );
    check(
        r##"ouzel.print("a")"##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.print("a")
              |
              = there is no `ouzel.print`; `print` and `ouzel.log.info` write to the log"##]],
    );
    check(
        r##"ouzel.test("a", print)"##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.test("a", print)
              |
              = there is no `ouzel.test`; tests stand in files `*_test.lua` beside the script, as `test("name", function(t) … end)`"##]],
    );
    check(
        r##"ouzel.query("SELECT 1")"##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.query("SELECT 1")
              |
              = there is no `ouzel.query`; did you mean `ouzel.db.exec` or `ouzel.db.query`?"##]],
    );
    check(
        r##"ouzel.timer("1m", print)"##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.timer("1m", print)
              |
              = there is no `ouzel.timer`; did you mean `ouzel.every`?"##]],
    );
    check(
        r##"ouzel.json.stringify {}"##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.json.stringify {}
              |
              = there is no `ouzel.json.stringify`; did you mean `encode`?"##]],
    );
    check(
        r##"ouzel.log("a")"##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.log("a")
              |
              = attempt to call a `ouzel.log` value (field 'log')
            hint: it holds functions, such as `ouzel.log.info`"##]],
    );
    check(
        r##"test("a", print)"##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | test("a", print)
              |
              = attempt to call a nil value (global 'test')
            hint: tests stand in files `*_test.lua` beside the script, and `ouzel test` runs them"##]],
    );
    check(
        r##"ouzel.state = {}"##,
        expect![[r##"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.state = {}
              |
              = `ouzel.state` cannot be set; set what is in it: `ouzel.state.count = 0`"##]],
    );
}
