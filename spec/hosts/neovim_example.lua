--- examples/neovim in a real Neovim, against the emulator. Its clock stands still: as long as
--- nobody moves it a task is unfinished, and an editor that answers is not waiting for it.

local editors = require "spec.hosts.neovim_example_editor"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"

local SECONDS = 600 -- on the emulator's clock: more than any task takes

describe("the Neovim plugin", function()
  local server, home, remove_home, editor, environment

  setup(function()
    server = emulator.start { clock = "manual" }
    home, remove_home = quick.folder()
    environment = ("COMETAPI_KEY=%s COMETAPI_BASE_URL=%s"):format(quick.KEY, server.url)
    editors.install(home)
  end)

  teardown(function()
    server:stop()
    remove_home()
  end)

  before_each(function()
    server:reset()
    editors.forget(home)
    editor = editors.start(home, ("see [the clip](%s/clip.mp4), silent\n"):format(server.url),
      environment)
  end)

  after_each(function()
    local status, output = editor:leave()
    assert.equal(0, status, output)
    assert.falsy(output:find "E%d+:", output)
  end)

  local function await_window(text)
    return editor.await(text .. " in the window", function()
      local shown = editor:window() or ""
      return shown:find(text, 1, true) and shown
    end)
  end

  local function await_message(text)
    return editor.await(text .. " as a message", function()
      local messages = editor:messages()
      return messages:find(text, 1, true) and messages
    end)
  end

  local function await_text(text)
    return editor.await(text .. " in the buffer", function()
      local shown = editor:text()
      return shown:find(text, 1, true) and shown
    end)
  end

  it("gives the clip under the cursor its sound while the user goes on typing", function()
    editor:press ":Kling<CR>"
    local id = await_window("submitted"):match "%d%d%d%d+"
    editor:press "Otyped meanwhile<Esc>"
    await_text "typed meanwhile\nsee"
    assert.truthy(editor:window():find(id, 1, true))
    server:advance(SECONDS)
    local messages = await_message "saved"
    assert.equal(("kling: saved sounds/%s.{mp3,wav,mp4}"):format(id), messages)
    for _, ending in ipairs { "mp3", "wav", "mp4" } do
      assert(#quick.read(("%s/work/sounds/%s.%s"):format(home, id, ending)) > 1000)
    end
    editor.await("the window closes", function()
      return not editor:window()
    end)
    assert.equal(1, #server:ledger())
  end)

  it("sends the prompt that follows a URL", function()
    editor:press(":Kling " .. server.url .. "/clip.mp4 rain on a tin roof<CR>")
    await_window "submitted"
    assert.equal("rain on a tin roof", server:tasks()[1].fields.sound_effect_prompt)
  end)

  it("lists the session's tasks and the service's, and cancels one of several", function()
    editor:press ":Kling<CR>"
    await_window " 1  submitted"
    editor:press ":Kling<CR>"
    await_message "this clip is being given this sound already: task 1"
    editor:press(":Kling " .. server.url .. "/clip.mp4 rain<CR>")
    await_window " 2  submitted"
    editor:press ":KlingCancel<CR>"
    await_message "which one? running: 1, 2"
    editor:press ":KlingCancel 1<CR>"
    await_message "kling: The service has no"
    editor:press ":KlingList<CR>"
    local listed = await_text "  submitted   "
    assert.truthy(listed:find "This session\n  1  cancelled +%d+ s  %d+  http")
    assert.truthy(listed:find "\n  2  submitted +%d+ s  %d+  http")
    local _, at_service = await_text("-"):match("At the service.*$"):gsub("\n", "")
    assert.equal(2, at_service)
    server:advance(SECONDS)
    await_text "  2  saved "
    assert.equal(2, #server:ledger())
  end)

  it("shows its window wherever the user goes, and disturbs nowhere", function()
    editor:press ":Kling<CR>"
    await_window "submitted"
    editor:press ":tabnew<CR>"
    await_window "submitted"
    editor:press "q:"
    server:advance(SECONDS)
    await_message "saved"
    assert.equal("", editor:eval "vim.v.errmsg")
    editor:press ":q<CR>"
    editor.await("the window closes", function()
      return not editor:window()
    end)
  end)

  it("says why the service does not list its tasks", function()
    server:fault { name = "html", on = "list", forever = true }
    editor:press ":KlingList<CR>"
    local listed = editor.await("an answer", function()
      local text = editor:text()
      return text:find("At the service", 1, true) and not text:find("asking", 1, true) and text
    end)
    assert.truthy(listed:find("cannot list tasks: ", 1, true), listed)
  end)

  it("goes on in the next session with what was unfinished", function()
    editor:press ":Kling<CR>"
    local id = await_window("submitted"):match "%d%d%d%d+"
    editor:press ":KlingList<CR>"
    await_text "  1  submitted"
    assert.equal(0, (editor:leave()))
    editor = editors.start(home, "nothing here\n", environment)
    editor:press ":KlingList<CR>"
    await_text("Unfinished when Neovim was left (<CR> goes on)\n  " .. id)
    editor:press "5G<CR>"
    await_window(id)
    server:advance(SECONDS)
    await_message(("saved sounds/%s.{mp3,wav,mp4}"):format(id))
    assert.falsy(editor:text():find("Unfinished", 1, true))
    assert.equal(1, #server:ledger())
  end)

  it("says what went wrong, and keeps it in full in the list", function()
    server:fault { name = "service_code", code = 1002, on = "create", forever = true }
    editor:press ":Kling<CR>"
    local message = await_message "kling: cannot submit"
    assert.truthy(message:find("HTTP 401, code 1002", 1, true), message)
    assert.truthy(#message < editor:eval "vim.o.columns") -- no more than one line of the screen
    editor:press ":KlingList<CR>"
    local listed = await_text "\n  1  auth "
    assert.truthy(listed:find("cannot submit the task (external id ", 1, true), listed)
    assert.falsy(editor:messages():find(quick.KEY, 1, true))
    assert.equal(0, #server:ledger())
  end)

  it("blames what the user typed, without a traceback", function()
    editor:press "ggOno link here<Esc>:Kling<CR>"
    await_message "kling: no URL under the cursor"
    editor:press ":Kling example.com/clip.mp4<CR>"
    await_message "URL expected, got 'example.com/clip.mp4'"
    editor:press ":KlingCancel<CR>"
    await_message "no task is running"
    assert.equal(0, #server:log())
  end)

  it("refuses wrong settings in the line that gives them", function()
    for wrong, problem in pairs {
      ["{ folders = 'x' }"] = "unknown setting 'folders'; there are asmr_mode, ",
      ["{ folder = '' }"] = "folder: a folder expected, got ''",
      ["{ asmr_mode = 'yes' }"] = "asmr_mode: boolean expected, got string",
      ["{ formats = { 'ogg' } }"] = "formats: 'mp3', 'wav' or 'video' expected, got \"ogg\"",
      ["{ formats = {} }"] = "formats: at least one of",
      ["{ timeout = -1 }"] = "timeout: more than 0 seconds expected, got -1",
      ["'sounds'"] = "a table expected, got string",
    } do
      local answer = editor:eval(
        "{ pcall(loadstring([[require('kling_nvim').setup(" .. wrong .. ")]], '=here')) }")
      assert.is_false(answer[1])
      assert.equal("here:1: kling: setup: " .. problem,
        answer[2]:sub(1, #("here:1: kling: setup: " .. problem)))
    end
  end)

  it("finds the URL that is meant", function()
    local function at(line, column)
      return editor:eval(("require('kling_nvim.url').at([[%s]], %d)"):format(line, column))
    end
    assert.equal("https://a.b/c.mp4?x=1&y=2", at("go https://a.b/c.mp4?x=1&y=2, now", 0))
    assert.equal("https://a.b/c(1).mp4", at("https://a.b/c(1).mp4", 5))
    assert.equal("http://a.b/2.mp4", at("http://a.b/1.mp4 (http://a.b/2.mp4).", 16))
    assert.equal("http://a.b/1.mp4", at("<http://a.b/1.mp4> <http://a.b/2.mp4>", 16))
    assert.is_nil(at("http://a.b/1.mp4 was the last", 17))
    assert.is_nil(at("ftp://a.b/1.mp4", 0))
  end)

  it("has a health check that tells a whole set-up from a broken one", function()
    editor:press ":checkhealth kling<CR>"
    local healthy = await_text "shada"
    assert.truthy(healthy:find "OK:? the library is %d+%.%d+%.%d+")
    assert.truthy(healthy:find "OK:? files go to ")
    assert.falsy(healthy:find "ERROR")
    editor:press ":let $COMETAPI_KEY = ''<CR>:checkhealth kling<CR>"
    assert.truthy(await_text("ERROR"):find("a key expected, got a blank", 1, true))
  end)

  it("is in :help", function()
    editor:press ":helptags ALL<CR>:help kling<CR>"
    await_text "*kling.txt*"
    for _, tag in ipairs { ":Kling", ":KlingList", ":KlingCancel", "kling-settings" } do
      editor:press((":help %s<CR>"):format(tag))
      editor.await("help on " .. tag, function()
        return editor:eval("vim.api.nvim_get_current_line()"):find("*" .. tag .. "*", 1, true)
      end)
    end
  end)
end)
