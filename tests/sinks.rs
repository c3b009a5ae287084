//! Files that a script emits into: each line once, whatever happens in between.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod support;

use std::fs;

use support::{Setup, killed_over_and_over, tweet};

const SCRIPT: &str = r#"
local hits = ouzel.sink("hits.jsonl")
local odd = ouzel.sink("odd.jsonl")
ouzel.enrich(function(t)
  ouzel.emit({ id = t.id }, hits)
  if t.id % 2 == 1 then ouzel.emit(t.id, odd) end
  if t.id == 3 then error("no") end
  ouzel.log.info("handled", t.id .. ".")
end)
"#;

fn lines(ids: impl IntoIterator<Item = i64>) -> String {
    ids.into_iter()
        .map(|id| format!("{{\"id\":{id}}}\n"))
        .collect()
}

#[test]
fn what_failed_is_not_in_a_sink_and_the_next_run_goes_on_behind() {
    let run = Setup::new().script(SCRIPT).start();
    run.powertrack().send_all((1..=5).map(tweet));
    run.wait_for("handled 5.");
    let ended = run.drain();
    let read =
        |name: &str| fs::read_to_string(ended.folder().join("data/sinks").join(name)).unwrap();
    assert_eq!(read("hits.jsonl"), lines([1, 2, 4, 5]));
    assert_eq!(read("odd.jsonl"), "1\n5\n");
    assert_eq!(
        ended.rows("SELECT name, length FROM _ouzel_sinks"),
        "hits.jsonl|36\nodd.jsonl|4"
    );
    // As a crash between the file and the commit leaves it.
    let path = ended.folder().join("data/sinks/hits.jsonl");
    fs::write(&path, lines([1, 2, 4, 5, 6])).unwrap();
    let run = ended.again().start();
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(6));
    run.wait_for("handled 6.");
    let ended = run.drain();
    ended.assert_code(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), lines([1, 2, 4, 5, 6]));
}

#[test]
fn a_killed_run_writes_each_line_once() {
    let ended = killed_over_and_over(Setup::new().script(SCRIPT), ".");
    let held = fs::read_to_string(ended.folder().join("data/sinks/hits.jsonl")).unwrap();
    let mut held: Vec<_> = held.lines().collect();
    held.sort_unstable();
    let expected = lines((1..=1201).filter(|id| *id != 3));
    let mut expected: Vec<_> = expected.lines().collect();
    expected.sort_unstable();
    assert_eq!(held, expected);
}

#[test]
fn a_sink_that_was_cut_by_somebody_is_a_warning() {
    let run = Setup::new().script(SCRIPT).start();
    run.powertrack().send(tweet(2));
    run.wait_for("handled 2.");
    let ended = run.drain();
    let path = ended.folder().join("data/sinks/hits.jsonl");
    fs::write(&path, "").unwrap();
    let run = ended.again().start();
    run.wait_for("the sink is shorter than it was");
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(4));
    run.wait_for("handled 4.");
    let ended = run.drain();
    ended.assert_code(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), lines([4]));
}
