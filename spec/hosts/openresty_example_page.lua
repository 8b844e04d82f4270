--- The page of examples/openresty, in a browser. Run by name: it needs nginx, LuaJIT and Chromium.
--
--     make test LUA=lua5.4 SPEC=spec/hosts/openresty_example_page.lua
--
-- With PICTURE=docs/openresty.png in the environment it only takes that picture.

local browsers = require "spec.hosts.openresty_example_browser"
local quick = require "spec.support.quick"
local sites = require "spec.hosts.openresty_example_site"

local picture = os.getenv "PICTURE"

local function state_is(state)
  return ("document.querySelector('.clip .state')?.textContent === '%s'"):format(state)
end

local function submit_by_keyboard(browser, url, sound, music)
  browser:wait_until "document.activeElement.id === 'video_url'" -- a moment after the page is there
  browser:write(url)
  browser:press "Tab"
  browser:write(sound or "rain on a tin roof")
  browser:press "Tab"
  browser:write(music or "slow piano")
  browser:press "Enter"
end

local function set_up_browser(own)
  local browser = {}

  lazy_setup(function()
    browser = setmetatable(browser, { __index = browsers.start() })
  end)

  lazy_teardown(function()
    browser:stop()
  end)

  before_each(function()
    browser:resize(900, 720)
    browser:open(own.site.url)
    browser:evaluate "sessionStorage.clear()"
    browser:open(own.site.url .. "/?again")
  end)

  return browser
end

local PLAYS = [[new Promise((resolve) => {
  const player = document.querySelector(".clip %s");
  player.ontimeupdate = () => player.currentTime > 0.2 && resolve(player.duration);
  player.onerror = () => resolve(player.error.message);
  player.play().catch((error) => resolve(error.message));
})]]

local function test_page()
  local own = sites.set_up()
  local browser = set_up_browser(own)

  it("gives a clip its sound without a mouse, and plays it", function()
    own.server:life(sites.LONG_LIFE)
    submit_by_keyboard(browser, own.clip.video_url)
    browser:wait_until(state_is "processing")
    browser:wait_until(state_is "ready")
    local fields = own.server:tasks()[1].fields
    assert.equal("rain on a tin roof", fields.sound_effect_prompt)
    assert.equal("slow piano", fields.bgm_prompt)
    for _, player in ipairs { "audio", "video" } do
      local seconds = browser:evaluate(PLAYS:format(player))
      assert.is_number(seconds, player .. ": " .. tostring(seconds))
      assert.is_true(math.abs(seconds - 5) < 0.2, player)
    end
    assert.equal(1280, browser:evaluate "document.querySelector('.clip video').videoWidth")
  end)

  it("says what is wrong with a request, and sends it once it is right", function()
    submit_by_keyboard(browser, "ftp://example.com/clip.mp4")
    browser:wait_until "document.getElementById('problem').textContent.includes('URL expected')"
    browser:evaluate "document.getElementById('video_url').select()"
    browser:evaluate "document.getElementById('video_url').focus()"
    submit_by_keyboard(browser, own.clip.video_url)
    browser:wait_until(state_is "submitted")
    assert.is_true(browser:evaluate "document.getElementById('problem').hidden")
    assert.equal("", browser:evaluate "document.getElementById('video_url').value")
    assert.equal(1, #own.server:ledger())
  end)

  it("says why a task failed", function()
    own.server:life { submitted = 0, processing = 0, fail = "Image pixel is invalid" }
    submit_by_keyboard(browser, own.clip.video_url)
    browser:wait_until(state_is "failed")
    local shown = browser:evaluate "document.querySelector('.clip .problem').textContent"
    assert.truthy(shown:find("Image pixel is invalid", 1, true))
  end)

  it("keeps the session's clips when it is loaded again, and fits a phone", function()
    submit_by_keyboard(browser, own.clip.video_url)
    browser:wait_until(state_is "ready")
    browser:resize(360, 740, true)
    browser:open(own.site.url .. "/?later")
    browser:wait_until(state_is "ready")
    assert.equal(360, browser:evaluate "document.documentElement.scrollWidth")
  end)
end

local SEEK = [[new Promise((resolve) => {
  const player = document.querySelector(".clip video");
  player.onseeked = () => requestAnimationFrame(() => resolve(true));
  player.currentTime = 2;
})]]

local function take_picture()
  local folder, remove_folder = quick.folder()
  for _, name in ipairs { "drops", "pond" } do
    os.execute(("cp examples/clip.mp4 %s/%s.mp4"):format(folder, name))
  end
  teardown(remove_folder)
  local own = sites.set_up { folder = folder }
  local browser = set_up_browser(own)

  it("has its picture taken", function()
    browser:resize(900, 930)
    submit_by_keyboard(browser, own.server.url .. "/drops.mp4")
    browser:wait_until(state_is "ready")
    browser:open(own.site.url .. "/?another")
    browser:wait_until(state_is "ready")
    browser:evaluate(SEEK)
    own.server:life { submitted = 1, processing = 600 }
    submit_by_keyboard(browser, own.server.url .. "/pond.mp4", "a frog far away", " ")
    browser:wait_until(state_is "processing")
    browser:evaluate "document.activeElement.blur()"
    browser:photograph(picture)
  end)
end

describe("the page of examples/openresty", picture and take_picture or test_page)
