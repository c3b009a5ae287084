-- Keeps every Tweet whole, beside the columns that one asks for most: what was not thought of today can be computed
-- from the JSON later.

ouzel.rules {
  { tag = "climate", value = '"climate change" OR #climate' },
  { tag = "weather", value = "storm OR rain OR #weather" },
}

-- One row a Tweet. `json` is the Tweet as it came in, byte for byte, as long as no handler changes it.
local tweets = ouzel.table("tweets", {
  id = "INTEGER PRIMARY KEY",
  created_at = "TEXT",
  lang = "TEXT",
  kind = "TEXT NOT NULL",
  text = "TEXT",
  user_id = "INTEGER",
  retweet_of = "INTEGER",
  quote_of = "INTEGER",
  reply_to = "INTEGER",
  json = "TEXT NOT NULL",
})

-- One row an account, as it was in its newest Tweet.
local users = ouzel.table("users", {
  id = "INTEGER PRIMARY KEY",
  screen_name = "TEXT",
  name = "TEXT",
  location = "TEXT",
  country = "TEXT",
  followers = "INTEGER",
  following = "INTEGER",
  statuses = "INTEGER",
  joined = "TEXT",
  seen_at = "TEXT",
})

-- Which rules each Tweet matched: a Tweet can match several.
ouzel.db.exec [[
  CREATE TABLE IF NOT EXISTS matches (
    tweet_id INTEGER NOT NULL REFERENCES tweets, tag TEXT NOT NULL, PRIMARY KEY (tweet_id, tag)
  ) WITHOUT ROWID
]]
ouzel.db.exec "CREATE INDEX IF NOT EXISTS tweets_by_time ON tweets (created_at)"
ouzel.db.exec "CREATE INDEX IF NOT EXISTS tweets_by_user ON tweets (user_id)"

-- An enrichment runs once for each Tweet, however many rules it matched. This one changes nothing.
ouzel.enrich(function(tweet)
  local id, at, author, quoted = tweet:id(), tweet:created_at_iso(), tweet:author(), tweet:quoted()
  local kind = tweet:kind()
  tweets:upsert {
    id = id, created_at = at, lang = tweet:lang(), kind = kind, text = tweet:full_text(), user_id = author.id,
    retweet_of = kind == "retweet" and tweet:original():id() or nil,
    quote_of = tweet.quoted_status_id or quoted and quoted:id(),
    reply_to = tweet.in_reply_to_status_id, json = ouzel.json.encode(tweet),
  }
  if author.id then
    users:upsert {
      id = author.id, screen_name = author.screen_name, name = author.name, location = author.location,
      country = author.country_code, followers = author.followers_count, following = author.friends_count,
      statuses = author.statuses_count, joined = author.created_at_iso, seen_at = at,
    }
  end
end)

-- And this once for each rule.
ouzel.on("*", function(tweet, rule)
  ouzel.db.exec("INSERT OR IGNORE INTO matches VALUES (?, ?)", tweet:id(), rule.tag or "")
end)
