//! `/metrics` and `/healthz` of a run.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod support;

use std::{
    io::{Read, Write},
    net::TcpListener,
};

use support::{Run, Setup, connect, tagged, wait_until};

const SCRIPT: &str = r#"
local seen = ouzel.table("seen", { id = "INTEGER" })
ouzel.filter(function(t) return t.id ~= 2 end)
ouzel.on("*", function(t)
  if t.id == 3 then error("no") end
  seen:insert { id = t.id }
  ouzel.emit(t.id)
end)
"#;

/// The status and the body of an answer.
fn get(address: &str, path: &str) -> (u16, String) {
    let mut connection = connect(address);
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

/// Asks until a metric is there: some are told with the commit.
fn wait_for_metric(address: &str, expected: &str) {
    wait_until(expected, || get(address, "/metrics").1.contains(expected));
}

/// A run with a status server, and its address.
fn start() -> (Run, String) {
    start_with(SCRIPT)
}

fn start_with(script: &str) -> (Run, String) {
    let run = Setup::new()
        .script(script)
        .environment("OUZEL_STATUS_LISTEN", "127.0.0.1:0")
        .environment("OUZEL_LOG", "debug")
        .start();
    let line = run.wait_for("serving /metrics and /healthz");
    let address = line.split("address=").nth(1).unwrap();
    let address = address.split_whitespace().next().unwrap().to_owned();
    (run, address)
}

#[test]
fn metrics_say_what_became_of_each_tweet() {
    let (run, address) = start();
    run.powertrack().wait_for_connection(1);
    run.powertrack()
        .send_all([1, 1, 2, 3, 4].map(|id| tagged(id, &["a"])));
    run.wait_for_output("4");
    wait_for_metric(&address, "\nouzel_quarantined_tweets 1\n");
    let (status, text) = get(&address, "/metrics");
    assert_eq!(status, 200);
    for expected in [
        "\nouzel_journaled_lines_total 5\n",
        "\nouzel_duplicates_total 1\n",
        "\nouzel_handled_tweets_total 4\n",
        "\nouzel_filtered_tweets_total 1\n",
        "\nouzel_failed_tweets_total 1\n",
        "\nouzel_received_lines_total 5\n",
        "\nouzel_connected 1\n",
        "\nouzel_waiting_lines 0\n",
        "\nouzel_generation 1\n",
        "\nouzel_reconnects_total{cause=\"stalled\"} 0\n",
        "\nouzel_newest_handled_age_seconds ",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    let (status, body) = get(&address, "/healthz");
    assert_eq!(status, 200, "{body}");
    assert!(
        body.starts_with(r#"{"status":"ok","stream":"connected","silent_seconds":"#),
        "{body}"
    );
    run.drain().assert_code(0);
}

#[test]
fn an_address_that_is_taken_costs_the_metrics_and_no_more() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let run = Setup::new()
        .script(SCRIPT)
        .environment(
            "OUZEL_STATUS_LISTEN",
            taken.local_addr().unwrap().to_string(),
        )
        .start();
    run.wait_for("no metrics are served");
    run.powertrack().wait_for_connection(1);
    run.drain().assert_code(0);
}

#[test]
fn what_is_no_address_is_refused() {
    let ended = Setup::new()
        .script(SCRIPT)
        .environment("OUZEL_STATUS_LISTEN", "everywhere")
        .ends();
    ended
        .assert_code(2)
        .assert_says("`everywhere` is no address; write one such as `127.0.0.1:9464`, or `off`");
}

#[test]
fn a_script_counts_what_its_kept_tweets_have() {
    let script = |name: &str| {
        format!(
            r#"
            local {name} = ouzel.metric("{name}_total", "links \\ more")
            local longest = ouzel.metric "longest"
            local unused = ouzel.metric "unused"
            longest:set(1)
            ouzel.on("*", function(t)
              {name}:add(2, {{ lang = "a\"b", odd = t.id % 2 == 1 }})
              {name}:add()
              longest:add(t.id)
              if t.id == 3 then error("no") end
            end)"#
        )
    };
    let (run, address) = start_with(&script("links"));
    run.powertrack().wait_for_connection(1);
    for id in 1..=3 {
        run.powertrack().send(tagged(id, &["t"]));
    }
    wait_for_metric(&address, "ouzel_failed_tweets_total 1\n");
    for expected in [
        "# HELP ouzel_script_links_total links \\\\ more\n# TYPE ouzel_script_links_total counter\n",
        "\nouzel_script_links_total 2\n",
        "\nouzel_script_links_total{lang=\"a\\\"b\",odd=\"true\"} 2\n",
        "\nouzel_script_links_total{lang=\"a\\\"b\",odd=\"false\"} 2\n",
        "# HELP ouzel_script_longest A metric of the script.\n# TYPE ouzel_script_longest gauge\nouzel_script_longest 4\n",
        "# TYPE ouzel_script_unused gauge\n",
    ] {
        wait_for_metric(&address, expected);
    }
    // A counter goes on, a gauge is what the load has set, and what is not declared any more goes.
    run.write("scripts/main.lua", &format!("{}\n", script("links")));
    wait_for_metric(&address, "ouzel_generation 2\n");
    run.powertrack().send(tagged(4, &["t"]));
    wait_for_metric(&address, "\nouzel_script_links_total 3\n");
    wait_for_metric(&address, "\nouzel_script_longest 5\n");
    run.write("scripts/main.lua", &script("others"));
    wait_for_metric(&address, "ouzel_script_others_total");
    let (_, text) = get(&address, "/metrics");
    assert!(!text.contains("ouzel_script_links_total"), "{text}");
    run.drain();
}
