//! What to log, as people write it: one level, and levels for parts of ouzel. Pure: no IO.

use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

use crate::text::nearest::nearest;

const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// The levels from nothing to everything.
const BY_LOUDNESS: [LevelFilter; 6] = [
    LevelFilter::OFF,
    LevelFilter::ERROR,
    LevelFilter::WARN,
    LevelFilter::INFO,
    LevelFilter::DEBUG,
    LevelFilter::TRACE,
];

/// The target of lines that a script logs. No module of ouzel has this target.
const SCRIPT: &str = "script";

/// The modules that write to the log. `tests/tidy.rs` checks that the list is complete.
const MODULES: &[&str] = &[
    "cli::folder",
    "cli::replay::progress",
    "cli::replay::source",
    "cli::replay::target",
    "cli::rules::carry_out",
    "cli::sim",
    "cli::tail",
    "control::server",
    "host::manager",
    "host::shutdown",
    "ingest",
    "ingest::duties",
    "journal::writer",
    "outage",
    "outage::outages",
    "pipeline",
    "pipeline::before",
    "pipeline::breaker",
    "pipeline::only_new",
    "pipeline::reconciler",
    "pipeline::reload",
    "pipeline::repair",
    "pipeline::standstill",
    "pipeline::threads",
    "pipeline::volume",
    "powertrack::answer",
    "powertrack::connection",
    "powertrack::job",
    "powertrack::rules::pace",
    "powertrack::rules::persist",
    "powertrack::rules::reconcile",
    "powertrack::rules::replay",
    "powertrack::stream",
    "script::breach",
    "settings::credentials",
    "sim::delivery",
    "sim::oracle",
    "status::reporter",
    "status::server",
    "store::format",
    "worker::alarms",
    "worker::batch",
    "worker::behind",
    "worker::blame",
    "worker::damage",
    "worker::failures",
    "worker::history",
    "worker::in_hand",
    "worker::load",
    "worker::matching",
    "worker::quarantine",
    "worker::rejected",
    "worker::sinks",
    "worker::tables",
    "worker::vetting",
];

/// What to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    level: LevelFilter,
    parts: Vec<(String, LevelFilter)>,
}

impl Wanted {
    pub(super) fn targets(&self) -> Targets {
        let parts = self.parts.iter().cloned();
        Targets::new().with_default(self.level).with_targets(parts)
    }

    /// The same with so many levels more. Parts that have a level of their own keep it.
    pub(crate) fn louder(self, levels: u8) -> Self {
        self.moved(levels.into())
    }

    /// The same with so many levels less.
    pub(crate) fn quieter(self, levels: u8) -> Self {
        self.moved(-i32::from(levels))
    }

    fn moved(mut self, levels: i32) -> Self {
        let now = BY_LOUDNESS.iter().position(|level| *level == self.level);
        let now = i32::try_from(now.unwrap_or_default()).unwrap_or_default();
        let last = i32::try_from(BY_LOUDNESS.len() - 1).unwrap_or_default();
        let then = usize::try_from((now + levels).clamp(0, last)).unwrap_or_default();
        self.level = BY_LOUDNESS[then];
        self
    }
}

impl FromStr for Wanted {
    type Err = String;

    /// An empty text means the default level. A variable may be set but empty.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut wanted = Self {
            level: LevelFilter::INFO,
            parts: Vec::new(),
        };
        for directive in text.split(',').map(str::trim) {
            match directive.split_once('=') {
                None if directive.is_empty() => {}
                None => wanted.level = level(directive)?,
                Some((name, level_name)) => {
                    wanted
                        .parts
                        .push((target(name.trim())?, level(level_name.trim())?));
                }
            }
        }
        Ok(wanted)
    }
}

fn level(name: &str) -> Result<LevelFilter, String> {
    let lower = name.to_lowercase();
    if LEVELS.contains(&lower.as_str()) {
        return Ok(lower.parse().expect("these are the names of levels"));
    }
    if is_part(name) {
        return Err(format!(
            "`{name}` is no level but a part of ouzel; write `{name}=debug`"
        ));
    }
    let begins_alike = |level: &&str| {
        lower.len() > 2 && (lower.starts_with(*level) || level.starts_with(lower.as_str()))
    };
    let levels = || LEVELS.into_iter();
    let meant = levels()
        .find(begins_alike)
        .or_else(|| nearest(&lower, levels()));
    Err(match meant {
        Some(near) => format!("`{name}` is no level; did you mean `{near}`?"),
        None => format!(
            "`{name}` is no level; there are {}",
            listed(LEVELS.into_iter())
        ),
    })
}

/// The `tracing` target of a part's log lines.
fn target(name: &str) -> Result<String, String> {
    if name == SCRIPT {
        return Ok(SCRIPT.to_owned());
    }
    if name == "ouzel" {
        return Ok(name.to_owned());
    }
    let bare = name.strip_prefix("ouzel::").unwrap_or(name);
    if is_part(bare) {
        // The simulator is a crate of its own, so its targets begin with that crate's name.
        let of_sim = bare
            .strip_prefix("sim")
            .filter(|rest| rest.is_empty() || rest.starts_with("::"));
        return Ok(of_sim.map_or_else(
            || format!("ouzel::{bare}"),
            |rest| format!("ouzel_sim{rest}"),
        ));
    }
    let known = parts();
    Err(match nearest(bare, known.iter().copied()) {
        Some(near) => {
            format!("no part of ouzel named `{name}` logs anything; did you mean `{near}`?")
        }
        None => {
            let short = known.iter().copied().filter(|part| !part.contains("::"));
            format!(
                "no part of ouzel named `{name}` logs anything; there are {}",
                listed(short)
            )
        }
    })
}

fn is_part(name: &str) -> bool {
    parts().contains(&name)
}

/// All names that can be given a level: the modules that log, the modules that contain them, and `script`.
fn parts() -> Vec<&'static str> {
    let mut parts = vec![SCRIPT];
    for module in MODULES {
        let ends = module.match_indices("::").map(|(at, _)| at);
        parts.extend(ends.chain([module.len()]).map(|end| &module[..end]));
    }
    parts.sort_unstable();
    parts.dedup();
    parts
}

fn listed<'k>(names: impl Iterator<Item = &'k str>) -> String {
    let quoted: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => quoted.concat(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: Expect) {
        expected.assert_eq(&match text.parse::<Wanted>() {
            Ok(wanted) => {
                let parts: Vec<_> = (wanted.parts.iter())
                    .map(|(target, level)| format!(" {target}={level}"))
                    .collect();
                format!("{}{}", wanted.level, parts.concat())
            }
            Err(error) => error,
        });
    }

    #[test]
    fn levels_are_what_they_say_and_nothing_else_is_one() {
        check("info", expect!["info"]);
        check(" WARN ", expect!["warn"]);
        check("off", expect!["off"]);
        check("", expect!["info"]);
        check(
            "loud",
            expect![
                "`loud` is no level; there are `error`, `warn`, `info`, `debug`, `trace` and `off`"
            ],
        );
        check("wran", expect!["`wran` is no level; did you mean `warn`?"]);
        check(
            "warning",
            expect!["`warning` is no level; did you mean `warn`?"],
        );
        check("err", expect!["`err` is no level; did you mean `error`?"]);
        check(
            "3",
            expect![
                "`3` is no level; there are `error`, `warn`, `info`, `debug`, `trace` and `off`"
            ],
        );
        check(
            "info,loud",
            expect![
                "`loud` is no level; there are `error`, `warn`, `info`, `debug`, `trace` and `off`"
            ],
        );
    }

    #[test]
    fn a_level_is_moved_and_those_of_parts_are_not() {
        let moved = |text: &str, more, less| {
            let wanted: Wanted = text.parse().unwrap();
            let moved = wanted.louder(more).quieter(less);
            (moved.level, moved.parts.len())
        };
        assert_eq!(moved("info", 1, 0), (LevelFilter::DEBUG, 0));
        assert_eq!(moved("info", 9, 0), (LevelFilter::TRACE, 0));
        assert_eq!(moved("warn,script=debug", 0, 1), (LevelFilter::ERROR, 1));
        assert_eq!(moved("info", 0, 255), (LevelFilter::OFF, 0));
        assert_eq!(moved("off", 1, 0), (LevelFilter::ERROR, 0));
    }

    #[test]
    fn a_part_has_its_own_level_and_leaves_the_others_theirs() {
        check("script=debug", expect!["info script=debug"]);
        check("warn, script=off", expect!["warn script=off"]);
        check(
            "powertrack::stream=debug,ouzel::outage=trace,ouzel=warn",
            expect!["info ouzel::powertrack::stream=debug ouzel::outage=trace ouzel=warn"],
        );
        check(
            "info,scirpt=debug",
            expect!["no part of ouzel named `scirpt` logs anything; did you mean `script`?"],
        );
        check(
            "info,hyper=debug",
            expect![
                "no part of ouzel named `hyper` logs anything; there are `cli`, `control`, `host`, `ingest`, `journal`, `outage`, `pipeline`, `powertrack`, `script`, `settings`, `sim`, `status`, `store` and `worker`"
            ],
        );
        check(
            "ouzel::powertrak=debug",
            expect![
                "no part of ouzel named `ouzel::powertrak` logs anything; did you mean `powertrack`?"
            ],
        );
        check(
            "script",
            expect!["`script` is no level but a part of ouzel; write `script=debug`"],
        );
        check(
            "script=loud",
            expect![
                "`loud` is no level; there are `error`, `warn`, `info`, `debug`, `trace` and `off`"
            ],
        );
        check(
            "script=",
            expect![
                "`` is no level; there are `error`, `warn`, `info`, `debug`, `trace` and `off`"
            ],
        );
        check(
            "a=b=c",
            expect![
                "no part of ouzel named `a` logs anything; there are `cli`, `control`, `host`, `ingest`, `journal`, `outage`, `pipeline`, `powertrack`, `script`, `settings`, `sim`, `status`, `store` and `worker`"
            ],
        );
        check(
            "info;debug",
            expect!["`info;debug` is no level; did you mean `info`?"],
        );
    }
}
