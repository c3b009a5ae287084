//! Where the user's name and password come from.

use std::{fs, path::PathBuf};

use tracing::warn;

use super::{Error, Settings};
use crate::{host::private::is_open_secret, text::secret::Secret};

/// Where a part of the credentials comes from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Text(Secret),
    File(PathBuf),
    Nowhere,
}

impl Settings {
    /// The user's name and password, read from their files where they are in files.
    pub(crate) fn credentials(&self) -> Result<(String, Secret), Error> {
        self.warn_of_open_secrets();
        let username = self
            .username
            .read("username_file")?
            .ok_or(Error::NoCredentials {
                missing: "user name",
            })?;
        let password = self
            .password
            .read("password_file")?
            .ok_or(Error::NoCredentials {
                missing: "password",
            })?;
        Ok((username.reveal().to_owned(), password))
    }

    /// Says which file everybody can read the password in.
    fn warn_of_open_secrets(&self) {
        let path = match &self.password {
            Source::File(path) => Some(path),
            Source::Text(_) => self.password_in.as_ref(),
            Source::Nowhere => None,
        };
        if let Some(path) = path.filter(|path| is_open_secret(path)) {
            let (path, hint) = (path.display(), format!("chmod 600 {}", path.display()));
            warn!(%path, hint, "others on this machine can read the password");
        }
    }
}

impl Source {
    /// Flags and environment win over the file; among equals the text wins over the file that holds it.
    pub(super) fn first(
        given: (Option<Secret>, Option<PathBuf>),
        file: (Option<Secret>, Option<PathBuf>),
    ) -> Self {
        // A variable without text stands where somebody has nothing to put there.
        let one = |(text, path): (Option<Secret>, Option<PathBuf>)| match (text, path) {
            (Some(text), _) if !text.reveal().is_empty() => Some(Self::Text(text)),
            (_, Some(path)) => Some(Self::File(path)),
            (_, None) => None,
        };
        one(given).or_else(|| one(file)).unwrap_or(Self::Nowhere)
    }

    fn read(&self, name: &'static str) -> Result<Option<Secret>, Error> {
        match self {
            Self::Text(text) => Ok(Some(text.clone())),
            Self::Nowhere => Ok(None),
            Self::File(path) => {
                let text = fs::read_to_string(path).map_err(|source| Error::File {
                    name,
                    path: path.clone(),
                    source,
                })?;
                // Editors end a file with a newline, passwords do not.
                let text = text.trim_end_matches(['\r', '\n']);
                if text.is_empty() {
                    return Err(Error::EmptyFile {
                        name,
                        path: path.clone(),
                    });
                }
                Ok(Some(Secret::new(text)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file_and_text_over_its_file() {
        let source = Source::first((None, Some("f".into())), (Some(Secret::new("text")), None));
        assert!(matches!(source, Source::File(_)));
        assert!(matches!(
            Source::first((None, None), (None, None)),
            Source::Nowhere
        ));
    }
}
