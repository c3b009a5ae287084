//! A run that is killed over and over, while Tweets come that have come before.

use super::{Ended, Setup, tweet};

/// How many Tweets are new in each round.
const ROUND: i64 = 300;

/// How many rounds there are. The last Tweet of all has the number behind them.
const ROUNDS: i64 = 4;

/// Handles Tweets 1 to 1 201 in five runs, of which the first four are killed at some Tweet in the middle. Each round
/// brings the Tweets of the one before again, as backfill does.
///
/// For each Tweet the script has to log `handled`, its number, and what is given here.
#[track_caller]
pub fn killed_over_and_over(mut setup: Setup, behind: &str) -> Ended {
    for (round, connection) in (1..=ROUNDS).zip(1..) {
        let run = setup.start();
        run.powertrack().wait_for_connection(connection);
        let from = (round - 2).max(0) * ROUND + 1;
        let to = round * ROUND;
        run.powertrack().send_to_who_may_go((from..=to).map(tweet));
        let at = (round - 1) * ROUND + 70 * round;
        run.wait_for(&format!("handled {at}{behind}"));
        setup = run.kill().again();
    }
    let run = setup.start();
    run.powertrack().wait_for_connection(5);
    let (from, last) = ((ROUNDS - 2) * ROUND + 1, ROUNDS * ROUND + 1);
    run.powertrack().send_all((from..=last).map(tweet));
    run.wait_for(&format!("handled {last}{behind}"));
    run.drain()
}
