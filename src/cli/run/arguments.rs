//! The command line of `ouzel run`.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use crate::{
    cli::{Account, RulePolicy, Script, SimSource, set, set_path},
    settings::{
        AfterAlarm, CheckEvery, Given, JournalGiven, ReloadGiven, RulesGiven, StatusListen,
        SyncWord, VolumeGiven,
    },
    text::units::{Length, Number, Size},
};

/// `ouzel run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    settings: RunSettings,
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
    /// Only log how the rules on the stream would change, and run without changing them.
    #[arg(long)]
    pub rules_only_plan: bool,
}

/// The flags and variables that are settings; `ouzel config` has the same.
#[derive(Debug, Args)]
pub(crate) struct RunSettings {
    #[command(flatten)]
    script: Script,
    #[command(flatten)]
    stream: Stream,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Settings (also in ouzel.toml)")]
struct Stream {
    /// Folder for the database and the journal [default: data].
    #[arg(long, value_name = "DIR", env = "OUZEL_DATA_DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    service: Account,
    /// The stream's full URL, instead of account and label.
    #[arg(long, env = "OUZEL_URL")]
    url: Option<String>,
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
    #[command(flatten)]
    policy: RulePolicy,
    /// How often the rules on the stream are looked at for what others have changed; `off` for never [default: 10m].
    #[arg(long, value_name = "DURATION", env = "OUZEL_RULES_CHECK_EVERY")]
    rules_check_every: Option<CheckEvery>,
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
    /// How many Tweets a month may have: you are warned at 50, 80, 95 and 100 percent.
    #[arg(long, value_name = "N", env = "OUZEL_MONTHLY_CAP")]
    monthly_cap: Option<Number>,
    /// How many Tweets of one tag in a minute are too many, as long as nothing is known of what is usual; 0 for no alarms [default: ten times the cap's even share, else 10000].
    #[arg(long, value_name = "N", env = "OUZEL_ALARM_PER_MINUTE")]
    alarm_per_minute: Option<u64>,
    /// What follows an alarm: `off`, or `pause-rule` to take the rules with that tag off the stream [default: off].
    #[arg(long, value_name = "WHAT", env = "OUZEL_BREAKER")]
    breaker: Option<AfterAlarm>,
    /// After how long paused rules go back to the stream by themselves; without it only when you ask for it.
    #[arg(long, value_name = "DURATION", env = "OUZEL_RESUME_AFTER")]
    resume_after: Option<Length>,
    /// Where the page, /metrics and /healthz are served; `off` for nowhere [default: 127.0.0.1:9464].
    #[arg(long, value_name = "ADDR:PORT", env = "OUZEL_STATUS_LISTEN")]
    status_listen: Option<StatusListen>,
}

impl RunSettings {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        let stream = &self.stream;
        stream.service.beside(Given {
            data_dir: set_path(&stream.data_dir),
            url: set(&stream.url),
            read_timeout: stream.read_timeout.map(|span| span.0),
            max_line: stream.max_line.map(|size| size.0),
            backfill_minutes: stream.backfill_minutes,
            recovery: stream.recovery,
            replay_url: set(&stream.replay_url),
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
            rules: RulesGiven {
                check_every: stream.rules_check_every,
                ..stream.policy.given()
            },
            volume: VolumeGiven {
                monthly_cap: stream.monthly_cap,
                alarm_per_minute: stream.alarm_per_minute,
                breaker: stream.breaker,
                resume_after: stream.resume_after,
            },
            status: stream.status_listen,
            ..self.script.given()
        })
    }
}

impl Run {
    /// What flags and environment say.
    pub(crate) fn given(&self) -> Given {
        self.settings.given()
    }

    /// After how long to stop.
    pub(crate) fn duration(&self) -> Option<Duration> {
        self.duration.map(|span| span.0)
    }
}
