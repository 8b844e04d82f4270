---@meta kling.webhook
--- Everything public of callbacks; goes on from ../meta.lua, and says things the same way. Never required.
--
-- A callback is a hint to look now, never the truth: whoever knows the URL can post to it, and behind CometAPI only the
-- service's own account could check a signature. So tasks are still looked at, every max_poll_interval at least, and a
-- job ends with what such a look has found.

---@class kling.Event what a callback says: a hint, until a status request has confirmed it
---@field task_id? string of the service that called; a gateway's own may differ
---@field external_task_id? string from a receiver always: it is in the path
---@field state "submitted"|"processing"|"succeeded"|"failed"
---@field status string the service's own word for it
---@field status_message? string the service's reason, when it failed
---@field created_at? number Unix seconds
---@field updated_at? number Unix seconds
---@field verified? boolean true: its signature fits, and what it says can be believed; nil: it was not signed for us
---@field repeated? boolean true: a signed callback with the same id came before; it has done nothing
---@field known? boolean whether the receiver's client follows the task, and looks at it now

---@class kling.VerifyOptions
---@field secrets string|string[] "whsec_..."; several while one is being replaced: any may fit
---@field tolerance? number seconds its time may be off; default 300
---@field now? fun(): number Unix seconds; default os.time
---@field seen? table an empty one at first, kept between calls: a callback whose id is in it is refused

---@class kling.ReceiverOptions
---@field url string https URL that leads to the program, without query; http:// to this machine, or with insecure_http
---@field key? string at least 16 bytes, signs the paths; default: random. Processes that take each other's callbacks, also after a restart, need the same one
---@field secrets? string|string[] as for verify, for who has the account's; default: callbacks are not verified
---@field tolerance? number as for verify
---@field now? fun(): number as for verify
---@field max_body? integer bytes; default 65536

---@class kling.webhook what `require "kling.webhook"` returns
local webhook = {}

--- Read a callback's body, of either generation. Believes everything; see `receiver`.
---@param body string
---@return kling.Event? event
---@return string? message
---@return kling.Failure? failure code: protocol
---
---     local event = assert(webhook.parse(body))
---     print(event.external_task_id, event.state)
function webhook.parse(body) end

--- Check a callback's signature (Standard Webhooks). Raises for wrong options.
---@param headers table names in any case; or lua-http's headers
---@param body string as it came
---@param options kling.VerifyOptions
---@return boolean? verified true
---@return string? message
---@return kling.Failure? failure code: auth
---
---     local seen = {} -- once for the program
---     assert(webhook.verify(headers, body, { secrets = os.getenv "WEBHOOK_SECRET", seen = seen }))
function webhook.verify(headers, body, options) end

--- Take the callbacks of a client's tasks. Raises for wrong options.
---@param client kling.Client
---@param options kling.ReceiverOptions
---@return kling.Receiver receiver
---
---     local receiver = webhook.receiver(client, { url = "https://me.example/kling/callback" })
---     local job = client:submit(receiver:request { video_url = "https://example.com/clip.mp4" })
---     -- and wherever POST /kling/callback/... arrives: receiver:receive(path, headers, body)
function webhook.receiver(client, options) end

---@class kling.Receiver
local Receiver = {}

--- A copy of a request for `submit` with an external_task_id (a new one when it has none) and a callback_url nobody can
--- guess. The client looks at its task only every max_poll_interval while no callback comes.
--- Raises for a request that has a callback_url.
---@param request kling.Request
---@return kling.Request request
---
---     local job = client:submit(receiver:request { video_url = "https://example.com/clip.mp4" })
function Receiver:request(request) end

--- Take a callback: check its path and, with secrets, its signature; let the client look at the task now. Never waits.
--- Answer the service 204, or `failure.http_status` (400, 401, 413).
---@param path string as it came, percent-encoded; what stands before its last two parts does not matter
---@param headers table names in any case; or lua-http's headers; read only with secrets
---@param body? string as it came; nil: too long to be read
---@return kling.Event? event
---@return string? message
---@return kling.Failure? failure codes: auth, protocol
---
---     local event, message, failure = receiver:receive(path, headers, body)
---     answer(event and 204 or failure.http_status)
function Receiver:receive(path, headers, body) end

--- The same for OpenResty's content_by_lua: reads the request and answers it. Another method than POST is answered 405.
---@return kling.Event? event
---@return string? message
---@return kling.Failure? failure codes: auth, protocol
---
---     location /kling/callback/ { content_by_lua_block { require("app").receiver:openresty() } }
function Receiver:openresty() end

--- The same for lua-http: an onstream function, which reads a request and answers it.
---@return fun(server: table, stream: table) onstream
---
---     http_server.listen { host = "127.0.0.1", port = 8080, onstream = receiver:lua_http() }
function Receiver:lua_http() end

return webhook
