rockspec_format = "3.0"
package = "kling"
version = "scm-1"

source = {
  url = "git+file://.", -- made in place: luarocks make,
}

description = {
  summary = "Sound for silent clips: Kling video-to-audio over CometAPI",
  detailed = [[
    Submit a clip, wait, save the audio. A C core over libcurl runs the life of
    each task; waiting works with or without an event loop.
  ]],
  license = "MIT",
}

-- luaossl and http (lua-http) are wanted by the emulator only, and not listed:
-- whoever calls the real service needs neither.
dependencies = {
  "lua >= 5.1, < 5.5",
  "lua-cjson",
  "argparse", -- the command line
}

external_dependencies = {
  CURL = { library = "curl" },
}

build = {
  type = "builtin",
  modules = {
    ["kling.core"] = {
      sources = {
        "src/address.c",
        "src/api.c",
        "src/buf.c",
        "src/cadence.c",
        "src/clip.c",
        "src/clock.c",
        "src/error.c",
        "src/heap.c",
        "src/http.c",
        "src/job.c",
        "src/linger.c",
        "src/mp4.c",
        "src/poller_epoll.c",
        "src/poller_kqueue.c",
        "src/poller_none.c",
        "src/retry.c",
        "src/scan.c",
        "src/scan_text.c",
        "src/service_code.c",
        "src/sha256.c",
        "src/sink.c",
        "src/transfer.c",
      },
      libraries = { "curl" },
      incdirs = { "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
    },
    ["kling.emulator.checks"] = "lua/kling/emulator/checks.lua",
    ["kling.emulator.clock"] = "lua/kling/emulator/clock.lua",
    ["kling.emulator.codes"] = "lua/kling/emulator/codes.lua",
    ["kling.emulator.faults"] = "lua/kling/emulator/faults.lua",
    ["kling.emulator.gzip"] = "lua/kling/emulator/gzip.lua",
    ["kling.emulator.json"] = "lua/kling/emulator/json.lua",
    ["kling.emulator.links"] = "lua/kling/emulator/links.lua",
    ["kling.emulator.service"] = "lua/kling/emulator/service.lua",
    ["kling.emulator.shape"] = "lua/kling/emulator/shape.lua",
    ["kling.emulator.shapes"] = "lua/kling/emulator/shapes.lua",
    ["kling.emulator.variants"] = "lua/kling/emulator/variants.lua",
    ["kling.meta"] = "lua/kling/meta.lua",
  },
  install = {
    bin = { "bin/kling" },
    lua = { ["kling.emulator.tone"] = "lua/kling/emulator/tone.mp3" },
  },
}
