//! Any text as a script, and Tweets for its handlers.

use std::{fs, rc::Rc, time::Duration};

use bytes::Bytes;

use crate::{
    doing::Doing,
    row::{Cell, EachRow, Made, Refused, TableSpec},
    script::{Database, Generation, Limits},
    text::json,
    tweet::Tweet,
};

/// So that each script ends soon, whatever it holds.
const LIMITS: Limits = Limits {
    time: Duration::from_millis(50),
    load_time: Duration::from_millis(50),
    instructions: 50_000,
    memory: 16 << 20,
    breaches: 0,
};

/// One in each format, with what is valid and odd in JSON.
const TWEETS: [&str; 3] = [
    r#"{"id":1,"id_str":"1","text":"snow \ud800 \u0000","user":{"id_str":"7","screen_name":"ann","followers_count":1e400},"entities":{"hashtags":[{"text":"snow"}],"urls":[]},"list":[1,[],{},null],"matching_rules":[{"tag":"a","id":5,"id_str":"5"},{"tag":null}]}"#,
    r#"{"objectType":"activity","id":"tag:search.twitter.com,2005:3","body":"rain","actor":{"preferredUsername":"bob"},"gnip":{"matching_rules":[{"tag":"a","id":7}]}}"#,
    r#"{"id_str":"","":{"":[]},"a":1,"a":2,"matching_rules":[{"tag":"","id":-1}]}"#,
];

/// Loads a script that may take so many steps and no more, and gives its handlers a few Tweets.
///
/// # Panics
/// Where what it emits is no JSON.
pub fn scripts(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.lua");
    fs::write(&path, data).unwrap();
    let (loaded, files) = Generation::load(&path, None, Rc::new(Tables), &LIMITS);
    assert!(!files.folders.is_empty());
    let generation = match loaded {
        Ok(generation) => generation,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert_eq!(
        generation.steps().len(),
        generation.declared().handlers.len()
    );
    for line in TWEETS {
        let tweet = Tweet::parse(Bytes::from_static(line.as_bytes())).unwrap();
        if let Err(failure) = generation.run(tweet, &Doing::default()) {
            assert!(!failure.to_string().is_empty());
        }
        let mut emitted = vec![generation.take_emitted()];
        emitted.extend(generation.take_sunk().into_iter().map(|(_, lines)| lines));
        for line in emitted.concat().split(|byte| *byte == b'\n') {
            assert!(
                line.is_empty() || json::read_any(line).is_ok(),
                "{}",
                line.escape_ascii()
            );
        }
    }
}

/// A database that takes every table and row, and remembers none.
struct Tables;

impl Database for Tables {
    fn declare(&self, spec: TableSpec) -> Result<Made, Refused> {
        Ok(Made {
            number: spec.columns.len(),
            is_strict: spec.is_strict,
        })
    }

    fn insert(&self, _: usize, _: &[(u16, Cell<'_>)], _: bool) -> Result<(), Refused> {
        Ok(())
    }

    fn update(
        &self,
        _: usize,
        matching: &[(u16, Cell<'_>)],
        changes: &[(u16, Cell<'_>)],
    ) -> Result<usize, Refused> {
        Ok(matching.len() + changes.len())
    }

    fn delete(&self, _: usize, matching: &[(u16, Cell<'_>)]) -> Result<usize, Refused> {
        Ok(matching.len())
    }

    fn get(
        &self,
        _: usize,
        matching: &[(u16, Cell<'_>)],
        each: &mut EachRow<'_>,
    ) -> Result<(), Refused> {
        matching
            .first()
            .map_or(Ok(()), |(_, cell)| each(&["key"], &[*cell]))
    }

    fn count(&self, _: usize, matching: &[(u16, Cell<'_>)]) -> Result<i64, Refused> {
        i64::try_from(matching.len()).map_err(|error| Refused(error.to_string()))
    }

    fn exec(&self, sql: &str, _: &[Cell<'_>]) -> Result<usize, Refused> {
        Err(Refused(format!("near \"{sql}\": syntax error")))
    }

    fn select(
        &self,
        _: &str,
        parameters: &[Cell<'_>],
        _: usize,
        each: &mut EachRow<'_>,
    ) -> Result<(), Refused> {
        parameters
            .iter()
            .try_for_each(|cell| each(&["a", "a"], &[*cell, Cell::Null]))
    }
}
