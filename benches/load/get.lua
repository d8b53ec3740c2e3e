-- GET, with the header AUTHORIZATION or COOKIE if there is one, or with each line of TOKENS in turn as
-- the access token, or a POST of FORM.
local tokens, at, lines = os.getenv("TOKENS"), 0, {}
local form = os.getenv("FORM")

function init()
  wrk.headers["Authorization"] = os.getenv("AUTHORIZATION")
  wrk.headers["Cookie"] = os.getenv("COOKIE")
  if form then
    wrk.method, wrk.body = "POST", form
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  end
  if not tokens then return end
  for line in io.lines(tokens) do table.insert(lines, line) end
  request = function()
    at = at % #lines + 1
    return wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. lines[at] })
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "RESULT good=%d put_off=0 bad=%d seconds=%.3f p50=%d p99=%d longest=%d\n",
    summary.requests - errors.status, errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency.max))
end
