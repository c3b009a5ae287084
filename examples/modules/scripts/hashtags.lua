-- Functions that know nothing of Tweets and tables. They take plain values and give plain values, so they are easy to
-- test.

local hashtags = {}

-- The pairs of hashtags, in small letters. A pair is the same pair whichever stands first, so it is sorted.
function hashtags.pairs(list)
  local names, found = {}, {}
  for _, hashtag in ipairs(list) do
    local name = ouzel.lower(hashtag)
    if not found[name] then
      found[name] = true
      names[#names + 1] = name
    end
  end
  table.sort(names)
  local pairs_found = {}
  for i, first in ipairs(names) do
    for j = i + 1, #names do pairs_found[#pairs_found + 1] = { first, names[j] } end
  end
  return pairs_found
end

return hashtags
