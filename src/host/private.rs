//! Makes files and folders that only their user can read, because they hold other people's words and the account's
//! rules.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use rustix::{
    fs::Mode,
    process::{geteuid, umask},
};

/// The permission bits for everybody who is neither the owner nor in the group.
const OTHERS: u32 = 0o007;

/// The permission bits for the group.
const GROUP: u32 = 0o070;

/// From now on only the user can read the files that this process makes. The umask also covers the files that SQLite
/// makes.
pub(crate) fn begin() {
    let others = Mode::RWXG | Mode::RWXO;
    let before = umask(others);
    umask(before | others);
}

/// Whether everybody on this machine can get into a folder that was there before.
///
/// Access for its group alone does not count: somebody has decided who is in that group.
pub(crate) fn is_open_folder(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|folder| folder.mode() & OTHERS != 0)
}

/// Whether others than the owner can read a file that holds a password.
///
/// If the file belongs to another user, its group may read it: that owner has made it for the group, as in
/// `/run/secrets`.
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
