//! The page of a run in a real browser. `OUZEL_PICTURES=FOLDER` keeps pictures of it.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod chromium;
#[path = "../support/mod.rs"]
mod support;

use std::{
    env, fs,
    io::{self, Write},
    path::Path,
};

use chromium::Chromium;
use sonic_rs::JsonValueTrait;
use support::{Run, Setup, tagged, wait_until};

const SCRIPT: &str = r#"
local seen = ouzel.table("seen", { id = "INTEGER", text = "TEXT", extra = "TEXT" })
ouzel.rules {
  { value = "cats", tag = "cats" },
  { value = '"a b" OR c', tag = '<script>window.pwned = 1</script>' },
  { value = "dogs", tag = [["quotes" & 'more']] },
}
ouzel.filter(function(t) return t.id ~= 2 end)
ouzel.on("*", function(t)
  if t.id == 3 then error("no price <img src=x onerror='window.pwned = 1'>") end
  seen:insert { id = t.id, text = t.text .. "</td><script>window.pwned = 1</script>\nsecond line" }
end)
"#;

/// As they stand in JSON.
const TAGS: [&str; 4] = [
    "cats",
    "<script>window.pwned = 1</script>",
    r#"\"quotes\" & 'more'"#,
    r"line\nbreak \u202e and <b>bold</b>",
];

fn start(address: &str) -> (Run, String) {
    let setup = Setup::new().script(SCRIPT);
    let (run, address) = served(setup.environment("OUZEL_STATUS_LISTEN", address));
    run.powertrack().wait_for_connection(1);
    (run, address)
}

/// A run whose status address is served, and where.
fn served(setup: Setup) -> (Run, String) {
    let run = setup.environment("OUZEL_LOG", "debug").start();
    let line = run.wait_for("serving /metrics and /healthz");
    let address = line.split("address=").nth(1).unwrap();
    let address = address.split_whitespace().next().unwrap().to_owned();
    (run, address)
}

/// A browser, where one is installed. It cannot be installed on every machine that runs the tests, so a test without one is
/// no failure; but it says so, past what holds back the output of tests that pass.
fn browser(test: &str) -> Option<Chromium> {
    if let Some(program) = chromium::installed() {
        return Some(Chromium::start(&program));
    }
    let _ = writeln!(
        io::stderr(),
        "\nSKIPPED: {test} has not been tried: Chromium is not installed"
    );
    None
}

/// The number of the fact with this name.
fn fact(page: &mut Chromium, name: &str) -> String {
    let find = format!(
        "[...document.querySelectorAll('#facts > div')].find((box) => box.children[0].textContent === {name:?})?.children[1].textContent ?? ''"
    );
    page.js(&find).as_str().unwrap_or_default().to_owned()
}

fn wait_for_fact(page: &mut Chromium, name: &str, value: &str) {
    wait_until(&format!("{name}: {value}"), || fact(page, name) == value);
}

#[test]
fn the_page_shows_a_run_while_it_goes_on_and_all_text_is_text() {
    let Some(mut page) = browser("the page of a run") else {
        return;
    };
    let (run, address) = start("127.0.0.1:0");
    page.look_as(1280, 900, "light");
    page.open(&format!("http://{address}/"));
    page.wait_for_text("#health", "ok");
    wait_for_fact(&mut page, "Stream", "connected");
    wait_for_fact(&mut page, "Tweets", "0");

    for id in 1..=4 {
        run.powertrack().send(tagged(id, &TAGS));
    }
    wait_for_fact(&mut page, "Tweets", "4");
    wait_for_fact(&mut page, "Failed", "1");
    page.wait_for_text(
        "#failures",
        "no price <img src=x onerror='window.pwned = 1'>",
    );
    page.wait_for_text("#failures", "main.lua:10");
    page.wait_for_text("#failures", "if t.id == 3 then error(");
    page.wait_for_text("#tables", "hello 4</td><script>window.pwned = 1</script>");
    page.wait_for_text("#tables", "null");
    page.wait_for_text("#rules", "<script>window.pwned = 1</script>");
    page.wait_for_text("#rules", "\"quotes\" & 'more'");
    page.wait_for_text("#loads", "rules +3, handlers +2, tables +1");
    page.wait_for_text("#legend", r"line⏎break \u{202e} and <b>bold</b>");
    page.wait_for_text("#legend", "<script>window.pwned = 1</script>");
    run.powertrack().send(tagged(5, &["cats"]));
    wait_for_fact(&mut page, "Tweets", "5");
    let drawn = "(() => { const c = document.getElementById('chart'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((n) => n > 0) })()";
    assert_eq!(page.js(drawn).as_bool(), Some(true), "nothing is drawn");

    // A tag alone, another span, and a display that stands still.
    page.js(
        "[...document.querySelectorAll('#legend button')].find((b) => b.title === 'cats').click()",
    );
    page.wait_for_text("#chart-note", "Only cats");
    page.js("document.querySelector('[data-minutes=\"15\"]').click()");
    page.js("document.getElementById('pause').click()");
    run.powertrack().send(tagged(6, &["cats"]));
    let handled = "fetch('/status.json').then((answer) => answer.json()).then((view) => view.now.counts.tweets)";
    wait_until("it is handled", || page.js(handled).as_u64() == Some(6));
    assert_eq!(fact(&mut page, "Tweets"), "5");
    page.js("document.getElementById('pause').click()");
    wait_for_fact(&mut page, "Tweets", "6");

    // A save that is refused, and one that is loaded.
    run.write("scripts/main.lua", "ouzel.on(");
    page.wait_for_text("#loads", "refused");
    run.write(
        "scripts/main.lua",
        &SCRIPT.replace("\"dogs\"", "\"big dogs\""),
    );
    page.wait_for_text("#loads", "rules +1 −1");

    assert_eq!(page.js("typeof window.pwned").as_str(), Some("undefined"));
    let outside = "performance.getEntriesByType('resource').filter((r) => !r.name.startsWith(location.origin)).length";
    assert_eq!(page.js(outside).as_u64(), Some(0));
    assert_eq!(page.wrong(), Vec::<String>::new());
    run.drain();
}

#[test]
fn the_page_says_that_a_run_has_ended_and_goes_on_with_the_next_one() {
    let Some(mut page) = browser("the end of a run on its page") else {
        return;
    };
    let (run, address) = start("127.0.0.1:0");
    page.open(&format!("http://{address}/"));
    page.wait_for_text("#health", "ok");
    let ended = run.drain();
    page.wait_for_text("#lost", "The run has ended");
    assert!(page.text("#health").contains("ended"));
    let (run, _) = served(ended.again().environment("OUZEL_STATUS_LISTEN", &address));
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tagged(7, &["cats"]));
    wait_for_fact(&mut page, "Tweets", "1");
    page.wait_for_text("#health", "ok");
    assert_eq!(page.text("#lost"), "");
    // Without a word it is lost.
    drop(run.kill());
    page.wait_for_text("#lost", "The connection to the run is lost");
}

#[test]
fn the_page_fits_a_desk_and_a_phone_and_is_there_at_once() {
    let Some(mut page) = browser("how the page looks") else {
        return;
    };
    let (run, address) = start("127.0.0.1:0");
    for id in 1..=40 {
        run.powertrack()
            .send(tagged(id, &TAGS[..usize::try_from(id).unwrap() % 4 + 1]));
    }
    let mut paints = Vec::new();
    for (name, width, height, scheme) in [
        ("light", 1280, 900, "light"),
        ("dark", 1280, 900, "dark"),
        ("phone", 390, 844, "light"),
        ("phone-dark", 390, 844, "dark"),
        ("narrow", 320, 700, "light"),
    ] {
        page.look_as(width, height, scheme);
        page.open(&format!("http://{address}/"));
        wait_for_fact(&mut page, "Tweets", "40");
        page.wait_for_text("#tables", "hello 40");
        page.wait_for_text("#legend", "cats");
        let wide = page
            .js("document.documentElement.scrollWidth - innerWidth")
            .as_i64();
        assert!(
            wide.is_some_and(|more| more <= 0),
            "{name} is {wide:?} too wide"
        );
        let paint = "performance.getEntriesByType('paint').find((p) => p.name === 'first-contentful-paint')?.startTime ?? 1e9";
        paints.push(page.js(paint).as_f64().unwrap());
        if let Some(folder) = env::var_os("OUZEL_PICTURES") {
            fs::write(
                Path::new(&folder).join(format!("{name}.png")),
                page.picture(),
            )
            .unwrap();
        }
    }
    // A busy machine may be slow once.
    let best = paints.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(best < 100.0, "first paints after {paints:?} ms");
    run.drain();
}
