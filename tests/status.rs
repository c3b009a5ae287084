//! `/metrics` and `/healthz` of a run.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
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
        "\nouzel_handler_failures_total{handler=\"on \\\"*\\\"\"} 1\n",
        "\nouzel_handler_duration_seconds_count{handler=\"filter\"} 1\n",
        "\nouzel_handler_duration_seconds_bucket{handler=\"on \\\"*\\\"\",le=\"+Inf\"} 1\n",
        "\nouzel_lua_memory_limit_bytes 268435456\n",
        "\nouzel_lua_memory_bytes ",
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

/// What `/metrics` says when every metric has something to say.
fn all_metrics() -> String {
    let (run, address) = start();
    run.powertrack().wait_for_connection(1);
    // As JSON writes it.
    let hostile = r#"a\\b\"c"#;
    run.powertrack()
        .send_all([1, 2, 3].map(|id| tagged(id, &["a", hostile])));
    wait_for_metric(&address, "\nouzel_quarantined_tweets 1\n");
    let (_, text) = get(&address, "/metrics");
    run.drain();
    text
}

#[test]
fn a_slow_handler_shows_in_its_histogram() {
    let (run, address) = start_with(
        "ouzel.enrich(function() for _ = 1, 20000000 do end end)
         ouzel.on('a', function() end)
         ouzel.on('b', function() end)",
    );
    run.powertrack().wait_for_connection(1);
    run.powertrack().send(tagged(1, &["a"]));
    wait_for_metric(&address, "\nouzel_handled_tweets_total 1\n");
    let of = |handler: &str, end: &str| {
        format!("\nouzel_handler_duration_seconds_bucket{{handler=\"{handler}\",le=\"{end}\"}} ")
    };
    wait_for_metric(&address, &(of("enrich", "0.001") + "0\n"));
    let (_, text) = get(&address, "/metrics");
    assert!(text.contains(&(of("enrich", "+Inf") + "1\n")), "{text}");
    assert!(
        text.contains(&(of("on \\\"a\\\"", "0.1") + "1\n")),
        "{text}"
    );
    // It has not been called.
    assert!(!text.contains("on \\\"b\\\""), "{text}");
    run.drain();
}

#[test]
fn the_linter_of_prometheus_has_nothing_to_say() {
    let text = all_metrics();
    let started = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    // Most machines have none.
    let Ok(mut linter) = started else {
        return;
    };
    let mut stdin = linter.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    let said = linter.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
    assert_eq!(said, "", "{text}");
}

#[test]
fn names_and_kinds_of_metrics_agree() {
    let text = all_metrics();
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    for (name, kind) in kinds.map(|line| line.split_once(' ').unwrap()) {
        let is_counter = kind == "counter";
        assert_eq!(name.ends_with("_total"), is_counter, "{name} is a {kind}");
        for unit in ["_ms", "_milliseconds", "_minutes", "_kb", "_mb", "_percent"] {
            assert!(!name.contains(unit), "{name} is in no base unit");
        }
        assert!(text.contains(&format!("# HELP {name} ")), "{name}");
    }
}

#[test]
fn the_dashboard_names_metrics_that_there_are() {
    let text = all_metrics();
    let known: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/grafana/ouzel.json");
    let json = fs::read_to_string(path).unwrap();
    sonic_rs::from_str::<sonic_rs::Value>(&json).unwrap();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let named: BTreeSet<&str> = json
        .split(|c| !is_part(c))
        .filter(|word| word.starts_with("ouzel_"))
        .collect();
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        let ends = ["_bucket", "_sum", "_count"];
        let of_histogram = ends.iter().find_map(|end| name.strip_suffix(end));
        let is_known =
            known.contains(name) || of_histogram.is_some_and(|name| known.contains(name));
        assert!(is_known, "{name}");
    }
}
