//! Writes the message about a mistake in the settings file.

use std::borrow::Cow;

use crate::text::nearest::nearest;

/// What only the command line says.
const FLAGS_ONLY: &[&str] = &[
    "log",
    "log-format",
    "color",
    "quiet",
    "verbose",
    "config",
    "sim",
    "limit",
    "for",
];

/// The sections of the file, and the keys of each section. The first one is the top of the file.
const SECTIONS: [(&str, &[&str]); 9] = [
    ("", &["script", "data_dir"]),
    (
        "stream",
        &[
            "account",
            "label",
            "url",
            "rules_url",
            "username",
            "password",
            "username_file",
            "password_file",
            "ca_file",
            "read_timeout",
            "max_line",
            "backfill_minutes",
            "recovery",
            "replay_url",
            "replay_rules_url",
        ],
    ),
    (
        "script_limits",
        &["time", "load_time", "instructions", "memory", "breaches"],
    ),
    ("journal", &["retain", "max_size", "sync"]),
    ("rules", &["prune", "max_delete_percent", "check_every"]),
    ("watch", &["enabled", "debounce"]),
    ("reload", &["test_on_save", "shadow", "shadow_refuse"]),
    (
        "volume",
        &["monthly_cap", "alarm_per_minute", "breaker", "resume_after"],
    ),
    ("status", &["listen"]),
];

/// The parser's message, the line that it is about, and what to do next. It never shows a value that may be a password,
/// even if the key is misspelt.
pub(super) fn reason(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().trim();
    let Some(span) = error.span() else {
        return format!("  {message}");
    };
    let start = text.floor_char_boundary(span.start);
    let number = text[..start].matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default();
    let (shown, may_tell) = shown(line);
    let (message, hint) = match unknown(message) {
        Some(key) => {
            let section = section(text, start);
            let place = match section {
                "" => "at the top of the file".to_owned(),
                section => format!("under `[{section}]`"),
            };
            (
                format!("there is no setting `{key}` {place}").into(),
                next_step(key, section, line.trim_start().starts_with('[')),
            )
        }
        None if may_tell => (Cow::Borrowed(message), None),
        None => (untold(message), None),
    };
    let mut text = format!("  line {number}: {shown}\n  {message}");
    if let Some(hint) = hint {
        text += "\nhint: ";
        text += &hint;
    }
    text
}

/// The line as it may be shown, and whether the parser's message about it may be shown too.
fn shown(line: &str) -> (Cow<'_, str>, bool) {
    let is_heading = line.trim().starts_with('[') && !line.contains('=');
    if is_heading || line.trim().is_empty() {
        return (line.into(), true);
    }
    let Some((key, value)) = line.split_once('=') else {
        // This may be a key with its `=` missing.
        let key = line.split_whitespace().next().unwrap_or_default();
        return match is_harmless(key) {
            true => (line.into(), true),
            false => ("***".into(), false),
        };
    };
    let holds_credentials = value.contains('@') && key.contains("url");
    let holds_others = value.contains('{');
    if is_harmless(key) && !holds_credentials && !holds_others {
        return (line.into(), true);
    }
    (format!("{key}= ***").into(), false)
}

/// Whether the value of this key may be shown. The key has to be a known one, or nearly one, and must not look like the
/// key of a secret.
fn is_harmless(key: &str) -> bool {
    let key = key.rsplit('.').next().unwrap_or_default();
    let key = key
        .trim()
        .trim_matches('"')
        .to_lowercase()
        .replace('-', "_");
    let flag = SECTIONS
        .into_iter()
        .skip(1)
        .find_map(|(section, _)| key.strip_prefix(section)?.strip_prefix('_'));
    let known = || all_keys().chain(["log", "config"]);
    let near = nearest(&key, known()).or_else(|| nearest(flag?, known()));
    let is_secret = ["pass", "pwd", "pw", "secret", "token", "key", "login"]
        .iter()
        .any(|part| key.contains(part));
    let is_file = key.ends_with("_file");
    near.is_some_and(|near| near != "password") && (!is_secret || is_file)
}

fn all_keys() -> impl Iterator<Item = &'static str> {
    SECTIONS.into_iter().flat_map(|(_, keys)| keys).copied()
}

/// The key in the parser's message that it does not know.
fn unknown(message: &str) -> Option<&str> {
    message.strip_prefix("unknown field `")?.split('`').next()
}

/// The parser's message without the value: `invalid type: integer `1234`, expected a string` repeats it.
fn untold(message: &str) -> Cow<'_, str> {
    let Some((kind, rest)) = message.split_once(':') else {
        let mut quoted = message.split('`').skip(1).step_by(2);
        return match quoted.any(|text| text.contains(char::is_alphanumeric)) {
            true => "it cannot be read".into(),
            false => message.into(),
        };
    };
    match rest.rsplit_once(", expected ") {
        Some((_, expected)) if kind.starts_with("invalid") && !expected.contains('`') => {
            format!("{kind}, expected {expected}").into()
        }
        _ => kind.into(),
    }
}

/// The section that a position of the file lies in.
fn section(text: &str, at: usize) -> &str {
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let lines = text[..end].lines().rev();
    let mut is_own_line = true;
    for line in lines {
        let line = line.split('#').next().unwrap_or_default().trim();
        let heading = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'));
        if let Some(name) = heading
            && !std::mem::take(&mut is_own_line)
        {
            return name.trim();
        }
        is_own_line = false;
    }
    // The line may name the section itself: `stream.account = …` at the top of the file, or `stream = { account = … }`.
    let line = text[..end].lines().next_back().unwrap_or_default();
    let first = line.split(['.', '=']).next().unwrap_or_default().trim();
    let (is_dotted, is_inline) = (
        line.split('=').next().unwrap_or_default().contains('.'),
        line.contains('{'),
    );
    SECTIONS
        .into_iter()
        .map(|(name, _)| name)
        .find(|name| *name == first && (is_dotted || is_inline))
        .unwrap_or_default()
}

/// A hint what to write instead of a key that is unknown in its section.
fn next_step(key: &str, section: &str, is_heading: bool) -> Option<String> {
    let name = key.to_lowercase().replace('-', "_");
    let place = |section: &str| match section {
        "" => "at the top of the file, before the first section".to_owned(),
        section => format!("under `[{section}]`"),
    };
    let here = SECTIONS.into_iter().find(|(name, _)| *name == section);
    let known_here = here.map_or(&[][..], |(_, keys)| keys);
    let sections = || SECTIONS.into_iter().map(|(name, _)| name).skip(1);
    if section.is_empty()
        && let Some(near) = nearest(&name, sections())
    {
        return Some(format!("did you mean the section `[{near}]`?"));
    }
    if is_heading {
        let sections: Vec<_> = sections().map(|name| format!("`[{name}]`")).collect();
        return Some(format!("the sections are {}", sections.join(", ")));
    }
    if let Some(near) = nearest(&name, known_here.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let flag = name.replace('_', "-");
    if FLAGS_ONLY.contains(&flag.as_str()) {
        return Some(format!(
            "`--{flag}` says that on the command line; there is no setting for it"
        ));
    }
    // A flag's name is the section and the key together, such as `journal_retain`.
    for (other, keys) in SECTIONS {
        let flag = name
            .strip_prefix(other)
            .map(|rest| rest.trim_start_matches('_'));
        let found = keys
            .iter()
            .find(|key| Some(**key) == flag || **key == name)
            .copied();
        if let Some(found) = found.or_else(|| nearest(&name, keys.iter().copied())) {
            return Some(format!("`{found}` stands {}", place(other)));
        }
    }
    let known: Vec<_> = known_here.iter().map(|key| format!("`{key}`")).collect();
    match known.is_empty() {
        true => None,
        false => Some(format!("there are {} {}", known.join(", "), place(section))),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{super::file::File, *};

    fn check(text: &str, expected: Expect) {
        let error = toml::from_str::<File>(text).expect_err("it is wrong");
        // The extra first line keeps the indent of the other lines.
        expected.assert_eq(&format!("wrong:\n{}", reason(&error, text)));
    }

    #[test]
    fn the_sections_are_those_of_the_file() {
        for (section, keys) in SECTIONS {
            let text = match section {
                "" => "nonsense = 1".to_owned(),
                section => format!("[{section}]\nnonsense = 1"),
            };
            let error = toml::from_str::<File>(&text).expect_err("it is wrong");
            let known: Vec<_> = error.message().split('`').skip(3).step_by(2).collect();
            let sections = SECTIONS.into_iter().map(|(name, _)| name).skip(1);
            let expected: Vec<_> = match section {
                "" => keys.iter().copied().chain(sections).collect(),
                _ => keys.to_vec(),
            };
            assert_eq!(known, expected);
        }
    }

    #[test]
    fn an_unknown_key_comes_with_the_one_that_was_meant() {
        check(
            "[stream]\nacount = \"x\"\n",
            expect![[r#"
                wrong:
                  line 2: acount = "x"
                  there is no setting `acount` under `[stream]`
                hint: did you mean `account`?"#]],
        );
        check(
            "[stream]\nread-timout = \"40s\"\n",
            expect![[r#"
                wrong:
                  line 2: read-timout = "40s"
                  there is no setting `read-timout` under `[stream]`
                hint: did you mean `read_timeout`?"#]],
        );
        check(
            "account = \"x\"\n[stream]\n",
            expect![[r#"
                wrong:
                  line 1: account = "x"
                  there is no setting `account` at the top of the file
                hint: `account` stands under `[stream]`"#]],
        );
        check(
            "data-dir = \"x\"\n",
            expect![[r#"
                wrong:
                  line 1: data-dir = "x"
                  there is no setting `data-dir` at the top of the file
                hint: did you mean `data_dir`?"#]],
        );
        check(
            "[stream]\ndata_dir = \"x\"\n",
            expect![[r#"
                wrong:
                  line 2: data_dir = "x"
                  there is no setting `data_dir` under `[stream]`
                hint: `data_dir` stands at the top of the file, before the first section"#]],
        );
        check(
            "[stream]\njournal_retain = \"1d\"\n",
            expect![[r#"
                wrong:
                  line 2: journal_retain = "1d"
                  there is no setting `journal_retain` under `[stream]`
                hint: `retain` stands under `[journal]`"#]],
        );
        check(
            "status_listen = \"off\"\n",
            expect![[r#"
                wrong:
                  line 1: status_listen = "off"
                  there is no setting `status_listen` at the top of the file
                hint: `listen` stands under `[status]`"#]],
        );
        check(
            "log = \"debug\"\n",
            expect![[r#"
                wrong:
                  line 1: log = "debug"
                  there is no setting `log` at the top of the file
                hint: `--log` says that on the command line; there is no setting for it"#]],
        );
        check(
            "[strem]\naccount = \"x\"\n",
            expect![[r#"
                wrong:
                  line 1: [strem]
                  there is no setting `strem` at the top of the file
                hint: did you mean the section `[stream]`?"#]],
        );
        check(
            "stream.acount = 5\n",
            expect![[r#"
                wrong:
                  line 1: stream.acount = 5
                  there is no setting `acount` under `[stream]`
                hint: did you mean `account`?"#]],
        );
        check(
            "[journal]\ncolour = 5\n",
            expect![[r#"
                wrong:
                  line 2: colour = ***
                  there is no setting `colour` under `[journal]`
                hint: there are `retain`, `max_size`, `sync` under `[journal]`"#]],
        );
        check(
            "[colours]\nred = 5\n",
            expect![[r#"
                wrong:
                  line 1: [colours]
                  there is no setting `colours` at the top of the file
                hint: the sections are `[stream]`, `[script_limits]`, `[journal]`, `[rules]`, `[watch]`, `[reload]`, `[volume]`, `[status]`"#]],
        );
    }

    #[test]
    fn a_value_is_shown_unless_it_may_be_a_password() {
        check(
            "[stream]\nread_timeout = \"soon\"\n",
            expect![[r#"
                wrong:
                  line 2: read_timeout = "soon"
                  `soon` is no length of time; write one such as `35s`, `100ms` or `2h`"#]],
        );
        check(
            "[status]\nlisten = 9464\n",
            expect![[r#"
                wrong:
                  line 2: listen = 9464
                  invalid type: integer `9464`, expected a string"#]],
        );
        check(
            "[stream]\nurl = 7\n",
            expect![[r#"
                wrong:
                  line 2: url = 7
                  invalid type: integer `7`, expected a string"#]],
        );
        check(
            "[stream]\naccount \"x\"\n",
            expect![[r#"
                wrong:
                  line 2: account "x"
                  key with no value, expected `=`"#]],
        );
        check(
            "[stream]\nurl = \"https://me:secret@h/\"\nurl = \"https://me:secret@h/\"\n",
            expect![[r#"
                wrong:
                  line 3: url = ***
                  duplicate key"#]],
        );
        check(
            "[stream]\npassword = 1234\n",
            expect![[r#"
                wrong:
                  line 2: password = ***
                  invalid type, expected a string"#]],
        );
        check(
            "[stream]\npasword = \"secret\"\n",
            expect![[r#"
                wrong:
                  line 2: pasword = ***
                  there is no setting `pasword` under `[stream]`
                hint: did you mean `password`?"#]],
        );
        check(
            "[stream]\nPassword = \"secret\"\n",
            expect![[r#"
                wrong:
                  line 2: Password = ***
                  there is no setting `Password` under `[stream]`
                hint: did you mean `password`?"#]],
        );
        check(
            "[stream]\npw = \"secret\"\n",
            expect![[r#"
                wrong:
                  line 2: pw = ***
                  there is no setting `pw` under `[stream]`
                hint: there are `account`, `label`, `url`, `rules_url`, `username`, `password`, `username_file`, `password_file`, `ca_file`, `read_timeout`, `max_line`, `backfill_minutes`, `recovery`, `replay_url`, `replay_rules_url` under `[stream]`"#]],
        );
        check(
            "[stream]\npassword \"secret\"\n",
            expect![[r#"
                wrong:
                  line 2: ***
                  key with no value, expected `=`"#]],
        );
        check(
            "[stream]\npassword = secret\n",
            expect![[r#"
                wrong:
                  line 2: password = ***
                  string values must be quoted, expected literal string"#]],
        );
        check(
            "[stream]\npassword = \"sec\nret\"\n",
            expect![[r#"
                wrong:
                  line 3: ***
                  key with no value, expected `=`"#]],
        );
        check(
            "password = \"secret\"\n",
            expect![[r#"
                wrong:
                  line 1: password = ***
                  there is no setting `password` at the top of the file
                hint: `password` stands under `[stream]`"#]],
        );
        check(
            "stream = { account = \"x\", pasword = \"secret\" }\n",
            expect![[r#"
                wrong:
                  line 1: stream = ***
                  there is no setting `pasword` under `[stream]`
                hint: did you mean `password`?"#]],
        );
        check(
            "stream.password = 5\n",
            expect![[r#"
                wrong:
                  line 1: stream.password = ***
                  invalid type, expected a string"#]],
        );
        check(
            "[stream]\npassword = [\n\"secret\"\n]\n",
            expect![[r#"
                wrong:
                  line 2: password = ***
                  invalid type, expected a string"#]],
        );
    }
}
