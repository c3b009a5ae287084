//! Files below the script's folder: what `require`, `ouzel.lines` and `ouzel.csv` may read. No name, no link and no
//! mount of another kind leads a script to a file outside, to a device or into a pipe.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Component, Path, PathBuf},
};

use rustix::fs::OFlags;

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// The name would lead out of the folder, or is none.
    #[error("it is no path below the script's folder")]
    Name,
    /// A link leads out of the folder.
    #[error("it leads out of the script's folder, to `{}`", .0.display())]
    Outside(PathBuf),
    /// It is a folder, a device, a pipe.
    #[error("it is no regular file")]
    Kind,
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Refusal {
    /// What to do about it.
    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Name => Some(
                "write it as `lists/names.csv`: with `/`, without `..`, from the script's folder on",
            ),
            Self::Outside(_) => Some("put the file itself below the script's folder"),
            Self::Kind | Self::Io(_) => None,
        }
    }

    /// Whether there is nothing of this name.
    pub(super) fn is_missing(&self) -> bool {
        let none = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
        matches!(self, Self::Io(error) if none.contains(&error.kind()))
    }
}

/// The one way to write a path below the folder: without `.`.
///
/// # Errors
/// [`Refusal::Name`] for an absolute path, for one with `..`, and for none.
pub(super) fn plain_name(name: &str) -> Result<String, Refusal> {
    let mut parts = Vec::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str().ok_or(Refusal::Name)?),
            Component::CurDir => {}
            _ => return Err(Refusal::Name),
        }
    }
    match parts.is_empty() || name.contains('\0') {
        true => Err(Refusal::Name),
        false => Ok(parts.join("/")),
    }
}

/// Where a file below the folder really lies.
///
/// # Errors
/// [`Refusal`] if it is not there, or a link on the way to it leads out of the folder. The folder itself may be a link.
pub(super) fn real_path(folder: &Path, name: &str) -> Result<PathBuf, Refusal> {
    let path = fs::canonicalize(folder.join(name))?;
    match path.starts_with(fs::canonicalize(folder)?) {
        true => Ok(path),
        false => Err(Refusal::Outside(path)),
    }
}

/// Opens a regular file below the folder.
///
/// # Errors
/// [`Refusal`].
pub(super) fn open(folder: &Path, name: &str) -> Result<File, Refusal> {
    open_regular(&real_path(folder, name)?)
}

/// Opens a regular file. The path has no links in it.
///
/// # Errors
/// [`Refusal`].
pub(super) fn open_regular(path: &Path) -> Result<File, Refusal> {
    if !fs::metadata(path)?.is_file() {
        return Err(Refusal::Kind);
    }
    // If something else takes its place meanwhile, opening it must neither wait for a pipe nor follow a link.
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(Refusal::Kind),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_name_stays_below_the_folder() {
        for (name, expected) in [
            ("a.csv", Some("a.csv")),
            ("./a/./b.csv", Some("a/b.csv")),
            ("a//b", Some("a/b")),
            ("..", None),
            ("a/../b", None),
            ("/etc/passwd", None),
            ("", None),
            (".", None),
            ("a\0b", None),
        ] {
            assert_eq!(plain_name(name).ok().as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_link_is_followed_inside_only() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("scripts");
        let link = outer.path().join("link");
        fs::create_dir_all(folder.join("in")).unwrap();
        fs::create_dir(outer.path().join("scripts2")).unwrap();
        for name in ["secret", "scripts/in/a", "scripts2/a"] {
            fs::write(outer.path().join(name), name).unwrap();
        }
        symlink("../secret", folder.join("out")).unwrap();
        symlink("in/a", folder.join("inside")).unwrap();
        symlink("..", folder.join("up")).unwrap();
        symlink("in", folder.join("down")).unwrap();
        symlink("../scripts2", folder.join("beside")).unwrap();
        symlink("nowhere", folder.join("broken")).unwrap();
        symlink("round", folder.join("round")).unwrap();
        symlink(&folder, &link).unwrap();
        for folder in [&folder, &link] {
            for (name, expected) in [
                ("in/a", "read"),
                ("inside", "read"),
                ("down/a", "read"),
                ("up/scripts/in/a", "read"),
                ("out", "outside"),
                ("up/secret", "outside"),
                ("beside/a", "outside"),
                ("broken", "missing"),
                ("in/b", "missing"),
                ("in/a/b", "missing"),
                ("in", "kind"),
                ("round", "io"),
            ] {
                let got = match open(folder, name) {
                    Ok(_) => "read",
                    Err(Refusal::Outside(_)) => "outside",
                    Err(Refusal::Kind) => "kind",
                    Err(refusal) if refusal.is_missing() => "missing",
                    Err(_) => "io",
                };
                assert_eq!(got, expected, "{name}");
            }
        }
    }

    #[test]
    fn a_pipe_is_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let refused = open(folder.path(), "pipe").unwrap_err();
        assert_eq!(refused.to_string(), "it is no regular file");
    }
}
