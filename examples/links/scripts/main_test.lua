-- A link of a Tweet as the service sends it: short, written out, and unwound where the service has followed it.
local function link(expanded, unwound)
  return {
    url = "https://t.co/abc", expanded_url = expanded, display_url = "…", indices = { 0, 16 },
    unwound = unwound and { url = unwound, status = 200 },
  }
end

local function tweet(t, ...)
  return t:tweet { text = "https://t.co/abc", tags = { "climate" }, entities = { urls = { ... } } }
end

test("a link is where it leads in the end", function(t)
  t:send(tweet(t, link("https://bit.ly/x", "https://www.example.org/report")))
  t:equal(t:rows("SELECT page, host, url FROM shares"), {
    { page = "example.org/report", host = "example.org", url = "https://www.example.org/report" },
  })
end)

test("a link that was not followed is kept as it is written", function(t)
  t:send(tweet(t, link("https://bit.ly/x")))
  t:equal(t:rows("SELECT page FROM shares"), { { page = "bit.ly/x" } })
end)

test("links to a page are one page", function(t)
  for _, url in ipairs {
    "https://example.org/a?page=2", "http://www.Example.org/a/?utm_source=x&page=2#top",
    "https://example.org/a?fbclid=y&page=2",
  } do
    t:send(tweet(t, link(url)))
  end
  t:equal(t:rows("SELECT page, count(*) AS tweets FROM shares GROUP BY page"), {
    { page = "example.org/a?page=2", tweets = 3 },
  })
end)

test("a Retweet shares what its original shares", function(t)
  t:send(t:tweet {
    tags = { "climate" },
    retweeted_status = { text = "https://t.co/abc", entities = { urls = { link("https://a.org/b") } } },
  })
  t:equal(t:rows("SELECT page, kind FROM shares"), { { page = "a.org/b", kind = "retweet" } })
end)

test("a link to a Tweet is none", function(t)
  t:send(tweet(t, link("https://twitter.com/a/status/1"), link("not a link")))
  t:equal(t:rows("shares"), {})
end)
