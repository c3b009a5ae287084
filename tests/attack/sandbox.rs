//! What a script may try to reach outside: files, processes, other Lua states, ouzel's own Lua. All of it is refused, while
//! the script loads and in a handler.

use std::{fs, os::unix::fs::symlink, path::Path};

use expect_test::{Expect, expect};

use super::support::{Setup, Sim, tweet};

/// Ways out. Each is a piece of Lua that gives something only if there is a way.
const ESCAPES: [&str; 48] = [
    "return io",
    "return io.open('/etc/passwd')",
    "return os.execute",
    "return os.getenv('HOME')",
    "return os.exit",
    "return os.remove('x')",
    "return os.rename('x', 'y')",
    "return os.tmpname()",
    "return os.setlocale('C')",
    "return debug",
    "return debug.getregistry()",
    "return package",
    "return package.loadlib",
    "return dofile('/etc/passwd')",
    "return loadfile('/etc/passwd')",
    "return string.dump(function() end)",
    "return ('').dump",
    "return load('\\27Lua')",
    "return load('return 1', 'x', 'b')",
    "return load(coroutine.wrap(function() coroutine.yield '\\27Lua' end))",
    "return require 'io'",
    "return require 'os'",
    "return require 'debug'",
    "return require '../secret'",
    "return require '/etc/passwd'",
    "return require '..secret'",
    "return require 'a\\0b'",
    "return require 'outside'",
    "return require 'folder.secret'",
    "return getmetatable('').__index",
    "getmetatable('').__index = {}",
    "return getmetatable(ouzel)",
    "setmetatable(ouzel, {})",
    "ouzel.emit = nil",
    "ouzel.log.info = print",
    "rawset(getmetatable('') or {}, '__index', {}) return ('').upper == nil",
    "return getmetatable(ouzel.json.null)",
    "return getmetatable(ouzel.state)",
    "return getmetatable(got)",
    "return _ENV.io or _G.io or _G._G.debug",
    "local _ENV = setmetatable({}, { __index = _G }) return io",
    "return load('return io', 'x', 't', _ENV)()",
    "return collectgarbage('stop')",
    "return collectgarbage('generational')",
    "return collectgarbage('setpause', 1)",
    "return setmetatable({}, { __gc = function() end })",
    "return coroutine.running() == nil",
    "for _ in ouzel.lines('../secret.lua') do return 1 end",
];

/// All of them as items of a Lua list.
fn list() -> String {
    let items = ESCAPES.map(|escape| format!("[==[{escape}]==],\n"));
    items.concat()
}

/// Makes links in the script's folder that lead out of it.
fn link_outside(folder: &Path) {
    let scripts = folder.join("scripts");
    symlink(folder.join("secret.lua"), scripts.join("outside.lua")).unwrap();
    symlink(folder, scripts.join("folder")).unwrap();
}

/// Tries each of them while the script loads and for each Tweet, and logs what it gives or the error. The handler fails
/// with how many were tried, since that is told by every command.
fn script() -> String {
    let list = list();
    format!(
        "ouzel.rules {{ {{ value = 'lang:en OR lang:ja OR lang:es' }} }}
got = ouzel.table('got', {{ id = 'INTEGER' }})
local escapes = {{ {list} }}
local function try(when)
  local open = 0
  for number, escape in ipairs(escapes) do
    local chunk = load(escape, '=try')
    local ok, problem = pcall(chunk)
    local is_open = ok and problem ~= nil and problem ~= false
    if is_open then open = open + 1 end
    local line = is_open and 'OPEN: ' .. tostring(problem) or ok and 'nothing' or problem
    ouzel.log.warn(when, number .. ' ' .. (tostring(line):match('^[^\\n]*'):gsub('%z', '?')))
  end
  return open
end
local open = try('LOADING')
ouzel.enrich(function()
  open = open + try('HANDLING')
  error('tried ' .. #escapes .. ', open ' .. open, 0)
end)"
    )
}

/// What was logged of each, the first time. It is the same whenever it is tried again.
fn tried(log: &str, when: &str) -> String {
    let lines = log.lines().filter_map(|line| line.split_once(when));
    let lines: Vec<_> = lines.map(|(_, told)| told.trim_start()).collect();
    let mut times = lines.chunks(ESCAPES.len());
    let first = times.next().unwrap_or_else(|| panic!("{log}"));
    for again in times {
        assert_eq!(again, first);
    }
    first.join("\n")
}

/// Tries all of them by every command that runs scripts.
fn check(expected: &Expect) {
    let sim = Sim::start(&["--rate", "200"]);
    let commands: [(&str, &[&str]); 4] = [
        ("run", &["--limit", "1"]),
        ("replay", &["tweets.jsonl", "--db", "out.db"]),
        ("test", &[]),
        ("check", &[]),
    ];
    for (command, arguments) in commands {
        let tests = "test('all', function(t) t:send(t:tweet { text = 'the' }) end)";
        let setup = Setup::new()
            .script(&script())
            .file("scripts/main_test.lua", tests)
            .file("secret.lua", "return 1")
            .file("tweets.jsonl", tweet(1) + "\n")
            .against(&sim)
            .command(command)
            .arguments(arguments);
        link_outside(setup.folder());
        let folder = fs::canonicalize(setup.folder()).unwrap();
        let ended = setup.ends();
        let all = format!("{}{}", ended.output(), ended.stderr);
        assert!(
            all.contains(&format!("tried {}, open 0", ESCAPES.len())),
            "{command}: {all}"
        );
        let loading = tried(&ended.stderr, "LOADING");
        expected.assert_eq(&loading.replace(folder.to_str().unwrap(), "FOLDER"));
        // What handlers log about made-up Tweets is not shown.
        if command == "check" {
            continue;
        }
        let handling = tried(&ended.stderr, "HANDLING");
        for (loading, handling) in loading.lines().zip(handling.lines()) {
            let same = loading == handling
                || handling.ends_with("while the script loads, not from a handler");
            assert!(same, "{command}: {loading}\n{handling}");
        }
    }
}

#[test]
fn a_script_cannot_reach_outside_by_any_command() {
    check(&expect![[r#"
        1 nothing
        2 try:1: attempt to index a nil value (global 'io')
        3 nothing
        4 try:1: attempt to call a nil value (field 'getenv')
        5 nothing
        6 try:1: attempt to call a nil value (field 'remove')
        7 try:1: attempt to call a nil value (field 'rename')
        8 try:1: attempt to call a nil value (field 'tmpname')
        9 try:1: attempt to call a nil value (field 'setlocale')
        10 nothing
        11 try:1: attempt to index a nil value (global 'debug')
        12 nothing
        13 try:1: attempt to index a nil value (global 'package')
        14 try:1: attempt to call a nil value (global 'dofile')
        15 try:1: attempt to call a nil value (global 'loadfile')
        16 try:1: attempt to call a nil value (field 'dump')
        17 nothing
        18 nothing
        19 try:1: `load` takes text only
        20 nothing
        21 module `io` not found: there is neither `io.lua` nor `io/init.lua` in the script's folder
        22 module `os` not found: there is neither `os.lua` nor `os/init.lua` in the script's folder
        23 module `debug` not found: there is neither `debug.lua` nor `debug/init.lua` in the script's folder
        24 `../secret` is no module name; modules lie below the script's folder, `a.b` is `a/b.lua`
        25 `/etc/passwd` is no module name; modules lie below the script's folder, `a.b` is `a/b.lua`
        26 `..secret` is no module name; modules lie below the script's folder, `a.b` is `a/b.lua`
        27 module `a?b` not found: there is neither `a?b.lua` nor `a?b/init.lua` in the script's folder
        28 module `outside` is refused, `outside.lua`: it leads out of the script's folder, to `FOLDER/secret.lua`
        29 module `folder.secret` is refused, `folder/secret.lua`: it leads out of the script's folder, to `FOLDER/secret.lua`
        30 try:1: attempt to index a boolean value
        31 try:1: attempt to index a boolean value
        32 nothing
        33 try:1: cannot change a protected metatable
        34 try:1: `ouzel.emit` cannot be set
        35 try:1: `ouzel.log.info` cannot be set
        36 nothing
        37 nothing
        38 nothing
        39 nothing
        40 nothing
        41 nothing
        42 nothing
        43 `collectgarbage` takes "collect", "step" or "count" here
        44 `collectgarbage` takes "collect", "step" or "count" here
        45 `collectgarbage` takes "collect", "step" or "count" here
        46 try:1: a table cannot have `__gc` here: ouzel could not stop a finalizer that hangs; `local x <close> = …` calls `__close` at the end of its block
        47 nothing
        48 try:1: `ouzel.lines` cannot read `../secret.lua`: it is no path below the script's folder"#]]);
}

#[test]
fn a_test_cannot_reach_outside_either() {
    let list = list();
    let tests = format!(
        "local escapes = {{ {list} \"test('more', print)\", \"t.send = print\", \"return getmetatable(t)\",
  \"return t:fixture('outside.lua')\", \"return t:fixture('/etc/passwd')\", \"t:snapshot('../a', 1)\",
  \"t:rows('PRAGMA writable_schema = 1')\", \"t:rows([[ATTACH 'a.db' AS a]])\" }}
local function try()
  for number, escape in ipairs(escapes) do
    local ok, given = pcall(load(escape, '=try'))
    if ok and given then error(number .. ' is open: ' .. escape .. ' gives ' .. tostring(given)) end
  end
end
test('no way out', function(given) t = given try() end)"
    );
    let setup = Setup::new()
        .script("ouzel.table('seen', { id = 'INTEGER' })")
        .file("scripts/main_test.lua", tests)
        .file("secret.lua", "return 1")
        .command("test")
        .arguments(&["--update"]);
    let folder = setup.folder().to_owned();
    link_outside(&folder);
    let ended = setup.ends();
    assert_eq!(ended.code, 0, "{}{}", ended.output(), ended.stderr);
    let names = fs::read_dir(ended.folder().join("scripts")).unwrap();
    assert_eq!(names.count(), 4, "nothing is written");
}
