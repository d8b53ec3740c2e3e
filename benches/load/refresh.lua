-- Refreshes: every answer's token goes to the end of the queue, so that each request carries one
-- that is good. A token that was put off (503) is good as it was, and waits its turn again.
-- TOKENS names the file with the queue; what is left is written back for the next run.
-- PACE is the time in milliseconds that a connection waits between two requests, if it is to.
local file, field = os.getenv("TOKENS"), os.getenv("FIELD") or "refresh_token"
local body = '{"' .. field .. '":"%s"}'
local pace = tonumber(os.getenv("PACE") or "0")
local pattern = '"' .. field .. '":"([^"]+)"'
local headers = { ["Content-Type"] = "application/json", ["User-Agent"] = "doorward bench" }
local threads = {}
queue, first, last = {}, 1, 0
good, put_off, bad = 0, 0, 0

function setup(thread) table.insert(threads, thread) end

function init()
  for line in io.lines(file) do last = last + 1; queue[last] = line end
  if pace > 0 then delay = function() return math.random(0, 2 * pace) end end
end

function request()
  local token = queue[first]
  if not token then error("the queue of tokens is empty") end
  queue[first] = nil
  first = first + 1
  return wrk.format("POST", "/token", headers, string.format(body, token))
end

function response(status, _, text)
  local token = status == 200 and string.match(text, pattern)
  if token then
    last = last + 1
    queue[last] = token
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
  local left, from, to = thread:get("queue"), thread:get("first"), thread:get("last")
  local out = assert(io.open(file, "w"))
  for at = from, to do out:write(left[at], "\n") end
  out:close()
  local errors = summary.errors
  io.write(string.format(
    "RESULT good=%d put_off=%d bad=%d seconds=%.3f p50=%d p99=%d longest=%d\n",
    thread:get("good"), thread:get("put_off"),
    thread:get("bad") + errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency.max))
end
