-- Removes what reaches outside, and replaces what is safe only in part. `...` are two functions: one that logs, and one
-- that recognizes Tweets and their parts.
local log, is_tweet = ...
local pcall0, xpcall0, tostring = pcall, xpcall, tostring
local type0, concat, select, time, date, clock = type, table.concat, select, os.time, os.date, os.clock

os = { time = time, date = date, clock = clock }
string.dump = nil
dofile, loadfile, warn = nil, nil, nil

local collectgarbage0 = collectgarbage
function collectgarbage(option)
  if option == nil or option == "collect" or option == "step" then return collectgarbage0("step") end
  if option == "count" then return collectgarbage0("count") end
  error("`collectgarbage` takes \"collect\", \"step\" or \"count\" here", 2)
end

local function readable(ok, ...)
  if ok then return ok, ... end
  local problem = ...
  if type0(problem) == "userdata" and not is_tweet(problem) then return ok, tostring(problem) end
  return ok, ...
end
function pcall(...) return readable(pcall0(...)) end
function xpcall(f, handler, ...)
  return readable(xpcall0(f, handler, ...))
end

function print(...)
  local words = {}
  for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
  log(concat(words, "\t"))
end
