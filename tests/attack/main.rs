//! What was tried to lose a Tweet, to handle one twice, to stop the stream, to fell the process, or to mislead its user.
//!
//! Each module is one kind of trouble, and each test in it is a sentence that has to stay true.
#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

#[path = "../support/mod.rs"]
mod support;

mod away;
mod budget;
mod database;
mod duplicates;
mod endless_sql;
mod files;
mod hangs;
mod interleavings;
mod journal;
mod ledger;
mod log;
mod lua_tweets;
mod odd_json;
mod poison;
mod requests;
mod rules;
mod sandbox;
mod settings;
mod simulator;
mod sql;
mod standstill;
mod wire;

use std::io::{Read, Write};

use rusqlite::Connection;

use support::{Ended, Setup, connect, tweet};

/// A row for each time that a Tweet is handled, and a word in the log.
const STORE: &str = r#"
local seen = ouzel.table("seen", { id = "INTEGER" })
ouzel.enrich(function(t)
  seen:insert { id = t.id }
  ouzel.log.info("handled", t.id .. ".")
end)
"#;

/// A run of [`STORE`] that has handled one Tweet and ended in order, and whose database has then been changed by this.
fn ran_and_changed(sql: &str) -> Ended {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    let ended = run.drain();
    let database = Connection::open(ended.database()).unwrap();
    database.execute_batch(sql).unwrap();
    ended
}

/// The answer of `/healthz` at this address, with its head.
fn health(address: &str) -> String {
    let mut connection = connect(address);
    let request = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}
