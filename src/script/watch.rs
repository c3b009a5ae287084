//! Watching the folders of a script: editors replace files by renaming, so a watch on the file itself would go blind.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// Why changes cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {}: {source}", path.as_ref().map_or_else(|| "for changes".to_owned(), |path| format!("`{}`", path.display())))]
pub(crate) struct WatchError {
    path: Option<PathBuf>,
    source: notify::Error,
}

/// A watch on folders that says when something in them may have changed.
#[derive(Debug)]
pub(crate) struct Watch {
    watcher: RecommendedWatcher,
    /// The folders that matter, whether they exist or not.
    wanted: Vec<PathBuf>,
    folders: BTreeSet<PathBuf>,
    changes: mpsc::Receiver<()>,
}

impl Watch {
    /// A watch on nothing yet, for the folders of this script.
    ///
    /// # Errors
    /// [`WatchError`] where the system has no watches left.
    pub(crate) fn new(script: &Path) -> Result<Self, WatchError> {
        let extension = script.extension().map(OsStr::to_owned);
        // One place is enough: a change that finds it taken will be seen with the one before.
        let (sender, changes) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let seen = match &event {
                Ok(event) => {
                    !matches!(event.kind, EventKind::Access(_))
                        && (event.need_rescan()
                            || event
                                .paths
                                .iter()
                                .any(|path| may_matter(path, extension.as_deref())))
                }
                // An error may be a change that was missed.
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
            changes,
        })
    }

    /// Watches these folders and no others; in place of one that does not exist, the nearest above it.
    ///
    /// # Errors
    /// [`WatchError`] for the first folder that cannot be watched; the others are.
    pub(crate) fn follow(&mut self, folders: &[PathBuf]) -> Result<(), WatchError> {
        self.wanted = folders.to_vec();
        self.refresh()
    }

    /// Watches what now goes by the names of the folders: one may have been made, or put in another's place.
    ///
    /// # Errors
    /// As for [`Watch::follow`].
    pub(crate) fn refresh(&mut self) -> Result<(), WatchError> {
        for folder in std::mem::take(&mut self.folders) {
            // A folder that has been removed is not watched any more anyway.
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
            // The watcher lives as long as `self`, so this cannot be; if it were, nothing would change any more.
            std::future::pending::<()>().await;
        }
    }
}

/// A folder, or the nearest above it that exists.
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

/// Lua files and those named like the script, and folders on the way to them; not the database beside the script.
fn may_matter(path: &Path, script: Option<&OsStr>) -> bool {
    path.extension()
        .is_none_or(|extension| extension == "lua" || Some(extension) == script)
}
