//! Makes the author of a Tweet one that a rule asks for.

use std::borrow::Cow;

use fastrand::Rng;

use super::{place, wishes::Wishes};
use crate::generator::{Home, Person, Tweet, User};
use ouzel_rule::{Counter, Fact, Field, Kind, Level, Role, Subject};

/// The longest description of an account. [source: xd/data-dictionary]
const LONGEST_BIO: usize = 160;
const LONGEST_NAME: usize = 50;

/// Anybody.
pub(super) fn any<'u>(users: &'u [User], rng: &mut Rng) -> &'u User {
    &users[rng.usize(..users.len())]
}

/// The account with what is wanted of the author; `None` where there cannot be such an account.
pub(super) fn edit<'a>(
    user: &'a User,
    users: &'a [User],
    wishes: &Wishes<'a>,
    rng: &mut Rng,
) -> Option<Cow<'a, User>> {
    let is_asked = wishes.want(is_about) || wishes.shun(is_about);
    if !wishes.bare && !is_asked {
        return Some(Cow::Borrowed(user));
    }
    let mut user = user.clone();
    if let Some(person) = wishes.named(Role::Author, users)? {
        rename(&mut user, person);
    }
    let verified = wishes.want_fact(Fact::Verified);
    if verified || wishes.shun_fact(Fact::Verified) {
        user.verified = verified;
    }
    for (counter, at) in [
        (Counter::Followers, 0),
        (Counter::Friends, 1),
        (Counter::Listed, 2),
        (Counter::Statuses, 4),
    ] {
        user.counts[at] = count(counter, user.counts[at], wishes, rng)?;
    }
    let bare = wishes.bare;
    let with = |own: Option<&str>, field: Field, longest: usize| {
        let wanted = wishes.in_field(field).join(" ");
        match own.filter(|_| !bare) {
            _ if wanted.is_empty() => None,
            Some(own) if own.chars().count() + wanted.chars().count() < longest => {
                Some(format!("{own} {wanted}"))
            }
            _ => Some(wanted),
        }
    };
    let bio = with(user.description.as_deref(), Field::Bio, LONGEST_BIO);
    user.description = bio
        .or(user.description)
        .filter(|_| !bare || wishes.want_field(Field::Bio));
    // A location is replaced: people live in one place.
    let location = with(None, Field::BioLocation, LONGEST_BIO);
    user.location = location.or(user.location.filter(|_| !bare));
    if let Some(name) = with(Some(&user.name), Field::BioName, LONGEST_NAME) {
        user.name = name;
    } else if bare && wishes.shun(|kind| matches!(kind, Kind::In(Field::BioName, _))) {
        user.name.clone_from(&any(users, rng).name);
    }
    live(&mut user, wishes, rng);
    user.write();
    Some(Cow::Owned(user))
}

/// Who first said what a Retweet repeats; `None` where there cannot be such an account.
pub(super) fn first<'a>(
    tweet: &Tweet<'a>,
    users: &'a [User],
    wishes: &Wishes<'a>,
    rng: &mut Rng,
) -> Option<Cow<'a, User>> {
    let user = match tweet.retweet {
        Some(_) => tweet.post.head.author,
        None => any(users, rng),
    };
    Some(match wishes.named(Role::Retweeted, users)? {
        None => Cow::Borrowed(user),
        Some(person) => {
            let mut user = user.clone();
            rename(&mut user, person);
            user.write();
            Cow::Owned(user)
        }
    })
}

fn rename(user: &mut User, person: Person<'_>) {
    user.id = person.id;
    person.name.clone_into(&mut user.name);
    person.screen_name.clone_into(&mut user.screen_name);
}

/// Whether a clause asks something of the author.
fn is_about(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::User(Role::Author, _)
            | Kind::Count(..)
            | Kind::In(Field::Bio | Field::BioName | Field::BioLocation, _)
            | Kind::Fact(Fact::Verified)
    ) || is_about_home(kind)
}

fn is_about_home(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Profile(..) | Kind::Inside(Subject::Profile, _) | Kind::Fact(Fact::ProfileGeo)
    )
}

/// A number that all ranges allow. It is the one that is there, or else one inside a range or at its
/// edge.
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
    let highest = wanted.iter().map(|range| *range.end()).min();
    let highest = highest.unwrap_or(u64::MAX);
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

/// Lets an account be where it is wanted.
fn live(user: &mut User, wishes: &Wishes<'_>, rng: &mut Rng) {
    if !wishes.want(is_about_home) {
        if wishes.bare || wishes.shun_fact(Fact::ProfileGeo) {
            user.homes.clear();
        }
        return;
    }
    // What is wanted of each home, in the order of [`Level`]. Two clauses about the same level need two
    // homes.
    let mut wanted: Vec<[Option<&str>; 4]> = vec![[None; 4]];
    for (at, value) in wishes.find(|wish, kind| match kind {
        Kind::Profile(level, value) => Some((*level as usize, wish.spelled(value))),
        _ => None,
    }) {
        if wanted.iter().all(|home| home[at].is_some()) {
            wanted.push([None; 4]);
        }
        let home = wanted.iter_mut().find(|home| home[at].is_none());
        home.expect("one was added")[at] = Some(value);
    }
    let home = |[code, region, sub_region, locality]: [Option<&str>; 4]| {
        let shunned = |code: &str| {
            wishes.shun_code(code, |kind| match kind {
                Kind::Profile(Level::Country, code) => Some(code),
                _ => None,
            })
        };
        let city = place::city(code, shunned, rng);
        // A location without any finer level is one that only the country is known of.
        let is_whole = [region, sub_region, locality].iter().all(Option::is_none) && !wishes.bare;
        let level = |wanted: Option<&str>, own: Option<String>| {
            wanted.map(str::to_owned).or(own.filter(|_| is_whole))
        };
        Home {
            country: city.country,
            country_code: city.country_code,
            region: level(region, city.region),
            sub_region: level(sub_region, None),
            locality: level(locality, city.locality),
            point: city
                .point
                .and_then(|point| place::find(Subject::Profile, point, wishes, rng)),
        }
    };
    user.homes = wanted.into_iter().map(home).collect();
    if !wishes.bare && !wishes.want_field(Field::BioLocation) {
        user.location = Some(user.homes[0].full_name());
    }
}
