//! Kill it at any moment, start it again: every Tweet that matched is in the database, once, as rows or in quarantine.
//!
//! The short form runs with the other tests. The long one is the same with more kills and seeds, 1 000 kills in all:
//! `OUZEL_KILLS=200 OUZEL_SEEDS=1,2,3,4,5 cargo test --test kill -- --nocapture`
//!
//! `OUZEL_KILLS` is how often it is killed for each seed, 25 if nobody says otherwise; `OUZEL_SEEDS` which seeds, parted by
//! commas, 1 if nobody does. A seed decides the Tweets, the faults, and what is done at each kill. When exactly a kill comes
//! is up to the machine.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a failing test panics, and a long one says how far it is"
)]

mod support;

use std::{
    collections::HashSet,
    env, fs,
    hint::spin_loop,
    path::Path,
    time::{Duration, Instant},
};

use fastrand::Rng;
use rusqlite::Connection;
use sonic_rs::{JsonValueTrait, Value};
use support::{Process, Sim, UNLIMITED, command, wait_until, wait_while_it_grows};

/// Tweets made each second, a quarter of which match, and how many seconds each kill has of the stream on average.
const RATE: u64 = 300;
const SECONDS_PER_KILL: f64 = 0.7;

/// What goes wrong meanwhile. Nothing here loses a Tweet for good: backfill brings it again.
///
/// A backfill is longer than what is new, and has to come to its end at some time, so connections do not end too often.
const FAULTS: &[&str] = &[
    "reset:after=4s",
    "cut-line:after=8s",
    "torn-gzip:after=12s",
    "operational:after=16s",
    "reset:probability=0.0001",
    "cut-line:probability=0.00005",
    "torn-gzip:probability=0.00005",
    "new-member:probability=0.002",
    "no-delimiter:probability=0.002",
    "duplicate:probability=0.005",
    "reorder:probability=0.005",
    "invalid-json:probability=0.0005",
    "invalid-utf8:probability=0.0005",
    "damaged-copy:probability=0.02",
    "unknown-message:probability=0.002",
    "one-byte-chunks:probability=0.0002",
];

const RULES: &str = r#"
ouzel.rules { { tag = "music", value = "music" }, { tag = "coffee", value = "coffee OR #espresso" } }
local seen = ouzel.table("seen", { id = "INTEGER" })
ouzel.db.exec "CREATE TRIGGER IF NOT EXISTS spite BEFORE INSERT ON seen WHEN NEW.id % 89 = 0 BEGIN SELECT RAISE(ROLLBACK, 'spite'); END"
ouzel.db.exec "CREATE TABLE IF NOT EXISTS counter (n INTEGER)"
ouzel.db.exec "INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter)"
ouzel.db.exec "CREATE TABLE IF NOT EXISTS one (a INTEGER UNIQUE ON CONFLICT ROLLBACK)"
ouzel.db.exec "INSERT OR IGNORE INTO one VALUES (1)"
ouzel.enrich(function(t)
  seen:insert { id = t.id }
  -- This undoes the whole batch, as the trigger does, and nothing fails.
  if t.id % 97 == 0 then pcall(ouzel.db.exec, "INSERT INTO one VALUES (1)") end
  ouzel.db.exec "UPDATE counter SET n = n + 1"
  ouzel.state.n = (ouzel.state.n or 0) + 1
  ouzel.state.last = { id = t.id }
  ouzel.emit(t.id)
end)
"#;

/// Some Tweets hang, until the process is killed twice over them.
const POISON: &str =
    "ouzel.enrich(function(t) if t.id % 1499 == 0 then while true do end end end)\n";

/// Handlers that come and go while the stream is live, and a rule: what it finds, another one finds too.
const HANDLERS: [&str; 4] = [
    "",
    // Long enough that a save is loaded between two Tweets of one frame.
    "ouzel.filter(function(t) for i = 1, t.id % 8 == 0 and 3e6 or 1e5 do end return true end)",
    "ouzel.on('music', function(t) t.extra = #t.text end)",
    "ouzel.rules { { tag = 'loud', value = 'music -is:retweet' } }",
];

/// How an editor saves.
#[derive(Debug, Clone, Copy)]
enum Save {
    Renamed,
    InPlace,
    /// It is not done: what is there so far is no Lua.
    Half,
}

#[test]
fn rows_equal_the_tweets_that_matched_however_often_it_is_killed() {
    let number = |name: &str, default: u32| {
        env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let kills = number("OUZEL_KILLS", 25);
    let seeds = env::var("OUZEL_SEEDS").unwrap_or_else(|_| "1".to_owned());
    for seed in seeds.split(',') {
        survive(kills, seed.parse().expect("seeds are numbers"));
    }
}

fn survive(kills: u32, seed: u64) {
    let mut random = Rng::with_seed(seed);
    let limit = (f64::from(kills) * SECONDS_PER_KILL * RATE as f64) as u64;
    let (rate, limit, seed_text) = (RATE.to_string(), limit.to_string(), seed.to_string());
    let mut arguments = vec![
        "--rate",
        &rate,
        "--limit",
        &limit,
        "--seed",
        &seed_text,
        "--oracle",
        "truth.jsonl",
        // Kills come faster than the service would let anybody connect.
        "--connects-per-minute",
        "0",
        "--rule-requests-per-minute",
        "0",
        "--connections",
        "100",
    ];
    for fault in FAULTS {
        arguments.extend(["--fault", fault]);
    }
    let sim = Sim::start(&arguments);
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("scripts")).unwrap();
    for kill in 1..=kills {
        // What was being saved at the kill is saved now.
        write_script(folder.path(), POISON, 0, Save::Renamed);
        let run = start(&sim, folder.path());
        one_life(&run, folder.path(), &mut random);
        run.signal("KILL");
        drop(run);
        if kill % 20 == 0 {
            eprintln!("seed {seed}: {kill} kills, {:?}", sim.stats()["tweets"]);
        }
    }
    // Nobody is left to kill it.
    write_script(folder.path(), "", 0, Save::Renamed);
    let run = start(&sim, folder.path());
    let limit: u64 = limit.parse().unwrap();
    let tweets = |which: &str| sim.stats()["tweets"][which].as_u64().unwrap();
    let made = wait_while_it_grows(limit, || tweets("made"));
    assert_eq!(made, limit, "the simulator makes no more Tweets");
    // What is missing, the comparison says.
    let held = "SELECT (SELECT count(*) FROM seen) + (SELECT count(*) FROM _ouzel_quarantine)";
    wait_while_it_grows(tweets("matched"), || count(folder.path(), held));
    // The rule that comes and goes is gone, and no other one is left or lost.
    wait_until("the rules are the declared ones", || {
        sim.stats()["rules"].as_u64() == Some(2)
    });
    run.signal("TERM");
    let (code, _, said) = run.wait();
    assert_eq!(code, 0, "{said}");
    compare(&sim, folder.path(), &said);
}

/// What happens before a kill: sometimes next to nothing, sometimes a reload, sometimes many Tweets, and sometimes the
/// script is being saved or loaded when the kill comes.
fn one_life(run: &Process, folder: &Path, random: &mut Rng) {
    if random.u8(..4) == 0 {
        spin(Duration::from_micros(random.u64(..60_000)));
        return;
    }
    if random.bool() {
        save(folder, random);
    }
    for _ in 0..random.u32(..120) {
        if !run.hears_output(Duration::from_millis(1500)) {
            break;
        }
    }
    if random.bool() {
        save(folder, random);
        // Longer than the debounce: what is saved is waited for, is loaded, or has just been loaded.
        spin(Duration::from_micros(random.u64(..80_000)));
    } else {
        spin(Duration::from_micros(random.u64(..20_000)));
    }
}

fn save(folder: &Path, random: &mut Rng) {
    let how = [Save::Renamed, Save::InPlace, Save::Half][random.usize(..3)];
    write_script(folder, POISON, random.usize(..HANDLERS.len()), how);
}

/// Waits for less than a timer could, and without one.
fn spin(time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        spin_loop();
    }
}

fn start(sim: &Sim, folder: &Path) -> Process {
    let mut command = command(folder);
    command
        .args(["run", "--log", "warn"])
        .env("OUZEL_URL", sim.url("http", "stream"))
        .env("OUZEL_RULES_URL", sim.url("http", "rules"))
        .env("OUZEL_USERNAME", "sim")
        .env("OUZEL_PASSWORD", "sim")
        .env("OUZEL_DEBOUNCE", "20ms")
        // What is handled goes at once: the journal remembers nothing.
        .env("OUZEL_JOURNAL_RETAIN", "1s")
        .env("OUZEL_JOURNAL_MAX_SIZE", "1MiB")
        .env("OUZEL_STATUS_LISTEN", "off")
        // What hangs is there to be killed.
        .envs(UNLIMITED);
    Process::start(command)
}

fn write_script(folder: &Path, poison: &str, handler: usize, how: Save) {
    let text = format!("{RULES}{poison}{}", HANDLERS[handler]);
    let path = folder.join("scripts/main.lua");
    match how {
        Save::Renamed => {
            let beside = folder.join("scripts/main.new");
            fs::write(&beside, text).unwrap();
            fs::rename(beside, path).unwrap();
        }
        Save::InPlace => fs::write(path, text).unwrap(),
        Save::Half => fs::write(path, format!("{}\n[==[", &text[..text.len() / 2])).unwrap(),
    }
}

fn count(folder: &Path, sql: &str) -> u64 {
    let database = Connection::open(folder.join("data/ouzel.db")).unwrap();
    let count: i64 = database.query_row(sql, [], |row| row.get(0)).unwrap_or(0);
    count.unsigned_abs()
}

fn compare(sim: &Sim, folder: &Path, said: &str) {
    let oracle = fs::read_to_string(sim.folder().join("truth.jsonl")).unwrap();
    let truth: HashSet<i64> = oracle
        .lines()
        .filter_map(|line| sonic_rs::from_str::<Value>(line).ok())
        .filter(|event| event["event"].as_str() == Some("tweet"))
        .map(|event| event["id"].as_str().unwrap().parse().unwrap())
        .collect();
    let database = Connection::open(folder.join("data/ouzel.db")).unwrap();
    let odd = "SELECT count(*) FROM _ouzel_quarantine
        WHERE tweet_id % 97 != 0 AND tweet_id % 89 != 0 AND error != 'ouzel ended without warning twice while this Tweet was in hand'";
    assert_eq!(count(folder, odd), 0, "{said}");
    let mut select = database
        .prepare("SELECT id FROM seen UNION ALL SELECT tweet_id FROM _ouzel_quarantine")
        .unwrap();
    let rows: Vec<i64> = select
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let held: HashSet<i64> = rows.iter().copied().collect();
    let missing: Vec<_> = truth.difference(&held).collect();
    let surplus: Vec<_> = held.difference(&truth).collect();
    assert!(
        missing.is_empty() && surplus.is_empty() && rows.len() == held.len(),
        "of {} Tweets {} are missing, {} are twice, {} should not be there\nmissing: {:?}\n{said}",
        truth.len(),
        missing.len(),
        rows.len() - held.len(),
        surplus.len(),
        &missing[..missing.len().min(10)],
    );
    assert_eq!(
        count(folder, "SELECT n FROM counter"),
        count(folder, "SELECT count(*) FROM seen"),
        "the counter that the script keeps"
    );
    assert_eq!(
        count(folder, "SELECT value FROM _ouzel_state WHERE key = 'n'"),
        count(folder, "SELECT count(*) FROM seen"),
        "the state that the script keeps"
    );
    assert_eq!(
        count(folder, "SELECT count(*) FROM _ouzel_state"),
        3,
        "nothing of an older state stays behind"
    );
    assert_eq!(
        count(folder, "SELECT sum(tweets) FROM _ouzel_minutes"),
        rows.len() as u64,
        "the Tweets of all minutes"
    );
    assert!(rows.len() > 500, "{} Tweets are no test", rows.len());
}
