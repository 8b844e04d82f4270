--- Signatures of callbacks: the published vector, rotation, time, replays, forgeries.

local webhook = require "kling.webhook"
local signature = require "kling.webhook.signature"

-- Source: K-docs (docs/contract.md, section 4.3).
local SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
local AT = 1781080794
local ID = "9876543210"
local BODY = '{"id":"1234567890","status":"succeeded","message":"",'
  .. '"create_time":1781080778802,"update_time":1781080794151}'
local SIGNATURE = "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="

local OTHER = "whsec_bm90IHRoZSBvbmUgdGhhdCBzaWduZWQ="

local function headers(changed)
  local made = {
    ["webhook-id"] = ID, ["webhook-timestamp"] = tostring(AT), ["webhook-signature"] = SIGNATURE,
  }
  for name, value in pairs(changed or {}) do
    made[name] = value or nil
  end
  return made
end

local function options(changed)
  local made = {
    secrets = SECRET,
    now = function()
      return AT
    end,
  }
  for name, value in pairs(changed or {}) do
    made[name] = value
  end
  return made
end

local function assert_refused(pattern, ...)
  local verified, message, failure = webhook.verify(...)
  assert.is_nil(verified)
  assert.matches(pattern, message)
  assert.same({ "auth", "receive", 401, message, false, "may-exist", "maybe" },
    { failure.code, failure.operation, failure.http_status, tostring(failure), failure.retryable,
      failure.task_state, failure.billed })
  assert.is_string(failure.hint)
end

local function at(seconds)
  return { now = function()
    return AT + seconds
  end }
end

describe("a signature", function()
  it("is made as published", function()
    assert.equal(SIGNATURE, signature.sign(SECRET, ID, tostring(AT), BODY))
  end)

  it("fits as published", function()
    assert.is_true(webhook.verify(headers(), BODY, options()))
  end)

  it("is found whatever the case of the headers' names, and in lua-http's headers", function()
    local shouted = { ["Webhook-Id"] = ID, ["WEBHOOK-TIMESTAMP"] = tostring(AT),
      ["Webhook-Signature"] = SIGNATURE }
    assert.is_true(webhook.verify(shouted, BODY, options()))
    local of_http = require("http.headers").new()
    for name, value in pairs(headers()) do
      of_http:append(name, value)
    end
    assert.is_true(webhook.verify(of_http, BODY, options()))
  end)

  it("is one of several, made with one of several secrets", function()
    local several = headers { ["webhook-signature"] = "v1a,x " .. SIGNATURE .. " v1,AAAA" }
    assert.is_true(webhook.verify(several, BODY, options { secrets = { OTHER, SECRET } }))
    assert.is_true(webhook.verify(several, BODY, options { secrets = { SECRET, OTHER } }))
  end)

  it("does not fit with another secret, id, time, body or version", function()
    assert_refused("does not fit", headers(), BODY, options { secrets = OTHER })
    assert_refused("does not fit", headers { ["webhook-id"] = "9876543211" }, BODY, options())
    assert_refused("does not fit", headers { ["webhook-timestamp"] = tostring(AT - 1) }, BODY,
      options())
    assert_refused("does not fit", headers(), BODY .. " ", options())
    assert_refused("does not fit", headers { ["webhook-signature"] = SIGNATURE:gsub("v1", "v2") },
      BODY, options())
    assert_refused("does not fit", headers { ["webhook-signature"] = SIGNATURE:sub(1, -2) }, BODY,
      options())
    assert_refused("does not fit", headers { ["webhook-signature"] = "" }, BODY, options())
  end)

  for _, name in ipairs { "webhook-id", "webhook-timestamp", "webhook-signature" } do
    it("is needed whole: with " .. name, function()
      assert_refused("not signed", headers { [name] = false }, BODY, options())
      assert_refused("not signed", headers { [name] = { "a", "b" } }, BODY, options())
    end)
  end

  it("is good for five minutes in either direction", function()
    for _, seconds in ipairs { -300, -1, 299, 300 } do
      assert.is_true(webhook.verify(headers(), BODY, options(at(seconds))))
    end
    for _, seconds in ipairs { -301, 301, 86400 } do
      assert_refused("too far off", headers(), BODY, options(at(seconds)))
    end
  end)

  it("is good for as long as one says", function()
    local short = options(at(11))
    short.tolerance = 10
    assert_refused("too far off", headers(), BODY, short)
  end)

  it("needs a time that is one", function()
    for _, text in ipairs { "", "now", "-1781080794", "1781080794.5", "0x6A29", "1e9",
      ("9"):rep(400) } do
      assert_refused("too far off", headers { ["webhook-timestamp"] = text }, BODY, options())
    end
  end)

  it("is refused the second time, where one keeps what was seen", function()
    local seen = {}
    assert.is_true(webhook.verify(headers(), BODY, options { seen = seen }))
    assert_refused("came before", headers(), BODY, options { seen = seen })
    assert.is_true(webhook.verify(headers(), BODY, options()))
    assert.is_true(webhook.verify(headers(), BODY, options { seen = {} }))
  end)

  it("is not remembered when it does not fit", function()
    local seen = {}
    assert_refused("does not fit", headers(), BODY .. " ", options { seen = seen })
    assert.is_true(webhook.verify(headers(), BODY, options { seen = seen }))
  end)

  it("is remembered among many, in a memory that does not grow for ever", function()
    local seen = {}
    for i = 1, 45000 do
      assert.is_false(signature.is_repeated(seen, "id" .. i))
    end
    assert.is_true(signature.is_repeated(seen, "id45000"))
    assert.is_true(signature.is_repeated(seen, "id35001"))
    local kept = 0
    for _, generation in ipairs { seen.young, seen.old } do
      for _ in pairs(generation) do
        kept = kept + 1
      end
    end
    assert.is_true(kept >= 10000 and kept <= 20000, kept)
  end)

  it("says nothing of the secret when it does not fit", function()
    local _, message, failure = webhook.verify(headers(), "", options())
    assert.not_matches(SECRET:sub(7, 20), message .. failure.hint, 1, true)
  end)
end)

describe("webhook.verify", function()
  local wrong = {
    ["secrets expected"] = {},
    ["whsec_%.%.%. expected"] = { secrets = "secret" },
    ["secrets: whsec_"] = { secrets = { SECRET, "whsec_" } },
    ["secrets: whsec_%.%.%. exp"] = { secrets = "whsec_not base64" },
    ["at least one secret"] = { secrets = {} },
    ["did you mean 'secrets'"] = { secret = SECRET },
    ["at least 0"] = { secrets = SECRET, tolerance = -1 },
    ["now: function expected"] = { secrets = SECRET, now = 5 },
  }
  for pattern, given in pairs(wrong) do
    it("raises: " .. pattern, function()
      local fine, message = pcall(function()
        local verified = webhook.verify(headers(), BODY, given)
        return verified
      end)
      assert.is_false(fine)
      assert.matches("signature_spec.lua:%d+: ", message)
      assert.matches(pattern, message)
    end)
  end
end)
