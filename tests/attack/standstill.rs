//! Handlers that hang: the run says so, with the handler and the Tweet.

use super::{
    health,
    support::{Run, Setup, Stdout, tweet, wait_for_some},
};

fn start(script: &str) -> (Run, String) {
    let run = Setup::new()
        .script(script)
        .environment("OUZEL_STATUS_LISTEN", "127.0.0.1:0")
        .without_script_limits()
        // A save is swapped in at once.
        .environment("OUZEL_SHADOW", "0")
        .arguments(&["--log", "debug"])
        .start();
    let said = run.wait_for("serving /metrics");
    let address = said.split("address=").nth(1).unwrap();
    let address = address.split_whitespace().next().unwrap().to_owned();
    (run, address)
}

#[test]
fn a_handler_that_hangs_is_named_with_its_tweet_and_the_second_signal_ends_it() {
    let (run, address) = start(
        "ouzel.filter(function() return true end)
ouzel.enrich(function(t) if t.id == 13 then while true do end end end)",
    );
    run.powertrack().send_all((1..=20).map(tweet));
    let said = run.wait_for("a handler does not end");
    assert!(said.contains("WARN"), "{said}");
    assert!(said.contains("tweet=\"13\""), "{said}");
    assert!(said.contains("handler=\"enrich at main.lua:2\""), "{said}");
    // A save waits, and that is said.
    run.write("scripts/main.lua", "ouzel.enrich(function() end)");
    let said = run.wait_for("a handler does not end");
    assert!(said.contains("a save waits for this"), "{said}");
    // Those who look from outside are told within seconds.
    let answer = wait_for_some("an answer that it is unwell", || {
        Some(health(&address)).filter(|answer| answer.starts_with("HTTP/1.1 503"))
    });
    assert!(answer.contains("\"status\":\"standing still\""), "{answer}");
    assert!(
        answer.contains("enrich at main.lua:2, Tweet 13"),
        "{answer}"
    );
    run.process().signal("TERM");
    let said = run.wait_for("a handler does not end");
    assert!(said.contains("another signal ends it at once"), "{said}");
    // Two that come close together are one.
    assert!(
        run.process()
            .says_before_it_ends("the next signal stops at once")
    );
    run.process().signal("TERM");
    let ended = run.ends();
    assert_eq!(ended.code, 130, "{}", ended.stderr);
    // What waited comes with the mended script, and so does the Tweet that hung.
    let run = ended.again().start();
    run.powertrack().wait_for_connection(2);
    run.drain().assert_says("kept 20,");
}

#[test]
fn a_script_that_hangs_while_it_is_loaded_is_named_too() {
    let (run, _) = start("ouzel.enrich(function() end)");
    run.powertrack().send(tweet(1));
    run.write("scripts/main.lua", "while true do end");
    run.wait_for("the script does not end while it is loaded");
    // Nobody needs what it loads any more.
    run.process().signal("TERM");
    run.drain().assert_code(0);
}

#[test]
fn a_save_that_hangs_while_it_is_vetted_is_told_and_the_next_one_ends_it() {
    let run = Setup::new()
        .script("ouzel.enrich(function(t) ouzel.log.info('at', t.id .. '.') end)")
        .without_script_limits()
        .start();
    run.powertrack().send(tweet(1));
    run.wait_for("at 1.");
    run.write("scripts/main.lua", "while true do end");
    let said = run.wait_for("a save is still being vetted");
    assert!(said.contains("look for a loop that does not end"), "{said}");
    // What ran before goes on.
    run.powertrack().send(tweet(2));
    run.wait_for("at 2.");
    run.write(
        "scripts/main.lua",
        "ouzel.enrich(function(t) ouzel.log.info('now', t.id .. '.') end)",
    );
    run.wait_for("script loaded generation=2");
    run.powertrack().send(tweet(3));
    run.wait_for("now 3.");
    run.drain().assert_code(0);
}

#[test]
fn a_handler_that_is_only_slow_is_said_to_go_on() {
    let (run, _) = start(
        "ouzel.enrich(function(t) if t.id == 1 then local s = os.clock() while os.clock() < s + 7 do end end end)",
    );
    run.powertrack().send_all([tweet(1), tweet(2)]);
    run.wait_for("a handler does not end");
    run.wait_for("handling goes on");
    run.drain();
}

#[test]
fn output_that_nobody_reads_is_named_and_does_not_hold_up_the_end() {
    let script = "local got = ouzel.table('got', { id = 'INTEGER' })
ouzel.enrich(function(t) got:insert { id = t.id }; ouzel.emit(string.rep('x', 10000) .. t.id) end)";
    let run = Setup::new().script(script).stdout(Stdout::Unread).start();
    run.powertrack().send_all((1..=50).map(tweet));
    let said = run.wait_for("nobody reads standard output");
    assert!(said.contains("WARN"), "{said}");
    // One signal is enough.
    run.process().signal("TERM");
    let ended = run.ends();
    ended.assert_code(1);
    ended.assert_says("cannot write what the script emits: nobody reads standard output");
    // What nobody has read is emitted again by the next run, and each row is there once.
    let run = ended.again().stdout(Stdout::Heard).start();
    run.powertrack().wait_for_connection(2);
    run.wait_for_output("x50");
    let ended = run.drain();
    ended.assert_code(0);
    assert_eq!(
        ended.rows("SELECT count(*), count(DISTINCT id) FROM got"),
        "50|50"
    );
}

#[test]
fn a_replay_whose_output_nobody_reads_ends_at_the_first_signal() {
    let tweets: String = (1..=50).map(|id| tweet(id) + "\n").collect();
    let run = Setup::new()
        .command("replay")
        .script(
            "ouzel.enrich(function(t)
  ouzel.emit(string.rep('x', 10000))
  ouzel.log.info('at', t.id .. '.')
end)",
        )
        .file("tweets.jsonl", tweets)
        .arguments(&["tweets.jsonl"])
        .stdout(Stdout::Unread)
        .start();
    run.wait_for("at 1.");
    run.process().signal("TERM");
    let ended = run.ends();
    ended.assert_code(1);
    ended.assert_says("nobody reads standard output");
}
