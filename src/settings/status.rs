//! The address of the status server.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
};

use serde::Deserialize;

/// The default address. Prometheus's list of ports has this one as free.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

/// The address to listen on; `None` for `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatusListen(pub Option<SocketAddr>);

/// The section `[status]` of the settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct StatusFile {
    pub(super) listen: Option<StatusListen>,
}

impl Default for StatusListen {
    fn default() -> Self {
        Self(Some(LISTEN))
    }
}

impl fmt::Display for StatusListen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("off"),
        }
    }
}

impl FromStr for StatusListen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self(None)),
            address => address
                .parse()
                .map(|address| Self(Some(address)))
                .map_err(|_| {
                    format!("`{text}` is no address; write one such as `127.0.0.1:9464`, or `off`")
                }),
        }
    }
}

impl<'de> Deserialize<'de> for StatusListen {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
