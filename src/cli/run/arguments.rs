//! The command line of `ouzel run`.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use crate::{
    cli::{Script, SimSource, set, set_path},
    settings::{Given, JournalGiven, ReloadGiven, StatusListen, SyncWord},
    text::{
        secret::Secret,
        units::{Length, Size},
    },
};

/// `ouzel run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    script: Script,
    #[command(flatten)]
    stream: Stream,
    /// Run against the built-in simulator: no account, no network.
    #[arg(long)]
    pub sim: bool,
    #[command(flatten)]
    pub(crate) source: SimSource,
    /// Stop after handling this many Tweets.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Stop after this long, such as `10s` or `2h`; exits with 1 if the stream was never connected by then.
    #[arg(long = "for", value_name = "DURATION")]
    pub duration: Option<Length>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Settings (also in ouzel.toml)")]
struct Stream {
    /// Folder for the database and the journal [default: data].
    #[arg(long, value_name = "DIR", env = "OUZEL_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// The account's name, which with the label makes the URLs.
    #[arg(long, env = "OUZEL_ACCOUNT")]
    account: Option<String>,
    /// The stream's label.
    #[arg(long, env = "OUZEL_LABEL")]
    label: Option<String>,
    /// The stream's full URL, instead of account and label.
    #[arg(long, env = "OUZEL_URL")]
    url: Option<String>,
    /// The rules endpoint's full URL, instead of account and label.
    #[arg(long, value_name = "URL", env = "OUZEL_RULES_URL")]
    rules_url: Option<String>,
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
    /// Silence after which the connection counts as dropped, over 30s [default: 35s].
    #[arg(long, value_name = "DURATION", env = "OUZEL_READ_TIMEOUT")]
    read_timeout: Option<Length>,
    /// The longest line; longer ones are dropped, and told [default: 1MiB].
    #[arg(long, value_name = "SIZE", env = "OUZEL_MAX_LINE")]
    max_line: Option<Size>,
    /// The most minutes to ask for again after an outage, up to 5; 0 for an account without backfill [default: 5].
    #[arg(long, value_name = "MINUTES", env = "OUZEL_BACKFILL_MINUTES")]
    backfill_minutes: Option<u8>,
    /// Whether the account has Recovery, to repair longer outages [default: false].
    #[arg(long, value_name = "BOOL", env = "OUZEL_RECOVERY")]
    recovery: Option<bool>,
    /// The Replay stream's full URL, to repair outages with it.
    #[arg(long, value_name = "URL", env = "OUZEL_REPLAY_URL")]
    replay_url: Option<String>,
    /// The full URL of the Replay stream's rules [default: made from that of the rules endpoint].
    #[arg(long, value_name = "URL", env = "OUZEL_REPLAY_RULES_URL")]
    replay_rules_url: Option<String>,
    /// Whether to load the script again when it is saved [default: true].
    #[arg(long, value_name = "BOOL", env = "OUZEL_WATCH")]
    watch: Option<bool>,
    /// How long the script's files have to be quiet before it is loaded again [default: 100ms].
    #[arg(long, value_name = "DURATION", env = "OUZEL_DEBOUNCE")]
    debounce: Option<Length>,
    /// Whether a save is loaded only if the script's tests pass [default: false].
    #[arg(long, value_name = "BOOL", env = "OUZEL_TEST_ON_SAVE")]
    test_on_save: Option<bool>,
    /// Over how many of the last Tweets a save is compared with what runs, before it does; 0 for none [default: 1000].
    #[arg(long, value_name = "N", env = "OUZEL_SHADOW")]
    shadow: Option<usize>,
    /// Whether a save is refused if its handlers fail there on Tweets on which the running ones do not [default: false].
    #[arg(long, value_name = "BOOL", env = "OUZEL_SHADOW_REFUSE")]
    shadow_refuse: Option<bool>,
    /// How long handled Tweets stay in the journal [default: 7d].
    #[arg(long, value_name = "DURATION", env = "OUZEL_JOURNAL_RETAIN")]
    journal_retain: Option<Length>,
    /// The size that the journal may have; Tweets that are not handled are never deleted [default: 20GiB].
    #[arg(long, value_name = "SIZE", env = "OUZEL_JOURNAL_MAX_SIZE")]
    journal_max_size: Option<Size>,
    /// When the journal is synced, so that a power failure takes nothing of it: always, never, or how often [default: 1s].
    #[arg(long, value_name = "WHEN", env = "OUZEL_JOURNAL_SYNC")]
    journal_sync: Option<SyncWord>,
    /// Where /metrics and /healthz are served; `off` for nowhere [default: 127.0.0.1:9464].
    #[arg(long, value_name = "ADDR:PORT", env = "OUZEL_STATUS_LISTEN")]
    status_listen: Option<StatusListen>,
}

impl Run {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        let stream = &self.stream;
        Given {
            data_dir: set_path(&stream.data_dir),
            account: set(&stream.account),
            label: set(&stream.label),
            url: set(&stream.url),
            rules_url: set(&stream.rules_url),
            username: set(&stream.username),
            // Not a flag: other users of the machine can read the arguments of a process.
            password: set(&std::env::var("OUZEL_PASSWORD").ok()).map(Secret::new),
            username_file: set_path(&stream.username_file),
            password_file: set_path(&stream.password_file),
            ca_file: set_path(&stream.ca_file),
            read_timeout: stream.read_timeout.map(|span| span.0),
            max_line: stream.max_line.map(|size| size.0),
            backfill_minutes: stream.backfill_minutes,
            recovery: stream.recovery,
            replay_url: set(&stream.replay_url),
            replay_rules_url: set(&stream.replay_rules_url),
            watch: stream.watch,
            debounce: stream.debounce.map(|span| span.0),
            reload: ReloadGiven {
                test_on_save: stream.test_on_save,
                shadow: stream.shadow,
                shadow_refuse: stream.shadow_refuse,
            },
            journal: JournalGiven {
                retain: stream.journal_retain.map(|span| span.0),
                max_size: stream.journal_max_size.map(|size| size.0),
                sync: stream.journal_sync,
            },
            status: stream.status_listen,
            ..self.script.given()
        }
    }

    /// After how long to stop.
    pub(crate) fn duration(&self) -> Option<Duration> {
        self.duration.map(|span| span.0)
    }
}
