local function point(longitude, latitude) return { type = "Point", coordinates = { longitude, latitude } } end

test("a point in a zone is an alert", function(t)
  -- A hundredth of a degree north of the middle.
  t:send(t:tweet {
    text = "smoke over the hill", coordinates = point(-105.2706, 40.0250), user = { screen_name = "alice" },
  })
  local alert = t:emitted("alerts.jsonl")[1]
  t:equal({ alert.zone, alert.km, alert.exact, alert.author }, { "zone-boulder", 1.1, true, "alice" })
end)

test("a town in a zone is an alert from its middle", function(t)
  t:send(t:tweet {
    text = "a flood", place = {
      full_name = "Leeds, England", country_code = "GB", bounding_box = { type = "Polygon", coordinates = {
        { { -1.60, 53.75 }, { -1.60, 53.85 }, { -1.50, 53.85 }, { -1.50, 53.75 } },
      } },
    },
  })
  local alert = t:emitted("alerts.jsonl")[1]
  t:equal({ alert.zone, alert.exact, alert.place }, { "zone-leeds", false, "Leeds, England" })
end)

test("what is far away matches no rule", function(t)
  local far = t:tweet { text = "smoke", coordinates = point(2.3522, 48.8566) }
  t:ok(not t:matches("zone-boulder", far))
  t:ok(not t:matches("zone-leeds", far))
end)

test("a Tweet without a place is no alert", function(t)
  t:send(t:tweet { text = "smoke", tags = { "zone-leeds" } })
  t:equal(t:emitted("alerts.jsonl"), {})
end)
