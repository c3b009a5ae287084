//! A Tweet as people read it: on one line, or as a block that fits into a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::{
    control::record::{About, Verdict},
    script::{Brief, brief},
    text::plain,
    tweet::{Tweet, time::iso},
};

/// The most lines of text that a block has.
const MOST_LINES: usize = 12;

/// No terminal is so narrow that this does not fit.
const NARROWEST: usize = 20;

/// What stands before the lines of the text.
const INDENT: &str = "  ";

/// The terminal that a block has to fit into.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    pub(super) columns: usize,
    pub(super) has_colours: bool,
}

/// The Tweet on one line: time, author, tags, verdict and text, with tabs between them.
pub(super) fn line(about: &About, tweet: &Tweet) -> String {
    let Brief { text, .. } = brief(tweet.root());
    let text = text.unwrap_or_default();
    let words: Vec<_> = text.split_whitespace().collect();
    let text = plain::line(&words.join(" ")).into_owned();
    let mut cells = head(about, tweet);
    cells.push(text);
    cells.join("\t") + "\n"
}

/// The Tweet as a block: a line about it, and its text below that.
pub(super) fn block(about: &About, tweet: &Tweet, terminal: Terminal) -> String {
    let Terminal {
        columns,
        has_colours,
    } = terminal;
    let columns = columns.max(NARROWEST);
    let text = brief(tweet.root()).text.unwrap_or_default();
    let colour = match about.verdict {
        _ if !has_colours => None,
        Verdict::Kept => None,
        Verdict::Filtered => Some("\x1b[2m"),
        Verdict::Failed => Some("\x1b[31m"),
    };
    let (on, off) = colour.map_or(("", ""), |on| (on, "\x1b[0m"));
    let head = head(about, tweet);
    let head = match head.join("  ") {
        head if head.width() <= columns => vec![head],
        head => wrapped(&head, columns),
    };
    let mut block = String::new();
    for line in head {
        block += &format!("{on}{line}{off}\n");
    }
    let mut lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .flat_map(|line| wrapped(&plain::line(line.trim()), columns - INDENT.len()))
        .take(MOST_LINES + 1)
        .collect();
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES - 1);
        lines.push("…".to_owned());
    }
    for line in lines {
        block += &format!("{INDENT}{on}{line}{off}\n");
    }
    block
}

fn head(about: &About, tweet: &Tweet) -> Vec<String> {
    let time = tweet.created_ms().map(|ms| ms.div_euclid(1_000));
    let name = brief(tweet.root()).screen_name;
    let tags = about
        .tags
        .iter()
        .map(|tag| tag.as_deref().unwrap_or("(no tag)"));
    let tags: Vec<_> = tags.collect();
    let verdict = match (about.verdict, &about.failure) {
        (Verdict::Kept, _) => "kept".to_owned(),
        (Verdict::Filtered, _) => "filtered".to_owned(),
        (Verdict::Failed, None) => "failed".to_owned(),
        (Verdict::Failed, Some(failure)) => format!("failed: {failure}"),
    };
    [
        time.and_then(iso).unwrap_or_else(|| "-".to_owned()),
        name.map_or_else(|| "-".to_owned(), |name| format!("@{name}")),
        match tags.is_empty() {
            true => "-".to_owned(),
            false => tags.join(","),
        },
        verdict,
    ]
    .map(|cell| plain::line(&cell).into_owned())
    .into()
}

/// A text in lines of so many columns, broken between words where that is possible.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for mut word in text.split_whitespace() {
        let blank = usize::from(used > 0);
        if used + blank + word.width() > columns && used > 0 {
            lines.push(String::new());
            used = 0;
        }
        while word.width() > columns {
            let (fits, rest) = split(word, columns);
            lines.push(String::new());
            let at = lines.len() - 2;
            lines[at].push_str(fits);
            word = rest;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += word.width();
        }
    }
    lines
}

/// Splits a text behind what fits into so many columns, and behind one character at least.
fn split(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    let end = text.char_indices().find(|(at, c)| {
        used += c.width().unwrap_or(0);
        used > columns && *at > 0
    });
    text.split_at(end.map_or(text.len(), |(at, _)| at))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use expect_test::expect;
    use proptest::prelude::*;

    use super::*;

    fn tweet(text: &str) -> Tweet {
        let text = sonic_rs::to_string(text).unwrap();
        let line = format!(
            r#"{{"created_at":"Wed Oct 10 20:19:24 +0000 2018","id_str":"7","text":{text},"user":{{"screen_name":"ada"}}}}"#
        );
        Tweet::parse(Bytes::from(line)).unwrap()
    }

    fn about(verdict: Verdict, tags: &[&str]) -> About {
        About {
            verdict,
            tags: tags.iter().map(|&tag| Some(tag.to_owned())).collect(),
            failure: (verdict == Verdict::Failed).then(|| "main.lua:7: no".to_owned()),
        }
    }

    const PLAIN: Terminal = Terminal {
        columns: 40,
        has_colours: false,
    };

    #[test]
    fn a_tweet_on_a_line() {
        let odd = tweet("two\nlines,\ttab \u{1b}[31mred\u{202e}");
        let text = line(&about(Verdict::Kept, &["launch", "a\u{1b}"]), &odd)
            + &line(&about(Verdict::Failed, &[]), &tweet(""));
        expect![[r#"
            2018-10-10T20:19:24Z	@ada	launch,a\u{1b}	kept	two lines, tab \u{1b}[31mred\u{202e}
            2018-10-10T20:19:24Z	@ada	-	failed: main.lua:7: no	
        "#]]
        .assert_eq(&text);
        let bare = Tweet::parse(Bytes::from_static(b"{\"id_str\":\"7\"}")).unwrap();
        let text = line(&about(Verdict::Filtered, &["x"]), &bare);
        assert_eq!(text, "-\t-\tx\tfiltered\t\n");
    }

    #[test]
    fn a_tweet_as_a_block() {
        let long = tweet(
            "The quick brown fox jumps over the lazy dog, again and again.\n\n日本語のとても長いツイートは折り返されなければなりません https://example.com/a/very/long/path/that/does/not/fit",
        );
        let text = block(&about(Verdict::Kept, &["launch"]), &long, PLAIN)
            + &block(&about(Verdict::Failed, &["coffee"]), &tweet("short"), PLAIN)
            + &block(
                &about(Verdict::Filtered, &[]),
                &tweet("dim"),
                Terminal {
                    has_colours: true,
                    ..PLAIN
                },
            );
        expect![[r#"
            2018-10-10T20:19:24Z  @ada  launch  kept
              The quick brown fox jumps over the
              lazy dog, again and again.
              日本語のとても長いツイートは折り返され
              なければなりません
              https://example.com/a/very/long/path/t
              hat/does/not/fit
            2018-10-10T20:19:24Z @ada coffee failed:
            main.lua:7: no
              short
            [2m2018-10-10T20:19:24Z  @ada  -  filtered[0m
              [2mdim[0m
        "#]]
        .assert_eq(&text);
        let lines = block(
            &about(Verdict::Kept, &[]),
            &tweet(&"x\n".repeat(100)),
            PLAIN,
        );
        assert_eq!(lines.lines().count(), MOST_LINES + 1);
        assert!(lines.ends_with("  …\n"));
    }

    proptest! {
        #[test]
        fn every_line_fits_and_nothing_is_lost(text in "\\PC{0,120}", columns in 20_usize..60) {
            let lines = wrapped(&text, columns);
            for line in &lines {
                prop_assert!(line.width() <= columns, "{line:?}");
            }
            let dense = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(dense(&lines.concat()), dense(&text));
        }
    }
}
