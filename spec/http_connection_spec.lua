--- Connections: TLS and whom it trusts, time-outs, proxies.

local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local pkey = require "openssl.pkey"
local socket = require "cqueues.socket"
local x509 = require "openssl.x509"
local x509_name = require "openssl.x509.name"

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local gateway = require "bench.torture.gateway"
local quick = require "spec.support.quick"
local raw_server = require "spec.support.raw_server"

local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE

describe("a connection", function()
  local server

  setup(function()
    server = emulator.start { clock = "manual", tls = true }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
  end)

  after_each(quick.close_all)

  it("is HTTP/2 where that is offered and the ca vouches for it", function()
    local client = quick.client(server)
    assert(client:list())
    assert.equal(2, quick.logged(server, "list")[1].version)
  end)

  -- An authority of this name, with a key of its own.
  local function write_other_ca(common_name)
    local key = pkey.new { type = "EC", curve = "prime256v1" }
    local name, crt = x509_name.new(), x509.new()
    name:add("CN", common_name)
    crt:setVersion(3)
    crt:setSubject(name)
    crt:setIssuer(name)
    crt:setLifetime(os.time() - 3600, os.time() + 3600)
    crt:setPublicKey(key)
    crt:setBasicConstraints { CA = true }
    crt:sign(key)
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(crt:toPEM())
    file:close()
    return path
  end

  for name, options in pairs {
    ["without the ca"] = { ca = false },
    ["with a folder that lacks it"] = { ca = false, ca_path = "spec" },
    ["with another ca"] = { ca = "somebody else" },
    ["with a ca of the same name"] = { ca = "kling emulator CA" },
  } do
    it("to a server that is not trusted " .. name .. " ends at once and says why", function()
      local path = options.ca and write_other_ca(options.ca)
      finally(function()
        os.remove(path or "")
      end)
      local client = quick.client(server, { ca = path or false, ca_path = options.ca_path })
      local failure = quick.failure(client, client:submit(CLIP))
      assert.same({ "network", "not-created", "no", false, 1 }, { failure.code,
        failure.task_state, failure.billed, failure.retryable, #failure.attempts })
      assert.matches("certificate", failure.message)
      assert.matches("%f[%w]ca%f[%W]", failure.hint)
      local tasks, _, why = client:list()
      assert.is_nil(tasks)
      assert.same({ "network", false, failure.hint }, { why.code, why.retryable, why.hint })
      assert.equal(0, #server:log())
    end)
  end

  it("with a ca file that is not there ends at once", function()
    local client = quick.client(server, { ca = "/nonexistent/ca.pem" })
    local failure = quick.failure(client, client:submit(CLIP))
    assert.same({ "network", "not-created", false, 1 },
      { failure.code, failure.task_state, failure.retryable, #failure.attempts })
    assert.matches("%f[%w]ca%f[%W]", failure.hint)
  end)

  it("is not offered below TLS 1.2", function()
    local hello
    local raw = raw_server.start(function(connection)
      local head = connection:xread(5, "bn", PATIENCE)
      hello = connection:xread(head:byte(4) * 256 + head:byte(5), "bn", PATIENCE)
    end, "https")
    local client = quick.client(raw, { loop = raw.loop, submit_timeout = 0 })
    assert.equal("network", quick.failure(client, client:submit(CLIP)).code)
    -- supported_versions: extension 43, then two lengths (RFC 8446, 4.2.1)
    local at = assert(hello:find("\0\43\0", 1, true))
    local count = hello:byte(at + 4)
    assert.is_true(count >= 2)
    for i = at + 5, at + 4 + count, 2 do
      assert.is_true(hello:byte(i) == 3 and hello:byte(i + 1) >= 3)
    end
    client:close()
    raw:stop()
  end)

  it("ends with connect_timeout when TLS does not come about, and is tried again", function()
    local raw = raw_server.start(function()
      cqueues.sleep(PATIENCE)
    end, "https")
    local client = quick.client(raw,
      { loop = raw.loop, connect_timeout = 0.1, submit_timeout = 1.2 })
    local failure = quick.failure(client, client:submit(CLIP))
    assert.same({ "timeout", "not-created", "no" },
      { failure.code, failure.task_state, failure.billed })
    assert.is_true(#failure.attempts > 1)
    assert.equal(raw.connections, #failure.attempts)
    client:close()
    raw:stop()
  end)

  it("that is accepted and then silent ends with request_timeout", function()
    local raw = raw_server.start(function(connection)
      raw_server.read_request(connection)
      cqueues.sleep(PATIENCE)
    end)
    local options = { loop = raw.loop, request_timeout = 0.2, resolve = "never" }
    local client = quick.client(raw, options)
    local failure = quick.failure(client, client:submit(CLIP))
    assert.same({ "timeout", "may-exist", "maybe" },
      { failure.code, failure.task_state, failure.billed })
    assert.equal(1, raw.connections)
    client:close()
    raw:stop()
  end)
end)

for version, has_http2 in pairs { ["HTTP/2"] = true, ["HTTP/1.1"] = false } do
  describe("a connection of " .. version .. " that is gone", function()
    local function check(cut)
      local server = emulator.start { tls = true, http2 = has_http2, clock = "manual" }
      local cq = cqueues.new()
      local way = gateway.open(cq, tonumber(server.url:match ":(%d+)$"))
      local client = quick.client({ url = "https://127.0.0.1:" .. way.port, ca = server.ca }, {
        loop = "cqueues", connect_timeout = 0.2, request_timeout = 10 * PATIENCE,
      })
      local job = client:submit(CLIP)
      local function poll_until(is_so)
        local deadline = core.now() + PATIENCE
        repeat
          cqueues.sleep(0.01)
          local state, info = client:poll(job)
        until is_so(state, info) or core.now() > deadline
        return is_so(client:poll(job))
      end
      local is_seen, is_late, is_back
      cq:wrap(function()
        is_seen = poll_until(function()
          return #quick.logged(server, "query") > 1
        end)
        cut(server, way, poll_until)
        is_late = poll_until(function(_, info)
          return info.failure and info.failure.code == "timeout"
        end)
        way:become "up"
        server:advance(100)
        is_back = client:wait(job, PATIENCE)
        client:close()
        way:become "refused"
      end)
      assert(cq:loop(3 * PATIENCE))
      cq:close()
      server:stop()
      assert.is_true(is_seen)
      assert.is_true(is_late)
      assert.is_truthy(is_back)
    end

    it("is made anew within connect_timeout, or the look has failed", function()
      check(function(_, way)
        way:become "silent"
      end)
    end)

    it("while a reply is awaited is made anew within connect_timeout, too", function()
      check(function(server, way, poll_until)
        server:fault { name = "delay", on = "query", seconds = 10 * PATIENCE }
        poll_until(function()
          local asked = quick.logged(server, "query")
          return asked[#asked].fault == "delay"
        end)
        way:become "silent"
      end)
    end)
  end)
end

describe("a proxy", function()
  local server, proxy, seen

  -- A forward proxy for http, a tunnel for https: one request a connection, both ways copied.
  local function copy(from, to)
    local bytes = from:xread(-65536, "bn")
    while bytes do
      to:xwrite(bytes, "bn")
      to:flush()
      bytes = from:xread(-65536, "bn")
    end
    to:shutdown "w"
  end

  local function serve_proxy(connection)
    local head, body = raw_server.read_request(connection)
    seen[#seen + 1] = head
    local host, port = head:match "^CONNECT ([%d.]+):(%d+)"
    local path
    if not host then
      host, port, path = head:match "^%u+ http://([%d.]+):(%d+)(%S*)"
    end
    local upstream = socket.connect(host, tonumber(port))
    upstream:setmode("bn", "bn")
    upstream:onerror(function(_, _, why)
      return why
    end)
    if path then
      head = head:gsub("^(%u+) %S+ HTTP/1.1\r\n",
        "%1 " .. path:gsub("%%", "%%%%") .. " HTTP/1.1\r\nconnection: close\r\n")
      upstream:xwrite(head .. body, "bn")
    else
      connection:xwrite("HTTP/1.1 200 Connection established\r\n\r\n", "bn")
    end
    local is_copied = condition.new(true)
    proxy.cq:wrap(function()
      copy(connection, upstream)
      is_copied:signal()
    end)
    copy(upstream, connection)
    connection:shutdown "rw"
    is_copied:wait()
    upstream:close()
  end

  before_each(function()
    seen = {}
    proxy = raw_server.start(serve_proxy)
  end)

  after_each(function()
    quick.close_all()
    proxy:stop()
    server:stop()
  end)

  for name, options in pairs {
    ["forwards what is plain"] = { clock = "manual", http2 = false },
    ["tunnels TLS"] = { clock = "manual", tls = true },
  } do
    it(name, function()
      server = emulator.start(options)
      local client = quick.client(server, { proxy = proxy.url, loop = proxy.loop })
      local job = client:submit(CLIP)
      assert.equal("timeout", select(3, client:wait(job, 0.3)).code)
      assert.equal("submitted", (client:poll(job)))
      assert.is_true(#seen > 0)
      if options.tls then
        for _, head in ipairs(seen) do
          assert.matches("^CONNECT ", head)
          assert.not_matches("uthorization", head)
        end
      end
      server:advance(10)
      local folder, remove = quick.folder()
      finally(remove)
      assert.equal(3, #assert(client:save(job, folder, { timeout = PATIENCE })))
    end)
  end

  it("that is not there is trouble before a byte was sent", function()
    server = emulator.start { clock = "manual" }
    local gone = raw_server.start(function() end)
    gone:stop()
    local client = quick.client(server, { proxy = gone.url, submit_timeout = 0 })
    local failure = quick.failure(client, client:submit(CLIP))
    assert.same({ "network", "not-created", "no" },
      { failure.code, failure.task_state, failure.billed })
  end)

  it("that refuses the tunnel is trouble before a byte was sent", function()
    server = emulator.start { clock = "manual", tls = true }
    local refusing = raw_server.start(function(connection)
      raw_server.read_request(connection)
      connection:xwrite("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", "bn")
    end)
    local client = quick.client(server,
      { proxy = refusing.url, loop = refusing.loop, submit_timeout = 0 })
    local failure = quick.failure(client, client:submit(CLIP))
    assert.same({ "network", "not-created", "no" },
      { failure.code, failure.task_state, failure.billed })
    assert.equal(0, #server:log())
    client:close()
    refusing:stop()
  end)
end)
