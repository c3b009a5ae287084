//! Watches the folders of a script. Editors replace a file by renaming another one, so a watch on the file itself would
//! lose it.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::generation::Files;

/// Why the script's files cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {}: {source}", path.as_ref().map_or_else(|| "for changes".to_owned(), |path| format!("`{}`", path.display())))]
pub(crate) struct WatchError {
    path: Option<PathBuf>,
    source: notify::Error,
}

/// A watch on folders. It reports when something in them may have changed.
#[derive(Debug)]
pub(crate) struct Watch {
    watcher: RecommendedWatcher,
    /// The folders of the script, whether they exist or not.
    wanted: Vec<PathBuf>,
    folders: BTreeSet<PathBuf>,
    /// The names of the files of data that the script reads.
    data: Arc<Mutex<BTreeSet<OsString>>>,
    changes: mpsc::Receiver<()>,
}

impl Watch {
    /// Makes a watch for this script that watches no folder yet.
    ///
    /// # Errors
    /// [`WatchError`] when the system has no watches left.
    pub(crate) fn new(script: &Path) -> Result<Self, WatchError> {
        let extension = script.extension().map(OsStr::to_owned);
        Self::over(move |path| may_matter(path, extension.as_deref()))
    }

    /// Makes a watch for tests: of Lua files, and of what tests and scripts read beside them.
    ///
    /// # Errors
    /// [`WatchError`] when the system has no watches left.
    pub(crate) fn for_tests() -> Result<Self, WatchError> {
        Self::over(|path| {
            let is_known = |known: &str| path.extension().is_some_and(|name| name == known);
            may_matter(path, None)
                || ["json", "jsonl", "csv", "txt"]
                    .iter()
                    .any(|known| is_known(known))
        })
    }

    fn over(may_matter: impl Fn(&Path) -> bool + Send + 'static) -> Result<Self, WatchError> {
        // Room for one note is enough. If the note of an earlier change still waits, it covers the later change too.
        let (sender, changes) = mpsc::channel(1);
        let data = Arc::<Mutex<BTreeSet<OsString>>>::default();
        let names = Arc::clone(&data);
        let is_data = move |path: &Path| {
            let names = names.lock().unwrap_or_else(PoisonError::into_inner);
            path.file_name().is_some_and(|name| names.contains(name))
        };
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let seen = match &event {
                Ok(event) => {
                    !matches!(event.kind, EventKind::Access(_))
                        && (event.need_rescan()
                            || event
                                .paths
                                .iter()
                                .any(|path| may_matter(path) || is_data(path)))
                }
                // An error may mean that a change was missed.
                Err(_) => true,
            };
            if seen {
                let _ = sender.try_send(());
            }
        })
        .map_err(|source| WatchError { path: None, source })?;
        Ok(Self {
            watcher,
            wanted: Vec::new(),
            folders: BTreeSet::new(),
            data,
            changes,
        })
    }

    /// Watches the folders of these files and no others. If a folder does not exist, the nearest existing folder above it
    /// is watched.
    ///
    /// # Errors
    /// [`WatchError`] for the first folder that cannot be watched. The other folders are watched anyway.
    pub(crate) fn follow(&mut self, files: &Files) -> Result<(), WatchError> {
        self.wanted.clone_from(&files.folders);
        let mut data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        *data = files.data.iter().cloned().collect();
        drop(data);
        self.refresh()
    }

    /// Renews the watch, because a folder may have been made, or replaced by another folder, since the last time.
    ///
    /// # Errors
    /// As for [`Watch::follow`].
    pub(crate) fn refresh(&mut self) -> Result<(), WatchError> {
        for folder in std::mem::take(&mut self.folders) {
            // This fails for a folder that has been removed, but such a folder is no longer watched anyway.
            let _ = self.watcher.unwatch(&folder);
        }
        let mut failed = None;
        for folder in &self.wanted {
            let Some(folder) = nearest_folder(folder) else {
                continue;
            };
            if self.folders.contains(&folder) {
                continue;
            }
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.folders.insert(folder);
                }
                Err(source) => {
                    let path = Some(folder);
                    failed.get_or_insert(WatchError { path, source });
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Waits until something may have changed.
    pub(crate) async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            // This cannot happen, because the watcher lives as long as `self`. If it did, there would be no more
            // changes.
            std::future::pending::<()>().await;
        }
    }
}

/// The folder itself, or the nearest existing folder above it.
fn nearest_folder(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .map(|folder| match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        })
        .find(|folder| folder.is_dir())
        .map(Path::to_owned)
}

/// Whether a change of this path may matter. Lua files, files with the script's extension and folders matter; the
/// database beside the script does not.
fn may_matter(path: &Path, script: Option<&OsStr>) -> bool {
    path.extension()
        .is_none_or(|extension| extension == "lua" || Some(extension) == script)
}
