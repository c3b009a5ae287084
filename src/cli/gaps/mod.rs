//! `ouzel gaps`: shows what is missing in the data, since when and why, and has it asked for again.

mod arguments;
mod table;

use jiff::Timestamp;

pub(super) use self::arguments::{Gaps, GapsCommand};
use self::table::Known;
use super::print::print;
use crate::{
    error::Error,
    settings::Settings,
    store::{Ledger, ask_for_repair},
};

/// Lists the gaps, or has them repaired.
pub(crate) fn gaps(arguments: &Gaps) -> Result<(), Error> {
    if let Some(GapsCommand::Help(help)) = &arguments.command {
        return help.print("gaps");
    }
    let settings = Settings::read(arguments.folder.given())?;
    let database = settings.database();
    if !database.exists() {
        return Err(Error::Usage(format!(
            "there is no database `{}`, so nothing is known of gaps\nhint: `ouzel run` makes it; `--data-dir` or `--config` says where it is",
            database.display()
        )));
    }
    match &arguments.command {
        Some(_) => {
            let asked = ask_for_repair(&database, Timestamp::now())?;
            print(&said(asked, &settings))
        }
        None => {
            let ledger = Ledger::open(&database)?;
            // This is read before the gaps. So an outage that ends in between counts as a gap, and not as received.
            let received = ledger.received()?;
            let known = Known::at(Timestamp::now(), ledger.gaps()?, received);
            print(&if arguments.json {
                table::json(&known)
            } else {
                table::table(&known)
            })
        }
    }
}

/// The message after gaps were asked for again.
fn said(asked: usize, settings: &Settings) -> String {
    let gaps = match asked {
        0 => return "nothing is missing that could be asked for again\n".to_owned(),
        1 => "1 gap is".to_owned(),
        many => format!("{many} gaps are"),
    };
    let mut text = format!(
        "{gaps} asked for again: by the `ouzel run` on this folder within half a minute, or by the next one\n"
    );
    if !settings.recovery && settings.replay_url.is_none() {
        text += "hint: it takes Recovery or Replay; set `recovery = true` or `replay_url` under `[stream]`\n";
    }
    text
}
