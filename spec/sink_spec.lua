--- Where a download's bytes go: all of them under their name, or none.

local core = require "kling.core"
local lfs = require "lfs"
local parts = require "kling_parts"
local scratch = require "spec.support.scratch"

local errors = parts.errors
local REPLACE = true

describe("a sink", function()
  local folder, path, part, sink

  before_each(function()
    folder = scratch.new()
    path = folder .. "/sound.mp3"
    part = path .. ".part"
  end)

  after_each(function()
    if sink then
      sink:close()
      sink = nil
    end
    scratch.remove(folder)
  end)

  local function open(overwrite)
    sink = assert(parts.sink(path, overwrite))
    return sink
  end

  local function refused(why, overwrite)
    local opened, message = parts.sink(path, overwrite)
    assert.is_nil(opened)
    assert.equal(why, message)
  end

  it("writes beside the name, and gives the name when it is finished", function()
    open()
    assert.is_true(sink:write "one ")
    assert.is_true(sink:write "two")
    assert.same({ "sound.mp3.part" }, scratch.names(folder))
    assert.equal("one two", scratch.read(part))
    assert.is_true(sink:finish())
    assert.same({ "sound.mp3", "sound.mp3.part.info" }, scratch.names(folder))
    sink:close()
    parts.settle(path)
    assert.same({ "sound.mp3" }, scratch.names(folder))
    assert.equal("one two", scratch.read(path))
  end)

  it("makes an empty file of no bytes", function()
    open()
    assert.is_true(sink:write "")
    assert.is_true(sink:finish())
    assert.equal("", scratch.read(path))
  end)

  it("leaves nothing when it is closed before it is finished", function()
    open():write "half"
    sink:close()
    assert.same({}, scratch.names(folder))
    sink:close()
  end)

  it("leaves nothing when it is collected", function()
    open():write "half"
    sink = nil
    collectgarbage()
    collectgarbage()
    assert.same({}, scratch.names(folder))
  end)

  it("counts its bytes and knows their digest", function()
    open()
    assert.same({ 0, core.sha256 "" }, { sink:facts() })
    local big = ("0123456789"):rep(50000)
    assert.is_true(sink:write(big))
    assert.is_true(sink:write "end")
    assert.same({ #big + 3, core.sha256(big .. "end") }, { sink:facts() })
    assert.is_true(sink:finish())
    assert.equal(big .. "end", scratch.read(path))
  end)

  it("starts again with nothing", function()
    open():write "a longer beginning that must go"
    assert.is_true(sink:restart())
    assert.equal("", scratch.read(part))
    assert.is_true(sink:write "short")
    assert.same({ 5, core.sha256 "short" }, { sink:facts() })
    assert.is_true(sink:finish())
    assert.equal("short", scratch.read(path))
  end)

  it("works on a name without a folder", function()
    local before = lfs.currentdir()
    assert(lfs.chdir(folder))
    path = "bare.wav"
    open():write "bytes"
    local finished, why = sink:finish()
    assert(lfs.chdir(before))
    assert.is_true(finished, why)
    assert.equal("bytes", scratch.read(folder .. "/bare.wav"))
  end)

  it("begins anew where an earlier try was interrupted", function()
    scratch.write(part, "left over from a crash, and longer")
    open():write "new"
    assert.is_true(sink:finish())
    parts.settle(path)
    assert.equal("new", scratch.read(path))
    assert.same({ "sound.mp3" }, scratch.names(folder))
  end)

  it("has its part file to itself until it ends", function()
    for _, ending in ipairs { "finish", "close" } do
      open(REPLACE):write "the first"
      refused(errors.EBUSY, REPLACE)
      assert.equal("the first", scratch.read(part))
      sink[ending](sink)
      local second = assert(parts.sink(path, REPLACE))
      assert.is_true(second:write "the second")
      sink:close() -- must not take the second's part file away
      assert.is_true(second:finish())
      assert.equal("the second", scratch.read(path))
      second:close()
    end
  end)

  describe("that may not overwrite", function()
    it("does not open over a file", function()
      scratch.write(path, "theirs")
      refused(errors.EEXIST)
      assert.equal("theirs", scratch.read(path))
      assert.same({ "sound.mp3" }, scratch.names(folder))
    end)

    it("does not open over a folder, nor over a link to nowhere", function()
      assert(lfs.mkdir(path))
      refused(errors.EEXIST)
      assert(lfs.rmdir(path))
      assert(lfs.link("nowhere", path, true))
      refused(errors.EEXIST)
      assert.same({ "sound.mp3" }, scratch.names(folder))
    end)

    it("does not replace a file that appeared meanwhile", function()
      open():write "ours"
      scratch.write(path, "theirs")
      assert.same({ false, errors.EEXIST }, { sink:finish() })
      sink:close()
      assert.equal("theirs", scratch.read(path))
      assert.same({ "sound.mp3" }, scratch.names(folder))
    end)

    it("does not follow a link to nowhere that appeared meanwhile", function()
      open():write "ours"
      assert(lfs.link("nowhere", path, true))
      assert.same({ false, errors.EEXIST }, { sink:finish() })
      sink:close()
      assert.same({ "sound.mp3" }, scratch.names(folder))
    end)
  end)

  describe("that may overwrite", function()
    it("keeps the old file until the new one is whole", function()
      scratch.write(path, "old")
      open(REPLACE):write "new"
      assert.equal("old", scratch.read(path))
      assert.is_true(sink:finish())
      parts.settle(path)
      assert.equal("new", scratch.read(path))
      assert.same({ "sound.mp3" }, scratch.names(folder))
    end)

    it("keeps the old file when it is not finished", function()
      scratch.write(path, "old")
      open(REPLACE):write "half"
      sink:close()
      assert.equal("old", scratch.read(path))
      assert.same({ "sound.mp3" }, scratch.names(folder))
    end)

    it("makes a file where there is none", function()
      open(REPLACE):write "new"
      assert.is_true(sink:finish())
      assert.equal("new", scratch.read(path))
    end)

    it("replaces a link and not what it leads to", function()
      scratch.write(folder .. "/elsewhere", "theirs")
      assert(lfs.link("elsewhere", path, true))
      open(REPLACE):write "ours"
      assert.is_true(sink:finish())
      assert.equal("theirs", scratch.read(folder .. "/elsewhere"))
      assert.equal("file", lfs.symlinkattributes(path, "mode"))
    end)

    it("does not replace a folder", function()
      assert(lfs.mkdir(path))
      open(REPLACE):write "ours"
      assert.same({ false, errors.EISDIR }, { sink:finish() })
      sink:close()
      assert.same({ "sound.mp3" }, scratch.names(folder))
      assert.equal("directory", lfs.attributes(path, "mode"))
    end)
  end)

  describe("that cannot write", function()
    it("does not open in a folder that is not there", function()
      path = folder .. "/missing/sound.mp3"
      refused(errors.ENOENT)
      refused(errors.ENOENT, REPLACE)
    end)

    it("does not open below a file", function()
      scratch.write(folder .. "/file", "")
      path = folder .. "/file/sound.mp3"
      refused(errors.ENOTDIR)
    end)

    it("does not write through a link in the part file's place", function()
      scratch.write(folder .. "/elsewhere", "theirs")
      assert(lfs.link("elsewhere", part, true))
      refused(errors.ELOOP)
      assert.equal("theirs", scratch.read(folder .. "/elsewhere"))
    end)

    it("does not open over a folder in the part file's place, nor remove it", function()
      assert(lfs.mkdir(part))
      refused(errors.EISDIR)
      assert.equal("directory", lfs.attributes(part, "mode"))
    end)

    it("says so when the disk is full, and leaves nothing", function()
      open()
      parts.limit_file_size(1000)
      finally(function()
        parts.limit_file_size(nil)
      end)
      assert.is_true(sink:write(("x"):rep(600)))
      assert.same({ false, errors.EFBIG }, { sink:write(("x"):rep(600)) })
      assert.equal(600, (sink:facts()))
      sink:close()
      assert.same({}, scratch.names(folder))
    end)
  end)
end)

describe("making a folder", function()
  local folder

  before_each(function()
    folder = scratch.new()
  end)

  after_each(function()
    scratch.remove(folder)
  end)

  local function is_folder(path)
    return lfs.attributes(path, "mode") == "directory"
  end

  local function refused(path, why)
    assert.same({ nil, why, n = 2 }, { n = 2, core.make_folder(path) })
  end

  it("makes those above it too", function()
    assert.is_true(core.make_folder(folder .. "/a/b/c"))
    assert.is_true(is_folder(folder .. "/a/b/c"))
  end)

  it("is content with one that is there", function()
    assert.is_true(core.make_folder(folder))
    assert.is_true(core.make_folder(folder .. "/"))
    assert.is_true(core.make_folder "/")
    assert.is_true(core.make_folder ".")
  end)

  it("takes slashes too many", function()
    assert.is_true(core.make_folder(folder .. "//a///b/"))
    assert.is_true(is_folder(folder .. "/a/b"))
  end)

  it("follows a link to a folder, but not one to nowhere", function()
    assert(lfs.mkdir(folder .. "/real"))
    assert(lfs.link("real", folder .. "/link", true))
    assert.is_true(core.make_folder(folder .. "/link/below"))
    assert.is_true(is_folder(folder .. "/real/below"))
    assert(lfs.link("nowhere", folder .. "/broken", true))
    refused(folder .. "/broken", errors.ENOENT)
  end)

  it("does not take a file for one", function()
    scratch.write(folder .. "/file", "theirs")
    refused(folder .. "/file", errors.ENOTDIR)
    refused(folder .. "/file/below", errors.ENOTDIR)
    assert.equal("theirs", scratch.read(folder .. "/file"))
  end)

  it("makes none without a name", function()
    refused("", errors.ENOENT)
  end)
end)
