//! `ouzel rules estimate`: what rules cost, by what they would have matched in a sample of Tweets. The same is there for
//! other commands, of the journal of a data folder.

mod amount;
mod count;
mod covered;
mod json;
mod source;
mod table;

use std::{path::Path, sync::Arc};

use jiff::Timestamp;

use self::{
    amount::Amount,
    count::{Asked, Counts, Hits, OVERLAPPING, count},
    covered::{Covered, NoRate},
    source::{Seen, Source},
};
pub(crate) use self::{amount::Amount as EstimatedAmount, source::Most};
use super::{
    RulesEstimate,
    arguments::Percent,
    files::{FileRule, read},
    invalid_text, told, warning_text,
};
use crate::{
    cli::{
        check::declared,
        folder::simulated,
        print::{caution, print},
        tweets::format::{NO_LINE, NO_TWEET},
    },
    error::Error,
    rule::{Rule, doubts},
    settings::Settings,
    status::{Bar, counted},
    text::units::Number,
};

/// How long a month is, in hours: 30 days.
const MONTH: f64 = 30.0 * DAY;

const DAY: f64 = 24.0;

/// What rules would have matched in a sample, and what that comes to.
pub(crate) struct Estimate {
    counts: Counts,
    seen: Seen,
    covered: Result<Covered, NoRate>,
    /// The names of what was read.
    sources: Vec<String>,
    /// Whether the sample is a journal, or has one, and so holds only what rules let through.
    is_journal: bool,
    has_files: bool,
    percent: Option<Percent>,
    cap: Option<Number>,
}

/// What a rule comes to, or several together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cost {
    /// How many Tweets of the sample match.
    pub(crate) matches: u64,
    /// The part of the Tweets of the sample.
    pub(crate) share: f64,
    /// How many an hour, a day and a month that is, if the sample allows to say it.
    pub(crate) rates: Option<Rates>,
}

/// How many Tweets are to be expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    pub(crate) an_hour: EstimatedAmount,
    pub(crate) a_day: EstimatedAmount,
    pub(crate) a_month: EstimatedAmount,
    /// The part of the cap that a month takes, if there is one.
    pub(crate) of_cap: Option<EstimatedAmount>,
}

/// Estimates what rules come to, by the journal of a data folder; `None` if there is no journal, or no Tweet in it. A
/// rule that cannot be read is `None`, and counts for nothing.
///
/// It reads no more than `most` says, the newest part of the journal first of all, and works beside a run.
///
/// # Errors
/// [`Error::Run`] if the journal cannot be read.
pub(crate) fn of_journal(
    data: &Path,
    rules: impl IntoIterator<Item = Option<Arc<Rule>>>,
    most: &Most,
) -> Result<Option<Estimate>, Error> {
    let Some(source) = Source::of_data(data, most)? else {
        return Ok(None);
    };
    let asked = Asked::new(rules, false);
    let (estimate, read) = Estimate::of(source, &asked, most, &|_| {});
    read?;
    Ok(Some(estimate).filter(|estimate| estimate.counts.tweets > 0))
}

/// Matches the Tweets of a sample and prints what was found.
///
/// # Errors
/// [`Error::Rules`] if a rule is not valid, [`Error::System`] if a file cannot be read.
pub(super) fn estimate(arguments: &RulesEstimate) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let given = rules(arguments, &settings)?;
    let parsed = parsed(&given)?;
    let source = source(arguments, &settings)?;
    let bar = Bar::on_stderr(source.bytes());
    let asked = Asked::new(parsed.iter().cloned(), true);
    let most = Most::default();
    let (mut estimate, read) = Estimate::of(source, &asked, &most, &|bytes| bar.advance(bytes));
    bar.clear();
    estimate.percent = arguments.sample_percent;
    estimate.cap = arguments.cap;
    // What could be read of a damaged file still tells something.
    if read.is_ok() || estimate.counts.tweets > 0 {
        let unknown: Vec<bool> = parsed.iter().map(Option::is_none).collect();
        print(&match arguments.json {
            true => json::as_json(&given, &unknown, &estimate),
            false => table::as_text(&given, &unknown, &estimate),
        })?;
    }
    read?;
    match (estimate.counts.tweets, estimate.counts.skipped) {
        (0, 0) if estimate.has_files => Err(Error::Usage(NO_LINE.to_owned())),
        (0, _) if estimate.has_files => Err(Error::Usage(NO_TWEET.to_owned())),
        (0, _) => Err(Error::Usage(format!(
            "there is no Tweet in the journal `{}` yet\nhint: `ouzel run` fills it; or give files of Tweets",
            estimate.sources.join("`, `")
        ))),
        _ => Ok(()),
    }
}

/// The rules of the command line and of a file, or those of the script.
fn rules(arguments: &RulesEstimate, settings: &Settings) -> Result<Vec<FileRule>, Error> {
    let several = arguments.values.len() > 1;
    let values = arguments.values.iter().enumerate();
    let mut rules: Vec<FileRule> = values
        .map(|(number, value)| FileRule {
            value: value.clone(),
            tag: None,
            unchecked: false,
            place: match several {
                true => format!("--rule, {}", number + 1),
                false => "--rule".to_owned(),
            },
        })
        .collect();
    if let Some(file) = &arguments.rules {
        rules.extend(read(file)?);
    } else if rules.is_empty() {
        let declared = declared(&settings.script, &settings.script_limits)?;
        rules.extend(declared.rules.into_iter().map(|rule| FileRule {
            place: format!("{}:{}", rule.file, rule.line),
            value: rule.value,
            tag: rule.tag,
            unchecked: rule.unchecked,
        }));
    }
    match rules.is_empty() {
        true => Err(Error::Usage(
            "there are no rules to estimate\nhint: give some with `--rule 'coffee lang:en'`, or a file of them with `--rules FILE`".to_owned(),
        )),
        false => Ok(rules),
    }
}

/// Parses the rules and says what is wrong with them. `None` is an `unchecked` one that cannot be read.
fn parsed(given: &[FileRule]) -> Result<Vec<Option<Arc<Rule>>>, Error> {
    let mut parsed = Vec::with_capacity(given.len());
    let (mut said, mut wrong) = (Vec::new(), 0);
    for rule in given {
        for warning in doubts(&rule.value, rule.tag.as_deref(), rule.unchecked) {
            said.push(warning_text(&rule.place, &rule.value, &warning));
        }
        match Rule::accept(&rule.value) {
            Ok(rule) => parsed.push(Some(Arc::new(rule))),
            Err(_) if rule.unchecked => parsed.push(None),
            Err(invalid) => {
                wrong += 1;
                // Explaining takes longer than parsing, and nobody reads so many.
                said.push(match wrong <= told::MOST {
                    true => {
                        let diagnosis = invalid.diagnose(&rule.value);
                        invalid_text(&rule.place, "rule", &rule.value, &diagnosis)
                    }
                    false => String::new(),
                });
            }
        }
    }
    for text in said.iter().filter(|text| !text.is_empty()).take(told::MOST) {
        caution(text);
    }
    if let Some(more) = told::more(said.len(), "findings") {
        caution(&more);
    }
    match wrong {
        0 => Ok(parsed),
        wrong => Err(Error::Rules(format!("rules that are not valid: {wrong}"))),
    }
}

fn source(arguments: &RulesEstimate, settings: &Settings) -> Result<Source, Error> {
    if !arguments.tweets.is_empty() {
        return Source::named(&arguments.tweets);
    }
    let data = match arguments.sim {
        true => simulated(&settings.data_dir),
        false => settings.data_dir.clone(),
    };
    Source::of_data(&data, &Most::default())?.ok_or_else(|| {
        Error::Usage(format!(
            "there is no journal `{}`\nhint: `ouzel run` writes one; give files of Tweets, the folder of another journal, or `--sim` for the one of `ouzel run --sim`",
            data.join("journal").display()
        ))
    })
}

impl Estimate {
    fn of(
        source: Source,
        asked: &Asked,
        most: &Most,
        advance: &dyn Fn(u64),
    ) -> (Self, Result<(), Error>) {
        let now = Timestamp::now().as_millisecond();
        let (sources, silence) = (source.names(), source.silence(now));
        let (is_journal, has_files) = (source.has_journal(), source.has_files());
        let (counts, seen, read) = count(source, asked, most, now, advance);
        let estimate = Self {
            covered: counts.times.covered(&silence),
            counts,
            seen,
            sources,
            is_journal,
            has_files,
            percent: None,
            cap: None,
        };
        (estimate, read)
    }

    /// The same, with the part that each month takes of this many Tweets.
    pub(crate) fn with_cap(self, cap: Option<Number>) -> Self {
        Self { cap, ..self }
    }

    /// How many Tweets there are in the sample.
    pub(crate) fn tweets(&self) -> u64 {
        self.counts.tweets
    }

    /// What the rule of this place comes to.
    pub(crate) fn of_rule(&self, place: usize) -> Option<Cost> {
        Some(self.cost(self.counts.rules.get(place)?.hits))
    }

    /// What all rules come to, with Tweets counted once that several of them match.
    pub(crate) fn together(&self) -> Cost {
        self.cost(self.counts.together)
    }

    fn cost(&self, hits: Hits) -> Cost {
        #[expect(clippy::cast_precision_loss, reason = "a part needs no more")]
        let share = hits.matches as f64 / self.counts.tweets.max(1) as f64;
        let factor = self.percent.map_or(1.0, |percent| 100.0 / percent.0);
        let rates = self.covered.ok().map(|covered| {
            let an_hour = Amount::of(hits.timed).times(factor / covered.hours());
            let a_month = an_hour.times(MONTH);
            Rates {
                an_hour,
                a_day: an_hour.times(DAY),
                a_month,
                of_cap: self.cap.map(|Number(cap)| {
                    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more")]
                    let cap = cap as f64;
                    a_month.times(1.0 / cap)
                }),
            }
        });
        Cost {
            matches: hits.matches,
            share,
            rates,
        }
    }

    /// One line about all rules together, for people: what a month of them comes to, and by what sample.
    pub(crate) fn in_words(&self) -> String {
        let cost = self.together();
        let tweets = counted(self.counts.tweets, "Tweet");
        // The journal holds nothing of what its rules did not match.
        let least = if self.is_journal { ", or more" } else { "" };
        match (cost.rates, self.covered) {
            (Some(rates), Ok(covered)) => {
                let of_cap = rates
                    .of_cap
                    .map(|part| format!(", {} of the cap", part.as_percent()));
                format!(
                    "{} Tweets a month{least}{}, by {} of the journal ({tweets})",
                    rates.a_month.in_words(),
                    of_cap.unwrap_or_default(),
                    table::length(covered.hours())
                )
            }
            _ => format!(
                "{} of the Tweets of the journal{least}; {}",
                amount::percent(cost.share),
                self.no_rate().unwrap_or_default()
            ),
        }
    }

    /// Why there are no rates, for people. `None` if there are.
    fn no_rate(&self) -> Option<String> {
        let why = match self.covered.err()? {
            NoRate::NoTimes => "none of the Tweets tells its time".to_owned(),
            NoRate::Short(millis) => format!(
                "the Tweets are of {} altogether, and less than 10 minutes say nothing of an hour",
                table::length(millis / 3_600_000.0)
            ),
            NoRate::Sparse(covered) => format!(
                "the Tweets are of {}, too far from each other to be all that came",
                table::length(covered.hours())
            ),
        };
        Some(format!("no rate can be told: {why}"))
    }

    /// The pairs of rules, those with the most Tweets in common first.
    fn pairs(&self) -> Vec<((usize, usize), u64)> {
        let overlap = self.counts.overlap.iter();
        let mut pairs: Vec<_> = overlap.map(|(pair, count)| (*pair, *count)).collect();
        pairs.sort_by_key(|(pair, count)| (std::cmp::Reverse(*count), *pair));
        pairs
    }

    /// What has to be known to read the numbers right, for people.
    pub(crate) fn notes(&self) -> Vec<String> {
        let counts = &self.counts;
        let mut notes = Vec::new();
        match self.percent {
            Some(Percent(percent)) => notes.push(format!(
                "the sample is taken for {percent} % of all Tweets, so the rates are {} times what it has",
                table::factor(100.0 / percent)
            )),
            None if self.is_journal => notes.push(
                "the journal holds only what the rules of its time let through, so each number is the least to expect: a rule that was not among them may match many more".to_owned(),
            ),
            None => notes.push(
                "this tells of Tweets like these alone: of a sample of all Tweets, say how large it is with `--sample-percent`; of what a stream brought, each number is the least to expect".to_owned(),
            ),
        }
        notes.extend(self.no_rate());
        if let Ok(covered) = self.covered
            && covered.is_less_than_a_day()
        {
            notes.push(format!(
                "a day and a month are told by {}, and nights and weekends are not like the rest",
                table::length(covered.hours())
            ));
        }
        if let Ok(covered) = self.covered
            && covered.parts > 1
            && !self.is_journal
        {
            notes.push(format!(
                "the Tweets are of {} times with nothing between them, which counts as not in the sample",
                covered.parts
            ));
        }
        let mut told = |number: u64, what: &str, said: &str| {
            if number > 0 {
                notes.push(format!("{} {said}", counted(number, what)));
            }
        };
        let untimed = if self.covered.is_ok() {
            counts.untimed
        } else {
            0
        };
        told(
            untimed,
            "Tweet",
            "told no time that can be right; the rates are without them",
        );
        told(
            self.seen.repeated,
            "line",
            "had a Tweet that came shortly before",
        );
        told(
            self.seen.damaged,
            "part",
            "of the journal could not be read",
        );
        if self.seen.is_cut {
            notes.push("this is only a part of the journal, to save time".to_owned());
        }
        if counts.crowded > 0 {
            notes.push(format!(
                "the overlap is without {}: more than {OVERLAPPING} rules match each, or there are too many pairs",
                counted(counts.crowded, "Tweet")
            ));
        }
        notes
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{
        journal::{Batch, Effort, Journal, Options, Source as Origin},
        text::lines::Lines,
    };

    #[test]
    fn the_journal_of_a_data_folder_says_what_rules_come_to() {
        let data = tempfile::tempdir().unwrap();
        let rule = |value: &str| Some(Arc::new(Rule::accept(value).unwrap()));
        let rules = || [rule("coffee"), None, rule("zebra")];
        let most = Most::default();
        assert!(of_journal(data.path(), rules(), &most).unwrap().is_none());
        let (mut journal, _) =
            Journal::open(data.path().join("journal"), Options::default()).unwrap();
        assert!(of_journal(data.path(), rules(), &most).unwrap().is_none());
        for number in 0..3_600_u64 {
            let millis = 1_700_000_000_000 + 1_000 * number;
            let line = format!(
                "{{\"id\":{},\"text\":\"coffee\",\"timestamp_ms\":\"{millis}\",\"user\":{{}}}}",
                number + 1
            );
            let span = 0..u32::try_from(line.len()).unwrap();
            let batch = Batch {
                lines: Lines::new(Bytes::from(line), vec![span]),
                ids: vec![number + 1],
                source: Origin::Live,
                connection: 1,
                first_ms: millis.cast_signed(),
                last_ms: millis.cast_signed(),
                effort: Effort::Fast,
            };
            journal.append(&batch).unwrap();
        }
        let whole = of_journal(data.path(), rules(), &most).unwrap().unwrap();
        assert_eq!(whole.tweets(), 3_600);
        assert_eq!(whole.of_rule(0).unwrap().matches, 3_600);
        assert_eq!(whole.of_rule(2).unwrap().matches, 0);
        assert!(whole.of_rule(3).is_none());
        let whole = whole.with_cap(Some(Number(10_000_000)));
        assert_eq!(
            whole.in_words(),
            "about 2 600 000 Tweets a month, or more, 26 % of the cap, by 1 hour of the journal (3 600 Tweets)"
        );
        let few = Most {
            lines: Some(100),
            bytes: Some(1),
            ..most
        };
        let part = of_journal(data.path(), rules(), &few).unwrap().unwrap();
        assert_eq!(part.tweets(), 100);
        assert_eq!(
            part.in_words(),
            "100 % of the Tweets of the journal, or more; no rate can be told: the Tweets are of 1.7 minutes altogether, and less than 10 minutes say nothing of an hour"
        );
        assert!(
            part.notes()
                .iter()
                .any(|note| note.contains("a part of the journal"))
        );
    }
}
