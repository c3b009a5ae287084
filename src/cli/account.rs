//! The flags for which account and which stream are meant, for every command that talks to the service.

use std::path::PathBuf;

use clap::Args;

use super::{set, set_path};
use crate::{settings::Given, text::secret::Secret};

/// The account, the stream, and who asks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings (also in ouzel.toml)")]
pub(crate) struct Account {
    /// The account's name, which with the label makes the URLs.
    #[arg(long, env = "OUZEL_ACCOUNT")]
    account: Option<String>,
    /// The stream's label.
    #[arg(long, env = "OUZEL_LABEL")]
    label: Option<String>,
    /// The rules endpoint's full URL, instead of account and label.
    #[arg(long, value_name = "URL", env = "OUZEL_RULES_URL")]
    rules_url: Option<String>,
    /// The full URL of the Replay stream's rules [default: made from that of the rules endpoint].
    #[arg(long, value_name = "URL", env = "OUZEL_REPLAY_RULES_URL")]
    replay_rules_url: Option<String>,
    /// The user's name, an e-mail address.
    #[arg(long, value_name = "NAME", env = "OUZEL_USERNAME")]
    username: Option<String>,
    /// A file that holds the user's name.
    #[arg(long, value_name = "FILE", env = "OUZEL_USERNAME_FILE")]
    username_file: Option<PathBuf>,
    /// A file that holds the password; the environment variable OUZEL_PASSWORD can hold it itself.
    #[arg(long, value_name = "FILE", env = "OUZEL_PASSWORD_FILE")]
    password_file: Option<PathBuf>,
    /// A PEM file with root certificates to trust besides the usual ones.
    #[arg(long, value_name = "FILE", env = "OUZEL_CA_FILE")]
    ca_file: Option<PathBuf>,
}

impl Account {
    /// What flags and environment say, beside what `others` say.
    pub(crate) fn beside(&self, others: Given) -> Given {
        Given {
            account: set(&self.account),
            label: set(&self.label),
            rules_url: set(&self.rules_url),
            replay_rules_url: set(&self.replay_rules_url),
            username: set(&self.username),
            // Not a flag: other users of the machine can read the arguments of a process.
            password: set(&std::env::var("OUZEL_PASSWORD").ok()).map(Secret::new),
            username_file: set_path(&self.username_file),
            password_file: set_path(&self.password_file),
            ca_file: set_path(&self.ca_file),
            ..others
        }
    }
}
