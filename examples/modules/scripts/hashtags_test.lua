-- A part by itself. `require` gives it to a test too.
local hashtags = require "hashtags"

test("a pair is sorted, and in small letters", function(t)
  t:equal(hashtags.pairs { "Tea", "CAFÉ" }, { { "café", "tea" } })
end)

test("each pair is there once", function(t)
  t:equal(hashtags.pairs { "a", "b", "A", "c" }, { { "a", "b" }, { "a", "c" }, { "b", "c" } })
end)

test("one hashtag makes no pair", function(t) t:equal(hashtags.pairs { "a" }, {}) end)
