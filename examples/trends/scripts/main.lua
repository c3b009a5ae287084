-- A table of trends: how many Tweets of each topic there were in each minute, and how many times the usual that is.

ouzel.rules {
  { tag = "rockets", value = "(rocket OR launch OR #space) lang:en" },
  { tag = "climate", value = '("climate change" OR #climate) lang:en' },
  { tag = "coffee",  value = "(coffee OR espresso OR #coffee) lang:en" },
}

-- From how many times the usual on, and from how many Tweets on, a minute is worth a line on stdout.
local RISE, LEAST = 3, 20

local trend = ouzel.table("trend", {
  minute = "TEXT NOT NULL", topic = "TEXT NOT NULL", tweets = "INTEGER NOT NULL", rise = "REAL",
}, { primary_key = { "minute", "topic" } })

-- `/metrics` has it as `ouzel_script_rise`.
local gauge = ouzel.metric("rise", "Tweets of a minute, as a multiple of what is usual")

-- What is counted and not yet written: a table for each minute, with a number for each topic. Variables start over with
-- each save. `ouzel.state` stays, so a save or a restart in the middle of a minute loses nothing.
ouzel.state.minutes = ouzel.state.minutes or {}
local minutes = ouzel.state.minutes

ouzel.on("*", function(tweet, rule)
  -- The minute in which it was sent, not the one in which it arrives: what an outage delays is no trend.
  local sent = tweet:created()
  if not sent or not rule.tag then return end
  local minute = sent // 60
  -- A table that is assigned to the state is copied, so it is read again before it is written to.
  minutes[minute] = minutes[minute] or {}
  local counts = minutes[minute]
  counts[rule.tag] = (counts[rule.tag] or 0) + 1
end)

local function name(minute) return ouzel.time.format(minute * 60, "%Y-%m-%d %H:%M") end

local function write(minute, topic, tweets)
  local at = name(minute)
  -- A minute that has its row already has got Tweets late.
  local row = trend:get { minute = at, topic = topic }
  if row then tweets = tweets + row.tweets end
  -- The usual is the mean of the half hour before; without three minutes of it, nothing is usual yet.
  local usual = ouzel.db.one([[
    SELECT avg(tweets) AS tweets FROM trend WHERE topic = ? AND minute >= ? AND minute < ? HAVING count(*) >= 3
  ]], topic, name(minute - 30), at)
  local rise = usual and tweets / usual.tweets
  trend:upsert { minute = at, topic = topic, tweets = tweets, rise = rise }
  if not rise or row then return end
  gauge:set(rise, { topic = topic })
  if rise >= RISE and tweets >= LEAST then
    ouzel.emit { minute = at, topic = topic, tweets = tweets, rise = rise }
  end
end

-- Called once a minute, also while no Tweets come. It writes the minutes that are over.
ouzel.every("1m", function(now)
  -- After a long outage there are many at once. A call may take a quarter of a second, so it leaves some to the next one.
  local left = 60
  -- `pairs` of the state gives numbers in order: the oldest minute first.
  for minute, counts in pairs(minutes) do
    if minute >= now // 60 or left == 0 then break end
    for topic, tweets in pairs(counts) do write(minute, topic, tweets) end
    minutes[minute], left = nil, left - 1
  end
end)
