//! Any text as `ouzel.toml`.

use std::{fs, path::Path};

use crate::{
    powertrack::endpoint::Endpoint,
    settings::{Given, Settings},
};

/// A password that no fuzzer writes by itself, and no message may repeat.
const PASSWORD: &str = "open-sesame";

/// Reads settings, and reads them again with a password in between: the first byte says where, and how it is
/// written.
///
/// # Panics
/// Where two readings differ, or where a message shows the password.
pub fn settings(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(rest);
    let folder = tempfile::tempdir().unwrap();
    let path = &folder.path().join("ouzel.toml");
    assert_eq!(read(path, &text), read(path, &text));
    // In texts of several lines anything may be the value of anything.
    if text.contains("sesame") || text.contains("\"\"\"") || text.contains("'''") {
        return;
    }
    let mut lines: Vec<&str> = text.lines().collect();
    let at = usize::from(first / 4).min(lines.len());
    let line = match first % 4 {
        0 => format!("password = \"{PASSWORD}\""),
        1 => format!("stream.password = '{PASSWORD}'"),
        2 => format!("pasword = {PASSWORD}"),
        _ => format!("Password={PASSWORD}\u{1}"),
    };
    lines.insert(at, &line);
    let said = read(path, &lines.join("\n"));
    assert!(!said.contains(PASSWORD), "{said}");
}

/// What there is to see of settings, or of what is wrong with them.
fn read(path: &Path, text: &str) -> String {
    fs::write(path, text).unwrap();
    let given = Given {
        config: Some(path.to_owned()),
        ..Given::default()
    };
    match Settings::read(given) {
        Err(error) => error.to_string(),
        Ok(settings) => {
            let endpoint = Endpoint::new(&settings.addresses());
            let endpoint = endpoint.map_err(|error| error.to_string());
            format!("{settings:?} {endpoint:?}")
        }
    }
}
