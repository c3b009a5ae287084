-- Each test has a script that was just loaded and an empty database. `tags` says which rules a Tweet has matched.

local function mention(t, text, followers)
  local user = { screen_name = "alice", followers_count = followers or 10 }
  return t:tweet { text = text, tags = { "brand-acme" }, user = user }
end

test("a mention is a row", function(t)
  t:send(mention(t, "I like Acme Coffee"))
  t:equal(t:rows("SELECT brand, text, author, copies, reach FROM mentions"), {
    { brand = "brand-acme", text = "I like Acme Coffee", author = "alice", copies = 1, reach = 10 },
  })
end)

test("copies of a text are one row", function(t)
  t:send(mention(t, "@bo Acme Coffee is  closed https://t.co/aaaa", 1))
  t:send(mention(t, "@cy @di acme coffee is closed https://t.co/bbbb", 20))
  t:send(mention(t, "Acme Coffee is open"))
  t:equal(t:rows("SELECT copies, reach FROM mentions ORDER BY copies DESC"), {
    { copies = 2, reach = 21 }, { copies = 1, reach = 10 },
  })
end)

test("a Retweet is a copy of its original", function(t)
  local original = { text = ("Acme Coffee, "):rep(15) .. "again" }
  t:send(t:tweet { text = original.text, tags = { "brand-acme" } })
  -- Its own text is cut off.
  t:send(t:tweet { retweeted_status = original, tags = { "brand-acme" } })
  t:equal(t:rows("SELECT copies FROM mentions"), { { copies = 2 } })
end)

test("a Tweet that mentions both brands counts for both", function(t)
  t:send(t:tweet { text = "acme coffee on zenith bikes" })
  t:equal(t:rows("SELECT brand FROM mentions ORDER BY brand"), { { brand = "brand-acme" }, { brand = "brand-zenith" } })
end)

test("only a new text by somebody with many followers is an alert", function(t)
  t:send(mention(t, "acme coffee", 100))
  t:send(mention(t, "acme coffee", 1000000))
  t:send(mention(t, "more acme coffee", 1000000))
  t:equal(#t:emitted(), 1)
  t:equal(t:emitted()[1].text, "more acme coffee")
end)

test("what a brand says itself is no mention", function(t)
  local own = t:tweet { text = "acme coffee", user = { screen_name = "acmecoffee" } }
  t:ok(not t:matches("brand-acme", own))
end)
