//! Watching the folders of a script: editors replace files by renaming, so a watch on the file itself would go blind.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// Why changes cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {}: {source}", path.as_ref().map_or_else(|| "for changes".to_owned(), |path| format!("`{}`", path.display())))]
pub struct WatchError {
    path: Option<PathBuf>,
    source: notify::Error,
}

/// A watch on folders that says when something in them may have changed.
#[derive(Debug)]
pub struct Watch {
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
    changes: mpsc::Receiver<()>,
}

impl Watch {
    /// A watch on nothing yet.
    ///
    /// # Errors
    /// [`WatchError`] where the system has no watches left.
    pub fn new() -> Result<Self, WatchError> {
        // One place is enough: a change that finds it taken will be seen with the one before.
        let (sender, changes) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let seen = match &event {
                Ok(event) => {
                    !matches!(event.kind, EventKind::Access(_))
                        && (event.need_rescan() || event.paths.iter().any(|path| may_matter(path)))
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
            folders: BTreeSet::new(),
            changes,
        })
    }

    /// Watches these folders and no others; folders that do not exist are left out.
    ///
    /// # Errors
    /// [`WatchError`] for the first folder that cannot be watched; the others are.
    pub fn follow(&mut self, folders: &[PathBuf]) -> Result<(), WatchError> {
        let wanted: BTreeSet<PathBuf> = folders.iter().filter(|f| f.is_dir()).cloned().collect();
        let mut failed = None;
        for gone in self.folders.difference(&wanted) {
            // A folder that has been removed is not watched any more anyway.
            let _ = self.watcher.unwatch(gone);
        }
        let mut followed = BTreeSet::new();
        for folder in wanted {
            let watched = self.folders.contains(&folder)
                || match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                    Ok(()) => true,
                    Err(source) => {
                        failed.get_or_insert(WatchError {
                            path: Some(folder.clone()),
                            source,
                        });
                        false
                    }
                };
            if watched {
                followed.insert(folder);
            }
        }
        self.folders = followed;
        failed.map_or(Ok(()), Err)
    }

    /// Waits until something may have changed.
    pub async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            // The watcher lives as long as `self`, so this cannot be; if it were, nothing would change any more.
            std::future::pending::<()>().await;
        }
    }
}

/// Lua files, and folders on the way to them; not the database beside the script.
fn may_matter(path: &Path) -> bool {
    path.extension().is_none_or(|extension| extension == "lua")
}
