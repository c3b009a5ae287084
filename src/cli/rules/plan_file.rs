//! A plan in a file: saved by `ouzel rules plan --out`, carried out by `ouzel rules apply`.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::planned::{MadeFor, Places, Planned};
use crate::{
    error::Error,
    rule::plan::{Plan, Remote, fingerprint},
    text::json,
};

/// The form of the file. Another ouzel may have another one.
const FORMAT: u32 = 2;

/// As much as the list of the largest rule sets takes [reference 3.11]. Without a limit, a file without an end would fill
/// the memory.
const MAX_BYTES: u64 = 256 << 20;

const TOO_LONG: &str = "it is longer than 256 MiB";

#[derive(Serialize)]
struct Saved<'a> {
    ouzel_plan: u32,
    endpoint: &'a str,
    /// Shows whether somebody has changed the rest.
    checksum: String,
    made_for: &'a MadeFor,
    plan: &'a Plan,
    places: &'a Places,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read2 {
    #[serde(rename = "ouzel_plan")]
    _format: u32,
    endpoint: String,
    checksum: String,
    made_for: MadeFor,
    plan: Plan,
    places: Places,
}

#[derive(Deserialize)]
struct Format {
    ouzel_plan: u32,
}

/// Saves a plan. It replaces a plan that is there, and no other file.
///
/// # Errors
/// [`Error::Usage`] if something else is there, [`Error::System`] if the file cannot be written.
pub(super) fn save(path: &Path, planned: &Planned) -> Result<(), Error> {
    let name = path.display();
    if path.exists() && !is_plan(path) {
        return Err(Error::Usage(format!(
            "`{name}` is there and is no plan, so it is not overwritten\nhint: give `--out` another name"
        )));
    }
    let saved = Saved {
        ouzel_plan: FORMAT,
        endpoint: &planned.endpoint,
        checksum: checksum(planned),
        made_for: &planned.made_for,
        plan: &planned.plan,
        places: &planned.places,
    };
    let mut text = sonic_rs::to_vec(&saved).expect("text and numbers always have a JSON");
    text.push(b'\n');
    let failed = || Error::system(format!("cannot write `{name}`"));
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A plan is there whole or not at all.
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(failed())?;
    beside.write_all(&text).map_err(failed())?;
    beside
        .persist(path)
        .map_err(|error| failed()(error.error))?;
    Ok(())
}

/// Whether a file is meant to be a plan: it begins like JSON, and no Lua script does.
pub(super) fn is_plan(path: &Path) -> bool {
    let begin = || -> io::Result<bool> {
        let mut bytes = [0; 64];
        let read = File::open(path)?.read(&mut bytes)?;
        Ok(bytes[..read].trim_ascii_start().starts_with(b"{"))
    };
    path.is_file() && begin().unwrap_or(false)
}

/// Reads a plan that was saved.
///
/// # Errors
/// [`Error::Usage`] if it is no plan, not whole, or not as it was saved, [`Error::System`] if it cannot be read.
pub(super) fn read(path: &Path) -> Result<Planned, Error> {
    let name = path.display();
    let failed = || Error::system(format!("cannot read `{name}`"));
    let mut text = Vec::new();
    let file = File::open(path).map_err(failed())?;
    let is_long = |length: u64| length > MAX_BYTES;
    if file.metadata().is_ok_and(|file| is_long(file.len())) {
        return Err(wrong(path, TOO_LONG));
    }
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut text);
    read.map_err(failed())?;
    if is_long(text.len() as u64) {
        return Err(wrong(path, TOO_LONG));
    }
    let no_plan = |reason: json::Error| wrong(path, &reason.to_string());
    let Format { ouzel_plan: format } = json::read(&text).map_err(no_plan)?;
    if format != FORMAT {
        return Err(wrong(
            path,
            &format!("it has form {format}, and this ouzel reads form {FORMAT}"),
        ));
    }
    let Read2 {
        endpoint,
        checksum: noted,
        made_for,
        plan,
        places,
        ..
    } = json::read(&text).map_err(no_plan)?;
    let planned = Planned {
        endpoint,
        made_for,
        plan,
        places,
        added: None,
    };
    if checksum(&planned) != noted {
        return Err(wrong(path, "it was changed after it was saved"));
    }
    Ok(planned)
}

fn wrong(path: &Path, reason: &str) -> Error {
    Error::Usage(format!(
        "`{}` is no plan that can be carried out: {reason}\nhint: make it again with `ouzel rules plan --out FILE`",
        path.display()
    ))
}

/// A checksum over all that the plan does. It finds mistakes; who can write the file could write another plan anyway.
fn checksum(planned: &Planned) -> String {
    let Planned {
        endpoint,
        made_for,
        plan,
        places,
        added: _,
    } = planned;
    let whole = sonic_rs::to_string(&(endpoint, made_for, plan, places));
    let whole = Remote {
        id: 0,
        value: whole.expect("text and numbers always have a JSON"),
        tag: None,
    };
    fingerprint(&[whole])
}
