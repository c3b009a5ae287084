//! What the network may bring: refusals, silence, control characters, endless lines.

use super::support::{Ended, Setup, tagged, tweet};

/// Nothing that a terminal obeys, and no line that ouzel has not begun.
#[track_caller]
fn assert_plain(ended: &Ended) {
    let text = ended.stderr.as_str();
    let odd = |c: char| ouzel::plain::is_unsafe(c) && !matches!(c, '\n' | '\t');
    assert!(!text.contains(odd), "{text:?}");
    let is_forged =
        |line: &str| line.starts_with("2026-01-01T") || line.starts_with("error: forged");
    assert!(!text.lines().any(is_forged), "{text}");
}

const FORGED: &str = "a\\n2026-01-01T00:00:00.000Z  INFO all is well\\nerror: forged\\u001b[31m\\u202e\\u2028b\\u009b";

#[test]
fn an_error_of_a_handler_forges_no_line_of_the_log() {
    let run = Setup::new()
        .script(
            "ouzel.enrich(function(t) ouzel.log.info(t.text) print(t.text) error(t.text, 0) end)",
        )
        .start();
    run.powertrack().send(tweet(1).replace("hello", FORGED));
    run.wait_for("handler failed");
    let ended = run.drain();
    assert_plain(&ended);
    let ended = ended
        .again()
        .command("quarantine")
        .arguments(&["list"])
        .ends();
    let odd = |c: char| ouzel::plain::is_unsafe(c) && c != '\n';
    assert!(!ended.output().contains(odd), "{:?}", ended.output());
    let ended = ended
        .again()
        .command("quarantine")
        .arguments(&["show", "1"])
        .ends();
    assert!(!ended.output().contains(odd), "{:?}", ended.output());
}

#[test]
fn tags_and_messages_command_no_terminal() {
    let run = Setup::new()
        .script("ouzel.on('*', function(t, rule) error('no ' .. rule.tag, 0) end)")
        .start();
    run.powertrack().send(format!(
        "{{\"error\":{{\"message\":\"{FORGED}\",\"sent\":\"{FORGED}\"}}}}"
    ));
    run.powertrack()
        .send(format!("{{\"warn\":{{\"message\":\"{FORGED}\"}}}}"));
    run.powertrack()
        .send(tagged(1, &["TAG"]).replace("TAG", FORGED));
    run.wait_for("handler failed");
    let ended = run.drain();
    assert_plain(&ended);
}

#[test]
fn answers_of_the_service_command_no_terminal() {
    for status in [401, 403, 404, 422, 503] {
        let setup =
            Setup::new().script("ouzel.rules { { value = 'a' } } ouzel.on('*', function() end)");
        setup.powertrack().refuse_rules("add", status, &format!("{{\"error\":{{\"message\":\"{FORGED}\"}},\"detail\":[{{\"rule\":{{\"value\":\"{FORGED}\"}},\"message\":\"{FORGED}\"}}]}}"));
        setup.powertrack().refuse_stream(
            status,
            "\u{1b}[31mred\n2026-01-01T00:00:00.000Z  INFO all is well",
        );
        let ended = setup.arguments(&["--for", "1s"]).ends();
        assert_plain(&ended);
    }
}

#[test]
fn a_text_of_fifty_megabytes_is_not_logged_whole() {
    let run = Setup::new()
        .script("ouzel.enrich(function(t) local s = ('x'):rep(50000000) ouzel.log.warn(s) error(s, 0) end)")
        .start();
    run.powertrack().send(tweet(1));
    run.wait_for("handler failed");
    let ended = run.drain();
    assert!(ended.stderr.len() < 200_000, "{}", ended.stderr.len());
}
