--- The commands. Everything behind them is loaded when the first one is used.

if vim.g.loaded_kling then
  return
end
vim.g.loaded_kling = true

local command = vim.api.nvim_create_user_command

command("Kling", function(call)
  local subject, prompt = call.args:match "^(%S+)%s*(.*)$"
  require("kling_nvim").start(subject, prompt)
end, { nargs = "*", desc = "Give a clip its sound: [URL or task id] [sound effects]" })

command("KlingList", function()
  require("kling_nvim").list()
end, { nargs = 0, desc = "Show the tasks of this session and of the service" })

command("KlingCancel", function(call)
  require("kling_nvim").cancel(call.args)
end, {
  nargs = "?",
  desc = "Stop waiting for a task",
  complete = function()
    return require("kling_nvim").running_numbers()
  end,
})
