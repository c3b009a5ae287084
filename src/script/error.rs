//! Errors of a script, as text for its author: the place, the code there, the reason, and the next step.

use std::{fmt, path::PathBuf};

use super::loader::Sources;
use crate::text::{
    nearest::nearest,
    plain::{self, without_controls},
};

/// Why a script could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The script's file cannot be read.
    #[error("cannot read the script `{}`: {source}", path.display())]
    Unreadable {
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The script's file is empty.
    #[error("the script `{}` is empty", path.display())]
    Empty {
        /// The script's file.
        path: PathBuf,
    },
    /// The script is wrong.
    #[error("script `{script}` could not be loaded{fault}")]
    Broken {
        /// The script's file name.
        script: String,
        /// The mistake, and where it is.
        fault: Box<Fault>,
    },
    /// The script takes more than it may while it loads.
    #[error("script `{script}` could not be loaded{fault}")]
    Breach {
        /// The script's file name.
        script: String,
        /// The limit, and where it was broken.
        fault: Box<Fault>,
    },
    /// A test of the script fails, and it is loaded only if all pass.
    #[error("script `{script}` is not loaded: {failed} of its {all} tests fail{}, first `{test}`{fault}", if *.failed == 1 { "s" } else { "" })]
    Test {
        /// The script's file name.
        script: String,
        /// How many tests fail.
        failed: usize,
        /// How many tests there are.
        all: usize,
        /// The name of the first test that fails.
        test: String,
        /// Why that fails, and where.
        fault: Box<Fault>,
    },
    /// A file of tests cannot be loaded, and the script is loaded only if all tests pass.
    #[error("script `{script}` is not loaded, because its tests cannot be: {error}")]
    Tests {
        /// The script's file name.
        script: String,
        /// Why not.
        error: Box<Error>,
    },
    /// Handlers fail on Tweets on which those of the generation before do not.
    #[error(
        "script `{script}` is not loaded: `{handler}` fails on {tweets} of the last Tweets, on which the running generation does not fail{fault}"
    )]
    Shadow {
        /// The script's file name.
        script: String,
        /// How many Tweets these are.
        tweets: u64,
        /// The handler that fails first.
        handler: String,
        /// Why it fails, and where.
        fault: Box<Fault>,
    },
}

impl Error {
    /// The mistake, and where it is, if the script is wrong.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Unreadable { .. } | Self::Empty { .. } => None,
            Self::Broken { fault, .. }
            | Self::Breach { fault, .. }
            | Self::Test { fault, .. }
            | Self::Shadow { fault, .. } => Some(fault),
            Self::Tests { error, .. } => error.fault(),
        }
    }

    /// The step of a load that it has not passed: `load`, `tests` or `shadow`.
    pub(crate) fn step(&self) -> &'static str {
        match self {
            Self::Unreadable { .. }
            | Self::Empty { .. }
            | Self::Broken { .. }
            | Self::Breach { .. } => "load",
            Self::Test { .. } | Self::Tests { .. } => "tests",
            Self::Shadow { .. } => "shadow",
        }
    }

    /// Why the script is not loaded, on one line and without the place.
    pub(crate) fn brief(&self) -> String {
        let reason = match self {
            Self::Broken { fault, .. } | Self::Breach { fault, .. } => fault.message.clone(),
            Self::Test { test, fault, .. } => format!("test `{test}`: {}", fault.message),
            Self::Tests { error, .. } => format!("tests: {}", error.brief()),
            Self::Shadow {
                handler,
                tweets,
                fault,
                ..
            } => {
                format!(
                    "`{handler}` fails on {tweets} of the last Tweets: {}",
                    fault.message
                )
            }
            other => other.to_string(),
        };
        plain::line(reason.lines().next().unwrap_or_default()).into_owned()
    }

    /// The error for a script whose SQL failed in a way that cannot be tied to a place in the script.
    pub fn sql(script: &std::path::Path, message: String) -> Self {
        let name = script.file_name().unwrap_or(script.as_os_str());
        Self::Broken {
            script: name.to_string_lossy().into_owned(),
            fault: Box::new(Fault::unplaced(message)),
        }
    }
}

/// A mistake at a place in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, as a path below the script's folder, and the line; `None` if Lua does not tell.
    pub place: Option<(String, usize)>,
    /// The code on that line.
    pub code: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The calls that led there, one on each line.
    pub traceback: Option<String>,
}

/// What the API says about a wrong call. The caller's place is added when the error is raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misuse {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    /// A word of the source. It shows the exact line of a call that spans several lines.
    pub(super) word: Option<String>,
    /// The exact file and line, if they are known.
    pub(super) place: Option<(String, usize)>,
}

impl Misuse {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            word: None,
            place: None,
        }
    }

    /// The error for a name that does not exist. It suggests the nearest name that exists.
    pub(super) fn unknown<'k>(
        message: String,
        name: &str,
        known: impl Iterator<Item = &'k str>,
    ) -> Self {
        Self {
            message,
            hint: nearest(name, known).map(|near| format!("did you mean `{near}`?")),
            word: Some(name.to_owned()),
            place: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn at_place(mut self, file: impl Into<String>, line: usize) -> Self {
        self.place = Some((file.into(), line));
        self
    }

    pub(super) fn at_word(mut self, word: impl Into<String>) -> Self {
        self.word = Some(word.into());
        self
    }
}

impl Misuse {
    /// The same as text for the script's author, where no call is to blame.
    pub(super) fn into_fault(self) -> Fault {
        Fault {
            hint: self.hint,
            ..Fault::unplaced(self.message)
        }
    }
}

impl Fault {
    /// What is wrong, where nothing else is known.
    pub(crate) fn unplaced(message: String) -> Self {
        Self {
            place: None,
            code: None,
            message,
            hint: None,
            traceback: None,
        }
    }

    /// Reads Lua's error, and finds the code that it speaks of.
    pub(super) fn read(error: &mlua::Error, sources: &Sources, misuse: Option<&Misuse>) -> Self {
        let text = match error {
            mlua::Error::SyntaxError { message, .. } => message.clone(),
            mlua::Error::RuntimeError(message) => message.clone(),
            mlua::Error::CallbackError { traceback, cause } => {
                format!("{cause}\n{traceback}")
            }
            other => other.to_string(),
        };
        let (text, traceback) = match text.split_once("\nstack traceback:\n") {
            Some((text, traceback)) => (text, readable_traceback(traceback)),
            None => (text.as_str(), Vec::new()),
        };
        let (place, message) = match split_place(text) {
            Some((file, line, message)) => (Some((file.to_owned(), line)), message),
            None => (None, text),
        };
        // Lua gives no line for an error without text. For a call in a `return` it gives a line of ouzel's own Lua. In
        // both cases the nearest place in the traceback is used.
        let place = place
            .filter(|(file, _)| sources.holds(file))
            .or_else(|| nearest_place(&traceback, sources));
        // Nothing called the main code of a file, so its traceback says no more than the place.
        let is_plain = matches!(&traceback[..], [] | [_]) && !calls_a_function(&traceback);
        let traceback = (!is_plain).then(|| traceback.join("\n"));
        // The hint counts only if this is the same error. A script may have caught that error and raised another one.
        let misuse = misuse.filter(|misuse| misuse.message == message);
        let place = place.map(|(file, line)| {
            let exact = misuse
                .and_then(|misuse| misuse.word.as_deref())
                .and_then(|word| sources.find_word(&file, line, word));
            let known = misuse.and_then(|misuse| misuse.place.clone());
            let line = exact.map_or(line, |(line, _)| line);
            known.unwrap_or((file, line))
        });
        Self {
            code: place
                .as_ref()
                .and_then(|(file, line)| sources.line(file, *line)),
            place,
            message: readable_message(message),
            hint: misuse.and_then(|misuse| misuse.hint.clone()),
            traceback,
        }
    }
}

fn calls_a_function(traceback: &[String]) -> bool {
    traceback
        .iter()
        .any(|call| !call.ends_with("in main chunk"))
}

/// Splits `file:line: message`.
fn split_place(text: &str) -> Option<(&str, usize, &str)> {
    let mut from = 0;
    // The file's name may contain a colon itself, so the first `:NUMBER: ` decides.
    while let Some(colon) = text.get(from..)?.find(':') {
        let after = from + colon + 1;
        let digits = text[after..].bytes().take_while(u8::is_ascii_digit).count();
        if let Some(message) = text[after + digits..].strip_prefix(": ")
            && let Ok(line) = text[after..after + digits].parse()
        {
            return Some((&text[..after - 1], line, message));
        }
        if text[from..after].contains('\n') {
            return None;
        }
        from = after;
    }
    None
}

/// The innermost place in the script that a traceback names.
fn nearest_place(traceback: &[String], sources: &Sources) -> Option<(String, usize)> {
    traceback.iter().find_map(|line| {
        let (file, line, _) = split_place(line)?;
        sources.holds(file).then(|| (file.to_owned(), line))
    })
}

/// The message without characters that control a terminal. If Lua's message is only a value such as a table, words
/// replace it.
fn readable_message(message: &str) -> String {
    let address = ["table", "function", "thread", "userdata"]
        .into_iter()
        .find(|kind| {
            let rest = message
                .strip_prefix(kind)
                .and_then(|m| m.strip_prefix(": "));
            rest.is_some_and(|rest| rest.starts_with("0x") || rest.starts_with("builtin: "))
        });
    match address {
        Some(kind) => format!("the error is a {kind}, and not a text"),
        None if message == "nil" => "the error has no text".to_owned(),
        None => without_controls(message),
    }
}

/// The lines of a traceback that are about the script. The other lines are about ouzel's own code.
fn readable_traceback(traceback: &str) -> Vec<String> {
    traceback
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('[') && !line.starts_with("(..."))
        .filter(|line| !line.contains("__mlua") && !line.starts_with("ouzel:"))
        // How `require` calls a module is not interesting, so such a line only says that it is in the module.
        .map(|line| line.replace("in local 'chunk'", "in the module"))
        .collect()
}

impl Fault {
    /// Writes the error for logs. The first line has the place and the reason. Further lines have the code and the
    /// calls that led there.
    pub(super) fn brief(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((file, line)) = &self.place {
            write!(f, "{}:{line}: ", plain::line(file))?;
        }
        // The indent keeps a line of the message from looking like a line of the log.
        let mut message = self.message.lines();
        f.write_str(message.next().unwrap_or_default())?;
        for line in message {
            write!(f, "\n         {line}")?;
        }
        if let (Some((_, line)), Some(code)) = (&self.place, &self.code) {
            write!(f, "\n{line:>6} | {code}")?;
        }
        for call in self.traceback.iter().flat_map(|calls| calls.lines()) {
            write!(f, "\n         in {call}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n   hint: {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    /// Writes the place, the code and the reason, each on a line of its own. A newline comes first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut width = 1;
        if let Some((file, line)) = &self.place {
            let number = line.to_string();
            width = number.len();
            write!(f, "\n{:width$}--> {}:{line}", "", plain::line(file))?;
            if let Some(code) = &self.code {
                write!(f, "\n{:width$} |\n{number} | {code}\n{:width$} |", "", "")?;
            }
        }
        let mut message = self.message.lines();
        write!(
            f,
            "\n{:width$} = {}",
            "",
            message.next().unwrap_or("unknown error")
        )?;
        for line in message {
            write!(f, "\n{:width$}   {line}", "")?;
        }
        if let Some(traceback) = &self.traceback {
            for line in traceback.lines() {
                write!(f, "\n{:width$}   in {line}", "")?;
            }
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_split_from_its_message() {
        assert_eq!(split_place("main.lua:3: no"), Some(("main.lua", 3, "no")));
        assert_eq!(split_place("a:b.lua:3: no"), Some(("a:b.lua", 3, "no")));
        assert_eq!(split_place("no place: here"), None);
        assert_eq!(split_place(""), None);
        assert_eq!(split_place("é:"), None);
    }

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let known = ["value", "tag"];
        assert_eq!(nearest("vlaue", known.into_iter()), Some("value"));
        assert_eq!(nearest("colour", known.into_iter()), None);
    }
}
