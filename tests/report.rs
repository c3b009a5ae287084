//! `ouzel report`, and the counts of each minute that it is made of.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod support;

use std::fs;

use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};
use support::{Ended, Setup, ouzel};

/// A tag that would be more than text in a careless page.
const HOSTILE: &str = r#"</style><script>alert(1)</script> & "q" 'a'"#;

const SCRIPT: &str = r#"
ouzel.rules {
  { tag = "launch", value = "rocket" },
  { tag = "</style><script>alert(1)</script> & \"q\" 'a'", value = "coffee" },
}
ouzel.enrich(function(t)
  if t.id == 4 then error("<b>boom</b>") end
  ouzel.log.info("handled", t.id .. ".")
end)
"#;

fn tweet(id: i64, tags: &[&str]) -> String {
    let rules = tags.iter().map(|tag| {
        let tag = sonic_rs::to_string(tag).unwrap();
        format!("{{\"tag\":{tag},\"id\":1}}")
    });
    let rules = rules.collect::<Vec<_>>().join(",");
    format!("{{\"id\":{id},\"id_str\":\"{id}\",\"text\":\"a\",\"matching_rules\":[{rules}]}}\r\n")
}

/// A run that has received five Tweets, one of them twice, and one that fails.
fn received() -> Ended {
    let run = Setup::new().script(SCRIPT).start();
    let tweets = [
        tweet(1, &["launch"]),
        tweet(2, &["launch", HOSTILE]),
        tweet(1, &["launch"]),
        tweet(3, &[]),
        tweet(4, &[HOSTILE]),
        tweet(5, &["launch"]),
    ];
    run.powertrack().send_all(tweets);
    run.wait_for("handled 5.");
    run.drain()
}

#[test]
fn each_tweet_counts_once_and_for_each_of_its_tags() {
    let ended = received();
    assert_eq!(ended.rows("SELECT sum(tweets) FROM _ouzel_minutes"), "5");
    assert_eq!(
        ended.rows("SELECT tag, sum(tweets) FROM _ouzel_volume GROUP BY tag ORDER BY tag"),
        format!("{HOSTILE}|2\nlaunch|3")
    );
    let (code, report, said) = ouzel(ended.folder(), &["report", "--json"]);
    assert_eq!(code, 0, "{said}");
    let report: Value = sonic_rs::from_str(&report).unwrap();
    assert_eq!(report["tweets"].as_u64(), Some(5));
    assert_eq!(report["tags"][0]["tag"].as_str(), Some("launch"));
    assert_eq!(report["tags"][1]["tweets"].as_u64(), Some(2));
    assert_eq!(report["failed"].as_u64(), Some(1));
    assert_eq!(report["failures"][0]["line"].as_u64(), Some(7));
    assert_eq!(report["loads"].as_array().unwrap().len(), 1);
    let steps = report["steps"].as_array().unwrap().iter();
    let steps = steps.map(|step| step["tweets"].as_u64().unwrap());
    assert_eq!(steps.sum::<u64>(), 5);
}

#[test]
fn the_page_is_text_whatever_tags_and_errors_say() {
    let ended = received();
    let html = ["report", "--html", "report.html"];
    let (code, out, said) = ouzel(ended.folder(), &html);
    assert_eq!((code, out.as_str()), (0, ""), "{said}");
    let page = fs::read_to_string(ended.folder().join("report.html")).unwrap();
    for hostile in ["<script", "</style><", "<b>boom", "\"q\" 'a'"] {
        assert!(!page.contains(hostile), "{hostile}: {page}");
    }
    assert!(
        page.contains("&lt;/style&gt;&lt;script&gt;alert(1)"),
        "{page}"
    );
    assert!(
        page.contains("main.lua:7: &lt;b&gt;boom&lt;/b&gt;"),
        "{page}"
    );
    assert_eq!(page.matches("</style>").count(), 1);
    for outside in ["http://", "https://", "src=", "url(h", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    // A report is not written over by mistake.
    let (code, _, said) = ouzel(ended.folder(), &html);
    assert_eq!(code, 2);
    assert!(
        said.contains("`report.html` exists already\nhint: `--force` writes over it"),
        "{said}"
    );
    let (code, _, said) = ouzel(ended.folder(), &[&html[..], &["--force"]].concat());
    assert_eq!(code, 0, "{said}");
}

#[test]
fn without_tweets_and_without_a_database_it_says_so() {
    let (code, _, said) = ouzel(Setup::new().folder(), &["report"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("there is no database `data/ouzel.db` to report on"),
        "{said}"
    );
    let ended = received();
    let (code, text, _) = ouzel(ended.folder(), &["report", "--to", "2020-01-01T00:00:00Z"]);
    assert_eq!(code, 0);
    assert!(text.starts_with("No Tweets were received from"), "{text}");
    let backwards = [
        "report",
        "--from",
        "2020-01-02T00:00:00Z",
        "--to",
        "2020-01-01T00:00:00Z",
    ];
    let (code, _, said) = ouzel(ended.folder(), &backwards);
    assert_eq!(code, 2);
    assert!(said.contains("`--to` is not later than `--from`"), "{said}");
}
