--- The contract in a game's frames: simulated ones, or LÖVE's own when these specs run inside it.

require "spec.adapters.contract"(require "spec.hosts.love")
