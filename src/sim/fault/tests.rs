//! How faults are written down.

use expect_test::{Expect, expect};

use super::*;

fn check(text: &str, expected: Expect) {
    let shown = match text.parse::<Fault>() {
        Ok(fault) => sonic_rs::to_string(&fault).unwrap(),
        Err(error) => format!("error: {error}"),
    };
    expected.assert_eq(&shown);
}

#[test]
#[rustfmt::skip] // A table.
fn flags_say_what_and_when() {
    check("reset", expect![[r#"{"fault":"reset","after":"0ms"}"#]]);
    check("reset:probability=0.001", expect![[r#"{"fault":"reset","probability":0.001}"#]]);
    check("silence:after=30s,for=1m 30s", expect![[r#"{"fault":"silence","after":"30000ms","for":"90000ms"}"#]]);
    check("duplicate:every=100,times=3", expect![[r#"{"fault":"duplicate","every":100,"times":3}"#]]);
    check("closing:after=1h,reset", expect![[r#"{"fault":"closing","after":"3600000ms","reset":true}"#]]);
    check("slow:every=10,bytes=500,for=5s", expect![[r#"{"fault":"slow","every":10,"for":"5000ms","bytes":500}"#]]);
    check("rules-status:status=429,probability=1", expect![[r#"{"fault":"rules-status","probability":1.0,"status":429}"#]]);
}

#[test]
#[rustfmt::skip] // A table.
fn mistakes_are_explained() {
    check("reste", expect!["error: unknown fault `reste`; there are reset, cut-line, silence, torn-gzip, new-member, slow, one-byte-chunks, no-delimiter, duplicate, reorder, big-tweet, invalid-utf8, invalid-json, damaged-copy, unknown-message, info, warn, error, too-many-connections, full-buffer, too-slow, operational, closing, stream-status, rules-status, rules-half, rules-lost, rules-reset, rules-late, rules-collide, window-errors, window-failed"]);
    check("reset:often", expect!["error: unknown option `often`; there are `probability`, `after`, `every`, `times`, `for`, `bytes`, `status` and `reset`"]);
    check("reset:probability=often", expect!["error: `often` is no probability"]);
    check("reset:probability=NaN", expect!["error: `reset`: a probability lies between 0 and 1, and NaN does not"]);
    check("reset:every=0", expect!["error: `reset`: `every` counts from 1"]);
    check("reset:every=-1", expect!["error: `-1` is no number (`every`)"]);
    check("reset:every=1,after=1s", expect!["error: `reset`: one of `probability`, `after` and `every` says when it happens"]);
    check("reset:for=1s", expect!["error: `reset` takes no `for`"]);
    check("silence:for=soon", expect!["error: `soon` is no length of time; write one such as `35s`, `100ms` or `2h`"]);
    check("slow:bytes=0", expect!["error: `slow`: `bytes` counts from 1"]);
    check("stream-status:status=200", expect!["error: `stream-status`: 200 is no status of an error"]);
    check("reset:reset", expect!["error: `reset` takes no `reset`"]);
}

#[test]
fn every_kind_has_a_name_and_a_text() {
    for (place, kind) in Kind::all().enumerate() {
        // The table is in the order of the kinds, so that one which is left out shows.
        assert_eq!(kind as usize, place);
        assert_eq!(Kind::named(kind.name()), Some(kind));
        assert!(!kind.about().is_empty());
    }
}

#[test]
fn there_are_only_so_many_while_it_runs() {
    let board = Board::new(0, Vec::new());
    let faults = |count: usize| vec!["reset:after=1h".parse::<Fault>().unwrap(); count];
    board.add(faults(999)).unwrap();
    let refused = board.add(faults(2)).unwrap_err();
    assert_eq!(
        refused,
        "there would be 1001 faults, and there can be 1000; `DELETE` takes them all away"
    );
    board.add(faults(1)).unwrap();
    board.clear();
    board.add(faults(1000)).unwrap();
}
