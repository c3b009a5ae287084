-- How people feel about a topic: each text gets a score by the words of a list, `lexicon.csv` beside this script.

-- A Retweet says what somebody else feels, and the words of the list are English. What rules leave out is not paid for.
ouzel.rules {
  { tag = "coffee", value = "(coffee OR espresso OR #coffee) lang:en -is:retweet" },
  { tag = "trains", value = "(train OR trains OR #trains) lang:en -is:retweet" },
}

-- The list is read while the script loads, and ouzel watches it as it watches the script: a saved list counts from the
-- next Tweet on. A list with a mistake changes nothing, and the log names the mistake.
local scores = {}
for row in ouzel.csv("lexicon.csv") do
  local score = tonumber(row.score)
  if not score then error(("lexicon.csv: the score of `%s` is no number: `%s`"):format(row.word, row.score)) end
  scores[ouzel.lower(row.word)] = score
end

-- The word behind one of these means the opposite.
local opposite = { ["not"] = true, no = true, never = true }

local sentiment = ouzel.table("sentiment", {
  id = "INTEGER NOT NULL", topic = "TEXT NOT NULL", score = "REAL NOT NULL", words = "INTEGER NOT NULL", at = "TEXT",
  text = "TEXT",
}, { primary_key = { "id", "topic" } })

-- Letters of any script, also with an apostrophe between them. Links and names are no words.
local words = ouzel.regex [[\p{L}+(?:['’]\p{L}+)*]]
local no_words = ouzel.regex [[https?://\S+|@\w+]]

-- The mean of the scores that are found, and how many they are.
local function score_of(text)
  local sum, found, is_opposite = 0, 0, false
  -- `replace` gives two values; the parentheses keep the first.
  for word in words:gmatch((no_words:replace(ouzel.lower(text), " "))) do
    word = word:gsub("’", "'")
    local score = scores[word]
    if score then
      sum, found = sum + (is_opposite and -score or score), found + 1
    end
    is_opposite = opposite[word] or word:find("n't$") ~= nil
  end
  return found > 0 and sum / found or 0, found
end

ouzel.on("*", function(tweet, rule)
  local id, text = tweet:id(), tweet:full_text()
  if not id or not text then return end
  local score, found = score_of(text)
  -- Without a word of the list, nothing is known; 0 would say that the text is neutral.
  if found == 0 then return end
  sentiment:upsert {
    id = id, topic = rule.tag or "", score = score, words = found, at = tweet:created_at_iso(), text = text,
  }
end)
