//! What the pages tell, done: each story gets its blocks in the order of the list in `main.rs`.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    process::Command,
};

use expect_test::expect;
use rusqlite::Connection;
use sonic_rs::{JsonValueTrait, Value};

use super::{
    book::{Block, block, page_named},
    project::{boxed, fresh, has, main_lua, ran, setup, shell, started, unpacked},
    shape::{assert_same_shape, shape},
    support::{Setup, Sim, connect, skipped, tagged, tweet, wait_until},
};

/// Tags stand in the order of their matches, which chance decides.
fn without_tags(line: &str, before: &str) -> (String, BTreeSet<String>) {
    let (line, tags) = line.rsplit_once(before).unwrap();
    let tags = tags.split_whitespace().map(str::to_owned);
    let is_tag = |word: &String| !word.starts_with(|c: char| c.is_ascii_digit());
    (shape(line), tags.filter(is_tag).collect())
}

pub(super) fn try_it([commands, begins, ends]: &[Block; 3]) {
    let mut lines = commands.lines();
    let run = lines.next().unwrap();
    // This test is a part of the other command.
    assert_eq!((lines.next(), lines.next()), (Some("cargo test"), None));

    let folder = fresh();
    let done = shell(folder.path(), &format!("{run} --limit 500"));
    assert_eq!(done.code, 0, "{}", done.stderr);
    let log: Vec<_> = begins.lines().collect();
    assert_same_shape(
        &log[..3].join("\n"),
        &done.stderr.lines().take(3).collect::<Vec<_>>().join("\n"),
    );
    let summary: Vec<_> = ends.lines().collect();
    // Behind the summary stands what waits in the journal, where the limit has ended the run.
    let is_before = |line: &&str| !line.contains(" Tweets in ");
    let said: Vec<_> = done.stderr.lines().skip_while(is_before).collect();
    assert_same_shape(&summary[..2].join("\n"), &said[..2].join("\n"));
    assert_eq!(without_tags(summary[2], ": "), without_tags(said[2], ": "));

    // The line that is updated in place takes a terminal.
    if has("the status line", "script") {
        let line =
            format!("TERM=xterm script -qfec 'stty rows 24 cols 200; {run} --limit 300' /dev/null");
        let done = shell(
            folder.path(),
            &line.replace("cargo run --release --", "ouzel"),
        );
        let lines = done.stdout.split(['\r', '\n', '\x1b']);
        let last = lines
            .filter_map(|part| part.find("connected ").map(|at| &part[at..]))
            .rfind(|line| line.contains(" climate "));
        let last = last.unwrap_or_else(|| panic!("no status line:\n{}", done.stdout));
        // On a busy machine Tweets wait whenever the line is written; the page shows a quiet one.
        let parts = last.split(" · ").map(|part| match part.split_once(", ") {
            Some((lag, waiting)) if waiting.ends_with(" waiting") => lag,
            _ => part,
        });
        let last = parts.collect::<Vec<_>>().join(" · ");
        assert_eq!(without_tags(log[3], " · "), without_tags(&last, " · "));
    }
}

pub(super) fn edit_the_script_meanwhile([changed, refused]: &[Block; 2]) {
    let sim = Sim::start(&[]);
    let run = setup(&sim, &main_lua()).start();
    run.wait_for("stream connected");
    let right = main_lua()
        .replace("'coffee OR #coffee'", "'coffee OR espresso'")
        .replace("> 100\n", "> 50\n");
    run.write("scripts/main.lua", &right);
    let loaded = run.wait_for("script loaded generation=2");
    let reconciled = run.wait_for("rules reconciled");
    assert_same_shape(&changed.text, &format!("{loaded}\n{reconciled}"));

    let wrong = main_lua().replace("\"coffee\",  value", "\"coffee\",  vlaue");
    run.write("scripts/main.lua", &wrong);
    run.wait_for("hint: did you mean `value`?");
    let said = run.drain().stderr;
    let (_, error) = said.split_once(" ERROR ").unwrap();
    let (_, shown) = refused.text.split_once(" ERROR ").unwrap();
    let lines = shown.lines().count();
    assert_same_shape(
        shown,
        &error.lines().take(lines).collect::<Vec<_>>().join("\n"),
    );
}

pub(super) fn a_save_and_what_became_of_it([shadow, list]: &[Block; 2]) {
    let script = |least: u32| {
        format!(
            "ouzel.rules {{ {{ value = 'hello', tag = 't' }} }}
             local seen = ouzel.table('seen', {{ id = 'INTEGER' }})
             ouzel.filter(function(t) return t.id > {least} end)
             ouzel.on('*', function(t) seen:insert {{ id = t.id }} if t.id == 9 then ouzel.log.info('all handled') end end)"
        )
    };
    let run = Setup::new().script(&script(1)).start();
    run.wait_for("stream connected");
    run.powertrack().send_all((1..=9).map(tweet));
    run.wait_for("all handled");
    run.write("scripts/main.lua", "local x = 1\nx = = 2");
    run.wait_for("reload failed");
    run.write("scripts/main.lua", &script(3));
    run.wait_for("script loaded generation=2");
    let ended = run.drain();
    let told = ended
        .stderr
        .lines()
        .filter(|line| line.contains("shadow run"));
    assert_same_shape(&shadow.text, &told.collect::<Vec<_>>().join("\n"));
    let done = shell(ended.folder(), "ouzel rollback --list");
    assert_same_shape(&list.text, &done.stdout);
}

/// The cells of a table are what chance decides, but not its columns.
fn assert_same_table(shown: &str, real: &str) {
    let rows = |text: &str| {
        let rows = text.lines().filter(|line| line.starts_with('│'));
        rows.map(shape).collect::<Vec<_>>()
    };
    let (mut shown, mut real) = (rows(shown), rows(real));
    assert_eq!(shown.remove(0), real.remove(0));
    shown.sort();
    real.sort();
    assert_eq!(shown, real);
}

pub(super) fn look_at_the_rows([command, shown]: &[Block; 2]) {
    let folder = fresh();
    let done = shell(folder.path(), "ouzel run --sim --rate 10000 --limit 1500");
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_same_table(&shown.text, &boxed(folder.path(), command.text.trim_end()));
}

pub(super) fn ask_from_outside([rows, gaps]: &[Block; 2]) {
    let ended = ran(&main_lua(), 500);
    let table = boxed(ended.folder(), rows.text.trim_end());
    assert!(table.lines().count() > 3, "{table}");
    // No outage yet.
    expect!["│ started_at │ cause │ state │ missing_seconds │"]
        .assert_eq(&boxed(ended.folder(), gaps.text.trim_end()));
}

pub(super) fn look_at_the_state([look]: &[Block; 1]) {
    let script = "ouzel.state.list = { 1.5, { deep = true } }\nouzel.on('*', function() end)";
    let ended = ran(&(main_lua() + script), 50);
    let table = boxed(ended.folder(), look.text.trim_end());
    expect![[r"
        │ path │ kind │ value │
        │ list.1 │ float │ 1.5 │
        │ list.2.deep │ boolean │ 1 │"]]
    .assert_eq(&table);
}

pub(super) fn a_timer_fails([shown]: &[Block; 1]) {
    let filler = "\n".repeat(8);
    let script = format!(
        "ouzel.on('*', function() end){filler}\nouzel.every('100ms', function() return ouzel.state.last.at end)"
    );
    let sim = Sim::start(&[]);
    let run = setup(&sim, &script).start();
    let line = run.wait_for("timer failed");
    let line = line.lines().find(|line| line.contains("timer failed"));
    assert_same_shape(&shown.text, &line.unwrap().replace("100ms", "1m"));
}

pub(super) fn a_rule_that_is_not_valid([shown]: &[Block; 1]) {
    let rule = shown
        .lines()
        .find_map(|line| line.strip_prefix("3 | "))
        .unwrap();
    let script = format!("-- Birds.\nouzel.rules {{\n{rule}\n}}\n");
    let ended = Setup::check().script(&script).ends();
    ended.assert_code(3);
    assert_eq!(ended.stderr, shown.text);
}

pub(super) fn rules_of_files([lint, estimate]: &[Block; 2]) {
    let ended = ran(&main_lua(), 200);
    let folder = ended.folder();
    fs::write(folder.join("rules.txt"), "coffee\nlang:en has:links\n").unwrap();
    let done = shell(folder, &lint.text);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains("lang:en has:links"), "{}", done.stdout);
    gzip(folder, "tweets-1.jsonl.gz");
    let done = shell(folder, &estimate.text);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains("coffee"), "{}", done.stdout);
}

pub(super) fn rules_on_the_stream(
    [
        list,
        listed,
        validate,
        validated,
        plan,
        planned,
        apply,
        adopt,
        copy,
    ]: &[Block; 9],
) {
    let sim = Sim::start(&["--label", "dev", "--label", "prod"]);
    let project = tempfile::tempdir().unwrap();
    let folder = project.path();
    fs::create_dir(folder.join("scripts")).unwrap();
    let settings = format!(
        "[stream]\nrules_url = \"{}\"\nusername = \"sim\"\npassword = \"sim\"\n",
        sim.url("http", "rules")
    );
    fs::write(folder.join("ouzel.toml"), settings).unwrap();
    let script = |rules: &[(&str, &str)]| {
        let rules = rules
            .iter()
            .map(|(tag, value)| format!("  {{ tag = '{tag}', value = '{value}' }},\n"));
        let text = format!("ouzel.rules {{\n{}}}\n", rules.collect::<String>());
        fs::write(folder.join("scripts/main.lua"), text).unwrap();
    };
    let done = |line: &str, code: i32| {
        let done = shell(folder, line);
        assert_eq!(done.code, code, "{line}\n{}", done.stderr);
        done.stdout
    };
    let launch = "(rocket OR launch) lang:en";
    script(&[("launch", launch), ("climate", "climate")]);
    done("ouzel rules apply", 0);
    sim.change_rules("dev", "", r#"{"rules":[{"value":"from:jack"}]}"#);
    let rules = [
        ("space", launch),
        ("wide", "lang:en"),
        ("fish", "fish AND bird"),
    ];
    script(&rules[..2]);
    // On a busy machine the rules are older.
    let ages = |text: &str| text.replace(" min ", " s ");
    assert_same_shape(&listed.text, &ages(&done(&list.text, 0)));
    script(&rules);
    assert_same_shape(&validated.text, &done(&validate.text, 3));
    script(&rules[..2]);
    assert_same_shape(&planned.text, &done(&plan.text, 4));
    let mut lines = apply.lines();
    done(lines.next().unwrap(), 4);
    done(lines.next().unwrap(), 0);
    assert_eq!(lines.next(), None);
    done(&plan.text, 0);
    sim.change_rules("prod", "", r#"{"rules":[{"value":"tea"}]}"#);
    let adopted = done(&adopt.text, 0);
    assert_eq!(adopted, "nothing to adopt\n");
    let mut lines = copy.lines();
    done(lines.next().unwrap(), 4);
    done(lines.next().unwrap(), 0);
    assert_eq!(lines.next(), None);
    assert_eq!(sim.rules("replay:prod"), "tea [-]");
}

/// The lines of the journal as a gzip file.
fn gzip(folder: &std::path::Path, name: &str) {
    let lines = fs::read(unpacked(folder)).unwrap();
    let mut file = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    file.write_all(&lines).unwrap();
    fs::write(folder.join(name), file.finish().unwrap()).unwrap();
}

pub(super) fn the_list_of_outages([shown, repair]: &[Block; 2]) {
    let ended = ran(&main_lua(), 10);
    let database = Connection::open(ended.database()).unwrap();
    database
        .execute_batch(
            "DELETE FROM _ouzel_gaps;
             INSERT INTO _ouzel_gaps (started_at, ended_at, seconds, cause, repair, state, missing_from, missing_to,
               missing_seconds, estimated_tweets, detail) VALUES
               ('2026-11-21T20:00:00Z', '2026-11-21T20:00:01.5Z', 1.5, 'broken', 'backfill', 'repaired', NULL, NULL, 0, NULL, ''),
               ('2026-11-21T23:30:00Z', '2026-11-21T23:45:00Z', 900, 'restart', 'backfill', 'open',
                '2026-11-21T23:30:00Z', '2026-11-21T23:40:05Z', 605, 12100, 'neither Recovery nor Replay is configured');
             UPDATE _ouzel_received SET until_ms = 1795305590000;",
        )
        .unwrap();
    drop(database);
    let folder = ended.folder();
    let done = shell(folder, "ouzel gaps");
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_same_shape(&shown.text, &done.stdout);
    let done = shell(folder, &repair.text);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    expect![[r#"
        1 gap is asked for again: by the `ouzel run` on this folder within half a minute, or by the next one
        hint: it takes Recovery or Replay; set `recovery = true` or `replay_url` under `[stream]`
    "#]]
    .assert_eq(&done.stdout);
}

pub(super) fn how_complete_the_data_is([commands, shown]: &[Block; 2]) {
    let ended = ran(&main_lua(), 10);
    let database = Connection::open(ended.database()).unwrap();
    database
        .execute_batch(
            "DELETE FROM _ouzel_minutes; DELETE FROM _ouzel_volume;
             INSERT INTO _ouzel_minutes VALUES ('2026-11-21T19:00Z', 1000), ('2026-11-21T20:59Z', 24);
             INSERT INTO _ouzel_volume VALUES ('2026-11-21T19:00Z', 'climate', 900), ('2026-11-21T20:59Z', 'coffee', 200);
             DELETE FROM _ouzel_gaps;
             INSERT INTO _ouzel_gaps (started_at, ended_at, seconds, cause, repair, state, missing_from, missing_to,
               missing_seconds, estimated_tweets, detail) VALUES
               ('2026-11-21T20:30:00Z', '2026-11-21T20:35:00Z', 300, 'broken', 'none', 'lost',
                '2026-11-21T20:30:00Z', '2026-11-21T20:35:00Z', 300, 40, '');
             UPDATE _ouzel_generations SET at = '2026-11-21T19:00:01Z';",
        )
        .unwrap();
    drop(database);
    let mut commands = commands.text.lines();
    let done = shell(ended.folder(), commands.next().unwrap());
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_same_shape(&shown.text, &done.stdout);
    let done = shell(ended.folder(), commands.next().unwrap());
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (0, ""),
        "{}",
        done.stderr
    );
    assert!(ended.folder().join("report.html").exists());
    assert_eq!(commands.next(), None);
}

pub(super) fn a_rule_brings_too_much([log]: &[Block; 1]) {
    let run = Setup::new()
        .script(
            "ouzel.rules { { tag = 'launch', value = 'rocket' } }\nouzel.enrich(function() end)\n",
        )
        .environment("OUZEL_MONTHLY_CAP", "1_000_000")
        .environment("OUZEL_ALARM_PER_MINUTE", "9")
        .start();
    run.powertrack()
        .send_all((1..=12).map(|id| tagged(id, &["launch"])));
    run.wait_for("ALARM");
    let ended = run.drain();
    let alarm = ended
        .stderr
        .lines()
        .find(|line| line.contains("ALARM"))
        .unwrap();
    let (_, alarm) = alarm.split_once("ALARM").unwrap();
    let (_, expected) = log.text.trim_end().split_once("ALARM").unwrap();
    assert_same_shape(expected, alarm);
}

pub(super) fn which_settings_are_in_force([line, shown]: &[Block; 2]) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("ouzel.toml"),
        "script = \"scripts/main.lua\"\n",
    )
    .unwrap();
    let line = format!("OUZEL_DATA_DIR=tweets {}", line.text);
    let done = shell(folder.path(), &line);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    let begins = done.stdout.lines().take(4).collect::<Vec<_>>().join("\n");
    assert_eq!(begins + "\n", shown.text);
}

pub(super) fn copies_beside_each_other([database, both, go_on]: &[Block; 3]) {
    let ended = ran(&main_lua(), 10);
    let folder = ended.folder();
    for made in ["backups", "data/sinks"] {
        fs::create_dir_all(folder.join(made)).unwrap();
    }
    for block in [database, both, go_on] {
        let here = block.text.replace("/mnt/backups", "backups");
        let done = shell(folder, &format!("set -e\n{here}"));
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{here}");
    }
    for copy in ["backups/tweets.db", "new/data/ouzel.db"] {
        let rows = "SELECT count(*) FROM _ouzel_cursor";
        assert_eq!(ended.rows_of(copy, rows), "1", "{copy}");
    }
    assert!(folder.join("new/data/journal").is_dir());
}

pub(super) fn the_breaker_pauses_a_rule([log, command]: &[Block; 2]) {
    let run = Setup::new()
        .script("ouzel.rules { { tag = 'launch', value = 'rocket' } }\n")
        .environment("OUZEL_ALARM_PER_MINUTE", "9")
        .environment("OUZEL_BREAKER", "pause-rule")
        .start();
    run.powertrack()
        .send_all((1..=12).map(|id| tagged(id, &["launch"])));
    let said = run.wait_for("BREAKER");
    let said = said.lines().find(|line| line.contains("BREAKER")).unwrap();
    let (_, said) = said.split_once("BREAKER").unwrap();
    let (_, expected) = log.text.trim_end().split_once("BREAKER").unwrap();
    assert_same_shape(expected, said);
    let words: Vec<_> = command.text.split_whitespace().skip(1).collect();
    let (code, shown, _) = run.another_command(&words);
    assert_eq!(
        (code, shown.contains("puts 1 rule back")),
        (0, true),
        "{shown}"
    );
    run.drain().assert_code(0);
}

pub(super) fn read_the_journal_without_ouzel([command]: &[Block; 1]) {
    assert_eq!(command.text, "zstdcat data/journal/*.zst | jq .text\n");
    let ended = ran(&main_lua(), 50);
    let lines = fs::read_to_string(unpacked(ended.folder())).unwrap();
    let mut tweets = 0;
    for line in lines.lines().filter(|line| !line.is_empty()) {
        let tweet: Value = sonic_rs::from_str(line).unwrap();
        assert!(tweet["text"].is_str(), "{line}");
        tweets += 1;
    }
    assert!(tweets >= 50, "{tweets}");
}

pub(super) fn a_handler_breaks_its_limits([log]: &[Block; 1]) {
    let script = "ouzel.enrich(function(tweet)
  local found = false
  -- It is never found.
  while not found do
  end
end)
";
    let run = Setup::new().script(script).start();
    run.powertrack().send(tweet(1));
    run.wait_for("under `[script_limits]` allows more");
    let ended = run.drain();
    let (_, error) = ended.stderr.split_once(" ERROR ").unwrap();
    let (_, expected) = log.text.split_once(" ERROR ").unwrap();
    assert_same_shape(
        expected,
        &error.lines().take(3).collect::<Vec<_>>().join("\n"),
    );
}

pub(super) fn a_handler_fails([log, look, shown, retry, retried]: &[Block; 5]) {
    let code = shown
        .lines()
        .find_map(|line| line.strip_prefix("42 | "))
        .unwrap();
    let script = format!("ouzel.filter(function(tweet)\n{code}\nend)\n");
    let run = Setup::new().script(&script).start();
    for id in 1..=20 {
        run.powertrack().send(tweet(id));
    }
    run.wait_for("times=16");
    run.wait_for("in function <main.lua");
    let ended = run.drain();
    let (_, error) = ended.stderr.split_once(" ERROR ").unwrap();
    let (_, expected) = log.text.split_once(" ERROR ").unwrap();
    assert_same_shape(
        expected,
        &error.lines().take(4).collect::<Vec<_>>().join("\n"),
    );

    let mut commands = look.lines();
    let (list, show) = (commands.next().unwrap(), commands.next().unwrap());
    let done = shell(ended.folder(), list);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(
        done.stdout.matches("attempt to index a nil value").count(),
        20,
        "{}",
        done.stdout
    );
    let done = shell(ended.folder(), show);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let lines = shown.lines().count();
    assert_same_shape(
        &shown.text,
        &done
            .stdout
            .lines()
            .take(lines)
            .collect::<Vec<_>>()
            .join("\n"),
    );

    fs::write(
        ended.folder().join("scripts/main.lua"),
        "ouzel.filter(function() return true end)",
    )
    .unwrap();
    let done = shell(ended.folder(), &retry.text);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(done.stderr, retried.text);
}

pub(super) fn ask_a_run([health, shown, metrics]: &[Block; 3]) {
    let sim = Sim::start(&[]);
    let run = setup(&sim, &main_lua())
        .environment("OUZEL_STATUS_LISTEN", "127.0.0.1:0")
        .environment("OUZEL_LOG", "debug")
        .start();
    let line = run.wait_for("serving /metrics and /healthz");
    let address = line.split("address=").nth(1).unwrap();
    let address = address.split_whitespace().next().unwrap();
    run.wait_for("stream connected");
    let get = |block: &Block| {
        let (_, path) = block.text.trim_end().split_once(":9464").unwrap();
        let mut connection = connect(address);
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    // Something must have been handled for all metrics to be there.
    wait_until("a handled Tweet and a match", || {
        let metrics = get(metrics);
        metrics.contains("_age_seconds ") && metrics.contains("ouzel_matches_total{")
    });
    assert_same_shape(&shown.text, &get(health));

    let served: BTreeSet<_> = (get(metrics).lines())
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    let page = page_named("metrics");
    let listed: BTreeSet<_> = (page.lines())
        .filter_map(|line| line.strip_prefix("| `ouzel_"))
        .map(|rest| format!("ouzel_{}", rest.split(['{', '`']).next().unwrap()))
        .collect();
    assert_eq!(listed, served);
    let causes: BTreeSet<_> = (get(metrics).lines())
        .filter_map(|line| line.strip_prefix("ouzel_outages_total{cause=\""))
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    let page = page_named("connection");
    let (_, table) = page.split_once("\n## Causes\n").unwrap();
    let listed: BTreeSet<_> = (table.lines())
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|rest| rest.split('`').next().unwrap().to_owned())
        .collect();
    assert_eq!(listed, causes);
    run.drain();
}

pub(super) fn look_at_a_run([commands, shown]: &[Block; 2]) {
    let sim = Sim::start(&[]);
    let run = setup(&sim, &main_lua())
        .environment("OUZEL_STATUS_LISTEN", "127.0.0.1:0")
        .environment("OUZEL_LOG", "debug")
        .start();
    let line = run.wait_for("serving /metrics and /healthz");
    let address = line.split("address=").nth(1).unwrap();
    let address = address.split_whitespace().next().unwrap();
    let ask = |command: &str| {
        let done = shell(run.folder(), &format!("{command} --address {address}"));
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
        done.stdout
    };
    let [text, json] = *commands.lines().collect::<Vec<_>>() else {
        panic!("{}", commands.text);
    };
    // The tags come in the order of their counts, and how many there are by then is not known.
    let words = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .map(|line| line.split(' ').next().unwrap().to_owned());
        lines.take_while(|word| word != "tag").collect()
    };
    wait_until("a tag", || ask(text).contains("\ntag "));
    assert_eq!(words(&shown.text), words(&ask(text)));
    assert!(ask(json).starts_with("{\"about\":{\"version\":"));
    run.drain();
}

pub(super) fn replay_what_is_there([commands]: &[Block; 1]) {
    let ended = ran(&main_lua(), 300);
    let folder = ended.folder();
    gzip(folder, "tweets.jsonl.gz");
    for line in commands.lines() {
        // What `zstdcat` does is done by `unpacked`.
        let piped = line.strip_prefix("zstdcat data/journal/*.zst | ");
        let line = piped.map_or(line.to_owned(), |line| format!("{line} < journal.jsonl"));
        let done = shell(folder, &line);
        assert_eq!(done.code, 0, "{line}\n{}", done.stderr);
        assert!(done.stderr.contains(" Tweets in "), "{}", done.stderr);
    }
    assert!(folder.join("data/replay.db").exists() && folder.join("try.db").exists());
}

pub(super) fn compare_two_scripts([command, shown]: &[Block; 2]) {
    let failing = format!(
        "local n = 0\nouzel.filter(function() n = n + 1 if n <= 20 then error('no') end return true end)\n{}",
        main_lua().replace("return tweet.user.followers_count > 100", "return true")
    );
    let ended = ran(&failing, 300);
    let folder = ended.folder();
    fs::write(
        folder.join("other.lua"),
        main_lua().replace("return tweet.user.followers_count > 100", "return true"),
    )
    .unwrap();
    let done = shell(folder, &command.text);
    assert_eq!(done.code, 1, "{}", done.stderr);
    // Texts and names hold anything, and where a row is cut depends on them.
    let plain = |text: &str| {
        let columns = |line: &str| match line.split_once(" text='") {
            Some((before, _)) => {
                let mut parts: Vec<_> = before.split('\'').collect();
                for quoted in parts.iter_mut().skip(1).step_by(2) {
                    *quoted = "";
                }
                parts.join("'")
            }
            None => line.to_owned(),
        };
        text.lines().map(columns).collect::<Vec<_>>().join("\n")
    };
    assert_same_shape(&plain(&shown.text), &plain(&done.stdout));
}

/// Each command on a free port.
pub(super) fn the_simulator_starts(blocks: &[Block; 4]) {
    for block in blocks {
        for line in block.lines() {
            let folder = tempfile::tempdir().unwrap();
            // The shell makes way for it, so that the signal reaches it.
            let line = line.replace("cargo run --release -- ", "ouzel ");
            let sim = started(folder.path(), &format!("exec {line} --listen 127.0.0.1:0"));
            sim.wait_for_output("read Tweets:");
            sim.signal("TERM");
            let (code, stdout, stderr) = sim.wait();
            assert_eq!(code, 0, "{line}\n{stderr}");
            let greeting = String::from_utf8(stdout).unwrap();
            assert!(greeting.contains("add a rule:  curl -sS"), "{greeting}");
        }
    }
}

pub(super) fn curl_reads_from_the_simulator([commands]: &[Block; 1]) {
    if !has("curl_reads_from_the_simulator", "curl") {
        return;
    }
    let sim = Sim::start(&[]);
    let mut lines = commands
        .lines()
        .map(|line| line.replace("127.0.0.1:8400", sim.address()));
    let (add, read) = (lines.next().unwrap(), lines.next().unwrap());
    assert_eq!(lines.next(), None);
    let done = shell(sim.folder(), &add);
    assert!(
        done.stdout.contains(r#""created":1"#),
        "{}\n{}",
        done.stdout,
        done.stderr
    );
    let done = shell(
        sim.folder(),
        &format!("{read} | grep --line-buffered text | head -n 1"),
    );
    let tweet: Value = sonic_rs::from_str(&done.stdout).unwrap();
    assert_eq!(tweet["matching_rules"][0]["tag"].as_str(), Some("try"));
}

pub(super) fn faults_while_it_runs([commands]: &[Block; 1]) {
    if !has("faults_while_it_runs", "curl") {
        return;
    }
    let sim = Sim::start(&[]);
    let mut answers = Vec::new();
    for line in commands.lines() {
        let done = shell(sim.folder(), &line.replace("127.0.0.1:8400", sim.address()));
        assert_eq!(done.code, 0, "{line}\n{}", done.stderr);
        let answer: Value = sonic_rs::from_str(&done.stdout).unwrap();
        assert!(
            answer["error"].is_null() || answer.get("error").is_none(),
            "{line}\n{}",
            done.stdout
        );
        answers.push(done.stdout);
    }
    for fault in ["silence", "operational", "duplicate"] {
        assert!(answers[2].contains(fault), "{answers:?}");
    }
    assert!(
        !sim.control("GET", "faults", "")
            .to_string()
            .contains("silence")
    );
}

pub(super) fn what_really_happened([script, once, again, events]: &[Block; 4]) {
    let test = "what_really_happened";
    if !has(test, "curl") || !has(test, "python3") || !has(test, "bash") {
        return;
    }
    // A free port, no waiting, and an end that is sooner.
    let script = script.text.replace(
        "ouzel sim --rate 500",
        "ouzel sim --listen 127.0.0.1:0 --port-file port --rate 500",
    );
    let script = script.replace(
        "sleep 1\nurl=http://127.0.0.1:8400 ",
        "until test -s port; do kill -0 $sim || exit 1; done\nurl=http://$(cat port) ",
    );
    let script = script
        .replace("  sleep 1\n", "")
        .replace("--max-time 10", "--max-time 3");
    assert!(
        !script.contains("sleep") && !script.contains("8400"),
        "{script}"
    );
    for (script, shown) in [
        (script.clone(), once),
        (
            script.replace("/stream/$path", "/stream/$path?backfillMinutes=1"),
            again,
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("story"), &script).unwrap();
        let done = shell(folder.path(), "bash story");
        let result = done.stdout.lines().last().unwrap_or_default();
        assert_same_shape(&shown.text, result);
        let truth = fs::read_to_string(folder.path().join("truth.jsonl")).unwrap();
        // The page has a rule with a tag, and an answer to backfill.
        for line in events.lines() {
            let keys = |line: &str| -> Vec<String> {
                let parts = line.split('"').skip(1).step_by(2);
                parts
                    .filter(|part| line.contains(&format!("\"{part}\":")))
                    .map(str::to_owned)
                    .collect()
            };
            let event = &line[..line.find(',').unwrap()];
            let is_alike = |real: &str| real.starts_with(event) && keys(real) == keys(line);
            let is_there = truth.lines().any(is_alike);
            let is_tried = !line.contains("backfill_minutes") || script.contains("backfillMinutes");
            assert!(is_there || !is_tried, "{line}\n{truth:.2000}");
        }
    }
}

pub(super) fn measure([whole, shown, rules]: &[Block; 3]) {
    let folder = tempfile::tempdir().unwrap();
    let has_gzip = Command::new("gzip").arg("--version").output().is_ok();
    let done = shell(
        folder.path(),
        &format!("{} --runs 1 --tweets 500", whole.text.trim_end()),
    );
    assert_eq!(done.code, 0, "{}", done.stderr);
    if has_gzip {
        assert_same_shape(&shown.text, &done.stdout);
    } else {
        skipped("the table of bench", "`gzip` is missing");
    }
    let few = rules.text.trim_end().replace("5000", "50");
    let done = shell(folder.path(), &format!("{few} --runs 1 --tweets 500"));
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains("Tweets"), "{}", done.stdout);
}

pub(super) fn a_run_that_ends_by_itself([command]: &[Block; 1]) {
    let folder = fresh();
    let sooner = format!("{} --rate 10000", command.text.trim_end());
    let done = shell(folder.path(), &sooner);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stderr.contains("1 000 Tweets in "), "{}", done.stderr);
}

pub(super) fn a_log_for_programs([command, line]: &[Block; 2]) {
    let folder = fresh();
    let done = shell(folder.path(), &command.text);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let first = done.stderr.lines().next().unwrap_or_default();
    // Each script has its own hash.
    let without_hash = |line: &str| line.split("\"hash\"").next().unwrap().to_owned();
    assert_same_shape(&without_hash(&line.text), &without_hash(first));
    for line in done.stderr.lines() {
        assert!(sonic_rs::from_str::<Value>(line).is_ok(), "{line}");
    }
}

pub(super) fn a_unit_for_systemd([unit, next, rest]: &[Block; 3]) {
    let folder = fresh();
    let done = shell(folder.path(), unit.text.trim_end());
    assert_eq!(done.code, 0, "{}", done.stderr);
    let made = fs::read_to_string(folder.path().join("ouzel.service")).unwrap();
    assert!(made.contains("\nExecStart="), "{made}");
    // Each project has its own folder, and each user a name.
    let root = folder.path().canonicalize().unwrap();
    let (_, said) = done.stderr.split_once("\nnext, ").unwrap();
    let said = said.replace(root.to_str().unwrap(), "/home/ada/tracker");
    let user = made.lines().find_map(|line| line.strip_prefix("User="));
    let said = said.replace(&format!("belong to {}", user.unwrap()), "belong to ada");
    assert_eq!(format!("next, {said}"), next.text);
    let home = folder.path().join("home");
    fs::create_dir_all(home.join(".local/share/bash-completion/completions")).unwrap();
    let line = format!("export HOME=\"$PWD/home\"\n{}", rest.text);
    assert_eq!(shell(folder.path(), &line).code, 0);
    assert!(home.join(".local/share/man/man1/ouzel-run.1").exists());
    assert!(
        home.join(".local/share/bash-completion/completions/ouzel")
            .exists()
    );
}

pub(super) fn a_new_project([commands, types]: &[Block; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let done = shell(folder.path(), &format!("set -e\n{}", commands.text));
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    let project = folder.path().join("tracker");
    fs::remove_file(project.join("scripts/ouzel.lua")).unwrap();
    let done = shell(&project, &types.text);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    assert!(project.join("scripts/ouzel.lua").exists());
}

pub(super) fn a_project_of_an_example([commands]: &[Block; 1]) {
    let folder = tempfile::tempdir().unwrap();
    let done = shell(folder.path(), &format!("set -e\n{}", commands.text));
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.contains("200 Tweets in "), "{}", done.stderr);
}

pub(super) fn a_test_fails([commands, shown]: &[Block; 2]) {
    let right = block("test", "test(");
    let folder = fresh();
    let path = folder.path().join("scripts/main_test.lua");
    fs::write(&path, &right.text).unwrap();
    for line in commands.lines() {
        let done = shell(folder.path(), line);
        assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    }
    let wrong = right
        .text
        .replace("{ tags = \"launch\", text", "{ tags = \"coffee\", text");
    fs::write(&path, wrong).unwrap();
    let done = shell(folder.path(), "ouzel test");
    assert_eq!((done.code, done.stdout), (1, shown.text.clone()));
}

pub(super) fn watch_a_run([commands, shown, save]: &[Block; 3]) {
    let script = "ouzel.on('*', function(t) if t.id > 9000 then error('no') end end)";
    let run = Setup::new().script(script).start();
    run.powertrack().wait_for_connection(1);
    let tails = |line: &str| {
        let tail = started(run.folder(), &format!("OUZEL_LOG=cli::tail=debug {line}"));
        tail.wait_for("listening to the run");
        tail
    };
    let tails_of_the_page: Vec<_> = commands
        .lines()
        .map(|line| tails(&(line.replace(" --limit 10", "") + " --limit 1")))
        .collect();
    let [time, author, tags, verdict, text] =
        *shown.text.trim_end().split('\t').collect::<Vec<_>>()
    else {
        panic!("{}", shown.text);
    };
    assert_eq!((time, verdict), ("2026-11-21T20:50:26Z", "kept"));
    let tags: Vec<_> = tags.split(',').chain(["brand-acme"]).collect();
    let tweet = tagged(2_000, &tags)
        .replace(
            "Wed Oct 10 20:19:24 +0000 2018",
            "Sat Nov 21 20:50:26 +0000 2026",
        )
        .replace("ada", &author[1..])
        .replace("hello 2000", text);
    run.powertrack().send(tweet);
    let printed: Vec<_> = tails_of_the_page
        .into_iter()
        .map(|tail| {
            let (code, stdout, stderr) = tail.wait();
            assert_eq!(code, 0, "{stderr}");
            String::from_utf8(stdout).unwrap()
        })
        .collect();
    assert_eq!(printed[0].replace(",brand-acme", ""), shown.text);
    assert_eq!(printed[1], printed[0]);
    assert_eq!(printed[2], format!("2000\t{}\t{text}\n", &author[1..]));

    let saving = tails(save.text.trim_end());
    let failing = (9_001..9_006).map(|id| tagged(id, &["t"]));
    run.powertrack().send_all(failing);
    assert_eq!(saving.wait().0, 0);
    let saved = fs::read_to_string(run.folder().join("scripts/failed.jsonl")).unwrap();
    assert_eq!(saved.lines().count(), 5);
    run.drain();
}
