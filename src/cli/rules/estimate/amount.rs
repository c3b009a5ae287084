//! What a count of matches says about the number that was to be expected, and how people read it. Pure: no IO.

use crate::status::thousands;

/// From this many matches on the number itself is shown: chance changes it by less than a fifth.
const MANY: u64 = 100;

/// From this many matches on three digits of the number say something, and before that two.
const VERY_MANY: u64 = 10_000;

/// How many standard deviations lie on each side of 95 in 100 cases.
const SIGMAS: f64 = 1.96;

/// The rule of three: if nothing was found, what was to be expected is fewer than this in 95 of 100 cases.
const THREE: f64 = 3.0;

/// What was found, and between what the number lies that was to be expected: in 95 of 100 cases, if chance alone
/// decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Amount {
    matches: u64,
    pub(crate) about: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Amount {
    /// What this many matches say.
    pub(super) fn of(matches: u64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more")]
        let about = matches as f64;
        // Byar's approximation of the exact interval, which errs on the wide side for the first few.
        let end = |count: f64, sign: f64| {
            let root = 1.0 - 1.0 / (9.0 * count) + sign * SIGMAS / (3.0 * count.sqrt());
            (count * root.powi(3)).max(0.0)
        };
        let (low, high) = match matches {
            0 => (0.0, THREE),
            _ => (end(about, -1.0), end(about + 1.0, 1.0)),
        };
        Self {
            matches,
            about,
            low,
            high,
        }
    }

    /// The same of a longer or a shorter time, or of more Tweets.
    pub(super) fn times(self, factor: f64) -> Self {
        Self {
            about: self.about * factor,
            low: self.low * factor,
            high: self.high * factor,
            ..self
        }
    }

    /// Whether it is so small that a range says more than the number.
    pub(super) fn is_range(self) -> bool {
        (1..MANY).contains(&self.matches)
    }

    /// For people: `1 200`, `3 to 12` of a small count, `< 9` of none.
    pub(super) fn shown(self) -> String {
        self.each("", thousandths)
    }

    /// For people, of a part of something: `12 %`.
    pub(super) fn as_percent(self) -> String {
        self.times(100.0).each(" %", thousandths)
    }

    /// In a sentence: `about 1 200`, `about 3 to 12`, `fewer than 9`.
    pub(super) fn in_words(self) -> String {
        match self.matches {
            0 => format!("fewer than {}", up(self.high)),
            _ => format!("about {}", self.shown()),
        }
    }

    fn each(self, unit: &str, show: fn(f64, i32) -> String) -> String {
        let text = match self.matches {
            0 => format!("< {}", up(self.high)),
            1..MANY => format!("{} to {}", down(self.low), up(self.high)),
            MANY..VERY_MANY => show(self.about, 2),
            _ => show(self.about, 3),
        };
        text + unit
    }
}

/// A part of a whole, for people: `12 %`, `0.042 %`.
pub(super) fn percent(part: f64) -> String {
    format!("{} %", thousandths(part * 100.0, 2))
}

/// With so many digits that say something, and none behind the point that do not.
fn thousandths(number: f64, digits: i32) -> String {
    rounded(number, digits, f64::round)
}

/// Ends of a range have two digits, and are rounded away from its middle.
fn down(number: f64) -> String {
    rounded(number, 2, f64::floor)
}

fn up(number: f64) -> String {
    rounded(number, 2, f64::ceil)
}

fn rounded(number: f64, digits: i32, round: fn(f64) -> f64) -> String {
    if !number.is_finite() || number <= 0.0 {
        return "0".to_owned();
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is a few hundred at most"
    )]
    let size = number.log10().floor() as i32;
    // How many digits stand behind the point; fewer than none make zeros before it.
    let behind = digits - 1 - size;
    let unit = 10_f64.powi(behind.abs());
    // 0.3 * 10 is a little more than 3, and must not be rounded up to 4.
    let near = |number: f64| match (number - number.round()).abs() < 1e-9 * number.abs() {
        true => number.round(),
        false => round(number),
    };
    if behind > 0 {
        let places = usize::try_from(behind).unwrap_or(0);
        let text = format!("{:.places$}", near(number * unit) / unit);
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is positive, and what is too large for a number of Tweets may be cut"
    )]
    let whole = (near(number / unit) * unit) as u64;
    thousands(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poisson_up_to(mean: f64, most: u64) -> f64 {
        let mut term = (-mean).exp();
        let mut sum = term;
        for k in 1..=most {
            #[expect(clippy::cast_precision_loss, reason = "a test")]
            let k = k as f64;
            term *= mean / k;
            sum += term;
        }
        sum
    }

    #[test]
    fn a_range_holds_what_was_to_be_expected_in_95_of_100_cases() {
        for matches in 1..200 {
            let amount = Amount::of(matches);
            // What was found is neither among the 2.5 % most of the low end, nor the 2.5 % fewest of the high end.
            let above = 1.0 - poisson_up_to(amount.low, matches - 1);
            let below = poisson_up_to(amount.high, matches);
            assert!((0.012..0.03).contains(&above), "{matches}: {above}");
            assert!((0.02..0.03).contains(&below), "{matches}: {below}");
        }
        let none = poisson_up_to(Amount::of(0).high, 0);
        assert!((0.045..0.055).contains(&none), "{none}");
    }

    #[test]
    fn amounts_are_shown_as_far_as_they_are_known() {
        for (matches, factor, shown) in [
            (0, 1.0, "< 3"),
            (0, 0.01, "< 0.03"),
            (0, 1_000.0, "< 3 000"),
            (3, 1.0, "0.6 to 8.8"),
            (3, 720.0, "430 to 6 400"),
            (7, 1.0, "2.8 to 15"),
            (99, 1.0, "80 to 130"),
            (100, 1.0, "100"),
            (1_234, 1.0, "1 200"),
            (1_234, 0.001, "1.2"),
            (1_234, 0.000_01, "0.012"),
            (1_234_567, 1.0, "1 230 000"),
            (20_000, 0.000_1, "2"),
            (20_000, 0.005, "100"),
            (99_999, 0.1, "10 000"),
            (u64::MAX, 1e30, "18 446 744 073 709 551 615"),
            (1_000, f64::INFINITY, "0"),
            (1_000, 0.0, "0"),
        ] {
            let amount = Amount::of(matches).times(factor);
            assert_eq!(amount.shown(), shown, "{matches} {factor}");
        }
        assert_eq!(Amount::of(0).in_words(), "fewer than 3");
        assert_eq!(Amount::of(5).in_words(), "about 1.6 to 12");
        assert_eq!(Amount::of(500).in_words(), "about 500");
    }

    #[test]
    fn parts_are_shown_in_percent() {
        assert_eq!(percent(0.125), "13 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.000_421), "0.042 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(Amount::of(200).times(1.0 / 50.0).as_percent(), "400 %");
        assert_eq!(Amount::of(0).times(0.01).as_percent(), "< 3 %");
    }
}
