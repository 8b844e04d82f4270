--- Over HTTP/2 a file whose length was not announced came whole, and then nothing ended.
-- libcurl 7.88 misses the end of a stream whose last frame did not fit its buffer.

local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"

describe("a download of no announced length", function()
  local server, folder, remove

  setup(function()
    folder, remove = quick.folder()
    server = emulator.start { tls = true, life = { submitted = 0, processing = 0 } }
  end)

  teardown(function()
    server:stop()
    remove()
  end)

  after_each(quick.close_all)

  it("from a server that knows HTTP/2 ends with its last byte", function()
    local client = quick.client(server)
    local result = assert(client:wait(client:submit(quick.CLIP), quick.PATIENCE))
    server:fault { name = "chunked", on = "download", forever = true }
    assert.equal(3, #assert(client:save(result, folder, { timeout = quick.PATIENCE })))
  end)
end)
