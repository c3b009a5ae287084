-- The clock of a test stands still, and `t:advance` lets time pass: it calls the timers that are due.

local function send(t, count)
  for _ = 1, count do t:send(t:tweet { text = "coffee", tags = { "coffee" } }) end
end

test("a minute is written when it is over", function(t)
  send(t, 3)
  t:equal(t:rows("trend"), {})
  t:advance("1m")
  t:equal(t:rows("trend"), { { minute = "2026-01-01 12:00", topic = "coffee", tweets = 3 } })
  t:equal(t:state().minutes, {})
end)

test("a Tweet that comes late counts for its own minute", function(t)
  local late = t:tweet { text = "coffee", tags = { "coffee" } }
  send(t, 1)
  t:advance("1m")
  t:send(late)
  send(t, 1)
  t:advance("1m")
  t:equal(t:rows("SELECT minute, tweets FROM trend"), {
    { minute = "2026-01-01 12:00", tweets = 2 }, { minute = "2026-01-01 12:01", tweets = 1 },
  })
end)

test("a rise is told once there is something usual", function(t)
  for _ = 1, 3 do
    send(t, 10)
    t:advance("1m")
  end
  t:equal(t:emitted(), {})
  send(t, 40)
  t:advance("1m")
  t:equal(t:emitted(), { { minute = "2026-01-01 12:03", topic = "coffee", tweets = 40, rise = 4.0 } })
end)

test("a Tweet without a time counts in no minute", function(t)
  t:send(t:tweet { text = "coffee", tags = { "coffee" }, created_at = ouzel.null, timestamp_ms = ouzel.null })
  t:equal(t:state().minutes, {})
end)

test("what an outage has delayed is written bit by bit", function(t)
  for minute = 1, 70 do
    local at = ouzel.time.format(t:now() - minute * 60)
    t:send(t:tweet { text = "coffee", tags = { "coffee" }, created_at = at })
  end
  t:advance("1m")
  t:equal(#t:rows("trend"), 60)
  t:advance("1m")
  t:equal(#t:rows("trend"), 70)
end)
