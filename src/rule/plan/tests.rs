//! Tables of plans, and their model.
#![allow(
    clippy::needless_pass_by_value,
    reason = "a table reads `check(input, expect![…])`"
)]

use std::fmt::Write;

use expect_test::{Expect, expect};

use super::*;

#[path = "model_tests.rs"]
mod model;

/// Value, tag, id, and whether it is temporary.
type Written = (String, Option<String>, Option<i64>, bool);

/// Reads rules written as `value/tag#id`, parted by blanks. A `~` at the end marks a temporary one.
fn rules(text: &str) -> Vec<Written> {
    text.split_whitespace()
        .map(|rule| {
            let (rule, temporary) = rule
                .strip_suffix('~')
                .map_or((rule, false), |rule| (rule, true));
            let (rule, id) = rule
                .split_once('#')
                .map_or((rule, None), |(rule, id)| (rule, Some(id.parse().unwrap())));
            let (value, tag) = rule
                .split_once('/')
                .map_or((rule, None), |(value, tag)| (value, Some(tag.to_owned())));
            (value.to_owned(), tag, id, temporary)
        })
        .collect()
}

fn declared(text: &str) -> Vec<Declared> {
    let rule = |(value, tag, ..): Written| Declared { value, tag };
    rules(text).into_iter().map(rule).collect()
}

fn remote(text: &str) -> Vec<Remote> {
    let rule = |(value, tag, id, _): Written| Remote {
        id: id.unwrap(),
        value,
        tag,
    };
    rules(text).into_iter().map(rule).collect()
}

fn owned(text: &str) -> Vec<Owned> {
    let rule = |(value, tag, id, temporary): Written| Owned {
        value,
        tag,
        id,
        temporary,
    };
    rules(text).into_iter().map(rule).collect()
}

fn name(value: &str, tag: Option<&str>) -> String {
    tag.map_or_else(|| value.to_owned(), |tag| format!("{value}/{tag}"))
}

fn show(rule: &Remote) -> String {
    format!("{}#{}", name(&rule.value, rule.tag.as_deref()), rule.id)
}

fn text(plan: &Plan) -> String {
    let mut text = String::new();
    let mut part = |name: &str, rules: Vec<String>| {
        if !rules.is_empty() {
            write!(text, "{name} {}; ", rules.join(" ")).unwrap();
        }
    };
    let all = |rules: &[Remote]| rules.iter().map(show).collect::<Vec<_>>();
    let add = plan.add.iter();
    part(
        "add",
        add.map(|rule| name(&rule.value, rule.tag.as_deref()))
            .collect(),
    );
    let retag = plan.retag.iter().map(|retag| {
        let cover = match &retag.cover {
            Cover::Wrapped { value, id: None } => value.clone(),
            Cover::Wrapped {
                value,
                id: Some(id),
            } => format!("{value}#{id}"),
            Cover::Nothing => "nothing".to_owned(),
        };
        let tag = retag.declared.tag.as_deref().unwrap_or("-");
        format!("{}→{tag}({cover})", show(&retag.from))
    });
    part("retag", retag.collect());
    part("delete", all(&plan.delete));
    part("leftover", all(&plan.leftover));
    let conflicts: Vec<_> = plan.conflicts.iter().map(|c| c.remote.clone()).collect();
    part("conflict", all(&conflicts));
    part("claim", all(&plan.claim));
    part("forget", plan.forget.clone());
    part("foreign", all(&plan.foreign));
    part("kept", all(&plan.kept));
    let paused = plan.paused.iter();
    part(
        "paused",
        paused
            .map(|rule| name(&rule.value, rule.tag.as_deref()))
            .collect(),
    );
    part("adoptable", all(&plan.adoptable));
    if plan.unchanged > 0 {
        part("unchanged", vec![plan.unchanged.to_string()]);
    }
    if let Some(reason) = plan.guard.reason() {
        part("refused:", vec![reason]);
    }
    text.trim_end_matches("; ").to_owned()
}

fn with(prune: Prune) -> Policy {
    Policy {
        prune,
        ..Policy::default()
    }
}

#[track_caller]
fn check_with(prune: Prune, wanted: &str, there: &str, ours: &str, expected: Expect) {
    let plan = Plan::new(&declared(wanted), &remote(there), &owned(ours), with(prune));
    expected.assert_eq(&text(&plan));
    let saved = sonic_rs::to_string(&plan).unwrap();
    assert_eq!(sonic_rs::from_str::<Plan>(&saved).unwrap(), plan);
}

#[track_caller]
fn check(wanted: &str, there: &str, ours: &str, expected: Expect) {
    check_with(Prune::Owned, wanted, there, ours, expected);
}

#[test]
fn what_is_missing_is_added() {
    check("", "", "", expect![[""]]);
    check("a/1 b", "", "", expect!["add a/1 b"]);
    check("a/1 a/2", "", "", expect!["add a/1"]);
}

#[test]
fn what_is_there_stays_whoever_added_it() {
    check(
        "a/1 b",
        "a/1#1 b#2",
        "",
        expect!["adoptable a/1#1 b#2; unchanged 2"],
    );
    check("a/1 b", "a/1#1 b#2", "a/1#1 b#2", expect!["unchanged 2"]);
    check("a", "a/#1", "", expect!["adoptable a/#1; unchanged 1"]);
}

#[test]
fn values_are_case_sensitive_and_exact() {
    check(
        "Snow x",
        "snow#1 x#3",
        "snow#1 x#3",
        expect!["add Snow; delete snow#1; unchanged 1"],
    );
    // The same letter, composed and decomposed, makes two rules.
    check(
        "caf\u{e9}",
        "cafe\u{301}#1",
        "",
        expect!["add café; foreign café#1"],
    );
}

#[test]
fn only_our_own_rules_are_deleted_unless_all_are() {
    let there = "a/1#1 b#2 c#3";
    check(
        "c",
        there,
        "a/1#1",
        expect!["delete a/1#1; foreign b#2; adoptable c#3; unchanged 1"],
    );
    check_with(
        Prune::All,
        "c",
        there,
        "a/1#1",
        expect!["delete a/1#1 b#2; adoptable c#3; unchanged 1"],
    );
    check_with(
        Prune::None,
        "c",
        there,
        "a/1#1",
        expect!["foreign b#2; kept a/1#1; adoptable c#3; unchanged 1"],
    );
}

#[test]
fn a_changed_tag_is_covered_by_the_rule_in_parentheses() {
    check("a/2", "a/1#1", "a/1#1", expect!["retag a/1#1→2((a))"]);
    check("a", "a/1#1", "a/1#1", expect!["retag a/1#1→-((a))"]);
    // The parentheses are declared, or somebody else's.
    check(
        "a/2 (a)",
        "a/1#1",
        "a/1#1",
        expect!["add (a); retag a/1#1→2(((a)))"],
    );
    check(
        "a/2",
        "a/1#1 (a)/2#2",
        "a/1#1",
        expect!["retag a/1#1→2(((a))); foreign (a)/2#2"],
    );
    check(
        "a/2 (a)/2",
        "a/1#1 (a)/1#2",
        "a/1#1 (a)/1#2",
        expect!["retag a/1#1→2(((a))) (a)/1#2→2((((a))))"],
    );
    let long = "x".repeat(2047);
    let plan = Plan::new(
        &declared(&format!("{long}/2")),
        &remote(&format!("{long}/1#1")),
        &owned(&format!("{long}/1#1")),
        Policy::default(),
    );
    assert_eq!(plan.retag[0].cover, Cover::Nothing);
}

#[test]
fn a_broken_off_change_of_a_tag_is_gone_on_with() {
    // Added in parentheses.
    check(
        "a/2",
        "a/1#1 (a)/2#2",
        "a/1#1 (a)/2#2~",
        expect!["retag a/1#1→2((a)#2)"],
    );
    // The same, and the answer was lost.
    check(
        "a/2",
        "a/1#1 (a)/2#2",
        "a/1#1 (a)/2~",
        expect!["retag a/1#1→2((a)#2)"],
    );
    // The old one is deleted.
    check(
        "a/2",
        "(a)/2#2",
        "a/1#1 (a)/2#2~",
        expect!["add a/2; leftover (a)/2#2"],
    );
    // The new one is added.
    check(
        "a/2",
        "(a)/2#2 a/2#3",
        "a/2#3 (a)/2#2~",
        expect!["leftover (a)/2#2; unchanged 1"],
    );
    // The tag has changed once more, or back.
    check(
        "a/3",
        "a/1#1 (a)/2#2",
        "a/1#1 (a)/2#2~",
        expect!["retag a/1#1→3(((a))); leftover (a)/2#2"],
    );
    check(
        "a/1",
        "a/1#1 (a)/2#2",
        "a/1#1 (a)/2#2~",
        expect!["leftover (a)/2#2; unchanged 1"],
    );
    // Whatever is pruned, and whoever is declared.
    check_with(
        Prune::None,
        "",
        "(a)/2#2",
        "(a)/2#2~",
        expect!["leftover (a)/2#2"],
    );
    check(
        "(a)/2",
        "(a)/2#2",
        "(a)/2#2~",
        expect!["claim (a)/2#2; unchanged 1"],
    );
}

#[test]
fn a_changed_tag_of_somebody_elses_rule_is_a_conflict_unless_all_are_pruned() {
    check("a/2", "a/1#1", "", expect!["conflict a/1#1"]);
    check("a/2", "a/1#7", "a/1#1", expect!["conflict a/1#7; forget a"]);
    check_with(
        Prune::All,
        "a/2",
        "a/1#1",
        "",
        expect!["retag a/1#1→2((a))"],
    );
}

#[test]
fn an_intent_makes_a_rule_ours() {
    check("a/1", "a/1#5", "a/1", expect!["claim a/1#5; unchanged 1"]);
    check("a/2", "a/1#5", "a/1", expect!["retag a/1#5→2((a))"]);
    check(
        "b",
        "a/1#5 b#6",
        "a/1 b#6",
        expect!["delete a/1#5; unchanged 1"],
    );
    check("a/1", "", "a/1", expect!["add a/1"]);
    // Somebody else has added it with a tag of their own.
    check(
        "b",
        "a/2#5 b#6",
        "a/1 b#6",
        expect!["forget a; foreign a/2#5; unchanged 1"],
    );
}

#[test]
fn what_is_gone_is_forgotten() {
    check("", "", "a#1 b", expect!["forget a b"]);
    check("a", "", "a#1", expect!["add a"]);
    check(
        "a",
        "a#2",
        "a#1",
        expect!["forget a; adoptable a#2; unchanged 1"],
    );
    check("", "a#2", "a#1", expect!["forget a; foreign a#2"]);
    // What was sent and not answered may still arrive, and must not stay then.
    check("", "", "(a)/2~", expect![""]);
}

#[test]
fn a_plan_that_loses_much_is_refused() {
    let many = |prefix: &str, count: usize| {
        let rules = (0..count).map(|at| format!("{prefix}{at}/t{at}#{at}"));
        rules.collect::<Vec<_>>().join(" ")
    };
    let verdict = |wanted: &str, there: &str, ours: &str| {
        let plan = Plan::new(
            &declared(wanted),
            &remote(there),
            &owned(ours),
            Policy::default(),
        );
        plan.guard
    };
    // Nothing is declared.
    assert_eq!(
        verdict("", "a#1", "a#1"),
        Verdict::NothingDeclared { lost: 1 }
    );
    assert_eq!(verdict("", "a#1", ""), Verdict::Fine);
    assert_eq!(verdict("", "(a)/1#1", "(a)/1#1~"), Verdict::Fine);
    // Few rules: one of two, two of three, five of six.
    assert_eq!(verdict("a", "a#1 b#2", "a#1 b#2"), Verdict::Fine);
    let six = many("r", 6);
    assert_eq!(verdict("r0/t0", &six, &six), Verdict::Fine);
    // Many rules: 30 of 100 may go, and 31 not.
    let hundred = many("r", 100);
    let first = |count| many("r", count);
    assert_eq!(verdict(&first(70), &hundred, &hundred), Verdict::Fine);
    assert_eq!(
        verdict(&first(69), &hundred, &hundred),
        Verdict::TooMany {
            lost: 31,
            remote: 100,
            most: 30
        }
    );
    // Changed rules keep their tags.
    assert_eq!(
        verdict(&many("new", 100), &hundred, &hundred),
        Verdict::Fine
    );
    let untagged = hundred.replace('/', "");
    assert!(verdict(&many("new", 100), &untagged, &untagged).refuses());
    expect!["it would delete 31 rules of 100 without another in their place, and `max_delete_percent` is 30"]
        .assert_eq(&verdict(&first(69), &hundred, &hundred).reason().unwrap());
    expect!["no rules are declared, and it would delete 1 rule"]
        .assert_eq(&verdict("", "a#1", "a#1").reason().unwrap());
}

#[test]
fn the_fingerprint_is_of_the_set() {
    let one = fingerprint(&remote("a/1#1 b#2"));
    expect!["2-80a0e84dd9e9712bda125b5d32e5874f"].assert_eq(&one);
    assert_eq!(fingerprint(&remote("b/#2 a/1#1")), one);
    for other in ["a/1#1", "a/1#1 b#3", "a/1#1 c#2", "a/2#1 b#2", "a#1 1b#2"] {
        assert_ne!(fingerprint(&remote(other)), one, "{other}");
    }
}

#[test]
fn a_plan_says_what_it_costs() {
    let cost = |wanted: &str, there: &str, ours: &str| {
        let plan = Plan::new(
            &declared(wanted),
            &remote(there),
            &owned(ours),
            Policy::default(),
        );
        plan.cost().requests
    };
    assert_eq!(cost("a", "a#1", ""), 0);
    assert_eq!(cost("a b", "", ""), 2);
    assert_eq!(cost("a b", "c#3", "c#3"), 3);
    assert_eq!(cost("a/2", "a/1#1", "a/1#1"), 5);
    assert_eq!(cost("a/2", "a/1#1 (a)/2#2", "a/1#1 (a)/2#2~"), 4);
    assert_eq!(cost("a/2 b", "(a)/2#2", "(a)/2#2~"), 3);
    let many: Vec<_> = (0..7_000).map(|at| format!("r{at}")).collect();
    assert_eq!(cost(&many.join(" "), "", ""), 4);
}

#[test]
fn one_request_unless_a_limit_is_passed() {
    let many = |count: usize, size: usize| {
        let rule = Declared {
            value: "x".repeat(size),
            tag: None,
        };
        vec![rule; count]
    };
    assert!(batches([]).is_empty());
    assert_eq!(batches(&many(1, 1)), vec![0..1; 1]);
    assert_eq!(batches(&many(3_000, 100)), vec![0..3_000; 1]);
    assert_eq!(batches(&many(3_001, 100)), [0..3_000, 3_000..3_001]);
    assert_eq!(batches(&many(2_500, 2_048)).len(), 2);
    assert_eq!(batches(&many(2, 5_000_000)), [0..1, 1..2]);
    let quotes = Declared {
        value: "\"".repeat(2_000),
        tag: Some("\u{1}".repeat(200)),
    };
    for range in batches(&vec![quotes.clone(); 3_000]) {
        let json = sonic_rs::to_string(&vec![quotes.clone(); range.len()]).unwrap();
        assert!(json.len() < 5_000_000);
    }
}

#[test]
fn what_others_have_changed_is_told_apart() {
    let left = remote("mine#1 theirs#2 both#3");
    let now = remote("both#4 new#5 late#6");
    let drift = Drift::between(&left, &now, &owned("mine#1 both#3 late"));
    let all = |rules: &[Remote]| rules.iter().map(show).collect::<Vec<_>>().join(" ");
    assert_eq!(all(&drift.vanished), "mine#1 both#3");
    assert_eq!(all(&drift.gone), "theirs#2");
    assert_eq!(all(&drift.appeared), "both#4 new#5");
    assert!(Drift::between(&left, &left, &[]).is_none());
    let mut vanishing = Vanishing::default();
    assert_eq!(vanishing.note(&left[..1]), None);
    assert_eq!(vanishing.note(&left[1..]), None);
    assert_eq!(vanishing.note(&left[..1]), Some(&left[0]));
}

/// Says how long a plan of 40 000 rules takes, with `cargo test --release -p ouzel-rule -- forty --nocapture`.
#[test]
#[allow(clippy::print_stderr, reason = "the figure is what it is for")]
fn a_plan_of_forty_thousand_rules_is_reported() {
    let rule = |at: usize, tag: usize| Declared {
        value: format!("(coffee OR tea) lang:en from:somebody{at} -is:retweet"),
        tag: Some(format!("project-{}", tag % 100)),
    };
    let there: Vec<Remote> = (0..40_000)
        .map(|at| {
            let Declared { value, tag } = rule(at, at);
            Remote {
                id: 1_600_000_000_000_000_000 + at as i64,
                value,
                tag,
            }
        })
        .collect();
    let ours: Vec<Owned> = there
        .iter()
        .map(|rule| Owned {
            value: rule.value.clone(),
            tag: rule.tag.clone(),
            id: Some(rule.id),
            temporary: false,
        })
        .collect();
    // A tenth is new, a tenth has another tag, a tenth is gone.
    let wanted: Vec<Declared> = (4_000..44_000)
        .map(|at| rule(at, if at % 10 == 0 { at + 1 } else { at }))
        .collect();
    let start = std::time::Instant::now();
    let plan = Plan::new(&wanted, &there, &ours, Policy::default());
    let (took, cost) = (start.elapsed(), plan.cost());
    eprintln!("a plan of 40 000 against 40 000 rules: {took:?}, {cost:?}");
    assert_eq!((plan.add.len(), plan.delete.len()), (4_000, 4_000));
    assert_eq!((plan.retag.len(), plan.unchanged), (3_600, 32_400));
    assert_eq!(plan.guard, Verdict::Fine);
}

#[test]
fn paused_rules_go_and_are_not_added() {
    let check = |rules: &str, there: &str, ours: &str, prune: Prune, expected: Expect| {
        let tags = BTreeSet::from(["x".to_owned(), "y".to_owned()]);
        let policy = Policy {
            prune,
            ..Policy::default()
        };
        let (rules, there, ours) = (declared(rules), remote(there), owned(ours));
        let plan = Plan::pausing(&rules, &tags, &there, &ours, policy);
        expected.assert_eq(&text(&plan));
        let (paused, _) = plan.deletions();
        assert_eq!(plan.only_pausing().delete, paused);
        assert_eq!(plan.only_pausing().changes(), paused.len());
        // Carried out, nothing is left to do.
        let gone = |rule: &Remote| plan.delete.iter().any(|other| other.id == rule.id);
        let left: Vec<Remote> = there.iter().filter(|rule| !gone(rule)).cloned().collect();
        assert!(plan.remaining(&left, &ours).delete.is_empty());
        assert_eq!(plan.remaining(&left, &ours).paused, plan.paused);
    };
    let (owned, none) = (Prune::Owned, Prune::None);
    check("a/x b", "", "", owned, expect!["add b; paused a/x"]);
    check(
        "a/x b",
        "a/x#1 b#2",
        "a/x#1 b#2",
        owned,
        expect!["delete a/x#1; paused a/x; unchanged 1"],
    );
    check(
        "a/x b",
        "a/x#1 b#2",
        "a/x#1 b#2",
        none,
        expect!["delete a/x#1; paused a/x; unchanged 1"],
    );
    // Whoever had it first keeps it.
    check(
        "a/x",
        "a/x#1",
        "",
        owned,
        expect!["foreign a/x#1; paused a/x"],
    );
    check(
        "a/x",
        "a/x#1",
        "",
        Prune::All,
        expect!["delete a/x#1; paused a/x"],
    );
    // The tag that is declared counts, also while it changes.
    check(
        "a/x",
        "a/old#1 (a)/x#2",
        "a/old#1 (a)/x#2~",
        owned,
        expect!["delete a/old#1; leftover (a)/x#2; paused a/x"],
    );
    check(
        "a/new",
        "a/x#1",
        "a/x#1",
        owned,
        expect!["retag a/x#1→new((a))"],
    );
    // The first declaration of a value counts.
    check("a a/x", "a#1", "a#1", owned, expect!["unchanged 1"]);
    check(
        "a/x a",
        "a#1",
        "a#1",
        owned,
        expect!["delete a#1; paused a/x"],
    );
    // The guard looks at the others only.
    let many = |tag: &str| {
        (1..=9)
            .map(|n| format!("r{n}{tag}#{n} "))
            .collect::<String>()
    };
    let declared = (1..=9).map(|n| format!("r{n}/x ")).collect::<String>();
    check(
        &declared,
        &many("/x"),
        &many("/x"),
        owned,
        expect![
            "delete r1/x#1 r2/x#2 r3/x#3 r4/x#4 r5/x#5 r6/x#6 r7/x#7 r8/x#8 r9/x#9; paused r1/x r2/x r3/x r4/x r5/x r6/x r7/x r8/x r9/x"
        ],
    );
    check(
        "r1/x",
        &many("/z"),
        &many("/z"),
        owned,
        expect![
            "delete r1/z#1 r2/z#2 r3/z#3 r4/z#4 r5/z#5 r6/z#6 r7/z#7 r8/z#8 r9/z#9; paused r1/x; refused: it would delete 8 rules of 9 without another in their place, and `max_delete_percent` is 30"
        ],
    );
}
