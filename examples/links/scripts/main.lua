-- Which pages are shared: a row for each Tweet and each page that it links to, however the link is written.

ouzel.rules {
  { tag = "climate", value = '("climate change" OR #climate) has:links' },
  { tag = "rockets", value = "(rocket OR launch OR #space) has:links" },
}

-- `page` is the same for all links to a page, and `url` is one that works in a browser.
local shares = ouzel.table("shares", {
  page = "TEXT NOT NULL", tweet = "INTEGER NOT NULL", host = "TEXT NOT NULL", url = "TEXT NOT NULL", author = "TEXT",
  kind = "TEXT NOT NULL", at = "TEXT",
}, { primary_key = { "page", "tweet" }, indices = { { "host" }, { "author" } } })

-- Links to Twitter itself are quoted Tweets, photos and videos.
local own = { ["twitter.com"] = true, ["mobile.twitter.com"] = true, ["x.com"] = true }

-- Parameters that say where a reader comes from, and nothing about the page. So do all that begin with `utm_`.
local tracking = { fbclid = true, gclid = true, igshid = true, ref_src = true }

-- `https://www.Example.org/a/?utm_source=x&page=2#top` and `http://example.org/a?page=2` are one page.
local function page_of(url)
  local host, path, query = url:match("^%a+://([^/?#]+)([^?#]*)%??([^#]*)")
  if not host then return nil end
  host = host:lower():gsub("^www%.", "")
  local kept = {}
  for part in query:gmatch("[^&]+") do
    local parameter = part:match("^[^=]*"):lower()
    if not tracking[parameter] and not parameter:find("^utm_") then kept[#kept + 1] = part end
  end
  local page = host .. path:gsub("/$", "")
  if #kept > 0 then page = page .. "?" .. table.concat(kept, "&") end
  return page, host
end

-- A Tweet may match both rules. Its rows are written again then, over themselves.
ouzel.on("*", function(tweet)
  local id = tweet:id()
  if not id then return end
  -- `urls` gives the page behind all redirects where the service has followed them. The links of a Retweet are those of
  -- its original, and those of a quoted Tweet are not among them: `tweet:quoted():urls()` would have them.
  for _, url in ipairs(tweet:urls()) do
    local page, host = page_of(url)
    if page and not own[host] then
      shares:upsert {
        page = page, tweet = id, host = host, url = url, author = tweet:author().screen_name, kind = tweet:kind(),
        at = tweet:created_at_iso(),
      }
    end
  end
end)
