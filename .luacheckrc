--- What luacheck holds the tree to. Runs anywhere: only what every Lua has.
std = "min"
max_line_length = 100
max_cyclomatic_complexity = 10

-- The references: signatures without bodies on tables nobody reads, and long lines.
files["**/meta*.lua"] = {
  max_line_length = false,
  ignore = { "212", "241" },
}

files["spec"] = { std = "min+busted" }
files[".luacheckrc"] = { std = "+luacheckrc" }
files["examples/neovim"] = { globals = { "vim" } }
files["examples/love"] = { globals = { "love" } }
