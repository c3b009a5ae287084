//! The functions here against those of Lua, and what ends them.

use std::cell::Cell;

use fastrand::Rng;
use mlua::{Function, Lua};

use super::install;
use crate::script::error::Misuse;

/// Runs a piece of Lua and shows its results, or its error. The metamethods of `list` show what is asked of it.
const HARNESS: &str = r##"
local log, load, format, tostring = {}, load, string.format, tostring
function note(word) log[#log + 1] = word end
local function text(x, depth)
  if type(x) == "string" then return format("%q", x) end
  if type(x) == "table" and depth < 3 and getmetatable(x) == nil then
    local names, shown = {}, {}
    for k in next, x do names[#names + 1] = k end
    for i = 1, #names do
      for j = i + 1, #names do
        if tostring(names[j]) < tostring(names[i]) then names[i], names[j] = names[j], names[i] end
      end
      shown[i] = tostring(names[i]) .. "=" .. text(rawget(x, names[i]), depth + 1)
    end
    local all = "{"
    for i = 1, #shown do all = all .. shown[i] .. "," end
    return all .. "}"
  end
  if type(x) == "table" or type(x) == "function" or type(x) == "thread" then return type(x) end
  return math.type(x) == "integer" and tostring(x) or tostring(x)
end
-- A list of which each access is noted.
function list(...)
  local real = { ... }
  return setmetatable({}, {
    __index = function(_, k) note("get " .. tostring(k)) return real[k] end,
    __newindex = function(_, k, v) note("set " .. tostring(k)) real[k] = v end,
    __len = function() note("len") return #real end,
    __eq = function() note("eq") return true end,
  })
end
function ordered(n)
  return setmetatable({ n }, { __lt = function(a, b) note("lt") return a[1] < b[1] end })
end
local function shown(...)
  local all = ""
  for i = 1, select("#", ...) do all = all .. text((select(i, ...)), 0) .. " " end
  return all
end
function run(source)
  log = {}
  a = { 5, 3, 4, 1, 2 }
  local chunk, problem = load(source, "=main")
  if not chunk then return "no Lua: " .. problem end
  local all = shown(pcall(chunk))
  for i = 1, #log do all = all .. "; " .. log[i] end
  return all .. text(a, 0)
end
"##;

fn harness(lua: &Lua) -> Function {
    lua.load(HARNESS).exec().unwrap();
    lua.globals().get("run").unwrap()
}

/// Runs each program on Lua's functions and on these, and gives both results.
struct Both {
    original: (Lua, Function),
    replaced: (Lua, Function),
}

impl Both {
    fn new() -> Self {
        let [original, replaced] = [Lua::new(), Lua::new()];
        let runs = [&original, &replaced].map(harness);
        install(&replaced, |_| Ok(())).unwrap();
        let [original_run, replaced_run] = runs;
        Self {
            original: (original, original_run),
            replaced: (replaced, replaced_run),
        }
    }

    #[track_caller]
    fn agree(&self, program: &str) -> String {
        let [original, replaced] = [&self.original, &self.replaced].map(|(_, run)| {
            let shown: mlua::LuaString = run.call(program).unwrap();
            shown.to_string_lossy()
        });
        assert_eq!(replaced, original, "{program}");
        replaced
    }
}

#[test]
fn each_function_gives_what_the_original_gives() {
    let both = Both::new();
    for program in [
        // find and match
        "return ('hello'):find('l')",
        "return ('hello'):find('l', -1), ('hello'):find('', 6), ('hello'):find('', 7), ('x'):find('x', -9)",
        "local s = ('ab'):rep(3000) .. 'c' return s:find('abc', 1, true), s:find('', 9, true), s:find('bb'), s:find('abac'), s:find(s)",
        "return ('abc'):find('abcd'), ('abc'):find('bc'), ('aab'):find('ab'), (''):find(''), (''):find('a')",
        "return ('a.b'):find('.', 2, true), ('a.b'):find('%.', 1, false), ('a+b'):find('+', 1, true)",
        "return ('hello world'):find('(o)( )(w)')",
        "return ('hello'):match('()ll()'), ('hello'):match('^(h)(.)'), ('hello'):match('^l')",
        "return ('key = value'):match('^(%w+)%s*=%s*(%w+)$')",
        "return ('hello'):match('l', 3), ('hello'):match('.-', 6), ('x'):match('x', math.mininteger)",
        "return ('a\\0b'):find('\\0'), ('a\\0b'):find('%z'), ('a\\0b*'):find('b*', 1, true)",
        "return ('THE (quick) fox'):find('%((%a+)%)'), ('THE (quick) fox'):match('%b()')",
        "return (5):find()",
        "return string.find(12345, 34)",
        "return string.find('a', 'a', 'b')",
        "return string.find('a', 'a', 1.5)",
        "return string.find()",
        "return string.match(nil, 'a')",
        "return string.match('a')",
        "return ('x'):find({})",
        "local s = 'x' s:match(nil)",
        "local find = string.find find()",
        "local t = { find = string.find } t:find('x')",
        "return pcall(string.find)",
        "return pcall(string.find, 'a', '[a')",
        "return ('x'):rep(300):find(('x?'):rep(300))",
        "return ('a'):find('a)')",
        "return ('a'):find('(a')",
        "return (function() return ('a'):find('%') end)()",
        // gmatch
        "local t = {} for w in ('one two  three'):gmatch('%a+') do t[#t + 1] = w end return t",
        "local t = {} for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do t[k] = v end return t",
        "local t = {} for p in ('abc'):gmatch('()') do t[#t + 1] = p end return t",
        "local t = {} for w in ('abc'):gmatch('.-') do t[#t + 1] = w .. '.' end return t",
        "local t = {} for w in ('aXbXc'):gmatch('%a*', 3) do t[#t + 1] = w end return t",
        "local t = {} for w in ('abc'):gmatch('%a', -2) do t[#t + 1] = w end return t",
        "local t = {} for w in ('abc'):gmatch('', 4) do t[#t + 1] = w end return t",
        "local t = {} for w in ('abc'):gmatch('', 5) do t[#t + 1] = w end return t",
        "local t = {} for w in ('a^b'):gmatch('^b') do t[#t + 1] = w end return t",
        "local f = ('ab'):gmatch('.') return f(), f(), f(), f()",
        "local f = ('ab'):gmatch('(.') return f()",
        "local f = ('ab'):gmatch('(.)%2') return f()",
        "return string.gmatch('a')",
        "return string.gmatch({}, 'a')",
        "return string.gmatch('a', 'a', {})",
        "for w in ('abc'):gmatch('[') do end",
        // gsub
        "return ('hello'):gsub('l', 'L')",
        "return ('hello'):gsub('l', 'L', 1), ('hello'):gsub('l', 'L', 0), ('hello'):gsub('l', 'L', -1)",
        "return ('hello'):gsub('', '-'), ('hello'):gsub('.-', '-'), ('hello'):gsub('l*', '-')",
        "return ('hello world'):gsub('(%w+)', '<%1>'), ('hello'):gsub('%w', '%0%0%%')",
        "return ('hello'):gsub('()l', '%1'), ('abc'):gsub('%w', '%1'), ('abc'):gsub('(a)(b)', '%2%1')",
        "return ('abc'):gsub('%w', '%2')",
        "return ('abc'):gsub('%w', '%x')",
        "return ('abc'):gsub('%w', '%')",
        "return ('abc'):gsub('(a', 'x')",
        "return ('abc'):gsub('(a', '%1')",
        "return ('abc'):gsub('a', 7), ('abc'):gsub('b', 7.5)",
        "return ('$name is $age'):gsub('%$(%w+)', { name = 'Ada', age = 36 })",
        "return ('abc'):gsub('%w', { a = false, b = 1 }), ('abc'):gsub('()', { 'x', [3] = 'y' })",
        "return ('abc'):gsub('%w', setmetatable({}, { __index = function(_, k) note(k) return k:upper() end }))",
        "return ('abc'):gsub('%w', function(c) if c == 'b' then return nil end return c:upper() end)",
        "return ('abc'):gsub('(.)(.)', function(...) return select('#', ...) end)",
        "return ('abc'):gsub('%w', function() return {} end)",
        "return ('abc'):gsub('%w', { a = {} })",
        "return ('abc'):gsub('%w', function() error('here') end)",
        "return ('abc'):gsub('%w', function() error({}) end)",
        "return ('abc'):gsub('%w', true)",
        "return ('abc'):gsub('%w')",
        "return ('abc'):gsub('%w', 'x', {})",
        "return ('abc'):gsub()",
        "return ('abc'):gsub('^a', 'x'), ('aaa'):gsub('^a', 'x'), ('aaa'):gsub('^', 'x'), ('abc'):gsub('$', 'x')",
        "return ('abc'):gsub('%f[%w]', '<'), (' THE (q) '):gsub('%f[%a]%a+%f[%A]', '*')",
        "return coroutine.wrap(function() return ('abc'):gsub('b', coroutine.yield) end)()",
        "return ('x'):rep(2000):gsub('x', 'yy')",
        "return ('abc'):gsub('b', function() return ('x'):rep(5000) end)",
        "local s = ('abc'):rep(1000) return s:gsub('b', function(c) return (s:gsub('a', c)):sub(1, 3) end)",
        "local function f(s) return (s:gsub('.', f)) end return f('a')",
        // rep
        "return ('ab'):rep(3), ('ab'):rep(3, '-'), ('ab'):rep(0), ('ab'):rep(-1), (''):rep(5), (''):rep(3, ',')",
        "return ('x'):rep(1, 'sep'), ('x'):rep(2.0), ('x'):rep('3')",
        "return ('x'):rep(1 << 62)",
        "return ('x'):rep(1.5)",
        "return ('x'):rep()",
        "return ('x'):rep(2, {})",
        "return string.rep(nil)",
        // texts of which only the length counts
        "return ('aB'):upper(), ('aB'):lower(), ('ab'):reverse(), ('ab'):byte(1, -1), ('abc'):sub(2)",
        "return ('%5.1f %s %q'):format(1.25, 'x', 'y'), utf8.len('é'), utf8.codepoint('é'), utf8.offset('éa', 2)",
        "return tonumber('0x10'), tonumber('z', 36), tonumber({}), tonumber('x')",
        "return tonumber()",
        "return ('%d'):format('x')",
        "return ('x'):upper(1), string.upper()",
        "return utf8.len('\\xff'), utf8.len()",
        "return string.unpack('i4', string.pack('i4', 7)), string.packsize('i4i8')",
        "return os.date('!%Y', 0), os.date('%Ez', 0)",
        // insert and remove
        "table.insert(a, 6) table.insert(a, 1, 0) table.insert(a, 8, 9)",
        "table.insert(a, 7, 1)",
        "table.insert(a, 0, 1)",
        "table.insert(a, math.mininteger, 1)",
        "table.insert(a)",
        "table.insert(a, 1, 2, 3)",
        "table.insert(a, 'x', 1)",
        "table.insert(nil, 1)",
        "table.insert('x', 1)",
        "local l = list(1, 2, 3) table.insert(l, 4) table.insert(l, 2, 5) return table.unpack(l)",
        "return table.remove(a), table.remove(a, 1), table.remove(a, 4), table.remove(a, 10 - 6)",
        "return table.remove(a, 7)",
        "return table.remove({}), table.remove({}, 0), table.remove({}, #{}), table.remove({ [0] = 'x' }, 0)",
        "return table.remove({}, 2)",
        "return table.remove(a, 1.5)",
        "return table.remove(list(1, 2, 3), 1)",
        "return table.remove(setmetatable({}, { __len = function() return 'x' end }))",
        "return table.insert(setmetatable({}, { __len = function() return 1.5 end }), 1)",
        // move
        "return table.move(a, 1, 5, 2)",
        "return table.move(a, 2, 5, 1), table.move(a, 2, 1, 9), table.move(a, 1, 3, 1, {})",
        "return table.move(list(1, 2, 3), 1, 3, 2, {}), table.move(list(1, 2, 3), 1, 3, 2)",
        "return table.move(list(1, 2), 1, 2, 2, list(3))",
        "return table.move(a, 1, math.maxinteger, 2)",
        "return table.move(a, 0, math.maxinteger, 2)",
        "return table.move(a, math.mininteger, math.maxinteger, 2)",
        "return table.move(a, 1, 2, math.maxinteger)",
        "return table.move(a, 1, 2)",
        "return table.move(1, 1, 2, 3)",
        "return table.move(a, 1, 2, 3, 4)",
        "return table.move(a, math.maxinteger - 1, math.maxinteger, math.mininteger, {})",
        // concat
        "return table.concat(a), table.concat(a, ', '), table.concat(a, '-', 2, 3), table.concat(a, '-', 3, 2)",
        "return table.concat({ 'a', 1, 2.5 }, 7), table.concat({}, 'x'), table.concat({ 1 }, 'x', 1, 1)",
        "return table.concat({ 'a', {}, 'b' }, ',')",
        "return table.concat({ 'a' }, ',', 1, 2)",
        "return table.concat({ 'a' }, {})",
        "return table.concat('x')",
        "return table.concat()",
        "return table.concat(list('a', 'b'), '+')",
        "return table.concat({ [math.maxinteger] = 'x' }, ',', math.maxinteger, math.maxinteger)",
        "return #table.concat({ ('x'):rep(3000), ('y'):rep(3000) }, ('z'):rep(3000))",
        "return table.concat(setmetatable({ 'a', 'b' }, { __index = table.concat, __len = function() return 3 end }))",
        // unpack
        "return table.unpack(a), table.unpack(a, 2), table.unpack(a, 2, 3), table.unpack(a, 3, 2)",
        "return table.unpack(a, -1, 1), table.unpack({ n = 1 }, 1, 2)",
        "return table.unpack(a, 1, 1e8)",
        "return table.unpack(a, math.mininteger, math.maxinteger)",
        "return table.unpack(a, math.maxinteger, math.maxinteger)",
        "return table.unpack()",
        "return table.unpack(5)",
        "return table.unpack({}, 'x')",
        "return table.unpack(list(1, 2, 3))",
        "return table.unpack('abc', 1, 2)",
        // sort
        "table.sort(a)",
        "table.sort(a, function(x, y) return x > y end)",
        "local t = { 'b', 'a', 'c', 'B', '' } table.sort(t) return t",
        "local t = {} for i = 1, 300 do t[i] = (i * 7919) % 301 end table.sort(t) return t",
        "local t = {} for i = 1, 300 do t[i] = i % 5 end table.sort(t) return t",
        "local t = {} for i = 1, 300 do t[i] = (i * 7919) % 301 end table.sort(t, function(x, y) note(x .. ' ' .. y) return x < y end) return t",
        "table.sort(a, function() return true end)",
        "table.sort({ 1, 2, 3, 4, 5, 6 }, function() return true end)",
        "table.sort({ 1, 'x' })",
        "table.sort({ 1, 2, nil, 4 })",
        "table.sort({ {}, {} })",
        "table.sort(a, 1)",
        "table.sort(a, function() error('no') end)",
        "table.sort(1)",
        "table.sort({}, 1) table.sort({ 1 }, 1)",
        "local l = list(3, 1, 2) table.sort(l) return table.unpack(l)",
        "local t = {} for i = 1, 20 do t[i] = ordered(i * 7 % 20) end table.sort(t) for i = 1, 20 do t[i] = t[i][1] end return t",
        "table.sort(setmetatable({}, { __len = function() return 1 << 31 end }))",
        "table.sort(setmetatable({}, { __len = function() return -1 end }))",
        // load
        "return load('return 1 + 1')()",
        "return load('x =')",
        "return load('x =', 'name')",
        "return load('x =', '@name')",
        "return load('x =', '=name', 't')",
        "return load('return x', 'n', 't', { x = 5 })()",
        "return pcall(load('return x', 'n', 't', nil))",
        "local i = 0 return load(function() i = i + 1 return ({ 'return ', 4, '2' })[i] end)()",
        "local i = 0 return load(function() i = i + 1 return ({ 'return 1', '', 'x' })[i] end)()",
        "local i = 0 return load(function() i = i + 1 return ({ 'return ' })[i] end, 'n', 't', {})()",
        "return load(function() return {} end)",
        "return load(function() error('here') end)",
        "return load(function() error({}) end)",
        "local i = 0 return load(function() i = i + 1 return ({ 'x =' })[i] end)",
        "local i = 0 return load(function() i = i + 1 return ({ 'x =' })[i] end, '=name')",
        "return load(function() end)()",
        "return load(function() end, {})",
        "return load(12)",
        "return load({})",
        "return load(nil)",
        "return load()",
        "return load('x', {})",
        // setmetatable
        "return getmetatable(setmetatable({}, { __index = 1 })).__index",
        "return setmetatable({}, nil), getmetatable(setmetatable({}, nil))",
        "return setmetatable({})",
        "return setmetatable(1, {})",
        "return setmetatable({}, 1)",
        "return setmetatable(setmetatable({}, { __metatable = 1 }), {})",
    ] {
        both.agree(program);
    }
}

/// What random calls are made of.
const VALUES: &[&str] = &[
    "nil",
    "0",
    "1",
    "2",
    "3",
    "5",
    "6",
    "-1",
    "-2",
    "2.0",
    "2.5",
    "'3'",
    "'x'",
    "''",
    "'abcab'",
    "'a b  c'",
    "true",
    "a",
    "a",
    "a",
    "{}",
    "{ 'a', 'b', 'c' }",
    "{ 1, 2, nil, 4 }",
    "list(4, 2, 3)",
    "list('a', 'b')",
    "rawequal",
    "function(x, y) return x < y end",
    "function(x) return x end",
    "function() return nil end",
    "'%w+'",
    "'(.)(.)'",
    "'.-'",
    "'%s*'",
    "'()'",
    "'^a'",
    "'b'",
    "'%1'",
    "'<%0>'",
    "'%f[%w]'",
    "'[^a]'",
    "'a*'",
    "{ a = 'x', b = false }",
    "setmetatable({ 2, 1 }, { __index = function(_, k) return k end })",
];

const FUNCTIONS: &[&str] = &[
    "string.find",
    "string.match",
    "string.gsub",
    "string.rep",
    "table.insert",
    "table.remove",
    "table.move",
    "table.concat",
    "table.unpack",
    "table.sort",
    "all",
    "setmetatable",
];

#[test]
fn random_calls_give_what_the_originals_give() {
    let both = Both::new();
    let all = "function all(...) local t = {} for x, y in string.gmatch(...) do t[#t + 1] = x t[#t + 1] = y if #t > 40 then break end end return t end";
    for (lua, _) in [&both.original, &both.replaced] {
        lua.load(all).exec().unwrap();
    }
    let mut failed = 0;
    let calls = 20_000;
    for seed in 0..calls {
        let mut rng = Rng::with_seed(seed);
        let function = rng.choice(FUNCTIONS).unwrap();
        let arguments: Vec<_> = (0..rng.usize(0..6))
            .map(|_| *rng.choice(VALUES).unwrap())
            .collect();
        let shown = both.agree(&format!("return {function}({})", arguments.join(", ")));
        failed += usize::from(shown.starts_with("false"));
    }
    // Most arguments are wrong, but not all.
    assert!((1_000..19_000).contains(&failed), "{failed}");
}

#[test]
fn a_metatable_with_a_finalizer_is_refused_and_one_that_gets_it_later_has_none() {
    let lua = Lua::new();
    let run = harness(&lua);
    install(&lua, |_| Ok(())).unwrap();
    let shown: String = run
        .call("return setmetatable({}, { __gc = function() end })")
        .unwrap();
    assert!(
        shown.contains("main:1: a table cannot have `__gc` here: ouzel could not stop a finalizer that hangs; `local x <close> = …` calls `__close` at the end of its block"),
        "{shown}"
    );
    for program in [
        "return setmetatable({}, { __gc = true })",
        "return setmetatable({}, { __gc = false })",
        "local m = {} setmetatable({}, m) m.__gc = print return setmetatable({}, m)",
    ] {
        let shown: String = run.call(program).unwrap();
        assert!(shown.contains("cannot have `__gc`"), "{shown}");
    }
    lua.load(
        "local late = {} for i = 1, 100 do setmetatable({}, late) end late.__gc = function() finalized = true end",
    )
    .exec()
    .unwrap();
    lua.gc_collect().unwrap();
    lua.gc_collect().unwrap();
    assert!(
        lua.globals()
            .get::<Option<bool>>("finalized")
            .unwrap()
            .is_none()
    );
    // What is inherited is not looked for.
    lua.load("setmetatable({}, setmetatable({}, { __index = { __gc = print } }))")
        .exec()
        .unwrap();
}

thread_local! {
    /// How many steps are allowed.
    static LEFT: Cell<u32> = const { Cell::new(0) };
}

fn spend(steps: u32) -> Result<(), Misuse> {
    let left = LEFT.get().checked_sub(steps);
    LEFT.set(left.unwrap_or(0));
    left.map(drop).ok_or_else(|| Misuse::new("no more steps"))
}

#[test]
fn what_would_run_for_ever_ends_at_the_line_of_the_caller() {
    let lua = Lua::new();
    let run = harness(&lua);
    install(&lua, spend).unwrap();
    for program in [
        "return ('a'):rep(5000):find(('.-'):rep(8) .. 'b')",
        "return ('a'):rep(5000):match(('a*'):rep(8) .. 'b')",
        "for x in ('a'):rep(5000):gmatch(('a?'):rep(100) .. ('a-'):rep(8) .. 'b') do end",
        "return ('a'):rep(5000):gsub(('(a-)'):rep(8) .. 'b', '')",
        "return ('(a'):rep(50000):find('%b()')",
        "local s = ('abc'):rep(2000) while true do local _ = s:find('x', 1, true) end",
        "local s = ('abc'):rep(10000) while true do local _ = s:upper() end",
        "local s = ('abc'):rep(10000) while true do local _ = ('%s'):format(s) end",
        "while true do local _ = ('x'):rep(1000) end",
        "while true do collectgarbage('step') end",
        "local s = ('x'):rep(10000) while true do local _ = s:sub(2) end",
        "local s = ('x'):rep(1000) while true do local _ = s:byte(1, -1) end",
        "local s = ('x'):rep(1000) while true do local _ = utf8.len(s) end",
        "local s = ('x'):rep(1000) while true do local _ = utf8.offset(s, -1 << 60) end",
        "return table.move({}, 1, 1 << 60, 2)",
        "return table.move({}, 1, 1 << 60, 1, setmetatable({}, { __newindex = rawequal }))",
        "return table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 'x')",
        "return table.remove(setmetatable({}, { __len = function() return 1 << 60 end }), 1)",
        "return table.concat(setmetatable({}, { __index = function() return '' end, __len = function() return 1 << 60 end }))",
        "return table.sort(setmetatable({}, { __index = rawlen, __len = function() return 1 << 30 end }), rawequal)",
        "while true do table.sort({ 3, 2, 1 }) end",
        "while true do table.unpack(a) end",
        "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(10000) end table.sort(t)",
        "return load(function() return ' ' end)",
        "while true do load('return 1') end",
        "return tonumber(('9'):rep(40000000))",
    ] {
        LEFT.set(1_000_000);
        let shown: String = run.call(program).unwrap();
        assert!(
            shown.starts_with("false \"main:1: no more steps\""),
            "{program}: {shown}"
        );
    }
    // What looks at one place of a long text costs no more for that.
    LEFT.set(100_000);
    let shown: String = run
        .call("local s = ('x'):rep(10000) for i = 1, #s do local _ = s:sub(i, i), s:byte(i), utf8.offset(s, 1, i), string.unpack('B', s, i) end")
        .unwrap();
    assert!(shown.starts_with("true"), "{shown}");
    // After a refusal nothing is free.
    LEFT.set(0);
    let shown: String = run
        .call("return ('abc'):rep(2000):find('b.*c.*x')")
        .unwrap();
    assert!(shown.starts_with("false"), "{shown}");
    LEFT.set(0);
    let shown: String = run.call("return ('abc'):find('b+')").unwrap();
    assert!(
        shown.starts_with("false"),
        "a refusal is not forgotten: {shown}"
    );
    LEFT.set(u32::MAX);
    let shown: String = run
        .call("return (''):rep(1 << 60), (''):rep(1 << 60, '')")
        .unwrap();
    assert!(shown.starts_with("true \"\" \"\""), "{shown}");
}

#[test]
fn a_chunk_is_bounded() {
    let lua = Lua::new();
    let run = harness(&lua);
    install(&lua, |_| Ok(())).unwrap();
    for program in [
        "return load((' '):rep((16 << 20) + 1))",
        "local piece = (' '):rep(1 << 20) return load(function() return piece end)",
    ] {
        let shown: String = run.call(program).unwrap();
        assert!(
            shown.starts_with("true nil \"`load` takes at most 16 MiB of text\""),
            "{shown}"
        );
    }
    let shown: String = run
        .call("return load((' '):rep(1 << 20) .. 'return 1')()")
        .unwrap();
    assert!(shown.starts_with("true 1"), "{shown}");
}

#[test]
fn a_budget_that_panics_ends_the_function_alone() {
    let lua = Lua::new();
    let run = harness(&lua);
    install(&lua, |_| panic!("here")).unwrap();
    let shown: String = run.call("return ('a'):rep(5000):find('.-.-.-b')").unwrap();
    assert!(
        shown.starts_with("false \"main:1: the budget cannot be asked\""),
        "{shown}"
    );
}
