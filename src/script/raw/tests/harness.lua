-- The functions that the random programs use. What a program sees is written to `trace`, in a form that is the same for a
-- Tweet and for a plain table: without addresses, and without the order of fields, because no table promises an order.
local encode, insert0, collect0, null0, finalizing = ...
null = null0
trace, kept = {}, {}
local numbers, count, note = setmetatable({}, { __mode = "k" }), 0, ""

function restart(tweet)
  trace, count, numbers = {}, 0, setmetatable({}, { __mode = "k" })
  t, v = tweet, { tweet, tweet, tweet, tweet }
end

local function text(x)
  local kind = type(x)
  if kind == "table" then
    if not numbers[x] then count = count + 1 numbers[x] = count end
    return "table " .. numbers[x]
  elseif kind == "number" then
    if x ~= x then return "nan" end
    return math.type(x) .. string.format(math.type(x) == "integer" and "%d" or "%.17g", x)
  elseif kind == "string" then
    return string.format("%q", x)
  elseif kind == "function" or kind == "userdata" then
    return kind
  end
  return tostring(x)
end

function show(...)
  for i = 1, select("#", ...) do trace[#trace + 1] = text((select(i, ...))) end
end

-- The names are sorted first, so that the values get their numbers in that order.
local function sorted(x)
  local keys = {}
  for k in pairs(x) do
    keys[#keys + 1] = k
    if #keys > 10000 then error("endless") end
  end
  local function order(k) return type(k) .. text(k) end
  local names = {}
  for i, k in ipairs(keys) do names[i] = { order(k), k } end
  table.sort(names, function(a, b) return a[1] < b[1] end)
  return names
end

function fields(x)
  local names = sorted(x)
  show(#names)
  for _, name in ipairs(names) do show(name[2], x[name[2]], rawget(x, name[2])) end
  -- Now the same with `next`.
  local n, k = 0, nil
  repeat k = next(x, k) if k ~= nil then n = n + 1 end until k == nil or n > 10000
  show(n)
end

function list(x)
  for i, e in ipairs(x) do show(i, e) end
end

function some(x, n)
  local inner = {}
  for _, name in ipairs(sorted(x)) do
    if type(x[name[2]]) == "table" then inner[#inner + 1] = x[name[2]] end
  end
  return inner[(n - 1) % math.max(#inner, 1) + 1] or x
end

function is_list(x)
  local n, last = 0, 0
  for k in pairs(x) do
    if math.type(k) ~= "integer" or k < 1 then return false end
    n, last = n + 1, math.max(last, k)
  end
  return n == last
end

-- A list in `x` that is not empty, or `x` itself if there is none.
function some_list(x, n)
  for i = n, n + 3 do
    local inner = some(x, i)
    if inner ~= x and is_list(inner) and #inner > 0 then return inner end
  end
  return x
end

function length(x)
  if is_list(x) then show(#x, rawlen(x)) else local _ = #x + rawlen(x) end
end

function before(a, b) return text(a) < text(b) end

-- A loop that changes the fields that it passes sees each field once.
function walk(x, change)
  local seen, n, twice = {}, 0, false
  local limit = 0
  for _ in pairs(x) do limit = limit + 1 end
  for k, e in pairs(x) do
    twice = twice or seen[k] ~= nil
    seen[k] = true
    n = n + 1
    change(x, k, e)
    if n > limit + 5 then break end
  end
  show(n == limit, twice)
  fields(x)
end

-- Writes a field that exists, wherever the loop is.
function other(x, n)
  local names = sorted(x)
  local name = names[(n - 1) % #names + 1]
  if name and x[name[2]] ~= nil then x[name[2]] = "other" end
end

function json(x)
  trace[#trace + 1] = encode(x)
end

function insert(x)
  show(insert0(x))
end

function collect(n)
  collect0(n)
end

-- A plain table has no methods, so nothing is shown of what they give.
function call(x)
  pcall(function() x:full_text() end)
  pcall(function() return x:user(), x:a(1), x:none() end)
end

-- What `x:name()` calls.
function method(x)
  collect0(1)
  return tostring(x), next(x), some(x, 1)
end

-- A script cannot make a finalizer; the test does it by hand, because Lua could run one at any moment.
function at_end(f, x)
  finalizing({ x }, { __gc = function(this) f(this[1]) end })
end

function try(f)
  local ok, problem = pcall(f)
  show(ok)
  if not ok and type(problem) == "table" then show(problem) end
end

function in_coroutine(f)
  local ok = coroutine.resume(coroutine.create(function() f() end))
  show(ok)
end

function in_turns(f)
  local c = coroutine.create(function() f(coroutine.yield) end)
  show((coroutine.resume(c)))
  collect0(1)
  if #trace % 3 > 0 then show((coroutine.resume(c))) end
end
