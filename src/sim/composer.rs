//! One Tweet as it is delivered: taken from the source, made to be about something, and completed with its rules.

use std::sync::Arc;

use fastrand::Rng;
use sonic_rs::Value;

use super::{
    activity,
    options::Format,
    rule_set::{RuleSet, Stored},
    source::Source,
    subject::Subjects,
    tweet_text,
};
use ouzel_rule::Analysis;

/// Makes the text of Tweets. The same position and moment give the same bytes.
#[derive(Debug, Clone)]
pub(super) struct Composer {
    pub(super) source: Source,
    pub(super) format: Format,
    pub(super) seed: u64,
}

/// One made-up Tweet in eight is about a subject. The others are about anything.
const ABOUT: u64 = 8;

/// What is needed to make a Tweet again: the subjects that there were, and the rules that it matched.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) subjects: Subjects,
    pub(super) rules: Vec<Arc<Stored>>,
}

impl Composer {
    /// Appends the Tweet at a position, without `matching_rules`. Returns false if there is none.
    pub(super) fn begin(&self, position: i64, subjects: &Subjects, out: &mut Vec<u8>) -> bool {
        if let Source::Made(generator) = &self.source {
            let mixed = position.cast_unsigned().wrapping_mul(0xd1b5_4a32_d192_ed03) ^ self.seed;
            let mut rng = Rng::with_seed(mixed);
            if rng.u64(..ABOUT) == 0 && subjects.write(generator, position, &mut rng, out) {
                return true;
            }
        }
        self.source.write(position, out)
    }

    /// Parses the Tweet in `text`, and finds the rules that match it.
    pub(super) fn matching(text: &[u8], rules: &RuleSet) -> (Vec<Arc<Stored>>, Option<Value>) {
        let Ok(tweet) = ouzel_text::json::read_any(text) else {
            return (Vec::new(), None);
        };
        let analysis = if activity::is_activity(&tweet) {
            Analysis::activity(&tweet)
        } else {
            Analysis::native(&tweet)
        };
        let matching = rules.matching(&analysis);
        let matching = matching.into_iter().cloned().collect();
        (matching, Some(tweet))
    }

    /// Adds the rules to the Tweet that begins at `start`, and writes it in the format of the options.
    pub(super) fn finish(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        tweet: &Value,
        rules: &[Arc<Stored>],
    ) {
        if activity::is_activity(tweet) {
            // It comes from a file. It cannot become a native Tweet: it lacks fields of that format.
            activity::insert_matching(out, start, rules);
        } else if self.format == Format::Activity {
            out.truncate(start);
            activity::write(out, tweet, rules);
        } else {
            tweet_text::append_matching(out, rules);
        }
    }

    /// The line of a Tweet that was made before, without its delimiter.
    pub(super) fn again(&self, position: i64, moment: &Moment) -> Vec<u8> {
        let mut line = Vec::new();
        if self.begin(position, &moment.subjects, &mut line)
            && let Ok(tweet) = ouzel_text::json::read_any(&line)
        {
            self.finish(&mut line, 0, &tweet, &moment.rules);
        }
        line
    }
}
