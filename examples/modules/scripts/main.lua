-- A script in parts. Each part is a file of its own, and `require` loads it: `require "archive"` loads `archive.lua`
-- beside this file, and `require "topics.weather"` loads `topics/weather.lua`. Saving any of them loads the whole script
-- again.

-- A part that only declares something gives nothing back.
require "topics.climate"
require "topics.weather"

-- A part that gives functions is a local variable here.
local archive = require "archive"
local hashtags = require "hashtags"

-- An enrichment runs once for each Tweet, however many rules it has matched. What it assigns, later handlers see; the
-- archive has the Tweet as it was before.
ouzel.enrich(function(tweet)
  archive.keep(tweet)
  tweet.hashtag_pairs = hashtags.pairs(tweet:hashtags())
end)

-- A handler runs once for each rule.
ouzel.on("*", function(tweet, rule)
  for _, pair in ipairs(tweet.hashtag_pairs) do archive.count(rule.tag or "", pair) end
end)
