//! A journal whose end is not what a crash leaves.

use std::{fs, path::PathBuf};

use super::support::{Ended, Setup, tweet};

/// A run's journal of three Tweets, and its segment.
fn with_three_tweets() -> (Ended, PathBuf) {
    let run = Setup::new()
        .script("ouzel.enrich(function(t) ouzel.log.info('handled', t.id .. '.') end)")
        .start();
    run.powertrack().send_all((1..=3).map(tweet));
    run.wait_for("handled 3.");
    let ended = run.drain();
    let folder = ended.folder().join("data/journal");
    let segment = fs::read_dir(&folder).unwrap().next().unwrap().unwrap();
    let path = segment.path();
    (ended, path)
}

/// The name of a segment behind this one.
fn next(segment: &std::path::Path) -> PathBuf {
    let name = segment.file_name().unwrap().to_str().unwrap();
    // It begins with the year.
    segment.with_file_name(format!("2999{}", &name[4..]))
}

#[test]
fn a_last_segment_of_garbage_is_told_like_damage_in_the_middle() {
    let (ended, segment) = with_three_tweets();
    let whole = fs::read(&segment).unwrap();
    let garbage = next(&segment);
    let mut changed = whole.clone();
    for byte in &mut changed[20..40] {
        *byte ^= 0x55;
    }
    let mut setup = ended.again().command("replay").arguments(&["--fresh"]);
    for bytes in [vec![b'x'; 5_000], b"x".to_vec(), changed] {
        fs::write(&garbage, &bytes).unwrap();
        let ended = setup.ends();
        let name = garbage.file_name().unwrap().to_str().unwrap();
        ended
            .assert_code(0)
            .assert_says(&format!(
                "the journal's `{name}` is damaged from byte 0, {} bytes",
                bytes.len()
            ))
            .assert_says("1 part of the journal could not be read and was skipped")
            .assert_says("3 Tweets in ");
        setup = ended.again();
    }
}

#[test]
fn a_last_segment_that_a_crash_has_torn_is_no_matter() {
    let (ended, segment) = with_three_tweets();
    let whole = fs::read(&segment).unwrap();
    let torn = next(&segment);
    let mut setup = ended.again().command("replay").arguments(&["--fresh"]);
    for length in [0, 1, 4, 7, 8, 30, 60, 100] {
        let cut = whole[..length].to_vec();
        // A power cut can leave the length and take the bytes.
        let zeros = [&cut[..], &[0; 100]].concat();
        for bytes in [cut, zeros] {
            fs::write(&torn, &bytes).unwrap();
            let ended = setup.ends();
            ended
                .assert_code(0)
                .assert_silent_about("damaged")
                .assert_silent_about("could not be read")
                .assert_says("3 Tweets in ");
            setup = ended.again();
        }
    }
}
