//! Where the status server listens.

use std::{
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
};

use serde::Deserialize;

/// Prometheus knows this port as free.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

/// An address, or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatusListen(pub Option<SocketAddr>);

/// The section of the file.
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
