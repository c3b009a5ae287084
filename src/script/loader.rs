//! The files of a script. They are read from below the script's folder, and kept for messages and for the watch.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    ops::RangeInclusive,
    path::{Component, Path, PathBuf},
    rc::Rc,
};

use super::entries::{entries, names};
use crate::text::plain::without_controls;

/// The largest file that is read. No script is this large, so a larger file is something else.
const MAX_FILE: u64 = 16 << 20;

/// How many lines below a call are searched for a word of the call.
const CALL_LINES: usize = 2_000;

/// The sources of one generation.
#[derive(Debug, Default)]
pub(super) struct Sources {
    folder: PathBuf,
    /// The text of each file, by its name below the folder; `None` if a module was looked for and this file did not
    /// exist.
    files: BTreeMap<String, Option<String>>,
    /// What was read before, if files are read only once.
    shelf: Option<Shelf>,
}

/// The files that many loads read, each read once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf {
    texts: Rc<RefCell<BTreeMap<PathBuf, String>>>,
    /// Whether a module's file is there.
    are_there: Rc<RefCell<BTreeMap<PathBuf, bool>>>,
}

impl Shelf {
    fn read(&self, path: &Path) -> io::Result<String> {
        if let Some(text) = self.texts.borrow().get(path) {
            return Ok(text.clone());
        }
        let text = read_text(path)?;
        let mut texts = self.texts.borrow_mut();
        texts.insert(path.to_owned(), text.clone());
        Ok(text)
    }

    fn is_file(&self, path: &Path) -> bool {
        let mut are_there = self.are_there.borrow_mut();
        match are_there.get(path) {
            Some(is_there) => *is_there,
            None => {
                let is_there = path.is_file();
                are_there.insert(path.to_owned(), is_there);
                is_there
            }
        }
    }
}

/// What the files of a generation contained when they were read. It shows whether anything has changed since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fingerprint(Vec<(PathBuf, Option<u64>)>);

impl Sources {
    /// Makes the sources of a script. They lie below the script's folder.
    pub(super) fn of(script: &Path) -> Self {
        let folder = match script.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        Self {
            folder,
            files: BTreeMap::new(),
            shelf: None,
        }
    }

    /// The same, and each file is read once for all that share the shelf.
    pub(super) fn from_shelf(self, shelf: &Shelf) -> Self {
        Self {
            shelf: Some(shelf.clone()),
            ..self
        }
    }

    /// Reads the file with this name below the folder.
    pub(super) fn read(&mut self, name: &str) -> io::Result<&str> {
        let path = self.folder.join(name);
        let text = match &self.shelf {
            Some(shelf) => shelf.read(&path),
            None => read_text(&path),
        };
        let slot = self.files.entry(name.to_owned()).or_default();
        match text {
            Ok(text) => Ok(slot.insert(text)),
            Err(error) => Err(error),
        }
    }

    /// The name of a module's file below the folder: `a.b` is `a/b.lua` or `a/b/init.lua`.
    ///
    /// # Errors
    /// A sentence for the script's author, when there is no such file.
    pub(super) fn find_module(&mut self, module: &str) -> Result<String, String> {
        let path = module.replace('.', "/");
        let plain = Path::new(&path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if path.split('/').any(str::is_empty) || !plain {
            return Err(format!(
                "`{module}` is no module name; modules lie below the script's folder, `a.b` is `a/b.lua`"
            ));
        }
        let candidates = [format!("{path}.lua"), format!("{path}/init.lua")];
        for name in &candidates {
            let path = self.folder.join(name);
            let is_file = match &self.shelf {
                Some(shelf) => shelf.is_file(&path),
                None => path.is_file(),
            };
            if is_file {
                return Ok(name.clone());
            }
            // The file does not exist now. If it appears later, that counts as a change.
            self.files.entry(name.clone()).or_insert(None);
        }
        Err(format!(
            "module `{module}` not found: there is neither `{}` nor `{}` in the script's folder",
            candidates[0], candidates[1]
        ))
    }

    /// Whether a file of this name has been read.
    pub(super) fn holds(&self, file: &str) -> bool {
        self.files.contains_key(file)
    }

    /// The text of a line. Lines count from 1.
    pub(super) fn line(&self, file: &str, line: usize) -> Option<String> {
        let text = self.files.get(file)?.as_deref()?;
        let line = text.lines().nth(line.checked_sub(1)?)?;
        // Cut, because a minified script must not flood the terminal.
        let line: String = line.chars().take(160).collect();
        Some(without_controls(line.trim_end()))
    }

    /// The first place of a word from line `from` on, as line and offset. This is for calls that span several lines.
    pub(super) fn find_word(&self, file: &str, from: usize, word: &str) -> Option<(usize, usize)> {
        let text = self.files.get(file)?.as_deref()?;
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let whole = |line: &str, start: usize| {
            let before = line[..start].chars().next_back();
            let after = line[start + word.len()..].chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        };
        text.lines()
            .enumerate()
            .skip(from.checked_sub(1)?)
            .take(CALL_LINES)
            .find_map(|(number, line)| {
                let mut starts = line.match_indices(word).map(|(start, _)| start);
                let start = starts.find(|start| whole(line, *start))?;
                Some((number + 1, start))
            })
    }

    /// The first of these lines that contains this piece of text.
    pub(super) fn find_text(
        &self,
        file: &str,
        lines: &RangeInclusive<usize>,
        piece: &str,
    ) -> Option<usize> {
        let text = self.files.get(file)?.as_deref()?;
        // Most pieces that are not found are nowhere in the file, and that is faster to find out.
        if !text.contains(piece) {
            return None;
        }
        let first = lines.start().checked_sub(1)?;
        text.lines()
            .enumerate()
            .skip(first)
            .take(lines.end().saturating_sub(first))
            .find(|(_, line)| line.contains(piece))
            .map(|(number, _)| number + 1)
    }

    /// The names of the files that have been read.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let read = self.files.iter().filter(|(_, text)| text.is_some());
        read.map(|(name, _)| name.as_str())
    }

    /// The lines of the entries that a call of `function` writes out.
    pub(super) fn entries(
        &self,
        file: &str,
        line: usize,
        function: &str,
    ) -> Option<Vec<RangeInclusive<usize>>> {
        entries(self.files.get(file)?.as_deref()?, line, function)
    }

    /// The names in the table that a call of `function` with `first` writes out as its second argument: see [`names`].
    pub(super) fn entry_names(
        &self,
        file: &str,
        line: usize,
        function: &str,
        first: &str,
        known: impl Fn(&str) -> bool,
    ) -> Option<Vec<&str>> {
        names(
            self.files.get(file)?.as_deref()?,
            line,
            function,
            first,
            known,
        )
    }

    /// The text from one line to another, to find out whether a handler has changed.
    pub(super) fn lines(&self, file: &str, from: usize, to: usize) -> Option<String> {
        let text = self.files.get(file)?.as_deref()?;
        let count = (to + 1).checked_sub(from)?;
        let lines: Vec<_> = text
            .lines()
            .skip(from.checked_sub(1)?)
            .take(count)
            .map(str::trim)
            .collect();
        Some(lines.join("\n"))
    }

    /// The folders of all files, also of files that were looked for and do not exist.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let mut folders: Vec<_> = self
            .files
            .keys()
            .filter_map(|name| self.folder.join(name).parent().map(Path::to_owned))
            .collect();
        folders.push(self.folder.clone());
        folders.sort();
        folders.dedup();
        folders
    }

    /// The fingerprint of the files as they were read.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint(
            self.files
                .iter()
                .map(|(name, text)| (self.folder.join(name), text.as_deref().map(hash)))
                .collect(),
        )
    }
}

impl Fingerprint {
    /// Whether the files on disk have other contents now.
    pub(super) fn is_stale(&self) -> bool {
        self.0.iter().any(|(path, known)| {
            let now = read_text(path).ok();
            now.as_deref().map(hash) != *known
        })
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn read_text(path: &Path) -> io::Result<String> {
    let size = fs::metadata(path)?.len();
    if size > MAX_FILE {
        return Err(io::Error::other(format!(
            "the file has {size} bytes, and a script at most {MAX_FILE}"
        )));
    }
    let bytes = fs::read(path)?;
    let text =
        String::from_utf8(bytes).map_err(|_| io::Error::other("the file is not UTF-8 text"))?;
    // Some editors begin a file with a byte order mark, which is not valid Lua.
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}
