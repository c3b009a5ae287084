//! Starting and stopping the simulator.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Request, State},
    routing::{get, post},
    serve::{Listener, ListenerExt},
};
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};

use super::{
    answer::Refusal,
    error::Error,
    feed::Source,
    options::SimOptions,
    rules,
    service::{Identity, Service},
    stats::Counts,
    stream,
    tls::{Tls, TlsListener},
};
/// How long a stop waits for readers to take the end of their stream.
const GRACE: Duration = Duration::from_secs(1);

/// A simulator that listens. Dropped without [`Running::stop`], it goes on until its runtime ends.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The URL of the stream.
    pub stream_url: String,
    /// The URL of the rules endpoint.
    pub rules_url: String,
    /// Lines of the file of Tweets that are not Tweets.
    pub skipped: u64,
    tls: Option<PathBuf>,
    service: Arc<Service>,
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
    let rate = options.rate.filter(|rate| *rate != 0.0);
    if let Some(rate) = rate.filter(|rate| !rate.is_finite() || *rate < 0.0) {
        return Err(Error::Rate { rate });
    }
    let (source, skipped) = match &options.tweets {
        Some(path) => Source::file(path, rate, options.limit)?,
        None => (
            Source::made(options.seed, options.start_ms, rate, options.limit),
            0,
        ),
    };
    let failed = |source| Error::Listen {
        address: options.listen,
        source,
    };
    let tcp = TcpListener::bind(options.listen).await.map_err(failed)?;
    let address = tcp.local_addr().map_err(failed)?;
    let identity = Identity {
        account: options.account,
        label: options.label,
        username: options.username,
        password: options.password,
    };
    let service = Arc::new(Service::new(identity, source, options.heartbeat));
    let server = match &options.tls {
        Some(path) => {
            let tls = Tls::new(address)?;
            write(path, &tls.ca_pem)?;
            serve(TlsListener::new(tcp, tls.config), &service)
        }
        None => {
            let tcp = tcp.tap_io(|stream| {
                // Lines are small and must not wait for more of them; without it they are just later.
                let _ = stream.set_nodelay(true);
            });
            serve(tcp, &service)
        }
    };
    if let Some(path) = &options.port_file {
        write(path, &address.to_string())?;
    }
    let scheme = if options.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let url = |kind: &str| {
        let (account, label) = (&service.account, &service.label);
        format!(
            "{scheme}://{address}/{kind}/powertrack/accounts/{account}/publishers/twitter/{label}.json"
        )
    };
    Ok(Running {
        address,
        stream_url: url("stream"),
        rules_url: url("rules"),
        skipped,
        tls: options.tls,
        service,
        server,
    })
}

impl Running {
    /// The counters.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.service.counts()
    }

    /// What to tell somebody who has just started it: the URLs, and commands to try.
    #[must_use]
    pub fn greeting(&self) -> String {
        let Self {
            stream_url,
            rules_url,
            ..
        } = self;
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
        format!(
            "stream  {stream_url}\n\
             rules   {rules_url}\n\
             add a rule:  curl -sS{trust} -u '{user}' -d '{{\"rules\":[{{\"value\":\"coffee\",\"tag\":\"try\"}}]}}' '{rules_url}'\n\
             read Tweets: curl -sSN{trust} -u '{user}' --compressed '{stream_url}'\n"
        )
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
        match timeout(GRACE, &mut server).await {
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
{
    let stop = service.stop.clone().cancelled_owned();
    let server = axum::serve(listener, app(Arc::clone(service))).with_graceful_shutdown(stop);
    tokio::spawn(async move { server.await })
}

fn app(service: Arc<Service>) -> Router {
    const STREAM: &str = "/stream/powertrack/accounts/{account}/publishers/twitter/{file}";
    const RULES: &str = "/rules/powertrack/accounts/{account}/publishers/twitter";
    Router::new()
        .route(STREAM, get(stream::connect))
        .route(
            &format!("{RULES}/{{file}}"),
            get(rules::list).post(rules::change),
        )
        .route(
            &format!("{RULES}/{{label}}/rules/{{file}}"),
            get(rules::one),
        )
        .route(
            &format!("{RULES}/{{label}}/validation.json"),
            post(rules::validate),
        )
        .route(
            "/_sim/stats",
            get(async |State(service): State<Arc<Service>>| Json(service.counts())),
        )
        .fallback(async |State(service): State<Arc<Service>>, _: Request| {
            service.stats.answered("other", Refusal::NoSuchStream)
        })
        .with_state(service)
}

/// Writes a file so that whoever sees it sees all of it.
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
