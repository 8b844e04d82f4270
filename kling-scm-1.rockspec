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
        "src/attempt.c",
        "src/buf.c",
        "src/cadence.c",
        "src/client.c",
        "src/client_jobs.c",
        "src/clip.c",
        "src/clock.c",
        "src/console.c",
        "src/core.c",
        "src/engine.c",
        "src/error.c",
        "src/handle.c",
        "src/heap.c",
        "src/hint.c",
        "src/hmac.c",
        "src/http.c",
        "src/info.c",
        "src/job.c",
        "src/json.c",
        "src/mp4.c",
        "src/note.c",
        "src/outcome.c",
        "src/poller_epoll.c",
        "src/poller_kqueue.c",
        "src/poller_none.c",
        "src/random.c",
        "src/reply.c",
        "src/reset.c",
        "src/retry.c",
        "src/scan.c",
        "src/scan_text.c",
        "src/service_code.c",
        "src/sha256.c",
        "src/single.c",
        "src/sink.c",
        "src/transfer.c",
      },
      libraries = { "curl" },
      incdirs = { "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
    },
    kling = "lua/kling/init.lua",
    ["kling.adapters"] = "lua/kling/adapters/init.lua",
    ["kling.adapters.blocking"] = "lua/kling/adapters/blocking.lua",
    ["kling.adapters.copas"] = "lua/kling/adapters/copas.lua",
    ["kling.adapters.cqueues"] = "lua/kling/adapters/cqueues.lua",
    ["kling.adapters.love"] = "lua/kling/adapters/love.lua",
    ["kling.adapters.luv"] = "lua/kling/adapters/luv.lua",
    ["kling.adapters.neovim"] = "lua/kling/adapters/neovim.lua",
    ["kling.adapters.openresty"] = "lua/kling/adapters/openresty.lua",
    ["kling.adapters.uv"] = "lua/kling/adapters/uv.lua",
    ["kling.adapters.yieldable"] = "lua/kling/adapters/yieldable.lua",
    ["kling.cli"] = "lua/kling/cli/init.lua",
    ["kling.cli.arguments"] = "lua/kling/cli/arguments.lua",
    ["kling.cli.console"] = "lua/kling/cli/console.lua",
    ["kling.cli.emulate"] = "lua/kling/cli/emulate.lua",
    ["kling.cli.exit"] = "lua/kling/cli/exit.lua",
    ["kling.cli.list"] = "lua/kling/cli/list.lua",
    ["kling.cli.poll"] = "lua/kling/cli/poll.lua",
    ["kling.cli.report"] = "lua/kling/cli/report.lua",
    ["kling.cli.run"] = "lua/kling/cli/run.lua",
    ["kling.cli.save"] = "lua/kling/cli/save.lua",
    ["kling.cli.session"] = "lua/kling/cli/session.lua",
    ["kling.cli.submit"] = "lua/kling/cli/submit.lua",
    ["kling.cli.usage"] = "lua/kling/cli/usage.lua",
    ["kling.cli.version"] = "lua/kling/cli/version.lua",
    ["kling.cli.wait"] = "lua/kling/cli/wait.lua",
    ["kling.client"] = "lua/kling/client.lua",
    ["kling.deadline"] = "lua/kling/deadline.lua",
    ["kling.emulator"] = "lua/kling/emulator/init.lua",
    ["kling.emulator.abandon"] = "lua/kling/emulator/abandon.lua",
    ["kling.emulator.actions"] = "lua/kling/emulator/actions.lua",
    ["kling.emulator.certificate"] = "lua/kling/emulator/certificate.lua",
    ["kling.emulator.checks"] = "lua/kling/emulator/checks.lua",
    ["kling.emulator.clock"] = "lua/kling/emulator/clock.lua",
    ["kling.emulator.codes"] = "lua/kling/emulator/codes.lua",
    ["kling.emulator.control"] = "lua/kling/emulator/control.lua",
    ["kling.emulator.faults"] = "lua/kling/emulator/faults.lua",
    ["kling.emulator.fetch"] = "lua/kling/emulator/fetch.lua",
    ["kling.emulator.files"] = "lua/kling/emulator/files.lua",
    ["kling.emulator.gzip"] = "lua/kling/emulator/gzip.lua",
    ["kling.emulator.json"] = "lua/kling/emulator/json.lua",
    ["kling.emulator.links"] = "lua/kling/emulator/links.lua",
    ["kling.emulator.media"] = "lua/kling/emulator/media.lua",
    ["kling.emulator.router"] = "lua/kling/emulator/router.lua",
    ["kling.emulator.server"] = "lua/kling/emulator/server.lua",
    ["kling.emulator.service"] = "lua/kling/emulator/service.lua",
    ["kling.emulator.shapes"] = "lua/kling/emulator/shapes.lua",
    ["kling.emulator.sound"] = "lua/kling/emulator/sound.lua",
    ["kling.emulator.transmit"] = "lua/kling/emulator/transmit.lua",
    ["kling.emulator.variants"] = "lua/kling/emulator/variants.lua",
    ["kling.emulator.worker"] = "lua/kling/emulator/worker.lua",
    ["kling.failure"] = "lua/kling/failure.lua",
    ["kling.gather"] = "lua/kling/gather.lua",
    ["kling.job"] = "lua/kling/job.lua",
    ["kling.meta"] = "lua/kling/meta.lua",
    ["kling.options"] = "lua/kling/options.lua",
    ["kling.request"] = "lua/kling/request.lua",
    ["kling.result"] = "lua/kling/result.lua",
    ["kling.save"] = "lua/kling/save.lua",
    ["kling.url"] = "lua/kling/url.lua",
    ["kling.utf8"] = "lua/kling/utf8.lua",
  },
  install = {
    bin = { "bin/kling" },
    lua = { ["kling.emulator.tone"] = "lua/kling/emulator/tone.mp3" },
  },
}
