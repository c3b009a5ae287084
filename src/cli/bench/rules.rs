//! `ouzel bench --rules N`: how fast many rules find the Tweets that match them, on one core.

use std::{
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Serialize;

use super::{Bench, values};
use crate::{
    cli::print::{print, say},
    error::Error,
    rule::{Analysis, Rule, RuleSet},
    sim::generator::Generator,
};

/// Tweets that are held in memory to measure with; more would say the same.
const IN_MEMORY: u64 = 20_000;

/// The figures, in the order in which they are printed.
#[derive(Debug, Clone, Default, Serialize)]
struct Figures {
    rules: usize,
    validate_seconds: f64,
    index_seconds: f64,
    tweets: usize,
    bytes: usize,
    matches_per_tweet: f64,
    tweets_per_second: f64,
    micros_per_tweet: f64,
    parse_micros: f64,
    analyse_micros: f64,
    match_micros: f64,
}

/// One pass over all Tweets.
#[derive(Debug, Default)]
struct Pass {
    whole: Duration,
    parse: Duration,
    analyse: Duration,
    matching: Duration,
    matches: usize,
}

/// Measures, and prints the figures.
pub(super) fn bench(arguments: &Bench, rules: usize) -> Result<(), Error> {
    say(&format!("making {rules} rules and Tweets for them\n"));
    let lines = tweets(arguments.tweets.min(IN_MEMORY), arguments.seed);
    let values = values::values(rules, arguments.seed, &lines);

    let began = Instant::now();
    let valid: Vec<Arc<Rule>> = values
        .iter()
        .filter_map(|value| Rule::parse(value).ok().map(Arc::new))
        .collect();
    let validate = began.elapsed();
    let began = Instant::now();
    let mut set = RuleSet::new();
    for (key, rule) in valid.into_iter().enumerate() {
        set.insert(key, rule);
    }
    let index = began.elapsed();

    let passes = (0..arguments.runs).map(|_| pass(&lines, &set));
    let best = passes.min_by_key(|pass| pass.whole).unwrap_or_default();
    let per_tweet = |took: Duration| took.as_secs_f64() * 1e6 / lines.len().max(1) as f64;
    let figures = Figures {
        rules: set.len(),
        validate_seconds: validate.as_secs_f64(),
        index_seconds: index.as_secs_f64(),
        tweets: lines.len(),
        bytes: lines.iter().map(Vec::len).sum(),
        matches_per_tweet: best.matches as f64 / lines.len().max(1) as f64,
        tweets_per_second: 1e6 / per_tweet(best.whole),
        micros_per_tweet: per_tweet(best.whole),
        parse_micros: per_tweet(best.parse),
        analyse_micros: per_tweet(best.analyse),
        match_micros: per_tweet(best.matching),
    };
    print(&if arguments.json {
        let json = sonic_rs::to_string(&figures).expect("numbers always have a JSON");
        format!("{json}\n")
    } else {
        as_text(&figures)
    })
}

fn tweets(count: u64, seed: u64) -> Vec<Vec<u8>> {
    let mut generator = Generator::new(seed);
    let tweets = (0..count).map(|_| {
        let mut line = Vec::new();
        generator.next_into(&mut line);
        line
    });
    tweets.collect()
}

fn pass(lines: &[Vec<u8>], set: &RuleSet<usize>) -> Pass {
    let mut pass = Pass::default();
    let mut found = Vec::new();
    let began = Instant::now();
    for line in lines {
        let start = Instant::now();
        let Ok(tweet) = crate::text::json::read_any(line) else {
            continue;
        };
        let parsed = Instant::now();
        let analysis = Analysis::native(&tweet);
        let analysed = Instant::now();
        found.clear();
        set.matching(&analysis, &mut found);
        pass.matching += analysed.elapsed();
        pass.analyse += analysed - parsed;
        pass.parse += parsed - start;
        pass.matches += found.len();
    }
    pass.whole = began.elapsed();
    pass
}

fn as_text(figures: &Figures) -> String {
    let mut text = format!(
        "{} rules, validated in {:.0} ms, indexed in {:.0} ms\n{} Tweets of {} bytes, {:.1} matches each\n\n",
        figures.rules,
        figures.validate_seconds * 1e3,
        figures.index_seconds * 1e3,
        figures.tweets,
        figures.bytes / figures.tweets.max(1),
        figures.matches_per_tweet,
    );
    let _ = writeln!(text, "{:32}{:>12}{:>12}", "", "Tweets/s", "µs/Tweet");
    for (name, micros) in [
        ("parse", figures.parse_micros),
        ("analyse", figures.analyse_micros),
        ("cut into words, match", figures.match_micros),
        ("the whole, on one core", figures.micros_per_tweet),
    ] {
        let _ = writeln!(text, "{name:32}{:>12.0}{micros:>12.2}", 1e6 / micros);
    }
    text
}
