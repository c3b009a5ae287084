//! The fields of Tweets in the native enriched format.

use super::{Class, Item, Section, field, tweet::ANY_TWEET_TYPE};

pub(super) const SECTION: Section = Section {
    title: "Fields of a Tweet",
    text: "These are the fields of the native enriched format, which most streams deliver.",
    items: &[
        Item::Class(&TWEET_TYPE),
        Item::Class(&USER_TYPE),
        Item::Class(&DERIVED_LOCATION_TYPE),
        Item::Class(&EXTENDED_TWEET_TYPE),
        Item::Class(&ENTITIES_TYPE),
        Item::Class(&EXTENDED_ENTITIES_TYPE),
        Item::Class(&HASHTAG_TYPE),
        Item::Class(&URL_TYPE),
        Item::Class(&MENTION_TYPE),
        Item::Class(&MEDIA_TYPE),
        Item::Class(&POLL_TYPE),
        Item::Class(&GEO_TYPE),
        Item::Class(&PLACE_TYPE),
    ],
};

/// A Tweet.
pub(in crate::script) const TWEET_TYPE: Class = Class {
    name: "ouzel.Tweet",
    parent: Some(&ANY_TWEET_TYPE),
    text: "A Tweet in the native enriched format. A field whose type does not end with `?` is in every \
        Tweet that the stream delivers.",
    fields: &[
        field("id", "integer", "exact; `tweet:id()` gives it in both formats"),
        field("id_str", "string", "the same as text"),
        field("created_at", "string", "`Wed Oct 10 20:19:24 +0000 2018`; see `tweet:created_at_iso()`"),
        field("timestamp_ms", "string", "milliseconds since 1970"),
        field("text", "string", "cut off in long Tweets and in Retweets; see `tweet:full_text()`"),
        field("display_text_range", "integer[]?", "where the displayed part of the text begins and ends"),
        field("truncated", "boolean", "whether `extended_tweet` holds the whole text"),
        field("extended_tweet", "ouzel.ExtendedTweet?", "the whole of a long Tweet"),
        field("source", "string", "the program that sent the Tweet, as an HTML link"),
        field("lang", "string", "a language code; `und` if the language is unknown"),
        field("user", "ouzel.User", "the author; see `tweet:author()`"),
        field("entities", "ouzel.Entities", "hashtags, links and mentions in `text`; see `tweet:hashtags()`, `tweet:urls()` and `tweet:mentions()`"),
        field("extended_entities", "ouzel.ExtendedEntities?", "all photos, or the video"),
        field("matching_rules", "ouzel.Rule[]", "the rules that the Tweet matched; see `tweet:tags()`"),
        field("retweeted_status", "ouzel.Tweet?", "the original Tweet of a Retweet"),
        field("is_quote_status", "boolean", "whether it quotes another Tweet; see `tweet:kind()`"),
        field("quoted_status", "ouzel.Tweet?", "the Tweet that this one quotes; see `tweet:quoted()`"),
        field("quoted_status_id", "integer?", "also when the quoted Tweet is gone"),
        field("quoted_status_id_str", "string?", ""),
        field("quoted_status_permalink", "{ url: string, expanded: string, display: string }?", "the link to the quoted Tweet"),
        field("in_reply_to_status_id", "integer?", "the Tweet that this one answers"),
        field("in_reply_to_status_id_str", "string?", ""),
        field("in_reply_to_user_id", "integer?", ""),
        field("in_reply_to_user_id_str", "string?", ""),
        field("in_reply_to_screen_name", "string?", "whom it answers"),
        field("coordinates", "ouzel.Geo?", "longitude first"),
        field("geo", "ouzel.Geo?", "latitude first; outdated, see `coordinates`"),
        field("place", "ouzel.Place?", "the place that the author chose"),
        field("contributors", "any", "outdated, always null"),
        field("favorite_count", "integer", "0 in a new Tweet"),
        field("retweet_count", "integer", "0 in a new Tweet"),
        field("reply_count", "integer", "0 in a new Tweet"),
        field("quote_count", "integer", "0 in a new Tweet"),
        field("favorited", "boolean", ""),
        field("retweeted", "boolean", ""),
        field("possibly_sensitive", "boolean?", "only in Tweets with links"),
        field("filter_level", "string", "`none`, `low` or `medium`"),
        field("editable", "boolean?", "whether it can still be edited"),
        field("edit_history", "{ initial_tweet_id: string, edit_tweet_ids: string[] }?", "the ids of all its versions"),
        field("edit_controls", "{ editable_until_ms: integer, edits_remaining: integer }?", ""),
        field("withheld_in_countries", "string[]?", "country codes; `XX` is every country, `XY` after a complaint about copyright"),
        field("withheld_copyright", "boolean?", ""),
        field("withheld_scope", "string?", "`status` or `user`"),
        field("scopes", "{ followers: boolean? }?", "only in promoted Tweets"),
    ],
    ..Class::NONE
};

/// Its author.
pub(in crate::script) const USER_TYPE: Class = Class {
    name: "ouzel.User",
    text: "The account that posted a Tweet, as it was at that moment.",
    fields: &[
        field("id", "integer", ""),
        field("id_str", "string", ""),
        field("name", "string", ""),
        field("screen_name", "string", "the name after the @"),
        field("location", "string?", "free text that the user wrote"),
        field("url", "string?", ""),
        field("description", "string?", ""),
        field("derived", "{ locations: ouzel.DerivedLocation[] }?", "places that the profile geo enrichment found in `location`"),
        field("entities", "{ url: { urls: ouzel.Url[] }?, description: { urls: ouzel.Url[] } }?", ""),
        field("protected", "boolean", ""),
        field("verified", "boolean", ""),
        field("followers_count", "integer", ""),
        field("friends_count", "integer", ""),
        field("listed_count", "integer", ""),
        field("favourites_count", "integer", ""),
        field("statuses_count", "integer", ""),
        field("created_at", "string", ""),
        field("geo_enabled", "boolean", ""),
        field("lang", "string?", ""),
        field("time_zone", "string?", ""),
        field("utc_offset", "integer?", ""),
        field("profile_image_url", "string?", ""),
        field("profile_image_url_https", "string", ""),
        field("profile_banner_url", "string?", ""),
        field("default_profile", "boolean", ""),
        field("default_profile_image", "boolean", ""),
        field("withheld_in_countries", "string[]?", ""),
        field("translator_type", "string?", ""),
        field("contributors_enabled", "boolean?", "outdated"),
        field("is_translator", "boolean?", ""),
        field("following", "boolean?", "of the account that asks, so null in a stream"),
        field("follow_request_sent", "boolean?", "of the account that asks, so null in a stream"),
        field("notifications", "boolean?", "of the account that asks, so null in a stream"),
    ],
    open: Some(field("string", "any", "")),
    ..Class::NONE
};

const DERIVED_LOCATION_TYPE: Class = Class {
    name: "ouzel.DerivedLocation",
    fields: &[
        field("country", "string?", ""),
        field("country_code", "string?", ""),
        field("region", "string?", ""),
        field("sub_region", "string?", ""),
        field("locality", "string?", ""),
        field("full_name", "string?", ""),
        field("geo", "{ type: string, coordinates: number[] }?", "longitude first"),
    ],
    ..Class::NONE
};

const EXTENDED_TWEET_TYPE: Class = Class {
    name: "ouzel.ExtendedTweet",
    fields: &[
        field("full_text", "string", ""),
        field("display_text_range", "integer[]", ""),
        field("entities", "ouzel.Entities", "the entities of the whole text"),
        field("extended_entities", "ouzel.ExtendedEntities?", ""),
    ],
    ..Class::NONE
};

const ENTITIES_TYPE: Class = Class {
    name: "ouzel.Entities",
    fields: &[
        field("hashtags", "ouzel.Hashtag[]", ""),
        field("symbols", "ouzel.Hashtag[]", "cashtags"),
        field("urls", "ouzel.Url[]", ""),
        field("user_mentions", "ouzel.Mention[]", ""),
        field("media", "ouzel.Media[]?", "only the first photo or the video; see `extended_entities`"),
        field("polls", "ouzel.Poll[]?", ""),
    ],
    ..Class::NONE
};

const EXTENDED_ENTITIES_TYPE: Class = Class {
    name: "ouzel.ExtendedEntities",
    fields: &[field("media", "ouzel.Media[]", "")],
    ..Class::NONE
};

const HASHTAG_TYPE: Class = Class {
    name: "ouzel.Hashtag",
    fields: &[
        field("text", "string", "without the # or $"),
        field("indices", "integer[]", ""),
    ],
    ..Class::NONE
};

const URL_TYPE: Class = Class {
    name: "ouzel.Url",
    fields: &[
        field("url", "string", "the short link"),
        field("expanded_url", "string?", ""),
        field("display_url", "string?", ""),
        field("indices", "integer[]", ""),
        field("unwound", "{ url: string, status: integer, title: string?, description: string? }?", "where the link leads in the end"),
    ],
    ..Class::NONE
};

const MENTION_TYPE: Class = Class {
    name: "ouzel.Mention",
    fields: &[
        field("id", "integer?", ""),
        field("id_str", "string?", ""),
        field("name", "string?", ""),
        field("screen_name", "string", ""),
        field("indices", "integer[]", ""),
    ],
    ..Class::NONE
};

const MEDIA_TYPE: Class = Class {
    name: "ouzel.Media",
    fields: &[
        field("id", "integer", ""),
        field("id_str", "string", ""),
        field("type", "\"photo\"|\"video\"|\"animated_gif\"", ""),
        field("media_url_https", "string", ""),
        field("url", "string", ""),
        field("expanded_url", "string", ""),
        field("display_url", "string", ""),
        field("indices", "integer[]", ""),
        field("source_status_id", "integer?", "the Tweet that it was first posted in, if that is another Tweet"),
        field("source_user_id", "integer?", ""),
        field("video_info", "{ aspect_ratio: integer[], duration_millis: integer?, variants: { content_type: string, url: string, bitrate: integer? }[] }?", ""),
    ],
    open: Some(field("string", "any", "")),
    ..Class::NONE
};

const POLL_TYPE: Class = Class {
    name: "ouzel.Poll",
    fields: &[
        field("options", "{ position: integer, text: string }[]", ""),
        field("end_datetime", "string", ""),
        field("duration_minutes", "integer", ""),
    ],
    ..Class::NONE
};

const GEO_TYPE: Class = Class {
    name: "ouzel.Geo",
    fields: &[
        field("type", "string", ""),
        field("coordinates", "number[]", ""),
    ],
    ..Class::NONE
};

const PLACE_TYPE: Class = Class {
    name: "ouzel.Place",
    fields: &[
        field("id", "string", ""),
        field("place_type", "string", ""),
        field("name", "string", ""),
        field("full_name", "string", ""),
        field("country", "string?", ""),
        field("country_code", "string?", ""),
        field("url", "string?", ""),
        field("bounding_box", "{ type: string, coordinates: number[][][] }?", ""),
    ],
    open: Some(field("string", "any", "")),
    ..Class::NONE
};
