//! The user's name and password, as a request carries them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::header::HeaderValue;

use super::error::Error;
use crate::text::secret::Secret;

/// The login for the service's console [reference 1.3].
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    /// Usually an e-mail address.
    pub username: String,
    /// The password.
    pub password: Secret,
}

impl Credentials {
    /// The `Authorization` header. It is sent with every request, without waiting for a challenge.
    ///
    /// # Errors
    /// If the username contains a colon, because a colon would end the username early.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, Error> {
        if self.username.contains(':') {
            return Err(Error::Setting {
                option: "username",
                reason: "it contains a colon".to_owned(),
            });
        }
        let pair = format!("{}:{}", self.username, self.password.reveal());
        let mut header = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))
            .expect("base64 is a valid header value");
        header.set_sensitive(true);
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authorization_is_basic_and_hidden() {
        let credentials = Credentials {
            username: "Aladdin".into(),
            password: Secret::new("open sesame"),
        };
        let header = credentials.authorization().unwrap();
        assert_eq!(header, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(header.is_sensitive());
        assert!(!format!("{header:?} {credentials:?}").contains("sesame"));
    }

    #[test]
    fn a_username_with_a_colon_is_refused() {
        let credentials = Credentials {
            username: "a:b".into(),
            password: Secret::new("x"),
        };
        assert!(credentials.authorization().is_err());
    }
}
