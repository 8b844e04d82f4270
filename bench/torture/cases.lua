--- The fault matrix: every fault of the emulator in every phase, under every `resolve`.

local M = {}

M.POLICIES = { "query", "resubmit", "never" }

-- Every fault the emulator has, at least once; those that answer in place of the service also so
-- that the service has carried the request out before (`accepted`).
M.FAULTS = {
  { "500, nothing", { name = "status", status = 500 } },
  { "404, nothing", { name = "status", status = 404 } },
  { "200, not JSON", { name = "status", status = 200, body = "accepted" } },
  { "code 1000", { name = "service_code", code = 1000 } },
  { "code 1103", { name = "service_code", code = 1103 } },
  { "code 1201", { name = "service_code", code = 1201 } },
  { "code 1301", { name = "service_code", code = 1301 } },
  { "code 5000", { name = "service_code", code = 5000 } },
  { "code 5001", { name = "service_code", code = 5001 } },
  { "code 5002", { name = "service_code", code = 5002 } },
  { "too_fast", { name = "too_fast" } },
  { "too_many", { name = "too_many" } },
  { "account_exception", { name = "account_exception" } },
  { "arrears", { name = "arrears" } },
  { "no_balance", { name = "no_balance" } },
  { "ip_refused", { name = "ip_refused" } },
  { "html 502", { name = "html", status = 502 } },
  { "html 524", { name = "html", status = 524 } },
  { "html 200", { name = "html", status = 200 } },
  { "redirect", { name = "redirect", location = "http://127.0.0.1:9/" } },
  { "raw", { name = "raw", text = "mumble\r\n\r\n" } },
  { "drop_before", { name = "drop_before" } },
  { "drop_after", { name = "drop_after" } },
  { "delay", { name = "delay", seconds = 3 } },
  { "cut", { name = "cut", bytes = 10 } },
  { "reset", { name = "reset" } },
  { "reset in the body", { name = "reset", bytes = 10 } },
  { "trickle", { name = "trickle", bytes = 100, seconds = 0.01 } },
  { "empty", { name = "empty" } },
  { "pad", { name = "pad" } },
  { "truncated_json", { name = "truncated_json" } },
  { "gzip", { name = "gzip" } },
  { "chunked", { name = "chunked" } },
  { "stale", { name = "stale", seconds = 60 } },
}

-- Answers in place of the service's after which the task may be there all the same.
local ACCEPTED = {
  ["500, nothing"] = true, ["200, not JSON"] = true, ["code 5000"] = true, ["code 5001"] = true,
  ["code 5002"] = true, ["html 502"] = true, ["html 524"] = true, ["html 200"] = true,
  ["raw"] = true,
}

local function merge(script, extra)
  local merged = {}
  for _, source in ipairs { script, extra } do
    for name, value in pairs(source) do
      merged[name] = value
    end
  end
  return merged
end

-- name, what it adds to the fault, and which faults it is about (default: all)
local PHASES = {
  { "create", {} },
  { "create, carried out", { accepted = true }, ACCEPTED },
  { "ask", {} },
  { "ask, always", { forever = true } },
  { "query", {} },
  { "query, always", { forever = true } },
  { "list", {} },
  { "list, always", { forever = true } },
  { "download", {} },
  { "download, always", { forever = true } },
}

-- HTTP/2 has no bytes of its own to be sent.
local function is_possible(fault, transport)
  return fault ~= "raw" or transport == "HTTP/1.1"
end

--- Every case over one transport: `{ phase, fault, resolve, script, name }`.
function M.all(transport)
  local cases = {}
  for _, phase in ipairs(PHASES) do
    for _, fault in ipairs(M.FAULTS) do
      for _, resolve in ipairs(M.POLICIES) do
        local wanted = not phase[3] or phase[3][fault[1]]
        if wanted and is_possible(fault[1], transport) then
          cases[#cases + 1] = {
            phase = phase[1], fault = fault[1], resolve = resolve,
            script = merge(fault[2], phase[2]),
            name = ("%s: %s, %s"):format(phase[1], fault[1], resolve),
          }
        end
      end
    end
  end
  return cases
end

return M
