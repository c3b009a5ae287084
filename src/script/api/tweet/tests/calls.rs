//! How methods are called, and what a wrong call says.

use mlua::Lua;

use super::{super::METHODS, KINDS, World};

#[test]
fn the_original_of_what_is_no_retweet_is_itself() {
    let world = World::new();
    for (kind, line) in KINDS {
        let is_same = world.run(line, "return encode(t:original() == t)");
        let kind_of = world.run(line, "return encode(t:kind())");
        assert!(is_same == "true" || kind_of == r#""retweet""#, "{kind}");
    }
}

#[test]
fn every_method_is_described_and_what_is_described_is_a_method() {
    let methods: Vec<_> = METHODS.iter().map(|one| one.described.name()).collect();
    let described: Vec<_> = crate::script::reference::methods("Tweet").collect();
    assert_eq!(methods, described);
}

#[test]
fn methods_work_on_each_tweet_inside_a_tweet_and_on_nothing_else() {
    let world = World::new();
    for (_, line) in KINDS {
        for method in METHODS {
            let call = format!(
                "for _, part in ipairs {{ t:original(), t:quoted() }} do part:{}() end return encode(true)",
                method.described.name()
            );
            assert_eq!(world.run(line, &call), "true");
        }
    }
    let native = KINDS[0].1;
    for (call, expected) in [
        (
            "t.user:id()",
            "main.lua:1: attempt to call a number value (method 'id')",
        ),
        (
            "t.user:geo()",
            "main.lua:1: attempt to call a nil value (method 'geo')",
        ),
        (
            "t.entities.urls:urls()",
            "main.lua:1: attempt to call a nil value (method 'urls')",
        ),
        (
            "({}):urls()",
            "main.lua:1: attempt to call a nil value (method 'urls')",
        ),
    ] {
        assert!(
            world.run(native, call).contains(expected),
            "{}",
            world.run(native, call)
        );
    }
}

/// What a script gives for the first of [`KINDS`].
#[track_caller]
fn check(script: &str, expected: &str) {
    let given = World::new().run(KINDS[0].1, script);
    assert!(given.ends_with(expected), "{script}\n{given}");
}

#[test]
fn a_colon_calls_the_method_and_a_dot_reads_the_field() {
    let world = World::new();
    let rest = KINDS.iter().find(|(kind, _)| *kind == "REST").unwrap().1;
    for (script, expected) in [
        (
            "return encode({ t.full_text, t:full_text() })",
            r#"["all of it","all of it"]"#,
        ),
        (
            "t.full_text = 'x' return encode({ t.full_text, t:full_text() })",
            r#"["x","x"]"#,
        ),
        (
            "return encode({ rawget(t, 'full_text'), t['full_text'] })",
            r#"["all of it","all of it"]"#,
        ),
        (
            "return encode({ t.geo == nil, t.hashtags == nil, t.nothing == nil })",
            "[true,true,true]",
        ),
        (
            "local n = 0 for k in pairs(t) do n = n + 1 end return encode(n)",
            "8",
        ),
    ] {
        assert_eq!(world.run(rest, script), expected, "{script}");
    }
    check(
        "return encode({ t.geo.coordinates[1], t:geo().latitude })",
        "[35.0,35.0]",
    );
    check(
        "return encode(t.full_text or t.text)",
        r#""Hi @bo #Ouzel #ouzel #Ouzel https://t.co/a""#,
    );
    // Whatever a handler puts there, unless that can be called itself or is a table of its own.
    for value in [
        "nil",
        "'text'",
        "5",
        "1.5",
        "true",
        "false",
        "t.user",
        "t.entities.hashtags",
    ] {
        let call = format!(
            "t.tags = {value} t.kind = {value} return encode({{ t.tags == {value}, t:kind(), t:tags() }})"
        );
        check(&call, r#"[true,"tweet",["a","b"]]"#);
    }
    check(
        "t.tags = function() return 'mine' end return encode(t:tags())",
        r#""mine""#,
    );
    check(
        "t.tags = {} return t:tags()",
        "attempt to call a table value (method 'tags')",
    );
    // Wherever the call stands.
    check("return (t:kind())", "tweet");
    check("return t:kind()", "tweet");
    check(
        "return select(2, pcall(function() return t:kind() end))",
        "tweet",
    );
    check(
        "return coroutine.wrap(function() coroutine.yield(t:kind()) end)()",
        "tweet",
    );
    check(
        "local function kind(x, ...) return x:kind(...) end return kind(t)",
        "tweet",
    );
    let names: String = (0..300).map(|n| format!("x.n{n} = {n} ")).collect();
    check(&format!("local x = {{}} {names} return t:kind()"), "tweet");
}

#[test]
fn a_wrong_call_says_what_is_right() {
    for (script, expected) in [
        (
            "t:kind(1)",
            "main.lua:1: `kind` takes no arguments: `tweet:kind()`",
        ),
        (
            "t:kind(nil)",
            "main.lua:1: `kind` takes no arguments: `tweet:kind()`",
        ),
        (
            "t.kind()",
            "main.lua:1: attempt to call a nil value (field 'kind'); methods are called with a colon: `tweet:kind()`",
        ),
        (
            "t.kind(t)",
            "main.lua:1: attempt to call a nil value (field 'kind'); methods are called with a colon: `tweet:kind()`",
        ),
        (
            "t.id()",
            "main.lua:1: attempt to call a number value (field 'id'); methods are called with a colon: `tweet:id()`",
        ),
        (
            "t:ful_text()",
            "main.lua:1: attempt to call a nil value (method 'ful_text'); did you mean `tweet:full_text()`?",
        ),
        (
            "t:xyz()",
            "main.lua:1: attempt to call a nil value (method 'xyz')",
        ),
        (
            "t:user()",
            "main.lua:1: attempt to call a Tweet value (method 'user')",
        ),
    ] {
        check(script, expected);
    }
}

#[test]
fn a_call_of_what_cannot_be_called_fails_as_ever() {
    let plain = Lua::new();
    let world = World::new();
    for script in [
        "nowhere()",
        "local x x()",
        "local x = 5 x(1, 2)",
        "local t = {} t.x()",
        "local t = {} t.x.y()",
        "local t = { x = 'a' } t.x('b')",
        "local t = { x = 'a' } t:x()",
        "('x')()",
        "('x'):nothing()",
        "(true)()",
        "(1.5)()",
        "return nowhere()",
        "local up up = nil local function f() return up() end f()",
        "for x in nil do end",
        "for x in 5, 6 do end",
        "local x = setmetatable({}, { __index = 5 }) return x.y.z",
        "local x = setmetatable({}, { __add = 5 }) return x + 1",
        "return setmetatable({}, { __lt = 'x' }) < {}",
        "string.gsub('x', 'x', nil)",
        "table.sort({ 2, 1, 3 }, 5)",
        "local x <close> = setmetatable({}, { __close = 5 })",
        "return nil + 1",
        "return nil .. 'x'",
        "return nil < 1",
        "return #nil",
        "local x return x.y",
        "local x x.y = 1",
        "return pcall(nil)",
        "return select(2, pcall(nil, 1))",
        "return select(2, pcall('x', 1))",
        "return select(2, coroutine.resume(coroutine.create(function() nowhere() end)))",
        "return tostring(nil) .. tostring(1) .. tostring(true)",
    ] {
        let run = |lua: &Lua| {
            let ran = lua
                .load(script)
                .set_name("=main.lua")
                .eval::<mlua::MultiValue>();
            match ran {
                Ok(values) => format!("{values:?}"),
                Err(error) => error.to_string().lines().next().unwrap().to_owned(),
            }
        };
        assert_eq!(run(&world.lua), run(&plain), "{script}");
    }
}
