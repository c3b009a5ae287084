//! What holds for every page: it is printed, it is found, and its Lua and TOML are right.

use std::{collections::BTreeSet, fs, process::Stdio};

use super::{
    book::{all, block, blocks, guide, of_examples, page_named, readme, root},
    project::main_lua,
    support::{Process, Setup, Sim, Stdout, command, tagged},
};

fn help(words: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut ouzel = command(folder.path());
    ouzel.arg("help").args(words);
    let (code, stdout, stderr) = Process::start(ouzel).wait();
    (code, String::from_utf8(stdout).unwrap(), stderr)
}

#[test]
fn the_binary_prints_every_page() {
    for page in guide() {
        let (code, printed, stderr) = help(&[&page.name]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{}", page.name);
        assert_eq!(printed, page.text, "{}", page.name);
    }
}

#[test]
fn help_lists_commands_and_topics_with_a_line_each() {
    let (code, listed, _) = help(&[]);
    assert_eq!(code, 0);
    for command in [
        "run",
        "new",
        "types",
        "test",
        "check",
        "rules",
        "gaps",
        "backup",
        "config",
        "sim",
        "replay",
        "quarantine",
        "bench",
        "help",
    ] {
        assert!(
            listed.contains(&format!("\n  {command} ")),
            "{command}\n{listed}"
        );
    }
    let (_, topics) = listed.split_once("\nTopics:\n").unwrap();
    assert_eq!(topics.lines().count(), guide().len(), "{topics}");
    for page in guide() {
        let about = page.text.lines().nth(2).unwrap();
        let is_listed = |line: &str| {
            let listed = line.trim().strip_prefix(&page.name);
            listed.is_some_and(|rest| rest.trim_start() == about)
        };
        assert!(topics.lines().any(is_listed), "{}\n{listed}", page.name);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut ouzel = command(folder.path());
    ouzel.arg("--help");
    let (_, stdout, _) = Process::start(ouzel).wait();
    assert!(
        String::from_utf8(stdout)
            .unwrap()
            .contains("`ouzel help TOPIC`")
    );
}

#[test]
fn help_of_a_command_is_what_the_command_says() {
    for words in [
        &["run"][..],
        &["check"],
        &["rules", "lint"],
        &["gaps", "repair"],
    ] {
        let (code, help, stderr) = help(words);
        assert_eq!((code, stderr.as_str()), (0, ""));
        let folder = tempfile::tempdir().unwrap();
        let mut ouzel = command(folder.path());
        ouzel.args(words).arg("--help");
        let (_, stdout, _) = Process::start(ouzel).wait();
        assert_eq!(help, String::from_utf8(stdout).unwrap());
    }
}

#[test]
fn help_below_a_command_is_what_the_command_says() {
    for (asked, meant) in [
        (&["rules", "help"][..], &["rules"][..]),
        (&["rules", "help", "lint"], &["rules", "lint"]),
        (&["gaps", "help", "repair"], &["gaps", "repair"]),
        (&["quarantine", "help"], &["quarantine"]),
    ] {
        let printed = |words: &[&str], more: &[&str]| {
            let folder = tempfile::tempdir().unwrap();
            let mut ouzel = command(folder.path());
            ouzel.args(words).args(more);
            let (code, stdout, _) = Process::start(ouzel).wait();
            (code, String::from_utf8(stdout).unwrap())
        };
        assert_eq!(printed(asked, &[]), printed(meant, &["--help"]));
    }
}

#[test]
fn a_topic_that_there_is_not_is_wrong_usage() {
    let (code, stdout, stderr) = help(&["guaranties"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(
        stderr.starts_with("error: there is no topic or command `guaranties`; the topics are "),
        "{stderr}"
    );
    assert!(
        stderr.ends_with("\nhint: did you mean `guarantees`?\n"),
        "{stderr}"
    );
    for page in guide() {
        assert!(stderr.contains(&page.name), "{stderr}");
    }
    let (code, _, stderr) = help(&["chekc"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("did you mean `check`?"), "{stderr}");
    let (code, _, stderr) = help(&["nosuch"]);
    assert_eq!(code, 2);
    assert!(!stderr.contains("did you mean"), "{stderr}");
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    for words in [&["help"][..], &["help", "license-apache"], &["help", "sim"]] {
        let mut ouzel = command(folder.path());
        ouzel.args(words);
        let (code, _, stderr) = Process::start_with(ouzel, Stdio::null(), Stdout::Closed).wait();
        assert_eq!((code, stderr.as_str()), (0, ""));
    }
}

#[test]
fn the_readme_is_short_and_links_every_page() {
    let readme = readme();
    let lines = readme.lines().count();
    assert!(lines <= 250, "{lines} lines");
    for page in guide() {
        let link = format!("[{0}](src/guide/{0}.md)", page.name);
        let (_, contents) = readme.split_once("\n## The guide\n").unwrap();
        let (contents, _) = contents.split_once("\n## ").unwrap();
        assert!(contents.contains(&link), "{}", page.name);
    }
}

#[test]
fn every_page_begins_with_its_title_and_says_what_it_is() {
    for page in guide().into_iter().chain(of_examples()) {
        let lines: Vec<_> = page.text.lines().take(4).collect();
        let [title, "", about, ""] = lines[..] else {
            panic!("{}: {lines:?}", page.name);
        };
        assert!(title.starts_with("# "), "{title}");
        assert!(
            about.ends_with('.') && about.chars().count() <= 82,
            "{about}"
        );
    }
}

#[test]
fn every_link_leads_somewhere() {
    for page in all() {
        let folder = match page.name.as_str() {
            "README" => root().to_owned(),
            name if name.starts_with("examples/") => root().join(name),
            _ => root().join("src/guide"),
        };
        let mut links = page.text.split("](").skip(1).peekable();
        assert!(
            links.peek().is_some() || !page.text.contains("](src"),
            "{}",
            page.name
        );
        for link in links {
            let link = link.split(')').next().unwrap();
            assert!(
                !link.starts_with('#') && !link.contains("://"),
                "{}: {link}",
                page.name
            );
            let target = folder.join(link);
            let is_page = fs::metadata(&target).is_ok_and(|target| target.is_file());
            assert!(is_page, "{}: {link}", page.name);
        }
    }
}

#[test]
fn every_lua_block_loads() {
    let mut loaded = 0;
    for block in blocks() {
        // The examples of the reference are run with what they refer to: `tests/types/`.
        if block.language == "lua" && block.page != "reference" {
            // Tests are about the script that ships.
            if block.text.starts_with("test(") {
                let setup = Setup::check()
                    .command("test")
                    .script(&main_lua())
                    .file("scripts/failed.jsonl", tagged(1, &["launch"]));
                let ended = setup.file("scripts/main_test.lua", &block.text).ends();
                assert_eq!(ended.code, 0, "{}:\n{}", block.page, ended.output());
                continue;
            }
            let setup = Setup::check()
                .file("scripts/lists/scores.csv", "word,score\ngood,1\n")
                .file("scripts/lists/stop.txt", "the\n");
            let ended = setup.script(&block.text).ends();
            assert_eq!(
                ended.code, 0,
                "{}:\n{}\n{}",
                block.page, block.text, ended.stderr
            );
            loaded += 1;
        }
    }
    assert!(loaded >= 5);
}

#[test]
fn the_settings_are_those_of_the_file_the_environment_and_the_flags() {
    let page = page_named("settings");
    let table: Vec<Vec<_>> = (page.lines())
        .filter(|line| line.contains("| `OUZEL_"))
        .map(|row| row.split('|').skip(1).map(str::trim).collect())
        .collect();
    let column = |number: usize| -> BTreeSet<String> {
        let cells = table.iter().map(|row: &Vec<&str>| row[number]);
        let names = cells.filter_map(|cell| cell.strip_prefix('`')?.strip_suffix('`'));
        names.map(str::to_owned).collect()
    };
    let file = block("settings", "script = ").text;
    let keys = file.lines().filter_map(|line| line.split_once(" = "));
    let keys: BTreeSet<_> = keys
        .map(|(key, _)| key.trim_start_matches("# ").to_owned())
        .collect();
    assert_eq!(column(0), keys);

    let (_, help, _) = help(&["run"]);
    let between = |start: &str, end: &[char]| -> BTreeSet<String> {
        let parts = help.split(start).skip(1);
        parts
            .map(|part| part.split(end).next().unwrap().to_owned())
            .collect()
    };
    let mut variables = between("[env: ", &['=', ']']);
    // Not a flag: other users of the machine could read it.
    variables.insert("OUZEL_PASSWORD".to_owned());
    assert_eq!(column(1), variables);
    let flags = between("      --", &[' ', '\n']);
    for flag in column(2) {
        // The script is an argument.
        let is_known = flag
            .strip_prefix("--")
            .is_none_or(|flag| flags.contains(flag));
        assert!(is_known, "{flag}\n{flags:?}");
    }
}

#[test]
fn the_readme_lists_every_command() {
    let (_, listed, _) = help(&[]);
    let (_, commands) = listed.split_once("\nCommands:\n").unwrap();
    let readme = readme();
    for line in commands.lines().take_while(|line| !line.is_empty()) {
        let command = line.split_whitespace().next().unwrap();
        let is_row = |end| readme.contains(&format!("\n| `ouzel {command}{end}"));
        assert!(is_row(' ') || is_row('`'), "{command}");
    }
}

#[test]
fn valid_rules_that_are_probably_wrong_are_warned_about() {
    let page = page_named("rules");
    let never = "can never match";
    let broad = "nothing narrows this down";
    for (rule, said) in [
        ("lang:en lang:ja", never),
        ("has:geo is:retweet", never),
        ("lang:jp", "Japanese is `ja`"),
        ("lang:he", "Hebrew is `iw`"),
        ("place_country:UK", "United Kingdom is `GB`"),
        ("from:\"@jack\"", never),
        ("from:jack,bob", never),
        ("#cat,", never),
        ("$100", never),
        ("lang:en has:links", broad),
        ("sample:100", broad),
        ("-from:jack followers_count:1", broad),
        ("\" \"", broad),
        ("cat OR dog lang:en", "`cat OR (dog lang:en)`"),
        ("cat OR (dog lang:en)", "1 rule: 0 not valid, 0 warnings"),
        ("min_joy:5 fish", "there is no operator `min_joy`"),
        ("filter:links", "`has:links`"),
    ] {
        assert!(page.contains(rule), "{rule}");
        let setup = Setup::rules().file("rules.txt", rule);
        let ended = setup.arguments(&["lint", "rules.txt"]).ends();
        assert!(ended.output().contains(said), "{}", ended.output());
    }
}

/// With what is commented out too: it stands there to be used.
#[test]
fn every_toml_block_is_read() {
    let mut read = 0;
    for block in blocks() {
        if block.language != "toml" {
            continue;
        }
        read += 1;
        if block.text.starts_with("words = ") {
            // What the simulator's Tweets are about. The path is relative to the folder of the test.
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), &block.text).unwrap();
            let sim = Sim::start(&["--about", file.path().to_str().unwrap()]);
            sim.truth("port");
            continue;
        }
        let whole: Vec<_> = (block.text.lines())
            .map(|line| {
                line.strip_prefix("# ")
                    .filter(|rest| rest.contains(" = "))
                    .unwrap_or(line)
            })
            .collect();
        for text in [block.text.clone(), whole.join("\n")] {
            let ended = Setup::check()
                .script("-- It declares nothing.")
                .file("ouzel.toml", &text)
                .ends();
            assert_eq!(ended.code, 0, "{}:\n{text}\n{}", block.page, ended.stderr);
        }
    }
    assert!(read > 2);
}
