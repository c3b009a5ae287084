//! Every script that comes with ouzel, and every method, over Tweets of all kinds: none may fail.
//!
//! They are Tweets of the simulator in both formats, and odd ones. Who has a collection of Tweets names its folder, with
//! files of JSON Lines, in `OUZEL_TWEETS`:
//!
//! ```text
//! OUZEL_TWEETS=~/tweets cargo test --test every_tweet
//! ```
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod support;

use std::{env, fmt::Write as _, fs, path::Path};

use support::{Setup, Sim, capture, example, examples, files_below, rules_of};

/// What the script of this test is called.
const EVERY: &str = "every method";

/// Calls every method, on the Tweet and on those inside it, and writes what it gives.
const EVERY_METHOD: &str = r#"
ouzel.rules { { tag = "all", value = "has:links OR has:hashtags OR music OR is:retweet OR coffee" } }
local names = { "id", "full_text", "all_text", "urls", "hashtags", "mentions", "author", "original", "quoted", "kind",
  "created_at_iso", "created", "lang", "app", "geo", "tags" }
local code = {}
for _, name in ipairs(names) do code[#code + 1] = ("%s = tweet:%s()"):format(name, name) end
local every = load("local tweet = ... return { " .. table.concat(code, ", ") .. " }")
local seen = ouzel.table("seen", { id = "INTEGER", kind = "TEXT", text = "TEXT", at = "TEXT", tags = "TEXT" })

local function is_list(list)
  for _, text in ipairs(list) do assert(type(text) == "string" and text ~= "") end
end

local function check(tweet)
  local is = every(tweet)
  assert(is.id == nil or math.type(is.id) == "integer")
  assert(is.full_text == nil or is.all_text:find(is.full_text, 1, true) == 1)
  is_list(is.urls) is_list(is.hashtags) is_list(is.mentions) is_list(is.tags)
  assert(is.kind == "tweet" or is.kind == "retweet" or is.kind == "quote" or is.kind == "reply")
  assert((is.created == nil) == (is.created_at_iso == nil))
  assert(is.app == nil or not is.app:find("<a ", 1, true))
  if is.geo then assert(math.abs(is.geo.longitude) <= 180 and math.abs(is.geo.latitude) <= 90) end
  -- The fields are as they came.
  local text = tweet.full_text
  assert(text == nil or type(text) ~= "function")
  assert(tweet.geo == nil or type(tweet.geo) ~= "function")
  if is.original ~= tweet then check(is.original) end
  if is.quoted then check(is.quoted) end
  return is
end

ouzel.on("*", function(tweet)
  local as_it_came = ouzel.json.encode(tweet)
  local is = check(tweet)
  assert(ouzel.json.encode(tweet) == as_it_came)
  seen:insert { id = is.id, kind = is.kind, text = is.all_text, at = is.created_at_iso,
                tags = table.concat(is.tags, " ") }
  -- The same once more through what a handler has changed.
  local before = ouzel.json.encode { is.full_text or "", is.urls, is.hashtags, is.author, is.geo or 0, is.kind }
  tweet.tags, tweet.kind, tweet.urls = "mine", nil, 5
  if tweet.user then tweet.user.seen = true end
  if tweet.actor then tweet.actor.seen = true end
  is = check(tweet)
  assert(before == ouzel.json.encode { is.full_text or "", is.urls, is.hashtags, is.author, is.geo or 0, is.kind })
  assert(tweet.tags == "mine")
end)
"#;

/// Tweets that few have thought of; the first two kinds are those on which an example has failed.
const ODD: &[&str] = &[
    r#"{"id":1,"id_str":"1","full_text":"all of it #a #b","created_at":"Wed Oct 10 20:19:24 +0000 2018","lang":"en","entities":{"hashtags":[{"text":"a"},{"text":"b"}]},"user":{"id":7,"screen_name":"ada","followers_count":50000,"friends_count":1}}"#,
    r#"{"id":2,"id_str":"2","text":"a","created_at":"Wed Oct 10 20:19:24 +0000 2018","user":{"id":7,"screen_name":"ada","followers_count":50000,"friends_count":1,"derived":{"klout":{}}},"entities":{"hashtags":[]}}"#,
    r#"{"id_str":"3"}"#,
    r#"{"id":4,"text":"no user, no time"}"#,
    r#"{"id":5,"text":null,"full_text":null,"user":null,"entities":null,"created_at":null,"geo":null,"place":null,"lang":null,"retweeted_status":null}"#,
    r#"{"id_str":"6","text":"a","user":{"followers_count":50000,"friends_count":null},"entities":{"hashtags":null},"extended_tweet":{"full_text":"b"},"retweeted_status":{}}"#,
    r#"{"id_str":"7","text":5,"user":[],"entities":"x","created_at":true,"geo":5,"coordinates":"x","place":[],"lang":{},"retweeted_status":5,"quoted_status":[]}"#,
    r#"{"id_str":"8","full_text":"RT @bo: a…","retweeted_status":{"id_str":"7","full_text":"all of a","quoted_status":{"full_text":"q"},"user":{"screen_name":"bo"}},"geo":{"type":"Point","coordinates":[35.0,135.7]},"created_at":"Wed Oct 10 20:19:24 +0000 2018"}"#,
    r#"{"objectType":"activity","id":"tag:search.twitter.com,2005:9","verb":"post","body":"a"}"#,
    r#"{"objectType":"activity","id":"tag:search.twitter.com,2005:10","verb":"share","body":"RT @bo: a…","postedTime":"2018-10-10T20:19:24.000Z","actor":{"id":"id:twitter.com:7","preferredUsername":"ada","followersCount":50000},"object":{"objectType":"activity","id":"tag:search.twitter.com,2005:8","body":"a…","long_object":{"body":"all of a"},"actor":{"preferredUsername":"bo"}},"twitter_entities":{"hashtags":[{"text":"x"}]}}"#,
    r#"{"objectType":"activity","id":null,"verb":"share","body":null,"actor":null,"object":null,"geo":null,"location":null,"twitter_entities":null}"#,
];

/// A project of the repository: an example, or the one at its top.
fn project(name: Option<&str>) -> Setup {
    let folder = match name {
        Some(name) => example(name).join("scripts"),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts"),
    };
    let setup = Setup::new().command("replay");
    // The description for editors is no part of a script.
    let files = files_below(&folder).into_iter();
    let files = files.filter(|(path, _)| path != "ouzel.lua");
    files.fold(setup, |setup, (path, bytes)| {
        setup.file(&format!("scripts/{path}"), bytes)
    })
}

/// All projects of the repository.
fn projects() -> Vec<Option<String>> {
    let examples = examples().into_iter().map(Some);
    examples.chain([None]).collect()
}

/// A line that has matched rules with these tags. Of two fields with the same name, the first counts.
fn matched(line: &str, tags: &[String]) -> String {
    let rules: Vec<_> = tags
        .iter()
        .map(|tag| format!(r#"{{"tag":"{tag}","id":1}}"#))
        .collect();
    let rules = format!(r#""matching_rules":[{}]"#, rules.join(","));
    let rest = line.trim_start().strip_prefix('{').unwrap();
    if !line.contains(r#""objectType":"activity""#) {
        return format!("{{{rules},{rest}\n");
    }
    match line.split_once(r#""gnip":{"#) {
        Some((before, after)) => format!("{before}\"gnip\":{{{rules},{after}\n"),
        None => format!("{{\"gnip\":{{{rules}}},{rest}\n"),
    }
}

/// Runs a script over these lines: its first rule has matched, then all have, and no handler may fail.
#[track_caller]
fn assert_none_fails<'l>(
    name: &str,
    tags: &[String],
    setup: Setup,
    lines: impl Iterator<Item = &'l str>,
) {
    let mut text = String::new();
    let mut count = 0;
    for line in lines {
        text += &matched(line, &tags[..1]);
        text += &matched(line, tags);
        count += 2;
    }
    let ended = setup
        .file("tweets.jsonl", text)
        .arguments(&["tweets.jsonl"])
        .ends();
    ended.assert_code(0);
    let said = ended
        .stderr
        .lines()
        .find(|line| line.contains(" Tweets in "));
    let said = said.unwrap_or_else(|| panic!("{name}: {}", ended.stderr));
    let all = format!("{count} Tweets in ");
    assert!(
        said.replace(' ', "").contains(&all.replace(' ', "")),
        "{name}: {}",
        ended.stderr
    );
    assert!(said.ends_with("failed 0"), "{name}: {}", ended.stderr);
    ended.assert_silent_about("timer failed");
    // Only the script of this test drops nothing.
    let is_all = said.contains("filtered 0,");
    assert!(is_all || name != EVERY, "{}", ended.stderr);
}

fn assert_no_script_fails<'l>(lines: impl Iterator<Item = &'l str> + Clone) {
    let tags = |setup| rules_of(setup).into_iter().map(|rule| rule.tag);
    for name in projects() {
        let name = name.as_deref();
        let tags: Vec<_> = tags(project(name)).collect();
        assert_none_fails(name.unwrap_or("main"), &tags, project(name), lines.clone());
    }
    let setup = || Setup::new().script(EVERY_METHOD).command("replay");
    let tags: Vec<_> = tags(setup()).collect();
    assert_none_fails(EVERY, &tags, setup(), lines);
}

#[test]
fn no_script_fails_on_odd_tweets() {
    assert_no_script_fails(ODD.iter().copied());
}

#[test]
fn no_script_fails_on_tweets_of_the_simulator() {
    let mut rules = rules_of(Setup::new().script(EVERY_METHOD));
    for name in projects() {
        rules.extend(rules_of(project(name.as_deref())));
    }
    let capture = capture(&rules);
    for format in ["native", "activity"] {
        let sim = Sim::start(&["--rate", "2000", "--format", format]);
        let ended = Setup::new()
            .script(&capture)
            .against(&sim)
            .arguments(&["--limit", "200"])
            .ends();
        ended.assert_code(0);
        let lines = ended.output();
        assert_eq!(lines.lines().count(), 200);
        let activity = lines
            .lines()
            .filter(|line| line.contains("\"postedTime\""))
            .count();
        assert_eq!(activity, if format == "native" { 0 } else { 200 });
        assert_no_script_fails(lines.lines());
    }
}

#[test]
fn no_script_fails_on_a_collection() {
    let Ok(folder) = env::var("OUZEL_TWEETS") else {
        return;
    };
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let end = path.extension().and_then(|end| end.to_str());
        if matches!(end, Some("ndjson" | "jsonl" | "json")) {
            writeln!(all, "{}", fs::read_to_string(&path).unwrap()).unwrap();
        }
    }
    let lines = all.lines().filter(|line| !line.trim().is_empty());
    assert!(lines.clone().count() > 0, "there are no Tweets");
    assert_no_script_fails(lines);
}
