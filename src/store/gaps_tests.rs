//! The ledger as a run writes it, and as others read it meanwhile.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use super::*;

fn time(text: &str) -> Timestamp {
    format!("2026-11-21T{text}Z").parse().unwrap()
}

fn gap(id: i64, state: GapState) -> Gap {
    Gap {
        id,
        started_at: time("20:00:00.5"),
        ended_at: time("20:10:00"),
        length: Duration::from_millis(599_500),
        cause: "broken".into(),
        repair: Repair::Backfill,
        state,
        missing: Some((time("20:00:00.5"), time("20:05:05"))),
        missing_length: Duration::from_millis(304_500),
        estimated_tweets: Some(1234),
        detail: "no product is configured".into(),
        unsettled: None,
    }
}

#[test]
fn gaps_are_read_as_they_were_written_while_a_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ouzel.db");
    let store = Store::open(&path).unwrap();
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.gaps().unwrap(), []);
    let open = gap(1, GapState::Open);
    let repaired = Gap {
        missing: None,
        missing_length: Duration::ZERO,
        estimated_tweets: None,
        started_at: time("19:00:00"),
        ..gap(2, GapState::Repaired)
    };
    store.put_gap(&open).unwrap();
    store.put_gap(&repaired).unwrap();
    assert_eq!(ledger.gaps().unwrap(), []);
    store.commit().unwrap();
    assert_eq!(ledger.gaps().unwrap(), [repaired.clone(), open.clone()]);
    let better = Gap {
        state: GapState::Partly,
        repair: Repair::Replay,
        ..open
    };
    store.put_gap(&better).unwrap();
    store.commit().unwrap();
    assert_eq!(ledger.gaps().unwrap(), [repaired, better]);
    let text: String = ledger
        .connection
        .query_row(
            "SELECT started_at FROM _ouzel_gaps WHERE id = 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(text, "2026-11-21T20:00:00.500Z");
}

#[test]
fn asking_for_repair_marks_what_is_missing_until_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ouzel.db");
    let store = Store::open(&path).unwrap();
    for (id, state) in GapState::ALL.into_iter().enumerate() {
        store.put_gap(&gap(id as i64, state)).unwrap();
    }
    store.commit().unwrap();
    assert_eq!(ask_for_repair(&path, time("21:00:00")).unwrap(), 2);
    let ledger = Ledger::open(&path).unwrap();
    let states: Vec<_> = ledger
        .asked()
        .unwrap()
        .iter()
        .map(|gap| gap.state)
        .collect();
    assert_eq!(states, [GapState::Open, GapState::Partly]);
    store.put_gap(&gap(1, GapState::Open)).unwrap();
    store.commit().unwrap();
    assert_eq!(ledger.asked().unwrap().len(), 1);
}

#[test]
fn a_database_without_a_ledger_has_no_gaps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    assert!(Ledger::open(&path).is_err());
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    assert_eq!(Ledger::open(&path).unwrap().gaps().unwrap(), []);
    assert_eq!(ask_for_repair(&path, time("21:00:00")).unwrap(), 0);
}

#[test]
fn scripts_cannot_write_the_ledger() {
    let store = Store::in_memory().unwrap();
    for sql in [
        "DELETE FROM _ouzel_gaps",
        "UPDATE _ouzel_gaps SET state = 'repaired'",
    ] {
        assert!(store.exec(sql, &[]).is_err(), "{sql}");
    }
}
