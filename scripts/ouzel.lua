---@meta
-- What a script can ask ouzel for, for editors: completion, types, and what each function does.
-- ouzel itself never reads this file; tests/stub.rs compares it with the running program.
--
-- "Raises" means: the call ends in an error that names its line. While the script loads, that makes the load fail; in a
-- handler, it takes back what the handlers have written and emitted for that Tweet. `pcall` catches it.

-- A script has `ouzel` without `require`; this file would only cover it with functions that do nothing.
if rawget(_G, "ouzel") then error("`ouzel` is there without `require`; `ouzel.lua` is for editors only", 3) end

--------------------------------------------------------------------------------------------------------------------
-- Tweets

---A Tweet, as handlers get it: a table of the fields that came in. JSON null and missing fields are nil.
---
---Fields can be assigned and set to nil; the handlers after this one see the change. Ids are 64-bit integers and exact.
---`pairs`, `ipairs`, `#`, `next` and `type` work as on any table; parts that nobody touches are never built. A loop may
---change and delete what it passes, as with any table.
---
---The fields here are those of the native enriched format. In the Activity Streams format there are others (`body`,
---`actor`, `object`, `gnip`); the two methods work in both.
---@class ouzel.Tweet
---@field id integer
---@field id_str string
---@field created_at string `Wed Oct 10 20:19:24 +0000 2018`; see `tweet:created_at_iso()`
---@field timestamp_ms string milliseconds since 1970
---@field text string cut off in long Tweets and in Retweets; see `tweet:full_text()`
---@field display_text_range integer[]? two positions in the text
---@field truncated boolean whether `extended_tweet` holds the whole text
---@field extended_tweet ouzel.ExtendedTweet?
---@field source string the program it was sent with, as an HTML link
---@field lang string a language code, `und` where it could not be told
---@field user ouzel.User
---@field entities ouzel.Entities
---@field extended_entities ouzel.ExtendedEntities? with all photos, or the video
---@field matching_rules ouzel.Rule[]
---@field retweeted_status ouzel.Tweet? in a Retweet: the original
---@field is_quote_status boolean
---@field quoted_status ouzel.Tweet?
---@field quoted_status_id integer?
---@field quoted_status_id_str string?
---@field quoted_status_permalink { url: string, expanded: string, display: string }?
---@field in_reply_to_status_id integer?
---@field in_reply_to_status_id_str string?
---@field in_reply_to_user_id integer?
---@field in_reply_to_user_id_str string?
---@field in_reply_to_screen_name string?
---@field coordinates ouzel.Geo? longitude first
---@field geo ouzel.Geo? latitude first; outdated, see `coordinates`
---@field place ouzel.Place?
---@field favorite_count integer
---@field retweet_count integer
---@field reply_count integer
---@field quote_count integer
---@field favorited boolean
---@field retweeted boolean
---@field possibly_sensitive boolean? only beside links
---@field filter_level string
---@field editable boolean?
---@field edit_history { initial_tweet_id: string, edit_tweet_ids: string[] }?
---@field edit_controls { editable_until_ms: integer, edits_remaining: integer }?
---@field [string] any what a handler has assigned, and fields that came later than this list
local Tweet = {}

---The whole text, also of a long Tweet. Of a Retweet: the original's whole text after `RT @name: `, since the Retweet's
---own is cut off. A text that a handler has assigned, such as `tweet.text`, goes before what came in.
---
---```lua
---ouzel.on("*", function(tweet) print(tweet:full_text()) end)
---```
---Raises when called with a dot.
---@return string? text nil where there is no text
function Tweet:full_text() end

---The time of the Tweet as ISO 8601 in UTC, such as `2018-10-10T20:19:24Z`; SQLite's date functions take it.
---Reads what a handler has assigned, if one has.
---
---```lua
---ouzel.on("*", function(tweet) print(tweet:created_at_iso():sub(1, 10)) end)
---```
---Raises when called with a dot.
---@return string? time nil where there is none that can be read
function Tweet:created_at_iso() end

---The account that a Tweet comes from, as it was at that moment.
---@class ouzel.User
---@field id integer
---@field id_str string
---@field name string
---@field screen_name string the name after the @
---@field location string? what the user says, anything at all
---@field url string?
---@field description string?
---@field derived { locations: ouzel.DerivedLocation[] }? what the profile geo enrichment made of `location`
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
---@field profile_image_url_https string
---@field profile_banner_url string?
---@field default_profile boolean
---@field default_profile_image boolean
---@field withheld_in_countries string[]?
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
---@field entities ouzel.Entities those of the whole text
---@field extended_entities ouzel.ExtendedEntities?

---@class ouzel.Entities
---@field hashtags ouzel.Hashtag[]
---@field symbols ouzel.Hashtag[] cashtags
---@field urls ouzel.Url[]
---@field user_mentions ouzel.Mention[]
---@field media ouzel.Media[]? the first photo or the video only; see `extended_entities`
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
---@field source_status_id integer? the Tweet that it comes from, where that is another
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

---A rule that a Tweet matched. The one that `ouzel.on` hands over cannot be changed.
---@class ouzel.Rule
---@field tag string? nil for a rule without a tag
---@field id integer?
---@field id_str string?

--------------------------------------------------------------------------------------------------------------------
-- Tables

---A value for a column: a boolean is stored as 0 or 1, `ouzel.json.null` as NULL, text that is not UTF-8 as a blob.
---@alias ouzel.Cell string|number|boolean|lightuserdata

---A table of the database, as `ouzel.table` returns it.
---@class ouzel.Table
---@field name string the table's name
local Table = {}

---Writes one row. Columns that are not given get their default, NULL where they have none.
---
---```lua
---seen:insert { id = tweet.id, text = tweet.text }
---```
---Raises for an unknown column, a table or function as a value, a broken constraint such as an id that is there already.
---@param row table<string, ouzel.Cell?> values by column
function Table:insert(row) end

---Writes one row, or changes the row of the same primary key: the columns that are given get their new values, the
---others keep theirs. A nil field is a field that is not given; `ouzel.json.null` writes NULL.
---
---```lua
---seen:upsert { id = tweet.id, text = tweet.text }
---```
---Raises as `insert` does, and for a table without a primary key.
---@param row table<string, ouzel.Cell?> values by column
function Table:upsert(row) end

---Reads a row by its primary key. Writes that are not committed yet are seen.
---
---```lua
---local row = seen:get(tweet.id)
---if row then print(row.text) end
---```
---Raises for a table without a primary key.
---@param key ouzel.Cell
---@return table<string, string|number>? row nil where there is none; NULL is nil
function Table:get(key) end

---Counts the rows, or those whose columns equal the given values. Writes that are not committed yet are seen.
---
---```lua
---print(seen:count(), seen:count { author = "ouzel" })
---```
---Raises for an unknown column.
---@param where table<string, ouzel.Cell>? values by column; `ouzel.json.null` finds NULL
---@return integer rows
function Table:count(where) end

--------------------------------------------------------------------------------------------------------------------
-- ouzel

---What a script can ask for.
---@class ouzel
---@field version string ouzel's version
ouzel = {}

---Declares rules: ouzel adds to the stream what is missing there, and deletes what it had added earlier and no script
---declares any more. A rule that it did not add stays. Can be called several times; the lists are put together.
---
---```lua
---ouzel.rules { { tag = "launch", value = '(rocket OR launch) lang:en' } }
---```
---A rule with `unchecked = true` is sent as it is, whatever ouzel knows against it, with a warning.
---
---Raises for a rule without a value, one that the service would refuse (all of them at once), an unknown field, and in a
---handler: rules are declared while the script loads. `ouzel check` warns about rules that are valid and hardly meant so.
---@param rules { value: string, tag: string?, unchecked: boolean? }[]
function ouzel.rules(rules) end

---Declares a table: it is made if it is not there, and gets the columns that it lacks. Nothing is ever deleted from it.
---
---```lua
---local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY", text = "TEXT", at = "TEXT" })
---```
---The columns stand in the order in which the call writes them; those that it does not write out, such as all of a table
---that is made elsewhere, stand behind them by name.
---
---Raises for a name that is no identifier, a table declared twice, a column whose type is another in the database, and
---in a handler.
---@param name string letters, digits and `_`
---@param columns table<string, string> the SQL type of each column, with its constraints
---@return ouzel.Table
function ouzel.table(name, columns) end

---Adds a filter: a Tweet for which it returns nil or false goes no further.
---Filters, enrichments and `on` handlers run in the order in which they are added.
---
---```lua
---ouzel.filter(function(tweet) return tweet.lang == "en" end)
---```
---Raises for anything but a function, and in a handler.
---@param handler fun(tweet: ouzel.Tweet): any
function ouzel.filter(handler) end

---Adds a handler that may change the Tweet for those after it; what it returns does not matter.
---
---```lua
---ouzel.enrich(function(tweet) tweet.reach = tweet.user.followers_count end)
---```
---Raises for anything but a function, and in a handler.
---@param handler fun(tweet: ouzel.Tweet)
function ouzel.enrich(handler) end

---Adds a handler for the rules of a tag. It is called once for each matching rule of the Tweet whose tag fits.
---
---```lua
---ouzel.on("brand-*", function(tweet, rule) print(rule.tag, tweet:full_text()) end)
---```
---Raises for an empty tag, anything but a function, and in a handler.
---@param tag string a tag; `*` stands for any text in it, and alone for every rule, also one without a tag
---@param handler fun(tweet: ouzel.Tweet, rule: ouzel.Rule)
function ouzel.on(tag, handler) end

---Writes a value as one line of JSON: to stdout, or to a sink. Lines are written when the batch is, shortly before its
---rows are committed; what a failing handler has emitted for its Tweet is taken back. After a crash some lines may come
---twice on stdout, and never in a sink.
---
---```lua
---ouzel.emit { id = tweet.id, text = tweet:full_text() }
---```
---Raises for what has no JSON, see `ouzel.json.encode`, and for anything but a sink in the second place.
---@param value any
---@param sink? ouzel.Sink where to, instead of stdout
function ouzel.emit(value, sink) end

---A file that JSON Lines are emitted into.
---@class ouzel.Sink

---Declares a file in the folder `sinks` of the data folder, which lines are appended to. Its length is committed with
---the rows of the same Tweets, so after a crash it holds each line once.
---
---```lua
---local hits = ouzel.sink("hits.jsonl")
---```
---Raises for a name that is no plain file name, and in a handler.
---@param name string letters, digits, `-`, `_` and `.`
---@return ouzel.Sink
function ouzel.sink(name) end

--------------------------------------------------------------------------------------------------------------------
-- ouzel.db

---SQL of the script's own, on the same database and in the same transaction as the tables. Its tables can be read and
---written, those whose names begin with `_ouzel_` only read; transactions and other files are out of reach.
---@class ouzel.db
ouzel.db = {}

---Runs one statement. A parameter replaces one `?`.
---
---```lua
---ouzel.db.exec("UPDATE counts SET n = n + 1 WHERE tag = ?", "launch")
---```
---Raises for wrong SQL, a broken constraint, and another number of parameters than the statement has.
---@param sql string
---@param ... ouzel.Cell?
---@return integer rows how many were changed
function ouzel.db.exec(sql, ...) end

---Runs a query, and gives its rows one by one. All are read at once, at most a million; the loop may write.
---
---```lua
---for row in ouzel.db.query("SELECT tag, n FROM counts WHERE n > ?", 10) do print(row.tag, row.n) end
---```
---Raises as `exec` does, and for a statement that would change something.
---@param sql string
---@param ... ouzel.Cell?
---@return fun(): table<string, string|number>? next values by column; NULL is nil
function ouzel.db.query(sql, ...) end

---Runs a query, and gives its first row.
---
---```lua
---local newest = ouzel.db.one("SELECT max(at) AS at FROM seen").at
---```
---Raises as `query` does.
---@param sql string
---@param ... ouzel.Cell?
---@return table<string, string|number>? row nil where there is none
function ouzel.db.one(sql, ...) end

--------------------------------------------------------------------------------------------------------------------
-- ouzel.json

---JSON text to Lua values and back.
---@class ouzel.json
---@field null lightuserdata JSON null where nil would be lost, as in a list, and SQL NULL; it is true in a condition
ouzel.json = {}

---Makes JSON text of a value. A Tweet, or a part of one, comes out as it came in, byte for byte where nothing in it was
---changed. A table is a list if it has list items and no other fields; an empty one is `{}`, see `array`.
---
---```lua
---raw:insert { id = tweet.id, json = ouzel.json.encode(tweet) }
---```
---Raises for functions, lists with holes, tables with both list items and named fields, numbers that are not finite,
---text that is not UTF-8, and tables that contain themselves.
---@param value any
---@return string json
function ouzel.json.encode(value) end

---Reads JSON text. Integers are exact up to 64 bits; null is nil in an object and `ouzel.json.null` in a list.
---
---```lua
---local value, problem = ouzel.json.decode(text)
---if problem then ouzel.log.warn(problem) end
---```
---Raises for anything but a string; wrong JSON does not raise.
---@param text string
---@return any value nil where the text is no JSON
---@return string? problem why not
function ouzel.json.decode(text) end

---Marks a table as a list, so that it is written as `[]` even when it is empty.
---
---```lua
---ouzel.emit { hashtags = ouzel.json.array() }
---```
---Raises for anything but a table or nothing.
---@generic T
---@param list T[]? a new table where it is not given
---@return T[] list the same table
function ouzel.json.array(list) end

--------------------------------------------------------------------------------------------------------------------
-- ouzel.log

---Lines in the log, on stderr. `print` is the same as `info`, with tabs between the values.
---@class ouzel.log
ouzel.log = {}

---Logs for those who look closely: shown with `--log debug`, or `--log info,script=debug` for scripts alone.
---
---```lua
---ouzel.log.debug("no place", tweet.id)
---```
---@param ... any joined by spaces
function ouzel.log.debug(...) end

---Logs what goes as it should.
---
---```lua
---ouzel.log.info("a new author", tweet.user.screen_name)
---```
---@param ... any joined by spaces
function ouzel.log.info(...) end

---Logs what is odd.
---
---```lua
---ouzel.log.warn("a Tweet without a user", tweet.id)
---```
---@param ... any joined by spaces
function ouzel.log.warn(...) end

---Logs what somebody has to look at.
---
---```lua
---ouzel.log.error("the table of names is empty")
---```
---@param ... any joined by spaces
function ouzel.log.error(...) end
