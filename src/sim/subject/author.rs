//! Makes the author of a Tweet one that a rule asks for.

use fastrand::Rng;

use super::{home, link::in_field, node::Node, person::Person, wishes::Wishes};
use ouzel_rule::{Account, Counter, Fact, Field, Kind, Role};

/// The longest description of an account. [source: xd/data-dictionary]
const LONGEST_BIO: usize = 160;

/// Edits a user's JSON; `None` where there cannot be such an account.
pub(super) fn edit(user: &mut Node<'_>, wishes: &Wishes<'_>, rng: &mut Rng) -> Option<()> {
    // Most rules ask nothing of the author.
    if !wishes.bare && !wishes.want(is_about) && !wishes.shun(is_about) {
        return Some(());
    }
    if let Some(person) = named(wishes, Role::Author)? {
        person.put_into(user);
    }
    let verified = wishes.want_fact(Fact::Verified);
    if verified || wishes.shun_fact(Fact::Verified) {
        user.set("verified", Node::flag(verified));
    }
    for (counter, key) in [
        (Counter::Followers, "followers_count"),
        (Counter::Friends, "friends_count"),
        (Counter::Statuses, "statuses_count"),
        (Counter::Listed, "listed_count"),
    ] {
        let own = user.get(key)?.as_int()?;
        user.set(key, Node::int(count(counter, own, wishes, rng)?));
    }
    for (field, key, longest) in [
        (Field::Bio, "description", LONGEST_BIO),
        (Field::BioName, "name", 50),
        (Field::BioLocation, "location", LONGEST_BIO),
    ] {
        let wanted: Vec<&str> = wishes
            .find(|wish, kind| in_field(wish, kind, field))
            .collect();
        if !wanted.is_empty() {
            let wanted = wanted.join(" ");
            let own = user
                .get(key)
                .and_then(|own| Some(own.as_text()?.into_owned()));
            // A location is replaced: people live in one place.
            let text = match own.filter(|_| !wishes.bare && field != Field::BioLocation) {
                Some(own) if own.chars().count() + wanted.chars().count() < longest => {
                    format!("{own} {wanted}")
                }
                _ => wanted,
            };
            user.set(key, Node::text(&text));
        } else if wishes.bare && field != Field::BioName {
            user.set(key, Node::NULL);
        } else if wishes.bare && wishes.shun(|kind| matches!(kind, Kind::In(Field::BioName, _))) {
            user.set(key, Node::text(&Person::any(rng).name));
        }
    }
    home::edit(user, wishes, rng);
    Some(())
}

/// Whether a clause asks something of the author.
fn is_about(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::User(Role::Author, _)
            | Kind::Count(..)
            | Kind::In(Field::Bio | Field::BioName | Field::BioLocation, _)
            | Kind::Fact(Fact::Verified)
    ) || home::is_about(kind)
}

/// The account that is wanted in this role, if one is; `None` where there cannot be such an account.
pub(super) fn named(wishes: &Wishes<'_>, role: Role) -> Option<Option<Person>> {
    let mut people = wishes.find(|wish, kind| match kind {
        Kind::User(own, account) if *own == role => {
            let (Account::Id(name) | Account::Name(name)) = account;
            Some((account, Person::named(account, wish.spelled(name))))
        }
        _ => None,
    });
    let Some((account, person)) = people.next() else {
        return Some(None);
    };
    let mut person = person?;
    // An account can be asked for by its name and by its id.
    for (other, next) in people {
        match (account, other, next?) {
            (Account::Name(_), Account::Id(_), next) => person.id = next.id,
            (Account::Id(_), Account::Name(_), next) => person.screen_name = next.screen_name,
            _ => {}
        }
    }
    Some(Some(person))
}

/// A number that all ranges allow: the one that is there, or one of those that ranges begin or end with, or in between.
fn count(counter: Counter, own: u64, wishes: &Wishes<'_>, rng: &mut Rng) -> Option<u64> {
    let range = |kind: &Kind| match kind {
        Kind::Count(about, range) if *about == counter => Some(range.clone()),
        _ => None,
    };
    let wanted: Vec<_> = wishes.find(|_, kind| range(kind)).collect();
    let unwanted: Vec<_> = wishes
        .unwanted
        .iter()
        .filter_map(|kind| range(kind))
        .collect();
    let allowed = |count: &u64| {
        wanted.iter().all(|range| range.contains(count))
            && !unwanted.iter().any(|range| range.contains(count))
    };
    if allowed(&own) {
        return Some(own);
    }
    let mut tries = Vec::new();
    let lowest = wanted.iter().map(|range| *range.start()).max().unwrap_or(0);
    let highest = wanted
        .iter()
        .map(|range| *range.end())
        .min()
        .unwrap_or(u64::MAX);
    if lowest <= highest {
        // Numbers far above a lower limit are rare.
        let highest = highest.min(lowest.saturating_mul(3).saturating_add(10));
        tries.extend((0..4).map(|_| rng.u64(lowest..=highest)));
        tries.extend([lowest, highest]);
    }
    for range in wanted.iter().chain(&unwanted) {
        let edges = [*range.start(), *range.end()];
        tries.extend(edges.map(|edge| edge.saturating_sub(1)));
        tries.extend(edges.map(|edge| edge.saturating_add(1)));
    }
    tries.into_iter().find(allowed)
}
