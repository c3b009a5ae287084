//! The command line of the simulator.

use std::{fmt::Write as _, net::SocketAddr, path::PathBuf, time::Duration};

use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

use crate::{
    sim::{Fault, FaultKind, Format, Limits, Profile, SimOptions, Surplus},
    text::{secret::Secret, units::Length},
};

/// How many Tweets the simulator makes in a second. A person can watch the stream: a usual rule matches some tens of
/// Tweets a second.
const RATE: f64 = 2_000.0;

const SEED: u64 = 1;

/// What the simulator sends, alone and inside `run --sim`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Simulator")]
pub(crate) struct SimSource {
    /// Tweets made each second, matching or not; `max` for as fast as they are read [default: 2000].
    #[arg(long, value_name = "N", value_parser = rate)]
    pub rate: Option<Rate>,
    /// The seed of the made-up Tweets: the same seed gives the same Tweets [default: 1].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Serve the Tweets of this file, JSON Lines, also gzip-compressed, instead of made-up ones.
    #[arg(long, value_name = "FILE")]
    pub tweets: Option<PathBuf>,
}

/// How fast the simulator makes Tweets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rate {
    /// This many Tweets a second.
    PerSecond(f64),
    /// As fast as the reader takes them.
    Max,
}

fn rate(text: &str) -> Result<Rate, String> {
    if text == "max" {
        return Ok(Rate::Max);
    }
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(Rate::PerSecond(rate)),
        _ => Err("a rate is a number over 0, or `max`".to_owned()),
    }
}

/// `ouzel sim`.
#[derive(Debug, Args)]
#[command(after_long_help = after_help())]
pub(crate) struct Sim {
    /// Where to listen; port 0 takes a free one. Anything but loopback needs --tls.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8400")]
    listen: SocketAddr,
    /// Write `host:port` to this file once it listens.
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    /// An account's name; give it again for more accounts.
    #[arg(long, value_name = "NAME", default_value = "sim")]
    account: Vec<String>,
    /// A stream's label; give it again for more. Every account has a stream of each label.
    #[arg(long, value_name = "NAME", default_value = "dev")]
    label: Vec<String>,
    /// The user that may connect.
    #[arg(long, value_name = "NAME", default_value = "sim")]
    user: String,
    /// That user's password.
    #[arg(long, value_name = "TEXT", default_value = "sim")]
    password: String,
    /// Serve HTTPS with a certificate made for this run.
    #[arg(long)]
    tls: bool,
    /// Where to write the certificate that clients have to trust, with --tls.
    #[arg(long, value_name = "FILE", default_value = "ouzel-sim.pem")]
    tls_cert: PathBuf,
    /// Write what really happened to this file: a JSON line for each Tweet that matched, delivered or not, and for
    /// each connection.
    #[arg(long, value_name = "FILE")]
    oracle: Option<PathBuf>,
    #[command(flatten)]
    tweets: Tweets,
    #[command(flatten)]
    contract: Contract,
    #[command(flatten)]
    trouble: Trouble,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Tweets")]
struct Tweets {
    /// Tweets made each second, matching or not.
    #[arg(long, value_name = "N", value_parser = rate, default_value = "2000", conflicts_with = "as_fast_as_possible")]
    rate: Rate,
    /// How the rate rises and falls.
    #[arg(
        long,
        value_name = "SHAPE",
        value_parser = one_of(PROFILES),
        default_value = "steady",
        conflicts_with = "as_fast_as_possible"
    )]
    profile: Profile,
    /// Make Tweets as fast as they are read, and none while nobody reads.
    #[arg(long)]
    as_fast_as_possible: bool,
    /// Go quiet after this many Tweets, matching or not.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Decides what made-up Tweets say and which faults happen by chance: the same seed, the same run.
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// The time of the first made-up Tweet, such as `2026-03-14T15:00:00Z`; the clock starts with the first reader, and
    /// two runs then give the same bytes [default: the present].
    #[arg(long, value_name = "TIME", value_parser = start)]
    start: Option<i64>,
    /// Serve the Tweets of this file, JSON Lines, also gzip-compressed, instead of made-up ones.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["about", "start"])]
    tweets: Option<PathBuf>,
    /// What made-up Tweets are about: a TOML file with `words`, `hashtags`, `authors` and `languages` [default: what the
    /// rules ask for].
    #[arg(long, value_name = "FILE")]
    about: Option<PathBuf>,
    /// What a Tweet looks like: the native enriched format, or Activity Streams.
    #[arg(long, value_parser = one_of(FORMATS), default_value = "native")]
    format: Format,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Contract")]
struct Contract {
    /// Connections to a stream at a time.
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections, value_parser = at_least_one)]
    connections: usize,
    /// How long one connection too many is tolerated.
    #[arg(long, value_name = "DURATION", default_value = "60s")]
    grace: Length,
    /// Which connection has to go then.
    #[arg(long, value_name = "WHICH", value_parser = one_of(SURPLUS), default_value = "newest")]
    surplus: Surplus,
    /// Requests to connect in a minute; 0 for any number.
    #[arg(long, value_name = "N", default_value_t = Limits::default().connects_per_minute)]
    connects_per_minute: u32,
    /// Tweets that wait for a slow reader before it is disconnected.
    #[arg(long, value_name = "N", default_value_t = Limits::default().buffer, value_parser = at_least_one)]
    buffer: usize,
    /// Silence after which a heartbeat is sent; `off` for none.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = heartbeat)]
    heartbeat: Heartbeat,
    /// The most minutes of backfill; 0 for an account that has none.
    #[arg(long, value_name = "MINUTES", default_value_t = Limits::default().backfill_minutes, value_parser = clap::value_parser!(u32).range(0..=5))]
    backfill: u32,
    /// Tweets a second of a Recovery job.
    #[arg(long, value_name = "N", default_value_t = Limits::default().recovery_rate)]
    recovery_rate: u32,
    /// Recovery jobs at a time.
    #[arg(long, value_name = "N", default_value_t = Limits::default().recovery_jobs)]
    recovery_jobs: usize,
    /// Replay requests in five minutes; 0 for any number.
    #[arg(long, value_name = "N", default_value_t = Limits::default().replays)]
    replays: u32,
    /// Rules of a stream.
    #[arg(long, value_name = "N", default_value_t = Limits::default().rules)]
    rule_limit: usize,
    /// Requests to a rules endpoint in a minute; 0 for any number.
    #[arg(long, value_name = "N", default_value_t = Limits::default().rule_requests_per_minute)]
    rule_requests_per_minute: u32,
    /// How long a change of rules takes; another change is rejected meanwhile.
    #[arg(long, value_name = "DURATION", default_value = "0s")]
    rule_change_takes: Length,
    /// How long it takes until the stream follows changed rules.
    #[arg(long, value_name = "DURATION", default_value = "0s")]
    rule_delay: Length,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Trouble")]
struct Trouble {
    /// Something that goes wrong, and when: `reset:probability=0.001`, `silence:after=30s,for=40s`; again for more.
    /// `--help` lists them.
    #[arg(long, value_name = "FAULT[:WHEN]")]
    fault: Vec<Fault>,
}

/// clap wraps at 100 columns, so longer lines would break twice.
const WHEN_AND_EXAMPLES: &str = "
  When:
    probability=P    with this probability at each Tweet, or request
    after=DURATION   once, so long after the start, or after it was asked for
    every=N          at each Nth Tweet of a connection, or each Nth request
    nothing of these: at once
    times=N          at most so often
  What:
    for=DURATION     how long it lasts: silence, slow, stream-status, rules-status, rules-collide,
                     and how late a change is made: rules-late
    bytes=N          of slow and one-byte-chunks
    status=N         of stream-status and rules-status
    reset            a forced disconnect ends with a TCP reset, not in order

  While it runs:
    curl -d '{\"fault\":\"silence\",\"for\":\"40s\"}' http://127.0.0.1:8400/_sim/faults
    curl http://127.0.0.1:8400/_sim/faults             the faults, and how often each has happened
    curl -X DELETE http://127.0.0.1:8400/_sim/faults   no more faults
    curl http://127.0.0.1:8400/_sim/stats              connections, requests, Tweets, rules

Examples:
  ouzel sim
      2000 Tweets a second, of which those that a rule matches are sent to the user `sim` with the
      password `sim`
  ouzel sim --rate 50 --profile bursty --fault reset:probability=0.001 --oracle truth.jsonl
      connections that break; afterwards compare what your client holds with truth.jsonl
  ouzel sim --as-fast-as-possible --start 2026-01-01T00:00:00Z --limit 1000000
      a flood, the same bytes each time
";

/// The silence before a heartbeat. `None` if there are no heartbeats.
#[derive(Debug, Clone, Copy)]
struct Heartbeat(Option<Duration>);

fn heartbeat(text: &str) -> Result<Heartbeat, String> {
    if text == "off" {
        return Ok(Heartbeat(None));
    }
    match text.parse::<Length>()? {
        Length(Duration::ZERO) => Err("without silence there is no heartbeat".to_owned()),
        Length(silence) => Ok(Heartbeat(Some(silence))),
    }
}

/// The choices of an option: for each the word, what `--help` says about it, and what it means.
type Choices<T> = &'static [(&'static str, &'static str, T)];

const PROFILES: Choices<Profile> = &[
    ("steady", "the same all the time", Profile::Steady),
    (
        "bursty",
        "six seconds of each minute are eleven times as busy as the rest",
        Profile::Bursty,
    ),
    ("daily", "quiet nights and busy evenings", Profile::Daily),
    (
        "flood",
        "after four minutes at the rate, one at ten times the rate",
        Profile::Flood,
    ),
];

const FORMATS: Choices<Format> = &[
    ("native", "", Format::Native),
    ("activity", "", Format::Activity),
];

const SURPLUS: Choices<Surplus> = &[
    ("newest", "", Surplus::Newest),
    ("oldest", "", Surplus::Oldest),
];

fn one_of<T: Copy + Send + Sync>(choices: Choices<T>) -> impl TypedValueParser<Value = T> {
    let words = choices.iter().map(|(word, help, _)| {
        let value = PossibleValue::new(*word);
        if help.is_empty() {
            value
        } else {
            value.help(*help)
        }
    });
    PossibleValuesParser::new(words).try_map(|given| {
        let chosen = choices.iter().find(|(word, ..)| *word == given);
        chosen.map(|(.., meant)| *meant).ok_or("no such choice")
    })
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("it takes a whole number from 1".to_owned()),
    }
}

fn start(text: &str) -> Result<i64, String> {
    text.parse::<jiff::Timestamp>()
        .map(|time| time.as_millisecond())
        .map_err(|_| "write a time such as `2026-03-14T15:00:00Z`".to_owned())
}

fn after_help() -> String {
    let mut text = "Faults:\n".to_owned();
    for kind in FaultKind::all() {
        let _ = writeln!(text, "  {:<22}{}", kind.name(), kind.about());
    }
    text.push_str(WHEN_AND_EXAMPLES);
    text
}

impl SimSource {
    /// The options of a simulator inside `run --sim`.
    pub(crate) fn options(&self) -> SimOptions {
        SimOptions {
            rate: per_second(self.rate.unwrap_or(Rate::PerSecond(RATE))),
            seed: self.seed.unwrap_or(SEED),
            tweets: self.tweets.clone(),
            ..SimOptions::default()
        }
    }
}

impl Sim {
    /// The options of a simulator of its own.
    pub(crate) fn options(self) -> SimOptions {
        let (tweets, contract) = (self.tweets, self.contract);
        let rate = if tweets.as_fast_as_possible {
            Rate::Max
        } else {
            tweets.rate
        };
        SimOptions {
            listen: self.listen,
            port_file: self.port_file,
            accounts: self.account,
            labels: self.label,
            username: self.user,
            password: Secret::new(self.password),
            tls: self.tls.then_some(self.tls_cert),
            rate: per_second(rate),
            profile: tweets.profile,
            seed: tweets.seed,
            start_ms: tweets.start,
            tweets: tweets.tweets,
            about: tweets.about,
            limit: tweets.limit,
            format: tweets.format,
            heartbeat: contract.heartbeat.0,
            limits: Limits {
                connections: contract.connections,
                grace: contract.grace.0,
                surplus: contract.surplus,
                connects_per_minute: contract.connects_per_minute,
                rule_requests_per_minute: contract.rule_requests_per_minute,
                rules: contract.rule_limit,
                rule_change_takes: contract.rule_change_takes.0,
                rule_delay: contract.rule_delay.0,
                buffer: contract.buffer,
                backfill_minutes: contract.backfill,
                recovery_rate: contract.recovery_rate,
                recovery_jobs: contract.recovery_jobs,
                replays: contract.replays,
            },
            faults: self.trouble.fault,
            oracle: self.oracle,
        }
    }
}

fn per_second(rate: Rate) -> Option<f64> {
    match rate {
        Rate::PerSecond(rate) => Some(rate),
        Rate::Max => None,
    }
}
