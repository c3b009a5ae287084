//! The port against Lua's own matching.

use std::cell::Cell;

use mlua::{BString, Function, Lua, MultiValue, Value};
use proptest::{prelude::*, sample::select, test_runner::TestRunner};

use super::*;

/// Counts, and refuses after a number of steps.
struct Counter {
    left: Cell<usize>,
}

impl Counter {
    fn of(left: usize) -> Self {
        let left = Cell::new(left);
        Self { left }
    }
}

impl Pace for Counter {
    fn count(&self, steps: usize) -> Result<(), Refused> {
        let left = self.left.get().checked_sub(steps).ok_or(Refused)?;
        self.left.set(left);
        Ok(())
    }
}

/// What `string.find` gives, as text: the two places and the captures, or the message.
fn ours(subject: &[u8], pattern: &[u8], from: usize, counter: &Counter) -> String {
    if is_plain(pattern) {
        let found = memchr::memmem::find(&subject[from..], pattern).map(|at| from + at);
        return found.map_or("nil".to_owned(), |at| {
            format!("{} {}", at + 1, at + pattern.len())
        });
    }
    let (pattern, anchored) = match pattern.strip_prefix(b"^") {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let mut matcher = Matcher::new(subject, pattern, counter);
    let found = match matcher.search(from, anchored, None) {
        Ok(Some(found)) => found,
        Ok(None) => return "nil".to_owned(),
        Err(Failure::Pattern(mistake)) => return mistake.to_string(),
        Err(Failure::Refused) => return "refused".to_owned(),
    };
    let mut shown = vec![(found.start + 1).to_string(), found.end.to_string()];
    for capture in matcher.captures() {
        shown.push(match *capture {
            Capture::Text(start, end) => format!("{:?}", &subject[start..end]),
            Capture::Position(before) => (before + 1).to_string(),
            Capture::Open(_) => return Mistake::NotClosed.to_string(),
        });
    }
    shown.join(" ")
}

/// `string.find` of Lua itself, which gives its message instead of raising it.
fn lua_find(lua: &Lua) -> Function {
    let caught = r"
        local find = string.find
        local function results(ok, ...) return ... end
        return function(...) return results(pcall(find, ...)) end";
    lua.load(caught).eval().unwrap()
}

fn theirs(find: &Function, subject: &[u8], pattern: &[u8], from: usize) -> String {
    let arguments = (BString::from(subject), BString::from(pattern), from + 1);
    let results: MultiValue = find.call(arguments).unwrap();
    let shown = results.iter().map(|value| match value {
        Value::Nil => "nil".to_owned(),
        Value::Integer(place) => place.to_string(),
        // A message is readable, a capture is bytes.
        Value::String(text) if results.len() == 1 => text.to_string_lossy(),
        Value::String(text) => format!("{:?}", &*text.as_bytes()),
        other => format!("{other:?}"),
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// A piece of a pattern: mostly one that makes sense.
fn piece() -> impl Strategy<Value = String> {
    let item = select(vec![
        "a", "b", "c", ".", "%a", "%A", "%d", "%s", "%S", "%w", "%W", "%p", "%x", "%l", "%u", "%c",
        "%g", "%z", "%Z", "%%", "%.", "[ab]", "[^ab]", "[a-c]", "[%a%-]", "[]]", "[^]]", "[a-]",
        "[-a]", "[%w_]", "[a-%d]", "[^%s]", "]", "\0", "é",
    ]);
    let times = select(vec!["", "", "*", "+", "-", "?"]);
    let other = select(vec![
        "(", "(", ")", ")", "()", "^", "$", "%b()", "%bab", "%f[%a]", "%f[^b]", "%f[%z]", "%1",
        "%2", "%0", "%", "[", "[^", "[a-", "[%", "%b", "%b(", "%f", "%fa", "*", "-",
    ]);
    prop_oneof![
        4 => (item, times).prop_map(|(item, times)| format!("{item}{times}")),
        2 => other.prop_map(str::to_owned),
    ]
}

fn pattern() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        9 => prop::collection::vec(piece(), 0..7).prop_map(|pieces| pieces.concat().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ]
}

fn subject() -> impl Strategy<Value = Vec<u8>> {
    let letter = select(b"aaabbbccAB1 _-()[]%.\0\t\xc3\xa9".to_vec());
    prop::collection::vec(letter, 0..14)
}

#[test]
fn the_port_gives_what_lua_gives() {
    let lua = Lua::new();
    let find = lua_find(&lua);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 20_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let cases = (subject(), pattern(), 0_usize..15);
    runner
        .run(&cases, |(subject, pattern, from)| {
            let from = from.min(subject.len());
            let ours = ours(&subject, &pattern, from, &Counter::of(usize::MAX));
            prop_assert_eq!(ours, theirs(&find, &subject, &pattern, from));
            Ok(())
        })
        .unwrap();
}

#[test]
fn each_mistake_has_the_text_of_lua() {
    let lua = Lua::new();
    let find = lua_find(&lua);
    for (pattern, message) in [
        ("a%", "malformed pattern (ends with '%')"),
        ("[a", "malformed pattern (missing ']')"),
        ("[]", "malformed pattern (missing ']')"),
        ("[^", "malformed pattern (missing ']')"),
        ("[%]", "malformed pattern (missing ']')"),
        ("%b", "malformed pattern (missing arguments to '%b')"),
        ("%ba", "malformed pattern (missing arguments to '%b')"),
        ("%fa", "missing '[' after '%f' in pattern"),
        ("%f", "missing '[' after '%f' in pattern"),
        ("%1", "invalid capture index %1"),
        ("(%1)", "invalid capture index %1"),
        ("()%2", "invalid capture index %2"),
        ("%0", "invalid capture index %0"),
        ("(a))", "invalid pattern capture"),
        ("(a", "unfinished capture"),
        (&"()".repeat(33), "too many captures"),
        // 32 are not too many, and the 200th level is not too deep.
        (
            &"()".repeat(32),
            "1 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        ),
        (&"x?".repeat(199), "1 0"),
        (&format!("{}b", "a?".repeat(201)), "pattern too complex"),
    ] {
        let subject = "a".repeat(if pattern.len() > 300 { 300 } else { 1 });
        let subject = subject.as_bytes();
        let ours = ours(subject, pattern.as_bytes(), 0, &Counter::of(usize::MAX));
        assert_eq!(
            ours,
            theirs(&find, subject, pattern.as_bytes(), 0),
            "{pattern}"
        );
        if !pattern.starts_with('x') {
            assert_eq!(ours, message, "{pattern}");
        }
    }
}

#[test]
fn every_byte_is_in_the_same_classes() {
    let lua = Lua::new();
    let find = lua_find(&lua);
    for class in (b'a'..=b'z').chain(b'A'..=b'Z') {
        if b"bf".contains(&class) {
            continue;
        }
        for c in 0..=u8::MAX {
            let pattern = [b'%', class];
            let ours = ours(&[c], &pattern, 0, &Counter::of(100));
            assert_eq!(ours, theirs(&find, &[c], &pattern, 0), "%{class} {c}");
        }
    }
}

#[test]
fn a_pattern_that_would_run_for_years_is_refused() {
    let subject = [b'a'; 5_000];
    for pattern in [
        ".-.-.-.-.-.-.-.-b",
        "a*a*a*a*a*a*a*a*b",
        "(a?)(a*)%1(a*)%2(a*)%3b",
        "[a-z]-[a-z]-[a-z]-[a-z]-[a-z]-!",
        "%ba a",
    ] {
        let counter = Counter::of(1_000_000);
        let ours = ours(&subject, pattern.as_bytes(), 0, &counter);
        assert_eq!(ours, "refused", "{pattern}");
    }
    // One byte of the subject against a set of a million.
    let set = format!("[{}]", "b".repeat(1_000_000));
    let ours = ours(b"aaaa", set.as_bytes(), 0, &Counter::of(200_000));
    assert_eq!(ours, "refused");
}

#[test]
fn a_step_is_no_more_than_a_few_bytes_of_work() {
    let subject = [b'a'; 1_000];
    for (pattern, most) in [
        ("b.", 2_100),
        ("a*$", 2_100),
        ("a-$", 3_100),
        ("%w+b", 1_600_000),
        ("^a*b", 4_100),
    ] {
        let counter = Counter::of(most);
        assert_ne!(
            ours(&subject, pattern.as_bytes(), 0, &counter),
            "refused",
            "{pattern}"
        );
        let used = most - counter.left.get();
        assert!(used > most / 2 - 1_000, "{pattern}: {used}");
    }
}
