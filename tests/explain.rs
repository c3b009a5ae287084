//! What is said about Lua's own errors beyond what Lua says: which name was meant, and what to use instead.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::os::unix::fs::symlink;

use expect_test::{Expect, expect};
use support::{Setup, tagged};

/// The reason and the hint of a script that does not load, each with its line.
#[track_caller]
fn load(script: &str, expected: Expect) {
    load_with(&[], script, expected);
}

#[track_caller]
fn load_with(modules: &[(&str, &str)], script: &str, expected: Expect) {
    let mut setup = Setup::check().script(script);
    for (path, text) in modules {
        setup = setup.file(path, text);
    }
    let ended = setup.ends();
    ended.assert_code(3);
    let log = ended.log();
    let said = log
        .lines()
        .filter(|line| line.contains("--> ") || line.contains(" = ") || line.starts_with("hint"))
        .filter(|line| !line.contains(" | "));
    let said: Vec<_> = said.map(str::trim_start).collect();
    expected.assert_eq(&said.join("\n"));
}

const TWEET: &str = r#"{"id":1,"id_str":"1","text":"a","place":null,"user":{"id":2,"followers_count":5,"screen_name":"ada"},"entities":{"hashtags":[],"urls":[{"url":"u"}]},"matching_rules":[{"tag":"t","id":5}]}"#;

const ACTIVITY: &str = r#"{"id":"tag:search.twitter.com,2005:1","objectType":"activity","body":"a","actor":{"followersCount":1,"preferredUsername":"ada"},"gnip":{"matching_rules":[{"tag":"t"}]}}"#;

/// What is said when a handler fails on a Tweet.
#[track_caller]
fn fail_on(line: &str, script: &str, expected: Expect) {
    let run = Setup::new()
        .script(script)
        .arguments(&["--limit", "1"])
        .start();
    run.powertrack().send(line);
    let ended = run.ends();
    let log = ended.log();
    let said = log
        .split_once(" error=")
        .map_or("", |(_, rest)| rest.split("\n1 Tweet in").next().unwrap());
    let said = said.lines().filter(|line| !line.contains(" | "));
    let said: Vec<_> = said.map(str::trim).collect();
    expected.assert_eq(&said.join("\n"));
}

/// The same for the body of an `on` handler.
#[track_caller]
fn fail(body: &str, expected: Expect) {
    fail_on(
        TWEET,
        &format!("ouzel.on(\"*\", function(t, rule)\n{body}\nend)"),
        expected,
    );
}

#[test]
fn a_global_that_is_near_a_known_one_is_named() {
    load(
        "ouzl.rules {}",
        expect![[r#"
        --> main.lua:1
        = attempt to index a nil value (global 'ouzl')
        hint: did you mean `ouzel`?"#]],
    );
    load(
        "pint('a')",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (global 'pint')
        hint: did you mean `print`?"#]],
    );
    load(
        "limits = { a = 1 }\nlimit.a = 2",
        expect![[r#"
        --> main.lua:2
        = attempt to index a nil value (global 'limit')
        hint: did you mean `limits`?"#]],
    );
    load(
        "limits = { followers = 1 }\nx = limits.folowers + 1",
        expect![[r#"
            --> main.lua:2
            = attempt to perform arithmetic on a nil value (field 'folowers')
            hint: did you mean `followers`?"#]],
    );
    load(
        "local function reach(t) return t end\nraech(1)",
        expect![[r#"
        --> main.lua:2
        = attempt to call a nil value (global 'raech')
        hint: did you mean `reach`?"#]],
    );
    load(
        "reach(1)\nlocal function reach(t) return t end",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (global 'reach')
        hint: `reach` is a local of line 2, and this line does not see it: a local is there from its line to the end of its block"#]],
    );
    load(
        "colours.red = 1",
        expect![[r#"
        --> main.lua:1
        = attempt to index a nil value (global 'colours')"#]],
    );
    load(
        "x = string.uper('a')",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (field 'uper')
        hint: did you mean `upper`?"#]],
    );
    load(
        "x = ('a'):uper()",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (method 'uper')
        hint: did you mean `upper`?"#]],
    );
}

#[test]
fn what_a_script_has_not_says_what_to_use() {
    load(
        "for line in io.lines('a.txt') do end",
        expect![[r#"
        --> main.lua:1
        = attempt to index a nil value (global 'io')
        hint: a script has no `io`; `ouzel.lines` and `ouzel.csv` read files below the script's folder"#]],
    );
    load(
        "local f = io.open('a.txt')",
        expect![[r#"
        --> main.lua:1
        = attempt to index a nil value (global 'io')
        hint: a script has no `io`; `ouzel.lines` and `ouzel.csv` read files below the script's folder, `ouzel.sink` and `ouzel.emit` write"#]],
    );
    load(
        "io.write('a')",
        expect![[r#"
        --> main.lua:1
        = attempt to index a nil value (global 'io')
        hint: a script has no `io`; `ouzel.emit` writes to stdout, or into a file that `ouzel.sink` declares"#]],
    );
    load(
        "io.stderr:write('a')",
        expect![[r#"
        --> main.lua:1
        = attempt to index a nil value (global 'io')
        hint: a script has no `io`; `print` and `ouzel.log.info` write to the log, which is stderr"#]],
    );
    load(
        "io.popen('ls')",
        expect![[r#"
        --> main.lua:1
        = attempt to index a nil value (global 'io')
        hint: a script cannot start programs; `ouzel.emit` gives Tweets to the next program on stdout, or to a file with `ouzel.sink`"#]],
    );
    load(
        "local io = io\nx = io.type",
        expect![[r#"
            --> main.lua:2
            = attempt to index a nil value (local 'io')
            hint: a script has no `io`; `ouzel.lines` and `ouzel.csv` read files below the script's folder, `ouzel.sink` and `ouzel.emit` write"#]],
    );
    load(
        "os.execute('ls')",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (field 'execute')
        hint: a script cannot start programs; `ouzel.emit` gives Tweets to the next program on stdout, or to a file with `ouzel.sink`"#]],
    );
    load(
        "os.getenv('HOME')",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (field 'getenv')
        hint: a script cannot see the environment; keep settings in a module of Lua, such as `require "settings"`"#]],
    );
    load(
        "os.exit(1)",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (field 'exit')
        hint: a script cannot end ouzel; `error("…")` fails this Tweet, or this load, and nothing else"#]],
    );
    load(
        "os.remove('a')",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (field 'remove')
        hint: a script cannot touch files; `ouzel.sink` and `ouzel.emit` write lines into a file of the data folder"#]],
    );
    load(
        "os.rename('a', 'b')",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (field 'rename')
        hint: a script cannot touch files; `ouzel.sink` and `ouzel.emit` write lines into a file of the data folder"#]],
    );
    load(
        "os.tmpname()",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (field 'tmpname')
        hint: a script cannot touch files; `ouzel.sink` and `ouzel.emit` write lines into a file of the data folder"#]],
    );
    load(
        "os.setlocale('C')",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (field 'setlocale')
        hint: a script has no locale"#]],
    );
    load(
        "os.difftime(1, 2)",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (field 'difftime')
        hint: times are numbers of seconds: subtract them"#]],
    );
    load(
        "os.tim()",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (field 'tim')
        hint: did you mean `time`?"#]],
    );
    load(
        "debug.traceback()",
        expect![[r#"
        --> main.lua:1
        = attempt to index a nil value (global 'debug')
        hint: a script has no `debug`; the log shows the calls that led to an error, and `ouzel.log.debug` writes values"#]],
    );
    load(
        "package.path = 'a'",
        expect![[r#"
        --> main.lua:1
        = attempt to index a nil value (global 'package')
        hint: a script has no `package`; `require "lists.names"` loads `lists/names.lua` below the script's folder, and nothing else can be loaded"#]],
    );
    load(
        "dofile('a.lua')",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (global 'dofile')
        hint: a script reads Lua files as modules: `require "names"` runs `names.lua` below the script's folder, and gives what it returns"#]],
    );
    load(
        "loadfile('a.lua')",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (global 'loadfile')
        hint: a script reads Lua files as modules: `require "names"` runs `names.lua` below the script's folder, and gives what it returns"#]],
    );
    load(
        "loadstring('a = 1')",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (global 'loadstring')
        hint: in Lua 5.4 `load` takes text"#]],
    );
    load(
        "module('a')",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (global 'module')
        hint: a script reads Lua files as modules: `require "names"` runs `names.lua` below the script's folder, and gives what it returns"#]],
    );
    load(
        "warn('a')",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (global 'warn')
        hint: `ouzel.log.warn` writes a warning"#]],
    );
    load(
        "string.dump(print)",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (field 'dump')
        hint: a script cannot make bytecode; `load` takes text"#]],
    );
    load(
        "string.gfind('a', 'b')",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (field 'gfind')
        hint: in Lua 5.4 it is `string.gmatch`"#]],
    );
    load(
        "x = unpack({})",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (global 'unpack')
        hint: in Lua 5.4 it is `table.unpack`"#]],
    );
    load(
        "x = table.getn({})",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (field 'getn')
        hint: in Lua 5.4 it is `#list`"#]],
    );
    load(
        "x = bit32.band(1, 2)",
        expect![[r#"
        --> main.lua:1
        = attempt to index a nil value (global 'bit32')
        hint: Lua 5.4 has operators for bits: `&`, `|`, `~`, `<<` and `>>`"#]],
    );
    load(
        "setfenv(1, {})",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (global 'setfenv')
        hint: Lua 5.4 has `_ENV`, and `load` takes the globals of what it loads as its fourth argument"#]],
    );
    load(
        "getfenv(1)",
        expect![[r#"
        --> main.lua:1
        = attempt to call a nil value (global 'getfenv')
        hint: Lua 5.4 has `_ENV`"#]],
    );
}

#[test]
fn a_field_that_a_tweet_has_not_is_named() {
    fail(
        "t.x = t.user.folowers_count + 1",
        expect![[r#"
        main.lua:2: attempt to perform arithmetic on a nil value (field 'folowers_count')
        in main.lua:2: in function <main.lua:1>
        hint: did you mean `followers_count`?"#]],
    );
    fail(
        "local user = t.user\nt.x = 'a' .. user.screen_nam",
        expect![[r#"
        main.lua:3: attempt to concatenate a nil value (field 'screen_nam')
        in main.lua:3: in function <main.lua:1>
        hint: did you mean `screen_name`?"#]],
    );
    fail(
        "local n = t.user.folowers_count\nt.x = n + 1",
        expect![[r#"
        main.lua:3: attempt to perform arithmetic on a nil value (local 'n')
        in main.lua:3: in function <main.lua:1>
        hint: `n` is `user.folowers_count` of the Tweet; did you mean `followers_count`?"#]],
    );
    fail(
        "t.reach = 1\nt.x = t.reech + 1",
        expect![[r#"
        main.lua:3: attempt to perform arithmetic on a nil value (field 'reech')
        in main.lua:3: in function <main.lua:1>
        hint: did you mean `reach`?"#]],
    );
    fail(
        "t.x = t.usr.name",
        expect![[r#"
        main.lua:2: attempt to index a nil value (field 'usr')
        in main.lua:2: in function <main.lua:1>
        hint: did you mean `user`?"#]],
    );
    fail(
        "t.x = t:ful_text()",
        expect![[r#"
            main.lua:2: attempt to call a nil value (method 'ful_text'); did you mean `tweet:full_text()`?
            in main.lua:2: in function <main.lua:1>"#]],
    );
    fail(
        "t.x = t.ful_text()",
        expect![[r#"
        main.lua:2: attempt to call a nil value (field 'ful_text')
        in main.lua:2: in function <main.lua:1>
        hint: methods are called with a colon: `:full_text()`"#]],
    );
    fail(
        "t.x = t.followers_count + 1",
        expect![[r#"
        main.lua:2: attempt to perform arithmetic on a nil value (field 'followers_count')
        in main.lua:2: in function <main.lua:1>
        hint: a Tweet has it as `user.followers_count`"#]],
    );
    fail(
        "t.x = #t.hashtags",
        expect![[r#"
            main.lua:2: attempt to get length of a nil value (field 'hashtags')
            in main.lua:2: in function <main.lua:1>
            hint: `hashtags` is a method: `tweet:hashtags()`"#]],
    );
    fail(
        "for _, h in pairs(t.hashtags) do end",
        expect![[r#"
            main.lua:2: bad argument #1 to 'for iterator' (table expected, got nil)
            in main.lua:2: in function <main.lua:1>
            hint: `t.hashtags` is nil; `hashtags` is a method: `tweet:hashtags()`"#]],
    );
    fail(
        "for _, h in ipairs(t.hashtags) do end",
        expect![[r#"
            main.lua:2: attempt to index a nil value
            in main.lua:2: in function <main.lua:1>
            hint: `t.hashtags` is nil; `hashtags` is a method: `tweet:hashtags()`"#]],
    );
    fail(
        "t.x = t.entities.hashtags[1].text",
        expect![[r#"
            main.lua:2: attempt to index a nil value (field 'integer index')
            in main.lua:2: in function <main.lua:1>
            hint: `t.entities.hashtags` is empty in this Tweet; look first: `if t.entities.hashtags[1] then … end`"#]],
    );
    fail(
        "t.x = t.place.name",
        expect![[r#"
        main.lua:2: attempt to index a nil value (field 'place')
        in main.lua:2: in function <main.lua:1>
        hint: this Tweet has no `place`; look first: `if t.place then … end`"#]],
    );
    fail(
        "for _, u in ipairs(t.entities.urls) do t.x = 'a' .. u.expanded end",
        expect![[r#"
        main.lua:2: attempt to concatenate a nil value (field 'expanded')
        in main.lua:2: in function <main.lua:1>
        hint: did you mean `expanded_url`?"#]],
    );
    fail(
        "t.x = rule.tagg .. 'a'",
        expect![[r#"
        main.lua:2: attempt to concatenate a nil value (field 'tagg')
        in main.lua:2: in function <main.lua:1>
        hint: did you mean `tag`?"#]],
    );
    fail(
        "local counts = {}\nt.x = counts.tex + 1",
        expect![[r#"
        main.lua:3: attempt to perform arithmetic on a nil value (field 'tex')
        in main.lua:3: in function <main.lua:1>"#]],
    );
    fail(
        "t.x = t.nothing.at_all",
        expect![[r#"
        main.lua:2: attempt to index a nil value (field 'nothing')
        in main.lua:2: in function <main.lua:1>"#]],
    );
    // Reading alone is no mistake.
    fail("t.x = t.folowers_count", expect![[""]]);
}

#[test]
fn a_comparison_says_which_field_was_nil_if_that_is_certain() {
    fail(
        "return t.user.folowers_count > 5",
        expect![[r#"
        main.lua:2: attempt to compare number with nil
        in main.lua:2: in function <main.lua:1>
        hint: `t.user.folowers_count` is nil; did you mean `followers_count`?"#]],
    );
    fail(
        "local n = t.user.followers\nif n < 5 then return end",
        expect![[r#"
            main.lua:3: attempt to compare nil with number
            in main.lua:3: in function <main.lua:1>
            hint: `n` is nil: it is `user.followers` of the Tweet; did you mean `following`?"#]],
    );
    fail(
        "local least = 5\nif least < t.user.folowers_count and t.user.followers_count < 5 then return end",
        expect![[r#"
        main.lua:3: attempt to compare number with nil
        in main.lua:3: in function <main.lua:1>"#]],
    );
    fail(
        "local least\nif t.place and 1 or t.id > least then return end",
        expect![[r#"
        main.lua:3: attempt to compare nil with number
        in main.lua:3: in function <main.lua:1>"#]],
    );
    fail(
        "if t.nothing > 1 or t.none > 1 then return end",
        expect![[r#"
        main.lua:2: attempt to compare number with nil
        in main.lua:2: in function <main.lua:1>"#]],
    );
}

#[test]
fn a_function_of_the_script_knows_what_its_callers_give() {
    fail_on(
        TWEET,
        "local function reach(of)\n  return of.folowers_count * 2\nend\nouzel.enrich(function(t)\n  t.reach = reach(t.user)\nend)",
        expect![[r#"
            main.lua:2: attempt to perform arithmetic on a nil value (field 'folowers_count')
            in main.lua:2: in upvalue 'reach'
            in main.lua:5: in function <main.lua:4>
            hint: did you mean `followers_count`?"#]],
    );
    fail_on(
        TWEET,
        "local function keep(of)\n  return of.user.folowers_count > 2\nend\nouzel.filter(keep)",
        expect![[r#"
            main.lua:2: attempt to compare number with nil
            in main.lua:2: in function <main.lua:1>
            hint: `of.user.folowers_count` is nil; did you mean `followers_count`?"#]],
    );
}

#[test]
fn the_other_format_is_named() {
    let script = |body: &str| format!("ouzel.on(\"*\", function(t, rule)\n{body}\nend)");
    fail_on(
        ACTIVITY,
        &script("t.x = t.user.screen_name"),
        expect![[r#"
        main.lua:2: attempt to index a nil value (field 'user')
        in main.lua:2: in function <main.lua:1>
        hint: this Tweet is in the Activity Streams format, which has no `user`; the methods of a Tweet, such as `:full_text()`, know both formats"#]],
    );
    fail_on(
        ACTIVITY,
        &script("t.x = t.actor.followers_count + 1"),
        expect![[r#"
        main.lua:2: attempt to perform arithmetic on a nil value (field 'followers_count')
        in main.lua:2: in function <main.lua:1>
        hint: did you mean `followersCount`?"#]],
    );
}

#[test]
fn a_module_without_a_return_is_named() {
    let module: &[(&str, &str)] = &[(
        "scripts/names.lua",
        "local M = {}\nfunction M.lookup() end\n",
    )];
    load_with(
        module,
        "local m = require \"names\"\nm.lookup()",
        expect![[r#"
        --> main.lua:2
        = attempt to index a boolean value (local 'm')
        hint: module `names` (names.lua) returns nothing; end it with `return` and what it gives, such as a table of functions"#]],
    );
    load_with(
        module,
        "m = require(\"names\")\nfunction f() return m.lookup() end\nlocal x = f()",
        expect![[r#"
        --> main.lua:2
        = attempt to index a boolean value (global 'm')
        hint: module `names` (names.lua) returns nothing; end it with `return` and what it gives, such as a table of functions"#]],
    );
    load_with(
        module,
        "require(\"names\").lookup()",
        expect![[r#"
        --> main.lua:1
        = attempt to index a boolean value
        hint: module `names` (names.lua) returns nothing; end it with `return` and what it gives, such as a table of functions"#]],
    );
    load_with(
        module,
        "local m = require \"names\"\nm()",
        expect![[r#"
        --> main.lua:2
        = attempt to call a boolean value (local 'm')
        hint: module `names` (names.lua) returns nothing; end it with `return` and what it gives, such as a table of functions"#]],
    );
    let with_return: &[(&str, &str)] = &[(
        "scripts/names.lua",
        "local M = {}\nfunction M.lookup() end\nreturn M",
    )];
    load_with(
        with_return,
        "local m = require \"names\"\nm.lokup()",
        expect![[r#"
        --> main.lua:2
        = attempt to call a nil value (field 'lokup')
        hint: did you mean `lookup`?"#]],
    );
}

/// Makes links in the script's folder, and says what `check` says of a script there.
#[track_caller]
fn linked(links: &[(&str, &str)], script: &str, expected: Expect) {
    let setup = Setup::check()
        .script(script)
        .file("scripts/lib/inside.lua", "return 1")
        .file("outside/secret.lua", "return 1")
        .file("outside/init.lua", "return 1");
    let folder = setup.folder().to_owned();
    for (from, to) in links {
        symlink(to, folder.join("scripts").join(from)).unwrap();
    }
    let ended = setup.ends();
    let real = std::fs::canonicalize(&folder).unwrap();
    let log = ended.log().replace(&*real.to_string_lossy(), "FOLDER");
    let said = log.lines().filter(|line| {
        line.contains(" = ") || line.starts_with("hint") || line.contains("no mistakes")
    });
    let said: Vec<_> = said
        .map(str::trim_start)
        .filter(|line| !line.contains(" | "))
        .collect();
    expected.assert_eq(&format!("{} {}", ended.code, said.join("\n")));
}

#[test]
fn a_link_out_of_the_scripts_folder_is_refused() {
    linked(
        &[("names.lua", "lib/inside.lua")],
        "require \"names\"",
        expect!["0 "],
    );
    linked(&[("more", "lib")], "require \"more.inside\"", expect!["0 "]);
    linked(
        &[("names.lua", "../outside/secret.lua")],
        "require \"names\"",
        expect![[r#"
            3 = module `names` is refused, `names.lua`: it leads out of the script's folder, to `FOLDER/outside/secret.lua`
            hint: put the file itself below the script's folder"#]],
    );
    linked(
        &[("names", "../outside")],
        "require \"names.secret\"",
        expect![[r#"
            3 = module `names.secret` is refused, `names/secret.lua`: it leads out of the script's folder, to `FOLDER/outside/secret.lua`
            hint: put the file itself below the script's folder"#]],
    );
    linked(
        &[("names", "../outside")],
        "require \"names\"",
        expect![[r#"
            3 = module `names` is refused, `names/init.lua`: it leads out of the script's folder, to `FOLDER/outside/init.lua`
            hint: put the file itself below the script's folder"#]],
    );
    linked(
        &[("names.lua", "/etc/passwd")],
        "require \"names\"",
        expect![[r#"
            3 = module `names` is refused, `names.lua`: it leads out of the script's folder, to `/etc/passwd`
            hint: put the file itself below the script's folder"#]],
    );
    linked(
        &[("names.lua", "/dev/zero")],
        "require \"names\"",
        expect![[r#"
            3 = module `names` is refused, `names.lua`: it leads out of the script's folder, to `/dev/zero`
            hint: put the file itself below the script's folder"#]],
    );
    linked(
        &[("one.lua", "two.lua"), ("two.lua", "../outside/secret.lua")],
        "require \"one\"",
        expect![[r#"
            3 = module `one` is refused, `one.lua`: it leads out of the script's folder, to `FOLDER/outside/secret.lua`
            hint: put the file itself below the script's folder"#]],
    );
    linked(
        &[("names.lua", "names.lua")],
        "require \"names\"",
        expect![
            "3 = module `names` not found: there is neither `names.lua` nor `names/init.lua` in the script's folder"
        ],
    );
    linked(
        &[("up", "..")],
        "require \"up.scripts.lib.inside\"",
        expect!["0 "],
    );
    linked(
        &[("up", "..")],
        "require \"up.outside.secret\"",
        expect![[r#"
            3 = module `up.outside.secret` is refused, `up/outside/secret.lua`: it leads out of the script's folder, to `FOLDER/outside/secret.lua`
            hint: put the file itself below the script's folder"#]],
    );
    linked(
        &[],
        "require \"lib/../../outside/secret\"",
        expect![
            "3 = `lib/../../outside/secret` is no module name; modules lie below the script's folder, `a.b` is `a/b.lua`"
        ],
    );
    linked(&[], "require \"lib/inside\"", expect!["0 "]);
}

#[test]
fn the_script_itself_may_be_a_link() {
    let setup = Setup::check()
        .file("elsewhere/real.lua", "require \"names\"")
        .file("scripts/names.lua", "return 1");
    let folder = setup.folder().to_owned();
    let _ = std::fs::remove_file(folder.join("scripts/main.lua"));
    symlink("../elsewhere/real.lua", folder.join("scripts/main.lua")).unwrap();
    setup.ends().assert_code(0);
}

#[test]
fn the_hint_is_in_quarantine_too() {
    let run = Setup::new()
        .script("ouzel.on(\"*\", function(t)\n  t.x = t.user.folowers_count + 1\nend)")
        .arguments(&["--limit", "1"])
        .start();
    run.powertrack().send(tagged(1, &["t"]));
    run.ends().assert_rows(
        "SELECT hint FROM _ouzel_quarantine",
        expect!["did you mean `followers_count`?"],
    );
}
