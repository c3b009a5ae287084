//! Where the service is.

use std::{fmt, net::IpAddr, str::FromStr};

use hyper::Uri;

use super::error::Error;

/// The host names that are used if only account and label are given. Four names for each are in circulation, and the
/// published pages mix them, so all of this can be set [reference 1.2].
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
pub(crate) struct Addresses {
    /// The account's name, case-sensitive.
    pub account: Option<String>,
    /// The stream's label, case-sensitive.
    pub label: Option<String>,
    /// The stream's full URL. It wins over account and label.
    pub url: Option<String>,
    /// The rules endpoint's full URL. It wins over account and label.
    pub rules_url: Option<String>,
    /// The Replay stream's full URL, if the account has Replay.
    pub replay_url: Option<String>,
    /// The full URL of Replay's rules, if it cannot be derived from the URL of the stream's rules.
    pub replay_rules_url: Option<String>,
}

/// The URLs that everything else is derived from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// `GET` gives the stream.
    pub stream: Uri,
    /// `GET` lists the rules, `POST` changes them.
    pub rules: Uri,
    /// Replay, if the account has it.
    pub replay: Option<ReplayEndpoint>,
}

/// Where Replay is. Replay has its own stream and its own rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplayEndpoint {
    /// `GET` starts a replay.
    pub stream: Uri,
    /// Works like the endpoint of the stream's rules.
    pub rules: Uri,
}

impl Endpoint {
    /// Takes the given URLs, and makes the missing ones from account and label.
    ///
    /// # Errors
    /// If a URL is missing or cannot be used. Plain `http` is only for loopback addresses, because Basic credentials
    /// must never cross a network in the clear.
    pub(crate) fn new(addresses: &Addresses) -> Result<Self, Error> {
        let stream = match &addresses.url {
            Some(url) => url_of(Part::Stream, url, addresses)?,
            None => composed(addresses, HOSTS.stream, "stream", "url")?,
        };
        let rules = match &addresses.rules_url {
            Some(url) => url_of(Part::Rules, url, addresses)?,
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

/// One of the account's rule sets: that of a stream, or that of its Replay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RuleSetName {
    /// The stream's label, if it is not the one in the settings.
    pub label: Option<String>,
    /// Replay has a rule set of its own [reference 2.12].
    pub is_replay: bool,
}

impl FromStr for RuleSetName {
    type Err = String;

    /// `LABEL`, or `replay:LABEL`. No label contains a colon.
    fn from_str(text: &str) -> Result<Self, String> {
        let (is_replay, label) = match text.strip_prefix("replay:") {
            Some(label) => (true, label),
            None => (false, text),
        };
        if label.is_empty() {
            return Err("it is no label; write `LABEL` or `replay:LABEL`".to_owned());
        }
        Ok(Self {
            label: Some(label.to_owned()),
            is_replay,
        })
    }
}

impl fmt::Display for RuleSetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_replay, &self.label) {
            (true, Some(label)) => write!(f, "replay:{label}"),
            (false, Some(label)) => f.write_str(label),
            (true, None) => f.write_str("the rules of Replay"),
            (false, None) => f.write_str("the rules of the stream"),
        }
    }
}

impl RuleSetName {
    /// The URL of its rules endpoint. The URL of the stream is not needed for it.
    ///
    /// # Errors
    /// As for [`Endpoint::new`]; also if the URL of another label or of Replay does not follow from `rules_url`.
    pub(crate) fn url(&self, addresses: &Addresses) -> Result<Uri, Error> {
        let own = match &addresses.rules_url {
            Some(url) => url_of(Part::Rules, url, addresses)?,
            None if self.label.is_none() => composed(addresses, HOSTS.rules, "rules", "rules_url")?,
            None => {
                let labelled = Addresses {
                    label: self.label.clone(),
                    ..addresses.clone()
                };
                composed(&labelled, HOSTS.rules, "rules", "rules_url")?
            }
        };
        let rules = match &self.label {
            Some(label) => with_label(&own, label)?,
            None => own.clone(),
        };
        if !self.is_replay {
            return Ok(rules);
        }
        // The setting is for the label of the settings.
        let is_own = match &addresses.rules_url {
            Some(_) => rules == own,
            None => self.label.is_none() || self.label == addresses.label,
        };
        match &addresses.replay_rules_url {
            Some(url) if is_own => url_of(Part::ReplayRules, url, addresses),
            _ => replay_rules(&rules),
        }
    }
}

/// The URL of the same endpoint for another label, which is the last part of its path [reference 1.2].
fn with_label(rules: &Uri, label: &str) -> Result<Uri, Error> {
    let labelled = Addresses {
        label: Some(label.to_owned()),
        ..Addresses::default()
    };
    let label = segment("label", &labelled, "rules_url")?;
    let (before, _) = endpoint_file(rules).ok_or_else(|| Error::Setting {
        option: "rules_url",
        reason: format!(
            "it does not end in `/{{label}}.json`, so the URL for the label `{label}` does not follow from it"
        ),
    })?;
    parse("rules_url", &format!("{before}{label}.json"))
}

/// The URL of the endpoint that validates rules and keeps none [reference 3.8].
pub(super) fn validation_url(rules: &Uri) -> Result<Uri, Error> {
    let (before, label) = endpoint_file(rules).ok_or_else(|| Error::Setting {
        option: "rules_url",
        reason: "it does not end in `/{label}.json`, so the URL of the validation does not follow from it".to_owned(),
    })?;
    parse("rules_url", &format!("{before}{label}/validation.json"))
}

/// A rules endpoint's URL up to the label, and the label. A query is left out.
fn endpoint_file(rules: &Uri) -> Option<(String, String)> {
    let url = rules.to_string();
    let path = url.split('?').next()?;
    let (before, file) = path.rsplit_once('/')?;
    let label = file
        .strip_suffix(".json")
        .filter(|label| !label.is_empty())?;
    Some((format!("{before}/"), label.to_owned()))
}

/// What a URL of the service is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Stream,
    Rules,
    Replay,
    ReplayRules,
}

impl Part {
    const ALL: [Self; 4] = [Self::Stream, Self::Rules, Self::Replay, Self::ReplayRules];

    /// The setting that holds this URL.
    fn option(self) -> &'static str {
        match self {
            Self::Stream => "url",
            Self::Rules => "rules_url",
            Self::Replay => "replay_url",
            Self::ReplayRules => "replay_rules_url",
        }
    }

    /// A piece of a path that only URLs of this part contain [reference 1.2].
    fn mark(self) -> &'static str {
        match self {
            Self::Stream => "/stream/powertrack/",
            Self::Rules => "/rules/powertrack/",
            Self::Replay => "/replay/powertrack/",
            Self::ReplayRules => "/rules/powertrack-replay/",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Stream => "the stream",
            Self::Rules => "the rules endpoint",
            Self::Replay => "the Replay stream",
            Self::ReplayRules => "the rules of Replay",
        }
    }

    /// Which part a path belongs to. `None` if the path is not one of the service's: a proxy may have any.
    fn of(path: &str) -> Option<Self> {
        let found = Self::ALL.map(|part| (path.rfind(part.mark()), part));
        let last = found
            .into_iter()
            .filter(|(at, _)| at.is_some())
            .max_by_key(|(at, _)| *at);
        last.map(|(_, part)| part)
    }
}

/// Parses the URL of a part, and refuses a URL that is known to be for something else.
fn url_of(part: Part, url: &str, addresses: &Addresses) -> Result<Uri, Error> {
    let option = part.option();
    let uri = parse(option, url)?;
    let wrong = |reason: String| Err(Error::Setting { option, reason });
    let path = uri.path().to_ascii_lowercase();
    // A simulator or a proxy may use such paths for anything, so only the hosts of the successor count.
    let of_heir = ["/2/tweets/search/stream", "/2/powerstream"];
    let is_heir = uri.host().is_some_and(|host| {
        matches!(
            host.to_ascii_lowercase().as_str(),
            "api.x.com" | "api.twitter.com"
        )
    });
    if is_heir && of_heir.iter().any(|begin| path.starts_with(begin)) {
        return wrong("it is a URL of the X API v2, which is another service\nhint: ouzel speaks PowerTrack 2.0".to_owned());
    }
    if path.ends_with("/validation.json") {
        return wrong("it is the URL of the validation, which keeps no rules\nhint: the rules endpoint ends in the label, `/{label}.json`".to_owned());
    }
    let Some(other) = Part::of(&path).filter(|other| *other != part) else {
        return Ok(uri);
    };
    let given = |part: Part| match part {
        Part::Stream => addresses.url.as_deref(),
        Part::Rules => addresses.rules_url.as_deref(),
        Part::Replay => addresses.replay_url.as_deref(),
        Part::ReplayRules => addresses.replay_rules_url.as_deref(),
    };
    let lower = given(other).map(str::to_ascii_lowercase);
    let is_swapped = lower.and_then(|url| Part::of(&url)) == Some(part);
    let (mark, name, right) = (other.mark(), other.name(), other.option());
    wrong(format!(
        "it is a URL of {name}, by its `{mark}`\nhint: {}",
        if is_swapped {
            format!("`{option}` and `{right}` are the wrong way round")
        } else {
            format!(
                "`{right}` is the setting for it; `{option}` has `{}` in it",
                part.mark()
            )
        }
    ))
}

/// Finds Replay. Its rules are beside those of the stream, under another name [reference 1.2].
fn replay(addresses: &Addresses, rules: &Uri) -> Result<Option<ReplayEndpoint>, Error> {
    let Some(url) = &addresses.replay_url else {
        return Ok(None);
    };
    let stream = url_of(Part::Replay, url, addresses)?;
    let rules = match &addresses.replay_rules_url {
        Some(url) => url_of(Part::ReplayRules, url, addresses)?,
        None => replay_rules(rules)?,
    };
    Ok(Some(ReplayEndpoint { stream, rules }))
}

/// The URL of Replay's rules, beside those of the stream.
fn replay_rules(rules: &Uri) -> Result<Uri, Error> {
    let option = Part::ReplayRules.option();
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
    parse(option, &text.replacen(from, to, 1))
}

/// Makes a URL from account and label [reference 1.2].
fn composed(
    addresses: &Addresses,
    host: &str,
    kind: &str,
    option: &'static str,
) -> Result<Uri, Error> {
    let account = segment("account", addresses, option)?;
    let label = segment("label", addresses, option)?;
    parse(
        option,
        &format!(
            "https://{host}/{kind}/powertrack/accounts/{account}/publishers/twitter/{label}.json"
        ),
    )
}

/// The account or the label, which goes into a path unchanged. `url` is the setting that could replace it.
fn segment<'a>(
    option: &'static str,
    addresses: &'a Addresses,
    url: &'static str,
) -> Result<&'a str, Error> {
    let wrong = |reason| Err(Error::Setting { option, reason });
    let text = match option {
        "account" => &addresses.account,
        _ => &addresses.label,
    };
    let other = match url {
        "url" => ("rules_url", addresses.rules_url.is_some()),
        _ => ("url", addresses.url.is_some()),
    };
    match text.as_deref() {
        // Whoever has given one of the two URLs most likely forgot the other one.
        None | Some("") if other.1 => Err(Error::Setting {
            option: url,
            reason: format!(
                "it is not set, and only `{}` is\nhint: set both, or `account` and `label`, which make both",
                other.0
            ),
        }),
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

/// Parses a URL. No error message repeats the URL, because it may hold a password in the wrong place.
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

/// Adds one more query parameter to the URL of a setting.
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
#[path = "endpoint_tests.rs"]
mod tests;
