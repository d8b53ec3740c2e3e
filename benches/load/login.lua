-- Sign-ins, each as the next of USERS users and from another address, so that none is taken for
-- a guesser.
local users, password = tonumber(os.getenv("USERS")), os.getenv("PASSWORD")
local next_user = tonumber(os.getenv("FROM") or "0")
local pace = tonumber(os.getenv("PACE") or "0")
local body = '{"username":"user%d","password":"' .. password .. '"}'
local threads = {}
good, put_off, bad = 0, 0, 0

function setup(thread) table.insert(threads, thread) end

function init()
  if pace > 0 then delay = function() return math.random(0, 2 * pace) end end
end

function request()
  next_user = next_user + 1
  local headers = {
    ["Content-Type"] = "application/json",
    ["X-Forwarded-For"] = string.format("10.%d.%d.%d", next_user / 65536 % 256, next_user / 256 % 256, next_user % 256),
  }
  return wrk.format("POST", "/login", headers, string.format(body, next_user % users))
end

function response(status, _, text)
  if status == 200 then
    good = good + 1
  elseif status == 503 then
    put_off = put_off + 1
  else
    bad = bad + 1
    if bad == 1 then io.stderr:write("refused: ", status, " ", text, "\n") end
  end
end

function done(summary, latency)
  local thread, errors = threads[1], summary.errors
  io.write(string.format(
    "RESULT good=%d put_off=%d bad=%d seconds=%.3f p50=%d p99=%d longest=%d\n",
    thread:get("good"), thread:get("put_off"),
    thread:get("bad") + errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency.max))
end
