//! Makes a Tweet answer another one.

use fastrand::Rng;

use super::{
    author::named,
    earlier::{earlier, set_history, status},
    node::Node,
    person::Person,
    said::{Part, Said},
    wishes::Wishes,
};
use ouzel_rule::{Fact, Link, Role};

/// What a reply has, with and without quotes around ids.
const REPLY_KEYS: [[&str; 2]; 2] = [
    ["in_reply_to_status_id", "in_reply_to_status_id_str"],
    ["in_reply_to_user_id", "in_reply_to_user_id_str"],
];

/// Takes away that a Tweet answers another one.
pub(super) fn remove_reply(tweet: &mut Node<'_>) {
    for key in REPLY_KEYS.as_flattened() {
        tweet.set(key, Node::NULL);
    }
    tweet.set("in_reply_to_screen_name", Node::NULL);
}

/// Makes it a reply, or none, as is wanted.
pub(super) fn edit<'t>(
    tweet: &mut Node<'t>,
    said: &mut Said<'t>,
    id: u64,
    wishes: &Wishes<'_>,
    rng: &mut Rng,
) -> Option<()> {
    let to = named(wishes, Role::Recipient)?;
    let answered = status(wishes, Link::RepliedTo)?;
    let wanted = to.is_some() || answered.is_some() || wishes.want_fact(Fact::Reply);
    let [status_keys, user_keys] = REPLY_KEYS;
    if !wanted {
        if wishes.bare || wishes.shun_fact(Fact::Reply) {
            remove_reply(tweet);
            said.lead.clear();
        }
        return Some(());
    }
    let is_reply = tweet.get(status_keys[0]).is_some();
    if is_reply && to.is_none() && answered.is_none() && !wishes.bare {
        return Some(());
    }
    let to = to.unwrap_or_else(|| Person::any(rng));
    tweet.set_id(status_keys, answered.unwrap_or_else(|| earlier(id, rng)));
    tweet.set_id(user_keys, to.id);
    tweet.set("in_reply_to_screen_name", Node::text(&to.screen_name));
    said.lead.clear();
    if !wishes.shun_fact(Fact::Mentions) {
        said.lead.push(Part::Entity(to.mention(true)));
        said.lead.push(Part::Text(" ".to_owned()));
    }
    set_history(tweet, id, false);
    Some(())
}
