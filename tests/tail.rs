//! `ouzel tail`, and the control socket of a run.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod support;

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    os::unix::{
        fs::{FileTypeExt, PermissionsExt, symlink},
        net::{UnixListener, UnixStream},
    },
    path::Path,
    thread,
};

use expect_test::expect;
use support::{DEADLINE, Process, Run, Setup, Stdout, command, tagged, wait_until};

/// Keeps odd Tweets, filters even ones, and fails on every fifth.
const SCRIPT: &str = r#"
ouzel.rules { { tag = "launch", value = "launch" }, { tag = "coffee", value = "coffee" } }
ouzel.filter(function(tweet)
  if tweet.id % 5 == 0 then error("a fifth") end
  return tweet.id % 2 == 1
end)
ouzel.on("*", function(tweet) ouzel.emit(tweet.id) end)
"#;

fn start() -> Run {
    let run = Setup::new().script(SCRIPT).start();
    run.powertrack().wait_for_connection(1);
    run
}

/// A tail of the run on this folder, which listens by now.
fn tail(folder: &Path, arguments: &[&str]) -> Process {
    let tail = begun(folder, arguments, Stdout::Heard);
    tail.wait_for("listening to the run");
    tail
}

/// A tail of which nothing is known yet.
fn begun(folder: &Path, arguments: &[&str], stdout: Stdout) -> Process {
    let mut command = command(folder);
    command
        .arg("tail")
        .args(arguments)
        .env("OUZEL_LOG", "cli::tail=debug");
    Process::start_with(command, std::process::Stdio::null(), stdout)
}

/// The end of a tail: its exit code, what it has printed, and what it has said, without its log.
#[track_caller]
fn ended(tail: Process) -> (i32, String, String) {
    let (code, stdout, stderr) = tail.wait();
    let is_said = |line: &&str| !line.contains("listening to the run");
    let said: Vec<_> = stderr.lines().filter(is_said).collect();
    (code, String::from_utf8(stdout).unwrap(), said.join("\n"))
}

fn sent(run: &Run, ids: impl IntoIterator<Item = i64>) {
    let tweets = ids.into_iter().map(|id| tagged(id, &["launch"]));
    run.powertrack().send_all(tweets);
}

fn socket(folder: &Path) -> std::path::PathBuf {
    folder.join("data/ouzel.sock")
}

#[test]
fn each_tweet_is_shown_with_what_has_become_of_it() {
    let run = start();
    let tail = tail(run.folder(), &["--limit", "4"]);
    run.powertrack().send_all([
        tagged(1, &["launch", "coffee"]),
        tagged(2, &["a\\u001bb"]),
        tagged(5, &[]),
        tagged(7, &["launch"]).replace("hello 7", "two\\nlines \\u001b[2J \\u202e"),
    ]);
    let (code, stdout, stderr) = ended(tail);
    assert_eq!(code, 0, "{stderr}");
    expect![[r#"
        2018-10-10T20:19:24Z	@ada	launch,coffee	kept	hello 1
        2018-10-10T20:19:24Z	@ada	a\u{1b}b	filtered	hello 2
        2018-10-10T20:19:24Z	@ada	-	failed: main.lua:4: a fifth	hello 5
        2018-10-10T20:19:24Z	@ada	launch	kept	two lines \u{1b}[2J \u{202e}
    "#]]
    .assert_eq(&stdout);
    assert_eq!(stderr, "4 Tweets shown");
    run.drain();
}

#[test]
fn json_is_what_was_received() {
    let run = start();
    let tail = tail(run.folder(), &["--json", "--limit", "2"]);
    let odd = r#"{ "id":1,"id_str":"1" , "text":"\u00e9é\/ \u001b","n":1.0,"big":123456789012345678901234567890,"empty":[{}],"matching_rules":[]}"#;
    run.powertrack()
        .send_all([odd.to_owned(), tagged(2, &["a"])]);
    let (code, stdout, stderr) = ended(tail);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(stdout, format!("{odd}\n{}\n", tagged(2, &["a"])));
    run.drain();
}

#[test]
fn two_tails_get_each_what_it_wants() {
    let run = start();
    let launch = tail(
        run.folder(),
        &["--tag", "lau*", "--limit", "2", "--fields", "id_str"],
    );
    let failed = tail(
        run.folder(),
        &[
            "--verdict",
            "failed",
            "--verdict",
            "filtered",
            "--limit",
            "3",
            "--fields=id",
        ],
    );
    run.powertrack().send_all([
        tagged(1, &["launch"]),
        tagged(2, &["coffee"]),
        tagged(3, &["coffee", "launch"]),
        tagged(4, &[]),
        tagged(5, &["coffee"]),
    ]);
    assert_eq!(ended(launch).1, "1\n3\n");
    assert_eq!(ended(failed).1, "2\n4\n5\n");
    run.drain();
}

#[test]
fn fields_are_cells_or_an_object() {
    let run = start();
    let fields = "id_str,user.screen_nam,text,nothing,full_text()";
    let cells = tail(run.folder(), &["--limit", "2", "--fields", fields]);
    let object = tail(
        run.folder(),
        &[
            "--limit",
            "1",
            "--json",
            "--fields",
            "id,user.screen_name,gone",
        ],
    );
    run.powertrack()
        .send_all([tagged(1, &[]).replace("hello 1", "a\\tb"), tagged(2, &[])]);
    let (code, stdout, stderr) = ended(cells);
    assert_eq!(
        (code, stdout.as_str()),
        (0, "1\t\ta\\tb\t\ta\\tb\n2\t\thello 2\t\thello 2\n")
    );
    expect![[r#"
        `--fields`: no Tweet is known to have a field `user.screen_nam`; did you mean `user.screen_name`?
        `--fields`: no Tweet is known to have a field `nothing`
        2 Tweets shown"#]].assert_eq(&stderr);
    let (_, stdout, _) = ended(object);
    assert_eq!(
        stdout,
        "{\"id\":1,\"user.screen_name\":\"ada\",\"gone\":null}\n"
    );
    run.drain();
}

#[test]
fn where_chooses_by_an_expression() {
    let run = start();
    let condition = "tweet.user.followers_count > 2 and tweet:full_text():find 'hello'";
    let tail = tail(
        run.folder(),
        &["--where", condition, "--limit", "2", "--fields", "id"],
    );
    sent(&run, 1..=4);
    let (code, stdout, stderr) = ended(tail);
    assert_eq!((code, stdout.as_str()), (0, "3\n4\n"), "{stderr}");
    assert_eq!(stderr, "2 Tweets shown, 2 left out by `--where`");
    run.drain();
}

#[test]
fn a_condition_that_fails_is_false_and_says_so_once() {
    let run = start();
    let condition = "tweet.user.folowers_count > 2 or tweet.place.country == 'x'";
    let tail = tail(run.folder(), &["--where", condition]);
    sent(&run, 1..=3);
    run.wait_for_output("3");
    run.drain();
    let (code, stdout, stderr) = ended(tail);
    assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
    expect![[r#"
        `--where`: no Tweet is known to have a field `user.folowers_count`; did you mean `user.followers_count`?
        `--where` fails on Tweet 1, which is left out, as are others on which it fails
         --> --where:1
          |
        1 | tweet.user.folowers_count > 2 or tweet.place.country == 'x'
          |
          = attempt to compare number with nil
        hint: `tweet.user.folowers_count` is nil; did you mean `followers_count`?
        the run has ended
        0 Tweets shown, 3 left out by `--where` (it failed on 3)"#]].assert_eq(&stderr);
}

#[test]
fn a_condition_that_never_ends_ends_the_tail() {
    let run = start();
    let condition = "(function() while true do end end)()";
    let tail = tail(run.folder(), &["--where", condition]);
    sent(&run, 1..=3);
    let (code, stdout, stderr) = ended(tail);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    expect![[r#"
        error: `--where` takes more than it may
         --> --where:1
          |
        1 | (function() while true do end end)()
          |
          = the expression took longer than 250ms
        hint: look for a loop that does not end; `time` under `[script_limits]` allows more"#]]
    .assert_eq(&stderr);
    // The run has not felt it.
    run.wait_for_output("3");
    run.drain();
}

#[test]
fn what_is_no_condition_or_field_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str]| {
        let (code, _, stderr) = ended(begun(folder.path(), arguments, Stdout::Heard));
        assert_eq!(code, 2, "{stderr}");
        stderr
    };
    expect![[r#"
        error: `--where` is no expression of Lua
         --> --where:1
          |
        1 | tweet.lang = 'en'
          |
          = <eof> expected near '='
        hint: `==` compares"#]]
    .assert_eq(&refused(&["--where", "tweet.lang = 'en'"]));
    expect![[r#"
        error: `--where` is no expression of Lua
          = there is no expression"#]]
    .assert_eq(&refused(&["--where", "  "]));
    expect![[r#"
        error: `--fields`: Tweets have no method `ful_text()`
        hint: did you mean `full_text()`?"#]]
    .assert_eq(&refused(&["--fields", "id,ful_text()"]));
    for arguments in [
        &["--limit", "0"][..],
        &["--append"],
        &["--verdict", "dropped"],
        &["--fields", ""],
    ] {
        refused(arguments);
    }
}

#[test]
fn saved_tweets_are_a_fixture() {
    let setup = Setup::new().script(SCRIPT).file(
        "scripts/main_test.lua",
        r#"
        test("saved Tweets are what they were", function(t)
          local ids = {}
          for _, tweet in ipairs(t:fixture("saved.jsonl")) do
            t:equal(tweet:full_text(), "hello " .. tweet.id)
            ids[#ids + 1] = tweet.id .. t:send(tweet)
          end
          t:equal(ids, { "1kept", "2dropped", "3kept" })
        end)
        "#,
    );
    let run = setup.start();
    run.powertrack().wait_for_connection(1);
    let save = ["--save", "scripts/saved.jsonl", "--limit"];
    let first = tail(
        run.folder(),
        &[&save[..], &["2", "--fields", "id"]].concat(),
    );
    sent(&run, [1, 2]);
    let (code, stdout, stderr) = ended(first);
    assert_eq!((code, stdout.as_str()), (0, "1\n2\n"));
    assert_eq!(stderr, "2 Tweets shown and saved to `scripts/saved.jsonl`");
    let saved = run.folder().join("scripts/saved.jsonl");
    let mode = fs::metadata(&saved).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let (code, _, stderr) = ended(begun(
        run.folder(),
        &[&save[..], &["1"]].concat(),
        Stdout::Heard,
    ));
    assert_eq!(code, 2);
    expect![[r#"
        error: the file `scripts/saved.jsonl` is there already
        hint: take another name, or write behind what it holds with `--append`"#]]
    .assert_eq(&stderr);

    let more = tail(
        run.folder(),
        &[&save[..], &["1", "--append", "--json"]].concat(),
    );
    sent(&run, [3]);
    assert_eq!(ended(more).0, 0);
    let lines = [1, 2, 3].map(|id| tagged(id, &["launch"]) + "\n");
    assert_eq!(fs::read_to_string(saved).unwrap(), lines.concat());
    let tested = run.drain().again().command("test").ends();
    assert_eq!(tested.code, 0, "{}{}", tested.output(), tested.stderr);
    assert!(tested.output().contains("1 passed"), "{}", tested.output());
}

#[test]
fn without_a_run_it_says_so_and_where_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |arguments: &[&str]| {
        let (code, stdout, stderr) = ended(begun(folder.path(), arguments, Stdout::Heard));
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        stderr
    };
    expect![[r#"
        error: no ouzel is running on the data folder `data`
        hint: `ouzel run` starts one; `--data-dir` says where it keeps its data"#]]
    .assert_eq(&fails(&[]));
    // Nobody listens on a socket that was left behind.
    fs::create_dir_all(folder.path().join("data/sim")).unwrap();
    drop(UnixListener::bind(socket(folder.path())).unwrap());
    expect![[r#"
        error: no ouzel is running on the data folder `data`
        hint: `ouzel run` starts one; `--data-dir` says where it keeps its data"#]]
    .assert_eq(&fails(&[]));
    let _elsewhere = UnixListener::bind(folder.path().join("data/sim/ouzel.sock")).unwrap();
    expect![[r#"
        error: no ouzel is running on the data folder `data`
        hint: one is running on `data/sim`; ask it with `--data-dir data/sim`"#]]
    .assert_eq(&fails(&[]));
    // A process that lives has the folder, and does not listen.
    let own = std::process::id();
    fs::write(folder.path().join("data/lock"), format!("{own}\n")).unwrap();
    let said = fails(&[]);
    let expected = format!("error: process {own} uses the data folder `data`, and does not listen");
    assert!(said.starts_with(&expected), "{said}");
}

#[test]
fn it_ends_with_the_run() {
    let run = start();
    let tail = tail(run.folder(), &["--fields", "id"]);
    sent(&run, 1..=3);
    run.wait_for_output("3");
    let ended_run = run.drain();
    let (code, stdout, stderr) = ended(tail);
    assert_eq!((code, stdout.as_str()), (0, "1\n2\n3\n"), "{stderr}");
    assert_eq!(stderr, "the run has ended\n3 Tweets shown");
    assert!(!socket(ended_run.folder()).exists());
}

#[test]
fn what_a_killed_run_leaves_is_replaced() {
    let run = start();
    let mode = |folder: &Path| {
        let meta = fs::symlink_metadata(socket(folder)).unwrap();
        assert!(meta.file_type().is_socket());
        meta.permissions().mode() & 0o777
    };
    assert_eq!(mode(run.folder()), 0o600);
    let first = tail(run.folder(), &[]);
    let killed = run.kill();
    let (code, _, stderr) = ended(first);
    assert_eq!(code, 1);
    expect!["error: the run has ended without a word: it was killed, or has crashed"]
        .assert_eq(&stderr);
    assert_eq!(mode(killed.folder()), 0o600);
    let (code, _, _) = ended(begun(killed.folder(), &[], Stdout::Heard));
    assert_eq!(code, 2);

    let run = killed.again().start();
    run.powertrack().wait_for_connection(2);
    assert_eq!(mode(run.folder()), 0o600);
    let second = tail(run.folder(), &["--limit", "1", "--fields", "id"]);
    sent(&run, [7]);
    assert_eq!(ended(second).1, "7\n");
    run.drain();
}

#[test]
fn it_waits_for_runs() {
    let setup = Setup::new().script(SCRIPT);
    let tail = begun(
        setup.folder(),
        &["--wait", "--fields", "id", "--limit", "2"],
        Stdout::Heard,
    );
    tail.wait_for("no ouzel is running on the data folder `data`; waiting for one");
    let run = setup.start();
    tail.wait_for("listening to the run");
    run.powertrack().wait_for_connection(1);
    sent(&run, [1]);
    tail.wait_for_output("1");
    let setup = run.drain().again();
    tail.wait_for("the run has ended; waiting for the next one");
    let run = setup.start();
    tail.wait_for("listening to the run");
    run.powertrack().wait_for_connection(2);
    sent(&run, [3]);
    let (code, stdout, stderr) = ended(tail);
    assert_eq!((code, stdout.as_str()), (0, "1\n3\n"), "{stderr}");
    run.drain();
}

#[test]
fn a_signal_ends_it_with_a_summary() {
    let run = start();
    let shown = tail(run.folder(), &["--fields", "id"]);
    sent(&run, [1]);
    shown.wait_for_output("1");
    for (tail, signal, summary) in [
        (shown, "INT", "1 Tweet shown"),
        (tail(run.folder(), &[]), "TERM", "0 Tweets shown"),
    ] {
        tail.signal(signal);
        let (code, _, stderr) = ended(tail);
        assert_eq!((code, stderr.as_str()), (0, summary));
    }
    // Nobody reads what it prints, and it ends all the same.
    let unread = begun(run.folder(), &["--json"], Stdout::Unread);
    unread.wait_for("listening to the run");
    sent(&run, 10..2_000);
    run.wait_for_output("1999");
    unread.signal("INT");
    assert_eq!(ended(unread).0, 0);
    run.drain();
}

#[test]
fn it_ends_quietly_when_nobody_reads() {
    let run = start();
    let closed = begun(run.folder(), &[], Stdout::Closed);
    let (code, _, stderr) = ended(closed);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let line = format!(
        "{} tail --fields id | head -n 1",
        command(run.folder()).get_program().display()
    );
    let mut shell = std::process::Command::new("sh");
    shell.current_dir(run.folder()).args(["-c", &line]);
    shell.env("OUZEL_LOG", "cli::tail=debug");
    let head = Process::start(shell);
    head.wait_for("listening to the run");
    sent(&run, [1]);
    // It is not needed that another Tweet comes.
    let (code, stdout, stderr) = ended(head);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "1\n", ""));
    run.drain();
}

#[test]
fn a_simulated_run_has_a_socket_too() {
    let run = Setup::new()
        .script(SCRIPT)
        .arguments(&["--sim", "--rate", "500"])
        .start();
    run.wait_for("stream connected");
    let tail = tail(
        run.folder(),
        &[
            "--data-dir",
            "data/sim",
            "--limit",
            "5",
            "--tag",
            "lanch",
            "--tag",
            "launch",
        ],
    );
    let (code, stdout, stderr) = ended(tail);
    assert_eq!((code, stdout.lines().count()), (0, 5), "{stderr}");
    expect![[r#"
        `--tag`: no rule of the running script has a tag that `lanch` fits; did you mean `launch`?
        5 Tweets shown"#]]
    .assert_eq(&stderr);
    run.drain();
}

#[test]
fn a_long_path_has_a_socket_and_a_file_in_its_place_stays() {
    let long = "a-folder-with-a-long-name/".repeat(8);
    let data = ["--data-dir", &long];
    let run = Setup::new().script(SCRIPT).arguments(&data).start();
    run.powertrack().wait_for_connection(1);
    let tail = tail(
        run.folder(),
        &[&data[..], &["--limit", "1", "--fields", "id"]].concat(),
    );
    sent(&run, [1]);
    assert_eq!(ended(tail).1, "1\n");
    run.drain();

    let run = Setup::new()
        .script(SCRIPT)
        .file("data/ouzel.sock", "mine")
        .start();
    let warned = run.wait_for("there is no control socket");
    assert!(
        warned.contains("is there already, and is no socket"),
        "{warned}"
    );
    run.powertrack().wait_for_connection(1);
    sent(&run, [1]);
    run.wait_for_output("1");
    let (code, _, stderr) = ended(begun(run.folder(), &[], Stdout::Heard));
    assert_eq!(code, 2);
    assert!(
        stderr.contains("does not listen on its control socket"),
        "{stderr}"
    );
    let ended = run.drain();
    assert_eq!(fs::read(socket(ended.folder())).unwrap(), b"mine");
}

#[test]
fn a_link_in_place_of_the_socket_is_not_followed() {
    let setup = Setup::new().script(SCRIPT).file("mine", "mine");
    fs::create_dir(setup.folder().join("data")).unwrap();
    symlink("../mine", socket(setup.folder())).unwrap();
    symlink("../mine", setup.folder().join("data/ouzel.sock.new")).unwrap();
    let run = setup.start();
    run.wait_for("there is no control socket");
    let ended = run.drain();
    assert_eq!(fs::read(ended.folder().join("mine")).unwrap(), b"mine");
}

/// A client that speaks by hand.
fn client(folder: &Path) -> UnixStream {
    let client = UnixStream::connect(socket(folder)).unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    client.set_write_timeout(Some(DEADLINE)).unwrap();
    client
}

fn asked(folder: &Path, request: &[u8]) -> UnixStream {
    let mut client = client(folder);
    client.write_all(request).unwrap();
    client
}

/// Everything up to the end of the connection.
fn heard(mut client: UnixStream) -> Vec<u8> {
    let mut answer = Vec::new();
    match client.read_to_end(&mut answer) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => answer,
    }
}

fn post(path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

#[test]
fn a_slow_reader_loses_tweets_and_never_holds_up_the_run() {
    const TWEETS: i64 = 8_000;
    let run = start();
    let mut slow = asked(run.folder(), &post("/tail", "{}"));
    let mut head = [0; 15];
    slow.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    // Odd numbers, so the last one is emitted.
    sent(&run, (0..TWEETS).map(|number| number * 10 + 1));
    run.wait_for_output(&((TWEETS - 1) * 10 + 1).to_string());
    // Only now it reads. What waited comes, and how many did not fit.
    let mut answer = Vec::new();
    let count = |answer: &[u8]| {
        let answer = String::from_utf8_lossy(answer);
        let told = answer.matches("{\"tweet\":{").count() as u64;
        let skipped = answer.split("{\"skipped\":").skip(1);
        let skipped = skipped.filter_map(|rest| rest.split_once('}')?.0.parse::<u64>().ok());
        (told, skipped.sum::<u64>())
    };
    let mut piece = vec![0; 1 << 16];
    loop {
        let (told, skipped) = count(&answer);
        if told + skipped == TWEETS.unsigned_abs() {
            assert!(skipped > 0, "{told} Tweets were told");
            break;
        }
        let read = slow.read(&mut piece).unwrap();
        assert!(read > 0, "{told} told and {skipped} skipped");
        answer.extend_from_slice(&piece[..read]);
    }
    run.drain();
    answer.extend(heard(slow));
    let (told, skipped) = count(&answer);
    assert_eq!(told + skipped, TWEETS.unsigned_abs());
    assert!(String::from_utf8_lossy(&answer).contains("{\"end\":true}"));
}

#[test]
fn what_clients_send_cannot_harm_the_run() {
    let run = start();
    let folder = run.folder();
    let long_header = format!("GET /tags HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    let many_headers = format!("GET /tags HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(5_000));
    let large = post(
        "/tail",
        &format!("{{\"tags\":[\"{}\"]}}", "x".repeat(1 << 20)),
    );
    let deep = post("/tail", &"[".repeat(10_000));
    let chunked =
        b"POST /tail HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n"
            .to_vec();
    for (request, status) in [
        (b"\0\xff\xfe garbage\r\n\r\n".to_vec(), "400"),
        (b"GET / HTTP/9.9\r\n\r\n".to_vec(), ""),
        (long_header.into_bytes(), ""),
        (many_headers.into_bytes(), ""),
        (large, "4"),
        (deep, "400"),
        (chunked, ""),
        (post("/tail", "{\"tgas\":[]}"), "400"),
        (post("/tail", "{\"verdicts\":[\"dropped\"]}"), "400"),
        (post("/tags", "{}"), "405"),
        (post("/../tail", "{}"), "404"),
        (b"GET /tags HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(), "200"),
    ] {
        let mut client = client(folder);
        // It may be cut off in the middle.
        let _ = client.write_all(&request);
        if status.is_empty() {
            let _ = client.shutdown(std::net::Shutdown::Write);
        }
        let answer = heard(client);
        let answer = String::from_utf8_lossy(&answer);
        let begin = format!("HTTP/1.1 {status}");
        assert!(
            status.is_empty() || answer.starts_with(&begin),
            "{}\n{answer}",
            String::from_utf8_lossy(&request[..request.len().min(100)])
        );
    }
    // Half requests, from many more than there is room for.
    let half: Vec<_> = (0..500)
        .map_while(|_| {
            let mut client = UnixStream::connect(socket(folder)).ok()?;
            let _ = client.write_all(b"POST /tail HTTP/1.1\r\nhost:");
            Some(client)
        })
        .collect();
    assert!(half.len() > 100);
    sent(&run, [1]);
    run.wait_for_output("1");
    drop(half);
    // There is room again as soon as they have gone.
    let mut answer = Vec::new();
    wait_until("there is room again", || {
        answer = UnixStream::connect(socket(folder)).map_or_else(
            |_| Vec::new(),
            |mut client| {
                let _ = client.write_all(b"GET /tags HTTP/1.1\r\nhost: x\r\n\r\n");
                heard(client)
            },
        );
        answer.starts_with(b"HTTP/1.1 200")
    });
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.ends_with(r#"["launch","coffee"]"#), "{answer}");
    run.drain();
}

#[test]
fn one_client_too_many_is_told_so() {
    let run = start();
    let listening: Vec<_> = (0..32)
        .map(|_| {
            let mut client = asked(run.folder(), &post("/tail", "{}"));
            client.read_exact(&mut [0; 15]).unwrap();
            client
        })
        .collect();
    let (code, _, stderr) = ended(begun(run.folder(), &[], Stdout::Heard));
    assert_eq!(code, 1);
    expect!["error: the running ouzel says: too many clients are connected to it; end one of them to make room"].assert_eq(&stderr);
    drop(listening);
    run.drain();
}

/// Answers one client as a run does, and whatever else.
fn answering(folder: &Path, answer: &'static [u8]) -> thread::JoinHandle<()> {
    fs::create_dir_all(folder.join("data")).unwrap();
    let _ = fs::remove_file(socket(folder));
    let listener = UnixListener::bind(socket(folder)).unwrap();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            let mut byte = [0];
            client.read_exact(&mut byte).unwrap();
            request.extend(byte);
        }
        let _ = client.write_all(answer);
    })
}

#[test]
fn whatever_answers_is_told_apart() {
    const OK: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"skipped\":120}\n{\"tweet\":{\"verdict\":\"kept\",\"tags\":[],\"bytes\":15}}\n{\"id_str\":\"77\"}\n{\"skipped\":1}\n{\"end\":true}\n";
    let folder = tempfile::tempdir().unwrap();
    let say = |answer: &'static [u8]| {
        let answering = answering(folder.path(), answer);
        let (code, stdout, stderr) = ended(begun(folder.path(), &["--json"], Stdout::Heard));
        answering.join().unwrap();
        format!("{code}\n{stdout}{stderr}")
    };
    expect![[r#"
        0
        {"id_str":"77"}
        … 120 Tweets skipped: the reader is slower than the stream
        … 1 Tweet skipped: the reader is slower than the stream
        the run has ended
        1 Tweet shown, 121 skipped"#]]
    .assert_eq(&say(OK));
    for (answer, expected) in [
        (
            &b"HTTP/1.1 404 Not Found\r\nserver: ouzel/0.0.9\r\ncontent-length: 0\r\n\r\n"[..],
            "1\nerror: the running ouzel does not know what it was asked for; it is ouzel 0.0.9, and this is ",
        ),
        (
            b"HTTP/1.1 503 No\r\ncontent-length: 17\r\n\r\nthe run is ending",
            "1\nerror: the running ouzel says: the run is ending",
        ),
        (b"", "1\nerror: the running ouzel has gone"),
        (b"\0\0\0\0", "1\nerror: the running ouzel has gone"),
        (
            b"HTTP/1.1 200 OK\r\n\r\n{\"skipped\":",
            "1\nerror: the run has ended without a word",
        ),
        (
            b"HTTP/1.1 200 OK\r\n\r\nnonsense\n",
            "1\nerror: the running ouzel has gone in the middle of its answer: no record: ",
        ),
    ] {
        let said = say(answer);
        assert!(said.starts_with(expected), "{expected}\n{said}");
    }
}
