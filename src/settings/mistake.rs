//! What is said of a wrong settings file.

/// The parser's message and the line it speaks of; never a value that may be a password, also under a misspelt key.
pub(super) fn reason(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().trim();
    let Some(span) = error.span() else {
        return format!("  {message}");
    };
    let before = &text[..span.start.min(text.len())];
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default();
    let (shown, message) = match line.split_once('=') {
        Some((key, _)) if HARMLESS.contains(&key.trim()) => (line.to_owned(), message),
        None if line.trim().starts_with('[') || line.trim().is_empty() => {
            (line.to_owned(), message)
        }
        masked => {
            // `invalid type: integer `1234`, expected a string` repeats the value.
            let told = message
                .split(':')
                .next()
                .filter(|_| message.starts_with("invalid"));
            let key = masked.map_or("", |(key, _)| key);
            (format!("{key}= ***"), told.unwrap_or(message))
        }
    };
    format!("  line {number}: {shown}\n  {message}")
}

/// The keys whose values can be shown.
const HARMLESS: [&str; 17] = [
    "script",
    "data_dir",
    "account",
    "label",
    "username",
    "username_file",
    "password_file",
    "ca_file",
    "read_timeout",
    "max_line",
    "backfill_minutes",
    "recovery",
    "retain",
    "max_size",
    "sync",
    "enabled",
    "debounce",
];

#[cfg(test)]
mod tests {
    use super::{super::file::File, *};

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_a_password_is_not_shown() {
        let text = "[stream]\nacount = \"x\"\n";
        let error = toml::from_str::<File>(text).unwrap_err();
        let shown = reason(&error, text);
        assert!(shown.contains("line 2: acount"), "{shown}");
        assert!(shown.contains("unknown field `acount`"), "{shown}");
        let text = "[stream]\npassword = 1234\n";
        let error = toml::from_str::<File>(text).unwrap_err();
        let shown = reason(&error, text);
        assert!(shown.contains("line 2: password = ***"), "{shown}");
    }
}
