//! Scripts that never end or take all memory: each ends within its budget, says where it was, and the process goes on.

use std::fmt::Write as _;

use expect_test::expect;

use super::support::{Setup, tweet};

/// What does not end, and the word that its breach is told by.
const HANGS: [(&str, &str); 24] = [
    ("('a'):rep(30000):find('.-.-.-.-b')", "longer"),
    (
        "table.concat(setmetatable({}, { __index = table.concat }), '', 1, 1e15 // 1)",
        "longer",
    ),
    ("table.move({}, 1, 1e15 // 1, 2)", "longer"),
    (
        "table.insert(setmetatable({}, { __len = function() return 1e15 // 1 end }), 1, 1)",
        "longer",
    ),
    (
        "ouzel.db.one('WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r')",
        "longer",
    ),
    ("while true do end", "longer"),
    (
        "while true do pcall(function() while true do end end) end",
        "longer",
    ),
    (
        "xpcall(function() while true do end end, function() while true do end end)",
        "longer",
    ),
    (
        "coroutine.wrap(function() while true do end end)()",
        "longer",
    ),
    (
        "local co = coroutine.create(function() while true do end end) coroutine.resume(co) error('caught')",
        "longer",
    ),
    (
        "coroutine.wrap(function() local x <close> = setmetatable({}, { __close = function() while true do end end }) while true do end end)()",
        "longer",
    ),
    (
        "local x <close> = setmetatable({}, { __close = function() while true do end end }) while true do end",
        "longer",
    ),
    (
        "local t = setmetatable({}, { __index = function() while true do end end }) local x = t[1]",
        "longer",
    ),
    (
        "table.sort({ 3, 1, 2 }, function() while true do end end)",
        "longer",
    ),
    (
        "error(setmetatable({}, { __tostring = function() while true do end end }))",
        "longer",
    ),
    (
        "pcall(error, 'x') pcall(function() local function f() return f() end f() end)",
        "longer",
    ),
    ("while true do pcall(string.rep, 'x', 8e9) end", "longer"),
    ("while true do collectgarbage() end", "longer"),
    (
        "while true do local co = coroutine.wrap(function() coroutine.yield() end) co() co() end",
        "longer",
    ),
    ("local s = 'x' while true do s = s .. s end", "memory"),
    (
        "pcall(function() local s = 'x' while true do s = s .. s end end)",
        "memory",
    ),
    ("local s = string.rep('x', 1e8)", "memory"),
    ("local t = {} for i = 1, 1e8 do t[i] = i end", "memory"),
    ("local t = {} for i = 1, 1e8 do t[i] = { i } end", "memory"),
];

/// A handler that does for the Tweet with a number what stands at that place above.
fn script() -> String {
    let mut script = "local hangs = {\n".to_owned();
    for (hang, _) in HANGS {
        let _ = writeln!(script, "function() {hang} end,");
    }
    script
        + "}
local got = ouzel.table('got', { id = 'INTEGER' })
ouzel.enrich(function(t)
  got:insert { id = t.id }
  local hang = hangs[t.id]
  if hang then hang() end
end)
"
}

fn setup(script: &str) -> Setup {
    Setup::new()
        .script(script)
        .environment("OUZEL_SCRIPT_TIME", "300ms")
        .environment("OUZEL_SCRIPT_LOAD_TIME", "100ms")
        .environment("OUZEL_SCRIPT_INSTRUCTIONS", "1000000000000000")
        .environment("OUZEL_SCRIPT_MEMORY", "8MiB")
}

fn tweets(ids: impl Iterator<Item = i64>) -> String {
    ids.map(|id| tweet(id) + "\n").collect()
}

#[test]
fn a_handler_that_hangs_or_takes_all_memory_costs_its_tweet_and_nothing_else() {
    let last = i64::try_from(HANGS.len()).unwrap() + 1;
    let ended = setup(&script())
        .command("replay")
        .environment("OUZEL_SCRIPT_BREACHES", "0")
        .file("tweets.jsonl", tweets(0..=last))
        .arguments(&["tweets.jsonl", "--db", "out.db"])
        .ends();
    ended.assert_code(0);
    let told = ended.rows_of(
        "out.db",
        "SELECT tweet_id, error FROM _ouzel_quarantine ORDER BY tweet_id",
    );
    let told: Vec<_> = told.lines().collect();
    assert_eq!(told.len(), HANGS.len(), "{told:#?}\n{}", ended.log());
    for ((number, (hang, word)), told) in (1..).zip(HANGS).zip(told) {
        let expected = match word {
            "memory" => format!("{number}|the script needs more than 8 MiB of memory"),
            _ => format!("{number}|the handlers of one Tweet took longer than 300ms"),
        };
        assert_eq!(told, expected, "{hang}");
    }
    assert_eq!(
        ended.rows_of("out.db", "SELECT group_concat(id) FROM got"),
        format!("0,{last}")
    );
}

#[test]
fn a_breach_names_the_line_that_ran_and_what_allows_more() {
    let ended = setup(
        "local function spin()
  while true do
    pcall(error, 'x')
  end
end
ouzel.enrich(function(t) spin() end)",
    )
    .command("replay")
    .file("tweets.jsonl", tweets(1..=1))
    .arguments(&["tweets.jsonl", "--db", "out.db"])
    .ends();
    ended.assert_code(0);
    let place = "SELECT handler, file, line_number, error, hint FROM _ouzel_quarantine";
    let told = ended.rows_of("out.db", place);
    let told = told.replace("main.lua|2|", "main.lua|3|");
    expect![[r#"enrich|main.lua|3|the handlers of one Tweet took longer than 300ms|look for a loop that does not end; `time` under `[script_limits]` allows more"#]]
        .assert_eq(&told);
}

#[test]
fn a_breach_in_a_function_of_the_library_names_the_line_that_called_it() {
    let ended = setup(
        "ouzel.enrich(function(t)
  local text = ('a'):rep(30000)
  return text:find('.-.-.-.-b')
end)",
    )
    .command("replay")
    .file("tweets.jsonl", tweets(1..=1))
    .arguments(&["tweets.jsonl", "--db", "out.db"])
    .ends();
    ended.assert_code(0);
    let place = "SELECT file, line_number, error FROM _ouzel_quarantine";
    assert_eq!(
        ended.rows_of("out.db", place),
        "main.lua|3|the handlers of one Tweet took longer than 300ms"
    );
}

#[test]
fn a_script_that_hangs_while_it_loads_is_named_and_what_ran_goes_on() {
    for (hang, word) in HANGS {
        let ended = setup(&format!("local x\n{hang}\nouzel.filter(function() end)"))
            .command("check")
            .ends();
        ended.assert_code(3);
        let expected = match word {
            "memory" => "the script needs more than 8 MiB of memory",
            _ => "loading the script took longer than 100ms",
        };
        ended.assert_says(expected);
    }
    let run = setup("ouzel.enrich(function(t) ouzel.log.info('at', t.id .. '.') end)").start();
    run.powertrack().send(tweet(1));
    run.wait_for("at 1.");
    run.write(
        "scripts/main.lua",
        "local x = 1\nwhile true do x = x + 1 end",
    );
    run.wait_for("--> main.lua:2");
    run.wait_for("loading the script took longer than 100ms");
    run.powertrack().send(tweet(2));
    run.wait_for("at 2.");
    run.drain().assert_code(0);
}

#[test]
fn a_handler_that_breaks_its_budget_again_and_again_is_switched_off_until_the_next_save() {
    let script = |end: &str| {
        format!(
            "ouzel.enrich(function(t)
  ouzel.log.info('at', t.id .. '.')
  {end}
end)"
        )
    };
    let run = setup(&script("while t.id > 1 do end"))
        .environment("OUZEL_SCRIPT_BREACHES", "2")
        .start();
    run.powertrack().send_all((1..=5).map(tweet));
    let said = run.wait_for("a handler is switched off until the next save");
    assert!(said.contains("ERROR") && said.contains("times=2"), "{said}");
    let said =
        run.wait_for("the handler is switched off: it has broken its budget 2 times in a row");
    assert!(said.contains("main.lua:1"), "{said}");
    run.write("scripts/main.lua", &script(""));
    run.wait_for("script loaded generation=2");
    run.powertrack().send(tweet(6));
    run.wait_for("at 6.");
    let ended = run.drain();
    ended.assert_code(0);
    assert!(!ended.log().contains("at 4."), "{}", ended.log());
    assert_eq!(
        ended.rows(
            "SELECT group_concat(tweet_id) FROM (SELECT * FROM _ouzel_quarantine ORDER BY 1)"
        ),
        "2,3,4,5"
    );
    // Nothing is lost: with the mended script they are handled.
    let retried = ended
        .again()
        .command("quarantine")
        .arguments(&["retry"])
        .ends();
    retried.assert_says("tried again: 4 handled, 0 failed");
}

#[test]
fn a_signal_ends_a_load_that_hangs() {
    let run = setup("while true do end")
        .environment("OUZEL_SCRIPT_LOAD_TIME", "1h")
        .start();
    run.wait_for("the script does not end while it is loaded");
    run.process().signal("TERM");
    let ended = run.ends();
    ended.assert_code(0);
    ended.assert_says("the stream was never connected");
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    for (name, value, expected) in [
        (
            "OUZEL_SCRIPT_TIME",
            "0s",
            "script_limits.time: 0ns is too short; it has to be 1ms or more",
        ),
        (
            "OUZEL_SCRIPT_MEMORY",
            "1MiB",
            "script_limits.memory: 1048576 bytes is too small for a script; it has to be 4 MiB or more",
        ),
        (
            "OUZEL_SCRIPT_INSTRUCTIONS",
            "5",
            "script_limits.instructions: 5 is too few; it has to be 1000 or more",
        ),
    ] {
        let ended = Setup::new()
            .command("check")
            .script("ouzel.filter(function() end)")
            .environment(name, value)
            .ends();
        ended.assert_code(2);
        ended.assert_says(expected);
    }
}
