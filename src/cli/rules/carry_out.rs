//! Carries out a plan in the sight of a person: its progress, and what has come of it.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    list_table::shown_tag,
    one_line,
    plan_table::{self, as_lines},
    planned::Planned,
    service::{RulesRecord, Service},
};
use crate::{
    cli::{
        columns,
        print::{Paint, print, print_lines},
        runtime,
    },
    error::Error,
    host::shutdown,
    powertrack::rules::{
        ownership::Ownership as _,
        persist::{Done, persist},
        reconcile::{Gap, Progress, Report},
    },
    rule::plan::{Owned, Plan},
    status::{StatusLine, counted, short, thousands},
    text::plain,
};

/// So long requests of a change may fail in ways that may pass. After that the service is in trouble for a while [reference 2.6].
pub(super) const PATIENCE: Duration = Duration::from_secs(600);

/// How often the log says how far it is, if there is no bar.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// Printed at the first signal.
const STOPPING: &str = "stopping; what is done stays, and the next plan goes on from there";

/// How a plan is carried out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Orders {
    /// Also if the guard refuses the plan.
    pub(super) force: bool,
    pub(super) json: bool,
}

/// Shows a plan, carries it out, and says whether the rules are then as they should be: `rest` tells what is left to do
/// then.
///
/// # Errors
/// [`Error::Rules`] if the service refuses a rule, [`Error::Failed`] if the plan is refused, a signal comes, or the rules
/// are not as they should be.
pub(super) fn carry_out(
    service: &Service,
    planned: &Planned,
    record: &mut RulesRecord,
    orders: Orders,
    line: &StatusLine,
    rest: impl FnOnce(&Done, &[Owned]) -> Plan,
) -> Result<(), Error> {
    let plan = &planned.plan;
    if !orders.json {
        print_lines(as_lines(planned, orders.force))?;
    }
    if let Some(reason) = plan.guard.reason().filter(|_| !orders.force) {
        if orders.json {
            print(&as_json(planned, None))?;
        }
        return Err(Error::Failed(format!(
            "the plan is not carried out: {reason}\nhint: if it is meant so, `--force` carries it out"
        )));
    }
    let began = Instant::now();
    let done = runtime()?.block_on(async {
        let stop = CancellationToken::new();
        shutdown::on_signals(stop.clone(), STOPPING, None)
            .map_err(Error::system("cannot listen for signals"))?;
        let mut shown = Shown::new(line, plan.changes());
        let mut told = |progress: Progress<'_>| shown.take(&progress);
        let work = persist(&service.client, plan, record, PATIENCE, &mut told);
        tokio::select! {
            done = work => done.map_err(Error::from),
            () = stop.cancelled() => Err(Error::Failed(
                "stopped before the plan was carried out\nhint: what is done stays; `ouzel rules plan` shows what is left".to_owned(),
            )),
        }
    });
    line.clear();
    let done = done?;
    let result = Outcome {
        rest: rest(&done, &record.owned()),
        took: began.elapsed(),
        done,
    };
    match orders.json {
        true => print(&as_json(planned, Some(&result)))?,
        false => print_lines(result.as_lines(planned))?,
    }
    result.verdict()
}

/// How far it is, in a bar or in the log.
struct Shown<'l> {
    line: &'l StatusLine,
    logged: Instant,
}

impl<'l> Shown<'l> {
    fn new(line: &'l StatusLine, total: usize) -> Self {
        if total > 0 {
            line.measure(total as u64);
        }
        Self {
            line,
            logged: Instant::now(),
        }
    }

    fn take(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Changed { done, total } => {
                self.line.advance_to(*done as u64);
                let [done, total] = [*done, *total].map(|count| thousands(count as u64));
                if self.line.is_shown() {
                    self.line.show(format!("{done} of {total} rules"));
                } else if self.logged.elapsed() >= LOG_EVERY {
                    self.logged = Instant::now();
                    info!(done, total, "changing rules");
                }
            }
            Progress::Waits { error, delay } => {
                warn!(%error, ?delay, "a request failed; the rules are read and the plan goes on after a while");
            }
        }
    }
}

/// What has come of a plan.
struct Outcome {
    done: Done,
    /// What is left to do.
    rest: Plan,
    took: Duration,
}

impl Outcome {
    fn is_as_wanted(&self) -> bool {
        self.rest.is_noop() && self.done.report.rejected.is_empty()
    }

    fn as_lines(&self, planned: &Planned) -> Vec<(Paint, String)> {
        let Report {
            added,
            retagged,
            deleted,
            rejected,
            gaps,
            ..
        } = &self.done.report;
        let mut lines = Vec::new();
        let tags: HashMap<&str, Option<&str>> = planned
            .plan
            .add
            .iter()
            .chain(planned.plan.retag.iter().map(|retag| &retag.declared))
            .map(|rule| (rule.value.as_str(), rule.tag.as_deref()))
            .collect();
        let rows: Vec<_> = rejected
            .iter()
            .map(|rule| {
                let place = planned.places.get(&rule.value);
                [
                    "refused".to_owned(),
                    plain::line(place.map_or("-", String::as_str)).into_owned(),
                    shown_tag(tags.get(rule.value.as_str()).copied().flatten()),
                    plain::line(&rule.value).into_owned(),
                    plain::line(&one_line(&rule.message)).into_owned(),
                ]
            })
            .collect();
        let refused = columns::lines(&rows, &[]).into_iter();
        lines.extend(refused.map(|line| (Paint::Red, line)));
        let count = |number: &usize| thousands(*number as u64);
        if added + retagged + deleted > 0 {
            let text = format!(
                "done: {} added, {} retagged, {} deleted in {}",
                count(added),
                count(retagged),
                count(deleted),
                short(self.took)
            );
            lines.push((Paint::Plain, text));
        }
        lines.extend(gaps.iter().map(|gap| (Paint::Yellow, gap_text(gap))));
        lines.push(match (self.is_as_wanted(), self.rest.conflicts.len()) {
            (true, 0) => (Paint::Green, "the rules are as they should be".to_owned()),
            (true, conflicts) => (
                Paint::Yellow,
                format!(
                    "the rules are as they should be, except for the tags of {} of others",
                    counted(conflicts as u64, "rule")
                ),
            ),
            (false, _) => (
                Paint::Red,
                format!(
                    "the rules are not as they should be: {} to add, {} to retag, {} to delete",
                    count(&self.rest.add.len()),
                    count(&self.rest.retag.len()),
                    count(&(self.rest.delete.len() + self.rest.leftover.len()))
                ),
            ),
        });
        lines
    }

    fn verdict(&self) -> Result<(), Error> {
        match (self.done.report.rejected.len(), self.is_as_wanted()) {
            (0, true) => Ok(()),
            (0, false) => Err(Error::Failed(
                "the rules were read back, and they are not as they should be\nhint: somebody else changes them too; `ouzel rules plan` shows what is left".to_owned(),
            )),
            (1, _) => Err(Error::Rules("the service refused a rule".to_owned())),
            (many, _) => Err(Error::Rules(format!(
                "the service refused {} rules",
                thousands(many as u64)
            ))),
        }
    }
}

fn gap_text(gap: &Gap) -> String {
    let rules = match gap.rules {
        1 => format!("`{}` was", plain::line(&gap.example)),
        many => format!(
            "{} rules, such as `{}`, were",
            thousands(many as u64),
            plain::line(&gap.example)
        ),
    };
    format!("gap: {rules} missing for {}", short(gap.lasted))
}

#[derive(Serialize)]
struct Json<'a> {
    plan: plan_table::Json<'a>,
    /// `null` if the plan was not carried out.
    result: Option<JsonResult<'a>>,
}

#[derive(Serialize)]
struct JsonResult<'a> {
    added: usize,
    retagged: usize,
    deleted: usize,
    refused: Vec<JsonRefused<'a>>,
    gaps: Vec<JsonGap<'a>>,
    as_declared: bool,
    /// How many rules would still have to change.
    left: usize,
    seconds: f64,
}

#[derive(Serialize)]
struct JsonRefused<'a> {
    value: &'a str,
    place: Option<&'a str>,
    message: &'a str,
}

#[derive(Serialize)]
struct JsonGap<'a> {
    rules: usize,
    example: &'a str,
    seconds: f64,
}

fn as_json(planned: &Planned, outcome: Option<&Outcome>) -> String {
    let result = outcome.map(|outcome| {
        let report = &outcome.done.report;
        let refused = report.rejected.iter().map(|rule| JsonRefused {
            value: &rule.value,
            place: planned.places.get(&rule.value).map(String::as_str),
            message: &rule.message,
        });
        let gaps = report.gaps.iter().map(|gap| JsonGap {
            rules: gap.rules,
            example: &gap.example,
            seconds: gap.lasted.as_secs_f64(),
        });
        JsonResult {
            added: report.added,
            retagged: report.retagged,
            deleted: report.deleted,
            refused: refused.collect(),
            gaps: gaps.collect(),
            as_declared: outcome.is_as_wanted() && outcome.rest.conflicts.is_empty(),
            left: outcome.rest.changes(),
            seconds: outcome.took.as_secs_f64(),
        }
    });
    let json = Json {
        plan: plan_table::json(planned),
        result,
    };
    sonic_rs::to_string(&json).expect("text and finite numbers always have a JSON") + "\n"
}
