//! The status address of a run: `/metrics`, `/healthz`, what the page reads, and the commands that ask there.
//! The page itself is looked at in `tests/page`.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
};

use rusqlite::Connection;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use support::{Run, Setup, connect, skipped, tagged, wait_for_some, wait_until};

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
    served(Setup::new().script(script))
}

fn served(setup: Setup) -> (Run, String) {
    let run = setup
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

/// The whole view.
fn view(address: &str) -> Value {
    let (status, body) = get(address, "/status.json");
    assert_eq!(status, 200, "{body}");
    sonic_rs::from_str(&body).unwrap()
}

/// Listens to `/events`, and gives the data of one event after the other by its name.
struct Events(BufReader<TcpStream>);

impl Events {
    fn open(address: &str) -> Self {
        let mut connection = connect(address);
        // Without pieces, as an older client asks.
        let request = format!("GET /events HTTP/1.0\r\nhost: {address}\r\n\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        Self(BufReader::new(connection))
    }

    fn next(&mut self, name: &str) -> Value {
        let mut is_it = false;
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "no `{name}` came");
            if let Some(event) = line.strip_prefix("event: ") {
                is_it = event.trim_end() == name;
            } else if let Some(data) = line.strip_prefix("data: ").filter(|_| is_it) {
                return sonic_rs::from_str(data).unwrap();
            }
        }
    }
}

#[test]
fn the_view_has_the_counts_the_newest_rows_and_the_failures_by_cause() {
    let (run, address) = start();
    run.powertrack().wait_for_connection(1);
    run.powertrack()
        .send_all([1, 2, 3, 4].map(|id| tagged(id, &["a<b>\\n"])));
    run.wait_for_output("4");
    wait_until("rows, counts and a failure", || {
        let view = view(&address);
        view["now"]["counts"]["tweets"].as_u64() == Some(4)
            && !view["kept"]["failures"].as_array().unwrap().is_empty()
            && view["kept"]["tables"][0]["rows"].as_array().unwrap().len() == 2
            && view["tags"][0]["count"].as_u64() == Some(4)
    });
    let view = view(&address);
    assert_eq!(view["tags"][0]["tag"].as_str(), Some("a<b>\n"));
    let failure = &view["kept"]["failures"][0];
    assert_eq!(failure["place"].as_str(), Some("main.lua:5"));
    assert_eq!(failure["count"].as_u64(), Some(1));
    assert_eq!(failure["tweet"].as_str(), Some("3"));
    let rows: Vec<_> = view["kept"]["tables"][0]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(rows[0][0].as_str(), Some("4"));
    assert_eq!(rows[1][0].as_str(), Some("1"));
    assert_eq!(view["kept"]["loads"][0]["result"].as_str(), Some("loaded"));
    assert_eq!(view["now"]["stream"]["state"].as_str(), Some("connected"));
    run.drain();
}

#[test]
fn the_view_is_there_while_somebody_else_locks_the_database() {
    let (run, address) = start();
    run.powertrack().wait_for_connection(1);
    run.powertrack().send(tagged(1, &["a"]));
    run.wait_for_output("1");
    let rows = |view: &Value| view["kept"]["tables"][0]["rows"].as_array().unwrap().len();
    wait_until("a row", || rows(&view(&address)) == 1);
    let other = Connection::open(run.folder().join("data/ouzel.db")).unwrap();
    wait_until("a lock", || other.execute_batch("BEGIN EXCLUSIVE").is_ok());
    run.powertrack().send(tagged(4, &["a"]));
    wait_until("what waits for the lock", || {
        view(&address)["now"]["waiting"].as_u64() == Some(1)
    });
    let locked = view(&address);
    assert_eq!(rows(&locked), 1);
    assert!(locked["kept"]["trouble"].is_null(), "{locked}");
    other.execute_batch("ROLLBACK").unwrap();
    wait_until("the other row", || rows(&view(&address)) == 2);
    run.drain();
}

#[test]
fn events_begin_with_the_history_and_end_with_the_run() {
    let (run, address) = start();
    run.powertrack().wait_for_connection(1);
    run.powertrack()
        .send_all([1, 4].map(|id| tagged(id, &["a", "b"])));
    run.wait_for_output("4");
    wait_until("history", || {
        let past = Events::open(&address).next("history");
        let sum = |column: &Value| {
            column
                .as_array()
                .unwrap()
                .iter()
                .map(|n| n.as_u64().unwrap())
                .sum::<u64>()
        };
        let tags = past["tags"].as_array().unwrap();
        sum(&past["tweets"]) == 2 && tags.len() == 2 && sum(&tags[0][1]) == 2
    });
    let mut events = Events::open(&address);
    let history = events.next("history");
    assert_eq!(history["marks"][0]["what"].as_str(), Some("loaded"));
    run.powertrack().send(tagged(5, &["c"]));
    loop {
        let second = events.next("second");
        if second["second"]["tags"][0][0].as_str() == Some("c") {
            assert_eq!(second["now"]["counts"]["tweets"].as_u64(), Some(3));
            break;
        }
    }
    run.process().signal("TERM");
    assert_eq!(events.next("end").as_bool(), Some(true));
    run.ends().assert_code(0);
}

#[test]
fn listeners_are_bounded_and_one_that_goes_makes_room() {
    let (run, address) = start();
    let mut all: Vec<_> = (0..32).map(|_| Events::open(&address)).collect();
    all.iter_mut()
        .for_each(|events| drop(events.next("history")));
    let (status, body) = get(&address, "/events");
    assert_eq!(
        (status, body.contains("too many programs listen")),
        (503, true)
    );
    all.clear();
    wait_until("room", || {
        let mut line = String::new();
        Events::open(&address).0.read_line(&mut line).unwrap();
        line.contains("200")
    });
    run.drain();
}

#[test]
fn a_page_from_elsewhere_gets_nothing_and_a_browser_is_told_what_it_may_run() {
    let (run, address) = start();
    let ask = |path: &str, headers: &str| {
        let mut connection = connect(&address);
        let request = format!("GET {path} HTTP/1.1\r\n{headers}\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    };
    for path in ["/", "/page.js", "/status.json", "/events"] {
        let own = format!("host: {address}");
        for headers in [
            "host: evil.example".to_owned(),
            format!("{own}\r\norigin: http://evil.example"),
        ] {
            let answer = ask(path, &headers);
            assert!(
                answer.starts_with("HTTP/1.1 403"),
                "{path} {headers}: {answer}"
            );
        }
        if path != "/events" {
            let answer = ask(path, &own);
            for expected in [
                "HTTP/1.1 200",
                "content-security-policy: default-src 'none'; script-src 'self';",
                "frame-ancestors 'none'",
                "x-content-type-options: nosniff",
                "cross-origin-resource-policy: same-origin",
            ] {
                assert!(answer.contains(expected), "{path}: {expected} in {answer}");
            }
        }
    }
    assert!(ask("/nothing", &format!("host: {address}")).starts_with("HTTP/1.1 404"));
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
fn status_is_one_screen_and_its_exit_code_says_how_the_run_is() {
    let (run, address) = start();
    run.powertrack().wait_for_connection(1);
    run.powertrack()
        .send_all([1, 3].map(|id| tagged(id, &["a"])));
    run.wait_for_output("1");
    let status = |more: &[&str]| {
        let words = [&["status", "--address", &address][..], more].concat();
        run.another_command(&words)
    };
    wait_until("the failure", || {
        status(&[]).1.contains("1 × on \"*\" at main.lua:5")
    });
    let (code, text, said) = status(&[]);
    assert_eq!((code, said.as_str()), (0, ""), "{text}");
    for expected in [
        "ok · connected for ",
        "generation 1 (",
        "Tweets      2: 1 kept, 0 filtered, 1 failed",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    let (code, json, _) = status(&["--json"]);
    let json: Value = sonic_rs::from_str(&json).unwrap();
    assert_eq!((code, json["now"]["health"].as_str()), (0, Some("ok")));
    run.drain();
}

#[test]
fn a_run_that_hangs_is_not_well_and_status_names_the_handler() {
    let setup = Setup::new().script("ouzel.on('*', function() while true do end end)");
    let (run, address) = served(setup.without_script_limits());
    run.powertrack().wait_for_connection(1);
    run.powertrack().send(tagged(7, &["a"]));
    let seen = wait_for_some("a run that is not well", || {
        let (code, text, said) = run.another_command(&["status", "--address", &address]);
        assert_eq!(said, "");
        (code == 1).then_some(text)
    });
    assert!(
        seen.starts_with("standing still · connected for "),
        "{seen}"
    );
    assert!(
        seen.contains("\ndoes not end: on \"*\" at main.lua:1, Tweet 7\n"),
        "{seen}"
    );
    run.kill();
}

/// `ouzel top` in a terminal, to whose keys this is written: its exit code, and what the terminal got.
fn top_in_a_terminal(address: &str, keys: &str, meanwhile: impl FnOnce()) -> (i32, String) {
    let ouzel = env!("CARGO_BIN_EXE_ouzel");
    let command = format!("stty rows 30 cols 110; exec {ouzel} top --address {address}");
    let mut top = Command::new("script")
        .args(["-qec", &command])
        .arg("/dev/null")
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut screen = top.stdout.take().unwrap();
    let mut seen = Vec::new();
    let is_drawn = |seen: &[u8]| String::from_utf8_lossy(seen).contains("pick a tag");
    let mut piece = [0; 4096];
    while !is_drawn(&seen) {
        let bytes = screen.read(&mut piece).unwrap();
        assert_ne!(bytes, 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend(&piece[..bytes]);
    }
    top.stdin
        .as_ref()
        .unwrap()
        .write_all(keys.as_bytes())
        .unwrap();
    meanwhile();
    screen.read_to_end(&mut seen).unwrap();
    let code = top.wait().unwrap().code().unwrap();
    (code, String::from_utf8_lossy(&seen).into_owned())
}

#[test]
fn top_draws_on_the_terminal_and_leaves_it_as_it_was() {
    if Command::new("script").arg("--version").output().is_err() {
        return skipped("top in a terminal", "`script` is missing");
    }
    let (run, address) = start();
    run.powertrack().wait_for_connection(1);
    run.powertrack()
        .send_all([1, 3].map(|id| tagged(id, &["a tag"])));
    wait_for_metric(&address, "ouzel_matches_total{tag=\"a tag\"} 2\n");
    let is_left = |seen: &str| {
        let left = seen.rfind("\x1b[?1049l");
        left.is_some_and(|left| {
            !seen[left..].contains("\x1b[?1049h") && seen[left..].contains("\x1b[?25h")
        })
    };
    for end in ["q", "\x03"] {
        let (code, seen) = top_in_a_terminal(&address, &format!("jp{end}"), || {});
        assert!(code == 0 && is_left(&seen), "{code} {seen:?}");
        for expected in ["✓ ok", "a tag", "main.lua:5", "newest rows of seen"] {
            assert!(seen.contains(expected), "{expected} in {seen:?}");
        }
    }
    let (code, seen) = top_in_a_terminal(&address, "", || run.process().signal("TERM"));
    assert!(code == 0 && is_left(&seen), "{code} {seen:?}");
    assert!(seen.contains("the run has ended"), "{seen:?}");
    run.ends().assert_code(0);
}

#[test]
fn where_no_ouzel_answers_or_no_terminal_is_the_commands_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let (code, _, said) = support::ouzel(folder.path(), &["status", "--address", &closed]);
    assert_eq!(code, 2);
    assert!(
        said.starts_with(&format!("error: no ouzel answers at `{closed}`: ")),
        "{said}"
    );
    let (code, _, said) = support::ouzel(folder.path(), &["status"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("`listen` in `[status]` is `off`, so no run can be asked there"),
        "{said}"
    );
    let (code, _, said) = support::ouzel(folder.path(), &["status", "--address", "nowhere"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("`--address nowhere` is no address; write one such as"),
        "{said}"
    );
    let (code, _, said) = support::ouzel(folder.path(), &["top"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("`ouzel top` needs a terminal that can be drawn on\nhint: `ouzel status`"),
        "{said}"
    );

    // Anything may listen at an address.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let answers = std::thread::spawn(move || {
        let (mut connection, _) = other.accept().unwrap();
        let mut request = [0; 16];
        connection.read_exact(&mut request).unwrap();
        connection
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n\x1b[31m{}[]")
            .unwrap();
    });
    let (code, _, said) = support::ouzel(folder.path(), &["status", "--address", &address]);
    answers.join().unwrap();
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("is no ouzel with a view of its run") && !said.contains('\x1b'),
        "{said}"
    );
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
