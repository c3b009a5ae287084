//! Tells system messages from payloads without parsing the whole line.

use serde::Deserialize;

use super::{error::says_too_many_connections, job::end::JobEnd};
use crate::text::{json, scan::first_name};

/// A line, understood as far as the connection needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// The service speaks about the stream itself.
    System(SystemMessage),
    /// A Tweet, or an object of a kind that is newer than ouzel. It is handed on unparsed.
    Payload,
}

impl Message {
    /// Tells what a line is. The first key decides [reference 2.2]. A line that begins like a system message but is
    /// none stays a payload, because unknown objects must not be lost.
    pub(crate) fn of(line: &[u8]) -> Self {
        level(line)
            .and_then(|level| SystemMessage::parse(level, line))
            .map_or(Self::Payload, Self::System)
    }
}

/// How serious a system message is. The key of its object says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// For example, the end of a Replay job.
    Info,
    /// Only known from client code [reference 2.7].
    Warn,
    /// Usually followed by the end of the connection.
    Error,
}

/// A message of the service about the stream [reference 2.7].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SystemMessage {
    /// How serious it is.
    pub level: Level,
    /// The service's words.
    pub text: String,
    /// When it was sent, as the service wrote it.
    pub sent: Option<String>,
    /// The end of a Recovery or Replay job, if the message tells one.
    pub job: Option<JobEnd>,
}

/// Why the service is about to end the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disconnect {
    /// There are more connections than the contract allows.
    TooManyConnections,
    /// The service's queue for this client is full, and its contents are lost.
    FullBuffer,
    /// The service is under maintenance.
    Operational,
    /// A Replay or Recovery job delivered everything.
    Completed,
    /// A Replay or Recovery job ended with minutes or a range missing.
    Incomplete,
}

/// The constant parts of the documented texts [reference 2.7, 2.12, 2.13]. The first match wins, so the narrower texts
/// come first.
const DISCONNECTS: &[(&str, Disconnect)] = &[
    ("maximum allowed backup", Disconnect::FullBuffer),
    ("unable to keep up", Disconnect::FullBuffer),
    ("for operational reasons", Disconnect::Operational),
    ("Request Completed with Errors", Disconnect::Incomplete),
    ("Request Failed to Complete", Disconnect::Incomplete),
    ("Request Completed", Disconnect::Completed),
];

impl SystemMessage {
    /// Which documented end of a connection this message announces, if any.
    pub(crate) fn disconnect(&self) -> Option<Disconnect> {
        if says_too_many_connections(&self.text) {
            return Some(Disconnect::TooManyConnections);
        }
        DISCONNECTS
            .iter()
            .find(|(part, _)| self.text.contains(part))
            .map(|&(_, disconnect)| disconnect)
    }

    fn parse(level: Level, line: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wrapper {
            #[serde(alias = "info", alias = "warn", alias = "error")]
            body: Body,
        }
        #[derive(Deserialize)]
        struct Body {
            message: String,
            sent: Option<String>,
        }

        let Body { message, sent } = json::read::<Wrapper>(line).ok()?.body;
        Some(Self {
            level,
            job: JobEnd::of(&message, line),
            text: message,
            sent,
        })
    }
}

/// The level that the first key names, if it names one.
fn level(line: &[u8]) -> Option<Level> {
    match first_name(line)? {
        b"\"info\"" => Some(Level::Info),
        b"\"warn\"" => Some(Level::Warn),
        b"\"error\"" => Some(Level::Error),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(line: &str, expected: Expect) {
        let text = match Message::of(line.as_bytes()) {
            Message::Payload => "payload".to_owned(),
            Message::System(message) => format!(
                "{:?} {:?} {:?} {:?}",
                message.level,
                message.text,
                message.sent.as_deref().unwrap_or_default(),
                message.disconnect(),
            ),
        };
        expected.assert_eq(&text);
    }

    fn announces(text: &str, expected: Option<Disconnect>) {
        let line =
            format!(r#"{{"error":{{"message":"{text}","sent":"2017-01-11T18:12:52+00:00"}}}}"#);
        match Message::of(line.as_bytes()) {
            Message::System(message) => assert_eq!(message.disconnect(), expected, "{text}"),
            Message::Payload => panic!("not a system message: {text}"),
        }
    }

    #[test]
    fn the_first_key_tells_a_system_message() {
        check(
            r#"{"info":{"message":"m","sent":"2017-01-11T18:12:52+00:00"}}"#,
            expect![[r#"Info "m" "2017-01-11T18:12:52+00:00" None"#]],
        );
        check(
            r#"{"warn":{"message":"m"}}"#,
            expect![[r#"Warn "m" "" None"#]],
        );
        check(
            " {\t\"error\" : { \"sent\":\"s\", \"message\":\"a\\nb\" } } ",
            expect![[r#"Error "a\nb" "s" None"#]],
        );
        check(
            r#"{"info":{"message":"Replay Request Completed","sent":"s","activity_count":8874}}"#,
            expect![[r#"Info "Replay Request Completed" "s" Some(Completed)"#]],
        );
    }

    #[test]
    fn everything_else_is_a_payload() {
        for line in [
            r#"{"id":1,"info":{"message":"m"}}"#,
            r#"{"information":{"message":"m"}}"#,
            r#"{"info":"m"}"#,
            r#"{"info":{"text":"m"}}"#,
            r#"{"info":{"message":7}}"#,
            r#"{"info":{"message":"m""#,
            r#"{"info""#,
            r#"["info",{"message":"m"}]"#,
            r#""info""#,
            "{",
            "",
        ] {
            check(line, expect!["payload"]);
        }
    }

    #[test]
    fn the_documented_disconnects_are_recognised() {
        use Disconnect::*;
        announces(
            "Forced Disconnect: Too many connections. (Allowed Connections = 2)",
            Some(TooManyConnections),
        );
        announces(
            "forced disconnect: too many connections",
            Some(TooManyConnections),
        );
        announces(
            "This stream is currently at the maximum allowed connection limit.",
            Some(TooManyConnections),
        );
        announces(
            "Force closing connection to 10.0.0.1 because it reached the maximum allowed backup (buffer size is 7).",
            Some(FullBuffer),
        );
        announces(
            "This stream has been disconnected because your client was unable to keep up with us.",
            Some(FullBuffer),
        );
        announces(
            "This stream has been disconnected for operational reasons.",
            Some(Operational),
        );
        announces("X is closing for operational reasons", Some(Operational));
        announces("Gnip is closing for operational reasons", Some(Operational));
        announces("Replay Request Completed", Some(Completed));
        announces("Recovery Request Completed", Some(Completed));
        announces("Replay Request Completed with Errors", Some(Incomplete));
        announces("Replay Request Failed to Complete", Some(Incomplete));
        announces("Invalid date format for query parameter 'fromDate'.", None);
    }
}
