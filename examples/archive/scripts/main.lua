-- Keeps every Tweet whole, beside the columns that one asks for most: what was not thought of today can be computed
-- from the JSON later.

ouzel.rules {
  { tag = "climate", value = '"climate change" OR #climate' },
  { tag = "weather", value = "storm OR rain OR #weather" },
}

-- One row a Tweet. `json` is the Tweet as it came in, byte for byte, as long as no handler changes it.
local tweets = ouzel.table("tweets", {
  id = "INTEGER PRIMARY KEY",
  created_at = "TEXT NOT NULL",
  lang = "TEXT",
  kind = "TEXT NOT NULL",
  text = "TEXT",
  user_id = "INTEGER NOT NULL",
  retweet_of = "INTEGER",
  quote_of = "INTEGER",
  reply_to = "INTEGER",
  json = "TEXT NOT NULL",
})

-- One row an account, as it was in its newest Tweet.
local users = ouzel.table("users", {
  id = "INTEGER PRIMARY KEY",
  screen_name = "TEXT NOT NULL",
  name = "TEXT",
  location = "TEXT",
  country = "TEXT",
  followers = "INTEGER",
  following = "INTEGER",
  statuses = "INTEGER",
  joined = "TEXT",
  seen_at = "TEXT NOT NULL",
})

-- Which rules each Tweet matched: a Tweet can match several.
ouzel.db.exec [[
  CREATE TABLE IF NOT EXISTS matches (
    tweet_id INTEGER NOT NULL REFERENCES tweets, tag TEXT NOT NULL, PRIMARY KEY (tweet_id, tag)
  ) WITHOUT ROWID
]]
ouzel.db.exec "CREATE INDEX IF NOT EXISTS tweets_by_time ON tweets (created_at)"
ouzel.db.exec "CREATE INDEX IF NOT EXISTS tweets_by_user ON tweets (user_id)"

local function kind(tweet)
  if tweet.retweeted_status then return "retweet" end
  if tweet.is_quote_status then return "quote" end
  if tweet.in_reply_to_status_id then return "reply" end
  return "tweet"
end

-- An enrichment runs once for each Tweet, however many rules it matched. This one changes nothing.
ouzel.enrich(function(tweet)
  local at, user = tweet:created_at_iso(), tweet.user
  local place = user.derived and user.derived.locations and user.derived.locations[1]
  tweets:upsert {
    id = tweet.id, created_at = at, lang = tweet.lang, kind = kind(tweet), text = tweet:full_text(), user_id = user.id,
    retweet_of = tweet.retweeted_status and tweet.retweeted_status.id, quote_of = tweet.quoted_status_id,
    reply_to = tweet.in_reply_to_status_id, json = ouzel.json.encode(tweet),
  }
  users:upsert {
    id = user.id, screen_name = user.screen_name, name = user.name, location = user.location,
    country = place and place.country_code, followers = user.followers_count, following = user.friends_count,
    statuses = user.statuses_count, joined = user.created_at, seen_at = at,
  }
end)

-- And this once for each rule.
ouzel.on("*", function(tweet, rule)
  ouzel.db.exec("INSERT OR IGNORE INTO matches VALUES (?, ?)", tweet.id, rule.tag or "")
end)
