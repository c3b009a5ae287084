//! `ouzel report`: says how complete the data of a span is, from the database alone.

mod arguments;
mod chart;
mod escape;
mod gather;
mod html;
mod json;
mod text;

use std::{fs::OpenOptions, io::Write, path::Path};

use jiff::Timestamp;

pub(super) use self::arguments::Report;
use super::print::{print, say};
use crate::{
    error::Error,
    settings::Settings,
    store::{Ledger, ReadOnly},
};

/// Prints the report, or writes it as a page.
pub(crate) fn report(arguments: &Report) -> Result<(), Error> {
    let settings = Settings::read(arguments.folder.given())?;
    let database = settings.database();
    if !database.exists() {
        return Err(Error::Usage(format!(
            "there is no database `{}` to report on\nhint: `ouzel run` makes it; `--data-dir` or `--config` says where it is",
            database.display()
        )));
    }
    let now = Timestamp::now();
    let asked = gather::Span {
        from: arguments.from.map(|from| from.before(now)),
        to: arguments.to.map(|to| to.before(now)),
    };
    if asked
        .from
        .zip(asked.to)
        .is_some_and(|(from, to)| from >= to)
    {
        return Err(Error::Usage(
            "`--to` is not later than `--from`, so there is nothing between them".to_owned(),
        ));
    }
    let report = gather::gather(
        &ReadOnly::open(&database)?,
        Ledger::open(&database)?.gaps()?,
        asked,
        now,
    )?;
    if let Some(file) = &arguments.html {
        write(file, html::page(&report).as_bytes(), arguments.force)?;
        say(&format!("the report is in `{}`\n", file.display()));
    }
    match (arguments.json, &arguments.html) {
        (true, _) => print(&json::json(&report)),
        (false, None) => print(&text::text(&report)),
        (false, Some(_)) => Ok(()),
    }
}

fn write(file: &Path, page: &[u8], force: bool) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true);
    match force {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    let written = options.open(file).and_then(|mut open| open.write_all(page));
    let exists = written
        .as_ref()
        .is_err_and(|error| error.kind() == std::io::ErrorKind::AlreadyExists);
    if exists {
        return Err(Error::Usage(format!(
            "`{}` exists already\nhint: `--force` writes over it",
            file.display()
        )));
    }
    written.map_err(Error::system(format!("cannot write `{}`", file.display())))
}
