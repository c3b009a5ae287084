-- Mentions of brands, each text once. Much of what is said about a brand repeats something: a Retweet, or one text that
-- many accounts send. Such a text is one row here, which counts how often it came and how many people it may have
-- reached.

-- Tags that begin alike need one handler only. What the brands say themselves does not count.
ouzel.rules {
  { tag = "brand-acme",   value = '("acme coffee" OR @acmecoffee OR #acmecoffee) -from:acmecoffee' },
  { tag = "brand-zenith", value = '("zenith bikes" OR @zenithbikes OR #zenithbikes) -from:zenithbikes' },
}

-- From how many followers on a new text is worth an alert. Change it while ouzel runs.
local MANY = 5000

-- One row for each brand and text: the two columns together are the key.
local mentions = ouzel.table("mentions", {
  brand = "TEXT NOT NULL", key = "TEXT NOT NULL", text = "TEXT NOT NULL", author = "TEXT", first_id = "INTEGER",
  first_at = "TEXT", last_at = "TEXT", copies = "INTEGER NOT NULL", reach = "INTEGER NOT NULL",
}, { primary_key = { "brand", "key" } })

-- Copies of a text differ in these: each has short links of its own, and each is addressed to somebody else.
local differs = ouzel.regex [[https?://\S+|^(?:\s*@\w+)+]]

-- The same for all copies of a text: without what differs, in small letters, with single blanks.
local function key_of(text)
  local same = differs:replace(text, ""):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  -- Of a text that is nothing but a link, the link counts.
  return same ~= "" and ouzel.lower(same) or text
end

-- Called once for each brand that a Tweet mentions.
ouzel.on("brand-*", function(tweet, rule)
  -- The text of a Retweet begins with `RT @name:`. What it repeats is the text of its original.
  local text = tweet:original():full_text()
  if not text then return end

  local author, at = tweet:author(), tweet:created_at_iso()
  local followers = author.followers_count or 0
  local key = { brand = rule.tag, key = key_of(text) }
  local row = mentions:get(key)
  if row then
    mentions:update(key, { copies = row.copies + 1, reach = row.reach + followers, last_at = at })
    return
  end
  mentions:insert {
    brand = key.brand, key = key.key, text = text, author = author.screen_name, first_id = tweet:id(),
    first_at = at, last_at = at, copies = 1, reach = followers,
  }
  -- A line of JSON on stdout, for a program that tells somebody.
  if followers >= MANY then
    ouzel.emit { brand = rule.tag, id = tweet:id(), author = author.screen_name, followers = followers, text = text }
  end
end)
