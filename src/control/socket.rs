//! The socket's file in the data folder: made for its user alone, and removed at the end.

use std::{
    fs::{self, File, Permissions},
    io::{self, ErrorKind},
    os::{
        fd::AsRawFd,
        unix::fs::{FileTypeExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixStream};

/// The socket's name in the data folder.
const NAME: &str = "ouzel.sock";

/// Its name until it is ready.
const MAKING: &str = "ouzel.sock.new";

/// The longest path that every system can bind a socket to: Linux takes 107 bytes, and others 103.
const LONGEST_PATH: usize = 103;

/// The socket's file. It is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Socket {
    path: PathBuf,
}

/// A path of the file that is short enough for a socket.
struct Short {
    path: PathBuf,
    /// The path leads through this open folder.
    _folder: Option<File>,
}

impl Socket {
    /// Makes the socket, and listens on it. The caller holds the folder's lock, so a socket that is there already was
    /// left by a process that is dead, and this one takes its place.
    pub(super) fn make(folder: &Path) -> io::Result<(Self, UnixListener)> {
        let path = folder.join(NAME);
        if fs::symlink_metadata(&path).is_ok_and(|there| !there.file_type().is_socket()) {
            let what = format!("`{}` is there already, and is no socket", path.display());
            return Err(io::Error::new(ErrorKind::AlreadyExists, what));
        }
        // What is left of a process that died while it made its own.
        let making = folder.join(MAKING);
        match fs::remove_file(&making) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&short(folder, MAKING)?.path)?;
        // The umask has kept others out from the first moment (`host/private.rs`). Nobody executes a socket.
        let made = fs::set_permissions(&making, Permissions::from_mode(0o600))
            .and_then(|()| fs::rename(&making, &path));
        if let Err(error) = made {
            let _ = fs::remove_file(&making);
            return Err(error);
        }
        Ok((Self { path }, listener))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Whoever starts next in this folder replaces it, if it cannot be removed.
        let _ = fs::remove_file(&self.path);
    }
}

/// Connects to the socket in a folder.
pub(super) async fn connect(folder: &Path) -> io::Result<UnixStream> {
    let short = short(folder, NAME)?;
    UnixStream::connect(&short.path).await
}

/// A path to a file in the folder that a socket can have. A path that is too long goes through the folder's descriptor.
fn short(folder: &Path, name: &str) -> io::Result<Short> {
    let path = folder.join(name);
    if path.as_os_str().len() <= LONGEST_PATH {
        return Ok(Short {
            path,
            _folder: None,
        });
    }
    let open = File::open(folder)?;
    let path = format!("/proc/self/fd/{}/{name}", open.as_raw_fd());
    Ok(Short {
        path: path.into(),
        _folder: Some(open),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn it_is_for_its_user_alone_and_gone_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let (socket, _listener) = Socket::make(folder.path()).unwrap();
        assert_eq!(mode(&folder.path().join(NAME)), 0o600);
        connect(folder.path()).await.unwrap();
        drop(socket);
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 0);
        let error = connect(folder.path()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn it_takes_the_place_of_a_dead_one_and_of_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (dead, listener) = Socket::make(folder.path()).unwrap();
        std::mem::forget(dead);
        drop(listener);
        let error = connect(folder.path()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        let (socket, _listener) = Socket::make(folder.path()).unwrap();
        connect(folder.path()).await.unwrap();
        drop(socket);
        fs::write(folder.path().join(NAME), "mine").unwrap();
        let error = Socket::make(folder.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(folder.path().join(NAME)).unwrap(), b"mine");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_long_path_is_no_obstacle() {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path().join("long/".repeat(60));
        fs::create_dir_all(&folder).unwrap();
        let (socket, _listener) = Socket::make(&folder).unwrap();
        assert_eq!(mode(&folder.join(NAME)), 0o600);
        connect(&folder).await.unwrap();
        drop(socket);
        assert!(!folder.join(NAME).exists());
    }
}
