//! What is wrong with the settings.

use std::{io, path::PathBuf};

/// An error in the settings.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The settings file cannot be read.
    #[error("cannot read the settings file `{}`: {source}", path.display())]
    Unreadable {
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The settings file is wrong.
    #[error("the settings file `{}` is wrong:\n{reason}", path.display())]
    Wrong {
        path: PathBuf,
        /// Where the mistake is, and why it is one.
        reason: String,
    },
    /// A setting has a value that is not allowed.
    #[error("{name}: {reason}")]
    Value {
        /// The setting's name.
        name: &'static str,
        /// Why the value is not allowed.
        reason: String,
    },
    /// A file that a setting names, such as the password's file, cannot be read.
    #[error("{name}: cannot read `{}`: {source}", path.display())]
    File {
        /// The setting's name.
        name: &'static str,
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that should hold a name or a password is empty.
    #[error("{name}: the file `{}` is empty", path.display())]
    EmptyFile {
        /// The setting's name.
        name: &'static str,
        path: PathBuf,
    },
    /// The user name or the password is missing.
    #[error(
        "no {missing} for the stream\nhint: set `OUZEL_USERNAME` and `OUZEL_PASSWORD`, or `username_file` and `password_file` \
         in `ouzel.toml`; without an account, try `ouzel run --sim`"
    )]
    NoCredentials {
        /// What is missing: the user name or the password.
        missing: &'static str,
    },
}
