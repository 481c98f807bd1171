-- What wrk of script/bench sends and prints: one line with requests, microseconds, bytes, p50, p99, p99.9, errors.
-- Arguments: bytes of a body to POST (0: GET), and whether each request has a connection of its own (1 or 0).
function init(arguments)
    if tonumber(arguments[1]) > 0 then
        wrk.method = "POST"
        wrk.body = string.rep("x", tonumber(arguments[1]))
        wrk.headers["Content-Type"] = "application/octet-stream"
    end
    if arguments[2] == "1" then
        wrk.headers["Connection"] = "close"
    end
end

function done(summary, latency)
    local e = summary.errors
    io.write(string.format("result %d %d %.0f %d %d %d %d\n", summary.requests, summary.duration, summary.bytes,
        latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
        e.connect + e.read + e.write + e.timeout + e.status))
end
