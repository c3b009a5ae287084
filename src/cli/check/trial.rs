//! Runs a script's handlers over made-up Tweets, in memory.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    io,
    path::Path,
    sync::Arc,
};

use bytes::Bytes;
use tracing::subscriber::{NoSubscriber, with_default};

use crate::{
    error::Error,
    pipeline,
    rule::Rule,
    script::{
        Declared, Failure, Limits,
        tag_pattern::{asks_for, fitting_tag},
    },
    sim::{Format, Sample, SampleKind, Samples},
    store::Store,
    tweet::{MatchedRule, Tweet},
    worker::{
        Report, Work, Worker,
        matching::{Matcher, Matching},
    },
};

/// Decides what the Tweets say. Any number would do; the same one gives the same Tweets on each machine.
const SEED: u64 = 13;

/// Tweets are made about at most this many rules. About a few they take no time, and about thousands a minute.
const MOST: usize = 24;

/// So many tags of handlers are looked at. Each is held against all rules.
const PATTERNS: usize = 1_000;

/// Tweets are made about so many rules, if there are so many, even if fewer reach every handler.
const FEW: usize = 6;

/// One made-up Tweet, and how the handlers got on with it.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) kind: SampleKind,
    pub(super) format: Format,
    /// The handlers that ran. The number of one is that of the first with the same function: a loop may register a
    /// function for thousands of tags.
    pub(super) ran: BTreeSet<usize>,
    /// The handler that failed, and why it did.
    pub(super) failed: Option<(usize, Failure)>,
}

/// What a script declares, and how its handlers get on with made-up Tweets.
///
/// # Errors
/// [`Error::Script`] if the script cannot be loaded.
pub(super) fn load_and_try(
    script: &Path,
    limits: &Limits,
) -> Result<(Arc<Declared>, Vec<Trial>), Error> {
    // Sinks are files, so they need a folder. It goes when this ends.
    let sinks = tempfile::Builder::new()
        .prefix("ouzel-check-")
        .tempdir()
        .map_err(Error::system("cannot make a folder for what handlers emit"))?;
    let work = Work {
        script: script.to_owned(),
        limits: *limits,
        store: Store::in_memory()?,
        progress: None,
        journal: None,
        handled: None,
        in_hand: None,
        sinks: sinks.path().to_owned(),
        rules_endpoint: String::new(),
        matching: Matching::Never,
        limit: None,
        tally: Arc::default(),
        doing: Arc::default(),
        feed: Arc::default(),
    };
    let mut loaded = Ok(Arc::<Declared>::default());
    let mut report = |report| match report {
        Report::Loaded(load) => loaded = Ok(load.declared),
        Report::LoadFailed { error, .. } => loaded = Err(error),
        _ => {}
    };
    let mut output = io::sink();
    let mut worker = Worker::new(work, &mut output, &mut report);
    let has_loaded = worker.load_now().map_err(pipeline::Error::from)?;
    let declared = worker.declared();
    let trials = match has_loaded.is_continue() {
        // What handlers log about made-up Tweets is nobody's business.
        true => with_default(NoSubscriber::default(), || try_all(&mut worker, &declared))?,
        false => Vec::new(),
    };
    drop(worker);
    Ok((loaded?, trials))
}

/// What Tweets are made about: a rule of the script, by its number, or the tag that a handler asks for.
#[derive(Debug, PartialEq, Eq)]
enum Topic {
    Rule(usize),
    Tag(String),
}

/// Chooses what Tweets are made about, so that each handler is called, as far as [`MOST`] goes.
fn topics(declared: &Declared) -> Vec<Topic> {
    let mut rules = BTreeSet::new();
    let mut tags = BTreeSet::new();
    let (mut places, mut patterns) = (HashSet::new(), HashSet::new());
    for handler in &declared.handlers {
        let Some(pattern) = &handler.tag else {
            continue;
        };
        if rules.len() + tags.len() >= MOST || patterns.len() >= PATTERNS {
            break;
        }
        if !places.insert((&handler.file, handler.line)) || !patterns.insert(pattern) {
            continue;
        }
        let asked = |tag: &Option<String>| asks_for(pattern, tag.as_deref());
        let mut asked = (declared.rules.iter().enumerate()).filter(|(_, rule)| asked(&rule.tag));
        match asked.next() {
            Some((number, _)) => rules.insert(number),
            None => tags.insert(fitting_tag(pattern)),
        };
    }
    let few = FEW.min(declared.rules.len());
    for number in 0..few {
        if rules.len() >= few {
            break;
        }
        rules.insert(number * declared.rules.len() / few);
    }
    if rules.is_empty() && tags.is_empty() && !declared.handlers.is_empty() {
        tags.insert(fitting_tag("*"));
    }
    let rules = rules.into_iter().map(Topic::Rule);
    rules.chain(tags.into_iter().map(Topic::Tag)).collect()
}

fn try_all(worker: &mut Worker<'_>, declared: &Declared) -> Result<Vec<Trial>, Error> {
    let topics = topics(declared);
    if topics.is_empty() || declared.handlers.is_empty() {
        return Ok(Vec::new());
    }
    let (samples, matcher) = (Samples::new(SEED), Matcher::new(declared));
    let mut first = HashMap::new();
    let handlers = declared.handlers.iter().enumerate();
    let firsts: Vec<usize> = handlers
        .map(|(number, handler)| {
            let function = (&handler.file, handler.line, handler.tag.is_some());
            *first.entry(function).or_insert(number)
        })
        .collect();
    let mut trials = Vec::new();
    for (number, topic) in topics.iter().enumerate() {
        for sample in about(&samples, topic, number, declared) {
            let Ok(tweet) = Tweet::parse(Bytes::from(sample.line)) else {
                continue;
            };
            let mut found = matcher.matching(&tweet);
            // Of a rule that cannot be read, or that nothing made up can match, the Tweet only says that it matched.
            if let Topic::Rule(rule) = topic
                && !found.contains(rule)
            {
                found.push(*rule);
            }
            let mut rules = matcher.named(&found);
            if let Topic::Tag(tag) = topic {
                rules.push(MatchedRule {
                    tag: Some(tag),
                    id: Some(1),
                });
            }
            let tweet = tweet.matching(&rules);
            let tags: Vec<Option<&str>> = rules.iter().map(|rule| rule.tag).collect();
            let tried = worker.try_out(tweet).map_err(pipeline::Error::from)?;
            let begun = declared.handlers.iter().enumerate().take(tried.last + 1);
            let ran = begun.filter(|(_, handler)| match &handler.tag {
                Some(pattern) => tags.iter().any(|tag| asks_for(pattern, *tag)),
                None => true,
            });
            trials.push(Trial {
                kind: sample.kind,
                format: sample.format,
                ran: ran.map(|(number, _)| firsts[number]).collect(),
                failed: tried.failure.map(|failure| (firsts[tried.last], failure)),
            });
        }
    }
    Ok(trials)
}

/// Made-up Tweets about a topic; about anything if there cannot be any about it.
fn about(samples: &Samples, topic: &Topic, number: usize, declared: &Declared) -> Vec<Sample> {
    let rule = match topic {
        Topic::Rule(rule) => declared.rules.get(*rule),
        Topic::Tag(_) => None,
    };
    if let Some(rule) = rule.and_then(|rule| Rule::accept(&rule.value).ok()) {
        let made = samples.about(Some(&rule), number);
        if !made.is_empty() {
            return made;
        }
    }
    samples.about(None, number)
}
