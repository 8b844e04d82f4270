--- kling.new: its options, its defaults, and what it does not let out.

local kling = require "kling"

local KEY = "sk-0123456789-never-to-be-shown"
local HERE = "init_spec%.lua:%d+: "

describe("kling.new", function()
  local function new(options)
    options.api_key = options.api_key or KEY
    options.base_url = options.base_url or "https://api.example.com"
    local client = assert(kling.new(options))
    client:close()
  end

  local function problem(options)
    local called, message = pcall(function()
      kling.new(options)
    end)
    assert.is_false(called)
    assert.matches(HERE .. "kling%.new: ", message)
    assert.is_nil(message:find(KEY, 1, true))
    return message
  end

  it("touches no network and no clock of ours", function()
    local client = assert(kling.new { api_key = KEY, base_url = "https://api.example.com" })
    assert.is_nil(client:timeout())
    assert.equal(0, client:step(0))
    client:close()
  end)

  it("takes every option there is", function()
    new {
      first_poll = 0, poll_interval = 0.5, max_poll_interval = 1, connect_timeout = 1,
      request_timeout = 1, stall_timeout = 1, submit_timeout = 0, max_running = 1,
      max_requests = 1, ca = "a.pem", ca_path = "folder", proxy = "http://127.0.0.1:1",
      user_agent = "me", loop = "blocking", on_change = print, insecure_http = true,
      allow_private_hosts = true,
    }
    new { submit_timeout = math.huge, loop = { pause = print } }
  end)

  it("knows a typing mistake", function()
    assert.matches("did you mean 'max_running'", problem { api_key = KEY, max_runing = 1 })
    assert.matches("did you mean 'api_key'", problem { apikey = KEY })
    assert.matches("did you mean 'blocking'", problem { api_key = KEY, loop = "blockin" })
  end)

  it("refuses values that make no sense", function()
    local wrong = {
      first_poll = { -1, 0 / 0, math.huge, "3" },
      poll_interval = { 0, -1, 0 / 0, 86401 },
      connect_timeout = { 0, true },
      submit_timeout = { -1, 0 / 0 },
      max_running = { 0, 1.5, -1 },
      max_requests = { 0, 1001 },
      on_change = { "print", {} },
      loop = { {}, 1, "nothing" },
      ca = { 1, true },
      insecure_http = { 1, "yes" },
      user_agent = { "a\nb: c", "\195\188" },
      base_url = { "", "api.example.com", "ftp://a", "https://", "https://a b", "https://u:p@a",
        "https://a?b", "https://a#b", "http://api.example.com", "https://a\nb",
        "https://a:0", "https://a:70000/b", "https://a:99999999999", "https://[::1]:65536" },
      api_key = { "", "  ", "a\nb", "a b\0", 1, "\195\188" },
    }
    for name, values in pairs(wrong) do
      for _, value in ipairs(values) do
        local options = { api_key = KEY }
        options[name] = value
        assert.matches(name, problem(options), 1, true)
      end
    end
  end)

  it("takes http where it is asked for, or the host is this machine", function()
    new { base_url = "http://127.0.0.1:1" }
    new { base_url = "http://localhost:1/relay/" }
    new { base_url = "http://[::1]:1" }
    new { base_url = "https://[2001:db8::0]" }
    new { base_url = "http://api.example.com", insecure_http = true }
    for _, url in ipairs { "http://127.0.0.1.example.com", "http://10.0.0.1", "http://0.0.0.0",
      "http://localhost.example.com" } do
      assert.matches("insecure_http", problem { api_key = KEY, base_url = url })
    end
  end)

  it("cuts blanks off the key", function()
    new { api_key = "  " .. KEY .. "\n" }
  end)

  it("wants a key", function()
    if not os.getenv "COMETAPI_KEY" then
      assert.matches("COMETAPI_KEY", problem {})
    end
    assert.matches("table expected, got string", problem(KEY))
  end)

  it("leaves the caller's table alone", function()
    local options = { api_key = KEY, base_url = "https://api.example.com" }
    kling.new(options):close()
    assert.same({ api_key = KEY, base_url = "https://api.example.com" }, options)
  end)

  it("does not show the key", function()
    local client = assert(kling.new { api_key = KEY, base_url = "https://api.example.com" })
    local seen = {}
    local function look(value)
      if type(value) == "string" then
        assert.is_nil(value:find(KEY, 1, true))
      elseif type(value) == "table" and not seen[value] then
        seen[value] = true
        for name, part in pairs(value) do
          look(name)
          look(part)
        end
      end
    end
    look(tostring(client))
    look(debug.getmetatable(client))
    look(require("kling.core").raw.private(client))
    client:close()
  end)

  it("says when there are no descriptors left", function()
    local script = [[
      local kling = require "kling"
      require "kling.adapters.blocking"
      local held, clients = {}, {}
      while true do
        local file = io.open("/dev/null")
        if not file then break end
        held[#held + 1] = file
      end
      local client, message, failure = kling.new { api_key = "k", loop = "blocking" }
      if client and not client:pollfd() then print "fine" return end
      assert(client == nil and failure.code == "io" and failure.operation == "new", message)
      assert(failure.task_state == "not-created" and failure.billed == "no")
      for i = 1, 2 do held[i]:close() end
      client = assert(kling.new { api_key = "k", loop = "blocking" })
      client:close()
      print "fine"
    ]]
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(script)
    file:close()
    local lua = arg[-1] or "lua"
    local at = -1
    while arg[at] do
      lua = arg[at]
      at = at - 1
    end
    local pipe = assert(io.popen(("ulimit -n 40; %s %s 2>&1"):format(lua, path)))
    local output = pipe:read "*a"
    pipe:close()
    os.remove(path)
    assert.matches("^fine", output)
  end)
end)

describe("kling", function()
  it("has its version and every code", function()
    assert.matches("^%d+%.%d+%.%d+$", kling.version)
    local count = 0
    for code, meaning in pairs(kling.errors) do
      assert.matches("^[a-z_]+$", code)
      assert.is_true(#meaning > 5)
      count = count + 1
    end
    assert.is_true(count >= 17)
  end)
end)
