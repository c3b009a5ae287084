//! `ouzel rules resume`: rules that the breaker has paused go back to the stream, by the run that goes on or by the next one.

use jiff::Timestamp;

use super::RulesResume;
use crate::{
    cli::{print::print, runtime},
    control::{self, client, resume::Resumed},
    error::Error,
    host::lock::Lock,
    settings::Settings,
    status::counted,
    store::Store,
    text::plain,
};

/// Ends the pause of a tag.
///
/// # Errors
/// [`Error::Failed`] if it is not paused, [`Error::Usage`] if there is no database.
pub(super) fn resume(arguments: &RulesResume) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let tag = &arguments.tag;
    let resumed = match runtime()?.block_on(client::resume(&settings.data_dir, tag)) {
        Ok(resumed) => resumed,
        Err(control::Error::NoRun { .. }) => without_run(tag, &settings)?,
        Err(control::Error::Refused(reason)) => return Err(Error::Failed(reason)),
        Err(error) => return Err(error.into()),
    };
    if arguments.json {
        let json = sonic_rs::to_string(&resumed).expect("text and numbers always have a JSON");
        return print(&format!("{json}\n"));
    }
    let tag = plain::line(&resumed.tag);
    print(&match resumed.rules {
        None => format!(
            "no ouzel runs here; the rules with the tag `{tag}` are not paused any more: the next `ouzel run` or `ouzel rules apply` adds them\n"
        ),
        Some(0) => format!(
            "`{tag}` is not paused any more; the running script declares no rule with this tag\n"
        ),
        Some(rules) => format!(
            "`{tag}` is not paused any more: the run puts {} back on the stream now\n",
            counted(rules as u64, "rule")
        ),
    })
}

/// Ends it for the next run.
fn without_run(tag: &str, settings: &Settings) -> Result<Resumed, Error> {
    let database = settings.database();
    if !database.is_file() {
        return Err(Error::Usage(format!(
            "there is no database `{}`, so no rule is known to be paused\nhint: `--data-dir` or `--config` says where it is",
            database.display()
        )));
    }
    let _lock = Lock::take(&settings.data_dir)?;
    let store = Store::open(&database)?;
    if !store.resume(tag, Timestamp::now().as_millisecond())? {
        return Err(Error::Failed(Resumed::unknown(
            tag,
            store.paused_tags()?.iter(),
        )));
    }
    Ok(Resumed {
        running: false,
        tag: tag.to_owned(),
        rules: None,
    })
}
