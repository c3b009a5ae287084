//! What never ends or takes all memory, in every place where Lua runs: each ends within its budget and is told with its
//! line, the process goes on, and one signal ends it.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use super::support::{Ended, Run, Setup, tweet};

/// What a hang is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It takes too long.
    Time,
    /// It takes too much memory.
    Memory,
    /// It is refused with these words.
    Refused(&'static str),
}

use Told::{Memory, Refused, Time};

const HANGS: [(&str, Told); 28] = [
    ("while true do end", Time),
    (
        "while true do pcall(function() while true do end end) end",
        Time,
    ),
    (
        "xpcall(function() while true do end end, function() while true do end end)",
        Time,
    ),
    ("coroutine.wrap(function() while true do end end)()", Time),
    (
        "local co = coroutine.create(function() while true do end end) coroutine.resume(co) error('caught')",
        Time,
    ),
    (
        "while true do local co = coroutine.wrap(function() coroutine.yield() end) co() co() end",
        Time,
    ),
    (
        "coroutine.wrap(function() local x <close> = setmetatable({}, { __close = function() while true do end end }) while true do end end)()",
        Time,
    ),
    (
        "local x <close> = setmetatable({}, { __close = function() while true do end end }) while true do end",
        Time,
    ),
    (
        "local t = setmetatable({}, { __index = function() while true do end end }) local x = t[1]",
        Time,
    ),
    (
        "table.sort({ 3, 1, 2 }, function() while true do end end)",
        Time,
    ),
    (
        "setmetatable({}, { __gc = function() while true do end end })",
        Refused("a table cannot have `__gc` here"),
    ),
    (
        "error(setmetatable({}, { __tostring = function() while true do end end }))",
        Time,
    ),
    (
        "pcall(error, 'x') pcall(function() local function f() return f() end f() end)",
        Time,
    ),
    ("('a'):rep(30000):find('.-.-.-.-b')", Time),
    (
        "table.concat(setmetatable({}, { __index = table.concat }), '', 1, 1e15 // 1)",
        Time,
    ),
    ("table.move({}, 1, 1e15 // 1, 2)", Time),
    (
        "table.insert(setmetatable({}, { __len = function() return 1e15 // 1 end }), 1, 1)",
        Time,
    ),
    ("while true do pcall(string.rep, 'x', 8e9) end", Time),
    ("while true do collectgarbage() end", Time),
    (
        "ouzel.db.one('WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r')",
        Time,
    ),
    (
        "ouzel.db.one('SELECT hex(zeroblob(1000000000))')",
        Refused("string or blob too big; a value and a row have at most 16 MiB"),
    ),
    ("ouzel.db.one('SELECT hex(zeroblob(8000000))')", Memory),
    ("local s = string.rep('x', 1e8)", Memory),
    ("local s = 'x' while true do s = s .. s end", Memory),
    (
        "pcall(function() local s = 'x' while true do s = s .. s end end)",
        Memory,
    ),
    ("local t = {} for i = 1, 1e7 do t[i] = i end", Memory),
    ("local t = {} for i = 1, 1e7 do t[i] = { i } end", Memory),
    (
        "pcall(function() local t = {} for i = 1, 1e7 do t[i] = { i } end end)",
        Memory,
    ),
];

/// One of each kind, for places that run the same code as one where all of them are tried.
const KINDS: [&str; 4] = [
    "while true do end",
    "('a'):rep(30000):find('.-.-.-.-b')",
    "ouzel.db.one('WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r')",
    "local t = {} for i = 1, 1e7 do t[i] = { i } end",
];

/// The memory that the scripts of these tests may take, as settings have it and in bytes.
const MEMORY: (&str, u64) = ("8MiB", 8 << 20);

/// What the process may take beside that.
const BESIDE: u64 = 64 << 20;

/// What has to end within five seconds ends within this on a machine that is busy with other things.
const SOON: Duration = Duration::from_secs(45);

/// Of the time that these tests give a script, most of them take all.
const TIME: &str = "300ms";

fn setup(script: &str) -> Setup {
    Setup::new()
        .script(script)
        .environment("OUZEL_SCRIPT_TIME", TIME)
        .environment("OUZEL_SCRIPT_LOAD_TIME", TIME)
        .environment("OUZEL_SCRIPT_INSTRUCTIONS", "1000000000000000")
        .environment("OUZEL_SCRIPT_MEMORY", MEMORY.0)
        .environment("OUZEL_SCRIPT_BREACHES", "0")
}

fn tweets(ids: impl Iterator<Item = i64>) -> String {
    ids.map(|id| tweet(id) + "\n").collect()
}

/// The words that a hang is told by, where `whole` is what took so long.
fn told(hang: Told, whole: &str) -> String {
    match hang {
        Time => format!("{whole} took longer than {TIME}"),
        Memory => "the script needs more than 8 MiB of memory".to_owned(),
        Refused(words) => words.to_owned(),
    }
}

fn kind(hang: &str) -> Told {
    let (_, told) = HANGS.iter().find(|(known, _)| *known == hang).unwrap();
    *told
}

/// A handler that does for the Tweet with a number what stands at that place, from 1, and so in that line behind the
/// first.
fn handler() -> String {
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

/// The line of a script in which its handler begins.
fn line_of(script: &str, words: &str) -> usize {
    let at = script.lines().position(|line| line.contains(words));
    at.unwrap() + 1
}

#[track_caller]
fn assert_little_memory(peak: u64) {
    assert!(peak < MEMORY.1 + BESIDE, "{} MiB", peak >> 20);
}

/// What `_ouzel_quarantine` says of each Tweet, and how often it was tried.
#[track_caller]
fn assert_each_is_told(ended: &Ended, attempts: u32) {
    let rows = ended.rows_of(
        "out.db",
        "SELECT tweet_id, attempts, handler, file, line_number, error FROM _ouzel_quarantine ORDER BY tweet_id",
    );
    let rows: Vec<_> = rows.lines().collect();
    assert_eq!(rows.len(), HANGS.len(), "{rows:#?}\n{}", ended.log());
    let handler = line_of(&handler(), "ouzel.enrich");
    for ((number, (hang, kind)), row) in (1..).zip(HANGS).zip(rows) {
        let own = format!("{number}|{attempts}|enrich|main.lua|{}|", number + 1);
        // Of the memory, Lua does not always know the line.
        let whole = format!("{number}|{attempts}|enrich|main.lua|{handler}|");
        let words = row.strip_prefix(&own);
        let words = words.or_else(|| row.strip_prefix(&whole).filter(|_| kind == Memory));
        let expected = told(kind, "the handlers of one Tweet");
        let is_told = words.is_some_and(|words| words.starts_with(&expected));
        assert!(is_told, "{hang}: {row}");
    }
}

#[test]
fn in_a_handler_it_costs_its_tweet_and_when_it_is_tried_again_too() {
    let last = i64::try_from(HANGS.len()).unwrap() + 1;
    let (ended, peak) = setup(&handler())
        .command("replay")
        .file("tweets.jsonl", tweets(0..=last))
        .arguments(&["tweets.jsonl", "--db", "out.db"])
        .start()
        .ends_with_peak();
    ended.assert_code(0);
    assert_each_is_told(&ended, 1);
    assert_little_memory(peak);
    let got = "SELECT group_concat(id) FROM got";
    assert_eq!(ended.rows_of("out.db", got), format!("0,{last}"));
    let retry = ["retry", "--db", "out.db"];
    let (ended, peak) = (ended.again().command("quarantine").arguments(&retry))
        .start()
        .ends_with_peak();
    ended.assert_code(1);
    ended.assert_says(&format!("tried again: 0 handled, {} failed", HANGS.len()));
    assert_each_is_told(&ended, 2);
    assert_little_memory(peak);
    assert_eq!(ended.rows_of("out.db", got), format!("0,{last}"));
}

/// Each hang is a timer of its own that does it once, in a line of its own, and Tweets are handled.
fn timers() -> String {
    let mut script = "local done, got = {}, ouzel.table('got', { id = 'INTEGER' })\n".to_owned();
    for (number, (hang, _)) in HANGS.iter().enumerate() {
        let _ = writeln!(
            script,
            "ouzel.every('100ms', function() if done[{number}] then return end done[{number}] = true {hang} end)"
        );
    }
    script
        + "ouzel.enrich(function(t)
  got:insert { id = t.id }
  ouzel.log.info('at', t.id .. '.')
end)
"
}

#[test]
fn in_a_timer_and_in_a_save_the_stream_goes_on() {
    let mut sent = 0;
    let mut send = |run: &Run| {
        sent += 1;
        run.powertrack().send(tweet(sent));
        sent
    };
    let run = setup(&timers()).start();
    run.wait_for("stream connected");
    for (line, (_, kind)) in (2..).zip(HANGS) {
        send(&run);
        let expected = told(kind, "one call of a timer");
        run.wait_for(&format!("error=main.lua:{line}: {expected}"));
    }
    let last = send(&run);
    run.wait_for(&format!("at {last}."));
    assert_little_memory(run.process().memory_of_data());
    for (hang, kind) in HANGS {
        run.write("scripts/main.lua", &format!("local x\n{hang}\n"));
        run.wait_for("reload failed still_running=1");
        run.wait_for("--> main.lua:2");
        run.wait_for(&told(kind, "loading the script"));
        let last = send(&run);
        run.wait_for(&format!("at {last}."));
    }
    assert_little_memory(run.process().memory_of_data());
    let ended = run.drain();
    assert_eq!(ended.powertrack().connections(), 1);
    assert_eq!(
        ended.rows("SELECT count(*), count(DISTINCT id), max(id) FROM got"),
        format!("{sent}|{sent}|{sent}")
    );
}

#[test]
fn at_the_top_level_it_is_told_by_every_command() {
    // A Tweet has failed for another reason.
    let failed = setup("ouzel.enrich(function() error('no') end)")
        .command("replay")
        .file("tweets.jsonl", tweets(1..=1))
        .file("scripts/main_test.lua", "test('nothing', function() end)")
        .arguments(&["tweets.jsonl", "--db", "out.db"])
        .ends();
    let mut setup = failed.again();
    for hang in KINDS {
        let commands: [(&str, &[&str]); 5] = [
            ("check", &[]),
            ("test", &[]),
            ("replay", &["tweets.jsonl", "--db", "other.db"]),
            ("quarantine", &["retry", "--db", "out.db"]),
            ("run", &[]),
        ];
        for (command, arguments) in commands {
            let (ended, peak) = setup
                .script(&format!("local x\n{hang}\nouzel.filter(function() end)"))
                .command(command)
                .arguments(arguments)
                .start()
                .ends_with_peak();
            assert_ne!(ended.code, 0, "{command} {hang}: {}", ended.stderr);
            ended.assert_says("--> main.lua:2");
            ended.assert_says(&told(kind(hang), "loading the script"));
            assert_little_memory(peak);
            setup = ended.again();
        }
    }
}

#[test]
fn in_a_test_it_fails_the_test_and_at_the_top_of_its_file_that_file() {
    let mut tests = String::new();
    let tested = || HANGS.iter().filter(|(hang, _)| !hang.contains("ouzel.db"));
    for (number, (hang, _)) in tested().enumerate() {
        let _ = writeln!(tests, "test('{number}', function() {hang} end)");
    }
    let fine = "test('fine', function(t) t:send(t:tweet { text = 'tea' }) end)\n";
    let mut setup = setup("ouzel.enrich(function() end)")
        .file("scripts/a_test.lua", format!("{fine}{tests}"))
        .command("test");
    let files = KINDS.iter().filter(|hang| !hang.contains("ouzel.db"));
    for (number, hang) in files.clone().enumerate() {
        let name = format!("scripts/top{number}_test.lua");
        setup = setup.file(&name, format!("local x\n{hang}\n{fine}"));
    }
    let (ended, peak) = setup.start().ends_with_peak();
    assert_ne!(ended.code, 0);
    assert_little_memory(peak);
    let all = format!("{}{}", ended.output(), ended.stderr);
    for (line, (hang, kind)) in (2..).zip(tested()) {
        let (_, after) = all
            .split_once(&format!("a_test.lua:{line}\n"))
            .unwrap_or_else(|| panic!("{hang} {all}"));
        let (_, words) = after.split_once("  = ").unwrap();
        assert!(
            words.starts_with(&told(*kind, "the test")),
            "{hang}: {words:.200}"
        );
    }
    for (number, hang) in files.enumerate() {
        assert!(
            all.contains(&format!("--> top{number}_test.lua:2")),
            "{all}"
        );
        assert!(
            all.contains(&told(kind(hang), "loading the script")),
            "{all}"
        );
    }
    assert!(all.contains("1 test passed"), "{all}");
}

/// Waits for the end after one signal; the exit code is 0 where an end in order is promised.
#[track_caller]
fn assert_one_signal_ends(run: Run, is_in_order: bool) -> Ended {
    let began = Instant::now();
    run.process().signal("INT");
    let ended = run.ends();
    let took = began.elapsed();
    assert!(took < SOON, "{took:?}\n{}", ended.stderr);
    if is_in_order {
        ended.assert_code(0);
    }
    ended
}

#[test]
fn one_signal_ends_a_load_however_long_it_may_take() {
    let hanging = "ouzel.log.warn('it hangs')\nwhile true do end";
    let setup = || {
        Setup::new()
            .without_script_limits()
            .file("tweets.jsonl", tweets(1..=1))
    };
    for (command, arguments, is_in_order) in [
        ("run", &[][..], true),
        ("replay", &["tweets.jsonl"], true),
        ("check", &[], false),
        ("test", &[], false),
    ] {
        let setup = match command {
            "test" => setup().file("scripts/main_test.lua", "test('nothing', function() end)"),
            _ => setup(),
        };
        let run = setup
            .script(hanging)
            .command(command)
            .arguments(arguments)
            .start();
        run.wait_for("it hangs");
        let ended = assert_one_signal_ends(run, is_in_order);
        if command == "run" {
            ended.assert_says("the stream was never connected");
        }
    }
    // In a save that is swapped in at once, and what ran before has handled all.
    let run = setup()
        .environment("OUZEL_SHADOW", "0")
        .script("ouzel.enrich(function(t) ouzel.log.info('at', t.id .. '.') end)")
        .start();
    run.powertrack().send(tweet(1));
    run.wait_for("at 1.");
    run.write("scripts/main.lua", hanging);
    run.wait_for("it hangs");
    run.powertrack().send(tweet(2));
    assert_one_signal_ends(run, true);
    // In the load that precedes another try.
    let failed = setup()
        .script("ouzel.enrich(function() error('no') end)")
        .command("replay")
        .arguments(&["tweets.jsonl", "--db", "out.db"])
        .ends();
    let run = failed
        .again()
        .script(hanging)
        .command("quarantine")
        .arguments(&["retry", "--db", "out.db"])
        .start();
    run.wait_for("it hangs");
    let ended = assert_one_signal_ends(run, false);
    let rows = "SELECT tweet_id, attempts FROM _ouzel_quarantine";
    assert_eq!(ended.rows_of("out.db", rows), "1|1");
}

/// More hangs than a run or a replay could sit out.
const MANY: i64 = 2_000;

#[test]
fn one_signal_ends_hangs_that_come_one_after_the_other() {
    // Each is within its budget, and none is switched off.
    let setup = || {
        Setup::new()
            .environment("OUZEL_SCRIPT_BREACHES", "0")
            .file("tweets.jsonl", tweets(1..=MANY))
    };
    let handler =
        "ouzel.enrich(function(t) ouzel.log.info('hangs at', t.id .. '.') while true do end end)";
    let run = setup().script(handler).start();
    run.powertrack().send_all((1..=MANY).map(tweet));
    run.wait_for("hangs at 3.");
    let ended = assert_one_signal_ends(run, true);
    // What was not handled comes again.
    let rows = ended.rows("SELECT count(*) < 2000, count(*) = max(id) FROM _ouzel_quarantine");
    assert_eq!(rows, "1|1");
    for arguments in [
        &["tweets.jsonl"][..],
        &["tweets.jsonl", "--compare", "scripts/main.lua"],
    ] {
        let run = setup()
            .script(handler)
            .command("replay")
            .arguments(arguments)
            .start();
        run.wait_for("hangs at 3.");
        assert_one_signal_ends(run, false);
    }
    let ended = setup()
        .script("ouzel.enrich(function() error('no') end)")
        .command("replay")
        .arguments(&["tweets.jsonl", "--db", "out.db"])
        .ends();
    let run = ended
        .again()
        .script(handler)
        .command("quarantine")
        .arguments(&["retry", "--db", "out.db"])
        .start();
    run.wait_for("hangs at 3.");
    let ended = assert_one_signal_ends(run, false);
    let rows = "SELECT count(*), max(attempts) FROM _ouzel_quarantine";
    assert_eq!(ended.rows_of("out.db", rows), "2000|2");
    // As many timers as a script can have.
    let timers = "for i = 1, 100 do
  ouzel.every('100ms', function() ouzel.log.info('hangs at', i .. '.') while true do end end)
end
ouzel.enrich(function(t) ouzel.log.info('handled', t.id .. '.') end)";
    let run = setup()
        .script(timers)
        .environment("OUZEL_SCRIPT_TIME", "1s")
        .start();
    run.wait_for("hangs at 2.");
    // Tweets come between two of them.
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    run.wait_for("hangs at");
    assert_one_signal_ends(run, true);
}

#[test]
fn a_timer_that_breaks_its_budget_again_and_again_is_switched_off_until_the_next_save() {
    let script = "ouzel.every('100ms', function()
  ouzel.log.info('hangs')
  while true do end
end)
local calls = 0
ouzel.every('100ms', function()
  calls = calls + 1
  ouzel.log.info('call', calls .. '.')
  while calls % 3 > 0 do end
end)
ouzel.enrich(function(t) ouzel.log.info('at', t.id .. '.') end)";
    let run = setup(script)
        .environment("OUZEL_SCRIPT_BREACHES", "3")
        .start();
    let said = run.wait_for("a timer is switched off until the next save");
    assert!(said.contains("ERROR") && said.contains("times=3"), "{said}");
    assert!(said.contains(r#"timer="every \"100ms\"""#), "{said}");
    // One that breaks it now and then is not, and the stream goes on.
    run.wait_for("call 7.");
    run.powertrack().send(tweet(1));
    run.wait_for("at 1.");
    let hung = |said: &str| said.matches("script: hangs").count();
    let said = run.process().said();
    assert_eq!(said.matches("is switched off").count(), 1, "{said}");
    run.write("scripts/main.lua", &format!("{script} -- saved"));
    run.wait_for("script loaded generation=2");
    run.wait_for("a timer is switched off until the next save");
    let ended = run.drain();
    assert_eq!(hung(&ended.stderr), 2 * hung(&said), "{}", ended.stderr);
}
