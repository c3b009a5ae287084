//! Tells a request of this machine's user from one that a web page has caused. Pure: no IO.

use std::net::IpAddr;

/// Whether a server shall answer a request with these headers.
///
/// A page from elsewhere can send requests to this machine, and by rebinding its name even read the answers. Its requests
/// then have that name for a host: so only addresses and `localhost` are answered, which no name server gives out. And
/// browsers say where a page that posts comes from.
#[must_use]
pub fn is_own(host: Option<&str>, origin: Option<&str>) -> bool {
    let Some(host) = host else {
        // Browsers always send it.
        return origin.is_none();
    };
    let is_here = is_here(host);
    let same = origin.is_none_or(|origin| {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    });
    is_here && same
}

/// Whether a host, with or without a port, is an address or this machine's own name for itself.
fn is_here(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let is_localhost =
        name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost");
    is_localhost || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_of_this_machine_are_answered() {
        for (host, origin, expected) in [
            (Some("127.0.0.1:9464"), None, true),
            (Some("[::1]:9464"), None, true),
            (Some("[::1]"), None, true),
            (Some("192.168.1.5:9464"), None, true),
            (Some("LocalHost:1"), None, true),
            (Some("localhost"), None, true),
            (Some("localhost:1"), Some("http://localhost:1"), true),
            (None, None, true),
            (Some("evil.example:9464"), None, false),
            (Some("localhost.evil.example"), None, false),
            (Some("127.0.0.1.evil.example:80"), None, false),
            (Some(""), None, false),
            (Some("127.0.0.1:1"), Some("http://evil.example"), false),
            (Some("127.0.0.1:1"), Some("http://127.0.0.1:2"), false),
            (Some("127.0.0.1:1"), Some("null"), false),
            (None, Some("http://evil.example"), false),
        ] {
            assert_eq!(is_own(host, origin), expected, "{host:?} {origin:?}");
        }
    }
}
