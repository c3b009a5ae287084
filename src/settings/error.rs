//! What is wrong with the settings.

use std::{io, path::PathBuf};

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The settings file cannot be read.
    #[error("cannot read the settings file `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The settings file is wrong.
    #[error("the settings file `{}` is wrong:\n{reason}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Where, and why.
        reason: String,
    },
    /// A setting has a value that it cannot have.
    #[error("{name}: {reason}")]
    Value {
        /// The setting.
        name: &'static str,
        /// Why not.
        reason: String,
    },
    /// A file named by a setting, such as the password's, cannot be read.
    #[error("{name}: cannot read `{}`: {source}", path.display())]
    File {
        /// The setting.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that should hold a name or a password holds nothing.
    #[error("{name}: the file `{}` is empty", path.display())]
    EmptyFile {
        /// The setting.
        name: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// There are no credentials.
    #[error(
        "no {missing} for the stream\nhint: set `OUZEL_USERNAME` and `OUZEL_PASSWORD`, or `username_file` and `password_file` \
         in `ouzel.toml`; without an account, try `ouzel run --sim`"
    )]
    NoCredentials {
        /// What is missing.
        missing: &'static str,
    },
}
