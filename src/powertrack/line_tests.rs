//! Tables and properties for the splitter.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

const SMALL: usize = 12;

/// Feeds the pieces one after the other, the way the decoder does.
fn split(pieces: &[&[u8]], max_line: usize) -> (Vec<Vec<u8>>, LineCounts) {
    let mut splitter = Splitter::new(max_line);
    let (mut buffer, mut lines) = (Vec::new(), Vec::new());
    let mut collect = |buffer: &[u8], spans: Vec<Range<u32>>| {
        lines.extend(
            spans
                .iter()
                .map(|span| buffer[span.start as usize..span.end as usize].to_vec()),
        );
    };
    for piece in pieces {
        buffer.extend_from_slice(piece);
        let mut spans = Vec::new();
        let done = splitter.split(&buffer, &mut spans);
        collect(&buffer, spans);
        buffer.drain(..done);
        assert!(
            buffer.len() <= max_line + 1,
            "more is buffered than a line may be long"
        );
    }
    let mut spans = Vec::new();
    splitter.finish(&buffer, &mut spans);
    collect(&buffer, spans);
    let dropped = splitter.take_dropped();
    assert_eq!(dropped.lines, splitter.counts().over_long);
    assert!(dropped.lines == 0 || dropped.longest > max_line as u64);
    (lines, splitter.counts())
}

fn show((lines, counts): (Vec<Vec<u8>>, LineCounts)) -> String {
    let mut text: String = lines
        .iter()
        .map(|line| format!("<{}>", line.escape_ascii()))
        .collect();
    for (count, name) in [
        (counts.heartbeats, "heartbeats"),
        (counts.over_long, "over long"),
        (counts.incomplete, "incomplete"),
    ] {
        if count > 0 {
            text.push_str(&format!(" {count} {name}"));
        }
    }
    assert_eq!(counts.lines as usize, lines.len());
    text
}

fn check(pieces: &[&str], expected: Expect) {
    let pieces: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
    expected.assert_eq(&show(split(&pieces, SMALL)));
}

#[test]
fn lines_end_in_either_delimiter() {
    check(&["{1}\r\n{2}\r\n"], expect!["<{1}><{2}>"]);
    check(&["{1}\n{2}\n"], expect!["<{1}><{2}>"]);
    check(&["{1}\r", "\n{2}\r\n"], expect!["<{1}><{2}>"]);
    check(&["{", "1", "}", "\r", "\n"], expect!["<{1}>"]);
    check(&[], expect![""]);
}

#[test]
fn blank_lines_are_heartbeats() {
    check(&["\r\n"], expect![" 1 heartbeats"]);
    check(&["{1}\r\n\r\n{2}\r\n"], expect!["<{1}><{2}> 1 heartbeats"]);
    check(&["\n\n \t\r\n"], expect![" 3 heartbeats"]);
    check(
        &["\r", "\n", "\r", "\n{1}\n"],
        expect!["<{1}> 2 heartbeats"],
    );
}

#[test]
fn a_last_line_without_delimiter_is_dropped() {
    check(&["{1}\r\n{2}"], expect!["<{1}> 1 incomplete"]);
    check(&["{1}\r\n{2}\r"], expect!["<{1}> 1 incomplete"]);
    check(&["{1}\r\n\r"], expect!["<{1}>"]);
    check(&["{1}{2}{3"], expect!["<{1}><{2}> 1 incomplete"]);
}

#[test]
fn over_long_lines_are_dropped_and_counted_once() {
    check(&["123456789012\n"], expect!["<123456789012>"]);
    check(&["123456789012\r\n"], expect!["<123456789012>"]);
    check(&["123456789012\r", "\n"], expect!["<123456789012>"]);
    check(&["1234567890123\n{1}\n"], expect!["<{1}> 1 over long"]);
    check(&["1234567890123\r\n{1}\n"], expect!["<{1}> 1 over long"]);
    check(
        &["123456789012\rx", "\n{1}\n"],
        expect!["<{1}> 1 over long"],
    );
    check(
        &["1234567890", "1234567890", "1234567890", "123\n{1}\n"],
        expect!["<{1}> 1 over long"],
    );
    check(
        &["{1}\n1234567890123", "456\n{2}\n"],
        expect!["<{1}><{2}> 1 over long"],
    );
    check(&["12345678901234567890"], expect![" 1 over long"]);
}

#[test]
fn a_missing_delimiter_still_gives_two_lines() {
    check(&["{1}{2}\r\n"], expect!["<{1}><{2}>"]);
    check(&["{1}", "{2}\r\n"], expect!["<{1}><{2}>"]);
    check(&["{1}{2}{3}\n{4}\n"], expect!["<{1}><{2}><{3}><{4}>"]);
    check(&["{[{}]}{{}}\n"], expect!["<{[{}]}><{{}}>"]);
}

#[test]
fn braces_in_a_text_do_not_split() {
    check(&[r#"{"}{":1}"#, "\n"], expect![[r#"<{\"}{\":1}>"#]]);
    check(&[r#"{"a\"}{":1}"#, "\n"], expect![[r#"<{\"a\\\"}{\":1}>"#]]);
    check(
        &[r#"{"\\"}{"}{"}"#, "\n"],
        expect![[r#"<{\"\\\\\"}><{\"}{\"}>"#]],
    );
    check(&["[{},{}]\n"], expect!["<[{},{}]>"]);
    check(&["[{}{}]\n"], expect!["<[{}{}]>"]);
    check(&["}{\n"], expect!["<}><{>"]);
}

/// Bytes among which are many that the splitter looks at.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "\r\n",
        "\n",
        "\r",
        "{",
        "}",
        "}{",
        "\"",
        "\\",
        "[",
        "]",
        "abcdefg",
        " ",
        r#"{"a":1}"#,
        r#"{"}{":""}"#,
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #[test]
    fn a_cut_at_any_position_gives_the_same_lines(bytes in bytes()) {
        let whole = split(&[&bytes], SMALL);
        for at in 0..=bytes.len() {
            let (left, right) = bytes.split_at(at);
            prop_assert_eq!(&split(&[left, right], SMALL), &whole, "cut at {}", at);
        }
    }

    #[test]
    fn any_set_of_cuts_gives_the_same_lines(
        bytes in bytes(),
        cuts in prop::collection::btree_set(0_usize..300, 0..20),
        max_line in 1_usize..40,
    ) {
        let mut pieces = Vec::new();
        let mut start = 0;
        for cut in cuts.into_iter().filter(|&cut| cut < bytes.len()) {
            pieces.push(&bytes[start..cut]);
            start = cut;
        }
        pieces.push(&bytes[start..]);
        prop_assert_eq!(split(&pieces, max_line), split(&[&bytes], max_line));
    }

    #[test]
    fn single_bytes_give_the_same_lines(bytes in bytes(), max_line in 1_usize..40) {
        let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(split(&pieces, max_line), split(&[&bytes], max_line));
    }
}
