//! Made-up Tweets are about what is asked for, and are still Tweets.

mod file;
mod rules;
mod shape;

use std::sync::{Arc, OnceLock};

use fastrand::Rng;
use sonic_rs::{JsonValueTrait, Value};

use super::Subjects;
use crate::{
    rule::{Analysis, Rule},
    sim::generator::tests::tweets,
};

fn subjects(values: &[&str]) -> Subjects {
    let parse = |value: &&str| {
        let rule = Rule::parse(value).unwrap_or_else(|invalid| panic!("{value}: {invalid}"));
        Arc::new(rule)
    };
    Subjects::of_rules(values.iter().map(parse))
}

/// Making the accounts takes longer than making all of these Tweets.
fn made() -> &'static [String] {
    static MADE: OnceLock<Vec<String>> = OnceLock::new();
    MADE.get_or_init(|| tweets(11, 1000))
}

/// This many made-up Tweets, each before and after it was to be about one of the subjects, and
/// whether it then was.
fn edited(subjects: &Subjects, count: usize) -> Vec<(String, String, bool)> {
    let edit = |(number, before): (usize, &String)| {
        let mut out = b"before".to_vec();
        out.extend_from_slice(before.as_bytes());
        let mut rng = Rng::with_seed(number as u64);
        let applied = subjects.apply(&mut out, "before".len(), &mut rng);
        let after = String::from_utf8(out).unwrap();
        let after = after.strip_prefix("before").unwrap().to_owned();
        assert!(applied || *before == after);
        (before.clone(), after, applied)
    };
    made()[..count].iter().enumerate().map(edit).collect()
}

fn parsed(json: &str) -> Value {
    sonic_rs::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn is_match(rule: &Rule, json: &str) -> bool {
    rule.matches(&Analysis::native(&parsed(json)))
}

#[test]
fn zz_show() {
    for value in [
        "(snow OR \"snow day\") lang:en -is:retweet",
        "#winter from:OnTheSnow",
        "\"climate change\"~4 has:links",
        "寿司",
        "place_country:us has:images",
        "retweets_of:nasa",
        "is:quote contains:phone",
        "to:jack url_title:\"flood map\" url:npr.org",
        "snow",
    ] {
        for (_, after, applied) in edited(&subjects(&[value]), 7).iter().skip(2) {
            let t = parsed(after);
            use sonic_rs::JsonValueTrait as _;
            println!(
                "{value} | {applied} | {} | {} | @{} | ext {:?} | rt {:?} | {} | {}",
                t["lang"],
                t["text"],
                t["user"]["screen_name"],
                t["extended_tweet"]["full_text"].as_str(),
                t["retweeted_status"]["user"]["screen_name"].as_str(),
                t["entities"],
                t["place"]["full_name"]
            );
        }
    }
}

#[test]
fn zz_time() {
    let all = tweets(11, 2000);
    let t = std::time::Instant::now();
    let n: usize = all.iter().map(|one| parsed(one).is_object() as usize).sum();
    println!("parse: {:?} each {n}", t.elapsed() / 2000);
    let t = std::time::Instant::now();
    let rule = Rule::parse("snow").unwrap();
    let n: usize = all.iter().map(|one| is_match(&rule, one) as usize).sum();
    println!("parse match: {:?} each {n}", t.elapsed() / 2000);
    let t = std::time::Instant::now();
    let mut g = crate::sim::generator::Generator::new(11);
    let mut out = Vec::new();
    for _ in 0..2000 {
        out.clear();
        g.next_into(&mut out);
    }
    println!("generate: {:?} each {}", t.elapsed() / 2000, out.len());
    let t = std::time::Instant::now();
    let mut n = 0;
    for one in &all {
        n += super::retweet::take_apart(one).is_some() as usize;
    }
    println!("apart: {:?} each {n}", t.elapsed() / 2000);
    let t = std::time::Instant::now();
    let mut n = 0;
    for one in &all {
        let mut a = super::retweet::take_apart(one).unwrap();
        n += super::said::Said::read(&mut a.tweet).is_some() as usize;
    }
    println!("apart read: {:?} each {n}", t.elapsed() / 2000);
    for value in ["snow", "is:retweet"] {
        let rule = Rule::parse(value).unwrap();
        let mut rng = Rng::with_seed(1);
        let t = std::time::Instant::now();
        let mut n = 0;
        for one in &all {
            let mut w = super::wishes::Wishes::default();
            w.add(&rule, &mut rng);
            n += super::edit(one, &w, &mut rng).unwrap().len();
        }
        println!("edit {value}: {:?} each {n}", t.elapsed() / 2000);
    }
    for value in [
        "snow",
        "(#snow OR snowday OR \"snow day\" OR from:noaa) lang:en -is:retweet",
        "is:quote",
        "is:retweet #a @b",
        "place_country:us",
        "snow -coffee -rocket has:links",
        "from:a from:b",
        "bio:x profile_country:us",
    ] {
        let s = subjects(&[value]);
        let mut rng = Rng::with_seed(1);
        let t = std::time::Instant::now();
        let mut n = 0;
        for one in &all {
            let mut out = one.clone().into_bytes();
            n += usize::from(s.apply(&mut out, 0, &mut rng));
        }
        println!("{value}: {:?} each, {n}", t.elapsed() / 2000);
    }
}
