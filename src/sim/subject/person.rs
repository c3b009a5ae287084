//! Accounts that rules name, and others that a Tweet needs: the same name has the same id in every Tweet.

use fastrand::Rng;

use super::{
    node::{Node, written},
    said::{Entity, EntityKind},
    written::Owner,
};
use ouzel_rule::Account;

/// Longer names than the fifteen characters that the service allows are taken, but not without end.
const LONGEST_NAME: usize = 50;

/// Ids of accounts that have none are in the range of those of before 2016.
const IDS: std::ops::Range<u64> = 100_000..4_000_000_000;

const FIRST: [&str; 16] = [
    "Ada", "Bram", "Carla", "Dilan", "Emre", "Felix", "Hanna", "Ines", "Jonas", "Kofi", "Lena",
    "Mina", "Noah", "Omar", "Petra", "Ravi",
];

const LAST: [&str; 12] = [
    "Brook", "Chen", "Field", "Frost", "Gale", "Hill", "Iyer", "Lake", "Marsh", "Novak", "Stone",
    "Vale",
];

/// An account, as far as Tweets of others know it.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: u64,
    pub(super) screen_name: String,
    pub(super) name: String,
}

impl Person {
    /// The account that a rule names, with the name spelled in this way; `None` if there cannot be such an account.
    pub(super) fn named(account: &Account, spelled: &str) -> Option<Self> {
        match account {
            Account::Id(digits) => {
                // Ids are signed numbers of 64 bits, and not padded.
                let exact = digits.parse::<i64>().ok()?.to_string() == *digits;
                let id: u64 = digits.parse().ok()?;
                exact.then(|| Self {
                    id,
                    ..Self::from_number(id)
                })
            }
            Account::Name(folded) => {
                let short = !folded.is_empty() && spelled.chars().count() <= LONGEST_NAME;
                short.then(|| Self {
                    id: IDS.start + hash(folded) % (IDS.end - IDS.start),
                    screen_name: spelled.to_owned(),
                    name: spelled.to_owned(),
                })
            }
        }
    }

    /// Somebody.
    pub(super) fn any(rng: &mut Rng) -> Self {
        Self::from_number(rng.u64(IDS))
    }

    fn from_number(number: u64) -> Self {
        let mut rng = Rng::with_seed(number);
        let (first, last) = (
            FIRST[rng.usize(..FIRST.len())],
            LAST[rng.usize(..LAST.len())],
        );
        let mut screen_name = format!("{first}{last}_");
        screen_name.extend((0..4).map(|_| rng.digit(10)));
        Self {
            id: number,
            name: format!("{first} {last}"),
            screen_name,
        }
    }

    /// Who this is in the JSON of a user.
    pub(super) fn of(user: &Node<'_>) -> Option<Self> {
        Some(Self {
            id: user.peek("id_str")?.parse().ok()?,
            screen_name: user.peek("screen_name")?.into_owned(),
            name: user.peek("name").unwrap_or_default().into_owned(),
        })
    }

    /// Puts this one in the place of the account in the JSON of a user.
    pub(super) fn put_into(&self, user: &mut Node<'_>) {
        user.set_id(["id", "id_str"], self.id);
        user.set("name", Node::text(&self.name));
        user.set("screen_name", Node::text(&self.screen_name));
    }

    /// This one as the owner of what is in a Tweet.
    pub(super) fn owner(&self, id: u64) -> Owner<'_> {
        Owner {
            id,
            user_id: self.id,
            screen_name: &self.screen_name,
        }
    }

    /// `@name` in a text.
    pub(super) fn mention(&self, wanted: bool) -> Entity {
        Entity {
            kind: EntityKind::Mention,
            text: format!("@{}", self.screen_name),
            json: written(|json| {
                json.raw(r#"{"screen_name":"#).text(&self.screen_name);
                json.raw(r#","name":"#).text(&self.name);
                json.raw(r#","id":"#)
                    .int(self.id)
                    .raw(r#","id_str":"#)
                    .quoted(self.id);
            }),
            wanted,
        }
    }
}

/// Spreads names over numbers (FNV-1a).
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_id_however_it_is_spelled() {
        let named = |spelled: &str| {
            let account = Account::Name(spelled.to_lowercase());
            Person::named(&account, spelled).unwrap()
        };
        assert_eq!(named("NASA").id, named("nasa").id);
        assert_ne!(named("NASA").id, named("noaa").id);
        let exact = Account::Id("12".to_owned());
        assert_eq!(Person::named(&exact, "12").unwrap().id, 12);
        for digits in ["012", "99999999999999999999"] {
            assert!(Person::named(&Account::Id(digits.to_owned()), digits).is_none());
        }
    }
}
