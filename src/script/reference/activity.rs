//! The fields of Tweets in the Activity Streams format.

use super::{Class, Item, Section, field, tweet::ANY_TWEET_TYPE};

pub(super) const SECTION: Section = Section {
    title: "Fields of a Tweet in Activity Streams",
    text: "A stream delivers this format if its account is set up so. In an editor, `---@param tweet ouzel.Activity` above a \
        handler completes these fields.",
    items: &[
        Item::Class(&ACTIVITY_TYPE),
        Item::Class(&ACTOR_TYPE),
        Item::Class(&NOTE_TYPE),
        Item::Class(&LONG_OBJECT_TYPE),
        Item::Class(&LOCATION_TYPE),
        Item::Class(&GNIP_TYPE),
        Item::Class(&GNIP_URL_TYPE),
        Item::Class(&PROFILE_LOCATION_TYPE),
        Item::Class(&ADDRESS_TYPE),
    ],
};

/// A Tweet in this format.
const ACTIVITY_TYPE: Class = Class {
    name: "ouzel.Activity",
    parent: Some(&ANY_TWEET_TYPE),
    text: "A Tweet in the Activity Streams format.",
    fields: &[
        field("id", "string", "`tag:search.twitter.com,2005:` and the id; `tweet:id()` gives the id alone"),
        field("objectType", "string", "`activity`"),
        field("verb", "string", "`post`, or `share` for a Retweet; see `tweet:kind()`"),
        field("postedTime", "string", "`2018-10-10T20:19:24.000Z`; see `tweet:created_at_iso()`"),
        field("generator", "{ displayName: string, link: string? }", "the program that sent the Tweet; see `tweet:app()`"),
        field("provider", "{ objectType: string, displayName: string, link: string }", "always Twitter"),
        field("link", "string", "the Tweet's address"),
        field("body", "string", "cut off in long Tweets and in Retweets; see `tweet:full_text()`"),
        field("long_object", "ouzel.LongObject?", "the whole of a long Tweet"),
        field("display_text_range", "integer[]?", "where the displayed part of the text begins and ends"),
        field("actor", "ouzel.Actor", "the author; see `tweet:author()`"),
        field("object", "ouzel.Activity|ouzel.Note", "in a Retweet the original Tweet; see `tweet:original()`"),
        field("inReplyTo", "{ link: string }?", "the address of the Tweet that this one answers"),
        field("location", "ouzel.Location?", "the place that the author chose"),
        field("geo", "ouzel.Geo?", "latitude first; see `tweet:geo()`"),
        field("favoritesCount", "integer", ""),
        field("retweetCount", "integer", ""),
        field("twitter_entities", "ouzel.Entities", "hashtags, links and mentions in `body`; see `tweet:hashtags()`"),
        field("twitter_extended_entities", "ouzel.ExtendedEntities?", "all photos, or the video"),
        field("twitter_lang", "string", "a language code; see `tweet:lang()`"),
        field("twitter_filter_level", "string", "`none`, `low` or `medium`"),
        field("twitter_quoted_status", "ouzel.Activity?", "the Tweet that this one quotes; see `tweet:quoted()`"),
        field("gnip", "ouzel.Gnip", "what the service has added"),
        field("editable", "boolean?", "whether it can still be edited"),
        field("edit_history", "{ initial_tweet_id: string, edit_tweet_ids: string[] }?", "the ids of all its versions"),
        field("edit_controls", "{ editable_until_ms: integer, edits_remaining: integer }?", ""),
        field("scopes", "{ followers: boolean? }?", "only in promoted Tweets"),
    ],
    ..Class::NONE
};

const ACTOR_TYPE: Class = Class {
    name: "ouzel.Actor",
    text: "The account that posted a Tweet, as it was at that moment.",
    fields: &[
        field("objectType", "string", "`person`"),
        field("id", "string", "`id:twitter.com:` and the id; `tweet:author().id` is the id alone"),
        field("link", "string", ""),
        field("displayName", "string", "the name"),
        field("preferredUsername", "string", "the name after the @"),
        field("postedTime", "string", "when the account was opened"),
        field("image", "string", "the address of its picture"),
        field("summary", "string?", "what the user says about themselves"),
        field("friendsCount", "integer", ""),
        field("followersCount", "integer", ""),
        field("listedCount", "integer", ""),
        field("statusesCount", "integer", ""),
        field("favoritesCount", "integer", ""),
        field("verified", "boolean", ""),
        field("protected", "boolean?", "missing if it is false"),
        field("twitterTimeZone", "string?", ""),
        field("utcOffset", "string?", ""),
        field("languages", "string[]", ""),
        field("links", "{ href: string?, rel: string }[]", ""),
        field("location", "{ objectType: string, displayName: string }?", "free text that the user wrote"),
    ],
    open: Some(field("string", "any", "")),
    ..Class::NONE
};

const NOTE_TYPE: Class = Class {
    name: "ouzel.Note",
    text: "What was posted, in a Tweet that is no Retweet.",
    fields: &[
        field("objectType", "string", "`note`"),
        field("id", "string", "`object:search.twitter.com,2005:` and the id"),
        field("summary", "string", "the same as `body`"),
        field("link", "string", ""),
        field("postedTime", "string", ""),
    ],
    open: Some(field("string", "any", "")),
    ..Class::NONE
};

const LONG_OBJECT_TYPE: Class = Class {
    name: "ouzel.LongObject",
    text: "The whole of a Tweet that is too long for `body`.",
    fields: &[
        field("body", "string", "the whole text"),
        field("display_text_range", "integer[]?", ""),
        field("twitter_entities", "ouzel.Entities", "the entities of the whole text"),
        field("twitter_extended_entities", "ouzel.ExtendedEntities?", ""),
    ],
    ..Class::NONE
};

const LOCATION_TYPE: Class = Class {
    name: "ouzel.Location",
    text: "The place that the author chose.",
    fields: &[
        field("objectType", "string", "`place`"),
        field("displayName", "string", "the full name"),
        field("name", "string", ""),
        field("country_code", "string?", "the name of the country, whatever it is called"),
        field("twitter_country_code", "string?", "its code"),
        field("twitter_place_type", "string?", ""),
        field("link", "string?", ""),
        field("geo", "{ type: string, coordinates: number[][][] }?", "the box around it, longitude first"),
    ],
    open: Some(field("string", "any", "")),
    ..Class::NONE
};

const GNIP_TYPE: Class = Class {
    name: "ouzel.Gnip",
    text: "What the service has added to a Tweet.",
    fields: &[
        field("matching_rules", "ouzel.Rule[]", "the rules that the Tweet matched; see `tweet:tags()`"),
        field("urls", "ouzel.GnipUrl[]?", "where its links lead; see `tweet:urls()`"),
        field("profileLocations", "ouzel.ProfileLocation[]?", "places found in the author's `location`"),
    ],
    open: Some(field("string", "any", "")),
    ..Class::NONE
};

const GNIP_URL_TYPE: Class = Class {
    name: "ouzel.GnipUrl",
    text: "A link that the service has followed.",
    fields: &[
        field("url", "string", "the short link"),
        field("expanded_url", "string?", "where it leads in the end"),
        field("expanded_status", "integer?", "the status of that page"),
        field("expanded_url_title", "string?", ""),
        field("expanded_url_description", "string?", ""),
    ],
    ..Class::NONE
};

const PROFILE_LOCATION_TYPE: Class = Class {
    name: "ouzel.ProfileLocation",
    text: "A place that the service has found in what a user wrote.",
    fields: &[
        field("objectType", "string", "`place`"),
        field("displayName", "string?", "the full name"),
        field("address", "ouzel.Address", ""),
        field("geo", "{ type: string, coordinates: number[] }?", "longitude first"),
    ],
    ..Class::NONE
};

const ADDRESS_TYPE: Class = Class {
    name: "ouzel.Address",
    text: "The parts of such a place.",
    fields: &[
        field("country", "string?", ""),
        field("countryCode", "string?", ""),
        field("region", "string?", ""),
        field("subRegion", "string?", ""),
        field("locality", "string?", ""),
    ],
    ..Class::NONE
};
