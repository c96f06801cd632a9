-- The requests in turn (none: plain GETs), and the figures as one JSON object.
local requests = {}
local at = 0

init = function()
  requests = { --REQUESTS-- }
end

request = function()
  if #requests == 0 then
    return wrk.request and wrk.format("GET") or wrk.format("GET")
  end
  at = at % #requests + 1
  return requests[at]
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "per_second": %f, "p50_ms": %f, "p99_ms": %f, "errors": %d}\n',
    summary.requests, summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
