//! How deep JSON is nested, found before it is parsed: the parser recurses, and a stack that overflows ends the process.

/// Deeper JSON is refused. Tweets are some ten levels deep.
pub const MAX_DEPTH: usize = 256;

/// Whether JSON is nested deeper than [`MAX_DEPTH`].
#[must_use]
pub fn is_too_deep(json: &[u8]) -> bool {
    openers(json) > MAX_DEPTH && depth(json) > MAX_DEPTH
}

/// How many `[` and `{` there are, in texts too; nearly always few enough that nothing else needs to be looked at.
fn openers(json: &[u8]) -> usize {
    // One comparison for both, in runs whose count fits a byte: the compiler makes vector code of this.
    json.chunks(255)
        .map(|run| {
            let count: u8 = run.iter().map(|byte| u8::from(byte | 0x20 == b'{')).sum();
            usize::from(count)
        })
        .sum()
}

fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_really_deep_is_too_deep() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(!is_too_deep(nested(MAX_DEPTH).as_bytes()));
        assert!(is_too_deep(nested(MAX_DEPTH + 1).as_bytes()));
        assert!(is_too_deep("{\"a\":".repeat(MAX_DEPTH + 1).as_bytes()));
        assert!(!is_too_deep(
            format!("[{}]", "[],".repeat(10_000)).as_bytes()
        ));
        assert!(!is_too_deep(
            format!("\"{}\"", "[\\\"{".repeat(10_000)).as_bytes()
        ));
        assert!(!is_too_deep(b""));
    }
}
