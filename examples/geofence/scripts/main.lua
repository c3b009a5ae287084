-- Alerts from places: what people near a place say about a danger goes to a file, one line of JSON each.

-- The places to watch, each a circle. Save the script with another one, and the stream has its rule a moment later.
local zones = {
  { tag = "zone-boulder", longitude = -105.2706, latitude = 40.0150, km = 15 },
  { tag = "zone-leeds",   longitude = -1.5479,   latitude = 53.7965, km = 15 },
}

-- A rule for each zone. Longitude comes first, and a circle may have 40 km at most.
local by_tag = {}
for _, zone in ipairs(zones) do
  by_tag[zone.tag] = zone
  local circle = ("point_radius:[%.4f %.4f %gkm]"):format(zone.longitude, zone.latitude, zone.km)
  ouzel.rules { { tag = zone.tag, value = circle .. " (fire OR smoke OR flood OR storm)" } }
end

-- The file is `sinks/alerts.jsonl` in the data folder. Each line is there once, whatever happens.
local alerts = ouzel.sink("alerts.jsonl")

-- The kilometres from a zone's middle to a point, with one digit behind the point.
local function distance(zone, point)
  local north = math.rad(point.latitude - zone.latitude)
  local east = math.rad(point.longitude - zone.longitude)
  local a = math.sin(north / 2) ^ 2
    + math.cos(math.rad(zone.latitude)) * math.cos(math.rad(point.latitude)) * math.sin(east / 2) ^ 2
  return math.floor(2 * 63710 * math.asin(math.min(1, math.sqrt(a))) + 0.5) / 10
end

ouzel.on("zone-*", function(tweet, rule)
  -- Where the Tweet was sent from. The place in an author's profile is another thing (`tweet:author().country_code`).
  local zone, at = by_tag[rule.tag], tweet:geo()
  if not zone or not at then return end
  -- If `exact` is false, this is the middle of the place that the author chose, such as a town.
  ouzel.emit({
    zone = zone.tag, id = tweet:id(), at = tweet:created_at_iso(), km = distance(zone, at),
    exact = at.exact, place = at.place, author = tweet:author().screen_name, text = tweet:full_text(),
  }, alerts)
end)
