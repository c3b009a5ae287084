-- The tables, and all that writes to them. Nothing outside of this file knows their columns.

local archive = {}

-- `json` is the Tweet as it came in, byte for byte: what nobody asks for today can be computed from it later.
local tweets = ouzel.table("tweets", {
  id = "INTEGER PRIMARY KEY", at = "TEXT", author = "TEXT", kind = "TEXT NOT NULL", lang = "TEXT", text = "TEXT",
  json = "TEXT NOT NULL",
}, { indices = { { "at" }, { "author" } } })

ouzel.table("hashtag_pairs", {
  topic = "TEXT NOT NULL", first = "TEXT NOT NULL", second = "TEXT NOT NULL", tweets = "INTEGER NOT NULL",
}, { primary_key = { "topic", "first", "second" } })

function archive.keep(tweet)
  tweets:upsert {
    id = tweet:id(), at = tweet:created_at_iso(), author = tweet:author().screen_name, kind = tweet:kind(),
    lang = tweet:lang(), text = tweet:full_text(), json = ouzel.json.encode(tweet),
  }
end

-- SQLite counts by itself, where the row is there already.
function archive.count(topic, pair)
  ouzel.db.exec([[
    INSERT INTO hashtag_pairs VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET tweets = tweets + 1
  ]], topic, pair[1], pair[2])
end

return archive
