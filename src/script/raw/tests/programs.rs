//! Random Lua programs over the values in `v`. They use the functions that `harness.lua` defines.

use fastrand::Rng;

const KEYS: [&str; 28] = [
    "'a'",
    "'b'",
    "'c'",
    "'text'",
    "'full_text'",
    "'user'",
    "'list'",
    "''",
    "'\\u{fffd}'",
    "'1'",
    "'x y'",
    "'id'",
    "'id_str'",
    "'k3'",
    "'k99'",
    "'new'",
    "1",
    "1",
    "2",
    "2",
    "3",
    "0",
    "-1",
    "1.0",
    "2.5",
    "true",
    "nil",
    "0/0",
];

/// The steps of programs: what they do to a Tweet, to its parts, and to values made of them.
///
/// `I` and `J` stand for values, `K` for a key, `V` for a value to write, `N` for a small number.
const STEPS: [&str; 54] = [
    "v[I] = v[J][K]",
    "v[I] = v[J][K]",
    "v[I] = v[J][K] or v[I]",
    "v[I] = some(v[J], N)",
    "v[I] = some(v[J], N)",
    "v[I] = some(v[J], N)",
    "v[I] = some_list(v[J], N)",
    "v[I] = some_list(t, N)",
    "show(some_list(t, N)[K])",
    "v[I] = some_list(t, N) v[I][N] = nil json(v[I])",
    "v[I] = t",
    "v[I] = v[J]",
    "v[I][K] = V",
    "v[I][K] = V",
    "v[I][K] = V",
    "v[I][K] = nil",
    "v[I][K] = v[J]",
    "v[I] = { a = V, [1] = V }",
    "show(v[I][K], v[J][K])",
    "show(v[I][K], v[J][K])",
    "show(v[I][K], rawget(v[I], K))",
    "rawset(v[I], K, V)",
    "rawset(v[I], K, nil)",
    "show(rawequal(v[I], v[J]), v[I] == v[J])",
    "show(type(v[I]), type(v[J][K]))",
    "length(v[I])",
    "fields(v[I])",
    "fields(v[I])",
    "list(v[I])",
    "show(next(v[I]) == nil)",
    "pcall(next, v[I], K)",
    "walk(v[I], function(x, k) x[k] = nil end)",
    "walk(v[I], function(x, k, e) if type(e) == 'string' then x[k] = nil else x[k] = 'new' end end)",
    "walk(v[I], function(x, k) x[k] = x[k] end)",
    "walk(v[I], function(x, k) other(x, N) end)",
    "if is_list(v[I]) then table.insert(v[I], V) end",
    "if is_list(v[I]) then table.insert(v[I], 1, V) end",
    "if is_list(v[I]) then show(table.remove(v[I])) end",
    "if is_list(v[I]) then show(table.unpack(v[I], 1, N)) end",
    "if is_list(v[I]) then table.move(v[I], 1, #v[I], N + 1) end",
    "if is_list(v[I]) then table.sort(v[I], before) end",
    "if is_list(v[I]) then show(select('#', table.unpack(v[I]))) end",
    "json(v[I])",
    "json({ v[I], x = nil })",
    "show(#tostring(v[I]) > 0)",
    "insert({ a = v[I], b = V, [K] = V })",
    "collect(N)",
    "kept[N] = v[I]",
    "v[I] = kept[N]",
    "local p = setmetatable({}, { __index = v[I] }) show(p[K], p.user)",
    "local p = setmetatable({}, { __newindex = v[I] }) p[K] = V",
    "error(v[I])",
    "call(v[I])",
    "call(t)",
];

/// Finalizers of the script. They run whenever something is allocated.
const READING: [&str; 2] = [
    "at_end(function(x) local n = 0 for k, e in pairs(x) do n = n + 1 end; local _ = x[K], #x end, v[I])",
    "at_end(function(x) local _ = tostring(x), some(x, N) end, v[I])",
];
const WRITING: [&str; 4] = [
    "at_end(function(x) x[K] = V end, v[I])",
    "at_end(function(x) for k in pairs(x) do x[k] = nil end end, v[I])",
    "at_end(function(x) local e = some(x, N) kept[N] = e; e[K] = e; e.a = V end, v[I])",
    "at_end(function(x) kept[N] = x; v[I] = x end, v[J])",
];

/// What a program may do beside the steps that give the same result on a plain table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mood {
    /// Whether the program has finalizers that write. Such a program ends differently each time.
    pub(super) writes_at_end: bool,
}

/// Makes a program over `t`, the Tweet.
pub(super) fn program(rng: &mut Rng, mood: Mood) -> String {
    let mut text = String::new();
    let mut count = rng.usize(5..40);
    while count > 0 {
        count -= 1;
        let kind = rng.u8(..30);
        let step = match kind {
            0 => rng.choice(READING),
            1..=5 if mood.writes_at_end => rng.choice(WRITING),
            _ => rng.choice(STEPS),
        };
        let step = filled(rng, step.unwrap_or_default());
        match rng.u8(..12) {
            // A coroutine that is left and entered again, or left for ever.
            0 => {
                let more = rng.choice(STEPS).unwrap_or_default();
                let more = filled(rng, more);
                text.push_str(&format!(
                    "in_turns(function(yield) {step} yield() {more} end)\n"
                ));
            }
            1 => text.push_str(&format!("in_coroutine(function() {step} end)\n")),
            _ => text.push_str(&format!("try(function() {step} end)\n")),
        }
    }
    text
}

fn filled(rng: &mut Rng, step: &str) -> String {
    let (mut text, mut before) = (String::new(), ' ');
    let (one, other) = (rng.u8(1..=4), rng.u8(1..=4));
    let mut rest = step.chars().peekable();
    while let Some(c) = rest.next() {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let alone = !is_part(before) && !rest.peek().copied().is_some_and(is_part);
        match c {
            'I' if alone => text.push_str(&one.to_string()),
            'J' if alone => text.push_str(&other.to_string()),
            'N' if alone => text.push_str(&rng.u8(1..=4).to_string()),
            'K' if alone => text.push_str(rng.choice(KEYS).unwrap_or("1")),
            'V' if alone => text.push_str(&value(rng)),
            _ => text.push(c),
        }
        before = c;
    }
    text
}

fn value(rng: &mut Rng) -> String {
    match rng.u8(..12) {
        0 => "nil".to_owned(),
        1 => "1.5".to_owned(),
        2 => "'\\255'".to_owned(),
        3 => "null".to_owned(),
        4 => "{}".to_owned(),
        5 => "{ 1, { a = 'b' } }".to_owned(),
        6 => format!("v[{}]", rng.u8(1..=4)),
        7 => "print".to_owned(),
        8 => "('x'):rep(200)".to_owned(),
        9 => "true".to_owned(),
        _ => format!("'w{}'", rng.u8(..3)),
    }
}
