//! Which run a command asks by its status address.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

use clap::Args;

use super::{set, set_path};
use crate::{
    error::Error,
    settings::{Given, Settings, StatusListen},
};

/// The status address of a run, and the settings that may name it.
#[derive(Debug, Args)]
pub(crate) struct RunAddress {
    /// The address of the run [default: `listen` in `[status]`, or 127.0.0.1:9464].
    ///
    /// For a run on another machine, forward its port with `ssh -L 9464:127.0.0.1:9464 THERE`.
    #[arg(long, value_name = "HOST:PORT")]
    address: Option<String>,
    #[arg(long, hide = true, env = "OUZEL_STATUS_LISTEN", hide_env = true)]
    status_listen: Option<StatusListen>,
    /// Read settings from this file [default: ouzel.toml, where there is one].
    #[arg(long, value_name = "FILE", env = "OUZEL_CONFIG")]
    config: Option<PathBuf>,
}

impl RunAddress {
    /// The address, as text that can be connected to.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is none, or if it is no address.
    pub(super) fn find(&self) -> Result<String, Error> {
        if let Some(address) = set(&self.address) {
            return given(&address);
        }
        let settings = Settings::read(Given {
            config: set_path(&self.config),
            status: self.status_listen,
            ..Given::default()
        })?;
        of_settings(settings.status)
    }
}

fn given(text: &str) -> Result<String, Error> {
    // People copy it from a browser.
    let address = text.strip_prefix("http://").unwrap_or(text);
    let address = address.trim_end_matches('/');
    let port = address
        .rsplit_once(':')
        .filter(|(host, _)| !host.is_empty());
    match port.map(|(_, port)| port.parse::<u16>()) {
        Some(Ok(1..)) => Ok(address.to_owned()),
        _ => Err(Error::Usage(format!(
            "`--address {text}` is no address; write one such as `127.0.0.1:9464`"
        ))),
    }
}

fn of_settings(listen: StatusListen) -> Result<String, Error> {
    let no = |why: &str| {
        Err(Error::Usage(format!(
            "{why}, so no run can be asked there\nhint: `--address` names the address of a run"
        )))
    };
    match listen.0 {
        None => no("`listen` in `[status]` is `off`"),
        Some(address) if address.port() == 0 => no("`listen` in `[status]` leaves the port open"),
        Some(address) if address.ip().is_unspecified() => {
            // It listens everywhere, so also here.
            let here = match address {
                SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
                SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            };
            Ok(SocketAddr::new(here, address.port()).to_string())
        }
        Some(address) => Ok(address.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_people_have_it() {
        for (text, expected) in [
            ("127.0.0.1:9464", Some("127.0.0.1:9464")),
            ("http://localhost:80/", Some("localhost:80")),
            ("[::1]:9464", Some("[::1]:9464")),
            ("127.0.0.1", None),
            (":9464", None),
            ("host:0", None),
            ("host:port", None),
        ] {
            assert_eq!(given(text).ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn an_address_that_means_all_is_asked_here() {
        let of = |text: &str| of_settings(text.parse().unwrap()).ok();
        assert_eq!(of("0.0.0.0:1").as_deref(), Some("127.0.0.1:1"));
        assert_eq!(of("[::]:1").as_deref(), Some("[::1]:1"));
        assert_eq!(of("10.0.0.1:1").as_deref(), Some("10.0.0.1:1"));
        assert_eq!(of("127.0.0.1:0"), None);
        assert_eq!(of("off"), None);
    }
}
