//! Each target with its seeds, with seeds that are changed and joined, and with noise: the same inputs each time.

use std::{fs, path::Path};

use fastrand::Rng;

/// Enough for a mistake in a target itself to show, and soon over.
const INPUTS: usize = 300;

/// What parsers look at, to be put anywhere.
const PIECES: [&[u8]; 22] = [
    b"\0",
    b"\n",
    b"\r\n",
    b"\"",
    b"'",
    b"\\",
    b"{",
    b"}{",
    b"[[",
    b"]",
    b"(",
    b")",
    b" OR ",
    b"-",
    b":",
    b"=",
    b"--",
    b"\xff",
    b"\xed\xa0\x80",
    "é🍕".as_bytes(),
    b"\x1b[31m",
    b"999999999999999999999",
];

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/seeds")
        .join(target);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| fs::read(path).unwrap())
        .collect()
}

fn changed(seeds: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut input = rng.choice(seeds).unwrap().clone();
    for _ in 0..rng.usize(1..6) {
        let at = rng.usize(..=input.len());
        let end = (at + rng.usize(..20)).min(input.len());
        match rng.u8(..6) {
            0 if at < input.len() => input[at] = rng.u8(..),
            1 => drop(input.drain(at..end)),
            2 => input.truncate(at),
            3 => {
                let other = rng.choice(seeds).unwrap();
                let part = rng.usize(..=other.len());
                input.splice(at..end, other[part..].iter().copied());
            }
            4 => {
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            _ => drop(input.splice(at..at, rng.choice(PIECES).unwrap().iter().copied())),
        }
    }
    input
}

#[track_caller]
fn check(target: &str, run: fn(&[u8])) {
    let seeds = seeds(target);
    assert!(!seeds.is_empty());
    // Some targets want a few bytes at least, and none may want any.
    run(b"");
    seeds.iter().for_each(|seed| run(seed));
    let mut rng = Rng::with_seed(7);
    for number in 0..INPUTS {
        let input = match number % 10 {
            0 => (0..rng.usize(..200)).map(|_| rng.u8(..)).collect(),
            _ => changed(&seeds, &mut rng),
        };
        let shown = format!("{}", input.escape_ascii());
        if std::panic::catch_unwind(|| run(&input)).is_err() {
            panic!("{target} {number}: {shown}");
        }
    }
}

#[test]
fn any_segments_are_read_as_far_as_they_are_good() {
    check("journal", super::journal);
}

#[test]
fn any_bytes_are_the_same_lines_whatever_the_cuts() {
    check("lines", super::lines);
}

#[test]
fn any_text_is_a_rule_or_explained() {
    check("rules", super::rules);
}

#[test]
fn any_text_is_a_script_or_explained() {
    check("scripts", super::scripts);
}

#[test]
fn any_text_is_a_settings_file_or_explained() {
    check("settings", super::settings);
}
