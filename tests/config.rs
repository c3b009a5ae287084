//! `ouzel config`: every setting, its value, and where it comes from.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod support;

use std::{fs, path::Path};

use expect_test::expect;
use sonic_rs::{JsonContainerTrait as _, JsonValueTrait as _, Value};
use support::{Process, Setup, command, ouzel};

/// The page that lists every setting.
fn page() -> String {
    fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/guide/settings.md"
    ))
    .unwrap()
}

/// The settings that `config --json` lists, with these variables and arguments.
fn listed(folder: &Path, variable: Option<(&str, &str)>, arguments: &[&str]) -> Vec<Value> {
    let mut config = command(folder);
    config.args(["config", "--sim", "--json"]).args(arguments);
    config.envs(variable);
    let (code, stdout, stderr) = Process::start(config).wait();
    assert_eq!(
        (code, stderr.as_str()),
        (0, ""),
        "{variable:?} {arguments:?}"
    );
    let listed: Value = sonic_rs::from_slice(&stdout).unwrap();
    listed.as_array().unwrap().iter().cloned().collect()
}

fn text<'v>(row: &'v Value, key: &str) -> &'v str {
    row[key].as_str().unwrap_or_default()
}

/// The keys of the block of the page that has every key, each with the value there. A key that has no default stands in a
/// comment.
fn keys() -> Vec<(String, String)> {
    let page = page();
    let (_, block) = page.split_once("```toml\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let mut section = String::new();
    let mut keys = Vec::new();
    for line in block.lines().map(|line| line.trim_start_matches("# ")) {
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if let Some((key, value)) = line.split_once(" = ") {
            let value = value.split("  ").next().unwrap().trim_matches('"');
            keys.push((format!("{section}{key}"), value.replace('_', "")));
        }
    }
    keys
}

#[test]
fn it_lists_the_settings_of_the_guide_with_their_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let rows = listed(folder.path(), None, &[]);
    let mut names: Vec<_> = rows.iter().map(|row| text(row, "key").to_owned()).collect();
    let keys = keys();
    let mut known: Vec<_> = keys.iter().map(|(key, _)| key.clone()).collect();
    names.sort();
    known.sort();
    assert_eq!(names, known);
    for (key, value) in keys {
        let row = rows.iter().find(|row| text(row, "key") == key).unwrap();
        match text(row, "from") {
            "nowhere" => assert!(row["value"].is_null(), "{row}"),
            from => {
                assert_eq!(from, "default", "{row}");
                let shown = match row["value"].as_str() {
                    Some(text) => text.to_owned(),
                    None => row["value"].to_string(),
                };
                assert_eq!(shown.replace('_', ""), value, "{key}");
            }
        }
    }
}

#[test]
fn it_knows_every_variable_and_flag_of_the_guide() {
    let folder = tempfile::tempdir().unwrap();
    let page = page();
    let (_, table) = page
        .split_once("| key | environment | flag of `run` |\n")
        .unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            line.split('|')
                .map(|cell| cell.trim().trim_matches('`'))
                .collect()
        })
        .filter(|cells: &Vec<_>| cells[1] != "none")
        .collect();
    let keys = keys();
    assert_eq!(rows.len(), keys.len());
    for cells in rows {
        let [_, key, variable, flag, ..] = cells[..] else {
            panic!("{cells:?}");
        };
        let is_it = |name: &str| name == key || name.ends_with(&format!(".{key}"));
        let (name, value) = keys.iter().find(|(name, _)| is_it(name)).unwrap();
        // What stands in the page as `https://…` is no URL.
        let value = value.replace('…', "x");
        let row = |rows: Vec<Value>| {
            rows.into_iter()
                .find(|row| text(row, "key") == name)
                .unwrap()
        };
        let by_variable = row(listed(folder.path(), Some((variable, &value)), &[]));
        assert_eq!(text(&by_variable, "from"), "environment", "{by_variable}");
        assert_eq!(text(&by_variable, "variable"), variable);
        let arguments = match flag {
            flag if flag.starts_with("--") => vec![flag, &value],
            flag if flag.starts_with("SCRIPT") => vec![value.as_str()],
            // The password has none.
            _ => continue,
        };
        let by_flag = row(listed(folder.path(), Some((variable, &value)), &arguments));
        assert_eq!(text(&by_flag, "from"), "flag", "{by_flag}");
        assert!(flag.starts_with(text(&by_flag, "flag")), "{by_flag}");
    }
}

#[test]
fn people_read_values_and_places_and_no_password() {
    let setup = Setup::new()
        .file(
            "ouzel.toml",
            "data_dir = 'tweets'\n\n[stream]\nurl = 'https://ann:secret@gnip-stream.twitter.com/stream/powertrack/accounts/a/publishers/twitter/p.json'\n\
             password = 'secret'\nusername_file = 'name.txt'\n\n[journal]\nretain = '36h'\n",
        )
        .file("name.txt", "ann\n");
    let mut config = command(setup.folder());
    config.args(["config", "--sim", "--max-line", "2MiB", "--shadow", "0"]);
    config.env("OUZEL_USERNAME", "").env("OUZEL_DEBOUNCE", "1s");
    let (code, stdout, stderr) = Process::start(config).wait();
    assert_eq!((code, stderr.as_str()), (0, ""));
    expect![[r#"
        setting                     value                                                                                       from
        script                      scripts/main.lua                                                                            default
        data_dir                    tweets                                                                                      ouzel.toml:1
        stream.account              -                                                                                           not set
        stream.label                -                                                                                           not set
        stream.url                  https://***@gnip-stream.twitter.com/stream/powertrack/accounts/a/publishers/twitter/p.json  ouzel.toml:4
        stream.rules_url            -                                                                                           not set
        stream.username             -                                                                                           not set
        stream.username_file        name.txt                                                                                    ouzel.toml:6
        stream.password             ***                                                                                         ouzel.toml:5
        stream.password_file        -                                                                                           not set
        stream.ca_file              -                                                                                           not set
        stream.backfill_minutes     5                                                                                           default
        stream.recovery             false                                                                                       default
        stream.replay_url           -                                                                                           not set
        stream.replay_rules_url     -                                                                                           not set
        stream.read_timeout         35s                                                                                         default
        stream.max_line             2MiB                                                                                        --max-line
        script_limits.time          250ms                                                                                       default
        script_limits.load_time     3s                                                                                          default
        script_limits.instructions  100000000                                                                                   default
        script_limits.memory        256MiB                                                                                      default
        script_limits.breaches      5                                                                                           default
        journal.retain              36h                                                                                         ouzel.toml:9
        journal.max_size            20GiB                                                                                       default
        journal.sync                1s                                                                                          default
        rules.prune                 owned                                                                                       default
        rules.max_delete_percent    30                                                                                          default
        rules.check_every           10m                                                                                         default
        watch.enabled               true                                                                                        default
        watch.debounce              1s                                                                                          OUZEL_DEBOUNCE
        reload.test_on_save         false                                                                                       default
        reload.shadow               0                                                                                           --shadow
        reload.shadow_refuse        false                                                                                       default
        volume.monthly_cap          -                                                                                           not set
        volume.alarm_per_minute     10000                                                                                       default
        volume.breaker              off                                                                                         default
        volume.resume_after         -                                                                                           not set
        status.listen               127.0.0.1:9464                                                                              default
    "#]]
    .assert_eq(&String::from_utf8(stdout).unwrap());
}

#[test]
fn what_is_wrong_is_said_as_run_says_it() {
    let wrong_file = Setup::new().file("ouzel.toml", "[journal]\nretian = '1d'\n");
    let wrong_value = Setup::new().file("ouzel.toml", "[stream]\nread_timeout = '3s'\n");
    let no_account = Setup::new();
    let wrong_url = Setup::new().file(
        "ouzel.toml",
        "[stream]\nurl = 'http://gnip-stream.twitter.com/x'\nrules_url = 'https://data-api.twitter.com/x'\n",
    );
    for setup in [wrong_file, wrong_value, no_account, wrong_url] {
        let run = ouzel(setup.folder(), &["run", "--status-listen", "off"]);
        let config = ouzel(setup.folder(), &["config"]);
        assert_eq!((config.0, &config.2), (2, &run.2));
        assert_eq!(run.0, 2);
    }
}
