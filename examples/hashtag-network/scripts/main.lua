-- Which hashtags stand together: a table of nodes and a table of edges, as programs for graphs want them.

local edges = require "edges"

ouzel.rules {
  { tag = "hashtags-en", value = "has:hashtags lang:en" },
  { tag = "hashtags-es", value = "has:hashtags lang:es" },
}

-- Popular Retweets would drown everything else.
ouzel.filter(function(tweet) return tweet:kind() ~= "retweet" end)

-- The hashtags of the whole text, in lower case, each once, in order: a pair is the same pair whichever comes first.
ouzel.enrich(function(tweet)
  local found, names = {}, {}
  for _, hashtag in ipairs(tweet:hashtags()) do
    local name = hashtag:lower()
    if not found[name] then
      found[name] = true
      names[#names + 1] = name
    end
  end
  table.sort(names)
  tweet.hashtag_names = names
end)

-- A Tweet in two languages does not exist, so this is called once for each Tweet.
ouzel.on("hashtags-*", function(tweet)
  edges.add(tweet.hashtag_names, tweet:lang() or "und", tweet:created_at_iso())
end)
