-- Several brands at once: how often each is mentioned in an hour, and a line of JSON for each mention that many may see.

ouzel.rules {
  { tag = "brand-coffee", value = "(coffee OR espresso OR #coffee) lang:en" },
  { tag = "brand-music",  value = '("new album" OR vinyl OR #nowplaying) lang:en' },
  { tag = "brand-soccer", value = "(football OR #matchday) lang:en" },
}

-- From how many followers on a mention is worth an alert. Change it while ouzel runs.
local MANY = 20000

-- One row for each hour and brand: the two columns together are the key.
ouzel.table("mentions_per_hour", {
  hour = "TEXT NOT NULL", brand = "TEXT NOT NULL", mentions = "INTEGER NOT NULL", followers = "INTEGER NOT NULL",
}, { primary_key = { "hour", "brand" } })

local alerts = ouzel.table("alerts", {
  id = "INTEGER PRIMARY KEY", brand = "TEXT", author = "TEXT", followers = "INTEGER", text = "TEXT", at = "TEXT",
})

-- A Retweet repeats what somebody else said.
ouzel.filter(function(tweet) return tweet:kind() ~= "retweet" end)

-- Called once for each brand that a Tweet mentions.
ouzel.on("brand-*", function(tweet, rule)
  local author, at = tweet:author(), tweet:created_at_iso()
  if not at then return end -- A Tweet without a time has no hour to count it in.
  local followers = author.followers_count or 0
  ouzel.db.exec([[
    INSERT INTO mentions_per_hour VALUES (?, ?, 1, ?)
    ON CONFLICT DO UPDATE SET mentions = mentions + 1, followers = followers + excluded.followers
  ]], at:sub(1, 13) .. ":00", rule.tag, followers)
  if followers >= MANY then
    local alert = {
      id = tweet:id(), brand = rule.tag, author = author.screen_name, followers = followers,
      text = tweet:full_text(), at = at,
    }
    alerts:upsert(alert)
    ouzel.emit(alert)
  end
end)
