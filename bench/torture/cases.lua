--- The fault matrix: every fault of the emulator in every phase, under every `resolve`.

local M = {}

M.POLICIES = { "query", "resubmit", "never" }

--- Every fault the emulator has, at least once.
M.FAULTS = {
  { "status_500", { name = "status", status = 500 } },
  { "status_404", { name = "status", status = 404 } },
  { "status_429", { name = "status", status = 429 } },
  { "not_json", { name = "status", status = 200, body = "accepted" } },
  { "code_1000", { name = "service_code", code = 1000 } },
  { "code_1103", { name = "service_code", code = 1103 } },
  { "code_1201", { name = "service_code", code = 1201 } },
  { "code_1301", { name = "service_code", code = 1301 } },
  { "code_5000", { name = "service_code", code = 5000 } },
  { "code_5001", { name = "service_code", code = 5001 } },
  { "code_5002", { name = "service_code", code = 5002 } },
  { "too_fast", { name = "too_fast" } },
  { "too_many", { name = "too_many" } },
  { "account_exception", { name = "account_exception" } },
  { "arrears", { name = "arrears" } },
  { "no_balance", { name = "no_balance" } },
  { "ip_refused", { name = "ip_refused" } },
  { "html_502", { name = "html", status = 502 } },
  { "html_524", { name = "html", status = 524 } },
  { "html_200", { name = "html", status = 200 } },
  { "redirect", { name = "redirect", location = "http://127.0.0.1:9/" } },
  { "raw", { name = "raw", text = "mumble\r\n\r\n" } },
  { "drop_before", { name = "drop_before" } },
  { "drop_after", { name = "drop_after" } },
  { "delay", { name = "delay", seconds = 8 } },
  { "cut", { name = "cut", bytes = 10 } },
  { "reset", { name = "reset" } },
  { "reset_inside", { name = "reset", bytes = 10 } },
  { "stall", { name = "stall", seconds = 8 } },
  { "trickle", { name = "trickle", bytes = 100, seconds = 0.01 } },
  { "empty", { name = "empty" } },
  { "pad", { name = "pad" } },
  { "truncated_json", { name = "truncated_json" } },
  { "gzip", { name = "gzip" } },
  { "chunked", { name = "chunked" } },
  { "changed", { name = "changed" } },
  { "ignored_range", { name = "ignored_range" } },
  { "stale", { name = "stale", seconds = 60 } },
}

local function set(text)
  local found = {}
  for word in text:gmatch "%S+" do
    found[word] = true
  end
  return found
end

-- Answers in place of the service's after which the task may be there all the same.
local ACCEPTED =
  set "status_500 not_json code_5000 code_5001 code_5002 html_502 html_524 html_200 raw"

-- The task is there, and nothing was heard of it.
local UNHEARD = set "drop_after delay cut reset reset_inside empty truncated_json"

-- name, what it adds to the fault, which faults it is about (default: all), and what the gateway
-- does not know (default: it knows external ids, and has a list)
local PHASES = {
  { "create", {} },
  { "create, carried out", { accepted = true }, ACCEPTED },
  { "create, only a list", {}, UNHEARD, { "external_id_query_off" } },
  { "create, blind gateway", {}, UNHEARD, { "external_id_query_off", "list_off" } },
  { "create, blind gateway, not carried out", {}, set "drop_before",
    { "external_id_query_off", "list_off" } },
  { "ask", {} },
  { "ask, always", { forever = true } },
  { "query", {} },
  { "query, always", { forever = true } },
  { "list", {} },
  { "list, always", { forever = true } },
  { "download", {} },
  { "download, always", { forever = true } },
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

local function new_case(phase, fault, resolve)
  return {
    phase = phase[1], fault = fault[1], resolve = resolve, variants = phase[4] or {},
    script = merge(fault[2], phase[2]),
    name = ("%s: %s, %s"):format(phase[1], fault[1], resolve),
  }
end

-- HTTP/2 has no bytes of its own to be sent.
local function is_possible(fault, transport)
  return fault ~= "raw" or transport == "HTTP/1.1"
end

--- Every case over one transport: `{ name, phase, fault, resolve, script, variants }`.
function M.all(transport)
  local cases = {}
  for _, phase in ipairs(PHASES) do
    for _, fault in ipairs(M.FAULTS) do
      local wanted = not phase[3] or phase[3][fault[1]]
      if wanted and is_possible(fault[1], transport) then
        for _, resolve in ipairs(M.POLICIES) do
          cases[#cases + 1] = new_case(phase, fault, resolve)
        end
      end
    end
  end
  return cases
end

return M
