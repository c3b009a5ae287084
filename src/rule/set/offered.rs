//! The features that a Tweet offers to rules.

use super::super::analysis::{Analysis, User};
use super::super::matcher::is_true;
use super::super::pattern::Text;
use super::super::tokens::{fold, hash};
use super::super::tree::{Fact, Level};
use super::cells;
use super::feature::Class;

const FACTS: [Fact; 14] = [
    Fact::Geo,
    Fact::ProfileGeo,
    Fact::Links,
    Fact::Mentions,
    Fact::Hashtags,
    Fact::Symbols,
    Fact::Media,
    Fact::Images,
    Fact::Videos,
    Fact::Retweet,
    Fact::Reply,
    Fact::Quote,
    Fact::Verified,
    Fact::Nullcast,
];

const LEVELS: [Level; 4] = [
    Level::Country,
    Level::Region,
    Level::Subregion,
    Level::Locality,
];

/// Passes the features of a Tweet to `tell`, in the classes that are in use. A text that no rule asks
/// for is not even cut into tokens.
pub(super) fn offered(
    tweet: &Analysis<'_>,
    is_used: impl Fn(Class) -> bool,
    mut tell: impl FnMut(u64),
) {
    let mut offer = Offer {
        is_used: &is_used,
        tell: &mut tell,
    };
    if is_used(Class::Word) {
        for word in tweet.words() {
            offer.hash(Class::Word, *word);
        }
    }
    offer.texts(Class::UrlTitle, &tweet.url_titles);
    offer.texts(Class::UrlDescription, &tweet.url_descriptions);
    offer.texts(Class::Bio, [&tweet.bio]);
    offer.texts(Class::BioName, [&tweet.bio_name]);
    offer.texts(Class::BioLocation, [&tweet.bio_location]);
    for tag in &tweet.hashtags {
        offer.hash(Class::Hashtag, hash(tag));
    }
    for tag in &tweet.cashtags {
        offer.hash(Class::Cashtag, hash(tag));
    }
    for user in &tweet.mentions {
        offer.user(user, Class::MentionId, Class::MentionName);
    }
    offer.user(&tweet.author, Class::AuthorId, Class::AuthorName);
    offer.user(&tweet.recipient, Class::RecipientId, Class::RecipientName);
    offer.user(
        &tweet.retweeted_author,
        Class::RetweetedId,
        Class::RetweetedName,
    );
    offer.text(Class::RetweetedStatus, [tweet.retweeted_id.as_deref()]);
    offer.text(Class::RepliedToStatus, [tweet.replied_to_id.as_deref()]);
    offer.text(Class::Lang, [tweet.lang]);
    offer.text(Class::Source, tweet.source);
    offer.places(tweet);
    if is_used(Class::Fact) {
        for fact in FACTS.into_iter().filter(|fact| is_true(*fact, tweet)) {
            offer.hash(Class::Fact, fact as u64);
        }
    }
}

struct Offer<'o> {
    is_used: &'o dyn Fn(Class) -> bool,
    tell: &'o mut dyn FnMut(u64),
}

impl Offer<'_> {
    fn hash(&mut self, class: Class, hash: u64) {
        if (self.is_used)(class) {
            (self.tell)(class.key(hash));
        }
    }

    /// Offers whole texts, folded.
    fn text<'a>(&mut self, class: Class, texts: impl IntoIterator<Item = Option<&'a str>>) {
        if (self.is_used)(class) {
            for text in texts.into_iter().flatten() {
                (self.tell)(class.key(hash(&fold(text))));
            }
        }
    }

    /// Offers the tokens of texts.
    fn texts<'t, 'a: 't>(&mut self, class: Class, texts: impl IntoIterator<Item = &'t Text<'a>>) {
        if (self.is_used)(class) {
            for token in texts.into_iter().flat_map(Text::tokens) {
                (self.tell)(class.key(hash(token)));
            }
        }
    }

    fn user(&mut self, user: &User<'_>, id: Class, name: Class) {
        self.text(id, [user.id.as_deref()]);
        self.text(name, [user.screen_name]);
    }

    fn places(&mut self, tweet: &Analysis<'_>) {
        if let Some(place) = &tweet.place {
            self.texts(Class::PlaceName, [&place.name, &place.full_name]);
            self.text(Class::PlaceId, [place.id]);
            self.text(Class::PlaceCountry, [place.country_code]);
        }
        // A rule's area must contain all corners of a Place, so one corner is enough to find the rule.
        let corner = || tweet.place.as_ref()?.corners.first().copied();
        if let Some(point) = tweet.point.or_else(corner) {
            self.hash(Class::Cell, cells::of_point(point));
        }
        for location in &tweet.locations {
            for level in LEVELS {
                self.text(Class::level(level), [location.level(level)]);
            }
            if let Some(point) = location.point {
                self.hash(Class::ProfileCell, cells::of_point(point));
            }
        }
    }
}
