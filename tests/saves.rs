//! Saves while the stream is busy: a third of them are broken, and a third change rules. One connection, no Tweet lost,
//! none twice, no memory kept, and short pauses.
//!
//! The short form runs with the other tests. The long one is the same with more saves, and its pauses mean something only
//! in a release build:
//! `OUZEL_SAVES=1000 cargo test --release --test saves -- --nocapture`
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a failing test panics, and a long one says how far it is"
)]

mod support;

use std::{collections::BTreeMap, env, time::Duration};

use rusqlite::Connection;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value, pointer};
use support::{Setup, Sim, wait_until, wait_while_it_grows};

/// Tweets made each second, in the long form and in the short one. All of them match.
const RATES: [&str; 2] = ["2000", "500"];

/// How many saves the short form has.
const FEW: usize = 60;

/// Each save lets so many Tweets pass at least.
const TWEETS_PER_SAVE: u64 = 20;

/// How much more memory than after a third of the saves the process may have at the end. What it keeps of each save would
/// be more than that after a thousand.
const GROWTH: u64 = 48 << 20;

/// The rules of the last save. There are never as many before.
const NEVER: u64 = 7;

/// Ways in which a save is broken.
const BROKEN: [&str; 6] = [
    "ouzel.enrich(",
    "error('no')",
    "ouzel.rules { { value = 'fish AND bird' } }",
    "while true do end",
    "local text = 'x' while true do text = text .. text end",
    "seen:insert { id = 'no number' }",
];

/// What a save is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Save {
    Broken,
    Rules,
    Handlers,
}

impl Save {
    fn of(number: usize) -> Self {
        [Self::Handlers, Self::Broken, Self::Rules][number % 3]
    }
}

/// The script as it is saved for the time with this number. Every third time another rule comes, and the one before goes.
fn script(number: usize) -> String {
    let broken = match Save::of(number) {
        Save::Broken => BROKEN[number / 3 % BROKEN.len()],
        Save::Rules | Save::Handlers => "",
    };
    let changing = match (number + 1) / 3 % 5 {
        0 => String::new(),
        rule => format!("{{ tag = 'rule {rule}', value = 'lang:en followers_count:{rule}' }},"),
    };
    format!(
        "ouzel.rules {{ {{ tag = 'all', value = 'followers_count:0' }}, {changing} }}
local seen = ouzel.table('seen', {{ id = 'INTEGER', tags = 'TEXT', save = 'INTEGER' }})
{broken}
ouzel.enrich(function(t)
  local tags = t:tags()
  table.sort(tags)
  seen:insert {{ id = t.id, tags = table.concat(tags, ','), save = {number} }}
  ouzel.state.n = (ouzel.state.n or 0) + 1
end)
"
    )
}

#[test]
fn saves_under_a_busy_stream_lose_nothing_and_keep_the_connection() {
    let saves = env::var("OUZEL_SAVES").map_or(FEW, |text| text.parse().expect("a number"));
    let sim = Sim::start(&[
        "--rate",
        RATES[usize::from(saves <= FEW)],
        // However slow the machine is, nobody is too slow a reader.
        "--buffer",
        "10000000",
        "--oracle",
        "truth.jsonl",
        "--rule-requests-per-minute",
        "0",
    ]);
    let run = Setup::new()
        .script(&script(0))
        .against(&sim)
        .environment("OUZEL_DEBOUNCE", "1ms")
        .environment("OUZEL_SCRIPT_LOAD_TIME", "300ms")
        .environment("OUZEL_SCRIPT_MEMORY", "16MiB")
        .start();
    run.wait_for("stream connected");
    let delivered = || count(&sim, "delivered");
    let mut warm = 0;
    for number in 1..=saves {
        let before = delivered();
        run.write("scripts/main.lua", &script(number));
        run.wait_for(match Save::of(number) {
            Save::Broken => "reload failed",
            Save::Rules | Save::Handlers => "script loaded",
        });
        wait_while_it_grows(before + TWEETS_PER_SAVE, delivered);
        if number == saves / 3 {
            warm = run.process().memory_now();
        }
        if number % 100 == 0 {
            let memory = run.process().memory_now() >> 20;
            eprintln!("{number} saves, {} Tweets, {memory} MiB", delivered());
        }
    }
    let end = run.process().memory_now();
    // With these rules nothing matches any more. An empty set would delete none.
    let never: String = (0..NEVER)
        .map(|n| format!("{{ value = 'cat{n} -cat{n}' }}, "))
        .collect();
    let last = script(0);
    let (_, rest) = last.split_once('\n').unwrap();
    run.write(
        "scripts/main.lua",
        &format!("ouzel.rules {{ {never} }}\n{rest}"),
    );
    run.wait_for("script loaded");
    wait_until("the last rules alone are left", || {
        sim.stats()["rules"].as_u64() == Some(NEVER)
    });
    wait_while_it_grows(count(&sim, "matched"), delivered);
    let ended = run.drain();
    let stats = sim.stats();
    let connections = stats.pointer(&pointer!["connections", "total"]);
    assert_eq!(connections.as_u64(), Some(1));
    ended.assert_says("failed 0").assert_says("filtered 0");
    let truth = truth(&sim.truth("truth.jsonl"));
    let held = held(&ended.database());
    let missing: Vec<_> = truth.keys().filter(|id| !held.contains_key(id)).collect();
    let surplus: Vec<_> = held.keys().filter(|id| !truth.contains_key(id)).collect();
    assert!(
        missing.is_empty(),
        "{} {missing:?}\n{}",
        missing.len(),
        ended.stderr
    );
    assert!(surplus.is_empty(), "{} {surplus:?}", surplus.len());
    let twice: Vec<_> = held.iter().filter(|(_, rows)| rows.len() != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    for (id, tags) in &truth {
        let (held, save) = &held[id][0];
        assert_eq!(held, tags, "Tweet {id}");
        assert_ne!(Save::of(*save), Save::Broken, "Tweet {id}");
    }
    assert_eq!(
        ended.rows("SELECT value FROM _ouzel_state WHERE key = 'n'"),
        truth.len().to_string()
    );
    assert!(truth.len() as u64 >= saves as u64 * TWEETS_PER_SAVE);
    tell_pauses(&ended.stderr, saves);
    eprintln!(
        "{saves} saves, {} Tweets, memory {} MiB after a third and {} MiB at the end",
        truth.len(),
        warm >> 20,
        end >> 20
    );
    assert!(
        end < warm + GROWTH,
        "{} MiB, then {} MiB",
        warm >> 20,
        end >> 20
    );
}

fn count(sim: &Sim, what: &str) -> u64 {
    sim.stats()["tweets"][what].as_u64().unwrap()
}

/// The Tweets that matched, each with the tags of the rules that it matched then.
fn truth(oracle: &str) -> BTreeMap<i64, String> {
    let events = oracle
        .lines()
        .map(|line| sonic_rs::from_str::<Value>(line).unwrap());
    let tweets = events.filter(|event| event["event"].as_str() == Some("tweet"));
    tweets
        .map(|event| {
            let tags = event["tags"].as_array().unwrap().iter();
            let mut tags: Vec<_> = tags.map(|tag| tag.as_str().unwrap()).collect();
            tags.sort_unstable();
            (
                event["id"].as_str().unwrap().parse().unwrap(),
                tags.join(","),
            )
        })
        .collect()
}

/// The rows of each Tweet: its tags, and the save that has written it.
fn held(database: &std::path::Path) -> BTreeMap<i64, Vec<(String, usize)>> {
    let database = Connection::open(database).unwrap();
    let mut select = database.prepare("SELECT id, tags, save FROM seen").unwrap();
    let mut rows = select.query([]).unwrap();
    let mut held = BTreeMap::<_, Vec<_>>::new();
    while let Some(row) = rows.next().unwrap() {
        let save: u32 = row.get(2).unwrap();
        let row = (row.get(0).unwrap(), row.get(1).unwrap(), save as usize);
        held.entry(row.0).or_default().push((row.1, row.2));
    }
    held
}

/// Prints how long the stream stood still at a swap. What is measured beside other tests is no claim.
fn tell_pauses(log: &str, saves: usize) {
    let said = log.lines().filter(|line| line.contains("script loaded"));
    let pauses = said.filter_map(|line| {
        let (_, pause) = line.split_once(" pause=")?;
        Some(length(pause.split_whitespace().next()?))
    });
    let mut pauses: Vec<_> = pauses.collect();
    pauses.sort_unstable();
    assert!(pauses.len() > saves / 2, "{log}");
    let at = |percent: usize| pauses[(pauses.len() * percent / 100).min(pauses.len() - 1)];
    eprintln!(
        "pauses of {} swaps: median {:?}, p99 {:?}, longest {:?}",
        pauses.len(),
        at(50),
        at(99),
        pauses[pauses.len() - 1]
    );
}

/// A length of time as the log writes it.
fn length(text: &str) -> Duration {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: f64 = digits.parse().unwrap();
    let seconds = match &text[digits.len()..] {
        "s" => number,
        "ms" => number / 1e3,
        "µs" => number / 1e6,
        other => panic!("{other} in {text}"),
    };
    Duration::from_secs_f64(seconds)
}
