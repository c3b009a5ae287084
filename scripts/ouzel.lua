---@meta
-- The functions and types that ouzel gives to a script. Editors use this file for completion and documentation.
-- ouzel itself never reads this file. `ouzel types` writes it again.
--
-- "Raises" means: the call ends in an error that names its line. While the script loads, the error makes the load fail.
-- In a handler, the error takes back what the handlers have written and emitted for that Tweet. `pcall` catches it.

-- A script has `ouzel` without `require`. Loading this file would only replace `ouzel` by functions that do
-- nothing.
if rawget(_G, "ouzel") then error("`ouzel` is there without `require`; `ouzel.lua` is for editors only", 3) end

--------------------------------------------------------------------------------------------------------------------
-- Rules and handlers
--
-- A handler is a function that ouzel calls with each Tweet, or with each match of a rule.

---The functions that ouzel gives to a script.
---@class ouzel
---@field version string ouzel's version
---@field null lightuserdata the same as `ouzel.json.null`: JSON null, and NULL in SQL
ouzel = {}

---A rule as a script declares it.
---@class ouzel.NewRule
---@field value string what the service looks for
---@field tag string? says which handlers a match goes to
---@field unchecked boolean? true sends the rule as it is, even if ouzel finds it invalid

---Declares rules. ouzel adds rules that the stream lacks. It deletes rules that it added earlier and that the script no
---longer declares. It keeps rules that it did not add. `ouzel.rules` can be called several times; all lists count.
---
---```lua
---ouzel.rules { { tag = "launch", value = '(rocket OR launch) lang:en' } }
---```
---
---A rule with `unchecked = true` is sent as it is, even if ouzel finds it invalid; then ouzel logs a warning.
---
---Raises for a rule without a value, for rules that the service would refuse (all of them in one error), for an unknown
---field, and in a handler, because rules are declared while the script loads. `ouzel check` warns about rules that are
---valid but probably not meant that way.
---@param rules ouzel.NewRule[]
function ouzel.rules(rules) end

---Adds a filter. A Tweet for which the filter returns nil or false goes no further. Filters, enrichments and `on`
---handlers run in the order in which the script adds them.
---
---```lua
---ouzel.filter(function(tweet) return tweet.lang == "en" end)
---```
---
---Raises if the argument is not a function, and in a handler.
---@param handler fun(tweet: ouzel.Tweet): any
---@overload fun(handler: fun(tweet: ouzel.Activity): any)
function ouzel.filter(handler) end

---Adds a handler that may change the Tweet for the handlers after it. Its result is ignored.
---
---```lua
---ouzel.enrich(function(tweet) tweet.reach = tweet.user.followers_count end)
---```
---
---Raises if the argument is not a function, and in a handler.
---@param handler fun(tweet: ouzel.Tweet)
---@overload fun(handler: fun(tweet: ouzel.Activity))
function ouzel.enrich(handler) end

---Adds a handler for rules with a tag. It is called once for each rule that the Tweet matched and whose tag fits.
---
---```lua
---ouzel.on("brand-*", function(tweet, rule) print(rule.tag, tweet:full_text()) end)
---```
---
---Raises for an empty tag, if `handler` is not a function, and in a handler.
---@param tag string a tag; a `*` in it stands for any text; `*` alone fits every rule, even one without a tag
---@param handler fun(tweet: ouzel.Tweet, rule: ouzel.Rule)
---@overload fun(tag: string, handler: fun(tweet: ouzel.Activity, rule: ouzel.Rule))
function ouzel.on(tag, handler) end

---A rule that a Tweet matched. A handler cannot change the rule that `ouzel.on` gives it.
---@class ouzel.Rule
---@field tag string? nil if the rule has no tag
---@field id integer?
---@field id_str string?

---Calls a function from time to time, between two Tweets, also while no Tweets come. What it writes and emits is
---committed with each call. An error takes that back and is logged, and the timer goes on. A call that is late, because
---a handler takes long, is made once, however often it was due. In `ouzel replay`, the Tweets' times are the clock.
---
---```lua
---ouzel.every("1m", function(now)
---  ouzel.log.info("minute", now // 60, ouzel.state.tweets)
---  ouzel.state.tweets = 0
---end)
---```
---
---Raises for a time without a unit or of less than 100 ms, if `call` is not a function, for more than 100 timers, and
---in a handler.
---@param time string how long to wait between two calls, such as `"30s"`, `"1m"` or `"2h"`
---@param call fun(now: integer) gets the time in seconds since 1970
function ouzel.every(time, call) end

---Calls a function when a rule brings more Tweets than usual, once for each alarm, between two Tweets. What it writes
---and emits is committed with the call. An error takes that back and is logged. What is too much, the page `volume` of
---the guide says. `ouzel replay` raises no alarms.
---
---```lua
---local alarms = ouzel.table("alarms", { at = "INTEGER", tag = "TEXT", per_minute = "INTEGER" })
---ouzel.on_alarm(function(alarm)
---  alarms:insert { at = os.time(), tag = alarm.tag, per_minute = alarm.per_minute }
---end)
---```
---
---Raises if `call` is not a function, for more than 100 such functions, and in a handler.
---@param call fun(alarm: ouzel.Alarm)
function ouzel.on_alarm(call) end

---A rule that brings more Tweets than usual.
---@class ouzel.Alarm
---@field tag string the tag of the rule
---@field per_minute integer how many Tweets it brings in a minute now
---@field limit integer more than this a minute are too many
---@field usual number? how many a minute are usual in this hour of the week; nil while that is not known
---@field per_day integer what a day at this rate comes to
---@field samples string[] the texts of up to three of its last Tweets, without control characters, and cut

--------------------------------------------------------------------------------------------------------------------
-- Tweets
--
-- The methods know both formats, so a script that uses them works with either.

---A Tweet as handlers get it: a table of the fields that came in. JSON null and missing fields are nil.
---
---A handler can assign fields and set them to nil; the handlers after it see the change. Ids are exact 64-bit integers.
---`pairs`, `ipairs`, `#`, `next` and `type` work as on any table. Parts that no handler touches are never built. A loop
---may change and delete the fields that it passes, as with any table.
---
---Which fields there are is said by the format that the stream delivers: `ouzel.Tweet` or `ouzel.Activity`. The methods
---work in both formats, and on the Tweets inside a Tweet. They never raise because of what a Tweet lacks, and they use
---what handlers have assigned.
---
---With a dot you read a field, and with a colon you call a method: `tweet.geo` is the field, `tweet:geo()` the method.
---@class ouzel.AnyTweet
---@field [string] any fields that a handler has assigned, and fields that are newer than this list
local Tweet = {}

---The exact id, as an integer in both formats. In Activity Streams, the field `id` is a text.
---
---```lua
---ouzel.on("*", function(tweet) print(tweet:id()) end)
---```
---
---Raises when called with a dot or with an argument.
---@return integer? id nil if the Tweet has no id
function Tweet:id() end

---The whole text, also of a long Tweet. For a Retweet it is `RT @name: ` and the original's whole text, because the
---Retweet's own text is cut off. A text that a handler has assigned, for example to `tweet.text`, wins over the text
---that came in.
---
---```lua
---ouzel.on("*", function(tweet) print(tweet:full_text()) end)
---```
---
---Raises when called with a dot or with an argument.
---@return string? text nil if there is no text
function Tweet:full_text() end

---The whole text, as `full_text` gives it, and on the next line the whole text of the Tweet that it quotes, or that the
---retweeted Tweet quotes.
---
---```lua
---ouzel.filter(function(tweet) return (tweet:all_text() or ""):lower():find("ouzel", 1, true) end)
---```
---
---Raises when called with a dot or with an argument.
---@return string? text nil if there is no text
function Tweet:all_text() end

---Where the links of the whole text lead, each once: the page behind all redirects where the service has followed them,
---else the link as its author wrote it. The links of a Retweet are those of the original.
---
---```lua
---ouzel.on("*", function(tweet) for _, url in ipairs(tweet:urls()) do print(url) end end)
---```
---
---Raises when called with a dot or with an argument.
---@return string[] urls
function Tweet:urls() end

---The hashtags of the whole text without the #, as they are written, each once. The hashtags of a Retweet are those of
---the original.
---
---```lua
---ouzel.on("*", function(tweet) print(table.concat(tweet:hashtags(), " ")) end)
---```
---
---Raises when called with a dot or with an argument.
---@return string[] hashtags
function Tweet:hashtags() end

---The screen names that the whole text mentions, without the @, each once. In a Retweet the author of the original is
---the first.
---
---```lua
---ouzel.on("*", function(tweet) print(table.concat(tweet:mentions(), " ")) end)
---```
---
---Raises when called with a dot or with an argument.
---@return string[] screen_names
function Tweet:mentions() end

---The account that sent the Tweet, with the same names in both formats. It is a new table each time; without an author
---it is empty.
---
---```lua
---ouzel.on("*", function(tweet) print(tweet:author().screen_name, tweet:author().followers_count) end)
---```
---
---Raises when called with a dot or with an argument.
---@return ouzel.Author author
function Tweet:author() end

---The Tweet that this one retweets, or the Tweet itself if it is no Retweet.
---
---```lua
---ouzel.on("*", function(tweet) print(tweet:original():author().screen_name) end)
---```
---
---Raises when called with a dot or with an argument.
---@return ouzel.Tweet original
function Tweet:original() end

---The Tweet that this one quotes, or that the retweeted Tweet quotes.
---
---```lua
---ouzel.on("*", function(tweet) local quoted = tweet:quoted() if quoted then print(quoted:full_text()) end end)
---```
---
---Raises when called with a dot or with an argument.
---@return ouzel.Tweet? quoted nil if there is none
function Tweet:quoted() end

---What kind of Tweet this is. A Retweet of a quote is a Retweet, and a quote that answers another Tweet is a quote.
---
---```lua
---ouzel.filter(function(tweet) return tweet:kind() ~= "retweet" end)
---```
---
---Raises when called with a dot or with an argument.
---@return "tweet"|"retweet"|"quote"|"reply" kind
function Tweet:kind() end

---The time of the Tweet as ISO 8601 in UTC, such as `2018-10-10T20:19:24Z`. SQLite's date functions understand it. If a
---handler has assigned the time, that time is used.
---
---```lua
---ouzel.on("*", function(tweet) print((tweet:created_at_iso() or ""):sub(1, 10)) end)
---```
---
---Raises when called with a dot or with an argument.
---@return string? time nil if the Tweet has no time that can be read
function Tweet:created_at_iso() end

---The time of the Tweet in seconds since 1970.
---
---```lua
---ouzel.on("*", function(tweet) print((tweet:created() or 0) // 3600) end)
---```
---
---Raises when called with a dot or with an argument.
---@return integer? seconds nil if the Tweet has no time that can be read
function Tweet:created() end

---The language code. `und` means that the service does not know the language.
---
---```lua
---ouzel.filter(function(tweet) return tweet:lang() == "en" end)
---```
---
---Raises when called with a dot or with an argument.
---@return string? code nil if the Tweet has none
function Tweet:lang() end

---The name of the program that sent the Tweet, without the HTML around it.
---
---```lua
---ouzel.on("*", function(tweet) print(tweet:app()) end)
---```
---
---Raises when called with a dot or with an argument.
---@return string? name nil if the Tweet has none
function Tweet:app() end

---Where the Tweet was sent from: its point, or the middle of the place that the author chose. The original of a Retweet
---has a place, the Retweet itself has none.
---
---```lua
---ouzel.on("*", function(tweet) local at = tweet:geo() if at and at.exact then print(at.latitude, at.longitude) end end)
---```
---
---Raises when called with a dot or with an argument.
---@return ouzel.Spot? spot nil if the Tweet has neither a point nor a place with a box
function Tweet:geo() end

---The tags of the rules that the Tweet matched, each once.
---
---```lua
---ouzel.on("*", function(tweet) print(table.concat(tweet:tags(), " ")) end)
---```
---
---Raises when called with a dot or with an argument.
---@return string[] tags
function Tweet:tags() end

---The account that sent a Tweet, as `tweet:author()` gives it. A field that the Tweet does not have is nil.
---@class ouzel.Author
---@field id integer?
---@field screen_name string? the name after the @
---@field name string?
---@field description string?
---@field location string? free text that the user wrote
---@field country_code string? of the first place that the service has found in `location`
---@field followers_count integer?
---@field friends_count integer?
---@field statuses_count integer?
---@field listed_count integer?
---@field favourites_count integer?
---@field verified boolean?
---@field created_at_iso string? when the account was opened, such as `2018-10-10T20:19:24Z`

---Where a Tweet was sent from, as `tweet:geo()` gives it.
---@class ouzel.Spot
---@field longitude number
---@field latitude number
---@field exact boolean whether the Tweet has the point itself; else it is the middle of its place
---@field place string? the full name of the place
---@field country_code string?

--------------------------------------------------------------------------------------------------------------------
-- Fields of a Tweet
--
-- These are the fields of the native enriched format, which most streams deliver.

---A Tweet in the native enriched format. A field whose type does not end with `?` is in every Tweet that the stream
---delivers.
---@class ouzel.Tweet: ouzel.AnyTweet
---@field id integer exact; `tweet:id()` gives it in both formats
---@field id_str string the same as text
---@field created_at string `Wed Oct 10 20:19:24 +0000 2018`; see `tweet:created_at_iso()`
---@field timestamp_ms string milliseconds since 1970
---@field text string cut off in long Tweets and in Retweets; see `tweet:full_text()`
---@field display_text_range integer[]? where the displayed part of the text begins and ends
---@field truncated boolean whether `extended_tweet` holds the whole text
---@field extended_tweet ouzel.ExtendedTweet? the whole of a long Tweet
---@field source string the program that sent the Tweet, as an HTML link
---@field lang string a language code; `und` if the language is unknown
---@field user ouzel.User the author; see `tweet:author()`
---@field entities ouzel.Entities hashtags, links and mentions in `text`; see `tweet:hashtags()`, `tweet:urls()` and `tweet:mentions()`
---@field extended_entities ouzel.ExtendedEntities? all photos, or the video
---@field matching_rules ouzel.Rule[] the rules that the Tweet matched; see `tweet:tags()`
---@field retweeted_status ouzel.Tweet? the original Tweet of a Retweet
---@field is_quote_status boolean whether it quotes another Tweet; see `tweet:kind()`
---@field quoted_status ouzel.Tweet? the Tweet that this one quotes; see `tweet:quoted()`
---@field quoted_status_id integer? also when the quoted Tweet is gone
---@field quoted_status_id_str string?
---@field quoted_status_permalink { url: string, expanded: string, display: string }? the link to the quoted Tweet
---@field in_reply_to_status_id integer? the Tweet that this one answers
---@field in_reply_to_status_id_str string?
---@field in_reply_to_user_id integer?
---@field in_reply_to_user_id_str string?
---@field in_reply_to_screen_name string? whom it answers
---@field coordinates ouzel.Geo? longitude first
---@field geo ouzel.Geo? latitude first; outdated, see `coordinates`
---@field place ouzel.Place? the place that the author chose
---@field contributors any outdated, always null
---@field favorite_count integer 0 in a new Tweet
---@field retweet_count integer 0 in a new Tweet
---@field reply_count integer 0 in a new Tweet
---@field quote_count integer 0 in a new Tweet
---@field favorited boolean
---@field retweeted boolean
---@field possibly_sensitive boolean? only in Tweets with links
---@field filter_level string `none`, `low` or `medium`
---@field editable boolean? whether it can still be edited
---@field edit_history { initial_tweet_id: string, edit_tweet_ids: string[] }? the ids of all its versions
---@field edit_controls { editable_until_ms: integer, edits_remaining: integer }?
---@field withheld_in_countries string[]? country codes; `XX` is every country, `XY` after a complaint about copyright
---@field withheld_copyright boolean?
---@field withheld_scope string? `status` or `user`
---@field scopes { followers: boolean? }? only in promoted Tweets

---The account that posted a Tweet, as it was at that moment.
---@class ouzel.User
---@field id integer
---@field id_str string
---@field name string
---@field screen_name string the name after the @
---@field location string? free text that the user wrote
---@field url string?
---@field description string?
---@field derived { locations: ouzel.DerivedLocation[] }? places that the profile geo enrichment found in `location`
---@field entities { url: { urls: ouzel.Url[] }?, description: { urls: ouzel.Url[] } }?
---@field protected boolean
---@field verified boolean
---@field followers_count integer
---@field friends_count integer
---@field listed_count integer
---@field favourites_count integer
---@field statuses_count integer
---@field created_at string
---@field geo_enabled boolean
---@field lang string?
---@field time_zone string?
---@field utc_offset integer?
---@field profile_image_url string?
---@field profile_image_url_https string
---@field profile_banner_url string?
---@field default_profile boolean
---@field default_profile_image boolean
---@field withheld_in_countries string[]?
---@field translator_type string?
---@field contributors_enabled boolean? outdated
---@field is_translator boolean?
---@field following boolean? of the account that asks, so null in a stream
---@field follow_request_sent boolean? of the account that asks, so null in a stream
---@field notifications boolean? of the account that asks, so null in a stream
---@field [string] any

---@class ouzel.DerivedLocation
---@field country string?
---@field country_code string?
---@field region string?
---@field sub_region string?
---@field locality string?
---@field full_name string?
---@field geo { type: string, coordinates: number[] }? longitude first

---@class ouzel.ExtendedTweet
---@field full_text string
---@field display_text_range integer[]
---@field entities ouzel.Entities the entities of the whole text
---@field extended_entities ouzel.ExtendedEntities?

---@class ouzel.Entities
---@field hashtags ouzel.Hashtag[]
---@field symbols ouzel.Hashtag[] cashtags
---@field urls ouzel.Url[]
---@field user_mentions ouzel.Mention[]
---@field media ouzel.Media[]? only the first photo or the video; see `extended_entities`
---@field polls ouzel.Poll[]?

---@class ouzel.ExtendedEntities
---@field media ouzel.Media[]

---@class ouzel.Hashtag
---@field text string without the # or $
---@field indices integer[]

---@class ouzel.Url
---@field url string the short link
---@field expanded_url string?
---@field display_url string?
---@field indices integer[]
---@field unwound { url: string, status: integer, title: string?, description: string? }? where the link leads in the end

---@class ouzel.Mention
---@field id integer?
---@field id_str string?
---@field name string?
---@field screen_name string
---@field indices integer[]

---@class ouzel.Media
---@field id integer
---@field id_str string
---@field type "photo"|"video"|"animated_gif"
---@field media_url_https string
---@field url string
---@field expanded_url string
---@field display_url string
---@field indices integer[]
---@field source_status_id integer? the Tweet that it was first posted in, if that is another Tweet
---@field source_user_id integer?
---@field video_info { aspect_ratio: integer[], duration_millis: integer?, variants: { content_type: string, url: string, bitrate: integer? }[] }?
---@field [string] any

---@class ouzel.Poll
---@field options { position: integer, text: string }[]
---@field end_datetime string
---@field duration_minutes integer

---@class ouzel.Geo
---@field type string
---@field coordinates number[]

---@class ouzel.Place
---@field id string
---@field place_type string
---@field name string
---@field full_name string
---@field country string?
---@field country_code string?
---@field url string?
---@field bounding_box { type: string, coordinates: number[][][] }?
---@field [string] any

--------------------------------------------------------------------------------------------------------------------
-- Fields of a Tweet in Activity Streams
--
-- A stream delivers this format if its account is set up so. In an editor, `---@param tweet ouzel.Activity` above a
-- handler completes these fields.

---A Tweet in the Activity Streams format.
---@class ouzel.Activity: ouzel.AnyTweet
---@field id string `tag:search.twitter.com,2005:` and the id; `tweet:id()` gives the id alone
---@field objectType string `activity`
---@field verb string `post`, or `share` for a Retweet; see `tweet:kind()`
---@field postedTime string `2018-10-10T20:19:24.000Z`; see `tweet:created_at_iso()`
---@field generator { displayName: string, link: string? } the program that sent the Tweet; see `tweet:app()`
---@field provider { objectType: string, displayName: string, link: string } always Twitter
---@field link string the Tweet's address
---@field body string cut off in long Tweets and in Retweets; see `tweet:full_text()`
---@field long_object ouzel.LongObject? the whole of a long Tweet
---@field display_text_range integer[]? where the displayed part of the text begins and ends
---@field actor ouzel.Actor the author; see `tweet:author()`
---@field object ouzel.Activity|ouzel.Note in a Retweet the original Tweet; see `tweet:original()`
---@field inReplyTo { link: string }? the address of the Tweet that this one answers
---@field location ouzel.Location? the place that the author chose
---@field geo ouzel.Geo? latitude first; see `tweet:geo()`
---@field favoritesCount integer
---@field retweetCount integer
---@field twitter_entities ouzel.Entities hashtags, links and mentions in `body`; see `tweet:hashtags()`
---@field twitter_extended_entities ouzel.ExtendedEntities? all photos, or the video
---@field twitter_lang string a language code; see `tweet:lang()`
---@field twitter_filter_level string `none`, `low` or `medium`
---@field twitter_quoted_status ouzel.Activity? the Tweet that this one quotes; see `tweet:quoted()`
---@field gnip ouzel.Gnip what the service has added
---@field editable boolean? whether it can still be edited
---@field edit_history { initial_tweet_id: string, edit_tweet_ids: string[] }? the ids of all its versions
---@field edit_controls { editable_until_ms: integer, edits_remaining: integer }?
---@field scopes { followers: boolean? }? only in promoted Tweets

---The account that posted a Tweet, as it was at that moment.
---@class ouzel.Actor
---@field objectType string `person`
---@field id string `id:twitter.com:` and the id; `tweet:author().id` is the id alone
---@field link string
---@field displayName string the name
---@field preferredUsername string the name after the @
---@field postedTime string when the account was opened
---@field image string the address of its picture
---@field summary string? what the user says about themselves
---@field friendsCount integer
---@field followersCount integer
---@field listedCount integer
---@field statusesCount integer
---@field favoritesCount integer
---@field verified boolean
---@field protected boolean? missing if it is false
---@field twitterTimeZone string?
---@field utcOffset string?
---@field languages string[]
---@field links { href: string?, rel: string }[]
---@field location { objectType: string, displayName: string }? free text that the user wrote
---@field [string] any

---What was posted, in a Tweet that is no Retweet.
---@class ouzel.Note
---@field objectType string `note`
---@field id string `object:search.twitter.com,2005:` and the id
---@field summary string the same as `body`
---@field link string
---@field postedTime string
---@field [string] any

---The whole of a Tweet that is too long for `body`.
---@class ouzel.LongObject
---@field body string the whole text
---@field display_text_range integer[]?
---@field twitter_entities ouzel.Entities the entities of the whole text
---@field twitter_extended_entities ouzel.ExtendedEntities?

---The place that the author chose.
---@class ouzel.Location
---@field objectType string `place`
---@field displayName string the full name
---@field name string
---@field country_code string? the name of the country, whatever it is called
---@field twitter_country_code string? its code
---@field twitter_place_type string?
---@field link string?
---@field geo { type: string, coordinates: number[][][] }? the box around it, longitude first
---@field [string] any

---What the service has added to a Tweet.
---@class ouzel.Gnip
---@field matching_rules ouzel.Rule[] the rules that the Tweet matched; see `tweet:tags()`
---@field urls ouzel.GnipUrl[]? where its links lead; see `tweet:urls()`
---@field profileLocations ouzel.ProfileLocation[]? places found in the author's `location`
---@field [string] any

---A link that the service has followed.
---@class ouzel.GnipUrl
---@field url string the short link
---@field expanded_url string? where it leads in the end
---@field expanded_status integer? the status of that page
---@field expanded_url_title string?
---@field expanded_url_description string?

---A place that the service has found in what a user wrote.
---@class ouzel.ProfileLocation
---@field objectType string `place`
---@field displayName string? the full name
---@field address ouzel.Address
---@field geo { type: string, coordinates: number[] }? longitude first

---The parts of such a place.
---@class ouzel.Address
---@field country string?
---@field countryCode string?
---@field region string?
---@field subRegion string?
---@field locality string?

--------------------------------------------------------------------------------------------------------------------
-- Tables
--
-- What a script keeps in the database; [lua](lua.md) has more examples.

---A value for a column. A boolean is stored as 0 or 1, `ouzel.json.null` as NULL, and text that is not UTF-8 as a blob.
---An INTEGER column takes whole numbers, a REAL column numbers, a TEXT column text in UTF-8 and numbers (as text), a
---BLOB column any string, and an ANY column any value.
---@alias ouzel.Cell string|number|boolean|lightuserdata

---Options of a table.
---@class ouzel.TableOptions
---@field primary_key string[]? the columns of the primary key, if there are several
---@field indices ouzel.TableIndex[]? indices by which SQLite finds rows faster
---@field strict boolean? false makes a table whose columns take any value, and have any type that SQLite knows

---The columns of an index, in order. With `unique = true`, no two rows may be equal in all of them.
---@class ouzel.TableIndex
---@field unique boolean?
---@field [integer] string

---Declares a table. ouzel makes the table if it does not exist, and adds columns and indices that it lacks. It never
---deletes anything from the table.
---
---```lua
---local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", text = "TEXT", at = "TEXT" })
---local mentions = ouzel.table("mentions", { tag = "TEXT", id = "INTEGER", at = "TEXT" }, {
---  primary_key = { "tag", "id" },
---  indices = { { "tag", "at" } },
---})
---```
---
---The columns are in the order in which the call writes them. Columns that the call does not write out come after them,
---sorted by name. If `columns` is a table made elsewhere, this is true of all columns.
---
---New tables are STRICT. A table that is there and is not STRICT stays as it is; then ouzel itself checks the types of
---what `insert`, `upsert` and `update` write. An index is called as the table and its columns: `mentions_tag_at`.
---
---Raises for a name that is not an identifier, for a table that is declared twice, for a type that does not exist, for
---a column, primary key or index that is another one in the database, for an unknown option, and in a handler.
---@param name string letters, digits and `_`
---@param columns table<string, string> the type of each column (INTEGER, REAL, TEXT, BLOB or ANY), with its constraints
---@param options? ouzel.TableOptions
---@return ouzel.Table
function ouzel.table(name, columns, options) end

---A table of the database. `ouzel.table` returns it.
---@class ouzel.Table
---@field name string the table's name
local Table = {}

---Writes one row. A column that is not given gets its default, or NULL if it has no default.
---
---```lua
---seen:insert { id = tweet.id, text = tweet.text }
---```
---
---Raises for an unknown column, for a value that does not fit the column's type, for a table or function as a value,
---and for a broken constraint, such as an id that exists already.
---@param row table<string, ouzel.Cell?> values by column
function Table:insert(row) end

---Writes one row, or changes the existing row with the same primary key: the given columns get the new values, the
---other columns keep theirs. A field that is nil counts as not given; `ouzel.json.null` writes NULL.
---
---```lua
---seen:upsert { id = tweet.id, text = tweet.text }
---```
---
---Raises as `insert` does, and for a table without a primary key.
---@param row table<string, ouzel.Cell?> values by column
function Table:upsert(row) end

---Changes the rows whose columns equal the given values, or the row with this primary key. A field of `changes` that is
---nil counts as not given; `ouzel.json.null` writes NULL.
---
---```lua
---local changed = seen:update({ author = "ouzel" }, { text = "changed" })
---seen:update(tweet.id, { text = "changed too" })
---```
---
---Raises as `insert` does, if `rows` or `changes` names no column, and for a key if the table has no primary key of one
---column.
---@param rows ouzel.Cell|table<string, ouzel.Cell?> values by column (`ouzel.json.null` finds NULL), or the primary key
---@param changes table<string, ouzel.Cell?> new values by column
---@return integer rows how many rows were changed
function Table:update(rows, changes) end

---Deletes the rows whose columns equal the given values, or the row with this primary key.
---
---```lua
---local deleted = seen:delete { author = "ouzel" }
---seen:delete(tweet.id)
---```
---
---Raises for an unknown column, if `rows` names no column, and for a key if the table has no primary key of one column.
---`ouzel.db.exec` deletes every row.
---@param rows ouzel.Cell|table<string, ouzel.Cell?> values by column (`ouzel.json.null` finds NULL), or the primary key
---@return integer rows how many rows were deleted
function Table:delete(rows) end

---Reads a row by its primary key. It also sees writes that are not committed yet.
---
---```lua
---local row = seen:get(tweet.id)
---if row then print(row.text) end
---```
---
---If the primary key has several columns, all of them are given: `seen:get { tag = "launch", id = tweet.id }`.
---
---Raises for a table without a primary key, and if a table names other columns than those of the primary key.
---@param key ouzel.Cell|table<string, ouzel.Cell>
---@return table<string, string|number>? row nil if there is no such row; a column that is NULL is nil
function Table:get(key) end

---Counts all rows, or the rows whose columns equal the given values. It also sees writes that are not committed yet.
---
---```lua
---print(seen:count(), seen:count { author = "ouzel" })
---```
---
---Raises for an unknown column.
---@param where? table<string, ouzel.Cell> values by column; `ouzel.json.null` finds NULL
---@return integer rows
function Table:count(where) end

--------------------------------------------------------------------------------------------------------------------
-- SQL

---SQL that the script writes itself. It runs on the same database and in the same transaction as the tables. A script
---can read and write the tables there, but can only read tables whose names begin with `_ouzel_`. It cannot use
---transactions or other files.
---@class ouzel.db
ouzel.db = {}

---Runs one statement. Each parameter replaces one `?`.
---
---```lua
---ouzel.db.exec("UPDATE counts SET n = n + 1 WHERE tag = ?", "launch")
---```
---
---Raises for wrong SQL, for a broken constraint, and if the number of parameters is wrong.
---@param sql string
---@param ... ouzel.Cell?
---@return integer rows how many rows were changed
function ouzel.db.exec(sql, ...) end

---Runs a query and gives its rows one by one. All rows are read before the first is given, so the loop may write to the
---database. They wait outside of Lua, in a file if there are many: at most 1 GiB.
---
---```lua
---for row in ouzel.db.query("SELECT tag, n FROM counts WHERE n > ?", 10) do print(row.tag, row.n) end
---```
---
---Raises as `exec` does, and for a statement that would change the database.
---@param sql string
---@param ... ouzel.Cell?
---@return fun(): table<string, string|number>? next the next row's values by column; a column that is NULL is nil
function ouzel.db.query(sql, ...) end

---Runs a query and gives its first row.
---
---```lua
---local newest = ouzel.db.one("SELECT max(at) AS at FROM seen").at
---```
---
---Raises as `query` does.
---@param sql string
---@param ... ouzel.Cell?
---@return table<string, string|number>? row nil if there are no rows
function ouzel.db.one(sql, ...) end

--------------------------------------------------------------------------------------------------------------------
-- State

---What the script keeps from Tweet to Tweet, over reloads and restarts. It behaves as a table. It is committed together
---with the rows, and an error in a handler takes back what was written for that Tweet.
---
---```lua
---ouzel.state.seen = ouzel.state.seen or {}
---ouzel.on("*", function(tweet) ouzel.state.seen[tweet.id] = true end)
---```
---
---A key is a string or an integer. A value is a string, a number, a boolean, `ouzel.json.null`, or a table of these. A
---table that is assigned is copied, and so is a Tweet or a part of one. `pairs` gives the integers first, in order, and
---then the strings, in order.
---
---Raises for other keys and values, for what makes the state larger than 32 MiB, for a table that contains itself, and
---for a write to a table that has been taken out of the state.
---@class ouzel.State
---@field [string|integer] any
ouzel.state = {}

---Says which shape the script expects `ouzel.state` to have. If the state has an older version, `migrate` is called
---first, once, with the state and the old version. If it fails, the load fails and nothing has changed. A state that
---was kept before the script named a version has version 0.
---
---```lua
---ouzel.state_version(2, function(state, old)
---  if old < 2 then state.authors, state.users = state.users, nil end
---end)
---```
---
---Raises for a version that is no integer from 1, if the state has a newer version, if it has an older one and there is
---no migration, and in a handler.
---@param version integer
---@param migrate? fun(state: ouzel.State, old: integer)
function ouzel.state_version(version, migrate) end

--------------------------------------------------------------------------------------------------------------------
-- Lines of JSON

---Writes a value as one line of JSON, to stdout or to a sink. The lines of a batch are written together, shortly before
---its rows are committed. If a handler fails, the lines that were emitted for its Tweet are taken back. After a crash,
---some lines may come twice on stdout, but never in a sink.
---
---```lua
---ouzel.emit { id = tweet.id, text = tweet:full_text() }
---```
---
---Raises for a value that has no JSON (see `ouzel.json.encode`), and for a second argument that is not a sink.
---@param value any
---@param sink? ouzel.Sink the sink to write to, instead of stdout
function ouzel.emit(value, sink) end

---A file for JSON Lines that the script emits.
---@class ouzel.Sink

---Declares a file to emit lines into. It lies in the folder `sinks` of the data folder, and lines are appended to it.
---Its length is committed with the rows of the same Tweets, so after a crash it has each line once.
---
---```lua
---local hits = ouzel.sink("hits.jsonl")
---```
---
---Raises for a name that is not a plain file name, and in a handler.
---@param name string letters, digits, `-`, `_` and `.`
---@return ouzel.Sink
function ouzel.sink(name) end

--------------------------------------------------------------------------------------------------------------------
-- Metrics

---Declares a metric. `/metrics` has it as `ouzel_script_NAME`. A name that ends with `_total` is of a counter, which
---only grows; another name is of a gauge. What a handler changes counts once its Tweet's rows are committed; a handler
---that fails changes nothing. After a reload that declares the name again the number goes on, and after a restart it
---begins at 0.
---
---```lua
---local links = ouzel.metric("links_total", "links in Tweets")
---```
---
---Raises for a wrong name, for a name that is declared twice, and in a handler.
---@param name string small letters, digits and `_`
---@param help? string one line that says what it is
---@return ouzel.Metric
function ouzel.metric(name, help) end

---A number of the script in `/metrics`. `ouzel.metric` makes it.
---@class ouzel.Metric
---@field name string the metric's name, without `ouzel_script_`
local Metric = {}

---Adds to the number.
---
---```lua
---local seen_links = ouzel.metric "seen_links_total"
---seen_links:add(2)
---seen_links:add(1, { lang = "en" })
---```
---
---Raises for a counter and a number below 0, and for more than 100 series, all metrics together: each value of a label
---makes one.
---@param number? number 1 if it is not given
---@param labels? table<string, string|integer|boolean> at most 8
function Metric:add(number, labels) end

---Sets the number of a gauge.
---
---```lua
---local longest = ouzel.metric "longest_text"
---longest:set(280)
---```
---
---Raises for a counter, and as `add` does.
---@param number number
---@param labels? table<string, string|integer|boolean> at most 8
function Metric:set(number, labels) end

--------------------------------------------------------------------------------------------------------------------
-- Files of data

---Gives the lines of a file one by one, without their ends. The file lies below the script's folder. When it changes,
---the script is loaded again.
---
---```lua
---local ok, problem = pcall(function()
---  for name in ouzel.lines("names.txt") do print(name) end
---end)
---```
---
---Raises for a file that is not there, lies outside of the folder or is no regular file, for a line of more than 1 MB,
---and in a handler.
---@param path string such as `lists/names.txt`
---@return fun(): string? next
function ouzel.lines(path) end

---Options of a CSV file.
---@class ouzel.CsvOptions
---@field header boolean? false for a file without names of columns, whose rows are lists
---@field separator string? what stands between two fields; a comma if it is not given

---Gives the rows of a CSV file one by one. All values are strings; `tonumber` makes numbers of them. The file lies
---below the script's folder. When it changes, the script is loaded again.
---
---```lua
---local scores = {}
---local ok, problem = pcall(function()
---  for row in ouzel.csv("scores.csv") do scores[row.word] = tonumber(row.score) end
---  for row in ouzel.csv("plain.csv", { header = false, separator = ";" }) do scores[row[1]] = tonumber(row[2]) end
---end)
---```
---
---Raises as `lines` does, for an unknown option, for a header without names, and for a row with another number of
---fields than the header.
---@param path string such as `lists/words.csv`
---@param options? ouzel.CsvOptions
---@return fun(): table<string|integer, string>? next a row's values by column, or as a list if there is no header
function ouzel.csv(path, options) end

--------------------------------------------------------------------------------------------------------------------
-- Regular expressions

---Makes a regular expression, in the syntax of Rust's crate `regex`: as in most languages, but without look-around and
---references back. In return no pattern takes longer than the text is long. Make it once, while the script loads.
---`(?i)` at the beginning ignores case, and `(?<name>…)` names a capture.
---
---```lua
---local handle = ouzel.regex [[(?i)@(\w+)]]
---```
---
---Raises for a pattern that is wrong or too large, with the place in it.
---@param pattern string at most 10 000 bytes
---@return ouzel.Regex
function ouzel.regex(pattern) end

---A regular expression. `ouzel.regex` makes it. Texts are bytes, as in Lua's own functions, and places count from 1.
---@class ouzel.Regex
---@field pattern string the pattern
local Regex = {}

---Whether the pattern matches anywhere in the text.
---
---```lua
---if ouzel.regex("^RT @"):is_match(tweet.text) then print("a Retweet") end
---```
---
---Raises for a text of more than 64 KB, as all methods do; for a pattern that is large, of more than 16 or 4 KB.
---@param text string
---@param from? integer where to begin, from 1 on
---@return boolean
function Regex:is_match(text, from) end

---Finds the first match, as `string.find` does.
---
---```lua
---local first, last, name = ouzel.regex("@([a-z]+)"):find("hello @ouzel")
---```
---@param text string
---@param from? integer where to begin, from 1 on; `^` still stands for the beginning of the text
---@return integer? first nil if there is no match
---@return integer? last
---@return string? ... the captures; nil for one that took no part
function Regex:find(text, from) end

---Gives the captures of the first match, or the whole match if the pattern has no captures, as `string.match` does.
---
---```lua
---local name = ouzel.regex("@([a-z]+)"):match("hello @ouzel")
---```
---@param text string
---@param from? integer where to begin, from 1 on
---@return string? ... nil if there is no match
function Regex:match(text, from) end

---Gives the named captures of the first match as a table.
---
---```lua
---local date = ouzel.regex [[(?<year>\d{4})-(?<month>\d\d)]]:named(tweet:created_at_iso())
---if date then print(date.year) end
---```
---
---Raises for a pattern that names no capture.
---@param text string
---@param from? integer where to begin, from 1 on
---@return table<string, string>? captures nil if there is no match
function Regex:named(text, from) end

---Gives all matches one by one, each as `match` does. If the first capture took no part, it is false.
---
---```lua
---for tag in ouzel.regex("#([a-z]+)"):gmatch("#tea and #milk") do print(tag) end
---```
---@param text string
---@return fun(): string?, string? next
function Regex:gmatch(text) end

---Replaces all matches.
---
---```lua
---local masked = ouzel.regex("@[a-z]+"):replace("hello @ouzel", "@…")
---local louder = ouzel.regex("[a-z]+"):replace("hello", function(word) return word:upper() end)
---```
---
---Raises for a capture that the pattern has not, for a function that gives anything else, and if it takes more than a
---second.
---@param text string
---@param with string|fun(...: string): string? in a string `$1` and `${name}` stand for captures, `$0` for the match, `$$` for `$`; a function gets the captures, and keeps the match with nil
---@return string text
---@return integer count how many matches there were
function Regex:replace(text, with) end

--------------------------------------------------------------------------------------------------------------------
-- Text

---Gives a text in small letters, whatever its alphabet. `text:lower()` of Lua knows the letters A to Z only.
---
---```lua
---local same = ouzel.lower("CAFÉ") == ouzel.lower("Café")
---```
---
---Raises for anything but a text in UTF-8 of at most 1 MB.
---@param text string
---@return string text
function ouzel.lower(text) end

--------------------------------------------------------------------------------------------------------------------
-- JSON

---Turns JSON text into Lua values and back.
---@class ouzel.json
---@field null lightuserdata JSON null where nil would be lost, as in a list; also SQL NULL; true in a condition
ouzel.json = {}

---Makes JSON text of a value. A Tweet or a part of one is written as it came in, byte for byte if no handler changed
---anything in it. A table is a list if it has list items and no other fields. An empty table is `{}`; see `array`.
---
---```lua
---raw:insert { id = tweet.id, json = ouzel.json.encode(tweet) }
---```
---
---Raises for functions, for lists with holes, for tables with both list items and named fields, for numbers that are
---not finite, for text that is not UTF-8, and for tables that contain themselves.
---@param value any
---@return string json
function ouzel.json.encode(value) end

---Reads JSON text. Integers are exact up to 64 bits. Null becomes nil in an object and `ouzel.json.null` in a list.
---
---```lua
---local value, problem = ouzel.json.decode(text)
---if problem then ouzel.log.warn(problem) end
---```
---
---Raises if the argument is not a string. Wrong JSON does not raise.
---@param text string
---@return any value nil if the text is not JSON
---@return string? problem why the text is not JSON
function ouzel.json.decode(text) end

---Marks a table as a list, so that it is written as `[]` if it is empty.
---
---```lua
---ouzel.emit { hashtags = ouzel.json.array() }
---```
---
---Raises if the argument is neither a table nor nil.
---@generic T
---@param list? T[] if it is not given, a new table is made
---@return T[] list the same table
function ouzel.json.array(list) end

--------------------------------------------------------------------------------------------------------------------
-- Times

---The time, and times as text. A time is a number of seconds since 1970.
---@class ouzel.time
ouzel.time = {}

---The time now, exact to the millisecond.
---
---```lua
---local began = ouzel.time.now()
---```
---@return number seconds since 1970
function ouzel.time.now() end

---Reads a time: `created_at` of a Tweet, such as `Wed Oct 10 20:19:24 +0000 2018`, or ISO 8601 with an offset, such as
---`2018-10-10T20:19:24Z`.
---
---```lua
---local age = ouzel.time.now() - (ouzel.time.parse("Wed Oct 10 20:19:24 +0000 2018") or 0)
---```
---
---Raises if the argument is not a string. A text that is no time does not raise.
---@param text string
---@return integer|number? seconds since 1970; nil if the text is no time
---@return string? problem why it is none
function ouzel.time.parse(text) end

---Writes a time in UTC.
---
---```lua
---print(ouzel.time.format(1539202764), ouzel.time.format(1539202764, "%Y-%m-%d %H:00"))
---```
---
---Raises for a number that is in no year from -9999 to 9999, and for a wrong pattern.
---@param time number seconds since 1970
---@param pattern? string as for `strftime`; ISO 8601 if it is not given, such as `2018-10-10T20:19:24Z`
---@return string
function ouzel.time.format(time, pattern) end

--------------------------------------------------------------------------------------------------------------------
-- Log

---Writes lines to the log, on stderr. `print` does the same as `info`, but with tabs between the values.
---@class ouzel.log
ouzel.log = {}

---Logs details. They are shown with `--log debug`, or with `--log info,script=debug` for scripts only.
---
---```lua
---ouzel.log.debug("no place", tweet.id)
---```
---@param ... any joined by spaces
function ouzel.log.debug(...) end

---Logs a normal event.
---
---```lua
---ouzel.log.info("a new author", tweet.user.screen_name)
---```
---@param ... any joined by spaces
function ouzel.log.info(...) end

---Logs something odd.
---
---```lua
---ouzel.log.warn("a Tweet without a user", tweet.id)
---```
---@param ... any joined by spaces
function ouzel.log.warn(...) end

---Logs something that somebody has to look at.
---
---```lua
---ouzel.log.error("the table of names is empty")
---```
---@param ... any joined by spaces
function ouzel.log.error(...) end

--------------------------------------------------------------------------------------------------------------------
-- Tests
--
-- Files `*_test.lua` beside the script, which `ouzel test` runs. They have `ouzel.json`, `ouzel.log`, `ouzel.regex` and
-- `ouzel.time` too; what else is in `ouzel` belongs to the script.

---Adds a test. It has a script that was just loaded, an empty database, and a clock that stands still at noon on 1
---January 2026 UTC. It fails if an error ends it, and `t` has the functions that check something.
---
---```lua
---test("a Tweet about a launch is stored", function(t)
---  t:equal(t:send(t:tweet { text = "a rocket", tags = { "launch" } }), "kept")
---  t:equal(#t:rows("seen"), 1)
---end)
---```
---
---Raises for a name that another test of the file has, if `run` is not a function, and in a test.
---@param name string what the test shows
---@param run fun(t: ouzel.Test)
function test(name, run) end

---What a test gets. Each error of these functions names the line of the test.
---@class ouzel.Test
local Test = {}

---What `t:tweet` makes a Tweet of.
---@class ouzel.TestTweet
---@field tags string[]? the tags of the rules that it has matched
---@field full_text string? the whole text, as Tweets of the REST API have it
---@field id integer? exact; `tweet:id()` gives it in both formats
---@field id_str string? the same as text
---@field created_at string? `Wed Oct 10 20:19:24 +0000 2018`; see `tweet:created_at_iso()`
---@field timestamp_ms string? milliseconds since 1970
---@field text string? cut off in long Tweets and in Retweets; see `tweet:full_text()`
---@field display_text_range integer[]? where the displayed part of the text begins and ends
---@field truncated boolean? whether `extended_tweet` holds the whole text
---@field extended_tweet table? the whole of a long Tweet
---@field source string? the program that sent the Tweet, as an HTML link
---@field lang string? a language code; `und` if the language is unknown
---@field user ouzel.TestUser? the author; see `tweet:author()`
---@field entities table? hashtags, links and mentions in `text`; see `tweet:hashtags()`, `tweet:urls()` and `tweet:mentions()`
---@field extended_entities table? all photos, or the video
---@field matching_rules table[]? the rules that the Tweet matched; see `tweet:tags()`
---@field retweeted_status ouzel.TestTweet? the original Tweet of a Retweet
---@field is_quote_status boolean? whether it quotes another Tweet; see `tweet:kind()`
---@field quoted_status ouzel.TestTweet? the Tweet that this one quotes; see `tweet:quoted()`
---@field quoted_status_id integer? also when the quoted Tweet is gone
---@field quoted_status_id_str string?
---@field quoted_status_permalink { url: string, expanded: string, display: string }? the link to the quoted Tweet
---@field in_reply_to_status_id integer? the Tweet that this one answers
---@field in_reply_to_status_id_str string?
---@field in_reply_to_user_id integer?
---@field in_reply_to_user_id_str string?
---@field in_reply_to_screen_name string? whom it answers
---@field coordinates ouzel.Geo? longitude first
---@field geo ouzel.Geo? latitude first; outdated, see `coordinates`
---@field place table? the place that the author chose
---@field contributors any? outdated, always null
---@field favorite_count integer? 0 in a new Tweet
---@field retweet_count integer? 0 in a new Tweet
---@field reply_count integer? 0 in a new Tweet
---@field quote_count integer? 0 in a new Tweet
---@field favorited boolean?
---@field retweeted boolean?
---@field possibly_sensitive boolean? only in Tweets with links
---@field filter_level string? `none`, `low` or `medium`
---@field editable boolean? whether it can still be edited
---@field edit_history { initial_tweet_id: string, edit_tweet_ids: string[] }? the ids of all its versions
---@field edit_controls { editable_until_ms: integer, edits_remaining: integer }?
---@field withheld_in_countries string[]? country codes; `XX` is every country, `XY` after a complaint about copyright
---@field withheld_copyright boolean?
---@field withheld_scope string? `status` or `user`
---@field scopes { followers: boolean? }? only in promoted Tweets
---@field [string] any

---What `t:tweet` makes an author of.
---@class ouzel.TestUser
---@field id integer?
---@field id_str string?
---@field name string?
---@field screen_name string? the name after the @
---@field location string? free text that the user wrote
---@field url string?
---@field description string?
---@field derived { locations: ouzel.DerivedLocation[] }? places that the profile geo enrichment found in `location`
---@field entities { url: { urls: ouzel.Url[] }?, description: { urls: ouzel.Url[] } }?
---@field protected boolean?
---@field verified boolean?
---@field followers_count integer?
---@field friends_count integer?
---@field listed_count integer?
---@field favourites_count integer?
---@field statuses_count integer?
---@field created_at string?
---@field geo_enabled boolean?
---@field lang string?
---@field time_zone string?
---@field utc_offset integer?
---@field profile_image_url string?
---@field profile_image_url_https string?
---@field profile_banner_url string?
---@field default_profile boolean?
---@field default_profile_image boolean?
---@field withheld_in_countries string[]?
---@field translator_type string?
---@field contributors_enabled boolean? outdated
---@field is_translator boolean?
---@field following boolean? of the account that asks, so null in a stream
---@field follow_request_sent boolean? of the account that asks, so null in a stream
---@field notifications boolean? of the account that asks, so null in a stream
---@field [string] any

---Makes a Tweet of the native format with all fields that the service sends: id and time from the test's clock, author,
---and entities from the text. The fields that are given stand in it as given, those of `user` one by one. A Tweet in
---`retweeted_status` or `quoted_status` is filled in too. A text that is too long for a Tweet is cut, and stands whole
---in `extended_tweet`.
---
---`tags` says which rules of the script the Tweet has matched, by their tags. Without it, the rules are matched against
---the Tweet.
---
---```lua
---local tweet = t:tweet { text = "a rocket", tags = { "launch" }, user = { screen_name = "alice" } }
---```
---
---Raises for a tag that no rule of the script has, and for a field that is nearly the name of another one.
---@param fields? ouzel.TestTweet
---@return ouzel.Tweet
function Test:tweet(fields) end

---Reads the Tweets of a file of JSON Lines beside the test, or in a folder there.
---
---```lua
---for _, tweet in ipairs(t:fixture("tweets.jsonl")) do t:send(tweet) end
---```
---
---Raises if there is no such file, if it is no file below the test's folder or larger than 64 MiB, and for a line that
---is no Tweet.
---@param file string
---@return ouzel.Tweet[]
function Test:fixture(file) end

---Runs the script's handlers on a Tweet, and commits what they write. A Tweet that does not say which rules it has
---matched gets those of the script that match it.
---
---```lua
---t:equal(t:send(t:tweet { text = "a rocket" }), "kept")
---```
---
---Raises what a handler raises, with the place in the script. What the handlers have written for the Tweet is then
---taken back.
---@param tweet ouzel.AnyTweet|table
---@return "kept"|"dropped" verdict
function Test:send(tweet) end

---The rows of a table, ordered by its rowid (an `INTEGER PRIMARY KEY` is the rowid), or those of a query. A column that
---is NULL is nil.
---
---```lua
---t:equal(t:rows("SELECT author FROM seen WHERE id > ?", 0), { { author = "alice" } })
---```
---
---Raises for a table that there is not, for wrong SQL, and for more than 100000 rows.
---@param table string the name of a table, or SQL
---@param ... ouzel.Cell? a value for each `?` of the SQL
---@return table<string, string|number>[] rows
function Test:rows(table, ...) end

---What the script has emitted in this test to standard output, or to a sink.
---
---```lua
---t:equal(t:emitted(), { { id = 1 } })
---```
---
---Raises for a sink that the script has not declared.
---@param sink? string the name of a sink
---@return any[] values
function Test:emitted(sink) end

---How many Tweets of this test a filter has dropped.
---
---```lua
---t:equal(t:dropped(), 0)
---```
---
---Raises when called with an argument.
---@return integer
function Test:dropped() end

---A copy of what is in `ouzel.state`.
---
---```lua
---t:equal(t:state().seen, { [1] = true })
---```
---
---Raises when called with an argument.
---@return table
function Test:state() end

---The time of the test's clock, which is also what `os.time` and `ouzel.time.now` give to the script.
---
---```lua
---t:equal(os.time(), t:now())
---```
---
---Raises when called with an argument.
---@return integer seconds since 1970
function Test:now() end

---Lets time pass, and runs each timer of the script as often as it is due meanwhile.
---
---```lua
---t:advance("1m")
---```
---
---Raises for a time without a unit or of more than 366 days, and what a timer raises.
---@param time string such as `"30s"`, `"1m"` or `"2h"`
function Test:advance(time) end

---Calls the script's functions of `ouzel.on_alarm`, and commits what each of them writes.
---
---```lua
---t:alarm { tag = "launch", per_minute = 720, usual = 80, samples = { "a rocket" } }
---```
---
---Only `tag` has to be there; the others are 1000 `per_minute`, a `limit` of 500, no `usual`, and no `samples`.
---
---Raises without a tag, for a field of another kind or another name, and what a function raises.
---@param alarm table the fields of `ouzel.Alarm`
function Test:alarm(alarm) end

---Whether a rule matches a Tweet, as ouzel's own matcher sees it.
---
---```lua
---t:ok(t:matches("launch", t:tweet { text = "a rocket" }))
---```
---
---Raises for a rule that is not valid.
---@param rule string a tag of the script, for the rules with that tag, or else the text of a rule
---@param tweet ouzel.AnyTweet|table
---@return boolean
function Test:matches(rule, tweet) end

---Checks that two values are the same; tables are compared field by field. The error says in which places they differ.
---
---```lua
---t:equal(1 + 1, 2)
---```
---
---Raises if they differ.
---@param got any
---@param expected any
---@param message? string stands before the differences
function Test:equal(got, expected, message) end

---Checks that a value is neither nil nor false.
---
---```lua
---t:ok(#t:rows("seen") < 10, "fewer than ten")
---```
---
---Raises if it is nil or false.
---@param value any
---@param message? string
function Test:ok(value, message) end

---Checks that a function raises an error.
---
---```lua
---local message = t:fails(function() error("no rows") end, "no rows")
---```
---
---Raises if there is no error, or another one.
---@param run fun()
---@param text? string what stands in the error
---@return string message the error, without its place
function Test:fails(run, text) end

---Checks that a value is what it was when `ouzel test --update` ran last. It is kept as JSON in
---`snapshots/FILE/NAME.json` beside the test.
---
---```lua
---t:snapshot("rows", t:rows("seen"))
---```
---
---Raises if it is not, if there is no snapshot yet, for a value that has no JSON, and for a name that the file has used
---already.
---@param name string letters, digits, `-`, `_` and `.`
---@param value any
function Test:snapshot(name, value) end
