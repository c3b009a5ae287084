//! What one byte of a pattern says of one byte of the subject.

/// The byte at a place. Behind the end there is a zero, as in C.
pub(super) fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// Whether a byte belongs to the class of a letter: `%a`, and `%A` for its opposite. What is no class stands for itself.
pub(super) fn in_class(c: u8, class: u8) -> bool {
    let is_in = match class.to_ascii_lowercase() {
        b'a' => c.is_ascii_alphabetic(),
        b'c' => c.is_ascii_control(),
        b'd' => c.is_ascii_digit(),
        b'g' => c.is_ascii_graphic(),
        b'l' => c.is_ascii_lowercase(),
        b'p' => c.is_ascii_punctuation(),
        // Rust's `is_ascii_whitespace` is without the vertical tab.
        b's' => matches!(c, b'\t'..=b'\r' | b' '),
        b'u' => c.is_ascii_uppercase(),
        b'w' => c.is_ascii_alphanumeric(),
        b'x' => c.is_ascii_hexdigit(),
        b'z' => c == 0,
        _ => return class == c,
    };
    is_in == class.is_ascii_lowercase()
}

/// Whether a byte belongs to the set that begins with `[` at `p` and has its `]` at `end`.
pub(super) fn in_set(c: u8, pattern: &[u8], mut p: usize, end: usize) -> bool {
    let mut found = true;
    if byte(pattern, p + 1) == b'^' {
        found = false;
        p += 1;
    }
    p += 1;
    while p < end {
        let one = byte(pattern, p);
        if one == b'%' {
            p += 1;
            if in_class(c, byte(pattern, p)) {
                return found;
            }
        } else if byte(pattern, p + 1) == b'-' && p + 2 < end {
            p += 2;
            if (one..=byte(pattern, p)).contains(&c) {
                return found;
            }
        } else if one == c {
            return found;
        }
        p += 1;
    }
    !found
}
