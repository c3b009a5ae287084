//! Snapshots: values that a test expects to stay as they are, each in a file of its own below `snapshots/` beside the
//! test. Nothing else is ever written by a test.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use sonic_rs::{JsonContainerTrait, Value};

use crate::text::json;

/// The longest name.
const MOST_NAME: usize = 100;

/// The largest snapshot.
const MOST: u64 = 16 << 20;

/// The snapshots of one file of tests.
#[derive(Debug)]
pub(super) struct Snapshots {
    folder: PathBuf,
    used: RefCell<BTreeSet<String>>,
    /// Whether they are written.
    update: bool,
}

/// What is known of a snapshot.
pub(super) enum Kept {
    /// It is this value.
    Value(Value),
    /// It is written now, or is what it should be.
    Same,
    /// There is none.
    Missing,
}

impl Snapshots {
    /// The snapshots of a file of tests.
    pub(super) fn of(path: &Path, update: bool) -> Self {
        let stem = path.file_stem().unwrap_or_default();
        let folder = path.parent().unwrap_or(Path::new(""));
        Self {
            folder: folder.join("snapshots").join(stem),
            used: RefCell::default(),
            update,
        }
    }

    /// Looks up a snapshot, or writes it.
    ///
    /// # Errors
    /// A sentence, if the name is wrong or the file cannot be read or written.
    pub(super) fn look(&self, name: &str, value: &Value) -> Result<Kept, String> {
        let is_fit = |sign: char| sign.is_alphanumeric() || matches!(sign, '-' | '_' | '.');
        if name.is_empty()
            || name.len() > MOST_NAME
            || name.starts_with('.')
            || !name.chars().all(is_fit)
        {
            return Err(format!(
                "`{name}` is no name of a snapshot; a name is letters, digits, `-`, `_` and `.`"
            ));
        }
        if !self.used.borrow_mut().insert(name.to_owned()) {
            return Err(format!("the snapshot `{name}` is used twice in this file"));
        }
        let path = self.folder.join(format!("{name}.json"));
        let failed = |error: io::Error| format!("the snapshot `{}`: {error}", path.display());
        self.refuse_links(&path).map_err(failed)?;
        let kept = match fs::metadata(&path) {
            Ok(meta) if meta.len() > MOST => {
                return Err(format!("the snapshot `{}` is too large", path.display()));
            }
            Ok(_) => Some(fs::read(&path).map_err(failed)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        let text = pretty(value);
        match kept {
            Some(kept) if kept == text.as_bytes() => Ok(Kept::Same),
            _ if self.update => {
                fs::create_dir_all(&self.folder).map_err(failed)?;
                fs::write(&path, text).map_err(failed)?;
                Ok(Kept::Same)
            }
            Some(kept) => json::read_any(&kept)
                .map(Kept::Value)
                .map_err(|error| format!("the snapshot `{}` is no JSON: {error}", path.display())),
            None => Ok(Kept::Missing),
        }
    }

    /// A link could lead out of the folder.
    fn refuse_links(&self, path: &Path) -> io::Result<()> {
        let above = self.folder.parent().unwrap_or(&self.folder);
        for part in [above, &self.folder, path] {
            match fs::symlink_metadata(part) {
                Ok(meta) if meta.is_symlink() => {
                    let part = part.display();
                    return Err(io::Error::other(format!("`{part}` is a symbolic link")));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// JSON that people read and compare: a line for each value, the fields sorted by name.
fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out.push('\n');
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    let line = |depth: usize, out: &mut String| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    let text = |value: &Value| sonic_rs::to_string(value).unwrap_or_default();
    if let Some(list) = value.as_array().filter(|list| !list.is_empty()) {
        out.push('[');
        for (number, element) in list.iter().enumerate() {
            out.push_str(if number > 0 { "," } else { "" });
            line(depth + 1, out);
            write(element, depth + 1, out);
        }
        line(depth, out);
        out.push(']');
    } else if let Some(object) = value.as_object().filter(|object| !object.is_empty()) {
        let mut fields: Vec<_> = object.iter().collect();
        fields.sort_by_key(|(name, _)| *name);
        out.push('{');
        for (number, (name, field)) in fields.into_iter().enumerate() {
            out.push_str(if number > 0 { "," } else { "" });
            line(depth + 1, out);
            out.push_str(&text(&Value::from(name)));
            out.push_str(": ");
            write(field, depth + 1, out);
        }
        line(depth, out);
        out.push('}');
    } else {
        out.push_str(&text(value));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test panics")]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_snapshot_is_sorted_and_exact() {
        let value = r#"{"b":[1,2.0,9007199254740993,[],{}],"a":{"x \"y\"":null,"e":true}}"#;
        expect![[r#"
            {
              "a": {
                "e": true,
                "x \"y\"": null
              },
              "b": [
                1,
                2.0,
                9007199254740993,
                [],
                {}
              ]
            }
        "#]]
        .assert_eq(&pretty(&sonic_rs::from_str(value).unwrap()));
    }
}
