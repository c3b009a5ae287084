//! The errors that end the program, and the exit code of each.

use crate::{
    control, host::lock, pipeline, powertrack, script, settings, sim, status::look::client, store,
};

/// An error to be shown to the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A flag or a setting is wrong.
    #[error("{0}")]
    Usage(String),
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] settings::Error),
    /// The script is wrong.
    #[error(transparent)]
    Script(#[from] script::Error),
    /// Rules are wrong.
    #[error("{0}")]
    Rules(String),
    /// The run failed.
    #[error(transparent)]
    Run(#[from] pipeline::Error),
    /// The service cannot be used with these settings, or it failed.
    #[error(transparent)]
    Service(#[from] powertrack::Error),
    /// The simulator failed.
    #[error(transparent)]
    Sim(#[from] sim::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A command did what it could and did not succeed.
    #[error("{0}")]
    Failed(String),
    /// Two scripts write or emit different things. Stdout has already told how they differ.
    #[error("the scripts differ")]
    Different,
    /// Rules would change. Stdout has already told which.
    #[error("rules would change")]
    Changes,
    /// Tests of a script failed. Stdout has already told which.
    #[error("tests failed")]
    Tests,
    /// A file of tests cannot be loaded. Stdout has already told which.
    #[error("tests could not be loaded")]
    TestsBroken,
    /// The data folder cannot be locked.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// A running ouzel cannot be asked.
    #[error(transparent)]
    Control(#[from] control::Error),
    /// A running ouzel cannot be looked at.
    #[error(transparent)]
    Look(#[from] client::Error),
    /// A running ouzel is not well. Stdout has already told why.
    #[error("the run is not well")]
    Unwell,
    /// A call to the operating system failed.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// The exit code: 1 for a failure while running, 2 for wrong usage or configuration, 3 for a wrong script or wrong
    /// rules, 4 for a plan that would change something.
    pub(crate) fn exit_code(&self) -> u8 {
        use pipeline::Error as Run;
        match self {
            Self::Usage(_) | Self::Settings(_) | Self::Lock(lock::Error::Held { .. }) => 2,
            Self::Control(error) if error.is_nobody() => 2,
            Self::Sim(
                sim::Error::Name { .. }
                | sim::Error::Rate { .. }
                | sim::Error::PlainRemote { .. }
                | sim::Error::Tweets { .. }
                | sim::Error::NoTweets { .. }
                | sim::Error::About(_),
            ) => 2,
            Self::Look(error) if error.is_nobody() => 2,
            Self::Script(_) | Self::Rules(_) | Self::TestsBroken | Self::Run(Run::Script(_)) => 3,
            Self::Service(error) | Self::Run(Run::Service(error)) => match error {
                powertrack::Error::Setting { .. } | powertrack::Error::Certificates { .. } => 2,
                powertrack::Error::Rejected { .. } => 3,
                _ => 1,
            },
            Self::Changes => 4,
            _ => 1,
        }
    }

    /// Makes a function for `map_err` that adds what was tried.
    pub(crate) fn system(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::System {
            what: what.into(),
            source,
        }
    }
}
