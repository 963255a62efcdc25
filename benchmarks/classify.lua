-- For wrk: posts the lines of the file TXCAT_BODIES one after the other, with the key TXCAT_KEY.
local bodies = {}
local position = 0
local headers = {
  ["Authorization"] = "Api-Key " .. os.getenv("TXCAT_KEY"),
  ["Content-Type"] = "application/json",
}

function init()
  for line in io.lines(os.getenv("TXCAT_BODIES")) do
    bodies[#bodies + 1] = line
  end
end

function request()
  position = position % #bodies + 1
  return wrk.format("POST", "/api/v1/classify", headers, bodies[position])
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    'RESULT {"seconds": %f, "requests": %d, "errors": %d, "p50_ms": %f, "p99_ms": %f}\n',
    summary.duration / 1e6, summary.requests, failed,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000
  ))
end
