-- Refreshes: every answer's token goes to the end of the queue, so that each request carries one
-- that is good. A token that was put off (503) is good as it was, and waits its turn again.
-- TOKENS names the file with the queue; what is left is written back for the next run.
-- PACE is the time in milliseconds that a connection waits between two requests, if it is to.
-- The queue is a ring outside the collector's memory: to walk through a million strings again and again
-- would stop the load for a tenth of a second each time.
local ffi = require("ffi")
ffi.cdef("void *malloc(size_t size);")

local file, field = os.getenv("TOKENS"), os.getenv("FIELD") or "refresh_token"
local pace = tonumber(os.getenv("PACE") or "0")
local pattern = '"' .. field .. '":"([^"]+)"'
local threads = {}
first, waiting = 0, 0
good, put_off, bad = 0, 0, 0

function setup(thread)
  local input = assert(io.open(file))
  local text = input:read("*a")
  input:close()
  -- All are of one length; a line's end is part of the place.
  local length = #string.match(text, "[^\n]*\n")
  local ring = ffi.C.malloc(#text)
  ffi.copy(ring, text, #text)
  thread:set("address", tonumber(ffi.cast("intptr_t", ring)))
  thread:set("length", length)
  thread:set("places", #text / length)
  table.insert(threads, thread)
end

local ring, before, after

function init()
  ring = ffi.cast("char *", ffi.cast("intptr_t", address))
  -- All requests are the same but for the token, and written once.
  local headers = { ["Content-Type"] = "application/json", ["User-Agent"] = "doorward bench" }
  local token = string.rep("?", length - 1)
  local whole = wrk.format("POST", "/token", headers, '{"' .. field .. '":"' .. token .. '"}')
  local from, to = string.find(whole, token, 1, true)
  before, after = string.sub(whole, 1, from - 1), string.sub(whole, to + 1)
  waiting = places
  if pace > 0 then delay = function() return math.random(0, 2 * pace) end end
end

function request()
  if waiting == 0 then error("the queue of tokens is empty") end
  local token = ffi.string(ring + first * length, length - 1)
  first = (first + 1) % places
  waiting = waiting - 1
  return before .. token .. after
end

function response(status, _, text)
  local token = status == 200 and string.match(text, pattern)
  if token then
    ffi.copy(ring + (first + waiting) % places * length, token, length - 1)
    waiting = waiting + 1
    good = good + 1
  elseif status == 503 then
    put_off = put_off + 1
  else
    bad = bad + 1
    if bad == 1 then io.stderr:write("refused: ", status, " ", text, "\n") end
  end
end

function done(summary, latency)
  local thread = threads[1]
  local address, length, places = thread:get("address"), thread:get("length"), thread:get("places")
  local ring = ffi.cast("char *", ffi.cast("intptr_t", address))
  local from, to = thread:get("first"), thread:get("first") + thread:get("waiting") - 1
  local out = assert(io.open(file, "w"))
  for at = from, to do out:write(ffi.string(ring + at % places * length, length)) end
  out:close()
  local errors = summary.errors
  io.write(string.format(
    "RESULT good=%d put_off=%d bad=%d seconds=%.3f p50=%d p99=%d longest=%d\n",
    thread:get("good"), thread:get("put_off"),
    thread:get("bad") + errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency.max))
end
