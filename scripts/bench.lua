-- The standard job of `ouzel bench`: a filter that drops about six Tweets in ten, an enrichment that reads a dozen
-- fields, and one row for each Tweet that is left.

ouzel.rules {
  { tag = "brand:acme", value = "acme" },
  { tag = "topic:music", value = "music" },
  { tag = "topic:soccer", value = "soccer" },
}

local tweets = ouzel.table("tweets", {
  id_str = "TEXT", created_at = "TEXT", screen_name = "TEXT", text = "TEXT", lang = "TEXT",
  reach = "INTEGER", n_tags = "INTEGER", tag = "TEXT",
})

local counts = {}

ouzel.filter(function(tweet)
  local lang = tweet.lang
  return (lang == "en" or lang == "ja") and not tweet.retweeted_status
end)

ouzel.enrich(function(tweet)
  local user = tweet.user
  tweet.reach = user.followers_count + 2 * user.friends_count
end)

ouzel.enrich(function(tweet)
  local rules = tweet.matching_rules
  for i = 1, #rules do
    local tag = rules[i].tag
    counts[tag] = (counts[tag] or 0) + 1
  end
  tweets:insert {
    id_str = tweet.id_str, created_at = tweet.created_at, screen_name = tweet.user.screen_name, text = tweet.text,
    lang = tweet.lang, reach = tweet.reach, n_tags = #tweet.entities.hashtags, tag = rules[1].tag,
  }
end)
