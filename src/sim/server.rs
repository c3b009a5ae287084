//! Starting and stopping the simulator.

use std::{
    fmt::Write as _,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State, connect_info::Connected},
    middleware::from_fn,
    routing::{get, post},
    serve::{IncomingStream, Listener},
};
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};

use super::{
    answer::Refusal,
    control,
    error::Error,
    options::SimOptions,
    rules,
    service::{Service, Stream},
    stats::Counts,
    stream,
    tls::{Tls, TlsListener},
    wire::{Wire, WireListener, note},
};

/// How often the oracle is flushed, so that others can read it.
const ORACLE_FLUSH: Duration = Duration::from_millis(200);

/// How long a stop waits for readers to take the end of their stream.
const GRACE: Duration = Duration::from_secs(1);

/// A simulator that listens. Dropped without [`Running::stop`], it goes on until its runtime ends.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The URL of each stream. The other endpoints come in the same order.
    pub stream_urls: Vec<String>,
    /// The rules endpoints.
    pub rules_urls: Vec<String>,
    /// The Replay endpoints.
    pub replay_urls: Vec<String>,
    /// The endpoints of the rules for Replay.
    pub replay_rules_urls: Vec<String>,
    /// The requests that control the simulator itself are below this URL.
    pub control_url: String,
    /// How many lines of the file of Tweets are not Tweets.
    pub skipped: u64,
    tls: Option<PathBuf>,
    pub(super) service: Arc<Service>,
    server: JoinHandle<io::Result<()>>,
}

/// Starts a simulator in the present runtime.
///
/// # Errors
/// If the options contradict each other, or a file or the address cannot be used.
pub async fn start(options: SimOptions) -> Result<Running, Error> {
    if options.tls.is_none() && !options.listen.ip().is_loopback() {
        return Err(Error::PlainRemote {
            address: options.listen,
        });
    }
    check_names(&options.accounts)?;
    check_names(&options.labels)?;
    let (service, skipped) = Service::new(&options)?;
    let service = Arc::new(service);
    let failed = |source| Error::Listen {
        address: options.listen,
        source,
    };
    let tcp = TcpListener::bind(options.listen).await.map_err(failed)?;
    let address = tcp.local_addr().map_err(failed)?;
    let server = match &options.tls {
        Some(path) => {
            let tls = Tls::new(address)?;
            write(path, &tls.ca_pem)?;
            serve(TlsListener::new(tcp, tls.config), &service)
        }
        None => serve(WireListener(tcp), &service),
    };
    if let Some(path) = &options.port_file {
        write(path, &address.to_string())?;
    }
    for stream in &service.streams {
        let (stream, stop) = (Arc::clone(stream), service.stop.clone());
        if stream.timeline.setup.paced {
            tokio::spawn(stop.run_until_cancelled_owned(async move {
                stream.timeline.run(&stream.live, &stream.gate).await;
            }));
        }
    }
    if let Some(oracle) = service.oracle.clone() {
        let stop = service.stop.clone();
        tokio::spawn(stop.run_until_cancelled_owned(async move {
            loop {
                tokio::time::sleep(ORACLE_FLUSH).await;
                oracle.flush();
            }
        }));
    }
    let scheme = if options.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let urls = |kind: &str, rules: &str| {
        let url = |stream: &Arc<Stream>| {
            let (account, label) = (&stream.account, &stream.label);
            format!(
                "{scheme}://{address}/{kind}/{rules}/accounts/{account}/publishers/twitter/{label}.json"
            )
        };
        service.streams.iter().map(url).collect::<Vec<_>>()
    };
    Ok(Running {
        address,
        stream_urls: urls("stream", "powertrack"),
        rules_urls: urls("rules", "powertrack"),
        replay_urls: urls("replay", "powertrack"),
        replay_rules_urls: urls("rules", "powertrack-replay"),
        control_url: format!("{scheme}://{address}/_sim"),
        skipped,
        tls: options.tls,
        service,
        server,
    })
}

/// Checks the names: they stand in URLs without escaping.
fn check_names(names: &[String]) -> Result<(), Error> {
    let is_fit = |sign: u8| sign.is_ascii_alphanumeric() || b"-_.~".contains(&sign);
    for (at, name) in names.iter().enumerate() {
        if name.is_empty() || !name.bytes().all(is_fit) || names[..at].contains(name) {
            return Err(Error::Name { name: name.clone() });
        }
    }
    Ok(())
}

impl Running {
    /// The counters.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.service.counts()
    }

    /// A text for somebody who has just started it: the URLs, and commands to try.
    #[must_use]
    pub fn greeting(&self) -> String {
        let user = match (
            self.service.username.as_str(),
            self.service.password.reveal(),
        ) {
            // These are no secret. With another password, curl asks for it.
            ("sim", "sim") => "sim:sim",
            (user, _) => user,
        };
        let trust = self.tls.as_ref().map_or_else(String::new, |path| {
            format!(" --cacert '{}'", path.display())
        });
        let mut text = String::new();
        for number in 0..self.stream_urls.len() {
            let _ = write!(
                text,
                "stream        {}\n\
                 rules         {}\n\
                 replay        {}\n\
                 replay rules  {}\n",
                self.stream_urls[number],
                self.rules_urls[number],
                self.replay_urls[number],
                self.replay_rules_urls[number],
            );
        }
        let (stream, rules) = (&self.stream_urls[0], &self.rules_urls[0]);
        let control = &self.control_url;
        let _ = write!(
            text,
            "counters      {control}/stats\n\
             faults        {control}/faults\n\
             add a rule:  curl -sS{trust} -u '{user}' -d '{{\"rules\":[{{\"value\":\"coffee\",\"tag\":\"try\"}}]}}' '{rules}'\n\
             read Tweets: curl -sSN{trust} -u '{user}' --compressed '{stream}'\n"
        );
        text
    }

    /// Ends all streams in order and stops listening.
    ///
    /// # Errors
    /// If serving had failed before.
    pub async fn stop(self) -> Result<(), Error> {
        let Self {
            service,
            mut server,
            ..
        } = self;
        service.stop.cancel();
        let stopped = timeout(GRACE, &mut server).await;
        if let Some(oracle) = &service.oracle {
            oracle.flush();
        }
        match stopped {
            Ok(Ok(Err(error))) => Err(Error::Serve(error)),
            Ok(_) => Ok(()),
            Err(_) => {
                // A reader does not read. Its connection ends with the runtime.
                server.abort();
                Ok(())
            }
        }
    }
}

fn serve<L>(listener: L, service: &Arc<Service>) -> JoinHandle<io::Result<()>>
where
    L: Listener,
    L::Addr: std::fmt::Debug,
    Wire: for<'a> Connected<IncomingStream<'a, L>>,
{
    let stop = service.stop.clone().cancelled_owned();
    let app = app(Arc::clone(service)).into_make_service_with_connect_info::<Wire>();
    let server = axum::serve(listener, app).with_graceful_shutdown(stop);
    tokio::spawn(async move { server.await })
}

fn app(service: Arc<Service>) -> Router {
    const LABEL: &str = "accounts/{account}/publishers/twitter/{file}";
    const RULES: &str = "accounts/{account}/publishers/twitter/{label}";
    let mut router = Router::new()
        .route(&format!("/stream/powertrack/{LABEL}"), get(stream::connect))
        .route(&format!("/replay/powertrack/{LABEL}"), get(stream::replay));
    // Rules for Replay are a set of their own. [source: xd/powertrack-api]
    for set in ["powertrack", "powertrack-replay"] {
        router = router
            .route(
                &format!("/rules/{set}/{LABEL}"),
                get(rules::list).post(rules::change),
            )
            .route(
                &format!("/rules/{set}/{RULES}/rules/{{file}}"),
                get(rules::one),
            )
            .route(
                &format!("/rules/{set}/{RULES}/validation.json"),
                post(rules::validate),
            );
    }
    let control = Router::new()
        .route("/_sim/stats", get(control::stats))
        .route(
            "/_sim/faults",
            get(control::faults)
                .post(control::add_faults)
                .delete(control::clear_faults),
        )
        .layer(from_fn(control::only_own));
    router
        .merge(control)
        .method_not_allowed_fallback(async |State(service): State<Arc<Service>>, _: Request| {
            service.answered("other", Err(Refusal::NoSuchMethod))
        })
        .fallback(async |State(service): State<Arc<Service>>, _: Request| {
            service.answered("other", Err(Refusal::NoSuchStream))
        })
        .layer(from_fn(note))
        .with_state(service)
}

/// Writes a file under another name and renames it, so that nobody sees half of it.
fn write(path: &Path, content: &str) -> Result<(), Error> {
    let failed = |source| Error::Write {
        path: path.to_owned(),
        source,
    };
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    fs::write(&unfinished, content).map_err(failed)?;
    fs::rename(&unfinished, path).map_err(failed)
}
