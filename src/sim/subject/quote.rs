//! Makes a Tweet quote another one.

use fastrand::Rng;

use super::{
    earlier::{become_earlier, earlier, status},
    link,
    node::Node,
    person::Person,
    place::remove_place,
    reply::remove_reply,
    said::{Part, Said},
    wishes::Wishes,
    written::Text,
};
use ouzel_rule::{Fact, Kind, Link};

/// What a quote has more than others.
pub(super) const QUOTE_KEYS: [&str; 4] = [
    "quoted_status_id",
    "quoted_status_id_str",
    "quoted_status",
    "quoted_status_permalink",
];

/// Makes it a quote, or none, as is wanted.
pub(super) fn edit(tweet: &mut Node<'_>, id: u64, wishes: &Wishes<'_>, rng: &mut Rng) {
    let wanted = wishes.want_fact(Fact::Quote);
    // What these say about a Tweet, they say about the one that it quotes too.
    let disturbs = wishes.bare
        || wishes.shun(|kind| {
            link::is_media(kind)
                || matches!(
                    kind,
                    Kind::Fact(
                        Fact::Reply | Fact::Links | Fact::Mentions | Fact::Hashtags | Fact::Symbols
                    )
                )
        });
    // What quotes it is there after it, also where that is the original of a Retweet.
    let before = status(wishes, Link::Retweeted).flatten().unwrap_or(id);
    let own = tweet.get(QUOTE_KEYS[0]).and_then(|id| id.as_int());
    let stays = own.is_some_and(|own| own < before);
    if stays && !disturbs && !wishes.shun_fact(Fact::Quote) {
        return;
    }
    for key in QUOTE_KEYS {
        tweet.remove(key);
    }
    tweet.set("is_quote_status", Node::flag(wanted));
    // The link to the quoted Tweet is one too; a quote of a Tweet that is gone has none.
    if !wanted || wishes.shun_fact(Fact::Links) {
        return;
    }
    let mut quoted = tweet.clone();
    let mut said = Said::default();
    said.body.push(Part::Text("👀 ✨".to_owned()));
    let person = Person::any(rng);
    let quoted_id = earlier(before, rng);
    if let Some(user) = quoted.get("user") {
        person.put_into(user);
        user.set("verified", Node::flag(false));
    }
    remove_reply(&mut quoted);
    remove_place(&mut quoted);
    for key in ["extended_tweet", "scopes", "possibly_sensitive"] {
        quoted.remove(key);
    }
    quoted.set("is_quote_status", Node::flag(false));
    quoted.set("lang", Node::raw(r#""und""#));
    become_earlier(&mut quoted, quoted_id, rng);
    Text::new(&said).write(person.owner(quoted_id), "", &mut quoted);
    let page = format!("twitter.com/{}/status/{quoted_id}", person.screen_name);
    let permalink = Node::made(|json| {
        json.raw(r#"{"url":"#)
            .text(&format!("https://t.co/{}", link::code(rng)));
        json.raw(r#","expanded":"#).text(&format!("https://{page}"));
        json.raw(r#","display":"#)
            .text(&format!("{}…", &page[..26]))
            .raw("}");
    });
    let [number, string, status, link] = QUOTE_KEYS;
    tweet.set_after("contributors", number, Node::int(quoted_id));
    tweet.set_after(number, string, Node::quoted(quoted_id));
    tweet.set_after(string, status, quoted);
    tweet.set_after(status, link, permalink);
}
