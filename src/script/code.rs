//! The code of a generation: its files of Lua as they were read, and a hash that names them; what the disk holds under
//! the same names.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use ring::digest::{Context, SHA256, digest as sha256};

/// How many hexadecimal digits name a generation: enough to tell a thousand of them apart, and short enough to be read
/// out.
const HASH_DIGITS: usize = 12;

/// The files of Lua that a load has read, by their names below the script's folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Code {
    /// The text of each file; `None` where a module was looked for in vain.
    files: Arc<BTreeMap<String, Option<Arc<str>>>>,
}

/// What the disk holds of some files of Lua.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OnDisk {
    /// A number for the text of each file; `None` where there is none that can be read.
    texts: BTreeMap<String, Option<u64>>,
}

impl Code {
    /// Code of these files, with a text or without one.
    pub(crate) fn of<'a>(files: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let files = files.map(|(name, text)| (name.to_owned(), text.map(Arc::from)));
        Self {
            files: Arc::new(files.collect()),
        }
    }

    /// The files by name; without a text where a module was looked for in vain.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, Option<&str>)> + Clone {
        let files = self.files.iter();
        files.map(|(name, text)| (name.as_str(), text.as_deref()))
    }

    /// The text of a file; `Some(None)` if it is known that there is none.
    pub(super) fn text(&self, name: &str) -> Option<Option<&str>> {
        Some(self.files.get(name)?.as_deref())
    }

    /// How many bytes the texts have.
    pub(crate) fn bytes(&self) -> usize {
        self.files().map(|(_, text)| text.map_or(0, str::len)).sum()
    }

    /// A name for the code: the same files have the same one, on each machine and with each version of ouzel. A file that
    /// was looked for in vain does not count.
    pub(crate) fn hash(&self) -> String {
        let mut hash = Context::new(&SHA256);
        for (name, text) in self.files() {
            let Some(text) = text else { continue };
            for part in [name, text] {
                // The lengths keep a byte from moving from one part to the next.
                hash.update(&(part.len() as u64).to_le_bytes());
                hash.update(part.as_bytes());
            }
        }
        let mut name = String::new();
        for byte in &hash.finish().as_ref()[..HASH_DIGITS / 2] {
            let _ = write!(name, "{byte:02x}");
        }
        name
    }

    /// The same as it stands on disk, if nobody has changed it since.
    pub(crate) fn on_disk(&self) -> OnDisk {
        let texts = self.files();
        let texts = texts.map(|(name, text)| (name.to_owned(), text.map(digest)));
        OnDisk {
            texts: texts.collect(),
        }
    }
}

impl OnDisk {
    /// The names of the files.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// The same files as `read` finds them.
    pub(super) fn now(&self, read: impl Fn(&str) -> Option<u64>) -> Self {
        let texts = self.names().map(|name| (name.to_owned(), read(name)));
        Self {
            texts: texts.collect(),
        }
    }

    /// Writes it for the database: a line for each file, its number and its name.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, number) in &self.texts {
            let _ = match number {
                Some(number) => writeln!(text, "{number:016x} {name}"),
                None => writeln!(text, "- {name}"),
            };
        }
        text
    }

    /// Reads what [`OnDisk::to_text`] writes. What is something else is passed over.
    pub(crate) fn from_text(text: &str) -> Self {
        let texts = text.lines().filter_map(|line| {
            let (number, name) = line.split_once(' ')?;
            let number = match number {
                "-" => None,
                number => Some(u64::from_str_radix(number, 16).ok()?),
            };
            Some((name.to_owned(), number))
        });
        Self {
            texts: texts.collect(),
        }
    }
}

/// A number for a text.
pub(super) fn digest(text: &str) -> u64 {
    let digest = sha256(&SHA256, text.as_bytes());
    let first = digest.as_ref().first_chunk();
    first.map_or(0, |first| u64::from_be_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(files: &[(&str, Option<&str>)]) -> Code {
        Code::of(files.iter().copied())
    }

    #[test]
    fn the_hash_is_stable_and_tells_files_apart() {
        let hash = |files: &[(&str, Option<&str>)]| code(files).hash();
        let main = hash(&[("main.lua", Some("return 1"))]);
        assert_eq!(main, "06ac52379a9e");
        assert_eq!(
            main,
            hash(&[("lib.lua", None), ("main.lua", Some("return 1"))])
        );
        for other in [
            hash(&[]),
            hash(&[("main.lua", Some("return 1\n"))]),
            hash(&[("main.luar", Some("eturn 1"))]),
            hash(&[("main.lua", Some("return 1")), ("lib.lua", Some(""))]),
        ] {
            assert_ne!(main, other);
        }
    }

    #[test]
    fn what_is_on_disk_comes_back_from_its_text() {
        let disk = code(&[
            ("lib/a b.lua", Some("x")),
            ("lib/a b/init.lua", None),
            ("main.lua", Some("")),
        ])
        .on_disk();
        assert_eq!(OnDisk::from_text(&disk.to_text()), disk);
        assert_eq!(disk.now(|_| None).now(|_| Some(1)), disk.now(|_| Some(1)));
        assert_ne!(disk.now(|_| None), disk);
        assert_eq!(OnDisk::from_text("x y\n\n7"), OnDisk::default());
    }
}
