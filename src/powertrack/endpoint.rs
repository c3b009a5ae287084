//! Where the service is.

use std::net::IpAddr;

use hyper::Uri;

use super::error::Error;

/// The host names to use where only account and label are given. Four names of each are in
/// circulation and the published pages mix them, so all of this can be set [reference 1.2].
const HOSTS: Hosts = Hosts {
    stream: "gnip-stream.twitter.com",
    rules: "data-api.twitter.com",
};

struct Hosts {
    stream: &'static str,
    rules: &'static str,
}

/// What the settings say about where the service is.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// The account's name, case-sensitive.
    pub account: Option<String>,
    /// The stream's label, case-sensitive.
    pub label: Option<String>,
    /// The stream's full URL, which wins over account and label.
    pub url: Option<String>,
    /// The rules endpoint's full URL, which wins over account and label.
    pub rules_url: Option<String>,
    /// The Replay stream's full URL, where the account has Replay.
    pub replay_url: Option<String>,
    /// The full URL of its rules, where it does not follow from that of the stream's rules.
    pub replay_rules_url: Option<String>,
}

/// The URLs that everything else is derived from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `GET` gives the stream.
    pub stream: Uri,
    /// `GET` lists the rules, `POST` changes them.
    pub rules: Uri,
    /// Replay, where the account has it.
    pub replay: Option<ReplayEndpoint>,
}

/// Where Replay is: a stream and rules of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayEndpoint {
    /// `GET` replays.
    pub stream: Uri,
    /// As for the stream's rules.
    pub rules: Uri,
}

impl Endpoint {
    /// The URLs given, completed from account and label.
    ///
    /// # Errors
    /// If a URL is missing or cannot be used; plain `http` is for loopback addresses only, since
    /// Basic credentials never cross a network in the clear.
    pub fn new(addresses: &Addresses) -> Result<Self, Error> {
        let stream = match &addresses.url {
            Some(url) => parse("url", url)?,
            None => composed(addresses, HOSTS.stream, "stream", "url")?,
        };
        let rules = match &addresses.rules_url {
            Some(url) => parse("rules_url", url)?,
            None => composed(addresses, HOSTS.rules, "rules", "rules_url")?,
        };
        let replay = replay(addresses, &rules)?;
        Ok(Self {
            stream,
            rules,
            replay,
        })
    }
}

/// The rules of Replay lie beside those of the stream, under another name [reference 1.2].
fn replay(addresses: &Addresses, rules: &Uri) -> Result<Option<ReplayEndpoint>, Error> {
    let Some(url) = &addresses.replay_url else {
        return Ok(None);
    };
    let stream = parse("replay_url", url)?;
    let option = "replay_rules_url";
    let rules = match &addresses.replay_rules_url {
        Some(url) => parse(option, url)?,
        None => {
            let (from, to) = ("/rules/powertrack/", "/rules/powertrack-replay/");
            let text = rules.to_string();
            if !text.contains(from) {
                return Err(Error::Setting {
                    option,
                    reason: format!(
                        "it is not set, and does not follow from `rules_url`, which has no `{from}` in it"
                    ),
                });
            }
            parse(option, &text.replacen(from, to, 1))?
        }
    };
    Ok(Some(ReplayEndpoint { stream, rules }))
}

/// [reference 1.2]
fn composed(
    addresses: &Addresses,
    host: &str,
    kind: &str,
    option: &'static str,
) -> Result<Uri, Error> {
    let account = segment("account", addresses.account.as_deref(), option)?;
    let label = segment("label", addresses.label.as_deref(), option)?;
    parse(
        option,
        &format!(
            "https://{host}/{kind}/powertrack/accounts/{account}/publishers/twitter/{label}.json"
        ),
    )
}

/// A name that stands in a path as it is.
fn segment<'a>(option: &'static str, text: Option<&'a str>, url: &str) -> Result<&'a str, Error> {
    let wrong = |reason| Err(Error::Setting { option, reason });
    match text {
        None | Some("") => wrong(format!(
            "it is not set, and neither is `{url}`\nhint: without an account, try `ouzel run --sim`"
        )),
        Some("." | "..") => wrong("it is not a name".to_owned()),
        Some(text) => {
            let odd = |c: char| !(c.is_ascii_alphanumeric() || "-_.~".contains(c));
            match text.chars().find(|&c| odd(c)) {
                None => Ok(text),
                Some(c) => wrong(format!(
                    "it contains {c:?}; give `{url}` in full if that is meant"
                )),
            }
        }
    }
}

/// No message repeats the URL: it may hold a password in the wrong place.
fn parse(option: &'static str, text: &str) -> Result<Uri, Error> {
    let wrong = |reason: String| Error::Setting { option, reason };
    let uri: Uri = text
        .parse()
        .map_err(|error| wrong(format!("it is not a URL: {error}")))?;
    let authority = uri
        .authority()
        .ok_or_else(|| wrong("it has no host".to_owned()))?;
    if authority.as_str().contains('@') {
        return Err(wrong(
            "it contains credentials; set `username` and `password` instead".to_owned(),
        ));
    }
    let host = authority.host();
    if host.is_empty() {
        return Err(wrong("it has no host".to_owned()));
    }
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_loopback(host) => Ok(uri),
        Some("http") => Err(wrong(
            "plain `http` would send the password in the clear, so it is for loopback addresses only; use `https`"
                .to_owned(),
        )),
        Some(scheme) => Err(wrong(format!("`{scheme}` is not `https`"))),
        None => Err(wrong("it does not start with `https://`".to_owned())),
    }
}

/// The URL of a setting with one more parameter.
pub(super) fn with_query(option: &'static str, uri: &Uri, query: &str) -> Result<Uri, Error> {
    let separator = if uri.query().is_some() { '&' } else { '?' };
    format!("{uri}{separator}{query}")
        .parse()
        .map_err(|error| Error::Setting {
            option,
            reason: format!("it cannot take a query: {error}"),
        })
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(url: &str, expected: Expect) {
        let addresses = Addresses {
            url: Some(url.to_owned()),
            rules_url: Some("https://rules.example/r.json".to_owned()),
            ..Addresses::default()
        };
        let text = match Endpoint::new(&addresses) {
            Ok(endpoint) => endpoint.stream.to_string(),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&text);
    }

    fn named(account: Option<&str>, label: Option<&str>, expected: Expect) {
        let addresses = Addresses {
            account: account.map(str::to_owned),
            label: label.map(str::to_owned),
            ..Addresses::default()
        };
        let text = match Endpoint::new(&addresses) {
            Ok(endpoint) => format!("{}\n{}", endpoint.stream, endpoint.rules),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn account_and_label_make_both_urls() {
        named(
            Some("Acme-1"),
            Some("prod"),
            expect![[r#"
            https://gnip-stream.twitter.com/stream/powertrack/accounts/Acme-1/publishers/twitter/prod.json
            https://data-api.twitter.com/rules/powertrack/accounts/Acme-1/publishers/twitter/prod.json"#]],
        );
        named(
            None,
            Some("prod"),
            expect![[r#"
                `account` cannot be used: it is not set, and neither is `url`
                hint: without an account, try `ouzel run --sim`"#]],
        );
        named(
            Some("acme"),
            Some(""),
            expect![[r#"
                `label` cannot be used: it is not set, and neither is `url`
                hint: without an account, try `ouzel run --sim`"#]],
        );
        named(
            Some("a/b"),
            Some("prod"),
            expect![
                "`account` cannot be used: it contains '/'; give `url` in full if that is meant"
            ],
        );
        named(
            Some(".."),
            Some("prod"),
            expect!["`account` cannot be used: it is not a name"],
        );
    }

    #[test]
    fn full_urls_win() {
        let addresses = Addresses {
            account: Some("acme".into()),
            label: Some("prod".into()),
            url: Some("http://127.0.0.1:9/s.json".into()),
            ..Addresses::default()
        };
        let endpoint = Endpoint::new(&addresses).unwrap();
        assert_eq!(endpoint.stream, "http://127.0.0.1:9/s.json");
        assert_eq!(endpoint.rules.host(), Some(HOSTS.rules));
    }

    #[test]
    fn the_rules_of_replay_follow_from_those_of_the_stream() {
        let mut addresses = Addresses {
            account: Some("acme".into()),
            label: Some("prod".into()),
            replay_url: Some("https://replay.example/r.json".into()),
            ..Addresses::default()
        };
        let replay = Endpoint::new(&addresses).unwrap().replay.unwrap();
        assert_eq!(
            replay.rules,
            "https://data-api.twitter.com/rules/powertrack-replay/accounts/acme/publishers/twitter/prod.json"
        );
        addresses.rules_url = Some("https://rules.example/r.json".into());
        let error = Endpoint::new(&addresses).unwrap_err().to_string();
        assert!(
            error.starts_with("`replay_rules_url` cannot be used: it is not set"),
            "{error}"
        );
        addresses.replay_rules_url = Some("https://rules.example/replay.json".into());
        assert!(Endpoint::new(&addresses).unwrap().replay.is_some());
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        check(
            "http://127.0.0.1:8080/s.json",
            expect!["http://127.0.0.1:8080/s.json"],
        );
        check(
            "http://127.9.9.9/s.json",
            expect!["http://127.9.9.9/s.json"],
        );
        check(
            "http://[::1]:8080/s.json",
            expect!["http://[::1]:8080/s.json"],
        );
        check(
            "http://LocalHost:1/s.json",
            expect!["http://LocalHost:1/s.json"],
        );
        check(
            "http://example.com/s.json",
            expect![
                "`url` cannot be used: plain `http` would send the password in the clear, so it is for loopback addresses only; use `https`"
            ],
        );
        check(
            "http://127.0.0.1.example.com/s.json",
            expect![
                "`url` cannot be used: plain `http` would send the password in the clear, so it is for loopback addresses only; use `https`"
            ],
        );
        check(
            "http://10.0.0.1/s.json",
            expect![
                "`url` cannot be used: plain `http` would send the password in the clear, so it is for loopback addresses only; use `https`"
            ],
        );
        check(
            "https://example.com/s.json?partition=1",
            expect!["https://example.com/s.json?partition=1"],
        );
    }

    #[test]
    fn a_url_that_cannot_be_used_says_why() {
        check(
            "ftp://example.com/",
            expect!["`url` cannot be used: `ftp` is not `https`"],
        );
        check(
            "example.com/s.json",
            expect!["`url` cannot be used: it is not a URL: invalid format"],
        );
        check(
            "example.com",
            expect!["`url` cannot be used: it does not start with `https://`"],
        );
        check("/s.json", expect!["`url` cannot be used: it has no host"]);
        check(
            "",
            expect!["`url` cannot be used: it is not a URL: empty string"],
        );
        check(
            "https://me:secret@example.com/",
            expect![
                "`url` cannot be used: it contains credentials; set `username` and `password` instead"
            ],
        );
        check(
            "https://me@example.com/",
            expect![
                "`url` cannot be used: it contains credentials; set `username` and `password` instead"
            ],
        );
        check(
            "https://exa mple.com/",
            expect!["`url` cannot be used: it is not a URL: invalid uri character"],
        );
    }
}
