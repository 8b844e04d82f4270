--- How every case of the fault matrix ends: the failure's code, what it says of the task and of the
-- bill, whether to try again, and the bills in the ledger. See bench/torture/cases.lua.
--
-- A phase is a list of outcomes, each with its faults. One that depends on `resolve` is a table.

local ONCE, NONE = "ok, 1 billed", "ok, 0 billed"
local UNKNOWN = "%s may-exist maybe final, %d billed"

-- The task was made and nobody heard: asking finds it.
local function made(code)
  return { query = ONCE, resubmit = ONCE, never = UNKNOWN:format(code, 1) }
end

-- Nothing was made; only a second create can tell.
local function not_made(code)
  local unknown = UNKNOWN:format(code, 0)
  return { query = unknown, resubmit = ONCE, never = unknown }
end

-- Asking is of no use, and the create is not sent again for want of an answer.
local function unknown(code, bills)
  return UNKNOWN:format(code, bills)
end

-- While the task is asked for: `never` does not ask.
local function asked(outcome)
  return { query = outcome, resubmit = outcome, never = UNKNOWN:format("network", 1) }
end

local function refused(code)
  return code .. " not-created no final, 0 billed"
end

local function ended(code)
  return code .. " exists yes final, 1 billed"
end

local function in_vain(code)
  return code .. " exists yes retryable, 1 billed"
end

local function unlisted(code, retryable)
  return ("%s not-created no %s, 0 billed"):format(code, retryable or "retryable")
end

local M = {}

M["create"] = {
  { ONCE, "status_429 too_fast too_many trickle pad gzip chunked changed ignored_range stale" },
  { made "network", "drop_after cut reset reset_inside" },
  { made "timeout", "delay stall" },
  { made "protocol", "empty truncated_json" },
  { not_made "unavailable", "status_500 code_5000 code_5001 code_5002 html_502 html_524" },
  { not_made "protocol", "not_json html_200 raw" },
  { not_made "network", "drop_before" },
  { refused "auth", "code_1000 code_1103 ip_refused" },
  { refused "quota", "account_exception arrears no_balance" },
  { refused "rejected", "code_1201" },
  { refused "policy", "code_1301" },
  { refused "protocol", "status_404 redirect" },
}

M["create, carried out"] = {
  { made "unavailable", "status_500 code_5000 code_5001 code_5002 html_502 html_524" },
  { made "protocol", "not_json html_200 raw" },
}

M["create, only a list"] = {
  { made "network", "drop_after cut reset reset_inside" },
  { made "timeout", "delay" },
  { made "protocol", "empty truncated_json" },
}

M["create, blind gateway"] = {
  { unknown("network", 1), "drop_after cut reset reset_inside" },
  { unknown("timeout", 1), "delay" },
  { unknown("protocol", 1), "empty truncated_json" },
}

M["create, blind gateway, not carried out"] = {
  { unknown("network", 0), "drop_before" },
}

M["ask"] = {
  { asked(ONCE), [[status_500 status_404 not_json code_1201 code_1301 code_5000 code_5001
    code_5002 too_fast too_many html_502 html_524 html_200 redirect raw drop_before drop_after
    delay cut reset reset_inside stall trickle empty pad truncated_json gzip chunked changed
    ignored_range stale status_429]] },
  { asked(unknown("auth", 1)), "code_1000 code_1103 ip_refused" },
  { asked(unknown("quota", 1)), "account_exception arrears no_balance" },
}

-- What is answered at all makes it look into the list; what is not may be the whole network.
M["ask, always"] = {
  { asked(ONCE), [[status_500 status_404 not_json code_1201 code_1301 code_5000 code_5001
    code_5002 too_fast too_many html_502 html_524 html_200 redirect trickle empty pad
    truncated_json gzip chunked changed ignored_range stale status_429]] },
  { asked "timeout may-exist maybe retryable, 1 billed",
    "raw drop_before drop_after delay cut reset reset_inside stall" },
  { asked(unknown("auth", 1)), "code_1000 code_1103 ip_refused" },
  { asked(unknown("quota", 1)), "account_exception arrears no_balance" },
}

M["query"] = {
  { ONCE, [[status_500 status_404 not_json code_1201 code_1301 code_5000 code_5001 code_5002
    too_fast too_many html_502 html_524 html_200 redirect raw drop_before drop_after delay cut
    reset reset_inside stall trickle empty pad truncated_json gzip chunked changed
    ignored_range stale status_429]] },
  { ended "auth", "code_1000 code_1103 ip_refused" },
  { ended "quota", "account_exception arrears no_balance" },
}

M["query, always"] = {
  { ONCE, "trickle pad gzip chunked changed ignored_range" },
  { in_vain "timeout", [[status_500 status_404 not_json code_1201 code_1301 code_5000 code_5001
    code_5002 too_fast too_many html_502 html_524 html_200 redirect raw drop_before drop_after
    delay cut reset reset_inside stall empty truncated_json stale status_429]] },
  { ended "auth", "code_1000 code_1103 ip_refused" },
  { ended "quota", "account_exception arrears no_balance" },
}

-- One request, tried once.
M["list"] = {
  { NONE, "trickle pad gzip chunked changed ignored_range stale" },
  { unlisted "unavailable", "status_500 code_5000 code_5001 code_5002 html_502 html_524" },
  { unlisted "protocol", "status_404 not_json html_200 redirect raw empty truncated_json" },
  { unlisted "rate_limited", "status_429 too_fast too_many" },
  { unlisted "network", "drop_before drop_after cut reset reset_inside" },
  { unlisted "timeout", "delay stall" },
  { unlisted("auth", "final"), "code_1000 code_1103 ip_refused" },
  { unlisted("quota", "final"), "account_exception arrears no_balance" },
  { unlisted("rejected", "final"), "code_1201" },
  { unlisted("policy", "final"), "code_1301" },
}

M["list, always"] = M["list"]

-- Nobody can know of bytes behind the sound, or of another version of it, that they are wrong.
local OTHER = "ok, but not what the service has, 1 billed"

M["download"] = {
  { ONCE, [[status_500 status_404 not_json code_1000 code_1103 code_5000 code_5001 code_5002
    too_fast too_many account_exception arrears no_balance ip_refused html_502 html_524
    html_200 drop_before drop_after delay cut reset reset_inside stall trickle empty
    truncated_json gzip chunked ignored_range stale status_429]] },
  { OTHER, "pad changed" },
  { ended "protocol", "code_1201 code_1301 raw" },
  { ended "policy", "redirect" },
}

M["download, always"] = {
  { ONCE, "trickle gzip chunked ignored_range stale" },
  { OTHER, "pad changed" },
  { in_vain "timeout", [[status_500 status_429 code_5000 code_5001 code_5002 too_fast too_many
    account_exception arrears no_balance ip_refused html_502 html_524 drop_before drop_after
    delay cut reset reset_inside stall]] },
  { ended "expired", "status_404 code_1000 code_1103" },
  { ended "protocol", "not_json code_1201 code_1301 html_200 raw empty truncated_json" },
  { ended "policy", "redirect" },
}

--- What is expected of a case (see bench/torture/cases.lua); nil when nobody has said.
function M.of(case)
  for _, row in ipairs(M[case.phase]) do
    for fault in row[2]:gmatch "%S+" do
      if fault == case.fault then
        return type(row[1]) == "table" and row[1][case.resolve] or row[1]
      end
    end
  end
end

return M
