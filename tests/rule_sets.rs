//! Sets of rules on the simulator, which goes wrong on purpose: whatever happens, the rules come out as declared, no
//! Tweet is missed on the way, and none is reported twice.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    io::{Read, Write},
};

use fastrand::Rng;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};
use support::{Ended, Run, Setup, Sim, connect, wait_until};

/// More Tweets than any of these tests takes time for.
const TWEETS: u64 = 40_000;

/// A simulator all of whose Tweets are about coffee, so that the oracle has a hole where no rule matched.
fn sim(arguments: &[&str]) -> Sim {
    let folder = tempfile::tempdir().unwrap();
    let tweets = folder.path().join("tweets.jsonl");
    let lines = (1..=TWEETS).map(|id| {
        format!("{{\"id\":{id},\"id_str\":\"{id}\",\"text\":\"coffee {id}\",\"user\":{{\"id\":1,\"id_str\":\"1\",\"screen_name\":\"a\"}}}}\n")
    });
    fs::write(&tweets, lines.collect::<String>()).unwrap();
    let mut all = vec![
        "--tweets",
        tweets.to_str().unwrap(),
        "--rate",
        "200",
        "--oracle",
        "truth.jsonl",
        "--rule-requests-per-minute",
        "0",
        "--connects-per-minute",
        "0",
    ];
    all.extend(arguments);
    // The file is open once it runs.
    Sim::start(&all)
}

/// A project against a simulator.
fn setup(sim: &Sim, script: &str) -> Setup {
    Setup::new().against(sim).script(script)
}

/// A script that writes down each report of a Tweet.
fn script(rules: &[(&str, &str)]) -> String {
    let rules = rules
        .iter()
        .map(|(value, tag)| format!("{{ value = [[{value}]], tag = '{tag}' }}"));
    format!(
        "ouzel.rules {{ {} }}
local hits = ouzel.table('hits', {{ id = 'INTEGER', tag = 'TEXT' }})
ouzel.on('*', function(t, rule) hits:insert {{ id = t.id, tag = rule.tag }} end)",
        rules.collect::<Vec<_>>().join(", ")
    )
}

/// A request of somebody else to the rules endpoint. `None` if a fault takes the answer.
fn somebody(sim: &Sim, method: &str, query: &str, body: &str) -> Option<Value> {
    let mut connection = connect(sim.address());
    let request = format!(
        "{method} /rules/powertrack/accounts/sim/publishers/twitter/dev.json{query} HTTP/1.1\r\nhost: {}\r\nauthorization: Basic c2ltOnNpbQ==\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        sim.address(),
        body.len()
    );
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    Some(sonic_rs::from_str(answer.split_once("\r\n\r\n")?.1).unwrap())
}

/// The rules on the simulator: value, tag and id.
fn listed(sim: &Sim) -> Vec<(String, String, i64)> {
    let list = somebody(sim, "GET", "", "").expect("only changes go wrong");
    let mut rules: Vec<_> = list["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| {
            let text = |key: &str| rule[key].as_str().unwrap_or_default().to_owned();
            (text("value"), text("tag"), text("id_str").parse().unwrap())
        })
        .collect();
    rules.sort();
    rules
}

fn values(sim: &Sim) -> Vec<(String, String)> {
    let rules = listed(sim).into_iter();
    rules.map(|(value, tag, _)| (value, tag)).collect()
}

/// Waits until so many more Tweets have matched: then the stream has gone on for a while.
fn let_flow(sim: &Sim, more: u64) {
    let matched = || sim.stats()["tweets"]["matched"].as_u64().unwrap();
    let enough = matched() + more;
    wait_until("Tweets match", || matched() >= enough);
}

fn arm(sim: &Sim, faults: &str) {
    let set = sim.control("POST", "faults", faults);
    assert!(set.get("error").is_none(), "{set:?}");
}

/// No Tweet was missed by the rules, none that matched is missing, and none was reported twice. Gives the tags in the
/// order of the Tweets, each run of the same tag once.
#[track_caller]
fn assert_no_hole(sim: Sim, ended: &Ended) -> Vec<String> {
    let truth = sim.truth("truth.jsonl");
    let tweets: BTreeMap<i64, u64> = truth
        .lines()
        .map(|line| sonic_rs::from_str::<Value>(line).unwrap())
        .filter(|event| event["event"].as_str() == Some("tweet"))
        .map(|event| {
            let id = event["id"].as_str().unwrap().parse().unwrap();
            (event["position"].as_i64().unwrap(), id)
        })
        .collect();
    let positions: Vec<i64> = tweets.keys().copied().collect();
    let holes: Vec<_> = positions
        .windows(2)
        .filter(|pair| pair[1] != pair[0] + 1)
        .collect();
    assert!(
        holes.is_empty(),
        "no rule matched between {holes:?}\n{}",
        ended.stderr
    );
    let rows = ended.rows("SELECT id, tag FROM hits ORDER BY id, rowid");
    let (mut times, mut tags) = (HashMap::<u64, u32>::new(), Vec::<String>::new());
    for row in rows.lines() {
        let (id, tag) = row.split_once('|').unwrap();
        *times.entry(id.parse().unwrap()).or_default() += 1;
        if tags.last().map(String::as_str) != Some(tag) {
            tags.push(tag.to_owned());
        }
    }
    let last = times.keys().max().copied().unwrap_or(0);
    let missing: Vec<_> = tweets
        .values()
        .filter(|id| **id <= last && !times.contains_key(id))
        .collect();
    assert!(missing.is_empty(), "missing {missing:?}\n{}", ended.stderr);
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(
        twice.is_empty(),
        "reported twice {twice:?}\n{}",
        ended.stderr
    );
    assert!(times.len() > 50, "{} Tweets are no test", times.len());
    tags
}

#[test]
fn a_tag_changes_on_a_live_stream_without_a_hole_and_each_tweet_is_reported_once() {
    for late in [&["--rule-delay", "0s"], &["--rule-delay", "300ms"]] {
        let sim = sim(late);
        let run = setup(&sim, &script(&[("coffee", "old")])).start();
        run.wait_for("stream connected");
        let_flow(&sim, 100);
        run.write("scripts/main.lua", &script(&[("coffee", "new")]));
        run.wait_for("rules reconciled added=0 retagged=1 deleted=0");
        let_flow(&sim, 200);
        let ended = run.drain();
        assert_eq!(values(&sim), [("coffee".to_owned(), "new".to_owned())]);
        assert_eq!(
            ended.rows("SELECT value, tag, temporary FROM _ouzel_rules"),
            "coffee|new|0"
        );
        assert_eq!(
            ended.rows("SELECT count(*) FROM _ouzel_retags WHERE ended_ms IS NOT NULL"),
            "1"
        );
        let tags = assert_no_hole(sim, &ended);
        assert_eq!(tags, ["old", "new"]);
    }
}

#[test]
fn whatever_goes_wrong_with_a_change_no_tweet_is_missed() {
    let sim = sim(&[]);
    let run = setup(&sim, &script(&[("coffee", "one")])).start();
    run.wait_for("stream connected");
    let_flow(&sim, 50);
    for (fault, tag) in [
        ("rules-collide", "two"),
        ("rules-lost", "three"),
        ("rules-reset", "four"),
        ("rules-late", "five"),
        ("rules-half", "six"),
    ] {
        // Each change of a change meets it once, and the next one is let through.
        arm(
            &sim,
            &format!("{{\"fault\":\"{fault}\",\"every\":2,\"times\":2}}"),
        );
        run.write("scripts/main.lua", &script(&[("coffee", tag)]));
        wait_until("the rule has its tag", || {
            values(&sim) == [("coffee".to_owned(), tag.to_owned())]
        });
        sim.control("DELETE", "faults", "");
        run.wait_for("rules reconciled");
    }
    let_flow(&sim, 100);
    let ended = run.drain();
    let tags = assert_no_hole(sim, &ended);
    assert_eq!(tags, ["one", "two", "three", "four", "five", "six"]);
}

#[test]
fn a_change_that_a_crash_breaks_off_is_finished_by_the_next_start() {
    // Before the old rule is deleted, before the new one is added, and before the one in parentheses is deleted.
    for every in 2..=4 {
        let sim = sim(&[]);
        let run = setup(&sim, &script(&[("coffee", "old")])).start();
        run.wait_for("stream connected");
        let_flow(&sim, 50);
        // From then on every change fails.
        arm(
            &sim,
            &format!(
                "{{\"fault\":\"rules-collide\",\"every\":{every},\"times\":1,\"for\":\"1h\"}}"
            ),
        );
        run.write("scripts/main.lua", &script(&[("coffee", "new")]));
        run.wait_for("rules not reconciled");
        let ended = run.kill();
        sim.control("DELETE", "faults", "");
        let left = listed(&sim);
        assert!(
            left.iter().any(|(value, ..)| value == "(coffee)"),
            "{left:?}"
        );
        let run = ended.again().start();
        run.wait_for("stream connected");
        run.wait_for_rules(&sim, &[("coffee", "new")]);
        let_flow(&sim, 50);
        let ended = run.drain();
        assert_eq!(
            ended.rows("SELECT value, tag, temporary FROM _ouzel_rules"),
            "coffee|new|0"
        );
        let rows = ended.rows("SELECT id FROM hits GROUP BY id HAVING count(*) > 1");
        assert_eq!(rows, "", "reported twice\n{}", ended.stderr);
    }
}

/// The deletion of the rule with its old tag fails, or the addition with the new one, and the next save is there before
/// the next attempt.
#[test]
fn a_save_after_a_broken_off_change_of_a_tag_gives_its_own_tag_and_each_tweet_is_reported_once() {
    for (every, last) in [(3, "last"), (4, "last"), (3, "old")] {
        let sim = sim(&[]);
        let run = setup(&sim, &script(&[("coffee", "old")])).start();
        run.wait_for("stream connected");
        let_flow(&sim, 50);
        arm(
            &sim,
            &format!("{{\"fault\":\"rules-status\",\"every\":{every},\"times\":1}}"),
        );
        run.write("scripts/main.lua", &script(&[("coffee", "middle")]));
        run.wait_for("rules not reconciled");
        run.write("scripts/main.lua", &script(&[("coffee", last)]));
        run.wait_for_rules(&sim, &[("coffee", last)]);
        run.wait_for("rules reconciled");
        let_flow(&sim, 200);
        let ended = run.drain();
        let open = ended.rows("SELECT count(*) FROM _ouzel_retags WHERE ended_ms IS NULL");
        assert_eq!(open, "0");
        let tags = assert_no_hole(sim, &ended);
        assert_eq!(tags.last().map(String::as_str), Some(last), "{tags:?}");
        let rows = ended.rows(&format!(
            "SELECT count(*) > 100 FROM hits WHERE tag = '{last}'"
        ));
        assert_eq!(rows, "1", "{tags:?}");
    }
}

/// The request for the rule in parentheses is lost, sent again, and carried out when the tag has changed long since.
#[test]
fn what_a_lost_request_does_late_is_taken_back() {
    let sim = sim(&[]);
    let run = setup(&sim, &script(&[("coffee", "old")]))
        .environment("OUZEL_RULES_CHECK_EVERY", "1s")
        .start();
    run.wait_for("stream connected");
    arm(
        &sim,
        "{\"fault\":\"rules-late\",\"times\":1,\"for\":\"6s\",\"every\":1}",
    );
    run.write("scripts/main.lua", &script(&[("coffee", "new")]));
    run.wait_for("rules reconciled added=0 retagged=1");
    run.wait_for("rules reconciled added=0 retagged=0 deleted=1");
    run.wait_for_rules(&sim, &[("coffee", "new")]);
    let ended = run.drain();
    ended.assert_silent_about("somebody else");
}

/// As before, but another save changes the tag once more meanwhile, so that what comes late has a tag that nobody wants.
#[test]
fn what_a_lost_request_does_late_is_taken_back_also_after_another_save_and_a_restart() {
    let sim = sim(&[]);
    let run = setup(&sim, &script(&[("coffee", "old")]))
        .environment("OUZEL_RULES_CHECK_EVERY", "1s")
        .start();
    run.wait_for("stream connected");
    arm(
        &sim,
        "{\"fault\":\"rules-late\",\"times\":1,\"for\":\"8s\",\"every\":1}",
    );
    run.write("scripts/main.lua", &script(&[("coffee", "middle")]));
    run.wait_for("rules not reconciled");
    run.write("scripts/main.lua", &script(&[("coffee", "new")]));
    run.wait_for("rules reconciled added=0 retagged=1");
    let run = run.drain().again().start();
    run.wait_for("stream connected");
    run.wait_for("rules reconciled added=0 retagged=0 deleted=1");
    run.wait_for_rules(&sim, &[("coffee", "new")]);
    let ended = run.drain();
    ended.assert_silent_about("somebody else");
    ended.assert_silent_about("not this script's");
}

trait WaitForRules {
    fn wait_for_rules(&self, sim: &Sim, rules: &[(&str, &str)]);
}

impl WaitForRules for Run {
    fn wait_for_rules(&self, sim: &Sim, rules: &[(&str, &str)]) {
        let mut wanted: Vec<_> = rules
            .iter()
            .map(|(value, tag)| ((*value).to_owned(), (*tag).to_owned()))
            .collect();
        wanted.sort();
        wait_until("the rules are as declared", || values(sim) == wanted);
    }
}

#[test]
fn where_the_contract_has_no_room_there_is_a_gap_and_it_is_told() {
    let sim = sim(&["--rule-limit", "2"]);
    let rules = |tag| script(&[("coffee", tag), ("tea", "t")]);
    let run = setup(&sim, &rules("old")).start();
    run.wait_for("stream connected");
    run.write("scripts/main.lua", &rules("new"));
    run.wait_for("rules were missing while their tags changed, because there was no room for both rules=1 example=\"coffee\" lasted=");
    run.wait_for_rules(&sim, &[("coffee", "new"), ("tea", "t")]);
    // A new rule takes the place of one that goes.
    run.write(
        "scripts/main.lua",
        &script(&[("coffee", "new"), ("milk", "m")]),
    );
    run.wait_for("there is no room for more rules");
    run.wait_for_rules(&sim, &[("coffee", "new"), ("milk", "m")]);
    run.drain();
}

/// As many rules as the contract allows become others, of which there is one too many.
#[test]
fn rules_that_the_contract_has_no_room_for_cost_none_of_those_that_there_are() {
    let sim = sim(&["--rule-limit", "10"]);
    let many = |word: &str, count: usize| {
        let values: Vec<_> = (0..count).map(|at| format!("{word}{at}")).collect();
        let rules: Vec<_> = values.iter().map(|value| (value.as_str(), "t")).collect();
        script(&rules)
    };
    let run = setup(&sim, &many("old", 10)).start();
    run.wait_for("stream connected");
    let before = listed(&sim);
    run.write("scripts/main.lua", &many("new", 11));
    run.wait_for("the rules stay as they were error=the contract has room for 10 rules, and the stream would have 11; it has 10");
    assert_eq!(listed(&sim), before);
    // As many as there is room for, and one that is there already.
    run.write("scripts/main.lua", &many("new", 10));
    run.wait_for("rules reconciled added=10 retagged=0 deleted=10");
    let ended = run.drain();
    let setup = ended.again().command("rules").arguments(&["apply"]);
    let ended = setup.script(&many("old", 12)).ends();
    ended.assert_code(1).assert_says(
        "error: the contract has room for at most 11 rules, and the stream would have 12; it has 10\nhint: declare fewer rules",
    );
    assert_eq!(listed(&sim).len(), 10);
}

/// Quotes, both directions of writing, emoji that are several characters, and letters in two parts.
#[test]
fn values_are_exact_to_the_byte() {
    let sim = sim(&[]);
    let odd = [
        ("\"a \\\"quoted\\\" b\"", "quotes"),
        ("مرحبا OR سلام", "arabic"),
        ("👩‍👩‍👧 OR 🏳️‍🌈", "emoji"),
        ("caf\u{e9}", "nfc"),
        ("cafe\u{301}", "nfd"),
    ];
    let run = setup(&sim, &script(&odd)).start();
    run.wait_for("stream connected");
    run.wait_for_rules(&sim, &odd);
    let ids: BTreeSet<i64> = listed(&sim).into_iter().map(|(_, _, id)| id).collect();
    run.write("scripts/main.lua", &script(&odd[4..]));
    run.wait_for_rules(&sim, &odd[4..]);
    let ended = run.drain();
    let kept = listed(&sim);
    assert!(ids.contains(&kept[0].2), "the rule that stays keeps its id");
    ended.assert_says("deleted=4");
}

#[test]
fn one_bad_rule_does_not_keep_the_others_back() {
    let sim = sim(&[]);
    let bad = "{ value = 'fish AND bird', tag = 'bad', unchecked = true },";
    let text = script(&[("coffee", "good"), ("milk", "old")]);
    let text = text.replacen("ouzel.rules {", &format!("ouzel.rules {{ {bad}"), 1);
    let run = setup(&sim, &text).start();
    run.wait_for("the service rejects a rule value=\"fish AND bird\" place=\"main.lua:1\"");
    run.wait_for("stream connected");
    run.wait_for_rules(&sim, &[("coffee", "good"), ("milk", "old")]);
    // Once it is mended, what is not declared any more goes.
    run.write("scripts/main.lua", &script(&[("coffee", "good")]));
    run.wait_for_rules(&sim, &[("coffee", "good")]);
    run.drain();
}

/// Random saves, edits of somebody else and faults. After each quiet moment the rules are the declared ones and those of
/// somebody else that nobody declares.
#[test]
fn after_each_quiet_moment_the_rules_are_what_the_ownership_says() {
    let faults = [
        "\"rules-half\"",
        "\"rules-lost\"",
        "\"rules-reset\"",
        "\"rules-late\",\"for\":\"100ms\"",
        "\"rules-collide\"",
    ];
    let mut random = Rng::with_seed(14);
    let sim = sim(&[]);
    let words = ["coffee", "tea", "milk", "water", "juice"];
    let tags = ["x", "y"];
    let mut declared = BTreeMap::from([("coffee", "x")]);
    let as_list = |rules: &BTreeMap<&'static str, &'static str>| {
        rules
            .iter()
            .map(|(value, tag)| (*value, *tag))
            .collect::<Vec<_>>()
    };
    let run = setup(&sim, &script(&as_list(&declared)))
        .environment("OUZEL_RULES_CHECK_EVERY", "3s")
        .start();
    run.wait_for("stream connected");
    let mut theirs: BTreeMap<String, String> = BTreeMap::new();
    for step in 0..6 {
        let fault = faults[random.usize(..faults.len())];
        arm(
            &sim,
            &format!(
                "{{\"fault\":{fault},\"every\":{},\"times\":1}}",
                random.u32(1..4)
            ),
        );
        if random.bool() {
            // Somebody deletes one of ouzel's, or adds one of their own.
            let rules = listed(&sim);
            match rules
                .iter()
                .find(|(value, ..)| declared.contains_key(value.as_str()))
            {
                Some((.., id)) if random.bool() => {
                    somebody(
                        &sim,
                        "POST",
                        "?_method=delete",
                        &format!("{{\"rule_ids\":[{id}]}}"),
                    );
                }
                _ => {
                    let value = format!("somebody{step}");
                    let body = format!("{{\"rules\":[{{\"value\":\"{value}\",\"tag\":\"z\"}}]}}");
                    somebody(&sim, "POST", "", &body);
                }
            }
        }
        declared = BTreeMap::from([("coffee", tags[random.usize(..2)])]);
        for word in &words[1..] {
            if random.bool() {
                declared.insert(word, tags[random.usize(..2)]);
            }
        }
        run.write("scripts/main.lua", &script(&as_list(&declared)));
        // Whether the fault has met somebody's own request does not matter: their rule is there or not.
        let declared: Vec<(String, String)> = declared
            .iter()
            .map(|(value, tag)| ((*value).to_owned(), (*tag).to_owned()))
            .collect();
        wait_until("the rules are as the ownership says", || {
            let now = values(&sim);
            for (value, tag) in &now {
                if value.starts_with("somebody") {
                    theirs.insert(value.clone(), tag.clone());
                }
            }
            let mut wanted = declared.clone();
            wanted.extend(theirs.clone());
            wanted.sort();
            now == wanted
        });
        sim.control("DELETE", "faults", "");
    }
    let ended = run.drain();
    assert_eq!(
        ended.rows("SELECT count(*) FROM _ouzel_rules WHERE value LIKE 'somebody%' OR (id IS NULL AND NOT temporary)"),
        "0"
    );
}
