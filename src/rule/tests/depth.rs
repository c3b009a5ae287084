//! Runs the deepest possible rules on a thread's small stack.

use super::super::{Analysis, MAX_VALUE, Rule};

/// Nests a part as deep as the length of a rule allows.
fn nested(open: &str, inner: &str, close: &str) -> String {
    let count = (MAX_VALUE - inner.len()) / (open.len() + close.len());
    format!("{}{inner}{}", open.repeat(count), close.repeat(count))
}

#[test]
fn the_deepest_rules_need_little_stack() {
    let fill = |part: &str| part.repeat(MAX_VALUE / part.len());
    let values = [
        fill("("),
        fill("-"),
        fill("-("),
        fill("x("),
        fill(")"),
        fill("\""),
        fill("x OR "),
        nested("(", "x", ")"),
        nested("-", "x", ""),
        nested("-(", "x", ")"),
        nested("x(", "x", ")"),
        nested("x -(", "x", ")"),
        nested("x --(", "x", ")"),
        nested("\"\"-(", "x", ")"),
        nested("\"\"--(", "x", ")"),
        nested("x OR(b ", "x", ")"),
        nested("x OR(", "x", ")"),
        nested("xnd -(", "x:1 sample:0", ")"),
    ];
    let work = move || {
        let mut valid = 0;
        for value in values {
            assert!(value.len() <= MAX_VALUE);
            // Everything that walks over a tree: the checks, a match, cloning, comparing, printing.
            if let Ok(rule) = Rule::parse(&value) {
                valid += 1;
                assert!(
                    !rule.matches(&Analysis::default()),
                    "nothing is in an empty Tweet"
                );
                assert_eq!(rule.clone(), rule);
                assert!(!format!("{rule:?}").is_empty());
            }
        }
        assert!(valid >= 5, "{valid}");
    };
    let small = std::thread::Builder::new().stack_size(2 << 20).spawn(work);
    small.unwrap().join().unwrap();
}
