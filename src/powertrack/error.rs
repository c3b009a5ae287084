//! What can go wrong between ouzel and the service, and what to do next.

use std::{fmt, io, path::PathBuf, time::Duration};

use hyper::StatusCode;
use thiserror::Error;

use super::reconnect::Delay;
use crate::text::plain;

/// The part of the service that a request went to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// The stream of Tweets.
    Stream,
    /// The endpoint that lists, adds and deletes rules.
    Rules,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stream => "stream",
            Self::Rules => "rules endpoint",
        })
    }
}

/// A rule that the service refused, and the service's words about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RejectedRule {
    /// The rule as it was sent. Empty if the service did not repeat it.
    pub value: String,
    /// The service's message, which may have several lines.
    pub message: String,
}

/// What may follow an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// Try again after a wait from this ladder.
    Retry(Delay),
    /// Trying again cannot help.
    GiveUp,
}

/// Everything that can go wrong while talking to the service.
#[derive(Debug, Error)]
#[allow(missing_docs, reason = "the messages say what each variant is")]
pub(crate) enum Error {
    #[error("`{option}` cannot be used: {reason}")]
    Setting {
        option: &'static str,
        reason: String,
    },
    #[error("the certificates in `{}` could not be used: {reason}", path.display())]
    Certificates { path: PathBuf, reason: String },
    #[error("TLS could not be set up: {0}")]
    Tls(#[from] rustls::Error),

    #[error("the {service} could not be reached: {cause}")]
    Connect { service: Service, cause: String },
    #[error("the {service} did not answer within {after:?}")]
    NoAnswer { service: Service, after: Duration },
    #[error(
        "the answer of the {service} was not complete within {after:?}\n\
         hint: something that answers without end is no {service}: check `{}` and any proxy on the way", setting(*service)
    )]
    Endless { service: Service, after: Duration },
    #[error("{}", refusal(*service, *status, message.as_deref(), self.is_taken()))]
    Status {
        service: Service,
        status: StatusCode,
        message: Option<String>,
    },
    #[error(
        "the answer of the {service} could not be understood: {reason}\n\
         hint: check `{}` and any proxy on the way", setting(*service)
    )]
    Answer { service: Service, reason: String },
    #[error("the answer of the {service} is longer than {limit} bytes")]
    TooLarge { service: Service, limit: usize },

    #[error(
        "the stream is not compressed (content-encoding: {encoding})\n\
         hint: check `url` and any proxy on the way"
    )]
    NotGzip { encoding: String },
    #[error("the server ended the stream")]
    Ended,
    #[error("the connection broke: {0}")]
    Broken(#[source] io::Error),
    #[error("the compressed stream is corrupt: {0}")]
    Corrupt(String),
    #[error("nothing arrived for {after:?}, not even a heartbeat")]
    Stalled { after: Duration },
    #[error("bytes arrived for {after:?}, and no whole line")]
    Dripping { after: Duration },
    #[error("nothing takes the stream's lines any more")]
    Closed,
    #[error("what arrives cannot be kept at the moment")]
    Full,

    #[error(
        "the rules endpoint refused a change because it is busy with another one{}",
        message.as_deref().map(|text| format!(": {}", plain::line(text.trim()))).unwrap_or_default()
    )]
    Collided { message: Option<String> },
    #[error("{}", rejection(rules))]
    Rejected { rules: Vec<RejectedRule> },
    #[error("{}", no_room(*there, *allowed, *wanted, *deleted))]
    NoRoom {
        /// How many rules the service has.
        there: usize,
        /// It takes no more than these.
        allowed: usize,
        /// How many it should have.
        wanted: usize,
        /// How many were deleted before that was known.
        deleted: usize,
    },
    #[error("the owned rules could not be written down: {0}")]
    Ownership(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// What may follow this error, by [reference 2.6, 2.10]. The network and the server may recover by themselves. A
    /// refusal of this very request stays a refusal.
    pub(crate) fn recovery(&self) -> Recovery {
        match self {
            Self::Ended
            | Self::Broken(_)
            | Self::Corrupt(_)
            | Self::Stalled { .. }
            | Self::Dripping { .. }
            | Self::Full => Recovery::Retry(Delay::Drop),
            Self::Connect { .. } | Self::NoAnswer { .. } | Self::Endless { .. } => {
                Recovery::Retry(Delay::Network)
            }
            Self::Collided { .. } => Recovery::Retry(Delay::Collision),
            Self::Status { .. } if self.is_taken() => Recovery::Retry(Delay::Taken),
            Self::Status { status, .. } if matches!(status.as_u16(), 420 | 429) => {
                Recovery::Retry(Delay::RateLimit)
            }
            Self::Status { status, .. } if status.is_server_error() => {
                Recovery::Retry(Delay::Server)
            }
            Self::Setting { .. }
            | Self::Certificates { .. }
            | Self::Tls(_)
            | Self::Status { .. }
            | Self::Answer { .. }
            | Self::TooLarge { .. }
            | Self::NotGzip { .. }
            | Self::Closed
            | Self::Rejected { .. }
            | Self::NoRoom { .. }
            | Self::Ownership(_) => Recovery::GiveUp,
        }
    }
}

impl Error {
    /// Whether the service may have refused the request because it asks for backfill. Four refusals have other reasons:
    /// a wrong login, a wrong label, too many requests, too many connections.
    pub(super) fn may_refuse_backfill(&self) -> bool {
        matches!(self, Self::Status { service: Service::Stream, status, .. }
            if status.is_client_error() && !matches!(status.as_u16(), 401 | 404 | 420 | 429) && !self.is_taken())
    }

    /// Whether the service says that the contract allows no more rules. Its status is not published [reference 3.3].
    pub(super) fn is_rule_limit(&self) -> bool {
        matches!(self, Self::Status { service: Service::Rules, status, message: Some(message) }
            if status.is_client_error() && message.to_ascii_lowercase().contains("rule limit"))
    }

    /// Whether the service has said that it did nothing of what it was asked. After any other failure nobody knows.
    pub(super) fn is_refusal(&self) -> bool {
        match self {
            Self::Rejected { .. } | Self::Collided { .. } => true,
            Self::Status { status, .. } => {
                status.is_client_error() && *status != StatusCode::REQUEST_TIMEOUT
            }
            _ => false,
        }
    }

    /// Whether the service says, with any status, that the stream has as many connections as it may have.
    pub(super) fn is_taken(&self) -> bool {
        matches!(self, Self::Status { service: Service::Stream, message: Some(message), .. }
            if says_too_many_connections(message))
    }
}

/// What the contract's limit means for the rules.
fn no_room(there: usize, allowed: usize, wanted: usize, deleted: usize) -> String {
    let fit = match allowed == there {
        true => format!("{allowed}"),
        false => format!("at most {allowed}"),
    };
    let mut text = format!(
        "the contract has room for {fit} rules, and the stream would have {wanted}; it has {there}"
    );
    if deleted > 0 {
        text += &format!(", and {deleted} that are not declared any more were deleted");
    }
    text + "\nhint: declare fewer rules, or ask your account manager for more; `ouzel rules list` shows whose rules there are"
}

/// Whether a text says that there are too many connections, in the words of PowerTrack's stream, of its successor's
/// refusal, or of the public stream's refusal [reference 2.7, 6.4].
pub(super) fn says_too_many_connections(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "too many connections",
        "toomanyconnections",
        "connection limit",
    ]
    .iter()
    .any(|part| text.contains(part))
}

/// The setting that holds the URL of a part of the service.
fn setting(service: Service) -> &'static str {
    match service {
        Service::Stream => "url",
        Service::Rules => "rules_url",
    }
}

/// The text for an HTTP status that is not a success, with the next step if there is one.
fn refusal(service: Service, status: StatusCode, message: Option<&str>, is_taken: bool) -> String {
    use fmt::Write as _;

    let mut text = format!("the {service} answered {}", status.as_u16());
    if let Some(reason) = status.canonical_reason() {
        let _ = write!(text, " {}", reason.to_ascii_lowercase());
    }
    if let Some(message) = message {
        let _ = write!(text, ": {}", plain::line(message.trim()));
    }
    if let Some(hint) = hint(service, status).filter(|_| !is_taken) {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}

fn hint(service: Service, status: StatusCode) -> Option<&'static str> {
    Some(match (status.as_u16(), service) {
        (401, _) => "check `username` and `password`",
        (403, _) => "check with the account manager that this login may use PowerTrack",
        (404, _) => "check the spelling of `account` and `label`, which are case-sensitive",
        (406, Service::Stream) => "the request itself is wrong: please report this as a bug",
        (300..=399, Service::Stream) => "redirects are not followed: check `url`",
        (300..=399, Service::Rules) => "redirects are not followed: check `rules_url`",
        (420 | 429, _) | (500.., _) => return None,
        (_, Service::Stream) => "trying again cannot help: check `url`",
        // The request has reached the right place, but its content is refused.
        (413, Service::Rules) => {
            "the rules of one request are too long: please report this as a bug"
        }
        (422, Service::Rules) => {
            "the service refuses the rules of the script: their number may be over what the contract allows"
        }
        (_, Service::Rules) => "trying again cannot help: check `rules_url`",
    })
}

fn rejection(rules: &[RejectedRule]) -> String {
    let mut text = match rules.len() {
        1 => "the rules endpoint rejected a rule".to_owned(),
        many => format!("the rules endpoint rejected {many} rules"),
    };
    for rule in rules {
        text.push_str("\n  `");
        text.push_str(&plain::line(&rule.value));
        text.push('`');
        for line in rule.message.lines().filter(|line| !line.trim().is_empty()) {
            text.push_str("\n    = ");
            text.push_str(&plain::line(line.trim()));
        }
    }
    text
}

/// An error and its causes in one line. hyper's errors say little without the innermost cause.
pub(super) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(service: Service, status: u16, message: Option<&str>, expected: Expect) {
        let error = Error::Status {
            service,
            status: StatusCode::from_u16(status).unwrap(),
            message: message.map(str::to_owned),
        };
        expected.assert_eq(&format!("{error}\n{:?}", error.recovery()));
    }

    #[test]
    fn a_refusal_says_what_to_check_and_whether_to_try_again() {
        use Service::{Rules, Stream};
        check(
            Stream,
            401,
            None,
            expect![[r#"
                the stream answered 401 unauthorized
                hint: check `username` and `password`
                GiveUp"#]],
        );
        check(
            Rules,
            403,
            Some("No."),
            expect![[r#"
                the rules endpoint answered 403 forbidden: No.
                hint: check with the account manager that this login may use PowerTrack
                GiveUp"#]],
        );
        check(
            Stream,
            404,
            None,
            expect![[r#"
                the stream answered 404 not found
                hint: check the spelling of `account` and `label`, which are case-sensitive
                GiveUp"#]],
        );
        check(
            Stream,
            406,
            Some("Invalid date.\n\n"),
            expect![[r#"
                the stream answered 406 not acceptable: Invalid date.
                hint: the request itself is wrong: please report this as a bug
                GiveUp"#]],
        );
        check(
            Stream,
            302,
            None,
            expect![[r#"
                the stream answered 302 found
                hint: redirects are not followed: check `url`
                GiveUp"#]],
        );
        check(
            Rules,
            418,
            None,
            expect![[r#"
                the rules endpoint answered 418 i'm a teapot
                hint: trying again cannot help: check `rules_url`
                GiveUp"#]],
        );
        check(
            Rules,
            422,
            Some("Rule limit is 1000"),
            expect![[r#"
            the rules endpoint answered 422 unprocessable entity: Rule limit is 1000
            hint: the service refuses the rules of the script: their number may be over what the contract allows
            GiveUp"#]],
        );
        check(
            Stream,
            403,
            Some("Too many connections. (Allowed Connections = 1)"),
            expect![[r#"
                the stream answered 403 forbidden: Too many connections. (Allowed Connections = 1)
                Retry(Taken)"#]],
        );
        check(
            Stream,
            420,
            None,
            expect![[r#"
            the stream answered 420
            Retry(RateLimit)"#]],
        );
        check(
            Rules,
            429,
            Some("slow down"),
            expect![[r#"
            the rules endpoint answered 429 too many requests: slow down
            Retry(RateLimit)"#]],
        );
        check(
            Stream,
            503,
            None,
            expect![[r#"
            the stream answered 503 service unavailable
            Retry(Server)"#]],
        );
    }

    #[test]
    fn a_rejection_lists_each_rule_with_its_messages() {
        let rules = vec![
            RejectedRule {
                value: "a (".into(),
                message: "one\ntwo\n\n".into(),
            },
            RejectedRule {
                value: "-b".into(),
                message: "three\n".into(),
            },
        ];
        expect![[r#"
            the rules endpoint rejected 2 rules
              `a (`
                = one
                = two
              `-b`
                = three"#]]
        .assert_eq(&Error::Rejected { rules }.to_string());
    }
}
