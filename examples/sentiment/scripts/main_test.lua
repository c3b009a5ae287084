-- The score of a text; nil if no word of the list is in it.
local function score(t, text)
  t:send(t:tweet { id = 1, id_str = "1", text = text, tags = { "coffee" } })
  local row = t:rows("sentiment")[1]
  return row and row.score
end

test("the score is the mean of the words", function(t) t:equal(score(t, "Good coffee, BAD cake, great place"), 1.0) end)

test("a negation turns a word round", function(t) t:equal(score(t, "not good"), -2.0) end)

test("so does a short one", function(t) t:equal(score(t, "the coffee wasn’t good"), -2.0) end)

test("a negation is about the next word only", function(t) t:equal(score(t, "no coffee is good"), 2.0) end)

test("names and links are no words", function(t) t:equal(score(t, "@good https://good.example/bad coffee"), nil) end)

test("the whole of a long text counts", function(t) t:equal(score(t, ("coffee "):rep(30) .. "awful"), -3.0) end)

test("Retweets and other languages match no rule", function(t)
  t:ok(t:matches("coffee", t:tweet { text = "coffee", lang = "en" }))
  t:ok(not t:matches("coffee", t:tweet { text = "coffee", lang = "de" }))
  t:ok(not t:matches("coffee", t:tweet { retweeted_status = { text = "coffee" } }))
end)
