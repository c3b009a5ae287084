-- The tests of main.lua. `ouzel test` runs them, and `ouzel test --watch` whenever you save.
-- Each test has a script that was just loaded, an empty database, and a clock that stands still.

test("a Tweet about a launch is stored", function(t)
  -- The fields that you do not give are filled in, as the service would send them.
  local tweet = t:tweet { text = "A rocket at last #space", tags = { "launch" }, user = { screen_name = "alice" } }
  t:equal(t:send(tweet), "kept")
  t:equal(t:rows("SELECT author, tags, text FROM mentions"), {
    { author = "alice", tags = "launch", text = "A rocket at last #space" },
  })
end)

test("who has few followers is dropped", function(t)
  local tweet = t:tweet { text = "coffee", user = { followers_count = 3 } }
  t:equal(t:send(tweet), "dropped")
  t:equal(t:rows("mentions"), {})
end)

test("the reach counts followers and friends", function(t)
  -- Without `tags`, the rules of the script say themselves what they match.
  t:send(t:tweet { text = "more coffee", user = { followers_count = 200, friends_count = 50 } })
  t:equal(t:rows("SELECT reach, tags FROM mentions"), { { reach = 300, tags = "coffee" } })
end)

test("the rule for launches wants English, and no Retweets", function(t)
  t:ok(t:matches("launch", t:tweet { text = "a rocket", lang = "en" }))
  t:ok(not t:matches("launch", t:tweet { text = "a rocket", lang = "de" }))
  t:ok(not t:matches("launch", t:tweet { retweeted_status = { text = "a rocket" } }))
end)
