//! The files of a script. They are read from below the script's folder, and kept for messages and for the watch.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File, Metadata},
    io::{self, Read},
    ops::RangeInclusive,
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf},
    rc::Rc,
};

use super::{
    below::{self, Refusal, open_regular, real_path},
    code::{Code, OnDisk, digest},
    entries::{entries, names},
    written::Written,
};
use crate::text::plain::without_controls;

/// The largest file that is read. No script is this large, so a larger file is something else.
const MAX_FILE: u64 = 16 << 20;

/// How many files of data a script may depend on. More are read, but not looked at again.
const MAX_DATA: usize = 1_000;

/// How many lines below a call are searched for a word of the call.
const CALL_LINES: usize = 2_000;

/// The sources of one generation.
#[derive(Debug, Default)]
pub(super) struct Sources {
    folder: PathBuf,
    /// The script itself. It alone may be a link that leads out of the folder: whoever starts ouzel names it.
    script: String,
    /// The text of each file, by its name below the folder; `None` if a module was looked for and this file did not
    /// exist.
    files: BTreeMap<String, Option<Written>>,
    /// The files of data that the script reads, as they were when it opened them first.
    data: BTreeMap<String, Option<Stamp>>,
    /// What was read before, if files are read only once.
    shelf: Option<Shelf>,
    /// What is read instead of the disk, as far as it goes.
    code: Option<Code>,
}

/// The files that many loads of one script read, each read once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf(Rc<RefCell<Shelved>>);

#[derive(Debug, Default)]
struct Shelved {
    texts: BTreeMap<String, String>,
    /// The file of each module.
    modules: BTreeMap<String, String>,
}

/// Why there is no module of a name, for the script's author.
#[derive(Debug)]
pub(super) struct NoModule {
    pub(super) message: String,
    pub(super) hint: Option<&'static str>,
}

/// What the files of a generation contained when they were read. It shows whether anything has changed since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fingerprint {
    folder: PathBuf,
    script: String,
    /// What the files of Lua held.
    texts: OnDisk,
    /// The same for files of data, which are too large to be read for this.
    data: Vec<(String, Option<Stamp>)>,
    /// The same for files that the script does not read, but that say whether it is loaded.
    others: Vec<(PathBuf, Option<Stamp>)>,
}

/// What tells one state of a file from another, without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    file: (u64, u64),
    bytes: u64,
    changed: (i64, i64),
}

impl Sources {
    /// Makes the sources of a script. They lie below the script's folder.
    pub(super) fn of(script: &Path) -> Self {
        let folder = match script.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let script = script.file_name().unwrap_or_default();
        Self {
            folder,
            script: script.to_string_lossy().into_owned(),
            ..Self::default()
        }
    }

    /// The sources of a text that lies in no file.
    pub(super) fn holding(name: &str, text: &str) -> Self {
        Self {
            files: [(name.to_owned(), Some(Written::new(text.to_owned())))].into(),
            ..Self::default()
        }
    }

    /// The same, and each file is read once for all that share the shelf.
    pub(super) fn shelved(self, shelf: &Shelf) -> Self {
        Self {
            shelf: Some(shelf.clone()),
            ..self
        }
    }

    /// The same, and what this code holds is read from it instead of the disk.
    pub(super) fn with_code(self, code: Option<&Code>) -> Self {
        Self {
            code: code.cloned(),
            ..self
        }
    }

    /// Reads the file with this name below the folder.
    pub(super) fn read(&mut self, name: &str) -> io::Result<&str> {
        let known = self.shelf.as_ref();
        let known = known.and_then(|shelf| shelf.0.borrow().texts.get(name).cloned());
        let kept = self.code.as_ref().and_then(|code| code.text(name));
        let text = match (known, kept) {
            (Some(text), _) => Ok(text),
            (None, Some(Some(text))) => Ok(text.to_owned()),
            (None, Some(None)) => Err(io::ErrorKind::NotFound.into()),
            (None, None) => read_text(&self.folder, name, &self.script),
        };
        if let (Some(shelf), Ok(text)) = (&self.shelf, &text) {
            let texts = &mut shelf.0.borrow_mut().texts;
            texts.entry(name.to_owned()).or_insert_with(|| text.clone());
        }
        let slot = self.files.entry(name.to_owned()).or_default();
        match text {
            Ok(text) => Ok(slot.insert(Written::new(text))),
            Err(error) => Err(error),
        }
    }

    /// The name of a module's file below the folder: `a.b` is `a/b.lua` or `a/b/init.lua`.
    ///
    /// # Errors
    /// [`NoModule`] when there is no such file, or it may not be read.
    pub(super) fn find_module(&mut self, module: &str) -> Result<String, NoModule> {
        let Some(shelf) = self.shelf.clone() else {
            return self.look_for_module(module);
        };
        if let Some(name) = shelf.0.borrow().modules.get(module) {
            return Ok(name.clone());
        }
        let name = self.look_for_module(module)?;
        let modules = &mut shelf.0.borrow_mut().modules;
        modules.insert(module.to_owned(), name.clone());
        Ok(name)
    }

    fn look_for_module(&mut self, module: &str) -> Result<String, NoModule> {
        let path = module.replace('.', "/");
        let plain = Path::new(&path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if path.split('/').any(str::is_empty) || !plain {
            return Err(NoModule::new(format!(
                "`{module}` is no module name; modules lie below the script's folder, `a.b` is `a/b.lua`"
            )));
        }
        let candidates = [format!("{path}.lua"), format!("{path}/init.lua")];
        for name in &candidates {
            match self.code.as_ref().and_then(|code| code.text(name)) {
                Some(Some(_)) => return Ok(name.clone()),
                Some(None) => {
                    self.files.entry(name.clone()).or_insert(None);
                    continue;
                }
                None => {}
            }
            match real_path(&self.folder, name) {
                Ok(path) if path.is_file() => return Ok(name.clone()),
                Err(refusal @ Refusal::Outside(_)) => {
                    self.files.entry(name.clone()).or_insert(None);
                    return Err(NoModule {
                        message: format!("module `{module}` is refused, `{name}`: {refusal}"),
                        hint: refusal.hint(),
                    });
                }
                _ => {}
            }
            // The file does not exist now. If it appears later, that counts as a change.
            self.files.entry(name.clone()).or_insert(None);
        }
        Err(NoModule {
            message: format!(
                "module `{module}` not found: there is neither `{}` nor `{}` in the script's folder",
                candidates[0], candidates[1]
            ),
            hint: OF_OUZEL.contains(&module).then_some(
                "`ouzel` and all that is in it are there without `require`, such as `ouzel.json`",
            ),
        })
    }

    /// Whether a file of this name has been read.
    pub(super) fn holds(&self, file: &str) -> bool {
        self.files.contains_key(file)
    }

    /// The text of a file that has been read.
    pub(super) fn text(&self, file: &str) -> Option<&str> {
        self.written(file).map(|text| &**text)
    }

    fn written(&self, file: &str) -> Option<&Written> {
        self.files.get(file)?.as_ref()
    }

    /// The text of a line. Lines count from 1.
    pub(super) fn line(&self, file: &str, line: usize) -> Option<String> {
        let line = self.written(file)?.line(line)?;
        // Cut, because a minified script must not flood the terminal.
        let line: String = line.chars().take(160).collect();
        Some(without_controls(line.trim_end()))
    }

    /// The first place of a word from line `from` on, as line and offset. This is for calls that span several lines.
    pub(super) fn find_word(&self, file: &str, from: usize, word: &str) -> Option<(usize, usize)> {
        let lines = from..=from.saturating_add(CALL_LINES - 1);
        self.find_word_in(file, &lines, word)
    }

    /// The first place of a word in these lines, as line and offset.
    pub(super) fn find_word_in(
        &self,
        file: &str,
        lines: &RangeInclusive<usize>,
        word: &str,
    ) -> Option<(usize, usize)> {
        let text = self.written(file)?.between(lines)?;
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let whole = |line: &str, start: usize| {
            let before = line[..start].chars().next_back();
            let after = line[start + word.len()..].chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        };
        text.lines().enumerate().find_map(|(number, line)| {
            let mut starts = line.match_indices(word).map(|(start, _)| start);
            let start = starts.find(|start| whole(line, *start))?;
            Some((lines.start() + number, start))
        })
    }

    /// The first of these lines that contains this piece of text.
    pub(super) fn find_text(
        &self,
        file: &str,
        lines: &RangeInclusive<usize>,
        piece: &str,
    ) -> Option<usize> {
        self.written(file)?.find(lines, piece)
    }

    /// How many bytes these lines have.
    pub(super) fn bytes(&self, file: &str, lines: &RangeInclusive<usize>) -> usize {
        let text = self.written(file).and_then(|text| text.between(lines));
        text.map_or(0, str::len)
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
        entries(self.written(file)?, line, function)
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
        names(self.written(file)?, line, function, first, known)
    }

    /// The text from one line to another, to find out whether a handler has changed.
    pub(super) fn lines(&self, file: &str, from: usize, to: usize) -> Option<String> {
        let text = self.written(file)?;
        from.checked_sub(1).filter(|_| from <= to + 1)?;
        let lines = text.between(&(from..=to)).unwrap_or_default();
        let lines: Vec<_> = lines.lines().map(str::trim).collect();
        Some(lines.join("\n"))
    }

    /// Opens a file of data below the folder. From now on the script depends on it.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(super) fn open_data(&mut self, name: &str) -> Result<File, Refusal> {
        let opened = below::open(&self.folder, name);
        if !self.data.contains_key(name) && self.data.len() < MAX_DATA {
            let stamp = opened.as_ref().ok().and_then(Stamp::of_open);
            self.data.insert(name.to_owned(), stamp);
        }
        opened
    }

    /// The names of the files in the folder where a file was looked for, as far as they are worth suggesting.
    pub(super) fn beside(&self, name: &str) -> Vec<String> {
        let (folder, before) = match name.rsplit_once('/') {
            Some((folder, _)) => (self.folder.join(folder), format!("{folder}/")),
            None => (self.folder.clone(), String::new()),
        };
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries
            .take(MAX_DATA)
            .filter_map(|entry| entry.file_name().into_string().ok());
        names.map(|name| format!("{before}{name}")).collect()
    }

    /// The folders of all files, also of files that were looked for and do not exist. Where a file is a link, the folder
    /// that it leads to counts too.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.folder.clone()];
        for name in self.files.keys().chain(self.data.keys()) {
            let plain = self.folder.join(name).parent().map(Path::to_owned);
            let real = real_path(&self.folder, name).ok();
            let real = real.and_then(|path| path.parent().map(Path::to_owned));
            // The same folder under two names would be watched twice.
            let is_same = plain
                .as_ref()
                .and_then(|plain| fs::canonicalize(plain).ok())
                == real;
            folders.extend(plain);
            folders.extend(real.filter(|_| !is_same));
        }
        folders.sort();
        folders.dedup();
        folders
    }

    /// The names of the files of data, without their folders: also those that links lead to.
    pub(super) fn data_names(&self) -> Vec<OsString> {
        let paths = self.data.keys().flat_map(|name| {
            let real = real_path(&self.folder, name).ok();
            [Some(PathBuf::from(name)), real]
        });
        paths
            .filter_map(|path| path?.file_name().map(ToOwned::to_owned))
            .collect()
    }

    /// The files of Lua as they were read.
    pub(super) fn code(&self) -> Code {
        Code::of(
            self.files
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_deref())),
        )
    }

    /// The fingerprint of the files as they were read.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint {
            folder: self.folder.clone(),
            script: self.script.clone(),
            texts: self.code().on_disk(),
            data: self.data.clone().into_iter().collect(),
            others: Vec::new(),
        }
    }
}

impl Fingerprint {
    /// Whether the files on disk have other contents now.
    pub(super) fn is_stale(&self) -> bool {
        let has_data_changed = |(name, known): &(String, Option<Stamp>)| {
            let now = below::open(&self.folder, name).ok();
            now.as_ref().and_then(Stamp::of_open) != *known
        };
        self.is_code_stale()
            || self.data.iter().any(has_data_changed)
            || (self.others.iter()).any(|(path, known)| stamp_of(path) != *known)
    }

    /// Whether the files of Lua have other contents now.
    pub(super) fn is_code_stale(&self) -> bool {
        self.now() != self.texts
    }

    /// What the files of Lua hold now.
    pub(super) fn now(&self) -> OnDisk {
        self.texts
            .now(|name| read_digest(&self.folder, name, &self.script))
    }

    /// The same, and the files of Lua count as changed when they hold something else than this.
    pub(super) fn held_to(self, texts: OnDisk) -> Self {
        Self { texts, ..self }
    }

    /// Adds files as they are now, whatever they hold and wherever they lie. For one that was added before, what it was
    /// then counts: what is saved in between is a change.
    pub(super) fn add(&mut self, others: &[PathBuf]) {
        for path in others {
            if !self.others.iter().any(|(known, _)| known == path) {
                self.others.push((path.clone(), stamp_of(path)));
            }
        }
    }

    /// The folders of the files of Lua.
    pub(super) fn folders(&self) -> impl Iterator<Item = PathBuf> {
        let paths = self.texts.names().map(|name| self.folder.join(name));
        paths.filter_map(|path| path.parent().map(Path::to_owned))
    }
}

/// What the files of a script hold now: those that `known` names.
pub(super) fn on_disk_now(script: &Path, known: &OnDisk) -> OnDisk {
    let sources = Sources::of(script);
    known.now(|name| read_digest(&sources.folder, name, &sources.script))
}

fn stamp_of(path: &Path) -> Option<Stamp> {
    Stamp::of(&fs::metadata(path).ok()?)
}

fn read_digest(folder: &Path, name: &str, script: &str) -> Option<u64> {
    let text = read_text(folder, name, script).ok()?;
    Some(digest(&text))
}

/// Modules that other Lua programs load, for what a script has without them.
const OF_OUZEL: [&str; 9] = [
    "ouzel", "json", "cjson", "dkjson", "csv", "regex", "time", "sqlite3", "lsqlite3",
];

impl NoModule {
    fn new(message: String) -> Self {
        Self {
            message,
            hint: None,
        }
    }
}

impl Stamp {
    fn of(file: &Metadata) -> Option<Self> {
        file.is_file().then(|| Self {
            file: (file.dev(), file.ino()),
            bytes: file.len(),
            changed: (file.mtime(), file.mtime_nsec()),
        })
    }

    fn of_open(file: &File) -> Option<Self> {
        Self::of(&file.metadata().ok()?)
    }
}

/// Reads a file of Lua below a folder. The script itself may lie elsewhere.
fn read_text(folder: &Path, name: &str, script: &str) -> io::Result<String> {
    let open = match name == script {
        true => open_regular(&folder.join(name).canonicalize()?),
        false => below::open(folder, name),
    };
    let open = open.map_err(|refusal| match refusal {
        Refusal::Io(error) => error,
        refusal => io::Error::other(refusal.to_string()),
    })?;
    let mut bytes = Vec::new();
    open.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(io::Error::other(format!(
            "the file is larger than the {MAX_FILE} bytes that a script may have"
        )));
    }
    let text =
        String::from_utf8(bytes).map_err(|_| io::Error::other("the file is not UTF-8 text"))?;
    // Some editors begin a file with a byte order mark, which is not valid Lua.
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}
