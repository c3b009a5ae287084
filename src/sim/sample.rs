//! Made-up Tweets of every kind, each about one rule, for trying what is to handle them.

use fastrand::Rng;
use sonic_rs::{JsonValueTrait, Value};

use super::{activity, generator::Generator, options::Format, subject::write_kind};
use ouzel_rule::{Analysis, Fact, Rule};
use ouzel_text::scan::Parts;

/// What kind of Tweet a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SampleKind {
    /// A short Tweet of its own, without a place.
    Plain,
    /// An answer to another Tweet.
    Reply,
    /// A Retweet.
    Retweet,
    /// A quote, with the quoted Tweet in it.
    Quote,
    /// A Retweet of a quote.
    RetweetedQuote,
    /// A quote of a Tweet that is gone.
    QuoteOfNothing,
    /// A Tweet whose whole text stands in a part of its own.
    Long,
    /// A Tweet with a Place and no exact point.
    Placed,
    /// A Tweet with an exact point.
    Pinned,
    /// A Tweet with photos or a video.
    Media,
    /// A Tweet whose lists are empty, of an account that tells nothing about itself.
    Bare,
    /// A Tweet of an account whose `derived` has no locations.
    Nowhere,
    /// A Tweet as the REST API gives it in its extended form, with `full_text`.
    Rest,
    /// A Retweet in that form.
    RestRetweet,
    /// A Tweet without entities, and without the keys that can be null.
    Cut,
}

impl SampleKind {
    /// All kinds.
    pub const ALL: [Self; 15] = [
        Self::Plain,
        Self::Reply,
        Self::Retweet,
        Self::Quote,
        Self::RetweetedQuote,
        Self::QuoteOfNothing,
        Self::Long,
        Self::Placed,
        Self::Pinned,
        Self::Media,
        Self::Bare,
        Self::Nowhere,
        Self::Rest,
        Self::RestRetweet,
        Self::Cut,
    ];

    /// What several of them are called.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Plain => "short Tweets",
            Self::Reply => "replies",
            Self::Retweet => "Retweets",
            Self::Quote => "quotes",
            Self::RetweetedQuote => "Retweets of quotes",
            Self::QuoteOfNothing => "quotes of Tweets that are gone",
            Self::Long => "long Tweets",
            Self::Placed => "Tweets with a place",
            Self::Pinned => "Tweets with coordinates",
            Self::Media => "Tweets with media",
            Self::Bare => "Tweets with nothing but text",
            Self::Nowhere => "Tweets whose `derived` has no locations",
            Self::Rest => "Tweets of the REST API",
            Self::RestRetweet => "Retweets of the REST API",
            Self::Cut => "Tweets without entities",
        }
    }

    /// A short name that stays the same, for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Reply => "reply",
            Self::Retweet => "retweet",
            Self::Quote => "quote",
            Self::RetweetedQuote => "retweeted_quote",
            Self::QuoteOfNothing => "quote_of_nothing",
            Self::Long => "long",
            Self::Placed => "placed",
            Self::Pinned => "pinned",
            Self::Media => "media",
            Self::Bare => "bare",
            Self::Nowhere => "nowhere",
            Self::Rest => "rest",
            Self::RestRetweet => "rest_retweet",
            Self::Cut => "cut",
        }
    }

    /// Whether a stream delivers such Tweets. The others are in files from elsewhere, in the native format alone.
    #[must_use]
    pub fn is_delivered(self) -> bool {
        !matches!(self, Self::Rest | Self::RestRetweet | Self::Cut)
    }

    /// What a Tweet of this kind has, and what it must not have.
    fn facts(self) -> (&'static [Fact], &'static [Fact]) {
        use Fact::{Geo, Media, Quote, Reply, Retweet};
        const ALONE: &[Fact] = &[Retweet, Quote, Reply];
        match self {
            Self::Plain | Self::Bare | Self::Nowhere => (&[], &[Retweet, Quote, Reply, Geo, Media]),
            Self::Reply => (&[Reply], &[Retweet, Quote, Geo]),
            Self::Retweet | Self::RestRetweet => (&[Retweet], &[Quote]),
            Self::Quote => (&[Quote], &[Retweet, Reply, Geo]),
            Self::RetweetedQuote => (&[Retweet, Quote], &[]),
            Self::QuoteOfNothing => (&[Quote], &[Retweet, Reply, Geo, Fact::Links]),
            Self::Long | Self::Rest | Self::Cut => (&[], ALONE),
            Self::Placed | Self::Pinned => (&[Geo], ALONE),
            Self::Media => (&[Media], ALONE),
        }
    }

    /// Whether all that is not asked for is to be taken away.
    fn is_bare(self) -> bool {
        self == Self::Bare
    }

    /// How many positions are tried. What no fact asks for comes by chance.
    fn tries(self) -> i64 {
        match self {
            Self::Long | Self::Pinned | Self::Placed => 16,
            _ => 3,
        }
    }

    /// Whether a Tweet is of this kind, before it is changed further.
    fn is_kind(self, tweet: &Value) -> bool {
        let has = |key| tweet.get(key).is_some_and(|value: &Value| !value.is_null());
        let is_long = has("extended_tweet");
        match self {
            Self::Plain | Self::Bare => {
                let others = ["retweeted_status", "quoted_status", "in_reply_to_status_id"];
                !others.into_iter().any(has) && !has("place") && !is_long
            }
            Self::Reply => has("in_reply_to_status_id") && !has("retweeted_status"),
            Self::Retweet | Self::RestRetweet => has("retweeted_status") && !has("quoted_status"),
            Self::Quote => has("quoted_status") && !has("retweeted_status"),
            Self::RetweetedQuote => has("retweeted_status") && has("quoted_status"),
            Self::QuoteOfNothing => {
                !has("quoted_status")
                    && !has("retweeted_status")
                    && tweet.get("is_quote_status").and_then(Value::as_bool) == Some(true)
            }
            Self::Long => is_long,
            Self::Placed => has("place") && !has("coordinates"),
            Self::Pinned => has("coordinates"),
            Self::Media => !has("retweeted_status") && (has("extended_entities") || is_long),
            Self::Nowhere | Self::Rest | Self::Cut => !has("retweeted_status"),
        }
    }
}

/// One made-up Tweet.
#[derive(Debug, Clone)]
pub struct Sample {
    /// What kind of Tweet it is.
    pub kind: SampleKind,
    /// How it is laid out.
    pub format: Format,
    /// The Tweet as JSON on one line, without its end. It names no rules.
    pub line: Vec<u8>,
}

/// Makes samples. The same seed gives the same ones.
#[derive(Debug)]
pub struct Samples {
    generator: Generator,
    seed: u64,
}

/// Between the positions of two kinds, so that no two samples are the same Tweet.
const APART: i64 = 64;

impl Samples {
    /// Makes the accounts that Tweets come from.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            generator: Generator::new(seed),
            seed,
        }
    }

    /// Tweets that a rule matches, or about anything, of each kind and in each format; without the kinds that the rule
    /// rules out. With another number they are other Tweets.
    #[must_use]
    pub fn about(&self, rule: Option<&Rule>, number: usize) -> Vec<Sample> {
        let kinds = SampleKind::ALL.len() as i64;
        let first = i64::try_from(number).unwrap_or(0) % 1_000_000 * kinds * 2 * APART;
        let mut samples = Vec::new();
        for (at, kind) in SampleKind::ALL.into_iter().enumerate() {
            let formats: &[Format] = match kind.is_delivered() {
                true => &[Format::Native, Format::Activity],
                false => &[Format::Native],
            };
            for (format_at, format) in formats.iter().enumerate() {
                let position = first + (2 * at + format_at) as i64 * APART;
                samples.extend(self.one(rule, kind, *format, position));
            }
        }
        samples
    }

    fn one(
        &self,
        rule: Option<&Rule>,
        kind: SampleKind,
        format: Format,
        first: i64,
    ) -> Option<Sample> {
        let mut line = Vec::new();
        let mut rng = Rng::with_seed(self.seed ^ first.unsigned_abs());
        for position in first..first + kind.tries() {
            line.clear();
            let (wanted, unwanted) = kind.facts();
            let ask = (rule, wanted, unwanted, kind.is_bare());
            if !write_kind(&self.generator, position, ask, &mut rng, &mut line) {
                continue;
            }
            let Ok(tweet) = ouzel_text::json::read_any(&line) else {
                continue;
            };
            if !kind.is_kind(&tweet) {
                continue;
            }
            if let Some(changed) = str::from_utf8(&line)
                .ok()
                .and_then(|line| changed(line, kind))
            {
                line = changed.into_bytes();
            }
            let Ok(tweet) = ouzel_text::json::read_any(&line) else {
                continue;
            };
            if format == Format::Activity {
                line.clear();
                activity::write(&mut line, &tweet, &[]);
            }
            let Ok(tweet) = ouzel_text::json::read_any(&line) else {
                continue;
            };
            let analysis = match format {
                Format::Native => Analysis::native(&tweet),
                Format::Activity => Analysis::activity(&tweet),
            };
            // A change may have taken away what the rule asks for.
            if rule.is_none_or(|rule| rule.matches(&analysis)) {
                return Some(Sample { kind, format, line });
            }
        }
        None
    }
}

/// Makes of a Tweet what the generator makes none of; `None` if there is nothing to change.
fn changed(tweet: &str, kind: SampleKind) -> Option<String> {
    match kind {
        SampleKind::Nowhere => Some(edit(tweet, &[], |key, value| match key {
            "user" => Some(edit(value, &[("derived", "{}")], |_, user| {
                Some(user.to_owned())
            })),
            _ => Some(value.to_owned()),
        })),
        SampleKind::Rest | SampleKind::RestRetweet => Some(extended(tweet)),
        SampleKind::Cut => Some(edit(tweet, &[], |key, value| {
            let goes = key.contains("entities")
                || key.starts_with("in_reply_to_")
                || ["extended_tweet", "place", "coordinates", "geo"].contains(&key);
            (!goes).then(|| value.to_owned())
        })),
        _ => None,
    }
}

/// A Tweet in the extended form of the REST API: the whole text is in `full_text`, and there is no `text`.
fn extended(tweet: &str) -> String {
    let long = members(tweet).find(|(key, _)| *key == "extended_tweet");
    let long: Vec<(&str, &str)> = long.map_or(Vec::new(), |(_, long)| members(long).collect());
    let text = members(tweet).find(|(key, _)| *key == "text");
    let mut given = match &long[..] {
        [] => vec![("full_text", text.map_or("\"\"", |(_, text)| text))],
        long => long.to_vec(),
    };
    given.push(("truncated", "false"));
    edit(tweet, &given, |key, value| match key {
        "text" | "extended_tweet" | "timestamp_ms" | "filter_level" => None,
        "retweeted_status" | "quoted_status" => Some(extended(value)),
        _ => Some(value.to_owned()),
    })
}

/// The members of an object, in their order.
fn members(object: &str) -> impl Iterator<Item = (&str, &str)> {
    Parts::of(object.as_bytes()).map(|(key, value)| {
        let key = &object[key];
        (key.trim_matches('"'), &object[value])
    })
}

/// An object with other values: those that are given, and for the others what `of` makes of them; without those of
/// which it makes nothing.
fn edit(object: &str, given: &[(&str, &str)], of: impl Fn(&str, &str) -> Option<String>) -> String {
    let is_given = |key: &str| given.iter().any(|(own, _)| *own == key);
    let kept = members(object).filter(|(key, _)| !is_given(key));
    let kept = kept.filter_map(|(key, value)| Some((key, of(key, value)?)));
    let given = given.iter().map(|(key, value)| (*key, (*value).to_owned()));
    let members: Vec<_> = kept
        .chain(given)
        .map(|(key, value)| format!("\"{key}\":{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn kinds(samples: &[Sample]) -> BTreeSet<(SampleKind, &'static str)> {
        let kinds = samples.iter().map(|sample| {
            let format = match sample.format {
                Format::Native => "native",
                Format::Activity => "activity",
            };
            (sample.kind, format)
        });
        kinds.collect()
    }

    #[test]
    fn there_is_every_kind_in_every_format() {
        let samples = Samples::new(1);
        let rule = Rule::parse("(rocket OR #launch) lang:en").unwrap();
        for rule in [None, Some(&rule)] {
            let made = samples.about(rule, 3);
            let all = SampleKind::ALL.into_iter().flat_map(|kind| {
                let activity = kind.is_delivered().then_some((kind, "activity"));
                [(kind, "native")].into_iter().chain(activity)
            });
            assert_eq!(kinds(&made), all.collect(), "{rule:?}");
            let ids: BTreeSet<String> = made
                .iter()
                .map(|sample| {
                    let tweet = ouzel_text::json::read_any(&sample.line).unwrap();
                    tweet.get("id").unwrap().to_string()
                })
                .collect();
            assert_eq!(ids.len(), made.len(), "each is a Tweet of its own");
            let again = samples.about(rule, 3);
            assert!(made.iter().zip(&again).all(|(a, b)| a.line == b.line));
        }
    }

    #[test]
    fn a_rule_rules_kinds_out() {
        let samples = Samples::new(1);
        let made = |rule: &str| {
            let rule = Rule::parse(rule).unwrap();
            let made = samples.about(Some(&rule), 0);
            let kinds: BTreeSet<SampleKind> = made.iter().map(|sample| sample.kind).collect();
            kinds.into_iter().map(SampleKind::name).collect::<Vec<_>>()
        };
        assert_eq!(
            made("tea is:retweet"),
            ["retweet", "retweeted_quote", "rest_retweet"]
        );
        assert_eq!(
            made("tea -is:retweet -is:quote -is:reply -has:geo -has:media"),
            ["plain", "long", "bare", "nowhere", "rest", "cut"]
        );
    }

    #[test]
    fn some_kinds_are_changed_afterwards() {
        let samples = Samples::new(7).about(None, 0);
        let text = |kind| {
            let sample = samples.iter().find(|sample| sample.kind == kind).unwrap();
            String::from_utf8(sample.line.clone()).unwrap()
        };
        let rest = text(SampleKind::Rest);
        assert!(rest.contains("\"full_text\"") && !rest.contains("\"text\":\"RT"));
        assert!(!rest.contains("\"extended_tweet\""));
        let retweet = text(SampleKind::RestRetweet);
        assert_eq!(retweet.matches("\"full_text\"").count(), 2, "{retweet}");
        assert!(text(SampleKind::Nowhere).contains("\"derived\":{}"));
        assert!(!text(SampleKind::Bare).contains("\"derived\""));
        let cut = text(SampleKind::Cut);
        let cut: Value = sonic_rs::from_str(&cut).unwrap();
        assert!(cut.get("entities").is_none() && cut.get("place").is_none());
    }
}
