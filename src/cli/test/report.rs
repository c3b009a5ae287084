//! How tests went, as text and as JSON.

use serde::Serialize;

use crate::{
    cli::print::print,
    error::Error,
    script::{self, Fault},
    text::plain,
};

/// How one test went.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    test: String,
    passed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    #[serde(skip)]
    text: String,
}

#[derive(Debug, Serialize)]
struct Failure {
    file: Option<String>,
    line: Option<usize>,
    code: Option<String>,
    message: String,
    hint: Option<String>,
}

/// How the tests of one file went.
#[derive(Debug, Serialize)]
pub(super) struct FileReport {
    file: String,
    /// Why it could not be loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    tests: Vec<Outcome>,
}

/// How all tests went.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    passed: usize,
    failed: usize,
    files: Vec<FileReport>,
    #[serde(skip)]
    as_json: bool,
}

impl Outcome {
    pub(super) fn new(name: &str, fault: Option<&Fault>) -> Self {
        let text = fault.map(Fault::to_string).unwrap_or_default();
        let failure = fault.map(|fault| {
            let (file, line) = fault.place.clone().unzip();
            Failure {
                file,
                line,
                code: fault.code.clone(),
                message: fault.message.clone(),
                hint: fault.hint.clone(),
            }
        });
        Self {
            test: name.to_owned(),
            passed: failure.is_none(),
            failure,
            text,
        }
    }
}

impl FileReport {
    pub(super) fn of(file: String, tests: Vec<Outcome>) -> Self {
        Self {
            file,
            error: None,
            tests,
        }
    }

    pub(super) fn broken(file: String, error: &script::Error) -> Self {
        Self {
            file,
            error: Some(error.to_string()),
            tests: Vec::new(),
        }
    }

    fn failed(&self) -> impl Iterator<Item = &Outcome> {
        self.tests.iter().filter(|test| !test.passed)
    }

    fn as_text(&self) -> String {
        let file = plain::line(&self.file);
        if let Some(error) = &self.error {
            return format!("{file}: {}\n", plain::lines(error));
        }
        let failed = self.failed().count();
        let mut text = format!("{file}: {}\n", counts(self.tests.len() - failed, failed));
        for test in self.failed() {
            text += &format!(
                "\nFAILED {}{}\n",
                plain::line(&test.test),
                plain::lines(&test.text)
            );
        }
        if failed > 0 {
            text.push('\n');
        }
        text
    }
}

fn counts(passed: usize, failed: usize) -> String {
    match failed {
        0 => format!("{passed} passed"),
        failed => format!("{passed} passed, {failed} failed"),
    }
}

impl Report {
    pub(super) fn new(as_json: bool) -> Self {
        Self {
            passed: 0,
            failed: 0,
            files: Vec::new(),
            as_json,
        }
    }

    /// Adds a file, and prints it.
    pub(super) fn add(&mut self, file: FileReport) -> Result<(), Error> {
        let failed = file.failed().count();
        self.failed += failed;
        self.passed += file.tests.len() - failed;
        if !self.as_json && (file.error.is_some() || !file.tests.is_empty()) {
            print(&file.as_text())?;
        }
        self.files.push(file);
        Ok(())
    }

    /// Prints how many tests went how.
    pub(super) fn end(&self, filter: Option<&str>) -> Result<(), Error> {
        if self.as_json {
            let json = sonic_rs::to_string(self).expect("text and numbers always have a JSON");
            print(&format!("{json}\n"))?;
        } else {
            let tests = if self.passed == 1 { "test" } else { "tests" };
            let failed = match self.failed {
                0 => String::new(),
                failed => format!(", {failed} failed"),
            };
            print(&format!("{} {tests} passed{failed}\n", self.passed))?;
        }
        if self.files.iter().any(|file| file.error.is_some()) {
            return Err(Error::TestsBroken);
        }
        match (self.passed, self.failed, filter) {
            (0, 0, Some(filter)) => Err(Error::Usage(format!(
                "no test has `{filter}` in its name"
            ))),
            (0, 0, None) => Err(Error::Usage(
                "there are no tests in these files: write `test(\"what it shows\", function(t) … end)`"
                    .to_owned(),
            )),
            (_, 0, _) => Ok(()),
            _ => Err(Error::Tests),
        }
    }
}
