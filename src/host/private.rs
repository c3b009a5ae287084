//! Makes files and folders that only their user can read, since they hold other people's words and the account's rules.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use rustix::{
    fs::Mode,
    process::{geteuid, umask},
};

/// Read, write and look into, for everybody who is neither the owner nor in the group.
const OTHERS: u32 = 0o007;

/// The same for the group.
const GROUP: u32 = 0o070;

/// From now on nobody else may read what this process makes, whoever makes it: SQLite goes by this too.
pub(crate) fn begin() {
    let others = Mode::RWXG | Mode::RWXO;
    let before = umask(others);
    umask(before | others);
}

/// Whether a folder that somebody else has made lets everybody on this machine into it.
///
/// A group is somebody's decision: no folder has more than one that was made for it.
pub(crate) fn is_open_folder(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|folder| folder.mode() & OTHERS != 0)
}

/// Whether a file that holds a password can be read by others than its owner. A group may read what its owner has made for
/// another user, as in `/run/secrets`.
pub(crate) fn is_open_secret(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| {
        let is_own = file.uid() == geteuid().as_raw();
        file.mode() & OTHERS != 0 || is_own && file.mode() & GROUP != 0
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn who_may_read_is_told_by_the_mode() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let check = |mode, folder, secret| {
            let permissions = fs::Permissions::from_mode(mode);
            fs::set_permissions(file.path(), permissions).expect("its owner may");
            assert_eq!(is_open_folder(file.path()), folder, "{mode:o}");
            assert_eq!(is_open_secret(file.path()), secret, "{mode:o}");
        };
        check(0o600, false, false);
        check(0o400, false, false);
        check(0o640, false, true);
        check(0o604, true, true);
        check(0o644, true, true);
        check(0o601, true, true);
        assert!(!is_open_secret(Path::new("/no/such/file")));
    }
}
