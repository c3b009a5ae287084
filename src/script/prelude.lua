-- Removes what reaches outside, and replaces what is safe only in part. `...` are four functions: one that logs, one that
-- recognizes Tweets and their parts, one that tells whether the budget is broken, also by the error that it is given, and
-- one that spends from the budget and tells whether that was too much.
local log, is_tweet, is_broken, spend = ...
local pcall0, xpcall0, error0, tostring = pcall, xpcall, error, tostring
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

-- What the metatable of strings holds can run while an error is described, where nothing could stop it. So no script gets
-- hold of it.
getmetatable("").__metatable = false

-- An error that tells of a broken budget is raised again, whoever catches it.
local function readable(ok, ...)
  if ok then return ok, ... end
  local problem = ...
  if is_broken(problem) then error0(problem, 0) end
  if type0(problem) == "userdata" and not is_tweet(problem) then return ok, tostring(problem) end
  return ok, ...
end
function pcall(...) return readable(pcall0(...)) end
function xpcall(f, handler, ...)
  if type0(handler) ~= "function" then return xpcall0(f, handler, ...) end
  -- Lua calls no hook while it handles the error of a hook, so nothing could stop the script's own function there.
  local function handle(...)
    if is_broken((...)) then return ... end
    return handler(...)
  end
  return readable(xpcall0(f, handle, ...))
end

-- The hook counts the instructions of each coroutine on its own. So that many short ones do not go uncounted, each time
-- that one goes on is paid for.
local PRICE = 200
local create0, resume0, close0 = coroutine.create, coroutine.resume, coroutine.close

local function ended(ok, ...)
  if ok then return ... end
  error0((...), 0)
end

-- What a coroutine closes after an error that nobody in it catches runs without the hook. So the error is always caught
-- inside.
function coroutine.create(f)
  if type0(f) ~= "function" then error("bad argument #1 to 'create' (function expected)", 2) end
  return create0(function(...) return ended(pcall0(f, ...)) end)
end
local create = coroutine.create

function coroutine.resume(...)
  if spend(PRICE) then error0("too many coroutines", 0) end
  return readable(resume0(...))
end

function coroutine.close(...) return readable(close0(...)) end

local function wrapped(thread, ok, ...)
  if ok then return ... end
  local problem = ...
  close0(thread)
  is_broken(problem)
  -- Lua would put the place of this call before the place of the error.
  error0(problem, 0)
end
function coroutine.wrap(f)
  if type0(f) ~= "function" then error("bad argument #1 to 'wrap' (function expected)", 2) end
  local thread = create(f)
  return function(...)
    if spend(PRICE) then error0("too many coroutines", 0) end
    return wrapped(thread, resume0(thread, ...))
  end
end

-- A text that is made to be shown needs no more than this.
local LONGEST = 8192
local sub = string.sub
function error(message, level)
  if type0(message) == "string" and #message > LONGEST then message = sub(message, 1, LONGEST) .. "…" end
  if level == nil then level = 1 end
  if type0(level) == "number" and level > 0 then level = level + 1 end
  return error0(message, level)
end

function print(...)
  local words = {}
  for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
  log(concat(words, "\t"))
end
