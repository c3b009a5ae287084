//! Reconciles, and what they leave behind when something fails on the way.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{
    fakes::{Book, Fault, World, now, text},
    *,
};
use crate::powertrack::rules::bodies::RemoteRule;

fn declared(rules: &[(&str, &str)]) -> Vec<Declared> {
    let rules = rules.iter().map(|&(value, tag)| Declared {
        value: value.to_owned(),
        tag: Some(tag.to_owned()),
    });
    rules.collect()
}

/// Plans and reconciles, and shows what happened in which order.
fn check(world: &World, book: &mut Book, wanted: &[(&str, &str)], expected: Expect) {
    let plan = world.plan(&declared(wanted), &book.owned);
    let outcome = match now(reconcile(world, &plan, book)) {
        Ok(summary) => format!("{summary:?}"),
        Err(error) => format!("error: {error}"),
    };
    let mut log = std::mem::take(&mut *world.log.lock().unwrap());
    log.push(outcome);
    expected.assert_eq(&log.join("\n"));
}

#[test]
fn a_change_goes_in_three_steps() {
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
    check(
        &world,
        &mut book,
        &wanted,
        expect![[r#"
        POST delete 2
        intend retag/2 new/n
        POST add retag/2 new/n
        own retag/2#101 new/n#102
        POST delete 3
        forget old
        Summary { added: 2, deleted: 2, unchanged: 1, adopted: 0, conflicts: 1 }"#]],
    );
    assert_eq!(world.rules(), ["keep/k", "new/n", "other/z", "retag/2"]);
    check(
        &world,
        &mut book,
        &wanted,
        expect!["Summary { added: 0, deleted: 0, unchanged: 3, adopted: 0, conflicts: 1 }"],
    );
}

#[test]
fn a_lost_answer_does_not_lose_the_rule() {
    let world = World::new(&[]);
    let mut book = Book::new(&world, &[]);
    *world.faults.lock().unwrap() = vec![Some(Fault::After)];
    check(
        &world,
        &mut book,
        &[("a", "1")],
        expect![[r#"
        intend a/1
        POST add a/1
        error: the rules endpoint could not be reached: fault"#]],
    );
    check(
        &world,
        &mut book,
        &[("a", "1")],
        expect![[r#"
        own a/1#101
        Summary { added: 0, deleted: 0, unchanged: 1, adopted: 1, conflicts: 0 }"#]],
    );
    check(
        &world,
        &mut book,
        &[],
        expect![[r#"
        POST delete 101
        forget a
        Summary { added: 0, deleted: 1, unchanged: 0, adopted: 0, conflicts: 0 }"#]],
    );
    assert!(world.rules().is_empty());
}

#[test]
fn a_rejected_rule_leaves_everything_as_it_was() {
    let world = World::new(&[(1, "retag", "1"), (2, "old", "o")]);
    let mut book = Book::new(&world, &[("retag", "1", Some(1)), ("old", "o", Some(2))]);
    check(
        &world,
        &mut book,
        &[("retag", "2"), ("-bad", "b")],
        expect![[r#"
            POST delete 1
            intend retag/2 -bad/b
            POST add retag/2 -bad/b
            forget retag -bad
            intend retag/1
            POST add retag/1
            own retag/1#101
            error: the rules endpoint rejected a rule
              `-bad`
                = no"#]],
    );
    assert_eq!(world.rules(), ["old/o", "retag/1"]);
    check(
        &world,
        &mut book,
        &[("retag", "1")],
        expect![[r#"
        POST delete 2
        forget old
        Summary { added: 0, deleted: 1, unchanged: 1, adopted: 0, conflicts: 0 }"#]],
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
        tag: None,
    };
    world.remote.lock().unwrap().push(theirs);
    let summary = now(reconcile(&world, &plan, &mut book)).unwrap();
    assert_eq!((summary.added, summary.conflicts), (0, 1));
    world.log.lock().unwrap().clear();
    check(
        &world,
        &mut book,
        &[],
        expect!["Summary { added: 0, deleted: 0, unchanged: 0, adopted: 0, conflicts: 0 }"],
    );
    assert_eq!(world.rules(), ["a"]);
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
        POST delete 2
        intend retag/2
        POST add retag/2
        own retag/1#2
        POST delete 1 3
        forget fine
        Summary { added: 0, deleted: 1, unchanged: 0, adopted: 0, conflicts: 0 }"#]],
    );
    world.stubborn.clear();
    check(
        &world,
        &mut book,
        &[("retag", "2")],
        expect![[r#"
        POST delete 2
        intend retag/2
        POST add retag/2
        own retag/2#101
        POST delete 1
        forget old
        Summary { added: 1, deleted: 2, unchanged: 0, adopted: 0, conflicts: 0 }"#]],
    );
    assert_eq!(world.rules(), ["retag/2"]);
}

/// A set of declared rules out of a few values and tags.
fn some_rules() -> impl Strategy<Value = Vec<(String, String)>> {
    let tags = prop::collection::btree_map("[a-d]", "[xyz]", 0..4);
    tags.prop_map(|rules| rules.into_iter().collect())
}

fn some_faults() -> impl Strategy<Value = Vec<Option<Fault>>> {
    let fault = prop_oneof![
        2 => Just(None),
        1 => Just(Some(Fault::Before)),
        1 => Just(Some(Fault::After)),
        1 => Just(Some(Fault::RateLimit)),
    ];
    prop::collection::vec(fault, 0..4)
}

proptest! {
    #[test]
    fn whatever_fails_the_rules_come_out_right_and_others_are_left_alone(
        steps in prop::collection::vec((some_rules(), some_faults()), 1..8),
    ) {
        // Somebody else holds `d` all along.
        let world = World::new(&[(1, "d", "theirs"), (2, "e", "theirs")]);
        let mut book = Book::new(&world, &[]);
        let mut wanted = Vec::new();
        for (rules, faults) in steps {
            let rules: Vec<_> = rules.iter().map(|(value, tag)| (value.as_str(), tag.as_str())).collect();
            wanted = declared(&rules);
            *world.faults.lock().unwrap() = faults;
            let plan = world.plan(&wanted, &book.owned);
            let _ = now(reconcile(&world, &plan, &mut book));
        }
        world.faults.lock().unwrap().clear();
        let plan = world.plan(&wanted, &book.owned);
        now(reconcile(&world, &plan, &mut book)).unwrap();

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
fn reconciling_can_be_a_task_of_its_own() {
    fn is_send<T: Send>(_: &T) {}

    let world = World::new(&[]);
    let mut book = Book::new(&world, &[]);
    is_send(&reconcile(&world, &Plan::default(), &mut book));
}
