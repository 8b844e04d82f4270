--- What the reply reader must find in each fixture that is no task: fixture -> operation -> facts.
-- A fact that is not named must be absent. The same reply may mean one thing to a create and
-- another to a query: a create that was refused is over, a query can be asked again.

local REQUEST = "9ab376fc-9059-487f-9e2a-c9c89f1a344f"
local PLATFORM_REQUEST = "20260428140923501234567AbCdEfGh"
local TASK = "878106242831892487"
local TAKEN = "External_task_id 5f0c1b1e-7b0a-4f4e-9d55-2f6e0c1a9b10 already exists"
local CONTENT = "Triggered the content security policy"
local PARALLEL = "parallel task over resource pack limit"
local INVALID_URL = ("Invalid URL (GET /v1/audio/video-to-audio/%s)"):format(TASK)
local NOT_FOUND = "Task not found by id/external id: " .. TASK
local LIMITED = "too many requests"
-- The relay's fixed sentences: request to upstream failed; upstream is saturated, try later.
local MASKED = "请求上游地址失败"
local SATURATED = "当前分组上游负载已饱和，请稍后再试"

local function always(facts)
  return { create = facts, query = facts, list = facts }
end

local function relay_reply(code, verdict, service_code, service_message)
  return {
    kind = "error",
    code = code,
    verdict = verdict,
    service_code = service_code,
    service_message = service_message,
  }
end

local function kling_reply(...)
  local facts = relay_reply(...)
  facts.request_id = REQUEST
  return facts
end

-- CometAPI has its request id only in the words; support asks for it, so it is taken from there.
local function platform_reply(code, verdict, message, service_code)
  local words = ("%s (request id: %s)"):format(message, PLATFORM_REQUEST)
  local facts = relay_reply(code, verdict, service_code, words)
  facts.request_id = PLATFORM_REQUEST
  return facts
end

local function kling(...)
  return always(kling_reply(...))
end

local function platform(...)
  return always(platform_reply(...))
end

local function relay(...)
  return always(relay_reply(...))
end

local function opaque(code, verdict)
  return { kind = "unreadable", code = code, verdict = verdict }
end

local function unreadable(code, verdict)
  return always(opaque(code, verdict))
end

local function elsewhere()
  return { create = opaque("protocol", "refused"), query = opaque("protocol", "trouble") }
end

return {
  ["error-1000"] = kling("auth", "refused", "1000", "Authentication failed"),
  ["error-1001"] = kling("auth", "refused", "1001", "Authorization is empty"),
  ["error-1002"] = kling(
    "auth",
    "refused",
    "1002",
    "Authorization is invalid: the token has 0 of 3 parts"
  ),
  ["error-1003"] = kling("auth", "refused", "1003", "Authorization is not yet valid"),
  ["error-1004"] = kling("auth", "refused", "1004", "Authorization has expired"),
  ["error-1100"] = kling("quota", "refused", "1100", "Account exception"),
  ["error-1101"] = kling("quota", "refused", "1101", "Account in arrears"),
  ["error-1102"] = kling("quota", "refused", "1102", "Account balance not enough"),
  ["error-1103"] = kling("auth", "refused", "1103", "No access to the requested resource"),
  ["error-1200"] = kling("rejected", "refused", "1200", "Request parameters are invalid"),
  ["error-1201"] = kling("rejected", "refused", "1201", "video_url: the value is invalid"),
  ["error-1202"] = kling("rejected", "refused", "1202", "The requested method is invalid"),
  ["error-1203"] = {
    create = kling_reply("rejected", "refused", "1203", "The requested resource does not exist"),
    query = kling_reply("not_found", "missing", "1203", "The requested resource does not exist"),
  },
  ["error-1300"] = kling("policy", "refused", "1300", "Triggered the platform policy"),
  ["error-1301"] = kling("policy", "refused", "1301", CONTENT),
  ["error-1302"] = kling("rate_limited", "busy", "1302", "Too many requests"),
  ["error-1302-retry-after"] = kling("rate_limited", "busy", "1302", "Too many requests"),
  ["error-1302-as-text"] = kling("rate_limited", "busy", "1302", "Too many requests"),
  ["error-1303"] = kling("rate_limited", "busy", "1303", PARALLEL),
  ["error-1303-status-200"] = kling("rate_limited", "busy", "1303", PARALLEL),
  ["error-1304"] = kling("auth", "refused", "1304", "The IP address is not on the whitelist"),
  ["error-5000"] = kling("unavailable", "trouble", "5000", "Internal error"),
  ["error-5001"] = kling("unavailable", "trouble", "5001", "Temporarily unavailable"),
  ["error-5002"] = kling("unavailable", "trouble", "5002", "Internal timeout"),
  ["error-unknown-code-200"] = relay("rejected", "refused", "123", "<string>"),
  ["error-unknown-code-400"] = kling("rejected", "refused", "1999", "Something new"),
  ["error-unknown-code-500"] = kling("unavailable", "trouble", "5999", "Something new"),
  ["error-not-found-1201"] = {
    query = kling_reply("not_found", "missing", "1201", NOT_FOUND),
  },
  ["error-task-not-exist"] = {
    query = relay_reply("not_found", "missing", "task_not_exist", "task_not_exist"),
  },
  ["error-external-id-exists"] = {
    create = kling_reply("rejected", "exists", "1201", TAKEN),
  },

  -- What a create did not find is what the request named (a voice, a video), not the task.
  ["error-nested-1201"] = {
    create = kling_reply("rejected", "refused", "1201", "Voice id not found"),
    query = kling_reply("not_found", "missing", "1201", "Voice id not found"),
  },
  ["error-nested-1301"] = kling("policy", "refused", "1301", CONTENT),
  ["error-nested-status-200"] = kling("quota", "refused", "1101", "Account in arrears"),
  ["error-code-in-data"] = kling("rate_limited", "busy", "1303", PARALLEL),
  ["error-code-in-error"] = relay("policy", "refused", "1301", CONTENT),

  ["error-comet-400"] = platform(
    "rejected",
    "refused",
    "model name is required",
    "invalid_request"
  ),
  ["error-comet-401"] = platform("auth", "refused", "invalid token"),
  ["error-comet-402"] = platform("quota", "refused", "insufficient balance"),
  ["error-comet-403"] = platform("auth", "refused", "access denied"),
  ["error-comet-413"] = platform("rejected", "refused", "request body too large"),
  ["error-comet-422"] = platform("rejected", "refused", "unprocessable"),
  ["error-comet-429"] = {
    create = platform_reply("rate_limited", "busy", LIMITED),
    query = platform_reply("rate_limited", "trouble", LIMITED),
  },
  ["error-comet-429-date"] = {
    create = platform_reply("rate_limited", "busy", LIMITED),
    query = platform_reply("rate_limited", "trouble", LIMITED),
  },
  ["error-comet-500"] = platform("unavailable", "trouble", "internal server error"),
  ["error-comet-500-invalid-request"] = platform(
    "rejected",
    "refused",
    "invalid request",
    "invalid_request"
  ),
  ["error-comet-503"] = platform("unavailable", "trouble", "service overloaded"),
  ["error-comet-504"] = platform("unavailable", "trouble", "upstream timeout"),
  ["error-comet-older"] = relay("auth", "refused", nil, "invalid token"),
  ["error-model-not-found"] = platform(
    "rejected",
    "refused",
    "no available channel for this model",
    "model_not_found"
  ),
  ["error-unsupported-relay-mode"] = platform("rejected", "refused", "unsupported relay mode"),
  ["error-invalid-model-name"] = platform("rejected", "refused", "invalid model name"),

  ["error-new-api-auth"] = platform("auth", "refused", "invalid token"),
  ["error-invalid-request"] = relay(
    "rejected",
    "refused",
    "invalid_request",
    "video_url is required"
  ),
  ["error-invalid-api-platform"] = relay(
    "rejected",
    "refused",
    "invalid_api_platform",
    "invalid api platform: 0"
  ),
  ["error-model-price-error"] = relay(
    "rejected",
    "refused",
    "model_price_error",
    "no price for this model"
  ),
  ["error-task-failed"] = relay(
    "rejected",
    "refused",
    "task_failed",
    "the upstream refused the task"
  ),
  ["error-do-request-failed"] = relay("unavailable", "trouble", "do_request_failed", MASKED),
  ["error-get-channel-failed"] = relay(
    "unavailable",
    "trouble",
    "get_channel_failed",
    "no channel available"
  ),
  ["error-fail-to-fetch-task"] = kling("rate_limited", "busy", "1303", PARALLEL),
  ["error-fail-to-fetch-task-exists"] = {
    create = kling_reply("rejected", "exists", "1201", TAKEN),
  },
  ["error-fail-to-fetch-task-masked"] = relay(
    "unavailable",
    "trouble",
    "fail_to_fetch_task",
    MASKED
  ),
  ["error-fail-to-fetch-task-html"] = relay(
    "unavailable",
    "trouble",
    "fail_to_fetch_task",
    "<html><head><title>502 Bad Gateway</title>"
  ),
  ["error-saturated"] = {
    create = relay_reply("rate_limited", "busy", "fail_to_fetch_task", SATURATED),
    query = relay_reply("rate_limited", "trouble", "fail_to_fetch_task", SATURATED),
  },

  -- A box on the way may redirect a query, or answer it with a page; that comes right by itself.
  ["error-301"] = elsewhere(),
  ["error-307-empty"] = elsewhere(),
  ["error-200-html"] = unreadable("protocol", "trouble"),
  ["error-404-html"] = elsewhere(),
  -- A route nobody knows is not a task nobody knows: base_url is wrong.
  ["error-invalid-url"] = {
    create = relay_reply("protocol", "refused", nil, INVALID_URL),
    query = relay_reply("protocol", "refused", nil, INVALID_URL),
  },
  ["error-200-empty"] = unreadable("protocol", "trouble"),
  ["error-200-array"] = unreadable("protocol", "trouble"),
  ["error-200-truncated"] = unreadable("protocol", "trouble"),
  ["error-200-cut"] = unreadable("protocol", "trouble"),
  ["error-200-cut-chunked"] = unreadable("protocol", "trouble"),
  ["error-400-empty"] = {
    create = opaque("rejected", "refused"),
    query = opaque("protocol", "trouble"),
  },
  ["error-403-html"] = {
    create = opaque("auth", "refused"),
    query = opaque("auth", "trouble"),
  },
  ["error-408-html"] = unreadable("timeout", "trouble"),
  ["error-500-truncated"] = unreadable("unavailable", "trouble"),
  ["error-502-html"] = unreadable("unavailable", "trouble"),
  ["error-503-empty"] = unreadable("unavailable", "trouble"),
  ["error-524-html"] = unreadable("unavailable", "trouble"),
  ["error-gzip"] = platform("unavailable", "trouble", "internal server error"),
}
