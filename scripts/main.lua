-- What `ouzel run` runs here. Save this file while it runs, and the change takes effect at once.

-- The rules that the stream shall have. A tag says which handlers a match goes to.
ouzel.rules {
  { tag = "launch",  value = '(rocket OR launch) lang:en -is:retweet' },
  { tag = "climate", value = '"climate change" has:links' },
  { tag = "coffee",  value = 'coffee OR #coffee' },
}

-- A table of the database data/ouzel.db: made here, and extended when a column is added.
local mentions = ouzel.table("mentions", {
  id = "INTEGER PRIMARY KEY", tags = "TEXT", author = "TEXT", text = "TEXT", reach = "INTEGER", at = "TEXT",
})

-- Steps run in the order in which they stand. A filter that gives false drops the Tweet.
ouzel.filter(function(tweet)
  return (tweet:author().followers_count or 0) > 100
end)

-- An enrichment changes the Tweet for the steps after it.
ouzel.enrich(function(tweet)
  local author = tweet:author()
  tweet.reach = (author.followers_count or 0) + 2 * (author.friends_count or 0)
end)

-- A handler for a tag, for several ("brand-*"), or for all ("*"). It is called once for each rule that matched, so a
-- Tweet that matched two is written twice, over itself.
ouzel.on("*", function(tweet, rule)
  mentions:upsert {
    id = tweet:id(), tags = table.concat(tweet:tags(), " "), author = tweet:author().screen_name,
    text = tweet:full_text(), reach = tweet.reach, at = tweet:created_at_iso(),
  }
  if rule.tag == "launch" and tweet.reach > 1000000 then
    ouzel.log.info("a launch that many will read about:", tweet:full_text())
  end
end)
