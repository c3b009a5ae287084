//! `ouzel run`: the main job.

mod arguments;

use std::{
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

pub(super) use self::arguments::{Run, RunSettings};
use super::{
    STOPPING,
    folder::{simulated, warn_of_open_folder},
    print::{caution, say},
    runtime,
    summary::summary,
    tweets,
};
use crate::{
    error::Error,
    host::{lock::Lock, shutdown},
    ingest::Limits,
    pipeline::{self, JournalPlan, Plan, reconciler::RuleOptions},
    powertrack::{
        Credentials,
        connection::StreamOptions,
        endpoint::{Addresses, Endpoint},
    },
    settings::Settings,
    sim::{self, SimOptions},
    status::{StatusLine, short},
    worker::vetting::Steps,
};

/// The name under which ouzel remembers the rules that it added to the built-in simulator. Its address would not do,
/// because the simulator listens somewhere else each time.
const SIM_KEY: &str = "simulator";

/// Runs the script against the stream until something ends it.
pub(crate) fn run(arguments: &Run, line: &StatusLine) -> Result<(), Error> {
    let mut settings = Settings::read(arguments.given())?;
    if arguments.sim {
        settings.data_dir = simulated(&settings.data_dir);
    }
    let source = &arguments.source;
    if !arguments.sim && (source.rate.is_some() || source.seed.is_some() || source.tweets.is_some())
    {
        return Err(Error::Usage(
            "`--rate`, `--seed` and `--tweets` say what the simulator sends; they go with `--sim`"
                .to_owned(),
        ));
    }
    if let Some(tweets) = &source.tweets {
        tweets::check(tweets)?;
    }
    let simulator = arguments
        .sim
        .then(|| Simulator::start(source.options()))
        .transpose()?;
    let Account {
        endpoint,
        credentials,
        rules_key,
    } = match &simulator {
        Some(simulator) => simulated_account(simulator)?,
        None => account(&settings)?,
    };
    let lock = Lock::take(&settings.data_dir)?;
    warn_of_open_folder(&settings.data_dir);
    let plan = Plan {
        script: settings.script.clone(),
        script_limits: settings.script_limits,
        steps: Steps {
            test: settings.reload.test_on_save,
            shadow: settings.reload.shadow,
            shadow_refuses: settings.reload.shadow_refuse,
        },
        data_dir: settings.data_dir.clone(),
        database: settings.database(),
        sinks: settings.data_dir.join("sinks"),
        journal: journal(&settings, arguments.sim),
        endpoint,
        rules_key,
        rules: RuleOptions {
            policy: settings.rules.policy,
            check_every: settings.rules.check_every,
            only_plan: arguments.rules_only_plan,
        },
        credentials,
        // The simulator speaks plain HTTP.
        ca_file: settings.ca_file.clone().filter(|_| !arguments.sim),
        stream: StreamOptions {
            read_timeout: settings.read_timeout,
            max_line: settings.max_line,
            backfill_minutes: settings.backfill_minutes,
            last_received: None,
        },
        recovery: settings.recovery,
        debounce: settings.watch.then_some(settings.debounce),
        limit: arguments.limit,
        duration: arguments.duration(),
        volume: settings.volume,
        status: settings.status.0,
    };
    let database = plan.database.clone();
    let (snapshot, took, stream) = runtime()?.block_on(async {
        let shutdown = CancellationToken::new();
        let reload = Arc::<Notify>::default();
        shutdown::on_signals(shutdown.clone(), STOPPING, Some(Arc::clone(&reload)))
            .map_err(pipeline::Error::from)?;
        pipeline::run(plan, shutdown, reload, line).await
    })?;
    drop(lock);
    let list = match arguments.sim {
        true => format!(
            "ouzel quarantine list --data-dir {}",
            settings.data_dir.display()
        ),
        false => "ouzel quarantine list".to_owned(),
    };
    let counts = stream.counts();
    let over_long = counts.decoded.over_long;
    say(&summary(&snapshot, over_long, took, &database, &list));
    if let Some(simulator) = simulator {
        simulator.stop();
    }
    match arguments.duration() {
        Some(duration) if counts.connections == 0 && took >= duration => {
            Err(never_connected(duration, counts.attempts))
        }
        _ if counts.connections == 0 => {
            caution("the stream was never connected\n");
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The error of a run with a time limit that was never connected. Its caller must not take that for a quiet stream.
fn never_connected(duration: Duration, attempts: u64) -> Error {
    let tried = match attempts {
        0 => {
            "the rules endpoint had not answered by then, and the stream is only asked for after it"
                .to_owned()
        }
        1 => "the stream was asked for once".to_owned(),
        many => format!("the stream was asked for {many} times"),
    };
    Error::Failed(format!(
        "the stream was never connected in {}: {tried}\nhint: the log above says what went wrong; a longer `--for` gives it more time",
        short(duration)
    ))
}

fn journal(settings: &Settings, sim: bool) -> JournalPlan {
    let name = "journal";
    JournalPlan {
        name: name.to_owned(),
        folder: settings.data_dir.join(name),
        in_hand: settings.data_dir.join(format!("{name}.in-hand")),
        limits: Limits {
            retain: settings.journal.retain,
            max_size: settings.journal.max_size,
            sync: settings.journal.sync,
        },
        // The simulator begins anew with each run, even if it sends the same Tweets of a file.
        remembers: !sim,
    }
}

/// Where the service is, and who asks.
pub(super) struct Account {
    endpoint: Endpoint,
    credentials: Credentials,
    rules_key: String,
}

pub(super) fn account(settings: &Settings) -> Result<Account, Error> {
    let endpoint = Endpoint::new(&settings.addresses())?;
    let (username, password) = settings.credentials()?;
    Ok(Account {
        rules_key: endpoint.rules.to_string(),
        endpoint,
        credentials: Credentials { username, password },
    })
}

fn simulated_account(simulator: &Simulator) -> Result<Account, Error> {
    let options = SimOptions::default();
    Ok(Account {
        endpoint: Endpoint::new(&Addresses {
            url: Some(simulator.stream_url.clone()),
            rules_url: Some(simulator.rules_url.clone()),
            ..Addresses::default()
        })?,
        credentials: Credentials {
            username: options.username,
            password: options.password,
        },
        rules_key: SIM_KEY.to_owned(),
    })
}

/// The built-in simulator. It has a thread and a runtime of its own, because it plays the part of another machine.
struct Simulator {
    stream_url: String,
    rules_url: String,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Simulator {
    fn start(options: SimOptions) -> Result<Self, Error> {
        let (started, urls) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("simulator".to_owned())
            .spawn(move || serve(options, &started, stopped))
            .map_err(Error::system("cannot start the simulator"))?;
        let urls = urls.recv().map_err(|_| {
            Error::system("cannot start the simulator")(std::io::Error::other("its thread died"))
        })?;
        let (stream_url, rules_url) = urls?;
        Ok(Self {
            stream_url,
            rules_url,
            stop,
            thread,
        })
    }

    fn stop(self) {
        // If it has ended already, it need not be stopped.
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

type Urls = Result<(String, String), Error>;

fn serve(options: SimOptions, started: &mpsc::Sender<Urls>, stopped: oneshot::Receiver<()>) {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    runtime.block_on(async {
        match sim::start(options).await {
            Ok(running) => {
                let urls = (
                    running.stream_urls[0].clone(),
                    running.rules_urls[0].clone(),
                );
                let _ = started.send(Ok(urls));
                // This also returns if the run has failed and its end of the channel is gone.
                let _ = stopped.await;
                let _ = running.stop().await;
            }
            Err(error) => {
                let _ = started.send(Err(error.into()));
            }
        }
    });
}
