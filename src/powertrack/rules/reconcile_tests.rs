//! Reconciles, and what they leave behind when something fails on the way.

use std::time::Duration;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{
    fakes::{Book, Fault, World, now, text},
    *,
};
use crate::powertrack::rules::{bodies::RemoteRule, persist::persist};

fn declared(rules: &[(&str, &str)]) -> Vec<Declared> {
    let rules = rules.iter().map(|&(value, tag)| Declared {
        value: value.to_owned(),
        tag: Some(tag.to_owned()),
    });
    rules.collect()
}

/// What a reconcile has done, or why it failed.
fn outcome(world: &World, plan: &Plan, book: &mut Book) -> String {
    let mut report = Report::default();
    let done = now(reconcile(world, plan, book, &mut report, &mut |_| ()));
    let rejected = report.rejected.iter().map(|rule| rule.value.as_str());
    let mut text = format!(
        "added {} retagged {} deleted {} conflicts {}",
        report.added, report.retagged, report.deleted, report.conflicts
    );
    for value in rejected {
        text += &format!(" rejected {value}");
    }
    for gap in &report.gaps {
        text += &format!(" gap {} {}", gap.rules, gap.example);
    }
    if let Err(error) = done {
        text += &format!(" error: {error}");
    }
    text
}

/// Plans and reconciles, and shows what happened in which order.
#[track_caller]
fn check(world: &World, book: &mut Book, wanted: &[(&str, &str)], expected: Expect) {
    let plan = world.plan(&declared(wanted), &book.owned);
    let outcome = outcome(world, &plan, book);
    let mut log = std::mem::take(&mut *world.log.lock().unwrap());
    log.push(outcome);
    expected.assert_eq(&log.join("\n"));
}

/// Requests fail like this, the first one first.
fn set_faults(world: &World, faults: &[Option<Fault>]) {
    *world.faults.lock().unwrap() = faults.iter().rev().copied().collect();
}

#[test]
fn what_is_missing_is_added_before_anything_is_deleted() {
    let world = World::new(&[
        (1, "keep", "k"),
        (2, "retag", "1"),
        (3, "old", "o"),
        (4, "other", "z"),
    ]);
    let owned = [
        ("keep", "k", Some(1)),
        ("retag", "1", Some(2)),
        ("old", "o", Some(3)),
    ];
    let mut book = Book::new(&world, &owned);
    let wanted = [
        ("keep", "k"),
        ("retag", "2"),
        ("new", "n"),
        ("other", "mine"),
    ];
    *world.held.lock().unwrap() = vec!["keep".to_owned(), "retag".to_owned(), "other".to_owned()];
    check(
        &world,
        &mut book,
        &wanted,
        expect![[r#"
        remember new/n#?
        POST add new/n
        remember new/n#101
        retag retag/2#2 by (retag)
        remember (retag)/2#?~
        POST add (retag)/2
        remember (retag)/2#102~
        POST delete 2
        remember retag/2#?
        POST add retag/2
        remember retag/2#103
        POST delete 102
        forget (retag)
        POST delete 3
        forget old
        added 1 retagged 1 deleted 1 conflicts 0"#]],
    );
    assert_eq!(world.rules(), ["keep/k", "new/n", "other/z", "retag/2"]);
    check(
        &world,
        &mut book,
        &wanted,
        expect!["added 0 retagged 0 deleted 0 conflicts 0"],
    );
}

#[test]
fn a_lost_answer_does_not_lose_the_rule() {
    let world = World::new(&[]);
    let mut book = Book::new(&world, &[]);
    set_faults(&world, &[Some(Fault::After)]);
    check(
        &world,
        &mut book,
        &[("a", "1")],
        expect![[r#"
        remember a/1#?
        POST add a/1
        added 0 retagged 0 deleted 0 conflicts 0 error: the rules endpoint could not be reached: fault"#]],
    );
    check(
        &world,
        &mut book,
        &[("a", "1")],
        expect![[r#"
        remember a/1#101
        added 1 retagged 0 deleted 0 conflicts 0"#]],
    );
    check(
        &world,
        &mut book,
        &[],
        expect![[r#"
        POST delete 101
        forget a
        added 0 retagged 0 deleted 1 conflicts 0"#]],
    );
    assert!(world.rules().is_empty());
}

/// The list was made before the lost request was carried out.
#[test]
fn what_a_lost_request_has_added_late_is_ours() {
    let world = World::new(&[]);
    let mut book = Book::new(&world, &[]);
    set_faults(&world, &[Some(Fault::Before)]);
    let plan = world.plan(&declared(&[("a", "1")]), &book.owned);
    outcome(&world, &plan, &mut book);
    let late = RemoteRule {
        id: 50,
        value: "a".into(),
        tag: Some("1".into()),
    };
    world.remote.lock().unwrap().push(late);
    expect!["added 1 retagged 0 deleted 0 conflicts 0"]
        .assert_eq(&outcome(&world, &plan, &mut book));
    assert_eq!(book.owned[0].id, Some(50));
}

#[test]
fn a_rejected_rule_keeps_nothing_back_but_deletions() {
    let world = World::new(&[(1, "retag", "1"), (2, "old", "o")]);
    let mut book = Book::new(&world, &[("retag", "1", Some(1)), ("old", "o", Some(2))]);
    check(
        &world,
        &mut book,
        &[("retag", "2"), ("-bad", "b"), ("good", "g")],
        expect![[r#"
            remember -bad/b#? good/g#?
            POST add -bad/b good/g
            forget -bad
            remember good/g#?
            POST add good/g
            remember good/g#101
            retag retag/2#1 by (retag)
            remember (retag)/2#?~
            POST add (retag)/2
            remember (retag)/2#102~
            POST delete 1
            remember retag/2#?
            POST add retag/2
            remember retag/2#103
            POST delete 102
            forget (retag)
            added 1 retagged 1 deleted 0 conflicts 0 rejected -bad"#]],
    );
    assert_eq!(world.rules(), ["good/g", "old/o", "retag/2"]);
    check(
        &world,
        &mut book,
        &[("retag", "2"), ("good", "g")],
        expect![[r#"
            POST delete 2
            forget old
            added 0 retagged 0 deleted 1 conflicts 0"#]],
    );
}

#[test]
fn a_rule_that_appears_in_between_is_not_ours() {
    let world = World::new(&[]);
    let mut book = Book::new(&world, &[]);
    let plan = world.plan(&declared(&[("a", "1")]), &book.owned);
    let theirs = RemoteRule {
        id: 9,
        value: "a".into(),
        tag: Some("1".into()),
    };
    world.remote.lock().unwrap().push(theirs);
    expect!["added 0 retagged 0 deleted 0 conflicts 1"]
        .assert_eq(&outcome(&world, &plan, &mut book));
    world.log.lock().unwrap().clear();
    check(
        &world,
        &mut book,
        &[],
        expect!["added 0 retagged 0 deleted 0 conflicts 0"],
    );
    assert_eq!(world.rules(), ["a/1"]);
}

#[test]
fn a_rule_that_cannot_be_deleted_stays_ours() {
    let mut world = World::new(&[(1, "old", "o"), (2, "retag", "1"), (3, "fine", "f")]);
    world.stubborn = vec![1, 2];
    let owned = [
        ("old", "o", Some(1)),
        ("retag", "1", Some(2)),
        ("fine", "f", Some(3)),
    ];
    let mut book = Book::new(&world, &owned);
    check(
        &world,
        &mut book,
        &[("retag", "2")],
        expect![[r#"
        retag retag/2#2 by (retag)
        remember (retag)/2#?~
        POST add (retag)/2
        remember (retag)/2#101~
        POST delete 2
        POST delete 1 3
        forget fine
        added 0 retagged 0 deleted 1 conflicts 0"#]],
    );
    world.stubborn.clear();
    check(
        &world,
        &mut book,
        &[("retag", "2")],
        expect![[r#"
        retag retag/2#2 by (retag)
        POST delete 2
        remember retag/2#?
        POST add retag/2
        remember retag/2#102
        POST delete 101
        forget (retag)
        POST delete 1
        forget old
        added 0 retagged 1 deleted 1 conflicts 0"#]],
    );
    assert_eq!(world.rules(), ["retag/2"]);
}

#[test]
fn where_there_is_no_room_there_is_a_gap_and_it_is_told() {
    let mut world = World::new(&[(1, "a", "1"), (2, "b", "1")]);
    world.limit = 2;
    let mut book = Book::new(&world, &[("a", "1", Some(1)), ("b", "1", Some(2))]);
    check(
        &world,
        &mut book,
        &[("a", "2"), ("b", "1")],
        expect![[r#"
        retag a/2#1 by (a)
        remember (a)/2#?~
        POST add (a)/2
        forget (a)
        retag a/2#1 by (a)
        POST delete 1
        remember a/2#?
        POST add a/2
        remember a/2#101
        added 0 retagged 1 deleted 0 conflicts 0 gap 1 a"#]],
    );
    assert_eq!(world.rules(), ["a/2", "b/1"]);
    // One more fits if what is not declared goes first.
    check(
        &world,
        &mut book,
        &[("a", "2"), ("c", "1")],
        expect![[r#"
        remember c/1#?
        POST add c/1
        forget c
        POST delete 2
        forget b
        remember c/1#?
        POST add c/1
        remember c/1#102
        added 1 retagged 0 deleted 1 conflicts 0"#]],
    );
    assert_eq!(world.rules(), ["a/2", "c/1"]);
    // Room for one at a time.
    world.limit = 3;
    *world.held.lock().unwrap() = vec!["a".to_owned(), "c".to_owned()];
    check(
        &world,
        &mut book,
        &[("a", "3"), ("c", "3")],
        expect![[r#"
        retag a/3#101 by (a) c/3#102 by (c)
        remember (a)/3#?~ (c)/3#?~
        POST add (a)/3 (c)/3
        forget (a) (c)
        retag a/3#101 by (a)
        remember (a)/3#?~
        POST add (a)/3
        remember (a)/3#103~
        POST delete 101
        remember a/3#?
        POST add a/3
        remember a/3#104
        POST delete 103
        forget (a)
        retag c/3#102 by (c)
        remember (c)/3#?~
        POST add (c)/3
        remember (c)/3#105~
        POST delete 102
        remember c/3#?
        POST add c/3
        remember c/3#106
        POST delete 105
        forget (c)
        added 0 retagged 2 deleted 0 conflicts 0"#]],
    );
    assert_eq!(world.rules(), ["a/3", "c/3"]);
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_carried_out_through_every_fault() {
    let world = World::new(&[(1, "a", "1"), (2, "b", "1"), (3, "old", "o")]);
    let owned = [
        ("a", "1", Some(1)),
        ("b", "1", Some(2)),
        ("old", "o", Some(3)),
    ];
    let mut book = Book::new(&world, &owned);
    let wanted = declared(&[("a", "2"), ("b", "2"), ("c", "3"), ("d", "3")]);
    let every = [
        Some(Fault::Half),
        Some(Fault::Collides),
        None,
        Some(Fault::After),
        Some(Fault::RateLimit),
        None,
        Some(Fault::Half),
        Some(Fault::Before),
        Some(Fault::After),
    ];
    set_faults(&world, &every);
    *world.held.lock().unwrap() = vec!["a".to_owned(), "b".to_owned()];
    let plan = world.plan(&wanted, &book.owned);
    let mut waits = 0;
    let mut told = |progress: Progress<'_>| {
        if let Progress::Waits { .. } = progress {
            waits += 1;
        }
    };
    let patience = Duration::from_secs(3_600);
    let done = persist(&world, &plan, &mut book, patience, &mut told);
    let done = done.await.unwrap();
    assert!(done.left.is_noop(), "{:?}", done.left);
    assert_eq!(waits, 7);
    assert_eq!(done.remote, world.remote());
    assert_eq!(world.rules(), ["a/2", "b/2", "c/3", "d/3"]);
    assert!(world.plan(&wanted, &book.owned).is_noop());
    // Patience has an end.
    set_faults(&world, &[Some(Fault::Before); 100]);
    let plan = world.plan(&declared(&[("e", "1")]), &book.owned);
    let patience = Duration::from_secs(10);
    let failed = persist(&world, &plan, &mut book, patience, &mut |_| ()).await;
    assert!(failed.is_err());
}

/// A set of declared rules out of a few values and tags.
fn some_rules() -> impl Strategy<Value = Vec<(String, String)>> {
    let tags = prop::collection::btree_map("[a-d]", "[xyz]", 1..4);
    tags.prop_map(|rules| rules.into_iter().collect())
}

fn some_faults() -> impl Strategy<Value = Vec<Option<Fault>>> {
    let fault = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Fault::Before)),
        1 => Just(Some(Fault::After)),
        1 => Just(Some(Fault::Half)),
        1 => Just(Some(Fault::Collides)),
        1 => Just(Some(Fault::RateLimit)),
    ];
    prop::collection::vec(fault, 0..8)
}

proptest! {
    #[test]
    fn whatever_fails_the_rules_come_out_right_and_others_are_left_alone(
        steps in prop::collection::vec((some_rules(), some_faults()), 1..8),
        limit in prop_oneof![3 => Just(0_usize), 1 => Just(6_usize)],
    ) {
        // Somebody else holds `d` all along.
        let mut world = World::new(&[(1, "d", "theirs"), (2, "e", "theirs")]);
        world.limit = limit;
        let mut book = Book::new(&world, &[]);
        let mut wanted = Vec::<Declared>::new();
        for (rules, faults) in steps {
            let rules: Vec<_> = rules.iter().map(|(value, tag)| (value.as_str(), tag.as_str())).collect();
            let next = declared(&rules);
            if limit == 0 {
                // What stays declared and is there must be there all the time.
                let remote = world.remote();
                let is_there = |rule: &&Declared| remote.iter().any(|there| there.value.trim_matches(['(', ')']) == rule.value);
                let held = next.iter().filter(is_there);
                *world.held.lock().unwrap() = held.map(|rule| rule.value.clone()).collect();
            }
            wanted = next;
            *world.faults.lock().unwrap() = faults;
            let plan = world.plan(&wanted, &book.owned);
            outcome(&world, &plan, &mut book);
        }
        world.faults.lock().unwrap().clear();
        let plan = world.plan(&wanted, &book.owned);
        let done = outcome(&world, &plan, &mut book);
        prop_assert!(!done.contains("error"), "{}", done);
        prop_assert!(world.plan(&wanted, &book.owned).is_noop());

        let ours = wanted.iter().filter(|rule| rule.value != "d");
        let mut expected: Vec<_> = ours.map(|rule| text(&rule.value, rule.tag.as_deref())).collect();
        expected.extend(["d/theirs".to_owned(), "e/theirs".to_owned()]);
        expected.sort();
        prop_assert_eq!(world.rules(), expected);
        let owns_theirs = book.owned.iter().any(|owned| owned.value == "d" || owned.value == "e");
        prop_assert!(!owns_theirs);
    }
}

#[test]
fn a_change_that_was_broken_off_goes_on_first_and_gives_its_room_back() {
    let mut world = World::new(&[(1, "d", "theirs"), (2, "e", "theirs")]);
    world.limit = 6;
    let mut book = Book::new(&world, &[]);
    let mut change = |rules: &[(&str, &str)], faults: Vec<Option<Fault>>| {
        *world.faults.lock().unwrap() = faults;
        let plan = world.plan(&declared(rules), &book.owned);
        outcome(&world, &plan, &mut book)
    };
    change(&[("a", "y"), ("c", "y")], vec![]);
    // It has added `(c)`, and no more.
    let broken = change(&[("c", "x")], vec![Some(Fault::Half), None]);
    assert!(broken.contains("error"), "{broken}");
    let wanted = [("a", "x"), ("b", "x"), ("c", "x")];
    let done = change(&wanted, vec![]);
    assert!(!done.contains("gap"), "{done}");
    assert!(world.plan(&declared(&wanted), &book.owned).is_noop());
    let expected = ["a/x", "b/x", "c/x", "d/theirs", "e/theirs"];
    assert_eq!(world.rules(), expected);
}

#[test]
fn what_a_broken_change_has_left_takes_no_room_from_new_rules() {
    let mut world = World::new(&[(1, "d", "theirs"), (2, "e", "theirs")]);
    world.limit = 6;
    let mut book = Book::new(&world, &[]);
    let mut change = |rules: &[(&str, &str)], faults: &[Option<Fault>]| {
        set_faults(&world, faults);
        let plan = world.plan(&declared(rules), &book.owned);
        outcome(&world, &plan, &mut book);
    };
    change(&[("a", "x"), ("b", "y"), ("c", "z")], &[]);
    change(
        &[("b", "x"), ("c", "y")],
        &[Some(Fault::Collides), None, None],
    );
    change(&[("a", "x"), ("b", "x"), ("c", "y")], &[]);
    let expected = ["a/x", "b/x", "c/y", "d/theirs", "e/theirs"];
    assert_eq!(world.rules(), expected);
}

#[test]
fn reconciling_can_be_a_task_of_its_own() {
    fn is_send<T: Send>(_: &T) {}

    let world = World::new(&[]);
    let mut book = Book::new(&world, &[]);
    let plan = world.plan(&[], &[]);
    let mut report = Report::default();
    let mut told = |_: Progress<'_>| ();
    is_send(&reconcile(&world, &plan, &mut book, &mut report, &mut told));
    is_send(&persist(
        &world,
        &plan,
        &mut book,
        Duration::ZERO,
        &mut told,
    ));
}

#[test]
fn what_is_there_is_deleted_for_room_only_if_everything_fits_then() {
    let mut world = World::new(&[(1, "a", "1"), (2, "b", "1")]);
    world.limit = 2;
    let mut book = Book::new(&world, &[("a", "1", Some(1)), ("b", "1", Some(2))]);
    check(
        &world,
        &mut book,
        &[("c", "1"), ("d", "1"), ("e", "1")],
        expect![[r#"
            remember c/1#? d/1#? e/1#?
            POST add c/1 d/1 e/1
            forget c d e
            remember c/1#?
            POST add c/1
            forget c
            added 0 retagged 0 deleted 0 conflicts 0 error: the contract has room for 2 rules, and the stream would have 3; it has 2
            hint: declare fewer rules, or ask your account manager for more; `ouzel rules list` shows whose rules there are"#]],
    );
    assert_eq!(world.rules(), ["a/1", "b/1"]);
    // One more is room enough.
    world.limit = 3;
    check(
        &world,
        &mut book,
        &[("c", "1"), ("d", "1"), ("e", "1")],
        expect![[r#"
            remember c/1#? d/1#? e/1#?
            POST add c/1 d/1 e/1
            forget c d e
            remember c/1#?
            POST add c/1
            remember c/1#101
            remember d/1#? e/1#?
            POST add d/1 e/1
            forget d e
            POST delete 1 2
            forget a b
            remember d/1#? e/1#?
            POST add d/1 e/1
            remember d/1#102 e/1#103
            added 3 retagged 0 deleted 2 conflicts 0"#]],
    );
    assert_eq!(world.rules(), ["c/1", "d/1", "e/1"]);
}
