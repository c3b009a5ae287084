//! Explains the escapes in rules that were pasted from JSON, HTML or a URL.

use super::Finding;

/// The HTML escapes that occur in rules.
const ENTITIES: [(&str, &str); 7] = [
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&#39;", "'"),
    ("&apos;", "'"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&amp;", "&"),
];

/// Explains a rule with escapes, if one of them is the wrong character at `at`.
pub(super) fn pasted(value: &str, at: usize) -> Option<Finding> {
    let rest = value.get(at..)?;
    let (found, plain) = if rest.starts_with('\\') {
        ("\\", without_backslashes(value))
    } else if rest.starts_with('&') && ENTITIES.iter().any(|(entity, _)| rest.starts_with(entity)) {
        ("&", without_entities(value))
    } else if rest.starts_with('%') {
        ("%", without_percents(value)?)
    } else {
        return None;
    };
    let finding = Finding::new(
        at..at + found.len(),
        format!("`{found}` here is an escape from where the rule was copied"),
        "write the rule as it is meant, without escapes",
    );
    Some(finding.edit(0..value.len(), plain))
}

/// Undoes the escapes of JSON, Lua and shells. A backslash that is no escape is removed.
pub(crate) fn without_backslashes(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut units = Vec::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        if let Some('u') = escaped {
            let digits = chars.as_str().get(..4);
            if let Some(unit) = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
                units.push(unit);
                chars.nth(3);
                continue;
            }
        }
        plain.push_str(&String::from_utf16_lossy(&std::mem::take(&mut units)));
        match (c, escaped) {
            ('\\', Some('n' | 'r' | 't')) => plain.push(' '),
            ('\\', Some(escaped)) => plain.push(escaped),
            ('\\', None) => {}
            (c, _) => plain.push(c),
        }
    }
    plain.push_str(&String::from_utf16_lossy(&units));
    plain
}

fn without_entities(value: &str) -> String {
    (ENTITIES.iter()).fold(value.to_owned(), |text, (entity, plain)| {
        text.replace(entity, plain)
    })
}

/// Undoes the escapes of URLs. `None` if a `%` is no escape.
fn without_percents(value: &str) -> Option<String> {
    let mut plain = Vec::with_capacity(value.len());
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(plain).ok()
}
