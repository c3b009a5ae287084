//! The methods of Tweets, in both formats, and what they give.

use super::{Class, Function, Held, Item, Section, field, gives};

pub(super) const SECTION: Section = Section {
    title: "Tweets",
    text: "The methods know both formats, so a script that uses them works with either.",
    items: &[
        Item::Class(&ANY_TWEET_TYPE),
        Item::Function(&ID),
        Item::Function(&FULL_TEXT),
        Item::Function(&ALL_TEXT),
        Item::Function(&URLS),
        Item::Function(&HASHTAGS),
        Item::Function(&MENTIONS),
        Item::Function(&AUTHOR),
        Item::Function(&ORIGINAL),
        Item::Function(&QUOTED),
        Item::Function(&KIND),
        Item::Function(&CREATED_AT_ISO),
        Item::Function(&CREATED),
        Item::Function(&LANG),
        Item::Function(&APP),
        Item::Function(&GEO),
        Item::Function(&TAGS),
        Item::Class(&AUTHOR_TYPE),
        Item::Class(&SPOT_TYPE),
    ],
};

/// What Tweets of both formats have.
pub(super) const ANY_TWEET_TYPE: Class = Class {
    name: "ouzel.AnyTweet",
    text: "A Tweet as handlers get it: a table of the fields that came in. JSON null and missing fields are nil.\n\n\
        A handler can assign fields and set them to nil; the handlers after it see the change. Ids are exact 64-bit \
        integers. `pairs`, `ipairs`, `#`, `next` and `type` work as on any table. Parts that no handler touches are \
        never built. A loop may change and delete the fields that it passes, as with any table.\n\n\
        Which fields there are is said by the format that the stream delivers: `ouzel.Tweet` or `ouzel.Activity`. The \
        methods work in both formats, and on the Tweets inside a Tweet. They never raise because of what a Tweet lacks, \
        and they use what handlers have assigned.\n\n\
        With a dot you read a field, and with a colon you call a method: `tweet.geo` is the field, `tweet:geo()` the \
        method.",
    open: Some(field("string", "any", "fields that a handler has assigned, and fields that are newer than this list")),
    held: Held::Local("Tweet"),
    ..Class::NONE
};

/// `Tweet:id`.
pub(in crate::script) const ID: Function = Function {
    path: "Tweet:id",
    text: "The exact id, as an integer in both formats. In Activity Streams, the field `id` is a text.",
    example: r#"ouzel.on("*", function(tweet) print(tweet:id()) end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives("integer?", "id", "nil if the Tweet has no id")],
    ..Function::NONE
};

/// `Tweet:full_text`.
pub(in crate::script) const FULL_TEXT: Function = Function {
    path: "Tweet:full_text",
    text: "The whole text, also of a long Tweet. For a Retweet it is `RT @name: ` and the original's whole text, because \
        the Retweet's own text is cut off. A text that a handler has assigned, for example to `tweet.text`, wins over \
        the text that came in.",
    example: r#"ouzel.on("*", function(tweet) print(tweet:full_text()) end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives("string?", "text", "nil if there is no text")],
    ..Function::NONE
};

/// `Tweet:all_text`.
pub(in crate::script) const ALL_TEXT: Function = Function {
    path: "Tweet:all_text",
    text: "The whole text, as `full_text` gives it, and on the next line the whole text of the Tweet that it quotes, or \
        that the retweeted Tweet quotes.",
    example: r#"ouzel.filter(function(tweet) return (tweet:all_text() or ""):lower():find("ouzel", 1, true) end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives("string?", "text", "nil if there is no text")],
    ..Function::NONE
};

/// `Tweet:urls`.
pub(in crate::script) const URLS: Function = Function {
    path: "Tweet:urls",
    text: "Where the links of the whole text lead, each once: the page behind all redirects where the service has \
        followed them, else the link as its author wrote it. The links of a Retweet are those of the original.",
    example: r#"ouzel.on("*", function(tweet) for _, url in ipairs(tweet:urls()) do print(url) end end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives("string[]", "urls", "")],
    ..Function::NONE
};

/// `Tweet:hashtags`.
pub(in crate::script) const HASHTAGS: Function = Function {
    path: "Tweet:hashtags",
    text: "The hashtags of the whole text without the #, as they are written, each once. The hashtags of a Retweet are \
        those of the original.",
    example: r#"ouzel.on("*", function(tweet) print(table.concat(tweet:hashtags(), " ")) end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives("string[]", "hashtags", "")],
    ..Function::NONE
};

/// `Tweet:mentions`.
pub(in crate::script) const MENTIONS: Function = Function {
    path: "Tweet:mentions",
    text: "The screen names that the whole text mentions, without the @, each once. In a Retweet the author of the \
        original is the first.",
    example: r#"ouzel.on("*", function(tweet) print(table.concat(tweet:mentions(), " ")) end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives("string[]", "screen_names", "")],
    ..Function::NONE
};

/// `Tweet:author`.
pub(in crate::script) const AUTHOR: Function = Function {
    path: "Tweet:author",
    text: "The account that sent the Tweet, with the same names in both formats. It is a new table each time; without an \
        author it is empty.",
    example: r#"ouzel.on("*", function(tweet) print(tweet:author().screen_name, tweet:author().followers_count) end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives("ouzel.Author", "author", "")],
    ..Function::NONE
};

/// `Tweet:original`.
pub(in crate::script) const ORIGINAL: Function = Function {
    path: "Tweet:original",
    text: "The Tweet that this one retweets, or the Tweet itself if it is no Retweet.",
    example: r#"ouzel.on("*", function(tweet) print(tweet:original():author().screen_name) end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives("ouzel.Tweet", "original", "")],
    ..Function::NONE
};

/// `Tweet:quoted`.
pub(in crate::script) const QUOTED: Function = Function {
    path: "Tweet:quoted",
    text: "The Tweet that this one quotes, or that the retweeted Tweet quotes.",
    example: r#"ouzel.on("*", function(tweet) local quoted = tweet:quoted() if quoted then print(quoted:full_text()) end end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives("ouzel.Tweet?", "quoted", "nil if there is none")],
    ..Function::NONE
};

/// `Tweet:kind`.
pub(in crate::script) const KIND: Function = Function {
    path: "Tweet:kind",
    text: "What kind of Tweet this is. A Retweet of a quote is a Retweet, and a quote that answers another Tweet is a \
        quote.",
    example: r#"ouzel.filter(function(tweet) return tweet:kind() ~= "retweet" end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives(
        "\"tweet\"|\"retweet\"|\"quote\"|\"reply\"",
        "kind",
        "",
    )],
    ..Function::NONE
};

/// `Tweet:created_at_iso`.
pub(in crate::script) const CREATED_AT_ISO: Function = Function {
    path: "Tweet:created_at_iso",
    text: "The time of the Tweet as ISO 8601 in UTC, such as `2018-10-10T20:19:24Z`. SQLite's date functions understand \
        it. If a handler has assigned the time, that time is used.",
    example: r#"ouzel.on("*", function(tweet) print((tweet:created_at_iso() or ""):sub(1, 10)) end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives(
        "string?",
        "time",
        "nil if the Tweet has no time that can be read",
    )],
    ..Function::NONE
};

/// `Tweet:created`.
pub(in crate::script) const CREATED: Function = Function {
    path: "Tweet:created",
    text: "The time of the Tweet in seconds since 1970.",
    example: r#"ouzel.on("*", function(tweet) print((tweet:created() or 0) // 3600) end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives(
        "integer?",
        "seconds",
        "nil if the Tweet has no time that can be read",
    )],
    ..Function::NONE
};

/// `Tweet:lang`.
pub(in crate::script) const LANG: Function = Function {
    path: "Tweet:lang",
    text: "The language code. `und` means that the service does not know the language.",
    example: r#"ouzel.filter(function(tweet) return tweet:lang() == "en" end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives("string?", "code", "nil if the Tweet has none")],
    ..Function::NONE
};

/// `Tweet:app`.
pub(in crate::script) const APP: Function = Function {
    path: "Tweet:app",
    text: "The name of the program that sent the Tweet, without the HTML around it.",
    example: r#"ouzel.on("*", function(tweet) print(tweet:app()) end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives("string?", "name", "nil if the Tweet has none")],
    ..Function::NONE
};

/// `Tweet:geo`.
pub(in crate::script) const GEO: Function = Function {
    path: "Tweet:geo",
    text: "Where the Tweet was sent from: its point, or the middle of the place that the author chose. The original of a \
        Retweet has a place, the Retweet itself has none.",
    example: r#"ouzel.on("*", function(tweet) local at = tweet:geo() if at and at.exact then print(at.latitude, at.longitude) end end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives(
        "ouzel.Spot?",
        "spot",
        "nil if the Tweet has neither a point nor a place with a box",
    )],
    ..Function::NONE
};

/// `Tweet:tags`.
pub(in crate::script) const TAGS: Function = Function {
    path: "Tweet:tags",
    text: "The tags of the rules that the Tweet matched, each once.",
    example: r#"ouzel.on("*", function(tweet) print(table.concat(tweet:tags(), " ")) end)"#,
    raises: "Raises when called with a dot or with an argument.",
    gives: &[gives("string[]", "tags", "")],
    ..Function::NONE
};

const AUTHOR_TYPE: Class = Class {
    name: "ouzel.Author",
    text: "The account that sent a Tweet, as `tweet:author()` gives it. A field that the Tweet does not have is nil.",
    fields: &[
        field("id", "integer?", ""),
        field("screen_name", "string?", "the name after the @"),
        field("name", "string?", ""),
        field("description", "string?", ""),
        field("location", "string?", "free text that the user wrote"),
        field("country_code", "string?", "of the first place that the service has found in `location`"),
        field("followers_count", "integer?", ""),
        field("friends_count", "integer?", ""),
        field("statuses_count", "integer?", ""),
        field("listed_count", "integer?", ""),
        field("favourites_count", "integer?", ""),
        field("verified", "boolean?", ""),
        field("created_at_iso", "string?", "when the account was opened, such as `2018-10-10T20:19:24Z`"),
    ],
    ..Class::NONE
};

const SPOT_TYPE: Class = Class {
    name: "ouzel.Spot",
    text: "Where a Tweet was sent from, as `tweet:geo()` gives it.",
    fields: &[
        field("longitude", "number", ""),
        field("latitude", "number", ""),
        field("exact", "boolean", "whether the Tweet has the point itself; else it is the middle of its place"),
        field("place", "string?", "the full name of the place"),
        field("country_code", "string?", ""),
    ],
    ..Class::NONE
};
