//! The log: what it says is said once, and nothing in it is done.

use super::support::{Setup, tagged, tweet};

#[test]
fn what_waits_in_quarantine_is_told_once_for_each_script() {
    let run = Setup::new()
        .script("ouzel.enrich(function(t) if t.id == 1 then error 'no' end ouzel.log.info('handled', t.id .. '.') end)")
        .start();
    run.powertrack().send_all((1..=2).map(tweet));
    run.wait_for("handled 2.");
    let run = run.drain().again().arguments(&["--log", "debug"]).start();
    run.wait_for("Tweets are in quarantine");
    run.powertrack().wait_for_connection(2);
    // As when its own log goes to such a file: each word would bring the next.
    for number in 0..3 {
        run.write_in_place("scripts/log", &format!("{number}"));
        run.wait_for("looking whether the script has changed");
    }
    run.powertrack().send(tweet(3));
    run.wait_for("handled 3.");
    let ended = run.drain();
    assert_eq!(
        ended.stderr.matches("Tweets are in quarantine;").count(),
        1,
        "{}",
        ended.stderr
    );
}

#[test]
fn nothing_that_a_script_says_commands_a_terminal() {
    const ODD: &str = r"a\27[31mb\r\8\127\194\155\226\128\174c\0d";
    let script = format!(
        r#"
        local odd = "{ODD}"
        ouzel.rules {{ {{ tag = odd, value = "music" }} }}
        for _, level in ipairs {{ "debug", "info", "warn", "error" }} do ouzel.log[level](odd) end
        print(odd)
        ouzel.db.exec('CREATE TABLE IF NOT EXISTS "' .. odd:gsub("%z", "") .. '" (x)')
        ouzel.on("*", function(t)
          pcall(ouzel.table, odd, {{ x = "TEXT" }})
          if t.id == 1 then error(odd) end
          if t.id == 2 then ouzel.db.exec("SELECT * FROM \"" .. odd:gsub("%z", "") .. "x\"") end
          if t.id == 3 then error({{ odd }}) end
          ouzel.emit({{ odd, t.id }})
          ouzel.log.info("handled", t.id .. ".")
        end)
        "#
    );
    let run = Setup::new()
        .script(&script)
        .arguments(&["--log", "debug"])
        .start();
    run.powertrack()
        .send_all((1..=4).map(|id| tagged(id, &["a\\u001b[31mb\\u009bc"])));
    run.wait_for("handled 4.");
    let ended = run.drain();
    let is_odd = |c: &char| c.is_control() && !matches!(c, '\n' | '\t');
    assert_eq!(ended.stderr.chars().find(is_odd), None, "{}", ended.stderr);
    let mut setup = ended.again();
    for (command, arguments) in [
        ("check", &[][..]),
        ("check", &["--json"]),
        ("quarantine", &["list"]),
        ("quarantine", &["list", "--json"]),
        ("quarantine", &["show", "1"]),
        ("quarantine", &["show", "2", "--json"]),
        ("quarantine", &["retry"]),
        ("replay", &["--fresh"]),
    ] {
        let ended = setup.command(command).arguments(arguments).ends();
        // What is emitted is the script's.
        let output = match command {
            "replay" => "",
            _ => ended.output(),
        };
        let said = format!("{}{output}", ended.stderr);
        assert_eq!(
            said.chars().find(is_odd),
            None,
            "{command} {arguments:?}: {said}"
        );
        setup = ended.again();
    }
}
