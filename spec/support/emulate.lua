--- Runs `kling emulate` from the tree, for emulator.lua beside it.

local emulate = require("kling.cli.emulate")

local parser = require("argparse")("kling emulate")
emulate.configure(parser)
os.exit(emulate.run(parser:parse()))
