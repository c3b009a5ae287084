//! Finds the entries of a table that a script writes as an argument of a call, and the names of the entries.

use std::ops::RangeInclusive;

use super::{scan::Key, written::Written};

/// The lines of each entry without a name, in the table that follows the first call of `function` on a line. Lines
/// count from 1. `None` if no table is written out there.
pub(super) fn entries(
    text: &Written,
    line: usize,
    function: &str,
) -> Option<Vec<RangeInclusive<usize>>> {
    text.calls(line, function).into_iter().find_map(|mut scan| {
        scan.skip_blanks();
        scan.skip('(');
        scan.skip_blanks();
        let entries = scan.skip('{').then(|| scan.table())??;
        let unnamed = entries.into_iter().filter(|entry| entry.key == Key::None);
        Some(unnamed.map(|entry| entry.lines).collect())
    })
}

/// The names in the table that a call of `function` on a line writes out as its second argument, in order. If the line
/// has several such calls, the first one counts whose first argument may be `first` and whose names are all `known`.
pub(super) fn names<'t>(
    text: &'t Written,
    line: usize,
    function: &str,
    first: &str,
    known: impl Fn(&str) -> bool,
) -> Option<Vec<&'t str>> {
    text.calls(line, function).into_iter().find_map(|mut scan| {
        scan.skip_blanks();
        if !scan.skip('(') || !scan.skip_argument(first)? {
            return None;
        }
        scan.skip_blanks();
        let entries = scan.skip('{').then(|| scan.table())??;
        let names = entries.into_iter().filter_map(|entry| match entry.key {
            Key::Name(name) => Some(name),
            Key::None | Key::Other => None,
        });
        let names: Vec<_> = names.collect();
        names.iter().all(|name| known(name)).then_some(names)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, line: usize, expected: &str) {
        let shown = match entries(&Written::new(text.to_owned()), line, "rules") {
            None => "none".to_owned(),
            Some(entries) => {
                let shown = entries
                    .iter()
                    .map(|lines| format!("{}-{}", lines.start(), lines.end()));
                shown.collect::<Vec<_>>().join(" ")
            }
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn entries_stand_where_they_are_written() {
        check("ouzel.rules { { a = 1 }, { b = 2 } }", 1, "1-1 1-1");
        check(
            "x()\nouzel.rules {\n  { a = 1 },\n\n  {\n    b = 2\n  },\n}",
            2,
            "3-3 5-7",
        );
        check(
            "ouzel.rules({\n  rule('}, {'); rule(\"\\\"}\"),\n})",
            1,
            "2-2 2-2",
        );
        check(
            "ouzel.rules -- {\n{\n--[[ { } ]] { a = [==[ ]] },\n ]==] },\n}",
            1,
            "3-4",
        );
        check(
            "ouzel.rules {\n  { 1 }, name = { 2 },\n ['x'] = 3,\n  t == u,\n}",
            1,
            "2-2 4-4",
        );
        check("ouzel.rules {}", 1, "");
    }

    #[track_caller]
    fn check_names(text: &str, expected: &str) {
        let known = |name: &str| name.len() == 1;
        let text = Written::new(text.to_owned());
        let shown = names(&text, 1, "table", "t", known).map(|names| names.join(" "));
        assert_eq!(shown.as_deref().unwrap_or("none"), expected, "{}", &*text);
    }

    #[test]
    fn names_are_in_the_order_in_which_they_are_written() {
        check_names(
            "ouzel.table('t', { c = 'b', a = \"a\", b = [[c]] })",
            "c a b",
        );
        check_names(
            "ouzel.table( [[t]] , --[[ a = ]] { b = x{ a = 1 }, -- c = 1\n ['c'] = 1; [\"a\"] = 2 })",
            "b c a",
        );
        check_names("table('u', { a = 1 }) table('t', { b = 1 })", "b");
        check_names(
            "table(name, { dd = 1 }) table(n('x', 1) .. '(', { b = 1, 'x', [f()] = 1, [ 'a' .. 1 ] = 1 })",
            "b",
        );
        check_names(
            "--[[ table('t', { a = 1 }) ]] s = \"table('t', { a = 1 })\" table('t', { b = 1 })",
            "b",
        );
        check_names(
            "stable('t', { a = 1 }) table2('t', { a = 1 }) table('t', { b = 1 })",
            "b",
        );
        check_names("table('t', {})", "");
        check_names("table('t', columns)", "none");
        check_names("table('t')", "none");
        check_names("table { a = 1 }", "none");
        check_names("-- table('t', { a = 1 })", "none");
        check_names("table('t', { a = '", "none");
        check_names("table('t', { ['", "none");
        check_names("é = [[\n]] table('t', { a = 1 })", "none");
    }

    #[test]
    fn a_call_is_code() {
        check("x = [[\nrules { 1 } ]] rules { 1, 2 }", 2, "2-2 2-2");
        check("--[==[\n]] rules { 1 } ]==] rules {\n 1 }", 2, "3-3");
        check("'rules { 1 }' -- rules { 1, 2 }", 1, "none");
        check("my_rules { 1 }", 1, "none");
        let long = format!("--{}\nouzel.rules {{ 1 }}", "x".repeat(1 << 20));
        check(&long, 2, "2-2");
    }

    #[test]
    fn what_is_not_written_out_has_no_entries() {
        check("ouzel.rules(list)\nother { 1 }", 1, "none");
        check("ouzel.rules(require 'x') { 1 }", 1, "none");
        check("declare { 1 }", 1, "none");
        check("ouzel.rules {\n { 1 },", 1, "none");
        check("ouzel.rules { ) }", 1, "none");
        check("", 1, "none");
        check("x", 0, "none");
        check("x", 9, "none");
    }
}
