-- The parts together.

test("a Tweet is kept whole, once", function(t)
  local tweet = t:tweet { text = "a storm, then rain", user = { screen_name = "alice" } }
  t:send(tweet)
  t:equal(t:rows("SELECT author, kind, text FROM tweets"), {
    { author = "alice", kind = "tweet", text = "a storm, then rain" },
  })
  local row = t:rows([[
    SELECT json ->> '$.user.screen_name' AS author, json ->> '$.id' AS id, json ->> '$.hashtag_pairs' AS pairs FROM tweets
  ]])[1]
  t:equal(row, { author = "alice", id = tweet:id(), pairs = nil })
end)

test("pairs of hashtags are counted for each topic", function(t)
  for _ = 1, 2 do t:send(t:tweet { text = "#Storm #rain #storm" }) end
  t:equal(t:rows("SELECT topic, first, second, tweets FROM hashtag_pairs ORDER BY topic"), {
    { topic = "rain", first = "rain", second = "storm", tweets = 2 },
    { topic = "storm", first = "rain", second = "storm", tweets = 2 },
  })
end)
