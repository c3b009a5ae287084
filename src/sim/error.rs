//! Why the simulator could not start, or stopped.

use std::{io, net::SocketAddr, path::PathBuf};

use thiserror::Error;

/// What can go wrong with the simulator itself. Each of these ends it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Credentials must not cross a network in the clear.
    #[error("the simulator listens on `{address}` with TLS only")]
    PlainRemote {
        /// Where it should have listened.
        address: SocketAddr,
    },
    /// The rate is no rate.
    #[error("`{rate}` is not a number of Tweets per second")]
    Rate {
        /// What was given.
        rate: f64,
    },
    /// An account or a label that cannot stand in a URL, or is given twice.
    #[error("`{name}` is no name for an account or a label, or it is given twice")]
    Name {
        /// What was given.
        name: String,
    },
    /// The address is taken or not this machine's.
    #[error("cannot listen on `{address}`: {source}")]
    Listen {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The port file or the certificate could not be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The port file or the certificate.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file of Tweets could not be read.
    #[error("cannot read Tweets from `{}`: {source}", path.display())]
    Tweets {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file of Tweets holds none.
    #[error("`{}` has no Tweet in it ({} something else)", path.display(), match skipped { 0 => "it is empty".to_owned(), 1 => "its line is".to_owned(), many => format!("its {many} lines are") })]
    NoTweets {
        /// The file.
        path: PathBuf,
        /// Lines that are not Tweets.
        skipped: u64,
    },
    /// The file that says what Tweets are to be about is no such file.
    #[error(transparent)]
    About(#[from] super::AboutError),
    /// The certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate was made and cannot be used.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
    /// Serving ended by itself.
    #[error("the simulator stopped serving: {0}")]
    Serve(#[source] io::Error),
}
