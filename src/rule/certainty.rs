//! How certain it is that the service refuses the same rules as this crate.
//!
//! | message | the refusal is | the wording is |
//! |---|---|---|
//! | M1 | recorded; guessed inside a group ([`Guess::SampleInGroup`]) | recorded |
//! | M2, M3, M4, M5, M9, M10, M11 | recorded | recorded |
//! | M6 | recorded; guessed for `^` and `` ` `` ([`Guess::Character`]) | recorded |
//! | M7 | documented | documented |
//! | M8, M13, M14, M15, M16, M20, M21, M22 | documented | guessed |
//! | M12, M17 | recorded by the tests of other parsers | guessed |
//! | M18 | guessed ([`Guess::StatusId`]) | guessed |
//! | M19 | documented; guessed near the limit and at the date line ([`Guess::Measure`], [`Guess::DateLine`]) | guessed |
//! | M24 | documented, for a rule also recorded | recorded for a rule, guessed for a tag |
//!
//! If only guesses speak against a rule, the client accepts it with a warning. The simulator refuses it: every rule that
//! the simulator accepts should work on the service too.

/// A refusal that is only a guess: nobody has seen it, and no document describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    /// `(a OR b sample:10) c`. The documentation says only that an `OR` has to be grouped.
    SampleInGroup,
    /// A word that begins with `^` or `` ` ``. No published list names these characters, neither as allowed nor as
    /// refused.
    Character,
    /// The id of a Tweet that is not a number.
    StatusId,
    /// A box across the date line.
    DateLine,
    /// A box near the size limit. How the service measures decides whether it is too large.
    Measure,
}

impl Guess {
    /// Says what is unknown.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::SampleInGroup => {
                "`sample:` holds for the whole rule, and whether it can stand in a group is not documented"
            }
            Self::Character => "whether a word can begin with this character is not documented",
            Self::StatusId => {
                "the id of a Tweet is a number, and what the service says to anything else is not documented"
            }
            Self::DateLine => "whether a box can cross the date line is not documented",
            Self::Measure => {
                "25 miles (40 km) is the most, this is within 1 % of it, and how the service measures is not documented"
            }
        }
    }
}
